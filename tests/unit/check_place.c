#include "restore/place.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/path.h"
#include "tests/unit/scratch.h"

static char *scratch;
static char *directory; /* in it, not made */
static struct tablespace_map map;
static struct err err;

static void
set_up(void)
{
	scratch = scratch_make();
	directory = path_join(scratch, "new/data", &err);
}

static void
tear_down(void)
{
	tablespace_map_free(&map);
	free(directory);
	scratch_remove(scratch);
}

/* A tablespace at a place in the scratch directory. */
static void
add(uint32_t oid, const char *name)
{
	char *location = path_join(scratch, name, &err);

	ck_assert_int_eq(tablespace_map_add(&map, oid, location, &err), 0);
	free(location);
}

static void
make(const char *name)
{
	char *path = path_join(scratch, name, &err);

	ck_assert_int_eq(mkdir(path, 0755), 0);
	free(path);
}

static void
make_file(const char *name)
{
	char *path = path_join(scratch, name, &err);

	scratch_write(path, "x", 1);
	free(path);
}

static void
refuse(const char *word)
{
	memset(&err, 0, sizeof err);
	ck_assert_int_eq(place_check(directory, &map, &err), -1);
	ck_assert_msg(err.kind == ERR_REFUSED, "%s", err.message);
	ck_assert_msg(strstr(err.message, word) != NULL, "%s", err.message);
}

START_TEST(what_is_absent_or_empty_is_free)
{
	add(16385, "ts");
	ck_assert_int_eq(place_check(directory, &map, &err), 0);
	make("new");
	make("new/data");
	make("ts");
	ck_assert_int_eq(place_check(directory, &map, &err), 0);
	make("new/data/lost+found");
	make("ts/lost+found");
	ck_assert_int_eq(place_check(directory, &map, &err), 0);
}
END_TEST

START_TEST(anything_in_the_directory_is_refused_by_name)
{
	make("new");
	make("new/data");
	make("new/data/lost+found");
	make_file("new/data/.hidden");
	refuse("holds \".hidden\"");
	ck_assert_ptr_nonnull(strstr(err.message, directory));
	ck_assert_str_ne(err.hint, "");
}
END_TEST

START_TEST(a_running_server_is_told_from_other_things)
{
	make("new");
	make("new/data");
	make_file("new/data/aaa");
	make_file("new/data/postmaster.pid");
	make_file("new/data/zzz");
	refuse("a server runs here");
}
END_TEST

START_TEST(a_file_in_the_place_of_a_directory_is_refused)
{
	make("new");
	make_file("new/data");
	refuse(directory);
}
END_TEST

START_TEST(a_tablespace_that_is_not_empty_is_refused)
{
	add(16385, "ts1");
	add(16386, "ts2");
	make("ts2");
	make_file("ts2/PG_15");
	refuse("/ts2: is not empty: holds \"PG_15\"");
}
END_TEST

START_TEST(two_things_in_one_place_are_refused)
{
	add(16385, "ts");
	add(16386, "ts");
	refuse("/ts");
	tablespace_map_free(&map);
	add(16385, "new/data");
	refuse("16385");
}
END_TEST

START_TEST(a_directory_that_cannot_be_read_is_an_error)
{
	char *path = path_join(scratch, "new", &err);

	make("new");
	make("new/data");
	ck_assert_int_eq(chmod(path, 0), 0);
	scratch_drop_root();
	ck_assert_int_eq(place_check(directory, &map, &err), -1);
	ck_assert_int_eq((int)err.kind, ERR_DENIED);
	free(path);
}
END_TEST

START_TEST(room_is_checked_where_each_thing_will_lie)
{
	uint64_t bytes[] = {1, 1};
	uint64_t huge = UINT64_C(1) << 62;

	add(16385, "far/away/ts");
	ck_assert_msg(place_check_space(directory, &map, bytes, &err) == 0,
		      "%s", err.message);
	for (size_t i = 0; i < 2; i++) {
		bytes[i] = huge;
		memset(&err, 0, sizeof err);
		ck_assert_int_eq(
		    place_check_space(directory, &map, bytes, &err), -1);
		ck_assert_int_eq((int)err.kind, ERR_SYSTEM);
		ck_assert_ptr_nonnull(strstr(err.message, "the backup needs"));
		ck_assert_msg(strstr(err.message, "4 EiB") != NULL, "%s",
			      err.message);
		ck_assert_ptr_nonnull(strstr(err.message, "are free"));
		bytes[i] = 1;
	}
	/* nothing was made on the way */
	ck_assert_uint_eq(scratch_count(scratch), 0);
}
END_TEST

START_TEST(what_shares_a_file_system_is_added_up)
{
	uint64_t half = UINT64_C(1) << 61;
	uint64_t bytes[] = {half, half, 0};

	add(16385, "ts1");
	add(16386, "ts2");
	ck_assert_int_eq(place_check_space(directory, &map, bytes, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "4 EiB"));
}
END_TEST

