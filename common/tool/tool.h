/*
 * tool - one main for every program: options, settings, exit code.
 *
 * Common to all programs: --help, --version, --config FILE, --verbose, --quiet,
 * and every setting as an option (--retry-for 10s for WALNUT_RETRY_FOR). An
 * option's value stands behind "=" or in the next argument; "--" ends options;
 * options and arguments may be mixed.
 */
#ifndef WALNUT_TOOL_TOOL_H
#define WALNUT_TOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/tool/settings.h"

struct tool_option {
	const char *name;  /* without the dashes; NULL ends the table */
	const char *value; /* what it takes, for --help; NULL: nothing */
	const char *help;  /* one line */
	bool repeated;     /* may be given several times */
};

struct tool_run {
	const struct settings *settings;
	const char *const *arguments; /* that are not options */
	size_t count;
	struct tool_options *options; /* for tool_has and tool_value */
};

struct tool {
	const char *name;
	const char *usage;   /* "PATH", behind the name */
	const char *summary; /* one line: what it does */
	size_t least;        /* arguments */
	size_t most;
	const struct tool_option *options;
	/* Returns the exit code, or -1 with *err. */
	int (*run)(const struct tool_run *run, struct err *err);
	/* The exit code for an error; NULL: tool_exit_code. Also asked for
	 * errors in the options and settings, then with run NULL. */
	int (*exit_code)(const struct tool_run *run, const struct err *err);
};

/* tool_exit_code - the table of walnut(7): 1 ABSENT; 2 USAGE; 3 DAMAGED;
 * 4 DENIED; 5 UNREACHABLE; 6 EXISTS, REFUSED; 7 SYSTEM, STOPPED. */
int tool_exit_code(const struct err *err);

/* tool_has - whether the option was given. */
bool tool_has(const struct tool_run *run, const char *option);

/* tool_value - the last value given for it, or NULL. */
const char *tool_value(const struct tool_run *run, const char *option);

/* tool_value_at - the index-th value given for it, or NULL. */
const char *tool_value_at(const struct tool_run *run, const char *option,
			  size_t index);

/* tool_main - all of main(). stdout is flushed and checked at the end: output
 * that could not be written is an error. */
int tool_main(const struct tool *tool, int argc, char **argv);

#endif
