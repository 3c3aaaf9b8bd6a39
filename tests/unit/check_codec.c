/* check_codec - settings and suffixes name what can be written and read. */
#include "common/stream/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/stream/ends.h"
#include "tests/unit/failing_sink.h"
#include "tests/unit/frame_trial.h"

static const struct {
	const char *text;
	struct codec codec;
} good[] = {
    {"zstd", {CODEC_ZSTD, 1}},     {"zstd:1", {CODEC_ZSTD, 1}},
    {"zstd:3", {CODEC_ZSTD, 3}},   {"zstd:19", {CODEC_ZSTD, 19}},
    {"zstd:-1", {CODEC_ZSTD, -1}}, {"zstd:-7", {CODEC_ZSTD, -7}},
    {"lz4", {CODEC_LZ4, 0}},
};

#define GOOD (sizeof(good) / sizeof(good[0]))

START_TEST(what_is_possible_is_understood)
{
	struct codec codec = {CODEC_NONE, 99};
	struct err err = {0};

	ck_assert_int_eq(codec_parse(good[_i].text, &codec, &err), 0);
	ck_assert_int_eq(codec.kind, good[_i].codec.kind);
	ck_assert_int_eq(codec.level, good[_i].codec.level);
}
END_TEST

static const char *const bad[] = {
    "",
    "zst",
    "ZSTD",
    "zstd:",
    "zstd:0",
    "zstd:-0",
    "zstd:20",
    "zstd:22",
    "zstd:-8",
    "zstd:1x",
    "zstd: 1",
    "zstd:+1",
    "zstd:--1",
    "zstd:1.5",
    "zstd:-",
    "zstd:4294967297",
    "zstd:99999999999999999999",
    "zstd3",
    "lz4:1",
    "lz4 ",
    "none",
    "gzip",
    "lzma",
    "brotli",
    "lzo",
    " zstd",
};

#define BAD (sizeof(bad) / sizeof(bad[0]))