START_TEST(a_sum_that_overflows_does_not_fit)
{
	uint64_t bytes[] = {UINT64_MAX, 2};

	add(16385, "ts");
	ck_assert_int_eq(place_check_space(directory, &map, bytes, &err), -1);
	ck_assert_int_eq((int)err.kind, ERR_SYSTEM);
}
END_TEST

static unsigned
mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	return st.st_mode & 07777;
}

static void
expect_link(const char *name, size_t index)
{
	char *path = path_join(directory, name, &err);
	char target[4096];
	ssize_t len = readlink(path, target, sizeof target - 1);

	ck_assert_int_gt(len, 0);
	target[len] = '\0';
	ck_assert_str_eq(target, map.entries[index].location);
	ck_assert_uint_eq(mode_of(target), 0700);
	free(path);
}

START_TEST(directories_are_made_private_and_tablespaces_linked)
{
	(void)umask(0);
	add(16385, "deep/ts1");
	add(4294967295, "ts 2");
	make("ts 2");
	ck_assert_msg(place_create(directory, &map, &err) == 0, "%s",
		      err.message);
	ck_assert_uint_eq(mode_of(directory), 0700);
	expect_link("pg_tblspc/16385", 0);
	expect_link("pg_tblspc/4294967295", 1);
	ck_assert_int_eq(place_sync(directory, &map, &err), 0);
}
END_TEST

/* As another restore would find it: made, and given up again. */
static void
make_place(void)
{
	ck_assert_msg(place_create(directory, &map, &err) == 0, "%s",
		      err.message);
	ck_assert_msg(place_release(directory, &map, &err) == 0, "%s",
		      err.message);
}

START_TEST(a_directory_open_to_others_is_closed)
{
	make("new");
	make("new/data");
	make_place();
	ck_assert_uint_eq(mode_of(directory), 0700);
	ck_assert_int_eq(chmod(directory, 0770), 0);
	make_place();
	ck_assert_uint_eq(mode_of(directory), 0700);
	/* what the server takes, its group's reading, stays */
	ck_assert_int_eq(chmod(directory, 0750), 0);
	make_place();
	ck_assert_uint_eq(mode_of(directory), 0750);
	ck_assert_uint_eq(scratch_count(directory), 0);
}
END_TEST

static void
refuse_to_create(const char *word)
{
	memset(&err, 0, sizeof err);
	ck_assert_int_eq(place_create(directory, &map, &err), -1);
	ck_assert_msg(err.kind == ERR_REFUSED, "%s", err.message);
	ck_assert_msg(strstr(err.message, word) != NULL, "%s", err.message);
	ck_assert_str_ne(err.hint, "");
}

START_TEST(what_came_since_the_check_is_refused)
{
	make("new");
	make("new/data");
	ck_assert_int_eq(place_check(directory, &map, &err), 0);
	make_file("new/data/PG_VERSION");
	refuse_to_create("holds \"PG_VERSION\"");
	ck_assert_uint_eq(scratch_count(directory), 1);
}
END_TEST

START_TEST(of_two_restores_into_one_directory_one_begins)
{
	ck_assert_int_eq(place_create(directory, &map, &err), 0);
	ck_assert_int_eq(place_check(directory, &map, &err), 0);
	refuse_to_create(directory);
	ck_assert_int_eq(place_release(directory, &map, &err), 0);
	ck_assert_uint_eq(scratch_count(directory), 0);
}
END_TEST

START_TEST(of_two_restores_into_one_tablespace_one_begins)
{
	char *other = path_join(scratch, "other", &err);

	add(16385, "ts");
	ck_assert_int_eq(place_create(directory, &map, &err), 0);
	free(directory);
	directory = other;
	refuse_to_create("/ts: something else");
	/* and nothing keeps it from the next try elsewhere */
	ck_assert_uint_eq(scratch_count(directory), 0);
}
END_TEST

START_TEST(one_place_by_two_names_is_refused)
{
	static const char *const names[] = {"ts/", "./ts", "link"};
	char *link = path_join(scratch, "link", &err);

	make("ts");
	ck_assert_int_eq(symlink("ts", link), 0);
	add(16385, "ts");
	add(16386, names[_i]);
	ck_assert_int_eq(place_check(directory, &map, &err), 0);
	refuse_to_create(names[_i]);
	free(link);
}
END_TEST

START_TEST(syncing_what_is_not_there_is_an_error)
{
	ck_assert_int_eq(place_sync(directory, &map, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, directory));
}
END_TEST

