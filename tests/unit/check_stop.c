/* check_stop - signals become a flag and errno values. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/stop.h"

static const struct {
	int signum;
	const char *name;
} signals[] = {
    {SIGINT, "SIGINT"},
    {SIGTERM, "SIGTERM"},
    {SIGHUP, "SIGHUP"},
};

START_TEST(a_signal_becomes_an_error_that_names_it)
{
	struct err err = {0};

	(void)signal(SIGHUP, SIG_DFL);
	stop_on_signals();
	ck_assert_int_eq(stop_signal(), 0);
	ck_assert_int_eq(stop_check(&err), 0);
	ck_assert_int_eq(raise(signals[_i].signum), 0);
	ck_assert_int_eq(stop_signal(), signals[_i].signum);
	ck_assert_int_eq(stop_check(&err), -1);
	ck_assert_int_eq(err.kind, ERR_STOPPED);
	ck_assert_ptr_nonnull(strstr(err.message, signals[_i].name));
}
END_TEST

START_TEST(the_first_signal_is_the_one_remembered)
{
	stop_on_signals();
	ck_assert_int_eq(raise(SIGTERM), 0);
	ck_assert_int_eq(raise(SIGINT), 0);
	ck_assert_int_eq(stop_signal(), SIGTERM);
}
END_TEST

START_TEST(a_hangup_that_was_ignored_stays_ignored)
{
	(void)signal(SIGHUP, SIG_IGN);
	stop_on_signals();
	ck_assert_int_eq(raise(SIGHUP), 0);
	ck_assert_int_eq(stop_signal(), 0);
}
END_TEST

START_TEST(a_broken_pipe_is_an_errno)
{
	int ends[2];

	stop_on_signals();
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(close(ends[0]), 0);
	ck_assert_int_eq(write(ends[1], "x", 1), -1);
	ck_assert_int_eq(errno, EPIPE);
	ck_assert_int_eq(stop_signal(), 0);
}
END_TEST

START_TEST(a_file_size_limit_is_an_errno)
{
	FILE *file = tmpfile();
	struct rlimit before;
	struct rlimit limit;
	ssize_t written;
	int reason;

	ck_assert_ptr_nonnull(file);
	stop_on_signals();
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 0;
	/* Between these two not even the test's own report can be written. */
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	written = write(fileno(file), "x", 1);
	reason = errno;
	(void)setrlimit(RLIMIT_FSIZE, &before);
	ck_assert_int_eq(written, -1);
	ck_assert_int_eq(reason, EFBIG);
	ck_assert_int_eq(fclose(file), 0);
}
END_TEST

START_TEST(a_blocking_call_is_ended_not_restarted)
{
	char byte;
	int ends[2];
	pid_t child;

	stop_on_signals();
	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)usleep(50000);
		(void)kill(getppid(), SIGTERM);
		_exit(0);
	}
	ck_assert_int_eq(read(ends[0], &byte, 1), -1);
	ck_assert_int_eq(errno, EINTR);
	ck_assert_int_eq(stop_signal(), SIGTERM);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stop");
	TCase *tests = tcase_create("stop");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests, a_signal_becomes_an_error_that_names_it, 0,
			    (int)(sizeof signals / sizeof signals[0]));
	tcase_add_test(tests, the_first_signal_is_the_one_remembered);
	tcase_add_test(tests, a_hangup_that_was_ignored_stays_ignored);
	tcase_add_test(tests, a_broken_pipe_is_an_errno);
	tcase_add_test(tests, a_file_size_limit_is_an_errno);
	tcase_add_test(tests, a_blocking_call_is_ended_not_restarted);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
