#include "archive/file_owner.h"

#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <string.h>

/* A name that does not fit is none: half a name could be somebody else's. */
static void
keep_name(char kept[FILE_OWNER_NAME_SIZE], const char *name)
{
	size_t len = strlen(name);

	if (len < FILE_OWNER_NAME_SIZE)
		memcpy(kept, name, len + 1);
}

void
file_owner_find(struct file_owner *owner, uid_t uid, gid_t gid)
{
	const struct passwd *user = getpwuid(uid);
	const struct group *group;

	*owner = (struct file_owner){.uid = uid, .gid = gid};
	if (user != NULL)
		keep_name(owner->user, user->pw_name);
	group = getgrgid(gid);
	if (group != NULL)
		keep_name(owner->group, group->gr_name);
}

const char *
file_owner_user(const struct file_owner *owner, uid_t uid)
{
	return uid == owner->uid ? owner->user : "";
}

const char *
file_owner_group(const struct file_owner *owner, gid_t gid)
{
	return gid == owner->gid ? owner->group : "";
}
