/*
 * manifest_told - what a manifest reader tells, kept for a test to look at.
 */
#ifndef WALNUT_TESTS_MANIFEST_TOLD_H
#define WALNUT_TESTS_MANIFEST_TOLD_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/manifest.h"

#define MANIFEST_TOLD_MAX 8
#define MANIFEST_TOLD_PATH_SIZE 64

struct manifest_told {
	size_t files;
	size_t ranges;
	/* Of the first ones; a file's path is in `paths`. */
	struct manifest_file kept[MANIFEST_TOLD_MAX];
	char paths[MANIFEST_TOLD_MAX][MANIFEST_TOLD_PATH_SIZE];
	struct manifest_range range[MANIFEST_TOLD_MAX];
	size_t fail_at; /* the call that fails with ERR_REFUSED, from 1 on */
};

/* manifest_told_ops - callbacks whose context is a struct manifest_told. */
extern const struct manifest_ops manifest_told_ops;

/* manifest_told_read - read `len` bytes in pieces of `piece`; what
 * manifest_reader_new's sink returns. */
MUST_CHECK int manifest_told_read(const char *text, size_t len, size_t piece,
				  struct manifest_told *told, struct err *err);

/* manifest_told_seal - `body` and the checksum line it should have.
 * Ownership: returns; release with free. */
char *manifest_told_seal(const char *body);

#endif
