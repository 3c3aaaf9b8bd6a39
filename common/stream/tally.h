/*
 * tally - a stage that counts and digests what passes through.
 */
#ifndef WALNUT_STREAM_TALLY_H
#define WALNUT_STREAM_TALLY_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/stream/sink.h"

struct tally {
	uint64_t size;   /* bytes */
	uint32_t crc32c; /* of all of them */
};

/* tally_sink - `tally` is set to zero here and follows every byte.
 * Ownership: keeps tally, takes next, returns. */
MUST_CHECK struct sink *tally_sink(struct tally *tally, struct sink *next,
				   struct err *err);

/* tally_add - digest bytes that do not pass through a sink. */
void tally_add(struct tally *tally, const void *data, size_t len);

#endif
