#include "common/stream/zstd_frame.h"

#include <stdbool.h>
#include <stdlib.h>

#include <zstd.h>
#include <zstd_errors.h>

/* Windows as powers of two. Every reader must open 8 MiB (RFC 8878, 3.1.1.1.2);
 * we open what `zstd --long` writes without being asked twice. */
#define WRITTEN_WINDOW_LOG 23
#define READ_WINDOW_LOG 27

/* From this level on libzstd chooses windows that could grow beyond 8 MiB with
 * its next version; below it, a window set by us would only cost memory. */
#define WIDE_LEVEL 17

/* The parts of libzstd's context and the buffer are alike in both directions.
 */
struct zstd_frame {
	struct sink sink;
	struct sink *next;
	ZSTD_CCtx *compressor;   /* NULL in a decoder */
	ZSTD_DCtx *decompressor; /* NULL in an encoder */
	ZSTD_outBuffer out;
	bool complete; /* decoder: the input so far ends with a frame's end */
};

/* Running out of memory is not the data's fault. */
static int
report(size_t code, struct err *err)
{
	if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
		return err_memory(err);
	return err_set(err, ERR_DAMAGED, "zstd: %s", ZSTD_getErrorName(code));
}

/* Hand on what the buffer holds. */
static int
hand_on(struct zstd_frame *frame, struct err *err)
{
	size_t len = frame->out.pos;

	frame->out.pos = 0;
	return sink_write(frame->next, frame->out.dst, len, err);
}

static void
zstd_frame_free(struct sink *sink)
{
	struct zstd_frame *frame = (struct zstd_frame *)sink;

	ZSTD_freeCCtx(frame->compressor);
	ZSTD_freeDCtx(frame->decompressor);
	free(frame->out.dst);
	sink_free(frame->next);
	free(frame);
}

/* A stage without a context. Takes next. */
static struct zstd_frame *
frame_new(const struct sink_ops *ops, size_t buffer, struct sink *next,
	  struct err *err)
{
	struct zstd_frame *frame = calloc(1, sizeof(*frame));

	if (frame == NULL) {
		sink_free(next);
		err_memory(err);
		return NULL;
	}
	sink_init(&frame->sink, ops);
	frame->next = next;
	frame->out.dst = malloc(buffer);
	frame->out.size = buffer;
	if (frame->out.dst == NULL) {
		zstd_frame_free(&frame->sink);
		err_memory(err);
		return NULL;
	}
	return frame;
}

/* The way out. */

/*
 * Compress `in` whole. libzstd writes a block straight into our buffer only
 * where it is sure to fit, else it copies: so the buffer is handed on while
 * there is still room for one.
 */
static int
encode(struct zstd_frame *frame, ZSTD_inBuffer in, ZSTD_EndDirective directive,
       struct err *err)
{
	size_t left;

	do {
		left = ZSTD_compressStream2(frame->compressor, &frame->out, &in,
					    directive);
		if (ZSTD_isError(left))
			return report(left, err);
		if (frame->out.size - frame->out.pos < ZSTD_CStreamOutSize() &&
		    hand_on(frame, err) != 0)
			return -1;
	} while (in.pos < in.size || (directive == ZSTD_e_end && left > 0));
	return 0;
}

static int
encoder_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	ZSTD_inBuffer in = {data, len, 0};

	return encode((struct zstd_frame *)sink, in, ZSTD_e_continue, err);
}

static int
encoder_finish(struct sink *sink, struct err *err)
{
	struct zstd_frame *frame = (struct zstd_frame *)sink;
	ZSTD_inBuffer nothing = {NULL, 0, 0};

	if (encode(frame, nothing, ZSTD_e_end, err) != 0 ||
	    hand_on(frame, err) != 0)
		return -1;
	return sink_finish(frame->next, err);
}

static const struct sink_ops encoder_ops = {
    .name = "zstd",
    .write = encoder_write,
    .finish = encoder_finish,
    .free = zstd_frame_free,
};

