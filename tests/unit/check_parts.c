#include "restore/parts.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/crc32c.h"
#include "common/base/log.h"
#include "common/base/path.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"
#include "common/stream/ends.h"
#include "tests/unit/scratch.h"
#include "tests/unit/stored_backup.h"

#define NAME "base_0000000100000000000000BB"
#define PARTS 5
#define CONTROL 4 /* its place among the parts */

static const struct stored_file files[PARTS][5] = {
    {{"PG_VERSION", "15\n"}, {"base/", ""}, {"base/1/2", "two"}, {NULL, NULL}},
    {{"base/1/3", "three"}, {"base/1/empty", ""}, {NULL, NULL}},
    {{"base/1/4", "a longer one, so that parts differ in size"},
     {"global/1262", "x"},
     {NULL, NULL}},
    {{"backup_label", "START WAL LOCATION"}, {NULL, NULL}},
    {{"global/pg_control", "control"}, {NULL, NULL}},
};

static const char *const names[PARTS] = {
    "part_001.tar.zst",     "part_002.tar.zst",   "part_003.tar.zst",
    "backup_label.tar.zst", "pg_control.tar.zst",
};

static char *scratch;
static unsigned fresh; /* directories made in it */
static struct faulty_plan plan;
static struct store *store;
static struct backup backup;
static struct parts_source source;
static struct buf control = BUF_INIT(100);
static struct err err;

static void
set_up(void)
{
	log_start("check_parts", LOG_QUIET);
	scratch = scratch_make();
	store = faulty_store_new(memory_store_new(&err), &plan, &err);
	ck_assert_ptr_nonnull(store);
	backup_init(&backup);
	(void)snprintf(backup.name, sizeof backup.name, NAME);
	for (size_t i = 0; i < PARTS; i++)
		stored_backup_part(store, &backup, names[i], files[i]);
	stored_backup_object(store, &backup, "backup_manifest", "{}", 2);
	source = (struct parts_source){store, &backup, 2, 0};
}

static void
tear_down(void)
{
	buf_free(&control);
	backup_free(&backup);
	store_free(store);
	scratch_remove(scratch);
}

/* Into a directory of its own each time. Returns parts_unpack's result, and
 * whether the tree is right then. */
static int
unpack(bool *right)
{
	char name[32];
	char *directory;
	struct unpack_to to = {NULL, NULL, NULL};
	int result;

	(void)snprintf(name, sizeof name, "%u", fresh++);
	directory = path_join(scratch, name, &err);
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	to.directory = directory;
	buf_clear(&control);
	memset(&err, 0, sizeof err);
	plan.calls = 0;
	result = parts_unpack(&source, &to, &control, &err);
	*right = strcmp(buf_text(&control), "control") == 0;
	for (size_t i = 0; i < CONTROL; i++)
		*right = *right && stored_backup_holds(directory, files[i]);
	*right = *right && !stored_backup_holds(directory, files[CONTROL]);
	free(directory);
	return result;
}

static int
verify(void)
{
	struct unpack_to to = {NULL, NULL, NULL};

	buf_clear(&control);
	memset(&err, 0, sizeof err);
	plan.calls = 0;
	return parts_unpack(&source, &to, &control, &err);
}

static void
object_of(size_t part, char object[OBJECT_NAME_SIZE])
{
	(void)snprintf(object, OBJECT_NAME_SIZE,
		       "basebackups_005/" NAME "/tar_partitions/%s",
		       names[part]);
}

static void
expect_damaged(const char *object)
{
	char named[2 * OBJECT_NAME_SIZE];

	(void)snprintf(named, sizeof named, "%s/%s", store->url, object);
	ck_assert_msg(err.kind == ERR_DAMAGED, "%s", err.message);
	ck_assert_msg(strncmp(err.message, named, strlen(named)) == 0,
		      "\"%s\" does not begin with \"%s\"", err.message, named);
	ck_assert_ptr_null(strstr(err.message + 1, named));
}

/* As WAL-G leaves it: nothing but the parts themselves to go by. */
static void
forget_digests(void)
{
	for (size_t i = 0; i < backup.digest_count; i++)
		free(backup.digests[i].name);
	backup.digest_count = 0;
}

