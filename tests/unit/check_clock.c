/* check_clock - times written, read and waited for. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/stop.h"

/* 2026-08-20T10:00:00Z. */
#define TEN_O_CLOCK 1787220000

static const struct {
	const char *text;
	time_t seconds;
	long nanoseconds;
} times[] = {
    {"2026-08-20T10:00:00Z", TEN_O_CLOCK, 0},
    {"2026-08-20t10:00:00z", TEN_O_CLOCK, 0},
    {"2026-08-20 10:00:00Z", TEN_O_CLOCK, 0},
    {"2026-08-20 10:00Z", TEN_O_CLOCK, 0},
    {"2026-08-20T10:00:00.5Z", TEN_O_CLOCK, 500000000},
    {"2026-08-20T10:00:00.123456Z", TEN_O_CLOCK, 123456000},
    {"2026-08-20T10:00:00.123456789Z", TEN_O_CLOCK, 123456789},
    {"2026-08-20T10:00:00.1234567899999Z", TEN_O_CLOCK, 123456789},
    {"2026-08-20T10:00:00+00:00", TEN_O_CLOCK, 0},
    {"2026-08-20T12:00:00+02:00", TEN_O_CLOCK, 0},
    {"2026-08-20 12:00:00+02", TEN_O_CLOCK, 0},
    {"2026-08-20 12:00:00.25+0200", TEN_O_CLOCK, 250000000},
    {"2026-08-20 12:00:00 +02", TEN_O_CLOCK, 0},
    {"2026-08-20 12:00+02", TEN_O_CLOCK, 0},
    {"2026-08-20 04:30:00-0530", TEN_O_CLOCK, 0},
    {"2026-08-21 00:00:00+14:00", TEN_O_CLOCK, 0},
    {"2026-08-20T09:59:60Z", TEN_O_CLOCK, 0},
    {"2026-08-20T10:00:00-00:00", TEN_O_CLOCK, 0},
    {"1970-01-01T00:00:00Z", 0, 0},
    {"1969-12-31T23:59:59Z", -1, 0},
    {"2000-02-29T00:00:00Z", 951782400, 0},
    {"2024-02-29T23:59:59.999999999Z", 1709251199, 999999999},
    {"9999-12-31T23:59:59Z", 253402300799, 0},
};

START_TEST(a_time_with_an_offset_means_the_same_everywhere)
{
	struct err err = {0};
	struct timespec when;

	setenv("TZ", "XXX-3:17", 1);
	tzset();
	ck_assert_msg(clock_parse(times[_i].text, &when, &err) == 0, "%s",
		      err.message);
	ck_assert_int_eq(when.tv_sec, times[_i].seconds);
	ck_assert_int_eq(when.tv_nsec, times[_i].nanoseconds);
}
END_TEST

static const struct {
	const char *text;
	time_t seconds;
} local_times[] = {
    {"2026-08-20 06:00:00", TEN_O_CLOCK},
    {"2026-08-20T06:00", TEN_O_CLOCK},
    {"2026-01-20 05:00:00.0", 1768903200},
    {"1969-12-31 18:59:59", -1},
};

START_TEST(a_time_without_an_offset_is_local_with_its_summer_time)
{
	struct err err = {0};
	struct timespec when;

	setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
	tzset();
	ck_assert_int_eq(clock_parse(local_times[_i].text, &when, &err), 0);
	ck_assert_int_eq(when.tv_sec, local_times[_i].seconds);
}
END_TEST

static const char *const refused[] = {
    "",
    " ",
    "now",
    "LATEST",
    "1787220000",
    "2026",
    "2026-08",
    "2026-08-20",
    "2026-08-20T",
    "2026-08-20T10",
    "2026-08-20T10Z",
    "2026-08-20T10:",
    "2026-08-20T10:0",
    "2026-08-20T10:00:",
    "2026-08-20T10:00:0",
    "2026-08-20T10:00:00.",
    "2026-08-20T10:00:00.Z",
    "2026-08-20T10:00:00,5Z",
    "2026-08-20T10:00:00 ",
    "2026-08-20T10:00:00Z ",
    "2026-08-20T10:00:00ZZ",
    "2026-08-20T10:00:00+",
    "2026-08-20T10:00:00+2",
    "2026-08-20T10:00:00+02:",
    "2026-08-20T10:00:00+02:0",
    "2026-08-20T10:00:00+020",
    "2026-08-20T10:00:00+02:60",
    "2026-08-20T10:00:00+24:00",
    "2026-08-20T10:00:00+02:00:00",
    "2026-08-20T10:00:00 UTC",
    "2026-08-20 10:00:00 CEST",
    "2026-08-20 10:00:00 Europe/Berlin",
    "2026-08-20T10:00:00+02 CEST",
    " 2026-08-20T10:00:00Z",
    "+026-08-20T10:00:00Z",
    "2026-8-20T10:00:00Z",
    "26-08-20T10:00:00Z",
    "2026-00-20T10:00:00Z",
    "2026-13-20T10:00:00Z",
    "2026-08-00T10:00:00Z",
    "2026-08-32T10:00:00Z",
    "2026-04-31T10:00:00Z",
    "2026-02-29T10:00:00Z",
    "2100-02-29T10:00:00Z",
    "2026-08-20T24:00:00Z",
    "2026-08-20T10:60:00Z",
    "2026-08-20T10:00:61Z",
    "2026-08-20_10:00:00Z",
    "2026/08/20 10:00:00Z",
    "20260820T100000Z",
};

