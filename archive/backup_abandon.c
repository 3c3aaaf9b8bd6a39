#include "archive/backup_abandon.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/catalog/backup_marker.h"
#include "common/catalog/object_name.h"

/* Names removed in one call; the listing is begun anew for more. */
#define BATCH 256

struct batch {
	const char *marker; /* not to be collected */
	char *names[BATCH];
	size_t count;
};

static int
collect(void *context, const struct store_object *object, struct err *err)
{
	struct batch *batch = context;

	if (strcmp(object->name, batch->marker) == 0)
		return 0;
	batch->names[batch->count] = strdup(object->name);
	if (batch->names[batch->count] == NULL)
		return err_memory(err);
	return ++batch->count == BATCH;
}

/* Returns the number removed, or -1. */
static int
remove_batch(struct store *store, const char *folder, const char *marker,
	     struct err *err)
{
	struct batch batch = {.marker = marker};
	int removed = -1;

	if (store_list(store, folder, "", STORE_DEEP, collect, &batch, err) ==
		0 &&
	    (batch.count == 0 ||
	     store_remove(store, (const char *const *)batch.names, batch.count,
			  err) == 0))
		removed = (int)batch.count;
	for (size_t i = 0; i < batch.count; i++)
		free(batch.names[i]);
	return removed;
}

static int
remove_objects(struct store *store, const char *backup, struct err *err)
{
	char folder[OBJECT_NAME_SIZE];
	char marker[OBJECT_NAME_SIZE];
	int removed;

	object_folder(backup, folder);
	object_of_backup(backup, BACKUP_MARKER, marker);
	do {
		removed = remove_batch(store, folder, marker, err);
	} while (removed == BATCH);
	return removed < 0 ? -1 : 0;
}

void
backup_abandon(struct store *store, const char *backup, bool sentinel_tried)
{
	char sentinel[OBJECT_NAME_SIZE];
	const char *names[] = {sentinel};
	struct err err = {0};

	object_sentinel(backup, sentinel);
	if (sentinel_tried && store_remove(store, names, 1, &err) != 0) {
		/* Parts may not be taken from under a sentinel that could be
		 * there. */
		log_warning("%s: may be listed although it failed: %s", backup,
			    err.message);
		return;
	}
	if (remove_objects(store, backup, &err) != 0 ||
	    backup_marker_remove(store, backup, &err) != 0)
		log_warning("%s: left for backup-delete garbage: %s", backup,
			    err.message);
}
