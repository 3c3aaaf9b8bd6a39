#include "restore/manifest_file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/crc32c.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"
#include "tests/unit/manifest_told.h"
#include "tests/unit/scratch.h"
#include "tests/unit/stored_backup.h"

#define NAME "base_0000000100000000000000BB"
#define OBJECT "basebackups_005/" NAME "/backup_manifest"

static const struct stored_file files[] = {
    {"PG_VERSION", "15\n"},
    {"tablespace_map", "16385 /old\n"},
    {"base/1/\xff\"\\", "odd"},
    {NULL, NULL},
};

static char *directory;
static struct faulty_plan plan;
static struct store *store;
static struct backup backup;
static struct parts_source source;
static struct manifest_index *known;
static struct buf manifest = BUF_INIT(1 << 20);
static struct err err;

static void
set_up(void)
{
	static const struct stored_file *const tables[] = {files, NULL};
	static const struct tablespace_map none;

	directory = scratch_make();
	store = faulty_store_new(memory_store_new(&err), &plan, &err);
	ck_assert_ptr_nonnull(store);
	backup_init(&backup);
	(void)snprintf(backup.name, sizeof backup.name, NAME);
	backup.pg_version = 150004;
	backup.system_identifier = 7423523111234567890;
	stored_backup_manifest(tables, &manifest);
	stored_backup_object(store, &backup, "backup_manifest", manifest.data,
			     manifest.len);
	source = (struct parts_source){store, &backup, 2, 0};
	known = manifest_index_new(&none, &err);
	ck_assert_int_eq(stored_backup_push(manifest_index_reader(known, &err),
					    manifest.data, manifest.len, 100,
					    &err),
			 0);
}

static void
tear_down(void)
{
	manifest_index_free(known);
	buf_free(&manifest);
	backup_free(&backup);
	store_free(store);
	scratch_remove(directory);
}

static void
restored(const struct stored_file *file)
{
	size_t len = strlen(file->text);

	ck_assert_int_eq(manifest_index_check(known, file->name, len,
					      crc32c_update(0, file->text, len),
					      &err),
			 0);
}

static void
load(const char *name, struct buf *bytes)
{
	char *path = path_join(directory, name, &err);

	buf_clear(bytes);
	ck_assert_msg(file_load(path, bytes, &err) == 0, "%s", err.message);
	free(path);
}

START_TEST(the_manifest_is_restored_byte_for_byte)
{
	struct buf bytes = BUF_INIT(1 << 20);

	for (size_t i = 0; i < 3; i++)
		restored(&files[i]);
	ck_assert_msg(manifest_file_restore(&source, directory, known, &err) ==
			  0,
		      "%s", err.message);
	load("backup_manifest", &bytes);
	ck_assert_str_eq(buf_text(&bytes), buf_text(&manifest));
	ck_assert_uint_eq(scratch_count(directory), 1);
	buf_free(&bytes);
}
END_TEST

START_TEST(a_file_that_never_came_is_damaged_and_named)
{
	for (int i = 0; i < 3; i++)
		if (i != _i)
			restored(&files[i]);
	ck_assert_int_eq(manifest_file_restore(&source, directory, known, &err),
			 -1);
	ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, files[_i].name));
}
END_TEST

START_TEST(no_failing_call_leaves_half_a_manifest)
{
	for (size_t i = 0; i < 3; i++)
		restored(&files[i]);
	while (plan.calls = 0, plan.fail_call++,
	       manifest_file_restore(&source, directory, known, &err) != 0) {
		ck_assert_int_eq((int)err.kind, ERR_UNREACHABLE);
		ck_assert_uint_eq(scratch_count(directory), 0);
	}
	ck_assert_uint_ge(plan.fail_call, 3);
}
END_TEST

START_TEST(a_manifest_that_changed_in_the_store_is_not_restored)
{
	for (size_t i = 0; i < 3; i++)
		restored(&files[i]);
	plan.flip_bit = (uint64_t)_i * 8 + 1;
	ck_assert_int_eq(manifest_file_restore(&source, directory, known, &err),
			 -1);
	ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, OBJECT));
	ck_assert_uint_eq(scratch_count(directory), 0);
}
END_TEST

static void
put_manifest(const char *text, size_t len)
{
	char *path = path_join(directory, "backup_manifest", &err);

	scratch_write(path, text, len);
	free(path);
}

