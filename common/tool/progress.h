/*
 * progress - how far a long piece of work is, on stderr.
 *
 * On a terminal a bar that is redrawn; elsewhere a line every few seconds.
 */
#ifndef WALNUT_TOOL_PROGRESS_H
#define WALNUT_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

struct progress;

/*
 * progress_start - `what` ("backing up") and the number of bytes expected (0:
 * not known). Starts the thread that prints.
 * Ownership: keeps what; returns; release with progress_end.
 */
MUST_CHECK struct progress *progress_start(const char *what, uint64_t bytes,
					   struct err *err);

/* progress_expect - the number of bytes is known better now. */
void progress_expect(struct progress *progress, uint64_t bytes);

/* progress_add - from any thread; NULL is fine and does nothing, so that code
 * need not ask whether there is a progress. */
void progress_add(struct progress *progress, uint64_t bytes, uint64_t files);

/* progress_end - a last line, and release. NULL is fine. */
void progress_end(struct progress *progress, bool done);

#endif
