/*
 * tar_reader - a tar stream in, members out by callback.
 *
 * Tolerant where WAL-G's writers are known to be loose: a missing trailer or
 * padding at the end of the stream, more zero blocks than two. Strict where it
 * matters: a member cut short, anything but zeros behind the end, and any name
 * that would leave the directory are ERR_DAMAGED.
 */
#ifndef WALNUT_STREAM_TAR_READER_H
#define WALNUT_STREAM_TAR_READER_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/stream/sink.h"
#include "common/stream/tar_header.h"

struct tar_reader_ops {
	/* A member begins. Its name has lost leading "/" and "./" and any
	 * trailing slash, and stays below the directory (path_stays_below);
	 * "." itself is not reported. Members of type TAR_OTHER are refused
	 * before. Symbolic links' targets are passed on unchecked. */
	int (*begin)(void *context, const struct tar_member *member,
		     struct err *err);
	/* Its bytes, in order; never called with 0 bytes. */
	int (*data)(void *context, const void *data, size_t len,
		    struct err *err);
	/* It is complete. Called for every member, with content or without. */
	int (*end)(void *context, struct err *err);
};

/* tar_reader_new - a sink that takes the stream. Ownership: keeps ops and
 * context; returns. */
MUST_CHECK struct sink *tar_reader_new(const struct tar_reader_ops *ops,
				       void *context, struct err *err);

#endif
