#include "common/store/file_remove.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/path.h"

/* Whether `path` lies deeper than right below the root. */
static bool
may_be_removed(const struct file_root *root, const char *path)
{
	size_t root_len = strlen(root->path);

	return strlen(path) > root_len &&
	       strchr(path + root_len + 1, '/') != NULL;
}

/*
 * After the last removal in `directory`: remove it if it is empty, then the
 * ones above it, and flush the first that stays. Puts elsewhere may be using
 * it: rmdir refuses if they have come first, and they make it again if not.
 */
static int
leave_directory(const struct file_root *root, const char *directory,
		bool removed_any, struct err *err)
{
	char *path = strdup(directory);
	struct err reason = {0};
	int result = 0;

	if (path == NULL)
		return err_memory(err);
	while (may_be_removed(root, path) && rmdir(path) == 0) {
		path[strlen(path) - strlen(path_base(path)) - 1] = '\0';
		removed_any = true;
	}
	/* Absent: somebody else has removed the directory meanwhile. */
	if (removed_any && file_sync_directory(path, &reason) != 0 &&
	    reason.kind != ERR_ABSENT) {
		*err = reason;
		result = file_root_reword(root, "", err);
	}
	free(path);
	return result;
}

/* Returns 1 when it was there, 0 when it was not, or -1. */
static int
remove_one(const struct file_root *root, const char *name, const char *path,
	   struct err *err)
{
	struct err reason = {0};

	if (unlink(path) == 0)
		return 1;
	/* A directory of that name is not an object. */
	if (errno != ENOENT && errno != ENOTDIR && errno != EISDIR)
		return file_root_errno(root, name, errno, "cannot remove", err);
	file_root_absent(root, name, &reason);
	if (reason.kind == ERR_ABSENT)
		return 0;
	*err = reason;
	return -1;
}

int
file_remove_objects(const struct file_root *root, const char *const *names,
		    size_t count, struct err *err)
{
	char *directory = NULL;
	bool removed_any = false;
	int result = 0;

	for (size_t i = 0; result == 0 && i < count; i++) {
		char *path = file_root_path(root, names[i], err);
		char *parent = path == NULL ? NULL : path_parent(path, err);
		int removed = -1;

		if (parent == NULL)
			result = -1;
		else if (directory != NULL && strcmp(directory, parent) != 0) {
			result =
			    leave_directory(root, directory, removed_any, err);
			removed_any = false;
		}
		if (result == 0)
			removed = remove_one(root, names[i], path, err);
		if (removed < 0)
			result = -1;
		removed_any = removed_any || removed > 0;
		free(directory);
		directory = parent;
		free(path);
	}
	if (result == 0 && directory != NULL)
		result = leave_directory(root, directory, removed_any, err);
	free(directory);
	return result;
}
