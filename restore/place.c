/* syncfs(2) is Linux's own. */
#define _GNU_SOURCE

#include "restore/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/path.h"
#include "common/base/units.h"

/* Lies in every place while it is being filled: of two restores that begin at
 * the same moment only one can make it. */
#define CLAIM ".walnut.restoring"

static const char *
location_of(const char *directory, const struct tablespace_map *tablespaces,
	    size_t index)
{
	return index == 0 ? directory
			  : tablespaces->entries[index - 1].location;
}

/* A claim is told from others by claim(), which knows whether it is its own. */
static bool
counts_as_nothing(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       strcmp(name, "lost+found") == 0 || strcmp(name, CLAIM) == 0;
}

/* A server's directory is told from others wherever postmaster.pid comes in the
 * order of its entries. */
static int
refuse(DIR *directory, const char *path, const char *entry, struct err *err)
{
	if (faccessat(dirfd(directory), "postmaster.pid", F_OK, 0) == 0)
		(void)err_set(err, ERR_REFUSED,
			      "%s: a server runs here, or crashed here: "
			      "postmaster.pid is there",
			      path);
	else
		(void)err_set(err, ERR_REFUSED,
			      "%s: is not empty: holds \"%s\"", path, entry);
	return err_hint(err, "restore into an empty or new directory");
}

static int
check_empty(const char *path, struct err *err)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int result = 0;

	if (directory == NULL && errno == ENOENT)
		return 0;
	if (directory == NULL) {
		(void)err_errno(err, errno, "%s", path);
		if (err->kind == ERR_ABSENT)
			err->kind = ERR_REFUSED; /* a file, not a directory */
		return -1;
	}
	while (result == 0 && (errno = 0, (entry = readdir(directory)) != NULL))
		if (!counts_as_nothing(entry->d_name))
			result = refuse(directory, path, entry->d_name, err);
	if (result == 0 && errno != 0)
		result = err_errno(err, errno, "%s: cannot list", path);
	(void)closedir(directory);
	return result;
}

/* Files of two places have the same names, and would replace each other. */
static int
check_alone(const char *directory, const struct tablespace_map *tablespaces,
	    size_t index, struct err *err)
{
	const char *path = location_of(directory, tablespaces, index);

	for (size_t i = 0; i < index; i++)
		if (strcmp(location_of(directory, tablespaces, i), path) == 0)
			return err_set(
			    err, ERR_REFUSED,
			    "%s: is to hold tablespace %" PRIu32 " and more",
			    path, tablespaces->entries[index - 1].oid);
	return 0;
}

int
place_check(const char *directory, const struct tablespace_map *tablespaces,
	    struct err *err)
{
	for (size_t i = 0; i <= tablespaces->count; i++) {
		const char *path = location_of(directory, tablespaces, i);

		if (check_alone(directory, tablespaces, i, err) != 0 ||
		    check_empty(path, err) != 0)
			return -1;
	}
	return 0;
}

/* What does not exist yet will lie in the nearest directory that does. */
static int
stat_nearest(const char *path, struct stat *st, struct statvfs *vfs,
	     struct err *err)
{
	char *at = strdup(path);
	char *parent;

	if (at == NULL)
		return err_memory(err);
	while (stat(at, st) != 0 || statvfs(at, vfs) != 0) {
		if (errno != ENOENT || strcmp(at, "/") == 0 ||
		    strcmp(at, ".") == 0) {
			(void)err_errno(err, errno, "%s", at);
			free(at);
			return -1;
		}
		parent = path_parent(at, err);
		free(at);
		at = parent;
		if (at == NULL)
			return -1;
	}
	free(at);
	return 0;
}

static int
check_room(const char *path, const struct statvfs *vfs, uint64_t needed,
	   struct err *err)
{
	uint64_t available = (uint64_t)vfs->f_bavail * vfs->f_frsize;
	char need_text[UNITS_TEXT_SIZE];
	char have_text[UNITS_TEXT_SIZE];

	if (available >= needed)
		return 0;
	units_format_size(needed, need_text);
	units_format_size(available, have_text);
	return err_set(err, ERR_SYSTEM,
		       "%s: not enough room: the backup needs %s, %s are free",
		       path, need_text, have_text);
}

/* A sum that does not wrap: sizes come from the store. */
static uint64_t
sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

int
place_check_space(const char *directory,
		  const struct tablespace_map *tablespaces,
		  const uint64_t *bytes, struct err *err)
{
	for (size_t i = 0; i <= tablespaces->count; i++) {
		const char *path = location_of(directory, tablespaces, i);
		struct stat st;
		struct stat other;
		struct statvfs vfs;
		struct statvfs ignored;
		uint64_t needed = 0;

		if (stat_nearest(path, &st, &vfs, err) != 0)
			return -1;
		for (size_t j = 0; j <= tablespaces->count; j++) {
			if (stat_nearest(location_of(directory, tablespaces, j),
					 &other, &ignored, err) != 0)
				return -1;
			if (other.st_dev == st.st_dev)
				needed = sum(needed, bytes[j]);
		}
		if (check_room(path, &vfs, needed, err) != 0)
			return -1;
	}
	return 0;
}

/* The server refuses a data directory that others may enter. */
static int
make_private(const char *path, struct err *err)
{
	struct stat st;

	if (file_make_directories(path, 0700, err) != 0)
		return -1;
	if (stat(path, &st) != 0)
		return err_errno(err, errno, "%s", path);
	if ((st.st_mode & 0027) != 0 && chmod(path, 0700) != 0)
		return err_errno(err, errno, "%s", path);
	return 0;
}

