/* check_file - whole transfers, directories, and errors that name the file. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/path.h"
#include "common/base/stop.h"
#include "tests/unit/scratch.h"

/* Several times what a pipe holds. */
#define LONG_SIZE (1 << 20)

static char
byte_at(size_t i)
{
	return (char)(i % 251);
}

static char *
join(const char *directory, const char *name)
{
	struct err err = {0};
	char *path = path_join(directory, name, &err);

	ck_assert_ptr_nonnull(path);
	return path;
}

static void
note_nothing(int signum)
{
	(void)signum;
}

/* A signal every millisecond, which cuts system calls short. */
static void
interrupt_all_the_time(void)
{
	struct itimerval often = {{0, 1000}, {0, 1000}};
	struct sigaction action = {.sa_handler = note_nothing};

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
}

/* Reads slowly; exits 0 if all bytes came in order. */
static void
read_slowly(int fd)
{
	char piece[8192];
	size_t total = 0;
	ssize_t len;

	while ((len = read(fd, piece, sizeof piece)) > 0) {
		ssize_t i;

		for (i = 0; i < len; i++)
			if (piece[i] != byte_at(total + (size_t)i))
				_exit(1);
		total += (size_t)len;
		(void)usleep(500);
	}
	_exit(total == LONG_SIZE ? 0 : 2);
}

