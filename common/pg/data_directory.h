/*
 * data_directory - the cluster a WAL file's path belongs to.
 */
#ifndef WALNUT_PG_DATA_DIRECTORY_H
#define WALNUT_PG_DATA_DIRECTORY_H

#include "common/base/attr.h"
#include "common/base/err.h"

/*
 * data_directory_find - the data directory for `path`, a file that lies or will
 * lie in its pg_wal: the parent of path's directory, or else the working
 * directory, where PostgreSQL runs its commands; whichever holds
 * global/pg_control.
 * Ownership: returns; release with free.
 * Errors: ERR_ABSENT when neither does; else the system's, when one of them
 * cannot be looked into.
 */
MUST_CHECK char *data_directory_find(const char *path, struct err *err);

/*
 * data_directory_check_user - root leaves files in a store that the server's
 * own user cannot read, so it is refused where the directory is another's.
 * Errors: ERR_REFUSED.
 */
MUST_CHECK int data_directory_check_user(const char *directory,
					 struct err *err);

/* data_directory_state - "<directory>/pg_wal/.walnut", where walnut keeps what
 * it need not ask twice. Ownership: returns; release with free. */
MUST_CHECK char *data_directory_state(const char *directory, struct err *err);

#endif
