#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/catalog/wal_guard.h"
#include "tests/unit/failing_sink.h"
#include "tests/unit/wal_sample.h"

#define SEGMENT "000000020000000000000BC3"

struct trial {
	struct buf bytes; /* what came out */
	struct failing_sink plan;
	struct err err;
};

/* Push `len` bytes, `step` at a time, through the guard. */
static int
push(struct trial *trial, const char *name, uint64_t system, const void *data,
     size_t len, size_t step)
{
	const uint8_t *at = data;
	struct wal_name parsed;
	struct sink *sink;
	int result = 0;

	memset(&trial->err, 0, sizeof trial->err);
	trial->plan.bytes = &trial->bytes;
	trial->bytes.limit = (size_t)64 * 1024 * 1024;
	ck_assert_int_eq(wal_name_parse(name, &parsed), 0);
	sink = failing_sink_new(&trial->plan, &trial->err);
	ck_assert_ptr_nonnull(sink);
	sink = wal_guard(&parsed, system, sink, &trial->err);
	ck_assert_ptr_nonnull(sink);
	while (len > 0 && result == 0) {
		size_t now = len < step ? len : step;

		result = sink_write(sink, at, now, &trial->err);
		at += now;
		len -= now;
	}
	if (result == 0)
		result = sink_finish(sink, &trial->err);
	sink_free(sink);
	ck_assert_uint_eq(trial->plan.freed, 1);
	return result;
}

static void
expect_refusal(struct trial *trial, enum err_kind kind, const char *words)
{
	ck_assert_int_eq((int)trial->err.kind, (int)kind);
	ck_assert_msg(strstr(trial->err.message, words) != NULL, "%s",
		      trial->err.message);
	ck_assert_uint_eq(trial->plan.finished, 0);
	buf_free(&trial->bytes);
}

static const size_t steps[] = {1, 7, 39, 40, 41, 4096, WAL_SAMPLE_SIZE};

START_TEST(a_right_segment_passes_unchanged)
{
	uint8_t *data = wal_sample(SEGMENT, 2);
	struct trial trial = {0};

	ck_assert_int_eq(push(&trial, SEGMENT, WAL_SAMPLE_SYSTEM, data,
			      WAL_SAMPLE_SIZE, steps[_i]),
			 0);
	ck_assert_uint_eq(trial.bytes.len, WAL_SAMPLE_SIZE);
	ck_assert_mem_eq(trial.bytes.data, data, WAL_SAMPLE_SIZE);
	ck_assert_uint_eq(trial.plan.finished, 1);
	buf_free(&trial.bytes);
	free(data);
}
END_TEST

START_TEST(an_older_timeline_and_a_partial_file_pass)
{
	uint8_t *data = wal_sample(SEGMENT, 1);
	struct trial trial = {0};
	struct trial partial = {0};

	ck_assert_int_eq(push(&trial, SEGMENT, 0, data, WAL_SAMPLE_SIZE, 65536),
			 0);
	ck_assert_int_eq(push(&partial, SEGMENT ".partial", WAL_SAMPLE_SYSTEM,
			      data, WAL_SAMPLE_SIZE, 65536),
			 0);
	buf_free(&partial.bytes);
	buf_free(&trial.bytes);
	free(data);
}
END_TEST

START_TEST(another_clusters_segment_is_refused)
{
	uint8_t *data = wal_sample(SEGMENT, 2);
	struct trial trial = {0};

	ck_assert_int_eq(push(&trial, SEGMENT, WAL_SAMPLE_SYSTEM + 1, data,
			      WAL_SAMPLE_SIZE, 4096),
			 -1);
	ck_assert(strstr(trial.err.message, "7423523111234567890") != NULL);
	/* Told by the header, so nothing had to be passed on. */
	ck_assert_uint_eq(trial.bytes.len, 0);
	expect_refusal(&trial, ERR_REFUSED, "7423523111234567891");
	free(data);
}
END_TEST

static const struct {
	size_t at;
	uint8_t flip;
	const char *words;
} flips[] = {
    {0, 1, "magic"},       {2, 2, "flags"},        {4, 4, "timeline"},
    {10, 0x10, ""},        {14, 1, "by its name"}, {34, 0x30, ""},
    {36, 1, "block size"},
};

START_TEST(a_wrong_header_is_damage)
{
	uint8_t *data = wal_sample(SEGMENT, 2);
	struct trial trial = {0};

	data[flips[_i].at] ^= flips[_i].flip;
	ck_assert_int_eq(push(&trial, SEGMENT, 0, data, WAL_SAMPLE_SIZE, 4096),
			 -1);
	expect_refusal(&trial, ERR_DAMAGED, flips[_i].words);
	free(data);
}
END_TEST

