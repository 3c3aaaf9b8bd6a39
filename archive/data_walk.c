#include "archive/data_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/exclude.h"
#include "archive/relation_name.h"
#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/path.h"
#include "common/base/stop.h"
#include "common/stream/tar_header.h"

#define TABLESPACES "pg_tblspc"

/* Directories inside one another; a server's never have more than five. Each
 * holds a descriptor open. */
#define DEPTH_MAX 64

struct walk {
	const char *directory;
	const struct tablespace_map *tablespaces;
	char version[32]; /* "PG_15_202209061": this server's part of a
			     tablespace, which several may share */
	unsigned major;
	data_walk_fn each;
	void *context;
	struct buf path; /* of the entry at hand, relative */
	unsigned depth;
};

static int walk_below(struct walk *walk, struct err *err);

/* Append "/name" to the path. Returns the length to go back to, or -1. */
static ssize_t
enter(struct walk *walk, const char *name, struct err *err)
{
	size_t before = walk->path.len;

	if (buf_print(&walk->path, err, "%s%s", before > 0 ? "/" : "", name) !=
	    0) {
		err_context(err, "%s/%s/%s", walk->directory,
			    buf_text(&walk->path), name);
		return -1;
	}
	return (ssize_t)before;
}

static void
leave(struct walk *walk, ssize_t before)
{
	walk->path.len = (size_t)before;
	walk->path.data[before] = '\0';
}

/* The full path of the entry at hand. Ownership: returns. */
static char *
full_path(const struct walk *walk, struct err *err)
{
	if (walk->path.len == 0) {
		char *copy = strdup(walk->directory);

		if (copy == NULL)
			err_memory(err);
		return copy;
	}
	return path_join(walk->directory, buf_text(&walk->path), err);
}

static int
report(const struct walk *walk, const struct stat *stat, struct err *err)
{
	struct data_walk_entry entry = {.path = buf_text(&walk->path),
					.stat = *stat};
	struct relation_name relation;

	if (S_ISREG(stat->st_mode) && relation_name_place(entry.path) &&
	    relation_name_parse(path_base(entry.path), &relation) == 0) {
		entry.pages = true;
		entry.segment = relation.segment;
	}
	return walk->each(walk->context, &entry, err);
}

static int
report_child(struct walk *walk, const char *name, const struct stat *stat,
	     struct err *err)
{
	ssize_t before = enter(walk, name, err);
	int failed;

	if (before < 0)
		return -1;
	failed = report(walk, stat, err);
	leave(walk, before);
	return failed;
}

/* A directory whose contents are left out. The server stores one that is a link
 * as a directory, and gives pg_wal what a new server looks for in it. */
static int
report_emptied(struct walk *walk, struct stat *stat, struct err *err)
{
	if (S_ISLNK(stat->st_mode))
		stat->st_mode = S_IFDIR | S_IRWXU;
	if (report(walk, stat, err) != 0)
		return -1;
	if (strcmp(buf_text(&walk->path), "pg_wal") != 0)
		return 0;
	if (report_child(walk, "archive_status", stat, err) != 0)
		return -1;
	if (walk->major < 17)
		return 0;
	return report_child(walk, "summaries", stat, err);
}

/* "pg_tblspc/<oid>" itself, link or directory. */
static bool
is_tablespace(const char *path)
{
	size_t len = strlen(TABLESPACES "/");

	return strncmp(path, TABLESPACES "/", len) == 0 &&
	       relation_name_digits(path + len);
}

/* Tablespaces can lie inside the data directory, and then belong to the backup
 * by their link alone. */
static bool
is_location(const struct walk *walk, const struct stat *found)
{
	for (size_t i = 0; i < walk->tablespaces->count; i++) {
		const char *path = walk->tablespaces->entries[i].location;
		struct stat location;

		if (stat(path, &location) == 0 &&
		    location.st_dev == found->st_dev &&
		    location.st_ino == found->st_ino)
			return true;
	}
	return false;
}

static bool
is_listed(const struct walk *walk, const char *path)
{
	unsigned long oid = strtoul(path_base(path), NULL, 10);

	for (size_t i = 0; i < walk->tablespaces->count; i++) {
		if (walk->tablespaces->entries[i].oid == oid)
			return true;
	}
	return false;
}

/* The server leaves a tablespace's directory alone when it drops it and takes
 * the link away. While there is a link, a directory that is missing is data
 * that would be missing in the backup. */
static int
check_location(const struct walk *walk, struct err *err)
{
	char *path = full_path(walk, err);
	struct stat st;
	bool cut_off;

	if (path == NULL)
		return -1;
	cut_off =
	    stat(path, &st) != 0 && errno == ENOENT && lstat(path, &st) == 0;
	if (cut_off) {
		err_set(err, ERR_UNREACHABLE,
			"%s: the tablespace's directory does not exist", path);
		err_hint(err, "is it mounted?");
	}
	free(path);
	return cut_off ? -1 : 0;
}

static int
walk_link(struct walk *walk, struct err *err)
{
	const char *path = buf_text(&walk->path);

	if (!is_tablespace(path)) {
		log_warning("%s/%s: skipping symbolic link", walk->directory,
			    path);
		return 0;
	}
	if (!is_listed(walk, path)) {
		log_debug("%s: younger than the backup", path);
		return 0;
	}
	if (check_location(walk, err) != 0)
		return -1;
	return walk_below(walk, err);
}

static int
walk_directory(struct walk *walk, const struct stat *stat, struct err *err)
{
	const char *path = buf_text(&walk->path);

	if (!is_tablespace(path) && is_location(walk, stat))
		return 0;
	if (report(walk, stat, err) != 0)
		return -1;
	return walk_below(walk, err);
}

