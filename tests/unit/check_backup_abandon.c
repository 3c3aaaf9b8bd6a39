#include "archive/backup_abandon.h"

#include <check.h>

#include "common/catalog/backup_marker.h"
#include "common/catalog/object_name.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"

#define BACKUP "base_000000010000000000000002"
#define FOLDER "basebackups_005/" BACKUP "/"
#define SENTINEL "basebackups_005/" BACKUP "_backup_stop_sentinel.json"

static struct store *store;
static struct err err;

static void
set_up(void)
{
	store = memory_store_new(&err);
	ck_assert_ptr_nonnull(store);
}

static void
tear_down(void)
{
	store_free(store);
}

static void
put(const char *object)
{
	ck_assert_int_eq(
	    store_put_bytes(store, object, STORE_NEW, "x", 1, &err), 0);
}

START_TEST(an_abandoned_backup_leaves_nothing)
{
	ck_assert_int_eq(backup_marker_create(store, BACKUP, &err), 0);
	put(FOLDER "tar_partitions/part_001.tar.zst");
	put(FOLDER "metadata.json");
	put(SENTINEL);
	put("basebackups_005/base_000000010000000000000003/metadata.json");
	backup_abandon(store, BACKUP, true);
	ck_assert_uint_eq(memory_store_count(store), 1);
}
END_TEST

START_TEST(many_objects_are_removed_too)
{
	ck_assert_int_eq(backup_marker_create(store, BACKUP, &err), 0);
	for (unsigned i = 1; i <= 600; i++) {
		char object[OBJECT_NAME_SIZE];

		object_part(BACKUP, i, ".zst", object);
		put(object);
	}
	backup_abandon(store, BACKUP, false);
	ck_assert_uint_eq(memory_store_count(store), 0);
}
END_TEST

START_TEST(parts_stay_under_a_sentinel_that_cannot_be_removed)
{
	struct faulty_plan faults = {.fail_call = 1};
	struct store *faulty;

	ck_assert_int_eq(backup_marker_create(store, BACKUP, &err), 0);
	put(FOLDER "tar_partitions/part_001.tar.zst");
	put(SENTINEL);
	faulty = faulty_store_new(store, &faults, &err);
	backup_abandon(faulty, BACKUP, true);
	ck_assert_uint_eq(memory_store_count(store), 3);
	store = faulty;
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("backup_abandon");
	TCase *tcase = tcase_create("backup_abandon");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, an_abandoned_backup_leaves_nothing);
	tcase_add_test(tcase, many_objects_are_removed_too);
	tcase_add_test(tcase,
		       parts_stay_under_a_sentinel_that_cannot_be_removed);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
