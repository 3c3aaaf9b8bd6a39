#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crc32c.h"
#include "common/pg/manifest.h"
#include "common/stream/ends.h"
#include "tests/unit/failing_sink.h"
#include "tests/unit/manifest_told.h"

/* What pg_basebackup of version 15 wrote, most files left out. */
static const char real[] =
    "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n"
    "\"Files\": [\n"
    "{ \"Path\": \"backup_label\", \"Size\": 225, "
    "\"Last-Modified\": \"2026-11-21 04:28:02 GMT\", "
    "\"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"0237863c\" },\n"
    "{ \"Path\": \"PG_VERSION\", \"Size\": 3, "
    "\"Last-Modified\": \"2026-11-21 04:28:02 GMT\", "
    "\"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"8a744722\" },\n"
    "{ \"Path\": \"global/pg_control\", \"Size\": 8192, "
    "\"Last-Modified\": \"2026-11-21 04:28:03 GMT\", "
    "\"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"43872087\" }\n"
    "],\n"
    "\"WAL-Ranges\": [\n"
    "{ \"Timeline\": 1, \"Start-LSN\": \"0/2000028\", "
    "\"End-LSN\": \"0/2000100\" }\n"
    "],\n"
    "\"Manifest-Checksum\": \"eaa23356c4aa64f6b6b00f38c65c1a95a85144c"
    "61718b635f67e61c17c2a29b3\"}\n";

static const char empty[] =
    "{ \"PostgreSQL-Backup-Manifest-Version\": 2,\n"
    "\"System-Identifier\": 18446744073709551615,\n"
    "\"Files\": [\n"
    "],\n"
    "\"WAL-Ranges\": [\n"
    "],\n"
    "\"Manifest-Checksum\": \"2aa26673cf1d1c3f1360087650247bdae8261ad6d5ea217dc"
    "5981fcbed395202\"}\n";

START_TEST(a_servers_manifest_is_read_in_pieces_of_any_size)
{
	for (size_t piece = 1; piece <= sizeof(real); piece++) {
		struct manifest_told told = {0};
		struct err err = {0};

		ck_assert_msg(manifest_told_read(real, strlen(real), piece,
						 &told, &err) == 0,
			      "%s", err.message);
		ck_assert_uint_eq(told.files, 3);
		ck_assert_str_eq(told.paths[0], "backup_label");
		ck_assert_str_eq(told.paths[2], "global/pg_control");
		ck_assert_uint_eq(told.kept[2].size, 8192);
		ck_assert_int_eq(told.kept[1].modified.tv_sec, 1795235282);
		ck_assert(told.kept[1].has_crc32c);
		/* The server's own checksum of that file's contents. */
		ck_assert_uint_eq(told.kept[1].crc32c,
				  crc32c_update(0, "15\n", 3));
		ck_assert_uint_eq(told.ranges, 1);
		ck_assert_uint_eq(told.range[0].timeline, 1);
		ck_assert_uint_eq(told.range[0].start, 0x2000028);
		ck_assert_uint_eq(told.range[0].end, 0x2000100);
	}
}
END_TEST

/* Write the real manifest again. */
static void
write_real(struct sink *next, int *status, struct err *err)
{
	static const struct manifest_file files[] = {
	    {.path = "backup_label",
	     .size = 225,
	     .modified = {1795235282, 999999999},
	     .crc32c = 0x3c863702},
	    {.path = "PG_VERSION",
	     .size = 3,
	     .modified = {1795235282, 0},
	     .crc32c = 0x2247748a},
	    {.path = "global/pg_control",
	     .size = 8192,
	     .modified = {1795235283, 1},
	     .crc32c = 0x87208743},
	};
	static const struct manifest_range range = {1, 0x2000028, 0x2000100};
	struct manifest_writer *writer = manifest_writer_new(15, 42, next, err);

	*status = writer ? 0 : -1;
	for (size_t i = 0; i < 3 && *status == 0; i++)
		*status = manifest_writer_file(writer, &files[i], err);
	if (*status == 0)
		*status = manifest_writer_finish(writer, &range, 1, err);
	manifest_writer_free(writer);
}

START_TEST(a_manifest_is_written_as_the_server_writes_it)
{
	struct buf text = BUF_INIT(10000);
	struct err err = {0};
	int status;

	write_real(ends_memory(&text, &err), &status, &err);
	ck_assert_msg(status == 0, "%s", err.message);
	ck_assert_str_eq(buf_text(&text), real);
	buf_free(&text);
}
END_TEST

