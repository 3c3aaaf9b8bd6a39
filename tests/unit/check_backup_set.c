#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "common/base/log.h"
#include "common/catalog/backup_marker.h"
#include "common/catalog/backup_set.h"
#include "common/catalog/object_name.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"
#include "tests/unit/backup_sample.h"

#define B1 "base_0000000100000000000000BB"
#define B2 "base_0000000100000000000000BC"
#define B3 "base_0000000100000000000000BD"
#define B4 "base_0000000100000000000000BE"
#define SENTINEL "_backup_stop_sentinel.json"
#define FOLDER "basebackups_005/"

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

/* A complete backup that was finished at `finish` seconds. */
static void
put_backup(struct store *store, const char *name, time_t finish)
{
	struct buf json = BUF_INIT(100000);
	struct backup backup;
	char object[OBJECT_NAME_SIZE];
	struct err err = {0};

	backup_sample(&backup, name);
	backup.finish_time.tv_sec = finish;
	ck_assert_int_eq(backup_write_sentinel(&backup, &json, &err), 0);
	object_sentinel(name, object);
	put(store, object, buf_text(&json));
	buf_clear(&json);
	ck_assert_int_eq(backup_write_metadata(&backup, &json, &err), 0);
	object_of_backup(name, BACKUP_METADATA, object);
	put(store, object, buf_text(&json));
	backup_free(&backup);
	buf_free(&json);
}

/* Three good ones in another order than their names', one broken, two rests,
 * and things that are none of it. */
static void
fill(struct store *store)
{
	struct err err = {0};

	put_backup(store, B3, 1000);
	put_backup(store, B1, 2000);
	put_backup(store, SAMPLE_DELTA, 3000);
	put(store, FOLDER B4 SENTINEL, "{\"LSN\":");
	put(store,
	    FOLDER "base_0000000100000000000000C0/tar_partitions/"
		   "part_001.tar.lz4",
	    "x");
	ck_assert_int_eq(
	    backup_marker_create(store, "base_0000000100000000000000C1", &err),
	    0);
	put(store, FOLDER "notes.txt", "x");
	put(store, FOLDER "x" SENTINEL, "x");
	put(store, FOLDER "old/x", "x");
	put(store, "wal_005/000000010000000000000001.zst", "x");
}

START_TEST(an_empty_store_has_an_empty_set)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct backup_set set;
	struct err err = {0};

	ck_assert_int_eq(backup_set_load(store, &set, &err), 0);
	ck_assert_uint_eq(set.count, 0);
	ck_assert_uint_eq(set.unfinished_count, 0);
	ck_assert_ptr_null(backup_set_find(&set, "LATEST", &err));
	ck_assert_int_eq((int)err.kind, (int)ERR_ABSENT);
	ck_assert(strstr(err.hint, "no backup") != NULL);
	backup_set_free(&set);
	store_free(store);
}
END_TEST

START_TEST(backups_come_by_their_own_times_problems_first)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct backup_set set;
	struct err err = {0};

	fill(store);
	ck_assert_int_eq(backup_set_load(store, &set, &err), 0);
	ck_assert_uint_eq(set.count, 4);
	ck_assert_str_eq(set.backups[0].name, B4);
	ck_assert_ptr_nonnull(set.backups[0].problem);
	ck_assert(strstr(set.backups[0].problem, B4 SENTINEL) != NULL);
	ck_assert_str_eq(set.backups[0].hostname, "");
	ck_assert_uint_eq(set.backups[0].timeline, 1);
	ck_assert_uint_eq(backup_first_segment(&set.backups[0]), 0);
	ck_assert_str_eq(set.backups[1].name, B3);
	ck_assert_str_eq(set.backups[2].name, B1);
	ck_assert_str_eq(set.backups[3].name, SAMPLE_DELTA);
	ck_assert_ptr_null(set.backups[3].problem);
	ck_assert_uint_eq(set.unfinished_count, 2);
	ck_assert_str_eq(set.unfinished[0].name,
			 "base_0000000100000000000000C0");
	/* Just written, and nothing says by whom. */
	ck_assert(set.unfinished[0].running);
	ck_assert(strstr(set.unfinished[0].owner, "no readable marker") !=
		  NULL);
	ck_assert_str_eq(set.unfinished[1].name,
			 "base_0000000100000000000000C1");
	ck_assert(set.unfinished[1].running);
	ck_assert(strstr(set.unfinished[1].owner, "process") != NULL);
	backup_set_free(&set);
	store_free(store);
}
END_TEST

