#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/stop.h"
#include "common/pg/connection.h"
#include "tests/unit/scratch_server.h"

/* Made once, before the tests, each of which runs in a child. */
static struct scratch_server server;

/* What the tests look for besides the superuser and its database. */
static void
make_other(void)
{
	struct err err = {0};
	struct connection *connection = connection_open("", "check", &err);

	ck_assert_msg(connection != NULL, "%s", err.message);
	rows_free(connection_query(connection, "CREATE DATABASE other", 0, NULL,
				   &err));
	rows_free(connection_query(connection, "CREATE ROLE somebody LOGIN", 0,
				   NULL, &err));
	connection_close(connection);
}

static void
set_up(void)
{
	scratch_server_make(&server, NULL);
	scratch_server_start(&server);
	scratch_server_enter(&server);
	make_other();
}

static void
tear_down(void)
{
	scratch_server_remove(&server);
}

static struct connection *
open_as(const char *conninfo)
{
	struct err err = {0};
	struct connection *connection =
	    connection_open(conninfo, "check", &err);

	ck_assert_msg(connection != NULL, "%s", err.message);
	return connection;
}

static struct rows *
query(struct connection *connection, const char *sql)
{
	struct err err = {0};
	struct rows *rows = connection_query(connection, sql, 0, NULL, &err);

	ck_assert_msg(rows != NULL, "%s", err.message);
	return rows;
}

static void
check_value(struct connection *connection, const char *sql, const char *value)
{
	struct rows *rows = query(connection, sql);

	ck_assert_uint_eq(rows_count(rows), 1);
	ck_assert_str_eq(rows_value(rows, 0, 0), value);
	rows_free(rows);
}

START_TEST(rows_and_nulls_come_back_as_text)
{
	struct connection *connection = open_as("");
	struct rows *rows =
	    query(connection, "VALUES (1, 'a'), (2, NULL), (3, '')");

	ck_assert_uint_eq(rows_count(rows), 3);
	ck_assert_str_eq(rows_value(rows, 0, 0), "1");
	ck_assert_str_eq(rows_value(rows, 0, 1), "a");
	ck_assert_str_eq(rows_value(rows, 1, 1), "");
	ck_assert_str_eq(rows_value(rows, 2, 1), "");
	/* Outside there is nothing. */
	ck_assert_str_eq(rows_value(rows, 3, 0), "");
	ck_assert_str_eq(rows_value(rows, 0, 2), "");
	rows_free(rows);
	rows = query(connection, "CREATE TEMPORARY TABLE t (i integer)");
	ck_assert_uint_eq(rows_count(rows), 0);
	rows_free(rows);
	ck_assert_int_ge(connection_version(connection), 130000);
	ck_assert(connection_alive(connection));
	connection_close(connection);
}
END_TEST

START_TEST(parameters_are_passed_as_they_are)
{
	struct connection *connection = open_as("");
	const char *const parameters[] = {"it's; DROP TABLE x --", NULL, "7"};
	struct err err = {0};
	struct rows *rows = connection_query(
	    connection, "SELECT $1::text, $2::text IS NULL, $3::int + 1", 3,
	    parameters, &err);

	ck_assert_msg(rows != NULL, "%s", err.message);
	ck_assert_str_eq(rows_value(rows, 0, 0), parameters[0]);
	ck_assert_str_eq(rows_value(rows, 0, 1), "t");
	ck_assert_str_eq(rows_value(rows, 0, 2), "8");
	rows_free(rows);
	ck_assert_ptr_null(
	    connection_query(connection, "SELECT 1", 70000, NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.message, "70000 parameters"));
	connection_close(connection);
}
END_TEST

START_TEST(the_session_has_no_timeouts_and_a_fixed_search_path)
{
	struct connection *connection =
	    open_as("options='-c statement_timeout=60000 -c lock_timeout=70000 "
		    "-c idle_in_transaction_session_timeout=80000 "
		    "-c search_path=public'");

	check_value(connection, "SHOW statement_timeout", "0");
	check_value(connection, "SHOW lock_timeout", "0");
	check_value(connection, "SHOW idle_in_transaction_session_timeout",
		    "0");
	check_value(connection, "SHOW search_path", "pg_catalog");
	check_value(connection, "SHOW client_encoding", "SQL_ASCII");
	check_value(connection, "SHOW application_name", "check");
	connection_close(connection);
}
END_TEST

START_TEST(bytes_of_a_name_come_unchanged)
{
	struct connection *connection = open_as("client_encoding=LATIN1");

	check_value(connection, "SELECT U&'\\00e9'", "\xc3\xa9");
	connection_close(connection);
}
END_TEST

/* Where the database's name may come from; `other` exists. */
static const struct {
	const char *conninfo;
	const char *environment;
	const char *database;
} databases[] = {
    {"", NULL, "postgres"},
    {"user=somebody", NULL, "postgres"},
    {"user=somebody", "other", "other"},
    {"dbname=other user=somebody", NULL, "other"},
    {"dbname=postgres", "other", "postgres"},
    {"other", NULL, "other"},
    {"postgresql:///other", NULL, "other"},
    {"postgresql://somebody@/", NULL, "postgres"},
};

START_TEST(the_database_is_postgres_unless_named)
{
	struct connection *connection;

	if (databases[_i].environment)
		(void)setenv("PGDATABASE", databases[_i].environment, 1);
	connection = open_as(databases[_i].conninfo);
	check_value(connection, "SELECT current_database()",
		    databases[_i].database);
	connection_close(connection);
}
END_TEST

