#include "common/tool/tool.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/log.h"

static const struct tool_option options[] = {
    {"no-wait", NULL, "do not wait", false},
    {"target", "NAME", "where to", false},
    {"map", "OLD=NEW", "may come again", true},
    {NULL, NULL, NULL, false},
};

/* Shows what reached the program, and returns or fails as its first argument
 * says. */
static int
show(const struct tool_run *run, struct err *err)
{
	const char *target = tool_value(run, "target");
	size_t i;

	for (i = 0; i < run->count; i++)
		(void)printf("argument %s\n", run->arguments[i]);
	(void)printf("no-wait %d\n", tool_has(run, "no-wait"));
	(void)printf("target %s\n", target != NULL ? target : "-");
	for (i = 0; tool_value_at(run, "map", i) != NULL; i++)
		(void)printf("map %s\n", tool_value_at(run, "map", i));
	(void)printf("jobs %u\n", settings_jobs(run->settings));
	(void)printf("level %d\n", (int)log_level());
	if (strcmp(run->arguments[0], "no") == 0)
		return 1;
	if (strcmp(run->arguments[0], "fail") == 0) {
		err_set(err, ERR_DAMAGED, "all broken");
		return err_hint(err, "mend it");
	}
	return 0;
}

static struct tool tool = {
    .name = "show-it",
    .usage = "WHAT [MORE]",
    .summary = "Shows it.",
    .least = 1,
    .most = 2,
    .options = options,
    .run = show,
};

struct outcome {
	int code;
	char out[8192];
	char err[8192];
};

static void
read_back(FILE *file, char *text, size_t size)
{
	size_t len;

	rewind(file);
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	(void)fclose(file);
}

/* Runs tool_main in a process of its own with these arguments, parted by
 * blanks. */
static struct outcome
run(const char *line)
{
	struct outcome outcome = {0};
	FILE *out = tmpfile();
	FILE *err = tmpfile();
	char name[] = "show-it";
	char *argv[20] = {name};
	char *copy = strdup(line);
	char *rest = NULL;
	int argc = 1;
	int status;
	char *word;
	pid_t pid;

	ck_assert(out != NULL && err != NULL && copy != NULL);
	for (word = strtok_r(copy, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;

	(void)fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)dup2(fileno(out), STDOUT_FILENO);
		(void)dup2(fileno(err), STDERR_FILENO);
		_exit(tool_main(&tool, argc, argv));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	outcome.code = WEXITSTATUS(status);
	read_back(out, outcome.out, sizeof outcome.out);
	read_back(err, outcome.err, sizeof outcome.err);
	free(copy);
	return outcome;
}

static const struct {
	const char *line;
	const char *shown; /* on stdout */
} understood[] = {
    {"a", "argument a\nno-wait 0\ntarget -\njobs "},
    {"a --no-wait b", "argument a\nargument b\nno-wait 1\n"},
    {"--target x a", "argument a\nno-wait 0\ntarget x\n"},
    {"--target=x a", "target x\n"},
    {"--target= a", "target \n"},
    {"--target --no-wait a", "no-wait 0\ntarget --no-wait\n"},
    {"--map a=b a --map=c=d", "map a=b\nmap c=d\n"},
    {"--jobs 11 a", "jobs 11\n"},
    {"a --jobs=11 --jobs 12", "jobs 12\n"},
    {"-- --jobs a", "argument --jobs\nargument a\n"},
    {"a -- --", "argument a\nargument --\n"},
    {"- a", "argument -\nargument a\n"},
    {"a", "level 1\n"},
    {"-v a", "level 2\n"},
    {"--verbose a", "level 2\n"},
    {"-q a", "level 0\n"},
    {"a --quiet", "level 0\n"},
    {"a --log-level verbose", "level 2\n"},
};

START_TEST(options_and_arguments_reach_the_program)
{
	struct outcome o = run(understood[_i].line);

	ck_assert_msg(o.code == 0, "%s", o.err);
	ck_assert_msg(strstr(o.out, understood[_i].shown) != NULL,
		      "\"%s\" is not in \"%s\"", understood[_i].shown, o.out);
}
END_TEST

static const struct {
	const char *line;
	const char *message;
} refused[] = {
    {"", "show-it: error: not enough arguments\n"
	 "show-it: hint: usage: show-it [OPTION]... WHAT [MORE]\n"},
    {"a b c d", "error: too many arguments, from \"c\" on\n"},
    {"--targe x a", "error: no such option: --targe\n"
		    "show-it: hint: did you mean --target?"},
    {"--retri-for=1 a", "hint: did you mean --retry-for?"},
    {"--versio a", "hint: did you mean --version?"},
    {"--=x a", "no such option: --\n"},
    {"-x a", "no such option: -x\n"},
    {"-vq a", "no such option: -vq\n"},
    {"--no-wait=1 a", "--no-wait takes no value\n"},
    {"--help=1 a", "--help takes no value\n"},
    {"a --target", "--target needs a value: NAME\n"},
    {"a --jobs", "--jobs needs a value: N\n"},
    {"a --config", "--config needs a value: FILE\n"},
    {"--target a --target b a", "--target: given twice\n"},
    {"--jobs x a", "error: --jobs: "},
    {"--config /nonexistent/file a", "/nonexistent/file"},
};

START_TEST(a_wrong_command_line_is_a_usage_error)
{
	struct outcome o = run(refused[_i].line);

	ck_assert_int_eq(o.code, 2);
	ck_assert_str_eq(o.out, "");
	ck_assert_msg(strstr(o.err, refused[_i].message) != NULL,
		      "\"%s\" is not in \"%s\"", refused[_i].message, o.err);
}
END_TEST

START_TEST(the_answer_no_is_exit_code_1_without_an_error)
{
	struct outcome o = run("no");

	ck_assert_int_eq(o.code, 1);
	ck_assert_str_eq(o.err, "");
}
END_TEST

START_TEST(an_error_is_printed_once_with_its_hint)
{
	struct outcome o = run("fail");

	ck_assert_int_eq(o.code, 3);
	ck_assert_str_eq(o.err, "show-it: error: all broken\n"
				"show-it: hint: mend it\n");
}
END_TEST

static int
own_code(const struct tool_run *run_or_null, const struct err *err)
{
	return run_or_null == NULL ? 100 + (int)err->kind : 50;
}

START_TEST(a_program_may_have_exit_codes_of_its_own)
{
	tool.exit_code = own_code;
	ck_assert_int_eq(run("fail").code, 50);
	ck_assert_int_eq(run("--nonsense").code, 100 + ERR_USAGE);
	ck_assert_int_eq(run("--jobs 0 a").code, 100 + ERR_USAGE);
	ck_assert_int_eq(run("no").code, 1);
}
END_TEST

static const struct {
	enum err_kind kind;
	int code;
} codes[] = {
    {ERR_ABSENT, 1},  {ERR_USAGE, 2},       {ERR_DAMAGED, 3},
    {ERR_DENIED, 4},  {ERR_UNREACHABLE, 5}, {ERR_EXISTS, 6},
    {ERR_REFUSED, 6}, {ERR_SYSTEM, 7},      {ERR_STOPPED, 7},
};

START_TEST(each_kind_of_error_has_its_exit_code)
{
	struct err err = {0};

	err.kind = codes[_i].kind;
	ck_assert_int_eq(tool_exit_code(&err), codes[_i].code);
}
END_TEST

/* The columns of the help line up: every option's text begins in one. */
START_TEST(help_is_printed_in_aligned_columns)
{
	struct outcome o = run("--help --target");
	static const char top[] = "usage: show-it [OPTION]... WHAT [MORE]\n\n"
				  "Shows it.\n\nOptions:\n";
	static const char *const texts[] = {
	    "do not wait\n", "where to\n", "print this and exit\n",
	    "zstd[:-7..19] or lz4 (default: zstd:1)\n"};
	size_t column = 0;
	size_t i;

	ck_assert_int_eq(o.code, 2);
	o = run("-h");
	ck_assert_int_eq(o.code, 0);
	ck_assert_str_eq(o.err, "");
	ck_assert_int_eq(strncmp(o.out, top, strlen(top)), 0);
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const char *at = strstr(o.out, texts[i]);
		const char *line = at;

		ck_assert_msg(at != NULL, "%s", texts[i]);
		while (line[-1] != '\n')
			line--;
		if (i > 0)
			ck_assert_uint_eq((size_t)(at - line), column);
		column = (size_t)(at - line);
	}
	ck_assert_ptr_nonnull(strstr(o.out, "  -V, --version"));
	ck_assert_ptr_nonnull(strstr(o.out, "      --retry-for TIME "));
	ck_assert_ptr_nonnull(strstr(o.out, "\nExit codes: walnut(7)\n"));
}
END_TEST

