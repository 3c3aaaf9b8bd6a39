#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/catalog/wal_archive.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"
#include "tests/unit/failing_sink.h"
#include "tests/unit/wal_sample.h"

#define SEGMENT "000000010000000000000001"

static const struct pipeline zstd = {.codec = CODEC_DEFAULT};

static struct store *
new_store(struct faulty_plan *plan, bool local)
{
	struct err err = {0};
	struct store *store =
	    faulty_store_new(memory_store_new(&err), plan, &err);

	ck_assert_ptr_nonnull(store);
	store->local = local;
	return store;
}

static void
put(struct store *store, const char *name, const void *data, size_t len)
{
	struct err err = {0};

	ck_assert_int_eq(
	    store_put_bytes(store, name, STORE_NEW, data, len, &err), 0);
}

static void
put_mark(struct store *store, const char *name)
{
	put(store, name, "x", 1);
}

/* Through the pipeline of that codec, under its suffix. */
static void
put_through(struct store *store, enum codec_kind kind, const char *name,
	    const void *data, size_t len)
{
	const struct pipeline pipeline = {.codec = {kind, 1}};
	char suffix[PIPELINE_SUFFIX_SIZE];
	char object[OBJECT_NAME_SIZE];
	struct err err = {0};
	struct sink *sink;

	pipeline_suffix(&pipeline, suffix);
	object_wal(name, suffix, object);
	sink = store_put(store, object, STORE_NEW, STORE_SIZE_UNKNOWN, &err);
	ck_assert_ptr_nonnull(sink);
	sink = pipeline_out(&pipeline, sink, &err);
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(sink_write(sink, data, len, &err), 0);
	ck_assert_int_eq(sink_finish(sink, &err), 0);
	sink_free(sink);
}

static void
put_segment(struct store *store, enum codec_kind kind)
{
	uint8_t *data = wal_sample(SEGMENT, 1);

	put_through(store, kind, SEGMENT, data, WAL_SAMPLE_SIZE);
	free(data);
}

static const char *const suffixes[] = {
    "",        ".zst",    ".lz4",    ".lzma",    ".xz",      ".gz",
    ".br",     ".lzo",    ".age",    ".zst.age", ".lz4.age", ".lzma.age",
    ".xz.age", ".gz.age", ".br.age", ".lzo.age",
};

START_TEST(a_file_is_found_under_every_suffix)
{
	bool local = _i % 2 == 0;
	const char *suffix = suffixes[_i / 2];
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, local);
	char object[OBJECT_NAME_SIZE];
	char found[OBJECT_NAME_SIZE];
	struct err err = {0};

	put_mark(store, "wal_005/" SEGMENT ".partial.zst");
	put_mark(store, "wal_005/" SEGMENT ".00000028.backup.zst");
	put_mark(store, "wal_005/" SEGMENT "_delta.zst");
	put_mark(store, "wal_005/" SEGMENT ".json");
	ck_assert_int_eq(wal_archive_find(store, &zstd, SEGMENT, found, &err),
			 -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_ABSENT);
	ck_assert(strstr(err.message, SEGMENT) != NULL);
	object_wal(SEGMENT, suffix, object);
	put_mark(store, object);
	ck_assert_int_eq(wal_archive_find(store, &zstd, SEGMENT, found, &err),
			 0);
	ck_assert_str_eq(found, object);
	store_free(store);
}
END_TEST

START_TEST(a_partial_file_is_found_by_its_own_name)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, _i == 0);
	char found[OBJECT_NAME_SIZE];
	struct err err = {0};

	put_mark(store, "wal_005/" SEGMENT ".lz4");
	put_mark(store, "wal_005/" SEGMENT ".partial.lz4");
	ck_assert_int_eq(
	    wal_archive_find(store, &zstd, SEGMENT ".partial", found, &err), 0);
	ck_assert_str_eq(found, "wal_005/" SEGMENT ".partial.lz4");
	ck_assert_int_eq(
	    wal_archive_find(store, &zstd, "../" SEGMENT, found, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_USAGE);
	store_free(store);
}
END_TEST

START_TEST(an_empty_local_store_may_not_be_mounted)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, _i == 0);
	const struct wal_range range = {1, 1, 3, WAL_SAMPLE_SIZE};
	char text[OBJECT_NAME_SIZE];
	uint64_t missing;
	uint32_t newest;
	struct err err = {0};
	int kind = (int)(_i == 0 ? ERR_UNREACHABLE : ERR_ABSENT);

	ck_assert_int_eq(wal_archive_find(store, &zstd, SEGMENT, text, &err),
			 -1);
	ck_assert_int_eq((int)err.kind, kind);
	ck_assert_int_eq(
	    wal_archive_missing(store, &range, &missing, text, &err),
	    _i == 0 ? -1 : 0);
	ck_assert_int_eq(
	    wal_archive_newest_timeline(store, &zstd, 1, &newest, &err),
	    _i == 0 ? -1 : 0);
	store_free(store);
}
END_TEST

