/* lz4 frames: codec_claims.h. */
#include "tests/fuzz/claim.h"
#include "tests/fuzz/codec_claims.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct codec codec = {CODEC_LZ4, 0};

	codec_claims_decode(CODEC_LZ4, data, size);
	/* Encoders are slow to set up: not for every input. */
	if (size % 8 == 0)
		codec_claims_encode(&codec, data, size);
	return 0;
}
