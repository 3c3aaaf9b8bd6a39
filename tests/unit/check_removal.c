#include "tools/removal.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/stop.h"
#include "common/catalog/object_name.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"

#define NAME "base_000000010000000000000005"
#define OTHER "base_000000010000000000000006"
#define FOLDER "basebackups_005/"
#define SENTINEL "_backup_stop_sentinel.json"

static const char *const mine[] = {
    FOLDER NAME SENTINEL,
    FOLDER NAME "/backup_manifest",
    FOLDER NAME "/in_progress.json",
    FOLDER NAME "/metadata.json",
    FOLDER NAME "/tar_partitions/part_001.tar.zst",
    FOLDER NAME "/tar_partitions/pg_control.tar.zst",
};

/* What looks like it, or lies beside it. */
static const char *const others[] = {
    "cluster.json",
    FOLDER OTHER SENTINEL,
    FOLDER OTHER "/tar_partitions/part_001.tar.zst",
    FOLDER NAME "_D_000000010000000000000004" SENTINEL,
    FOLDER NAME "_D_000000010000000000000004/metadata.json",
    FOLDER NAME "x/metadata.json",
    "wal_005/0000000100000000000000AA.zst",
};

#define MINE (sizeof mine / sizeof *mine)
#define OTHERS (sizeof others / sizeof *others)

static struct faulty_plan plan;
static struct store *memory;
static struct store *store;
static struct err err;

static void
put(const char *name)
{
	ck_assert_msg(store_put_bytes(memory, name, STORE_NEW, name,
				      strlen(name), &err) == 0,
		      "%s", err.message);
}

static void
renew_store(void)
{
	store_free(store);
	memory = memory_store_new(&err);
	store = faulty_store_new(memory, &plan, &err);
	ck_assert_ptr_nonnull(store);
}

static void
put_backups(void)
{
	for (size_t i = 0; i < MINE; i++)
		put(mine[i]);
	for (size_t i = 0; i < OTHERS; i++)
		put(others[i]);
}

static void
set_up(void)
{
	renew_store();
}

static void
tear_down(void)
{
	store_free(store);
}

static bool
has(const char *name)
{
	struct store_object object;
	struct err ignored = {0};

	return store_stat(memory, name, &object, &ignored) == 0;
}

static size_t
left_of_mine(void)
{
	size_t count = 0;

	for (size_t i = 0; i < MINE; i++)
		count += has(mine[i]);
	return count;
}

static void
expect_others(void)
{
	for (size_t i = 0; i < OTHERS; i++)
		ck_assert_msg(has(others[i]), "%s", others[i]);
}

START_TEST(a_backup_goes_with_all_of_its_folder_and_nothing_else)
{
	put_backups();
	ck_assert_msg(removal_backup(store, NAME, &err) == 0, "%s",
		      err.message);
	ck_assert_uint_eq(left_of_mine(), 0);
	expect_others();
	/* and once more, which finds nothing */
	ck_assert_int_eq(removal_backup(store, NAME, &err), 0);
	expect_others();
}
END_TEST

START_TEST(a_folder_without_a_sentinel_goes_too)
{
	put_backups();
	ck_assert_int_eq(store_remove(memory, mine, 1, &err), 0);
	ck_assert_int_eq(removal_backup(store, NAME, &err), 0);
	ck_assert_uint_eq(left_of_mine(), 0);
	expect_others();
}
END_TEST

START_TEST(what_is_counted_is_what_lies_in_the_folder)
{
	struct removal_count count;
	uint64_t bytes = 0;

	put_backups();
	for (size_t i = 1; i < MINE; i++)
		bytes += strlen(mine[i]);
	memset(&count, 0xff, sizeof count);
	ck_assert_int_eq(removal_count_backup(store, NAME, &count, &err), 0);
	ck_assert_uint_eq(count.objects, MINE - 1);
	ck_assert_uint_eq(count.bytes, bytes);
	ck_assert_uint_eq(left_of_mine(), MINE);
}
END_TEST

