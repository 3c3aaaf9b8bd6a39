/*
 * file - whole reads and writes, directories, and making them durable.
 *
 * All calls go on after EINTR and short transfers. Errors carry the path and
 * the system's text; their kinds are err_kind_of_errno's.
 */
#ifndef WALNUT_BASE_FILE_H
#define WALNUT_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

/* file_write - all of it. `path` is for the message. */
MUST_CHECK int file_write(int fd, const void *data, size_t len,
			  const char *path, struct err *err);

/* file_read - up to len bytes, fewer only at the end of the file.
 * Returns the count, or -1. */
MUST_CHECK ssize_t file_read(int fd, void *data, size_t len, const char *path,
			     struct err *err);

/* file_read_at - as file_read, from `offset`, without moving the position. */
MUST_CHECK ssize_t file_read_at(int fd, void *data, size_t len, uint64_t offset,
				const char *path, struct err *err);

/* file_load - append a whole file to `buf`, whose limit holds. */
MUST_CHECK int file_load(const char *path, struct buf *buf, struct err *err);

/* file_sync - flush a file to the disk. */
MUST_CHECK int file_sync(int fd, const char *path, struct err *err);

/* file_sync_directory - make entries created in or moved into `path` durable.
 */
MUST_CHECK int file_sync_directory(const char *path, struct err *err);

/*
 * file_make_directories - create `path` and what is missing above it, each
 * made durable in its parent. What is there already is left alone.
 */
MUST_CHECK int file_make_directories(const char *path, mode_t mode,
				     struct err *err);

#endif
