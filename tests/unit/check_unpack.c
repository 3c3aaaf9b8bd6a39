#include "restore/unpack.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/path.h"
#include "common/base/stop.h"
#include "tests/unit/scratch.h"
#include "tests/unit/stored_backup.h"
#include "tests/unit/tar_sample.h"

static char *scratch;   /* of the test */
static char *directory; /* in it, where members go */
static struct unpack_to to;
static struct err err;

static void
set_up(void)
{
	log_start("check_unpack", LOG_QUIET);
	scratch = scratch_make();
	directory = path_join(scratch, "data", &err);
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	to = (struct unpack_to){.directory = directory};
}

static void
tear_down(void)
{
	free(directory);
	scratch_remove(scratch);
}

static int
unpack(const struct buf *tar, size_t step, struct buf *control)
{
	return stored_backup_push(unpack_part(&to, control, &err),
				  buf_text(tar), tar->len, step, &err);
}

static int
unpack_files(const struct stored_file *files, struct buf *control)
{
	struct buf tar = BUF_INIT(TAR_SAMPLE_LIMIT);
	int result;

	stored_backup_tar(files, &tar);
	result = unpack(&tar, tar.len, control);
	buf_free(&tar);
	return result;
}

/* A block whose owner exists: what a test unpacks as root is given away. */
static void
add(struct buf *tar, char type, const char *name, const char *target,
    const char *content)
{
	struct tar_block block = tar_sample_block(type, name, strlen(content));

	(void)snprintf(block.mode, sizeof block.mode, "%07o", 0640u);
	tar_block_put_text(block.target, sizeof block.target, target);
	tar_sample_seal(&block);
	tar_sample_append(tar, &block, sizeof block);
	tar_sample_append(tar, content, strlen(content));
}

static void
take_index(const struct stored_file *files)
{
	static const struct tablespace_map none = {NULL, 0};
	const struct stored_file *const tables[] = {files, NULL};
	struct buf manifest = BUF_INIT(TAR_SAMPLE_LIMIT);

	to.index = manifest_index_new(&none, &err);
	ck_assert_ptr_nonnull(to.index);
	stored_backup_manifest(tables, &manifest);
	ck_assert_int_eq(
	    stored_backup_push(manifest_index_reader(to.index, &err),
			       buf_text(&manifest), manifest.len, manifest.len,
			       &err),
	    0);
	buf_free(&manifest);
}

static struct stat
stat_of(const char *name)
{
	char *path = path_join(directory, name, &err);
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	free(path);
	return st;
}

static const struct stored_file some[] = {
    {"PG_VERSION", "15\n"}, {"base/", ""},          {"base/1/", ""},
    {"base/1/1259", "abc"}, {"base/1/empty", ""},   {"pg_wal/", ""},
    {"deep/er/still", "x"}, {"base/1/1259_vm", ""}, {NULL, NULL},
};

START_TEST(members_become_files_however_the_stream_is_cut)
{
	static const size_t steps[] = {1, 7, 511, 512, 513, 1 << 20};
	struct buf tar = BUF_INIT(TAR_SAMPLE_LIMIT);

	stored_backup_tar(some, &tar);
	take_index(some);
	ck_assert_msg(unpack(&tar, steps[_i], NULL) == 0, "%s", err.message);
	ck_assert(stored_backup_holds(directory, some));
	ck_assert_uint_eq(stat_of("base/1/1259").st_mode & 07777, 0640);
	ck_assert_uint_eq(stat_of("base/1").st_mode & 07777, 0750);
	/* nobody said what it should be */
	ck_assert_uint_eq(stat_of("deep/er").st_mode & 07777, 0700);
	manifest_index_free(to.index);
	buf_free(&tar);
}
END_TEST

START_TEST(every_cut_inside_a_member_is_damaged)
{
	static const struct stored_file one[] = {{"a/b", "0123456789"},
						 {NULL, NULL}};
	struct buf tar = BUF_INIT(TAR_SAMPLE_LIMIT);

	stored_backup_tar(one, &tar);
	for (tar.len = 1; tar.len < 512 + 10; tar.len++) {
		memset(&err, 0, sizeof err);
		ck_assert_int_eq(unpack(&tar, tar.len, NULL), -1);
		ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	}
	buf_free(&tar);
}
END_TEST

