/* check_draft_sweep - what was abandoned goes, all else stays. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/draft.h"
#include "common/base/path.h"
#include "tests/unit/scratch.h"

#define HOUR_MS UINT64_C(3600000)

static char *
join(const char *directory, const char *name)
{
	struct err err = {0};
	char *path = path_join(directory, name, &err);

	ck_assert_ptr_nonnull(path);
	return path;
}

/* A draft of `path` with `text` in it. */
static struct draft *
start(const char *path, const char *text)
{
	struct err err = {0};
	struct draft *draft = draft_open(path, NULL, 0640, &err);

	ck_assert_msg(draft != NULL, "%s", err.message);
	ck_assert_int_eq(draft_write(draft, text, strlen(text), &err), 0);
	return draft;
}

/* A process that was killed in the middle: its draft stays behind. */
static void
leave_draft(const char *path)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)start(path, "abandoned");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(a_sweep_takes_what_the_dead_left_and_spares_the_living)
{
	char *dir = scratch_make();
	char *path = join(dir, "name.with.dots");
	struct err err = {0};
	struct draft *living = start(path, "mine");

	leave_draft(path);
	leave_draft(path);
	ck_assert_uint_eq(scratch_count(dir), 3);
	/* On another host the number of a process says nothing. */
	ck_assert_int_eq(draft_sweep(dir, HOUR_MS, 0, &err), 0);
	ck_assert_uint_eq(scratch_count(dir), 3);
	ck_assert_int_eq(draft_sweep(dir, HOUR_MS, 1, &err), 2);
	ck_assert_uint_eq(scratch_count(dir), 1);
	ck_assert_int_eq(draft_sweep(dir, UINT64_MAX, 1, &err), 0);
	ck_assert_int_eq(draft_commit(living, DRAFT_NEW, &err), 0);
	draft_free(living);
	ck_assert_int_eq(access(path, F_OK), 0);
	free(path);
	scratch_remove(dir);
}
END_TEST

/* Process 1 lives, but belongs to somebody who takes no signals from us. */
START_TEST(a_sweep_spares_the_drafts_of_other_users_who_live)
{
	char *dir = scratch_make();
	char *path = join(dir, ".walnut.f.1.0123456789abcdef");
	struct err err = {0};
	int status;

	scratch_write(path, "x", 1);
	if (fork() == 0) {
		scratch_drop_root();
		_exit(draft_sweep(dir, HOUR_MS, 1, &err) == 0 ? 0 : 1);
	}
	ck_assert_int_gt(wait(&status), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(scratch_count(dir), 1);
	free(path);
	scratch_remove(dir);
}
END_TEST

static const struct {
	time_t age_s;
	uint64_t limit_ms;
	int removed;
} ages[] = {
    {0, 1000000, 0},   {1000, 1000000 - 900, 1}, {1000, 1060000, 0},
    {1000, 940000, 1}, {1000, UINT64_MAX, 0},    {1000, 0, 1},
    {-1000, 0, 0},     {-1000, UINT64_MAX, 0},
};

START_TEST(a_sweep_takes_drafts_by_age)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};
	struct draft *draft = start(path, "x");
	struct timespec times[2];

	ck_assert_int_eq(clock_gettime(CLOCK_REALTIME, &times[0]), 0);
	times[0].tv_sec -= ages[_i].age_s;
	times[1] = times[0];
	ck_assert_int_eq(futimens(draft_fd(draft), times), 0);
	ck_assert_int_eq(draft_sweep(dir, ages[_i].limit_ms, _i % 2, &err),
			 ages[_i].removed);
	ck_assert_int_eq((int)scratch_count(dir), 1 - ages[_i].removed);
	draft_free(draft);
	free(path);
	scratch_remove(dir);
}
END_TEST

