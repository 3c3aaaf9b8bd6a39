#include "common/stream/tar_reader.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "tests/unit/tar_sample.h"

static char content[1024];
static const char zeros[20 * TAR_BLOCK];

static struct err err;
static struct buf archive = BUF_INIT(TAR_SAMPLE_LIMIT);
static struct tar_sample_report report = {.text = BUF_INIT(TAR_SAMPLE_LIMIT)};

static void
set_up(void)
{
	memset(content, 'x', sizeof(content));
}

static void
tear_down(void)
{
	buf_free(&archive);
	buf_free(&report.text);
}

static int
read_in_steps(size_t len, size_t step)
{
	buf_clear(&report.text);
	report.calls = 0;
	err = (struct err){0};
	return tar_sample_read(archive.data, len, step, &report, &err);
}

/* Reads `archive` in one piece and byte by byte: both end alike. */
static int
read_archive(void)
{
	int result = read_in_steps(archive.len, archive.len + 1);
	struct err first = err;
	char *text = strdup(buf_text(&report.text));

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(read_in_steps(archive.len, 1), result);
	ck_assert_str_eq(buf_text(&report.text), text);
	ck_assert_str_eq(err.message, first.message);
	free(text);
	return result;
}

static void
expect_damaged(const char *words)
{
	ck_assert_int_eq(read_archive(), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_msg(strstr(err.message, words) != NULL, "%s", err.message);
}

static void
append(const void *data, size_t len)
{
	ck_assert_int_eq(buf_append(&archive, data, len, &err), 0);
}

/* Where an archive may end, and how many members it has up to there. */
struct stretch {
	size_t first, last;
	unsigned members;
};

#define STRETCHES 7

/* One member of each sort. */
static void
sample_archive(struct stretch stretches[STRETCHES])
{
	static const char records[] = "18 path=a/long/er\n";
	static const struct {
		char type;
		const char *name;
		size_t len;
	} members[] = {{'0', "empty", 0},
		       {'0', "one", 1},
		       {'5', "a/", 0},
		       {'2', "a/link", 0},
		       {'0', "renamed", 600}};
	size_t count = sizeof(members) / sizeof(members[0]);

	buf_clear(&archive);
	stretches[0] = (struct stretch){0, 0, 0};
	for (size_t i = 0; i < count; i++) {
		if (i + 1 == count)
			tar_sample_member(&archive, 'x', "records", records,
					  sizeof(records) - 1);
		tar_sample_member(&archive, members[i].type, members[i].name,
				  content, members[i].len);
		stretches[i + 1] =
		    (struct stretch){archive.len - tar_padding(members[i].len),
				     archive.len, (unsigned)i + 1};
	}
	append(zeros, 2 * TAR_BLOCK);
	stretches[STRETCHES - 1] = (struct stretch){
	    stretches[count].last, archive.len, (unsigned)count};
}

static unsigned
count_ends(void)
{
	unsigned ends = 0;
	const char *at = buf_text(&report.text);

	while ((at = strstr(at, "end\n")) != NULL) {
		ends++;
		at++;
	}
	return ends;
}

START_TEST(an_archive_is_read_however_it_is_cut_into_writes)
{
	struct stretch stretches[STRETCHES];
	struct buf whole = BUF_INIT(TAR_SAMPLE_LIMIT);

	sample_archive(stretches);
	ck_assert_int_eq(read_in_steps(archive.len, archive.len), 0);
	ck_assert_int_eq(
	    buf_append(&whole, report.text.data, report.text.len, &err), 0);
	ck_assert_ptr_nonnull(strstr(whole.data, "file one "));
	ck_assert_ptr_nonnull(strstr(whole.data, "directory a "));
	ck_assert_ptr_nonnull(strstr(whole.data, "symlink a/link "));
	for (size_t step = 1; step < 2000; step++) {
		ck_assert_int_eq(read_in_steps(archive.len, step), 0);
		ck_assert_uint_eq(report.text.len, whole.len);
		ck_assert_mem_eq(report.text.data, whole.data, whole.len);
	}
	buf_free(&whole);
}
END_TEST

START_TEST(an_archive_may_end_only_between_members)
{
	struct stretch stretches[STRETCHES];
	size_t whole;

	sample_archive(stretches);
	whole = archive.len;
	for (size_t cut = 0; cut <= whole; cut++) {
		const struct stretch *in = NULL;
		int result = read_in_steps(cut, 700);

		for (size_t i = 0; i < STRETCHES; i++) {
			if (cut >= stretches[i].first &&
			    cut <= stretches[i].last)
				in = &stretches[i];
		}
		ck_assert_msg((result == 0) == (in != NULL), "cut at %zu", cut);
		if (in != NULL) {
			ck_assert_uint_eq(count_ends(), in->members);
			continue;
		}
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
		ck_assert_ptr_nonnull(strstr(err.message, "cut short"));
	}
}
END_TEST

START_TEST(zeros_may_follow_the_end)
{
	for (size_t len = 0; len <= sizeof(zeros); len += 100) {
		buf_clear(&archive);
		tar_sample_member(&archive, '0', "a", content, 5);
		append(zeros, len);
		ck_assert_int_eq(read_archive(), 0);
		ck_assert_uint_eq(count_ends(), 1);
	}
}
END_TEST

START_TEST(nothing_else_may_follow_the_end)
{
	static const size_t places[] = {512, 513, 1023, 1024, 5000};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		buf_clear(&archive);
		tar_sample_member(&archive, '0', "a", content, 5);
		append(zeros, places[i]);
		append("x", 1);
		expect_damaged("follows the end");
		/* Nor another member. */
		archive.len--;
		append(zeros, tar_padding(archive.len));
		tar_sample_member(&archive, '0', "b", content, 5);
		expect_damaged("follows the end");
		ck_assert_uint_eq(count_ends(), 1);
	}
}
END_TEST

