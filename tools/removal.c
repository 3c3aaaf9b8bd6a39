#include "tools/removal.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/stop.h"
#include "common/catalog/object_name.h"

/* As many names as S3 removes in one request. */
#define BATCH 1000

/* Names on their way out. */
struct batch {
	struct store *store;
	const struct wal_need *need; /* NULL: everything listed goes */
	char *names[BATCH];
	size_t count;
};

static int
flush(struct batch *batch, struct err *err)
{
	int result = 0;

	if (batch->count > 0)
		result = store_remove(batch->store,
				      (const char *const *)batch->names,
				      batch->count, err);
	for (size_t i = 0; i < batch->count; i++)
		free(batch->names[i]);
	batch->count = 0;
	return result;
}

static bool
is_needed(const struct wal_need *need, const char *object,
	  struct wal_name *name)
{
	if (object_wal_parse(object, name) != 0)
		return true; /* not ours to judge */
	return wal_need_has(need, name);
}

static int
batch_object(void *context, const struct store_object *object, struct err *err)
{
	struct batch *batch = context;
	struct wal_name name;

	/* A backup that has lost its sentinel is better removed to its end. */
	if (batch->need != NULL && stop_check(err) != 0)
		return -1;
	if (batch->need != NULL && is_needed(batch->need, object->name, &name))
		return 0;
	batch->names[batch->count] = strdup(object->name);
	if (batch->names[batch->count] == NULL)
		return err_memory(err);
	batch->count++;
	return batch->count == BATCH ? flush(batch, err) : 0;
}

static int
remove_listed(struct store *store, const char *prefix,
	      const struct wal_need *need, struct err *err)
{
	struct batch *batch = calloc(1, sizeof *batch);
	struct err ignored = {0};
	int result;

	if (batch == NULL)
		return err_memory(err);
	batch->store = store;
	batch->need = need;
	result =
	    store_list(store, prefix, "", STORE_DEEP, batch_object, batch, err);
	if (result == 0)
		result = flush(batch, err);
	/* What was found before a failure may go all the same. */
	if (result != 0)
		(void)flush(batch, &ignored);
	free(batch);
	return result;
}

int
removal_backup(struct store *store, const char *backup, struct err *err)
{
	char sentinel[OBJECT_NAME_SIZE];
	char folder[OBJECT_NAME_SIZE];
	const char *first = sentinel;

	if (stop_check(err) != 0)
		return -1;
	object_sentinel(backup, sentinel);
	object_folder(backup, folder);
	if (store_remove(store, &first, 1, err) != 0)
		return -1;
	return remove_listed(store, folder, NULL, err);
}

int
removal_wal(struct store *store, const struct wal_need *need, struct err *err)
{
	return remove_listed(store, OBJECT_WAL_FOLDER, need, err);
}

static int
count_object(void *context, const struct store_object *object, struct err *err)
{
	struct removal_count *count = context;

	(void)err;
	count->objects++;
	count->bytes += object->size;
	return 0;
}

int
removal_count_backup(struct store *store, const char *backup,
		     struct removal_count *count, struct err *err)
{
	char folder[OBJECT_NAME_SIZE];

	memset(count, 0, sizeof *count);
	object_folder(backup, folder);
	return store_list(store, folder, "", STORE_DEEP, count_object, count,
			  err);
}

struct wal_counter {
	const struct wal_need *need;
	struct removal_count *count;
};

static int
count_wal(void *context, const struct store_object *object, struct err *err)
{
	const struct wal_counter *counter = context;
	struct removal_count *count = counter->count;
	struct wal_name name;

	if (is_needed(counter->need, object->name, &name))
		return 0;
	wal_name_format(&name, count->last);
	if (count->objects == 0)
		memcpy(count->first, count->last, sizeof count->first);
	return count_object(count, object, err);
}

int
removal_count_wal(struct store *store, const struct wal_need *need,
		  struct removal_count *count, struct err *err)
{
	struct wal_counter counter = {need, count};

	memset(count, 0, sizeof *count);
	return store_list(store, OBJECT_WAL_FOLDER, "", STORE_DEEP, count_wal,
			  &counter, err);
}