static int
walk_file(struct walk *walk, int directory_fd, const struct stat *stat,
	  struct err *err)
{
	const char *path = buf_text(&walk->path);
	char init[EXCLUDE_INIT_SIZE];
	struct stat found;

	if (exclude_if_unlogged(path, init) &&
	    fstatat(directory_fd, init, &found, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return report(walk, stat, err);
}

/* The entry whose path has been entered. */
static int
walk_entry(struct walk *walk, int directory_fd, const char *name,
	   struct err *err)
{
	const char *path = buf_text(&walk->path);
	struct stat stat;

	if (fstatat(directory_fd, name, &stat, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno == ENOENT)
			return 0;
		return err_errno(err, errno, "%s/%s", walk->directory, path);
	}
	switch (exclude_entry(path,
			      S_ISDIR(stat.st_mode) || S_ISLNK(stat.st_mode))) {
	case EXCLUDE_SKIP:
		return 0;
	case EXCLUDE_CONTENTS:
		return report_emptied(walk, &stat, err);
	case EXCLUDE_KEEP:
		break;
	}
	if (S_ISREG(stat.st_mode))
		return walk_file(walk, directory_fd, &stat, err);
	if (S_ISDIR(stat.st_mode))
		return walk_directory(walk, &stat, err);
	if (S_ISLNK(stat.st_mode))
		return walk_link(walk, err);
	log_warning("%s/%s: skipping special file", walk->directory, path);
	return 0;
}

/* Of a tablespace only this server version's part is ours. */
static bool
is_wanted(const struct walk *walk, const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	return !is_tablespace(buf_text(&walk->path)) ||
	       strcmp(name, walk->version) == 0;
}

static int
walk_entries(struct walk *walk, DIR *directory, struct err *err)
{
	struct dirent *entry;

	while (errno = 0, (entry = readdir(directory)) != NULL) {
		ssize_t before;
		int failed;

		if (!is_wanted(walk, entry->d_name))
			continue;
		if (stop_check(err) != 0)
			return -1;
		before = enter(walk, entry->d_name, err);
		if (before < 0)
			return -1;
		failed = walk_entry(walk, dirfd(directory), entry->d_name, err);
		leave(walk, before);
		if (failed != 0)
			return -1;
	}
	if (errno != 0)
		return err_errno(err, errno, "%s/%s", walk->directory,
				 buf_text(&walk->path));
	return 0;
}

/* What lies in the directory that has been entered. */
static int
walk_below(struct walk *walk, struct err *err)
{
	char *path = full_path(walk, err);
	DIR *directory = NULL;
	int status = -1;

	if (path == NULL)
		goto out;
	if (walk->depth == DEPTH_MAX) {
		err_set(err, ERR_SYSTEM, "%s: more than %d directories deep",
			path, DEPTH_MAX);
		goto out;
	}
	directory = opendir(path);
	if (directory == NULL) {
		/* A database dropped meanwhile is fine, the whole cluster is
		 * not. */
		if (errno == ENOENT && walk->depth > 0)
			status = 0;
		else
			err_errno(err, errno, "%s", path);
		goto out;
	}
	walk->depth++;
	status = walk_entries(walk, directory, err);
	walk->depth--;
out:
	if (directory != NULL)
		(void)closedir(directory);
	free(path);
	return status;
}

int
data_walk(const char *directory, const struct control_file *control,
	  const struct tablespace_map *tablespaces, data_walk_fn each,
	  void *context, struct err *err)
{
	struct walk walk = {
	    .directory = directory,
	    .tablespaces = tablespaces,
	    .major = control->version,
	    .each = each,
	    .context = context,
	    .path = BUF_INIT(TAR_NAME_MAX - 1),
	};
	int status = -1;

	(void)snprintf(walk.version, sizeof walk.version, "PG_%u_%" PRIu32,
		       control->version, control->catalog_version);
	/* So that there is a path to cut, whatever comes first. */
	if (buf_append(&walk.path, "/", 1, err) != 0)
		goto out;
	leave(&walk, 0);
	status = walk_below(&walk, err);
out:
	buf_free(&walk.path);
	return status;
}

static int
add_tablespace(DIR *directory, const char *name,
	       struct tablespace_map *tablespaces, struct err *err)
{
	char location[PATH_MAX];
	ssize_t len;

	if (!relation_name_digits(name))
		return 0;
	len = readlinkat(dirfd(directory), name, location, sizeof location - 1);
	if (len < 0) {
		/* In place, a directory; or gone again. */
		if (errno == EINVAL || errno == ENOENT)
			return 0;
		return err_errno(err, errno, "%s/%s", TABLESPACES, name);
	}
	location[len] = '\0';
	return tablespace_map_add(
	    tablespaces, (uint32_t)strtoul(name, NULL, 10), location, err);
}

int
data_walk_tablespaces(const char *directory, struct tablespace_map *tablespaces,
		      struct err *err)
{
	char *path = path_join(directory, TABLESPACES, err);
	DIR *links = NULL;
	struct dirent *entry;
	int status = -1;

	if (path == NULL)
		goto out;
	links = opendir(path);
	if (links == NULL) {
		err_errno(err, errno, "%s", path);
		goto out;
	}
	while (errno = 0, (entry = readdir(links)) != NULL) {
		if (add_tablespace(links, entry->d_name, tablespaces, err) != 0)
			goto out;
	}
	if (errno != 0) {
		err_errno(err, errno, "%s", path);
		goto out;
	}
	status = 0;
out:
	if (links != NULL)
		(void)closedir(links);
	free(path);
	return status;
}
