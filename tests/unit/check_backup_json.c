#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <jansson.h>

#include "common/catalog/backup.h"
#include "tests/unit/backup_sample.h"

#define FULL_NAME "base_0000000100000000000000BC"

/* As WAL-G writes them. */
static const char wal_g_sentinel[] =
    "{\"LSN\":3154116648,\"PgVersion\":150015,\"FinishLSN\":3154116904,"
    "\"SystemIdentifier\":7423523111234567890,"
    "\"UncompressedSize\":33554432000,\"CompressedSize\":8123456789,"
    "\"DataCatalogSize\":33600000000,\"Spec\":{\"base_prefix\":"
    "\"/var/lib/postgresql/15/main\",\"tablespaces\":[\"16385\"],"
    "\"16385\":{\"loc\":\"/mnt/ts\",\"link\":\"pg_tblspc/16385\"}},"
    "\"UserData\":{\"x\":1},\"ChkpNum\":null,\"Version\":2,"
    "\"StartTime\":\"2026-08-20T10:00:00.123456Z\","
    "\"FinishTime\":\"2026-08-20T10:05:00.5Z\","
    "\"DateFmt\":\"%Y-%m-%dT%H:%M:%S.%fZ\",\"Hostname\":\"db1\","
    "\"DataDir\":\"/var/lib/postgresql/15/main\",\"IsPermanent\":false}";

static const char wal_g_metadata[] =
    "{\"start_time\":\"2026-08-20T10:00:00.123456Z\",\"finish_time\":"
    "\"2026-08-20T10:05:00.5Z\",\"date_fmt\":\"%Y-%m-%dT%H:%M:%S.%fZ\","
    "\"hostname\":\"db1\",\"data_dir\":\"/var/lib/postgresql/15/main\","
    "\"pg_version\":150015,\"start_lsn\":3154116648,"
    "\"finish_lsn\":3154116904,\"is_permanent\":true,"
    "\"system_identifier\":7423523111234567890,"
    "\"uncompressed_size\":33554432000,\"compressed_size\":8123456789,"
    "\"user_data\":{\"y\": [1.10, 18446744073709551615]}}";

static int
read_text(const char *name, const char *json, struct backup *backup,
	  struct err *err)
{
	backup_init(backup);
	memset(err, 0, sizeof *err);
	return backup_read_sentinel(name, json, strlen(json), backup, err);
}

static struct buf
sample_sentinel(const char *name)
{
	struct buf json = BUF_INIT(BACKUP_JSON_MAX);
	struct backup backup;
	struct err err = {0};

	backup_sample(&backup, name);
	ck_assert_int_eq(backup_write_sentinel(&backup, &json, &err), 0);
	backup_free(&backup);
	return json;
}

START_TEST(wal_gs_sentinel_is_read)
{
	struct backup backup;
	struct err err;

	ck_assert_int_eq(read_text(FULL_NAME, wal_g_sentinel, &backup, &err),
			 0);
	ck_assert_str_eq(backup.name, FULL_NAME);
	ck_assert(backup.start_lsn == 3154116648);
	ck_assert(backup.finish_lsn == 3154116904);
	ck_assert(backup.system_identifier == 7423523111234567890);
	ck_assert_int_eq(backup.pg_version, 150015);
	ck_assert_uint_eq(backup.timeline, 1);
	ck_assert_uint_eq(backup.segment_size, 16 << 20);
	ck_assert(backup.uncompressed_size == 33554432000);
	ck_assert(backup.compressed_size == 8123456789);
	ck_assert(backup.data_size == 33600000000);
	ck_assert_int_eq(backup.start_time.tv_sec, 1787220000);
	ck_assert_int_eq(backup.start_time.tv_nsec, 123456000);
	ck_assert_int_eq(backup.finish_time.tv_nsec, 500000000);
	ck_assert_str_eq(backup.hostname, "db1");
	ck_assert_str_eq(backup.data_directory, "/var/lib/postgresql/15/main");
	ck_assert_str_eq(backup.label, "");
	ck_assert_str_eq(backup.user_data, "{\"x\":1}");
	ck_assert_ptr_null(backup.writer);
	ck_assert(!backup.permanent);
	ck_assert(!backup.delta);
	ck_assert_uint_eq(backup.digest_count, 0);
	ck_assert_uint_eq(backup.tablespaces.count, 1);
	ck_assert_uint_eq(backup.tablespaces.entries[0].oid, 16385);
	ck_assert_str_eq(backup.tablespaces.entries[0].location, "/mnt/ts");
	backup_free(&backup);
}
END_TEST

