/* check_sink - a sink's life: open, finished or failed for good. */
#include "common/stream/sink.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "tests/unit/failing_sink.h"

static struct sink *
new_sink(struct failing_sink *plan)
{
	struct err err = {0};
	struct sink *sink = failing_sink_new(plan, &err);

	ck_assert_ptr_nonnull(sink);
	return sink;
}

START_TEST(bytes_arrive_in_order)
{
	struct buf bytes = BUF_INIT(100);
	struct failing_sink plan = {.bytes = &bytes};
	struct sink *sink = new_sink(&plan);
	struct err err = {0};

	ck_assert_int_eq(sink_write(sink, "wal", 3, &err), 0);
	ck_assert_int_eq(sink_write(sink, "nut", 3, &err), 0);
	ck_assert_int_eq(sink_finish(sink, &err), 0);
	ck_assert_str_eq(buf_text(&bytes), "walnut");
	ck_assert_uint_eq(plan.finished, 1);
	ck_assert_uint_eq(plan.freed, 0);
	sink_free(sink);
	ck_assert_uint_eq(plan.freed, 1);
	buf_free(&bytes);
}
END_TEST

START_TEST(an_empty_write_is_not_passed_on)
{
	struct failing_sink plan = {.fail_at = 1, .kind = ERR_SYSTEM};
	struct sink *sink = new_sink(&plan);
	struct err err = {0};

	ck_assert_int_eq(sink_write(sink, "", 0, &err), 0);
	ck_assert_int_eq(sink_write(sink, NULL, 0, &err), 0);
	ck_assert_int_eq(sink_write_text(sink, "", &err), 0);
	ck_assert_uint_eq(plan.calls, 0);
	sink_free(sink);
}
END_TEST

START_TEST(text_goes_without_its_nul)
{
	struct buf bytes = BUF_INIT(100);
	struct failing_sink plan = {.bytes = &bytes};
	struct sink *sink = new_sink(&plan);
	struct err err = {0};

	ck_assert_int_eq(sink_write_text(sink, "text", &err), 0);
	ck_assert_uint_eq(bytes.len, 4);
	ck_assert_str_eq(buf_text(&bytes), "text");
	sink_free(sink);
	buf_free(&bytes);
}
END_TEST

/* All later calls, each with an err of its own, fail with `kind`. */
static void
expect_failed(struct sink *sink, enum err_kind kind)
{
	for (int i = 0; i < 3; i++) {
		struct err err = {0};

		ck_assert_int_eq(sink_write(sink, "x", 1, &err), -1);
		ck_assert_int_eq(err.kind, kind);
		ck_assert_ptr_nonnull(strstr(err.message, "failing"));
		err = (struct err){0};
		ck_assert_int_eq(sink_write(sink, "", 0, &err), -1);
		ck_assert_int_eq(err.kind, kind);
		err = (struct err){0};
		ck_assert_int_eq(sink_finish(sink, &err), -1);
		ck_assert_int_eq(err.kind, kind);
		ck_assert_ptr_nonnull(strstr(err.message, "failing"));
	}
}

static const enum err_kind kinds[] = {
    ERR_ABSENT, ERR_USAGE,   ERR_DAMAGED, ERR_DENIED,  ERR_UNREACHABLE,
    ERR_EXISTS, ERR_REFUSED, ERR_SYSTEM,  ERR_STOPPED,
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

START_TEST(a_failed_write_stays_failed)
{
	struct failing_sink plan = {
	    .fail_at = 2, .kind = kinds[_i], .message = "no"};
	struct sink *sink = new_sink(&plan);
	struct err err = {0};

	ck_assert_int_eq(sink_write(sink, "a", 1, &err), 0);
	ck_assert_int_eq(sink_write(sink, "b", 1, &err), -1);
	ck_assert_int_eq(err.kind, kinds[_i]);
	ck_assert_str_eq(err.message, "no");
	expect_failed(sink, kinds[_i]);
	/* Nobody below was asked again. */
	ck_assert_uint_eq(plan.calls, 2);
	sink_free(sink);
	ck_assert_uint_eq(plan.freed, 1);
}
END_TEST

START_TEST(a_failed_finish_stays_failed)
{
	struct failing_sink plan = {
	    .fail_at = 1, .kind = kinds[_i], .message = "no"};
	struct sink *sink = new_sink(&plan);
	struct err err = {0};

	ck_assert_int_eq(sink_finish(sink, &err), -1);
	ck_assert_int_eq(err.kind, kinds[_i]);
	ck_assert_str_eq(err.message, "no");
	expect_failed(sink, kinds[_i]);
	ck_assert_uint_eq(plan.calls, 1);
	sink_free(sink);
}
END_TEST

START_TEST(the_first_reason_is_kept)
{
	struct failing_sink plan = {
	    .fail_at = 1, .kind = ERR_DENIED, .message = "no entry"};
	struct sink *sink = new_sink(&plan);
	struct err err = {0};

	ck_assert_int_eq(sink_write(sink, "a", 1, &err), -1);
	ck_assert_int_eq(sink_finish(sink, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DENIED);
	ck_assert_str_eq(err.message, "no entry");
	/* But an err that holds something else is set. */
	err_set(&err, ERR_USAGE, "other");
	ck_assert_int_eq(sink_finish(sink, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DENIED);
	ck_assert_ptr_null(strstr(err.message, "other"));
	sink_free(sink);
}
END_TEST

START_TEST(nothing_goes_into_a_finished_sink)
{
	struct failing_sink plan = {0};
	struct sink *sink = new_sink(&plan);
	struct err err = {0};

	ck_assert_int_eq(sink_finish(sink, &err), 0);
	ck_assert_int_eq(sink_write(sink, "a", 1, &err), -1);
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(err.message, "end"));
	err = (struct err){0};
	ck_assert_int_eq(sink_finish(sink, &err), -1);
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	ck_assert_uint_eq(plan.calls, 1);
	sink_free(sink);
}
END_TEST

START_TEST(nothing_may_be_freed)
{
	sink_free(NULL);
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("sink");
	TCase *tests = tcase_create("sink");

	tcase_add_test(tests, bytes_arrive_in_order);
	tcase_add_test(tests, an_empty_write_is_not_passed_on);
	tcase_add_test(tests, text_goes_without_its_nul);
	tcase_add_loop_test(tests, a_failed_write_stays_failed, 0, KINDS);
	tcase_add_loop_test(tests, a_failed_finish_stays_failed, 0, KINDS);
	tcase_add_test(tests, the_first_reason_is_kept);
	tcase_add_test(tests, nothing_goes_into_a_finished_sink);
	tcase_add_test(tests, nothing_may_be_freed);
	suite_add_tcase(whole, tests);
	return whole;
}

int
main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
