#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg/lsn.h"

static const struct {
	uint64_t lsn;
	const char *text;
} pairs[] = {
    {0, "0/0"},
    {0x3000028, "0/3000028"},
    {UINT64_C(0xFFFFFFFF), "0/FFFFFFFF"},
    {UINT64_C(0x100000000), "1/0"},
    {UINT64_C(0x16B374D848), "16/B374D848"},
    {UINT64_MAX, "FFFFFFFF/FFFFFFFF"},
};

START_TEST(an_lsn_is_written_and_read_as_postgresql_writes_it)
{
	char text[LSN_TEXT_SIZE];
	uint64_t lsn = 1;
	struct err err = {0};

	lsn_format(pairs[_i].lsn, text);
	ck_assert_str_eq(text, pairs[_i].text);
	ck_assert_int_eq(lsn_parse(text, &lsn, &err), 0);
	ck_assert_uint_eq(lsn, pairs[_i].lsn);
}
END_TEST

START_TEST(digits_of_either_case_and_leading_zeros_are_read)
{
	uint64_t lsn = 0;
	struct err err = {0};

	ck_assert_int_eq(lsn_parse("0000000a/0bCdEf01", &lsn, &err), 0);
	ck_assert_uint_eq(lsn, UINT64_C(0xA0BCDEF01));
}
END_TEST

static const char *const refused[] = {
    "",     "/",    "0",     "0/",    "/0",          "0/3000028 ",  " 0/1",
    "0/-1", "+0/1", "0x0/1", "0/0x1", "000000001/0", "0/123456789", "0/1/2",
    "0/g",  "0-1",  "0\\1",
};

START_TEST(anything_else_is_refused_with_its_text)
{
	uint64_t lsn = 7;
	struct err err = {0};

	ck_assert_int_eq(lsn_parse(refused[_i], &lsn, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.message, refused[_i]));
	ck_assert_uint_eq(lsn, 7);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lsn");
	TCase *tcase = tcase_create("lsn");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase,
			    an_lsn_is_written_and_read_as_postgresql_writes_it,
			    0, sizeof(pairs) / sizeof(pairs[0]));
	tcase_add_test(tcase, digits_of_either_case_and_leading_zeros_are_read);
	tcase_add_loop_test(tcase, anything_else_is_refused_with_its_text, 0,
			    sizeof(refused) / sizeof(refused[0]));
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
