#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "common/store/store.h"
#include "tests/unit/scratch.h"
#include "tests/unit/store_driver.h"

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

START_TEST(a_missing_root_is_unreachable_but_for_the_first_put)
{
	static const char *const name = "wal_005/1";
	struct store_driver driver;
	struct buf buf = BUF_INIT(10);
	struct store_object object;
	int results[5];

	store_driver_open(&driver, STORE_DRIVER_FILE);
	ck_assert_int_eq(rmdir(driver.scratch), 0);
	for (int i = 0; i < 5; i++) {
		struct err err = {0};

		if (i == 0)
			results[i] =
			    store_get_bytes(driver.store, name, &buf, &err);
		else if (i == 1)
			results[i] =
			    store_stat(driver.store, name, &object, &err);
		else if (i == 2)
			results[i] =
			    store_list(driver.store, "wal_005/", "", STORE_DEEP,
				       store_driver_count, NULL, &err);
		else if (i == 3)
			results[i] = store_remove(driver.store, &name, 1, &err);
		else
			results[i] = store_sweep(driver.store, 0, true, NULL,
						 NULL, &err);
		ck_assert_msg(results[i] == -1, "verb %d", i);
		ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
		ck_assert_ptr_nonnull(strstr(err.message, driver.store->url));
		ck_assert_ptr_nonnull(strstr(
		    err.message, "the store's directory does not exist"));
		ck_assert_str_eq(err.hint, "is it mounted?");
	}
	store_driver_put(&driver, name, "x");
	store_driver_expect(&driver, name, "x");
	store_driver_close(&driver);
}
END_TEST

START_TEST(a_link_below_the_root_that_leads_nowhere_is_unreachable)
{
	static const char *const name = "wal_005/1";
	struct store_driver driver;
	struct buf buf = BUF_INIT(10);
	struct store_object object;
	int count = 0;

	store_driver_open(&driver, STORE_DRIVER_FILE);
	ck_assert_int_eq(
	    symlink("/nowhere/at/all", path_of(&driver, "wal_005")), 0);
	ck_assert_int_eq(store_get_bytes(driver.store, name, &buf, &driver.err),
			 -1);
	store_driver_expect_error(&driver, ERR_UNREACHABLE, "wal_005");
	ck_assert_int_eq(store_stat(driver.store, name, &object, &driver.err),
			 -1);
	store_driver_expect_error(&driver, ERR_UNREACHABLE, "wal_005");
	ck_assert_int_eq(store_list(driver.store, "wal_005/", "", STORE_DEEP,
				    store_driver_count, &count, &driver.err),
			 -1);
	store_driver_expect_error(&driver, ERR_UNREACHABLE, "wal_005");
	ck_assert_int_eq(store_list(driver.store, "", "", STORE_DEEP,
				    store_driver_count, &count, &driver.err),
			 -1);
	store_driver_expect_error(&driver, ERR_UNREACHABLE, "wal_005");
	ck_assert_int_eq(store_remove(driver.store, &name, 1, &driver.err), -1);
	store_driver_expect_error(&driver, ERR_UNREACHABLE, "wal_005");
	/* What does not need it works. */
	store_driver_put(&driver, "basebackups_005/b", "x");
	ck_assert_int_eq(store_list(driver.store, "basebackups_005/", "",
				    STORE_DEEP, store_driver_count, &count,
				    &driver.err),
			 0);
	ck_assert_int_eq(count, 1);
	store_driver_close(&driver);
}
END_TEST

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

START_TEST(what_is_no_object_is_neither_listed_nor_got)
{
	struct store_driver driver;
	struct store_object object;
	struct buf buf = BUF_INIT(10);
	struct last last = {0};

	store_driver_open(&driver, STORE_DRIVER_FILE);
	store_driver_put(&driver, "d/object", "x");
	ck_assert_int_eq(mkfifo(path_of(&driver, "d/pipe"), 0600), 0);
	ck_assert_int_eq(symlink("nowhere", path_of(&driver, "d/dead")), 0);
	scratch_write(path_of(&driver, "d/.hidden"), "x", 1);
	ck_assert_int_eq(mkdir(path_of(&driver, "d/empty"), 0700), 0);
	ck_assert_int_eq(mkdir(path_of(&driver, "void"), 0700), 0);
	ck_assert_int_eq(mkdir(path_of(&driver, "void/.x"), 0700), 0);
	ck_assert_int_eq(mkdir(path_of(&driver, "lost+found"), 0700), 0);
	scratch_write(path_of(&driver, "lost+found/#1"), "x", 1);
	for (int depth = STORE_DEEP; depth <= STORE_SHALLOW; depth++) {
		memset(&last, 0, sizeof last);
		ck_assert_msg(store_list(driver.store, "", "",
					 (enum store_depth)depth, keep_last,
					 &last, &driver.err) == 0,
			      "%s", driver.err.message);
		ck_assert_int_eq(last.count, 1);
		ck_assert_str_eq(last.name,
				 depth == STORE_DEEP ? "d/object" : "d/");
	}
	/* Opening the pipe must not wait for someone to write. */
	ck_assert_int_eq(
	    store_get_bytes(driver.store, "d/pipe", &buf, &driver.err), -1);
	store_driver_expect_error(&driver, ERR_ABSENT, "d/pipe");
	ck_assert_int_eq(
	    store_stat(driver.store, "d/dead", &object, &driver.err), -1);
	store_driver_expect_error(&driver, ERR_ABSENT, "d/dead");
	store_driver_close(&driver);
}
END_TEST

