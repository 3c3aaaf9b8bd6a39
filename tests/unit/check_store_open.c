#include <stdio.h>
#include <string.h>

#include <check.h>

#include "common/store/store.h"
#include "tests/unit/scratch.h"

static const struct url {
	const char *given;
	const char *kept; /* NULL: refused */
	const char *word; /* in the message */
} urls[] = {
    {"file:///srv/x", "file:///srv/x", NULL},
    {"file:///srv/x///", "file:///srv/x", NULL},
    {"file:///srv//./x", "file:///srv/x", NULL},
    {"FILE:///srv/x", "file:///srv/x", NULL},
    {"file://localhost/srv/x", "file:///srv/x", NULL},
    {"file:///a%20b%2fc", "file:///a%20b/c", NULL},
    {"file:///100%25", "file:///100%25", NULL},
    {"/srv/x/", "file:///srv/x", NULL},
    {"/a b%41", "file:///a%20b%2541", NULL},
    {"/a/../b", "file:///a/../b", NULL},
    {"/tab\there", "file:///tab%09here", NULL},
    {"", NULL, "file://"},
    {"srv/x", NULL, "file://"},
    {"file:/srv/x", NULL, "file://"},
    {"file://srv/x", NULL, "absolute path"},
    {"file://", NULL, "absolute path"},
    {"file:///", NULL, "root of all files"},
    {"//", NULL, "root of all files"},
    {"file:///a%2", NULL, "hexadecimal"},
    {"file:///a%", NULL, "hexadecimal"},
    {"file:///a%gg", NULL, "hexadecimal"},
    {"file:///a%00b", NULL, "hexadecimal"},
    {"tape://key:secret@host/x", NULL, "tape: no store of this kind"},
};

START_TEST(urls_are_made_canonical_or_refused)
{
	struct err err = {0};
	struct store *store = store_open(urls[_i].given, &err);

	if (urls[_i].kept == NULL) {
		ck_assert_ptr_null(store);
		ck_assert_int_eq(err.kind, ERR_USAGE);
		ck_assert_msg(strstr(err.message, urls[_i].word) != NULL, "%s",
			      err.message);
		ck_assert_ptr_null(strstr(err.message, "secret"));
		ck_assert_ptr_null(strstr(err.hint, "secret"));
		return;
	}
	ck_assert_msg(store != NULL, "%s", err.message);
	ck_assert_str_eq(store->url, urls[_i].kept);
	ck_assert(store->local);
	store_free(store);
}
END_TEST

START_TEST(a_url_opens_the_store_it_was_taken_from)
{
	char *scratch = scratch_make();
	char url[1024];
	struct store_object object;
	struct err err = {0};
	struct store *store;

	(void)snprintf(url, sizeof url, "%s/per%%cent and space", scratch);
	store = store_open(url, &err);
	ck_assert_ptr_nonnull(store);
	ck_assert_int_eq(
	    store_put_bytes(store, "object", STORE_NEW, "x", 1, &err), 0);
	(void)snprintf(url, sizeof url, "%s", store->url);
	store_free(store);
	store = store_open(url, &err);
	ck_assert_ptr_nonnull(store);
	ck_assert_int_eq(store_stat(store, "object", &object, &err), 0);
	store_free(store);
	scratch_remove(scratch);
}
END_TEST

static Suite *
store_open_suite(void)
{
	Suite *suite = suite_create("store_open");
	TCase *opening = tcase_create("opening");

	tcase_add_loop_test(opening, urls_are_made_canonical_or_refused, 0,
			    (int)(sizeof urls / sizeof urls[0]));
	tcase_add_test(opening, a_url_opens_the_store_it_was_taken_from);
	suite_add_tcase(suite, opening);
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(store_open_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
