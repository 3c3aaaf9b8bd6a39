#include "archive/data_walk.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"

static char top[256];
static char data[300];
static struct tablespace_map tablespaces;
static struct buf seen; /* "\n<path>[/][ page N]\n" for each entry */
static struct err err;

static const struct control_file control = {
    .version = 15,
    .catalog_version = 202209061,
};

/* Run a shell command in the scratch directory. */
static void
shell(const char *command)
{
	char line[4096];

	(void)snprintf(line, sizeof line, "cd '%s' && { %s; }", top, command);
	ck_assert_int_eq(system(line), 0);
}

static void
set_up(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(top, sizeof top, "%s/walnut.XXXXXX",
		       tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(top));
	(void)snprintf(data, sizeof data, "%s/data", top);
	seen = (struct buf)BUF_INIT(1024 * 1024);
	shell("mkdir -p data/base/5 data/global data/pg_wal data/pg_tblspc &&"
	      "cd data && touch PG_VERSION global/1262 base/5/1249 &&"
	      "touch global/pg_control pg_wal/000000010000000000000001");
}

static void
tear_down(void)
{
	shell("rm -rf \"$PWD\"");
	tablespace_map_free(&tablespaces);
	buf_free(&seen);
}

static int
note(void *context, const struct data_walk_entry *entry, struct err *error)
{
	(void)context;
	if (buf_print(&seen, error, "\n%s", entry->path) != 0)
		return -1;
	if (S_ISDIR(entry->stat.st_mode))
		return buf_print(&seen, error, "/\n");
	if (entry->pages)
		return buf_print(&seen, error, " page %u\n", entry->segment);
	return buf_print(&seen, error, "\n");
}

static void
walk(void)
{
	tablespace_map_free(&tablespaces);
	ck_assert_msg(data_walk_tablespaces(data, &tablespaces, &err) == 0,
		      "%s", err.message);
	buf_clear(&seen);
	ck_assert_msg(
	    data_walk(data, &control, &tablespaces, note, NULL, &err) == 0,
	    "%s", err.message);
}

static bool
was_seen(const char *entry)
{
	char line[256];

	(void)snprintf(line, sizeof line, "\n%s\n", entry);
	return strstr(buf_text(&seen), line) != NULL;
}

START_TEST(files_and_directories_are_told_with_their_kind)
{
	shell("cd data && touch base/5/1249.2 base/5/1249_vm base/5/7_init"
	      " base/5/pg_filenode.map && mkdir empty");
	walk();
	ck_assert(was_seen("PG_VERSION"));
	ck_assert(was_seen("base/"));
	ck_assert(was_seen("base/5/"));
	ck_assert(was_seen("base/5/1249 page 0"));
	ck_assert(was_seen("base/5/1249.2 page 2"));
	ck_assert(was_seen("base/5/1249_vm page 0"));
	ck_assert(was_seen("base/5/7_init page 0"));
	ck_assert(was_seen("base/5/pg_filenode.map"));
	ck_assert(was_seen("global/1262 page 0"));
	ck_assert(was_seen("empty/"));
	ck_assert(!was_seen("global/pg_control"));
}
END_TEST

START_TEST(a_directory_comes_before_what_lies_in_it)
{
	walk();
	ck_assert(strstr(buf_text(&seen), "\nbase/5/\n") <
		  strstr(buf_text(&seen), "\nbase/5/1249 "));
}
END_TEST

START_TEST(pg_wal_is_told_with_its_empty_directories_only)
{
	walk();
	ck_assert(was_seen("pg_wal/"));
	ck_assert(was_seen("pg_wal/archive_status/"));
	ck_assert(!was_seen("pg_wal/summaries/"));
	ck_assert(!was_seen("pg_wal/000000010000000000000001"));
}
END_TEST

START_TEST(version_17_has_one_more_directory_in_pg_wal)
{
	struct control_file newer = {
	    .version = 17,
	    .catalog_version = 202406281,
	};

	ck_assert_int_eq(
	    data_walk(data, &newer, &tablespaces, note, NULL, &err), 0);
	ck_assert(was_seen("pg_wal/summaries/"));
}
END_TEST

