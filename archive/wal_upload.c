#include "archive/wal_upload.h"

#include <string.h>

#include "archive/wal_compare.h"
#include "common/base/log.h"
#include "common/base/path.h"
#include "common/catalog/object_name.h"
#include "common/catalog/wal_archive.h"
#include "common/stream/pump.h"

static int
compare_with(struct store *store, const char *object,
	     const struct wal_file *file, struct err *err)
{
	struct sink *compare = wal_compare(file, err);
	struct sink *in = NULL;
	int result = -1;

	if (compare == NULL)
		goto out;
	in = pipeline_in(object, compare, err);
	if (in == NULL)
		goto out;
	if (store_get(store, object, 0, STORE_TO_END, in, err) != 0)
		goto out;
	if (sink_finish(in, err) != 0)
		goto out;
	log_debug("%s: in the archive already as %s", file->path, object);
	result = 0;
out:
	sink_free(in);
	/* The store's own errors name the object already. */
	if (result != 0 && strstr(err->message, object) == NULL)
		(void)err_context(err, "%s/%s", store->url, object);
	return result;
}

static int
put(struct store *store, const struct pipeline *pipeline, const char *object,
    const struct wal_file *file, struct err *err)
{
	struct sink *out = NULL;
	int result = -1;

	out = store_put(store, object, STORE_NEW, STORE_SIZE_UNKNOWN, err);
	if (out == NULL)
		goto out;
	out = pipeline_out(pipeline, out, err);
	if (out == NULL)
		goto out;
	if (pump_file(file->fd, 0, file->size, file->path, out, err) != 0)
		goto out;
	result = sink_finish(out, err);
out:
	sink_free(out);
	return result;
}

/* An archive may hold the file under another suffix, from before the settings
 * changed or from WAL-G. A local store is asked first, since that is free. */
static int
find_other_suffix(struct store *store, const struct pipeline *pipeline,
		  const struct wal_file *file, char *object, struct err *err)
{
	if (!store->local)
		return 0;
	if (wal_archive_find(store, pipeline, path_base(file->path), object,
			     err) == 0)
		return 1;
	return err->kind == ERR_ABSENT ? 0 : -1;
}

/*
 * What a push found may be from one that was killed before it had flushed the
 * directory: only a put that hears "exists" may take it for durable.
 */
static int
confirm(struct store *store, const char *object, struct err *err)
{
	struct sink *sink =
	    store_put(store, object, STORE_NEW, STORE_SIZE_UNKNOWN, err);

	if (sink == NULL)
		return err->kind == ERR_EXISTS ? 1 : -1;
	sink_free(sink);
	return err_set(err, ERR_UNREACHABLE, "%s/%s: was there and has gone",
		       store->url, object);
}

int
wal_upload(struct store *store, const struct pipeline *pipeline,
	   const struct wal_file *file, struct err *err)
{
	char object[OBJECT_NAME_SIZE];
	char suffix[PIPELINE_SUFFIX_SIZE];
	int found;

	found = find_other_suffix(store, pipeline, file, object, err);
	if (found == 1)
		found = confirm(store, object, err);
	if (found == 0) {
		pipeline_suffix(pipeline, suffix);
		object_wal(path_base(file->path), suffix, object);
		if (put(store, pipeline, object, file, err) == 0)
			return 0;
		found = err->kind == ERR_EXISTS ? 1 : -1;
	}
	if (found == 1 && compare_with(store, object, file, err) == 0)
		return 0;
	return err_context(err, "%s: not archived", file->path);
}
