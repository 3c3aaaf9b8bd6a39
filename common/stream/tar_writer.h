/*
 * tar_writer - members in, a tar stream out.
 */
#ifndef WALNUT_STREAM_TAR_WRITER_H
#define WALNUT_STREAM_TAR_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/stream/sink.h"
#include "common/stream/tar_header.h"

struct tar_writer;

/* tar_writer_new - Ownership: takes next, returns; release with
 * tar_writer_free. */
MUST_CHECK struct tar_writer *tar_writer_new(struct sink *next,
					     struct err *err);

/* tar_writer_member - begin a member; the one before must be complete. */
MUST_CHECK int tar_writer_member(struct tar_writer *writer,
				 const struct tar_member *member,
				 struct err *err);

/* tar_writer_data - content of the current member, exactly its size in all. */
MUST_CHECK int tar_writer_data(struct tar_writer *writer, const void *data,
			       size_t len, struct err *err);

/* tar_writer_size - bytes written so far, headers and padding included. */
uint64_t tar_writer_size(const struct tar_writer *writer);

/* tar_writer_finish - the two blocks of zeros, then finish the next stage. */
MUST_CHECK int tar_writer_finish(struct tar_writer *writer, struct err *err);

/* tar_writer_free - release; abandons unless finished. NULL is fine. */
void tar_writer_free(struct tar_writer *writer);

#endif
