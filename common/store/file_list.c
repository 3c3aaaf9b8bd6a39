#include "common/store/file_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What is asked for, and whom to tell. */
struct listing {
	const struct file_root *root;
	const char *prefix;
	const char *after;
	enum store_depth depth;
	store_each_fn each;
	void *context;
};

/* One open directory on the way down. */
struct level {
	const struct level *up; /* NULL for the first */
	const char *name;       /* from the root: "" or "a/b/" */
	DIR *dir;
	dev_t device;
	ino_t inode;
};

/* Full names; a directory's ends in "/", so that sorting them sorts what lies
 * below as well: "a-b" comes before "a/b". */
struct names {
	char **list;
	size_t count;
	size_t capacity;
};

enum entry { ENTRY_NEITHER, ENTRY_OBJECT, ENTRY_DIRECTORY };

static int
add_name(struct names *names, const char *directory, const char *entry,
	 bool is_directory, struct err *err)
{
	size_t directory_len = strlen(directory);
	size_t entry_len = strlen(entry);
	char *name;

	if (names->count == names->capacity) {
		size_t capacity =
		    names->capacity == 0 ? 64 : 2 * names->capacity;
		char **list =
		    realloc(names->list, capacity * sizeof *names->list);

		if (list == NULL)
			return err_memory(err);
		names->list = list;
		names->capacity = capacity;
	}
	name = malloc(directory_len + entry_len + 2);
	if (name == NULL)
		return err_memory(err);
	memcpy(name, directory, directory_len);
	memcpy(name + directory_len, entry, entry_len + 1);
	if (is_directory)
		memcpy(name + directory_len + entry_len, "/", 2);
	names->list[names->count++] = name;
	return 0;
}

static void
free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A link from below back to a directory above would make a listing endless. */
static int
check_loop(const struct listing *listing, const struct level *level,
	   struct err *err)
{
	for (const struct level *up = level->up; up != NULL; up = up->up) {
		if (up->device == level->device && up->inode == level->inode)
			return err_set(err, ERR_UNREACHABLE,
				       "%s/%s: a symbolic link leads back to a "
				       "directory above it",
				       listing->root->url, level->name);
	}
	return 0;
}

static void
close_level(struct level *level)
{
	if (level->dir != NULL)
		(void)closedir(level->dir);
	level->dir = NULL;
}

/* The first directory is not there: is that an empty list? Returns 0 or -1. */
static int
check_nothing(const struct listing *listing, const char *name, struct err *err)
{
	struct err reason = {0};

	file_root_absent(listing->root, name, &reason);
	if (reason.kind == ERR_ABSENT)
		return 0;
	*err = reason;
	return -1;
}

/* Returns 1 when *level is open, 0 when there is no such directory, or -1.
 * level->name and level->up are set. */
static int
open_level(const struct listing *listing, struct level *level, struct err *err)
{
	struct stat st;
	char *path = file_root_path(listing->root, level->name, err);

	level->dir = NULL;
	if (path == NULL)
		return -1;
	level->dir = opendir(path);
	free(path);
	if (level->dir == NULL) {
		if (errno != ENOENT && errno != ENOTDIR)
			return file_root_errno(listing->root, level->name,
					       errno, "cannot open", err);
		/* Deeper down it has been there a moment ago: removed. */
		return level->up != NULL
			   ? 0
			   : check_nothing(listing, level->name, err);
	}
	if (fstat(dirfd(level->dir), &st) != 0) {
		file_root_errno(listing->root, level->name, errno,
				"cannot stat", err);
		goto fail;
	}
	level->device = st.st_dev;
	level->inode = st.st_ino;
	if (check_loop(listing, level, err) != 0)
		goto fail;
	return 1;
fail:
	close_level(level);
	return -1;
}

/* Next entry that is not hidden. Returns 1, 0 at the end, or -1. */
static int
next_entry(const struct listing *listing, const struct level *level,
	   const struct dirent **entry, struct err *err)
{
	for (;;) {
		const struct dirent *next;

		errno = 0;
		next = readdir(level->dir);
		if (next == NULL && errno != 0)
			return file_root_errno(listing->root, level->name,
					       errno, "cannot list", err);
		*entry = next;
		if (next == NULL)
			return 0;
		if (next->d_name[0] != '.')
			return 1;
	}
}

static enum entry
entry_of_mode(mode_t mode)
{
	if (S_ISREG(mode))
		return ENTRY_OBJECT;
	return S_ISDIR(mode) ? ENTRY_DIRECTORY : ENTRY_NEITHER;
}

/* What an entry is, behind a link what that leads to. */
static int
classify(const struct listing *listing, const struct level *level,
	 const struct dirent *entry, enum entry *what, struct err *err)
{
	struct stat st;

	*what = ENTRY_NEITHER;
	/* Where the root is a whole file system; only fsck may look inside. */
	if (level->name[0] == '\0' && strcmp(entry->d_name, "lost+found") == 0)
		return 0;
	if (entry->d_type == DT_REG || entry->d_type == DT_DIR) {
		*what =
		    entry->d_type == DT_REG ? ENTRY_OBJECT : ENTRY_DIRECTORY;
		return 0;
	}
	if (fstatat(dirfd(level->dir), entry->d_name, &st, 0) == 0) {
		*what = entry_of_mode(st.st_mode);
		return 0;
	}
	if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		return err_errno(err, errno, "%s/%s%s: cannot stat",
				 listing->root->url, level->name,
				 entry->d_name);
	/* Removed meanwhile, or a link that leads nowhere. */
	if (level->name[0] != '\0')
		return 0;
	return check_nothing(listing, entry->d_name, err);
}

