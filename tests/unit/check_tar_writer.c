#include "common/stream/tar_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "common/base/file.h"
#include "tests/unit/failing_sink.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tar_sample.h"

static const char content[2048] = "content, with many zeros behind";

static struct err err;
static struct buf archive = BUF_INIT(TAR_SAMPLE_LIMIT);

static struct tar_writer *
writer_into(struct failing_sink *plan)
{
	struct sink *end = failing_sink_new(plan, &err);
	struct tar_writer *writer;

	ck_assert_ptr_nonnull(end);
	writer = tar_writer_new(end, &err);
	ck_assert_ptr_nonnull(writer);
	return writer;
}

/* A member with its content, given at most `step` bytes at a time. */
static int
add(struct tar_writer *writer, const struct tar_member *member, size_t step)
{
	if (tar_writer_member(writer, member, &err) != 0)
		return -1;
	for (size_t at = 0; at < member->size; at += step) {
		size_t left = (size_t)member->size - at;

		if (tar_writer_data(writer, content + at,
				    left < step ? left : step, &err) != 0)
			return -1;
	}
	return 0;
}

static const struct tar_member *
samples(size_t *count)
{
	static char long_name[301];
	static char long_target[201];
	static struct tar_member members[8];
	static const uint64_t sizes[] = {0, 1, 511, 512, 513};
	static const char *const names[] = {"empty", "one", "almost", "block",
					    "over"};
	char *name = tar_sample_name(300, 40);
	char *target = tar_sample_name(200, 40);

	memcpy(long_name, name, sizeof(long_name));
	memcpy(long_target, target, sizeof(long_target));
	for (size_t i = 0; i < 5; i++)
		members[i] = tar_sample_file(names[i], sizes[i]);
	members[5] = tar_sample_file("directory", 0);
	members[5].type = TAR_DIRECTORY;
	members[5].mode = 0750;
	members[6] = tar_sample_file("directory/link", 0);
	members[6].type = TAR_SYMLINK;
	members[6].mode = 0777;
	members[6].target = long_target;
	members[7] = tar_sample_file(long_name, 700);
	members[7].mode = 0600;
	members[7].modified.tv_nsec = 123456789;
	*count = sizeof(members) / sizeof(members[0]);
	free(target);
	free(name);
	return members;
}

static int
add_samples(struct tar_writer *writer, size_t step)
{
	size_t count = 0;
	const struct tar_member *members = samples(&count);

	for (size_t i = 0; i < count; i++) {
		if (add(writer, &members[i], step) != 0)
			return -1;
	}
	return tar_writer_finish(writer, &err);
}

/* Fills `archive`. */
static void
write_samples(size_t step)
{
	struct failing_sink plan = {.bytes = &archive};
	struct tar_writer *writer = writer_into(&plan);

	buf_clear(&archive);
	ck_assert_int_eq(add_samples(writer, step), 0);
	ck_assert_uint_eq(tar_writer_size(writer), archive.len);
	ck_assert_uint_eq(archive.len % TAR_BLOCK, 0);
	ck_assert_uint_eq(plan.finished, 1);
	tar_writer_free(writer);
	ck_assert_uint_eq(plan.freed, 1);
}

START_TEST(members_come_back)
{
	static const size_t steps[] = {1, 100, 511, 512, 5000};
	struct tar_sample_report report = {.text = BUF_INIT(TAR_SAMPLE_LIMIT)};
	struct buf expected = BUF_INIT(TAR_SAMPLE_LIMIT);
	size_t count = 0;
	const struct tar_member *members = samples(&count);

	for (size_t i = 0; i < count; i++) {
		tar_sample_line(&members[i], &expected);
		ck_assert_int_eq(buf_append(&expected, content,
					    (size_t)members[i].size, &err),
				 0);
		ck_assert_int_eq(buf_append(&expected, "end\n", 4, &err), 0);
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		write_samples(steps[i]);
		buf_clear(&report.text);
		ck_assert_int_eq(tar_sample_read(archive.data, archive.len,
						 4096, &report, &err),
				 0);
		ck_assert_uint_eq(report.text.len, expected.len);
		ck_assert_mem_eq(report.text.data, expected.data, expected.len);
	}
	buf_free(&expected);
	buf_free(&report.text);
}
END_TEST

START_TEST(an_empty_archive_is_two_blocks_of_zeros)
{
	static const char zeros[2 * TAR_BLOCK];
	struct failing_sink plan = {.bytes = &archive};
	struct tar_writer *writer = writer_into(&plan);

	ck_assert_uint_eq(tar_writer_size(writer), 0);
	ck_assert_int_eq(tar_writer_finish(writer, &err), 0);
	ck_assert_uint_eq(archive.len, sizeof(zeros));
	ck_assert_mem_eq(archive.data, zeros, sizeof(zeros));
	tar_writer_free(writer);
}
END_TEST

