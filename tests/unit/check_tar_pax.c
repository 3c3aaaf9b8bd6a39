#include "common/stream/tar_pax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/stream/tar_header.h"
#include "tests/unit/tar_sample.h"

static struct err err;
static struct tar_header *header;

static void
set_up(void)
{
	header = tar_header_new(&err);
	ck_assert_ptr_nonnull(header);
}

static void
tear_down(void)
{
	tar_header_free(header);
}

static int
push(struct tar_block *block)
{
	uint8_t bytes[TAR_BLOCK];

	tar_sample_seal(block);
	memcpy(bytes, block, TAR_BLOCK);
	return tar_header_block(header, bytes, &err);
}

/* An extended header of `len` bytes. */
static int
extend_with(char type, const void *data, size_t len)
{
	struct tar_block block = tar_sample_block(type, "extended", len);

	ck_assert_int_eq(push(&block), TAR_NEED_EXTENDED);
	ck_assert_uint_eq(tar_header_extended_size(header), len);
	return tar_header_extended(header, data, len, &err);
}

static int
extend(char type, const char *text)
{
	return extend_with(type, text, strlen(text));
}

/* The member that ends it: file "plain" of 5 bytes. */
static const struct tar_member *
member(char type)
{
	struct tar_block block =
	    tar_sample_block(type, "plain", type == '0' ? 5 : 0);

	memcpy(block.target, "target", 6);
	memcpy(block.user, "user", 4);
	memcpy(block.group, "group", 5);
	ck_assert_int_eq(push(&block), TAR_HAVE_MEMBER);
	return tar_header_member(header);
}

START_TEST(records_take_the_place_of_fields)
{
	struct tar_member expected = {
	    .name = "long/name=1\n2",
	    .target = "",
	    .type = TAR_FILE,
	    .size = 9663676416,
	    .uid = 4000000000,
	    .gid = 3000000000,
	    .modified = {.tv_sec = -2, .tv_nsec = 500000000},
	    .user = "other",
	    .group = "others",
	};

	ck_assert_int_eq(extend('x', "22 path=long/name=1\n2\n"
				     "19 size=9663676416\n"
				     "18 uid=4000000000\n"
				     "18 gid=3000000000\n"
				     "14 mtime=-1.5\n"
				     "15 uname=other\n"
				     "16 gname=others\n"
				     "19 comment=nothing\n"
				     "30 atime=1700000000.123456789\n"),
			 0);
	tar_sample_same(member('0'), &expected);
	/* They were for that member alone. */
	ck_assert_str_eq(member('0')->name, "plain");
	ck_assert_uint_eq(member('0')->size, 5);
	ck_assert_uint_eq(member('0')->uid, 0);
	ck_assert_str_eq(member('0')->user, "user");
}
END_TEST

START_TEST(a_link_path_is_the_target)
{
	ck_assert_int_eq(extend('x', "17 linkpath=../x\n"), 0);
	ck_assert_str_eq(member('2')->target, "../x");
	ck_assert_str_eq(member('2')->target, "target");
}
END_TEST

START_TEST(later_records_win)
{
	ck_assert_int_eq(extend('x', "9 path=a\n9 path=b\n"), 0);
	ck_assert_str_eq(member('0')->name, "b");
	ck_assert_int_eq(extend('x', "9 path=a\n9 size=1\n"), 0);
	ck_assert_int_eq(extend('x', "9 path=c\n"), 0);
	ck_assert_str_eq(member('0')->name, "c");
	ck_assert_int_eq(extend('x', "9 path=a\n"), 0);
	ck_assert_int_eq(extend_with('L', "d", 2), 0);
	ck_assert_str_eq(member('0')->name, "d");
}
END_TEST

START_TEST(an_empty_value_takes_back_what_was_given)
{
	ck_assert_int_eq(extend('x', "9 path=a\n8 path=\n"
				     "9 size=7\n8 size=\n"),
			 0);
	ck_assert_str_eq(member('0')->name, "plain");
	ck_assert_uint_eq(member('0')->size, 5);
}
END_TEST

START_TEST(global_and_unknown_records_say_nothing)
{
	ck_assert_int_eq(extend('g', "9 path=a\n9 size=7\n"), 0);
	ck_assert_int_eq(extend('x', "9 pathx=\n11 xpath=a\n9 PATH=a\n"
				     "15 path =alpha\n"),
			 0);
	ck_assert_str_eq(member('0')->name, "plain");
	ck_assert_uint_eq(member('0')->size, 5);
}
END_TEST

