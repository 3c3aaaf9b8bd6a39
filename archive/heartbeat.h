/*
 * heartbeat - what a long backup does now and then: renew its marker, and see
 * whether the session that holds the server in backup mode is still there.
 */
#ifndef WALNUT_ARCHIVE_HEARTBEAT_H
#define WALNUT_ARCHIVE_HEARTBEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/connection.h"
#include "common/store/store.h"

struct heartbeat {
	struct store *store;
	const char *backup;
	struct connection *connection; /* NULL: it need not live any longer */
	uint64_t renewed_ms;           /* on clock_elapsed_ms */
	uint64_t asked_ms;
	bool lost; /* the marker is no longer ours, nor the backup's objects */
};

/* heartbeat_start - the marker has just been written. Ownership: keeps all. */
void heartbeat_start(struct heartbeat *heartbeat, struct store *store,
		     const char *backup, struct connection *connection);

/*
 * heartbeat_beat - do what is due; to be called every few seconds or more
 * often. A marker that cannot be renewed for the moment is a warning: it stays
 * valid for long.
 * Errors: ERR_UNREACHABLE when the session is lost; ERR_REFUSED when the marker
 * is.
 */
MUST_CHECK int heartbeat_beat(struct heartbeat *heartbeat, struct err *err);

/* heartbeat_confirm - renew the marker now: the backup is about to be completed
 * and must still be ours. Errors: ERR_REFUSED; the store's. */
MUST_CHECK int heartbeat_confirm(struct heartbeat *heartbeat, struct err *err);

#endif
