/*
 * timeline - history files: which way a timeline came.
 *
 * Source: PostgreSQL, timeline.c.
 */
#ifndef WALNUT_PG_TIMELINE_H
#define WALNUT_PG_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/* An ancestor and the LSN at which it was left. */
struct timeline_switch {
	uint32_t timeline;
	uint64_t end; /* LSN */
};

struct timeline_history {
	uint32_t timeline;                /* the newest, which has no end */
	struct timeline_switch *switches; /* oldest first */
	size_t count;
};

/*
 * timeline_parse - the history of `timeline` from the text of its history file;
 * "" for timeline 1. Comments and blank lines are skipped.
 * Ownership: *history; release with timeline_free.
 * Errors: ERR_DAMAGED names the line; timelines must increase and stay below
 * `timeline`, and switch points must not decrease.
 */
MUST_CHECK int timeline_parse(uint32_t timeline, const char *text, size_t len,
			      struct timeline_history *history,
			      struct err *err);

/*
 * timeline_passes - whether the way to history->timeline passes `lsn` while on
 * `timeline`: lsn lies at or before the point where that timeline was left.
 */
bool timeline_passes(const struct timeline_history *history, uint32_t timeline,
		     uint64_t lsn);

/* timeline_at - which timeline of the history is in force just after `lsn`. */
uint32_t timeline_at(const struct timeline_history *history, uint64_t lsn);

/* timeline_end - where `timeline` was left; UINT64_MAX for the newest one, 0
 * for one that is not in the history. */
uint64_t timeline_end(const struct timeline_history *history,
		      uint32_t timeline);

/* timeline_free - the history is empty afterwards. */
void timeline_free(struct timeline_history *history);

#endif