START_TEST(sparse_files_are_other)
{
	ck_assert_int_eq(extend('x', "22 GNU.sparse.major=1\n"), 0);
	ck_assert_int_eq(member('0')->type, TAR_OTHER);
	ck_assert_int_eq(member('0')->type, TAR_FILE);
}
END_TEST

START_TEST(times_are_read_to_the_nanosecond)
{
	static const struct {
		const char *record;
		struct timespec time;
	} cases[] = {
	    {"11 mtime=1\n", {1, 0}},
	    {"12 mtime=1.\n", {1, 0}},
	    {"13 mtime=1.5\n", {1, 500000000}},
	    {"21 mtime=1.000000001\n", {1, 1}},
	    {"22 mtime=1.9999999999\n", {1, 999999999}},
	    {"12 mtime=-1\n", {-1, 0}},
	    {"14 mtime=-0.5\n", {-1, 500000000}},
	    {"22 mtime=-1.000000001\n", {-2, 999999999}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tar_member *is;

		ck_assert_int_eq(extend('x', cases[i].record), 0);
		is = member('0');
		ck_assert_int_eq(is->modified.tv_sec, cases[i].time.tv_sec);
		ck_assert_int_eq(is->modified.tv_nsec, cases[i].time.tv_nsec);
	}
}
END_TEST

START_TEST(damaged_records_are_refused)
{
	static const struct {
		const char *records, *words;
	} cases[] = {
	    {"x", "record length at byte 0"},
	    {"10", "record length"},
	    {"10 path=a", "record length"},
	    {"0 path=a\n", "record length"},
	    {"1 path=a\n", "record length"},
	    {"2 path=a\n", "record length"},
	    {"9 path=a\n\n", "record length at byte 9"},
	    {"9 path=ab\n", "record length"},
	    {"9 path=aX9 path=b\n", "record length at byte 0"},
	    {"1", "record length"},
	    {"11 path=a\n", "record length"},
	    {"10 path=a\n10 path=b", "record length at byte 10"},
	    {"-10 path=a\n", "record length"},
	    {" 10 path=a\n", "record length"},
	    {"10path=ab\n", "record length"},
	    {"3 \n", "without a key"},
	    {"99999999999999999999999 path=a\n", "record length"},
	    {"18446744073709551626 path=a\n", "record length"},
	    {"8 pathx\n", "without a key"},
	    {"6 =ab\n", "without a key"},
	    {"11 size=-1\n", "size is not a number"},
	    {"11 size=+1\n", "size is not a number"},
	    {"12 size=1.5\n", "size is not a number"},
	    {"12 size=1 2\n", "size is not a number"},
	    {"28 size=9223372036854775808\n", "size is not a number"},
	    {"18 uid=4294967296\n", "uid is not a number"},
	    {"18 gid=4294967296\n", "gid is not a number"},
	    {"9 gid=0x\n", "gid is not a number"},
	    {"11 mtime=-\n", "mtime is not a number"},
	    {"12 mtime=.5\n", "mtime is not a number"},
	    {"15 mtime=1.5.5\n", "mtime is not a number"},
	    {"14 mtime=1.-5\n", "mtime is not a number"},
	    {"13 mtime=1e5\n", "mtime is not a number"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(extend('x', cases[i].records), -1);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
		ck_assert_msg(strstr(err.message, cases[i].words) != NULL,
			      "%s: %s", cases[i].records, err.message);
	}
}
END_TEST

START_TEST(a_truncated_record_is_refused)
{
	static const char records[] =
	    "12 path=abc\n9 uid=10\n19 comment=nothing\n";
	size_t len = strlen(records);

	for (size_t cut = 1; cut <= len; cut++) {
		bool whole = records[cut - 1] == '\n';

		ck_assert_int_eq(extend_with('x', records, cut),
				 whole ? 0 : -1);
	}
}
END_TEST

START_TEST(a_text_of_any_length_comes_back)
{
	char *text = tar_sample_name(1200, 1200);
	struct tar_pax pax;

	tar_pax_init(&pax);
	for (size_t len = 1; len <= 1200; len++) {
		const char *end = text + 1200 - len;
		struct buf records = BUF_INIT(TAR_SAMPLE_LIMIT);

		ck_assert_int_eq(
		    tar_pax_write_text(&records, TAR_PAX_PATH, end, &err), 0);
		ck_assert_int_eq(
		    tar_pax_read(&pax, records.data, records.len, &err), 0);
		ck_assert_str_eq(tar_pax_choose(&pax, TAR_PAX_PATH, ""), end);
		buf_free(&records);
	}
	tar_pax_free(&pax);
	free(text);
}
END_TEST

START_TEST(names_with_a_nul_inside_are_refused)
{
	static const char path[] = "12 path=a\0b\n";
	static const char target[] = "16 linkpath=a\0b\n";

	ck_assert_int_eq(extend_with('x', path, sizeof(path) - 1), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, "NUL byte inside path"));
	ck_assert_int_eq(extend_with('x', target, sizeof(target) - 1), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "NUL byte inside linkpath"));
	ck_assert_int_eq(extend_with('L', "a\0b", 4), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "NUL byte inside path"));
	ck_assert_int_eq(extend_with('K', "a\0b", 4), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "NUL byte inside linkpath"));
}
END_TEST

