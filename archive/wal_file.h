/*
 * wal_file - a file PostgreSQL wants archived, opened and found to be what its
 * name says.
 */
#ifndef WALNUT_ARCHIVE_WAL_FILE_H
#define WALNUT_ARCHIVE_WAL_FILE_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/wal_name.h"

struct wal_file {
	const char *path; /* as given */
	struct wal_name name;
	int fd;
	uint64_t size;              /* bytes */
	uint64_t system_identifier; /* of the cluster it belongs to */
};

/*
 * wal_file_open - open `path` and check it: a segment's size, magic, address
 * and timeline against its name, a history file's syntax, a backup history
 * file's first line. The system identifier comes from the segment's header;
 * for other files from pg_control of `data_directory` (NULL: not known).
 * Ownership: keeps path; *file; release with wal_file_close.
 * Errors: ERR_REFUSED for everything that does not belong in an archive;
 * ERR_SYSTEM when there is no such file; the system's.
 */
MUST_CHECK int wal_file_open(const char *path, const char *data_directory,
			     struct wal_file *file, struct err *err);

/* wal_file_close - release; a file that was never opened is fine. */
void wal_file_close(struct wal_file *file);

#endif
