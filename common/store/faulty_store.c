#include "common/store/faulty_store.h"

#include <pthread.h>
#include <stdlib.h>

struct faulty_store {
	struct store store;
	struct store *inner;
	struct faulty_plan *plan;
	pthread_mutex_t lock; /* of plan->calls */
};

/* Around the sink of a put. */
struct faulty_put {
	struct sink sink;
	struct faulty_store *faulty;
	struct sink *inner;
};

/* Between the inner store and the sink that a get feeds. */
struct faulty_get {
	struct sink sink;
	struct faulty_store *faulty;
	struct sink *to;
	uint64_t position; /* in the object, of the next byte */
};

struct faulty_list {
	struct faulty_store *faulty;
	store_each_fn each;
	void *context;
};

/* Count one call and let it fail if it is its turn. */
static int
call(struct faulty_store *faulty, const char *what, struct err *err)
{
	const struct faulty_plan *plan = faulty->plan;
	uint64_t number;

	pthread_mutex_lock(&faulty->lock);
	number = ++faulty->plan->calls;
	pthread_mutex_unlock(&faulty->lock);
	if (number != plan->fail_call &&
	    (plan->fail_from == 0 || number < plan->fail_from))
		return 0;
	return err_set(err,
		       plan->kind == ERR_NONE ? ERR_UNREACHABLE : plan->kind,
		       "%s: %s: planned failure of call %llu",
		       faulty->store.url, what, (unsigned long long)number);
}

static int
faulty_put_write(struct sink *sink, const void *data, size_t len,
		 struct err *err)
{
	struct faulty_put *put = (struct faulty_put *)sink;

	if (call(put->faulty, "write", err) != 0)
		return -1;
	return sink_write(put->inner, data, len, err);
}

static int
faulty_put_finish(struct sink *sink, struct err *err)
{
	struct faulty_put *put = (struct faulty_put *)sink;

	if (call(put->faulty, "finish", err) != 0)
		return -1;
	return sink_finish(put->inner, err);
}

static void
faulty_put_free(struct sink *sink)
{
	struct faulty_put *put = (struct faulty_put *)sink;

	sink_free(put->inner);
	free(put);
}

static const struct sink_ops faulty_put_ops = {
    .name = "faulty store",
    .write = faulty_put_write,
    .finish = faulty_put_finish,
    .free = faulty_put_free,
};

static struct sink *
faulty_store_put(struct store *store, const char *name,
		 enum store_put_mode mode, uint64_t size_hint, struct err *err)
{
	struct faulty_store *faulty = (struct faulty_store *)store;
	struct faulty_put *put = NULL;

	if (call(faulty, name, err) != 0)
		return NULL;
	put = calloc(1, sizeof *put);
	if (put == NULL) {
		err_memory(err);
		return NULL;
	}
	sink_init(&put->sink, &faulty_put_ops);
	put->faulty = faulty;
	put->inner = store_put(faulty->inner, name, mode, size_hint, err);
	if (put->inner == NULL) {
		faulty_put_free(&put->sink);
		return NULL;
	}
	return &put->sink;
}

/* Write, with the one bit turned over if it lies in here. `from` is where the
 * bytes stand in the object. */
static int
write_flipped(struct sink *to, const struct faulty_plan *plan, uint64_t from,
	      const uint8_t *bytes, size_t len, struct err *err)
{
	uint64_t at = (plan->flip_bit - 1) / 8;
	uint8_t byte;
	size_t before;

	if (plan->flip_bit == 0 || at < from || at - from >= len)
		return sink_write(to, bytes, len, err);
	before = (size_t)(at - from);
	byte = (uint8_t)(bytes[before] ^ (1U << (plan->flip_bit - 1) % 8));
	if (sink_write(to, bytes, before, err) != 0 ||
	    sink_write(to, &byte, 1, err) != 0)
		return -1;
	return sink_write(to, bytes + before + 1, len - before - 1, err);
}

static int
faulty_get_write(struct sink *sink, const void *data, size_t len,
		 struct err *err)
{
	struct faulty_get *get = (struct faulty_get *)sink;
	const struct faulty_plan *plan = get->faulty->plan;
	uint64_t from = get->position;

