/*
 * connection_error - what libpq and the server say went wrong, as an err.
 */
#ifndef WALNUT_PG_CONNECTION_ERROR_H
#define WALNUT_PG_CONNECTION_ERROR_H

#include <libpq-fe.h>

#include "common/base/err.h"

/*
 * connection_error_open - connecting failed, with PQERRORS_VERBOSE in force.
 * ERR_DENIED when the server refused the user or wants a password, else
 * ERR_UNREACHABLE. Returns -1.
 */
int connection_error_open(const PGconn *pg, struct err *err);

/* connection_error_session - the session itself failed, without a result.
 * Returns -1. */
int connection_error_session(const PGconn *pg, struct err *err);

/*
 * connection_error_query - a statement failed: the server's primary message,
 * and its hint or detail as the hint. Returns -1.
 * Source: PostgreSQL documentation, appendix A, error codes.
 */
int connection_error_query(const PGconn *pg, const PGresult *result,
			   struct err *err);

#endif
