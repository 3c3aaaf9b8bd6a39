#include "archive/backup_server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/log.h"
#include "common/base/units.h"

#define OLDEST 130000
#define NEWEST 190000 /* the first that is too new */

static const char question[] =
    "SELECT pg_is_in_recovery(),"
    " (SELECT system_identifier FROM pg_control_system()),"
    " current_setting('data_directory'),"
    " current_setting('archive_mode'),"
    " current_setting('archive_command'),"
    " current_setting('archive_library', true)";

/* For the hint: what postgresql.conf needs. */
static const char needed[] = "put into postgresql.conf: archive_mode = on; "
			     "archive_command = 'wal-push %p'";

static char *
copy_value(const struct rows *rows, size_t column)
{
	return strdup(rows_value(rows, 0, column));
}

static int
read_answer(const struct rows *rows, struct backup_server *server,
	    struct err *err)
{
	if (rows_count(rows) != 1)
		return err_set(err, ERR_SYSTEM, "server: unexpected answer");
	server->in_recovery = strcmp(rows_value(rows, 0, 0), "t") == 0;
	if (units_parse_number(rows_value(rows, 0, 1), 0, UINT64_MAX,
			       &server->system_identifier, err) != 0)
		return err_context(err, "system identifier");
	server->data_directory = copy_value(rows, 2);
	server->archive_mode = copy_value(rows, 3);
	server->archive_command = copy_value(rows, 4);
	server->archive_library = copy_value(rows, 5);
	if (server->data_directory == NULL || server->archive_mode == NULL ||
	    server->archive_command == NULL || server->archive_library == NULL)
		return err_memory(err);
	return 0;
}

int
backup_server_read(struct connection *connection, struct backup_server *server,
		   struct err *err)
{
	struct rows *rows;
	int failed = -1;

	*server = (struct backup_server){
	    .version = connection_version(connection),
	};
	rows = connection_query(connection, question, 0, NULL, err);
	if (rows != NULL)
		failed = read_answer(rows, server, err);
	rows_free(rows);
	if (failed != 0)
		backup_server_free(server);
	return failed;
}

int
backup_server_check(const struct backup_server *server, struct err *err)
{
	if (server->version < OLDEST || server->version >= NEWEST)
		return err_set(err, ERR_REFUSED,
			       "server version %d is not one of 13 to 18",
			       server->version / 10000);
	if (server->in_recovery) {
		err_set(err, ERR_REFUSED,
			"the server is in recovery: backups are taken from a "
			"primary");
		return err_hint(err, "run base-push on the primary server");
	}
	if (strcmp(server->archive_mode, "off") == 0) {
		err_set(err, ERR_REFUSED,
			"archive_mode is off: without archived WAL a backup "
			"cannot be restored");
		return err_hint(err, "%s, then restart the server", needed);
	}
	if (*server->archive_command == '\0' &&
	    *server->archive_library == '\0') {
		err_set(err, ERR_REFUSED,
			"archive_command is empty: without archived WAL a "
			"backup cannot be restored");
		return err_hint(err, "%s, then reload the server", needed);
	}
	return 0;
}

int
backup_server_owns(const struct backup_server *server, const char *directory,
		   const struct control_file *control, struct err *err)
{
	struct stat ours;
	struct stat theirs;

	if (control->system_identifier != server->system_identifier)
		return err_set(err, ERR_REFUSED,
			       "%s: belongs to cluster %" PRIu64
			       ", but the server is cluster %" PRIu64,
			       directory, control->system_identifier,
			       server->system_identifier);
	if (stat(directory, &ours) != 0)
		return err_errno(err, errno, "%s", directory);
	if (stat(server->data_directory, &theirs) != 0)
		return err_errno(err, errno, "%s", server->data_directory);
	if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
		return 0;
	/* A copy has the same identifier, but nothing keeps it consistent. */
	return err_set(err, ERR_REFUSED,
		       "%s: the server's data directory is %s, another one",
		       directory, server->data_directory);
}

uint64_t
backup_server_size(struct connection *connection)
{
	struct err err = {0};
	uint64_t bytes = 0;
	struct rows *rows = connection_query(
	    connection,
	    "SELECT sum(pg_tablespace_size(oid))::bigint FROM pg_tablespace", 0,
	    NULL, &err);

	/* It is for the progress alone. */
	if (rows == NULL || rows_count(rows) != 1 ||
	    units_parse_number(rows_value(rows, 0, 0), 0, UINT64_MAX, &bytes,
			       &err) != 0)
		log_debug("size of the databases: %s", err.message);
	rows_free(rows);
	return bytes;
}

void
backup_server_free(struct backup_server *server)
{
	free(server->data_directory);
	free(server->archive_mode);
	free(server->archive_command);
	free(server->archive_library);
	*server = (struct backup_server){0};
}