START_TEST(garbage_in_place_of_a_header_is_damage)
{
	buf_clear(&archive);
	tar_sample_member(&archive, '0', "a", content, 5);
	append(content, TAR_BLOCK);
	expect_damaged("at byte 1024: tar header: wrong checksum");
	archive.len = 2 * TAR_BLOCK;
	append("x", 1);
	expect_damaged("cut short in a header");
	archive.len = 2 * TAR_BLOCK;
	tar_sample_member(&archive, 'x', "records", "garbage", 7);
	expect_damaged("at byte 1536: extended header");
}
END_TEST

START_TEST(names_lose_what_stands_before_the_directory)
{
	static const struct {
		const char *name, *reported;
	} cases[] = {
	    {"a", "a"},
	    {"/a", "a"},
	    {"//a", "a"},
	    {"./a", "a"},
	    {"././a", "a"},
	    {".//./a", "a"},
	    {"/./a", "a"},
	    {"/a/b", "a/b"},
	    {"..a", "..a"},
	    {"a..", "a.."},
	    {".a", ".a"},
	    {"...", "..."},
	    {"a/..b/c", "a/..b/c"},
	    {"a b", "a b"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tar_member member = {.name = cases[i].reported,
					    .target = "",
					    .user = "",
					    .group = ""};
		struct buf expected = BUF_INIT(TAR_SAMPLE_LIMIT);

		tar_sample_line(&member, &expected);
		ck_assert_int_eq(buf_append(&expected, "end\n", 4, &err), 0);
		buf_clear(&archive);
		tar_sample_member(&archive, '0', cases[i].name, "", 0);
		ck_assert_int_eq(read_archive(), 0);
		ck_assert_str_eq(buf_text(&report.text), buf_text(&expected));
		buf_free(&expected);
	}
}
END_TEST

START_TEST(trailing_slashes_are_taken_off)
{
	static const char *const names[] = {"a", "a/", "a//", "/a/", "./a/"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		buf_clear(&archive);
		tar_sample_member(&archive, '5', names[i], "", 0);
		ck_assert_int_eq(read_archive(), 0);
		ck_assert_ptr_eq(
		    strstr(buf_text(&report.text), "directory a  "),
		    buf_text(&report.text));
	}
}
END_TEST

START_TEST(names_that_leave_the_directory_are_refused)
{
	static const char *const names[] = {
	    "..",       "../x",     "/../x",  "./../x",     "a/../../x",
	    "a/../b",   "a/..",     "a/.",    "a//b",       "a/./b",
	    "a/../",    "../",      "..//",   "a/b/c/../d", ".././a",
	    "/../../x", "a/../../", "//../x", "./..",
	};
	static const char types[] = {'0', '5', '2', '7', '\0'};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (size_t k = 0; k < sizeof(types); k++) {
			buf_clear(&archive);
			tar_sample_member(&archive, types[k], names[i], "", 0);
			expect_damaged("not a name inside");
			ck_assert_uint_eq(report.calls, 0);
		}
	}
}
END_TEST

START_TEST(hostile_names_in_records_are_refused)
{
	static const struct {
		char type;
		const char *data;
		size_t len;
		const char *words;
	} cases[] = {
	    {'x', "13 path=../x\n", 13, "not a name inside"},
	    {'x', "12 path=a/..\n", 13, "record length"},
	    {'x', "13 path=a/..\n", 13, "not a name inside"},
	    {'x', "13 path=a\0/b\n", 13, "NUL byte"},
	    {'L', "../x", 5, "not a name inside"},
	    {'L', "a\0/../x", 8, "NUL byte"},
	    {'L', "\0", 1, "not a name inside"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&archive);
		tar_sample_member(&archive, cases[i].type, "records",
				  cases[i].data, cases[i].len);
		tar_sample_member(&archive, '0', "plain", content, 5);
		expect_damaged(cases[i].words);
		ck_assert_uint_eq(report.calls, 0);
	}
}
END_TEST

