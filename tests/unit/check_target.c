#include "restore/target.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/tool/tool_options.h"

/* Those of base-fetch that target_read looks at. */
static const struct tool_option options[] = {
    {"target-time", "TIME", "", false},
    {"target-lsn", "LSN", "", false},
    {"target-name", "NAME", "", false},
    {"target-xid", "XID", "", false},
    {"target-immediate", NULL, "", false},
    {"target-exclusive", NULL, "", false},
    {"target-timeline", "TIMELINE", "", false},
    {"target-action", "ACTION", "", false},
    {"standby", NULL, "", false},
    {NULL, NULL, NULL, false},
};

static const struct tool tool = {
    .name = "base-fetch", .most = 9, .options = options};

#define WORDS_MAX 8

/* What is given on the command line, and what is read from it. */
struct trial {
	char text[256];
	char *words[WORDS_MAX + 2];
	struct tool_options parsed;
	struct target target;
	struct err err;
	int result;
};

/* `line` has one option between two bars, since values may hold blanks. */
static void
try(struct trial *trial, const char *line)
{
	struct tool_run run = {.options = &trial->parsed};
	char *rest = NULL;
	int count = 0;

	memset(trial, 0, sizeof *trial);
	(void)snprintf(trial->text, sizeof trial->text, "base-fetch|%s", line);
	for (char *word = strtok_r(trial->text, "|", &rest); word != NULL;
	     word = strtok_r(NULL, "|", &rest))
		trial->words[count++] = word;
	ck_assert_msg(tool_options_parse(&trial->parsed, &tool, count,
					 trial->words, &trial->err) == 0,
		      "%s", trial->err.message);
	trial->result = target_read(&run, &trial->target, &trial->err);
}

static void
end(struct trial *trial)
{
	tool_options_free(&trial->parsed);
}

static const struct {
	const char *line;
	struct target target;
} good[] = {
    {"", {.kind = TARGET_END}},
    {"--standby", {.kind = TARGET_END, .standby = true}},
    {"--target-immediate", {.kind = TARGET_IMMEDIATE}},
    {"--target-immediate|--target-action=promote",
     {.kind = TARGET_IMMEDIATE, .action = "promote"}},
    {"--target-name=before it broke",
     {.kind = TARGET_NAME, .text = "before it broke"}},
    {"--target-xid=3", {.kind = TARGET_XID, .text = "3"}},
    {"--target-xid=18446744073709551615|--target-exclusive",
     {.kind = TARGET_XID, .text = "18446744073709551615", .exclusive = true}},
    {"--target-lsn=1/A0000028",
     {.kind = TARGET_LSN, .text = "1/A0000028", .lsn = 0x1A0000028}},
    {"--target-lsn=0/1|--target-exclusive|--target-action=shutdown",
     {.kind = TARGET_LSN,
      .text = "0/1",
      .lsn = 1,
      .exclusive = true,
      .action = "shutdown"}},
    {"--target-time=2026-08-20 12:00:00.5+02",
     {.kind = TARGET_TIME,
      .text = "2026-08-20 12:00:00.5+02",
      .time = {1787220000, 500000000}}},
    {"--target-time=2026-08-20T10:00:00Z|--target-exclusive",
     {.kind = TARGET_TIME,
      .text = "2026-08-20T10:00:00Z",
      .time = {1787220000, 0},
      .exclusive = true}},
    {"--target-timeline=latest", {.kind = TARGET_END}},
    {"--target-timeline=current",
     {.kind = TARGET_END, .timeline = TARGET_TIMELINE_CURRENT}},
    {"--target-timeline=1", {.kind = TARGET_END, .timeline = 1}},
    {"--target-timeline=0x1A", {.kind = TARGET_END, .timeline = 26}},
    {"--target-timeline=4294967294",
     {.kind = TARGET_END, .timeline = UINT32_MAX - 1}},
};

static void
expect_text(const char *is, const char *should)
{
	if (should == NULL)
		ck_assert_ptr_null(is);
	else
		ck_assert_str_eq(is, should);
}