START_TEST(version_needs_no_arguments)
{
	struct outcome o = run("--version");

	ck_assert_int_eq(o.code, 0);
	ck_assert_str_eq(o.out, "show-it (walnut) " WALNUT_VERSION "\n");
}
END_TEST

START_TEST(a_tool_without_options_of_its_own_works)
{
	struct outcome o;

	tool.options = NULL;
	ck_assert_int_eq(run("--jobs 2 a").code, 0);
	ck_assert_int_eq(run("--target 2 a").code, 2);
	o = run("--help");
	ck_assert_ptr_null(strstr(o.out, "\nOptions:\n"));
}
END_TEST

START_TEST(output_that_is_lost_is_an_error)
{
	int full = open("/dev/full", O_WRONLY);
	char name[] = "show-it";
	char argument[] = "a";
	char *argv[] = {name, argument, NULL};

	if (full < 0)
		return;
	(void)fflush(stdout);
	ck_assert_int_ge(dup2(full, STDOUT_FILENO), 0);
	(void)close(full);
	ck_assert_int_eq(tool_main(&tool, 2, argv), 7);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof(table)[0])

int
main(void)
{
	Suite *suite = suite_create("tool");
	TCase *tcase = tcase_create("tool");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, options_and_arguments_reach_the_program, 0,
			    COUNT(understood));
	tcase_add_loop_test(tcase, a_wrong_command_line_is_a_usage_error, 0,
			    COUNT(refused));
	tcase_add_test(tcase, the_answer_no_is_exit_code_1_without_an_error);
	tcase_add_test(tcase, an_error_is_printed_once_with_its_hint);
	tcase_add_test(tcase, a_program_may_have_exit_codes_of_its_own);
	tcase_add_loop_test(tcase, each_kind_of_error_has_its_exit_code, 0,
			    COUNT(codes));
	tcase_add_test(tcase, help_is_printed_in_aligned_columns);
	tcase_add_test(tcase, version_needs_no_arguments);
	tcase_add_test(tcase, a_tool_without_options_of_its_own_works);
	tcase_add_test(tcase, output_that_is_lost_is_an_error);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
