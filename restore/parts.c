#include "restore/parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crew.h"
#include "common/base/path.h"
#include "common/base/queue.h"
#include "common/base/retry.h"
#include "common/catalog/object_name.h"
#include "common/stream/pipeline.h"
#include "common/stream/tally.h"

struct part {
	char *name; /* from the store's root */
	enum part_kind kind;
	uint64_t size; /* bytes stored */
};

struct part_list {
	struct part *parts;
	size_t count;
	size_t control; /* index of the part with pg_control */
};

/* What the workers share; they write nothing but the store's own state and
 * what unpack_to guards. */
struct unpacking {
	const struct parts_source *source;
	const struct unpack_to *to;
	struct queue *queue; /* of const struct part * */
};

static int
add_part(struct part_list *list, const char *name, uint64_t size,
	 struct err *err)
{
	struct part *grown;
	enum part_kind kind;

	if (object_part_kind(name, &kind) != 0)
		return 0;
	grown = realloc(list->parts, (list->count + 1) * sizeof *grown);
	if (grown == NULL)
		return err_memory(err);
	list->parts = grown;
	grown += list->count++;
	grown->kind = kind;
	grown->size = size;
	grown->name = strdup(name);
	return grown->name == NULL ? err_memory(err) : 0;
}

static int
add_object(void *context, const struct store_object *object, struct err *err)
{
	return add_part(context, object->name, object->size, err);
}

/* pg_control behind all others, the large before the small, so that no worker
 * is left with a large one at the end. */
static int
compare_parts(const void *a, const void *b)
{
	const struct part *left = a;
	const struct part *right = b;

	if ((left->kind == PART_CONTROL) != (right->kind == PART_CONTROL))
		return left->kind == PART_CONTROL ? 1 : -1;
	return (left->size < right->size) - (left->size > right->size);
}

static int
check_list(struct part_list *list, const struct backup *backup, struct err *err)
{
	if (list->count > 0)
		qsort(list->parts, list->count, sizeof *list->parts,
		      compare_parts);
	if (list->count == 0 ||
	    list->parts[list->count - 1].kind != PART_CONTROL)
		return err_set(err, ERR_DAMAGED,
			       "%s: the part with pg_control is missing",
			       backup->name);
	list->control = list->count - 1;
	return 0;
}

/* The sentinel lists what there must be; a backup WAL-G wrote has to be looked
 * through. */
static int
list_parts(const struct parts_source *source, struct part_list *list,
	   struct err *err)
{
	const struct backup *backup = source->backup;
	char folder[OBJECT_NAME_SIZE];

	object_folder(backup->name, folder);
	for (size_t i = 0; i < backup->digest_count; i++) {
		const struct backup_digest *digest = &backup->digests[i];
		char *name = path_join(folder, digest->name, err);
		int added;

		if (name == NULL)
			return -1;
		added = add_part(list, name, digest->size, err);
		free(name);
		if (added != 0)
			return -1;
	}
	if (backup->digest_count == 0) {
		object_parts_folder(backup->name, folder);
		if (store_list(source->store, folder, "", STORE_DEEP,
			       add_object, list, err) != 0)
			return -1;
	}
	return check_list(list, backup, err);
}

static int
check_digest(const struct backup_digest *digest, const struct tally *tally,
	     struct err *err)
{
	if (digest == NULL)
		return 0;
	if (digest->size != tally->size)
		return err_set(err, ERR_DAMAGED,
			       "has %" PRIu64
			       " bytes, the sentinel says %" PRIu64,
			       tally->size, digest->size);
	if (digest->crc32c != tally->crc32c)
		return err_set(err, ERR_DAMAGED,
			       "its checksum is not the sentinel's");
	return 0;
}

/* The digest is of what is stored, so it is taken before any stage opens it,
 * and compared before the last stage may commit. */
static int
get(const struct parts_source *source, const char *object, struct sink *to,
    struct err *err)
{
	char folder[OBJECT_NAME_SIZE];
	const struct backup_digest *digest;
	struct tally tally;
	struct sink *in = NULL;
	int result = -1;

