#include "tests/unit/scratch_server.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

/* How long a start may take, looked at this often. */
#define START_TIMEOUT_MS 60000
#define START_SLICE_MS 20

static const struct passwd *
server_user(void)
{
	return geteuid() == 0 ? getpwnam("postgres") : getpwuid(geteuid());
}

/* In a child: from here on the process is the server's user, silent. */
static void
become_server_user(const char *log)
{
	const struct passwd *user = server_user();
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (out == -1 || !user || dup2(out, STDOUT_FILENO) == -1 ||
	    dup2(out, STDERR_FILENO) == -1)
		_exit(126);
	if (geteuid() == 0 &&
	    (initgroups(user->pw_name, user->pw_gid) == -1 ||
	     setgid(user->pw_gid) == -1 || setuid(user->pw_uid) == -1))
		_exit(126);
}

/* Start argv[0] as the server's user; the caller waits for it. */
static pid_t
spawn(const struct scratch_server *server, char *const argv[])
{
	char log[SCRATCH_SERVER_PATH_SIZE + 8];
	pid_t pid;

	(void)snprintf(log, sizeof(log), "%s/log", server->directory);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		become_server_user(log);
		(void)execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static bool
has_programs(struct scratch_server *server, const char *directory)
{
	char initdb[SCRATCH_SERVER_PATH_SIZE + 8];

	(void)snprintf(initdb, sizeof(initdb), "%s/initdb", directory);
	(void)snprintf(server->programs, sizeof(server->programs), "%s",
		       directory);
	return access(initdb, X_OK) == 0;
}

static bool
find_programs(struct scratch_server *server)
{
	const char *named = getenv("PG_BINDIR");
	bool found = named && has_programs(server, named);

	for (int version = 18; version >= 13 && !found; version--) {
		char directory[SCRATCH_SERVER_PATH_SIZE];

		(void)snprintf(directory, sizeof(directory),
			       "/usr/lib/postgresql/%d/bin", version);
		found = has_programs(server, directory);
	}
	return found;
}

static void
wait_success(pid_t pid, const char *what)
{
	int status = -1;

	while (waitpid(pid, &status, 0) == -1)
		ck_assert_int_eq(errno, EINTR);
	ck_assert_msg(status == 0, "%s failed: status %d", what, status);
}

bool
scratch_server_possible(void)
{
	struct scratch_server server;

	return server_user() != NULL && find_programs(&server);
}

void
scratch_server_make(struct scratch_server *server, const char *option)
{
	const struct passwd *user = server_user();
	const char *parent = getenv("TMPDIR");
	char initdb[SCRATCH_SERVER_PATH_SIZE + 8];
	char *argv[] = {initdb, server->data, NULL, NULL,
			NULL,   NULL,         NULL, NULL};
	char no_sync[] = "--no-sync";
	char trust[] = "--auth=trust";
	char superuser[] = "--username=postgres";
	char encoding[] = "--encoding=UTF8";
	char no_locale[] = "--no-locale";
	char *extra = NULL;

	*server = (struct scratch_server){0};
	ck_assert(user != NULL && find_programs(server));
	(void)snprintf(server->directory, sizeof(server->directory),
		       "%s/walnut-pg.XXXXXX", parent ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(server->directory));
	ck_assert_int_eq(chown(server->directory, user->pw_uid, user->pw_gid),
			 0);
	ck_assert_int_lt(snprintf(server->data, sizeof(server->data),
				  "%.200s/data", server->directory),
			 (int)sizeof(server->data));
	(void)snprintf(initdb, sizeof(initdb), "%s/initdb", server->programs);
	argv[2] = no_sync;
	argv[3] = trust;
	argv[4] = superuser;
	argv[5] = option ? (extra = strdup(option)) : encoding;
	argv[6] = no_locale;
	wait_success(spawn(server, argv), "initdb");
	free(extra);
}

/* The server writes "ready" into this file once it takes connections. */
static bool
is_ready(const struct scratch_server *server)
{
	char path[SCRATCH_SERVER_PATH_SIZE + 20];
	char line[SCRATCH_SERVER_PATH_SIZE];
	bool ready = false;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/postmaster.pid", server->data);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		ready = strncmp(line, "ready", 5) == 0;
	if (file)
		(void)fclose(file);
	return ready;
}

/* An immediate shutdown: nothing here is worth a checkpoint. */
static void
stop(struct scratch_server *server)
{
	if (server->pid == 0)
		return;
	(void)kill(server->pid, SIGQUIT);
	while (waitpid(server->pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	server->pid = 0;
}

void
scratch_server_start(struct scratch_server *server)
{
	char postgres[SCRATCH_SERVER_PATH_SIZE + 10];
	char data_option[] = "-D";
	char socket_option[] = "-k";
	char listen_option[] = "-h";
	char nothing[] = "";
	char sync_option[] = "-F";
	char *argv[] = {postgres,      data_option,       server->data,
			socket_option, server->directory, listen_option,
			nothing,       sync_option,       NULL};
	const struct timespec slice = {.tv_nsec = START_SLICE_MS * 1000000L};

	(void)snprintf(postgres, sizeof(postgres), "%s/postgres",
		       server->programs);
	server->pid = spawn(server, argv);
	for (int ms = 0; !is_ready(server); ms += START_SLICE_MS) {
		if (ms >= START_TIMEOUT_MS ||
		    waitpid(server->pid, NULL, WNOHANG) != 0) {
			stop(server);
			ck_abort_msg("the server in %s did not start",
				     server->directory);
		}
		(void)nanosleep(&slice, NULL);
	}
}

void
scratch_server_enter(const struct scratch_server *server)
{
	static const char *const unset[] = {
	    "PGDATABASE", "PGUSER",    "PGPORT",    "PGSERVICE",  "PGPASSWORD",
	    "PGOPTIONS",  "PGAPPNAME", "PGSSLMODE", "PGHOSTADDR",
	};

	for (size_t i = 0; i < sizeof(unset) / sizeof(unset[0]); i++)
		(void)unsetenv(unset[i]);
	(void)setenv("PGPASSFILE", "/nonexistent", 1);
	(void)setenv("PGHOST", server->directory, 1);
	(void)setenv("PGUSER", "postgres", 1);
}

void
scratch_server_remove(struct scratch_server *server)
{
	char remove[] = "/bin/rm";
	char recursive[] = "-rf";
	char *argv[] = {remove, recursive, server->directory, NULL};

	stop(server);
	if (server->directory[0] != '\0') {
		pid_t pid = fork();

		if (pid == 0) {
			(void)execv(argv[0], argv);
			_exit(127);
		}
		wait_success(pid, "rm");
	}
}
