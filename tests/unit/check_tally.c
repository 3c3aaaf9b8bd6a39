/* check_tally - every byte counted and digested on its way. */
#include "common/stream/tally.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "tests/unit/failing_sink.h"

/* RFC 3720 and every description of a CRC: the digest of "123456789". */
static const char nine[] = "123456789";
#define NINE_CRC 0xe3069283u

static struct sink *
tallying(struct tally *tally, struct failing_sink *plan)
{
	struct err err = {0};
	struct sink *sink = failing_sink_new(plan, &err);

	ck_assert_ptr_nonnull(sink);
	sink = tally_sink(tally, sink, &err);
	ck_assert_ptr_nonnull(sink);
	return sink;
}

START_TEST(every_byte_is_counted_digested_and_passed_on)
{
	/* However the nine are cut into two writes. */
	size_t cut = (size_t)_i;
	struct tally tally = {.size = 7, .crc32c = 7};
	struct buf bytes = BUF_INIT(100);
	struct failing_sink plan = {.bytes = &bytes};
	struct sink *sink = tallying(&tally, &plan);
	struct err err = {0};

	ck_assert_uint_eq(tally.size, 0);
	ck_assert_uint_eq(tally.crc32c, 0);
	ck_assert_int_eq(sink_write(sink, nine, cut, &err), 0);
	ck_assert_uint_eq(tally.size, cut);
	ck_assert_int_eq(sink_write(sink, nine + cut, 9 - cut, &err), 0);
	ck_assert_int_eq(sink_finish(sink, &err), 0);
	sink_free(sink);
	ck_assert_uint_eq(tally.size, 9);
	ck_assert_uint_eq(tally.crc32c, NINE_CRC);
	ck_assert_str_eq(buf_text(&bytes), nine);
	ck_assert_uint_eq(plan.finished, 1);
	ck_assert_uint_eq(plan.freed, 1);
	buf_free(&bytes);
}
END_TEST

START_TEST(bytes_beside_the_sink_count_too)
{
	struct tally tally = {0};

	tally_add(&tally, nine, 4);
	tally_add(&tally, nine, 0);
	tally_add(&tally, nine + 4, 5);
	ck_assert_uint_eq(tally.size, 9);
	ck_assert_uint_eq(tally.crc32c, NINE_CRC);
}
END_TEST

static int
push_nine(struct sink *sink, struct err *err)
{
	for (size_t i = 0; i < 9; i++)
		if (sink_write(sink, nine + i, 1, err) != 0)
			return -1;
	return sink_finish(sink, err);
}

START_TEST(every_failure_below_comes_up)
{
	unsigned fail_at = 0;
	int result;

	do {
		unsigned now = ++fail_at;
		struct failing_sink plan = {
		    .fail_at = now, .kind = ERR_UNREACHABLE, .message = "cut"};
		struct tally tally;
		struct sink *sink = tallying(&tally, &plan);
		struct err err = {0};

		result = push_nine(sink, &err);
		sink_free(sink);
		ck_assert_uint_eq(plan.freed, 1);
		ck_assert_uint_eq(plan.finished, result == 0);
		if (result != 0) {
			ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
			ck_assert_str_eq(err.message, "cut");
		}
	} while (result != 0);
	/* Nine writes, a finish, and the run that succeeds. */
	ck_assert_uint_eq(fail_at, 11);
}
END_TEST

START_TEST(nothing_is_finished_by_free)
{
	struct failing_sink plan = {0};
	struct tally tally;
	struct sink *sink = tallying(&tally, &plan);

	sink_free(sink);
	ck_assert_uint_eq(plan.calls, 0);
	ck_assert_uint_eq(plan.freed, 1);
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("tally");
	TCase *tests = tcase_create("tally");

	tcase_add_loop_test(tests, every_byte_is_counted_digested_and_passed_on,
			    0, 10);
	tcase_add_test(tests, bytes_beside_the_sink_count_too);
	tcase_add_test(tests, every_failure_below_comes_up);
	tcase_add_test(tests, nothing_is_finished_by_free);
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
