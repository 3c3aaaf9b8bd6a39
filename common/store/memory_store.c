#include "common/store/memory_store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/clock.h"

#define CHUNK_SIZE ((size_t)256 * 1024)

#define URL "memory:"

/* More than any test holds, and less than would hurt a machine. */
#define OBJECT_SIZE_MAX ((size_t)1 << 30)

struct object {
	char *name;
	struct buf bytes;
	struct timespec modified;
};

struct memory_store {
	struct store store;
	pthread_mutex_t lock;   /* of all below */
	struct object *objects; /* sorted by name */
	size_t count;
	size_t capacity;
};

struct memory_put {
	struct sink sink;
	struct memory_store *memory;
	enum store_put_mode mode;
	uint64_t announced; /* bytes, or STORE_SIZE_UNKNOWN */
	struct object object;
};

static void
clear_object(struct object *object)
{
	buf_free(&object->bytes);
	free(object->name);
	object->name = NULL;
}

/* Where `name` is or would be. The lock is held, as by all finders. */
static size_t
find(const struct memory_store *memory, const char *name)
{
	size_t low = 0;
	size_t high = memory->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(memory->objects[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_at(const struct memory_store *memory, size_t at, const char *name)
{
	return at < memory->count &&
	       strcmp(memory->objects[at].name, name) == 0;
}

static int
report_absent(const char *name, struct err *err)
{
	return err_set(err, ERR_ABSENT, URL "/%s: no such object", name);
}

static int
report_exists(const char *name, struct err *err)
{
	return err_set(err, ERR_EXISTS, URL "/%s: exists already", name);
}

static int
memory_put_write(struct sink *sink, const void *data, size_t len,
		 struct err *err)
{
	struct memory_put *put = (struct memory_put *)sink;

	if (buf_append(&put->object.bytes, data, len, err) != 0)
		return err_context(err, URL "/%s", put->object.name);
	return 0;
}

/* Make room for one more object at `at`. */
static int
open_gap(struct memory_store *memory, size_t at, struct err *err)
{
	if (memory->count == memory->capacity) {
		size_t capacity =
		    memory->capacity == 0 ? 16 : 2 * memory->capacity;
		struct object *objects = realloc(
		    memory->objects, capacity * sizeof *memory->objects);

		if (objects == NULL)
			return err_memory(err);
		memory->objects = objects;
		memory->capacity = capacity;
	}
	memmove(memory->objects + at + 1, memory->objects + at,
		(memory->count - at) * sizeof *memory->objects);
	memory->count++;
	return 0;
}

/* Hands the put's object to the store. The lock is held. */
static int
insert(struct memory_put *put, struct err *err)
{
	struct memory_store *memory = put->memory;
	size_t at = find(memory, put->object.name);

	if (is_at(memory, at, put->object.name)) {
		if (put->mode == STORE_NEW)
			return report_exists(put->object.name, err);
		clear_object(&memory->objects[at]);
	} else if (open_gap(memory, at, err) != 0) {
		return -1;
	}
	put->object.modified = clock_now();
	memory->objects[at] = put->object;
	memset(&put->object, 0, sizeof put->object);
	return 0;
}

static int
memory_put_finish(struct sink *sink, struct err *err)
{
	struct memory_put *put = (struct memory_put *)sink;
	int result;

	if (put->announced != STORE_SIZE_UNKNOWN &&
	    put->object.bytes.len != put->announced)
		return err_set(err, ERR_DAMAGED,
			       URL "/%s: %llu bytes were announced, %zu came",
			       put->object.name,
			       (unsigned long long)put->announced,
			       put->object.bytes.len);
	pthread_mutex_lock(&put->memory->lock);
	result = insert(put, err);
	pthread_mutex_unlock(&put->memory->lock);
	return result;
}

static void
memory_put_free(struct sink *sink)
{
	struct memory_put *put = (struct memory_put *)sink;

	clear_object(&put->object);
	free(put);
}

static const struct sink_ops memory_put_ops = {
    .name = "memory store",
    .write = memory_put_write,
    .finish = memory_put_finish,
    .free = memory_put_free,
};

static struct sink *
memory_store_put(struct store *store, const char *name,
		 enum store_put_mode mode, uint64_t size_hint, struct err *err)
{
	struct memory_store *memory = (struct memory_store *)store;
	struct memory_put *put = NULL;
	bool exists;

	pthread_mutex_lock(&memory->lock);
	exists = is_at(memory, find(memory, name), name);
	pthread_mutex_unlock(&memory->lock);
	if (exists && mode == STORE_NEW) {
		report_exists(name, err);
		return NULL;
	}
	put = calloc(1, sizeof *put);
	if (put == NULL) {
		err_memory(err);
		return NULL;
	}
	sink_init(&put->sink, &memory_put_ops);
	put->memory = memory;
	put->mode = mode;
	put->announced = size_hint;
	put->object.bytes.limit = OBJECT_SIZE_MAX;
	put->object.name = strdup(name);
	if (put->object.name == NULL) {
		err_memory(err);
		memory_put_free(&put->sink);
		return NULL;
	}
	return &put->sink;
}

/* Copy the range asked for, so that the lock is not held while a sink that may
 * use the store itself is fed. */
static int
copy_range(struct memory_store *memory, const char *name, uint64_t offset,
	   uint64_t len, struct buf *copy, struct err *err)
{
	const struct buf *bytes;
	size_t at;
	int result;

	pthread_mutex_lock(&memory->lock);
	at = find(memory, name);
	if (!is_at(memory, at, name)) {
		result = report_absent(name, err);
		goto out;
	}
	bytes = &memory->objects[at].bytes;
	if (offset > bytes->len ||
	    (len != STORE_TO_END && len > bytes->len - offset)) {
		result = err_set(err, ERR_DAMAGED,
				 URL "/%s: has %zu bytes only, more were "
				     "asked for",
				 name, bytes->len);
		goto out;
	}
	if (len == STORE_TO_END)
		len = bytes->len - offset;
	result = len == 0
		     ? 0
		     : buf_append(copy, bytes->data + offset, (size_t)len, err);
out:
	pthread_mutex_unlock(&memory->lock);
	return result;
}

static int
memory_store_get(struct store *store, const char *name, uint64_t offset,
		 uint64_t len, struct sink *to, struct err *err)
{
	struct buf copy = BUF_INIT(OBJECT_SIZE_MAX);
	size_t done = 0;
	int result;

	result = copy_range((struct memory_store *)store, name, offset, len,
			    &copy, err);
	while (result == 0 && done < copy.len) {
		size_t rest = copy.len - done;
		size_t chunk = rest < CHUNK_SIZE ? rest : CHUNK_SIZE;

		result = sink_write(to, copy.data + done, chunk, err);
		if (result != 0)
			err_context(err, URL "/%s", name);
		done += chunk;
	}
	buf_free(&copy);
	return result;
}

static int
memory_store_stat(struct store *store, const char *name,
		  struct store_object *object, struct err *err)
{
	struct memory_store *memory = (struct memory_store *)store;
	int result = 0;
	size_t at;

	pthread_mutex_lock(&memory->lock);
	at = find(memory, name);
	if (is_at(memory, at, name)) {
		object->name = name;
		object->size = memory->objects[at].bytes.len;
		object->modified = memory->objects[at].modified;
	} else {
		result = report_absent(name, err);
	}
	pthread_mutex_unlock(&memory->lock);
	return result;
}

/* Where a listing stands. */
struct cursor {
	char *name; /* the entry to be told; a directory ends in "/" */
	struct store_object object;
};

/* The end of the part of a name that a shallow listing shows, or 0 for all. */
static size_t
shown_len(const char *name, size_t prefix_len, enum store_depth depth)
{
	const char *slash = strchr(name + prefix_len, '/');

	if (depth == STORE_DEEP || slash == NULL)
		return 0;
	return (size_t)(slash - name) + 1;
}

/*
 * The first entry behind `after` and behind the cursor, which moves there.
 * Looking again each time instead of walking the array lets the callback
 * change the store. Returns 1, 0 at the end, or -1.
 */
static int
next_entry(struct memory_store *memory, const char *prefix, const char *after,
	   enum store_depth depth, struct cursor *cursor, struct err *err)
{
	size_t prefix_len = strlen(prefix);
	const char *last = cursor->name == NULL ? "" : cursor->name;

	if (strcmp(after, last) > 0)
		last = after;
	for (size_t at = find(memory, strcmp(prefix, last) > 0 ? prefix : last);
	     at < memory->count; at++) {
		const struct object *object = &memory->objects[at];
		size_t len;
		char *name;

		if (strncmp(object->name, prefix, prefix_len) != 0)
			break;
		len = shown_len(object->name, prefix_len, depth);
		name = strndup(object->name,
			       len == 0 ? strlen(object->name) : len);
		if (name == NULL)
			return err_memory(err);
		if (strcmp(name, last) <= 0) {
			free(name);
			continue;
		}
		memset(&cursor->object, 0, sizeof cursor->object);
		if (len == 0) {
			cursor->object.size = object->bytes.len;
			cursor->object.modified = object->modified;
		}
		free(cursor->name);
		cursor->name = name;
		cursor->object.name = name;
		return 1;
	}
	return 0;
}

static int
memory_store_list(struct store *store, const char *prefix, const char *after,
		  enum store_depth depth, store_each_fn each, void *context,
		  struct err *err)
{
	struct memory_store *memory = (struct memory_store *)store;
	struct cursor cursor = {0};
	int result;

	do {
		pthread_mutex_lock(&memory->lock);
		result = next_entry(memory, prefix, after, depth, &cursor, err);
		pthread_mutex_unlock(&memory->lock);
		if (result != 1)
			break;
		result = each(context, &cursor.object, err);
	} while (result == 0);
	free(cursor.name);
	return result < 0 ? -1 : 0;
}

static int
memory_store_remove(struct store *store, const char *const *names, size_t count,
		    struct err *err)
{
	struct memory_store *memory = (struct memory_store *)store;

	(void)err; /* nothing here can fail */
	pthread_mutex_lock(&memory->lock);
	for (size_t i = 0; i < count; i++) {
		size_t at = find(memory, names[i]);

		if (!is_at(memory, at, names[i]))
			continue;
		clear_object(&memory->objects[at]);
		memory->count--;
		memmove(memory->objects + at, memory->objects + at + 1,
			(memory->count - at) * sizeof *memory->objects);
	}
	pthread_mutex_unlock(&memory->lock);
	return 0;
}

/* What a put has not finished dies with its sink: there is never anything. */
static int
memory_store_sweep(struct store *store, uint64_t age_ms, bool dry,
		   store_each_fn each, void *context, struct err *err)
{
	(void)store;
	(void)age_ms;
	(void)dry;
	(void)each;
	(void)context;
	(void)err;
	return 0;
}

static void
memory_store_free(struct store *store)
{
	struct memory_store *memory = (struct memory_store *)store;

	for (size_t i = 0; i < memory->count; i++)
		clear_object(&memory->objects[i]);
	free(memory->objects);
	pthread_mutex_destroy(&memory->lock);
	free(memory);
}

static const struct store_ops memory_store_ops = {
    .put = memory_store_put,
    .get = memory_store_get,
    .stat = memory_store_stat,
    .list = memory_store_list,
    .remove = memory_store_remove,
    .sweep = memory_store_sweep,
    .free = memory_store_free,
};

struct store *
memory_store_new(struct err *err)
{
	struct memory_store *memory = calloc(1, sizeof *memory);
	int failed;

	if (memory == NULL) {
		err_memory(err);
		return NULL;
	}
	failed = pthread_mutex_init(&memory->lock, NULL);
	if (failed != 0) {
		err_errno(err, failed, URL ": cannot create a lock");
		free(memory);
		return NULL;
	}
	memory->store.ops = &memory_store_ops;
	memory->store.url = URL;
	memory->store.local = true;
	return &memory->store;
}

/* Without the lock, which a const store could not take. */
size_t
memory_store_count(const struct store *store)
{
	const struct memory_store *memory = (const struct memory_store *)store;

	return memory->count;
}