START_TEST(a_link_in_the_place_of_pg_wal_is_told_as_a_directory)
{
	shell("mv data/pg_wal elsewhere && ln -s ../elsewhere data/pg_wal &&"
	      "ln -s ../elsewhere data/pg_stat_tmp");
	walk();
	ck_assert(was_seen("pg_wal/"));
	ck_assert(was_seen("pg_wal/archive_status/"));
	ck_assert(was_seen("pg_stat_tmp/"));
	ck_assert(!was_seen("pg_wal/000000010000000000000001"));
}
END_TEST

START_TEST(unlogged_relations_keep_their_init_fork_alone)
{
	shell("cd data/base/5 && touch 16384 16384.1 16384_fsm 16384_init"
	      " 16385 16385_fsm");
	walk();
	ck_assert(!was_seen("base/5/16384 page 0"));
	ck_assert(!was_seen("base/5/16384.1 page 1"));
	ck_assert(!was_seen("base/5/16384_fsm page 0"));
	ck_assert(was_seen("base/5/16384_init page 0"));
	ck_assert(was_seen("base/5/16385 page 0"));
	ck_assert(was_seen("base/5/16385_fsm page 0"));
}
END_TEST

START_TEST(a_tablespace_is_entered_through_its_link)
{
	shell("mkdir -p space/PG_15_202209061/5 space/PG_14_202107181/5 &&"
	      "touch space/PG_15_202209061/5/16400 space/stray"
	      " space/PG_14_202107181/5/16400 &&"
	      "ln -s \"$PWD/space\" data/pg_tblspc/16390");
	walk();
	ck_assert(was_seen("pg_tblspc/16390/PG_15_202209061/5/16400 page 0"));
	ck_assert(was_seen("pg_tblspc/16390/PG_15_202209061/5/"));
	ck_assert(!was_seen("pg_tblspc/16390/"));
	ck_assert(!was_seen("pg_tblspc/16390/stray"));
	ck_assert_ptr_null(strstr(buf_text(&seen), "PG_14"));
	ck_assert_uint_eq(tablespaces.count, 1);
	ck_assert_uint_eq(tablespaces.entries[0].oid, 16390);
}
END_TEST

START_TEST(a_tablespace_that_is_not_listed_is_not_entered)
{
	walk();
	shell("mkdir -p space/PG_15_202209061/5 &&"
	      "touch space/PG_15_202209061/5/16400 &&"
	      "ln -s \"$PWD/space\" data/pg_tblspc/16390");
	buf_clear(&seen);
	ck_assert_int_eq(
	    data_walk(data, &control, &tablespaces, note, NULL, &err), 0);
	ck_assert_ptr_null(strstr(buf_text(&seen), "16390"));
}
END_TEST

START_TEST(a_tablespace_whose_link_leads_nowhere_is_an_error)
{
	shell("ln -s \"$PWD/space\" data/pg_tblspc/16390");
	ck_assert_int_eq(data_walk_tablespaces(data, &tablespaces, &err), 0);
	ck_assert_int_eq(
	    data_walk(data, &control, &tablespaces, note, NULL, &err), -1);
	ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
	ck_assert_ptr_nonnull(strstr(err.message, "pg_tblspc/16390"));
}
END_TEST

START_TEST(files_named_like_relations_elsewhere_have_no_pages)
{
	shell("mkdir data/own && touch data/own/16385 data/own/16385_init");
	walk();
	ck_assert(was_seen("own/16385"));
	ck_assert(was_seen("own/16385_init"));
}
END_TEST

START_TEST(a_tablespace_in_place_is_an_ordinary_directory)
{
	shell("mkdir -p data/pg_tblspc/16390/PG_15_202209061/5 &&"
	      "touch data/pg_tblspc/16390/PG_15_202209061/5/16400");
	walk();
	ck_assert_uint_eq(tablespaces.count, 0);
	ck_assert(was_seen("pg_tblspc/16390/"));
	ck_assert(was_seen("pg_tblspc/16390/PG_15_202209061/5/16400 page 0"));
}
END_TEST

