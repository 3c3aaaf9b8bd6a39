#include "common/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Room for the longest message of an err with program and level before it. */
#define LINE_SIZE (ERR_MESSAGE_SIZE + 256)

/* Written by log_start only, before there are threads. */
static struct {
	const char *program;
	enum log_level level;
} settings = {"walnut", LOG_NORMAL};

void
log_start(const char *program, enum log_level level)
{
	settings.program = program;
	settings.level = level;
}

enum log_level
log_level(void)
{
	return settings.level;
}

/* Keeps text from elsewhere (a file name, a server's answer) from forging
 * lines or driving the terminal. */
static void
make_harmless(char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n' || c == '\t' || c == '\r')
			text[i] = ' ';
		else if (c < ' ' || c == 0x7f)
			text[i] = '?';
	}
}

/* "program: level: text"; what does not fit is cut. */
static void write_line(const char *level, const char *format, va_list args)
    PRINTF_LIKE(2, 0);

static void
write_line(const char *level, const char *format, va_list args)
{
	char line[LINE_SIZE];
	int saved = errno;
	size_t len;

	(void)snprintf(line, sizeof line - 1, "%s: %s: ", settings.program,
		       level);
	len = strlen(line);
	(void)vsnprintf(line + len, sizeof line - 1 - len, format, args);
	len = strlen(line);
	/* Texts from libraries often end in a newline of their own. */
	while (len > 0 && line[len - 1] == '\n')
		len--;
	make_harmless(line, len);
	line[len++] = '\n';

	/* Where stderr is broken there is nobody to tell. */
	while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
		continue;
	errno = saved;
}

static void print_line(const char *level, const char *format, ...)
    PRINTF_LIKE(2, 3);

static void
print_line(const char *level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(level, format, args);
	va_end(args);
}

void
log_error(const struct err *err)
{
	print_line("error", "%s", err->message);
	if (err->hint[0] != '\0')
		print_line("hint", "%s", err->hint);
}

void
log_warning(const char *format, ...)
{
	va_list args;

	if (settings.level < LOG_NORMAL)
		return;
	va_start(args, format);
	write_line("warning", format, args);
	va_end(args);
}

void
log_notice(const char *format, ...)
{
	va_list args;

	if (settings.level < LOG_NORMAL)
		return;
	va_start(args, format);
	write_line("notice", format, args);
	va_end(args);
}

void
log_debug(const char *format, ...)
{
	va_list args;

	if (settings.level < LOG_VERBOSE)
		return;
	va_start(args, format);
	write_line("debug", format, args);
	va_end(args);
}
