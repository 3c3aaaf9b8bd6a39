/* check_lz4_frame - lz4 both ways, whole or refused. */
#include "common/stream/lz4_frame.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "tests/unit/frame_program.h"
#include "tests/unit/frame_trial.h"
#include "tests/unit/scratch.h"

/* Nearly every bit counts: the header has a checksum of its own. */
static const struct frame_format lz4 = {
    .encoder = lz4_frame_encoder,
    .decoder = lz4_frame_decoder,
    .idle_bits = 5,
    .name = "lz4",
    .decompress = "lz4 -dcq",
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
	frame_trial_round_trips(&lz4);
}
END_TEST

START_TEST(several_frames_are_one_content)
{
	frame_trial_several_frames(&lz4);
}
END_TEST

START_TEST(a_truncated_frame_is_damaged)
{
	frame_trial_truncations(&lz4);
}
END_TEST

START_TEST(a_flipped_bit_never_gives_other_bytes)
{
	frame_trial_flipped_bits(&lz4);
}
END_TEST

START_TEST(garbage_behind_a_frame_is_damage)
{
	frame_trial_garbage_behind(&lz4);
}
END_TEST

START_TEST(skippable_frames_are_skipped)
{
	frame_trial_skippable_frames(&lz4);
}
END_TEST

START_TEST(every_failure_below_the_encoder_comes_up)
{
	frame_trial_failures_below_encoder(&lz4);
}
END_TEST

START_TEST(every_failure_below_the_decoder_comes_up)
{
	frame_trial_failures_below_decoder(&lz4);
}
END_TEST

START_TEST(blocks_handed_on_are_big)
{
	frame_trial_big_blocks(&lz4);
}
END_TEST

START_TEST(the_lz4_program_reads_ours)
{
	frame_program_reads_ours(&lz4, directory);
}
END_TEST

/* Blocks of every size, linked, with checksums of their own; without any
 * checksum, with the size in the header; slower and smaller. */
static const char *const commands[] = {
    "lz4 -qc",
    "lz4 -qc -B4 -BD",
    "lz4 -qc -B5 -BX",
    "lz4 -qc -B6 --no-frame-crc",
    "lz4 -qc -B7 -BD --content-size",
    "lz4 -qc -9",
    "lz4 -qc <",
};

START_TEST(we_read_what_the_lz4_program_writes)
{
	frame_program_is_read(&lz4, commands[_i], directory);
}
END_TEST

START_TEST(a_legacy_frame_is_damage)
{
	/* The format before there were checksums. */
	static const char frame[] = "\x02\x21\x4c\x18\x02\0\0\0\x10"
				    "a";

	frame_trial_damaged(&lz4, frame, sizeof(frame) - 1);
}
END_TEST

START_TEST(a_wrong_size_in_the_header_is_damage)
{
	/* Content size 2, one stored block of 1 byte, no content checksum. */
	static const char frame[] = "\x04\x22\x4d\x18\x68\x40\x02\0\0\0\0\0\0\0"
				    "\xa0\x01\0\0\x80x\0\0\0";
	struct buf content = BUF_INIT(16);
	struct err err = {0};

	frame_trial_damaged(&lz4, frame, sizeof(frame));
	/* And not the header for its checksum. */
	ck_assert_int_eq(
	    frame_trial_decode(&lz4, frame, sizeof(frame), 100, &content, &err),
	    -1);
	ck_assert_msg(strstr(err.message, "frameSize") != NULL, "%s",
		      err.message);
	buf_free(&content);
}
END_TEST

START_TEST(a_frame_has_a_content_checksum_and_independent_4_mib_blocks)
{
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf frame = BUF_INIT(FRAME_TRIAL_LIMIT);

	frame_trial_noise(&content, 100);
	frame_trial_encode(&lz4, &content, 100, &frame);
	/* The frame format description: version 01, independent, no block
	 * checksum, no size, content checksum; blocks of size 7. */
	ck_assert_uint_eq((uint8_t)frame.data[4], 0x64);
	ck_assert_uint_eq((uint8_t)frame.data[5], 0x70);
	buf_free(&content);
	buf_free(&frame);
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("lz4_frame");
	TCase *plain = tcase_create("frames");
	TCase *tool = tcase_create("the lz4 program");

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
	tcase_add_test(plain, a_legacy_frame_is_damage);
	tcase_add_test(plain, a_wrong_size_in_the_header_is_damage);
	tcase_add_test(
	    plain, a_frame_has_a_content_checksum_and_independent_4_mib_blocks);
	suite_add_tcase(whole, plain);

	tcase_set_timeout(tool, 120);
	tcase_add_unchecked_fixture(tool, set_up, tear_down);
	tcase_add_test(tool, the_lz4_program_reads_ours);
	tcase_add_loop_test(tool, we_read_what_the_lz4_program_writes, 0,
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
