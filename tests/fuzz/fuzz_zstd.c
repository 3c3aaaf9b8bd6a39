/* zstd frames: codec_claims.h, at fast levels so that many are tried. */
#include "tests/fuzz/claim.h"
#include "tests/fuzz/codec_claims.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int levels[] = {1, -7, -1, 3};
	struct codec codec = {CODEC_ZSTD, levels[size / 8 % 4]};

	codec_claims_decode(CODEC_ZSTD, data, size);
	/* Encoders are slow to set up: not for every input. */
	if (size % 8 == 0)
		codec_claims_encode(&codec, data, size);
	return 0;
}
