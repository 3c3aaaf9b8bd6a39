#include "common/store/file_sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/path.h"

struct sweep {
	const struct file_root *root;
	uint64_t age_ms;
	struct timespec now;
	bool dry;
	store_each_fn each;
	void *context;
};

/* A time still to come, by a file server's faster clock, is not old. */
static bool
is_old(const struct sweep *sweep, struct timespec changed)
{
	uint64_t seconds;

	if (sweep->age_ms == 0)
		return true;
	if (clock_compare(changed, sweep->now) >= 0)
		return false;
	/* In whole seconds first: any number is allowed as an age. */
	seconds = (uint64_t)(sweep->now.tv_sec - changed.tv_sec);
	if (seconds != sweep->age_ms / 1000)
		return seconds > sweep->age_ms / 1000;
	return sweep->now.tv_nsec - changed.tv_nsec >
	       (long)(sweep->age_ms % 1000) * 1000000;
}

/* `name` is the entry's, `full_name` counts from the root.
 * Returns 0, 1 when told to stop, or -1. */
static int
sweep_entry(const struct sweep *sweep, int directory_fd, const char *name,
	    const char *full_name, struct err *err)
{
	struct store_object object = {.name = full_name};
	struct stat st;

	/* Its owner, or another sweep, may be faster; here and below. */
	if (fstatat(directory_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT
			   ? 0
			   : file_root_errno(sweep->root, full_name, errno,
					     "cannot stat", err);
	if (!S_ISREG(st.st_mode) || !is_old(sweep, st.st_mtim))
		return 0;
	if (!sweep->dry && unlinkat(directory_fd, name, 0) != 0)
		return errno == ENOENT
			   ? 0
			   : file_root_errno(sweep->root, full_name, errno,
					     "cannot remove", err);
	if (sweep->each == NULL)
		return 0;
	object.size = (uint64_t)st.st_size;
	object.modified = st.st_mtim;
	return sweep->each(sweep->context, &object, err);
}

/* Opens root/name. Returns 1, 0 when it is no directory (any more), or -1. */
static int
open_directory(const struct sweep *sweep, const char *name, DIR **dir,
	       struct err *err)
{
	char *path = file_root_path(sweep->root, name, err);

	if (path == NULL)
		return -1;
	*dir = opendir(path);
	free(path);
	if (*dir != NULL)
		return 1;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	/* Where we may not look we have not written either: lost+found. */
	if (errno == EACCES && name[0] != '\0' && name[0] != '.')
		return 0;
	return file_root_errno(sweep->root, name, errno, "cannot open", err);
}

/* The drafts of one directory. Returns 0, 1 when told to stop, or -1. */
static int
sweep_directory(const struct sweep *sweep, const char *directory,
		struct err *err)
{
	struct dirent *entry;
	DIR *dir = NULL;
	int result;

	result = open_directory(sweep, directory, &dir, err);
	if (result != 1)
		return result;
	result = 0;
	while (result == 0) {
		char *full_name;

		errno = 0;
		entry = readdir(dir);
		if (entry == NULL)
			break;
		if (strncmp(entry->d_name, FILE_ROOT_DRAFT_PREFIX,
			    strlen(FILE_ROOT_DRAFT_PREFIX)) != 0)
			continue;
		full_name = path_join(directory, entry->d_name, err);
		if (full_name == NULL) {
			result = -1;
			break;
		}
		result = sweep_entry(sweep, dirfd(dir), entry->d_name,
				     full_name, err);
		free(full_name);
	}
	if (result == 0 && errno != 0)
		result = file_root_errno(sweep->root, directory, errno,
					 "cannot list", err);
	(void)closedir(dir);
	return result;
}

int
file_sweep_drafts(const struct file_root *root, uint64_t age_ms, bool dry,
		  store_each_fn each, void *context, struct err *err)
{
	const struct sweep sweep = {
	    .root = root,
	    .age_ms = age_ms,
	    .now = clock_now(),
	    .dry = dry,
	    .each = each,
	    .context = context,
	};
	struct dirent *entry;
	DIR *dir = NULL;
	int result;

	result = open_directory(&sweep, "", &dir, err);
	/* Says that it is not mounted, or what else is the matter. */
	if (result == 0)
		return file_root_absent(root, "", err);
	if (result < 0)
		return -1;
	result = sweep_directory(&sweep, FILE_ROOT_DRAFTS, err);
	if (result == 0)
		result = sweep_directory(&sweep, "", err);
	while (result == 0) {
		errno = 0;
		entry = readdir(dir);
		if (entry == NULL)
			break;
		if (entry->d_name[0] != '.' && entry->d_type != DT_REG)
			result = sweep_directory(&sweep, entry->d_name, err);
	}
	if (result == 0 && errno != 0)
		result = file_root_errno(root, "", errno, "cannot list", err);
	(void)closedir(dir);
	return result < 0 ? -1 : 0;
}