static int
fetch(struct store *store, const char *name, uint64_t system,
      struct failing_sink *plan, struct err *err)
{
	struct sink *sink = failing_sink_new(plan, err);
	char object[OBJECT_NAME_SIZE];
	int result;

	ck_assert_ptr_nonnull(sink);
	result =
	    wal_archive_fetch(store, &zstd, name, system, sink, object, err);
	ck_assert_uint_eq(plan->freed, 1);
	ck_assert_uint_eq(plan->finished, result == 0);
	return result;
}

static const enum codec_kind kinds[] = {CODEC_ZSTD, CODEC_LZ4, CODEC_NONE};

START_TEST(a_segment_comes_back_whatever_was_written)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, _i % 2 == 0);
	struct buf bytes = BUF_INIT(2 * WAL_SAMPLE_SIZE);
	struct failing_sink end = {.bytes = &bytes};
	struct err err = {0};
	uint8_t *data = wal_sample(SEGMENT, 1);

	put_segment(store, kinds[_i / 2]);
	ck_assert_int_eq(fetch(store, SEGMENT, WAL_SAMPLE_SYSTEM, &end, &err),
			 0);
	ck_assert_uint_eq(bytes.len, WAL_SAMPLE_SIZE);
	ck_assert_mem_eq(bytes.data, data, WAL_SAMPLE_SIZE);
	buf_free(&bytes);
	free(data);
	store_free(store);
}
END_TEST

START_TEST(what_is_not_there_costs_two_requests_and_is_absent)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, false);
	struct failing_sink end = {0};
	struct err err = {0};

	put_mark(store, "wal_005/" SEGMENT ".partial.zst");
	plan.calls = 0;
	ck_assert_int_eq(fetch(store, SEGMENT, 0, &end, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_ABSENT);
	/* The list tells of one object, which counts as a call too. */
	ck_assert_uint_le(plan.calls, 3);
	ck_assert_uint_eq(end.calls, 0);
	store_free(store);
}
END_TEST

START_TEST(another_clusters_segment_is_refused)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, true);
	struct failing_sink end = {0};
	struct err err = {0};

	put_segment(store, CODEC_ZSTD);
	ck_assert_int_eq(fetch(store, SEGMENT, 1, &end, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_REFUSED);
	ck_assert(strstr(err.message, "wal_005/" SEGMENT ".zst") != NULL);
	store_free(store);
}
END_TEST

/* Bits all over the object; each costs a whole decompression. */
START_TEST(a_flipped_bit_never_gets_through)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, true);
	struct store_object object;
	struct err err = {0};
	uint64_t bits;
	uint64_t bit;

	put_segment(store, kinds[_i]);
	ck_assert_int_eq(store_stat(store,
				    _i == 0 ? "wal_005/" SEGMENT ".zst"
					    : "wal_005/" SEGMENT ".lz4",
				    &object, &err),
			 0);
	bits = object.size * 8;
	for (bit = 1; bit <= bits; bit += bits / 200 + (bit > 200)) {
		struct failing_sink end = {0};

		plan.flip_bit = bit;
		ck_assert_msg(
		    fetch(store, SEGMENT, WAL_SAMPLE_SYSTEM, &end, &err) == -1,
		    "bit %llu", (unsigned long long)bit);
		ck_assert_int_ne((int)err.kind, (int)ERR_ABSENT);
	}
	store_free(store);
}
END_TEST

START_TEST(a_cut_object_is_damage)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, true);
	struct err err = {0};
	uint64_t cut;

	put_segment(store, kinds[_i]);
	for (cut = 1; cut < 4000; cut = cut * 3 / 2 + 1) {
		struct failing_sink end = {0};

		plan.cut_at = cut;
		ck_assert_int_eq(fetch(store, SEGMENT, 0, &end, &err), -1);
		ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
		ck_assert(strstr(err.message, SEGMENT) != NULL);
	}
	store_free(store);
}
END_TEST

START_TEST(a_failing_call_is_unreachable_never_absent)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, _i % 2 == 0);
	uint64_t call;
	int result = -1;

	/* lz4: the first question is for .zst and finds nothing. */
	put_segment(store, CODEC_LZ4);
	for (call = 1; result != 0; call++) {
		struct failing_sink end = {0};
		struct err err = {0};

		plan = (struct faulty_plan){.fail_call = call};
		result = fetch(store, SEGMENT, 0, &end, &err);
		if (result != 0)
			ck_assert_int_eq((int)err.kind, (int)ERR_UNREACHABLE);
	}
	ck_assert_uint_ge(call, 4);
	for (call = 1; call <= 2; call++) {
		struct failing_sink end = {0};
		struct err err = {0};

		plan = (struct faulty_plan){.fail_call = call};
		ck_assert_int_eq(
		    fetch(store, "000000010000000000000002", 0, &end, &err),
		    -1);
		ck_assert_int_eq((int)err.kind, (int)ERR_UNREACHABLE);
	}
	store_free(store);
}
END_TEST

