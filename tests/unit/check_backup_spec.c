#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/catalog/backup_spec.h"

static void
print(const struct backup *backup, struct buf *out)
{
	struct err err = {0};

	ck_assert_int_eq(backup_spec_print(backup, out, &err), 0);
	ck_assert_int_eq(json_reader_check(out->data, out->len, &err), 0);
}

static void
add(struct backup *backup, uint32_t oid, const char *location)
{
	struct err err = {0};

	ck_assert_int_eq(
	    tablespace_map_add(&backup->tablespaces, oid, location, &err), 0);
}

START_TEST(no_tablespaces_are_an_empty_list)
{
	struct buf out = BUF_INIT(1000);
	struct backup backup;

	backup_init(&backup);
	print(&backup, &out);
	ck_assert_str_eq(buf_text(&out),
			 "{\"base_prefix\": \"\", \"tablespaces\": []}");
	buf_free(&out);
}
END_TEST

START_TEST(tablespaces_have_wal_gs_form)
{
	struct buf out = BUF_INIT(1000);
	struct backup backup;

	backup_init(&backup);
	backup.data_directory = strdup("/pg/main");
	add(&backup, 16385, "/mnt/ts");
	add(&backup, 4294967295, "/mnt/\"q\"");
	print(&backup, &out);
	ck_assert_str_eq(
	    buf_text(&out),
	    "{\"base_prefix\": \"/pg/main\", \"tablespaces\": [\"16385\", "
	    "\"4294967295\"], \"16385\": {\"loc\": \"/mnt/ts\", \"link\": "
	    "\"pg_tblspc/16385\"}, \"4294967295\": {\"loc\": "
	    "\"/mnt/\\\"q\\\"\", \"link\": \"pg_tblspc/4294967295\"}}");
	backup_free(&backup);
	buf_free(&out);
}
END_TEST

static int
read_document(const char *json, struct backup *backup, struct err *err)
{
	struct json_reader reader;

	backup_init(backup);
	ck_assert_int_eq(json_reader_open(&reader, json, strlen(json), err), 0);
	backup_spec_read(&reader, backup);
	return json_reader_close(&reader);
}

START_TEST(a_location_of_any_bytes_comes_back)
{
	static const char *const locations[] = {"/mnt/ts", "/mnt/\xe4",
						"/mnt/\xff\x01\"\\",
						"/\xc3\xa4", "/mnt/\n\r\t"};
	struct buf spec = BUF_INIT(1000);
	struct buf json = BUF_INIT(1000);
	struct backup backup;
	struct backup other;
	struct err err = {0};

	backup_init(&backup);
	add(&backup, 16385, locations[_i]);
	print(&backup, &spec);
	ck_assert_int_eq(
	    buf_print(&json, &err, "{\"Spec\": %s}", buf_text(&spec)), 0);
	ck_assert_int_eq(read_document(buf_text(&json), &other, &err), 0);
	ck_assert_uint_eq(other.tablespaces.count, 1);
	ck_assert_uint_eq(other.tablespaces.entries[0].oid, 16385);
	ck_assert_str_eq(other.tablespaces.entries[0].location, locations[_i]);
	backup_free(&other);
	backup_free(&backup);
	buf_free(&json);
	buf_free(&spec);
}
END_TEST

START_TEST(absent_null_and_lower_case_are_read)
{
	struct backup backup;
	struct err err = {0};

	ck_assert_int_eq(read_document("{}", &backup, &err), 0);
	ck_assert_int_eq(read_document("{\"Spec\":null}", &backup, &err), 0);
	ck_assert_int_eq(read_document("{\"Spec\":{}}", &backup, &err), 0);
	ck_assert_uint_eq(backup.tablespaces.count, 0);
	ck_assert_int_eq(
	    read_document("{\"spec\":{\"tablespaces\":[\"7\"],\"7\":{"
			  "\"loc\":\"/x\"}}}",
			  &backup, &err),
	    0);
	ck_assert_uint_eq(backup.tablespaces.count, 1);
	backup_free(&backup);
}
END_TEST

static const char *const wrong[] = {
    "{\"Spec\":1}",
    "{\"Spec\":{\"tablespaces\":1}}",
    "{\"Spec\":{\"tablespaces\":[1]}}",
    "{\"Spec\":{\"tablespaces\":[\"7\"]}}",
    "{\"Spec\":{\"tablespaces\":[\"7\"],\"7\":1}}",
    "{\"Spec\":{\"tablespaces\":[\"7\"],\"7\":{}}}",
    "{\"Spec\":{\"tablespaces\":[\"7\"],\"7\":{\"loc\":7}}}",
    "{\"Spec\":{\"tablespaces\":[\"0\"],\"0\":{\"loc\":\"/x\"}}}",
    "{\"Spec\":{\"tablespaces\":[\"x\"],\"x\":{\"loc\":\"/x\"}}}",
    "{\"Spec\":{\"tablespaces\":[\"4294967296\"],\"4294967296\":{\"loc\":"
    "\"/x\"}}}",
    "{\"Spec\":{\"tablespaces\":[\"7\"],\"7\":{\"loc\":\"/x\",\"loc_hex\":"
    "\"2\"}}}",
    "{\"Spec\":{\"tablespaces\":[\"7\"],\"7\":{\"loc\":\"/x\",\"loc_hex\":"
    "\"2f00\"}}}",
    "{\"Spec\":{\"tablespaces\":[\"7\"],\"7\":{\"loc\":\"/x\",\"loc_hex\":"
    "\"2g\"}}}",
};

START_TEST(a_wrong_spec_is_damage)
{
	struct backup backup;
	struct err err = {0};

	ck_assert_int_eq(read_document(wrong[_i], &backup, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
	backup_free(&backup);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("backup_spec");
	TCase *tests = tcase_create("spec");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, no_tablespaces_are_an_empty_list);
	tcase_add_test(tests, tablespaces_have_wal_gs_form);
	tcase_add_loop_test(tests, a_location_of_any_bytes_comes_back, 0, 5);
	tcase_add_test(tests, absent_null_and_lower_case_are_read);
	tcase_add_loop_test(tests, a_wrong_spec_is_damage, 0,
			    (int)(sizeof wrong / sizeof wrong[0]));
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
