#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/catalog/json_scan.h"

static const struct {
	const char *text;
	const char *quoted;
} integers[] = {
    {"", ""},
    {"{\"a\":1}", "{\"a\":1}"},
    {"18446744073709551615", "\"18446744073709551615\""},
    {"[ -9223372036854775809]", "[ \"-9223372036854775809\"]"},
    {"123456789012345678", "123456789012345678"},
    {"1234567890123456789.5", "1234567890123456789.5"},
    {"1234567890123456789e1", "1234567890123456789e1"},
    {"\"18446744073709551615\"", "\"18446744073709551615\""},
    {"\"\\\"18446744073709551615\"", "\"\\\"18446744073709551615\""},
    {"\"18446744073709551615", "\"18446744073709551615"},
    {"\"\\", "\"\\"},
};

START_TEST(long_integers_become_texts_and_nothing_else)
{
	struct buf out = BUF_INIT(100);
	struct err err = {0};
	const char *text = integers[_i].text;

	ck_assert_int_eq(
	    json_scan_quote_integers(text, strlen(text), &out, &err), 0);
	ck_assert_str_eq(buf_text(&out), integers[_i].quoted);
	buf_free(&out);
}
END_TEST

START_TEST(compact_text_keeps_what_is_in_strings)
{
	const char *text = " {\n\t\"a b\" : [ 1 , \"x \\\" y\" ],\r\n"
			   "\"c\":1.10 } ";
	struct buf out = BUF_INIT(100);
	struct err err = {0};

	ck_assert_int_eq(json_scan_compact(text, strlen(text), &out, &err), 0);
	ck_assert_str_eq(buf_text(&out),
			 "{\"a b\":[1,\"x \\\" y\"],\"c\":1.10}");
	buf_free(&out);
}
END_TEST

START_TEST(a_full_buffer_is_reported)
{
	struct buf out = BUF_INIT(5);
	struct err err = {0};

	ck_assert_int_eq(json_scan_compact("[1,2,3]", 7, &out, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_SYSTEM);
	ck_assert_int_eq(json_scan_quote_integers("[1,2,3]", 7, &out, &err),
			 -1);
	buf_free(&out);
}
END_TEST

static const struct {
	const char *text;
	const char *value; /* of "k"; NULL: none */
} members[] = {
    {"{\"k\":1}", "1"},
    {" { \"k\" : 1.10 } ", "1.10"},
    {"{\"a\":{\"k\":1},\"k\":[1,{\"k\":2}],\"b\":3}", "[1,{\"k\":2}]"},
    {"{\"a\":{\"k\":1}}", NULL},
    {"{\"k\":\"}\\\"\",\"kk\":2}", "\"}\\\"\""},
    {"{\"k\":1,\"k\":2}", "2"},
    {"{\"K\":1}", NULL},
    {"{\"x\":\"k\"}", NULL},
    {"{}", NULL},
    {"[\"k\",1]", NULL},
    {"1", NULL},
    {"", NULL},
    {"{\"a\":[],\"k\":null}", "null"},
};

START_TEST(a_member_is_found_in_the_outermost_object_only)
{
	const char *text = members[_i].text;
	struct span value = {NULL, 0};
	bool found = json_scan_member(text, strlen(text), "k", &value);

	ck_assert_int_eq(found, members[_i].value != NULL);
	if (found) {
		ck_assert_uint_eq(value.len, strlen(members[_i].value));
		ck_assert_mem_eq(value.data, members[_i].value, value.len);
	}
}
END_TEST

/* The scanners must end, and stay inside the text, whatever it is. */
START_TEST(no_text_leads_outside_of_itself)
{
	static const char text[] =
	    "{\"k\": [\"\\\\\", -12345678901234567890, {}], \"b\" : tru";
	struct buf out = BUF_INIT(1000);
	struct err err = {0};
	struct span value;
	size_t len;

	for (len = 0; len < sizeof text; len++) {
		char *copy = malloc(len + 1);

		memcpy(copy, text, len);
		copy = realloc(copy, len > 0 ? len : 1);
		buf_clear(&out);
		ck_assert_int_eq(
		    json_scan_quote_integers(copy, len, &out, &err), 0);
		ck_assert_int_eq(json_scan_compact(copy, len, &out, &err), 0);
		if (json_scan_member(copy, len, "k", &value))
			ck_assert((const char *)value.data + value.len <=
				  copy + len);
		free(copy);
	}
	buf_free(&out);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int
main(void)
{
	Suite *suite = suite_create("json_scan");
	TCase *tests = tcase_create("scan");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tests, long_integers_become_texts_and_nothing_else,
			    0, COUNT(integers));
	tcase_add_test(tests, compact_text_keeps_what_is_in_strings);
	tcase_add_test(tests, a_full_buffer_is_reported);
	tcase_add_loop_test(tests,
			    a_member_is_found_in_the_outermost_object_only, 0,
			    COUNT(members));
	tcase_add_test(tests, no_text_leads_outside_of_itself);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