START_TEST(a_manifest_of_no_files_is_written_and_read)
{
	struct buf text = BUF_INIT(10000);
	struct manifest_told told = {0};
	struct err err = {0};
	struct manifest_writer *writer =
	    manifest_writer_new(17, UINT64_MAX, ends_memory(&text, &err), &err);

	ck_assert_ptr_nonnull(writer);
	ck_assert_int_eq(manifest_writer_finish(writer, NULL, 0, &err), 0);
	manifest_writer_free(writer);
	ck_assert_str_eq(buf_text(&text), empty);
	ck_assert_int_eq(
	    manifest_told_read(text.data, text.len, 1000, &told, &err), 0);
	ck_assert_uint_eq(told.files + told.ranges, 0);
	buf_free(&text);
}
END_TEST

START_TEST(every_failure_below_the_writer_is_reported)
{
	unsigned at = 0;
	int status;

	do {
		struct err err = {0};
		struct failing_sink plan = {.fail_at = ++at,
					    .kind = ERR_UNREACHABLE,
					    .message = "the store is gone"};

		write_real(failing_sink_new(&plan, &err), &status, &err);
		ck_assert_uint_eq(plan.freed, 1);
		if (status == -1) {
			ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
			ck_assert_ptr_nonnull(
			    strstr(err.message, "the store is gone"));
			ck_assert_uint_eq(plan.finished, 0);
		} else {
			ck_assert_uint_eq(plan.finished, 1);
		}
	} while (status == -1);
	ck_assert_uint_ge(at, 3);
}
END_TEST

static const char *const paths[] = {
    "plain",
    "with \"quotes\" and \\",
    "caf\xc3\xa9/\xf0\x9f\x90\x98",
    "not utf-8 \xe9",
    "\xff",
    "cut \xc3",
    "surrogate \xed\xa0\x80",
    "new\nline\r\ttab\x01\x1f\x7f",
    "},",
    "],",
};

START_TEST(a_path_of_any_bytes_survives_on_one_line)
{
	struct buf text = BUF_INIT(10000);
	struct manifest_file file = {.path = paths[_i],
				     .size = UINT64_C(0x7fffffffffffffff),
				     .modified = {-1, 0},
				     .crc32c = 0x01020304};
	struct manifest_told told = {0};
	struct err err = {0};
	struct manifest_writer *writer =
	    manifest_writer_new(13, 0, ends_memory(&text, &err), &err);
	size_t lines = 0;

	ck_assert_ptr_nonnull(writer);
	ck_assert_int_eq(manifest_writer_file(writer, &file, &err), 0);
	ck_assert_int_eq(manifest_writer_finish(writer, NULL, 0, &err), 0);
	manifest_writer_free(writer);
	for (const char *at = buf_text(&text); *at; at++)
		lines += *at == '\n';
	ck_assert_uint_eq(lines, 7);
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "\"04030201\""));
	ck_assert_msg(manifest_told_read(text.data, text.len, 5, &told, &err) ==
			  0,
		      "%s", err.message);
	ck_assert_uint_eq(told.files, 1);
	ck_assert_str_eq(told.paths[0], paths[_i]);
	ck_assert_uint_eq(told.kept[0].size, file.size);
	ck_assert_int_eq(told.kept[0].modified.tv_sec, -1);
	ck_assert_uint_eq(told.kept[0].crc32c, file.crc32c);
	buf_free(&text);
}
END_TEST

START_TEST(only_a_path_that_is_not_utf_8_is_encoded)
{
	struct buf text = BUF_INIT(10000);
	struct manifest_file plain = {.path = "caf\xc3\xa9"};
	struct manifest_file encoded = {.path = "caf\xe9"};
	struct err err = {0};
	struct manifest_writer *writer =
	    manifest_writer_new(15, 0, ends_memory(&text, &err), &err);

	ck_assert_ptr_nonnull(writer);
	ck_assert_int_eq(manifest_writer_file(writer, &plain, &err), 0);
	ck_assert_int_eq(manifest_writer_file(writer, &encoded, &err), 0);
	ck_assert_int_eq(manifest_writer_finish(writer, NULL, 0, &err), 0);
	manifest_writer_free(writer);
	ck_assert_ptr_nonnull(
	    strstr(buf_text(&text), "{ \"Path\": \"caf\xc3\xa9\", "));
	ck_assert_ptr_nonnull(
	    strstr(buf_text(&text), "{ \"Encoded-Path\": \"636166e9\", "));
	buf_free(&text);
}
END_TEST

