#include <stdio.h>
#include <string.h>

#include <check.h>

#include "common/store/store.h"
#include "tests/unit/store_driver.h"

static int
refuse_each(void *context, const struct store_object *object, struct err *e)
{
	(void)context;
	(void)object;
	return err_set(e, ERR_SYSTEM, "called");
}

/* In byte order. No name is a directory of another, as a file system cannot
 * have both. */
static const char *const tricky[] = {
    "!",
    "%41",
    "A",
    "B/1",
    "B/10",
    "B/2",
    "a b",
    "a!/x",
    "a-b",
    "a-b!",
    "a.b",
    "a/!",
    "a/b-c",
    "a/b.d",
    "a/b/c",
    "a/b/d",
    "a/b0",
    "a/bc/d",
    "a0",
    "a00",
    "ab/c",
    "ab0",
    "b~",
    "c/d/e/f/g",
    "dots..",
    "e\\f",
    "wal_005/0000.zst",
    "wal_005/0001.zst",
    "wal_005/0001.zst.age",
    "wal_0050/x",
    "\xc3\xa4/\xc3\xb6",
    "\xff\xfe",
};

#define TRICKY (sizeof tricky / sizeof tricky[0])

static void
put_tricky(struct store_driver *driver)
{
	/* In another order than the one they are to come back in. */
	for (size_t i = 0; i < TRICKY; i++) {
		size_t at = (i * 13 + 5) % TRICKY;

		store_driver_put(driver, tricky[at], tricky[at]);
	}
}

struct seen {
	char names[2 * TRICKY][64];
	size_t count;
	size_t stop_after;
};

static int
see(void *context, const struct store_object *object, struct err *e)
{
	struct seen *seen = context;
	size_t len = strlen(object->name);

	(void)e;
	ck_assert_uint_lt(seen->count, 2 * TRICKY);
	ck_assert_uint_lt(len, 64);
	memcpy(seen->names[seen->count++], object->name, len + 1);
	if (object->name[len - 1] == '/') {
		ck_assert_uint_eq(object->size, 0);
	} else {
		ck_assert_uint_eq(object->size, len);
		ck_assert_int_gt(object->modified.tv_sec, 1500000000);
	}
	return seen->count == seen->stop_after;
}

/* What a listing has to be, from the table and by the contract's words. */
static void
expect(const char *prefix, const char *after, enum store_depth depth,
       struct seen *expected)
{
	size_t prefix_len = strlen(prefix);

	expected->count = 0;
	for (size_t i = 0; i < TRICKY; i++) {
		char name[64];
		char *slash;

		if (strncmp(tricky[i], prefix, prefix_len) != 0)
			continue;
		(void)snprintf(name, sizeof name, "%s", tricky[i]);
		slash = strchr(name + prefix_len, '/');
		if (depth == STORE_SHALLOW && slash != NULL)
			slash[1] = '\0';
		if (strcmp(name, after) <= 0)
			continue;
		if (expected->count > 0 &&
		    strcmp(expected->names[expected->count - 1], name) == 0)
			continue;
		memcpy(expected->names[expected->count++], name, sizeof name);
	}
}

static void
assert_listing(struct store_driver *driver, const char *prefix,
	       const char *after, enum store_depth depth)
{
	struct seen expected = {0};
	struct seen seen = {0};

	expect(prefix, after, depth, &expected);
	ck_assert_msg(store_list(driver->store, prefix, after, depth, see,
				 &seen, &driver->err) == 0,
		      "%s", driver->err.message);
	for (size_t i = 0; i < seen.count && i < expected.count; i++)
		ck_assert_msg(strcmp(seen.names[i], expected.names[i]) == 0,
			      "prefix \"%s\" after \"%s\": \"%s\" came instead "
			      "of \"%s\"",
			      prefix, after, seen.names[i], expected.names[i]);
	ck_assert_msg(seen.count == expected.count,
		      "prefix \"%s\" after \"%s\": %zu came instead of %zu",
		      prefix, after, seen.count, expected.count);
}

START_TEST(the_table_of_names_is_in_byte_order)
{
	for (size_t i = 1; i < TRICKY; i++)
		ck_assert_msg(strcmp(tricky[i - 1], tricky[i]) < 0, "%s",
			      tricky[i]);
}
END_TEST

/* Every beginning of every name as the prefix, with every name and every
 * beginning of the prefix as the place to go on from. */
