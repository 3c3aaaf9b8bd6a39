/*
 * retry - how long and how often to try again: exponential back-off with
 * jitter inside a total budget.
 */
#ifndef WALNUT_BASE_RETRY_H
#define WALNUT_BASE_RETRY_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

struct retry {
	uint64_t deadline_ms; /* on clock_elapsed_ms */
	unsigned attempt;     /* failures so far */
};

/* retry_start - a budget of `budget_ms` from now; 0 means one attempt. */
void retry_start(struct retry *retry, uint64_t budget_ms);

/*
 * retry_again - after a failed attempt (described by *err): wait and return 0
 * to try again, after a warning with the message and the wait; or return -1
 * with *err as it was when the budget is used up, or with ERR_STOPPED when a
 * stop was requested. Waits 0.1 s, doubling to 30 s, of which a random half is
 * taken off; never less than `at_least_ms` (a server's Retry-After).
 */
MUST_CHECK int retry_again(struct retry *retry, uint64_t at_least_ms,
			   struct err *err);

#endif
