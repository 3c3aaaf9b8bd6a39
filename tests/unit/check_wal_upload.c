#include "archive/wal_upload.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/path.h"
#include "common/catalog/wal_archive.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"
#include "common/stream/ends.h"
#include "tests/unit/scratch.h"
#include "tests/unit/wal_sample.h"

#define SEGMENT "000000010000000000000001"

static const struct pipeline zstd = {.codec = CODEC_DEFAULT};
static const struct pipeline lz4 = {.codec = {CODEC_LZ4, 0}};

static char *scratch;
static char *path;
static uint8_t *data; /* what the local file holds */
static struct wal_file file;
static struct faulty_plan plan;
static struct store *memory;
static struct store *store;
static struct err err;

static void
renew_store(void)
{
	store_free(store);
	memory = memory_store_new(&err);
	store = faulty_store_new(memory, &plan, &err);
	ck_assert_ptr_nonnull(store);
	/* an archive is never empty when a file comes to it */
	ck_assert_int_eq(
	    store_put_bytes(memory, "cluster.json", STORE_NEW, "{}", 2, &err),
	    0);
}

static void
set_up(void)
{
	log_start("check_wal_upload", LOG_QUIET);
	scratch = scratch_make();
	path = path_join(scratch, SEGMENT, &err);
	data = wal_sample(SEGMENT, 1);
	scratch_write(path, data, WAL_SAMPLE_SIZE);
	ck_assert_int_eq(wal_file_open(path, NULL, &file, &err), 0);
	renew_store();
}

static void
tear_down(void)
{
	store_free(store);
	wal_file_close(&file);
	free(data);
	free(path);
	scratch_remove(scratch);
}

static int
upload(const struct pipeline *pipeline)
{
	memset(&err, 0, sizeof err);
	plan.calls = 0;
	return wal_upload(store, pipeline, &file, &err);
}

/* The content of the object, whole and right, or the test ends. */
static void
expect_object(const char *object)
{
	struct buf bytes = BUF_INIT(2 * WAL_SAMPLE_SIZE);
	struct sink *in = pipeline_in(object, ends_memory(&bytes, &err), &err);

	ck_assert_ptr_nonnull(in);
	ck_assert_msg(store_get(memory, object, 0, STORE_TO_END, in, &err) == 0,
		      "%s", err.message);
	ck_assert_int_eq(sink_finish(in, &err), 0);
	ck_assert_uint_eq(bytes.len, WAL_SAMPLE_SIZE);
	ck_assert_int_eq(memcmp(bytes.data, data, WAL_SAMPLE_SIZE), 0);
	sink_free(in);
	buf_free(&bytes);
}

static void
put_other(void)
{
	uint8_t *other = wal_sample(SEGMENT, 1);
	struct sink *out = store_put(memory, "wal_005/" SEGMENT ".zst",
				     STORE_NEW, STORE_SIZE_UNKNOWN, &err);

	other[70000] ^= 1;
	out = pipeline_out(&zstd, out, &err);
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(sink_write(out, other, WAL_SAMPLE_SIZE, &err), 0);
	ck_assert_int_eq(sink_finish(out, &err), 0);
	sink_free(out);
	free(other);
}

START_TEST(a_file_is_stored_under_its_pipelines_suffix)
{
	store->local = _i;
	ck_assert_msg(upload(&zstd) == 0, "%s", err.message);
	expect_object("wal_005/" SEGMENT ".zst");
	ck_assert_uint_eq(memory_store_count(memory), 2);
}
END_TEST

START_TEST(the_same_content_again_is_success)
{
	store->local = _i;
	ck_assert_int_eq(upload(&zstd), 0);
	ck_assert_msg(upload(&zstd) == 0, "%s", err.message);
	expect_object("wal_005/" SEGMENT ".zst");
	ck_assert_uint_eq(memory_store_count(memory), 2);
}
END_TEST

START_TEST(
    the_same_content_under_another_suffix_is_success_where_asking_is_free)
{
	store->local = true;
	ck_assert_int_eq(upload(&lz4), 0);
	ck_assert_msg(upload(&zstd) == 0, "%s", err.message);
	ck_assert_uint_eq(memory_store_count(memory), 2);
	expect_object("wal_005/" SEGMENT ".lz4");
}
END_TEST

START_TEST(other_content_is_never_replaced)
{
	struct buf before = BUF_INIT(2 * WAL_SAMPLE_SIZE);
	struct buf after = BUF_INIT(2 * WAL_SAMPLE_SIZE);
	static const char object[] = "wal_005/" SEGMENT ".zst";

	store->local = _i % 2;
	put_other();
	ck_assert_int_eq(store_get_bytes(memory, object, &before, &err), 0);
	ck_assert_int_eq(upload(_i < 2 ? &zstd : &lz4), -1);
	ck_assert_msg(err.kind == ERR_EXISTS, "%s", err.message);
	ck_assert_ptr_nonnull(strstr(err.message, path));
	ck_assert_ptr_nonnull(strstr(err.message, object));
	ck_assert_ptr_nonnull(strstr(err.message, "byte 70000"));
	ck_assert_ptr_nonnull(strstr(err.hint, "wrote both"));
	ck_assert_int_eq(store_get_bytes(memory, object, &after, &err), 0);
	ck_assert_uint_eq(before.len, after.len);
	ck_assert_int_eq(memcmp(before.data, after.data, after.len), 0);
	ck_assert_uint_eq(memory_store_count(memory), 2);
	buf_free(&before);
	buf_free(&after);
}
END_TEST

