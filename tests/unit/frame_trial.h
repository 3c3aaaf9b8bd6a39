/*
 * frame_trial - what every pair of encoder and decoder has to go through.
 *
 * Each trial asserts by itself; a format's own test calls them all.
 */
#ifndef WALNUT_UNIT_FRAME_TRIAL_H
#define WALNUT_UNIT_FRAME_TRIAL_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/stream/sink.h"

/* The most any trial puts into memory. */
#define FRAME_TRIAL_LIMIT ((size_t)64 * 1024 * 1024)

struct frame_format {
	struct sink *(*encoder)(struct sink *next, struct err *err);
	struct sink *(*decoder)(struct sink *next, struct err *err);
	unsigned idle_bits;     /* how many bits of a small frame may be flipped
				   without a failure; the content stays the same */
	const char *name;       /* in messages */
	const char *decompress; /* shell command: a frame's file behind it, the
				   content on its stdout */
};

/* frame_trial_noise - append len bytes that nothing compresses, always the
 * same. */
void frame_trial_noise(struct buf *content, size_t len);

/* frame_trial_text - append len bytes that compress well, but not to
 * nothing. */
void frame_trial_text(struct buf *content, size_t len);

/* frame_trial_same - both hold the same bytes. */
void frame_trial_same(const struct buf *got, const struct buf *expected);

/* frame_trial_push - push data in steps of at most `step` bytes into `sink`,
 * finish and free it. Returns 0 or -1. Ownership: takes sink. */
MUST_CHECK int frame_trial_push(struct sink *sink, const void *data, size_t len,
				size_t step, struct err *err);

/* frame_trial_encode - append the frame of `content`; it cannot fail. */
void frame_trial_encode(const struct frame_format *format,
			const struct buf *content, size_t step,
			struct buf *frame);

/* frame_trial_decode - append what is in `frame`. Returns 0 or -1. */
MUST_CHECK int frame_trial_decode(const struct frame_format *format,
				  const void *frame, size_t len, size_t step,
				  struct buf *content, struct err *err);

/* frame_trial_expect - `frame` opens, read in any steps, and holds `content`.
 */
void frame_trial_expect(const struct frame_format *format,
			const struct buf *frame, const struct buf *content);

/* frame_trial_damaged - `frame` is ERR_DAMAGED, read in any steps, and the
 * message names the format. */
void frame_trial_damaged(const struct frame_format *format, const void *frame,
			 size_t len);

/* The trials. */
void frame_trial_round_trips(const struct frame_format *format);
void frame_trial_several_frames(const struct frame_format *format);
void frame_trial_truncations(const struct frame_format *format);
void frame_trial_flipped_bits(const struct frame_format *format);
void frame_trial_garbage_behind(const struct frame_format *format);
void frame_trial_skippable_frames(const struct frame_format *format);
void frame_trial_failures_below_encoder(const struct frame_format *format);
void frame_trial_failures_below_decoder(const struct frame_format *format);
void frame_trial_big_blocks(const struct frame_format *format);

#endif