/* Process 2147483646 does not exist: the kernel's numbers end at 2^22. */
static const char *const no_drafts[] = {
    "f",
    ".walnut",
    ".walnut.",
    ".walnut.f",
    ".walnut.f.2147483646",
    ".walnut.f.2147483646.",
    ".walnut.f.2147483646.0123456789abcde",
    ".walnut.f.2147483646.0123456789abcdef0",
    ".walnut.f.2147483646.0123456789ABCDEF",
    ".walnut.f.2147483646.0123456789abcdeg",
    ".walnut.f.2147483646-0123456789abcdef",
    ".walnut.f.-147483646.0123456789abcdef",
    ".walnut.f..0123456789abcdef",
    ".walnut.f.0.0123456789abcdef",
    ".walnut.f.99999999999.0123456789abcdef",
    ".walnut.f.x2147483646.0123456789abcdef",
    ".walnut..2147483646.0123456789abcdef",
    ".walnut.2147483646.0123456789abcdef",
    "walnut.f.2147483646.0123456789abcdef",
    ".Walnut.f.2147483646.0123456789abcdef",
};

START_TEST(a_sweep_spares_what_is_no_draft)
{
	char *dir = scratch_make();
	char *path = join(dir, no_drafts[_i]);
	struct err err = {0};

	scratch_write(path, "x", 1);
	(void)usleep(2000);
	ck_assert_int_eq(draft_sweep(dir, 0, 1, &err), 0);
	ck_assert_uint_eq(scratch_count(dir), 1);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_sweep_removes_files_alone)
{
	char *dir = scratch_make();
	char *file = join(dir, ".walnut.f.2147483646.0123456789abcdef");
	char *folder = join(dir, ".walnut.d.2147483646.0123456789abcdef");
	char *symlink_path = join(dir, ".walnut.l.2147483646.0123456789abcdef");
	struct err err = {0};

	scratch_write(file, "x", 1);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	ck_assert_int_eq(symlink(file, symlink_path), 0);
	ck_assert_int_eq(draft_sweep(dir, HOUR_MS, 1, &err), 1);
	ck_assert_int_eq(access(file, F_OK), -1);
	ck_assert_uint_eq(scratch_count(dir), 2);
	free(symlink_path);
	free(folder);
	free(file);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_directory_that_is_not_there_holds_no_drafts)
{
	char *dir = scratch_make();
	char *absent = join(dir, "absent");
	char *file = join(dir, "file");
	struct err err = {0};

	ck_assert_int_eq(draft_sweep(absent, 0, 1, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NONE);
	scratch_write(file, "x", 1);
	ck_assert_int_eq(draft_sweep(file, 0, 1, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, file));
	free(file);
	free(absent);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_draft_that_cannot_be_swept_is_named)
{
	char *dir = scratch_make();
	char *file = join(dir, ".walnut.f.2147483646.0123456789abcdef");
	struct err err = {0};
	int status;

	scratch_write(file, "x", 1);
	ck_assert_int_eq(chmod(dir, 0555), 0);
	if (fork() == 0) {
		scratch_drop_root();
		if (draft_sweep(dir, HOUR_MS, 1, &err) != -1)
			_exit(1);
		_exit(err.kind == ERR_DENIED &&
			      strstr(err.message, path_base(file)) != NULL
			  ? 0
			  : 2);
	}
	ck_assert_int_gt(wait(&status), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(chmod(dir, 0777), 0);
	free(file);
	scratch_remove(dir);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("draft_sweep");
	TCase *tests = tcase_create("draft_sweep");
	SRunner *runner;
	int failed;

	tcase_add_test(tests,
		       a_sweep_takes_what_the_dead_left_and_spares_the_living);
	tcase_add_test(tests,
		       a_sweep_spares_the_drafts_of_other_users_who_live);
	tcase_add_loop_test(tests, a_sweep_takes_drafts_by_age, 0,
			    (int)(sizeof ages / sizeof ages[0]));
	tcase_add_loop_test(tests, a_sweep_spares_what_is_no_draft, 0,
			    (int)(sizeof no_drafts / sizeof no_drafts[0]));
	tcase_add_test(tests, a_sweep_removes_files_alone);
	tcase_add_test(tests, a_directory_that_is_not_there_holds_no_drafts);
	tcase_add_test(tests, a_draft_that_cannot_be_swept_is_named);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
