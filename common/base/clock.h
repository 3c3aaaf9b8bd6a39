/*
 * clock - time of day, elapsed time, and waiting that a signal ends.
 */
#ifndef WALNUT_BASE_CLOCK_H
#define WALNUT_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/* Room for any text clock_format writes, with its NUL. */
#define CLOCK_TEXT_SIZE 40

/* clock_elapsed_ms - milliseconds of a clock that never jumps. */
uint64_t clock_elapsed_ms(void);

/* clock_now - time of day, UTC. */
struct timespec clock_now(void);

/*
 * clock_format - "2026-08-20T10:00:00.123456Z": RFC 3339, UTC, microseconds.
 * clock_format_ns - the same with nine digits.
 * Source: RFC 3339 section 5.6.
 */
void clock_format(struct timespec when, char text[CLOCK_TEXT_SIZE]);
void clock_format_ns(struct timespec when, char text[CLOCK_TEXT_SIZE]);

/*
 * clock_parse - RFC 3339, and the looser spellings people and PostgreSQL use:
 * a space for the T, no seconds, an offset of +HH or +HHMM. A time without an
 * offset is taken in the local time zone; `Z` and offsets are honoured. Zone
 * names and abbreviations are refused, since they are ambiguous.
 * Errors: ERR_USAGE names the text.
 */
MUST_CHECK int clock_parse(const char *text, struct timespec *when,
			   struct err *err);

/* clock_compare - less than, equal to or greater than 0 as a is before, at or
 * after b. */
int clock_compare(struct timespec a, struct timespec b);

/*
 * clock_sleep_ms - wait, unless a stop is or gets requested (stop.h).
 * Errors: ERR_STOPPED.
 */
MUST_CHECK int clock_sleep_ms(uint64_t milliseconds, struct err *err);

#endif