static int
set(ZSTD_CCtx *compressor, ZSTD_cParameter parameter, int value,
    struct err *err)
{
	size_t code = ZSTD_CCtx_setParameter(compressor, parameter, value);

	if (ZSTD_isError(code))
		return report(code, err);
	return 0;
}

static int
set_up(ZSTD_CCtx *compressor, int level, struct err *err)
{
	if (set(compressor, ZSTD_c_compressionLevel, level, err) != 0 ||
	    set(compressor, ZSTD_c_checksumFlag, 1, err) != 0)
		return -1;
	if (level >= WIDE_LEVEL)
		return set(compressor, ZSTD_c_windowLog, WRITTEN_WINDOW_LOG,
			   err);
	return 0;
}

struct sink *
zstd_frame_encoder(int level, struct sink *next, struct err *err)
{
	struct zstd_frame *frame;

	/* libzstd would clamp it without a word. */
	if (level < ZSTD_FRAME_LEVEL_MIN || level > ZSTD_FRAME_LEVEL_MAX ||
	    level == 0) {
		sink_free(next);
		err_set(err, ERR_USAGE,
			"zstd level %d is not one of %d to -1, 1 to %d", level,
			ZSTD_FRAME_LEVEL_MIN, ZSTD_FRAME_LEVEL_MAX);
		return NULL;
	}
	frame = frame_new(&encoder_ops, 4 * ZSTD_CStreamOutSize(), next, err);
	if (frame == NULL)
		return NULL;
	frame->compressor = ZSTD_createCCtx();
	if (frame->compressor == NULL) {
		err_memory(err);
		goto fail;
	}
	if (set_up(frame->compressor, level, err) != 0)
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
	struct zstd_frame *frame = (struct zstd_frame *)sink;
	ZSTD_inBuffer in = {data, len, 0};
	bool more = false; /* the buffer is full, and not all may be out */

	/* zstd.h asks for another call when the buffer came back full. libzstd
	 * 1.5.4 never needs it, since it keeps the last byte of input unread
	 * until everything is out; no test can tell the difference. */
	while (in.pos < in.size || more) {
		size_t left = ZSTD_decompressStream(frame->decompressor,
						    &frame->out, &in);

		if (ZSTD_isError(left))
			return report(left, err);
		/* 0 says that a frame is over and all of it is in the buffer.
		 * What follows, if anything, must be the next one. */
		frame->complete = left == 0;
		more = left != 0 && frame->out.pos == frame->out.size;
		if (frame->out.pos == frame->out.size &&
		    hand_on(frame, err) != 0)
			return -1;
	}
	return 0;
}

static int
decoder_finish(struct sink *sink, struct err *err)
{
	struct zstd_frame *frame = (struct zstd_frame *)sink;

	if (!frame->complete)
		return err_set(err, ERR_DAMAGED,
			       "zstd: ends before its frame is complete");
	if (hand_on(frame, err) != 0)
		return -1;
	return sink_finish(frame->next, err);
}

static const struct sink_ops decoder_ops = {
    .name = "zstd",
    .write = decoder_write,
    .finish = decoder_finish,
    .free = zstd_frame_free,
};

struct sink *
zstd_frame_decoder(struct sink *next, struct err *err)
{
	struct zstd_frame *frame;
	size_t code;

	frame = frame_new(&decoder_ops, 2 * ZSTD_DStreamOutSize(), next, err);
	if (frame == NULL)
		return NULL;
	frame->decompressor = ZSTD_createDCtx();
	if (frame->decompressor == NULL) {
		err_memory(err);
		goto fail;
	}
	code = ZSTD_DCtx_setParameter(frame->decompressor, ZSTD_d_windowLogMax,
				      READ_WINDOW_LOG);
	if (ZSTD_isError(code)) {
		report(code, err);
		goto fail;
	}
	return &frame->sink;
fail:
	sink_free(&frame->sink);
	return NULL;
}
