#include "tools/delete_request.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS_MAX 5

#define FULL "base_000000010000000000000002"
#define DELTA "base_000000010000000000000004_D_000000010000000000000002"

static size_t
count_of(const char *const *words)
{
	size_t count = 0;

	while (words[count] != NULL)
		count++;
	return count;
}

static const struct {
	const char *words[WORDS_MAX];
	struct retention_request request;
} good[] = {
    {{"retain", "7"}, {.verb = RETENTION_RETAIN, .count = 7}},
    {{"retain", "FULL", "1"},
     {.verb = RETENTION_RETAIN, .mode = RETENTION_FULL, .count = 1}},
    {{"retain", "FIND_FULL", "1000000"},
     {.verb = RETENTION_RETAIN, .mode = RETENTION_FIND_FULL, .count = 1000000}},
    {{"before", FULL}, {.verb = RETENTION_BEFORE, .name = FULL}},
    {{"before", "FIND_FULL", DELTA},
     {.verb = RETENTION_BEFORE, .mode = RETENTION_FIND_FULL, .name = DELTA}},
    {{"before", "2026-08-20T10:00:00Z"},
     {.verb = RETENTION_BEFORE, .time = {1787220000, 0}}},
    {{"before", "FIND_FULL", "2026-08-20 12:00:00.25+02"},
     {.verb = RETENTION_BEFORE,
      .mode = RETENTION_FIND_FULL,
      .time = {1787220000, 250000000}}},
    {{"target", FULL}, {.verb = RETENTION_TARGET, .name = FULL}},
    {{"target", "FIND_FULL", DELTA},
     {.verb = RETENTION_TARGET, .mode = RETENTION_FIND_FULL, .name = DELTA}},
    {{"everything"}, {.verb = RETENTION_EVERYTHING}},
    {{"everything", "FORCE"}, {.verb = RETENTION_EVERYTHING, .force = true}},
    {{"garbage"}, {.verb = RETENTION_GARBAGE}},
};

START_TEST(a_request_is_what_its_words_say)
{
	const struct retention_request *should = &good[_i].request;
	struct retention_request is;
	struct err err = {0};

	memset(&is, 0xff, sizeof is);
	ck_assert_msg(delete_request_read(good[_i].words,
					  count_of(good[_i].words), &is,
					  &err) == 0,
		      "%s", err.message);
	ck_assert_int_eq((int)is.verb, (int)should->verb);
	ck_assert_int_eq((int)is.mode, (int)should->mode);
	ck_assert_uint_eq(is.count, should->count);
	ck_assert_int_eq(is.force, should->force);
	ck_assert_int_eq(is.time.tv_sec, should->time.tv_sec);
	ck_assert_int_eq(is.time.tv_nsec, should->time.tv_nsec);
	if (should->name == NULL)
		ck_assert_ptr_null(is.name);
	else
		ck_assert_str_eq(is.name, should->name);
}
END_TEST

static const struct {
	const char *words[WORDS_MAX];
	const char *word; /* in the message */
} bad[] = {
    {{"retain"}, "the number of backups"},
    {{"retain", "FULL"}, "the number of backups"},
    {{"retain", "0"}, "retain: "},
    {{"retain", "-1"}, "-1"},
    {{"retain", "7x"}, "7x"},
    {{"retain", "1000001"}, "1000001"},
    {{"retain", "18446744073709551617"}, "18446744073709551617"},
    {{"retain", "full", "7"}, "nothing behind it"},
    {{"retain", "7", "FULL"}, "nothing behind it"},
    {{"retain", "FULL", "FIND_FULL", "7"}, "nothing behind it"},
    {{"before"}, "a backup's name or a time"},
    {{"before", "FIND_FULL"}, "a backup's name or a time"},
    {{"before", "FULL", FULL}, "nothing behind it"},
    {{"before", "yesterday"}, "neither a backup's name nor"},
    {{"before", "base_00000001000000000000000"}, "neither a backup's name"},
    {{"before", "2026-08-20", "10:00:00"}, "nothing behind it"},
    {{"target"}, "a backup's name"},
    {{"target", "FIND_FULL"}, "a backup's name"},
    {{"target", FULL, "x"}, "nothing behind it"},
    {{"everything", "force"}, "unexpected \"force\""},
    {{"everything", "FORCE", "FORCE"}, "unexpected \"FORCE\""},
    {{"garbage", "FORCE"}, "unexpected \"FORCE\""},
    {{"delete", "7"}, "delete: no such request"},
    {{""}, "no such request"},
    {{"Retain", "7"}, "Retain: no such request"},
};

START_TEST(any_other_words_are_a_usage_error)
{
	struct retention_request is;
	struct err err = {0};

	ck_assert_int_eq(delete_request_read(
			     bad[_i].words, count_of(bad[_i].words), &is, &err),
			 -1);
	ck_assert_int_eq((int)err.kind, ERR_USAGE);
	ck_assert_msg(strstr(err.message, bad[_i].word) != NULL, "%s",
		      err.message);
}
END_TEST

START_TEST(an_unknown_request_is_answered_with_those_there_are)
{
	static const char *const words[] = {"remove"};
	struct retention_request is;
	struct err err = {0};

	ck_assert_int_eq(delete_request_read(words, 1, &is, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.hint, "retain"));
	ck_assert_ptr_nonnull(strstr(err.hint, "garbage"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("delete_request");
	TCase *tcase = tcase_create("delete_request");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, a_request_is_what_its_words_say, 0,
			    (int)(sizeof good / sizeof *good));
	tcase_add_loop_test(tcase, any_other_words_are_a_usage_error, 0,
			    (int)(sizeof bad / sizeof *bad));
	tcase_add_test(tcase,
		       an_unknown_request_is_answered_with_those_there_are);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
