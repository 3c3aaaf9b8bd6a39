#include "tests/unit/frame_trial.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/stream/ends.h"
#include "tests/unit/failing_sink.h"

/* Sizes around the edges of blocks of 64 KiB, 128 KiB and 4 MiB. */
static const size_t sizes[] = {
    1,      7,      100,     65535,   65536,   65537,    131071,
    131072, 131073, 4194303, 4194304, 4194305, 10485760,
};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* Steps in which content and frames are pushed; the first only where there is
 * little to push. */
static const size_t steps[] = {1, 7, 4099, 262144, FRAME_TRIAL_LIMIT};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* Enough for several calls below a stage. */
#define SOME_NOISE ((size_t)9 * 1024 * 1024)

static void
append(struct buf *buf, const void *data, size_t len)
{
	struct err err = {0};

	/* An assertion notes where it stands in a file, too slow for here. */
	if (buf_append(buf, data, len, &err) != 0)
		ck_abort_msg("%s", err.message);
}

void
frame_trial_noise(struct buf *content, size_t len)
{
	uint64_t state = 88172645463325252u;

	while (len > 0) {
		size_t some = len < sizeof(state) ? len : sizeof(state);

		/* Marsaglia's xorshift. */
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		append(content, &state, some);
		len -= some;
	}
}

void
frame_trial_text(struct buf *content, size_t len)
{
	char line[64];
	unsigned number = 0;

	while (len > 0) {
		int wide = snprintf(line, sizeof(line), "%u: walnut\n",
				    number * number);
		size_t some = len < (size_t)wide ? len : (size_t)wide;

		append(content, line, some);
		len -= some;
		number++;
	}
}

void
frame_trial_same(const struct buf *got, const struct buf *expected)
{
	ck_assert_uint_eq(got->len, expected->len);
	ck_assert_int_eq(memcmp(buf_text(got), buf_text(expected), got->len),
			 0);
}

int
frame_trial_push(struct sink *sink, const void *data, size_t len, size_t step,
		 struct err *err)
{
	const char *from = data;
	int result = -1;

	while (len > 0) {
		size_t some = len < step ? len : step;

		if (sink_write(sink, from, some, err) != 0)
			goto out;
		from += some;
		len -= some;
	}
	result = sink_finish(sink, err);
out:
	sink_free(sink);
	return result;
}

/* A stage above the memory of `buf`. */
static struct sink *
above(struct sink *(*stage)(struct sink *, struct err *), struct buf *buf,
      struct err *err)
{
	struct sink *sink = ends_memory(buf, err);

	ck_assert_msg(sink != NULL, "%s", err->message);
	sink = stage(sink, err);
	ck_assert_msg(sink != NULL, "%s", err->message);
	return sink;
}

void
frame_trial_encode(const struct frame_format *format, const struct buf *content,
		   size_t step, struct buf *frame)
{
	struct err err = {0};
	int result = frame_trial_push(above(format->encoder, frame, &err),
				      content->data, content->len, step, &err);

	ck_assert_msg(result == 0, "%s", err.message);
}

int
frame_trial_decode(const struct frame_format *format, const void *frame,
		   size_t len, size_t step, struct buf *content,
		   struct err *err)
{
	return frame_trial_push(above(format->decoder, content, err), frame,
				len, step, err);
}

/* Steps of one byte take too long with much to push. */
static size_t
first_step(size_t len)
{
	return len > 1024 * 1024 ? 2 : 0;
}

void
frame_trial_expect(const struct frame_format *format, const struct buf *frame,
		   const struct buf *content)
{
	for (size_t i = first_step(frame->len); i < STEPS; i++) {
		struct buf got = BUF_INIT(FRAME_TRIAL_LIMIT);
		struct err err = {0};
		int result = frame_trial_decode(format, frame->data, frame->len,
						steps[i], &got, &err);

		ck_assert_msg(result == 0, "steps of %zu: %s", steps[i],
			      err.message);
		frame_trial_same(&got, content);
		buf_free(&got);
	}
}

void
frame_trial_damaged(const struct frame_format *format, const void *frame,
		    size_t len)
{
	for (size_t i = first_step(len); i < STEPS; i++) {
		struct buf got = BUF_INIT(FRAME_TRIAL_LIMIT);
		struct err err = {0};

		ck_assert_int_eq(frame_trial_decode(format, frame, len,
						    steps[i], &got, &err),
				 -1);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
		ck_assert_ptr_nonnull(strstr(err.message, format->name));
		buf_free(&got);
	}
}

static void
round_trip(const struct frame_format *format, const struct buf *content)
{
	for (size_t i = first_step(content->len); i < STEPS; i++) {
		struct buf frame = BUF_INIT(FRAME_TRIAL_LIMIT);

		frame_trial_encode(format, content, steps[i], &frame);
		frame_trial_expect(format, &frame, content);
		buf_free(&frame);
	}
}

