#include "restore/owner.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/path.h"

/* Enough for any entry of the user and group databases but groups of thousands
 * of members, whose number then has to do. */
#define ENTRY_SIZE 4096

static uid_t
find_user(const struct tar_member *member)
{
	char text[ENTRY_SIZE];
	struct passwd entry;
	struct passwd *found = NULL;

	if (member->user[0] != '\0')
		(void)getpwnam_r(member->user, &entry, text, sizeof text,
				 &found);
	return found != NULL ? entry.pw_uid : member->uid;
}

static gid_t
find_group(const struct tar_member *member)
{
	char text[ENTRY_SIZE];
	struct group entry;
	struct group *found = NULL;

	if (member->group[0] != '\0')
		(void)getgrnam_r(member->group, &entry, text, sizeof text,
				 &found);
	return found != NULL ? entry.gr_gid : member->gid;
}

int
owner_give(const char *path, const struct tar_member *member, struct err *err)
{
	if (geteuid() != 0)
		return 0;
	if (lchown(path, find_user(member), find_group(member)) != 0)
		return err_errno(err, errno, "%s: change owner", path);
	return 0;
}

/* `name` below `directory`; "" is the directory. What is not there need not be
 * given. */
static int
give_named(const char *directory, const char *name, const struct stat *owner,
	   struct err *err)
{
	char *path = path_join(directory, name, err);
	int result = 0;

	if (path == NULL)
		return -1;
	if (lchown(path, owner->st_uid, owner->st_gid) != 0 && errno != ENOENT)
		result = err_errno(err, errno, "%s: change owner", path);
	free(path);
	return result;
}

static int
give_tablespaces(const char *directory,
		 const struct tablespace_map *tablespaces,
		 const struct stat *owner, struct err *err)
{
	char link[32];

	for (size_t i = 0; i < tablespaces->count; i++) {
		const struct tablespace *one = &tablespaces->entries[i];

		(void)snprintf(link, sizeof link, "pg_tblspc/%" PRIu32,
			       one->oid);
		if (give_named(directory, link, owner, err) != 0 ||
		    give_named(one->location, ".", owner, err) != 0)
			return -1;
	}
	return 0;
}

int
owner_give_rest(const char *directory, const struct tablespace_map *tablespaces,
		struct err *err)
{
	static const char *const names[] = {
	    ".",
	    "backup_manifest",
	    "tablespace_map",
	    "recovery.signal",
	    "standby.signal",
	    "postgresql.auto.conf",
	};
	struct stat owner;
	char *version;
	int result = 0;

	if (geteuid() != 0)
		return 0;
	version = path_join(directory, "PG_VERSION", err);
	if (version == NULL)
		return -1;
	if (stat(version, &owner) != 0)
		result = err_errno(err, errno, "%s", version);
	free(version);
	for (size_t i = 0; result == 0 && i < sizeof names / sizeof names[0];
	     i++)
		result = give_named(directory, names[i], &owner, err);
	if (result == 0)
		result = give_tablespaces(directory, tablespaces, &owner, err);
	return result;
}

int
owner_give_like(int fd, const char *path, const char *directory,
		struct err *err)
{
	struct stat owner;

	if (geteuid() != 0)
		return 0;
	if (stat(directory, &owner) != 0)
		return err_errno(err, errno, "%s", directory);
	if (fchown(fd, owner.st_uid, owner.st_gid) != 0)
		return err_errno(err, errno, "%s: change owner", path);
	return 0;
}
