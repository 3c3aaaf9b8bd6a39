/*
 * log - one line on stderr: "program: level: text".
 *
 * Errors are printed once, by tool_main. Below main only warnings (something
 * went wrong and is being dealt with) and debug lines are written. Message
 * rules are PostgreSQL's: lower case, no full stop. Each line is one write(2),
 * so that lines of several threads and processes do not mix.
 */
#ifndef WALNUT_BASE_LOG_H
#define WALNUT_BASE_LOG_H

#include "common/base/attr.h"
#include "common/base/err.h"

enum log_level {
	LOG_QUIET,   /* errors only */
	LOG_NORMAL,  /* errors, warnings and notices */
	LOG_VERBOSE, /* and debug lines */
};

/* log_start - name the program (keeps the pointer) and set the level. Called
 * once, before any thread is started. */
void log_start(const char *program, enum log_level level);

/* log_level - the level in force. */
enum log_level log_level(void);

/* log_error - print err's message and, if there is one, its hint. */
void log_error(const struct err *err);

void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);

/* log_notice - progress and facts a person wants to see without asking. */
void log_notice(const char *format, ...) PRINTF_LIKE(1, 2);

void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
