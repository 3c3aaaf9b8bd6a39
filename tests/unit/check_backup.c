#include <stdio.h>
#include <stdlib.h>

#include <check.h>

#include "common/catalog/backup.h"
#include "tests/unit/backup_sample.h"

START_TEST(an_empty_backup_is_released_without_harm)
{
	struct backup backup;

	backup_init(&backup);
	ck_assert_ptr_null(backup.hostname);
	backup_free(&backup);
	backup_free(&backup);
}
END_TEST

START_TEST(a_released_backup_is_empty)
{
	struct backup backup;

	backup_sample(&backup, SAMPLE_DELTA);
	backup_free(&backup);
	ck_assert_ptr_null(backup.digests);
	ck_assert_uint_eq(backup.digest_count, 0);
	ck_assert_uint_eq(backup.tablespaces.count, 0);
	ck_assert_ptr_null(backup.delta_from);
	ck_assert_str_eq(backup.name, "");
}
END_TEST

START_TEST(every_digest_added_is_found)
{
	struct backup backup;
	const struct backup_digest *found;
	struct err err = {0};
	char name[32];
	unsigned i;

	backup_init(&backup);
	ck_assert_ptr_null(backup_find_digest(&backup, "part_0"));
	for (i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof name, "part_%u", i);
		ck_assert_int_eq(
		    backup_add_digest(&backup, name, i, i * 3, &err), 0);
	}
	for (i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof name, "part_%u", i);
		found = backup_find_digest(&backup, name);
		ck_assert_ptr_nonnull(found);
		ck_assert_uint_eq(found->size, i);
		ck_assert_uint_eq(found->crc32c, i * 3);
	}
	ck_assert_ptr_null(backup_find_digest(&backup, "part_100"));
	backup_free(&backup);
}
END_TEST

static const struct {
	uint64_t start, finish, size, first, last;
} ranges[] = {
    {0x3000028, 0x3000128, 16 << 20, 3, 3},
    {0x3000028, 0x4000000, 16 << 20, 3, 3},
    {0x3000028, 0x4000001, 16 << 20, 3, 4},
    {0x3000028, 0x3000128, 1 << 20, 48, 48},
    {0x3000028, 0, 16 << 20, 3, 3},
    {0x100000028, 0x300000000, 1 << 30, 4, 11},
};

START_TEST(a_restore_needs_the_segments_from_start_to_stop)
{
	struct backup backup;

	backup_init(&backup);
	backup.start_lsn = ranges[_i].start;
	backup.finish_lsn = ranges[_i].finish;
	backup.segment_size = ranges[_i].size;
	ck_assert_uint_eq(backup_first_segment(&backup), ranges[_i].first);
	ck_assert_uint_eq(backup_last_segment(&backup), ranges[_i].last);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("backup");
	TCase *tests = tcase_create("backup");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, an_empty_backup_is_released_without_harm);
	tcase_add_test(tests, a_released_backup_is_empty);
	tcase_add_test(tests, every_digest_added_is_found);
	tcase_add_loop_test(tests,
			    a_restore_needs_the_segments_from_start_to_stop, 0,
			    (int)(sizeof ranges / sizeof ranges[0]));
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
