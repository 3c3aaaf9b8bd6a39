#include "restore/manifest_index.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crc32c.h"
#include "common/pg/manifest.h"
#include "common/stream/ends.h"
#include "tests/unit/manifest_told.h"
#include "tests/unit/stored_backup.h"

#define MOST ((size_t)16 * 1024 * 1024)

static const struct stored_file some[] = {
    {"PG_VERSION", "15\n"},
    {"base/1/1259", "0123456789"},
    {"base/1/empty", ""},
    {"pg_tblspc/16385/PG_15_202209061/5/1", "abc"},
    {"pg_tblspc/16385/PG_15_202209061/5/2", "abcd"},
    {"pg_tblspc/16386/PG_15_202209061/5/1", "z"},
    {"pg_tblspc/99/PG_15_202209061/5/1", "on no list"},
    {NULL, NULL},
};

static struct tablespace entries[] = {
    {16385, NULL}, /* the location does not matter here */
    {16386, NULL},
};
static const struct tablespace_map map = {entries, 2};

static struct manifest_index *known;
static struct buf manifest = BUF_INIT(MOST);
static struct err err;

static void
set_up(void)
{
	known = manifest_index_new(&map, &err);
	ck_assert_ptr_nonnull(known);
}

static void
tear_down(void)
{
	manifest_index_free(known);
	buf_free(&manifest);
}

static void
make(const struct stored_file *files)
{
	const struct stored_file *const tables[] = {files, NULL};

	stored_backup_manifest(tables, &manifest);
}

static int
load(const char *text, size_t len, size_t step)
{
	return stored_backup_push(manifest_index_reader(known, &err), text, len,
				  step, &err);
}

static void
take(const struct stored_file *files)
{
	make(files);
	ck_assert_msg(load(manifest.data, manifest.len, manifest.len) == 0,
		      "%s", err.message);
}

static int
check_file(const char *name, const char *text)
{
	size_t len = strlen(text);

	memset(&err, 0, sizeof err);
	return manifest_index_check(known, name, len,
				    crc32c_update(0, text, len), &err);
}

static int
find_missing(void)
{
	memset(&err, 0, sizeof err);
	return stored_backup_push(manifest_index_missing(known, &err),
				  manifest.data, manifest.len, 100, &err);
}

START_TEST(every_file_of_the_manifest_is_known)
{
	uint64_t files;

	make(some);
	ck_assert_int_eq(load(manifest.data, manifest.len, (size_t)_i), 0);
	ck_assert_uint_eq(manifest_index_total(known, &files), 31);
	ck_assert_uint_eq(files, 7);
	for (const struct stored_file *one = some; one->text != NULL; one++)
		ck_assert_msg(check_file(one->name, one->text) == 0, "%s",
			      err.message);
	ck_assert_int_eq(find_missing(), 0);
}
END_TEST

START_TEST(bytes_are_counted_where_they_will_lie)
{
	const uint64_t *bytes;

	take(some);
	bytes = manifest_index_bytes(known);
	/* a tablespace that is on no list lies in the directory itself */
	ck_assert_uint_eq(bytes[0], 23);
	ck_assert_uint_eq(bytes[1], 7);
	ck_assert_uint_eq(bytes[2], 1);
}
END_TEST

static const struct {
	struct stored_file file;
	const char *word;
} wrong[] = {
    {{"PG_VERSION", "16\n"}, "its checksum is not the manifest's"},
    {{"PG_VERSION", "15"}, "has 2 bytes, the manifest says 3"},
    {{"base/1/empty", "x"}, "has 1 bytes, the manifest says 0"},
    {{"base/1/125", "0123456789"}, "is not in the backup's manifest"},
    {{"base/1/12590", "0123456789"}, "is not in the backup's manifest"},
    {{"base/1/1259/", "0123456789"}, "is not in the backup's manifest"},
    {{"", ""}, "is not in the backup's manifest"},
};

START_TEST(a_file_that_differs_is_damaged_and_does_not_count_as_restored)
{
	char begin[64];

	take(some);
	for (const struct stored_file *one = some; one->text != NULL; one++)
		if (strcmp(one->name, wrong[_i].file.name) != 0)
			ck_assert_int_eq(check_file(one->name, one->text), 0);
	ck_assert_int_eq(check_file(wrong[_i].file.name, wrong[_i].file.text),
			 -1);
	ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	(void)snprintf(begin, sizeof begin, "%s: ", wrong[_i].file.name);
	ck_assert_int_eq(strncmp(err.message, begin, strlen(begin)), 0);
	ck_assert_ptr_nonnull(strstr(err.message, wrong[_i].word));
	/* the first three are in the manifest, and have still not come */
	ck_assert_int_eq(find_missing(), _i < 3 ? -1 : 0);
}
END_TEST

START_TEST(a_file_that_never_came_is_damaged_and_named)
{
	char named[64];

	take(some);
	for (int i = 0; some[i].text != NULL; i++)
		if (i != _i)
			ck_assert_int_eq(check_file(some[i].name, some[i].text),
					 0);
	ck_assert_int_eq(find_missing(), -1);
	ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	(void)snprintf(named, sizeof named, ": %s: ", some[_i].name);
	ck_assert_msg(strstr(err.message, named) != NULL, "%s", err.message);
}
END_TEST