START_TEST(times_beyond_four_digits_of_a_year_are_the_nearest)
{
	static const struct {
		int64_t given;
		int64_t back;
	} times[] = {
	    {0, 0},
	    {INT64_C(253402300799), INT64_C(253402300799)},
	    {INT64_C(253402300800), INT64_C(253402300799)},
	    {INT64_MAX, INT64_C(253402300799)},
	    {INT64_C(-62135596800), INT64_C(-62135596800)},
	    {INT64_MIN, INT64_C(-62135596800)},
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct buf text = BUF_INIT(10000);
		struct manifest_file file = {.path = "x",
					     .modified = {times[i].given, 0}};
		struct manifest_told told = {0};
		struct err err = {0};
		struct manifest_writer *writer =
		    manifest_writer_new(15, 0, ends_memory(&text, &err), &err);

		ck_assert_ptr_nonnull(writer);
		ck_assert_int_eq(manifest_writer_file(writer, &file, &err), 0);
		ck_assert_int_eq(manifest_writer_finish(writer, NULL, 0, &err),
				 0);
		manifest_writer_free(writer);
		ck_assert_msg(manifest_told_read(text.data, text.len, 500,
						 &told, &err) == 0,
			      "%s", err.message);
		ck_assert_int_eq(told.kept[0].modified.tv_sec, times[i].back);
		buf_free(&text);
	}
}
END_TEST

/* Sums up what is told, so that nothing of it need be kept. */
static int
sum_file(void *context, const struct manifest_file *file, struct err *err)
{
	uint64_t *sum = context;
	char path[64];

	(void)snprintf(path, sizeof(path), "base/5/%llu\xe9",
		       (unsigned long long)file->size);
	if (strcmp(path, file->path) != 0 ||
	    file->crc32c != file->size * UINT32_C(2654435761) % UINT32_MAX)
		return err_set(err, ERR_REFUSED, "not what was written");
	*sum += file->size;
	return 0;
}

START_TEST(ten_thousand_files_pass_through)
{
	const struct manifest_ops ops = {.file = sum_file,
					 .range = manifest_told_ops.range};
	struct err err = {0};
	uint64_t sum = 0;
	struct sink *reader = manifest_reader_new(&ops, &sum, &err);
	struct manifest_writer *writer =
	    manifest_writer_new(17, 1, reader, &err);

	ck_assert_ptr_nonnull(writer);
	for (uint64_t i = 0; i < 10000; i++) {
		char path[64];
		struct manifest_file file = {
		    .path = path,
		    .size = i,
		    .crc32c = (uint32_t)(i * UINT32_C(2654435761) % UINT32_MAX),
		};

		(void)snprintf(path, sizeof(path), "base/5/%llu\xe9",
			       (unsigned long long)i);
		ck_assert_msg(manifest_writer_file(writer, &file, &err) == 0,
			      "%s", err.message);
	}
	ck_assert_msg(manifest_writer_finish(writer, NULL, 0, &err) == 0, "%s",
		      err.message);
	ck_assert_uint_eq(sum, UINT64_C(10000) * 9999 / 2);
	manifest_writer_free(writer);
}
END_TEST

START_TEST(every_truncation_is_damaged)
{
	for (size_t len = 0; len < strlen(real); len++) {
		struct manifest_told told = {0};
		struct err err = {0};

		ck_assert_msg(manifest_told_read(real, len, 100, &told, &err) ==
				  -1,
			      "%zu", len);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
	}
}
END_TEST

START_TEST(every_flipped_bit_is_damaged)
{
	char text[sizeof(real)];

	memcpy(text, real, sizeof(real));
	for (size_t bit = 0; bit < strlen(real) * 8; bit++) {
		char mask = (char)(1u << bit % 8);
		struct manifest_told told = {0};
		struct err err = {0};

		text[bit / 8] ^= mask;
		ck_assert_msg(manifest_told_read(text, strlen(real), 4096,
						 &told, &err) == -1,
			      "bit %zu", bit);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
		text[bit / 8] ^= mask;
	}
}
END_TEST

START_TEST(a_wrong_checksum_says_so_at_the_end)
{
	char text[sizeof(real)];
	struct manifest_told told = {0};
	struct err err = {0};

	memcpy(text, real, sizeof(real));
	*strstr(text, "225") = '3';
	ck_assert_int_eq(
	    manifest_told_read(text, strlen(text), 4096, &told, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, "checksum"));
	ck_assert_uint_eq(told.files, 3);
}
END_TEST

