/*
 * wal_need - which WAL the backups that stay still need.
 *
 * A backup kept by the rules needs everything from its start on, on whatever
 * timeline: a way that history takes later is not known yet. A permanent backup
 * older than all of those needs only the WAL between its start and its end, so
 * that it can be restored as it was. History files are always needed.
 */
#ifndef WALNUT_TOOLS_WAL_NEED_H
#define WALNUT_TOOLS_WAL_NEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/catalog/backup_set.h"
#include "common/pg/wal_name.h"
#include "tools/retention.h"

/* Positions are LSNs. */
struct wal_span {
	uint64_t from;
	uint64_t to; /* included */
};

struct wal_need {
	bool unknown;           /* nothing can be said: all WAL is needed */
	const char *reason;     /* then: why */
	uint64_t from;          /* everything from here on is needed */
	struct wal_span *spans; /* of older permanent backups */
	size_t count;
	uint64_t smallest; /* segment sizes of the backups that stay; bytes: */
	uint64_t largest;  /* they differ only if clusters were mixed */
};

/*
 * wal_need_of - for the backups that `plan` keeps and those being taken.
 * Ownership: *need; release with wal_need_free.
 */
MUST_CHECK int wal_need_of(const struct backup_set *set,
			   const struct retention_plan *plan,
			   struct wal_need *need, struct err *err);

/* wal_need_has - whether a WAL file is needed. */
bool wal_need_has(const struct wal_need *need, const struct wal_name *name);

void wal_need_free(struct wal_need *need);

#endif