void
frame_trial_round_trips(const struct frame_format *format)
{
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);

	round_trip(format, &content);
	for (size_t i = 0; i < SIZES; i++) {
		buf_clear(&content);
		frame_trial_noise(&content, sizes[i]);
		round_trip(format, &content);
		buf_clear(&content);
		frame_trial_text(&content, sizes[i]);
		round_trip(format, &content);
	}
	buf_free(&content);
}

void
frame_trial_several_frames(const struct frame_format *format)
{
	static const size_t parts[] = {100, 0, 70000, 0, 0, 5000000, 1};
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf part = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf frames = BUF_INIT(FRAME_TRIAL_LIMIT);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		buf_clear(&part);
		frame_trial_text(&part, parts[i]);
		frame_trial_encode(format, &part, FRAME_TRIAL_LIMIT, &frames);
		append(&content, buf_text(&part), part.len);
	}
	frame_trial_expect(format, &frames, &content);
	/* Only the last one is cut short. */
	frame_trial_damaged(format, frames.data, frames.len - 1);
	buf_free(&content);
	buf_free(&part);
	buf_free(&frames);
}

void
frame_trial_truncations(const struct frame_format *format)
{
	static const size_t contents[] = {0, 1, 200, 5000};
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);

	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		struct buf frame = BUF_INIT(FRAME_TRIAL_LIMIT);

		buf_clear(&content);
		frame_trial_text(&content, contents[i]);
		frame_trial_encode(format, &content, FRAME_TRIAL_LIMIT, &frame);
		/* From no byte at all on. */
		for (size_t len = 0; len < frame.len; len++)
			frame_trial_damaged(format, frame.data, len);
		frame_trial_expect(format, &frame, &content);
		buf_free(&frame);
	}
	buf_free(&content);
}

/* Whether a frame with one bit other than it was written was refused. If not,
 * its content is what it should be: some bits have no meaning, or another that
 * comes to the same. */
static bool
is_refused(const struct frame_format *format, const struct buf *frame,
	   const struct buf *content, size_t at)
{
	struct buf got = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct err err = {0};
	bool refused = frame_trial_decode(format, frame->data, frame->len,
					  FRAME_TRIAL_LIMIT, &got, &err) != 0;

	if (refused)
		ck_assert_msg(err.kind == ERR_DAMAGED, "byte %zu: %s", at,
			      err.message);
	else
		frame_trial_same(&got, content);
	buf_free(&got);
	return refused;
}

static void
flip_each(const struct frame_format *format, const struct buf *content)
{
	struct buf frame = BUF_INIT(FRAME_TRIAL_LIMIT);
	unsigned accepted = 0;

	frame_trial_encode(format, content, FRAME_TRIAL_LIMIT, &frame);
	for (size_t at = 0; at < frame.len; at++)
		for (int bit = 0; bit < 8; bit++) {
			char was = frame.data[at];

			frame.data[at] = (char)(was ^ (1 << bit));
			if (!is_refused(format, &frame, content, at))
				accepted++;
			frame.data[at] = was;
		}
	ck_assert_uint_le(accepted, format->idle_bits);
	frame_trial_expect(format, &frame, content);
	buf_free(&frame);
}

void
frame_trial_flipped_bits(const struct frame_format *format)
{
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);

	flip_each(format, &content);
	frame_trial_text(&content, 1500);
	flip_each(format, &content);
	buf_clear(&content);
	frame_trial_noise(&content, 150);
	flip_each(format, &content);
	buf_clear(&content);
	/* A run of one byte has a block type of its own in zstd. */
	for (int i = 0; i < 1000; i++)
		append(&content, "\0", 1);
	flip_each(format, &content);
	buf_free(&content);
}

void
frame_trial_garbage_behind(const struct frame_format *format)
{
	static const char *const garbage[] = {"\n", "abc", "garbage behind"};
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);

	frame_trial_text(&content, 300);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		struct buf frame = BUF_INIT(FRAME_TRIAL_LIMIT);

		frame_trial_encode(format, &content, FRAME_TRIAL_LIMIT, &frame);
		append(&frame, garbage[i], strlen(garbage[i]));
		frame_trial_damaged(format, frame.data, frame.len);
		buf_free(&frame);
	}
	/* Zeros are what a file system leaves where a file was not written. */
	for (size_t zeros = 1; zeros <= 64; zeros++) {
		static const char zero[64];
		struct buf frame = BUF_INIT(FRAME_TRIAL_LIMIT);

		frame_trial_encode(format, &content, FRAME_TRIAL_LIMIT, &frame);
		append(&frame, zero, zeros);
		frame_trial_damaged(format, frame.data, frame.len);
		buf_free(&frame);
		frame_trial_damaged(format, zero, zeros);
	}
	buf_free(&content);
}