START_TEST(links_are_followed_and_loops_are_errors)
{
	struct store_driver driver;
	struct last last = {0};
	char *elsewhere = scratch_make();
	char path[1024];

	store_driver_open(&driver, STORE_DRIVER_FILE);
	ck_assert_int_eq(symlink(elsewhere, path_of(&driver, "wal_005")), 0);
	store_driver_put(&driver, "wal_005/1", "one");
	(void)snprintf(path, sizeof path, "%s/1", elsewhere);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(store_list(driver.store, "", "", STORE_DEEP, keep_last,
				    &last, &driver.err),
			 0);
	ck_assert_int_eq(last.count, 1);
	ck_assert_str_eq(last.name, "wal_005/1");

	(void)snprintf(path, sizeof path, "%s/back", elsewhere);
	ck_assert_int_eq(symlink(".", path), 0);
	ck_assert_int_eq(store_list(driver.store, "wal_005/", "", STORE_DEEP,
				    keep_last, &last, &driver.err),
			 -1);
	ck_assert_int_eq(driver.err.kind, ERR_UNREACHABLE);
	ck_assert_ptr_nonnull(strstr(driver.err.message, "wal_005/back"));
	ck_assert_ptr_nonnull(strstr(driver.err.message, "leads back"));
	store_driver_close(&driver);
	scratch_remove(elsewhere);
}
END_TEST

/* On another file system a link cannot lead there from the usual drafts. */
START_TEST(a_first_directory_on_another_file_system_gets_its_own_drafts)
{
	char elsewhere[] = "/dev/shm/walnut-unit.XXXXXX";
	struct store_driver driver;
	struct stat here;
	struct stat there;
	struct sink *sink;
	struct last last = {0};

	store_driver_open(&driver, STORE_DRIVER_FILE);
	if (mkdtemp(elsewhere) == NULL || stat(elsewhere, &there) != 0 ||
	    stat(driver.scratch, &here) != 0 || here.st_dev == there.st_dev) {
		(void)rmdir(elsewhere);
		store_driver_close(&driver);
		return;
	}
	ck_assert_int_eq(symlink(elsewhere, path_of(&driver, "wal_005")), 0);
	store_driver_put(&driver, "wal_005/deep/er/1", "one");
	store_driver_expect(&driver, "wal_005/deep/er/1", "one");
	ck_assert_int_eq(count_drafts(&driver), 0);
	sink = store_put(driver.store, "wal_005/2", STORE_NEW,
			 STORE_SIZE_UNKNOWN, &driver.err);
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(
	    store_sweep(driver.store, 0, true, keep_last, &last, &driver.err),
	    0);
	ck_assert_int_eq(last.count, 1);
	ck_assert_int_eq(strncmp(last.name, "wal_005/.walnut.2.", 18), 0);
	sink_free(sink);
	ck_assert_int_eq(count_drafts(&driver), 0);
	store_driver_close(&driver);
	scratch_remove(strdup(elsewhere));
}
END_TEST

/* Runs `run` in a process without special rights; its checks fail ours. */
static void
run_as_nobody(struct store_driver *driver, void (*run)(struct store_driver *))
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		scratch_drop_root();
		run(driver);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		      "the child ended with status %d", status);
}

