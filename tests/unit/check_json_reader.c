#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/catalog/json_reader.h"

static void
open_text(struct json_reader *reader, const char *text, struct err *err)
{
	ck_assert_int_eq(json_reader_open(reader, text, strlen(text), err), 0);
}

static const struct {
	const char *text;
	uint64_t value;
} numbers[] = {
    {"{\"n\": 0}", 0},
    {"{\"n\": 9007199254740993}", 9007199254740993},
    {"{\"n\": 9223372036854775807}", INT64_MAX},
    {"{\"n\": 9223372036854775808}", (uint64_t)INT64_MAX + 1},
    {"{\"n\": 18446744073709551615}", UINT64_MAX},
    {"{\"m\": [18446744073709551615], \"n\": 7}", 7},
    {"{\"m\": 1e5, \"x\": 99999999999999999999, \"n\": 12}", 12},
};

START_TEST(integers_are_exact_up_to_the_last)
{
	struct json_reader reader;
	struct err err = {0};
	uint64_t value = 1;

	open_text(&reader, numbers[_i].text, &err);
	ck_assert(
	    json_reader_number(&reader, reader.root, "n", UINT64_MAX, &value));
	ck_assert(value == numbers[_i].value);
	ck_assert_int_eq(json_reader_close(&reader), 0);
}
END_TEST

static const char *const wrong_numbers[] = {
    "{\"n\": -1}",
    "{\"n\": 1.5}",
    "{\"n\": 1e3}",
    "{\"n\": true}",
    "{\"n\": \"x\"}",
    "{\"n\": []}",
    "{\"n\": 18446744073709551616}",
    "{\"n\": -18446744073709551615}",
    "{\"n\": \"\"}",
};

