/*
 * retention - which backups go and which stay, decided without touching
 * anything.
 *
 * Backups are ordered by their own times. Whatever the request, these stay: a
 * permanent backup, the newest full backup, every backup that a kept delta
 * builds on, and one whose sentinel cannot be read. Only "everything" asks for
 * all of them.
 */
#ifndef WALNUT_TOOLS_RETENTION_H
#define WALNUT_TOOLS_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/catalog/backup_set.h"

enum retention_verb {
	RETENTION_RETAIN,     /* the newest `count` backups */
	RETENTION_BEFORE,     /* goes: what is older than `name` or `time` */
	RETENTION_TARGET,     /* goes: `name` and the deltas built on it */
	RETENTION_EVERYTHING, /* goes: all */
	RETENTION_GARBAGE,    /* no backup goes */
};

enum retention_mode {
	RETENTION_ANY,
	RETENTION_FULL,      /* count full backups only */
	RETENTION_FIND_FULL, /* go back from a delta to its full backup */
};

struct retention_request {
	enum retention_verb verb;
	enum retention_mode mode;
	size_t count;         /* RETAIN: at least 1 */
	const char *name;     /* BEFORE, TARGET; NULL: use time */
	struct timespec time; /* BEFORE */
	bool force;           /* EVERYTHING: permanent backups too */
};

/* Why a backup stays, or that it goes. */
enum retention_verdict {
	RETENTION_GOES,
	RETENTION_KEPT,      /* the request keeps it */
	RETENTION_PERMANENT, /* would go, but is permanent */
	RETENTION_LAST_FULL, /* would go, but is the newest full one */
	RETENTION_NEEDED,    /* would go, but a kept delta builds on it */
	RETENTION_UNREADABLE,
};

struct retention_plan {
	enum retention_verdict *verdicts; /* one for each backup of the set */
	size_t count;
	size_t going;
};

/*
 * retention_decide - Ownership: *plan; release with retention_free.
 * Errors: ERR_ABSENT for a name that is not in the set; ERR_REFUSED for a
 * target that must stay, for everything while a backup is being taken, or
 * without force while there are permanent ones.
 */
MUST_CHECK int retention_decide(const struct backup_set *set,
				const struct retention_request *request,
				struct retention_plan *plan, struct err *err);

void retention_free(struct retention_plan *plan);

#endif
