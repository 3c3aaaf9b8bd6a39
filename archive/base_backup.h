/*
 * base_backup - one base backup from its first checkpoint to its sentinel.
 */
#ifndef WALNUT_ARCHIVE_BASE_BACKUP_H
#define WALNUT_ARCHIVE_BASE_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/catalog/object_name.h"
#include "common/pg/connection.h"
#include "common/pg/control_file.h"
#include "common/store/store.h"
#include "common/stream/pipeline.h"

struct base_backup_plan {
	struct store *store; /* known to be this cluster's */
	struct connection *connection;
	const struct pipeline *pipeline;
	const char *directory; /* known to be the server's */
	const char *label;
	const char *user_data; /* a JSON text, or NULL */
	bool permanent;
	bool verify;        /* page checksums, where the cluster has them */
	bool fast;          /* an immediate checkpoint */
	bool progress;      /* shown */
	unsigned jobs;      /* worker threads */
	uint64_t part_size; /* bytes */
	uint64_t rate;      /* bytes a second; 0: no limit */
	uint64_t wal_patience_ms; /* for the archiver */
};

/*
 * base_backup - take it; `name` receives its name. When it fails, backup mode
 * ends and what was stored is removed as far as possible.
 * Errors: ERR_DAMAGED when pages fail their checks; ERR_UNREACHABLE;
 * ERR_STOPPED.
 */
MUST_CHECK int base_backup(const struct base_backup_plan *plan,
			   char name[BACKUP_NAME_SIZE], struct err *err);

#endif