/* Whatever goes wrong at the target, or once bytes have come, ERR_ABSENT would
 * end a recovery early. */
START_TEST(a_target_that_has_gone_is_not_an_absent_segment)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, true);
	unsigned fail_at;
	int result = -1;

	put_segment(store, CODEC_ZSTD);
	for (fail_at = 1; result != 0; fail_at++) {
		struct failing_sink end = {.fail_at = fail_at,
					   .kind = ERR_ABSENT,
					   .message = "no such directory"};
		struct err err = {0};

		plan.calls = 0;
		result = fetch(store, SEGMENT, 0, &end, &err);
		if (result != 0)
			ck_assert_int_ne((int)err.kind, (int)ERR_ABSENT);
		/* One get, one chunk: the object is not looked for again. */
		ck_assert_uint_eq(plan.calls, 2);
	}
	ck_assert_uint_ge(fail_at, 3);
	store_free(store);
}
END_TEST

START_TEST(an_object_that_vanishes_once_found_is_unreachable)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, true);
	struct failing_sink end = {0};
	struct err err = {0};

	put_segment(store, CODEC_LZ4);
	/* Asked are: get .zst, stat .zst, stat .lz4, and then this one. */
	plan = (struct faulty_plan){.fail_call = 4, .kind = ERR_ABSENT};
	ck_assert_int_eq(fetch(store, SEGMENT, 0, &end, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_UNREACHABLE);
	store_free(store);
}
END_TEST

START_TEST(a_history_is_read_from_the_archive)
{
	static const char text[] = "1\t0/3000148\tno recovery target\n";
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, true);
	struct timeline_history history = {0};
	struct err err = {0};

	ck_assert_int_eq(wal_archive_history(store, &zstd, 1, &history, &err),
			 0);
	ck_assert_uint_eq(history.timeline, 1);
	ck_assert_uint_eq(history.count, 0);
	ck_assert_uint_eq(plan.calls, 0);
	timeline_free(&history);
	put_through(store, CODEC_LZ4, "00000002.history", text, strlen(text));
	put_through(store, CODEC_ZSTD, "00000003.history", "x", 1);
	ck_assert_int_eq(wal_archive_history(store, &zstd, 2, &history, &err),
			 0);
	ck_assert_uint_eq(history.count, 1);
	ck_assert(history.switches[0].end == 0x3000148);
	timeline_free(&history);
	ck_assert_int_eq(wal_archive_history(store, &zstd, 3, &history, &err),
			 -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
	ck_assert_int_eq(wal_archive_history(store, &zstd, 4, &history, &err),
			 -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_ABSENT);
	store_free(store);
}
END_TEST

START_TEST(the_newest_timeline_is_the_last_without_a_gap)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, _i == 0);
	uint32_t newest = 0;
	struct err err = {0};

	put_mark(store, "wal_005/00000002.history.zst");
	put_mark(store, "wal_005/00000003.history");
	put_mark(store, "wal_005/00000005.history.zst");
	ck_assert_int_eq(
	    wal_archive_newest_timeline(store, &zstd, 1, &newest, &err), 0);
	ck_assert_uint_eq(newest, 3);
	ck_assert_int_eq(
	    wal_archive_newest_timeline(store, &zstd, 5, &newest, &err), 0);
	ck_assert_uint_eq(newest, 5);
	plan = (struct faulty_plan){.fail_call = 2};
	ck_assert_int_eq(
	    wal_archive_newest_timeline(store, &zstd, 1, &newest, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_UNREACHABLE);
	store_free(store);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

static void
add_fetch_tests(TCase *tests)
{
	tcase_add_loop_test(tests, a_segment_comes_back_whatever_was_written, 0,
			    2 * COUNT(kinds));
	tcase_add_test(tests,
		       what_is_not_there_costs_two_requests_and_is_absent);
	tcase_add_test(tests, another_clusters_segment_is_refused);
	tcase_add_loop_test(tests, a_flipped_bit_never_gets_through, 0, 2);
	tcase_add_loop_test(tests, a_cut_object_is_damage, 0, COUNT(kinds));
	tcase_add_loop_test(tests, a_failing_call_is_unreachable_never_absent,
			    0, 2);
	tcase_add_test(tests, a_target_that_has_gone_is_not_an_absent_segment);
	tcase_add_test(tests,
		       an_object_that_vanishes_once_found_is_unreachable);
}

int
main(void)
{
	Suite *suite = suite_create("wal_archive");
	TCase *tests = tcase_create("archive");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, a_file_is_found_under_every_suffix, 0,
			    2 * COUNT(suffixes));
	tcase_add_loop_test(tests, a_partial_file_is_found_by_its_own_name, 0,
			    2);
	tcase_add_loop_test(tests, an_empty_local_store_may_not_be_mounted, 0,
			    2);
	add_fetch_tests(tests);
	tcase_add_test(tests, a_history_is_read_from_the_archive);
	tcase_add_loop_test(
	    tests, the_newest_timeline_is_the_last_without_a_gap, 0, 2);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