START_TEST(a_second_attempt_replaces_what_the_first_left)
{
	static const struct stored_file longer[] = {{"f", "0123456789"},
						    {NULL, NULL}};
	static const struct stored_file shorter[] = {{"f", "abc"},
						     {NULL, NULL}};

	ck_assert_int_eq(unpack_files(longer, NULL), 0);
	ck_assert_int_eq(unpack_files(shorter, NULL), 0);
	ck_assert(stored_backup_holds(directory, shorter));
}
END_TEST

START_TEST(a_symbolic_link_never_leads_out_of_the_directory)
{
	static const struct stored_file inside[] = {
	    {"out/evil", "evil"}, {"out2", "evil"}, {NULL, NULL}};
	struct buf tar = BUF_INIT(TAR_SAMPLE_LIMIT);
	char *outside = path_join(scratch, "outside", &err);
	char *missing = path_join(scratch, "missing", &err);

	ck_assert_int_eq(mkdir(outside, 0700), 0);
	add(&tar, TAR_BLOCK_SYMLINK, "out", outside, "");
	add(&tar, TAR_BLOCK_FILE, "out/evil", "", "evil");
	add(&tar, TAR_BLOCK_SYMLINK, "out2", missing, "");
	add(&tar, TAR_BLOCK_FILE, "out2", "", "evil");
	ck_assert_msg(unpack(&tar, tar.len, NULL) == 0, "%s", err.message);
	ck_assert(S_ISDIR(stat_of("out").st_mode));
	ck_assert(S_ISREG(stat_of("out2").st_mode));
	ck_assert(stored_backup_holds(directory, inside));
	ck_assert_uint_eq(scratch_count(outside), 0);
	ck_assert_int_ne(access(missing, F_OK), 0);
	free(missing);
	free(outside);
	buf_free(&tar);
}
END_TEST

START_TEST(a_link_that_is_there_is_not_followed)
{
	static const struct stored_file one[] = {{"f", "evil"}, {NULL, NULL}};
	static const struct stored_file kept[] = {{"victim", "precious"},
						  {NULL, NULL}};
	char *victim = path_join(scratch, "victim", &err);
	char *link = path_join(directory, "f", &err);

	scratch_write(victim, "precious", 8);
	ck_assert_int_eq(symlink(victim, link), 0);
	ck_assert_int_eq(unpack_files(one, NULL), -1);
	ck_assert_ptr_nonnull(strstr(err.message, link));
	ck_assert(stored_backup_holds(scratch, kept));
	free(link);
	free(victim);
}
END_TEST

static const char *const leaving[] = {
    "../evil", "a/../../evil", "a/./b", "..", "a//b", "/../evil",
};

START_TEST(a_name_that_leaves_the_directory_is_damaged)
{
	struct buf tar = BUF_INIT(TAR_SAMPLE_LIMIT);

	add(&tar, TAR_BLOCK_FILE, leaving[_i], "", "evil");
	ck_assert_int_eq(unpack(&tar, tar.len, NULL), -1);
	ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	ck_assert_uint_eq(scratch_count(directory), 0);
	ck_assert_uint_eq(scratch_count(scratch), 1);
	buf_free(&tar);
}
END_TEST

static const char types[] = {'1', '3', '4', '6', 'S'};

START_TEST(hard_links_devices_and_pipes_are_damaged)
{
	struct buf tar = BUF_INIT(TAR_SAMPLE_LIMIT);

	add(&tar, types[_i], "f", "/etc/passwd", "");
	ck_assert_int_eq(unpack(&tar, tar.len, NULL), -1);
	ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	ck_assert_uint_eq(scratch_count(directory), 0);
	buf_free(&tar);
}
END_TEST

START_TEST(pg_control_is_never_written)
{
	static const struct stored_file part[] = {
	    {"global/pg_control", "CTL"}, {"global/1262", "x"}, {NULL, NULL}};
	struct buf control = BUF_INIT(100);

	take_index(part);
	ck_assert_int_eq(unpack_files(part, NULL), 0);
	ck_assert_int_eq(unpack_files(part, &control), 0);
	ck_assert_str_eq(buf_text(&control), "CTL");
	ck_assert(stored_backup_holds(directory, part + 1));
	ck_assert_uint_eq(scratch_count(directory), 1);
	ck_assert(!stored_backup_holds(directory, part));
	manifest_index_free(to.index);
	buf_free(&control);
}
END_TEST