	if (call(get->faulty, "chunk", err) != 0)
		return -1;
	get->position += len;
	if (plan->cut_at != 0) {
		if (from >= plan->cut_at)
			return 0;
		if (len > plan->cut_at - from)
			len = (size_t)(plan->cut_at - from);
	}
	return write_flipped(get->to, plan, from, data, len, err);
}

/* A get does not finish the sink it feeds, and this one lives on the stack. */
static int
faulty_get_finish(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static void
faulty_get_free(struct sink *sink)
{
	(void)sink;
}

static const struct sink_ops faulty_get_ops = {
    .name = "faulty store",
    .write = faulty_get_write,
    .finish = faulty_get_finish,
    .free = faulty_get_free,
};

static int
faulty_store_get(struct store *store, const char *name, uint64_t offset,
		 uint64_t len, struct sink *to, struct err *err)
{
	struct faulty_store *faulty = (struct faulty_store *)store;
	struct faulty_get get = {
	    .faulty = faulty,
	    .to = to,
	    .position = offset,
	};

	if (call(faulty, name, err) != 0)
		return -1;
	sink_init(&get.sink, &faulty_get_ops);
	return store_get(faulty->inner, name, offset, len, &get.sink, err);
}

static int
faulty_store_stat(struct store *store, const char *name,
		  struct store_object *object, struct err *err)
{
	struct faulty_store *faulty = (struct faulty_store *)store;

	if (call(faulty, name, err) != 0)
		return -1;
	return store_stat(faulty->inner, name, object, err);
}

static int
faulty_each(void *context, const struct store_object *object, struct err *err)
{
	const struct faulty_list *list = context;

	if (call(list->faulty, "list", err) != 0)
		return -1;
	return list->each(list->context, object, err);
}

static int
faulty_store_list(struct store *store, const char *prefix, const char *after,
		  enum store_depth depth, store_each_fn each, void *context,
		  struct err *err)
{
	struct faulty_list list = {
	    .faulty = (struct faulty_store *)store,
	    .each = each,
	    .context = context,
	};

	if (call(list.faulty, "list", err) != 0)
		return -1;
	return store_list(list.faulty->inner, prefix, after, depth, faulty_each,
			  &list, err);
}

static int
faulty_store_remove(struct store *store, const char *const *names, size_t count,
		    struct err *err)
{
	struct faulty_store *faulty = (struct faulty_store *)store;

	if (call(faulty, "remove", err) != 0)
		return -1;
	return store_remove(faulty->inner, names, count, err);
}

static int
faulty_store_sweep(struct store *store, uint64_t age_ms, bool dry,
		   store_each_fn each, void *context, struct err *err)
{
	struct faulty_store *faulty = (struct faulty_store *)store;

	if (call(faulty, "sweep", err) != 0)
		return -1;
	return store_sweep(faulty->inner, age_ms, dry, each, context, err);
}

static void
faulty_store_free(struct store *store)
{
	struct faulty_store *faulty = (struct faulty_store *)store;

	store_free(faulty->inner);
	pthread_mutex_destroy(&faulty->lock);
	free(faulty);
}

static const struct store_ops faulty_store_ops = {
    .put = faulty_store_put,
    .get = faulty_store_get,
    .stat = faulty_store_stat,
    .list = faulty_store_list,
    .remove = faulty_store_remove,
    .sweep = faulty_store_sweep,
    .free = faulty_store_free,
};

struct store *
faulty_store_new(struct store *inner, struct faulty_plan *plan, struct err *err)
{
	struct faulty_store *faulty = calloc(1, sizeof *faulty);
	int failed;

	if (faulty == NULL) {
		err_memory(err);
		goto fail;
	}
	failed = pthread_mutex_init(&faulty->lock, NULL);
	if (failed != 0) {
		err_errno(err, failed, "%s: cannot create a lock", inner->url);
		goto fail;
	}
	faulty->store.ops = &faulty_store_ops;
	faulty->store.url = inner->url;
	faulty->store.local = inner->local;
	faulty->inner = inner;
	faulty->plan = plan;
	return &faulty->store;
fail:
	free(faulty);
	store_free(inner);
	return NULL;
}