/* The beginning of a manifest, and a file in it. */
#define BEGIN                                            \
	"{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n" \
	"\"Files\": [\n"

static const char file_line[] = "{ \"Path\": \"a\", \"Size\": 1, "
				"\"Last-Modified\": "
				"\"2026-11-21 04:28:02 GMT\" }\n";

START_TEST(anything_behind_the_end_is_damaged)
{
	static const char *const more[] = {"\n", "x", "{}\n"};

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		char text[sizeof(real) + 10];
		struct manifest_told told = {0};
		struct err err = {0};

		(void)snprintf(text, sizeof(text), "%s%s", real, more[i]);
		ck_assert_int_eq(
		    manifest_told_read(text, strlen(text), 64, &told, &err),
		    -1);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
	}
}
END_TEST

/* A comparison as text would not see what follows it. */
START_TEST(a_nul_byte_is_damaged)
{
	static const char text[] = BEGIN "],\0x\n";
	struct manifest_told told = {0};
	struct err err = {0};

	ck_assert_int_eq(
	    manifest_told_read(text, sizeof(text) - 1, 64, &told, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, "line 3: not what"));
}
END_TEST

START_TEST(a_line_over_a_mebibyte_is_damaged)
{
	struct manifest_told told = {0};
	struct err err = {0};
	struct sink *reader =
	    manifest_reader_new(&manifest_told_ops, &told, &err);
	static char blanks[1024 * 1024];

	/* Blanks around a JSON object mean nothing, so the longest line that
	 * is allowed is a good one. */
	memset(blanks, ' ', sizeof(blanks));
	ck_assert_int_eq(sink_write_text(reader, BEGIN, &err), 0);
	ck_assert_int_eq(sink_write(reader, blanks,
				    sizeof(blanks) - strlen(file_line) + 1,
				    &err),
			 0);
	ck_assert_msg(sink_write_text(reader, file_line, &err) == 0, "%s",
		      err.message);
	ck_assert_int_eq(
	    sink_write_text(reader, "],\n\"WAL-Ranges\": [\n", &err), 0);
	ck_assert_int_eq(sink_write(reader, blanks, sizeof(blanks), &err), 0);
	ck_assert_int_eq(sink_write_text(reader, " ", &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, "longer than 1 MiB"));
	sink_free(reader);
}
END_TEST

START_TEST(a_callback_ends_the_reading_with_its_error)
{
	for (size_t at = 1; at <= 4; at++) {
		struct manifest_told told = {.fail_at = at};
		struct err err = {0};

		ck_assert_int_eq(
		    manifest_told_read(real, strlen(real), 4096, &told, &err),
		    -1);
		ck_assert_int_eq(err.kind, ERR_REFUSED);
		ck_assert_ptr_nonnull(strstr(err.message, "enough of it"));
		ck_assert_uint_eq(told.files + told.ranges, at);
	}
}
END_TEST

static void
add_writer_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_manifest_is_written_as_the_server_writes_it);
	tcase_add_test(tcase, a_manifest_of_no_files_is_written_and_read);
	tcase_add_test(tcase, every_failure_below_the_writer_is_reported);
	tcase_add_loop_test(tcase, a_path_of_any_bytes_survives_on_one_line, 0,
			    sizeof(paths) / sizeof(paths[0]));
	tcase_add_test(tcase, only_a_path_that_is_not_utf_8_is_encoded);
	tcase_add_test(tcase,
		       times_beyond_four_digits_of_a_year_are_the_nearest);
	tcase_add_test(tcase, ten_thousand_files_pass_through);
}

static void
add_reader_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_servers_manifest_is_read_in_pieces_of_any_size);
	tcase_add_test(tcase, every_truncation_is_damaged);
	tcase_add_test(tcase, every_flipped_bit_is_damaged);
	tcase_add_test(tcase, a_wrong_checksum_says_so_at_the_end);
	tcase_add_test(tcase, anything_behind_the_end_is_damaged);
	tcase_add_test(tcase, a_nul_byte_is_damaged);
	tcase_add_test(tcase, a_line_over_a_mebibyte_is_damaged);
	tcase_add_test(tcase, a_callback_ends_the_reading_with_its_error);
}

int
main(void)
{
	Suite *suite = suite_create("manifest");
	TCase *tcase = tcase_create("manifest");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	add_writer_tests(tcase);
	add_reader_tests(tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
