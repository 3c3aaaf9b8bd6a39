#include "common/pg/data_directory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/path.h"
#include "tests/unit/scratch.h"

static char *scratch; /* the working directory of each test */
static struct err err;

static void
set_up(void)
{
	scratch = scratch_make();
	ck_assert_int_eq(chdir(scratch), 0);
}

static void
tear_down(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	scratch_remove(scratch);
}

static void
make(const char *name)
{
	ck_assert_int_eq(mkdir(name, 0700), 0);
}

/* A data directory `name`, "." for the working directory. */
static void
make_cluster(const char *name)
{
	char *path;

	if (strcmp(name, ".") != 0)
		make(name);
	path = path_join(name, "global", &err);
	make(path);
	free(path);
	path = path_join(name, "pg_wal", &err);
	make(path);
	free(path);
	path = path_join(name, "global/pg_control", &err);
	scratch_write(path, "x", 1);
	free(path);
}

static void
expect(const char *path, const char *directory)
{
	char *found = data_directory_find(path, &err);

	ck_assert_msg(found != NULL, "%s", err.message);
	ck_assert_str_eq(found, directory);
	free(found);
}

START_TEST(the_grandparent_of_the_file_is_the_data_directory)
{
	char *path =
	    path_join(scratch, "a/pg_wal/000000010000000000000001", &err);
	char *directory = path_join(scratch, "a", &err);

	make_cluster("a");
	expect("a/pg_wal/000000010000000000000001", "a");
	expect("./a/pg_wal/000000010000000000000001", "./a");
	expect("a//pg_wal//x", "a");
	/* the file need not exist, nor a link lead back */
	expect(path, directory);
	free(directory);
	free(path);
}
END_TEST

START_TEST(what_the_server_runs_is_found_in_its_working_directory)
{
	make_cluster(".");
	expect("pg_wal/000000010000000000000001", ".");
	/* restore_command's %p, and a file that lies elsewhere */
	expect("pg_wal/RECOVERYXLOG", ".");
	expect("/nowhere/at/all/000000010000000000000001", ".");
	expect("000000010000000000000001", ".");
	expect("/x", ".");
}
END_TEST

START_TEST(in_pg_wal_itself_the_data_directory_is_above)
{
	make_cluster("a");
	ck_assert_int_eq(chdir("a/pg_wal"), 0);
	expect("000000010000000000000001", "..");
	expect("./000000010000000000000001", "..");
}
END_TEST

START_TEST(a_linked_pg_wal_belongs_to_where_its_path_says)
{
	make_cluster("a");
	make("elsewhere");
	make("elsewhere/wal");
	ck_assert_int_eq(rmdir("a/pg_wal"), 0);
	ck_assert_int_eq(symlink("../elsewhere/wal", "a/pg_wal"), 0);
	expect("a/pg_wal/000000010000000000000001", "a");
}
END_TEST

START_TEST(the_files_own_directory_comes_before_the_working_directory)
{
	make_cluster(".");
	make_cluster("a");
	expect("a/pg_wal/x", "a");
	expect("a/b/c/pg_wal/x", ".");
}
END_TEST

START_TEST(outside_of_any_cluster_there_is_none)
{
	make("a");
	make("a/pg_wal");
	make("a/global");
	ck_assert_ptr_null(data_directory_find("a/pg_wal/x", &err));
	ck_assert_int_eq((int)err.kind, ERR_ABSENT);
	ck_assert_ptr_nonnull(strstr(err.message, "a/pg_wal/x"));
	ck_assert_ptr_null(data_directory_find("x", &err));
	ck_assert_ptr_null(data_directory_find("", &err));
}
END_TEST

START_TEST(a_directory_that_cannot_be_looked_into_is_not_passed_over)
{
	make_cluster("a");
	make_cluster(".");
	ck_assert_int_eq(chmod("a/global", 0), 0);
	scratch_drop_root();
	ck_assert_ptr_null(data_directory_find("a/pg_wal/x", &err));
	ck_assert_int_eq((int)err.kind, ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(err.message, "a/global/pg_control"));
}
END_TEST

START_TEST(a_working_directory_that_may_not_be_searched_is_nobodys)
{
	make_cluster("a");
	make("b");
	ck_assert_int_eq(chdir("b"), 0);
	ck_assert_int_eq(chmod(".", 0), 0);
	ck_assert_int_eq(chmod(scratch, 0755), 0);
	scratch_drop_root();
	ck_assert_ptr_null(data_directory_find("/nowhere/at/all", &err));
	ck_assert_int_eq((int)err.kind, ERR_ABSENT);
}
END_TEST

START_TEST(the_state_lies_in_pg_wal)
{
	char *state = data_directory_state("/data", &err);

	ck_assert_str_eq(state, "/data/pg_wal/.walnut");
	free(state);
	state = data_directory_state(".", &err);
	ck_assert_str_eq(state, "./pg_wal/.walnut");
	free(state);
}
END_TEST

/* A fixture that runs outside the test's process: it can still remove what a
 * test that gave up its rights cannot. */
static TCase *
without_rights(Suite *suite)
{
	TCase *tcase = tcase_create("without rights");

	tcase_add_unchecked_fixture(tcase, set_up, tear_down);
	suite_add_tcase(suite, tcase);
	return tcase;
}

/* Only root can be somebody else here. */
START_TEST(root_is_refused_in_anothers_directory)
{
	char *directory = scratch_make();

	ck_assert_int_eq(data_directory_check_user(directory, &err), 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(directory, 54321, 54321), 0);
		ck_assert_int_eq(data_directory_check_user(directory, &err),
				 -1);
		ck_assert_int_eq((int)err.kind, (int)ERR_REFUSED);
		ck_assert(strstr(err.message, directory) != NULL);
	}
	scratch_remove(directory);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("data_directory");
	TCase *tcase = tcase_create("data_directory");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase,
		       the_grandparent_of_the_file_is_the_data_directory);
	tcase_add_test(tcase,
		       what_the_server_runs_is_found_in_its_working_directory);
	tcase_add_test(tcase, in_pg_wal_itself_the_data_directory_is_above);
	tcase_add_test(tcase, a_linked_pg_wal_belongs_to_where_its_path_says);
	tcase_add_test(
	    tcase, the_files_own_directory_comes_before_the_working_directory);
	tcase_add_test(tcase, outside_of_any_cluster_there_is_none);
	tcase_add_test(tcase, the_state_lies_in_pg_wal);
	tcase_add_test(tcase, root_is_refused_in_anothers_directory);
	suite_add_tcase(suite, tcase);
	tcase_add_test(
	    without_rights(suite),
	    a_directory_that_cannot_be_looked_into_is_not_passed_over);
	tcase_add_test(without_rights(suite),
		       a_working_directory_that_may_not_be_searched_is_nobodys);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
