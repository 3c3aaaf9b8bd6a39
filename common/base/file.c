#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/path.h"

/* Small enough for the stacks of threads where the C library gives little. */
#define LOAD_CHUNK_SIZE 16384

int
file_write(int fd, const void *data, size_t len, const char *path,
	   struct err *err)
{
	const char *next = data;

	while (len > 0) {
		ssize_t done = write(fd, next, len);

		if (done < 0 && errno == EINTR)
			continue;
		/* Nothing taken and no reason given: going on would never end.
		 */
		if (done == 0)
			errno = ENOSPC;
		if (done <= 0)
			return err_errno(err, errno, "%s: cannot write", path);
		next += done;
		len -= (size_t)done;
	}
	return 0;
}

ssize_t
file_read(int fd, void *data, size_t len, const char *path, struct err *err)
{
	char *next = data;
	size_t got = 0;

	while (got < len) {
		ssize_t done = read(fd, next + got, len - got);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_errno(err, errno, "%s: cannot read", path);
		if (done == 0)
			break;
		got += (size_t)done;
	}
	return (ssize_t)got;
}

ssize_t
file_read_at(int fd, void *data, size_t len, uint64_t offset, const char *path,
	     struct err *err)
{
	char *next = data;
	size_t got = 0;

	while (got < len) {
		ssize_t done =
		    pread(fd, next + got, len - got, (off_t)(offset + got));

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_errno(err, errno, "%s: cannot read", path);
		if (done == 0)
			break;
		got += (size_t)done;
	}
	return (ssize_t)got;
}

int
file_load(const char *path, struct buf *buf, struct err *err)
{
	char chunk[LOAD_CHUNK_SIZE];
	size_t before = buf->len;
	ssize_t got;
	int result = -1;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "%s: cannot open", path);
	do {
		got = file_read(fd, chunk, sizeof chunk, path, err);
		if (got < 0)
			goto out;
		if (buf_append(buf, chunk, (size_t)got, err) != 0) {
			err_context(err, "%s", path);
			goto out;
		}
	} while (got == (ssize_t)sizeof chunk);
	result = 0;
out:
	if (result != 0 && buf->len > before) {
		buf->len = before;
		buf->data[before] = '\0';
	}
	(void)close(fd); /* only read: nothing to lose */
	return result;
}

int
file_sync(int fd, const char *path, struct err *err)
{
	while (fsync(fd) != 0) {
		if (errno != EINTR)
			return err_errno(err, errno,
					 "%s: cannot flush to the disk", path);
	}
	return 0;
}

int
file_sync_directory(const char *path, struct err *err)
{
	int result = 0;
	int fd;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "%s: cannot open", path);
	while (result == 0 && fsync(fd) != 0) {
		if (errno == EINTR)
			continue;
		/* EINVAL: this file system has no such thing as flushing a
		 * directory, so there is nothing that could be done better. */
		if (errno == EINVAL)
			break;
		result = err_errno(err, errno,
				   "%s: cannot flush the directory to the disk",
				   path);
	}
	(void)close(fd);
	return result;
}

/* What mkdir found under the name must be a directory, or lead to one. */
static int
check_is_directory(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return err_errno(err, errno, "%s: cannot stat", path);
	if (!S_ISDIR(st.st_mode))
		return err_errno(err, EEXIST, "%s: cannot create the directory",
				 path);
	return 0;
}

int
file_make_directories(const char *path, mode_t mode, struct err *err)
{
	char *parent = NULL;
	int result = -1;
	int made;

	parent = path_parent(path, err);
	if (parent == NULL)
		goto out;
	made = mkdir(path, mode);
	/* From below, because a directory further up may be one in which not
	 * even asking is allowed. */
	if (made != 0 && errno == ENOENT && path[0] != '\0') {
		if (file_make_directories(parent, mode, err) != 0)
			goto out;
		made = mkdir(path, mode);
	}
	if (made == 0)
		result = file_sync_directory(parent, err);
	else if (errno == EEXIST)
		result = check_is_directory(path, err);
	else
		err_errno(err, errno, "%s: cannot create the directory", path);
out:
	free(parent);
	return result;
}
