#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg/connection.h"
#include "tests/unit/scratch_server.h"

/* Made once, before the tests, each of which runs in a child. */
static struct scratch_server server;

/* What the tests connect to, once everybody but two is trusted. */
static void
furnish(void)
{
	static const char *const statements[] = {
	    "CREATE ROLE somebody LOGIN",
	    "CREATE ROLE outsider LOGIN",
	    "CREATE ROLE banned LOGIN",
	    "CREATE ROLE secretive LOGIN PASSWORD 'right'",
	    "CREATE DATABASE closed",
	    "REVOKE CONNECT ON DATABASE closed FROM public",
	    "SELECT pg_reload_conf()",
	};
	char path[SCRATCH_SERVER_PATH_SIZE + 20];
	struct err err = {0};
	struct connection *connection;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/pg_hba.conf", server.data);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	(void)fprintf(file, "local all secretive scram-sha-256\n"
			    "local all banned reject\n"
			    "local all all trust\n");
	(void)fclose(file);
	connection = connection_open("", "check", &err);
	ck_assert_msg(connection != NULL, "%s", err.message);
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]);
	     i++) {
		struct rows *rows =
		    connection_query(connection, statements[i], 0, NULL, &err);

		ck_assert_msg(rows != NULL, "%s", err.message);
		rows_free(rows);
	}
	connection_close(connection);
}

