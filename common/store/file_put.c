#include "common/store/file_put.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/draft.h"
#include "common/base/file.h"
#include "common/base/path.h"

/* How often a directory that is removed under us is made again. */
#define COMMIT_ATTEMPTS 5

#define COPY_CHUNK_SIZE ((size_t)256 * 1024)

struct file_put {
	struct sink sink;
	const struct file_root *root;
	enum store_put_mode mode;
	uint64_t announced; /* bytes, or STORE_SIZE_UNKNOWN */
	uint64_t written;   /* bytes */
	char *name;
	char *path;
	char *parent;    /* of path */
	char *directory; /* name's first one below the root; root/x for x */
	struct draft *draft;
	bool beside; /* the draft lies in `directory`, not in the drafts' */
};

/*
 * Who put the object may have died before flushing the directory, and whoever
 * hears "exists" may take that for "safe".
 */
static int
report_exists(const struct file_put *put, struct err *err)
{
	if (file_sync_directory(put->parent, err) != 0)
		return file_root_reword(put->root, put->name, err);
	return err_set(err, ERR_EXISTS, "%s/%s: exists already", put->root->url,
		       put->name);
}

static int
file_put_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct file_put *put = (struct file_put *)sink;

	if (draft_write(put->draft, data, len, err) != 0)
		return file_root_reword(put->root, put->name, err);
	put->written += len;
	return 0;
}

/* Directories are made only now, so that a put that ends early leaves none. A
 * store_remove elsewhere may take away the directory that it has emptied
 * between our making it and our using it. */
static int
commit(struct file_put *put, struct err *err)
{
	enum draft_mode mode =
	    put->mode == STORE_NEW ? DRAFT_NEW : DRAFT_REPLACE;

	for (int attempt = 1;; attempt++) {
		if (draft_commit(put->draft, mode, err) == 0)
			return 0;
		if (err->kind != ERR_ABSENT || attempt == COMMIT_ATTEMPTS)
			return -1;
		memset(err, 0, sizeof *err); /* this one is dealt with */
		if (file_make_directories(put->parent, FILE_ROOT_DIRECTORY_MODE,
					  err) != 0)
			return -1;
	}
}

/* Copy what the draft holds into a new one on the target's own mount. */
static int
move_beside(struct file_put *put, struct err *err)
{
	struct draft *beside = NULL;
	char *chunk = NULL;
	uint64_t offset = 0;
	ssize_t got;
	int result = -1;

	chunk = malloc(COPY_CHUNK_SIZE);
	if (chunk == NULL) {
		err_memory(err);
		goto out;
	}
	beside =
	    draft_open(put->path, put->directory, FILE_ROOT_FILE_MODE, err);
	if (beside == NULL)
		goto out;
	do {
		got = file_read_at(draft_fd(put->draft), chunk, COPY_CHUNK_SIZE,
				   offset, put->path, err);
		if (got < 0 ||
		    draft_write(beside, chunk, (size_t)got, err) != 0)
			goto out;
		offset += (uint64_t)got;
	} while (got > 0);
	draft_free(put->draft);
	put->draft = beside;
	put->beside = true;
	beside = NULL;
	result = 0;
out:
	draft_free(beside);
	free(chunk);
	return result;
}

/* Whether a failed commit may have failed because of the draft's place only.
 * After a failed flush what a copy would read may not be what was written, and
 * an object that is there by now may be our own, not yet flushed. */
static bool
may_be_moved(const struct file_put *put, const struct err *err)
{
	return err->kind == ERR_SYSTEM && !put->beside &&
	       draft_intact(put->draft) &&
	       (put->mode == STORE_REPLACE || access(put->path, F_OK) != 0);
}

