/* check_zstd_frame - zstd both ways, whole or refused. */
#include "common/stream/zstd_frame.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <zstd.h>

#include "common/stream/ends.h"
#include "tests/unit/failing_sink.h"
#include "tests/unit/frame_program.h"
#include "tests/unit/frame_trial.h"
#include "tests/unit/scratch.h"

static struct sink *
encoder(struct sink *next, struct err *err)
{
	return zstd_frame_encoder(1, next, err);
}

/* The header has an unused bit and five that may ask for a larger window than
 * is needed; a sequence can be written in more than one way. */
static const struct frame_format zstd = {
    .encoder = encoder,
    .decoder = zstd_frame_decoder,
    .idle_bits = 24,
    .name = "zstd",
    .decompress = "zstd -dcq",
};

/* Set up in the parent, so that it goes even if a test dies. */
static char *directory;

static void
set_up(void)
{
	directory = scratch_make();
}

static void
tear_down(void)
{
	scratch_remove(directory);
}

START_TEST(content_comes_back)
{
	frame_trial_round_trips(&zstd);
}
END_TEST

START_TEST(several_frames_are_one_content)
{
	frame_trial_several_frames(&zstd);
}
END_TEST

START_TEST(a_truncated_frame_is_damaged)
{
	frame_trial_truncations(&zstd);
}
END_TEST

START_TEST(a_flipped_bit_never_gives_other_bytes)
{
	frame_trial_flipped_bits(&zstd);
}
END_TEST

START_TEST(garbage_behind_a_frame_is_damage)
{
	frame_trial_garbage_behind(&zstd);
}
END_TEST

START_TEST(skippable_frames_are_skipped)
{
	frame_trial_skippable_frames(&zstd);
}
END_TEST

START_TEST(every_failure_below_the_encoder_comes_up)
{
	frame_trial_failures_below_encoder(&zstd);
}
END_TEST

START_TEST(every_failure_below_the_decoder_comes_up)
{
	frame_trial_failures_below_decoder(&zstd);
}
END_TEST

START_TEST(blocks_handed_on_are_big)
{
	frame_trial_big_blocks(&zstd);
}
END_TEST

START_TEST(the_zstd_program_reads_ours)
{
	frame_program_reads_ours(&zstd, directory);
}
END_TEST

/* Without a checksum, with a window of 128 MiB, by several threads, with the
 * size in the header and without. */
static const char *const commands[] = {
    "zstd -qc",           "zstd -qc --no-check",
    "zstd -qc --long=27", "zstd -qc -T2 -B512K",
    "zstd -qc -19",       "zstd -qc <",
};

START_TEST(we_read_what_the_zstd_program_writes)
{
	frame_program_is_read(&zstd, commands[_i], directory);
}
END_TEST

START_TEST(a_window_over_128_mib_is_damage)
{
	/* Magic, no flags, a window of 2^28 bytes, an empty last block. */
	static const char frame[] = "\x28\xb5\x2f\xfd\x00\x90\x01\x00";

	frame_trial_damaged(&zstd, frame, sizeof(frame));
}
END_TEST

START_TEST(a_window_of_128_mib_is_read)
{
	static const char frame[] = "\x28\xb5\x2f\xfd\x00\x88\x01\x00";
	struct buf content = BUF_INIT(16);
	struct err err = {0};

	ck_assert_int_eq(frame_trial_decode(&zstd, frame, sizeof(frame), 100,
					    &content, &err),
			 0);
	ck_assert_uint_eq(content.len, 0);
}
END_TEST

START_TEST(every_level_writes_a_checksum_and_a_window_of_8_mib_at_most)
{
	int level = _i;
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf frame = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct err err = {0};
	struct sink *sink;

	if (level == 0)
		return;
	frame_trial_noise(&content, 1000);
	sink = ends_memory(&frame, &err);
	ck_assert_ptr_nonnull(sink);
	sink = zstd_frame_encoder(level, sink, &err);
	ck_assert_msg(sink != NULL, "%s", err.message);
	ck_assert_int_eq(
	    frame_trial_push(sink, content.data, content.len, 100, &err), 0);
	/* RFC 8878, 3.1.1.1: the descriptor's bit 2 is the checksum, bit 5
	 * would do without a window; the byte after it holds the window's
	 * exponent less 10 in its upper five bits, and eighths above it. */
	ck_assert_uint_eq((uint8_t)frame.data[4] & 0x24, 0x04);
	ck_assert_uint_le((uint8_t)frame.data[5], (23 - 10) << 3);
	frame_trial_expect(&zstd, &frame, &content);
	buf_free(&content);
	buf_free(&frame);
}
END_TEST

