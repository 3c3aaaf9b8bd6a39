#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/catalog/backup.h"

#define MIB ((uint64_t)1024 * 1024)

static const struct {
	const char *name;
	uint64_t lsn;
	uint64_t size; /* 0: nothing fits */
} guesses[] = {
    {"base_0000000100000000000000BC", 0xBC000028, 16 * MIB},
    {"base_000000010000000A000000BC", 0xABC000028, 16 * MIB},
    /* Several would do: the usual one is taken. */
    {"base_000000010000000A00000000", 0xA00000028, 16 * MIB},
    {"base_000000010000000000000BC0", 0xBC000028, 1 * MIB},
    {"base_000000010000000000000BCF", 0xBCF00028, 1 * MIB},
    {"base_00000001000000000000005E", 0xBC000028, 32 * MIB},
    {"base_00000001000000000000002F", 0xBC000028, 64 * MIB},
    {"base_000000010000000000000002", 0xBC000028, 1024 * MIB},
    /* A standby's, on a boundary. */
    {"base_0000000100000000000000BB", 0xBC000000, 16 * MIB},
    {"base_000000010000000A00000FFF", 0xB00000000, 1 * MIB},
    {"base_0000000100000000000000BD", 0xBC000028, 0},
    {"base_000000010000000B000000BC", 0xABC000028, 0},
    {"base_0000000100000000FFFFFFFF", 0xBC000028, 0},
};

START_TEST(the_segment_size_is_guessed_from_name_and_lsn)
{
	struct backup backup;
	struct err err = {0};
	char json[100];
	int result;

	(void)snprintf(json, sizeof json, "{\"LSN\":%llu}",
		       (unsigned long long)guesses[_i].lsn);
	backup_init(&backup);
	result = backup_read_sentinel(guesses[_i].name, json, strlen(json),
				      &backup, &err);
	if (guesses[_i].size == 0) {
		ck_assert_int_eq(result, -1);
		ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
		ck_assert(strstr(err.message, "segment") != NULL);
	} else {
		ck_assert_int_eq(result, 0);
		ck_assert_uint_eq(backup.segment_size, guesses[_i].size);
	}
	backup_free(&backup);
}
END_TEST

START_TEST(a_told_segment_size_beats_the_guess)
{
	static const char json[] =
	    "{\"LSN\":42949673000,\"WalSegmentSize\":67108864}";
	struct backup backup;
	struct err err = {0};

	backup_init(&backup);
	ck_assert_int_eq(backup_read_sentinel("base_000000010000000A00000000",
					      json, strlen(json), &backup,
					      &err),
			 0);
	ck_assert_uint_eq(backup.segment_size, 64 * MIB);
	backup_free(&backup);
}
END_TEST

#define WAL_E "base_000000010000000A000000BC_00000028"

static const char wal_e_sentinel[] =
    "{\"wal_segment_backup_stop\": \"000000010000000A000000BD\","
    " \"wal_segment_offset_backup_stop\": \"00000130\","
    " \"expanded_size_bytes\": 1234567,"
    " \"spec\": {\"base_prefix\": \"/var/lib/postgresql/9.6/main\","
    " \"tablespaces\": [\"16385\"], \"16385\": {\"loc\": \"/mnt/ts/\","
    " \"link\": \"pg_tblspc/16385\"}}}";

START_TEST(wal_es_sentinel_is_read)
{
	struct backup backup;
	struct err err = {0};

	backup_init(&backup);
	ck_assert_int_eq(backup_read_sentinel(WAL_E, wal_e_sentinel,
					      strlen(wal_e_sentinel), &backup,
					      &err),
			 0);
	ck_assert(backup.start_lsn == 0xABC000028);
	ck_assert(backup.finish_lsn == 0xABD000130);
	ck_assert_uint_eq(backup.segment_size, 16 * MIB);
	ck_assert_uint_eq(backup.uncompressed_size, 1234567);
	ck_assert_uint_eq(backup.timeline, 1);
	ck_assert_uint_eq(backup.tablespaces.count, 1);
	ck_assert_str_eq(backup.tablespaces.entries[0].location, "/mnt/ts/");
	ck_assert_str_eq(backup.hostname, "");
	backup_free(&backup);
}
END_TEST

static const char *const wrong_stops[] = {
    "{\"wal_segment_backup_stop\": \"xyz\","
    " \"wal_segment_offset_backup_stop\": \"00000130\"}",
    "{\"wal_segment_backup_stop\": \"000000010000000A000000BD\","
    " \"wal_segment_offset_backup_stop\": \"130\"}",
    "{\"wal_segment_backup_stop\": \"000000010000000A000000BB\","
    " \"wal_segment_offset_backup_stop\": \"00000130\"}",
    "{\"wal_segment_backup_stop\": 17}",
};

START_TEST(wal_es_stop_must_make_sense)
{
	struct backup backup;
	struct err err = {0};

	backup_init(&backup);
	ck_assert_int_eq(backup_read_sentinel(WAL_E, wrong_stops[_i],
					      strlen(wrong_stops[_i]), &backup,
					      &err),
			 -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
	backup_free(&backup);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int
main(void)
{
	Suite *suite = suite_create("backup_settle");
	TCase *tests = tcase_create("settle");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tests,
			    the_segment_size_is_guessed_from_name_and_lsn, 0,
			    COUNT(guesses));
	tcase_add_test(tests, a_told_segment_size_beats_the_guess);
	tcase_add_test(tests, wal_es_sentinel_is_read);
	tcase_add_loop_test(tests, wal_es_stop_must_make_sense, 0,
			    COUNT(wrong_stops));
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