START_TEST(a_service_names_its_database)
{
	char path[SCRATCH_SERVER_PATH_SIZE + 10];
	struct connection *connection;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/services", server.directory);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	(void)fprintf(file, "[ours]\ndbname=other\nuser=somebody\n");
	ck_assert_int_eq(fclose(file), 0);
	(void)setenv("PGSERVICEFILE", path, 1);
	(void)unsetenv("PGUSER");
	connection = open_as("service=ours");
	check_value(connection, "SELECT current_database()", "other");
	connection_close(connection);
	(void)setenv("PGSERVICE", "ours", 1);
	connection = open_as("");
	check_value(connection, "SELECT current_database()", "other");
	connection_close(connection);
}
END_TEST

/* Wait until as many sessions run pg_sleep as are expected. */
static void
wait_sleeping(struct connection *connection, const char *expected)
{
	const char *sql = "SELECT count(*) FROM pg_stat_activity "
			  "WHERE state = 'active' AND query LIKE '%pg_sleep%' "
			  "AND pid <> pg_backend_pid()";
	struct err err = {0};

	for (int i = 0; i < 200; i++) {
		struct rows *rows = query(connection, sql);
		bool found = strcmp(rows_value(rows, 0, 0), expected) == 0;

		rows_free(rows);
		if (found)
			return;
		ck_assert_int_eq(clock_sleep_ms(25, &err), 0);
	}
	ck_abort_msg("not %s sessions in pg_sleep", expected);
}

/* In a child: exits 0 if the query ended as it should after the signal. */
static void
sleep_until_stopped(void)
{
	struct err err = {0};
	struct connection *connection = connection_open("", "check", &err);
	struct rows *rows;

	stop_on_signals();
	if (!connection)
		_exit(2);
	rows =
	    connection_query(connection, "SELECT pg_sleep(60)", 0, NULL, &err);
	_exit(!rows && err.kind == ERR_STOPPED ? 0 : 1);
}

START_TEST(a_stop_cancels_the_query_under_way)
{
	struct connection *connection = open_as("");
	uint64_t begin = clock_elapsed_ms();
	int status = -1;
	pid_t child = fork();

	ck_assert_int_ne(child, -1);
	if (child == 0)
		sleep_until_stopped();
	wait_sleeping(connection, "1");
	ck_assert_int_eq(kill(child, SIGTERM), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	/* A server does not notice that its client has gone: had the query
	 * not been cancelled, it would still sleep. */
	wait_sleeping(connection, "0");
	ck_assert_uint_lt(clock_elapsed_ms() - begin, 20000);
	connection_close(connection);
}
END_TEST

/* A socket in a directory of its own that takes connections and says nothing.
 */
static int
listen_silently(void)
{
	char directory[SCRATCH_SERVER_PATH_SIZE + 8];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(directory, sizeof(directory), "%s/silent",
		       server.directory);
	(void)mkdir(directory, 0700);
	ck_assert_int_lt(snprintf(address.sun_path, sizeof(address.sun_path),
				  "%.80s/.s.PGSQL.5432", directory),
			 (int)sizeof(address.sun_path));
	(void)unlink(address.sun_path);
	ck_assert_int_eq(
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 5), 0);
	(void)setenv("PGHOST", directory, 1);
	return fd;
}

START_TEST(a_server_that_says_nothing_is_unreachable)
{
	int fd = listen_silently();
	uint64_t begin = clock_elapsed_ms();
	struct err err = {0};

	ck_assert_ptr_null(connection_open("connect_timeout=1", "check", &err));
	ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
	ck_assert_ptr_nonnull(strstr(err.message, "timed out"));
	ck_assert_uint_ge(clock_elapsed_ms() - begin, 1000);
	ck_assert_uint_lt(clock_elapsed_ms() - begin, 10000);
	(void)close(fd);
}
END_TEST

START_TEST(a_stop_ends_a_connect_that_hangs)
{
	int fd = listen_silently();
	uint64_t begin = clock_elapsed_ms();
	struct sigaction handler;
	struct err err = {0};

	/* The alarm's signal goes to the handler of SIGTERM. */
	stop_on_signals();
	ck_assert_int_eq(sigaction(SIGTERM, NULL, &handler), 0);
	ck_assert_int_eq(sigaction(SIGALRM, &handler, NULL), 0);
	(void)alarm(1);
	ck_assert_ptr_null(connection_open("", "check", &err));
	ck_assert_int_eq(err.kind, ERR_STOPPED);
	ck_assert_uint_lt(clock_elapsed_ms() - begin, 10000);
	(void)close(fd);
}
END_TEST

START_TEST(closing_nothing_is_fine)
{
	connection_close(NULL);
	rows_free(NULL);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_test(tcase, rows_and_nulls_come_back_as_text);
	tcase_add_test(tcase, parameters_are_passed_as_they_are);
	tcase_add_test(tcase,
		       the_session_has_no_timeouts_and_a_fixed_search_path);
	tcase_add_test(tcase, bytes_of_a_name_come_unchanged);
	tcase_add_loop_test(tcase, the_database_is_postgres_unless_named, 0,
			    sizeof(databases) / sizeof(databases[0]));
	tcase_add_test(tcase, a_service_names_its_database);
	tcase_add_test(tcase, a_stop_cancels_the_query_under_way);
	tcase_add_test(tcase, a_server_that_says_nothing_is_unreachable);
	tcase_add_test(tcase, a_stop_ends_a_connect_that_hangs);
}

int
main(void)
{
	Suite *suite = suite_create("connection");
	TCase *tcase = tcase_create("connection");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, closing_nothing_is_fine);
	if (scratch_server_possible()) {
		tcase_add_unchecked_fixture(tcase, set_up, tear_down);
		add_tests(tcase);
	}
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
