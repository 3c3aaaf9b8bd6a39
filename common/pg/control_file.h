/*
 * control_file - global/pg_control, versions 13 to 18.
 *
 * Source: PostgreSQL, catalog/pg_control.h.
 */
#ifndef WALNUT_PG_CONTROL_FILE_H
#define WALNUT_PG_CONTROL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

#define CONTROL_FILE_SIZE 8192

enum control_state {
	CONTROL_STARTUP,
	CONTROL_SHUT_DOWN,
	CONTROL_SHUT_DOWN_IN_RECOVERY,
	CONTROL_SHUTTING_DOWN,
	CONTROL_IN_CRASH_RECOVERY,
	CONTROL_IN_ARCHIVE_RECOVERY,
	CONTROL_IN_PRODUCTION,
};

struct control_file {
	uint64_t system_identifier;
	uint32_t control_version; /* 1300, 1700, 1800 */
	uint32_t catalog_version;
	unsigned version; /* PostgreSQL's major version by the catalogue's */
	enum control_state state;
	uint64_t checkpoint;       /* LSN */
	uint64_t redo;             /* LSN */
	uint32_t timeline;         /* of the checkpoint */
	uint64_t minimum_recovery; /* LSN: where a standby's backup ends */
	uint32_t minimum_recovery_timeline;
	uint32_t max_connections;
	uint32_t max_worker_processes;
	uint32_t max_wal_senders;
	uint32_t max_prepared_transactions;
	uint32_t max_locks_per_transaction;
	uint32_t block_size;       /* bytes */
	uint32_t relation_segment; /* blocks in a relation's segment file */
	uint32_t wal_segment_size; /* bytes */
	uint32_t checksum_version; /* 0: no page checksums */
};

/*
 * control_file_parse - Errors: ERR_DAMAGED for a wrong CRC or size, or a
 * version that is not known.
 */
MUST_CHECK int control_file_parse(const void *data, size_t len,
				  struct control_file *control,
				  struct err *err);

/*
 * control_file_read - of the data directory `directory`. A running server
 * rewrites the file in place, so a wrong CRC is read again for up to a second.
 * If `bytes` is not NULL, it receives the whole file as parsed.
 * Errors: as above; err_kind_of_errno's.
 */
MUST_CHECK int control_file_read(const char *directory,
				 struct control_file *control,
				 uint8_t bytes[CONTROL_FILE_SIZE],
				 struct err *err);

#endif
