#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/catalog/object_name.h"

#define A "000000010000000A000000BC"
#define B "0000000100000009000000BB"

START_TEST(a_full_backups_name_is_its_segments)
{
	struct backup_name name;

	ck_assert_int_eq(backup_name_parse("base_" A, &name), 0);
	ck_assert_uint_eq(name.timeline, 1);
	ck_assert_uint_eq(name.high, 10);
	ck_assert_uint_eq(name.low, 0xbc);
	ck_assert(!name.delta);
	ck_assert(!name.has_offset);
}
END_TEST

START_TEST(a_deltas_name_tells_its_base)
{
	struct backup_name name;

	ck_assert_int_eq(backup_name_parse("base_" A "_D_" B, &name), 0);
	ck_assert(name.delta);
	ck_assert_str_eq(name.base, B);
	ck_assert_uint_eq(name.low, 0xbc);
}
END_TEST

START_TEST(wal_es_offset_is_read)
{
	struct backup_name name;

	ck_assert_int_eq(backup_name_parse("base_" A "_00000028", &name), 0);
	ck_assert(name.has_offset);
	ck_assert_uint_eq(name.offset, 0x28);
	ck_assert(!name.delta);
	ck_assert_int_eq(
	    backup_name_parse("base_" A "_D_" B "_000000FF", &name), 0);
	ck_assert(name.delta);
	ck_assert_uint_eq(name.offset, 0xff);
}
END_TEST

static const char *const not_backups[] = {
    "",
    "base_",
    "base_00000001",
    "base_000000010000000a000000bc",
    "Base_" A,
    "base_" A "0",
    "base_" A "_",
    "base_" A "_D_",
    "base_" A "_D",
    "base_" A "_D_" A "_",
    "base_" A "_D_00000001",
    "base_" A "_0000002",
    "base_" A "_000000280",
    "base_" A "/",
    "base_" A ".json",
    "base_000000000000000A000000BC",
    "../base_" A,
};

START_TEST(other_texts_name_no_backup)
{
	struct backup_name name;

	ck_assert_int_eq(backup_name_parse(not_backups[_i], &name), -1);
}
END_TEST

START_TEST(a_full_name_holds_its_start)
{
	char name[BACKUP_NAME_SIZE];

	backup_name_full(1, 0xABC000028, 16 << 20, name);
	ck_assert_str_eq(name, "base_" A);
}
END_TEST

START_TEST(the_layout_is_wal_gs)
{
	char object[OBJECT_NAME_SIZE];

	object_wal(A, ".zst", object);
	ck_assert_str_eq(object, "wal_005/" A ".zst");
	object_sentinel("base_" A, object);
	ck_assert_str_eq(object, "basebackups_005/base_" A
				 "_backup_stop_sentinel.json");
	object_of_backup("base_" A, BACKUP_METADATA, object);
	ck_assert_str_eq(object, "basebackups_005/base_" A "/metadata.json");
	object_of_backup("base_" A, BACKUP_FILES_METADATA, object);
	ck_assert_str_eq(object,
			 "basebackups_005/base_" A "/files_metadata.json");
	object_of_backup("base_" A, BACKUP_MANIFEST, object);
	ck_assert_str_eq(object, "basebackups_005/base_" A "/backup_manifest");
	object_of_backup("base_" A, BACKUP_MARKER, object);
	ck_assert_str_eq(object, "basebackups_005/base_" A "/in_progress.json");
	object_folder("base_" A, object);
	ck_assert_str_eq(object, "basebackups_005/base_" A "/");
	object_parts_folder("base_" A, object);
	ck_assert_str_eq(object, "basebackups_005/base_" A "/tar_partitions/");
	object_part("base_" A, 7, ".lz4", object);
	ck_assert_str_eq(object, "basebackups_005/base_" A
				 "/tar_partitions/part_007.tar.lz4");
	object_part("base_" A, 1234, "", object);
	ck_assert_str_eq(object, "basebackups_005/base_" A
				 "/tar_partitions/part_1234.tar");
	object_control("base_" A, ".zst", object);
	ck_assert_str_eq(object, "basebackups_005/base_" A
				 "/tar_partitions/pg_control.tar.zst");
	object_labels("base_" A, ".zst.age", object);
	ck_assert_str_eq(object, "basebackups_005/base_" A
				 "/tar_partitions/backup_label.tar.zst.age");
}
END_TEST

START_TEST(the_longest_names_fit)
{
	char object[OBJECT_NAME_SIZE];
	const char *backup = "base_" A "_D_" B "_00000028";
	char back[BACKUP_NAME_SIZE];

	object_part(backup, 4294967295U, ".lzma.age", object);
	ck_assert(strstr(object, "part_4294967295.tar.lzma.age") != NULL);
	object_sentinel(backup, object);
	ck_assert_int_eq(object_sentinel_parse(object, back), 0);
	ck_assert_str_eq(back, backup);
}
END_TEST

