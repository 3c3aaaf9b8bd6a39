#include "tests/unit/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

/* "nobody" on the systems we know; any number that is not root will do. */
#define NOBODY 65534

/* Directories open at a time while removing; only speed depends on it. */
#define OPEN_MAX_GUESS 16

char *
scratch_make(void)
{
	const char *parent = getenv("TMPDIR");
	size_t size;
	char *name;

	if (parent == NULL)
		parent = "/tmp";
	size = strlen(parent) + sizeof "/walnut.XXXXXX";
	name = malloc(size);
	ck_assert_ptr_nonnull(name);
	(void)snprintf(name, size, "%s/walnut.XXXXXX", parent);
	ck_assert_ptr_nonnull(mkdtemp(name));
	ck_assert_int_eq(chmod(name, 0777), 0);
	return name;
}

static int
remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void
scratch_remove(char *directory)
{
	ck_assert_int_eq(
	    nftw(directory, remove_entry, OPEN_MAX_GUESS, FTW_DEPTH | FTW_PHYS),
	    0);
	free(directory);
}

size_t
scratch_count(const char *directory)
{
	DIR *dir = opendir(directory);
	size_t count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		count++;
	ck_assert_int_eq(closedir(dir), 0);
	return count - 2; /* itself and its parent */
}

void
scratch_write(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

void
scratch_drop_root(void)
{
	if (getuid() == 0) {
		ck_assert_int_eq(setgid(NOBODY), 0);
		ck_assert_int_eq(setuid(NOBODY), 0);
	}
}
