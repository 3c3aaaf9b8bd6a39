/*
 * backup_mode - in and out of the server's backup mode, always the
 * non-exclusive way.
 *
 * Backup mode lives as long as its session: closing the session ends it without
 * a backup.
 * Source: PostgreSQL documentation, "Making a Base Backup Using the Low Level
 * API", versions 13 to 18.
 */
#ifndef WALNUT_ARCHIVE_BACKUP_MODE_H
#define WALNUT_ARCHIVE_BACKUP_MODE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/connection.h"

/* Bytes of a label at most, with its NUL. */
#define BACKUP_MODE_LABEL_SIZE 1025

/* backup_mode_check_label - Errors: ERR_USAGE when the server would refuse it,
 * or it would break the lines of backup_label. */
MUST_CHECK int backup_mode_check_label(const char *label, struct err *err);

struct backup_mode_start {
	uint64_t lsn;
	uint32_t timeline;
};

/* backup_mode_start - `fast`: an immediate checkpoint, else one spread out, for
 * which this waits. */
MUST_CHECK int backup_mode_start(struct connection *connection,
				 const char *label, bool fast,
				 struct backup_mode_start *start,
				 struct err *err);

struct backup_mode_end {
	uint64_t lsn;
	char *backup_label;   /* both to be stored byte for byte */
	char *tablespace_map; /* "" without tablespaces */
};

/* backup_mode_stop - does not wait for the archiver.
 * Ownership: *end; release with backup_mode_end_free. */
MUST_CHECK int backup_mode_stop(struct connection *connection,
				struct backup_mode_end *end, struct err *err);

/* backup_mode_end_free - release the texts. */
void backup_mode_end_free(struct backup_mode_end *end);

#endif