START_TEST(the_directory_itself_is_not_reported)
{
	static const char *const names[] = {"",     ".",  "./", "/",
					    "././", "//", "./."};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		buf_clear(&archive);
		tar_sample_member(&archive, '5', names[i], "", 0);
		tar_sample_member(&archive, '0', "a", content, 5);
		ck_assert_int_eq(read_archive(), 0);
		ck_assert_uint_eq(count_ends(), 1);
		ck_assert_ptr_nonnull(
		    strstr(buf_text(&report.text), "file a "));
		/* It can be nothing but a directory. */
		buf_clear(&archive);
		tar_sample_member(&archive, '2', names[i], "", 0);
		expect_damaged("not a name inside");
	}
	buf_clear(&archive);
	tar_sample_member(&archive, '0', "", content, 5);
	expect_damaged("not a name inside");
}
END_TEST

START_TEST(other_types_are_refused)
{
	static const char types[] = "13468SMVDX";

	for (const char *type = types; *type != '\0'; type++) {
		buf_clear(&archive);
		tar_sample_member(&archive, *type, "a", "", 0);
		expect_damaged("not a file, directory or symbolic link");
		ck_assert_uint_eq(report.calls, 0);
	}
}
END_TEST

START_TEST(targets_are_passed_on_as_they_are)
{
	struct tar_block block = tar_sample_block('2', "pg_tblspc/1", 0);

	memcpy(block.target, "/../else/./where//", 18);
	tar_sample_seal(&block);
	append(&block, sizeof(block));
	ck_assert_int_eq(read_archive(), 0);
	ck_assert_ptr_nonnull(
	    strstr(buf_text(&report.text), " /../else/./where// "));
}
END_TEST

START_TEST(every_failing_callback_comes_up_and_is_the_last)
{
	struct stretch stretches[STRETCHES];
	unsigned at = 1;

	sample_archive(stretches);
	for (;; at++) {
		report.fail_at = at;
		if (read_in_steps(archive.len, 300) == 0)
			break;
		ck_assert_int_eq(err.kind, ERR_DENIED);
		ck_assert_uint_eq(report.calls, at);
	}
	/* A begin and an end each; of one byte one piece, of 600 some more. */
	ck_assert_uint_gt(at, 5 * 2 + 1 + 2);
}
END_TEST

START_TEST(a_reader_that_failed_stays_failed)
{
	struct sink *reader = tar_reader_new(&tar_sample_ops, &report, &err);

	ck_assert_ptr_nonnull(reader);
	ck_assert_int_eq(sink_write(reader, content, TAR_BLOCK, &err), -1);
	ck_assert_int_eq(sink_write(reader, zeros, TAR_BLOCK, &err), -1);
	ck_assert_int_eq(sink_finish(reader, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	sink_free(reader);
}
END_TEST

START_TEST(content_is_passed_on_at_once)
{
	struct sink *reader = tar_reader_new(&tar_sample_ops, &report, &err);
	struct tar_block block =
	    tar_sample_block('0', "a", (uint64_t)7 * 1024 * 1024 * 1024);
	size_t before;

	ck_assert_ptr_nonnull(reader);
	tar_sample_seal(&block);
	ck_assert_int_eq(sink_write(reader, &block, sizeof(block), &err), 0);
	before = report.text.len;
	for (size_t i = 1; i < 1000; i++) {
		ck_assert_int_eq(sink_write(reader, "x", 1, &err), 0);
		ck_assert_uint_eq(report.text.len, before + i);
	}
	ck_assert_int_eq(sink_finish(reader, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "a: cut short"));
	sink_free(reader);
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("tar_reader");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_test(all, an_archive_is_read_however_it_is_cut_into_writes);
	tcase_add_test(all, an_archive_may_end_only_between_members);
	tcase_add_test(all, zeros_may_follow_the_end);
	tcase_add_test(all, nothing_else_may_follow_the_end);
	tcase_add_test(all, garbage_in_place_of_a_header_is_damage);
	tcase_add_test(all, names_lose_what_stands_before_the_directory);
	tcase_add_test(all, trailing_slashes_are_taken_off);
	tcase_add_test(all, names_that_leave_the_directory_are_refused);
	tcase_add_test(all, hostile_names_in_records_are_refused);
	tcase_add_test(all, the_directory_itself_is_not_reported);
	tcase_add_test(all, other_types_are_refused);
	tcase_add_test(all, targets_are_passed_on_as_they_are);
	tcase_add_test(all, every_failing_callback_comes_up_and_is_the_last);
	tcase_add_test(all, a_reader_that_failed_stays_failed);
	tcase_add_test(all, content_is_passed_on_at_once);
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
