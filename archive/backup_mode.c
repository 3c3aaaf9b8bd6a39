#include "archive/backup_mode.h"

#include <stdlib.h>
#include <string.h>

#include "common/pg/lsn.h"
#include "common/pg/wal_name.h"

/* Version 15 renamed the functions and dropped the exclusive way. */
#define RENAMED_IN 150000

/* Of the WAL file's name only the timeline is used: for the file itself the
 * servers disagree about positions at a segment's border. */
static const char start_renamed[] =
    "SELECT lsn, pg_walfile_name(lsn)"
    " FROM pg_backup_start($1::text, $2::boolean) AS lsn";
static const char start_old[] =
    "SELECT lsn, pg_walfile_name(lsn)"
    " FROM pg_start_backup($1::text, $2::boolean, false) AS lsn";

static const char stop_renamed[] = "SELECT lsn, labelfile, spcmapfile"
				   " FROM pg_backup_stop(false)";
static const char stop_old[] = "SELECT lsn, labelfile, spcmapfile"
			       " FROM pg_stop_backup(false, false)";

int
backup_mode_check_label(const char *label, struct err *err)
{
	if (strlen(label) >= BACKUP_MODE_LABEL_SIZE)
		return err_set(err, ERR_USAGE, "label is longer than %d bytes",
			       BACKUP_MODE_LABEL_SIZE - 1);
	if (strpbrk(label, "\r\n") != NULL)
		return err_set(err, ERR_USAGE,
			       "label must not contain line breaks");
	return 0;
}

static int
read_start(const struct rows *rows, struct backup_mode_start *start,
	   struct err *err)
{
	struct wal_name name;

	if (rows_count(rows) != 1 ||
	    wal_name_parse(rows_value(rows, 0, 1), &name) != 0)
		return err_set(err, ERR_SYSTEM, "unexpected answer \"%s\"",
			       rows_count(rows) > 0 ? rows_value(rows, 0, 1)
						    : "");
	start->timeline = name.timeline;
	return lsn_parse(rows_value(rows, 0, 0), &start->lsn, err);
}

int
backup_mode_start(struct connection *connection, const char *label, bool fast,
		  struct backup_mode_start *start, struct err *err)
{
	const char *parameters[] = {label, fast ? "true" : "false"};
	const char *sql = connection_version(connection) >= RENAMED_IN
			      ? start_renamed
			      : start_old;
	struct rows *rows =
	    connection_query(connection, sql, 2, parameters, err);
	int failed = -1;

	if (rows != NULL)
		failed = read_start(rows, start, err);
	if (failed != 0)
		err_context(err, "start of backup mode");
	rows_free(rows);
	return failed;
}

static int
read_end(const struct rows *rows, struct backup_mode_end *end, struct err *err)
{
	/* A backup without its label would start from the wrong checkpoint and
	 * be silently corrupt. */
	if (rows_count(rows) != 1 || *rows_value(rows, 0, 1) == '\0')
		return err_set(err, ERR_SYSTEM,
			       "the server returned no backup_label");
	if (lsn_parse(rows_value(rows, 0, 0), &end->lsn, err) != 0)
		return -1;
	end->backup_label = strdup(rows_value(rows, 0, 1));
	end->tablespace_map = strdup(rows_value(rows, 0, 2));
	if (end->backup_label == NULL || end->tablespace_map == NULL) {
		backup_mode_end_free(end);
		return err_memory(err);
	}
	return 0;
}

int
backup_mode_stop(struct connection *connection, struct backup_mode_end *end,
		 struct err *err)
{
	const char *sql = connection_version(connection) >= RENAMED_IN
			      ? stop_renamed
			      : stop_old;
	struct rows *rows = connection_query(connection, sql, 0, NULL, err);
	int failed = -1;

	*end = (struct backup_mode_end){0};
	if (rows != NULL)
		failed = read_end(rows, end, err);
	if (failed != 0)
		err_context(err, "end of backup mode");
	rows_free(rows);
	return failed;
}

void
backup_mode_end_free(struct backup_mode_end *end)
{
	free(end->backup_label);
	free(end->tablespace_map);
	*end = (struct backup_mode_end){0};
}