static const char *const disguises[] = {
    "/global/pg_control",
    "./global/pg_control",
    ".//global/pg_control",
};

START_TEST(pg_control_is_never_written_under_another_spelling)
{
	struct buf tar = BUF_INIT(TAR_SAMPLE_LIMIT);
	struct buf control = BUF_INIT(100);

	add(&tar, TAR_BLOCK_FILE, disguises[_i], "", "CTL");
	if (unpack(&tar, tar.len, &control) == 0)
		ck_assert_str_eq(buf_text(&control), "CTL");
	ck_assert_uint_eq(scratch_count(directory), 0);
	buf_free(&control);
	buf_free(&tar);
}
END_TEST

START_TEST(a_pg_control_that_is_too_large_is_refused)
{
	static const struct stored_file part[] = {
	    {"global/pg_control", "0123456789"}, {NULL, NULL}};
	struct buf control = BUF_INIT(9);

	ck_assert_int_eq(unpack_files(part, &control), -1);
	buf_free(&control);
}
END_TEST

START_TEST(without_a_directory_files_are_only_checked)
{
	char was[4096];

	ck_assert_ptr_nonnull(getcwd(was, sizeof was));
	ck_assert_int_eq(chdir(directory), 0);
	to.directory = NULL;
	take_index(some);
	ck_assert_msg(unpack_files(some, NULL) == 0, "%s", err.message);
	ck_assert_uint_eq(scratch_count(directory), 0);
	ck_assert_int_eq(chdir(was), 0);
	manifest_index_free(to.index);
}
END_TEST

static const struct {
	struct stored_file part;
	const char *word;
} others[] = {
    {{"PG_VERSION", "16\n"}, "checksum"},
    {{"PG_VERSION", "15\n "}, "4 bytes"},
    {{"PG_VERSION", ""}, "0 bytes"},
    {{"pg_hba.conf", "15\n"}, "not in the backup's manifest"},
};

START_TEST(a_file_that_is_not_the_manifests_is_damaged)
{
	const struct stored_file part[] = {others[_i].part, {NULL, NULL}};

	for (int writes = 0; writes < 2; writes++) {
		to.directory = writes ? directory : NULL;
		take_index(some);
		memset(&err, 0, sizeof err);
		ck_assert_int_eq(unpack_files(part, NULL), -1);
		ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
		ck_assert_ptr_nonnull(strstr(err.message, others[_i].word));
		ck_assert_ptr_nonnull(
		    strstr(err.message, others[_i].part.name));
		manifest_index_free(to.index);
	}
}
END_TEST

START_TEST(a_file_below_a_file_is_an_error)
{
	static const struct stored_file part[] = {
	    {"a", "x"}, {"a/b", "y"}, {NULL, NULL}};

	ck_assert_int_eq(unpack_files(part, NULL), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "/a"));
}
END_TEST

START_TEST(a_full_disk_is_an_error_that_names_the_file)
{
	static const struct stored_file part[] = {{"big", "0123456789"},
						  {NULL, NULL}};
	struct rlimit limit = {4, 4};

	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(unpack_files(part, NULL), -1);
	ck_assert_int_eq((int)err.kind, ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(err.message, "/big"));
}
END_TEST

START_TEST(a_stop_is_noticed_at_the_next_member)
{
	stop_on_signals();
	ck_assert_int_eq(raise(SIGTERM), 0);
	ck_assert_int_eq(unpack_files(some, NULL), -1);
	ck_assert_int_eq((int)err.kind, ERR_STOPPED);
	ck_assert_uint_eq(scratch_count(directory), 0);
}
END_TEST

