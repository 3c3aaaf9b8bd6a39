#include "common/stream/tar_header.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "tests/unit/tar_sample.h"

#define GIB ((uint64_t)1024 * 1024 * 1024)

static struct err err;
static struct buf blocks = BUF_INIT(TAR_SAMPLE_LIMIT);
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
	buf_free(&blocks);
}

static int
push_block(const struct tar_block *block)
{
	uint8_t bytes[TAR_BLOCK];

	memcpy(bytes, block, TAR_BLOCK);
	return tar_header_block(header, bytes, &err);
}

/* Hands all of `blocks` to the header; the last step is returned. */
static int
push_blocks(void)
{
	size_t at = 0;
	int step = TAR_NEED_BLOCK;

	while (at < blocks.len && step >= 0) {
		uint8_t block[TAR_BLOCK];
		size_t len;

		memcpy(block, blocks.data + at, TAR_BLOCK);
		at += TAR_BLOCK;
		step = tar_header_block(header, block, &err);
		if (step != TAR_NEED_EXTENDED)
			continue;
		len = tar_header_extended_size(header);
		if (tar_header_extended(header, blocks.data + at, len, &err) !=
		    0)
			return -1;
		at += len + tar_padding(len);
	}
	return step;
}

static void
write_member(const struct tar_member *member)
{
	buf_clear(&blocks);
	ck_assert_int_eq(tar_header_write(member, &blocks, &err), 0);
	ck_assert_uint_eq(blocks.len % TAR_BLOCK, 0);
}

static void
expect_back(const struct tar_member *member)
{
	write_member(member);
	ck_assert_int_eq(push_blocks(), TAR_HAVE_MEMBER);
	tar_sample_same(tar_header_member(header), member);
}

/* A directory comes back with its slash. */
static void
expect_directory_back(const char *name)
{
	struct tar_member member = tar_sample_file(name, 0);
	size_t len = strlen(name);
	char *slashed = malloc(len + 2);

	ck_assert_ptr_nonnull(slashed);
	memcpy(slashed, name, len);
	memcpy(slashed + len, "/", 2);
	member.type = TAR_DIRECTORY;
	write_member(&member);
	ck_assert_int_eq(push_blocks(), TAR_HAVE_MEMBER);
	member.name = slashed;
	tar_sample_same(tar_header_member(header), &member);
	expect_back(&member);
	free(slashed);
}

static void
names_of_length(size_t len)
{
	static const size_t components[] = {1, 10, 60, 99, 100, 155, 255, 5000};

	for (size_t i = 0; i < sizeof(components) / sizeof(size_t); i++) {
		char *name = tar_sample_name(len, components[i]);
		struct tar_member member = tar_sample_file(name, 7);

		expect_back(&member);
		if (len < TAR_NAME_MAX)
			expect_directory_back(name);
		member = tar_sample_file("link", 0);
		member.type = TAR_SYMLINK;
		member.target = name;
		expect_back(&member);
		/* Both at once. */
		member.name = name;
		expect_back(&member);
		free(name);
	}
}

START_TEST(a_name_of_any_length_comes_back)
{
	names_of_length((size_t)_i);
}
END_TEST

START_TEST(the_longest_name_comes_back)
{
	names_of_length(TAR_NAME_MAX - 1);
	names_of_length(TAR_NAME_MAX);
}
END_TEST

START_TEST(names_that_fit_take_one_block)
{
	static const struct {
		size_t len, component, blocks;
	} cases[] = {
	    {100, 1000, 1}, {101, 1000, 3}, /* not to be split */
	    {256, 155, 1},                  /* 155, slash, 100 */
	    {257, 155, 3},                  /* 155, slash, 101 */
	    {256, 156, 3},                  /* 156, slash, 99 */
	    {102, 1, 1},    {200, 10, 1},   {255, 99, 3},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *name = tar_sample_name(cases[i].len, cases[i].component);
		struct tar_member member = tar_sample_file(name, 0);

		write_member(&member);
		ck_assert_uint_eq(blocks.len / TAR_BLOCK, cases[i].blocks);
		free(name);
	}
}
END_TEST

START_TEST(names_hold_any_byte_but_nul)
{
	char name[256] = "";
	struct tar_member member = tar_sample_file(name, 0);

	for (int i = 1; i < 256; i++)
		name[i - 1] = (char)i;
	name[255] = '\0';
	/* With its slash at byte 46 that is pax; the second half fits. */
	expect_back(&member);
	member.name = name + 160;
	expect_back(&member);
	ck_assert_uint_eq(blocks.len, TAR_BLOCK);
}
END_TEST

