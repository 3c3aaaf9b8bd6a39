#include "archive/wal_compare.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/path.h"
#include "tests/unit/scratch.h"
#include "tests/unit/stored_backup.h"
#include "tests/unit/wal_sample.h"

#define SEGMENT "000000010000000000000001"
#define HISTORY "00000002.history"

static char *scratch;
static char *path;
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
	free(path);
	scratch_remove(scratch);
}

/* Opened by hand: what wal_file_open refuses need not concern us here. */
static void
local(const char *name, const void *data, size_t len)
{
	FILE *opened;

	path = path_join(scratch, name, &err);
	scratch_write(path, data, len);
	opened = fopen(path, "re");
	ck_assert_ptr_nonnull(opened);
	file = (struct wal_file){
	    .path = path,
	    .fd = dup(fileno(opened)),
	    .size = len,
	    .system_identifier = WAL_SAMPLE_SYSTEM,
	};
	ck_assert_int_ge(file.fd, 0);
	(void)fclose(opened);
	ck_assert_int_eq(wal_name_parse(name, &file.name), 0);
}

static int
compare(const void *stored, size_t len, size_t step)
{
	memset(&err, 0, sizeof err);
	return stored_backup_push(wal_compare(&file, &err), stored, len, step,
				  &err);
}

static void
expect_difference(uint64_t at)
{
	char word[64];
	size_t len;

	ck_assert_msg(err.kind == ERR_EXISTS, "%s", err.message);
	(void)snprintf(word, sizeof word, "at byte %llu",
		       (unsigned long long)at);
	len = strlen(err.message);
	ck_assert_msg(len > strlen(word) &&
			  strcmp(err.message + len - strlen(word), word) == 0,
		      "\"%s\" does not end in \"%s\"", err.message, word);
}

static const size_t steps[] = {1000, 65535, 65536, 65537, 1 << 20, 1 << 22};

START_TEST(equal_content_is_equal_however_it_is_cut)
{
	uint8_t *data = wal_sample(SEGMENT, 1);

	local(SEGMENT, data, WAL_SAMPLE_SIZE);
	ck_assert_msg(compare(data, WAL_SAMPLE_SIZE, steps[_i]) == 0, "%s",
		      err.message);
	free(data);
}
END_TEST

START_TEST(empty_files_are_equal)
{
	local(HISTORY, "", 0);
	ck_assert_int_eq(compare("", 0, 1), 0);
	ck_assert_int_eq(compare("x", 1, 1), -1);
	expect_difference(0);
}
END_TEST

static const size_t places[] = {
    0, 1, 23, 40, 65535, 65536, 65537, 500000, WAL_SAMPLE_SIZE - 1,
};

START_TEST(the_first_byte_that_differs_is_told)
{
	uint8_t *data = wal_sample(SEGMENT, 1);

	local(SEGMENT, data, WAL_SAMPLE_SIZE);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		data[places[_i]] ^= 1;
		data[WAL_SAMPLE_SIZE - 1] ^= 4; /* a later one does not count */
		ck_assert_int_eq(compare(data, WAL_SAMPLE_SIZE, steps[i]), -1);
		expect_difference(places[_i]);
		data[places[_i]] ^= 1;
		data[WAL_SAMPLE_SIZE - 1] ^= 4;
	}
	free(data);
}
END_TEST

START_TEST(every_other_length_differs)
{
	static const char text[] = "1\t0/3000000\tno recovery target\nmore";
	size_t len = sizeof text - 5;

	local(HISTORY, text, len);
	for (size_t stored = 0; stored < sizeof text; stored++) {
		if (stored == len) {
			ck_assert_int_eq(compare(text, stored, 7), 0);
			continue;
		}
		ck_assert_int_eq(compare(text, stored, 7), -1);
		expect_difference(stored < len ? stored : len);
		ck_assert_ptr_nonnull(strstr(err.hint, "cannot be told"));
	}
}
END_TEST

START_TEST(the_hint_tells_two_clusters_from_two_histories_of_one)
{
	uint8_t *data = wal_sample(SEGMENT, 1);

	local(SEGMENT, data, WAL_SAMPLE_SIZE);
	data[100000] ^= 1;
	ck_assert_int_eq(compare(data, WAL_SAMPLE_SIZE, 10), -1);
	ck_assert_ptr_nonnull(
	    strstr(err.hint, "cluster 7423523111234567890 wrote both"));
	data[24] ^= 1; /* of the system identifier */
	ck_assert_int_eq(compare(data, WAL_SAMPLE_SIZE, 10), -1);
	ck_assert_ptr_nonnull(strstr(
	    err.hint, "cluster 7423523111234567891 wrote the archived file, "
		      "cluster 7423523111234567890 this one"));
	data[0] ^= 1; /* of the magic */
	ck_assert_int_eq(compare(data, WAL_SAMPLE_SIZE, 10), -1);
	ck_assert_ptr_nonnull(strstr(err.hint, "no valid header"));
	ck_assert_int_eq(compare(data, 39, 10), -1);
	ck_assert_ptr_nonnull(strstr(err.hint, "no valid header"));
	free(data);
}
END_TEST

/* What comes out of a damaged object differs, but it is the decoder's to say
 * what is wrong with it. */
START_TEST(a_difference_is_told_at_the_end)
{
	struct sink *sink;

	local(HISTORY, "abc", 3);
	sink = wal_compare(&file, &err);
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(sink_write(sink, "xbc", 3, &err), 0);
	ck_assert_int_eq(sink_write(sink, "and so on", 9, &err), 0);
	ck_assert_int_eq(sink_finish(sink, &err), -1);
	expect_difference(0);
	sink_free(sink);
}
END_TEST

START_TEST(a_local_file_that_cannot_be_read_is_not_a_difference)
{
	local(HISTORY, "abc", 3);
	wal_file_close(&file);
	ck_assert_int_eq(compare("abc", 3, 3), -1);
	ck_assert_int_ne((int)err.kind, ERR_EXISTS);
	ck_assert_ptr_nonnull(strstr(err.message, path));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wal_compare");
	TCase *tcase = tcase_create("wal_compare");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, equal_content_is_equal_however_it_is_cut, 0,
			    (int)(sizeof steps / sizeof *steps));
	tcase_add_test(tcase, empty_files_are_equal);
	tcase_add_loop_test(tcase, the_first_byte_that_differs_is_told, 0,
			    (int)(sizeof places / sizeof *places));
	tcase_add_test(tcase, every_other_length_differs);
	tcase_add_test(tcase,
		       the_hint_tells_two_clusters_from_two_histories_of_one);
	tcase_add_test(tcase, a_difference_is_told_at_the_end);
	tcase_add_test(tcase,
		       a_local_file_that_cannot_be_read_is_not_a_difference);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