static const struct {
	const char *object;
	enum wal_kind kind;
} wal_files[] = {
    {"wal_005/" A, WAL_SEGMENT},
    {"wal_005/" A ".zst", WAL_SEGMENT},
    {"wal_005/" A ".lz4.age", WAL_SEGMENT},
    {"wal_005/" A ".partial.zst", WAL_PARTIAL},
    {"wal_005/" A ".00000028.backup.br", WAL_BACKUP_HISTORY},
    {"wal_005/00000002.history", WAL_TIMELINE},
};

START_TEST(wal_files_are_known_whatever_their_suffix)
{
	struct wal_name name;

	ck_assert_int_eq(object_wal_parse(wal_files[_i].object, &name), 0);
	ck_assert_int_eq((int)name.kind, (int)wal_files[_i].kind);
}
END_TEST

static const char *const not_wal[] = {
    "wal_005/",
    "wal_005/" A "_delta.lz4",
    "wal_005/" A ".json",
    "wal_005/00000001000000000000000.json",
    "wal_005/sub/" A,
    "wal_006/" A,
    A,
    "wal_005/" A ".unknown",
    "wal_005/" A A A A ".zst",
};

START_TEST(other_objects_are_no_wal_files)
{
	struct wal_name name;

	ck_assert_int_eq(object_wal_parse(not_wal[_i], &name), -1);
}
END_TEST

START_TEST(a_sentinel_tells_its_backup)
{
	char backup[BACKUP_NAME_SIZE];

	ck_assert_int_eq(object_sentinel_parse("basebackups_005/base_" A "_D_" B
					       "_backup_stop_sentinel.json",
					       backup),
			 0);
	ck_assert_str_eq(backup, "base_" A "_D_" B);
	ck_assert_int_eq(object_sentinel_parse("basebackups_005/x"
					       "_backup_stop_sentinel.json",
					       backup),
			 -1);
	ck_assert_int_eq(
	    object_sentinel_parse("basebackups_005/base_" A "/", backup), -1);
	ck_assert_int_eq(object_sentinel_parse("basebackups_005/", backup), -1);
	ck_assert_int_eq(object_sentinel_parse("catchup_005/base_" A
					       "_backup_stop_sentinel.json",
					       backup),
			 -1);
}
END_TEST

START_TEST(a_folder_tells_its_backup)
{
	char backup[BACKUP_NAME_SIZE];

	ck_assert_int_eq(
	    object_folder_parse("basebackups_005/base_" A "/", backup), 0);
	ck_assert_str_eq(backup, "base_" A);
	ck_assert_int_eq(object_folder_parse("basebackups_005/base_" A
					     "/tar_partitions/part_001.tar",
					     backup),
			 0);
	ck_assert_str_eq(backup, "base_" A);
	ck_assert_int_eq(object_folder_parse("basebackups_005/base_" A, backup),
			 -1);
	ck_assert_int_eq(object_folder_parse("basebackups_005/x/", backup), -1);
}
END_TEST

static const struct {
	const char *object;
	int kind; /* -1: no tar */
} parts[] = {
    {"part_001.tar", PART_DATA},
    {"part_001.tar.zst.age", PART_DATA},
    {"copy_1.tar.lz4", PART_DATA},
    {"part_00000000.tar.lzo", PART_DATA},
    {"part_001.tar.gpg", PART_DATA},
    {"pg_control.tar.zst", PART_CONTROL},
    {"pg_control.tar", PART_CONTROL},
    {"basebackups_005/base_" A "/tar_partitions/backup_label.tar.br",
     PART_LABELS},
    {"xpg_control.tar", PART_DATA},
    {".tar", -1},
    {"part_001", -1},
    {"part_001.tarball", -1},
    {"a.tar/notes.txt", -1},
};

START_TEST(parts_are_told_apart)
{
	enum part_kind kind = PART_DATA;
	int result = object_part_kind(parts[_i].object, &kind);

	if (parts[_i].kind < 0) {
		ck_assert_int_eq(result, -1);
	} else {
		ck_assert_int_eq(result, 0);
		ck_assert_int_eq((int)kind, parts[_i].kind);
	}
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int
main(void)
{
	Suite *suite = suite_create("object_name");
	TCase *tests = tcase_create("names");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, a_full_backups_name_is_its_segments);
	tcase_add_test(tests, a_deltas_name_tells_its_base);
	tcase_add_test(tests, wal_es_offset_is_read);
	tcase_add_loop_test(tests, other_texts_name_no_backup, 0,
			    COUNT(not_backups));
	tcase_add_test(tests, a_full_name_holds_its_start);
	tcase_add_test(tests, the_layout_is_wal_gs);
	tcase_add_test(tests, the_longest_names_fit);
	tcase_add_loop_test(tests, wal_files_are_known_whatever_their_suffix, 0,
			    COUNT(wal_files));
	tcase_add_loop_test(tests, other_objects_are_no_wal_files, 0,
			    COUNT(not_wal));
	tcase_add_test(tests, a_sentinel_tells_its_backup);
	tcase_add_test(tests, a_folder_tells_its_backup);
	tcase_add_loop_test(tests, parts_are_told_apart, 0, COUNT(parts));
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
