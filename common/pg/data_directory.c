#include "common/pg/data_directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/path.h"

/* Returns 1 or 0, or -1 where it cannot be told. */
static int
has_control_file(const char *directory, struct err *err)
{
	char *file = path_join(directory, "global/pg_control", err);
	int found;

	if (file == NULL)
		return -1;
	found = access(file, F_OK) == 0;
	/* Only a plain "no" is an answer: whose files they are must not be
	 * forgotten because nobody may look. */
	if (found == 0 && errno != ENOENT && errno != ENOTDIR)
		found = err_errno(err, errno, "%s", file);
	free(file);
	return found;
}

/* pg_wal may be a symbolic link out of the data directory, so the parent is
 * taken from the path as it was given. */
static char *
grandparent(const char *path, struct err *err)
{
	char *parent = path_parent(path, err);
	char *result;

	if (parent == NULL)
		return NULL;
	if (strcmp(parent, ".") != 0) {
		result = path_parent(parent, err);
	} else {
		result = strdup("..");
		if (result == NULL)
			(void)err_memory(err);
	}
	free(parent);
	return result;
}

char *
data_directory_find(const char *path, struct err *err)
{
	char *directory = grandparent(path, err);
	int found;

	if (directory == NULL)
		return NULL;
	found = has_control_file(directory, err);
	if (found == 1)
		return directory;
	free(directory);
	/* A working directory that may not be searched is no server's: somebody
	 * changed users in it. */
	if (found == 0 && access(".", X_OK) == 0)
		found = has_control_file(".", err);
	if (found == 1) {
		directory = strdup(".");
		if (directory == NULL)
			(void)err_memory(err);
		return directory;
	}
	if (found == 0)
		(void)err_set(err, ERR_ABSENT,
			      "%s: not in the pg_wal of a data directory, and "
			      "the working directory is none either",
			      path);
	return NULL;
}

int
data_directory_check_user(const char *directory, struct err *err)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(directory, &st) != 0)
		return err_errno(err, errno, "%s", directory);
	if (st.st_uid == 0)
		return 0;
	(void)err_set(err, ERR_REFUSED,
		      "%s: is another user's, who could not read what root "
		      "stores",
		      directory);
	return err_hint(err, "run it as the user that runs PostgreSQL");
}

char *
data_directory_state(const char *directory, struct err *err)
{
	return path_join(directory, "pg_wal/.walnut", err);
}
