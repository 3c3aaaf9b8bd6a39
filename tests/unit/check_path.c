/* check_path - names put together, taken apart and kept inside. */
#include <check.h>
#include <stdlib.h>

#include "common/base/path.h"

static const struct {
	const char *directory;
	const char *name;
	const char *path;
} joins[] = {
    {"a", "b", "a/b"},       {"a/", "b", "a/b"}, {"a//", "b", "a/b"},
    {"a", "/b", "a/b"},      {"/", "b", "/b"},   {"//", "//b", "/b"},
    {"/a", "b/c", "/a/b/c"}, {"", "b", "b"},     {".", "b", "./b"},
    {"a", "", "a/"},
};

START_TEST(joined_names_have_one_slash_between)
{
	struct err err = {0};
	char *path = path_join(joins[_i].directory, joins[_i].name, &err);

	ck_assert_str_eq(path, joins[_i].path);
	free(path);
}
END_TEST

static const struct {
	const char *path;
	const char *parent;
	const char *base;
} parts[] = {
    {"a", ".", "a"},    {"a/b", "a", "b"}, {"a/b/c", "a/b", "c"},
    {"/", "/", ""},     {"/a", "/", "a"},  {"/a/b", "/a", "b"},
    {"a//b", "a", "b"}, {"//a", "/", "a"}, {"a/", "a", ""},
    {"", ".", ""},      {"..", ".", ".."}, {"./a", ".", "a"},
};

START_TEST(a_path_is_its_parent_and_its_base)
{
	struct err err = {0};
	char *parent = path_parent(parts[_i].path, &err);

	ck_assert_str_eq(parent, parts[_i].parent);
	ck_assert_str_eq(path_base(parts[_i].path), parts[_i].base);
	free(parent);
}
END_TEST

static const char *const inside[] = {
    "a",   "a/b",  "a/b/c", ".a",  "..a",     "a..",
    "...", "a/.b", "a/...", "a b", "a/..b/c", "-",
};

START_TEST(a_name_without_tricks_stays_below)
{
	ck_assert(path_stays_below(inside[_i]));
}
END_TEST

static const char *const outside[] = {
    "",     "/",   ".",    "..",     "/a",    "a/",        "a//b", "./a",
    "../a", "a/.", "a/..", "a/../b", "a/./b", "a/b/../..", "//",   "a/b/",
};

START_TEST(a_name_that_could_lead_elsewhere_does_not)
{
	ck_assert(!path_stays_below(outside[_i]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("path");
	TCase *tests = tcase_create("path");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests, joined_names_have_one_slash_between, 0,
			    (int)(sizeof joins / sizeof joins[0]));
	tcase_add_loop_test(tests, a_path_is_its_parent_and_its_base, 0,
			    (int)(sizeof parts / sizeof parts[0]));
	tcase_add_loop_test(tests, a_name_without_tricks_stays_below, 0,
			    (int)(sizeof inside / sizeof inside[0]));
	tcase_add_loop_test(tests, a_name_that_could_lead_elsewhere_does_not, 0,
			    (int)(sizeof outside / sizeof outside[0]));
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
