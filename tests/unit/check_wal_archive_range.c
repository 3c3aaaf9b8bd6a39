/* The part of wal_archive that counts. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/catalog/wal_archive.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"
#include "tests/unit/wal_sample.h"

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
put_mark(struct store *store, const char *name)
{
	struct err err = {0};

	ck_assert_int_eq(store_put_bytes(store, name, STORE_NEW, "x", 1, &err),
			 0);
}

static void
put_range(struct store *store, uint64_t first, uint64_t last, uint64_t skip)
{
	char name[WAL_NAME_SIZE];
	char object[OBJECT_NAME_SIZE];
	uint64_t segment;

	for (segment = first; segment <= last; segment++) {
		if (segment == skip)
			continue;
		wal_name_of_segment(1, segment, WAL_SAMPLE_SIZE, name);
		object_wal(name, segment % 3 == 0 ? ".lz4" : ".zst", object);
		put_mark(store, object);
	}
}

static const struct {
	uint64_t first, last, missing;
	const char *name;
} ranges[] = {
    {4000, 4020, 0, ""},
    {4000, 4000, 0, ""},
    {4000, 4100, 1, "000000010000000000000FF7"},
    {4087, 4087, 1, "000000010000000000000FF7"},
    {3999, 4000, 1, "000000010000000000000F9F"},
    {3990, 4110, 10 + 1, "000000010000000000000F96"},
    {4195, 4205, 5, "000000010000000100000069"},
    {4096, 4200, 0, ""},
    {0, 10, 11, "000000010000000000000000"},
    {0, 200, 201, "000000010000000000000000"},
    {4210, 4300, 90, "000000010000000100000073"},
    {5, 4, 0, ""},
    {9000000, 9000999, 1000, ""},
};

/* Present are 4000 to 4200 but 4087, and 4210; beyond 4095 the names' middle
 * grows. */
START_TEST(missing_segments_are_counted)
{
	bool local = _i % 2 == 0;
	size_t which = (size_t)_i / 2;
	struct wal_range range = {1, ranges[which].first, ranges[which].last,
				  WAL_SAMPLE_SIZE};
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, local);
	char name[WAL_NAME_SIZE];
	uint64_t missing = 99;
	struct err err = {0};

	put_range(store, 4000, 4200, 4087);
	put_mark(store, "wal_005/000000010000000000000FF7.partial.zst");
	put_mark(store, "wal_005/000000010000000000000FF7.00000028.backup");
	put_mark(store, "wal_005/000000010000000000000FA0"); /* twice */
	put_mark(store, "wal_005/000000010000000100000072"); /* 4210 */
	put_mark(store, "wal_005/000000020000000000000FF7.zst");
	ck_assert_int_eq(
	    wal_archive_missing(store, &range, &missing, name, &err), 0);
	ck_assert_uint_eq(missing, ranges[which].missing);
	if (ranges[which].name[0] != '\0' || missing == 0)
		ck_assert_str_eq(name, ranges[which].name);
	store_free(store);
}
END_TEST

START_TEST(counting_fails_rather_than_miscount)
{
	struct faulty_plan plan = {0};
	struct store *store = new_store(&plan, _i == 0);
	struct wal_range range = {1, 4080, 4090, WAL_SAMPLE_SIZE};
	char name[WAL_NAME_SIZE];
	uint64_t missing;
	uint64_t call;
	int result = -1;

	put_range(store, 4000, 4200, 4087);
	for (call = 1; result != 0; call++) {
		struct err err = {0};

		plan = (struct faulty_plan){.fail_call = call};
		result =
		    wal_archive_missing(store, &range, &missing, name, &err);
		if (result != 0)
			ck_assert_int_eq((int)err.kind, (int)ERR_UNREACHABLE);
	}
	ck_assert_uint_eq(missing, 1);
	ck_assert_uint_ge(call, 11);
	store_free(store);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int
main(void)
{
	Suite *suite = suite_create("wal_archive_range");
	TCase *tests = tcase_create("range");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tests, missing_segments_are_counted, 0,
			    2 * COUNT(ranges));
	tcase_add_loop_test(tests, counting_fails_rather_than_miscount, 0, 2);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