START_TEST(backups_are_found_by_name_or_as_the_latest)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	const struct backup *found;
	struct backup_set set;
	struct err err = {0};

	fill(store);
	ck_assert_int_eq(backup_set_load(store, &set, &err), 0);
	found = backup_set_find(&set, "LATEST", &err);
	ck_assert_ptr_nonnull(found);
	ck_assert_str_eq(found->name, SAMPLE_DELTA);
	found = backup_set_find(&set, B3, &err);
	ck_assert_ptr_nonnull(found);
	ck_assert_str_eq(found->name, B3);
	ck_assert_ptr_null(backup_set_find(&set, B2, &err));
	ck_assert_int_eq((int)err.kind, (int)ERR_ABSENT);
	ck_assert(strstr(err.message, B2) != NULL);
	ck_assert(strstr(err.hint, B3) != NULL);
	backup_set_free(&set);
	store_free(store);
}
END_TEST

START_TEST(the_latest_is_never_one_with_a_problem)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct backup_set set;
	struct err err = {0};

	put(store, FOLDER B1 SENTINEL, "");
	ck_assert_int_eq(backup_set_load(store, &set, &err), 0);
	ck_assert_uint_eq(set.count, 1);
	ck_assert_ptr_null(backup_set_find(&set, "LATEST", &err));
	ck_assert_int_eq((int)err.kind, (int)ERR_ABSENT);
	backup_set_free(&set);
	store_free(store);
}
END_TEST

START_TEST(a_missing_finish_time_is_replaced_by_the_start)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct backup_set set;
	struct err err = {0};

	put_backup(store, B1, 1500);
	put(store, FOLDER B2 SENTINEL,
	    "{\"LSN\":3154116648,\"StartTime\":\"1970-01-01T00:20:00Z\"}");
	put(store, FOLDER B3 SENTINEL,
	    "{\"LSN\":3170893864,\"StartTime\":\"1970-01-01T00:30:00Z\"}");
	ck_assert_int_eq(backup_set_load(store, &set, &err), 0);
	ck_assert_uint_eq(set.count, 3);
	ck_assert_str_eq(set.backups[0].name, B2);
	ck_assert_str_eq(set.backups[1].name, B1);
	ck_assert_str_eq(set.backups[2].name, B3);
	backup_set_free(&set);
	store_free(store);
}
END_TEST

/* The heart of it: whatever call fails, the answer is an error or all. */
START_TEST(no_failing_call_makes_a_short_set)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	uint64_t call;
	int result = -1;

	fill(store);
	for (call = 1; result != 0; call++) {
		struct backup_set set;
		struct err err = {0};

		plan = (struct faulty_plan){.fail_call = call};
		result = backup_set_load(store, &set, &err);
		if (result != 0) {
			ck_assert_int_eq((int)err.kind, (int)ERR_UNREACHABLE);
			ck_assert_uint_eq(set.count, 0);
			continue;
		}
		ck_assert_uint_eq(set.count, 4);
		ck_assert_uint_eq(set.unfinished_count, 2);
		backup_set_free(&set);
	}
	ck_assert_uint_ge(call, 20);
	store_free(store);
}
END_TEST

/* A sentinel that is listed and then is not there: the set is read anew. */
START_TEST(a_backup_that_goes_away_meanwhile_is_not_a_failure)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct backup_set set;
	struct err err = {0};
	uint64_t call = 0;
	bool hit = false;

	put_backup(store, B1, 1000);
	put_backup(store, B2, 2000);
	/* The calls of a listing come first; find the first get. */
	for (call = 1; !hit && call < 10; call++) {
		plan =
		    (struct faulty_plan){.fail_call = call, .kind = ERR_ABSENT};
		if (backup_set_load(store, &set, &err) != 0)
			continue;
		ck_assert_uint_eq(set.count, 2);
		hit = plan.calls > 12;
		backup_set_free(&set);
	}
	ck_assert(hit);
	plan = (struct faulty_plan){.fail_from = call - 1, .kind = ERR_ABSENT};
	ck_assert_int_eq(backup_set_load(store, &set, &err), -1);
	store_free(store);
}
END_TEST

/* A store in which a backup is completed just after it was listed. */
struct racing_store {
	struct store store;
	struct store *inner;
	bool done;
};

static int
racing_get(struct store *store, const char *name, uint64_t offset, uint64_t len,
	   struct sink *to, struct err *err)
{
	struct racing_store *racing = (struct racing_store *)store;

	return store_get(racing->inner, name, offset, len, to, err);
}

static int
racing_stat(struct store *store, const char *name, struct store_object *object,
	    struct err *err)
{
	struct racing_store *racing = (struct racing_store *)store;

	return store_stat(racing->inner, name, object, err);
}

static int
racing_list(struct store *store, const char *prefix, const char *after,
	    enum store_depth depth, store_each_fn each, void *context,
	    struct err *err)
{
	struct racing_store *racing = (struct racing_store *)store;
	int result =
	    store_list(racing->inner, prefix, after, depth, each, context, err);