START_TEST(all_parts_become_a_tree)
{
	bool right;

	source.jobs = (unsigned)_i;
	ck_assert_msg(unpack(&right) == 0, "%s", err.message);
	ck_assert(right);
	forget_digests();
	ck_assert_msg(unpack(&right) == 0, "%s", err.message);
	ck_assert(right);
}
END_TEST

START_TEST(every_flipped_bit_is_damaged_and_the_object_named)
{
	struct buf bytes = BUF_INIT(1 << 20);
	char object[OBJECT_NAME_SIZE];

	object_of((size_t)_i, object);
	ck_assert_int_eq(store_get_bytes(store, object, &bytes, &err), 0);
	for (size_t bit = 0; bit < bytes.len * 8; bit++) {
		char mask = (char)(1 << bit % 8);

		bytes.data[bit / 8] ^= mask;
		ck_assert_int_eq(store_put_bytes(store, object, STORE_REPLACE,
						 bytes.data, bytes.len, &err),
				 0);
		ck_assert_msg(verify() == -1, "bit %zu", bit);
		expect_damaged(object);
		bytes.data[bit / 8] ^= mask;
	}
	buf_free(&bytes);
}
END_TEST

START_TEST(no_flipped_bit_makes_a_wrong_tree_without_digests_either)
{
	struct buf bytes = BUF_INIT(1 << 20);
	char object[OBJECT_NAME_SIZE];
	size_t found = 0;

	object_of((size_t)_i, object);
	forget_digests();
	ck_assert_int_eq(store_get_bytes(store, object, &bytes, &err), 0);
	for (size_t bit = 0; bit < bytes.len * 8; bit += 13) {
		char mask = (char)(1 << bit % 8);
		bool right;

		bytes.data[bit / 8] ^= mask;
		ck_assert_int_eq(store_put_bytes(store, object, STORE_REPLACE,
						 bytes.data, bytes.len, &err),
				 0);
		if (unpack(&right) == 0) {
			ck_assert_msg(right, "bit %zu", bit);
		} else {
			expect_damaged(object);
			found++;
		}
		bytes.data[bit / 8] ^= mask;
	}
	ck_assert_uint_gt(found, 0);
	buf_free(&bytes);
}
END_TEST

START_TEST(a_missing_part_is_damaged_and_named)
{
	char object[OBJECT_NAME_SIZE];
	const char *first = object;

	object_of((size_t)_i, object);
	ck_assert_int_eq(store_remove(store, &first, 1, &err), 0);
	ck_assert_int_eq(verify(), -1);
	expect_damaged(object);
}
END_TEST

START_TEST(another_size_or_checksum_in_the_sentinel_is_damaged)
{
	char object[OBJECT_NAME_SIZE];

	object_of((size_t)_i, object);
	backup.digests[_i].size++;
	ck_assert_int_eq(verify(), -1);
	expect_damaged(object);
	ck_assert_ptr_nonnull(strstr(err.message, "bytes, the sentinel says"));
	backup.digests[_i].size--;
	backup.digests[_i].crc32c ^= 1;
	ck_assert_int_eq(verify(), -1);
	expect_damaged(object);
	ck_assert_ptr_nonnull(strstr(err.message, "checksum"));
}
END_TEST

START_TEST(a_part_cut_short_is_damaged_at_every_byte)
{
	struct buf bytes = BUF_INIT(1 << 20);
	char object[OBJECT_NAME_SIZE];

	object_of((size_t)_i, object);
	if (_i % 2 == 0)
		forget_digests();
	ck_assert_int_eq(store_get_bytes(store, object, &bytes, &err), 0);
	for (size_t len = 0; len < bytes.len; len++) {
		ck_assert_int_eq(store_put_bytes(store, object, STORE_REPLACE,
						 bytes.data, len, &err),
				 0);
		ck_assert_int_eq(verify(), -1);
		expect_damaged(object);
	}
	buf_free(&bytes);
}
END_TEST

