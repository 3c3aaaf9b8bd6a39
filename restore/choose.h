/*
 * choose - which backup can reach a target, and whether a given one can.
 */
#ifndef WALNUT_RESTORE_CHOOSE_H
#define WALNUT_RESTORE_CHOOSE_H

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/catalog/backup_set.h"
#include "common/store/store.h"
#include "common/stream/pipeline.h"
#include "restore/target.h"

/*
 * choose_backup - the backup called `name`, or the newest one ("LATEST" or
 * NULL) that ended before the target and lies on the way to its timeline.
 * Ownership: borrowed from set.
 * Errors: ERR_ABSENT when no backup, or not this one, exists or can reach the
 * target's time; ERR_REFUSED when a history file shows that the timeline does
 * not pass the backup; ERR_ABSENT when the backup's own WAL is not all there.
 */
MUST_CHECK const struct backup *
choose_backup(struct store *store, const struct pipeline *pipeline,
	      const struct backup_set *set, const char *name,
	      const struct target *target, struct err *err);

#endif
