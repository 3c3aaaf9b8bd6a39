/*
 * lz4_frame - lz4 frames with a content checksum, both ways.
 */
#ifndef WALNUT_STREAM_LZ4_FRAME_H
#define WALNUT_STREAM_LZ4_FRAME_H

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/stream/sink.h"

/*
 * lz4_frame_encoder - one frame, 4 MiB independent blocks, content checksum.
 * Ownership: takes next, returns.
 * Source: the LZ4 frame format description, 1.6.
 */
MUST_CHECK struct sink *lz4_frame_encoder(struct sink *next, struct err *err);

/* lz4_frame_decoder - any number of frames, at least one.
 * Ownership: takes next, returns.
 * Errors: ERR_DAMAGED, also when the input ends inside a frame. */
MUST_CHECK struct sink *lz4_frame_decoder(struct sink *next, struct err *err);

#endif