/* Whether the name, or something below it, is to be listed. */
static bool
is_wanted(const struct listing *listing, const char *name, bool is_directory)
{
	size_t len = strlen(name);

	/* The walk begins in the prefix's own directory, so that no name here
	 * is shorter than what the prefix says of it. */
	if (strncmp(name, listing->prefix, strlen(listing->prefix)) != 0)
		return false;
	if (strcmp(name, listing->after) > 0)
		return true;
	return is_directory && listing->depth == STORE_DEEP &&
	       strncmp(listing->after, name, len) == 0;
}

/* Whether the prefix leaves an entry of this name out, before it is looked at
 * more closely: in a directory of other things a link may be dead. */
static bool
is_outside(const struct listing *listing, const struct level *level,
	   const char *entry)
{
	size_t prefix_len = strlen(listing->prefix);
	size_t directory_len = strlen(level->name);

	return prefix_len > directory_len &&
	       strncmp(entry, listing->prefix + directory_len,
		       prefix_len - directory_len) != 0;
}

static int
read_level(const struct listing *listing, const struct level *level,
	   struct names *names, struct err *err)
{
	const struct dirent *entry;
	enum entry what;
	int more;

	while ((more = next_entry(listing, level, &entry, err)) == 1) {
		if (is_outside(listing, level, entry->d_name))
			continue;
		if (classify(listing, level, entry, &what, err) != 0)
			return -1;
		if (what == ENTRY_NEITHER)
			continue;
		if (add_name(names, level->name, entry->d_name,
			     what == ENTRY_DIRECTORY, err) != 0)
			return -1;
		/* Decided on the whole name, and taken back if not wanted. */
		if (!is_wanted(listing, names->list[names->count - 1],
			       what == ENTRY_DIRECTORY))
			free(names->list[--names->count]);
	}
	if (more < 0)
		return -1;
	if (names->count > 1)
		qsort(names->list, names->count, sizeof *names->list,
		      compare_names);
	return 0;
}

/* Whether any object lies below. Returns 1, 0 or -1. */
static int
holds_object(const struct listing *listing, const char *name,
	     const struct level *up, struct err *err)
{
	struct level level = {.up = up, .name = name};
	struct names below = {0};
	const struct dirent *entry;
	enum entry what;
	int result;

	result = open_level(listing, &level, err);
	if (result != 1)
		return result;
	while ((result = next_entry(listing, &level, &entry, err)) == 1) {
		if (classify(listing, &level, entry, &what, err) != 0)
			result = -1;
		if (result < 0 || what == ENTRY_OBJECT)
			break;
		if (what == ENTRY_NEITHER)
			continue;
		if (add_name(&below, name, entry->d_name, true, err) != 0)
			result = -1;
		else
			result = holds_object(
			    listing, below.list[below.count - 1], &level, err);
		if (result != 0)
			break;
	}
	free_names(&below);
	close_level(&level);
	return result;
}

static int
tell_directory(const struct listing *listing, const struct level *level,
	       const char *name, struct err *err)
{
	struct store_object object = {.name = name};
	int holds = holds_object(listing, name, level, err);

	if (holds != 1)
		return holds;
	return listing->each(listing->context, &object, err);
}

static int
tell_object(const struct listing *listing, const struct level *level,
	    const char *name, struct err *err)
{
	struct store_object object = {.name = name};
	struct stat st;

	if (fstatat(dirfd(level->dir), name + strlen(level->name), &st, 0) !=
	    0) {
		if (errno == ENOENT)
			return 0; /* removed meanwhile */
		return file_root_errno(listing->root, name, errno,
				       "cannot stat", err);
	}
	object.size = (uint64_t)st.st_size;
	object.modified = st.st_mtim;
	return listing->each(listing->context, &object, err);
}

/* List one directory. Returns 0, 1 when the listing is to end, or -1. */
static int
walk(const struct listing *listing, const char *name, const struct level *up,
     struct err *err)
{
	struct level level = {.up = up, .name = name};
	struct names names = {0};
	int result;

	result = open_level(listing, &level, err);
	if (result != 1)
		return result;
	result = read_level(listing, &level, &names, err);
	for (size_t i = 0; result == 0 && i < names.count; i++) {
		const char *entry = names.list[i];

		if (entry[strlen(entry) - 1] != '/')
			result = tell_object(listing, &level, entry, err);
		else if (listing->depth == STORE_SHALLOW)
			result = tell_directory(listing, &level, entry, err);
		else
			result = walk(listing, entry, &level, err);
	}
	free_names(&names);
	close_level(&level);
	return result;
}

int
file_list_objects(const struct file_root *root, const char *prefix,
		  const char *after, enum store_depth depth, store_each_fn each,
		  void *context, struct err *err)
{
	const struct listing listing = {
	    .root = root,
	    .prefix = prefix,
	    .after = after,
	    .depth = depth,
	    .each = each,
	    .context = context,
	};
	const char *slash = strrchr(prefix, '/');
	char *first;
	int result;

	first =
	    strndup(prefix, slash == NULL ? 0 : (size_t)(slash - prefix) + 1);
	if (first == NULL)
		return err_memory(err);
	result = walk(&listing, first, NULL, err);
	free(first);
	return result < 0 ? -1 : 0;
}
