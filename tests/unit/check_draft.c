/* check_draft - whole and under its name, or not at all and no traces. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/draft.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/base/stop.h"
#include "tests/unit/scratch.h"

static char *
join(const char *directory, const char *name)
{
	struct err err = {0};
	char *path = path_join(directory, name, &err);

	ck_assert_ptr_nonnull(path);
	return path;
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

static const enum draft_mode modes[] = {DRAFT_NEW, DRAFT_REPLACE};

START_TEST(a_draft_appears_at_commit_and_not_before)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};
	struct draft *draft;
	struct stat st;

	(void)umask(022);
	draft = start(path, "whole");
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_uint_eq(scratch_count(dir), 1);
	ck_assert_int_eq(draft_commit(draft, modes[_i], &err), 0);
	expect_content(path, "whole");
	ck_assert_uint_eq(scratch_count(dir), 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_uint_eq(st.st_nlink, 1);
	draft_free(draft);
	expect_content(path, "whole");
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_draft_given_up_leaves_nothing)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");

	draft_free(start(path, "half"));
	ck_assert_uint_eq(scratch_count(dir), 0);
	draft_free(NULL);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_new_file_never_takes_the_place_of_another)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};
	struct draft *draft;

	scratch_write(path, "old", 3);
	draft = start(path, "new");
	ck_assert_int_eq(draft_commit(draft, DRAFT_NEW, &err), -1);
	ck_assert_int_eq(err.kind, ERR_EXISTS);
	ck_assert_ptr_nonnull(strstr(err.message, path));
	draft_free(draft);
	expect_content(path, "old");
	ck_assert_uint_eq(scratch_count(dir), 1);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(of_two_new_files_one_wins)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};
	struct draft *first = start(path, "first");
	struct draft *second = start(path, "second");

	ck_assert_uint_eq(scratch_count(dir), 2);
	ck_assert_int_eq(draft_commit(second, DRAFT_NEW, &err), 0);
	ck_assert_int_eq(draft_commit(first, DRAFT_NEW, &err), -1);
	ck_assert_int_eq(err.kind, ERR_EXISTS);
	draft_free(first);
	draft_free(second);
	expect_content(path, "second");
	ck_assert_uint_eq(scratch_count(dir), 1);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_replacement_takes_the_place_of_the_old_file)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};
	struct draft *draft;

	scratch_write(path, "old and longer", 14);
	draft = start(path, "new");
	expect_content(path, "old and longer");
	ck_assert_int_eq(draft_commit(draft, DRAFT_REPLACE, &err), 0);
	draft_free(draft);
	expect_content(path, "new");
	ck_assert_uint_eq(scratch_count(dir), 1);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_replacement_that_cannot_be_leaves_no_draft)
{
	char *dir = scratch_make();
	char *path = join(dir, "d");
	struct err err = {0};
	struct draft *draft;

	ck_assert_int_eq(mkdir(path, 0700), 0);
	draft = start(path, "x");
	ck_assert_int_eq(draft_commit(draft, DRAFT_REPLACE, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, path));
	draft_free(draft);
	ck_assert_uint_eq(scratch_count(dir), 1);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_draft_may_lie_in_another_directory)
{
	char *dir = scratch_make();
	char *drafts = join(dir, "drafts");
	char *path = join(dir, "f");
	struct err err = {0};
	struct draft *draft;
	char text[3];

	ck_assert_int_eq(mkdir(drafts, 0700), 0);
	draft = draft_open(path, drafts, 0600, &err);
	ck_assert_ptr_nonnull(draft);
	ck_assert_uint_eq(scratch_count(drafts), 1);
	ck_assert_uint_eq(scratch_count(dir), 1);
	ck_assert_int_eq(file_write(draft_fd(draft), "abc", 3, path, &err), 0);
	ck_assert_int_eq(file_read_at(draft_fd(draft), text, 3, 0, path, &err),
			 3);
	ck_assert_mem_eq(text, "abc", 3);
	ck_assert_int_eq(draft_commit(draft, DRAFT_NEW, &err), 0);
	draft_free(draft);
	expect_content(path, "abc");
	ck_assert_uint_eq(scratch_count(drafts), 0);
	free(path);
	free(drafts);
	scratch_remove(dir);
}
END_TEST

/* The longest name a file may have leaves no room for a prefix. */
START_TEST(the_longest_name_can_have_a_draft)
{
	char *dir = scratch_make();
	char name[256] = "";
	char *path;
	struct err err = {0};
	struct draft *draft;

	memset(name, 'n', sizeof name - 1);
	path = join(dir, name);
	draft = start(path, "x");
	ck_assert_int_eq(draft_commit(draft, DRAFT_NEW, &err), 0);
	draft_free(draft);
	expect_content(path, "x");
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(what_is_no_file_name_or_has_no_directory_is_refused)
{
	char *dir = scratch_make();
	char *slash = join(dir, "");
	char *absent = join(dir, "absent/f");
	struct err err = {0};

	ck_assert_ptr_null(draft_open(slash, NULL, 0600, &err));
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_null(draft_open("", NULL, 0600, &err));
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_null(draft_open(absent, NULL, 0600, &err));
	ck_assert_int_eq(err.kind, ERR_ABSENT);
	ck_assert_ptr_nonnull(strstr(err.message, dir));
	free(absent);
	free(slash);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_file_too_big_is_never_committed)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	static const char data[3000];
	struct err err = {0};
	struct rlimit before;
	struct rlimit limit;
	struct draft *draft = start(path, "x");
	int result;

	stop_on_signals();
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 2000;
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	result = draft_write(draft, data, sizeof data, &err);
	(void)setrlimit(RLIMIT_FSIZE, &before);
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(err.message, path));
	ck_assert_ptr_nonnull(strstr(err.message, "File too large"));

	/* There is room again, but bytes are missing. */
	ck_assert_int_eq(draft_commit(draft, DRAFT_REPLACE, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, path));
	draft_free(draft);
	ck_assert_uint_eq(scratch_count(dir), 0);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_directory_without_permission_is_denied_by_name)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};
	int status;

	ck_assert_int_eq(chmod(dir, 0555), 0);
	if (fork() == 0) {
		scratch_drop_root();
		if (draft_open(path, NULL, 0600, &err) != NULL)
			_exit(1);
		_exit(err.kind == ERR_DENIED && strstr(err.message, dir) != NULL
			  ? 0
			  : 2);
	}
	ck_assert_int_gt(wait(&status), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(chmod(dir, 0777), 0);
	ck_assert_uint_eq(scratch_count(dir), 0);
	free(path);
	scratch_remove(dir);
}
END_TEST

