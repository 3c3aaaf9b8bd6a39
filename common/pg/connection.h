/*
 * connection - one session with a PostgreSQL server, through libpq.
 */
#ifndef WALNUT_PG_CONNECTION_H
#define WALNUT_PG_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"

struct connection;
struct rows;

/*
 * connection_open - connect as libpq does (PG* variables, service and password
 * files). `conninfo` (may be "") overrides those; `program` becomes the
 * fallback application name; the database defaults to "postgres" when neither
 * conninfo nor PGDATABASE names one. Turns off the session's statement,
 * lock, idle-in-transaction and idle-session timeouts, fixes search_path to
 * pg_catalog, and text encoding to what the server sends bytes in (SQL_ASCII).
 * A requested stop (stop.h) ends a waiting connection_query with ERR_STOPPED.
 * Ownership: returns; release with connection_close.
 * Errors: ERR_UNREACHABLE, or ERR_DENIED when authentication failed.
 */
MUST_CHECK struct connection *
connection_open(const char *conninfo, const char *program, struct err *err);

/* connection_version - 150018 for 15.18. */
int connection_version(const struct connection *connection);

/*
 * connection_query - run one statement with text parameters $1 to $count.
 * Ownership: returns; release with rows_free.
 * Errors: the server's primary message, with its SQLSTATE class turned into
 * a kind: 42501 ERR_DENIED, lost connection ERR_UNREACHABLE, others ERR_SYSTEM;
 * its hint or detail becomes the hint.
 */
MUST_CHECK struct rows *connection_query(struct connection *connection,
					 const char *sql, size_t count,
					 const char *const *parameters,
					 struct err *err);

/* connection_alive - whether the session still answers a trivial query. */
bool connection_alive(struct connection *connection);

/* connection_close - a query under way is cancelled. NULL is fine. */
void connection_close(struct connection *connection);

size_t rows_count(const struct rows *rows);

/* rows_value - text of a field, "" for a null; borrowed from rows. */
const char *rows_value(const struct rows *rows, size_t row, size_t column);

/* rows_free - NULL is fine. */
void rows_free(struct rows *rows);

#endif
