#include "archive/wal_file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/crc32c.h"
#include "common/base/path.h"
#include "common/pg/control_file.h"
#include "tests/unit/scratch.h"
#include "tests/unit/wal_sample.h"

#define SEGMENT "0000000200000001000000A3"
#define BACKUP_TEXT "START WAL LOCATION: 0/2000028 (file 0000)\n"

static char *scratch;
static struct wal_file file;
static struct err err;

static void
set_up(void)
{
	scratch = scratch_make();
}

static void
tear_down(void)
{
	wal_file_close(&file);
	scratch_remove(scratch);
}

static void
put(const char *name, const void *data, size_t len)
{
	char *path = path_join(scratch, name, &err);

	scratch_write(path, data, len);
	free(path);
}

/* Opens a file in the scratch directory; its path is let go, since nothing here
 * looks at it afterwards. */
static int
open_file(const char *name, const char *data_directory)
{
	char *path = path_join(scratch, name, &err);
	int result;

	memset(&err, 0, sizeof err);
	result = wal_file_open(path, data_directory, &file, &err);
	if (result != 0) {
		ck_assert_msg(strstr(err.message, path) != NULL, "%s",
			      err.message);
		ck_assert_int_eq(file.fd, -1);
	}
	free(path);
	return result;
}

static void
refuse(const char *name, const char *word)
{
	ck_assert_int_eq(open_file(name, scratch), -1);
	ck_assert_msg(err.kind == ERR_REFUSED, "%s", err.message);
	ck_assert_msg(strstr(err.message, "not archived") != NULL, "%s",
		      err.message);
	ck_assert_msg(strstr(err.message, word) != NULL, "%s", err.message);
}

