/*
 * manifest - PostgreSQL's backup_manifest, written and read as a stream.
 *
 * Version 1 for servers 13 to 16, version 2 (with the system identifier) from
 * 17 on. Files carry CRC32C checksums when written; every algorithm's name is
 * accepted when read.
 * Source: PostgreSQL documentation, "Backup Manifest Format".
 */
#ifndef WALNUT_PG_MANIFEST_H
#define WALNUT_PG_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/stream/sink.h"

struct manifest_file {
	const char *path; /* bytes as in the file system, relative to the data
			     directory; not UTF-8 is written as Encoded-Path */
	uint64_t size;
	struct timespec modified;
	bool has_crc32c; /* when read: the entry carries a CRC32C */
	uint32_t crc32c;
};

struct manifest_range {
	uint32_t timeline;
	uint64_t start; /* LSN */
	uint64_t end;   /* LSN */
};

struct manifest_writer;

/* manifest_writer_new - `version` is the server's major version.
 * Ownership: takes next, returns; release with manifest_writer_free. */
MUST_CHECK struct manifest_writer *
manifest_writer_new(unsigned version, uint64_t system_identifier,
		    struct sink *next, struct err *err);

/* manifest_writer_file - one entry, in any order. */
MUST_CHECK int manifest_writer_file(struct manifest_writer *writer,
				    const struct manifest_file *file,
				    struct err *err);

/* manifest_writer_finish - the WAL ranges, the manifest's own SHA-256, and
 * finish of the next stage. */
MUST_CHECK int manifest_writer_finish(struct manifest_writer *writer,
				      const struct manifest_range *ranges,
				      size_t count, struct err *err);

/* manifest_writer_free - abandons unless finished. NULL is fine. */
void manifest_writer_free(struct manifest_writer *writer);

struct manifest_ops {
	/* Both borrow; return 0, or -1 to end the reading with *err. */
	int (*file)(void *context, const struct manifest_file *file,
		    struct err *err);
	int (*range)(void *context, const struct manifest_range *range,
		     struct err *err);
};

/*
 * manifest_reader_new - a sink that takes a manifest and calls back for each
 * entry, in constant memory. Only its finish has checked the manifest's own
 * checksum: nothing told before may be relied on until then.
 * Ownership: keeps ops and context; returns.
 * Errors: ERR_DAMAGED for anything that is not such a manifest, a line over
 * 1 MiB, a path that does not stay below the directory, a wrong checksum, a
 * missing end.
 */
MUST_CHECK struct sink *manifest_reader_new(const struct manifest_ops *ops,
					    void *context, struct err *err);

#endif
