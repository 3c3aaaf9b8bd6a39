/*
 * removal - take things out of a store in the order that never leaves a listed
 * backup broken: the sentinel first.
 */
#ifndef WALNUT_TOOLS_REMOVAL_H
#define WALNUT_TOOLS_REMOVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/wal_name.h"
#include "common/store/store.h"
#include "tools/wal_need.h"

struct removal_count {
	uint64_t objects;
	uint64_t bytes;
	char first[WAL_NAME_SIZE]; /* of WAL files, in order of name */
	char last[WAL_NAME_SIZE];
};

/* removal_count_backup - what lies in a backup's folder. */
MUST_CHECK int removal_count_backup(struct store *store, const char *backup,
				    struct removal_count *count,
				    struct err *err);

/* removal_backup - the sentinel, if there is one, then everything in the
 * backup's folder.
 * Errors: ERR_STOPPED, with nothing removed; the store's. */
MUST_CHECK int removal_backup(struct store *store, const char *backup,
			      struct err *err);

/* removal_count_wal - WAL files that are not needed. History files of timelines
 * always are. */
MUST_CHECK int removal_count_wal(struct store *store,
				 const struct wal_need *need,
				 struct removal_count *count, struct err *err);

/* removal_wal - remove them. Each is judged on its own, so that what a listing
 * did not come to is only left for the next time.
 * Errors: ERR_STOPPED; the store's. */
MUST_CHECK int removal_wal(struct store *store, const struct wal_need *need,
			   struct err *err);

#endif