START_TEST(a_write_goes_on_after_interruptions_and_short_writes)
{
	static char data[LONG_SIZE];
	struct err err = {0};
	int ends[2];
	int status;
	pid_t child;
	size_t i;

	for (i = 0; i < sizeof data; i++)
		data[i] = byte_at(i);
	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)close(ends[1]);
		read_slowly(ends[0]);
	}
	ck_assert_int_eq(close(ends[0]), 0);
	interrupt_all_the_time();
	ck_assert_int_eq(file_write(ends[1], data, sizeof data, "p", &err), 0);
	ck_assert_int_eq(close(ends[1]), 0);
	while (waitpid(child, &status, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_read_goes_on_after_interruptions_and_short_reads)
{
	char data[3001];
	struct err err = {0};
	int ends[2];
	pid_t child;
	size_t i;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		for (i = 0; i < 3000; i++) {
			char byte = byte_at(i);

			if (write(ends[1], &byte, 1) != 1)
				_exit(1);
			if (i % 100 == 0)
				(void)usleep(2000);
		}
		_exit(0);
	}
	ck_assert_int_eq(close(ends[1]), 0);
	interrupt_all_the_time();
	ck_assert_int_eq(file_read(ends[0], data, 2000, "p", &err), 2000);
	ck_assert_int_eq(file_read(ends[0], data + 2000, 1001, "p", &err),
			 1000);
	ck_assert_int_eq(file_read(ends[0], data + 3000, 1, "p", &err), 0);
	for (i = 0; i < 3000; i++)
		ck_assert_int_eq(data[i], byte_at(i));
	while (waitpid(child, NULL, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
}
END_TEST

START_TEST(a_full_disk_is_named)
{
	struct err err = {0};
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(file_write(fd, "x", 1, "the/file", &err), -1);
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	ck_assert_str_eq(err.message,
			 "the/file: cannot write: No space left on device");
	ck_assert_int_eq(file_write(fd, NULL, 0, "the/file", &err), 0);
}
END_TEST

START_TEST(a_reader_that_went_away_is_an_error)
{
	struct err err = {0};
	int ends[2];

	stop_on_signals();
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(close(ends[0]), 0);
	ck_assert_int_eq(file_write(ends[1], "x", 1, "pipe", &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "pipe: "));
	ck_assert_ptr_nonnull(strstr(err.message, "Broken pipe"));
}
END_TEST

START_TEST(a_read_that_fails_names_the_file)
{
	struct err err = {0};
	char byte;
	int fd = open("/", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(file_read(fd, &byte, 1, "the/file", &err), -1);
	ck_assert_str_eq(err.message, "the/file: cannot read: Is a directory");
	err.message[0] = '\0';
	ck_assert_int_eq(file_read_at(fd, &byte, 1, 0, "the/file", &err), -1);
	ck_assert_str_eq(err.message, "the/file: cannot read: Is a directory");
	err.message[0] = '\0';
	ck_assert_int_eq(file_sync(-1, "the/file", &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "the/file: cannot flush"));
}
END_TEST

START_TEST(a_read_at_an_offset_leaves_the_position)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};
	char data[8];
	int fd;

	scratch_write(path, "0123456789", 10);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(file_read(fd, data, 2, path, &err), 2);
	ck_assert_int_eq(file_read_at(fd, data, 4, 5, path, &err), 4);
	ck_assert_mem_eq(data, "5678", 4);
	ck_assert_int_eq(file_read_at(fd, data, 4, 8, path, &err), 2);
	ck_assert_mem_eq(data, "89", 2);
	ck_assert_int_eq(file_read_at(fd, data, 4, 10, path, &err), 0);
	ck_assert_int_eq(
	    file_read_at(fd, data, 4, UINT64_C(1) << 40, path, &err), 0);
	ck_assert_int_eq(file_read(fd, data, 1, path, &err), 1);
	ck_assert_int_eq(data[0], '2');
	(void)close(fd);
	free(path);
	scratch_remove(dir);
}
END_TEST

static const size_t load_sizes[] = {0,     1,     4095,  16383, 16384,
				    16385, 32768, 32769, 99999};

START_TEST(a_file_is_loaded_up_to_the_limit_and_no_further)
{
	size_t size = load_sizes[_i];
	struct buf roomy = BUF_INIT(3 + size);
	struct buf tight = BUF_INIT(2 + size);
	char *dir = scratch_make();
	char *path = join(dir, "f");
	char *data = malloc(size + 1);
	struct err err = {0};
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = byte_at(i);
	scratch_write(path, data, size);
	ck_assert_int_eq(buf_append(&roomy, "abc", 3, &err), 0);
	ck_assert_int_eq(file_load(path, &roomy, &err), 0);
	ck_assert_uint_eq(roomy.len, 3 + size);
	ck_assert_mem_eq(roomy.data, "abc", 3);
	ck_assert_mem_eq(roomy.data + 3, data, size);

	ck_assert_int_eq(buf_append(&tight, "ab", 2, &err), 0);
	ck_assert_int_eq(file_load(path, &tight, &err), 0);
	buf_clear(&tight);
	tight.limit = size == 0 ? 2 : size + 1;
	ck_assert_int_eq(buf_append(&tight, "ab", 2, &err), 0);
	if (size > 0) {
		ck_assert_int_eq(file_load(path, &tight, &err), -1);
		ck_assert_int_eq(err.kind, ERR_SYSTEM);
		ck_assert_ptr_nonnull(strstr(err.message, path));
		ck_assert_ptr_nonnull(strstr(err.message, "limit"));
	}
	ck_assert_str_eq(buf_text(&tight), "ab");
	ck_assert_uint_eq(tight.len, 2);
	buf_free(&tight);
	buf_free(&roomy);
	free(data);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(what_cannot_be_loaded_says_why)
{
	struct buf buf = BUF_INIT(100);
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};

	ck_assert_int_eq(file_load(path, &buf, &err), -1);
	ck_assert_int_eq(err.kind, ERR_ABSENT);
	ck_assert_ptr_nonnull(strstr(err.message, path));
	ck_assert_int_eq(file_load(dir, &buf, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "Is a directory"));
	scratch_write(path, "x", 1);
	ck_assert_int_eq(chmod(path, 0), 0);
	if (fork() == 0) {
		scratch_drop_root();
		ck_assert_int_eq(file_load(path, &buf, &err), -1);
		_exit(err.kind == ERR_DENIED ? 0 : 1);
	} else {
		int status;

		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	buf_free(&buf);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(directories_are_made_all_the_way_down)
{
	static const char *const names[] = {"a", "b/c/d/e", "b/c/x/", "y//z",
					    "b/c/d/e"};
	char *dir = scratch_make();
	struct err err = {0};
	struct stat st;
	size_t i;

	ck_assert_int_eq(chdir(dir), 0);
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		char *path = join(dir, names[i]);

		/* Relative to the working directory and absolute. */
		ck_assert_msg(file_make_directories(i % 2 ? path : names[i],
						    0750, &err) == 0,
			      "%s", err.message);
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert(S_ISDIR(st.st_mode));
		ck_assert_uint_eq(st.st_mode & 07777, 0750);
		free(path);
	}
	ck_assert_int_eq(file_make_directories("/", 0750, &err), 0);
	ck_assert_int_eq(file_make_directories(".", 0750, &err), 0);
	ck_assert_int_eq(file_make_directories("", 0750, &err), -1);
	ck_assert_int_eq(chdir("/"), 0);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_file_in_the_way_of_a_directory_is_named)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	char *below = join(path, "g");
	struct err err = {0};

	scratch_write(path, "x", 1);
	ck_assert_int_eq(file_make_directories(path, 0700, &err), -1);
	ck_assert_int_eq(err.kind, ERR_EXISTS);
	ck_assert_ptr_nonnull(strstr(err.message, path));
	ck_assert_int_eq(file_make_directories(below, 0700, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, path));
	ck_assert_ptr_nonnull(strstr(err.message, "Not a directory"));
	free(below);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_directory_where_none_may_be_made_is_denied)
{
	char *dir = scratch_make();
	char *path = join(dir, "a/b");
	struct err err = {0};
	int status;

	ck_assert_int_eq(chmod(dir, 0555), 0);
	if (fork() == 0) {
		scratch_drop_root();
		ck_assert_int_eq(file_make_directories(path, 0700, &err), -1);
		_exit(err.kind == ERR_DENIED && strstr(err.message, dir) != NULL
			  ? 0
			  : 1);
	}
	ck_assert_int_gt(wait(&status), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(chmod(dir, 0777), 0);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(only_a_directory_can_be_flushed_as_one)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};

	ck_assert_int_eq(file_sync_directory(dir, &err), 0);
	ck_assert_int_eq(file_sync_directory(path, &err), -1);
	ck_assert_int_eq(err.kind, ERR_ABSENT);
	ck_assert_ptr_nonnull(strstr(err.message, path));
	scratch_write(path, "x", 1);
	ck_assert_int_eq(file_sync_directory(path, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "Not a directory"));
	free(path);
	scratch_remove(dir);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("file");
	TCase *tests = tcase_create("file");
	SRunner *runner;
	int failed;

	tcase_add_test(tests,
		       a_write_goes_on_after_interruptions_and_short_writes);
	tcase_add_test(tests,
		       a_read_goes_on_after_interruptions_and_short_reads);
	tcase_add_test(tests, a_full_disk_is_named);
	tcase_add_test(tests, a_reader_that_went_away_is_an_error);
	tcase_add_test(tests, a_read_that_fails_names_the_file);
	tcase_add_test(tests, a_read_at_an_offset_leaves_the_position);
	tcase_add_loop_test(tests,
			    a_file_is_loaded_up_to_the_limit_and_no_further, 0,
			    (int)(sizeof load_sizes / sizeof load_sizes[0]));
	tcase_add_test(tests, what_cannot_be_loaded_says_why);
	tcase_add_test(tests, directories_are_made_all_the_way_down);
	tcase_add_test(tests, a_file_in_the_way_of_a_directory_is_named);
	tcase_add_test(tests, a_directory_where_none_may_be_made_is_denied);
	tcase_add_test(tests, only_a_directory_can_be_flushed_as_one);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
