#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg/backup_label.h"

static const char real[] =
    "START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\n"
    "CHECKPOINT LOCATION: 0/2000060\n"
    "BACKUP METHOD: streamed\n"
    "BACKUP FROM: primary\n"
    "START TIME: 2026-11-21 04:28:02 UTC\n"
    "LABEL: pg_basebackup base backup\n"
    "START TIMELINE: 1\n";

#define START "START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\n"
#define CHECKPOINT "CHECKPOINT LOCATION: 0/2000060\n"
#define METHOD "BACKUP METHOD: streamed\n"
#define FROM "BACKUP FROM: standby\n"
#define REST "START TIME: 2026-11-21 04:28:02 UTC\nLABEL: x\n"
#define TIMELINE "START TIMELINE: 1\n"

START_TEST(a_real_label_is_read)
{
	struct backup_label label;
	struct err err = {0};

	ck_assert_int_eq(backup_label_parse(real, &label, &err), 0);
	ck_assert_uint_eq(label.start_lsn, 0x2000028);
	ck_assert_uint_eq(label.checkpoint_lsn, 0x2000060);
	ck_assert_uint_eq(label.timeline, 1);
	ck_assert_int_eq(label.from_standby, 0);
}
END_TEST

START_TEST(a_standbys_and_an_incremental_label_are_read)
{
	const char *text =
	    "START WAL LOCATION: 1A/FF000028 (file 0000000B0000001A000000FF)\n"
	    "CHECKPOINT LOCATION: 1A/FF000060\n" METHOD FROM REST
	    "START TIMELINE: 11\n"
	    "INCREMENTAL FROM LSN: 0/2000028\n"
	    "INCREMENTAL FROM TLI: 1\n";
	struct backup_label label;
	struct err err = {0};

	ck_assert_int_eq(backup_label_parse(text, &label, &err), 0);
	ck_assert_uint_eq(label.start_lsn, UINT64_C(0x1AFF000028));
	ck_assert_uint_eq(label.checkpoint_lsn, UINT64_C(0x1AFF000060));
	ck_assert_uint_eq(label.timeline, 11);
	ck_assert_int_eq(label.from_standby, 1);
}
END_TEST

START_TEST(a_label_may_be_long_and_look_like_another_line)
{
	char text[2048];
	struct backup_label label;
	struct err err = {0};

	(void)snprintf(text, sizeof(text),
		       START CHECKPOINT METHOD FROM
		       "LABEL: CHECKPOINT LOCATION: %01000d\n" TIMELINE,
		       7);
	ck_assert_int_eq(backup_label_parse(text, &label, &err), 0);
	ck_assert_uint_eq(label.checkpoint_lsn, 0x2000060);
}
END_TEST

static const struct {
	const char *text;
	const char *word;
} damaged[] = {
    {"", "START WAL LOCATION"},
    {CHECKPOINT METHOD FROM REST TIMELINE, "START WAL LOCATION"},
    {START METHOD FROM REST TIMELINE, "CHECKPOINT LOCATION"},
    {START CHECKPOINT FROM REST TIMELINE, "BACKUP METHOD"},
    {START CHECKPOINT METHOD REST TIMELINE, "BACKUP FROM"},
    {START CHECKPOINT METHOD FROM REST, "START TIMELINE"},
    {CHECKPOINT START METHOD FROM REST TIMELINE, "CHECKPOINT LOCATION"},
    {START CHECKPOINT "BACKUP METHOD: pg_start_backup\n" FROM REST TIMELINE,
     "not streamed"},
    {START CHECKPOINT METHOD "BACKUP FROM: elsewhere\n" REST TIMELINE,
     "neither primary"},
    {START "CHECKPOINT LOCATION: 0-2000060\n" METHOD FROM REST TIMELINE,
     "CHECKPOINT LOCATION: \"0-2000060\""},
    {START CHECKPOINT METHOD FROM REST "START TIMELINE: 2\n",
     "START TIMELINE says 2"},
    {START CHECKPOINT METHOD FROM REST "START TIMELINE: 1x\n", "not a number"},
    {START CHECKPOINT METHOD FROM REST "START TIMELINE: \n", "not a number"},
    {START CHECKPOINT METHOD FROM REST "START TIMELINE: 4294967297\n",
     "not a number"},
    {START CHECKPOINT METHOD FROM REST "START TIMELINE: 18446744073709551617\n",
     "not a number"},
    {"START WAL LOCATION: 0/2000028\n" CHECKPOINT METHOD FROM REST TIMELINE,
     "names no WAL file"},
    {"START WAL LOCATION: 0/2000028 (file )\n" CHECKPOINT METHOD FROM REST
	 TIMELINE,
     "names no WAL file"},
    {"START WAL LOCATION: x (file 000000010000000000000002)\n" CHECKPOINT METHOD
	 FROM REST TIMELINE,
     "START WAL LOCATION: \"x\""},
    {"START WAL LOCATION: 0/2000028 (file 000000010000000000000002) "
     "\n" CHECKPOINT METHOD FROM REST TIMELINE,
     "names no WAL file"},
    {"START WAL LOCATION: 0/2000028 (file 00000002.history)\n" CHECKPOINT METHOD
	 FROM REST TIMELINE,
     "names no WAL file"},
};