	if (!racing->done)
		put_backup(racing->inner, B2, 2000);
	racing->done = true;
	return result;
}

static const struct store_ops racing_ops = {
    .get = racing_get,
    .stat = racing_stat,
    .list = racing_list,
};

START_TEST(a_backup_completed_meanwhile_is_no_rest)
{
	struct faulty_plan plan = {0};
	struct racing_store racing = {.store = {&racing_ops, "racing:", true},
				      .inner = new_store(&plan)};
	struct backup_set set;
	struct err err = {0};

	put_backup(racing.inner, B1, 1000);
	put(racing.inner, FOLDER B2 "/tar_partitions/part_001.tar.zst", "x");
	ck_assert_int_eq(backup_set_load(&racing.store, &set, &err), 0);
	ck_assert_uint_eq(set.unfinished_count, 0);
	ck_assert_uint_eq(set.count, 2);
	ck_assert_str_eq(set.backups[1].name, B2);
	backup_set_free(&set);
	store_free(racing.inner);
}
END_TEST

START_TEST(damaged_metadata_makes_a_backup_permanent)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct backup_set set;
	struct err err = {0};

	log_start("check", LOG_QUIET);
	put(store, FOLDER B2 SENTINEL, "{\"LSN\":3154116648}");
	put(store, FOLDER B2 "/metadata.json", "{\"is_permanenu\":false}");
	put(store, FOLDER B3 SENTINEL, "{\"LSN\":3170893864}");
	ck_assert_int_eq(backup_set_load(store, &set, &err), 0);
	ck_assert_uint_eq(set.count, 2);
	ck_assert_str_eq(set.backups[0].name, B2);
	ck_assert(set.backups[0].permanent);
	ck_assert_ptr_null(set.backups[0].problem);
	ck_assert(!set.backups[1].permanent);
	backup_set_free(&set);
	store_free(store);
}
END_TEST

START_TEST(one_backup_is_loaded_alone)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct backup backup;
	struct err err = {0};
	uint64_t call;

	fill(store);
	ck_assert_int_eq(backup_load(store, B3, &backup, &err), 0);
	ck_assert_str_eq(backup.name, B3);
	ck_assert(backup.permanent);
	backup_free(&backup);
	ck_assert_int_eq(backup_load(store, B2, &backup, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_ABSENT);
	ck_assert_int_eq(backup_load(store, "../x", &backup, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_ABSENT);
	ck_assert_int_eq(backup_load(store, B4, &backup, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
	ck_assert(strstr(err.message, B4) != NULL);
	for (call = 1; call <= 4; call++) {
		plan = (struct faulty_plan){.fail_call = call};
		ck_assert_int_eq(backup_load(store, B3, &backup, &err), -1);
		ck_assert_int_eq((int)err.kind, (int)ERR_UNREACHABLE);
	}
	store_free(store);
}
END_TEST

START_TEST(the_hint_names_the_newest_of_many)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan);
	struct backup_set set;
	struct err err = {0};
	char name[BACKUP_NAME_SIZE];
	unsigned i;

	for (i = 1; i <= 40; i++) {
		backup_name_full(1, (uint64_t)i << 24, 16 << 20, name);
		put_backup(store, name, 1000 + i);
	}
	ck_assert_int_eq(backup_set_load(store, &set, &err), 0);
	ck_assert_uint_eq(set.count, 40);
	ck_assert_ptr_null(backup_set_find(&set, B1, &err));
	ck_assert(strstr(err.hint, "40") != NULL);
	ck_assert(strstr(err.hint, "base_000000010000000000000028,") != NULL);
	ck_assert(strstr(err.hint, "base_000000010000000000000001") == NULL);
	backup_set_free(&set);
	store_free(store);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("backup_set");
	TCase *tests = tcase_create("set");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, an_empty_store_has_an_empty_set);
	tcase_add_test(tests, backups_come_by_their_own_times_problems_first);
	tcase_add_test(tests, backups_are_found_by_name_or_as_the_latest);
	tcase_add_test(tests, the_latest_is_never_one_with_a_problem);
	tcase_add_test(tests, a_missing_finish_time_is_replaced_by_the_start);
	tcase_add_test(tests, no_failing_call_makes_a_short_set);
	tcase_add_test(tests,
		       a_backup_that_goes_away_meanwhile_is_not_a_failure);
	tcase_add_test(tests, a_backup_completed_meanwhile_is_no_rest);
	tcase_add_test(tests, damaged_metadata_makes_a_backup_permanent);
	tcase_add_test(tests, one_backup_is_loaded_alone);
	tcase_add_test(tests, the_hint_names_the_newest_of_many);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
