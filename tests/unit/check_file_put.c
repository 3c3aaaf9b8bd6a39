#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "common/base/stop.h"
#include "common/store/store.h"
#include "tests/unit/scratch.h"
#include "tests/unit/store_driver.h"

/* Flushes that are to fail from now on. Set in a test's own process. */
static int failing_flushes;

/* In place of the C library's. */
int
fsync(int fd)
{
	if (failing_flushes > 0) {
		failing_flushes--;
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

static char *
path_of(const struct store_driver *driver, const char *name)
{
	static char path[1024];

	(void)snprintf(path, sizeof path, "%s/%s", driver->scratch, name);
	return path;
}

/* Everything that sweep would remove. */
static int
count_drafts(struct store_driver *driver)
{
	int count = 0;

	ck_assert_msg(store_sweep(driver->store, 0, true, store_driver_count,
				  &count, &driver->err) == 0,
		      "%s", driver->err.message);
	return count;
}

static int
put_one(struct store *store, const char *name, struct err *err)
{
	return store_put_bytes(store, name, STORE_NEW, "x", 1, err);
}

struct last {
	char name[256];
	int count;
};

static int
keep_last(void *context, const struct store_object *object, struct err *err)
{
	struct last *last = context;

	(void)err;
	(void)snprintf(last->name, sizeof last->name, "%s", object->name);
	last->count++;
	return 0;
}

/* A limit for file sizes stands in for a full disk: the write fails halfway. */
START_TEST(a_full_disk_names_the_object_and_leaves_nothing)
{
	static const char bytes[4096];
	const struct rlimit limit = {10000, 10000};
	struct store_driver driver;
	struct sink *sink;
	int result = 0;
	int writes = 0;

	store_driver_open(&driver, STORE_DRIVER_FILE);
	stop_on_signals();
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	sink = store_put(driver.store, "wal_005/1", STORE_NEW,
			 STORE_SIZE_UNKNOWN, &driver.err);
	ck_assert_ptr_nonnull(sink);
	while (result == 0 && writes++ < 100)
		result = sink_write(sink, bytes, sizeof bytes, &driver.err);
	ck_assert_int_eq(result, -1);
	ck_assert_ptr_nonnull(strstr(driver.err.message, strerror(EFBIG)));
	store_driver_expect_error(&driver, ERR_SYSTEM, "wal_005/1");
	ck_assert_int_eq(sink_finish(sink, &driver.err), -1);
	ck_assert_int_eq(driver.err.kind, ERR_SYSTEM);
	sink_free(sink);
	ck_assert_uint_eq(scratch_count(path_of(&driver, ".drafts")), 0);
	ck_assert_uint_eq(scratch_count(path_of(&driver, "wal_005")), 0);
	store_driver_close(&driver);
}
END_TEST

#define RACERS 8
#define ROUNDS 20

/* One process's try; its exit code says how it ended. */
static void
race(struct store *store, const char *name, int racer, int start)
{
	struct err err = {0};
	char text[64];
	char go;

	(void)snprintf(text, sizeof text, "racer %d", racer);
	/* All are let go by the closing of the pipe. */
	(void)!read(start, &go, 1);
	if (store_put_bytes(store, name, STORE_NEW, text, strlen(text), &err) ==
	    0)
		_exit(0);
	(void)fprintf(stderr, "%s", err.kind == ERR_EXISTS ? "" : err.message);
	_exit(err.kind == ERR_EXISTS ? 1 : 2);
}

/* NFS and quotas tell at the flush that the disk is full, and the pages may be
 * gone then: a copy of them could be flushed without a word. */
START_TEST(after_a_failed_flush_nothing_is_put)
{
	struct store_driver driver;
	struct sink *sink;

	store_driver_open(&driver, STORE_DRIVER_FILE);
	sink = store_put(driver.store, "b/1", STORE_NEW, STORE_SIZE_UNKNOWN,
			 &driver.err);
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(sink_write_text(sink, "x", &driver.err), 0);
	failing_flushes = 1;
	ck_assert_int_eq(sink_finish(sink, &driver.err), -1);
	sink_free(sink);
	store_driver_expect_error(&driver, ERR_SYSTEM, "b/1");
	ck_assert_int_eq(access(path_of(&driver, "b/1"), F_OK), -1);
	ck_assert_int_eq(count_drafts(&driver), 0);
	store_driver_close(&driver);
}
END_TEST

START_TEST(of_several_processes_exactly_one_wins)
{
	struct store_driver driver;

	store_driver_open(&driver, STORE_DRIVER_FILE);
	for (int round = 0; round < ROUNDS; round++) {
		pid_t pids[RACERS];
		char name[64];
		char text[64];
		int winner = -1;
		int start[2];

		(void)snprintf(name, sizeof name, "dir%d/object", round);
		ck_assert_int_eq(pipe(start), 0);
		for (int i = 0; i < RACERS; i++) {
			pids[i] = fork();
			ck_assert_int_ge(pids[i], 0);
			if (pids[i] == 0) {
				(void)close(start[1]);
				race(driver.store, name, i, start[0]);
			}
		}
		(void)close(start[0]);
		(void)close(start[1]);
		for (int i = 0; i < RACERS; i++) {
			int status;

			ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
			ck_assert(WIFEXITED(status));
			ck_assert_int_le(WEXITSTATUS(status), 1);
			if (WEXITSTATUS(status) == 0) {
				ck_assert_int_eq(winner, -1);
				winner = i;
			}
		}
		ck_assert_int_ge(winner, 0);
		(void)snprintf(text, sizeof text, "racer %d", winner);
		store_driver_expect(&driver, name, text);
	}
	ck_assert_int_eq(count_drafts(&driver), 0);
	store_driver_close(&driver);
}
END_TEST

/* Starts a put in another process and kills that after its first bytes. */
static void
kill_during_put(struct store_driver *driver, const char *name)
{
	int ready[2];
	pid_t pid;
	char byte;
	int status;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct sink *sink = store_put(driver->store, name, STORE_NEW,
					      STORE_SIZE_UNKNOWN, &driver->err);

		if (sink == NULL ||
		    sink_write_text(sink, "half", &driver->err) != 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}

START_TEST(a_killed_put_leaves_nothing_but_a_draft_for_sweep)
{
	struct store_driver driver;
	struct store_object object;
	struct last last = {0};
	int count = 0;

	store_driver_open(&driver, STORE_DRIVER_FILE);
	store_driver_put(&driver, "wal_005/0", "x");
	kill_during_put(&driver, "wal_005/1");
	ck_assert_int_eq(
	    store_stat(driver.store, "wal_005/1", &object, &driver.err), -1);
	store_driver_expect_error(&driver, ERR_ABSENT, "wal_005/1");
	ck_assert_int_eq(store_list(driver.store, "", "", STORE_DEEP,
				    store_driver_count, &count, &driver.err),
			 0);
	ck_assert_int_eq(count, 1);

	/* Young drafts stay: their puts may still be going on. */
	ck_assert_int_eq(store_sweep(driver.store, 3600 * 1000, false,
				     keep_last, &last, &driver.err),
			 0);
	ck_assert_int_eq(last.count, 0);
	ck_assert_int_eq(count_drafts(&driver), 1);
	ck_assert_int_eq(count_drafts(&driver), 1); /* dry means dry */
	ck_assert_int_eq(
	    store_sweep(driver.store, 0, false, keep_last, &last, &driver.err),
	    0);
	ck_assert_int_eq(last.count, 1);
	ck_assert_int_eq(strncmp(last.name, ".drafts/.walnut.1.", 18), 0);
	ck_assert_uint_eq(scratch_count(path_of(&driver, ".drafts")), 0);
	store_driver_put(&driver, "wal_005/1", "x");
	store_driver_expect(&driver, "wal_005/0", "x");
	store_driver_close(&driver);
}
END_TEST

START_TEST(a_sweep_goes_by_the_age_of_the_last_byte)
{
	struct store_driver driver;
	const struct timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
	const struct timespec future[2] = {{4000000000, 0}, {4000000000, 0}};
	const struct timespec *const ages[] = {old, future};

	store_driver_open(&driver, STORE_DRIVER_FILE);
	for (int i = 0; i < 2; i++) {
		struct last last = {0};
		char path[1024];

		kill_during_put(&driver, "wal_005/1");
		ck_assert_int_eq(store_sweep(driver.store, 0, true, keep_last,
					     &last, &driver.err),
				 0);
		(void)snprintf(path, sizeof path, "%s/%s", driver.scratch,
			       last.name);
		ck_assert_int_eq(utimensat(AT_FDCWD, path, ages[i], 0), 0);
		ck_assert_int_eq(store_sweep(driver.store, 1000, false, NULL,
					     NULL, &driver.err),
				 0);
		ck_assert_int_eq(count_drafts(&driver), i);
	}
	store_driver_close(&driver);
}
END_TEST

START_TEST(a_put_survives_the_removal_of_its_directory)
{
	struct store_driver driver;
	struct sink *sink;

	store_driver_open(&driver, STORE_DRIVER_FILE);
	sink = store_put(driver.store, "b/1", STORE_NEW, STORE_SIZE_UNKNOWN,
			 &driver.err);
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(sink_write_text(sink, "x", &driver.err), 0);
	ck_assert_int_eq(rmdir(path_of(&driver, "b")), 0);
	ck_assert_msg(sink_finish(sink, &driver.err) == 0, "%s",
		      driver.err.message);
	sink_free(sink);
	store_driver_expect(&driver, "b/1", "x");
	store_driver_close(&driver);
}
END_TEST

START_TEST(a_put_that_is_abandoned_leaves_no_directory_of_its_own)
{
	struct store_driver driver;
	struct sink *sink;

	store_driver_open(&driver, STORE_DRIVER_FILE);
	sink = store_put(driver.store, "b/base_1/tar/1", STORE_NEW,
			 STORE_SIZE_UNKNOWN, &driver.err);
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(sink_write_text(sink, "x", &driver.err), 0);
	sink_free(sink);
	ck_assert_int_eq(access(path_of(&driver, "b"), F_OK), 0);
	ck_assert_int_ne(access(path_of(&driver, "b/base_1"), F_OK), 0);
	store_driver_close(&driver);
}
END_TEST

START_TEST(modes_are_for_owner_and_group)
{
	struct store_driver driver;
	struct stat st;

	store_driver_open(&driver, STORE_DRIVER_FILE);
	(void)umask(022);
	store_driver_put(&driver, "d/object", "x");
	ck_assert_int_eq(stat(path_of(&driver, "d/object"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(stat(path_of(&driver, "d"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0750);
	store_driver_close(&driver);
}
END_TEST

START_TEST(a_file_in_the_way_of_a_directory_is_not_an_existing_object)
{
	struct store_driver driver;

	store_driver_open(&driver, STORE_DRIVER_FILE);
	store_driver_put(&driver, "d", "x");
	ck_assert_int_eq(put_one(driver.store, "d/e/f", &driver.err), -1);
	ck_assert_int_eq(driver.err.kind, ERR_UNREACHABLE);
	ck_assert_ptr_nonnull(strstr(driver.err.message, "d/e/f"));
	store_driver_close(&driver);
}
END_TEST

static Suite *
file_put_suite(void)
{
	Suite *suite = suite_create("file_put");
	TCase *tcase = tcase_create("files");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_full_disk_names_the_object_and_leaves_nothing);
	tcase_add_test(tcase, after_a_failed_flush_nothing_is_put);
	tcase_add_test(tcase, of_several_processes_exactly_one_wins);
	tcase_add_test(tcase,
		       a_killed_put_leaves_nothing_but_a_draft_for_sweep);
	tcase_add_test(tcase, a_sweep_goes_by_the_age_of_the_last_byte);
	tcase_add_test(tcase, a_put_survives_the_removal_of_its_directory);
	tcase_add_test(tcase,
		       a_put_that_is_abandoned_leaves_no_directory_of_its_own);
	tcase_add_test(tcase, modes_are_for_owner_and_group);
	tcase_add_test(
	    tcase, a_file_in_the_way_of_a_directory_is_not_an_existing_object);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(file_put_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
