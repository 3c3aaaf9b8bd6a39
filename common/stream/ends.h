/*
 * ends - the plain ends of a pipe: memory, a file, nowhere.
 */
#ifndef WALNUT_STREAM_ENDS_H
#define WALNUT_STREAM_ENDS_H

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/draft.h"
#include "common/base/err.h"
#include "common/stream/sink.h"

/* ends_memory - append to `buf`. Ownership: keeps buf; returns. */
MUST_CHECK struct sink *ends_memory(struct buf *buf, struct err *err);

/* ends_draft - write into `draft`; finish commits it in `mode`.
 * Ownership: takes draft; returns. */
MUST_CHECK struct sink *ends_draft(struct draft *draft, enum draft_mode mode,
				   struct err *err);

/* ends_nowhere - swallow everything. */
MUST_CHECK struct sink *ends_nowhere(struct err *err);

/* ends_keep_open - pass writes on to `next`, but neither finish nor release it:
 * for a pipe that feeds one that lives longer. Ownership: keeps next. */
MUST_CHECK struct sink *ends_keep_open(struct sink *next, struct err *err);

#endif
