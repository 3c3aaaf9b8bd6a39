/* check_pump - a file's bytes in a sink, exactly as many as asked for. */
#include "common/stream/pump.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "common/base/stop.h"
#include "tests/unit/failing_sink.h"
#include "tests/unit/frame_trial.h"
#include "tests/unit/scratch.h"

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

/* A new file of `len` bytes of noise, open; `content` gets them too. */
static int
open_noise(size_t len, struct buf *content)
{
	char path[1024];
	int fd;

	frame_trial_noise(content, len);
	snprintf(path, sizeof(path), "%s/noise", directory);
	scratch_write(path, buf_text(content), len);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static struct sink *
new_sink(struct failing_sink *plan)
{
	struct err err = {0};
	struct sink *sink = failing_sink_new(plan, &err);

	ck_assert_ptr_nonnull(sink);
	return sink;
}

static const size_t sizes[] = {
    0,
    1,
    100,
    PUMP_CHUNK - 1,
    PUMP_CHUNK,
    PUMP_CHUNK + 1,
    2 * PUMP_CHUNK,
    3 * PUMP_CHUNK + 4711,
};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

START_TEST(a_range_arrives_whole)
{
	/* Offsets at both sides of it. */
	static const uint64_t offsets[] = {0, 1, 512, PUMP_CHUNK};
	size_t len = sizes[_i];

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
		struct buf bytes = BUF_INIT(FRAME_TRIAL_LIMIT);
		struct failing_sink plan = {.bytes = &bytes};
		struct sink *sink = new_sink(&plan);
		struct err err = {0};
		int fd = open_noise(offsets[i] + len + 10, &content);

		ck_assert_msg(
		    pump_file(fd, offsets[i], len, "noise", sink, &err) == 0,
		    "%s", err.message);
		ck_assert_uint_eq(bytes.len, len);
		ck_assert_int_eq(
		    memcmp(buf_text(&bytes), content.data + offsets[i], len),
		    0);
		/* In as few steps as there can be, and not finished. */
		ck_assert_uint_eq(plan.calls,
				  (len + PUMP_CHUNK - 1) / PUMP_CHUNK);
		ck_assert_uint_eq(plan.finished, 0);
		sink_free(sink);
		close(fd);
		buf_free(&content);
		buf_free(&bytes);
	}
}
END_TEST

START_TEST(a_file_that_ends_early_is_damage)
{
	size_t len = sizes[_i];
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct failing_sink plan = {0};
	struct sink *sink = new_sink(&plan);
	struct err err = {0};
	int fd = open_noise(len, &content);
	char number[32];

	ck_assert_int_eq(pump_file(fd, 0, len + 1, "pg_wal/noise", sink, &err),
			 -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, "pg_wal/noise"));
	snprintf(number, sizeof(number), "%zu expected", len + 1);
	ck_assert_ptr_nonnull(strstr(err.message, number));
	sink_free(sink);
	close(fd);
	buf_free(&content);
}
END_TEST

START_TEST(a_whole_file_arrives)
{
	size_t len = sizes[_i];
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf bytes = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct failing_sink plan = {.bytes = &bytes};
	struct sink *sink = new_sink(&plan);
	struct err err = {0};
	int fd = open_noise(len, &content);

	ck_assert_int_eq(pump_to_end(fd, "noise", sink, &err), 0);
	ck_assert_uint_eq(bytes.len, len);
	ck_assert_int_eq(memcmp(buf_text(&bytes), buf_text(&content), len), 0);
	ck_assert_uint_eq(plan.finished, 0);
	sink_free(sink);
	close(fd);
	buf_free(&content);
	buf_free(&bytes);
}
END_TEST

START_TEST(a_pipe_is_read_up_to_its_end)
{
	struct buf bytes = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct failing_sink plan = {.bytes = &bytes};
	struct sink *sink = new_sink(&plan);
	struct err err = {0};
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "walnut", 6), 6);
	close(ends[1]);
	ck_assert_int_eq(pump_to_end(ends[0], "pipe", sink, &err), 0);
	ck_assert_str_eq(buf_text(&bytes), "walnut");
	sink_free(sink);
	close(ends[0]);
	buf_free(&bytes);
}
END_TEST

START_TEST(every_failure_below_comes_up)
{
	int whole = _i;
	size_t len = 2 * PUMP_CHUNK + 1;
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	int fd = open_noise(len, &content);
	unsigned fail_at = 0;
	int result;

	do {
		unsigned now = ++fail_at;
		struct failing_sink plan = {
		    .fail_at = now, .kind = ERR_UNREACHABLE, .message = "cut"};
		struct sink *sink = new_sink(&plan);
		struct err err = {0};

		ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
		result = whole ? pump_to_end(fd, "noise", sink, &err)
			       : pump_file(fd, 0, len, "noise", sink, &err);
		if (result != 0) {
			ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
			ck_assert_str_eq(err.message, "cut");
			ck_assert_uint_eq(plan.calls, fail_at);
		}
		sink_free(sink);
	} while (result != 0);
	ck_assert_uint_eq(fail_at, 4);
	close(fd);
	buf_free(&content);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_fails)
{
	struct failing_sink plan = {0};
	struct sink *sink = new_sink(&plan);
	struct err err = {0};
	int fd = open(directory, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pump_file(fd, 0, 1, "a directory", sink, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "a directory"));
	err = (struct err){0};
	ck_assert_int_eq(pump_to_end(fd, "a directory", sink, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "a directory"));
	ck_assert_uint_eq(plan.calls, 0);
	sink_free(sink);
	close(fd);
}
END_TEST

START_TEST(a_stop_is_noticed)
{
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct failing_sink plan = {0};
	struct sink *sink = new_sink(&plan);
	struct err err = {0};
	int fd = open_noise(100, &content);

	stop_on_signals();
	ck_assert_int_eq(raise(SIGTERM), 0);
	ck_assert_int_eq(pump_file(fd, 0, 100, "noise", sink, &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOPPED);
	err = (struct err){0};
	ck_assert_int_eq(pump_to_end(fd, "noise", sink, &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOPPED);
	ck_assert_uint_eq(plan.calls, 0);
	sink_free(sink);
	close(fd);
	buf_free(&content);
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("pump");
	TCase *tests = tcase_create("pump");

	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, a_range_arrives_whole, 0, SIZES);
	tcase_add_loop_test(tests, a_file_that_ends_early_is_damage, 0, SIZES);
	tcase_add_loop_test(tests, a_whole_file_arrives, 0, SIZES);
	tcase_add_test(tests, a_pipe_is_read_up_to_its_end);
	tcase_add_loop_test(tests, every_failure_below_comes_up, 0, 2);
	tcase_add_test(tests, a_file_that_cannot_be_read_fails);
	tcase_add_test(tests, a_stop_is_noticed);
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
