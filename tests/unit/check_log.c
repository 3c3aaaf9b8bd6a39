/* check_log - lines, levels, and text that is made harmless. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/log.h"

/* Turns stderr into a socket that keeps each write(2) apart. */
static int
watch_stderr(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
	return ends[0];
}

/* What the next write wrote, or "" if there was none. */
static const char *
next_line(int fd, char line[4096])
{
	ssize_t len = recv(fd, line, 4095, MSG_DONTWAIT);

	line[len < 0 ? 0 : len] = '\0';
	return line;
}

START_TEST(a_line_has_program_level_and_text)
{
	char line[4096];
	int fd = watch_stderr();

	log_warning("early");
	ck_assert_str_eq(next_line(fd, line), "walnut: warning: early\n");
	log_start("wal-push", LOG_VERBOSE);
	ck_assert_int_eq(log_level(), LOG_VERBOSE);
	log_warning("a %d", 1);
	ck_assert_str_eq(next_line(fd, line), "wal-push: warning: a 1\n");
	log_notice("b %s", "x");
	ck_assert_str_eq(next_line(fd, line), "wal-push: notice: b x\n");
	log_debug("c");
	ck_assert_str_eq(next_line(fd, line), "wal-push: debug: c\n");
	ck_assert_str_eq(next_line(fd, line), "");
}
END_TEST

START_TEST(an_error_comes_with_its_hint_if_it_has_one)
{
	struct err err = {0};
	char line[4096];
	int fd = watch_stderr();

	log_start("p", LOG_QUIET);
	err_set(&err, ERR_DENIED, "100%% of %s", "it");
	log_error(&err);
	ck_assert_str_eq(next_line(fd, line), "p: error: 100% of it\n");
	ck_assert_str_eq(next_line(fd, line), "");
	err_hint(&err, "do %%d that");
	log_error(&err);
	ck_assert_str_eq(next_line(fd, line), "p: error: 100% of it\n");
	ck_assert_str_eq(next_line(fd, line), "p: hint: do %d that\n");
	ck_assert_str_eq(next_line(fd, line), "");
}
END_TEST

START_TEST(the_level_decides_what_is_written)
{
	char line[4096];
	int fd = watch_stderr();

	log_start("p", LOG_QUIET);
	log_warning("w");
	log_notice("n");
	log_debug("d");
	ck_assert_str_eq(next_line(fd, line), "");
	log_start("p", LOG_NORMAL);
	log_debug("d");
	ck_assert_str_eq(next_line(fd, line), "");
	log_warning("w");
	ck_assert_str_eq(next_line(fd, line), "p: warning: w\n");
	log_notice("n");
	ck_assert_str_eq(next_line(fd, line), "p: notice: n\n");
}
END_TEST

START_TEST(foreign_text_cannot_forge_lines_or_drive_a_terminal)
{
	char line[4096];
	int fd = watch_stderr();

	log_warning("%s", "a\nwalnut: error: b\r\tc\x1b[2Jd\x7f\xc3\xa4\n\n");
	ck_assert_str_eq(next_line(fd, line),
			 "walnut: warning: a walnut: error: b  c?[2Jd?"
			 "\xc3\xa4\n");
	ck_assert_str_eq(next_line(fd, line), "");
}
END_TEST

START_TEST(a_line_too_long_is_cut_and_still_ends)
{
	static char text[8192];
	char line[4096];
	int fd = watch_stderr();
	size_t len;

	memset(text, 'x', sizeof text - 1);
	log_warning("%s", text);
	len = strlen(next_line(fd, line));
	ck_assert_uint_gt(len, ERR_MESSAGE_SIZE);
	ck_assert_int_eq(line[len - 1], '\n');
	log_start(text, LOG_NORMAL);
	log_warning("%s", text);
	len = strlen(next_line(fd, line));
	ck_assert_uint_gt(len, ERR_MESSAGE_SIZE);
	ck_assert_int_eq(line[len - 1], '\n');
	ck_assert_str_eq(next_line(fd, line), "");
}
END_TEST

START_TEST(errno_survives_a_line_that_cannot_be_written)
{
	(void)close(STDERR_FILENO);
	errno = ENOSPC;
	log_warning("nobody reads this");
	ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log");
	TCase *tests = tcase_create("log");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, a_line_has_program_level_and_text);
	tcase_add_test(tests, an_error_comes_with_its_hint_if_it_has_one);
	tcase_add_test(tests, the_level_decides_what_is_written);
	tcase_add_test(tests,
		       foreign_text_cannot_forge_lines_or_drive_a_terminal);
	tcase_add_test(tests, a_line_too_long_is_cut_and_still_ends);
	tcase_add_test(tests, errno_survives_a_line_that_cannot_be_written);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