START_TEST(a_manifest_that_names_a_file_twice_is_damaged)
{
	static const struct stored_file twice[] = {
	    {"a", "x"}, {"b", "x"}, {"a", "y"}, {NULL, NULL}};

	make(twice);
	ck_assert_int_eq(load(manifest.data, manifest.len, manifest.len), -1);
	ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, "twice"));
}
END_TEST

START_TEST(a_manifest_with_any_byte_changed_or_gone_is_damaged)
{
	make(some);
	for (size_t i = 0; i < manifest.len; i++) {
		manifest_index_free(known);
		set_up();
		manifest.data[i] ^= 1;
		ck_assert_msg(load(manifest.data, manifest.len, manifest.len) ==
				  -1,
			      "byte %zu", i);
		ck_assert_int_eq((int)err.kind, ERR_DAMAGED);
		manifest.data[i] ^= 1;
		manifest_index_free(known);
		set_up();
		ck_assert_int_eq(load(manifest.data, i, MOST), -1);
	}
}
END_TEST

START_TEST(an_empty_manifest_has_no_files)
{
	static const struct stored_file none[] = {{NULL, NULL}};
	uint64_t files;

	take(none);
	ck_assert_uint_eq(manifest_index_total(known, &files), 0);
	ck_assert_uint_eq(files, 0);
	ck_assert_int_eq(check_file("a", "x"), -1);
	ck_assert_int_eq(find_missing(), 0);
}
END_TEST

START_TEST(a_file_without_a_crc32c_is_checked_by_its_size)
{
	char *text = manifest_told_seal(
	    "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n"
	    "\"Files\": [\n"
	    "{ \"Path\": \"a\", \"Size\": 3, "
	    "\"Last-Modified\": \"2026-11-21 04:28:02 GMT\" }\n"
	    "],\n"
	    "\"WAL-Ranges\": [\n"
	    "],\n");

	ck_assert_msg(load(text, strlen(text), MOST) == 0, "%s", err.message);
	ck_assert_int_eq(check_file("a", "abc"), 0);
	ck_assert_int_eq(check_file("a", "abcd"), -1);
	free(text);
}
END_TEST

/* Many names of one form, from many threads. */
#define MANY 20000
#define THREADS 4

static void
name_of(unsigned number, char name[32])
{
	(void)snprintf(name, 32, "base/%u/%u", number % 7, number);
}

static void *
check_all(void *context)
{
	unsigned first = *(unsigned *)context;
	char name[32];

	for (unsigned i = first; i < MANY; i += THREADS) {
		struct err ignored = {0};

		name_of(i, name);
		if (manifest_index_check(known, name, i, i ^ 0x5a, &ignored) !=
		    0)
			return context;
	}
	return NULL;
}

static void
make_many(void)
{
	struct manifest_writer *writer =
	    manifest_writer_new(17, 1, ends_memory(&manifest, &err), &err);
	char name[32];

	for (unsigned i = 0; i < MANY; i++) {
		struct manifest_file file = {
		    name, i, {1700000000, 0}, true, i ^ 0x5a};

		name_of(i, name);
		ck_assert_int_eq(manifest_writer_file(writer, &file, &err), 0);
	}
	ck_assert_int_eq(manifest_writer_finish(writer, NULL, 0, &err), 0);
	manifest_writer_free(writer);
}

START_TEST(many_files_are_checked_by_many_threads)
{
	pthread_t threads[THREADS];
	unsigned first[THREADS];
	uint64_t files;

	make_many();
	ck_assert_int_eq(load(manifest.data, manifest.len, 4096), 0);
	ck_assert_uint_eq(manifest_index_total(known, &files),
			  (uint64_t)MANY * (MANY - 1) / 2);
	ck_assert_uint_eq(files, MANY);
	for (unsigned i = 0; i < THREADS; i++) {
		first[i] = i;
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, check_all, &first[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		void *failed = &failed;

		ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
		ck_assert_ptr_null(failed);
	}
	ck_assert_int_eq(find_missing(), 0);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, every_file_of_the_manifest_is_known, 1, 20);
	tcase_add_test(tcase, bytes_are_counted_where_they_will_lie);
	tcase_add_loop_test(
	    tcase,
	    a_file_that_differs_is_damaged_and_does_not_count_as_restored, 0,
	    (int)(sizeof wrong / sizeof *wrong));
	tcase_add_loop_test(tcase, a_file_that_never_came_is_damaged_and_named,
			    0, 7);
	tcase_add_test(tcase, a_manifest_that_names_a_file_twice_is_damaged);
	tcase_add_test(tcase,
		       a_manifest_with_any_byte_changed_or_gone_is_damaged);
	tcase_add_test(tcase, an_empty_manifest_has_no_files);
	tcase_add_test(tcase, a_file_without_a_crc32c_is_checked_by_its_size);
	tcase_add_test(tcase, many_files_are_checked_by_many_threads);
}

int
main(void)
{
	Suite *suite = suite_create("manifest_index");
	TCase *tcase = tcase_create("manifest_index");
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
