#include "common/pg/connection.h"

#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/stop.h"
#include "common/pg/connection_error.h"

/* Waits are cut into slices to look for a stop: its signal may arrive just
 * before a wait begins, or in another thread. */
#define SLICE_MS 200

/* For each host, where connect_timeout says nothing. libpq itself would wait
 * for ever. */
#define CONNECT_TIMEOUT_S 30

/* How long the server may take to answer a cancelled query. */
#define CANCEL_TIMEOUT_MS 5000

/* Parameters one statement may have, by the protocol. */
#define PARAMETERS_MAX 65535

struct connection {
	PGconn *pg;
};

struct rows {
	PGresult *result;
};

/* The server's notices ("waiting for WAL to be archived") are not ours to
 * print; who asks for debug lines sees them. */
static void
log_notices(void *context, const char *message)
{
	(void)context;
	log_debug("server: %.*s", (int)strcspn(message, "\n"), message);
}

static bool
has_value(const PQconninfoOption *options, const char *keyword)
{
	for (; options && options->keyword; options++)
		if (strcmp(options->keyword, keyword) == 0)
			return options->val && options->val[0] != '\0';
	return false;
}

/*
 * Whether to ask for the database "postgres": libpq would take one of the
 * user's name, which a server often has not. A service may name one; the
 * defaults know what PGDATABASE and PGSERVICE say, and a service named in
 * conninfo is left to libpq.
 */
static int
needs_database(const char *conninfo, bool *needs, struct err *err)
{
	PQconninfoOption *named;
	PQconninfoOption *defaults;
	char *problem = NULL;

	*needs = false;
	/* A bare word is a database's name, as for libpq's own programs. */
	if (conninfo[0] != '\0' && !strchr(conninfo, '=') &&
	    !strstr(conninfo, "://"))
		return 0;
	named = PQconninfoParse(conninfo, &problem);
	if (!named) {
		(void)err_set(err, ERR_USAGE, "connection settings: %.*s",
			      problem ? (int)strcspn(problem, "\n") : 0,
			      problem ? problem : "");
		PQfreemem(problem);
		return -1;
	}
	defaults = PQconndefaults();
	*needs = !has_value(named, "dbname") && !has_value(named, "service") &&
		 !has_value(defaults, "dbname");
	PQconninfoFree(defaults);
	PQconninfoFree(named);
	return 0;
}

static PGconn *
start(const char *conninfo, const char *program, struct err *err)
{
	bool needs;
	PGconn *pg;

	if (needs_database(conninfo, &needs, err) == -1)
		return NULL;
	/* The first dbname is expanded; what comes after it wins over what it
	 * says, and a NULL keyword ends the list. */
	const char *keywords[] = {"dbname", "fallback_application_name",
				  "client_encoding", needs ? "dbname" : NULL,
				  NULL};
	const char *values[] = {conninfo, program, "SQL_ASCII", "postgres",
				NULL};

	pg = PQconnectStartParams(keywords, values, 1);
	if (!pg)
		(void)err_memory(err);
	return pg;
}

/* Milliseconds the whole of connecting may take; 0 without limit. The setting
 * is for one host, and one or less means no limit there. */
static uint64_t
connect_limit(PGconn *pg)
{
	PQconninfoOption *options = PQconninfo(pg);
	long seconds = CONNECT_TIMEOUT_S;
	long hosts = 1;

	for (PQconninfoOption *o = options; o && o->keyword; o++) {
		const char *value = o->val ? o->val : "";

		if (strcmp(o->keyword, "connect_timeout") == 0 && *value)
			seconds = strtol(value, NULL, 10);
		if (strcmp(o->keyword, "host") == 0)
			for (; *value; value++)
				hosts += *value == ',';
	}
	PQconninfoFree(options);
	if (seconds <= 0 || seconds > INT_MAX)
		return 0;
	return (uint64_t)seconds * (uint64_t)hosts * 1000;
}

/* Wait a slice at most for the session's socket. Anything wrong with it shows
 * in the libpq call that follows. */
static void
wait_socket(PGconn *pg, short events)
{
	struct pollfd socket = {.fd = PQsocket(pg), .events = events};

	(void)poll(&socket, 1, SLICE_MS);
}

static int
finish_connecting(PGconn *pg, struct err *err)
{
	PostgresPollingStatusType next = PGRES_POLLING_WRITING;
	uint64_t limit = connect_limit(pg);
	uint64_t begin = clock_elapsed_ms();

	/* Verbose messages carry the SQLSTATE, which libpq tells in no other
	 * way here. */
	if (PQstatus(pg) == CONNECTION_BAD)
		return connection_error_open(pg, err);
	(void)PQsetErrorVerbosity(pg, PQERRORS_VERBOSE);
	while (next != PGRES_POLLING_OK) {
		if (next == PGRES_POLLING_FAILED)
			return connection_error_open(pg, err);
		if (stop_check(err) == -1)
			return -1;
		if (limit > 0 && clock_elapsed_ms() - begin > limit)
			return err_set(err, ERR_UNREACHABLE,
				       "connection to PostgreSQL timed out");
		wait_socket(pg,
			    next == PGRES_POLLING_READING ? POLLIN : POLLOUT);
		next = PQconnectPoll(pg);
	}
	(void)PQsetErrorVerbosity(pg, PQERRORS_DEFAULT);
	return 0;
}

