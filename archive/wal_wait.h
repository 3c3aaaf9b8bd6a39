/*
 * wal_wait - until the WAL that a backup needs has been archived.
 */
#ifndef WALNUT_ARCHIVE_WAL_WAIT_H
#define WALNUT_ARCHIVE_WAL_WAIT_H

#include <stdint.h>

#include "archive/heartbeat.h"
#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/catalog/wal_archive.h"
#include "common/pg/connection.h"
#include "common/store/store.h"

struct wal_wait {
	struct store *store;
	const struct wal_range *range;
	struct connection *connection; /* asked why it takes so long; may be
					  NULL or lost */
	struct heartbeat *heartbeat;   /* may be NULL */
	uint64_t patience_ms;          /* without any progress */
};

/*
 * wal_wait - Tells after a while, and then every half minute, what is missing
 * and what the server's archiver says.
 * Errors: ERR_UNREACHABLE when nothing came for patience_ms; ERR_STOPPED.
 */
MUST_CHECK int wal_wait(const struct wal_wait *wait, struct err *err);

#endif
