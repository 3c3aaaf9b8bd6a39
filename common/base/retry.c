#include "common/base/retry.h"

#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/stop.h"
#include "common/base/units.h"

#define FIRST_WAIT_MS 100
#define LONGEST_WAIT_MS 30000

void
retry_start(struct retry *retry, uint64_t budget_ms)
{
	uint64_t now = clock_elapsed_ms();

	retry->deadline_ms =
	    budget_ms > UINT64_MAX - now ? UINT64_MAX : now + budget_ms;
	retry->attempt = 0;
}

/* Between half of the full wait and all of it, so that many clients that lost
 * one server do not come back at the same moment. */
static uint64_t
choose_wait_ms(unsigned attempt)
{
	uint64_t wait = LONGEST_WAIT_MS;
	uint64_t random = 0;

	/* 100 ms doubled nine times is more than the longest. */
	if (attempt < 9)
		wait = (uint64_t)FIRST_WAIT_MS << attempt;
	if (getentropy(&random, sizeof random) != 0)
		random = 0; /* without jitter then */
	return wait - random % (wait / 2 + 1);
}

int
retry_again(struct retry *retry, uint64_t at_least_ms, struct err *err)
{
	char text[UNITS_TEXT_SIZE];
	uint64_t now = clock_elapsed_ms();
	uint64_t left;
	uint64_t wait;

	if (err->kind == ERR_STOPPED || stop_check(err) != 0)
		return -1;
	if (now >= retry->deadline_ms)
		return -1;
	left = retry->deadline_ms - now;
	/* A server that wants us later than we can is not asked again. */
	if (at_least_ms > left)
		return -1;

	wait = choose_wait_ms(retry->attempt);
	if (wait < at_least_ms)
		wait = at_least_ms;
	/* The last attempt comes when the budget ends, not long before. */
	if (wait > left)
		wait = left;
	retry->attempt++;
	units_format_duration(wait, text);
	log_warning("%s; next attempt in %s", err->message, text);
	return clock_sleep_ms(wait, err);
}