/* Until search_path is fixed nothing may be left to it. */
static int
prepare_session(struct connection *connection, struct err *err)
{
	static const char *const statements[] = {
	    "SELECT pg_catalog.set_config('search_path', 'pg_catalog', false)",
	    /* Which of these there are depends on the version. */
	    "SELECT set_config(name, '0', false) FROM pg_settings "
	    "WHERE name IN ('statement_timeout', 'lock_timeout', "
	    "'idle_in_transaction_session_timeout', "
	    "'idle_session_timeout', 'transaction_timeout')",
	};

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]);
	     i++) {
		struct rows *rows =
		    connection_query(connection, statements[i], 0, NULL, err);

		if (!rows)
			return err_context(err, "prepare the session");
		rows_free(rows);
	}
	return 0;
}

struct connection *
connection_open(const char *conninfo, const char *program, struct err *err)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection) {
		(void)err_memory(err);
		return NULL;
	}
	connection->pg = start(conninfo, program, err);
	if (!connection->pg)
		goto fail;
	(void)PQsetNoticeProcessor(connection->pg, log_notices, NULL);
	if (finish_connecting(connection->pg, err) == -1 ||
	    prepare_session(connection, err) == -1)
		goto fail;
	return connection;
fail:
	connection_close(connection);
	return NULL;
}

int
connection_version(const struct connection *connection)
{
	return PQserverVersion(connection->pg);
}

/* Ask the server to end the query under way; its answer still arrives on the
 * session. */
static void
cancel(PGconn *pg)
{
	char problem[256];
	PGcancel *request = PQgetCancel(pg);

	if (request && !PQcancel(request, problem, (int)sizeof(problem)))
		log_debug("cancel: %.*s", (int)strcspn(problem, "\n"), problem);
	PQfreeCancel(request);
}

/* Wait until a result can be taken without waiting. A dead session counts:
 * the result then says so. */
static int
wait_result(PGconn *pg, struct err *err)
{
	while (PQconsumeInput(pg) && PQisBusy(pg)) {
		if (stop_check(err) == -1)
			return -1;
		wait_socket(pg, POLLIN);
	}
	return 0;
}

/* Cancel, and see the answer come, so that the query has really ended when we
 * say that it has. */
static void
abandon(PGconn *pg)
{
	uint64_t begin = clock_elapsed_ms();

	cancel(pg);
	while (PQconsumeInput(pg) && PQisBusy(pg) &&
	       clock_elapsed_ms() - begin < CANCEL_TIMEOUT_MS)
		wait_socket(pg, POLLIN);
	while (!PQisBusy(pg)) {
		PGresult *result = PQgetResult(pg);

		if (!result)
			break;
		PQclear(result);
	}
}

/* The statement's result; the first one that failed, if one did. A session
 * that breaks reports once as the server's last words and once as libpq's. */
static int
take_result(PGconn *pg, PGresult **taken, struct err *err)
{
	for (;;) {
		PGresult *result;
		ExecStatusType status;

		if (wait_result(pg, err) == -1) {
			abandon(pg);
			return -1;
		}
		result = PQgetResult(pg);
		if (!result)
			return 0;
		status = PQresultStatus(*taken);
		if (*taken && status != PGRES_TUPLES_OK &&
		    status != PGRES_COMMAND_OK) {
			PQclear(result);
			continue;
		}
		PQclear(*taken);
		*taken = result;
		status = PQresultStatus(result);
		/* libpq would repeat these for ever. */
		if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT ||
		    status == PGRES_COPY_BOTH)
			return 0;
	}
}

struct rows *
connection_query(struct connection *connection, const char *sql, size_t count,
		 const char *const *parameters, struct err *err)
{
	PGconn *pg = connection->pg;
	struct rows *rows = calloc(1, sizeof(*rows));
	ExecStatusType status;

	if (!rows) {
		(void)err_memory(err);
		return NULL;
	}
	if (count > PARAMETERS_MAX) {
		(void)err_set(err, ERR_SYSTEM,
			      "a statement with %zu parameters", count);
		goto fail;
	}
	if (!PQsendQueryParams(pg, sql, (int)count, NULL, parameters, NULL,
			       NULL, 0)) {
		(void)connection_error_session(pg, err);
		goto fail;
	}
	if (take_result(pg, &rows->result, err) == -1)
		goto fail;
	status = PQresultStatus(rows->result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		(void)connection_error_query(pg, rows->result, err);
		goto fail;
	}
	return rows;
fail:
	rows_free(rows);
	return NULL;
}

bool
connection_alive(struct connection *connection)
{
	struct err ignored = {0};
	struct rows *rows =
	    connection_query(connection, "SELECT 1", 0, NULL, &ignored);

	rows_free(rows);
	return rows != NULL;
}

void
connection_close(struct connection *connection)
{
	if (!connection)
		return;
	if (PQtransactionStatus(connection->pg) == PQTRANS_ACTIVE)
		cancel(connection->pg);
	PQfinish(connection->pg);
	free(connection);
}

size_t
rows_count(const struct rows *rows)
{
	return (size_t)PQntuples(rows->result);
}

/* Checked here, as libpq would only print a warning. */
static bool
is_inside(const struct rows *rows, size_t row, size_t column)
{
	return row < rows_count(rows) &&
	       column < (size_t)PQnfields(rows->result);
}

const char *
rows_value(const struct rows *rows, size_t row, size_t column)
{
	if (!is_inside(rows, row, column))
		return "";
	return PQgetvalue(rows->result, (int)row, (int)column);
}

void
rows_free(struct rows *rows)
{
	if (!rows)
		return;
	PQclear(rows->result);
	free(rows);
}