START_TEST(a_level_out_of_range_is_refused)
{
	static const int levels[] = {0, -8, 20, 22, 1000, -131072};
	struct failing_sink below = {0};
	struct err err = {0};
	struct sink *sink = failing_sink_new(&below, &err);

	ck_assert_ptr_nonnull(sink);
	ck_assert_ptr_null(zstd_frame_encoder(levels[_i], sink, &err));
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.message, "level"));
	ck_assert_ptr_nonnull(strstr(err.message, "19"));
	ck_assert_uint_eq(below.freed, 1);
}
END_TEST

/* Append what libzstd makes of `content` at once: no checksum. */
static void
append_unchecked(const struct buf *content, struct buf *frames)
{
	size_t room = ZSTD_compressBound(content->len);
	char *frame = malloc(room);
	struct err err = {0};
	size_t len;

	ck_assert_ptr_nonnull(frame);
	len = ZSTD_compress(frame, room, content->data, content->len, 1);
	ck_assert(!ZSTD_isError(len));
	ck_assert_int_eq(buf_append(frames, frame, len, &err), 0);
	free(frame);
}

START_TEST(an_end_that_does_not_fit_the_buffer_is_read)
{
	/* A last block that begins near the end of any buffer, with nothing
	 * behind it that would draw out the rest. */
	static const size_t firsts[] = {1, 1000, 100000, 131071};
	struct buf first = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf second = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf frames = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct err err = {0};

	frame_trial_text(&first, firsts[_i]);
	frame_trial_text(&second, 8 * 131072);
	append_unchecked(&first, &frames);
	append_unchecked(&second, &frames);
	ck_assert_int_eq(buf_append(&first, second.data, second.len, &err), 0);
	frame_trial_expect(&zstd, &frames, &first);
	buf_free(&first);
	buf_free(&second);
	buf_free(&frames);
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("zstd_frame");
	TCase *plain = tcase_create("frames");
	TCase *tool = tcase_create("the zstd program");

	tcase_set_timeout(plain, 120);
	tcase_add_test(plain, content_comes_back);
	tcase_add_test(plain, several_frames_are_one_content);
	tcase_add_test(plain, a_truncated_frame_is_damaged);
	tcase_add_test(plain, a_flipped_bit_never_gives_other_bytes);
	tcase_add_test(plain, garbage_behind_a_frame_is_damage);
	tcase_add_test(plain, skippable_frames_are_skipped);
	tcase_add_test(plain, every_failure_below_the_encoder_comes_up);
	tcase_add_test(plain, every_failure_below_the_decoder_comes_up);
	tcase_add_test(plain, blocks_handed_on_are_big);
	tcase_add_loop_test(plain, an_end_that_does_not_fit_the_buffer_is_read,
			    0, 4);
	tcase_add_test(plain, a_window_over_128_mib_is_damage);
	tcase_add_test(plain, a_window_of_128_mib_is_read);
	tcase_add_loop_test(
	    plain, every_level_writes_a_checksum_and_a_window_of_8_mib_at_most,
	    ZSTD_FRAME_LEVEL_MIN, ZSTD_FRAME_LEVEL_MAX + 1);
	tcase_add_loop_test(plain, a_level_out_of_range_is_refused, 0, 6);
	suite_add_tcase(whole, plain);

	tcase_set_timeout(tool, 120);
	tcase_add_unchecked_fixture(tool, set_up, tear_down);
	tcase_add_test(tool, the_zstd_program_reads_ours);
	tcase_add_loop_test(tool, we_read_what_the_zstd_program_writes, 0,
			    sizeof(commands) / sizeof(commands[0]));
	suite_add_tcase(whole, tool);
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
