/*
 * failing_sink - an end of a pipe that fails when it is told to, and counts.
 *
 * For the test that every stage has: fail the Nth call below it, for every N
 * until a run succeeds.
 */
#ifndef WALNUT_UNIT_FAILING_SINK_H
#define WALNUT_UNIT_FAILING_SINK_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/stream/sink.h"

/* What is to happen, and what has. */
struct failing_sink {
	unsigned fail_at;    /* the call that fails, from 1 on; 0: none does */
	enum err_kind kind;  /* with this kind */
	const char *message; /* and this message */
	struct buf *bytes;   /* keeps what is written; NULL: nobody does */

	unsigned calls;    /* of write and finish */
	unsigned finished; /* successful calls of finish */
	unsigned freed;    /* calls of free */
	size_t shortest;   /* bytes of the shortest write but the last; 0 until
			      there are two writes */
	size_t last;       /* bytes of the last write */
};

/* failing_sink_new - a sink that goes by `plan` and fills in the rest of it.
 * Ownership: keeps plan; returns; release with sink_free. */
MUST_CHECK struct sink *failing_sink_new(struct failing_sink *plan,
					 struct err *err);

#endif