START_TEST(wal_gs_delta_is_read)
{
	static const char json[] =
	    "{\"LSN\":3154116648,\"DeltaLSN\":3137339432,"
	    "\"DeltaFrom\":\"base_0000000100000000000000BB\",\"DeltaFullName\":"
	    "\"base_0000000100000000000000BA\",\"DeltaCount\":2}";
	struct backup backup;
	struct err err;

	ck_assert_int_eq(read_text(SAMPLE_DELTA, json, &backup, &err), 0);
	ck_assert(backup.delta);
	ck_assert(backup.delta_lsn == 3137339432);
	ck_assert_str_eq(backup.delta_from, "base_0000000100000000000000BB");
	ck_assert_str_eq(backup.delta_full, "base_0000000100000000000000BA");
	ck_assert_uint_eq(backup.delta_count, 2);
	backup_free(&backup);
}
END_TEST

/* Every field is compared by what a second writing makes of it. */
START_TEST(what_is_written_is_read_back)
{
	const char *name = _i == 0 ? SAMPLE_FULL : SAMPLE_DELTA;
	struct buf json = sample_sentinel(name);
	struct buf again = BUF_INIT(BACKUP_JSON_MAX);
	struct backup backup;
	struct err err;

	ck_assert_int_eq(read_text(name, buf_text(&json), &backup, &err), 0);
	ck_assert_str_eq(backup.writer, "walnut " WALNUT_VERSION);
	ck_assert_str_eq(backup.label, "nightly \"x\"");
	ck_assert_uint_eq(backup.digest_count, 2);
	ck_assert_uint_eq(backup.digests[0].crc32c, 0x00c0ffee);
	ck_assert(backup.digests[0].size == 8123456789);
	ck_assert(backup.from_standby && backup.permanent);
	ck_assert_uint_eq(backup.file_count, 1234);
	ck_assert_int_eq(backup_write_sentinel(&backup, &again, &err), 0);
	ck_assert_str_eq(buf_text(&again), buf_text(&json));
	backup_free(&backup);
	buf_free(&again);
	buf_free(&json);
}
END_TEST

START_TEST(the_sentinel_has_wal_gs_keys_and_types)
{
	struct buf json = sample_sentinel(_i == 0 ? SAMPLE_FULL : SAMPLE_DELTA);
	json_t *root = json_loadb(json.data, json.len, 0, NULL);
	json_t *wal_g = json_loads(wal_g_sentinel, 0, NULL);
	const char *key;
	json_t *value;
	json_t *own;
	const char *start;

	ck_assert_ptr_nonnull(root);
	json_object_foreach(wal_g, key, value)
	{
		if (json_is_null(value))
			continue;
		own = json_object_get(root, key);
		ck_assert_msg(own != NULL, "%s is missing", key);
		if (!json_is_boolean(value))
			ck_assert_int_eq((int)json_typeof(own),
					 (int)json_typeof(value));
	}
	ck_assert_int_eq(json_object_get(root, "DeltaLSN") != NULL, _i);
	ck_assert_int_eq(json_object_get(root, "DeltaFrom") != NULL, _i);
	ck_assert_int_eq(json_object_get(root, "DeltaFullName") != NULL, _i);
	ck_assert_int_eq(json_object_get(root, "DeltaCount") != NULL, _i);
	ck_assert_int_eq(json_integer_value(json_object_get(root, "Version")),
			 2);
	start = json_string_value(json_object_get(root, "StartTime"));
	ck_assert_str_eq(start, "2026-08-20T10:00:00.123456Z");
	ck_assert(json_equal(json_object_get(root, "Spec"),
			     json_object_get(wal_g, "Spec")));
	json_decref(wal_g);
	json_decref(root);
	buf_free(&json);
}
END_TEST