START_TEST(what_is_not_possible_is_refused)
{
	struct codec codec = {CODEC_GZ, 99};
	char quoted[64];
	struct err err = {0};

	ck_assert_int_eq(codec_parse(bad[_i], &codec, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	snprintf(quoted, sizeof(quoted), "\"%s\"", bad[_i]);
	ck_assert_ptr_nonnull(strstr(err.message, quoted));
	ck_assert_ptr_nonnull(strstr(err.message, "lz4, zstd"));
	ck_assert_ptr_nonnull(strstr(err.message, "zstd:19"));
	ck_assert_int_eq(codec.kind, CODEC_GZ);
	ck_assert_int_eq(codec.level, 99);
}
END_TEST

START_TEST(the_default_is_zstd_1)
{
	struct codec codec = CODEC_DEFAULT;

	ck_assert_int_eq(codec.kind, CODEC_ZSTD);
	ck_assert_int_eq(codec.level, 1);
}
END_TEST

static const struct {
	const char *suffix;
	enum codec_kind kind;
} suffixes[] = {
    {"zst", CODEC_ZSTD}, {"lz4", CODEC_LZ4},   {"lzma", CODEC_LZMA},
    {"gz", CODEC_GZ},    {"br", CODEC_BROTLI}, {"lzo", CODEC_LZO},
};

#define SUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))

START_TEST(suffixes_and_kinds_belong_together)
{
	enum codec_kind kind = CODEC_NONE;

	ck_assert_str_eq(codec_suffix(suffixes[_i].kind), suffixes[_i].suffix);
	ck_assert_int_eq(codec_of_suffix(suffixes[_i].suffix, &kind), 0);
	ck_assert_int_eq(kind, suffixes[_i].kind);
}
END_TEST

START_TEST(xz_is_lzma_and_nothing_is_no_suffix)
{
	static const char *const none[] = {
	    "", "zstd", ".zst", "ZST", "zs", "zstt", "backup", "history", "age",
	};
	enum codec_kind kind = CODEC_NONE;

	ck_assert_int_eq(codec_of_suffix("xz", &kind), 0);
	ck_assert_int_eq(kind, CODEC_LZMA);
	ck_assert_str_eq(codec_suffix(CODEC_NONE), "");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_int_eq(codec_of_suffix(none[i], &kind), -1);
}
END_TEST

START_TEST(every_codec_brings_back_what_it_took)
{
	static const struct codec codecs[] = {
	    {CODEC_NONE, 0}, {CODEC_ZSTD, 1}, {CODEC_ZSTD, -7}, {CODEC_LZ4, 0}};
	static const char *const magics[] = {"walnut", "\x28\xb5\x2f\xfd",
					     "\x28\xb5\x2f\xfd",
					     "\x04\x22\x4d\x18"};
	struct buf stored = BUF_INIT(1000);
	struct buf content = BUF_INIT(1000);
	struct err err = {0};
	struct sink *sink = ends_memory(&stored, &err);

	sink = codec_encoder(&codecs[_i], sink, &err);
	ck_assert_msg(sink != NULL, "%s", err.message);
	ck_assert_int_eq(frame_trial_push(sink, "walnut", 6, 100, &err), 0);
	ck_assert_int_eq(strncmp(stored.data, magics[_i], strlen(magics[_i])),
			 0);
	sink = ends_memory(&content, &err);
	sink = codec_decoder(codecs[_i].kind, sink, &err);
	ck_assert_msg(sink != NULL, "%s", err.message);
	ck_assert_int_eq(
	    frame_trial_push(sink, stored.data, stored.len, 100, &err), 0);
	ck_assert_str_eq(buf_text(&content), "walnut");
	buf_free(&stored);
	buf_free(&content);
}
END_TEST

START_TEST(nothing_at_all_is_damage_unless_it_is_bare)
{
	static const enum codec_kind kinds[] = {CODEC_NONE, CODEC_ZSTD,
						CODEC_LZ4};
	struct failing_sink below = {0};
	struct err err = {0};
	struct sink *sink = failing_sink_new(&below, &err);

	sink = codec_decoder(kinds[_i], sink, &err);
	ck_assert_ptr_nonnull(sink);
	if (kinds[_i] == CODEC_NONE) {
		ck_assert_int_eq(sink_finish(sink, &err), 0);
	} else {
		ck_assert_int_eq(sink_finish(sink, &err), -1);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
	}
	ck_assert_uint_eq(below.finished, kinds[_i] == CODEC_NONE);
	sink_free(sink);
}
END_TEST

START_TEST(what_this_build_cannot_do_is_named)
{
	static const enum codec_kind kinds[] = {CODEC_LZMA, CODEC_GZ,
						CODEC_BROTLI, CODEC_LZO};
	struct codec codec = {kinds[_i], 1};
	struct failing_sink below = {0};
	struct err err = {0};
	struct sink *sink = failing_sink_new(&below, &err);

	ck_assert_ptr_null(codec_encoder(&codec, sink, &err));
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.message, "write"));
	ck_assert_ptr_nonnull(strstr(err.message, codec_suffix(kinds[_i])));
	ck_assert_uint_eq(below.freed, 1);

	err = (struct err){0};
	sink = failing_sink_new(&below, &err);
	ck_assert_ptr_null(codec_decoder(kinds[_i], sink, &err));
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.message, "read"));
	ck_assert_ptr_nonnull(strstr(err.message, codec_suffix(kinds[_i])));
	ck_assert_uint_eq(below.freed, 2);
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("codec");
	TCase *tests = tcase_create("codec");

	tcase_add_loop_test(tests, what_is_possible_is_understood, 0, GOOD);
	tcase_add_loop_test(tests, what_is_not_possible_is_refused, 0, BAD);
	tcase_add_test(tests, the_default_is_zstd_1);
	tcase_add_loop_test(tests, suffixes_and_kinds_belong_together, 0,
			    SUFFIXES);
	tcase_add_test(tests, xz_is_lzma_and_nothing_is_no_suffix);
	tcase_add_loop_test(tests, every_codec_brings_back_what_it_took, 0, 4);
	tcase_add_loop_test(tests, nothing_at_all_is_damage_unless_it_is_bare,
			    0, 3);
	tcase_add_loop_test(tests, what_this_build_cannot_do_is_named, 0, 4);
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
