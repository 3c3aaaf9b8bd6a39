/*
 * pipeline - the stages between content and store, their order written once.
 *
 *	content -> compress -> encrypt -> store
 *	store -> decrypt -> decompress -> content
 *
 * The name of an object says which stages it went through: ".zst", and ".age"
 * behind it when encrypted. Reading goes by the name alone.
 */
#ifndef WALNUT_STREAM_PIPELINE_H
#define WALNUT_STREAM_PIPELINE_H

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/stream/codec.h"
#include "common/stream/sink.h"

/* What is done on the way out. */
struct pipeline {
	struct codec codec;
};

/* Room for the longest suffix with its NUL: ".brotli.age" and to spare. */
#define PIPELINE_SUFFIX_SIZE 16

/* pipeline_suffix - what objects written through it end in: ".zst". */
void pipeline_suffix(const struct pipeline *pipeline,
		     char suffix[PIPELINE_SUFFIX_SIZE]);

/* pipeline_strip - length of `name` without the suffixes of stages:
 * 24 for "000000010000000000000001.lz4.age". */
size_t pipeline_strip(const char *name);

/* pipeline_out - content goes in, stored bytes come out into `next`.
 * Ownership: takes next, returns. */
MUST_CHECK struct sink *pipeline_out(const struct pipeline *pipeline,
				     struct sink *next, struct err *err);

/*
 * pipeline_in - stored bytes of the object called `name` go in, content comes
 * out into `next`.
 * Ownership: takes next, returns.
 * Errors: ERR_USAGE when this build or its settings cannot read such an object.
 */
MUST_CHECK struct sink *pipeline_in(const char *name, struct sink *next,
				    struct err *err);

#endif