START_TEST(lists_are_in_byte_order_for_every_prefix_and_start)
{
	struct store_driver driver;

	store_driver_open(&driver, _i);
	put_tricky(&driver);
	for (size_t i = 0; i < TRICKY; i++) {
		for (size_t len = 0; len <= strlen(tricky[i]); len++) {
			char prefix[64];

			(void)snprintf(prefix, sizeof prefix, "%.*s", (int)len,
				       tricky[i]);
			assert_listing(&driver, prefix, "", STORE_DEEP);
			assert_listing(&driver, prefix, "", STORE_SHALLOW);
			assert_listing(&driver, "", prefix, STORE_DEEP);
			assert_listing(&driver, "", prefix, STORE_SHALLOW);
			assert_listing(&driver, prefix, tricky[i], STORE_DEEP);
			assert_listing(&driver, prefix, tricky[i],
				       STORE_SHALLOW);
		}
		assert_listing(&driver, "a", tricky[i], STORE_DEEP);
		assert_listing(&driver, "a/", tricky[i], STORE_SHALLOW);
	}
	assert_listing(&driver, "", "a/b/c/d", STORE_DEEP);
	assert_listing(&driver, "a/b", "\xff\xff", STORE_DEEP);
	assert_listing(&driver, "nothing/here", "", STORE_DEEP);
	assert_listing(&driver, "A/x", "", STORE_DEEP);
	store_driver_close(&driver);
}
END_TEST

START_TEST(a_listing_ends_when_it_is_told_to)
{
	struct store_driver driver;
	struct store *store;

	store_driver_open(&driver, _i);
	store = driver.store;
	put_tricky(&driver);
	for (size_t stop = 1; stop < 10; stop++) {
		struct seen seen = {.stop_after = stop};

		ck_assert_int_eq(store_list(store, "a", "", STORE_DEEP, see,
					    &seen, &driver.err),
				 0);
		ck_assert_uint_eq(seen.count, stop);
	}
	store_driver_close(&driver);
}
END_TEST

START_TEST(the_error_of_the_one_who_is_told_comes_back)
{
	struct store_driver driver;
	struct store *store;

	store_driver_open(&driver, _i);
	store = driver.store;
	store_driver_put(&driver, "a/b/c", "x");
	for (int depth = STORE_DEEP; depth <= STORE_SHALLOW; depth++) {
		driver.err.kind = ERR_NONE;
		ck_assert_int_eq(store_list(store, "", "",
					    (enum store_depth)depth,
					    refuse_each, NULL, &driver.err),
				 -1);
		ck_assert_int_eq(driver.err.kind, ERR_SYSTEM);
		ck_assert_str_eq(driver.err.message, "called");
	}
	store_driver_close(&driver);
}
END_TEST

struct removal {
	struct store *store;
	int count;
};

static int
remove_each(void *context, const struct store_object *object, struct err *e)
{
	struct removal *removal = context;

	removal->count++;
	return store_remove(removal->store, &object->name, 1, e);
}

START_TEST(objects_may_be_removed_while_they_are_listed)
{
	struct store_driver driver;
	struct store *store;
	struct removal removal = {0};
	int left = 0;

	store_driver_open(&driver, _i);
	store = driver.store;
	removal.store = store;
	put_tricky(&driver);
	ck_assert_int_eq(store_list(store, "", "", STORE_DEEP, remove_each,
				    &removal, &driver.err),
			 0);
	ck_assert_int_eq(removal.count, TRICKY);
	ck_assert_int_eq(store_list(store, "", "", STORE_SHALLOW,
				    store_driver_count, &left, &driver.err),
			 0);
	ck_assert_int_eq(left, 0);
	store_driver_close(&driver);
}
END_TEST

static Suite *
store_list_suite(void)
{
	Suite *suite = suite_create("store_list");
	TCase *every = tcase_create("every driver");

	tcase_set_timeout(every, 60);
	tcase_add_loop_test(every,
			    lists_are_in_byte_order_for_every_prefix_and_start,
			    0, STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, a_listing_ends_when_it_is_told_to, 0,
			    STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, the_error_of_the_one_who_is_told_comes_back,
			    0, STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, objects_may_be_removed_while_they_are_listed,
			    0, STORE_DRIVER_KINDS);
	tcase_add_test(every, the_table_of_names_is_in_byte_order);
	suite_add_tcase(suite, every);
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(store_list_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
