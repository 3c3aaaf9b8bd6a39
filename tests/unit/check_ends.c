/* check_ends - memory, files, nowhere, and pipes that live longer. */
#include "common/stream/ends.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <check.h>

#include "common/base/file.h"
#include "common/base/path.h"
#include "tests/unit/failing_sink.h"
#include "tests/unit/scratch.h"

/* Set up in the parent, so that it goes even if a test dies. */
static char *directory;

static void
set_up(void)
{
	directory = scratch_make();
}

static void
tear_down(void)
{
	scratch_remove(directory);
}

START_TEST(memory_appends)
{
	struct buf buf = BUF_INIT(100);
	struct err err = {0};
	struct sink *sink;

	ck_assert_int_eq(buf_append(&buf, "wal", 3, &err), 0);
	sink = ends_memory(&buf, &err);
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(sink_write(sink, "n\0t", 3, &err), 0);
	ck_assert_int_eq(sink_finish(sink, &err), 0);
	sink_free(sink);
	ck_assert_uint_eq(buf.len, 6);
	ck_assert_int_eq(memcmp(buf.data, "waln\0t", 6), 0);
	buf_free(&buf);
}
END_TEST

START_TEST(memory_has_its_limit)
{
	struct buf buf = BUF_INIT(4);
	struct err err = {0};
	struct sink *sink = ends_memory(&buf, &err);

	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(sink_write(sink, "abcd", 4, &err), 0);
	ck_assert_int_eq(sink_write(sink, "e", 1, &err), -1);
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	ck_assert_int_eq(sink_finish(sink, &err), -1);
	ck_assert_str_eq(buf_text(&buf), "abcd");
	sink_free(sink);
	buf_free(&buf);
}
END_TEST

/* A sink into a draft of `name`; *path is its name, free it. */
static struct sink *
drafting(const char *name, enum draft_mode mode, char **path)
{
	struct err err = {0};
	struct draft *draft;
	struct sink *sink;

	*path = path_join(directory, name, &err);
	ck_assert_ptr_nonnull(*path);
	draft = draft_open(*path, NULL, 0600, &err);
	ck_assert_msg(draft != NULL, "%s", err.message);
	sink = ends_draft(draft, mode, &err);
	ck_assert_ptr_nonnull(sink);
	return sink;
}

static void
expect_content(const char *path, const char *text)
{
	struct buf buf = BUF_INIT(1000);
	struct err err = {0};

	ck_assert_msg(file_load(path, &buf, &err) == 0, "%s", err.message);
	ck_assert_str_eq(buf_text(&buf), text);
	buf_free(&buf);
}

START_TEST(a_file_appears_with_finish)
{
	char *path;
	struct sink *sink = drafting("new", DRAFT_NEW, &path);
	struct buf buf = BUF_INIT(1000);
	struct err err = {0};

	ck_assert_int_eq(sink_write_text(sink, "one ", &err), 0);
	ck_assert_int_eq(sink_write_text(sink, "two", &err), 0);
	ck_assert_int_eq(file_load(path, &buf, &err), -1);
	ck_assert_int_eq(err.kind, ERR_ABSENT);
	ck_assert_int_eq(sink_finish(sink, &err), 0);
	expect_content(path, "one two");
	sink_free(sink);
	expect_content(path, "one two");
	ck_assert_uint_eq(scratch_count(directory), 1);
	remove(path);
	free(path);
}
END_TEST

START_TEST(a_file_that_is_not_finished_never_was)
{
	char *path;
	struct sink *sink = drafting("lost", DRAFT_NEW, &path);
	struct err err = {0};

	ck_assert_int_eq(sink_write_text(sink, "half of it", &err), 0);
	sink_free(sink);
	ck_assert_uint_eq(scratch_count(directory), 0);
	free(path);
}
END_TEST

