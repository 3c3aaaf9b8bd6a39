#include "common/tool/tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/stop.h"
#include "common/tool/tool_options.h"

/* POSIX leaves it to us to declare it. */
extern char **environ;

int
tool_exit_code(const struct err *err)
{
	switch (err->kind) {
	case ERR_ABSENT:
		return 1;
	case ERR_USAGE:
		return 2;
	case ERR_DAMAGED:
		return 3;
	case ERR_DENIED:
		return 4;
	case ERR_UNREACHABLE:
		return 5;
	case ERR_EXISTS:
	case ERR_REFUSED:
		return 6;
	case ERR_NONE:
	case ERR_SYSTEM:
	case ERR_STOPPED:
		break;
	}
	return 7;
}

bool
tool_has(const struct tool_run *run, const char *option)
{
	size_t times;

	(void)tool_options_value(run->options, option, 0, &times);
	return times > 0;
}

const char *
tool_value(const struct tool_run *run, const char *option)
{
	size_t times;

	(void)tool_options_value(run->options, option, 0, &times);
	if (times == 0)
		return NULL;
	return tool_options_value(run->options, option, times - 1, NULL);
}

const char *
tool_value_at(const struct tool_run *run, const char *option, size_t index)
{
	return tool_options_value(run->options, option, index, NULL);
}

/* Results that got lost on a full disk must not look like success. */
static int
flush_output(struct err *err)
{
	errno = 0;
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return 0;
	err_errno(err, errno != 0 ? errno : EIO, "standard output");
	err->kind = ERR_SYSTEM;
	return -1;
}

static enum log_level
chosen_level(const struct settings *settings)
{
	const char *level = settings_text(settings, SETTING_LOG_LEVEL);

	if (strcmp(level, "quiet") == 0)
		return LOG_QUIET;
	return strcmp(level, "verbose") == 0 ? LOG_VERBOSE : LOG_NORMAL;
}

/* With the settings at hand: the program's own work. */
static int
run_with(const struct tool *tool, struct tool_options *options,
	 const struct settings *settings)
{
	struct tool_run run = {
	    .settings = settings,
	    .arguments = options->arguments,
	    .count = options->argument_count,
	    .options = options,
	};
	struct err err = {0};
	int code;

	log_start(tool->name, chosen_level(settings));
	settings_tell(settings);
	code = tool->run(&run, &err);
	if (code >= 0 && flush_output(&err) != 0)
		code = -1;
	if (code >= 0)
		return code;
	log_error(&err);
	if (tool->exit_code != NULL)
		return tool->exit_code(&run, &err);
	return tool_exit_code(&err);
}

/* Returns 0, or -1 with *err; *code becomes the exit code once the program
 * itself had its say. */
static int
prepare_and_run(const struct tool *tool, struct tool_options *options, int argc,
		char **argv, int *code, struct err *err)
{
	struct settings *settings;

	if (tool_options_parse(options, tool, argc, argv, err) != 0)
		return -1;
	*code = 0;
	if (options->help) {
		tool_options_help(tool, stdout);
		return flush_output(err);
	}
	if (options->version) {
		(void)printf("%s (walnut) %s\n", tool->name, WALNUT_VERSION);
		return flush_output(err);
	}
	if (tool_options_check_count(options, err) != 0)
		return -1;
	settings = settings_load(environ, options->config, options->overrides,
				 options->override_count, err);
	if (settings == NULL)
		return -1;
	*code = run_with(tool, options, settings);
	settings_free(settings);
	return 0;
}

int
tool_main(const struct tool *tool, int argc, char **argv)
{
	struct tool_options options = {0};
	struct err err = {0};
	int code;

	stop_on_signals();
	log_start(tool->name, LOG_NORMAL);
	if (prepare_and_run(tool, &options, argc, argv, &code, &err) != 0) {
		log_error(&err);
		code = tool->exit_code != NULL ? tool->exit_code(NULL, &err)
					       : tool_exit_code(&err);
	}
	tool_options_free(&options);
	return code;
}
