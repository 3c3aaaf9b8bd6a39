#include "tests/fuzz/codec_claims.h"

#include <string.h>

#include "common/base/buf.h"
#include "common/stream/ends.h"
#include "tests/fuzz/claim.h"

/* A few bytes may stand for gigabytes: no more than this is decoded, and no
 * more encoded. */
#define CONTENT_LIMIT ((size_t)512 << 10)

static int
decode(enum codec_kind kind, const uint8_t *data, size_t size, size_t piece,
       struct buf *content, struct err *err)
{
	struct sink *end = ends_memory(content, err);

	return claim_pushed(codec_decoder(kind, end, err), data, size, piece,
			    err);
}

static bool
same(const struct buf *content, const void *data, size_t size)
{
	return content->len == size &&
	       (size == 0 || memcmp(content->data, data, size) == 0);
}

void
codec_claims_decode(enum codec_kind kind, const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT(CONTENT_LIMIT);
	struct buf cut = BUF_INIT(CONTENT_LIMIT);
	struct err first = {0};
	struct err second = {0};
	int result = decode(kind, data, size, 0, &whole, &first);
	int again = decode(kind, data, size, 1 + size % 500, &cut, &second);

	/* Which of two faults is met first does depend on the cut. */
	if (first.kind != ERR_SYSTEM && second.kind != ERR_SYSTEM) {
		claim(result == again, "cutting does not change the answer");
		claim(first.kind == second.kind, "nor the kind of error");
		claim(result != 0 || same(&whole, cut.data, cut.len),
		      "nor the content");
	}
	claim(result == 0 || first.kind == ERR_DAMAGED ||
		  first.kind == ERR_SYSTEM,
	      "what cannot be decoded is damaged");
	claim(result != 0 || size > 0, "nothing at all is not complete");
	buf_free(&whole);
	buf_free(&cut);
}

static void
claim_flip_seen(enum codec_kind kind, struct buf *stored, const void *data,
		size_t size)
{
	struct buf content = BUF_INIT(CONTENT_LIMIT);
	struct err err = {0};
	size_t bit = (size * 31 + 7) % (stored->len * 8);
	uint8_t *bytes = (uint8_t *)stored->data;

	bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	if (decode(kind, bytes, stored->len, 0, &content, &err) == 0)
		claim(same(&content, data, size), "a flipped bit is seen");
	buf_free(&content);
}

static void
claim_cut_seen(enum codec_kind kind, const struct buf *stored)
{
	struct buf content = BUF_INIT(CONTENT_LIMIT);
	struct err err = {0};
	size_t len = stored->len / 2;

	claim(decode(kind, (const uint8_t *)stored->data, len, 0, &content,
		     &err) == -1,
	      "a frame cut short is not complete");
	buf_free(&content);
}

void
codec_claims_encode(const struct codec *codec, const uint8_t *data, size_t size)
{
	struct buf stored = BUF_INIT(2 * CONTENT_LIMIT);
	struct buf content = BUF_INIT(CONTENT_LIMIT);
	struct err err = {0};
	struct sink *end;

	if (size > CONTENT_LIMIT)
		return;
	end = ends_memory(&stored, &err);
	claim_done(claim_pushed(codec_encoder(codec, end, &err), data, size,
				1 + size % 900, &err),
		   &err, "anything can be encoded");
	claim_done(decode(codec->kind, (const uint8_t *)stored.data, stored.len,
			  0, &content, &err),
		   &err, "what was encoded decodes");
	claim(same(&content, data, size), "to the same bytes");
	claim_cut_seen(codec->kind, &stored);
	claim_flip_seen(codec->kind, &stored, data, size);
	buf_free(&stored);
	buf_free(&content);
}
