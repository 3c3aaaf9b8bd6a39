#include "archive/wal_wait.h"

#include <check.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"

static struct store *store;
static struct wal_range range;
static struct wal_wait wait;
static struct err err;

static void
set_up(void)
{
	store = memory_store_new(&err);
	ck_assert_ptr_nonnull(store);
	range = (struct wal_range){
	    .timeline = 1,
	    .first = 2,
	    .last = 3,
	    .segment_size = 16 * 1024 * 1024,
	};
	wait = (struct wal_wait){
	    .store = store,
	    .range = &range,
	    .patience_ms = 600,
	};
}

static void
tear_down(void)
{
	store_free(store);
}

static void
put(const char *object)
{
	struct err problem = {0};

	ck_assert_int_eq(
	    store_put_bytes(store, object, STORE_NEW, "x", 1, &problem), 0);
}

START_TEST(what_is_there_is_not_waited_for)
{
	uint64_t began = clock_elapsed_ms();

	put("wal_005/000000010000000000000002.zst");
	put("wal_005/000000010000000000000003.zst");
	ck_assert_int_eq(wal_wait(&wait, &err), 0);
	ck_assert_uint_lt(clock_elapsed_ms() - began, 150);
}
END_TEST

static void *
archive_slowly(void *context)
{
	(void)context;
	(void)usleep(400 * 1000);
	put("wal_005/000000010000000000000002.zst");
	(void)usleep(800 * 1000);
	put("wal_005/000000010000000000000003.zst");
	return NULL;
}

START_TEST(every_segment_that_comes_renews_the_patience)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, archive_slowly, NULL),
			 0);
	ck_assert_msg(wal_wait(&wait, &err) == 0, "%s", err.message);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(patience_ends_with_the_segment_that_is_missing)
{
	put("wal_005/000000010000000000000002.zst");
	ck_assert_int_eq(wal_wait(&wait, &err), -1);
	ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
	ck_assert_ptr_nonnull(strstr(err.message, "000000010000000000000003"));
	ck_assert_ptr_nonnull(strstr(err.message, "1 segment missing"));
}
END_TEST

START_TEST(a_store_that_denies_is_not_waited_for)
{
	struct faulty_plan faults = {.fail_from = 1, .kind = ERR_DENIED};
	uint64_t began = clock_elapsed_ms();

	store = faulty_store_new(store, &faults, &err);
	wait.store = store;
	ck_assert_int_eq(wal_wait(&wait, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DENIED);
	ck_assert_uint_lt(clock_elapsed_ms() - began, 150);
}
END_TEST

START_TEST(a_store_that_is_away_for_a_moment_is_asked_again)
{
	struct faulty_plan faults = {.fail_call = 1};

	put("wal_005/000000010000000000000002.zst");
	put("wal_005/000000010000000000000003.zst");
	store = faulty_store_new(store, &faults, &err);
	wait.store = store;
	ck_assert_msg(wal_wait(&wait, &err) == 0, "%s", err.message);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wal_wait");
	TCase *tcase = tcase_create("wal_wait");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, what_is_there_is_not_waited_for);
	tcase_add_test(tcase, every_segment_that_comes_renews_the_patience);
	tcase_add_test(tcase, patience_ends_with_the_segment_that_is_missing);
	tcase_add_test(tcase, a_store_that_denies_is_not_waited_for);
	tcase_add_test(tcase, a_store_that_is_away_for_a_moment_is_asked_again);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
