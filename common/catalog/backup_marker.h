/*
 * backup_marker - "a backup is being taken here": in_progress.json.
 *
 * Written before a backup's first part, renewed while it runs and removed after
 * the sentinel is there, so that a backup in progress can be told from what an
 * interrupted one left behind.
 */
#ifndef WALNUT_CATALOG_BACKUP_MARKER_H
#define WALNUT_CATALOG_BACKUP_MARKER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/store/store.h"

/* How often a marker is renewed, and how old it may get before its backup
 * counts as dead: long, for clocks that differ. */
#define BACKUP_MARKER_RENEW_MS (60 * 1000)
#define BACKUP_MARKER_DEAD_MS (30 * 60 * 1000)

/* backup_marker_create - Errors: ERR_EXISTS when the name is taken by another
 * backup, complete, running or left behind: its sentinel is there, or anything
 * lies in its folder. */
MUST_CHECK int backup_marker_create(struct store *store, const char *backup,
				    struct err *err);

/* backup_marker_renew - write it again with the present time. Errors:
 * ERR_REFUSED when the marker has gone or is another process's: parts of the
 * backup may have been removed, so it must not be completed. */
MUST_CHECK int backup_marker_renew(struct store *store, const char *backup,
				   struct err *err);

/* backup_marker_remove - the backup is complete or given up. */
MUST_CHECK int backup_marker_remove(struct store *store, const char *backup,
				    struct err *err);

/*
 * backup_marker_read - whether a backup's marker says that it is being taken:
 * renewed within BACKUP_MARKER_DEAD_MS and, if it was written where we can see
 * it (origin.h), its process is there. Without a marker (WAL-G writes none), or
 * with one that does not parse, the time of the backup's newest object is
 * judged instead. `owner` (may be NULL) receives a description for people, NULL
 * only where nothing runs; release with free.
 */
MUST_CHECK int backup_marker_read(struct store *store, const char *backup,
				  bool *running, char **owner, struct err *err);

#endif
