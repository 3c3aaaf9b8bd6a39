#include "common/stream/codec.h"

#include <stdint.h>
#include <string.h>

#include "common/base/units.h"
#include "common/stream/lz4_frame.h"
#include "common/stream/zstd_frame.h"

struct spelling {
	const char *suffix;
	enum codec_kind kind;
};

/* The first of a kind is the one that is written. */
static const struct spelling spellings[] = {
    {"zst", CODEC_ZSTD}, {"lz4", CODEC_LZ4}, {"lzma", CODEC_LZMA},
    {"xz", CODEC_LZMA},  {"gz", CODEC_GZ},   {"br", CODEC_BROTLI},
    {"lzo", CODEC_LZO},
};

#define SPELLINGS (sizeof(spellings) / sizeof(spellings[0]))

static int
refuse_text(const char *text, struct err *err)
{
	return err_set(err, ERR_USAGE,
		       "compression \"%s\" is not one of lz4, zstd, zstd:%d to "
		       "zstd:-1, zstd:1 to zstd:%d",
		       text, ZSTD_FRAME_LEVEL_MIN, ZSTD_FRAME_LEVEL_MAX);
}

/* "3", "-7": in range and not 0. Whatever *err says is replaced. */
static int
parse_level(const char *text, int *level, struct err *err)
{
	int sign = text[0] == '-' ? -1 : 1;
	uint64_t most = sign < 0 ? -ZSTD_FRAME_LEVEL_MIN : ZSTD_FRAME_LEVEL_MAX;
	uint64_t value;

	if (units_parse_number(sign < 0 ? text + 1 : text, 1, most, &value,
			       err) != 0)
		return -1;
	*level = sign * (int)value;
	return 0;
}

int
codec_parse(const char *text, struct codec *codec, struct err *err)
{
	static const char with_level[] = "zstd:";
	struct codec found = CODEC_DEFAULT;

	if (strcmp(text, "lz4") == 0) {
		found.kind = CODEC_LZ4;
		found.level = 0;
	} else if (strncmp(text, with_level, strlen(with_level)) == 0) {
		if (parse_level(text + strlen(with_level), &found.level, err) !=
		    0)
			return refuse_text(text, err);
	} else if (strcmp(text, "zstd") != 0) {
		return refuse_text(text, err);
	}
	*codec = found;
	return 0;
}

const char *
codec_suffix(enum codec_kind kind)
{
	for (size_t i = 0; i < SPELLINGS; i++)
		if (spellings[i].kind == kind)
			return spellings[i].suffix;
	return "";
}

int
codec_of_suffix(const char *suffix, enum codec_kind *kind)
{
	for (size_t i = 0; i < SPELLINGS; i++)
		if (strcmp(spellings[i].suffix, suffix) == 0) {
			*kind = spellings[i].kind;
			return 0;
		}
	return -1;
}

static struct sink *
refuse_kind(const char *verb, enum codec_kind kind, struct sink *next,
	    struct err *err)
{
	sink_free(next);
	err_set(err, ERR_USAGE, "this build cannot %s %s compression", verb,
		codec_suffix(kind));
	return NULL;
}

struct sink *
codec_encoder(const struct codec *codec, struct sink *next, struct err *err)
{
	switch (codec->kind) {
	case CODEC_NONE:
		/* Nothing to do is no stage. */
		return next;
	case CODEC_ZSTD:
		return zstd_frame_encoder(codec->level, next, err);
	case CODEC_LZ4:
		return lz4_frame_encoder(next, err);
	case CODEC_LZMA:
	case CODEC_GZ:
	case CODEC_BROTLI:
	case CODEC_LZO:
		break;
	}
	return refuse_kind("write", codec->kind, next, err);
}

struct sink *
codec_decoder(enum codec_kind kind, struct sink *next, struct err *err)
{
	switch (kind) {
	case CODEC_NONE:
		return next;
	case CODEC_ZSTD:
		return zstd_frame_decoder(next, err);
	case CODEC_LZ4:
		return lz4_frame_decoder(next, err);
	case CODEC_LZMA:
	case CODEC_GZ:
	case CODEC_BROTLI:
	case CODEC_LZO:
		break;
	}
	return refuse_kind("read", kind, next, err);
}