START_TEST(a_target_is_read_as_it_was_given)
{
	const struct target *should = &good[_i].target;
	struct trial trial;

	try(&trial, good[_i].line);
	ck_assert_msg(trial.result == 0, "%s", trial.err.message);
	ck_assert_int_eq((int)trial.target.kind, (int)should->kind);
	expect_text(trial.target.text, should->text);
	expect_text(trial.target.action, should->action);
	ck_assert_int_eq(trial.target.time.tv_sec, should->time.tv_sec);
	ck_assert_int_eq(trial.target.time.tv_nsec, should->time.tv_nsec);
	ck_assert_uint_eq(trial.target.lsn, should->lsn);
	ck_assert_int_eq(trial.target.exclusive, should->exclusive);
	ck_assert_uint_eq(trial.target.timeline, should->timeline);
	ck_assert_int_eq(trial.target.standby, should->standby);
	end(&trial);
}
END_TEST

#define LONG_NAME        \
	"--target-name=" \
	"1234567890123456789012345678901234567890123456789012345678901234"

static const struct {
	const char *line;
	const char *word;
} bad[] = {
    {"--target-immediate|--target-xid=5", "there can be only one target"},
    {"--target-time=2026-08-20|--target-lsn=0/1", "only one target"},
    {"--target-name=a|--target-xid=3", "--target-name and --target-xid"},
    {"--target-time=yesterday", "yesterday"},
    {"--target-time=2026-08-20 12:00:00 CEST", "CEST"},
    {"--target-time=", ""},
    {"--target-lsn=1", "1"},
    {"--target-lsn=x/y", "x/y"},
    {"--target-lsn=0/1 ", "0/1 "},
    {"--target-xid=2", "2"},
    {"--target-xid=-5", "-5"},
    {"--target-xid=18446744073709551616", "18446744073709551616"},
    {"--target-xid=5x", "5x"},
    {"--target-name=", "1 to 63 bytes"},
    {LONG_NAME, "1 to 63 bytes"},
    {"--target-name=a\nb = 'c'", "on one line"},
    {"--target-name=a\rb", "on one line"},
    {"--target-exclusive", "--target-exclusive goes with"},
    {"--target-exclusive|--target-immediate", "--target-exclusive goes with"},
    {"--target-exclusive|--target-name=a", "--target-exclusive goes with"},
    {"--target-timeline=0", "--target-timeline=0"},
    {"--target-timeline=", "--target-timeline="},
    {"--target-timeline=-1", "--target-timeline=-1"},
    {"--target-timeline= 1", "--target-timeline= 1"},
    {"--target-timeline=+1", "--target-timeline=+1"},
    {"--target-timeline=1x", "--target-timeline=1x"},
    {"--target-timeline=0x", "--target-timeline=0x"},
    {"--target-timeline=Latest", "--target-timeline=Latest"},
    {"--target-timeline=4294967295", "--target-timeline=4294967295"},
    {"--target-timeline=99999999999999999999", "expected \"latest\""},
    {"--target-action=promote", "needs a target"},
    {"--target-action=stop|--target-xid=5", "--target-action=stop"},
    {"--target-action=|--target-xid=5", "--target-action="},
};

START_TEST(what_makes_no_target_is_a_usage_error)
{
	struct trial trial;

	try(&trial, bad[_i].line);
	ck_assert_int_eq(trial.result, -1);
	ck_assert_int_eq((int)trial.err.kind, ERR_USAGE);
	ck_assert_msg(strstr(trial.err.message, bad[_i].word) != NULL, "%s",
		      trial.err.message);
	end(&trial);
}
END_TEST

START_TEST(a_time_without_an_offset_is_local)
{
	struct trial trial;

	ck_assert_int_eq(setenv("TZ", "XXX-02:00", 1), 0);
	tzset();
	try(&trial, "--target-time=2026-08-20 12:00:00");
	ck_assert_int_eq(trial.result, 0);
	ck_assert_int_eq(trial.target.time.tv_sec, 1787220000);
	end(&trial);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("target");
	TCase *tcase = tcase_create("target");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, a_target_is_read_as_it_was_given, 0,
			    (int)(sizeof good / sizeof *good));
	tcase_add_loop_test(tcase, what_makes_no_target_is_a_usage_error, 0,
			    (int)(sizeof bad / sizeof *bad));
	tcase_add_test(tcase, a_time_without_an_offset_is_local);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