/* Each call fails once, or all from it on. */
START_TEST(no_failure_leaves_a_listed_backup_without_its_parts)
{
	uint64_t number;
	int result = -1;

	for (number = 1; result != 0; number++) {
		renew_store();
		put_backups();
		plan = (struct faulty_plan){
		    .fail_call = _i ? number : 0,
		    .fail_from = _i ? 0 : number,
		};
		result = removal_backup(store, NAME, &err);
		if (result != 0)
			ck_assert_int_eq((int)err.kind, ERR_UNREACHABLE);
		if (has(mine[0]))
			ck_assert_uint_eq(left_of_mine(), MINE);
		expect_others();
		plan = (struct faulty_plan){0};
		ck_assert_int_eq(removal_backup(store, NAME, &err), 0);
		ck_assert_uint_eq(left_of_mine(), 0);
	}
	ck_assert_uint_gt(number, 3);
}
END_TEST

START_TEST(more_objects_than_one_request_takes_go_as_well)
{
	char name[OBJECT_NAME_SIZE];
	struct removal_count count;

	put_backups();
	for (unsigned i = 0; i < 2500; i++) {
		object_part(NAME, 1000 + i, ".zst", name);
		put(name);
	}
	ck_assert_int_eq(removal_count_backup(store, NAME, &count, &err), 0);
	ck_assert_uint_eq(count.objects, MINE - 1 + 2500);
	ck_assert_int_eq(removal_backup(store, NAME, &err), 0);
	ck_assert_uint_eq(memory_store_count(memory), OTHERS);
	expect_others();
}
END_TEST

/* WAL: whatever is below 0/5000000 is not needed, but for what a permanent
 * backup spans. Segments of 16 MiB. */
static struct wal_span span = {0x2000000, 0x3000100};
static const struct wal_need need = {
    .from = 0x5000000,
    .spans = &span,
    .count = 1,
    .smallest = 16 << 20,
    .largest = 16 << 20,
};

static const struct {
	const char *name;
	bool goes;
} wal[] = {
    {"000000010000000000000001.lz4", true},
    {"000000010000000000000001.00000028.backup.zst", true},
    {"000000010000000000000001.partial.zst", true},
    {"000000010000000000000002.zst", false},
    {"000000010000000000000003", false},
    {"000000010000000000000003.00000028.backup", false},
    {"000000010000000000000004.zst.age", true},
    {"000000010000000000000005.zst", false},
    {"000000010000000100000000.zst", false},
    {"000000020000000000000001.zst", true},
    {"000000020000000000000005.zst", false},
    {"00000001.history.zst", false},
    {"00000002.history.zst", false},
    {"000000010000000000000001_delta.lz4", false},
    {"000000010000000000000001.json", false},
    {"something/000000010000000000000001.zst", false},
    {"RECOVERYXLOG.zst", false},
};

#define WAL (sizeof wal / sizeof *wal)

static void
put_wal(void)
{
	for (size_t i = 0; i < WAL; i++) {
		char name[OBJECT_NAME_SIZE];

		(void)snprintf(name, sizeof name, "wal_005/%s", wal[i].name);
		put(name);
	}
	put("wal_0050/000000010000000000000001.zst");
}

static bool
has_wal(size_t index)
{
	char name[OBJECT_NAME_SIZE];

	(void)snprintf(name, sizeof name, "wal_005/%s", wal[index].name);
	return has(name);
}

START_TEST(only_wal_that_nobody_needs_goes)
{
	put_wal();
	ck_assert_msg(removal_wal(store, &need, &err) == 0, "%s", err.message);
	for (size_t i = 0; i < WAL; i++)
		ck_assert_msg(has_wal(i) == !wal[i].goes, "%s", wal[i].name);
	ck_assert(has("wal_0050/000000010000000000000001.zst"));
}
END_TEST

START_TEST(the_count_is_of_what_would_go)
{
	struct removal_count count;
	uint64_t objects = 0;
	uint64_t bytes = 0;

	put_wal();
	for (size_t i = 0; i < WAL; i++) {
		objects += wal[i].goes;
		bytes +=
		    wal[i].goes ? strlen("wal_005/") + strlen(wal[i].name) : 0;
	}
	memset(&count, 0xff, sizeof count);
	ck_assert_int_eq(removal_count_wal(store, &need, &count, &err), 0);
	ck_assert_uint_eq(count.objects, objects);
	ck_assert_uint_eq(count.bytes, bytes);
	ck_assert_str_eq(count.first,
			 "000000010000000000000001.00000028.backup");
	ck_assert_str_eq(count.last, "000000020000000000000001");
	for (size_t i = 0; i < WAL; i++)
		ck_assert(has_wal(i));
}
END_TEST

