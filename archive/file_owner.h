/*
 * file_owner - the names of the user and group that own a cluster's files.
 */
#ifndef WALNUT_ARCHIVE_FILE_OWNER_H
#define WALNUT_ARCHIVE_FILE_OWNER_H

#include <sys/types.h>

/* Room for a name with its NUL: what a tar header takes. */
#define FILE_OWNER_NAME_SIZE 32

struct file_owner {
	uid_t uid;
	gid_t gid;
	char user[FILE_OWNER_NAME_SIZE]; /* "" if there is no name */
	char group[FILE_OWNER_NAME_SIZE];
};

/* file_owner_find - look the names up; not finding them is no error. To be
 * called before any thread is started. */
void file_owner_find(struct file_owner *owner, uid_t uid, gid_t gid);

/* file_owner_user, file_owner_group - the name if it is the owner's number,
 * else "": all files of a cluster belong to one user. Borrowed. */
const char *file_owner_user(const struct file_owner *owner, uid_t uid);
const char *file_owner_group(const struct file_owner *owner, gid_t gid);

#endif
