#include "common/store/file_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/path.h"
#include "common/base/stop.h"
#include "common/store/file_list.h"
#include "common/store/file_put.h"
#include "common/store/file_remove.h"
#include "common/store/file_root.h"
#include "common/store/file_sweep.h"

#define CHUNK_SIZE ((size_t)256 * 1024)

struct file_store {
	struct store store;
	struct file_root root;
};

static const struct file_root *
root_of(const struct store *store)
{
	return &((const struct file_store *)store)->root;
}

static struct sink *
file_store_put(struct store *store, const char *name, enum store_put_mode mode,
	       uint64_t size_hint, struct err *err)
{
	return file_put_new(root_of(store), name, mode, size_hint, err);
}

/*
 * Returns a descriptor, or -1. O_NONBLOCK, since opening a named pipe would
 * wait for its other end; a regular file does not heed it.
 */
static int
open_object(const struct file_root *root, const char *name, struct stat *st,
	    struct err *err)
{
	char *path = file_root_path(root, name, err);
	int fd;

	if (path == NULL)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	free(path);
	if (fd < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return file_root_absent(root, name, err);
		return file_root_errno(root, name, errno, "cannot open", err);
	}
	if (fstat(fd, st) != 0) {
		file_root_errno(root, name, errno, "cannot stat", err);
		goto fail;
	}
	if (!S_ISREG(st->st_mode)) {
		file_root_absent(root, name, err);
		goto fail;
	}
	return fd;
fail:
	(void)close(fd);
	return -1;
}

/* `label` names the object in messages, those of the sink included, which
 * cannot know whose bytes it was given. */
static int
push_range(int fd, const char *label, uint64_t offset, uint64_t len,
	   struct sink *to, struct err *err)
{
	size_t chunk_size = len < CHUNK_SIZE ? (size_t)len : CHUNK_SIZE;
	char *chunk = malloc(chunk_size == 0 ? 1 : chunk_size);
	int result = -1;

	if (chunk == NULL)
		return err_memory(err);
	while (len > 0) {
		size_t wanted = len < chunk_size ? (size_t)len : chunk_size;
		ssize_t got;

		if (stop_check(err) != 0)
			goto out;
		got = file_read_at(fd, chunk, wanted, offset, label, err);
		if (got < 0)
			goto out;
		if ((size_t)got < wanted) {
			err_set(err, ERR_DAMAGED,
				"%s: became shorter while it was read", label);
			goto out;
		}
		if (sink_write(to, chunk, wanted, err) != 0) {
			err_context(err, "%s", label);
			goto out;
		}
		offset += wanted;
		len -= wanted;
	}
	result = 0;
out:
	free(chunk);
	return result;
}

static int
file_store_get(struct store *store, const char *name, uint64_t offset,
	       uint64_t len, struct sink *to, struct err *err)
{
	const struct file_root *root = root_of(store);
	char *label = NULL;
	struct stat st;
	uint64_t size;
	int result = -1;
	int fd = -1;

	label = path_join(root->url, name, err);
	if (label == NULL)
		goto out;
	fd = open_object(root, name, &st, err);
	if (fd < 0)
		goto out;
	size = (uint64_t)st.st_size;
	if (offset > size || (len != STORE_TO_END && len > size - offset)) {
		err_set(err, ERR_DAMAGED,
			"%s: has %llu bytes only, more were asked for", label,
			(unsigned long long)size);
		goto out;
	}
	if (len == STORE_TO_END)
		len = size - offset;
	/* Only advice: nothing depends on it. */
	(void)posix_fadvise(fd, (off_t)offset, (off_t)len,
			    POSIX_FADV_SEQUENTIAL);
	result = push_range(fd, label, offset, len, to, err);
out:
	if (fd >= 0)
		(void)close(fd); /* only read: nothing to lose */
	free(label);
	return result;
}

static int
file_store_stat(struct store *store, const char *name,
		struct store_object *object, struct err *err)
{
	const struct file_root *root = root_of(store);
	char *path = file_root_path(root, name, err);
	struct stat st;
	int failed;

	if (path == NULL)
		return -1;
	failed = stat(path, &st) != 0 ? errno : 0;
	free(path);
	if (failed == ENOENT || failed == ENOTDIR ||
	    (failed == 0 && !S_ISREG(st.st_mode)))
		return file_root_absent(root, name, err);
	if (failed != 0)
		return file_root_errno(root, name, failed, "cannot stat", err);
	object->name = name;
	object->size = (uint64_t)st.st_size;
	object->modified = st.st_mtim;
	return 0;
}

static int
file_store_list(struct store *store, const char *prefix, const char *after,
		enum store_depth depth, store_each_fn each, void *context,
		struct err *err)
{
	return file_list_objects(root_of(store), prefix, after, depth, each,
				 context, err);
}

static int
file_store_remove(struct store *store, const char *const *names, size_t count,
		  struct err *err)
{
	return file_remove_objects(root_of(store), names, count, err);
}

static int
file_store_sweep(struct store *store, uint64_t age_ms, bool dry,
		 store_each_fn each, void *context, struct err *err)
{
	return file_sweep_drafts(root_of(store), age_ms, dry, each, context,
				 err);
}

static void
file_store_free(struct store *store)
{
	struct file_store *file_store = (struct file_store *)store;

	file_root_clear(&file_store->root);
	free(file_store);
}

static const struct store_ops file_store_ops = {
    .put = file_store_put,
    .get = file_store_get,
    .stat = file_store_stat,
    .list = file_store_list,
    .remove = file_store_remove,
    .sweep = file_store_sweep,
    .free = file_store_free,
};

struct store *
file_store_new(const char *root, struct err *err)
{
	struct file_store *file_store = calloc(1, sizeof *file_store);

	if (file_store == NULL) {
		err_memory(err);
		return NULL;
	}
	if (file_root_init(&file_store->root, root, err) != 0) {
		file_store_free(&file_store->store);
		return NULL;
	}
	file_store->store.ops = &file_store_ops;
	file_store->store.url = file_store->root.url;
	file_store->store.local = true;
	return &file_store->store;
}