	object_folder(source->backup->name, folder);
	digest = backup_find_digest(source->backup, object + strlen(folder));
	in = tally_sink(&tally, to, err);
	if (in == NULL)
		goto out;
	if (store_get(source->store, object, 0, STORE_TO_END, in, err) != 0)
		goto out;
	if (check_digest(digest, &tally, err) != 0)
		goto out;
	result = sink_finish(in, err);
out:
	sink_free(in);
	if (result != 0 && digest != NULL && err->kind == ERR_ABSENT)
		err->kind = ERR_DAMAGED;
	/* The store's own errors name the object already. */
	if (result != 0 && err->kind == ERR_DAMAGED &&
	    strstr(err->message, object) == NULL)
		(void)err_context(err, "%s/%s", source->store->url, object);
	return result;
}

int
parts_get(const struct parts_source *source, const char *name, struct sink *to,
	  struct err *err)
{
	char folder[OBJECT_NAME_SIZE];
	char *object;
	int result;

	object_folder(source->backup->name, folder);
	object = path_join(folder, name, err);
	if (object == NULL) {
		sink_free(to);
		return -1;
	}
	result = get(source, object, to, err);
	free(object);
	return result;
}

static int
unpack_once(const struct unpacking *unpacking, const struct part *part,
	    struct buf *control, struct err *err)
{
	struct sink *to = unpack_part(unpacking->to, control, err);

	if (to == NULL)
		return -1;
	to = pipeline_in(part->name, to, err);
	if (to == NULL)
		return -1;
	if (get(unpacking->source, part->name, to, err) == 0)
		return 0;
	/* The part was there a moment ago, or should have been. */
	if (err->kind == ERR_ABSENT)
		err->kind = ERR_DAMAGED;
	return -1;
}

/* A second attempt writes the same files again from their beginnings. */
static int
unpack_one(const struct unpacking *unpacking, const struct part *part,
	   struct buf *control, struct err *err)
{
	struct retry retry;

	retry_start(&retry, unpacking->source->retry_ms);
	while (unpack_once(unpacking, part, control, err) != 0) {
		if (control != NULL)
			buf_clear(control);
		if (err->kind != ERR_UNREACHABLE ||
		    retry_again(&retry, 0, err) != 0)
			return -1;
	}
	return 0;
}

static int
work(void *context, unsigned worker, struct err *err)
{
	const struct unpacking *unpacking = context;
	const struct part *part;
	int got;

	(void)worker;
	while ((got = queue_pop(unpacking->queue, &part, err)) > 0)
		if (unpack_one(unpacking, part, NULL, err) != 0)
			return -1;
	return got;
}

static int
unpack_all(struct unpacking *unpacking, const struct part_list *list,
	   struct err *err)
{
	struct crew *crew;
	int fed = 0;

	crew = crew_start(unpacking->source->jobs, work, unpacking,
			  unpacking->queue, err);
	if (crew == NULL)
		return -1;
	for (size_t i = 0; fed == 0 && i < list->control; i++) {
		const struct part *part = &list->parts[i];

		fed = queue_push(unpacking->queue, &part, err);
	}
	queue_close(unpacking->queue);
	/* A worker's reason is better than "stopped", which is all that the
	 * queue can tell. */
	if (crew_join(crew, err) != 0)
		return -1;
	return fed;
}

static void
free_list(struct part_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->parts[i].name);
	free(list->parts);
}

int
parts_unpack(const struct parts_source *source, const struct unpack_to *to,
	     struct buf *control, struct err *err)
{
	struct part_list list = {0};
	struct unpacking unpacking = {.source = source, .to = to};
	int result = -1;

	unpacking.queue = queue_new(source->jobs, sizeof(struct part *), err);
	if (unpacking.queue == NULL)
		goto out;
	if (list_parts(source, &list, err) != 0)
		goto out;
	if (unpack_all(&unpacking, &list, err) != 0)
		goto out;
	result =
	    unpack_one(&unpacking, &list.parts[list.control], control, err);
out:
	queue_free(unpacking.queue, NULL);
	free_list(&list);
	return result;
}