/* A link over NFS can be done and still be answered with EEXIST. */
START_TEST(a_name_that_is_our_own_already_is_a_success)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	char proc[64];
	char temporary[1024];
	struct err err = {0};
	struct draft *draft = start(path, "x");
	ssize_t len;

	(void)snprintf(proc, sizeof proc, "/proc/self/fd/%d", draft_fd(draft));
	len = readlink(proc, temporary, sizeof temporary - 1);
	ck_assert_int_gt(len, 0);
	temporary[len] = '\0';
	ck_assert_int_eq(link(temporary, path), 0);
	ck_assert_int_eq(draft_commit(draft, DRAFT_NEW, &err), 0);
	draft_free(draft);
	expect_content(path, "x");
	ck_assert_uint_eq(scratch_count(dir), 1);
	free(path);
	scratch_remove(dir);
}
END_TEST

/* From here on this process's system call `number` fails with `errnum`.
 * Returns -1 where that cannot be arranged. */
static int
break_call(unsigned number, unsigned errnum)
{
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		     offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errnum),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return -1;
	return 0;
}

/* link(2) is one of two calls, as the C library likes. Returns as above. */
static int
break_links(unsigned errnum)
{
#if defined(SYS_link)
	if (break_call(SYS_link, errnum) != 0)
		return -1;
#endif
	return break_call(SYS_linkat, errnum);
}

static const unsigned without_links[] = {EPERM, ENOTSUP, ENOSYS};