START_TEST(every_flipped_bit_in_a_sentinel_is_damage)
{
	const char *name = _i == 0 ? SAMPLE_FULL : SAMPLE_DELTA;
	struct buf json = sample_sentinel(name);
	struct backup backup;
	struct err err;
	size_t bit;

	for (bit = 0; bit < json.len * 8; bit++) {
		int result;

		json.data[bit / 8] ^= (char)(1 << bit % 8);
		backup_init(&backup);
		memset(&err, 0, sizeof err);
		result = backup_read_sentinel(name, json.data, json.len,
					      &backup, &err);
		ck_assert_msg(result == -1, "bit %zu", bit);
		ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
		ck_assert(strstr(err.message, name) != NULL);
		backup_free(&backup);
		json.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	buf_free(&json);
}
END_TEST

START_TEST(every_cut_sentinel_is_damage)
{
	struct buf json = sample_sentinel(SAMPLE_FULL);
	struct backup backup;
	struct err err;
	size_t len;

	for (len = 0; len < json.len; len++) {
		backup_init(&backup);
		ck_assert_int_eq(backup_read_sentinel(SAMPLE_FULL, json.data,
						      len, &backup, &err),
				 -1);
		ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
		backup_free(&backup);
	}
	for (len = 0; len < 4; len++) {
		ck_assert_int_eq(buf_append(&json, &" \n}x"[len], 1, &err), 0);
		ck_assert_int_eq(
		    read_text(SAMPLE_FULL, buf_text(&json), &backup, &err), -1);
		backup_free(&backup);
		json.data[--json.len] = '\0';
	}
	buf_free(&json);
}
END_TEST

/* A user's data may look like the keys that speak for the checksum. */
START_TEST(only_keys_of_the_document_itself_demand_a_checksum)
{
	struct backup backup;
	struct err err;

	ck_assert_int_eq(
	    read_text(FULL_NAME,
		      "{\"LSN\":3154116648,\"UserData\":{\"Checksum\":1,"
		      "\"WalnutVersion\":2},\"Hostname\":\"Checksum\"}",
		      &backup, &err),
	    0);
	backup_free(&backup);
	ck_assert_int_eq(read_text(FULL_NAME,
				   "{\"LSN\":3154116648,\"Checksum\":null}",
				   &backup, &err),
			 -1);
	backup_free(&backup);
	ck_assert_int_eq(
	    read_text(FULL_NAME,
		      "{\"LSN\":3154116648,\"WalnutVersion\":\"0.1.0\"}",
		      &backup, &err),
	    -1);
	ck_assert(strstr(err.message, "checksum") != NULL);
	backup_free(&backup);
}
END_TEST

#define LSN "{\"LSN\":3154116648,"
#define DIGEST(name, crc)                                                      \
	LSN "\"Objects\":[{\"Name\":\"" name "\",\"Size\":1,\"CRC32C\":\"" crc \
	    "\"}]}"

static const struct {
	const char *name;
	const char *json;
	const char *words;
} wrong[] = {
    {"base_1", "{\"LSN\":3154116648}", "not a backup's name"},
    {FULL_NAME, "{}", "\"LSN\" is missing"},
    {FULL_NAME, "{\"LSN\":null}", "\"LSN\" is missing"},
    {FULL_NAME, "{\"LSN\":-1}", "\"LSN\""},
    {FULL_NAME, "{\"LSN\":\"BC000028\"}", "\"LSN\""},
    {FULL_NAME, LSN "\"FinishLSN\":5}", "ends before"},
    {FULL_NAME, LSN "\"StartTime\":\"now\"}", "StartTime"},
    {FULL_NAME, LSN "\"Hostname\":1}", "Hostname"},
    {FULL_NAME, LSN "\"IsPermanent\":\"no\"}", "IsPermanent"},
    {FULL_NAME, LSN "\"PgVersion\":99999999999}", "PgVersion"},
    {FULL_NAME, LSN "\"WalSegmentSize\":12345}", "segment"},
    {FULL_NAME, LSN "\"Timeline\":0}", "Timeline"},
    {FULL_NAME, LSN "\"DeltaCount\":1}", "base"},
    {FULL_NAME,
     LSN "\"DeltaLSN\":1,\"DeltaFrom\":\"base_0000000100000000000000BB\","
	 "\"DeltaFullName\":\"base_0000000100000000000000BB\","
	 "\"DeltaCount\":1}",
     "delta"},
    {SAMPLE_DELTA, "{\"LSN\":3154116648}", "delta"},
    {SAMPLE_DELTA,
     LSN "\"DeltaLSN\":1,\"DeltaFrom\":\"../x\",\"DeltaFullName\":"
	 "\"base_0000000100000000000000BB\",\"DeltaCount\":1}",
     "base"},
    {SAMPLE_DELTA,
     LSN "\"DeltaFrom\":\"base_0000000100000000000000BB\",\"DeltaFullName\":"
	 "\"base_0000000100000000000000BB\",\"DeltaCount\":1}",
     "base"},
    {FULL_NAME, LSN "\"Objects\":{}}", "Objects"},
    {FULL_NAME, LSN "\"Objects\":[1]}", "Objects"},
    {FULL_NAME, DIGEST("../x", "00000000"), "Objects"},
    {FULL_NAME, DIGEST("x", "0000000"), "Objects"},
    {FULL_NAME, DIGEST("x", "0000000G"), "Objects"},
    {FULL_NAME, DIGEST("/etc/passwd", "00000000"), "Objects"},
};

START_TEST(a_sentinel_that_makes_no_sense_is_damage)
{
	struct backup backup;
	struct err err;

	ck_assert_int_eq(
	    read_text(wrong[_i].name, wrong[_i].json, &backup, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
	ck_assert_msg(strstr(err.message, wrong[_i].words) != NULL, "%s",
		      err.message);
	ck_assert(strstr(err.message, wrong[_i].name) != NULL);
	backup_free(&backup);
}
END_TEST

START_TEST(a_system_identifier_uses_all_64_bits)
{
	struct buf json = BUF_INIT(BACKUP_JSON_MAX);
	struct backup backup;
	struct err err = {0};

	backup_sample(&backup, SAMPLE_FULL);
	backup.system_identifier = UINT64_MAX - 1;
	ck_assert_int_eq(backup_write_sentinel(&backup, &json, &err), 0);
	ck_assert(strstr(buf_text(&json),
			 "\"SystemIdentifier\": 18446744073709551614,") !=
		  NULL);
	backup_free(&backup);
	ck_assert_int_eq(read_text(SAMPLE_FULL, buf_text(&json), &backup, &err),
			 0);
	ck_assert(backup.system_identifier == UINT64_MAX - 1);
	backup_free(&backup);
	buf_free(&json);
}
END_TEST

START_TEST(metadata_wins_where_it_is_newer_and_fills_what_lacks)
{
	struct backup backup;
	struct err err;
	size_t len = strlen(wal_g_metadata);

	ck_assert_int_eq(read_text(FULL_NAME, wal_g_sentinel, &backup, &err),
			 0);
	backup.hostname[0] = 'D';
	ck_assert_int_eq(
	    backup_read_metadata(wal_g_metadata, len, &backup, &err), 0);
	ck_assert(backup.permanent);
	ck_assert_str_eq(backup.user_data,
			 "{\"y\":[1.10,18446744073709551615]}");
	ck_assert_str_eq(backup.hostname, "Db1");
	backup_free(&backup);

	ck_assert_int_eq(
	    read_text(FULL_NAME, "{\"LSN\":3154116648}", &backup, &err), 0);
	ck_assert_int_eq(
	    backup_read_metadata(wal_g_metadata, len, &backup, &err), 0);
	ck_assert_str_eq(backup.hostname, "db1");
	ck_assert_int_eq(backup.pg_version, 150015);
	ck_assert(backup.finish_lsn == 3154116904);
	ck_assert(backup.system_identifier == 7423523111234567890);
	ck_assert(backup.compressed_size == 8123456789);
	ck_assert_int_eq(backup.start_time.tv_sec, 1787220000);
	backup_free(&backup);
}
END_TEST

START_TEST(written_metadata_has_wal_gs_keys_and_is_read_back)
{
	struct buf json = BUF_INIT(BACKUP_JSON_MAX);
	struct backup backup;
	struct backup other;
	struct err err = {0};
	json_t *wal_g = json_loads(wal_g_metadata, 0, NULL);
	json_t *root;
	const char *key;
	json_t *value;

	backup_sample(&backup, SAMPLE_FULL);
	ck_assert_int_eq(backup_write_metadata(&backup, &json, &err), 0);
	root = json_loadb(json.data, json.len, 0, NULL);
	ck_assert_ptr_nonnull(root);
	json_object_foreach(wal_g, key, value)
	    ck_assert_msg(json_object_get(root, key) != NULL, "%s", key);
	backup_init(&other);
	ck_assert_int_eq(
	    backup_read_metadata(json.data, json.len, &other, &err), 0);
	ck_assert(other.permanent);
	ck_assert_str_eq(other.user_data, "{\"x\":1.10}");
	backup_free(&other);
	json_decref(root);
	json_decref(wal_g);
	backup_free(&backup);
	buf_free(&json);
}
END_TEST

START_TEST(metadata_must_tell_the_permanent_mark)
{
	static const char *const texts[] = {"{}", "{\"is_permanent\":null}",
					    "{\"is_permanent\":1}", "[]", ""};
	struct backup backup;
	struct err err = {0};

	backup_sample(&backup, SAMPLE_FULL);
	ck_assert_int_eq(
	    backup_read_metadata(texts[_i], strlen(texts[_i]), &backup, &err),
	    -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
	ck_assert(strstr(err.message, SAMPLE_FULL "/metadata.json") != NULL);
	backup_free(&backup);
}
END_TEST

START_TEST(a_document_that_does_not_fit_is_reported)
{
	struct buf whole = sample_sentinel(SAMPLE_FULL);
	struct buf json = BUF_INIT(0);
	struct backup backup;
	struct err err = {0};

	backup_sample(&backup, SAMPLE_FULL);
	for (json.limit = 0; json.limit < whole.len; json.limit++) {
		buf_clear(&json);
		ck_assert_int_eq(backup_write_sentinel(&backup, &json, &err),
				 -1);
		ck_assert_int_eq((int)err.kind, (int)ERR_SYSTEM);
	}
	backup_free(&backup);
	buf_free(&json);
	buf_free(&whole);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("backup_json");
	TCase *tests = tcase_create("documents");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, wal_gs_sentinel_is_read);
	tcase_add_test(tests, wal_gs_delta_is_read);
	tcase_add_loop_test(tests, what_is_written_is_read_back, 0, 2);
	tcase_add_loop_test(tests, the_sentinel_has_wal_gs_keys_and_types, 0,
			    2);
	tcase_add_loop_test(tests, every_flipped_bit_in_a_sentinel_is_damage, 0,
			    2);
	tcase_add_test(tests, every_cut_sentinel_is_damage);
	tcase_add_test(tests,
		       only_keys_of_the_document_itself_demand_a_checksum);
	tcase_add_loop_test(tests, a_sentinel_that_makes_no_sense_is_damage, 0,
			    (int)(sizeof wrong / sizeof wrong[0]));
	tcase_add_test(tests, a_system_identifier_uses_all_64_bits);
	tcase_add_test(tests,
		       metadata_wins_where_it_is_newer_and_fills_what_lacks);
	tcase_add_test(tests,
		       written_metadata_has_wal_gs_keys_and_is_read_back);
	tcase_add_loop_test(tests, metadata_must_tell_the_permanent_mark, 0, 5);
	tcase_add_test(tests, a_document_that_does_not_fit_is_reported);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