START_TEST(a_wrong_number_is_damage_that_names_its_key)
{
	struct json_reader reader;
	struct err err = {0};
	uint64_t value = 1;

	open_text(&reader, wrong_numbers[_i], &err);
	ck_assert(
	    !json_reader_number(&reader, reader.root, "n", UINT64_MAX, &value));
	ck_assert(value == 1);
	ck_assert_int_eq(json_reader_close(&reader), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
	ck_assert(strstr(err.message, "\"n\"") != NULL);
}
END_TEST

START_TEST(a_number_above_its_limit_is_refused)
{
	struct json_reader reader;
	struct err err = {0};
	uint64_t value = 1;

	open_text(&reader, "{\"n\": 256}", &err);
	ck_assert(json_reader_number(&reader, reader.root, "n", 256, &value));
	ck_assert(!json_reader_number(&reader, reader.root, "n", 255, &value));
	ck_assert_int_eq(json_reader_close(&reader), -1);
	ck_assert(strstr(err.message, "255") != NULL);
}
END_TEST

START_TEST(absent_and_null_are_no_failure)
{
	struct json_reader reader;
	struct err err = {0};
	uint64_t number = 5;
	char *text = NULL;
	bool flag = true;
	struct timespec when = {.tv_sec = 9};
	const char *keys[] = {"n", "m"};
	size_t i;

	open_text(&reader, "{\"n\": null}", &err);
	ck_assert(json_reader_has(&reader, "n"));
	ck_assert(!json_reader_has(&reader, "m"));
	for (i = 0; i < 2; i++) {
		const char *key = keys[i];

		ck_assert(
		    !json_reader_number(&reader, reader.root, key, 9, &number));
		ck_assert(!json_reader_text(&reader, reader.root, key, &text));
		ck_assert(!json_reader_flag(&reader, reader.root, key, &flag));
		ck_assert(!json_reader_time(&reader, reader.root, key, &when));
		ck_assert_ptr_null(
		    json_reader_array(&reader, reader.root, key));
		ck_assert_ptr_null(
		    json_reader_object(&reader, reader.root, key));
	}
	ck_assert_uint_eq(number, 5);
	ck_assert_ptr_null(text);
	ck_assert(flag);
	ck_assert_int_eq(when.tv_sec, 9);
	ck_assert_int_eq(json_reader_close(&reader), 0);
}
END_TEST

START_TEST(values_are_taken_as_they_are)
{
	struct json_reader reader;
	struct err err = {0};
	char *text = strdup("before");
	bool flag = false;
	struct timespec when = {0};

	open_text(&reader,
		  "{\"t\": \"\\u00e4\", \"f\": true, \"l\": [], \"o\": {},"
		  " \"w\": \"1970-01-01T01:00:01.5+01:00\","
		  " \"go\": \"0001-01-01T00:00:00Z\"}",
		  &err);
	ck_assert(json_reader_text(&reader, reader.root, "t", &text));
	ck_assert_str_eq(text, "\xc3\xa4");
	ck_assert(json_reader_flag(&reader, reader.root, "f", &flag));
	ck_assert(flag);
	ck_assert(json_reader_time(&reader, reader.root, "w", &when));
	ck_assert_int_eq(when.tv_sec, 1);
	ck_assert_int_eq(when.tv_nsec, 500000000);
	ck_assert(!json_reader_time(&reader, reader.root, "go", &when));
	ck_assert_int_eq(when.tv_sec, 1);
	ck_assert_ptr_nonnull(json_reader_array(&reader, reader.root, "l"));
	ck_assert_ptr_nonnull(json_reader_object(&reader, reader.root, "o"));
	ck_assert_int_eq(json_reader_close(&reader), 0);
	free(text);
}
END_TEST

START_TEST(each_wrong_type_is_damage)
{
	struct json_reader reader;
	struct err err = {0};
	char *text = NULL;
	bool flag = false;
	struct timespec when = {0};
	int which = _i;

	open_text(&reader, "{\"x\": 1, \"s\": \"yesterday\"}", &err);
	if (which == 0)
		(void)json_reader_text(&reader, reader.root, "x", &text);
	else if (which == 1)
		(void)json_reader_flag(&reader, reader.root, "x", &flag);
	else if (which == 2)
		(void)json_reader_time(&reader, reader.root, "x", &when);
	else if (which == 3)
		(void)json_reader_time(&reader, reader.root, "s", &when);
	else if (which == 4)
		(void)json_reader_array(&reader, reader.root, "x");
	else
		(void)json_reader_object(&reader, reader.root, "x");
	ck_assert_int_eq(json_reader_close(&reader), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
	ck_assert_ptr_null(text);
}
END_TEST

START_TEST(the_first_failure_stays)
{
	struct json_reader reader;
	struct err err = {0};

	open_text(&reader, "{}", &err);
	json_reader_fail(&reader, "number %d", 1);
	json_reader_fail(&reader, "number %d", 2);
	ck_assert_int_eq(json_reader_close(&reader), -1);
	ck_assert_str_eq(err.message, "number 1");
}
END_TEST

static const char *const broken[] = {
    "",
    "[]",
    "1",
    "null",
    "{",
    "{} {}",
    "{}x",
    "{\"a\":\"\\u0000\"}",
    "{1:2}",
    "{\"a\":1,}",
    "{\"a\":1e999}",
    "{\"a\":\"\xff\"}",
    "{'a':1}",
};

START_TEST(what_is_no_object_is_damaged)
{
	struct json_reader reader;
	struct err err = {0};

	ck_assert_int_eq(
	    json_reader_open(&reader, broken[_i], strlen(broken[_i]), &err),
	    -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
}
END_TEST

START_TEST(deep_nesting_is_damage_not_a_crash)
{
	size_t len = 1000000;
	char *text = malloc(len);
	struct err err = {0};

	memset(text, '[', len);
	ck_assert_int_eq(json_reader_check(text, len, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
	free(text);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int
main(void)
{
	Suite *suite = suite_create("json_reader");
	TCase *tests = tcase_create("reader");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tests, integers_are_exact_up_to_the_last, 0,
			    COUNT(numbers));
	tcase_add_loop_test(tests, a_wrong_number_is_damage_that_names_its_key,
			    0, COUNT(wrong_numbers));
	tcase_add_test(tests, a_number_above_its_limit_is_refused);
	tcase_add_test(tests, absent_and_null_are_no_failure);
	tcase_add_test(tests, values_are_taken_as_they_are);
	tcase_add_loop_test(tests, each_wrong_type_is_damage, 0, 6);
	tcase_add_test(tests, the_first_failure_stays);
	tcase_add_loop_test(tests, what_is_no_object_is_damaged, 0,
			    COUNT(broken));
	tcase_add_test(tests, deep_nesting_is_damage_not_a_crash);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