START_TEST(a_segment_under_another_name_is_damage)
{
	uint8_t *data = wal_sample(SEGMENT, 2);
	struct trial trial = {0};

	ck_assert_int_eq(push(&trial, "000000020000000000000BC4", 0, data,
			      WAL_SAMPLE_SIZE, 4096),
			 -1);
	expect_refusal(&trial, ERR_DAMAGED, "000000020000000000000BC4");
	free(data);
}
END_TEST

static const size_t wrong_sizes[] = {
    0, 1, 39, 40, 41, 8192, WAL_SAMPLE_SIZE - 1, WAL_SAMPLE_SIZE + 1};

START_TEST(a_segment_of_another_size_is_damage)
{
	uint8_t *data = wal_sample(SEGMENT, 2);
	struct trial trial = {0};
	size_t len = wrong_sizes[_i];

	data = realloc(data, WAL_SAMPLE_SIZE + 1);
	data[WAL_SAMPLE_SIZE] = 0;
	ck_assert_int_eq(push(&trial, SEGMENT, 0, data, len, 65536), -1);
	expect_refusal(&trial, ERR_DAMAGED, "");
	free(data);
}
END_TEST

START_TEST(a_history_file_must_parse)
{
	static const char good[] = "1\t0/3000148\tno recovery target\n";
	static const char bad[] = "1\t0/3000148\n3\t0/4000000\n";
	struct trial trial = {0};
	struct trial wrong = {0};
	struct trial empty = {0};

	ck_assert_int_eq(
	    push(&trial, "00000002.history", 1, good, strlen(good), 3), 0);
	ck_assert_str_eq(buf_text(&trial.bytes), good);
	buf_free(&trial.bytes);
	ck_assert_int_eq(
	    push(&wrong, "00000002.history", 1, bad, strlen(bad), 3), -1);
	expect_refusal(&wrong, ERR_DAMAGED, "");
	ck_assert_int_eq(push(&empty, "00000002.history", 1, "", 0, 1), -1);
	expect_refusal(&empty, ERR_DAMAGED, "empty");
}
END_TEST

START_TEST(an_endless_history_file_is_damage)
{
	struct trial trial = {0};
	size_t len = (size_t)17 * 1024 * 1024;
	char *text = malloc(len);

	memset(text, '\n', len);
	ck_assert_int_eq(
	    push(&trial, "00000002.history", 0, text, len, 1024 * 1024), -1);
	expect_refusal(&trial, ERR_DAMAGED, "too long");
	free(text);
}
END_TEST

START_TEST(a_backup_history_file_must_not_be_empty)
{
	struct trial trial = {0};
	struct trial empty = {0};

	ck_assert_int_eq(push(&trial, SEGMENT ".00000028.backup", 1,
			      "START WAL LOCATION", 18, 18),
			 0);
	buf_free(&trial.bytes);
	ck_assert_int_eq(push(&empty, SEGMENT ".00000028.backup", 1, "", 0, 1),
			 -1);
	expect_refusal(&empty, ERR_DAMAGED, "empty");
}
END_TEST

START_TEST(a_failure_behind_it_comes_through)
{
	uint8_t *data = wal_sample(SEGMENT, 2);
	unsigned fail_at;

	for (fail_at = 1;; fail_at++) {
		struct trial trial = {.plan = {.fail_at = fail_at,
					       .kind = ERR_SYSTEM,
					       .message = "disk full"}};
		int result =
		    push(&trial, SEGMENT, 0, data, WAL_SAMPLE_SIZE, 256 * 1024);

		if (result == 0) {
			ck_assert_uint_eq(trial.plan.finished, 1);
			buf_free(&trial.bytes);
			break;
		}
		expect_refusal(&trial, ERR_SYSTEM, "disk full");
	}
	ck_assert_uint_eq(fail_at, 6);
	free(data);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int
main(void)
{
	Suite *suite = suite_create("wal_guard");
	TCase *tests = tcase_create("guard");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, a_right_segment_passes_unchanged, 0,
			    COUNT(steps));
	tcase_add_test(tests, an_older_timeline_and_a_partial_file_pass);
	tcase_add_test(tests, another_clusters_segment_is_refused);
	tcase_add_loop_test(tests, a_wrong_header_is_damage, 0, COUNT(flips));
	tcase_add_test(tests, a_segment_under_another_name_is_damage);
	tcase_add_loop_test(tests, a_segment_of_another_size_is_damage, 0,
			    COUNT(wrong_sizes));
	tcase_add_test(tests, a_history_file_must_parse);
	tcase_add_test(tests, an_endless_history_file_is_damage);
	tcase_add_test(tests, a_backup_history_file_must_not_be_empty);
	tcase_add_test(tests, a_failure_behind_it_comes_through);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
