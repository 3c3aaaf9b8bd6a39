/*
 * zstd_frame - zstd frames with a content checksum, both ways.
 */
#ifndef WALNUT_STREAM_ZSTD_FRAME_H
#define WALNUT_STREAM_ZSTD_FRAME_H

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/stream/sink.h"

/* Levels accepted, 0 excluded. */
#define ZSTD_FRAME_LEVEL_MIN (-7)
#define ZSTD_FRAME_LEVEL_MAX 19

/*
 * zstd_frame_encoder - one frame, content checksum on, window at most 8 MiB so
 * that every reader can open it. No input at all makes a valid empty frame.
 * Ownership: takes next, returns.
 * Errors: ERR_USAGE for a level out of range.
 * Source: RFC 8878.
 */
MUST_CHECK struct sink *zstd_frame_encoder(int level, struct sink *next,
					   struct err *err);

/*
 * zstd_frame_decoder - any number of frames, at least one; windows up to
 * 128 MiB.
 * Ownership: takes next, returns.
 * Errors: ERR_DAMAGED, also when the input ends inside a frame.
 */
MUST_CHECK struct sink *zstd_frame_decoder(struct sink *next, struct err *err);

#endif