START_TEST(what_root_unpacks_belongs_to_whom_the_tar_says)
{
	struct buf tar = BUF_INIT(TAR_SAMPLE_LIMIT);
	struct tar_block block = tar_sample_block(TAR_BLOCK_FILE, "f", 0);

	if (geteuid() != 0)
		return;
	tar_block_put_text(block.mode, sizeof block.mode, "0000600");
	tar_block_put_text(block.uid, sizeof block.uid, "0000012");
	tar_block_put_text(block.gid, sizeof block.gid, "0000024");
	tar_sample_seal(&block);
	tar_sample_append(&tar, &block, sizeof block);
	ck_assert_int_eq(unpack(&tar, tar.len, NULL), 0);
	ck_assert_uint_eq(stat_of("f").st_uid, 10);
	ck_assert_uint_eq(stat_of("f").st_gid, 20);
	ck_assert_uint_eq(stat_of("f").st_mode & 07777, 0600);
	buf_free(&tar);
}
END_TEST

/* Several parts whose files lie in the same new directories. */
#define PARTS 4
#define FILES 40

struct unpacker {
	pthread_t thread;
	struct buf tar;
	struct err err;
	int result;
};

static void *
unpack_alone(void *context)
{
	struct unpacker *one = context;

	one->result = stored_backup_push(unpack_part(&to, NULL, &one->err),
					 buf_text(&one->tar), one->tar.len, 100,
					 &one->err);
	return NULL;
}

START_TEST(parts_unpack_side_by_side)
{
	static char names[PARTS * FILES][32];
	struct stored_file files[PARTS * FILES + 1] = {{NULL, NULL}};
	struct unpacker unpackers[PARTS] = {0};

	for (unsigned i = 0; i < PARTS * FILES; i++) {
		(void)snprintf(names[i], sizeof names[i], "base/%u/d/%u",
			       i % FILES, i);
		files[i] = (struct stored_file){names[i], names[i]};
	}
	take_index(files);
	for (unsigned i = 0; i < PARTS; i++) {
		struct stored_file part[FILES + 1] = {{NULL, NULL}};

		memcpy(part, files + (size_t)i * FILES, FILES * sizeof *files);
		unpackers[i].tar = (struct buf)BUF_INIT(TAR_SAMPLE_LIMIT);
		stored_backup_tar(part, &unpackers[i].tar);
	}
	for (unsigned i = 0; i < PARTS; i++)
		ck_assert_int_eq(pthread_create(&unpackers[i].thread, NULL,
						unpack_alone, &unpackers[i]),
				 0);
	for (unsigned i = 0; i < PARTS; i++) {
		ck_assert_int_eq(pthread_join(unpackers[i].thread, NULL), 0);
		ck_assert_msg(unpackers[i].result == 0, "%s",
			      unpackers[i].err.message);
		buf_free(&unpackers[i].tar);
	}
	ck_assert(stored_backup_holds(directory, files));
	manifest_index_free(to.index);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_loop_test(
	    tcase, members_become_files_however_the_stream_is_cut, 0, 6);
	tcase_add_test(tcase, every_cut_inside_a_member_is_damaged);
	tcase_add_test(tcase, a_second_attempt_replaces_what_the_first_left);
	tcase_add_test(tcase, a_symbolic_link_never_leads_out_of_the_directory);
	tcase_add_test(tcase, a_link_that_is_there_is_not_followed);
	tcase_add_loop_test(tcase, a_name_that_leaves_the_directory_is_damaged,
			    0, (int)(sizeof leaving / sizeof *leaving));
	tcase_add_loop_test(tcase, hard_links_devices_and_pipes_are_damaged, 0,
			    (int)sizeof types);
	tcase_add_test(tcase, pg_control_is_never_written);
	tcase_add_loop_test(tcase,
			    pg_control_is_never_written_under_another_spelling,
			    0, (int)(sizeof disguises / sizeof *disguises));
	tcase_add_test(tcase, a_pg_control_that_is_too_large_is_refused);
	tcase_add_test(tcase, without_a_directory_files_are_only_checked);
	tcase_add_loop_test(tcase, a_file_that_is_not_the_manifests_is_damaged,
			    0, (int)(sizeof others / sizeof *others));
	tcase_add_test(tcase, a_file_below_a_file_is_an_error);
	tcase_add_test(tcase, a_full_disk_is_an_error_that_names_the_file);
	tcase_add_test(tcase, a_stop_is_noticed_at_the_next_member);
	tcase_add_test(tcase, what_root_unpacks_belongs_to_whom_the_tar_says);
	tcase_add_test(tcase, parts_unpack_side_by_side);
}

int
main(void)
{
	Suite *suite = suite_create("unpack");
	TCase *tcase = tcase_create("unpack");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