/* Wherever the bit lies, this is not other content. */
START_TEST(what_is_there_and_damaged_is_not_called_other_content)
{
	struct store_object object;
	uint64_t bits;

	store->local = true;
	ck_assert_int_eq(upload(&zstd), 0);
	ck_assert_int_eq(
	    store_stat(memory, "wal_005/" SEGMENT ".zst", &object, &err), 0);
	bits = object.size * 8;
	for (plan.flip_bit = 1; plan.flip_bit <= bits;
	     plan.flip_bit += bits / 150 + 1) {
		if (upload(&zstd) == 0)
			continue; /* a bit that says nothing */
		ck_assert_msg(err.kind == ERR_DAMAGED, "bit %llu: %s",
			      (unsigned long long)plan.flip_bit, err.message);
		ck_assert_ptr_nonnull(strstr(err.message, SEGMENT ".zst"));
	}
	plan.flip_bit = 0;
	for (plan.cut_at = 1; plan.cut_at < object.size;
	     plan.cut_at += object.size / 50 + 1) {
		ck_assert_int_eq(upload(&zstd), -1);
		ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	}
}
END_TEST

/* Fail the Nth call for every N; then push again. `there`: a first push has
 * been, so this one compares. */
START_TEST(after_any_failure_the_object_is_whole_or_absent)
{
	bool there = _i / 2;
	uint64_t number;
	int result = -1;

	for (number = 1; result != 0; number++) {
		renew_store();
		store->local = _i % 2;
		plan.fail_call = 0;
		if (there)
			ck_assert_int_eq(upload(&zstd), 0);
		plan.fail_call = number;
		result = upload(&zstd);
		if (result != 0) {
			ck_assert_msg(err.kind == ERR_UNREACHABLE, "%s",
				      err.message);
			ck_assert_ptr_nonnull(strstr(err.message, path));
		}
		if (result == 0 || there)
			expect_object("wal_005/" SEGMENT ".zst");
		else
			ck_assert_uint_eq(memory_store_count(memory), 1);
		plan.fail_call = 0;
		ck_assert_msg(upload(&zstd) == 0, "%s", err.message);
		expect_object("wal_005/" SEGMENT ".zst");
	}
	ck_assert_uint_gt(number, 4);
}
END_TEST

START_TEST(a_file_that_shrinks_is_not_stored)
{
	scratch_write(path, data, WAL_SAMPLE_SIZE - 1);
	ck_assert_int_eq(upload(&zstd), -1);
	ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	ck_assert_uint_eq(memory_store_count(memory), 1);
}
END_TEST

START_TEST(a_local_store_with_nothing_in_it_may_not_be_mounted)
{
	static const char *const name = "cluster.json";

	ck_assert_int_eq(store_remove(memory, &name, 1, &err), 0);
	store->local = true;
	ck_assert_int_eq(upload(&zstd), -1);
	ck_assert_int_eq((int)err.kind, ERR_UNREACHABLE);
	ck_assert_uint_eq(memory_store_count(memory), 0);
}
END_TEST

#define PUSHERS 6

static void *
push(void *context)
{
	struct err *mine = context;

	return wal_upload(store, &zstd, &file, mine) == 0 ? NULL : mine;
}

START_TEST(pushes_of_one_file_at_the_same_time_all_succeed)
{
	pthread_t threads[PUSHERS];
	struct err errs[PUSHERS] = {{0}};

	store->local = _i;
	for (size_t i = 0; i < PUSHERS; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, push, &errs[i]), 0);
	for (size_t i = 0; i < PUSHERS; i++) {
		void *failed = NULL;

		ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
		ck_assert_msg(failed == NULL, "%s", errs[i].message);
	}
	expect_object("wal_005/" SEGMENT ".zst");
	ck_assert_uint_eq(memory_store_count(memory), 2);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_file_is_stored_under_its_pipelines_suffix,
			    0, 2);
	tcase_add_loop_test(tcase, the_same_content_again_is_success, 0, 2);
	tcase_add_test(
	    tcase,
	    the_same_content_under_another_suffix_is_success_where_asking_is_free);
	/* the last one: another suffix, in a store that is asked first */
	tcase_add_loop_test(tcase, other_content_is_never_replaced, 0, 2);
	tcase_add_loop_test(tcase, other_content_is_never_replaced, 3, 4);
	tcase_add_test(tcase,
		       what_is_there_and_damaged_is_not_called_other_content);
	tcase_add_loop_test(
	    tcase, after_any_failure_the_object_is_whole_or_absent, 0, 4);
	tcase_add_test(tcase, a_file_that_shrinks_is_not_stored);
	tcase_add_test(tcase,
		       a_local_store_with_nothing_in_it_may_not_be_mounted);
	tcase_add_loop_test(
	    tcase, pushes_of_one_file_at_the_same_time_all_succeed, 0, 2);
}

int
main(void)
{
	Suite *suite = suite_create("wal_upload");
	TCase *tcase = tcase_create("wal_upload");
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
