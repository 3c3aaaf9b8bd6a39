/* check_err - err sets, cuts, prefixes and classifies. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/err.h"

START_TEST(setting_replaces_all_and_fails)
{
	struct err err = {.kind = ERR_DENIED, .message = "m", .hint = "h"};

	ck_assert_int_eq(err_set(&err, ERR_DAMAGED, "%s: part %d", "a", 7), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_str_eq(err.message, "a: part 7");
	ck_assert_str_eq(err.hint, "");
}
END_TEST

START_TEST(a_message_too_long_is_cut)
{
	static char text[3 * ERR_MESSAGE_SIZE];
	struct err err = {0};

	memset(text, 'x', sizeof text - 1);
	err_set(&err, ERR_SYSTEM, "%s", text);
	ck_assert_uint_eq(strlen(err.message), ERR_MESSAGE_SIZE - 1);
	err_context(&err, "%s", "front");
	ck_assert_uint_eq(strlen(err.message), ERR_MESSAGE_SIZE - 1);
	ck_assert_int_eq(strncmp(err.message, "front: xxx", 10), 0);
	err_context(&err, "%s", text);
	ck_assert_uint_eq(strlen(err.message), ERR_MESSAGE_SIZE - 1);
	ck_assert_str_eq(err.message + ERR_MESSAGE_SIZE - 4, "x: ");
	err_hint(&err, "%s", text);
	ck_assert_uint_eq(strlen(err.hint), ERR_HINT_SIZE - 1);
	err_errno(&err, ENOSPC, "%s", text);
	ck_assert_uint_eq(strlen(err.message), ERR_MESSAGE_SIZE - 1);
}
END_TEST

START_TEST(a_message_can_be_made_of_the_one_before)
{
	struct err err = {0};

	err_set(&err, ERR_DENIED, "inner");
	err_set(&err, ERR_SYSTEM, "outer (%s, %s)", err.message, err.message);
	ck_assert_str_eq(err.message, "outer (inner, inner)");
	err_context(&err, "%s", err.message);
	ck_assert_str_eq(err.message,
			 "outer (inner, inner): outer (inner, inner)");
	err_hint(&err, "try");
	err_hint(&err, "%s again", err.hint);
	ck_assert_str_eq(err.hint, "try again");
}
END_TEST

START_TEST(context_goes_in_front_and_keeps_the_rest)
{
	struct err err = {0};

	err_set(&err, ERR_UNREACHABLE, "HTTP 503");
	ck_assert_int_eq(err_hint(&err, "wait %d s", 3), -1);
	ck_assert_int_eq(err_context(&err, "s3"), -1);
	ck_assert_int_eq(err_context(&err, "archive %s", "01"), -1);
	ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
	ck_assert_str_eq(err.message, "archive 01: s3: HTTP 503");
	ck_assert_str_eq(err.hint, "wait 3 s");
}
END_TEST

START_TEST(an_errno_gives_text_and_kind)
{
	struct err err = {.hint = "old"};

	ck_assert_int_eq(err_errno(&err, EACCES, "%s: cannot open", "x"), -1);
	ck_assert_int_eq(err.kind, ERR_DENIED);
	ck_assert_str_eq(err.message, "x: cannot open: Permission denied");
	ck_assert_str_eq(err.hint, "");
}
END_TEST

START_TEST(out_of_memory_is_an_ordinary_error)
{
	struct err err = {0};

	ck_assert_int_eq(err_memory(&err), -1);
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	ck_assert_str_eq(err.message, "out of memory");
}
END_TEST

static const struct {
	int errnum;
	enum err_kind kind;
} kinds[] = {
    {ENOENT, ERR_ABSENT},
    {ENOTDIR, ERR_ABSENT},
    {EACCES, ERR_DENIED},
    {EPERM, ERR_DENIED},
    {EROFS, ERR_DENIED},
    {EEXIST, ERR_EXISTS},
    {EIO, ERR_UNREACHABLE},
    {ESTALE, ERR_UNREACHABLE},
    {ETIMEDOUT, ERR_UNREACHABLE},
    {ENODEV, ERR_UNREACHABLE},
    {ENXIO, ERR_UNREACHABLE},
    {ECONNREFUSED, ERR_UNREACHABLE},
    {ENOSPC, ERR_SYSTEM},
    {EDQUOT, ERR_SYSTEM},
    {EFBIG, ERR_SYSTEM},
    {ENOMEM, ERR_SYSTEM},
    {EMFILE, ERR_SYSTEM},
    {ELOOP, ERR_SYSTEM},
    {0, ERR_SYSTEM},
};

START_TEST(each_errno_has_its_kind)
{
	ck_assert_int_eq(err_kind_of_errno(kinds[_i].errnum), kinds[_i].kind);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("err");
	TCase *tests = tcase_create("err");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, setting_replaces_all_and_fails);
	tcase_add_test(tests, a_message_too_long_is_cut);
	tcase_add_test(tests, a_message_can_be_made_of_the_one_before);
	tcase_add_test(tests, context_goes_in_front_and_keeps_the_rest);
	tcase_add_test(tests, an_errno_gives_text_and_kind);
	tcase_add_test(tests, out_of_memory_is_an_ordinary_error);
	tcase_add_loop_test(tests, each_errno_has_its_kind, 0,
			    (int)(sizeof kinds / sizeof kinds[0]));
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
