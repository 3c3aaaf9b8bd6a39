#include "tools/listing.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/backup_sample.h"

#define MOST ((size_t)64 * 1024)

static struct backup backup;
static struct listing listing;
static struct buf out = BUF_INIT(MOST);
static struct err err;

static void
set_up(void)
{
	backup_sample(&backup, SAMPLE_FULL);
	listing = (struct listing){
	    .backup = &backup,
	    .now = {backup.finish_time.tv_sec + 90000, 0},
	};
}

static void
tear_down(void)
{
	buf_free(&out);
	backup_free(&backup);
}

static const char *
row(bool detail)
{
	buf_clear(&out);
	ck_assert_msg(listing_row(&listing, detail, &out, &err) == 0, "%s",
		      err.message);
	return buf_text(&out);
}

static json_t *
json(bool detail)
{
	json_error_t problem;
	json_t *root;

	buf_clear(&out);
	ck_assert_msg(listing_json(&listing, detail, &out, &err) == 0, "%s",
		      err.message);
	root = json_loads(buf_text(&out), JSON_REJECT_DUPLICATES, &problem);
	ck_assert_msg(root != NULL && json_is_object(root), "%s: %s",
		      problem.text, buf_text(&out));
	return root;
}

static void
expect_text(const json_t *root, const char *key, const char *text)
{
	const char *is = json_string_value(json_object_get(root, key));

	ck_assert_msg(is != NULL, "%s", key);
	ck_assert_str_eq(is, text);
}

static void
expect_number(const json_t *root, const char *key, json_int_t number)
{
	const json_t *value = json_object_get(root, key);

	ck_assert_msg(json_is_integer(value), "%s", key);
	ck_assert_int_eq(json_integer_value(value), number);
}

static void
expect_flag(const json_t *root, const char *key, bool flag)
{
	const json_t *value = json_object_get(root, key);

	ck_assert_msg(json_is_boolean(value), "%s", key);
	ck_assert_int_eq(json_is_true(value), flag);
}

START_TEST(a_row_tells_what_people_ask)
{
	ck_assert_str_eq(row(false), SAMPLE_FULL
			 "    1 d 1 h      2026-08-20T10:05:00Z   "
			 " 7.6 GiB   31.3 GiB full    15.15    1 yes  ok\n");
}
END_TEST

/* Where a column's heading begins, or ends if it stands on the right. */
START_TEST(columns_stand_under_their_headings)
{
	const char *line = row(false);
	struct buf header = BUF_INIT(MOST);
	const char *text;

	ck_assert_int_eq(listing_header(false, &header, &err), 0);
	text = buf_text(&header);
	ck_assert_ptr_eq(strchr(text, '\n'), text + header.len - 1);
	ck_assert_int_eq(strstr(text, "age") - text,
			 strstr(line, "1 d 1 h") - line);
	ck_assert_int_eq(strstr(text, "finished") - text,
			 strstr(line, "2026-") - line);
	ck_assert_int_eq(strstr(text, "stored") + 6 - text,
			 strstr(line, "7.6 GiB") + 7 - line);
	ck_assert_int_eq(strstr(text, "type") - text,
			 strstr(line, "full") - line);
	ck_assert_int_eq(strstr(text, "perm") - text,
			 strstr(line, "yes") - line);
	ck_assert_int_eq(strstr(text, " wal") - text,
			 strstr(line, " ok") - line);
	buf_free(&header);
}
END_TEST

START_TEST(a_row_tells_what_is_amiss)
{
	backup.permanent = false;
	backup.delta = true;
	listing.wal_missing = 3;
	ck_assert_ptr_nonnull(strstr(row(false), " delta "));
	ck_assert_ptr_nonnull(strstr(row(false), " no "));
	ck_assert_ptr_nonnull(strstr(row(false), "3 missing\n"));
	backup.problem = strdup("its sentinel is damaged");
	ck_assert_str_eq(row(false),
			 SAMPLE_FULL "    its sentinel is damaged\n");
	ck_assert_str_eq(row(true),
			 SAMPLE_FULL "    its sentinel is damaged\n");
}
END_TEST

START_TEST(a_backup_from_the_future_has_no_age)
{
	json_t *root;

	listing.now.tv_sec = backup.finish_time.tv_sec - 1000;
	ck_assert_ptr_nonnull(strstr(row(false), " 0 ms "));
	root = json(false);
	expect_number(root, "age_seconds", 0);
	json_decref(root);
}
END_TEST

START_TEST(detail_adds_columns_to_the_same_row)
{
	char *plain = strdup(row(false));
	const char *detailed = row(true);

	ck_assert_ptr_nonnull(plain);
	ck_assert_int_eq(strncmp(plain, detailed, strlen(plain) - 1), 0);
	ck_assert_ptr_nonnull(strstr(detailed, "  2026-08-20T10:00:00Z "));
	ck_assert_ptr_nonnull(strstr(detailed, " 0/BB000028 "));
	ck_assert_ptr_nonnull(strstr(detailed, " 0/BB000128 "));
	ck_assert_ptr_nonnull(strstr(detailed, " 7423523111234567890 "));
	ck_assert_ptr_nonnull(strstr(detailed, " db1 "));
	ck_assert_ptr_nonnull(
	    strstr(detailed, "/var/lib/postgresql/15/main, nightly \"x\"\n"));
	free(plain);
}
END_TEST

