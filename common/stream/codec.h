/*
 * codec - which compression, by setting and by suffix.
 *
 * The suffixes are WAL-G's: what lies in a store is told by its name alone.
 */
#ifndef WALNUT_STREAM_CODEC_H
#define WALNUT_STREAM_CODEC_H

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/stream/sink.h"

enum codec_kind {
	CODEC_NONE,
	CODEC_ZSTD,
	CODEC_LZ4,
	CODEC_LZMA, /* the kinds from here on are read, never written; */
	CODEC_GZ,   /* this build knows their names only */
	CODEC_BROTLI,
	CODEC_LZO,
};

struct codec {
	enum codec_kind kind;
	int level; /* zstd: -7..19 without 0 meaning "default": 0 is refused */
};

/* The design's default: zstd level 1. */
#define CODEC_DEFAULT         \
	{                     \
		CODEC_ZSTD, 1 \
	}

/*
 * codec_parse - "zstd", "zstd:3", "lz4". Levels out of range are refused here,
 * since libzstd would silently clamp them.
 * Errors: ERR_USAGE names the text and what is possible.
 */
MUST_CHECK int codec_parse(const char *text, struct codec *codec,
			   struct err *err);

/* codec_suffix - "zst", "lz4", "lzma", "gz", "br", "lzo"; "" for CODEC_NONE. */
const char *codec_suffix(enum codec_kind kind);

/* codec_of_suffix - the kind whose suffix (without the dot; xz is lzma's other
 * spelling) this is. Returns 0, or -1 when there is none. */
int codec_of_suffix(const char *suffix, enum codec_kind *kind);

/*
 * codec_encoder, codec_decoder - one stage that writes or reads the format.
 * A decoder accepts several frames in one object, and fails at finish when the
 * last one is not complete or nothing at all was there (CODEC_NONE excepted).
 * Ownership: takes next, returns.
 * Errors: ERR_USAGE for a kind this build cannot write or read.
 */
MUST_CHECK struct sink *codec_encoder(const struct codec *codec,
				      struct sink *next, struct err *err);
MUST_CHECK struct sink *codec_decoder(enum codec_kind kind, struct sink *next,
				      struct err *err);

#endif
