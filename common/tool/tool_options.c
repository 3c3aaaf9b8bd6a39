#include "common/tool/tool_options.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/units.h"
#include "common/tool/settings_table.h"

/* What every program understands besides its own options and the settings. */
enum common {
	COMMON_HELP,
	COMMON_VERSION,
	COMMON_CONFIG,
	COMMON_VERBOSE,
	COMMON_QUIET,
	COMMON_COUNT
};

static const struct common_option {
	struct tool_option option;
	char letter; /* 0: none */
} common_options[COMMON_COUNT] = {
    [COMMON_HELP] = {{"help", NULL, "print this and exit", false}, 'h'},
    [COMMON_VERSION] = {{"version", NULL, "print the version and exit", false},
			'V'},
    [COMMON_CONFIG] = {{"config", "FILE",
			"settings file (default: /etc/walnut/walnut.conf)",
			false},
		       0},
    [COMMON_VERBOSE] = {{"verbose", NULL, "print debug lines", false}, 'v'},
    [COMMON_QUIET] = {{"quiet", NULL, "print nothing but errors", false}, 'q'},
};

/* Which of the three kinds of options a name belongs to. */
struct match {
	const struct tool_option *own;
	enum common common;   /* COMMON_COUNT: none */
	enum setting setting; /* SETTING_COUNT: none */
};

static const struct tool_option *
find_own(const struct tool *tool, const char *name)
{
	const struct tool_option *option = tool->options;

	for (; option != NULL && option->name != NULL; option++)
		if (strcmp(option->name, name) == 0)
			return option;
	return NULL;
}

static enum common
find_common(const char *name)
{
	unsigned i;

	for (i = 0; i < COMMON_COUNT; i++)
		if (strcmp(common_options[i].option.name, name) == 0)
			break;
	return (enum common)i;
}

static enum common
find_letter(const char *text)
{
	unsigned i;

	for (i = 0; i < COMMON_COUNT; i++)
		if (text[1] == common_options[i].letter && text[2] == '\0')
			break;
	return (enum common)i;
}

/* A program's own option hides a common one, that one a setting's. */
static int
find_option(const struct tool *tool, const char *name, struct match *match)
{
	*match = (struct match){NULL, COMMON_COUNT, SETTING_COUNT};
	match->own = find_own(tool, name);
	if (match->own != NULL)
		return 0;
	match->common = find_common(name);
	if (match->common != COMMON_COUNT)
		return 0;
	return settings_table_find_option(name, &match->setting);
}

struct nearest {
	const char *name; /* what was typed */
	size_t distance;
	char best[64];
};

static void
consider(struct nearest *nearest, const char *known)
{
	size_t distance = units_distance(nearest->name, known);

	if (distance < nearest->distance) {
		nearest->distance = distance;
		(void)snprintf(nearest->best, sizeof nearest->best, "%s",
			       known);
	}
}

static int
unknown_option(const struct tool *tool, const char *name, struct err *err)
{
	struct nearest nearest = {name, SIZE_MAX, ""};
	const struct tool_option *option = tool->options;
	unsigned i;

	for (; option != NULL && option->name != NULL; option++)
		consider(&nearest, option->name);
	for (i = 0; i < COMMON_COUNT; i++)
		consider(&nearest, common_options[i].option.name);
	for (i = 0; i < SETTING_COUNT; i++) {
		char known[SETTINGS_TABLE_OPTION_SIZE];

		settings_table_option((enum setting)i, known);
		consider(&nearest, known);
	}
	err_set(err, ERR_USAGE, "no such option: --%s", name);
	return err_hint(err, "did you mean --%s? --help lists them all",
			nearest.best);
}

static void
override(struct tool_options *options, enum setting setting, const char *value)
{
	options->overrides[options->override_count++] =
	    (struct setting_override){setting, value};
}

