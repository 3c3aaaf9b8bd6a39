#include "common/store/store.h"

#include <string.h>

#include "common/base/path.h"
#include "common/stream/ends.h"

/*
 * The rule for names stands here and not in the drivers, so that what one
 * store takes every other takes too. A component that begins with "." would be
 * hidden on a file system, so no store has any.
 */
static bool
is_object_name(const char *name)
{
	const char *at;

	if (!path_stays_below(name))
		return false;
	for (at = name; at != NULL; at = strchr(at, '/')) {
		at += *at == '/';
		if (*at == '.')
			return false;
	}
	return true;
}

static int
check_name(const struct store *store, const char *name, struct err *err)
{
	if (is_object_name(name))
		return 0;
	return err_set(err, ERR_REFUSED,
		       "%s: \"%s\" cannot be an object's name", store->url,
		       name);
}

/* A prefix is a name of which the last component may be cut off anywhere, or
 * missing. */
static int
check_prefix(const struct store *store, const char *prefix, struct err *err)
{
	const char *at = prefix;

	while (*at != '\0') {
		size_t len = strcspn(at, "/");

		if (len == 0 || at[0] == '.')
			return err_set(err, ERR_REFUSED,
				       "%s: \"%s\" cannot begin an object's "
				       "name",
				       store->url, prefix);
		at += len;
		at += *at == '/';
	}
	return 0;
}

struct sink *
store_put(struct store *store, const char *name, enum store_put_mode mode,
	  uint64_t size_hint, struct err *err)
{
	if (check_name(store, name, err) != 0)
		return NULL;
	return store->ops->put(store, name, mode, size_hint, err);
}

int
store_put_bytes(struct store *store, const char *name, enum store_put_mode mode,
		const void *data, size_t len, struct err *err)
{
	struct sink *sink = NULL;
	int result = -1;

	sink = store_put(store, name, mode, len, err);
	if (sink == NULL)
		goto out;
	if (sink_write(sink, data, len, err) != 0)
		goto out;
	if (sink_finish(sink, err) != 0)
		goto out;
	result = 0;
out:
	sink_free(sink);
	return result;
}

int
store_get(struct store *store, const char *name, uint64_t offset, uint64_t len,
	  struct sink *to, struct err *err)
{
	if (check_name(store, name, err) != 0)
		return -1;
	return store->ops->get(store, name, offset, len, to, err);
}

int
store_get_bytes(struct store *store, const char *name, struct buf *buf,
		struct err *err)
{
	size_t before = buf->len;
	struct sink *sink = NULL;
	int result = -1;

	sink = ends_memory(buf, err);
	if (sink == NULL)
		goto out;
	result = store_get(store, name, 0, STORE_TO_END, sink, err);
	/* Half an object must not look like one to a caller that goes on. */
	if (result != 0 && buf->len > before) {
		buf->len = before;
		buf->data[before] = '\0';
	}
out:
	sink_free(sink);
	return result;
}

int
store_stat(struct store *store, const char *name, struct store_object *object,
	   struct err *err)
{
	if (check_name(store, name, err) != 0)
		return -1;
	return store->ops->stat(store, name, object, err);
}

int
store_list(struct store *store, const char *prefix, const char *after,
	   enum store_depth depth, store_each_fn each, void *context,
	   struct err *err)
{
	if (check_prefix(store, prefix, err) != 0)
		return -1;
	return store->ops->list(store, prefix, after, depth, each, context,
				err);
}

int
store_remove(struct store *store, const char *const *names, size_t count,
	     struct err *err)
{
	/* All of them first: one bad name must not leave half a removal. */
	for (size_t i = 0; i < count; i++) {
		if (check_name(store, names[i], err) != 0)
			return -1;
	}
	if (count == 0)
		return 0;
	return store->ops->remove(store, names, count, err);
}

int
store_sweep(struct store *store, uint64_t age_ms, bool dry, store_each_fn each,
	    void *context, struct err *err)
{
	return store->ops->sweep(store, age_ms, dry, each, context, err);
}

void
store_free(struct store *store)
{
	if (store != NULL)
		store->ops->free(store);
}
