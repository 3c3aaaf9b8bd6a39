/*
 * tool_options - a command line taken apart, and the help that explains it.
 */
#ifndef WALNUT_TOOL_TOOL_OPTIONS_H
#define WALNUT_TOOL_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/tool/settings.h"
#include "common/tool/tool.h"

/* One of the program's own options as it was given. */
struct tool_given {
	const struct tool_option *option;
	const char *value; /* NULL when it takes none */
};

/* All texts are borrowed from argv and the tool's tables. */
struct tool_options {
	const struct tool *tool;
	struct tool_given *given;
	size_t given_count;
	const char **arguments;
	size_t argument_count;
	struct setting_override *overrides;
	size_t override_count;
	const char *config; /* --config, or NULL */
	bool help;
	bool version;
};

/*
 * tool_options_parse - fill *options, which is empty before.
 * Ownership: keeps tool and argv; release with tool_options_free, also after
 * an error.
 * Errors: ERR_USAGE: an unknown option (the hint has the nearest known one),
 * a value missing or too much, an option given twice.
 */
MUST_CHECK int tool_options_parse(struct tool_options *options,
				  const struct tool *tool, int argc,
				  char **argv, struct err *err);

/* tool_options_check_count - whether there are as many arguments as the tool
 * takes. Errors: ERR_USAGE with the usage line as hint. */
MUST_CHECK int tool_options_check_count(const struct tool_options *options,
					struct err *err);

/* tool_options_value - the index-th value given for the tool's own option
 * `name`; *times becomes how often it was given (may be NULL). */
const char *tool_options_value(const struct tool_options *options,
			       const char *name, size_t index, size_t *times);

/* tool_options_help - write the text of --help. */
void tool_options_help(const struct tool *tool, FILE *out);

void tool_options_free(struct tool_options *options);

#endif