START_TEST(nothing_goes_when_the_need_is_not_known)
{
	static const struct wal_need unknown = {.unknown = true};
	struct removal_count count;

	put_wal();
	ck_assert_int_eq(removal_count_wal(store, &unknown, &count, &err), 0);
	ck_assert_uint_eq(count.objects, 0);
	ck_assert_str_eq(count.first, "");
	ck_assert_str_eq(count.last, "");
	ck_assert_int_eq(removal_wal(store, &unknown, &err), 0);
	ck_assert_uint_eq(memory_store_count(memory), WAL + 1);
}
END_TEST

START_TEST(no_failure_takes_wal_that_is_needed)
{
	uint64_t number;
	int result = -1;

	for (number = 1; result != 0; number++) {
		renew_store();
		put_wal();
		plan = (struct faulty_plan){
		    .fail_call = _i ? number : 0,
		    .fail_from = _i ? 0 : number,
		};
		result = removal_wal(store, &need, &err);
		if (result != 0)
			ck_assert_int_eq((int)err.kind, ERR_UNREACHABLE);
		for (size_t i = 0; i < WAL; i++)
			ck_assert_msg(wal[i].goes || has_wal(i), "%s",
				      wal[i].name);
		plan = (struct faulty_plan){0};
		ck_assert_int_eq(removal_wal(store, &need, &err), 0);
		for (size_t i = 0; i < WAL; i++)
			ck_assert(has_wal(i) == !wal[i].goes);
	}
	ck_assert_uint_gt(number, 3);
}
END_TEST

START_TEST(a_stop_is_noticed_before_anything_goes)
{
	static const struct wal_need nothing = {
	    .from = UINT64_MAX, .smallest = 1 << 24, .largest = 1 << 24};

	put_backups();
	stop_on_signals();
	ck_assert_int_eq(raise(SIGTERM), 0);
	ck_assert_int_eq(removal_backup(store, NAME, &err), -1);
	ck_assert_int_eq((int)err.kind, ERR_STOPPED);
	ck_assert_int_eq(removal_wal(store, &nothing, &err), -1);
	ck_assert_int_eq((int)err.kind, ERR_STOPPED);
	ck_assert_uint_eq(left_of_mine(), MINE);
	expect_others();
}
END_TEST

START_TEST(a_count_that_failed_is_an_error)
{
	struct removal_count count;

	put_wal();
	put_backups();
	plan.fail_from = 4;
	ck_assert_int_eq(removal_count_wal(store, &need, &count, &err), -1);
	ck_assert_int_eq((int)err.kind, ERR_UNREACHABLE);
	plan = (struct faulty_plan){.fail_from = 4};
	ck_assert_int_eq(removal_count_backup(store, NAME, &count, &err), -1);
	ck_assert_int_eq((int)err.kind, ERR_UNREACHABLE);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("removal");
	TCase *tcase = tcase_create("removal");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase,
		       a_backup_goes_with_all_of_its_folder_and_nothing_else);
	tcase_add_test(tcase, a_folder_without_a_sentinel_goes_too);
	tcase_add_test(tcase, what_is_counted_is_what_lies_in_the_folder);
	tcase_add_loop_test(
	    tcase, no_failure_leaves_a_listed_backup_without_its_parts, 0, 2);
	tcase_add_test(tcase, more_objects_than_one_request_takes_go_as_well);
	tcase_add_test(tcase, only_wal_that_nobody_needs_goes);
	tcase_add_test(tcase, the_count_is_of_what_would_go);
	tcase_add_test(tcase, nothing_goes_when_the_need_is_not_known);
	tcase_add_loop_test(tcase, no_failure_takes_wal_that_is_needed, 0, 2);
	tcase_add_test(tcase, a_stop_is_noticed_before_anything_goes);
	tcase_add_test(tcase, a_count_that_failed_is_an_error);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