START_TEST(the_size_follows_headers_content_and_padding)
{
	struct failing_sink plan = {0};
	struct tar_writer *writer = writer_into(&plan);
	struct tar_member member = tar_sample_file("a", 513);

	ck_assert_int_eq(tar_writer_member(writer, &member, &err), 0);
	ck_assert_uint_eq(tar_writer_size(writer), 512);
	ck_assert_int_eq(tar_writer_data(writer, content, 512, &err), 0);
	ck_assert_uint_eq(tar_writer_size(writer), 1024);
	ck_assert_int_eq(tar_writer_data(writer, content, 1, &err), 0);
	ck_assert_uint_eq(tar_writer_size(writer), 1536);
	/* Nothing more is nothing more. */
	ck_assert_int_eq(tar_writer_data(writer, content, 0, &err), 0);
	ck_assert_uint_eq(tar_writer_size(writer), 1536);
	ck_assert_int_eq(tar_writer_finish(writer, &err), 0);
	ck_assert_uint_eq(tar_writer_size(writer), 2560);
	tar_writer_free(writer);
}
END_TEST

/* After a failure nothing works any more, and nothing was committed. */
static void
expect_spoilt(struct tar_writer *writer, struct failing_sink *plan,
	      enum err_kind kind)
{
	struct tar_member member = tar_sample_file("next", 0);

	ck_assert_int_eq(err.kind, kind);
	ck_assert_int_eq(tar_writer_member(writer, &member, &err), -1);
	ck_assert_int_eq(err.kind, kind);
	ck_assert_int_eq(tar_writer_data(writer, content, 1, &err), -1);
	ck_assert_int_eq(err.kind, kind);
	ck_assert_int_eq(tar_writer_finish(writer, &err), -1);
	ck_assert_int_eq(err.kind, kind);
	tar_writer_free(writer);
	ck_assert_uint_eq(plan->finished, 0);
	ck_assert_uint_eq(plan->freed, 1);
}

START_TEST(content_that_is_too_long_spoils_the_archive)
{
	struct failing_sink plan = {0};
	struct tar_writer *writer = writer_into(&plan);
	struct tar_member member = tar_sample_file("a", 10);

	ck_assert_int_eq(tar_writer_member(writer, &member, &err), 0);
	ck_assert_int_eq(tar_writer_data(writer, content, 4, &err), 0);
	ck_assert_int_eq(tar_writer_data(writer, content, 7, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "longer"));
	expect_spoilt(writer, &plan, ERR_DAMAGED);
}
END_TEST

START_TEST(content_that_is_too_short_spoils_the_archive)
{
	struct failing_sink plan = {0};
	struct tar_writer *writer = writer_into(&plan);
	struct tar_member member = tar_sample_file("a", 10);

	ck_assert_int_eq(tar_writer_member(writer, &member, &err), 0);
	ck_assert_int_eq(tar_writer_data(writer, content, 4, &err), 0);
	if (_i == 0)
		ck_assert_int_eq(tar_writer_member(writer, &member, &err), -1);
	else
		ck_assert_int_eq(tar_writer_finish(writer, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "6 bytes shorter"));
	expect_spoilt(writer, &plan, ERR_DAMAGED);
}
END_TEST

START_TEST(a_refused_member_spoils_the_archive)
{
	struct failing_sink plan = {0};
	struct tar_writer *writer = writer_into(&plan);
	struct tar_member member = tar_sample_file("", 0);

	ck_assert_int_eq(tar_writer_member(writer, &member, &err), -1);
	expect_spoilt(writer, &plan, ERR_REFUSED);
}
END_TEST

START_TEST(without_a_finish_nothing_is_committed)
{
	struct failing_sink plan = {0};
	struct tar_writer *writer = writer_into(&plan);
	struct tar_member member = tar_sample_file("a", 0);

	ck_assert_int_eq(tar_writer_member(writer, &member, &err), 0);
	tar_writer_free(writer);
	ck_assert_uint_eq(plan.finished, 0);
	ck_assert_uint_eq(plan.freed, 1);
	tar_writer_free(NULL);
}
END_TEST

START_TEST(every_failure_below_comes_up)
{
	unsigned at = 1;

	for (;; at++) {
		struct failing_sink plan = {.fail_at = at,
					    .kind = ERR_UNREACHABLE,
					    .message = "no answer"};
		struct tar_writer *writer = writer_into(&plan);

		if (add_samples(writer, 300) == 0) {
			tar_writer_free(writer);
			break;
		}
		ck_assert_ptr_nonnull(strstr(err.message, "no answer"));
		expect_spoilt(writer, &plan, ERR_UNREACHABLE);
	}
	/* 8 headers, 10 pieces of content, 4 times padding, the end. */
	ck_assert_uint_eq(at, 8 + 10 + 4 + 2 + 1);
}
END_TEST

