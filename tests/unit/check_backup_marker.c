#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "common/base/clock.h"
#include "common/base/origin.h"
#include "common/catalog/backup_marker.h"
#include "common/catalog/object_name.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"

#define NAME "base_0000000100000000000000BC"
#define MARKER "basebackups_005/" NAME "/in_progress.json"

static struct store *
new_store(struct faulty_plan *plan)
{
	struct err err = {0};
	struct store *store =
	    faulty_store_new(memory_store_new(&err), plan, &err);

	ck_assert_ptr_nonnull(store);
	return store;
}

static void
put(struct store *store, const char *name, const char *text)
{
	struct err err = {0};

	ck_assert_int_eq(store_put_bytes(store, name, STORE_REPLACE, text,
					 strlen(text), &err),
			 0);
}

/* A marker of `origin` (NULL: ours), renewed `age` seconds ago. */
static void
put_marker(struct store *store, const char *origin, long pid, time_t age)
{
	struct timespec when = clock_now();
	char renewed[CLOCK_TEXT_SIZE];
	char own[ORIGIN_TEXT_SIZE];
	char text[1000];

	origin_find(own);
	ck_assert_str_ne(own, "");
	when.tv_sec -= age;
	clock_format(when, renewed);
	(void)snprintf(text, sizeof text,
		       "{\"hostname\":\"db1\",\"origin\":\"%s\",\"pid\":%ld,"
		       "\"started\":\"2026-08-20T10:00:00Z\","
		       "\"renewed\":\"%s\"}",
		       origin == NULL ? own : origin, pid, renewed);
	put(store, MARKER, text);
}

static bool
reads_as_running(struct store *store)
{
	struct err err = {0};
	bool running = false;

	ck_assert_int_eq(backup_marker_read(store, NAME, &running, NULL, &err),
			 0);
	return running;
}

/* The number of a process that has been and is no more. */
static pid_t
dead_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

START_TEST(a_marker_lives_from_creation_to_removal)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct err err = {0};
	bool running = true;
	char *owner = NULL;
	char process[40];

	ck_assert(!reads_as_running(store));
	ck_assert_int_eq(backup_marker_create(store, NAME, &err), 0);
	ck_assert_int_eq(backup_marker_renew(store, NAME, &err), 0);
	ck_assert_int_eq(
	    backup_marker_read(store, NAME, &running, &owner, &err), 0);
	ck_assert(running);
	(void)snprintf(process, sizeof process, "process %ld, started ",
		       (long)getpid());
	ck_assert(strstr(owner, process) != NULL);
	free(owner);
	ck_assert_int_eq(backup_marker_remove(store, NAME, &err), 0);
	ck_assert_int_eq(
	    backup_marker_read(store, NAME, &running, &owner, &err), 0);
	ck_assert(!running);
	ck_assert_ptr_null(owner);
	store_free(store);
}
END_TEST

static const char *const takers[] = {
    MARKER,
    "basebackups_005/" NAME "_backup_stop_sentinel.json",
    "basebackups_005/" NAME "/metadata.json",
    "basebackups_005/" NAME "/tar_partitions/part_001.tar.lz4",
};

START_TEST(a_name_is_taken_by_anything_of_another_backup)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct store_object found;
	struct err err = {0};

	put(store, takers[_i], "{}");
	ck_assert_int_eq(backup_marker_create(store, NAME, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_EXISTS);
	ck_assert(strstr(err.message, NAME) != NULL);
	/* And nothing is left of the attempt. */
	ck_assert_int_eq(store_stat(store, MARKER, &found, &err),
			 _i == 0 ? 0 : -1);
	store_free(store);
}
END_TEST

START_TEST(a_neighbours_name_does_not_matter)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct err err = {0};

	put(store,
	    "basebackups_005/" NAME "_D_0000000100000000000000BB/metadata.json",
	    "{}");
	ck_assert_int_eq(backup_marker_create(store, NAME, &err), 0);
	store_free(store);
}
END_TEST

START_TEST(renewing_keeps_the_start)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct err err = {0};
	char *owner = NULL;
	bool running = false;

	put_marker(store, NULL, (long)getpid(), 1700);
	ck_assert_int_eq(backup_marker_renew(store, NAME, &err), 0);
	ck_assert_int_eq(
	    backup_marker_read(store, NAME, &running, &owner, &err), 0);
	ck_assert(running);
	ck_assert(strstr(owner, "started 2026-08-20T10:00:00.000000Z") != NULL);
	free(owner);
	store_free(store);
}
END_TEST

