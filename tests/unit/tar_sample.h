/*
 * tar_sample - tar members and blocks to try things on, and a reader's
 * callbacks that write down what they are told.
 */
#ifndef WALNUT_UNIT_TAR_SAMPLE_H
#define WALNUT_UNIT_TAR_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/stream/tar_block.h"
#include "common/stream/tar_header.h"
#include "common/stream/tar_reader.h"

/* The most any test puts into memory. */
#define TAR_SAMPLE_LIMIT ((size_t)4 * 1024 * 1024)

/* What a reader reported, in a text that does not depend on how its input was
 * cut: "<type> <name> <target> <size> <mode> <uid>:<gid> <user>:<group>
 * <seconds>.<nanoseconds>\n<content>end\n" for every member. */
struct tar_sample_report {
	struct buf text;
	unsigned fail_at; /* the callback that fails, from 1 on; 0: none does */
	unsigned calls;
};

/* Its callbacks; the context is a report. */
extern const struct tar_reader_ops tar_sample_ops;

/* tar_sample_file - a file of 0640, owned by 10:20, user:group, of 1234567890
 * seconds. */
struct tar_member tar_sample_file(const char *name, uint64_t size);

/* tar_sample_line - append a report's line for `member`. */
void tar_sample_line(const struct tar_member *member, struct buf *text);

/* tar_sample_same - fail the test unless both are equal in everything. */
void tar_sample_same(const struct tar_member *a, const struct tar_member *b);

/* tar_sample_name - `len` bytes in components of at most `component` bytes.
 * Ownership: returns; release with free. */
char *tar_sample_name(size_t len, size_t component);

/* tar_sample_block - a header block as no writer of ours makes it: set what
 * matters, then seal it, which adds nothing but the checksum. */
struct tar_block tar_sample_block(char type, const char *name, uint64_t size);
void tar_sample_seal(struct tar_block *block);

/* tar_sample_append - append bytes, padded to whole blocks. */
void tar_sample_append(struct buf *archive, const void *data, size_t len);

/* tar_sample_member - append a sealed block and its content. */
void tar_sample_member(struct buf *archive, char type, const char *name,
		       const void *content, size_t len);

/* tar_sample_read - push an archive, at most `step` bytes at a time, into a
 * reader and finish it. Returns 0 or -1. */
MUST_CHECK int tar_sample_read(const void *archive, size_t len, size_t step,
			       struct tar_sample_report *report,
			       struct err *err);

#endif
