/*
 * backup_server - what a server says of itself before a backup, and whether a
 * backup of it can be taken.
 */
#ifndef WALNUT_ARCHIVE_BACKUP_SERVER_H
#define WALNUT_ARCHIVE_BACKUP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/connection.h"
#include "common/pg/control_file.h"

struct backup_server {
	int version; /* server_version_num */
	bool in_recovery;
	uint64_t system_identifier;
	char *data_directory;
	char *archive_mode;
	char *archive_command; /* "" for none */
	char *archive_library; /* likewise */
};

/* backup_server_read - ask. Ownership: *server; release with
 * backup_server_free. */
MUST_CHECK int backup_server_read(struct connection *connection,
				  struct backup_server *server,
				  struct err *err);

/* backup_server_check - whether the server can be backed up at all.
 * Errors: ERR_REFUSED; the hint says what to change. */
MUST_CHECK int backup_server_check(const struct backup_server *server,
				   struct err *err);

/*
 * backup_server_owns - whether `directory`, whose pg_control says `control`, is
 * this server's data directory.
 * Errors: ERR_REFUSED; err_kind_of_errno's.
 */
MUST_CHECK int backup_server_owns(const struct backup_server *server,
				  const char *directory,
				  const struct control_file *control,
				  struct err *err);

/* backup_server_size - bytes of all databases as the server reckons; 0 when it
 * does not tell. */
uint64_t backup_server_size(struct connection *connection);

void backup_server_free(struct backup_server *server);

#endif
