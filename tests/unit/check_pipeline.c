/* check_pipeline - the stages, told by an object's name. */
#include "common/stream/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/stream/ends.h"
#include "tests/unit/failing_sink.h"
#include "tests/unit/frame_trial.h"

static const struct {
	struct pipeline pipeline;
	const char *suffix;
} written[] = {
    {{CODEC_DEFAULT}, ".zst"},
    {{{CODEC_ZSTD, 19}}, ".zst"},
    {{{CODEC_LZ4, 0}}, ".lz4"},
    {{{CODEC_NONE, 0}}, ""},
};

#define WRITTEN (sizeof(written) / sizeof(written[0]))

START_TEST(the_suffix_tells_the_stages)
{
	char suffix[PIPELINE_SUFFIX_SIZE];

	pipeline_suffix(&written[_i].pipeline, suffix);
	ck_assert_str_eq(suffix, written[_i].suffix);
}
END_TEST

START_TEST(what_goes_out_comes_in_by_its_name)
{
	struct buf stored = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf noise = BUF_INIT(FRAME_TRIAL_LIMIT);
	char name[64];
	struct err err = {0};
	struct sink *sink = ends_memory(&stored, &err);

	frame_trial_noise(&noise, 300000);
	snprintf(name, sizeof(name), "wal_005/000000010000000000000001%s",
		 written[_i].suffix);
	sink = pipeline_out(&written[_i].pipeline, sink, &err);
	ck_assert_msg(sink != NULL, "%s", err.message);
	ck_assert_int_eq(
	    frame_trial_push(sink, noise.data, noise.len, 4096, &err), 0);
	sink = ends_memory(&content, &err);
	sink = pipeline_in(name, sink, &err);
	ck_assert_msg(sink != NULL, "%s", err.message);
	ck_assert_int_eq(
	    frame_trial_push(sink, stored.data, stored.len, 4096, &err), 0);
	ck_assert_uint_eq(content.len, noise.len);
	ck_assert_int_eq(memcmp(content.data, noise.data, noise.len), 0);
	buf_free(&stored);
	buf_free(&content);
	buf_free(&noise);
}
END_TEST

static const struct {
	const char *name;
	size_t base;
} names[] = {
    {"000000010000000000000001.lz4.age", 24},
    {"000000010000000000000001.zst", 24},
    {"000000010000000000000001.age", 24},
    {"000000010000000000000001", 24},
    {"000000010000000000000001.partial.br", 32},
    {"000000010000000000000001.00000028.backup.gz", 40},
    {"000000010000000000000001.00000028.backup", 40},
    {"00000002.history.lzma", 16},
    {"00000002.history.xz", 16},
    {"00000002.history", 16},
    {"part_001.tar.lzo.age", 12},
    {"part_001.tar", 12},
    /* One of each, from the outside in. */
    {"a.zst.lz4", 5},
    {"a.age.zst", 5},
    {"a.age.age", 5},
    /* Not the whole name, and not only its beginning or end. */
    {"", 0},
    {".", 1},
    {"a.", 2},
    {".zst", 4},
    {".age", 4},
    {"d/.zst", 6},
    {"d/.age", 6},
    {"d/.zst.age", 6},
    {"azst", 4},
    {"aage", 4},
    {"a.zst/b", 7},
    {"a.zst.", 6},
    {"a.ZST", 5},
    {"a.zstandard-and-more-than-fits", 30},
};

#define NAMES (sizeof(names) / sizeof(names[0]))

START_TEST(the_suffixes_of_stages_come_off)
{
	ck_assert_uint_eq(pipeline_strip(names[_i].name), names[_i].base);
}
END_TEST

static const struct {
	const char *name;
	const char *words;
} closed[] = {
    {"wal_005/000000010000000000000001.lz4.age",
     "encrypted, and this build cannot open age yet"},
    {"wal_005/000000010000000000000001.age",
     "encrypted, and this build cannot open age yet"},
    {"wal_005/000000010000000000000001.lzma", "lzma"},
    {"wal_005/000000010000000000000001.xz", "lzma"},
    {"part_001.tar.gz", "gz"},
    {"part_001.tar.br", "br"},
    {"part_001.tar.lzo", "lzo"},
};

#define CLOSED (sizeof(closed) / sizeof(closed[0]))

START_TEST(what_this_build_cannot_open_is_named)
{
	struct failing_sink below = {0};
	struct err err = {0};
	struct sink *sink = failing_sink_new(&below, &err);

	ck_assert_ptr_null(pipeline_in(closed[_i].name, sink, &err));
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_int_eq(
	    strncmp(err.message, closed[_i].name, strlen(closed[_i].name)), 0);
	ck_assert_ptr_nonnull(strstr(err.message, closed[_i].words));
	ck_assert_uint_eq(below.freed, 1);
	ck_assert_uint_eq(below.calls, 0);
}
END_TEST

START_TEST(a_name_without_a_suffix_is_read_as_it_is)
{
	struct buf content = BUF_INIT(100);
	struct err err = {0};
	struct sink *sink = ends_memory(&content, &err);

	sink = pipeline_in("00000002.history", sink, &err);
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(frame_trial_push(sink, "1\t0/1\n", 6, 6, &err), 0);
	ck_assert_str_eq(buf_text(&content), "1\t0/1\n");
	buf_free(&content);
}
END_TEST

START_TEST(what_is_not_what_its_name_says_is_damage)
{
	static const char *const liars[] = {"a.zst", "a.lz4"};
	struct failing_sink below = {0};
	struct err err = {0};
	struct sink *sink = failing_sink_new(&below, &err);

	sink = pipeline_in(liars[_i], sink, &err);
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(frame_trial_push(sink, "bare text", 9, 9, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_uint_eq(below.finished, 0);
	ck_assert_uint_eq(below.freed, 1);
}
END_TEST

START_TEST(a_level_out_of_range_never_reaches_a_store)
{
	struct pipeline pipeline = {{CODEC_ZSTD, 20}};
	struct failing_sink below = {0};
	struct err err = {0};
	struct sink *sink = failing_sink_new(&below, &err);

	ck_assert_ptr_null(pipeline_out(&pipeline, sink, &err));
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_uint_eq(below.freed, 1);
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("pipeline");
	TCase *tests = tcase_create("pipeline");

	tcase_add_loop_test(tests, the_suffix_tells_the_stages, 0, WRITTEN);
	tcase_add_loop_test(tests, what_goes_out_comes_in_by_its_name, 0,
			    WRITTEN);
	tcase_add_loop_test(tests, the_suffixes_of_stages_come_off, 0, NAMES);
	tcase_add_loop_test(tests, what_this_build_cannot_open_is_named, 0,
			    CLOSED);
	tcase_add_test(tests, a_name_without_a_suffix_is_read_as_it_is);
	tcase_add_loop_test(tests, what_is_not_what_its_name_says_is_damage, 0,
			    2);
	tcase_add_test(tests, a_level_out_of_range_never_reaches_a_store);
	suite_add_tcase(whole, tests);
	return whole;
}

int
main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
