#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/catalog/json_reader.h"
#include "common/catalog/json_seal.h"
#include "common/catalog/json_writer.h"

START_TEST(a_document_has_one_key_a_line)
{
	struct buf out = BUF_INIT(1000);
	struct json_writer writer;
	struct err err = {0};
	const struct timespec when = {.tv_sec = 1, .tv_nsec = 5000};

	ck_assert_int_eq(buf_append(&out, "x", 1, &err), 0);
	json_writer_begin(&writer, &out, &err);
	json_writer_number(&writer, "n", UINT64_MAX);
	json_writer_text(&writer, "t", "a\"b");
	json_writer_text(&writer, "none", NULL);
	json_writer_flag(&writer, "yes", true);
	json_writer_flag(&writer, "no", false);
	json_writer_time(&writer, "when", when);
	json_writer_json(&writer, "j", "[1]");
	json_writer_user_json(&writer, "u", " {\"a\" :\n 1.10}\n");
	ck_assert_int_eq(json_writer_end(&writer), 0);
	ck_assert_str_eq(buf_text(&out),
			 "x{\n\"n\": 18446744073709551615,\n\"t\": \"a\\\"b\","
			 "\n\"none\": \"\",\n\"yes\": true,\n\"no\": false,\n"
			 "\"when\": \"1970-01-01T00:00:01.000005Z\",\n"
			 "\"j\": [1],\n\"u\": {\"a\":1.10}\n}\n");
	buf_free(&out);
}
END_TEST

START_TEST(a_sealed_document_passes_its_check)
{
	struct buf out = BUF_INIT(1000);
	struct json_writer writer;
	struct err err = {0};

	ck_assert_int_eq(buf_append(&out, "x", 1, &err), 0);
	json_writer_begin(&writer, &out, &err);
	json_writer_number(&writer, "n", 1);
	ck_assert_int_eq(json_writer_seal(&writer), 0);
	ck_assert_int_eq(json_seal_check(out.data + 1, out.len - 1, &err), 0);
	ck_assert_int_eq(json_reader_check(out.data + 1, out.len - 1, &err), 0);
	/* The digest is of the document alone, not of what stood before. */
	ck_assert_int_eq(json_seal_check(out.data, out.len, &err), -1);
	buf_free(&out);
}
END_TEST

static const struct {
	const char *text;
	const char *quoted;
} texts[] = {
    {"", "\"\""},
    {"plain", "\"plain\""},
    {"\"\\/", "\"\\\"\\\\/\""},
    {"a\nb\x1f\x7f", "\"a\\u000ab\\u001f\x7f\""},
    {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\xb0",
     "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\xb0\""},
    {"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
    {"\xe4x", "\"\\ufffdx\""},
    {"\xc3", "\"\\ufffd\""},
    {"\x80\xff", "\"\\ufffd\\ufffd\""},
    {"\xc0\xaf", "\"\\ufffd\\ufffd\""},            /* overlong */
    {"\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\""}, /* overlong */
    {"\xf0\x8f\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
    {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""}, /* surrogate */
    {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
    {"\xf5\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
};

START_TEST(every_text_becomes_valid_json)
{
	struct buf out = BUF_INIT(1000);
	struct err err = {0};

	ck_assert_int_eq(json_writer_quote(texts[_i].text, &out, &err), 0);
	ck_assert_str_eq(buf_text(&out), texts[_i].quoted);
	ck_assert_int_eq(json_reader_check(out.data, out.len, &err), 0);
	ck_assert_int_eq(json_writer_utf8(texts[_i].text),
			 strstr(texts[_i].quoted, "ufffd") == NULL);
	buf_free(&out);
}
END_TEST

static const char *const not_json[] = {"",           "{",   "x",
				       "{\"a\":1}}", "'a'", "\"\n\""};

START_TEST(user_data_that_is_not_json_is_refused)
{
	struct buf out = BUF_INIT(1000);
	struct json_writer writer;
	struct err err = {0};

	json_writer_begin(&writer, &out, &err);
	json_writer_user_json(&writer, "u", not_json[_i]);
	json_writer_number(&writer, "n", 1);
	ck_assert_int_eq(json_writer_end(&writer), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_USAGE);
	ck_assert(strstr(err.message, "user data is not JSON") != NULL);
	buf_free(&out);
}
END_TEST

START_TEST(the_first_failure_is_the_one_told)
{
	struct err err = {0};
	size_t limit;

	for (limit = 0; limit < 40; limit++) {
		struct buf out = BUF_INIT(limit);
		struct json_writer writer;

		memset(&err, 0, sizeof err);
		json_writer_begin(&writer, &out, &err);
		json_writer_number(&writer, "number", 1);
		json_writer_text(&writer, "text", "content");
		json_writer_user_json(&writer, "user", "[]");
		ck_assert_int_eq(json_writer_end(&writer), -1);
		ck_assert_int_eq((int)err.kind, (int)ERR_SYSTEM);
		buf_free(&out);
	}
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int
main(void)
{
	Suite *suite = suite_create("json_writer");
	TCase *tests = tcase_create("writer");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, a_document_has_one_key_a_line);
	tcase_add_test(tests, a_sealed_document_passes_its_check);
	tcase_add_loop_test(tests, every_text_becomes_valid_json, 0,
			    COUNT(texts));
	tcase_add_loop_test(tests, user_data_that_is_not_json_is_refused, 0,
			    COUNT(not_json));
	tcase_add_test(tests, the_first_failure_is_the_one_told);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