static void
take_common(struct tool_options *options, enum common common, const char *value)
{
	switch (common) {
	case COMMON_HELP:
		options->help = true;
		break;
	case COMMON_VERSION:
		options->version = true;
		break;
	case COMMON_CONFIG:
		options->config = value;
		break;
	case COMMON_VERBOSE:
		override(options, SETTING_LOG_LEVEL, "verbose");
		break;
	case COMMON_QUIET:
		override(options, SETTING_LOG_LEVEL, "quiet");
		break;
	case COMMON_COUNT:
		break;
	}
}

static int
take_own(struct tool_options *options, const struct tool_option *option,
	 const char *value, struct err *err)
{
	size_t times = 0;

	(void)tool_options_value(options, option->name, 0, &times);
	if (times > 0 && !option->repeated)
		return err_set(err, ERR_USAGE, "--%s: given twice",
			       option->name);
	options->given[options->given_count++] =
	    (struct tool_given){option, value};
	return 0;
}

static int
take(struct tool_options *options, const struct match *match, const char *value,
     struct err *err)
{
	if (match->own != NULL)
		return take_own(options, match->own, value, err);
	if (match->common != COMMON_COUNT)
		take_common(options, match->common, value);
	else
		override(options, match->setting, value);
	return 0;
}

/* What the option takes, as --help shows it; NULL: nothing. */
static const char *
takes(const struct match *match)
{
	if (match->own != NULL)
		return match->own->value;
	if (match->common != COMMON_COUNT)
		return common_options[match->common].option.value;
	return settings_rows()[match->setting].value;
}

/* argv[at] begins with "--". Returns how many of argv were used, or -1. */
static int
parse_long(struct tool_options *options, int argc, char **argv, int at,
	   struct err *err)
{
	const char *text = argv[at] + 2;
	const char *value = strchr(text, '=');
	const char *wanted;
	struct match match;
	char name[64];

	(void)snprintf(name, sizeof name, "%.*s",
		       value != NULL ? (int)(value - text) : (int)strlen(text),
		       text);
	if (find_option(options->tool, name, &match) != 0)
		return unknown_option(options->tool, name, err);
	wanted = takes(&match);
	if (wanted == NULL && value != NULL)
		return err_set(err, ERR_USAGE, "--%s takes no value", name);
	if (wanted == NULL)
		return take(options, &match, NULL, err) == 0 ? 1 : -1;
	if (value != NULL)
		return take(options, &match, value + 1, err) == 0 ? 1 : -1;
	if (at + 1 == argc)
		return err_set(err, ERR_USAGE, "--%s needs a value: %s", name,
			       wanted);
	return take(options, &match, argv[at + 1], err) == 0 ? 2 : -1;
}

/* One of argv, and its value. Returns how many were used, or -1. */
static int
parse_one(struct tool_options *options, int argc, char **argv, int at,
	  struct err *err)
{
	const char *text = argv[at];
	enum common letter;

	/* "-" alone is an argument by old custom. */
	if (text[0] != '-' || text[1] == '\0') {
		options->arguments[options->argument_count++] = text;
		return 1;
	}
	if (text[1] == '-')
		return parse_long(options, argc, argv, at, err);
	letter = find_letter(text);
	if (letter == COMMON_COUNT) {
		err_set(err, ERR_USAGE, "no such option: %s", text);
		return err_hint(err, "--help lists them all");
	}
	take_common(options, letter, NULL);
	return 1;
}

int
tool_options_parse(struct tool_options *options, const struct tool *tool,
		   int argc, char **argv, struct err *err)
{
	/* None of the three lists can get longer than argv. */
	size_t most = (size_t)argc + 1;
	int i = 1;

	options->tool = tool;
	options->given = calloc(most, sizeof(*options->given));
	options->arguments = calloc(most, sizeof(*options->arguments));
	options->overrides = calloc(most, sizeof(*options->overrides));
	if (options->given == NULL || options->arguments == NULL ||
	    options->overrides == NULL)
		return err_memory(err);

	while (i < argc && strcmp(argv[i], "--") != 0) {
		int used = parse_one(options, argc, argv, i, err);

		if (used < 0)
			return -1;
		i += used;
	}
	for (i++; i < argc; i++)
		options->arguments[options->argument_count++] = argv[i];
	return 0;
}