START_TEST(a_label_that_cannot_be_is_damaged_and_names_the_line)
{
	struct backup_label label = {.timeline = 77};
	struct err err = {0};

	ck_assert_int_eq(backup_label_parse(damaged[_i].text, &label, &err),
			 -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_msg(strstr(err.message, damaged[_i].word), "%s", err.message);
	ck_assert_uint_eq(label.timeline, 77);
}
END_TEST

START_TEST(every_truncation_of_a_label_is_damaged)
{
	for (size_t len = 0; len < strlen(real); len++) {
		char *text = strndup(real, len);
		struct backup_label label;
		struct err err = {0};

		ck_assert_msg(backup_label_parse(text, &label, &err) == -1,
			      "%zu", len);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
		free(text);
	}
}
END_TEST

START_TEST(a_map_is_read)
{
	struct tablespace_map map;
	struct err err = {0};

	ck_assert_int_eq(tablespace_map_parse("16385 /fast disk\r\n\n"
					      "16386 /a\\\\b\\\nc\\\rd\n",
					      &map, &err),
			 0);
	ck_assert_uint_eq(map.count, 2);
	ck_assert_uint_eq(map.entries[0].oid, 16385);
	ck_assert_str_eq(map.entries[0].location, "/fast disk");
	ck_assert_uint_eq(map.entries[1].oid, 16386);
	ck_assert_str_eq(map.entries[1].location, "/a\\b\nc\rd");
	tablespace_map_free(&map);
	ck_assert_uint_eq(map.count, 0);
	tablespace_map_free(&map);
}
END_TEST

START_TEST(an_empty_map_is_no_tablespace)
{
	struct tablespace_map map = {.count = 3};
	struct buf text = BUF_INIT(100);
	struct err err = {0};

	ck_assert_int_eq(tablespace_map_parse("", &map, &err), 0);
	ck_assert_uint_eq(map.count, 0);
	ck_assert_int_eq(tablespace_map_write(&map, &text, &err), 0);
	ck_assert_uint_eq(text.len, 0);
}
END_TEST

static const char *const locations[] = {
    "/plain",  "/with space",      "/new\nline", "/\r\n\\",    "/\\n",
    "/back\\", "/caf\xe9\x01\xff", "/",          "/end\\\\\n",
};

START_TEST(a_location_survives_the_map)
{
	struct tablespace_map map = {0};
	struct tablespace_map back;
	struct buf text = BUF_INIT(1000);
	struct err err = {0};

	ck_assert_int_eq(
	    tablespace_map_add(&map, 4294967295, locations[_i], &err), 0);
	ck_assert_int_eq(tablespace_map_add(&map, 1, "/next", &err), 0);
	ck_assert_int_eq(tablespace_map_write(&map, &text, &err), 0);
	ck_assert_int_eq(tablespace_map_parse(buf_text(&text), &back, &err), 0);
	ck_assert_uint_eq(back.count, 2);
	ck_assert_uint_eq(back.entries[0].oid, 4294967295);
	ck_assert_str_eq(back.entries[0].location, locations[_i]);
	ck_assert_str_eq(back.entries[1].location, "/next");
	tablespace_map_free(&back);
	tablespace_map_free(&map);
	buf_free(&text);
}
END_TEST

START_TEST(a_map_is_written_as_the_server_writes_it)
{
	struct tablespace_map map = {0};
	struct buf text = BUF_INIT(1000);
	struct buf small = BUF_INIT(10);
	struct err err = {0};

	ck_assert_int_eq(tablespace_map_add(&map, 16385, "/a b\\\n", &err), 0);
	ck_assert_int_eq(tablespace_map_write(&map, &text, &err), 0);
	ck_assert_str_eq(buf_text(&text), "16385 /a b\\\\\\\n\n");
	ck_assert_int_eq(tablespace_map_write(&map, &small, &err), -1);
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	tablespace_map_free(&map);
	buf_free(&text);
	buf_free(&small);
}
END_TEST

static const char *const bad_maps[] = {
    "16385 /a",         "16385",
    "16385\n",          "16385 \n",
    "16385 relative\n", " /a\n",
    "0 /a\n",           "x /a\n",
    "4294967296 /a\n",  "-1 /a\n",
    "1 /a\n2 b\n",      "16385 /a\\\n",
    "16385 /a\\",       "16385  /a\n",
    "1 /a\n\\",         "00000000000000000001 /a\n",
};

START_TEST(a_map_that_cannot_be_is_damaged)
{
	struct tablespace_map map;
	struct err err = {0};

	ck_assert_int_eq(tablespace_map_parse(bad_maps[_i], &map, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, "tablespace map: entry"));
	ck_assert_uint_eq(map.count, 0);
	ck_assert_ptr_null(map.entries);
}
END_TEST

static void
add_label_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_real_label_is_read);
	tcase_add_test(tcase, a_standbys_and_an_incremental_label_are_read);
	tcase_add_test(tcase, a_label_may_be_long_and_look_like_another_line);
	tcase_add_loop_test(
	    tcase, a_label_that_cannot_be_is_damaged_and_names_the_line, 0,
	    sizeof(damaged) / sizeof(damaged[0]));
	tcase_add_test(tcase, every_truncation_of_a_label_is_damaged);
}

static void
add_map_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_map_is_read);
	tcase_add_test(tcase, an_empty_map_is_no_tablespace);
	tcase_add_loop_test(tcase, a_location_survives_the_map, 0,
			    sizeof(locations) / sizeof(locations[0]));
	tcase_add_test(tcase, a_map_is_written_as_the_server_writes_it);
	tcase_add_loop_test(tcase, a_map_that_cannot_be_is_damaged, 0,
			    sizeof(bad_maps) / sizeof(bad_maps[0]));
}

int
main(void)
{
	Suite *suite = suite_create("backup_label");
	TCase *tcase = tcase_create("backup_label");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	add_label_tests(tcase);
	add_map_tests(tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