START_TEST(a_tablespace_inside_the_data_directory_is_told_once)
{
	shell("mkdir -p data/space/PG_15_202209061/5 &&"
	      "touch data/space/PG_15_202209061/5/16400 &&"
	      "ln -s \"$PWD/data/space\" data/pg_tblspc/16390");
	walk();
	ck_assert(was_seen("pg_tblspc/16390/PG_15_202209061/5/16400 page 0"));
	ck_assert(!was_seen("space/"));
	ck_assert_ptr_null(strstr(buf_text(&seen), "\nspace/"));
}
END_TEST

START_TEST(links_and_special_files_are_passed_over)
{
	shell("ln -s /etc/passwd data/postgresql.conf && mkfifo data/pipe &&"
	      "ln -s /etc data/linked && ln -s /etc data/pg_tblspc/odd");
	walk();
	ck_assert_ptr_null(strstr(buf_text(&seen), "postgresql.conf"));
	ck_assert_ptr_null(strstr(buf_text(&seen), "pipe"));
	ck_assert_ptr_null(strstr(buf_text(&seen), "linked"));
	ck_assert_ptr_null(strstr(buf_text(&seen), "odd"));
}
END_TEST

START_TEST(a_data_directory_that_is_not_there_is_an_error)
{
	(void)snprintf(data, sizeof data, "%s/nowhere", top);
	ck_assert_int_eq(
	    data_walk(data, &control, &tablespaces, note, NULL, &err), -1);
	ck_assert_int_eq(err.kind, ERR_ABSENT);
	ck_assert_ptr_nonnull(strstr(err.message, "nowhere"));
}
END_TEST

static int
refuse(void *context, const struct data_walk_entry *entry, struct err *error)
{
	(void)context;
	(void)entry;
	return err_set(error, ERR_REFUSED, "no more");
}

START_TEST(a_failure_of_the_caller_ends_the_walk)
{
	ck_assert_int_eq(
	    data_walk(data, &control, &tablespaces, refuse, NULL, &err), -1);
	ck_assert_int_eq(err.kind, ERR_REFUSED);
}
END_TEST

START_TEST(a_path_longer_than_a_tar_takes_is_an_error)
{
	char name[201];

	/* Each step changes into the new directory, since the whole path is
	 * longer than the system takes at once. */
	memset(name, 'd', 200);
	name[200] = '\0';
	ck_assert_int_eq(chdir(data), 0);
	for (int i = 0; i < 21; i++) {
		char command[300];

		(void)snprintf(command, sizeof command, "mkdir %s", name);
		ck_assert_int_eq(system(command), 0);
		ck_assert_int_eq(chdir(name), 0);
	}
	ck_assert_int_eq(
	    data_walk(data, &control, &tablespaces, note, NULL, &err), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("data_walk");
	TCase *tcase = tcase_create("data_walk");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, files_and_directories_are_told_with_their_kind);
	tcase_add_test(tcase, a_directory_comes_before_what_lies_in_it);
	tcase_add_test(tcase, pg_wal_is_told_with_its_empty_directories_only);
	tcase_add_test(tcase, version_17_has_one_more_directory_in_pg_wal);
	tcase_add_test(tcase,
		       a_link_in_the_place_of_pg_wal_is_told_as_a_directory);
	tcase_add_test(tcase, unlogged_relations_keep_their_init_fork_alone);
	tcase_add_test(tcase, a_tablespace_is_entered_through_its_link);
	tcase_add_test(tcase, a_tablespace_that_is_not_listed_is_not_entered);
	tcase_add_test(tcase,
		       a_tablespace_whose_link_leads_nowhere_is_an_error);
	tcase_add_test(tcase,
		       files_named_like_relations_elsewhere_have_no_pages);
	tcase_add_test(tcase, a_tablespace_in_place_is_an_ordinary_directory);
	tcase_add_test(tcase,
		       a_tablespace_inside_the_data_directory_is_told_once);
	tcase_add_test(tcase, links_and_special_files_are_passed_over);
	tcase_add_test(tcase, a_data_directory_that_is_not_there_is_an_error);
	tcase_add_test(tcase, a_failure_of_the_caller_ends_the_walk);
	tcase_add_test(tcase, a_path_longer_than_a_tar_takes_is_an_error);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
