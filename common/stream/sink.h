/*
 * sink - where bytes are pushed: one stage of a pipe, or its end.
 *
 * A stage takes the next one and releases it with itself. Finish commits; free
 * without a successful finish abandons: nothing becomes visible. A decoder's
 * finish fails when its input was cut short. A sink that failed stays failed:
 * every later write and finish fails with the same kind at once.
 *
 * A stage embeds `struct sink` as its first member:
 *
 *	struct upper { struct sink sink; struct sink *next; ... };
 */
#ifndef WALNUT_STREAM_SINK_H
#define WALNUT_STREAM_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/draft.h"
#include "common/base/err.h"

struct sink;

struct sink_ops {
	const char *name; /* for messages: "zstd", "s3 upload" */
	/* len is never 0. */
	int (*write)(struct sink *sink, const void *data, size_t len,
		     struct err *err);
	/* Called at most once. Finishes the next stage too. */
	int (*finish)(struct sink *sink, struct err *err);
	/* Releases the stage and the next one. */
	void (*free)(struct sink *sink);
};

enum sink_state { SINK_OPEN, SINK_FINISHED, SINK_FAILED };

struct sink {
	const struct sink_ops *ops;
	enum sink_state state;
	enum err_kind failure; /* what it failed with */
};

/* sink_init - for constructors of stages. */
void sink_init(struct sink *sink, const struct sink_ops *ops);

/* sink_write - push bytes; they are consumed whole or the sink has failed.
 * Ownership: borrows data. */
MUST_CHECK int sink_write(struct sink *sink, const void *data, size_t len,
			  struct err *err);

/* sink_finish - no more bytes: flush everything and commit. */
MUST_CHECK int sink_finish(struct sink *sink, struct err *err);

/* sink_free - release the whole pipe from here on. NULL is fine. */
void sink_free(struct sink *sink);

/* sink_write_text - a NUL-terminated text without its NUL. */
MUST_CHECK int sink_write_text(struct sink *sink, const char *text,
			       struct err *err);

#endif
