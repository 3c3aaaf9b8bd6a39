/* What the tar program writes in each of its formats, read by us. */
#include "common/stream/tar_reader.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/base/file.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tar_sample.h"

static struct err err;
static struct buf archive = BUF_INIT(TAR_SAMPLE_LIMIT);
static struct tar_sample_report report = {.text = BUF_INIT(TAR_SAMPLE_LIMIT)};

static void
tear_down(void)
{
	buf_free(&archive);
	buf_free(&report.text);
}

static int
read_archive(void)
{
	return tar_sample_read(archive.data, archive.len, 100, &report, &err);
}

/* What the tar program writes, below a directory of the test. */
static void
run_tar(const char *format, const char *deep, const char *target,
	const char *more)
{
	char *directory = scratch_make();
	char command[4096];

	snprintf(command, sizeof(command),
		 "cd %s && mkdir -p t/%s && cd t && "
		 "printf one >one && : >empty && chmod 4751 one && "
		 "head -c 5000 /dev/zero | tr '\\0' x >%s/long && "
		 "ln -s %s link && cd .. && "
		 "tar -C t --format=%s --sort=name --mtime=@1234567890 "
		 "--owner=jane:1000 --group=others:2000 %s -cf archive.tar .",
		 directory, deep, deep, target, format, more);
	ck_assert_int_eq(system(command), 0);
	snprintf(command, sizeof(command), "%s/archive.tar", directory);
	buf_clear(&archive);
	ck_assert_int_eq(file_load(command, &archive, &err), 0);
	scratch_remove(directory);
}

START_TEST(we_read_what_the_tar_program_writes)
{
	/* How long names and targets each format can hold. */
	static const struct {
		const char *format;
		size_t name, target;
	} cases[] = {
	    {"v7", 80, 90},     {"oldgnu", 300, 200}, {"gnu", 300, 200},
	    {"ustar", 180, 90}, {"pax", 300, 200},
	};
	char *deep = tar_sample_name(cases[_i].name, 50);
	char *target = tar_sample_name(cases[_i].target, 50);
	bool owners = strcmp(cases[_i].format, "v7") != 0;
	char line[1024];

	run_tar(cases[_i].format, deep, target, "");
	ck_assert_int_eq(read_archive(), 0);
	snprintf(line, sizeof(line),
		 "file one  3 4751 1000:2000 %s 1234567890.000000000\n"
		 "oneend\n",
		 owners ? "jane:others" : ":");
	ck_assert_msg(strstr(report.text.data, line) != NULL, "%.500s",
		      report.text.data);
	snprintf(line, sizeof(line), "file %s/long  5000 ", deep);
	ck_assert_ptr_nonnull(strstr(report.text.data, line));
	snprintf(line, sizeof(line), "directory %s  0 ", deep);
	ck_assert_ptr_nonnull(strstr(report.text.data, line));
	snprintf(line, sizeof(line), "symlink link %s 0 777 ", target);
	ck_assert_ptr_nonnull(strstr(report.text.data, line));
	ck_assert_ptr_nonnull(strstr(report.text.data, "file empty  0 "));
	free(target);
	free(deep);
}
END_TEST

START_TEST(we_read_big_numbers_of_the_tar_program)
{
	static const struct {
		const char *format, *options, *line;
	} cases[] = {
	    {"gnu", "--mtime=@-5 --owner=:3000000 --group=:4000000",
	     " 3000000:4000000 jane:others -5.000000000\n"},
	    {"pax", "--mtime=@-5.25 --owner=:3000000 --group=:4000000",
	     " 3000000:4000000 jane:others -6.750000000\n"},
	};

	run_tar(cases[_i].format, "deep", "target", cases[_i].options);
	ck_assert_int_eq(read_archive(), 0);
	ck_assert_msg(strstr(report.text.data, cases[_i].line) != NULL,
		      "%.500s", report.text.data);
}
END_TEST

static Suite *
suite(void)
{
	Suite *whole = suite_create("tar_program");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, NULL, tear_down);
	tcase_add_loop_test(all, we_read_what_the_tar_program_writes, 0, 5);
	tcase_add_loop_test(all, we_read_big_numbers_of_the_tar_program, 0, 2);
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
