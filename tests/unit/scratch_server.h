/*
 * scratch_server - a PostgreSQL server for one test program: a new cluster in a
 * temporary directory, reached by a Unix socket there and by nothing else.
 *
 * The programs are those of PG_BINDIR, else of the newest version below
 * /usr/lib/postgresql. PostgreSQL refuses to run as root; the user "postgres"
 * runs it then.
 */
#ifndef WALNUT_TESTS_SCRATCH_SERVER_H
#define WALNUT_TESTS_SCRATCH_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#define SCRATCH_SERVER_PATH_SIZE 256

struct scratch_server {
	char programs[SCRATCH_SERVER_PATH_SIZE];  /* directory of initdb */
	char directory[SCRATCH_SERVER_PATH_SIZE]; /* of data and the socket */
	char data[SCRATCH_SERVER_PATH_SIZE];
	pid_t pid; /* 0: not running */
};

/* scratch_server_possible - whether this machine has PostgreSQL and a user to
 * run it. */
bool scratch_server_possible(void);

/*
 * scratch_server_make - a new cluster; `option` (may be NULL) goes to initdb.
 * The superuser is "postgres" and needs no password. Fails the test if there
 * can be none. Release with scratch_server_remove.
 */
void scratch_server_make(struct scratch_server *server, const char *option);

/* scratch_server_start - start it and wait until it takes connections. */
void scratch_server_start(struct scratch_server *server);

/* scratch_server_enter - set the environment so that libpq connects to this
 * server, as its superuser, whatever it said before. */
void scratch_server_enter(const struct scratch_server *server);

/* scratch_server_remove - stop the server, if it runs, and remove all of it. */
void scratch_server_remove(struct scratch_server *server);

#endif
