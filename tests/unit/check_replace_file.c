#include "restore/replace_file.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/path.h"
#include "tests/unit/scratch.h"

static char *directory;
static char *path;
static struct buf text = BUF_INIT(1000);
static struct err err;

static void
set_up(void)
{
	directory = scratch_make();
	path = path_join(directory, "some.conf", &err);
	ck_assert_int_eq(buf_append(&text, "new\n", 4, &err), 0);
}

static void
tear_down(void)
{
	buf_free(&text);
	free(path);
	scratch_remove(directory);
}

static void
expect(const char *content)
{
	struct buf bytes = BUF_INIT(1000);

	ck_assert_msg(file_load(path, &bytes, &err) == 0, "%s", err.message);
	ck_assert_str_eq(buf_text(&bytes), content);
	ck_assert_uint_eq(scratch_count(directory), 1);
	buf_free(&bytes);
}

START_TEST(a_file_is_made_or_replaced_for_its_owner_alone)
{
	struct stat st;

	(void)umask(0);
	ck_assert_int_eq(replace_file(directory, "some.conf", &text, &err), 0);
	expect("new\n");
	scratch_write(path, "a longer old one\n", 17);
	ck_assert_int_eq(replace_file(directory, "some.conf", &text, &err), 0);
	expect("new\n");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(an_empty_file_is_made_too)
{
	buf_clear(&text);
	ck_assert_int_eq(replace_file(directory, "some.conf", &text, &err), 0);
	expect("");
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_file)
{
	struct rlimit limit = {3, RLIM_INFINITY};

	scratch_write(path, "old", 3);
	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(replace_file(directory, "some.conf", &text, &err), -1);
	ck_assert_int_eq((int)err.kind, ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(err.message, path));
	expect("old");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("replace_file");
	TCase *tcase = tcase_create("replace_file");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_file_is_made_or_replaced_for_its_owner_alone);
	tcase_add_test(tcase, an_empty_file_is_made_too);
	tcase_add_test(tcase, a_full_disk_leaves_the_old_file);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