START_TEST(pg_control_comes_after_everything_else)
{
	char object[OBJECT_NAME_SIZE];

	object_of((size_t)_i, object);
	ck_assert_int_eq(
	    store_put_bytes(store, object, STORE_REPLACE, "", 0, &err), 0);
	ck_assert_int_eq(verify(), -1);
	ck_assert_uint_eq(control.len, 0);
}
END_TEST

START_TEST(a_backup_without_pg_control_is_damaged)
{
	char object[OBJECT_NAME_SIZE];
	const char *first = object;

	free(backup.digests[CONTROL].name);
	backup.digests[CONTROL].name = strdup("metadata.json");
	ck_assert_int_eq(verify(), -1);
	ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, "pg_control"));
	ck_assert_ptr_nonnull(strstr(err.message, NAME));

	forget_digests();
	object_of(CONTROL, object);
	ck_assert_int_eq(store_remove(store, &first, 1, &err), 0);
	ck_assert_int_eq(verify(), -1);
	ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
}
END_TEST

static const enum err_kind kinds[] = {ERR_UNREACHABLE, ERR_DENIED, ERR_ABSENT};

START_TEST(no_failing_call_makes_a_wrong_tree)
{
	bool right = false;
	uint64_t calls;

	for (int digests = 1; digests >= 0; digests--) {
		if (!digests)
			forget_digests();
		plan.kind = kinds[_i];
		plan.fail_call = 0;
		while (plan.fail_call++, unpack(&right) != 0) {
			enum err_kind kind =
			    plan.kind == ERR_ABSENT ? ERR_DAMAGED : plan.kind;

			/* the listing's own failure stays what it is */
			if (err.kind != kind)
				ck_assert(!digests && err.kind == plan.kind);
			ck_assert(!right);
		}
		calls = plan.calls;
		ck_assert(right);
		ck_assert_uint_gt(calls, PARTS);
		ck_assert_uint_eq(plan.fail_call, calls + 1);
	}
}
END_TEST

START_TEST(a_call_that_fails_once_is_tried_again)
{
	bool right;
	uint64_t calls;

	ck_assert_int_eq(unpack(&right), 0);
	calls = plan.calls;
	source.retry_ms = 60 * 1000;
	for (plan.fail_call = 1; plan.fail_call <= calls; plan.fail_call++) {
		ck_assert_msg(unpack(&right) == 0, "%s", err.message);
		ck_assert(right);
	}
}
END_TEST

/* pg_control arrives before the object breaks off. */
START_TEST(what_a_failed_attempt_brought_of_pg_control_is_forgotten)
{
	static char noise[700000];
	const struct stored_file part[] = {{"global/pg_control", "control"},
					   {"global/noise", noise},
					   {NULL, NULL}};
	char object[OBJECT_NAME_SIZE];
	const char *first = object;
	uint64_t calls;

	for (size_t i = 0; i + 1 < sizeof noise; i++)
		noise[i] = (char)(1 + crc32c_update(0, &i, sizeof i) % 255);
	object_of(CONTROL, object);
	ck_assert_int_eq(store_remove(store, &first, 1, &err), 0);
	forget_digests();
	stored_backup_part(store, &backup, names[CONTROL], part);
	source.retry_ms = 60 * 1000;
	ck_assert_msg(verify() == 0, "%s", err.message);
	calls = plan.calls;
	for (plan.fail_call = 1; plan.fail_call <= calls; plan.fail_call++) {
		ck_assert_msg(verify() == 0, "%s", err.message);
		ck_assert_str_eq(buf_text(&control), "control");
	}
}
END_TEST

START_TEST(only_what_cannot_be_reached_is_tried_again)
{
	plan.fail_from = 1;
	plan.kind = ERR_DENIED;
	source.retry_ms = 60 * 1000;
	source.jobs = 1;
	ck_assert_int_eq(verify(), -1);
	ck_assert_int_eq((int)err.kind, ERR_DENIED);
	ck_assert_uint_eq(plan.calls, 1);
}
END_TEST

START_TEST(retries_end_with_their_budget)
{
	plan.fail_from = 1;
	source.retry_ms = 120;
	ck_assert_int_eq(verify(), -1);
	ck_assert_int_eq((int)err.kind, ERR_UNREACHABLE);
}
END_TEST

