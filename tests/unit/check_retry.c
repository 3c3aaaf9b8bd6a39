/* check_retry - waits grow, the budget ends them, a stop ends all. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/retry.h"
#include "common/base/stop.h"

/* More than a busy machine takes for nothing. */
#define AT_ONCE_MS 80

START_TEST(without_a_budget_there_is_one_attempt)
{
	struct retry retry;
	struct err err = {0};
	uint64_t start = clock_elapsed_ms();

	log_start("t", LOG_QUIET);
	retry_start(&retry, 0);
	err_set(&err, ERR_UNREACHABLE, "first");
	err_hint(&err, "hint");
	ck_assert_int_eq(retry_again(&retry, 0, &err), -1);
	ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
	ck_assert_str_eq(err.message, "first");
	ck_assert_str_eq(err.hint, "hint");
	ck_assert_uint_lt(clock_elapsed_ms() - start, AT_ONCE_MS);
}
END_TEST

/* 0.1, 0.2, 0.4 s or down to half of each: 600 ms are used up after the third
 * to fifth wait, and all of them are used. */
START_TEST(waits_double_until_the_whole_budget_is_used)
{
	struct retry retry;
	struct err err = {0};
	uint64_t start = clock_elapsed_ms();
	uint64_t last = start;
	uint64_t floor = 50;

	log_start("t", LOG_QUIET);
	retry_start(&retry, 600);
	err_set(&err, ERR_UNREACHABLE, "first");
	while (retry_again(&retry, 0, &err) == 0) {
		uint64_t now = clock_elapsed_ms();

		/* All but the last, which the budget may cut. */
		if (now < retry.deadline_ms)
			ck_assert_uint_ge(now - last, floor);
		ck_assert_str_eq(err.message, "first");
		last = now;
		floor *= 2;
	}
	ck_assert_uint_ge(retry.attempt, 3);
	ck_assert_uint_le(retry.attempt, 5);
	ck_assert_uint_ge(clock_elapsed_ms() - start, 600);
	ck_assert_uint_lt(clock_elapsed_ms() - start, 1500);
	ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
	ck_assert_str_eq(err.message, "first");
}
END_TEST

START_TEST(a_wait_is_at_least_what_the_server_asks)
{
	struct retry retry;
	struct err err = {0};
	uint64_t start = clock_elapsed_ms();

	log_start("t", LOG_QUIET);
	retry_start(&retry, 60000);
	err_set(&err, ERR_UNREACHABLE, "first");
	ck_assert_int_eq(retry_again(&retry, 230, &err), 0);
	ck_assert_uint_ge(clock_elapsed_ms() - start, 230);
	ck_assert_uint_lt(clock_elapsed_ms() - start, 2000);
}
END_TEST

START_TEST(a_server_that_asks_for_more_than_the_budget_ends_it)
{
	struct retry retry;
	struct err err = {0};
	uint64_t start = clock_elapsed_ms();

	log_start("t", LOG_QUIET);
	retry_start(&retry, 5000);
	err_set(&err, ERR_UNREACHABLE, "first");
	ck_assert_int_eq(retry_again(&retry, 5001, &err), -1);
	ck_assert_int_eq(retry_again(&retry, UINT64_MAX, &err), -1);
	ck_assert_str_eq(err.message, "first");
	ck_assert_uint_lt(clock_elapsed_ms() - start, AT_ONCE_MS);
}
END_TEST

START_TEST(a_budget_without_end_does_not_overflow)
{
	struct retry retry;
	struct err err = {0};

	log_start("t", LOG_QUIET);
	retry_start(&retry, UINT64_MAX);
	ck_assert_uint_eq(retry.deadline_ms, UINT64_MAX);
	err_set(&err, ERR_UNREACHABLE, "first");
	ck_assert_int_eq(retry_again(&retry, 0, &err), 0);
}
END_TEST

START_TEST(a_stop_ends_the_wait_and_is_the_error)
{
	struct retry retry;
	struct err err = {0};
	uint64_t start = clock_elapsed_ms();
	pid_t child;

	log_start("t", LOG_QUIET);
	stop_on_signals();
	retry_start(&retry, 60000);
	err_set(&err, ERR_UNREACHABLE, "first");
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)usleep(60000);
		(void)kill(getppid(), SIGINT);
		_exit(0);
	}
	ck_assert_int_eq(retry_again(&retry, 50000, &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOPPED);
	ck_assert_ptr_nonnull(strstr(err.message, "SIGINT"));
	ck_assert_uint_lt(clock_elapsed_ms() - start, 5000);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

START_TEST(a_failure_because_of_a_stop_is_not_tried_again)
{
	struct retry retry;
	struct err err = {0};

	log_start("t", LOG_QUIET);
	retry_start(&retry, 60000);
	err_set(&err, ERR_STOPPED, "stopped");
	ck_assert_int_eq(retry_again(&retry, 0, &err), -1);
	ck_assert_str_eq(err.message, "stopped");
	ck_assert_uint_eq(retry.attempt, 0);
}
END_TEST

START_TEST(each_wait_is_announced_with_the_reason)
{
	struct retry retry;
	struct err err = {0};
	char line[2048] = "";
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
	log_start("t", LOG_NORMAL);
	retry_start(&retry, 60000);
	err_set(&err, ERR_UNREACHABLE, "s3: HTTP 503");
	ck_assert_int_eq(retry_again(&retry, 200, &err), 0);
	ck_assert_int_gt(recv(ends[0], line, sizeof line - 1, MSG_DONTWAIT), 0);
	ck_assert_str_eq(line, "t: warning: s3: HTTP 503; next attempt in "
			       "200 ms\n");
	/* Half of the first wait is more than this budget. */
	retry_start(&retry, 30);
	ck_assert_int_eq(retry_again(&retry, 0, &err), 0);
	memset(line, 0, sizeof line);
	ck_assert_int_gt(recv(ends[0], line, sizeof line - 1, MSG_DONTWAIT), 0);
	ck_assert_int_le(atoi(strstr(line, "attempt in ") + 11), 30);
	/* Giving up is for the caller to say. */
	retry_start(&retry, 0);
	ck_assert_int_eq(retry_again(&retry, 0, &err), -1);
	ck_assert_int_lt(recv(ends[0], line, sizeof line - 1, MSG_DONTWAIT), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("retry");
	TCase *tests = tcase_create("retry");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, without_a_budget_there_is_one_attempt);
	tcase_add_test(tests, waits_double_until_the_whole_budget_is_used);
	tcase_add_test(tests, a_wait_is_at_least_what_the_server_asks);
	tcase_add_test(tests,
		       a_server_that_asks_for_more_than_the_budget_ends_it);
	tcase_add_test(tests, a_budget_without_end_does_not_overflow);
	tcase_add_test(tests, a_stop_ends_the_wait_and_is_the_error);
	tcase_add_test(tests, a_failure_because_of_a_stop_is_not_tried_again);
	tcase_add_test(tests, each_wait_is_announced_with_the_reason);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