START_TEST(where_no_links_exist_new_files_still_replace_nothing)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};
	struct draft *first = start(path, "first");
	struct draft *second = start(path, "second");

	if (break_links(without_links[_i]) == 0) {
		ck_assert_int_eq(link(dir, path), -1);
		ck_assert_int_eq(errno, (int)without_links[_i]);
	}
	ck_assert_msg(draft_commit(first, DRAFT_NEW, &err) == 0, "%s",
		      err.message);
	ck_assert_int_eq(draft_commit(second, DRAFT_NEW, &err), -1);
	ck_assert_int_eq(err.kind, ERR_EXISTS);
	draft_free(first);
	draft_free(second);
	expect_content(path, "first");
	ck_assert_uint_eq(scratch_count(dir), 1);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(where_neither_links_nor_renames_help_it_is_an_error)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};
	struct draft *draft = start(path, "x");

	if (break_links(EPERM) == 0 && break_call(SYS_renameat2, EINVAL) == 0) {
		ck_assert_int_eq(draft_commit(draft, DRAFT_NEW, &err), -1);
		ck_assert_int_eq(err.kind, ERR_DENIED);
		ck_assert_ptr_nonnull(strstr(err.message, path));
		ck_assert_ptr_nonnull(strstr(err.message, "neither link nor"));
	}
	draft_free(draft);
	ck_assert_uint_eq(scratch_count(dir), 0);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_failed_flush_names_the_file_and_is_not_forgotten)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};
	struct draft *draft = start(path, "x");

	if (break_call(SYS_fsync, EIO) == 0) {
		ck_assert_int_eq(draft_commit(draft, DRAFT_NEW, &err), -1);
		ck_assert_int_eq(err.kind, ERR_UNREACHABLE);
		ck_assert_ptr_nonnull(strstr(err.message, path));
		ck_assert_ptr_nonnull(strstr(err.message, "flush"));
		/* The next flush might succeed, with the bytes gone. */
		ck_assert_int_eq(draft_commit(draft, DRAFT_NEW, &err), -1);
		ck_assert_ptr_nonnull(strstr(err.message, "failed before"));
		ck_assert_int_eq(access(path, F_OK), -1);
	}
	draft_free(draft);
	ck_assert_uint_eq(scratch_count(dir), 0);
	free(path);
	scratch_remove(dir);
}
END_TEST

START_TEST(a_file_in_place_stays_though_its_directory_was_not_flushed)
{
	char *dir = scratch_make();
	char *path = join(dir, "f");
	struct err err = {0};
	struct draft *draft = start(path, "x");

	/* A directory that cannot be opened for reading cannot be flushed. */
	ck_assert_int_eq(chmod(dir, 0333), 0);
	if (fork() == 0) {
		scratch_drop_root();
		if (draft_commit(draft, modes[_i], &err) != -1)
			_exit(1);
		_exit(strstr(err.message, path) != NULL &&
			      strstr(err.message, "in place") != NULL
			  ? 0
			  : 2);
	} else {
		int status;

		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_int_eq(chmod(dir, 0777), 0);
	expect_content(path, "x");
	draft_free(draft);
	expect_content(path, "x");
	ck_assert_uint_eq(scratch_count(dir), 1);
	free(path);
	scratch_remove(dir);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("draft");
	TCase *tests = tcase_create("draft");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests, a_draft_appears_at_commit_and_not_before, 0,
			    (int)(sizeof modes / sizeof modes[0]));
	tcase_add_test(tests, a_draft_given_up_leaves_nothing);
	tcase_add_test(tests, a_new_file_never_takes_the_place_of_another);
	tcase_add_test(tests, of_two_new_files_one_wins);
	tcase_add_test(tests, a_replacement_takes_the_place_of_the_old_file);
	tcase_add_test(tests, a_replacement_that_cannot_be_leaves_no_draft);
	tcase_add_test(tests, a_draft_may_lie_in_another_directory);
	tcase_add_test(tests, the_longest_name_can_have_a_draft);
	tcase_add_test(tests,
		       what_is_no_file_name_or_has_no_directory_is_refused);
	tcase_add_test(tests, a_file_too_big_is_never_committed);
	tcase_add_test(tests, a_directory_without_permission_is_denied_by_name);
	tcase_add_test(tests, a_name_that_is_our_own_already_is_a_success);
	tcase_add_loop_test(
	    tests, where_no_links_exist_new_files_still_replace_nothing, 0,
	    (int)(sizeof without_links / sizeof without_links[0]));
	tcase_add_test(tests,
		       where_neither_links_nor_renames_help_it_is_an_error);
	tcase_add_test(tests,
		       a_failed_flush_names_the_file_and_is_not_forgotten);
	tcase_add_loop_test(
	    tests, a_file_in_place_stays_though_its_directory_was_not_flushed,
	    0, (int)(sizeof modes / sizeof modes[0]));
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