/* Everything the two tell, but the entry of tablespace_map. */
static void
expect_same_rest(const struct manifest_told *before,
		 const struct manifest_told *after)
{
	ck_assert_uint_eq(after->files, before->files);
	ck_assert_uint_eq(after->ranges, before->ranges);
	for (size_t i = 0; i < after->files; i++) {
		const struct manifest_file *was = &before->kept[i];
		const struct manifest_file *is = &after->kept[i];

		ck_assert_str_eq(after->paths[i], before->paths[i]);
		if (strcmp(after->paths[i], "tablespace_map") == 0)
			continue;
		ck_assert_uint_eq(is->size, was->size);
		ck_assert_uint_eq(is->crc32c, was->crc32c);
		ck_assert(is->has_crc32c);
		ck_assert_int_eq(is->modified.tv_sec, was->modified.tv_sec);
	}
	ck_assert_uint_eq(after->range[0].timeline, before->range[0].timeline);
	ck_assert_uint_eq(after->range[0].start, before->range[0].start);
	ck_assert_uint_eq(after->range[0].end, before->range[0].end);
}

START_TEST(only_the_entry_of_tablespace_map_changes)
{
	static const char text[] = "16385 /new\\\nplace\n";
	struct buf map = BUF_INIT(100);
	struct buf bytes = BUF_INIT(1 << 20);
	struct manifest_told before = {0};
	struct manifest_told after = {0};

	backup.pg_version = _i * 10000 + 2;
	put_manifest(manifest.data, manifest.len);
	ck_assert_int_eq(buf_append(&map, text, strlen(text), &err), 0);
	ck_assert_msg(manifest_file_replace(directory, &backup, &map, &err) ==
			  0,
		      "%s", err.message);
	load("backup_manifest", &bytes);
	ck_assert_int_eq(
	    manifest_told_read(manifest.data, manifest.len, 100, &before, &err),
	    0);
	ck_assert_msg(
	    manifest_told_read(bytes.data, bytes.len, 100, &after, &err) == 0,
	    "%s", err.message);
	expect_same_rest(&before, &after);
	ck_assert_uint_eq(after.kept[1].size, strlen(text));
	ck_assert_uint_eq(after.kept[1].crc32c,
			  crc32c_update(0, text, strlen(text)));
	ck_assert(strstr(bytes.data, _i < 17
					 ? "Manifest-Version\": 1,"
					 : "Manifest-Version\": 2,") != NULL);
	ck_assert((strstr(bytes.data, "7423523111234567890") != NULL) ==
		  (_i >= 17));
	ck_assert_uint_eq(scratch_count(directory), 1);
	buf_free(&bytes);
	buf_free(&map);
}
END_TEST

START_TEST(a_damaged_manifest_is_not_replaced)
{
	struct buf map = BUF_INIT(100);
	struct buf bytes = BUF_INIT(1 << 20);

	manifest.data[manifest.len / 2] ^= 1;
	put_manifest(manifest.data, manifest.len);
	ck_assert_int_eq(manifest_file_replace(directory, &backup, &map, &err),
			 -1);
	ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	load("backup_manifest", &bytes);
	ck_assert_str_eq(buf_text(&bytes), buf_text(&manifest));
	buf_free(&bytes);
}
END_TEST

START_TEST(without_a_manifest_there_is_nothing_to_replace)
{
	struct buf map = BUF_INIT(100);

	ck_assert_int_eq(manifest_file_replace(directory, &backup, &map, &err),
			 -1);
	ck_assert_ptr_nonnull(strstr(err.message, "backup_manifest"));
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_test(tcase, the_manifest_is_restored_byte_for_byte);
	tcase_add_loop_test(tcase, a_file_that_never_came_is_damaged_and_named,
			    0, 3);
	tcase_add_test(tcase, no_failing_call_leaves_half_a_manifest);
	tcase_add_loop_test(
	    tcase, a_manifest_that_changed_in_the_store_is_not_restored, 0, 40);
	tcase_add_loop_test(tcase, only_the_entry_of_tablespace_map_changes, 13,
			    19);
	tcase_add_test(tcase, a_damaged_manifest_is_not_replaced);
	tcase_add_test(tcase, without_a_manifest_there_is_nothing_to_replace);
}

int
main(void)
{
	Suite *suite = suite_create("manifest_file");
	TCase *tcase = tcase_create("manifest_file");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