START_TEST(names_may_be_of_4096_bytes_and_no_more)
{
	char *name = tar_sample_name(TAR_NAME_MAX + 1, 100);
	char *record = malloc(TAR_NAME_MAX + 100);

	ck_assert_ptr_nonnull(record);
	sprintf(record, "4108 path=%.4096s\n", name);
	ck_assert_uint_eq(strlen(record), 4107);
	record[3] = '7';
	ck_assert_int_eq(extend('x', record), 0);
	ck_assert_uint_eq(strlen(member('0')->name), TAR_NAME_MAX);
	sprintf(record, "4108 path=%.4097s\n", name);
	ck_assert_int_eq(extend('x', record), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, "too long"));

	ck_assert_int_eq(extend_with('K', name, TAR_NAME_MAX), 0);
	ck_assert_uint_eq(strlen(member('2')->target), TAR_NAME_MAX);
	ck_assert_int_eq(extend_with('K', name, TAR_NAME_MAX + 1), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	free(record);
	free(name);
}
END_TEST

START_TEST(gnu_long_names_are_read)
{
	ck_assert_int_eq(extend_with('L', "a/long/name", 12), 0);
	ck_assert_int_eq(extend_with('K', "its target", 11), 0);
	ck_assert_str_eq(member('2')->name, "a/long/name");
	ck_assert_str_eq(tar_header_member(header)->target, "its target");
}
END_TEST

START_TEST(an_extended_header_needs_its_member)
{
	static const uint8_t zeros[TAR_BLOCK];

	ck_assert_int_eq(extend('x', "10 path=a\n"), 0);
	ck_assert_int_eq(tar_header_block(header, zeros, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, "without its member"));
}
END_TEST

START_TEST(an_extended_header_is_of_1_mib_at_most)
{
	struct tar_block block = tar_sample_block('x', "extended", TAR_PAX_MAX);

	ck_assert_int_eq(push(&block), TAR_NEED_EXTENDED);
	block = tar_sample_block('x', "extended", TAR_PAX_MAX + 1);
	ck_assert_int_eq(push(&block), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	block = tar_sample_block('L', "extended", UINT32_MAX);
	ck_assert_int_eq(push(&block), -1);
}
END_TEST

START_TEST(an_empty_extended_header_has_no_bytes_to_come)
{
	struct tar_block block = tar_sample_block('x', "extended", 0);

	ck_assert_int_eq(push(&block), TAR_NEED_BLOCK);
	ck_assert_str_eq(member('0')->name, "plain");
}
END_TEST

START_TEST(bytes_of_another_length_are_refused)
{
	struct tar_block block = tar_sample_block('x', "extended", 10);

	ck_assert_int_eq(push(&block), TAR_NEED_EXTENDED);
	ck_assert_int_eq(tar_header_extended(header, "9 path=a\n", 9, &err),
			 -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("tar_pax");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_test(all, records_take_the_place_of_fields);
	tcase_add_test(all, a_link_path_is_the_target);
	tcase_add_test(all, later_records_win);
	tcase_add_test(all, an_empty_value_takes_back_what_was_given);
	tcase_add_test(all, global_and_unknown_records_say_nothing);
	tcase_add_test(all, sparse_files_are_other);
	tcase_add_test(all, times_are_read_to_the_nanosecond);
	tcase_add_test(all, damaged_records_are_refused);
	tcase_add_test(all, a_truncated_record_is_refused);
	tcase_add_test(all, a_text_of_any_length_comes_back);
	tcase_add_test(all, names_with_a_nul_inside_are_refused);
	tcase_add_test(all, names_may_be_of_4096_bytes_and_no_more);
	tcase_add_test(all, gnu_long_names_are_read);
	tcase_add_test(all, an_extended_header_needs_its_member);
	tcase_add_test(all, an_extended_header_is_of_1_mib_at_most);
	tcase_add_test(all, an_empty_extended_header_has_no_bytes_to_come);
	tcase_add_test(all, bytes_of_another_length_are_refused);
	suite_add_tcase(whole, all);
	return whole;
}

int
main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
