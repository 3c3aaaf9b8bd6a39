/*
 * crew - a fixed number of threads that do one kind of work together.
 */
#ifndef WALNUT_BASE_CREW_H
#define WALNUT_BASE_CREW_H

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/base/queue.h"

struct crew;

/* One worker's whole life: typically a loop of queue_pop. `worker` counts from
 * 0. Returns 0 or -1 like any function. */
typedef int (*crew_fn)(void *context, unsigned worker, struct err *err);

/*
 * crew_start - run `work` in `workers` threads. When one of them fails, `queue`
 * (may be NULL) is aborted so that the others and the feeder stop too.
 * Signals are blocked in the threads: only the main thread sees them.
 * Ownership: keeps context and queue; returns; release with crew_join.
 */
MUST_CHECK struct crew *crew_start(unsigned workers, crew_fn work,
				   void *context, struct queue *queue,
				   struct err *err);

/*
 * crew_join - wait for all of them and release the crew. The first real
 * failure is the one reported: ERR_STOPPED from a worker that was only told to
 * stop never hides another's. A feeder that failed itself knows why they were
 * told to stop and passes another err. NULL is fine.
 */
MUST_CHECK int crew_join(struct crew *crew, struct err *err);

#endif
