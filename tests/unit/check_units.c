/* check_units - numbers, sizes, durations and words as people write them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/units.h"

#define K UINT64_C(1024)

static const struct {
	const char *text;
	uint64_t value;
} sizes[] = {
    {"0", 0},
    {"1", 1},
    {"512B", 512},
    {"512b", 512},
    {"1K", K},
    {"1k", K},
    {"1kB", K},
    {"1KiB", K},
    {"16M", 16 * K *K},
    {"16MB", 16 * K *K},
    {"16MiB", 16 * K *K},
    {"2G", 2 * K *K *K},
    {"2GB", 2 * K *K *K},
    {"3T", 3 * K *K *K *K},
    {"3TiB", 3 * K *K *K *K},
    {"0T", 0},
    {"18446744073709551615", UINT64_MAX},
    {"16777215T", 16777215 * K *K *K *K},
};

START_TEST(a_size_is_read_in_powers_of_1024)
{
	struct err err = {0};
	uint64_t value = 42;

	ck_assert_int_eq(units_parse_size(sizes[_i].text, &value, &err), 0);
	ck_assert_uint_eq(value, sizes[_i].value);
}
END_TEST

static const char *const bad_sizes[] = {
    "",
    "K",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1 K",
    "1.5G",
    "1KB2",
    "1KK",
    "1BB",
    "1KiBB",
    "1i",
    "1iB",
    "1P",
    "0x10",
    "1e3",
    "16777216T",
    "18446744073709551616",
    "99999999999999999999999",
};

START_TEST(any_other_size_is_refused_by_name)
{
	struct err err = {0};
	uint64_t value = 42;

	ck_assert_int_eq(units_parse_size(bad_sizes[_i], &value, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.message, bad_sizes[_i]));
	ck_assert_ptr_nonnull(strstr(err.message, "expected"));
	ck_assert_uint_eq(value, 42);
}
END_TEST

static const struct {
	const char *text;
	uint64_t value;
} durations[] = {
    {"0", 0},        {"7", 7000},
    {"250ms", 250},  {"60s", 60000},
    {"5m", 300000},  {"5min", 300000},
    {"2h", 7200000}, {"3d", 259200000},
    {"0d", 0},       {"18446744073709551615ms", UINT64_MAX},
};

START_TEST(a_duration_is_read_as_milliseconds)
{
	struct err err = {0};
	uint64_t value = 42;

	ck_assert_int_eq(units_parse_duration(durations[_i].text, &value, &err),
			 0);
	ck_assert_uint_eq(value, durations[_i].value);
}
END_TEST

static const char *const bad_durations[] = {
    "",
    "s",
    "-1s",
    "1 s",
    "1.5s",
    "1M",
    "1S",
    "1w",
    "1hh",
    "1h5m",
    "1us",
    "18446744073709551615",
    "18446744073709551616ms",
};

START_TEST(any_other_duration_is_refused_by_name)
{
	struct err err = {0};
	uint64_t value = 42;

	ck_assert_int_eq(units_parse_duration(bad_durations[_i], &value, &err),
			 -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.message, bad_durations[_i]));
	ck_assert_ptr_nonnull(strstr(err.message, "expected"));
	ck_assert_uint_eq(value, 42);
}
END_TEST

static const struct {
	const char *text;
	uint64_t min;
	uint64_t max;
	int result;
} numbers[] = {
    {"5", 5, 5, 0},
    {"005", 5, 5, 0},
    {"0", 0, UINT64_MAX, 0},
    {"18446744073709551615", 0, UINT64_MAX, 0},
    {"18446744073709551616", 0, UINT64_MAX, -1},
    {"18446744073709551620", 0, UINT64_MAX, -1},
    {"4", 5, 7, -1},
    {"8", 5, 7, -1},
    {"", 0, 9, -1},
    {"-1", 0, UINT64_MAX, -1},
    {"+1", 0, 9, -1},
    {" 1", 0, 9, -1},
    {"1 ", 0, 9, -1},
    {"0x1", 0, 9, -1},
    {"1.0", 0, 9, -1},
};

START_TEST(a_number_is_digits_within_its_range)
{
	struct err err = {0};
	uint64_t value = 42;

	ck_assert_int_eq(units_parse_number(numbers[_i].text, numbers[_i].min,
					    numbers[_i].max, &value, &err),
			 numbers[_i].result);
	if (numbers[_i].result == 0) {
		ck_assert_uint_eq(value, strtoull(numbers[_i].text, NULL, 10));
	} else {
		ck_assert_uint_eq(value, 42);
		ck_assert_int_eq(err.kind, ERR_USAGE);
		ck_assert_ptr_nonnull(strstr(err.message, numbers[_i].text));
	}
}
END_TEST

START_TEST(a_refused_number_says_the_range)
{
	struct err err = {0};
	uint64_t value;

	ck_assert_int_eq(units_parse_number("99", 1, 16, &value, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "from 1 to 16"));
}
END_TEST

static const struct {
	uint64_t bytes;
	const char *text;
} size_texts[] = {
    {0, "0 B"},
    {512, "512 B"},
    {1023, "1023 B"},
    {K, "1 KiB"},
    {1536, "1.5 KiB"},
    {K * 999 + 921, "999.9 KiB"},
    {K * 1000 + 100, "1000 KiB"},
    {K * 1023, "1023 KiB"},
    {K * K - 1, "1 MiB"},
    {K * K, "1 MiB"},
    {16 * K * K, "16 MiB"},
    {3 * K * K * K / 2, "1.5 GiB"},
    {K * K * K * K, "1 TiB"},
    {K * K * K * K * K, "1 PiB"},
    {UINT64_MAX, "16 EiB"},
};

START_TEST(a_size_is_written_with_four_digits_at_most)
{
	char text[UNITS_TEXT_SIZE];

	units_format_size(size_texts[_i].bytes, text);
	ck_assert_str_eq(text, size_texts[_i].text);
}
END_TEST

static const struct {
	uint64_t milliseconds;
	const char *text;
} duration_texts[] = {
    {0, "0 ms"},
    {350, "350 ms"},
    {999, "999 ms"},
    {1000, "1 s"},
    {12345, "12.3 s"},
    {59999, "59.9 s"},
    {60000, "1 min"},
    {245000, "4 min 5 s"},
    {3599999, "59 min 59 s"},
    {3600000, "1 h"},
    {11520000, "3 h 12 min"},
    {86399999, "23 h 59 min"},
    {86400000, "1 d"},
    {442800000, "5 d 3 h"},
    {UINT64_MAX, "213503982334 d 14 h"},
};

START_TEST(a_duration_is_written_in_its_two_largest_units)
{
	char text[UNITS_TEXT_SIZE];

	units_format_duration(duration_texts[_i].milliseconds, text);
	ck_assert_str_eq(text, duration_texts[_i].text);
}
END_TEST

#define TEN "xxxxxxxxxx"
#define SIXTY TEN TEN TEN TEN TEN TEN

static const struct {
	const char *a;
	const char *b;
	size_t distance;
} distances[] = {
    {"", "", 0},
    {"a", "", 1},
    {"", "abc", 3},
    {"store", "store", 0},
    {"stroe", "store", 2},
    {"stor", "store", 1},
    {"sttore", "store", 1},
    {"stare", "store", 1},
    {"kitten", "sitting", 3},
    {"abc", "xyz", 3},
    {SIXTY "xxx", SIXTY "xx", 1},
    {SIXTY "xxxx", SIXTY "xxx", 64},
    {"a", SIXTY "xxxxx", 65},
};

START_TEST(distance_counts_the_edits_either_way)
{
	ck_assert_uint_eq(units_distance(distances[_i].a, distances[_i].b),
			  distances[_i].distance);
	ck_assert_uint_eq(units_distance(distances[_i].b, distances[_i].a),
			  distances[_i].distance);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("units");
	TCase *tests = tcase_create("units");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests, a_size_is_read_in_powers_of_1024, 0,
			    (int)(sizeof sizes / sizeof sizes[0]));
	tcase_add_loop_test(tests, any_other_size_is_refused_by_name, 0,
			    (int)(sizeof bad_sizes / sizeof bad_sizes[0]));
	tcase_add_loop_test(tests, a_duration_is_read_as_milliseconds, 0,
			    (int)(sizeof durations / sizeof durations[0]));
	tcase_add_loop_test(
	    tests, any_other_duration_is_refused_by_name, 0,
	    (int)(sizeof bad_durations / sizeof bad_durations[0]));
	tcase_add_loop_test(tests, a_number_is_digits_within_its_range, 0,
			    (int)(sizeof numbers / sizeof numbers[0]));
	tcase_add_test(tests, a_refused_number_says_the_range);
	tcase_add_loop_test(tests, a_size_is_written_with_four_digits_at_most,
			    0, (int)(sizeof size_texts / sizeof size_texts[0]));
	tcase_add_loop_test(
	    tests, a_duration_is_written_in_its_two_largest_units, 0,
	    (int)(sizeof duration_texts / sizeof duration_texts[0]));
	tcase_add_loop_test(tests, distance_counts_the_edits_either_way, 0,
			    (int)(sizeof distances / sizeof distances[0]));
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