static const struct {
	const char *mappings[3];
	const char *first; /* where the two then lie */
	const char *second;
} mapped[] = {
    {{NULL}, "/a", "/b=c"},
    {{"/a=/x"}, "/x", "/b=c"},
    {{"/b\\=c=/x"}, "/a", "/x"},
    {{"/a=/x\\=y"}, "/x=y", "/b=c"},
    {{"/a=/x=y"}, "/x=y", "/b=c"},
    {{"/a=/x\\y"}, "/x\\y", "/b=c"},
    {{"/a=/x", "/b\\=c=/y"}, "/x", "/y"},
    {{"/a=/b=c", "/b\\=c=/a"}, "/b=c", "/a"}, /* they change places */
    {{"/a=/x", "/a=/y"}, "/y", "/b=c"},
};

static size_t
count_of(const char *const *mappings)
{
	size_t count = 0;

	while (count < 3 && mappings[count] != NULL)
		count++;
	return count;
}

START_TEST(mappings_change_where_tablespaces_lie)
{
	struct tablespace_map result;

	ck_assert_int_eq(tablespace_map_add(&map, 1, "/a", &err), 0);
	ck_assert_int_eq(tablespace_map_add(&map, 2, "/b=c", &err), 0);
	ck_assert_msg(place_map(&map, mapped[_i].mappings,
				count_of(mapped[_i].mappings), &result,
				&err) == 0,
		      "%s", err.message);
	ck_assert_uint_eq(result.count, 2);
	ck_assert_uint_eq(result.entries[0].oid, 1);
	ck_assert_uint_eq(result.entries[1].oid, 2);
	ck_assert_str_eq(result.entries[0].location, mapped[_i].first);
	ck_assert_str_eq(result.entries[1].location, mapped[_i].second);
	ck_assert_str_eq(map.entries[0].location, "/a");
	ck_assert_str_eq(map.entries[1].location, "/b=c");
	tablespace_map_free(&result);
}
END_TEST

static const char *const unmapped[] = {
    "",       "=",     "/a",     "/a=",     "=/x",  "/a=x",  "/a=./x", "/a=\\",
    "/a\\=x", "/c=/x", "/a/=/x", "/b=c=/x", "a=/x", "/A=/x", " /a=/x", "/a =/x",
};

START_TEST(a_mapping_that_fits_nothing_is_a_usage_error)
{
	struct tablespace_map result;

	ck_assert_int_eq(tablespace_map_add(&map, 1, "/a", &err), 0);
	ck_assert_int_eq(tablespace_map_add(&map, 2, "/b=c", &err), 0);
	ck_assert_int_eq(place_map(&map, &unmapped[_i], 1, &result, &err), -1);
	ck_assert_int_eq((int)err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.message, "--tablespace-mapping="));
	ck_assert_ptr_nonnull(strstr(err.message, unmapped[_i]));
	ck_assert_uint_eq(result.count, 0);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_test(tcase, what_is_absent_or_empty_is_free);
	tcase_add_test(tcase, anything_in_the_directory_is_refused_by_name);
	tcase_add_test(tcase, a_running_server_is_told_from_other_things);
	tcase_add_test(tcase, a_file_in_the_place_of_a_directory_is_refused);
	tcase_add_test(tcase, a_tablespace_that_is_not_empty_is_refused);
	tcase_add_test(tcase, two_things_in_one_place_are_refused);
	tcase_add_test(tcase, room_is_checked_where_each_thing_will_lie);
	tcase_add_test(tcase, what_shares_a_file_system_is_added_up);
	tcase_add_test(tcase, a_sum_that_overflows_does_not_fit);
	tcase_add_test(tcase,
		       directories_are_made_private_and_tablespaces_linked);
	tcase_add_test(tcase, a_directory_open_to_others_is_closed);
	tcase_add_test(tcase, what_came_since_the_check_is_refused);
	tcase_add_test(tcase, of_two_restores_into_one_directory_one_begins);
	tcase_add_test(tcase, of_two_restores_into_one_tablespace_one_begins);
	tcase_add_loop_test(tcase, one_place_by_two_names_is_refused, 0, 3);
	tcase_add_test(tcase, syncing_what_is_not_there_is_an_error);
	tcase_add_loop_test(tcase, mappings_change_where_tablespaces_lie, 0,
			    (int)(sizeof mapped / sizeof *mapped));
	tcase_add_loop_test(tcase, a_mapping_that_fits_nothing_is_a_usage_error,
			    0, (int)(sizeof unmapped / sizeof *unmapped));
}

/* A fixture that runs outside the test's process: it can still remove what a
 * test that gave up its rights cannot. */
static TCase *
without_rights(void)
{
	TCase *tcase = tcase_create("without rights");

	tcase_add_unchecked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_directory_that_cannot_be_read_is_an_error);
	return tcase;
}

int
main(void)
{
	Suite *suite = suite_create("place");
	TCase *tcase = tcase_create("place");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, without_rights());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