static int
link_tablespace(const char *directory, const struct tablespace *tablespace,
		struct err *err)
{
	char name[32];
	char *path;
	int result = 0;

	(void)snprintf(name, sizeof name, "pg_tblspc/%" PRIu32,
		       tablespace->oid);
	path = path_join(directory, name, err);
	if (path == NULL)
		return -1;
	if (symlink(tablespace->location, path) != 0)
		result = err_errno(err, errno, "%s", path);
	free(path);
	return result;
}

static int
claim(const char *path, struct err *err)
{
	char *file = path_join(path, CLAIM, err);
	int result = 0;
	int fd;

	if (file == NULL)
		return -1;
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		(void)close(fd); /* nothing was written */
	} else if (errno == EEXIST) {
		(void)err_set(err, ERR_REFUSED,
			      "%s: something else is being restored here",
			      path);
		result = err_hint(err, "if nothing is, empty the directory");
	} else {
		result = err_errno(err, errno, "%s", file);
	}
	free(file);
	return result;
}

/* The first `count` places. */
static int
release(const char *directory, const struct tablespace_map *tablespaces,
	size_t count, struct err *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < count; i++) {
		char *file = path_join(location_of(directory, tablespaces, i),
				       CLAIM, err);

		if (file == NULL)
			return -1;
		if (unlink(file) != 0)
			result =
			    err_errno(err, errno, "%s: cannot remove", file);
		free(file);
	}
	return result;
}

static int
make_and_claim(const char *directory, const struct tablespace_map *tablespaces,
	       struct err *err)
{
	struct err ignored = {0};

	for (size_t i = 0; i <= tablespaces->count; i++) {
		const char *path = location_of(directory, tablespaces, i);

		if (make_private(path, err) == 0 && claim(path, err) == 0)
			continue;
		/* Nothing is in them yet, so they can be tried again. */
		(void)release(directory, tablespaces, i, &ignored);
		return -1;
	}
	return 0;
}

int
place_create(const char *directory, const struct tablespace_map *tablespaces,
	     struct err *err)
{
	char *links;
	int result;

	/* What was empty when the restore was asked for need not be any more.
	 */
	if (place_check(directory, tablespaces, err) != 0 ||
	    make_and_claim(directory, tablespaces, err) != 0)
		return -1;
	if (tablespaces->count == 0)
		return 0;
	links = path_join(directory, "pg_tblspc", err);
	if (links == NULL)
		return -1;
	result = file_make_directories(links, 0700, err);
	free(links);
	for (size_t i = 0; result == 0 && i < tablespaces->count; i++)
		result =
		    link_tablespace(directory, &tablespaces->entries[i], err);
	return result;
}

int
place_release(const char *directory, const struct tablespace_map *tablespaces,
	      struct err *err)
{
	return release(directory, tablespaces, 1 + tablespaces->count, err);
}

/* One call a file system instead of one a file: the restore is all that has
 * been written there lately. */
static int
sync_file_system(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = 0;

	if (fd < 0 || syncfs(fd) != 0)
		result = err_errno(err, errno, "%s: sync", path);
	if (fd >= 0)
		(void)close(fd);
	return result;
}

int
place_sync(const char *directory, const struct tablespace_map *tablespaces,
	   struct err *err)
{
	for (size_t i = 0; i <= tablespaces->count; i++)
		if (sync_file_system(location_of(directory, tablespaces, i),
				     err) != 0)
			return -1;
	return 0;
}

/* Splits "OLD=NEW" at the first equals sign without a backslash before it. */
static int
split_mapping(const char *mapping, char **from, char **to, struct err *err)
{
	char *text = strdup(mapping);
	char *out = text;
	const char *in = mapping;

	*from = text;
	*to = NULL;
	if (text == NULL)
		return err_memory(err);
	for (; *in != '\0'; in++) {
		if (*in == '\\' && in[1] == '=') {
			*out++ = *++in;
		} else if (*in == '=' && *to == NULL) {
			*out++ = '\0';
			*to = out;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
	if (*to == NULL || **from == '\0' || **to != '/')
		return err_set(err, ERR_USAGE,
			       "--tablespace-mapping=%s: expected OLD=NEW, NEW "
			       "an absolute path",
			       mapping);
	return 0;
}

/* OLD is where it was: a mapping does not see what others have done, so that
 * two tablespaces can change places. */
static int
apply_mapping(const struct tablespace_map *original,
	      struct tablespace_map *mapped, const char *mapping,
	      struct err *err)
{
	char *from = NULL;
	char *to = NULL;
	int result = split_mapping(mapping, &from, &to, err);

	for (size_t i = 0; result == 0 && i < mapped->count; i++) {
		if (strcmp(original->entries[i].location, from) != 0)
			continue;
		free(mapped->entries[i].location);
		mapped->entries[i].location = strdup(to);
		if (mapped->entries[i].location == NULL)
			result = err_memory(err);
		free(from);
		return result;
	}
	if (result == 0)
		result = err_set(err, ERR_USAGE,
				 "--tablespace-mapping=%s: the backup has no "
				 "tablespace at %s",
				 mapping, from);
	free(from);
	return result;
}

int
place_map(const struct tablespace_map *original, const char *const *mappings,
	  size_t count, struct tablespace_map *mapped, struct err *err)
{
	memset(mapped, 0, sizeof *mapped);
	for (size_t i = 0; i < original->count; i++)
		if (tablespace_map_add(mapped, original->entries[i].oid,
				       original->entries[i].location, err) != 0)
			goto fail;
	for (size_t i = 0; i < count; i++)
		if (apply_mapping(original, mapped, mappings[i], err) != 0)
			goto fail;
	return 0;
fail:
	tablespace_map_free(mapped);
	return -1;
}
