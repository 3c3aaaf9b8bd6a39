/*
 * rate_limit - so many bytes a second, over all threads together.
 */
#ifndef WALNUT_ARCHIVE_RATE_LIMIT_H
#define WALNUT_ARCHIVE_RATE_LIMIT_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

struct rate_limit;

/* rate_limit_new - `rate` is in bytes a second, not 0.
 * Ownership: returns; release with rate_limit_free. */
MUST_CHECK struct rate_limit *rate_limit_new(uint64_t rate, struct err *err);

/*
 * rate_limit_take - wait until `bytes` more may pass. No limit (NULL) never
 * waits. What was not used can be caught up with for a second at most.
 * Errors: ERR_STOPPED.
 */
MUST_CHECK int rate_limit_take(struct rate_limit *limit, uint64_t bytes,
			       struct err *err);

/* rate_limit_free - no thread may be using it. NULL is fine. */
void rate_limit_free(struct rate_limit *limit);

#endif
