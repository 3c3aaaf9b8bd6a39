/*
 * backup_abandon - what a backup that failed has left in the store, removed.
 */
#ifndef WALNUT_ARCHIVE_BACKUP_ABANDON_H
#define WALNUT_ARCHIVE_BACKUP_ABANDON_H

#include <stdbool.h>

#include "common/store/store.h"

/*
 * backup_abandon - remove every object of `backup`, whose marker is ours, and
 * the marker last. `sentinel_tried`: the sentinel may have got there even
 * though its put failed, and then goes first; if it cannot be removed,
 * everything stays. What cannot be removed is warned of; backup-delete garbage
 * finds it.
 */
void backup_abandon(struct store *store, const char *backup,
		    bool sentinel_tried);

#endif