int
tool_options_check_count(const struct tool_options *options, struct err *err)
{
	const struct tool *tool = options->tool;

	if (options->argument_count < tool->least)
		err_set(err, ERR_USAGE, "not enough arguments");
	else if (options->argument_count > tool->most)
		err_set(err, ERR_USAGE, "too many arguments, from \"%s\" on",
			options->arguments[tool->most]);
	else
		return 0;
	return err_hint(err, "usage: %s [OPTION]... %s", tool->name,
			tool->usage);
}

const char *
tool_options_value(const struct tool_options *options, const char *name,
		   size_t index, size_t *times)
{
	const char *value = NULL;
	size_t seen = 0;
	size_t i;

	for (i = 0; i < options->given_count; i++) {
		if (strcmp(options->given[i].option->name, name) != 0)
			continue;
		if (seen == index)
			value = options->given[i].value;
		seen++;
	}
	if (times != NULL)
		*times = seen;
	return value;
}

/* The help is printed in two passes, the first of which only measures, so
 * that the columns line up whatever options a program has. */
struct layout {
	FILE *out;   /* NULL: measure */
	int columns; /* of the widest "--name VALUE" */
};

static void
put_option(struct layout *layout, const char *name, const char *value,
	   char letter, const char *help, const char *initial)
{
	char left[96];
	int width =
	    snprintf(left, sizeof left, "--%s%s%s", name,
		     value != NULL ? " " : "", value != NULL ? value : "");

	if (layout->out == NULL) {
		if (width > layout->columns)
			layout->columns = width;
		return;
	}
	if (letter != 0)
		(void)fprintf(layout->out, "  -%c, ", letter);
	else
		(void)fputs("      ", layout->out);
	(void)fprintf(layout->out, "%-*s  %s", layout->columns, left, help);
	if (initial != NULL)
		(void)fprintf(layout->out, " (default: %s)", initial);
	(void)fputc('\n', layout->out);
}

static void
put_heading(const struct layout *layout, const char *heading)
{
	if (layout->out != NULL)
		(void)fprintf(layout->out, "\n%s\n", heading);
}

static void
put_options(struct layout *layout, const struct tool *tool)
{
	const struct setting_row *rows = settings_rows();
	const struct tool_option *option = tool->options;
	unsigned i;

	if (option != NULL && option->name != NULL)
		put_heading(layout, "Options:");
	for (; option != NULL && option->name != NULL; option++)
		put_option(layout, option->name, option->value, 0, option->help,
			   NULL);

	put_heading(layout, "Options of all programs:");
	for (i = 0; i < COMMON_COUNT; i++)
		put_option(layout, common_options[i].option.name,
			   common_options[i].option.value,
			   common_options[i].letter,
			   common_options[i].option.help, NULL);

	put_heading(layout,
		    "Settings, also in the environment and the settings "
		    "file as WALNUT_*, walnut.conf(5):");
	for (i = 0; i < SETTING_COUNT; i++) {
		char name[SETTINGS_TABLE_OPTION_SIZE];

		settings_table_option((enum setting)i, name);
		put_option(layout, name, rows[i].value, 0, rows[i].meaning,
			   rows[i].initial);
	}
}

void
tool_options_help(const struct tool *tool, FILE *out)
{
	struct layout layout = {NULL, 0};

	(void)fprintf(out, "usage: %s [OPTION]... %s\n\n%s\n", tool->name,
		      tool->usage, tool->summary);
	put_options(&layout, tool);
	layout.out = out;
	put_options(&layout, tool);
	(void)fputs("\nExit codes: walnut(7)\n", out);
}

void
tool_options_free(struct tool_options *options)
{
	free(options->given);
	free(options->arguments);
	free(options->overrides);
	*options = (struct tool_options){0};
}