static int
get(const char *name, struct buf *bytes)
{
	memset(&err, 0, sizeof err);
	return parts_get(&source, name, ends_memory(bytes, &err), &err);
}

START_TEST(another_object_comes_through_its_digest)
{
	static const char object[] = "basebackups_005/" NAME "/backup_manifest";
	struct buf bytes = BUF_INIT(100);

	ck_assert_int_eq(get("backup_manifest", &bytes), 0);
	ck_assert_str_eq(buf_text(&bytes), "{}");
	ck_assert_int_eq(
	    store_put_bytes(store, object, STORE_REPLACE, "{ }", 3, &err), 0);
	ck_assert_int_eq(get("backup_manifest", &bytes), -1);
	expect_damaged(object);
	ck_assert_int_eq(
	    store_put_bytes(store, object, STORE_REPLACE, "[]", 2, &err), 0);
	ck_assert_int_eq(get("backup_manifest", &bytes), -1);
	expect_damaged(object);
	buf_free(&bytes);
}
END_TEST

START_TEST(what_fails_its_digest_is_not_committed)
{
	char *path = path_join(scratch, "manifest", &err);
	struct draft *draft = draft_open(path, NULL, 0600, &err);

	backup.digests[PARTS].crc32c ^= 1;
	ck_assert_ptr_nonnull(draft);
	ck_assert_int_eq(parts_get(&source, "backup_manifest",
				   ends_draft(draft, DRAFT_REPLACE, &err),
				   &err),
			 -1);
	ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	ck_assert_uint_eq(scratch_count(scratch), 0);
	free(path);
}
END_TEST

START_TEST(an_object_is_absent_only_if_the_sentinel_has_none)
{
	static const char *const object =
	    "basebackups_005/" NAME "/backup_manifest";
	struct buf bytes = BUF_INIT(100);

	ck_assert_int_eq(get("other.json", &bytes), -1);
	ck_assert_int_eq((int)err.kind, ERR_ABSENT);
	ck_assert_int_eq(store_remove(store, &object, 1, &err), 0);
	ck_assert_int_eq(get("backup_manifest", &bytes), -1);
	expect_damaged(object);
	forget_digests();
	ck_assert_int_eq(get("backup_manifest", &bytes), -1);
	ck_assert_int_eq((int)err.kind, ERR_ABSENT);
	buf_free(&bytes);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, all_parts_become_a_tree, 1, 8);
	tcase_add_loop_test(
	    tcase, every_flipped_bit_is_damaged_and_the_object_named, 0, PARTS);
	tcase_add_loop_test(
	    tcase, no_flipped_bit_makes_a_wrong_tree_without_digests_either, 0,
	    PARTS);
	tcase_add_loop_test(tcase, a_missing_part_is_damaged_and_named, 0,
			    PARTS);
	tcase_add_loop_test(tcase,
			    another_size_or_checksum_in_the_sentinel_is_damaged,
			    0, PARTS);
	tcase_add_loop_test(tcase, a_part_cut_short_is_damaged_at_every_byte, 0,
			    PARTS);
	tcase_add_loop_test(tcase, pg_control_comes_after_everything_else, 0,
			    CONTROL);
	tcase_add_test(tcase, a_backup_without_pg_control_is_damaged);
	tcase_add_loop_test(tcase, no_failing_call_makes_a_wrong_tree, 0, 3);
	tcase_add_test(tcase, a_call_that_fails_once_is_tried_again);
	tcase_add_test(
	    tcase, what_a_failed_attempt_brought_of_pg_control_is_forgotten);
	tcase_add_test(tcase, only_what_cannot_be_reached_is_tried_again);
	tcase_add_test(tcase, retries_end_with_their_budget);
	tcase_add_test(tcase, another_object_comes_through_its_digest);
	tcase_add_test(tcase, what_fails_its_digest_is_not_committed);
	tcase_add_test(tcase,
		       an_object_is_absent_only_if_the_sentinel_has_none);
}

int
main(void)
{
	Suite *suite = suite_create("parts");
	TCase *tcase = tcase_create("parts");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