static void
put_number(uint8_t *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* A pg_control of version 15 in the scratch directory. */
static void
put_control(void)
{
	uint8_t bytes[CONTROL_FILE_SIZE] = {0};
	char *path = path_join(scratch, "global", &err);

	put_number(bytes, WAL_SAMPLE_SYSTEM, 8);
	put_number(bytes + 8, 1300, 4);
	put_number(bytes + 12, 202209061, 4);
	put_number(bytes + 216, 8192, 4);
	put_number(bytes + 220, 131072, 4);
	put_number(bytes + 228, WAL_SAMPLE_SIZE, 4);
	put_number(bytes + 288, crc32c_update(0, bytes, 288), 4);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	free(path);
	put("global/pg_control", bytes, sizeof bytes);
}

static const char *const segments[] = {SEGMENT, SEGMENT ".partial"};

START_TEST(a_segment_tells_all_of_itself)
{
	uint8_t *data = wal_sample(SEGMENT, 1);

	put(segments[_i], data, WAL_SAMPLE_SIZE);
	ck_assert_msg(open_file(segments[_i], NULL) == 0, "%s", err.message);
	ck_assert_int_ge(file.fd, 0);
	ck_assert_uint_eq(file.size, WAL_SAMPLE_SIZE);
	ck_assert_uint_eq(file.system_identifier, WAL_SAMPLE_SYSTEM);
	ck_assert_uint_eq(file.name.timeline, 2);
	ck_assert_int_eq((int)file.name.kind,
			 _i == 0 ? WAL_SEGMENT : WAL_PARTIAL);
	free(data);
}
END_TEST

static const struct {
	size_t at; /* bytes of the header that are changed */
	uint64_t value;
	size_t bytes;
} headers[] = {
    {0, 0, 2},                    /* no magic */
    {0, 0xFFFF, 2},               /* an unknown one */
    {2, 0, 2},                    /* not a first page */
    {4, 3, 4},                    /* a timeline above the name's */
    {4, 0, 4},                    /* none */
    {8, 0x1A200000, 8},           /* another segment's address */
    {8, 0x10A300001, 8},          /* not a segment's */
    {32, 2 * WAL_SAMPLE_SIZE, 4}, /* another size than the file's */
    {32, 1000000, 4},             /* an impossible one */
    {32, 0, 4},
};

START_TEST(a_header_that_does_not_fit_is_refused)
{
	uint8_t *data = wal_sample(SEGMENT, 2);

	put(SEGMENT, data, WAL_SAMPLE_SIZE);
	ck_assert_msg(open_file(SEGMENT, NULL) == 0, "%s", err.message);
	wal_file_close(&file);
	put_number(data + headers[_i].at, headers[_i].value, headers[_i].bytes);
	for (size_t i = 0; i < 2; i++) {
		put(segments[i], data, WAL_SAMPLE_SIZE);
		refuse(segments[i], segments[i]);
	}
	free(data);
}
END_TEST

static const size_t sizes[] = {
    0,
    1,
    39,
    40,
    8192,
    WAL_SAMPLE_SIZE / 2,
    WAL_SAMPLE_SIZE - 1,
    WAL_SAMPLE_SIZE + 1,
};

START_TEST(a_segment_of_another_size_is_refused)
{
	uint8_t *data = wal_sample(SEGMENT, 2);
	uint8_t *longer = realloc(data, WAL_SAMPLE_SIZE + 1);

	ck_assert_ptr_nonnull(longer);
	longer[WAL_SAMPLE_SIZE] = 0;
	for (size_t i = 0; i < 2; i++) {
		put(segments[i], longer, sizes[_i]);
		refuse(segments[i], "");
	}
	free(longer);
}
END_TEST

static const char *const names[] = {
    "RECOVERYXLOG",
    "archive_status",
    "0000000200000001000000A3.zst",
    "0000000200000001000000a3",
    "0000000200000001000000A",
    "0000000200000001000000A30",
    "0000000000000001000000A3",
    "0000000200000001000000A3.tmp",
    "00000002.History",
    "00000000.history",
    "postgresql.conf",
    ".0000000200000001000000A3",
    "xlogtemp.123",
};

START_TEST(a_name_that_is_not_a_wal_files_is_refused)
{
	uint8_t *data = wal_sample(SEGMENT, 2);

	put(names[_i], data, WAL_SAMPLE_SIZE);
	refuse(names[_i], "not the name of a WAL file");
	free(data);
}
END_TEST

START_TEST(what_is_not_a_regular_file_is_refused)
{
	char *path = path_join(scratch, SEGMENT, &err);

	ck_assert_int_eq(mkdir(path, 0700), 0);
	refuse(SEGMENT, "not a regular file");
	ck_assert_int_eq(rmdir(path), 0);
	/* nor does it wait for someone to write into this one */
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refuse(SEGMENT, "not a regular file");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/dev/zero", path), 0);
	refuse(SEGMENT, "not a regular file");
	free(path);
}
END_TEST

START_TEST(a_missing_file_is_no_answer_about_the_archive)
{
	static const char *const missing[] = {SEGMENT, "00000002.history",
					      "nowhere/" SEGMENT,
					      SEGMENT ".00000028.backup"};

	ck_assert_int_eq(open_file(missing[_i], NULL), -1);
	ck_assert_int_eq((int)err.kind, ERR_SYSTEM);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
} texts[] = {
    {"00000002.history", "1\t0/3000000\tno recovery target\n"},
    {"00000003.history", "# why\n\n1\t0/3000000\ta\n2\t1/A0000000\tb\n"},
    {SEGMENT ".00000028.backup", BACKUP_TEXT},
};

START_TEST(a_history_files_cluster_comes_from_pg_control)
{
	put_control();
	put(texts[_i].name, texts[_i].text, strlen(texts[_i].text));
	ck_assert_msg(open_file(texts[_i].name, scratch) == 0, "%s",
		      err.message);
	ck_assert_uint_eq(file.system_identifier, WAL_SAMPLE_SYSTEM);
	ck_assert_uint_eq(file.size, strlen(texts[_i].text));
}
END_TEST

START_TEST(without_pg_control_a_history_file_is_not_archived)
{
	put(texts[_i].name, texts[_i].text, strlen(texts[_i].text));
	ck_assert_int_eq(open_file(texts[_i].name, NULL), -1);
	ck_assert_int_eq((int)err.kind, ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(err.message, "which cluster"));
	ck_assert_str_ne(err.hint, "");
	wal_file_close(&file);
	memset(&err, 0, sizeof err);
	ck_assert_int_eq(wal_file_open(texts[_i].name, scratch, &file, &err),
			 -1);
	ck_assert_int_eq(file.fd, -1);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
} wrong[] = {
    {"00000002.history", ""},
    {"00000002.history", "# nothing but this\n"},
    {"00000002.history", "x"},
    {"00000002.history", "2\t0/3000000\titself\n"},
    {"00000003.history", "2\t0/3000000\ta\n1\t0/4000000\tb\n"},
    {"00000003.history", "1\t0/3000000\ta\n2\t0/2000000\tb\n"},
    {"00000002.history", "1\tnowhere\n"},
    {SEGMENT ".00000028.backup", ""},
    {SEGMENT ".00000028.backup", "START WAL LOCATION"},
    {SEGMENT ".00000028.backup", "\nSTART WAL LOCATION: 0/2000028\n"},
    {SEGMENT ".00000028.backup", "1\t0/3000000\tno recovery target\n"},
};

START_TEST(a_history_file_that_does_not_parse_is_refused)
{
	put_control();
	put(wrong[_i].name, wrong[_i].text, strlen(wrong[_i].text));
	refuse(wrong[_i].name, "");
}
END_TEST

START_TEST(a_history_file_too_large_to_be_one_is_refused)
{
	size_t len = (1 << 20) + 1;
	char *text = malloc(len);

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', len);
	memcpy(text, BACKUP_TEXT, strlen(BACKUP_TEXT));
	put_control();
	put(texts[_i].name, text, len);
	refuse(texts[_i].name, "too large");
	free(text);
}
END_TEST

START_TEST(closing_what_was_never_opened_is_fine)
{
	struct wal_file never = {.fd = -1};

	wal_file_close(&never);
	wal_file_close(&never);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_segment_tells_all_of_itself, 0, 2);
	tcase_add_loop_test(tcase, a_header_that_does_not_fit_is_refused, 0,
			    (int)(sizeof headers / sizeof *headers));
	tcase_add_loop_test(tcase, a_segment_of_another_size_is_refused, 0,
			    (int)(sizeof sizes / sizeof *sizes));
	tcase_add_loop_test(tcase, a_name_that_is_not_a_wal_files_is_refused, 0,
			    (int)(sizeof names / sizeof *names));
	tcase_add_test(tcase, what_is_not_a_regular_file_is_refused);
	tcase_add_loop_test(
	    tcase, a_missing_file_is_no_answer_about_the_archive, 0, 4);
	tcase_add_loop_test(
	    tcase, a_history_files_cluster_comes_from_pg_control, 0, 3);
	tcase_add_loop_test(
	    tcase, without_pg_control_a_history_file_is_not_archived, 0, 3);
	tcase_add_loop_test(tcase,
			    a_history_file_that_does_not_parse_is_refused, 0,
			    (int)(sizeof wrong / sizeof *wrong));
	tcase_add_loop_test(
	    tcase, a_history_file_too_large_to_be_one_is_refused, 0, 3);
	tcase_add_test(tcase, closing_what_was_never_opened_is_fine);
}

int
main(void)
{
	Suite *suite = suite_create("wal_file");
	TCase *tcase = tcase_create("wal_file");
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
