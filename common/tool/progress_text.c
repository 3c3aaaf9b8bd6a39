#include "common/tool/progress_text.h"

#include <stdio.h>
#include <string.h>

#include "common/base/units.h"

/* A bar shorter than this says less than the percentage before it. */
#define BAR_LEAST 10
#define BAR_MOST 40

/* Milliseconds before a rate means anything. */
#define RATE_AFTER 1000

/* Expected sizes are estimates: never more than all of it. */
static unsigned
percent(const struct progress_figures *figures)
{
	if (figures->done >= figures->expected)
		return 100;
	return (unsigned)((double)figures->done * 100.0 /
			  (double)figures->expected);
}

/* Bytes a second. */
static double
rate(const struct progress_figures *figures)
{
	if (figures->elapsed_ms == 0)
		return 0;
	return (double)figures->done * 1000.0 / (double)figures->elapsed_ms;
}

static void
append(char text[PROGRESS_TEXT_SIZE], const char *separator, const char *part)
{
	size_t len = strlen(text);

	(void)snprintf(text + len, PROGRESS_TEXT_SIZE - len, "%s%s", separator,
		       part);
}

static void
append_rate(char text[PROGRESS_TEXT_SIZE],
	    const struct progress_figures *figures)
{
	char size[UNITS_TEXT_SIZE];
	char part[UNITS_TEXT_SIZE + 8];

	units_format_size((uint64_t)rate(figures), size);
	(void)snprintf(part, sizeof part, "%s/s", size);
	append(text, ", ", part);
}

static void
append_files(char text[PROGRESS_TEXT_SIZE],
	     const struct progress_figures *figures)
{
	char part[UNITS_TEXT_SIZE + 8];

	if (figures->files == 0)
		return;
	(void)snprintf(part, sizeof part, "%llu %s",
		       (unsigned long long)figures->files,
		       figures->files == 1 ? "file" : "files");
	append(text, ", ", part);
}

/* By the average so far, which does not jump about as a recent rate would. */
static void
append_left(char text[PROGRESS_TEXT_SIZE],
	    const struct progress_figures *figures)
{
	char duration[UNITS_TEXT_SIZE];
	char part[UNITS_TEXT_SIZE + 8];
	double seconds;

	if (figures->expected <= figures->done || figures->done == 0 ||
	    figures->elapsed_ms < RATE_AFTER)
		return;
	seconds =
	    (double)(figures->expected - figures->done) / rate(figures) + 0.5;
	/* Whole seconds, and nothing that would not fit a number. */
	if (seconds > 1e9)
		return;
	units_format_duration((uint64_t)seconds * 1000, duration);
	(void)snprintf(part, sizeof part, "%s left", duration);
	append(text, ", ", part);
}

/* "5.5 GiB of 12.3 GiB, ...". */
static void
append_figures(char text[PROGRESS_TEXT_SIZE],
	       const struct progress_figures *figures)
{
	char size[UNITS_TEXT_SIZE];

	units_format_size(figures->done, size);
	append(text, "", size);
	if (figures->expected != 0) {
		units_format_size(figures->expected, size);
		append(text, " of ", size);
	}
	if (figures->elapsed_ms >= RATE_AFTER)
		append_rate(text, figures);
	append_files(text, figures);
	append_left(text, figures);
}

void
progress_text_line(const struct progress_figures *figures,
		   char text[PROGRESS_TEXT_SIZE])
{
	char part[16];

	(void)snprintf(text, PROGRESS_TEXT_SIZE, "%s: ", figures->what);
	if (figures->expected != 0) {
		(void)snprintf(part, sizeof part, "%u %%, ", percent(figures));
		append(text, "", part);
	}
	append_figures(text, figures);
}

/* "[####......] ", `width` columns between the brackets. */
static void
append_bar(char text[PROGRESS_TEXT_SIZE],
	   const struct progress_figures *figures, unsigned width)
{
	unsigned full = percent(figures) * width / 100;
	char bar[BAR_MOST + 1];

	memset(bar, '.', width);
	memset(bar, '#', full);
	bar[width] = '\0';
	append(text, "[", bar);
	append(text, "] ", "");
}

void
progress_text_bar(const struct progress_figures *figures, unsigned columns,
		  char text[PROGRESS_TEXT_SIZE])
{
	char rest[PROGRESS_TEXT_SIZE] = "";
	char part[16];
	size_t used;

	if (columns > PROGRESS_TEXT_COLUMNS)
		columns = PROGRESS_TEXT_COLUMNS;
	append_figures(rest, figures);
	(void)snprintf(text, PROGRESS_TEXT_SIZE, "%s ", figures->what);
	if (figures->expected != 0) {
		(void)snprintf(part, sizeof part, "%3u %% ", percent(figures));
		append(text, "", part);
		/* The bar gets what the words leave: "[] " and one column
		 * free, since terminals wrap when the last one is used. */
		used = strlen(text) + strlen(rest) + 4;
		if (used + BAR_LEAST <= columns) {
			size_t width = columns - used;

			append_bar(text, figures,
				   width < BAR_MOST ? (unsigned)width
						    : BAR_MOST);
		}
	}
	append(text, "", rest);
	if (columns == 0)
		text[0] = '\0';
	else if (strlen(text) >= columns)
		text[columns - 1] = '\0';
}

void
progress_text_end(const struct progress_figures *figures,
		  char text[PROGRESS_TEXT_SIZE])
{
	char duration[UNITS_TEXT_SIZE];
	char size[UNITS_TEXT_SIZE];

	units_format_size(figures->done, size);
	(void)snprintf(text, PROGRESS_TEXT_SIZE, "%s: %s", figures->what, size);
	append_files(text, figures);
	units_format_duration(figures->elapsed_ms, duration);
	append(text, " in ", duration);
	append_rate(text, figures);
}