START_TEST(the_mode_says_whether_a_file_is_replaced)
{
	char *path;
	struct err err = {0};
	struct sink *sink = drafting("taken", DRAFT_NEW, &path);

	ck_assert_int_eq(sink_write_text(sink, "first", &err), 0);
	ck_assert_int_eq(sink_finish(sink, &err), 0);
	sink_free(sink);
	free(path);

	sink = drafting("taken", DRAFT_NEW, &path);
	ck_assert_int_eq(sink_write_text(sink, "second", &err), 0);
	ck_assert_int_eq(sink_finish(sink, &err), -1);
	ck_assert_int_eq(err.kind, ERR_EXISTS);
	ck_assert_ptr_nonnull(strstr(err.message, "taken"));
	sink_free(sink);
	expect_content(path, "first");
	free(path);

	err = (struct err){0};
	sink = drafting("taken", DRAFT_REPLACE, &path);
	ck_assert_int_eq(sink_write_text(sink, "third", &err), 0);
	ck_assert_int_eq(sink_finish(sink, &err), 0);
	sink_free(sink);
	expect_content(path, "third");
	ck_assert_uint_eq(scratch_count(directory), 1);
	remove(path);
	free(path);
}
END_TEST

START_TEST(a_file_that_cannot_grow_fails_and_leaves_nothing)
{
	char *path;
	struct sink *sink = drafting("full", DRAFT_NEW, &path);
	struct rlimit limit = {.rlim_cur = 6, .rlim_max = 6};
	struct err err = {0};

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	/* No assertion in between: the test's own notes are files too. */
	if (sink_write(sink, "too much", 8, &err) != -1 ||
	    err.kind != ERR_SYSTEM || sink_finish(sink, &err) != -1)
		_Exit(1);
	sink_free(sink);
	if (scratch_count(directory) != 0)
		_Exit(2);
	free(path);
	_Exit(0);
}
END_TEST

START_TEST(nowhere_swallows_everything)
{
	struct err err = {0};
	struct sink *sink = ends_nowhere(&err);

	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(sink_write_text(sink, "anything", &err), 0);
	ck_assert_int_eq(sink_finish(sink, &err), 0);
	sink_free(sink);
}
END_TEST

START_TEST(a_pipe_kept_open_goes_on)
{
	struct buf bytes = BUF_INIT(100);
	struct failing_sink plan = {.bytes = &bytes};
	struct err err = {0};
	struct sink *next = failing_sink_new(&plan, &err);

	ck_assert_ptr_nonnull(next);
	for (int i = 0; i < 3; i++) {
		struct sink *sink = ends_keep_open(next, &err);

		ck_assert_ptr_nonnull(sink);
		ck_assert_int_eq(sink_write_text(sink, "part ", &err), 0);
		ck_assert_int_eq(sink_finish(sink, &err), 0);
		sink_free(sink);
		ck_assert_uint_eq(plan.finished, 0);
		ck_assert_uint_eq(plan.freed, 0);
	}
	ck_assert_int_eq(sink_finish(next, &err), 0);
	sink_free(next);
	ck_assert_str_eq(buf_text(&bytes), "part part part ");
	ck_assert_uint_eq(plan.freed, 1);
	buf_free(&bytes);
}
END_TEST

START_TEST(a_failure_of_the_pipe_kept_open_comes_up)
{
	struct failing_sink plan = {
	    .fail_at = 2, .kind = ERR_UNREACHABLE, .message = "gone"};
	struct err err = {0};
	struct sink *next = failing_sink_new(&plan, &err);
	struct sink *sink = ends_keep_open(next, &err);

	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(sink_write_text(sink, "a", &err), 0);
	ck_assert_int_eq(sink_write_text(sink, "b", &err), -1);
	ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
	ck_assert_str_eq(err.message, "gone");
	ck_assert_int_eq(sink_finish(sink, &err), -1);
	sink_free(sink);
	sink_free(next);
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("ends");
	TCase *plain = tcase_create("memory, nowhere, kept open");
	TCase *files = tcase_create("files");

	tcase_add_test(plain, memory_appends);
	tcase_add_test(plain, memory_has_its_limit);
	tcase_add_test(plain, nowhere_swallows_everything);
	tcase_add_test(plain, a_pipe_kept_open_goes_on);
	tcase_add_test(plain, a_failure_of_the_pipe_kept_open_comes_up);
	suite_add_tcase(whole, plain);

	tcase_add_unchecked_fixture(files, set_up, tear_down);
	tcase_add_test(files, a_file_appears_with_finish);
	tcase_add_test(files, a_file_that_is_not_finished_never_was);
	tcase_add_test(files, the_mode_says_whether_a_file_is_replaced);
	tcase_add_exit_test(
	    files, a_file_that_cannot_grow_fails_and_leaves_nothing, 0);
	suite_add_tcase(whole, files);
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