static int
file_put_finish(struct sink *sink, struct err *err)
{
	struct file_put *put = (struct file_put *)sink;
	int result;

	if (put->announced != STORE_SIZE_UNKNOWN &&
	    put->written != put->announced)
		return err_set(err, ERR_DAMAGED,
			       "%s/%s: %llu bytes were announced, %llu came",
			       put->root->url, put->name,
			       (unsigned long long)put->announced,
			       (unsigned long long)put->written);
	result = commit(put, err);
	/* A bind mount shows the same device number, and still no link leads
	 * into it; then a second copy is the price. */
	if (result != 0 && may_be_moved(put, err)) {
		memset(err, 0, sizeof *err);
		result = move_beside(put, err);
		if (result == 0)
			result = commit(put, err);
	}
	if (result == 0)
		return 0;
	if (err->kind == ERR_EXISTS)
		return report_exists(put, err);
	/* "Absent" is an answer about objects and none to a put. */
	if (err->kind == ERR_ABSENT)
		err->kind = ERR_UNREACHABLE;
	return file_root_reword(put->root, put->name, err);
}

static void
file_put_free(struct sink *sink)
{
	struct file_put *put = (struct file_put *)sink;

	if (put == NULL)
		return;
	draft_free(put->draft);
	free(put->directory);
	free(put->parent);
	free(put->path);
	free(put->name);
	free(put);
}

static const struct sink_ops file_put_ops = {
    .name = "file store",
    .write = file_put_write,
    .finish = file_put_finish,
    .free = file_put_free,
};

/* Fill in the paths that follow from the name. */
static int
name_paths(struct file_put *put, const char *name, struct err *err)
{
	size_t first_len = strcspn(name, "/");

	put->name = strdup(name);
	if (put->name == NULL)
		return err_memory(err);
	put->path = file_root_path(put->root, name, err);
	if (put->path == NULL)
		return -1;
	put->parent = path_parent(put->path, err);
	if (put->parent == NULL)
		return -1;
	/* An object right below the root has no directory but the root. */
	if (name[first_len] == '\0')
		put->directory = strdup(put->root->path);
	else
		put->directory =
		    strndup(put->path, strlen(put->root->path) + 1 + first_len);
	return put->directory == NULL ? err_memory(err) : 0;
}

/* Make the first directory, and start the draft where it can be linked from. */
static int
start_draft(struct file_put *put, struct err *err)
{
	struct stat target;
	struct stat drafts;
	char *drafts_path = NULL;
	int result = -1;

	if (file_root_make(put->root, err) != 0)
		goto out;
	if (file_make_directories(put->directory, FILE_ROOT_DIRECTORY_MODE,
				  err) != 0)
		goto out;
	drafts_path = file_root_path(put->root, FILE_ROOT_DRAFTS, err);
	if (drafts_path == NULL)
		goto out;
	if (file_make_directories(drafts_path, FILE_ROOT_DIRECTORY_MODE, err) !=
	    0)
		goto out;
	/* Links do not cross file systems, and a first-level directory may lie
	 * on another one. */
	put->beside = stat(put->directory, &target) == 0 &&
		      stat(drafts_path, &drafts) == 0 &&
		      target.st_dev != drafts.st_dev;
	put->draft =
	    draft_open(put->path, put->beside ? put->directory : drafts_path,
		       FILE_ROOT_FILE_MODE, err);
	if (put->draft != NULL)
		result = 0;
out:
	free(drafts_path);
	return result;
}

struct sink *
file_put_new(const struct file_root *root, const char *name,
	     enum store_put_mode mode, uint64_t size_hint, struct err *err)
{
	struct file_put *put = calloc(1, sizeof *put);

	if (put == NULL) {
		err_memory(err);
		return NULL;
	}
	sink_init(&put->sink, &file_put_ops);
	put->root = root;
	put->mode = mode;
	put->announced = size_hint;
	if (name_paths(put, name, err) != 0)
		goto fail;
	/* Saves the work of making the bytes; the link is what decides. */
	if (mode == STORE_NEW && access(put->path, F_OK) == 0) {
		report_exists(put, err);
		goto fail;
	}
	if (start_draft(put, err) != 0) {
		/* A file where a directory should be is not this object. */
		if (err->kind == ERR_ABSENT || err->kind == ERR_EXISTS)
			err->kind = ERR_UNREACHABLE;
		file_root_reword(root, name, err);
		goto fail;
	}
	return &put->sink;
fail:
	file_put_free(&put->sink);
	return NULL;
}