START_TEST(an_absolute_name_keeps_its_slash)
{
	char *name = tar_sample_name(101, 1000);
	struct tar_member member = tar_sample_file(name, 0);

	name[0] = '/';
	expect_back(&member);
	free(name);
}
END_TEST

START_TEST(sizes_come_back_and_go_to_pax_from_8_gib_on)
{
	static const struct {
		uint64_t size;
		size_t blocks;
	} cases[] = {
	    {0, 1},       {1, 1},       {513, 1},       {8 * GIB - 1, 1},
	    {8 * GIB, 3}, {9 * GIB, 3}, {INT64_MAX, 3},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tar_member member =
		    tar_sample_file("base/1/2", cases[i].size);

		expect_back(&member);
		ck_assert_uint_eq(blocks.len / TAR_BLOCK, cases[i].blocks);
	}
}
END_TEST

START_TEST(owners_come_back)
{
	static const uint32_t ids[] = {0, 2097151, 2097152, UINT32_MAX};
	struct tar_member member = tar_sample_file("a", 0);

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		member.uid = ids[i];
		member.gid = 1;
		expect_back(&member);
		ck_assert_uint_eq(blocks.len / TAR_BLOCK,
				  ids[i] > 2097151 ? 3 : 1);
		member.gid = ids[i];
		member.uid = 1;
		expect_back(&member);
	}
	member.user = "thirty-one bytes long, this is ";
	member.group = "and this one is thirty-two long.";
	ck_assert_uint_eq(strlen(member.user), 31);
	member.uid = 1;
	member.gid = 1;
	expect_back(&member);
	/* The field has a NUL behind 31 bytes. */
	ck_assert_uint_eq(blocks.len / TAR_BLOCK, 3);
	member.group = "group";
	expect_back(&member);
	ck_assert_uint_eq(blocks.len / TAR_BLOCK, 1);
	member.group = "and this one is thirty-two long.";
	member.user = member.group;
	member.group = "group";
	expect_back(&member);
	ck_assert_uint_eq(blocks.len / TAR_BLOCK, 3);
	member.user = "";
	member.group = "";
	expect_back(&member);
}
END_TEST

START_TEST(a_fraction_of_a_second_is_kept_only_beside_other_records)
{
	struct tar_member member = tar_sample_file("a", 0);

	member.modified.tv_nsec = 123456789;
	write_member(&member);
	ck_assert_uint_eq(blocks.len, TAR_BLOCK);
	ck_assert_int_eq(push_blocks(), TAR_HAVE_MEMBER);
	ck_assert_int_eq(tar_header_member(header)->modified.tv_sec,
			 1234567890);
	ck_assert_int_eq(tar_header_member(header)->modified.tv_nsec, 0);
	member.size = 9 * GIB;
	expect_back(&member);
	member.modified.tv_nsec = 1;
	expect_back(&member);
}
END_TEST

START_TEST(times_far_away_come_back)
{
	static const struct timespec times[] = {
	    {0, 0},          {8589934591, 0}, {8589934592, 0}, {-1, 0},
	    {-1, 500000000}, {-2, 1},         {-86400, 7},     {32503680000, 0},
	    {INT64_MAX, 0},  {-INT64_MAX, 0},
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct tar_member member = tar_sample_file("a", 0);

		member.modified = times[i];
		expect_back(&member);
	}
}
END_TEST

START_TEST(every_mode_comes_back)
{
	struct tar_member member = tar_sample_file("a", 0);

	for (uint32_t mode = 0; mode <= 07777; mode++) {
		member.mode = mode;
		expect_back(&member);
	}
}
END_TEST

