/*
 * files_metadata - files_metadata.json, written as a stream.
 *
 * WAL-G reads it; the document has all files first and then, part by part,
 * which file lies where. The second half is kept in an unlinked temporary file
 * under TMPDIR until its turn comes, so that memory does not grow.
 */
#ifndef WALNUT_CATALOG_FILES_METADATA_H
#define WALNUT_CATALOG_FILES_METADATA_H

#include <stddef.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/stream/sink.h"

struct files_metadata;

struct files_metadata_entry {
	const char *path; /* as the member is called in the tar */
	struct timespec modified;
};

/* files_metadata_new - Ownership: takes next, returns; release with
 * files_metadata_free. */
MUST_CHECK struct files_metadata *files_metadata_new(struct sink *next,
						     struct err *err);

/* files_metadata_part - a finished part ("part_001.tar.zst") and its members.
 * Callers take turns: not to be called by two threads at once. */
MUST_CHECK int files_metadata_part(struct files_metadata *metadata,
				   const char *part,
				   const struct files_metadata_entry *entries,
				   size_t count, struct err *err);

/* files_metadata_finish - the rest of the document, and finish of next. */
MUST_CHECK int files_metadata_finish(struct files_metadata *metadata,
				     struct err *err);

/* files_metadata_free - abandons unless finished. NULL is fine. */
void files_metadata_free(struct files_metadata *metadata);

#endif
