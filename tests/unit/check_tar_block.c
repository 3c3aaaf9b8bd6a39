#include "common/stream/tar_block.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/stream/tar_header.h"
#include "common/stream/tar_number.h"
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

START_TEST(headers_older_than_ustar_are_read)
{
	struct tar_block block = tar_sample_block('\0', "old", 5);

	/* Whatever stands in these fields meant nothing then. */
	memset(block.magic, 0, sizeof(block.magic));
	memcpy(block.user, "user", 4);
	memcpy(block.prefix, "prefix", 6);
	ck_assert_int_eq(push(&block), TAR_HAVE_MEMBER);
	ck_assert_str_eq(tar_header_member(header)->name, "old");
	ck_assert_str_eq(tar_header_member(header)->user, "");
	ck_assert_uint_eq(tar_header_member(header)->size, 5);
}
END_TEST

START_TEST(a_magic_decides_what_the_prefix_means)
{
	static const struct {
		const char magic[9];
		const char *name;
	} cases[] = {
	    {"ustar\00000", "prefix/name"},
	    {"ustar\0\0\0", "prefix/name"},
	    {"ustar  ", "name"},
	    {"ustar 00", NULL},
	    {"USTAR\00000", NULL},
	    {"\0\0\0\0\0\0\0\1", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tar_block block = tar_sample_block('0', "name", 0);

		memcpy(block.magic, cases[i].magic, sizeof(block.magic));
		memcpy(block.prefix, "prefix", 6);
		if (cases[i].name == NULL) {
			ck_assert_int_eq(push(&block), -1);
			ck_assert_int_eq(err.kind, ERR_DAMAGED);
			ck_assert_ptr_nonnull(strstr(err.message, "magic"));
			continue;
		}
		ck_assert_int_eq(push(&block), TAR_HAVE_MEMBER);
		ck_assert_str_eq(tar_header_member(header)->name,
				 cases[i].name);
	}
}
END_TEST

START_TEST(numbers_are_octal_or_base_256)
{
	static const struct {
		const char *field;
		int64_t size; /* -1: refused */
	} cases[] = {
	    {"00000000017\0", 15},
	    {"000000000017", 15},
	    {"         17 ", 15},
	    {"17\0\0\0\0\0\0\0\0\0\0", 15},
	    {"\0\0\0\0\0\0\0\0\0\0\0\0", 0},
	    {"            ", 0},
	    {"777777777777", 68719476735},
	    {"\200\0\0\0\0\0\0\2\100\0\0\0", 9663676416},
	    {"\200\0\0\0\177\377\377\377\377\377\377\377", INT64_MAX},
	    {"\200\0\0\0\200\0\0\0\0\0\0\0", -1},
	    {"\200\0\0\1\0\0\0\0\0\0\0\0", -1},
	    {"\377\377\377\377\377\377\377\377\377\377\377\377", -1},
	    {"00000000018\0", -1},
	    {"0000000001x\0", -1},
	    {"0000 000017\0", -1},
	    {"-0000000017\0", -1},
	    {"0000000017\0x", -1},
	    {"0x000000017\0", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tar_block block = tar_sample_block('0', "name", 0);

		memcpy(block.size, cases[i].field, sizeof(block.size));
		if (cases[i].size < 0) {
			ck_assert_int_eq(push(&block), -1);
			ck_assert_int_eq(err.kind, ERR_DAMAGED);
			ck_assert_ptr_nonnull(strstr(err.message, "size"));
			continue;
		}
		ck_assert_int_eq(push(&block), TAR_HAVE_MEMBER);
		ck_assert_uint_eq(tar_header_member(header)->size,
				  (uint64_t)cases[i].size);
	}
}
END_TEST

START_TEST(numbers_beyond_64_bits_are_refused)
{
	static const char most[] = "0777777777777777777777";
	static const char more[] = "1000000000000000000000";
	int64_t value = 0;

	ck_assert_int_eq(tar_number_read(most, sizeof(most), &value), 0);
	ck_assert_int_eq(value, INT64_MAX);
	ck_assert_int_eq(tar_number_read(more, sizeof(more), &value), -1);
}
END_TEST

START_TEST(every_number_is_checked)
{
	static const struct {
		size_t at;
		const char *words;
	} cases[] = {
	    {offsetof(struct tar_block, mode), "mode"},
	    {offsetof(struct tar_block, uid), "uid"},
	    {offsetof(struct tar_block, gid), "gid"},
	    {offsetof(struct tar_block, mtime), "mtime"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tar_block block = tar_sample_block('0', "name", 0);

		((char *)&block)[cases[i].at] = '9';
		ck_assert_int_eq(push(&block), -1);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
		ck_assert_ptr_nonnull(strstr(err.message, cases[i].words));
	}
}
END_TEST

START_TEST(base_256_times_may_be_negative)
{
	struct tar_block block = tar_sample_block('0', "name", 0);

	memset(block.mtime, 0xff, sizeof(block.mtime));
	block.mtime[11] = (char)0xfb;
	ck_assert_int_eq(push(&block), TAR_HAVE_MEMBER);
	ck_assert_int_eq(tar_header_member(header)->modified.tv_sec, -5);
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("tar_block");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_test(all, headers_older_than_ustar_are_read);
	tcase_add_test(all, a_magic_decides_what_the_prefix_means);
	tcase_add_test(all, numbers_are_octal_or_base_256);
	tcase_add_test(all, numbers_beyond_64_bits_are_refused);
	tcase_add_test(all, every_number_is_checked);
	tcase_add_test(all, base_256_times_may_be_negative);
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
