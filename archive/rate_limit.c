#include "archive/rate_limit.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/clock.h"

#define CATCH_UP_MS 1000.0

struct rate_limit {
	pthread_mutex_t lock;
	double bytes_per_ms;
	double free_at_ms; /* when all that was granted has passed */
};

struct rate_limit *
rate_limit_new(uint64_t rate, struct err *err)
{
	struct rate_limit *limit = calloc(1, sizeof(*limit));

	if (limit == NULL) {
		err_memory(err);
		return NULL;
	}
	(void)pthread_mutex_init(&limit->lock, NULL);
	limit->bytes_per_ms = (double)rate / 1000;
	limit->free_at_ms = (double)clock_elapsed_ms();
	return limit;
}

int
rate_limit_take(struct rate_limit *limit, uint64_t bytes, struct err *err)
{
	double now;
	double wait;

	if (limit == NULL)
		return 0;
	now = (double)clock_elapsed_ms();
	(void)pthread_mutex_lock(&limit->lock);
	if (limit->free_at_ms < now - CATCH_UP_MS)
		limit->free_at_ms = now - CATCH_UP_MS;
	limit->free_at_ms += (double)bytes / limit->bytes_per_ms;
	wait = limit->free_at_ms - now;
	(void)pthread_mutex_unlock(&limit->lock);

	/* The bytes pass after their own time is over, so that the first ones
	 * are not free of charge. */
	if (wait < 1)
		return 0;
	return clock_sleep_ms((uint64_t)wait, err);
}

void
rate_limit_free(struct rate_limit *limit)
{
	if (limit == NULL)
		return;
	(void)pthread_mutex_destroy(&limit->lock);
	free(limit);
}
