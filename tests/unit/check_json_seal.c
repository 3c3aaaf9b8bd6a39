#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/catalog/json_seal.h"

static struct buf
sealed(void)
{
	struct buf json = BUF_INIT(1000);
	struct err err = {0};

	ck_assert_int_eq(buf_print(&json, &err, "{\n\"a\": 1,\n"), 0);
	ck_assert_int_eq(json_seal_append(&json, 0, &err), 0);
	return json;
}

/* The digest is what sha256sum says of the first two lines. */
START_TEST(the_last_line_is_the_digest_of_all_before)
{
	struct buf json = sealed();

	ck_assert_str_eq(
	    buf_text(&json),
	    "{\n\"a\": 1,\n\"Checksum\": \""
	    "4728349a87b90bebf6c5fdad1bd0ee708c16f64334adc58e0edc8afa859ab9e1"
	    "\"}\n");
	buf_free(&json);
}
END_TEST

START_TEST(every_flipped_bit_is_damage)
{
	struct buf json = sealed();
	struct err err = {0};
	size_t bit;

	ck_assert_int_eq(json_seal_check(json.data, json.len, &err), 0);
	for (bit = 0; bit < json.len * 8; bit++) {
		json.data[bit / 8] ^= (char)(1 << bit % 8);
		memset(&err, 0, sizeof err);
		ck_assert_int_eq(json_seal_check(json.data, json.len, &err),
				 -1);
		ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
		json.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	buf_free(&json);
}
END_TEST

START_TEST(every_cut_and_every_extra_byte_is_damage)
{
	struct buf json = sealed();
	struct err err = {0};
	size_t len;

	for (len = 0; len < json.len; len++)
		ck_assert_int_eq(json_seal_check(json.data, len, &err), -1);
	ck_assert_int_eq(json_seal_check(json.data, json.len + 1, &err), -1);
	ck_assert_int_eq(buf_append(&json, "\n", 1, &err), 0);
	ck_assert_int_eq(json_seal_check(json.data, json.len, &err), -1);
	ck_assert(strstr(err.message, "checksum") != NULL);
	buf_free(&json);
}
END_TEST

START_TEST(a_seal_stands_on_a_line_of_its_own)
{
	struct buf json = BUF_INIT(1000);
	struct err err = {0};

	ck_assert_int_eq(buf_print(&json, &err, "{\"a\": 1, "), 0);
	ck_assert_int_eq(json_seal_append(&json, 0, &err), 0);
	ck_assert_int_eq(json_seal_check(json.data, json.len, &err), -1);
	ck_assert_int_eq((int)err.kind, (int)ERR_DAMAGED);
	buf_free(&json);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("json_seal");
	TCase *tests = tcase_create("seal");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, the_last_line_is_the_digest_of_all_before);
	tcase_add_test(tests, every_flipped_bit_is_damage);
	tcase_add_test(tests, every_cut_and_every_extra_byte_is_damage);
	tcase_add_test(tests, a_seal_stands_on_a_line_of_its_own);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
