/*
 * backup_set - all backups of a store, oldest first by their own times.
 */
#ifndef WALNUT_CATALOG_BACKUP_SET_H
#define WALNUT_CATALOG_BACKUP_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/catalog/backup.h"
#include "common/store/store.h"

/* A folder without a sentinel: a backup being taken, or what is left of one
 * that was interrupted. */
struct unfinished_backup {
	char name[BACKUP_NAME_SIZE];
	bool running; /* its marker says that someone works on it */
	char *owner;  /* "host, process 123, started ...", or NULL */
};

struct backup_set {
	struct backup *backups; /* by finish time, then name; problems first */
	size_t count;
	struct unfinished_backup *unfinished; /* by name */
	size_t unfinished_count;
};

/*
 * backup_set_load - read every sentinel and metadata.json. A sentinel that
 * cannot be parsed is in the set with its `problem`; one that could not be
 * read from the store fails the whole call, since a short list is no list.
 * Ownership: *set; release with backup_set_free.
 */
MUST_CHECK int backup_set_load(struct store *store, struct backup_set *set,
			       struct err *err);

/*
 * backup_set_find - by name, or "LATEST": the newest without a problem.
 * Returns NULL with ERR_ABSENT, the hint naming what there is.
 */
const struct backup *backup_set_find(const struct backup_set *set,
				     const char *name, struct err *err);

/* backup_load - one backup alone, by its full name.
 * Errors: ERR_ABSENT; ERR_DAMAGED. */
MUST_CHECK int backup_load(struct store *store, const char *name,
			   struct backup *backup, struct err *err);

void backup_set_free(struct backup_set *set);

#endif