/* ck_assert would end the wrong process's test; this ends the child. */
#define CHILD_ASSERT(claim)                                             \
	do {                                                            \
		if (!(claim)) {                                         \
			(void)fprintf(stderr, "%d: %s: %s\n", __LINE__, \
				      #claim, driver->err.message);     \
			_exit(1);                                       \
		}                                                       \
	} while (0)

static void
meet_locked_doors(struct store_driver *driver)
{
	struct buf buf = BUF_INIT(10);
	struct store_object object;
	const char *name = "open/kept";
	int count = 0;

	CHILD_ASSERT(store_get_bytes(driver->store, "open/unreadable", &buf,
				     &driver->err) == -1);
	CHILD_ASSERT(driver->err.kind == ERR_DENIED);
	CHILD_ASSERT(strstr(driver->err.message, "/open/unreadable: ") != NULL);
	CHILD_ASSERT(store_stat(driver->store, "shut/object", &object,
				&driver->err) == -1);
	CHILD_ASSERT(driver->err.kind == ERR_DENIED);
	CHILD_ASSERT(put_one(driver->store, "shut/new", &driver->err) == -1);
	CHILD_ASSERT(driver->err.kind == ERR_DENIED);
	CHILD_ASSERT(strstr(driver->err.message, driver->store->url) ==
		     driver->err.message);
	CHILD_ASSERT(strstr(driver->err.message, "shut/new") != NULL);
	CHILD_ASSERT(store_remove(driver->store, &name, 1, &driver->err) == -1);
	CHILD_ASSERT(driver->err.kind == ERR_DENIED);
	CHILD_ASSERT(strstr(driver->err.message, "/open/kept: ") != NULL);

	/* Never the short list of what could be read. */
	CHILD_ASSERT(store_list(driver->store, "", "", STORE_DEEP,
				store_driver_count, &count,
				&driver->err) == -1);
	CHILD_ASSERT(driver->err.kind == ERR_DENIED);
	CHILD_ASSERT(strstr(driver->err.message, "/shut/") != NULL);
	CHILD_ASSERT(store_list(driver->store, "", "", STORE_SHALLOW,
				store_driver_count, &count,
				&driver->err) == -1);
	CHILD_ASSERT(driver->err.kind == ERR_DENIED);
	/* And what does not lead through it can be listed. */
	count = 0;
	CHILD_ASSERT(store_list(driver->store, "open/", "", STORE_DEEP,
				store_driver_count, &count, &driver->err) == 0);
	CHILD_ASSERT(count == 2);
}

START_TEST(what_is_not_allowed_is_denied_and_never_absent)
{
	struct store_driver driver;

	store_driver_open(&driver, STORE_DRIVER_FILE);
	store_driver_put(&driver, "open/kept", "x");
	store_driver_put(&driver, "open/unreadable", "x");
	store_driver_put(&driver, "shut/object", "x");
	ck_assert_int_eq(chmod(path_of(&driver, ".drafts"), 0777), 0);
	ck_assert_int_eq(chmod(path_of(&driver, "open/unreadable"), 0), 0);
	ck_assert_int_eq(chmod(path_of(&driver, "open"), 0555), 0);
	ck_assert_int_eq(chmod(path_of(&driver, "shut"), 0), 0);
	run_as_nobody(&driver, meet_locked_doors);
	ck_assert_int_eq(chmod(path_of(&driver, "open"), 0755), 0);
	ck_assert_int_eq(chmod(path_of(&driver, "shut"), 0755), 0);
	store_driver_close(&driver);
}
END_TEST

START_TEST(empty_directories_go_but_not_the_first_ones)
{
	static const char *const names[] = {"b/base_1/tar/1", "b/base_1/tar/2",
					    "b/base_1/m", "w/1"};
	struct store_driver driver;

	store_driver_open(&driver, STORE_DRIVER_FILE);
	for (int i = 0; i < 4; i++)
		store_driver_put(&driver, names[i], "x");
	ck_assert_int_eq(store_remove(driver.store, names, 2, &driver.err), 0);
	ck_assert_int_eq(access(path_of(&driver, "b/base_1/tar"), F_OK), -1);
	ck_assert_int_eq(access(path_of(&driver, "b/base_1/m"), F_OK), 0);
	ck_assert_int_eq(store_remove(driver.store, names + 2, 2, &driver.err),
			 0);
	ck_assert_int_eq(access(path_of(&driver, "b/base_1"), F_OK), -1);
	ck_assert_int_eq(access(path_of(&driver, "b"), F_OK), 0);
	ck_assert_int_eq(access(path_of(&driver, "w"), F_OK), 0);
	store_driver_close(&driver);
}
END_TEST

/* A put that has made its directory finds it gone when it comes to link. */
static Suite *
file_store_suite(void)
{
	Suite *suite = suite_create("file_store");
	TCase *tcase = tcase_create("files");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase,
		       a_missing_root_is_unreachable_but_for_the_first_put);
	tcase_add_test(tcase,
		       a_link_below_the_root_that_leads_nowhere_is_unreachable);
	tcase_add_test(tcase, what_is_no_object_is_neither_listed_nor_got);
	tcase_add_test(tcase, links_are_followed_and_loops_are_errors);
	tcase_add_test(
	    tcase,
	    a_first_directory_on_another_file_system_gets_its_own_drafts);
	tcase_add_test(tcase, what_is_not_allowed_is_denied_and_never_absent);
	tcase_add_test(tcase, empty_directories_go_but_not_the_first_ones);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(file_store_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