START_TEST(no_text_ends_a_row_or_speaks_to_a_terminal)
{
	const char *line;

	free(backup.label);
	free(backup.hostname);
	backup.label = strdup("a\nb\x1b[2J\r\x7f");
	backup.hostname = strdup("d\tb");
	line = row(true);
	ck_assert_ptr_nonnull(strstr(line, ", a?b?[2J??\n"));
	ck_assert_ptr_nonnull(strstr(line, " d?b "));
	ck_assert_ptr_eq(strchr(line, '\n'), line + out.len - 1);
	backup.problem = strdup("x\ny");
	line = row(false);
	ck_assert_ptr_nonnull(strstr(line, " x?y\n"));
}
END_TEST

START_TEST(texts_that_are_not_told_are_left_out)
{
	free(backup.hostname);
	free(backup.data_directory);
	free(backup.label);
	backup.hostname = NULL;
	backup.data_directory = NULL;
	backup.label = NULL;
	ck_assert_ptr_null(strstr(row(true), "null"));
	json_decref(json(true));
}
END_TEST

START_TEST(json_has_wal_gs_keys)
{
	json_t *root = json(false);

	expect_text(root, "backup_name", SAMPLE_FULL);
	expect_text(root, "time", "2026-08-20T10:05:00.500000Z");
	expect_text(root, "wal_file_name", "0000000100000000000000BB");
	expect_text(root, "storage_name", "default");
	expect_number(root, "age_seconds", 90000);
	expect_number(root, "timeline", 1);
	expect_text(root, "type", "full");
	expect_number(root, "wal_missing", 0);
	expect_flag(root, "usable", true);
	ck_assert_ptr_null(json_object_get(root, "problem"));
	ck_assert_ptr_null(json_object_get(root, "start_lsn"));
	json_decref(root);
}
END_TEST

START_TEST(detail_in_json_has_wal_gs_keys_too)
{
	json_t *root = json(true);
	const json_t *user;

	expect_text(root, "backup_name", SAMPLE_FULL);
	expect_text(root, "start_time", "2026-08-20T10:00:00.123456Z");
	expect_text(root, "finish_time", "2026-08-20T10:05:00.500000Z");
	expect_text(root, "date_fmt", "%Y-%m-%dT%H:%M:%S.%fZ");
	expect_text(root, "hostname", "db1");
	expect_text(root, "data_dir", "/var/lib/postgresql/15/main");
	expect_number(root, "pg_version", 150015);
	expect_number(root, "start_lsn", 0xBB000028);
	expect_number(root, "finish_lsn", 0xBB000128);
	expect_flag(root, "is_permanent", true);
	expect_number(root, "system_identifier", 7423523111234567890);
	expect_number(root, "uncompressed_size", 33554432000);
	expect_number(root, "compressed_size", 8123456789);
	expect_number(root, "restored_size", 33600000000);
	expect_number(root, "file_count", 1234);
	expect_text(root, "start_lsn_text", "0/BB000028");
	expect_number(root, "wal_segment_size", 16 << 20);
	expect_text(root, "label", "nightly \"x\"");
	user = json_object_get(root, "user_data");
	ck_assert(json_is_object(user));
	json_decref(root);
}
END_TEST

START_TEST(json_tells_why_a_backup_cannot_be_used)
{
	json_t *root;

	listing.wal_missing = 2;
	root = json(false);
	expect_flag(root, "usable", false);
	expect_number(root, "wal_missing", 2);
	json_decref(root);
	listing.wal_missing = 0;
	backup.problem = strdup("its \"sentinel\"\n");
	root = json(_i);
	expect_flag(root, "usable", false);
	expect_text(root, "problem", "its \"sentinel\"\n");
	expect_text(root, "wal_file_name", "");
	json_decref(root);
}
END_TEST

/* All that is known of a damaged one is its name. */
START_TEST(a_backup_without_anything_is_listed)
{
	backup_free(&backup);
	backup_init(&backup);
	memcpy(backup.name, SAMPLE_FULL, sizeof SAMPLE_FULL);
	backup.problem = strdup("no");
	ck_assert_str_eq(row(_i), SAMPLE_FULL "    no\n");
	json_decref(json(_i));
}
END_TEST

START_TEST(a_delta_names_its_base)
{
	json_t *root;

	backup_free(&backup);
	backup_sample(&backup, SAMPLE_DELTA);
	root = json(false);
	expect_text(root, "type", "delta");
	expect_text(root, "delta_from", SAMPLE_FULL);
	json_decref(root);
}
END_TEST

START_TEST(no_room_is_an_error)
{
	for (size_t limit = 0; limit < 100; limit++) {
		struct buf small = BUF_INIT(limit);

		ck_assert_int_eq(listing_row(&listing, true, &small, &err), -1);
		ck_assert_int_eq(listing_header(true, &small, &err), -1);
		ck_assert_int_eq(listing_json(&listing, true, &small, &err),
				 -1);
		buf_free(&small);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("listing");
	TCase *tcase = tcase_create("listing");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_row_tells_what_people_ask);
	tcase_add_test(tcase, columns_stand_under_their_headings);
	tcase_add_test(tcase, a_row_tells_what_is_amiss);
	tcase_add_test(tcase, a_backup_from_the_future_has_no_age);
	tcase_add_test(tcase, detail_adds_columns_to_the_same_row);
	tcase_add_test(tcase, no_text_ends_a_row_or_speaks_to_a_terminal);
	tcase_add_test(tcase, texts_that_are_not_told_are_left_out);
	tcase_add_test(tcase, json_has_wal_gs_keys);
	tcase_add_test(tcase, detail_in_json_has_wal_gs_keys_too);
	tcase_add_loop_test(tcase, json_tells_why_a_backup_cannot_be_used, 0,
			    2);
	tcase_add_loop_test(tcase, a_backup_without_anything_is_listed, 0, 2);
	tcase_add_test(tcase, a_delta_names_its_base);
	tcase_add_test(tcase, no_room_is_an_error);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
