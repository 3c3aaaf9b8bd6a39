#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg/wal_name.h"

#define MIB ((uint64_t)1024 * 1024)

static const struct {
	const char *text;
	struct wal_name name;
} names[] = {
    {"000000010000000000000001", {WAL_SEGMENT, 1, 0, 1, 0}},
    {"0000000A000000FF000000FE", {WAL_SEGMENT, 10, 0xFF, 0xFE, 0}},
    {"FFFFFFFFFFFFFFFFFFFFFFFF",
     {WAL_SEGMENT, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0}},
    {"000000020000000100000003.partial", {WAL_PARTIAL, 2, 1, 3, 0}},
    {"000000010000000000000001.00000028.backup",
     {WAL_BACKUP_HISTORY, 1, 0, 1, 0x28}},
    {"00000002.history", {WAL_TIMELINE, 2, 0, 0, 0}},
    {"FFFFFFFF.history", {WAL_TIMELINE, 0xFFFFFFFF, 0, 0, 0}},
};

START_TEST(a_name_is_parsed_and_written_back)
{
	struct wal_name name;
	const struct wal_name *expected = &names[_i].name;
	char text[WAL_NAME_SIZE];

	ck_assert_int_eq(wal_name_parse(names[_i].text, &name), 0);
	ck_assert_int_eq(name.kind, expected->kind);
	ck_assert_uint_eq(name.timeline, expected->timeline);
	ck_assert_uint_eq(name.high, expected->high);
	ck_assert_uint_eq(name.low, expected->low);
	ck_assert_uint_eq(name.offset, expected->offset);
	wal_name_format(&name, text);
	ck_assert_str_eq(text, names[_i].text);
}
END_TEST

static const char *const refused[] = {
    "",
    "000000000000000000000001",
    "00000000.history",
    "00000001000000000000000a",
    "0000000100000000000000012",
    "000000010000000000000001.",
    "000000010000000000000001.PARTIAL",
    "000000010000000000000001.partial.zst",
    "000000010000000000000001.00000028",
    "000000010000000000000001.0000028.backup",
    "000000010000000000000001.00000028.backup.gz",
    "000000010000000000000001_00000028.backup",
    "000000010000000000000001.0000002g.backup",
    "00000002.histor",
    "00000002.history~",
    "0000000G.history",
    " 00000001000000000000001",
    "../00000010000000000000001",
    "archive_status",
};

START_TEST(other_names_are_refused)
{
	struct wal_name name = {.timeline = 99};

	ck_assert_int_eq(wal_name_parse(refused[_i], &name), -1);
	ck_assert_uint_eq(name.timeline, 99);
}
END_TEST

START_TEST(every_shorter_name_is_refused_or_another_kind)
{
	const char *whole = "000000010000000000000001.00000028.backup";

	for (size_t len = 0; len < strlen(whole); len++) {
		/* On the heap, so that a read too far is seen by the
		 * sanitizers. */
		char *text = strndup(whole, len);
		struct wal_name name;

		ck_assert_int_eq(wal_name_parse(text, &name),
				 len == 24 ? 0 : -1);
		free(text);
	}
}
END_TEST

/* The last segment before the second word of the name wraps, and the next. */
static const struct {
	uint64_t size;
	uint64_t segment;
	const char *text;
	uint64_t lsn;
} segments[] = {
    {MIB, 0xFFF, "000000010000000000000FFF", 0xFFF00000},
    {MIB, 0x1000, "000000010000000100000000", UINT64_C(0x100000000)},
    {16 * MIB, 0xFF, "0000000100000000000000FF", 0xFF000000},
    {16 * MIB, 0x100, "000000010000000100000000", UINT64_C(0x100000000)},
    {16 * MIB, 0x2FE, "0000000100000002000000FE", UINT64_C(0x2FE000000)},
    {64 * MIB, 0x3F, "00000001000000000000003F", 0xFC000000},
    {64 * MIB, 0x40, "000000010000000100000000", UINT64_C(0x100000000)},
    {1024 * MIB, 3, "000000010000000000000003", 0xC0000000},
    {1024 * MIB, 4, "000000010000000100000000", UINT64_C(0x100000000)},
    {1024 * MIB, UINT64_C(0x3FFFFFFFF), "00000001FFFFFFFF00000003",
     UINT64_C(0xFFFFFFFFC0000000)},
    {MIB, UINT64_C(0xFFFFFFFFFFF), "00000001FFFFFFFF00000FFF",
     UINT64_C(0xFFFFFFFFFFF00000)},
};

START_TEST(segments_are_numbered_by_their_size)
{
	uint64_t size = segments[_i].size;
	char text[WAL_NAME_SIZE];
	struct wal_name name;

	wal_name_of_segment(1, segments[_i].segment, size, text);
	ck_assert_str_eq(text, segments[_i].text);
	ck_assert_int_eq(wal_name_parse(text, &name), 0);
	ck_assert_uint_eq(wal_name_segment(&name, size), segments[_i].segment);
	ck_assert(wal_name_fits(&name, size));
	/* The first and the last byte of the segment lie in it. */
	wal_name_of_lsn(1, segments[_i].lsn, size, text);
	ck_assert_str_eq(text, segments[_i].text);
	wal_name_of_lsn(1, segments[_i].lsn + size - 1, size, text);
	ck_assert_str_eq(text, segments[_i].text);
}
END_TEST

START_TEST(a_name_that_its_segment_size_cannot_have_does_not_fit)
{
	static const struct {
		uint64_t size;
		uint32_t most;
	} last[] = {
	    {MIB, 0xFFF},
	    {16 * MIB, 0xFF},
	    {64 * MIB, 0x3F},
	    {1024 * MIB, 3},
	};

	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		struct wal_name name = {.timeline = 1, .low = last[i].most};

		ck_assert(wal_name_fits(&name, last[i].size));
		name.low++;
		ck_assert(!wal_name_fits(&name, last[i].size));
	}
}
END_TEST

START_TEST(a_segment_size_is_a_power_of_two_from_1_mib_to_1_gib)
{
	unsigned valid = 0;

	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t size = UINT64_C(1) << bit;

		valid += wal_segment_size_valid(size);
		ck_assert(!wal_segment_size_valid(size * 3));
		if (bit > 1) {
			ck_assert(!wal_segment_size_valid(size + 1));
			ck_assert(!wal_segment_size_valid(size - 1));
		}
	}
	ck_assert_uint_eq(valid, 11);
	ck_assert(wal_segment_size_valid(WAL_SEGMENT_SIZE_MIN));
	ck_assert(wal_segment_size_valid(WAL_SEGMENT_SIZE_MAX));
	ck_assert(!wal_segment_size_valid(0));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wal_name");
	TCase *tcase = tcase_create("wal_name");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, a_name_is_parsed_and_written_back, 0,
			    sizeof(names) / sizeof(names[0]));
	tcase_add_loop_test(tcase, other_names_are_refused, 0,
			    sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tcase, every_shorter_name_is_refused_or_another_kind);
	tcase_add_loop_test(tcase, segments_are_numbered_by_their_size, 0,
			    sizeof(segments) / sizeof(segments[0]));
	tcase_add_test(tcase,
		       a_name_that_its_segment_size_cannot_have_does_not_fit);
	tcase_add_test(tcase,
		       a_segment_size_is_a_power_of_two_from_1_mib_to_1_gib);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
