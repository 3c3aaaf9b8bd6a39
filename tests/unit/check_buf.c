/* check_buf - bufs grow, hold their limit and stay text. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"

START_TEST(an_empty_buf_is_empty_text)
{
	struct buf buf = BUF_INIT(10);
	struct err err = {0};

	ck_assert_str_eq(buf_text(&buf), "");
	ck_assert_int_eq(buf_append(&buf, NULL, 0, &err), 0);
	ck_assert_int_eq(buf_print(&buf, &err, "%s", ""), 0);
	ck_assert_ptr_null(buf.data);
	buf_clear(&buf);
	buf_free(&buf);
	ck_assert_str_eq(buf_text(&buf), "");
}
END_TEST

START_TEST(bytes_go_behind_those_before_and_a_nul_follows)
{
	struct buf buf = BUF_INIT(SIZE_MAX);
	struct err err = {0};

	ck_assert_int_eq(buf_append(&buf, "a\0b", 3, &err), 0);
	ck_assert_int_eq(buf_print(&buf, &err, "%d-%s", 12, "x"), 0);
	ck_assert_uint_eq(buf.len, 7);
	ck_assert_mem_eq(buf.data, "a\0b12-x", 8);
	buf_clear(&buf);
	ck_assert_uint_eq(buf.len, 0);
	ck_assert_str_eq(buf_text(&buf), "");
	buf_free(&buf);
	ck_assert_ptr_null(buf.data);
	ck_assert_int_eq(buf_print(&buf, &err, "again"), 0);
	ck_assert_str_eq(buf_text(&buf), "again");
	buf_free(&buf);
}
END_TEST

/* Over several doublings, in steps of changing size. */
START_TEST(what_was_appended_stays_as_the_buf_grows)
{
	struct buf buf = BUF_INIT(1 << 20);
	struct err err = {0};
	char piece[97];
	size_t total = 0;
	size_t i;

	for (i = 0; total < 100000; i++) {
		size_t len = i % sizeof piece;
		size_t j;

		for (j = 0; j < len; j++)
			piece[j] = (char)((total + j) % 251);
		ck_assert_int_eq(buf_append(&buf, piece, len, &err), 0);
		total += len;
		ck_assert_uint_eq(buf.len, total);
	}
	for (i = 0; i < total; i++)
		ck_assert_int_eq(buf.data[i], (char)(i % 251));
	ck_assert_int_eq(buf.data[total], '\0');
	buf_free(&buf);
}
END_TEST

/* Every limit around the sizes at which memory is allocated. */
START_TEST(the_limit_can_be_reached_but_not_passed)
{
	size_t limit;

	for (limit = 1; limit < 300; limit++) {
		struct buf buf = BUF_INIT(limit);
		struct err err = {0};
		size_t i;

		for (i = 0; i < limit; i++)
			ck_assert_int_eq(buf_append(&buf, "x", 1, &err), 0);
		ck_assert_int_eq(buf_append(&buf, "y", 1, &err), -1);
		ck_assert_int_eq(err.kind, ERR_SYSTEM);
		ck_assert_ptr_nonnull(strstr(err.message, "limit"));
		ck_assert_int_eq(buf_print(&buf, &err, "y"), -1);
		ck_assert_uint_eq(buf.len, limit);
		ck_assert_uint_eq(strspn(buf.data, "x"), limit);
		ck_assert_uint_le(buf.capacity, limit + 1);
		buf_free(&buf);
	}
}
END_TEST

START_TEST(what_does_not_fit_leaves_the_buf_alone)
{
	struct buf buf = BUF_INIT(8);
	struct err err = {0};

	ck_assert_int_eq(buf_append(&buf, "12345", 5, &err), 0);
	ck_assert_int_eq(buf_append(&buf, "6789", 4, &err), -1);
	ck_assert_int_eq(buf_print(&buf, &err, "%d", 6789), -1);
	ck_assert_str_eq(buf_text(&buf), "12345");
	ck_assert_int_eq(buf_print(&buf, &err, "%d", 678), 0);
	ck_assert_str_eq(buf_text(&buf), "12345678");
	buf_free(&buf);
}
END_TEST

/* A length no memory has, as a hostile header might claim it. */
START_TEST(a_length_that_overflows_is_refused)
{
	struct buf buf = BUF_INIT(SIZE_MAX);
	struct err err = {0};
	size_t len;

	ck_assert_int_eq(buf_append(&buf, "12345", 5, &err), 0);
	for (len = SIZE_MAX; len > SIZE_MAX - 6; len--) {
		volatile size_t hostile = len;

		err.kind = ERR_NONE;
		ck_assert_int_eq(buf_append(&buf, "x", hostile, &err), -1);
		ck_assert_int_eq(err.kind, ERR_SYSTEM);
		ck_assert_str_eq(buf_text(&buf), "12345");
	}
	buf_free(&buf);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("buf");
	TCase *tests = tcase_create("buf");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, an_empty_buf_is_empty_text);
	tcase_add_test(tests, bytes_go_behind_those_before_and_a_nul_follows);
	tcase_add_test(tests, what_was_appended_stays_as_the_buf_grows);
	tcase_add_test(tests, the_limit_can_be_reached_but_not_passed);
	tcase_add_test(tests, what_does_not_fit_leaves_the_buf_alone);
	tcase_add_test(tests, a_length_that_overflows_is_refused);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
