#include "common/stream/lz4_frame.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lz4frame.h>

/* The largest block that the format knows. Buffers of its size let liblz4 work
 * from and to them directly instead of through copies of its own. */
#define BLOCK ((size_t)4 * 1024 * 1024)

/* An encoder collects more than this before it hands it on, however well the
 * content compresses. The header fits many times. */
#define HAND_ON ((size_t)256 * 1024)

static const LZ4F_preferences_t preferences = {
    .frameInfo =
	{
	    .blockSizeID = LZ4F_max4MB,
	    .blockMode = LZ4F_blockIndependent,
	    .contentChecksumFlag = LZ4F_contentChecksumEnabled,
	},
};

struct lz4_frame {
	struct sink sink;
	struct sink *next;
	LZ4F_cctx *compressor;   /* NULL in a decoder */
	LZ4F_dctx *decompressor; /* NULL in an encoder */
	char *out;
	size_t capacity; /* bytes that `out` has room for */
	size_t used;     /* bytes in it */
	bool complete;   /* decoder: the input so far ends with a frame's end */
};

/* Running out of memory is not the data's fault. liblz4 tells it by name only
 * in its stable interface, with a prefix that says nothing to people. */
static int
report(size_t code, struct err *err)
{
	static const char prefix[] = "ERROR_";
	const char *name = LZ4F_getErrorName(code);

	if (strncmp(name, prefix, strlen(prefix)) == 0)
		name += strlen(prefix);
	if (strcmp(name, "allocation_failed") == 0)
		return err_memory(err);
	return err_set(err, ERR_DAMAGED, "lz4: %s", name);
}

/* Hand on what the buffer holds. */
static int
hand_on(struct lz4_frame *frame, struct err *err)
{
	size_t len = frame->used;

	frame->used = 0;
	return sink_write(frame->next, frame->out, len, err);
}

static void
lz4_frame_free(struct sink *sink)
{
	struct lz4_frame *frame = (struct lz4_frame *)sink;

	/* Both know NULL; what they return is always success. */
	LZ4F_freeCompressionContext(frame->compressor);
	LZ4F_freeDecompressionContext(frame->decompressor);
	free(frame->out);
	sink_free(frame->next);
	free(frame);
}

/* A stage without a context. Takes next. */
static struct lz4_frame *
frame_new(const struct sink_ops *ops, size_t capacity, struct sink *next,
	  struct err *err)
{
	struct lz4_frame *frame = calloc(1, sizeof(*frame));

	if (frame == NULL) {
		sink_free(next);
		err_memory(err);
		return NULL;
	}
	sink_init(&frame->sink, ops);
	frame->next = next;
	frame->capacity = capacity;
	frame->out = malloc(capacity);
	if (frame->out == NULL) {
		lz4_frame_free(&frame->sink);
		err_memory(err);
		return NULL;
	}
	return frame;
}

/* The way out. */

/* The most that one step adds to the buffer: a whole block and what ends a
 * frame. */
static size_t
step_bound(void)
{
	return LZ4F_compressBound(BLOCK, &preferences);
}

/* Account for what a call of liblz4 has added to the buffer. */
static int
added(struct lz4_frame *frame, size_t count, struct err *err)
{
	if (LZ4F_isError(count))
		return report(count, err);
	frame->used += count;
	return 0;
}

static int
encoder_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct lz4_frame *frame = (struct lz4_frame *)sink;
	const char *from = data;

	while (len > 0) {
		size_t step = len < BLOCK ? len : BLOCK;
		size_t count;

		if (frame->capacity - frame->used < step_bound() &&
		    hand_on(frame, err) != 0)
			return -1;
		count = LZ4F_compressUpdate(
		    frame->compressor, frame->out + frame->used,
		    frame->capacity - frame->used, from, step, NULL);
		if (added(frame, count, err) != 0)
			return -1;
		from += step;
		len -= step;
	}
	return 0;
}

static int
encoder_finish(struct sink *sink, struct err *err)
{
	struct lz4_frame *frame = (struct lz4_frame *)sink;
	size_t count;

	if (frame->capacity - frame->used < step_bound() &&
	    hand_on(frame, err) != 0)
		return -1;
	count = LZ4F_compressEnd(frame->compressor, frame->out + frame->used,
				 frame->capacity - frame->used, NULL);
	if (added(frame, count, err) != 0 || hand_on(frame, err) != 0)
		return -1;
	return sink_finish(frame->next, err);
}

static const struct sink_ops encoder_ops = {
    .name = "lz4",
    .write = encoder_write,
    .finish = encoder_finish,
    .free = lz4_frame_free,
};

struct sink *
lz4_frame_encoder(struct sink *next, struct err *err)
{
	struct lz4_frame *frame;
	size_t code;

	/* A block may be added until HAND_ON bytes wait. */
	frame = frame_new(&encoder_ops, HAND_ON + step_bound(), next, err);
	if (frame == NULL)
		return NULL;
	code = LZ4F_createCompressionContext(&frame->compressor, LZ4F_VERSION);
	if (LZ4F_isError(code)) {
		report(code, err);
		goto fail;
	}
	code = LZ4F_compressBegin(frame->compressor, frame->out,
				  frame->capacity, &preferences);
	if (added(frame, code, err) != 0)
		goto fail;
	return &frame->sink;
fail:
	sink_free(&frame->sink);
	return NULL;
}

/* The way back. */

static int
decoder_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct lz4_frame *frame = (struct lz4_frame *)sink;
	const char *from = data;

	/* No output waits once the last input is gone: measured with liblz4
	 * 1.9.4 over all block sizes and buffers of 1 byte to 256 KiB. Were it
	 * otherwise, the frame would not be complete, and finish would fail. */
	while (len > 0) {
		size_t produced = frame->capacity - frame->used;
		size_t consumed = len;
		size_t left = LZ4F_decompress(frame->decompressor,
					      frame->out + frame->used,
					      &produced, from, &consumed, NULL);

		if (LZ4F_isError(left))
			return report(left, err);
		frame->used += produced;
		from += consumed;
		len -= consumed;
		/* 0 says that a frame is over and all of it is in the buffer.
		 * What follows, if anything, must be the next one. */
		frame->complete = left == 0;
		if (frame->used == frame->capacity && hand_on(frame, err) != 0)
			return -1;
	}
	return 0;
}

static int
decoder_finish(struct sink *sink, struct err *err)
{
	struct lz4_frame *frame = (struct lz4_frame *)sink;

	if (!frame->complete)
		return err_set(err, ERR_DAMAGED,
			       "lz4: ends before its frame is complete");
	if (hand_on(frame, err) != 0)
		return -1;
	return sink_finish(frame->next, err);
}

static const struct sink_ops decoder_ops = {
    .name = "lz4",
    .write = decoder_write,
    .finish = decoder_finish,
    .free = lz4_frame_free,
};

struct sink *
lz4_frame_decoder(struct sink *next, struct err *err)
{
	struct lz4_frame *frame = frame_new(&decoder_ops, BLOCK, next, err);
	size_t code;

	if (frame == NULL)
		return NULL;
	code =
	    LZ4F_createDecompressionContext(&frame->decompressor, LZ4F_VERSION);
	if (LZ4F_isError(code)) {
		report(code, err);
		sink_free(&frame->sink);
		return NULL;
	}
	return &frame->sink;
}
