#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <jansson.h>

#include "common/catalog/files_metadata.h"
#include "tests/unit/failing_sink.h"

#define MANY 5000

static const struct files_metadata_entry first[] = {
    {"/base/5/2619", {1787219941, 123456789}},
    {"/base/5/\"x\"\xe4", {0, 0}},
};

static const struct files_metadata_entry labels[] = {
    {"backup_label", {1, 0}},
    {"tablespace_map", {1, 0}},
};

/* Write three parts, the last one with many files. */
static int
write_all(struct failing_sink *plan, struct err *err)
{
	struct files_metadata_entry *many = calloc(MANY, sizeof *many);
	char(*names)[40] = calloc(MANY, sizeof *names);
	struct sink *end = failing_sink_new(plan, err);
	struct files_metadata *metadata = files_metadata_new(end, err);
	int result = -1;
	int i;

	for (i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof names[i], "/base/16384/%d", i);
		many[i].path = names[i];
	}
	if (metadata != NULL &&
	    files_metadata_part(metadata, "part_001.tar.zst", first, 2, err) ==
		0 &&
	    files_metadata_part(metadata, "part_002.tar.zst", many, MANY,
				err) == 0 &&
	    files_metadata_part(metadata, "backup_label.tar.zst", labels, 2,
				err) == 0 &&
	    files_metadata_part(metadata, "part_003.tar.zst", NULL, 0, err) ==
		0)
		result = files_metadata_finish(metadata, err);
	files_metadata_free(metadata);
	free(names);
	free(many);
	return result;
}

START_TEST(the_document_is_wal_gs)
{
	struct buf out = BUF_INIT(10000000);
	struct failing_sink plan = {.bytes = &out};
	struct err err = {0};
	json_t *root;
	json_t *files;
	json_t *sets;
	json_t *file;

	ck_assert_int_eq(write_all(&plan, &err), 0);
	ck_assert_uint_eq(plan.finished, 1);
	root = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(root);
	files = json_object_get(root, "Files");
	ck_assert_uint_eq(json_object_size(files), MANY + 4);
	file = json_object_get(files, "/base/5/2619");
	ck_assert_str_eq(json_string_value(json_object_get(file, "MTime")),
			 "2026-08-20T09:59:01.123456789Z");
	ck_assert(json_is_false(json_object_get(file, "IsIncremented")));
	ck_assert(json_is_false(json_object_get(file, "IsSkipped")));
	ck_assert_int_eq(
	    json_integer_value(json_object_get(file, "UpdatesCount")), 0);
	ck_assert_ptr_nonnull(
	    json_object_get(files, "/base/5/\"x\"\xef\xbf\xbd"));
	sets = json_object_get(root, "TarFileSets");
	ck_assert_uint_eq(json_object_size(sets), 4);
	ck_assert_uint_eq(
	    json_array_size(json_object_get(sets, "part_002.tar.zst")), MANY);
	ck_assert_str_eq(json_string_value(json_array_get(
			     json_object_get(sets, "backup_label.tar.zst"), 1)),
			 "tablespace_map");
	ck_assert(json_is_object(json_object_get(root, "DatabasesByNames")));
	json_decref(root);
	buf_free(&out);
}
END_TEST

START_TEST(no_parts_make_an_empty_document)
{
	struct buf out = BUF_INIT(1000);
	struct failing_sink plan = {.bytes = &out};
	struct err err = {0};
	struct files_metadata *metadata =
	    files_metadata_new(failing_sink_new(&plan, &err), &err);

	ck_assert_ptr_nonnull(metadata);
	ck_assert_int_eq(files_metadata_finish(metadata, &err), 0);
	files_metadata_free(metadata);
	ck_assert_str_eq(buf_text(&out), "{\"Files\":{},\n\"TarFileSets\":{},"
					 "\n\"DatabasesByNames\":{}}\n");
	buf_free(&out);
}
END_TEST

START_TEST(each_failure_behind_it_comes_through)
{
	unsigned fail_at;
	int result = -1;

	for (fail_at = 1; result != 0; fail_at++) {
		struct failing_sink plan = {.fail_at = fail_at,
					    .kind = ERR_UNREACHABLE,
					    .message = "gone"};
		struct err err = {0};

		result = write_all(&plan, &err);
		ck_assert_uint_eq(plan.finished, result == 0);
		ck_assert_uint_eq(plan.freed, 1);
		if (result != 0) {
			ck_assert_int_eq((int)err.kind, (int)ERR_UNREACHABLE);
			ck_assert(strstr(err.message, "gone") != NULL);
		}
	}
	ck_assert_uint_ge(fail_at, 9);
}
END_TEST

START_TEST(without_a_finish_nothing_is_committed)
{
	struct failing_sink plan = {0};
	struct err err = {0};
	struct files_metadata *metadata =
	    files_metadata_new(failing_sink_new(&plan, &err), &err);

	ck_assert_int_eq(
	    files_metadata_part(metadata, "part_001.tar", first, 2, &err), 0);
	files_metadata_free(metadata);
	ck_assert_uint_eq(plan.finished, 0);
	ck_assert_uint_eq(plan.freed, 1);
	files_metadata_free(NULL);
}
END_TEST

START_TEST(a_missing_temporary_directory_is_no_absent_object)
{
	struct failing_sink plan = {0};
	struct err err = {0};

	ck_assert_int_eq(setenv("TMPDIR", "/nonexistent/directory", 1), 0);
	ck_assert_ptr_null(
	    files_metadata_new(failing_sink_new(&plan, &err), &err));
	ck_assert_int_eq((int)err.kind, (int)ERR_SYSTEM);
	ck_assert(strstr(err.message, "/nonexistent/directory") != NULL);
	ck_assert_uint_eq(plan.freed, 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("files_metadata");
	TCase *tests = tcase_create("files_metadata");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, the_document_is_wal_gs);
	tcase_add_test(tests, no_parts_make_an_empty_document);
	tcase_add_test(tests, each_failure_behind_it_comes_through);
	tcase_add_test(tests, without_a_finish_nothing_is_committed);
	tcase_add_test(tests,
		       a_missing_temporary_directory_is_no_absent_object);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
