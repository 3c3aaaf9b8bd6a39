/*
 * pump - read a file and push it into a sink.
 */
#ifndef WALNUT_STREAM_PUMP_H
#define WALNUT_STREAM_PUMP_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/stream/sink.h"

/* Bytes read and pushed at a time. */
#define PUMP_CHUNK (256 * 1024)

/*
 * pump_file - push exactly `len` bytes of `fd` from `offset` on into `to`,
 * which is not finished. `path` is for messages. Checks for a requested stop at
 * each chunk.
 * Errors: ERR_DAMAGED when the file ends early; the sink's; ERR_STOPPED.
 */
MUST_CHECK int pump_file(int fd, uint64_t offset, uint64_t len,
			 const char *path, struct sink *to, struct err *err);

/* pump_to_end - as pump_file, from where `fd` stands up to the end of the file;
 * a pipe will do. */
MUST_CHECK int pump_to_end(int fd, const char *path, struct sink *to,
			   struct err *err);

#endif
