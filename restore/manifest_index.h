/*
 * manifest_index - what the manifest says of each file, to be looked up while
 * files come out of many parts at once.
 *
 * 24 bytes a file: names are kept as 64-bit hashes with a random key. Two names
 * of one manifest with the same hash are refused when it is read; a name that
 * is not in it is then taken for another with a chance of files in 2^64.
 */
#ifndef WALNUT_RESTORE_MANIFEST_INDEX_H
#define WALNUT_RESTORE_MANIFEST_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/backup_label.h"
#include "common/stream/sink.h"

struct manifest_index;

/* manifest_index_new - Ownership: keeps tablespaces; returns; release with
 * manifest_index_free. */
MUST_CHECK struct manifest_index *
manifest_index_new(const struct tablespace_map *tablespaces, struct err *err);

/* manifest_index_reader - a sink that takes the manifest and fills the index,
 * which may be used once it has finished. Ownership: keeps index; returns. */
MUST_CHECK struct sink *manifest_index_reader(struct manifest_index *index,
					      struct err *err);

/*
 * manifest_index_check - a file has been restored: compare and remember it.
 * Several threads may call it.
 * Errors: ERR_DAMAGED when the manifest has no such file, or another size or
 * checksum for it.
 */
MUST_CHECK int manifest_index_check(struct manifest_index *index,
				    const char *path, uint64_t size,
				    uint32_t crc32c, struct err *err);

/*
 * manifest_index_missing - a sink that takes the manifest once more and fails
 * with ERR_DAMAGED at the first file that never came.
 * Ownership: keeps index; returns.
 */
MUST_CHECK struct sink *manifest_index_missing(struct manifest_index *index,
					       struct err *err);

/* manifest_index_bytes - bytes of all files in the data directory (0) or in
 * the tablespace of that place in the map (1 + i). */
const uint64_t *manifest_index_bytes(const struct manifest_index *index);

/* manifest_index_total - bytes of all files; *files their number. */
uint64_t manifest_index_total(const struct manifest_index *index,
			      uint64_t *files);

void manifest_index_free(struct manifest_index *index);

#endif