void
frame_trial_skippable_frames(const struct frame_format *format)
{
	/* The same in both formats: a magic, a length, that many bytes. */
	static const char skippable[] = "\x5a\x2a\x4d\x18\x06\0\0\0walnut";
	static const char empty[] = "\x50\x2a\x4d\x18\0\0\0";
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf frames = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf twice = BUF_INIT(FRAME_TRIAL_LIMIT);

	frame_trial_text(&content, 300);
	append(&frames, skippable, sizeof(skippable) - 1);
	frame_trial_encode(format, &content, FRAME_TRIAL_LIMIT, &frames);
	append(&frames, empty, sizeof(empty));
	append(&frames, skippable, sizeof(skippable) - 1);
	frame_trial_encode(format, &content, FRAME_TRIAL_LIMIT, &frames);
	append(&frames, skippable, sizeof(skippable) - 1);
	append(&twice, content.data, content.len);
	append(&twice, content.data, content.len);
	frame_trial_expect(format, &frames, &twice);
	/* It must be all there, though nobody looks inside. */
	for (size_t cut = 1; cut < sizeof(skippable) - 1; cut++)
		frame_trial_damaged(format, frames.data, frames.len - cut);
	buf_free(&content);
	buf_free(&frames);
	buf_free(&twice);
}

/* Run `stage` over the plan's end; the plan is met exactly. Returns 0 or -1. */
static int
run_failing(struct sink *(*stage)(struct sink *, struct err *),
	    const struct buf *input, struct failing_sink *plan)
{
	struct err err = {0};
	struct sink *sink = failing_sink_new(plan, &err);
	int result;

	ck_assert_ptr_nonnull(sink);
	sink = stage(sink, &err);
	ck_assert_ptr_nonnull(sink);
	result = frame_trial_push(sink, input->data, input->len, 100000, &err);
	ck_assert_uint_eq(plan->freed, 1);
	if (result == 0) {
		ck_assert_uint_eq(plan->finished, 1);
		return 0;
	}
	ck_assert_uint_eq(plan->calls, plan->fail_at);
	ck_assert_uint_eq(plan->finished, 0);
	ck_assert_int_eq(err.kind, plan->kind);
	ck_assert_str_eq(err.message, plan->message);
	return -1;
}

/* Fail every call below `stage` in turn. */
static void
fail_each(struct sink *(*stage)(struct sink *, struct err *),
	  const struct buf *input, const struct buf *expected)
{
	unsigned fail_at = 0;
	int result;

	do {
		struct buf output = BUF_INIT(FRAME_TRIAL_LIMIT);
		struct failing_sink plan = {
		    .fail_at = ++fail_at,
		    .kind = ERR_UNREACHABLE,
		    .message = "the line is cut",
		    .bytes = &output,
		};

		result = run_failing(stage, input, &plan);
		if (result == 0)
			frame_trial_same(&output, expected);
		buf_free(&output);
	} while (result != 0);
	/* Two writes and the finish at least, and the run that succeeds. */
	ck_assert_uint_gt(fail_at, 3);
}

static void
fail_below(const struct frame_format *format, int encoding)
{
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf frame = BUF_INIT(FRAME_TRIAL_LIMIT);

	frame_trial_noise(&content, SOME_NOISE);
	frame_trial_encode(format, &content, 100000, &frame);
	if (encoding)
		fail_each(format->encoder, &content, &frame);
	else
		fail_each(format->decoder, &frame, &content);
	buf_free(&content);
	buf_free(&frame);
}

void
frame_trial_failures_below_encoder(const struct frame_format *format)
{
	fail_below(format, 1);
}

void
frame_trial_failures_below_decoder(const struct frame_format *format)
{
	fail_below(format, 0);
}

void
frame_trial_big_blocks(const struct frame_format *format)
{
	static const char zeros[4096];
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf frame = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct failing_sink encoded = {.bytes = &frame};
	struct failing_sink decoded = {0};

	frame_trial_noise(&content, SOME_NOISE);
	frame_trial_text(&content, SOME_NOISE);
	/* Zeros, of which next to nothing is left. */
	for (size_t i = 0; i < 2 * SOME_NOISE; i += sizeof(zeros))
		append(&content, zeros, sizeof(zeros));
	ck_assert_int_eq(run_failing(format->encoder, &content, &encoded), 0);
	ck_assert_uint_ge(encoded.shortest, 128 * 1024);
	ck_assert_int_eq(run_failing(format->decoder, &frame, &decoded), 0);
	ck_assert_uint_ge(decoded.shortest, 128 * 1024);
	buf_free(&content);
	buf_free(&frame);
}