START_TEST(what_would_not_come_back_is_refused)
{
	char *long_name = tar_sample_name(TAR_NAME_MAX + 1, 100);
	char *longest = tar_sample_name(TAR_NAME_MAX, 100);
	const struct {
		struct tar_member member;
		const char *words;
	} cases[] = {
	    {{.name = "", .target = ""}, "empty name"},
	    {{.name = long_name, .target = ""}, "too long"},
	    {{.name = "a", .target = long_name, .type = TAR_SYMLINK},
	     "too long"},
	    {{.name = longest, .target = "", .type = TAR_DIRECTORY},
	     "too long with its slash"},
	    {{.name = "a", .target = "", .type = TAR_OTHER}, "not a file"},
	    {{.name = "a", .target = "", .type = TAR_DIRECTORY, .size = 1},
	     "only files"},
	    {{.name = "a", .target = "b", .type = TAR_SYMLINK, .size = 1},
	     "only files"},
	    {{.name = "a", .target = "", .size = (uint64_t)INT64_MAX + 1},
	     "size out of range"},
	    {{.name = "a/", .target = ""}, "trailing slash"},
	    {{.name = "a/", .target = "b", .type = TAR_SYMLINK},
	     "trailing slash"},
	    {{.name = "a", .target = "", .type = TAR_SYMLINK},
	     "without a target"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tar_member member = cases[i].member;

		member.user = "";
		member.group = "";
		ck_assert_int_eq(tar_header_write(&member, &blocks, &err), -1);
		ck_assert_int_eq(err.kind, ERR_REFUSED);
		ck_assert_ptr_nonnull(strstr(err.message, cases[i].words));
		ck_assert_uint_eq(blocks.len, 0);
	}
	free(longest);
	free(long_name);
}
END_TEST

START_TEST(a_flipped_bit_is_refused_or_harmless)
{
	char *name = tar_sample_name(200, 20);
	struct tar_member member = tar_sample_file(name, 12345);
	struct tar_block block;
	unsigned harmless = 0;

	name[3] = (char)0xe9;
	write_member(&member);
	for (size_t bit = 0; bit < TAR_BLOCK * 8; bit++) {
		blocks.data[bit / 8] ^= (char)(1u << bit % 8);
		if (push_blocks() == TAR_HAVE_MEMBER) {
			tar_sample_same(tar_header_member(header), &member);
			ck_assert_uint_ge(bit / 8,
					  offsetof(struct tar_block, checksum));
			ck_assert_uint_lt(bit / 8,
					  offsetof(struct tar_block, type));
			harmless++;
		} else {
			ck_assert_int_eq(err.kind, ERR_DAMAGED);
			ck_assert_ptr_nonnull(strstr(err.message, "checksum"));
		}
		blocks.data[bit / 8] ^= (char)(1u << bit % 8);
	}
	/* A leading zero or the terminator that turned into a space or NUL. */
	ck_assert_uint_lt(harmless, sizeof(block.checksum));
	free(name);
}
END_TEST

START_TEST(types_are_told_apart)
{
	static const struct {
		char type;
		const char *name;
		enum tar_type is;
	} cases[] = {
	    {'0', "a", TAR_FILE},        {'\0', "a", TAR_FILE},
	    {'7', "a", TAR_FILE},        {'5', "a", TAR_DIRECTORY},
	    {'5', "a/", TAR_DIRECTORY},  {'0', "a/", TAR_DIRECTORY},
	    {'\0', "a/", TAR_DIRECTORY}, {'2', "a", TAR_SYMLINK},
	    {'1', "a", TAR_OTHER},       {'3', "a", TAR_OTHER},
	    {'4', "a", TAR_OTHER},       {'6', "a", TAR_OTHER},
	    {'S', "a", TAR_OTHER},       {'V', "a", TAR_OTHER},
	    {'X', "a", TAR_OTHER},       {'8', "a", TAR_OTHER},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tar_block block =
		    tar_sample_block(cases[i].type, cases[i].name, 0);
		const struct tar_member *member = tar_header_member(header);

		memcpy(block.target, "b", 2);
		tar_sample_seal(&block);
		ck_assert_int_eq(push_block(&block), TAR_HAVE_MEMBER);
		ck_assert_int_eq(member->type, cases[i].is);
		/* Only symbolic links have targets. */
		ck_assert_str_eq(member->target,
				 member->type == TAR_SYMLINK ? "b" : "");
	}
}
END_TEST

START_TEST(content_of_a_directory_or_symlink_is_refused)
{
	static const struct {
		char type;
		const char *name;
	} cases[] = {{'5', "a"}, {'2', "a"}, {'0', "a/"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tar_block block =
		    tar_sample_block(cases[i].type, cases[i].name, 1);

		tar_sample_seal(&block);
		ck_assert_int_eq(push_block(&block), -1);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
		ck_assert_ptr_nonnull(strstr(err.message, "with content"));
	}
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("tar_header");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_loop_test(all, a_name_of_any_length_comes_back, 1, 301);
	tcase_add_test(all, the_longest_name_comes_back);
	tcase_add_test(all, names_that_fit_take_one_block);
	tcase_add_test(all, names_hold_any_byte_but_nul);
	tcase_add_test(all, an_absolute_name_keeps_its_slash);
	tcase_add_test(all, sizes_come_back_and_go_to_pax_from_8_gib_on);
	tcase_add_test(all, owners_come_back);
	tcase_add_test(
	    all, a_fraction_of_a_second_is_kept_only_beside_other_records);
	tcase_add_test(all, times_far_away_come_back);
	tcase_add_test(all, every_mode_comes_back);
	tcase_add_test(all, what_would_not_come_back_is_refused);
	tcase_add_test(all, a_flipped_bit_is_refused_or_harmless);
	tcase_add_test(all, types_are_told_apart);
	tcase_add_test(all, content_of_a_directory_or_symlink_is_refused);
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