START_TEST(anything_else_is_refused_by_name)
{
	struct err err = {0};
	struct timespec when;

	ck_assert_int_eq(clock_parse(refused[_i], &when, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.message, refused[_i]));
	ck_assert_ptr_nonnull(strstr(err.hint, "2026-08-20T10:00:00Z"));
}
END_TEST

START_TEST(a_time_is_written_in_utc_with_all_its_digits)
{
	struct timespec when = {TEN_O_CLOCK, 1234999};
	char text[CLOCK_TEXT_SIZE];

	setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
	tzset();
	clock_format(when, text);
	ck_assert_str_eq(text, "2026-08-20T10:00:00.001234Z");
	clock_format_ns(when, text);
	ck_assert_str_eq(text, "2026-08-20T10:00:00.001234999Z");
	when.tv_sec = -1;
	when.tv_nsec = 0;
	clock_format(when, text);
	ck_assert_str_eq(text, "1969-12-31T23:59:59.000000Z");
}
END_TEST

START_TEST(what_is_written_can_be_read)
{
	struct timespec now = clock_now();
	struct timespec when;
	struct err err = {0};
	char text[CLOCK_TEXT_SIZE];

	clock_format_ns(now, text);
	ck_assert_int_eq(clock_parse(text, &when, &err), 0);
	ck_assert_int_eq(clock_compare(now, when), 0);
}
END_TEST

START_TEST(times_compare_by_seconds_then_nanoseconds)
{
	struct timespec a = {5, 900};
	struct timespec b = {6, 100};
	struct timespec c = {6, 101};

	ck_assert_int_lt(clock_compare(a, b), 0);
	ck_assert_int_gt(clock_compare(b, a), 0);
	ck_assert_int_lt(clock_compare(b, c), 0);
	ck_assert_int_gt(clock_compare(c, b), 0);
	ck_assert_int_eq(clock_compare(c, c), 0);
}
END_TEST

START_TEST(a_wait_lasts_as_long_as_asked)
{
	uint64_t start = clock_elapsed_ms();
	struct err err = {0};

	ck_assert_int_eq(clock_sleep_ms(0, &err), 0);
	ck_assert_int_eq(clock_sleep_ms(120, &err), 0);
	ck_assert_uint_ge(clock_elapsed_ms() - start, 120);
	ck_assert_uint_lt(clock_elapsed_ms() - start, 2000);
}
END_TEST

START_TEST(a_signal_ends_a_wait)
{
	uint64_t start = clock_elapsed_ms();
	struct err err = {0};
	pid_t child;

	stop_on_signals();
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)usleep(60000);
		(void)kill(getppid(), SIGTERM);
		_exit(0);
	}
	ck_assert_int_eq(clock_sleep_ms(UINT64_MAX, &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOPPED);
	ck_assert_ptr_nonnull(strstr(err.message, "SIGTERM"));
	ck_assert_uint_ge(clock_elapsed_ms() - start, 50);
	ck_assert_uint_lt(clock_elapsed_ms() - start, 2000);
	/* From now on no wait begins, not even an empty one. */
	ck_assert_int_eq(clock_sleep_ms(0, &err), -1);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("clock");
	TCase *tests = tcase_create("clock");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests,
			    a_time_with_an_offset_means_the_same_everywhere, 0,
			    (int)(sizeof times / sizeof times[0]));
	tcase_add_loop_test(
	    tests, a_time_without_an_offset_is_local_with_its_summer_time, 0,
	    (int)(sizeof local_times / sizeof local_times[0]));
	tcase_add_loop_test(tests, anything_else_is_refused_by_name, 0,
			    (int)(sizeof refused / sizeof refused[0]));
	tcase_add_test(tests, a_time_is_written_in_utc_with_all_its_digits);
	tcase_add_test(tests, what_is_written_can_be_read);
	tcase_add_test(tests, times_compare_by_seconds_then_nanoseconds);
	tcase_add_test(tests, a_wait_lasts_as_long_as_asked);
	tcase_add_test(tests, a_signal_ends_a_wait);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
