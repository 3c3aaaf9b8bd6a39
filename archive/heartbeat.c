#include "archive/heartbeat.h"

#include <stddef.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/catalog/backup_marker.h"

#define ASK_MS (5 * 1000)

void
heartbeat_start(struct heartbeat *heartbeat, struct store *store,
		const char *backup, struct connection *connection)
{
	uint64_t now = clock_elapsed_ms();

	*heartbeat = (struct heartbeat){
	    .store = store,
	    .backup = backup,
	    .connection = connection,
	    .renewed_ms = now,
	    .asked_ms = now,
	};
}

int
heartbeat_confirm(struct heartbeat *heartbeat, struct err *err)
{
	heartbeat->renewed_ms = clock_elapsed_ms();
	if (backup_marker_renew(heartbeat->store, heartbeat->backup, err) == 0)
		return 0;
	heartbeat->lost = err->kind == ERR_REFUSED;
	return err_context(err, "marker of %s", heartbeat->backup);
}

int
heartbeat_beat(struct heartbeat *heartbeat, struct err *err)
{
	uint64_t now = clock_elapsed_ms();
	struct err problem = {0};

	if (heartbeat->connection != NULL &&
	    now - heartbeat->asked_ms >= ASK_MS) {
		heartbeat->asked_ms = now;
		if (!connection_alive(heartbeat->connection))
			return err_set(err, ERR_UNREACHABLE,
				       "the session with the server is lost, "
				       "and backup mode with it");
	}
	if (now - heartbeat->renewed_ms < BACKUP_MARKER_RENEW_MS)
		return 0;
	if (heartbeat_confirm(heartbeat, &problem) == 0)
		return 0;
	if (heartbeat->lost) {
		*err = problem;
		return -1;
	}
	log_warning("%s", problem.message);
	return 0;
}