static void
set_up(void)
{
	scratch_server_make(&server, NULL);
	scratch_server_start(&server);
	scratch_server_enter(&server);
	furnish();
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

static const struct {
	const char *conninfo;
	enum err_kind kind;
	const char *word;
} unopened[] = {
    {"host=/nonexistent", ERR_UNREACHABLE, "No such file"},
    {"host=127.0.0.1 port=1", ERR_UNREACHABLE, "refused"},
    {"host=/nonexistent,/nowhere", ERR_UNREACHABLE, "; connection"},
    {"dbname=nothere", ERR_UNREACHABLE, "database \"nothere\" does not exist"},
    {"user=nobody_such", ERR_DENIED, "role \"nobody_such\" does not exist"},
    {"user=outsider dbname=closed", ERR_DENIED, "permission denied"},
    {"user=secretive", ERR_DENIED, "no password supplied"},
    {"user=secretive password=wrong", ERR_DENIED, "password authentication"},
    {"user=banned", ERR_DENIED, "pg_hba.conf"},
    {"nonsense=1", ERR_USAGE, "nonsense"},
    {"host='x", ERR_USAGE, "unterminated"},
};

START_TEST(a_connection_that_fails_says_whether_it_was_denied)
{
	struct err err = {0};
	struct connection *connection =
	    connection_open(unopened[_i].conninfo, "check", &err);

	ck_assert_ptr_null(connection);
	ck_assert_msg(strstr(err.message, unopened[_i].word), "%s",
		      err.message);
	ck_assert_msg(err.kind == unopened[_i].kind, "%d: %s", (int)err.kind,
		      err.message);
	ck_assert_ptr_null(strchr(err.message, '\n'));
	ck_assert_ptr_null(strstr(err.message, "LOCATION"));
	ck_assert_ptr_null(strstr(err.message, "28P01"));
}
END_TEST

static const struct {
	const char *conninfo;
	const char *sql;
	enum err_kind kind;
	const char *word;
	const char *hint;
} failing[] = {
    {"", "SELEKT 1", ERR_SYSTEM, "syntax error", ""},
    {"", "SELECT 1; SELECT 2", ERR_SYSTEM, "multiple commands", ""},
    {"", "", ERR_SYSTEM, "no rows", ""},
    {"", "SELECT no_such_function(1)", ERR_SYSTEM, "does not exist",
     "explicit type casts"},
    {"user=somebody", "SELECT pg_switch_wal()", ERR_DENIED,
     "permission denied for function pg_switch_wal", ""},
    {"user=somebody", "SELECT pg_read_file('PG_VERSION')", ERR_DENIED,
     "permission denied", ""},
    {"",
     "DO 'BEGIN RAISE EXCEPTION USING MESSAGE=E''two\\nlines'', "
     "DETAIL=''why''; END'",
     ERR_SYSTEM, "two lines", "why"},
};

START_TEST(a_statement_that_fails_has_its_kind_message_and_hint)
{
	struct connection *connection = open_as(failing[_i].conninfo);
	struct err err = {0};

	ck_assert_ptr_null(
	    connection_query(connection, failing[_i].sql, 0, NULL, &err));
	ck_assert_msg(strstr(err.message, failing[_i].word), "%s", err.message);
	ck_assert_msg(err.kind == failing[_i].kind, "%d: %s", (int)err.kind,
		      err.message);
	ck_assert_msg(strstr(err.hint, failing[_i].hint), "%s", err.hint);
	ck_assert_ptr_null(strchr(err.message, '\n'));
	/* The session goes on. */
	ck_assert(connection_alive(connection));
	connection_close(connection);
}
END_TEST

START_TEST(a_copy_is_refused)
{
	struct connection *connection = open_as("");
	struct err err = {0};

	ck_assert_ptr_null(connection_query(
	    connection, "COPY (SELECT 1) TO STDOUT", 0, NULL, &err));
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	connection_close(connection);
}
END_TEST

/* End the other session, as an administrator would. */
static void
terminate(struct connection *other)
{
	struct connection *connection = open_as("");
	struct rows *rows = query(other, "SELECT pg_backend_pid()");
	char pid[20];
	const char *const parameters[] = {pid};
	struct err err = {0};

	(void)snprintf(pid, sizeof(pid), "%s", rows_value(rows, 0, 0));
	rows_free(rows);
	rows = connection_query(connection,
				"SELECT pg_terminate_backend($1, 5000)", 1,
				parameters, &err);
	if (!rows) /* 13 does not wait */
		rows = connection_query(connection,
					"SELECT pg_terminate_backend($1)", 1,
					parameters, &err);
	ck_assert_msg(rows != NULL, "%s", err.message);
	ck_assert_str_eq(rows_value(rows, 0, 0), "t");
	rows_free(rows);
	connection_close(connection);
}

START_TEST(a_session_that_was_ended_is_unreachable)
{
	struct connection *connection = open_as("");
	struct err err = {0};

	terminate(connection);
	ck_assert_ptr_null(
	    connection_query(connection, "SELECT 1", 0, NULL, &err));
	ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
	ck_assert_msg(strstr(err.message, "terminat"), "%s", err.message);
	ck_assert(!connection_alive(connection));
	/* And again, now that libpq knows. */
	ck_assert_ptr_null(
	    connection_query(connection, "SELECT 1", 0, NULL, &err));
	ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
	ck_assert_str_ne(err.message, "");
	connection_close(connection);
}
END_TEST

START_TEST(a_query_whose_session_dies_is_unreachable)
{
	struct connection *connection = open_as("");
	struct err err = {0};

	ck_assert_ptr_null(connection_query(
	    connection,
	    "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)", 0,
	    NULL, &err));
	ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
	ck_assert_msg(strstr(err.message, "terminating connection"), "%s",
		      err.message);
	connection_close(connection);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("connection_error");
	TCase *tcase = tcase_create("connection_error");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	if (scratch_server_possible()) {
		tcase_set_timeout(tcase, 60);
		tcase_add_unchecked_fixture(tcase, set_up, tear_down);
		tcase_add_loop_test(
		    tcase, a_connection_that_fails_says_whether_it_was_denied,
		    0, sizeof(unopened) / sizeof(unopened[0]));
		tcase_add_loop_test(
		    tcase, a_statement_that_fails_has_its_kind_message_and_hint,
		    0, sizeof(failing) / sizeof(failing[0]));
		tcase_add_test(tcase, a_copy_is_refused);
		tcase_add_test(tcase, a_session_that_was_ended_is_unreachable);
		tcase_add_test(tcase,
			       a_query_whose_session_dies_is_unreachable);
	}
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
