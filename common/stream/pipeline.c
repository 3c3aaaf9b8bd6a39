#include "common/stream/pipeline.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char encrypted_suffix[] = ".age";

/* What the end of a name says about the stages, outermost first. */
struct stages {
	bool encrypted;
	enum codec_kind kind;
	size_t base; /* length of the name without their suffixes */
};

/* Whether something is left of the name when it is cut at `dot`. */
static bool
is_suffix(const char *name, const char *dot)
{
	return dot != NULL && dot > name && dot[-1] != '/';
}

static bool
ends_encrypted(const char *name, size_t len)
{
	size_t suffix = strlen(encrypted_suffix);

	return len > suffix && is_suffix(name, name + len - suffix) &&
	       memcmp(name + len - suffix, encrypted_suffix, suffix) == 0;
}

/* The kind told by the last suffix of the first len bytes of `name`; shortens
 * *len by it, or leaves it when they end in no suffix that we know. */
static enum codec_kind
take_codec(const char *name, size_t *len)
{
	char suffix[PIPELINE_SUFFIX_SIZE];
	enum codec_kind kind;
	size_t dot = *len;

	while (dot > 0 && name[dot - 1] != '.')
		dot--;
	/* dot is now behind the last dot, or 0. */
	if (dot == 0 || *len - dot >= sizeof(suffix) ||
	    !is_suffix(name, name + dot - 1))
		return CODEC_NONE;
	memcpy(suffix, name + dot, *len - dot);
	suffix[*len - dot] = '\0';
	if (codec_of_suffix(suffix, &kind) != 0)
		return CODEC_NONE;
	*len = dot - 1;
	return kind;
}

static struct stages
stages_of(const char *name)
{
	struct stages stages = {.base = strlen(name)};

	stages.encrypted = ends_encrypted(name, stages.base);
	if (stages.encrypted)
		stages.base -= strlen(encrypted_suffix);
	stages.kind = take_codec(name, &stages.base);
	return stages;
}

void
pipeline_suffix(const struct pipeline *pipeline,
		char suffix[PIPELINE_SUFFIX_SIZE])
{
	const char *codec = codec_suffix(pipeline->codec.kind);

	snprintf(suffix, PIPELINE_SUFFIX_SIZE, "%s%s",
		 codec[0] == '\0' ? "" : ".", codec);
}

size_t
pipeline_strip(const char *name)
{
	return stages_of(name).base;
}

struct sink *
pipeline_out(const struct pipeline *pipeline, struct sink *next,
	     struct err *err)
{
	/* Built from the store backwards: encryption, once there are
	 * recipients, wraps `next` before compression does. */
	return codec_encoder(&pipeline->codec, next, err);
}

/*
 * The stage that opens what is encrypted, its output into `next`. Takes next.
 * This build has none.
 */
static struct sink *
decrypter(struct sink *next, struct err *err)
{
	sink_free(next);
	err_set(err, ERR_USAGE,
		"encrypted, and this build cannot open age yet");
	return NULL;
}

struct sink *
pipeline_in(const char *name, struct sink *next, struct err *err)
{
	struct stages stages = stages_of(name);

	/* Built from the content backwards: decompression feeds next,
	 * decryption feeds decompression. */
	next = codec_decoder(stages.kind, next, err);
	if (next != NULL && stages.encrypted)
		next = decrypter(next, err);
	if (next == NULL)
		err_context(err, "%s", name);
	return next;
}