START_TEST(only_the_owner_may_renew)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct err err = {0};

	ck_assert_int_eq(backup_marker_renew(store, NAME, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_REFUSED);
	put_marker(store, "elsewhere", (long)getpid(), 0);
	ck_assert_int_eq(backup_marker_renew(store, NAME, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_REFUSED);
	put_marker(store, NULL, (long)getpid() + 1, 0);
	ck_assert_int_eq(backup_marker_renew(store, NAME, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_REFUSED);
	store_free(store);
}
END_TEST

START_TEST(running_is_what_is_renewed_and_has_its_process)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);

	put_marker(store, NULL, (long)getpid(), 29 * 60);
	ck_assert(reads_as_running(store));
	put_marker(store, NULL, (long)getpid(), 31 * 60);
	ck_assert(!reads_as_running(store));
	put_marker(store, NULL, (long)getpid(), -3600);
	ck_assert(reads_as_running(store));
	put_marker(store, NULL, (long)dead_process(), 0);
	ck_assert(!reads_as_running(store));
	put_marker(store, "elsewhere", (long)dead_process(), 0);
	ck_assert(reads_as_running(store));
	put_marker(store, "", (long)dead_process(), 0);
	ck_assert(reads_as_running(store));
	put_marker(store, "elsewhere", 1, 31 * 60);
	ck_assert(!reads_as_running(store));
	/* Somebody else's process is one too. */
	put_marker(store, NULL, 1, 0);
	ck_assert(reads_as_running(store));
	store_free(store);
}
END_TEST

static const char *const unreadable[] = {
    "", "{", "{}", "{\"hostname\":1}",
    "{\"hostname\":\"x\",\"pid\":99999999999}"};

START_TEST(an_unreadable_marker_is_judged_by_its_objects_time)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct err err = {0};
	bool running = false;
	char *owner = NULL;

	put(store, MARKER, unreadable[_i]);
	ck_assert_int_eq(
	    backup_marker_read(store, NAME, &running, &owner, &err), 0);
	ck_assert(running);
	ck_assert_ptr_nonnull(strstr(owner, "no readable marker"));
	free(owner);
	store_free(store);
}
END_TEST

START_TEST(every_failing_call_is_told)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct err err = {0};
	bool running;
	uint64_t call;
	int result = -1;

	for (call = 1; result != 0; call++) {
		plan = (struct faulty_plan){.fail_call = call};
		result = backup_marker_create(store, NAME, &err);
		if (result != 0)
			ck_assert_int_eq((int)err.kind, (int)ERR_UNREACHABLE);
		plan.fail_call = 0;
		if (result != 0)
			ck_assert(!reads_as_running(store));
	}
	ck_assert_uint_ge(call, 5);
	for (call = 1; call <= 2; call++) {
		plan = (struct faulty_plan){.fail_call = call};
		ck_assert_int_eq(
		    backup_marker_read(store, NAME, &running, NULL, &err), -1);
		ck_assert_int_eq((int)err.kind, (int)ERR_UNREACHABLE);
	}
	for (call = 1; call <= 5; call++) {
		plan = (struct faulty_plan){.fail_call = call};
		ck_assert_int_eq(backup_marker_renew(store, NAME, &err), -1);
		ck_assert_int_eq((int)err.kind, (int)ERR_UNREACHABLE);
	}
	plan = (struct faulty_plan){.fail_call = 1};
	ck_assert_int_eq(backup_marker_remove(store, NAME, &err), -1);
	store_free(store);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int
main(void)
{
	Suite *suite = suite_create("backup_marker");
	TCase *tests = tcase_create("marker");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, a_marker_lives_from_creation_to_removal);
	tcase_add_loop_test(tests,
			    a_name_is_taken_by_anything_of_another_backup, 0,
			    COUNT(takers));
	tcase_add_test(tests, a_neighbours_name_does_not_matter);
	tcase_add_test(tests, renewing_keeps_the_start);
	tcase_add_test(tests, only_the_owner_may_renew);
	tcase_add_test(tests, running_is_what_is_renewed_and_has_its_process);
	tcase_add_loop_test(tests,
			    an_unreadable_marker_is_judged_by_its_objects_time,
			    0, COUNT(unreadable));
	tcase_add_test(tests, every_failing_call_is_told);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
