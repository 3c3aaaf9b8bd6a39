/*
 * codec_claims - what must hold for any compression, given any bytes.
 */
#ifndef WALNUT_FUZZ_CODEC_CLAIMS_H
#define WALNUT_FUZZ_CODEC_CLAIMS_H

#include <stddef.h>
#include <stdint.h>

#include "common/stream/codec.h"

/* codec_claims_decode - the bytes taken as compressed: the answer does not
 * depend on how they are cut, and a frame cut short is never complete. */
void codec_claims_decode(enum codec_kind kind, const uint8_t *data,
			 size_t size);

/* codec_claims_encode - the bytes taken as content: they come back, and a
 * flipped bit in what was written never goes unseen. */
void codec_claims_encode(const struct codec *codec, const uint8_t *data,
			 size_t size);

#endif