/* Unpacks `archive` by the tar program into a new directory. */
static char *
unpack(void)
{
	char *directory = scratch_make();
	char text[1024];

	snprintf(text, sizeof(text), "%s/archive.tar", directory);
	scratch_write(text, archive.data, archive.len);
	snprintf(text, sizeof(text), "tar -C %s -xpf %s/archive.tar", directory,
		 directory);
	ck_assert_int_eq(system(text), 0);
	return directory;
}

static void
expect_unpacked(const char *directory, const struct tar_member *member)
{
	char path[1024];
	char target[1024] = "";
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s", directory, member->name);
	ck_assert_int_eq(lstat(path, &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, member->mode);
	ck_assert_int_eq(status.st_mtim.tv_sec, member->modified.tv_sec);
	ck_assert_int_eq(status.st_mtim.tv_nsec, member->modified.tv_nsec);
	ck_assert_int_eq(S_ISREG(status.st_mode), member->type == TAR_FILE);
	ck_assert_int_eq(S_ISDIR(status.st_mode),
			 member->type == TAR_DIRECTORY);
	ck_assert_int_eq(S_ISLNK(status.st_mode), member->type == TAR_SYMLINK);
	if (member->type == TAR_SYMLINK) {
		ck_assert_int_gt(readlink(path, target, sizeof(target) - 1), 0);
		ck_assert_str_eq(target, member->target);
	} else if (member->type == TAR_FILE) {
		struct buf bytes = BUF_INIT(TAR_SAMPLE_LIMIT);

		ck_assert_int_eq(file_load(path, &bytes, &err), 0);
		ck_assert_uint_eq(bytes.len, member->size);
		ck_assert_mem_eq(buf_text(&bytes), content, bytes.len);
		buf_free(&bytes);
	}
}

START_TEST(the_tar_program_unpacks_ours)
{
	size_t count = 0;
	const struct tar_member *members = samples(&count);
	char *directory;

	write_samples(4096);
	directory = unpack();
	for (size_t i = 0; i < count; i++)
		expect_unpacked(directory, &members[i]);
	scratch_remove(directory);
}
END_TEST

/* What the tar program lists; the archive ends early, so its exit code is of no
 * use. */
static void
list(const struct tar_member *member, char *line, size_t size)
{
	struct buf blocks = BUF_INIT(TAR_SAMPLE_LIMIT);
	char *directory = scratch_make();
	char text[1024];
	FILE *pipe;

	ck_assert_int_eq(tar_header_write(member, &blocks, &err), 0);
	snprintf(text, sizeof(text), "%s/archive.tar", directory);
	scratch_write(text, blocks.data, blocks.len);
	snprintf(text, sizeof(text),
		 "TZ=UTC tar --numeric-owner --full-time -tvf "
		 "%s/archive.tar 2>%s/errors",
		 directory, directory);
	pipe = popen(text, "r");
	ck_assert_ptr_nonnull(pipe);
	ck_assert_ptr_nonnull(fgets(line, (int)size, pipe));
	pclose(pipe);
	scratch_remove(directory);
	buf_free(&blocks);
}

START_TEST(the_tar_program_reads_big_numbers_of_ours)
{
	struct tar_member member =
	    tar_sample_file("base/1/2", (uint64_t)9663676416);
	char line[1024];

	member.uid = 3000000;
	member.gid = 4000000000;
	member.modified.tv_sec = 253402300799;
	member.modified.tv_nsec = 500000000;
	list(&member, line, sizeof(line));
	ck_assert_str_eq(line, "-rw-r----- 3000000/4000000000 9663676416 "
			       "9999-12-31 23:59:59.5 base/1/2\n");
}
END_TEST

static void
free_archive(void)
{
	buf_free(&archive);
}

static Suite *
suite(void)
{
	Suite *whole = suite_create("tar_writer");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, NULL, free_archive);
	tcase_add_test(all, members_come_back);
	tcase_add_test(all, an_empty_archive_is_two_blocks_of_zeros);
	tcase_add_test(all, the_size_follows_headers_content_and_padding);
	tcase_add_test(all, content_that_is_too_long_spoils_the_archive);
	tcase_add_loop_test(all, content_that_is_too_short_spoils_the_archive,
			    0, 2);
	tcase_add_test(all, a_refused_member_spoils_the_archive);
	tcase_add_test(all, without_a_finish_nothing_is_committed);
	tcase_add_test(all, every_failure_below_comes_up);
	tcase_add_test(all, the_tar_program_unpacks_ours);
	tcase_add_test(all, the_tar_program_reads_big_numbers_of_ours);
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
