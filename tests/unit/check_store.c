#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/store/store.h"
#include "common/stream/ends.h"
#include "tests/unit/store_driver.h"

START_TEST(what_was_put_is_got)
{
	struct store_driver driver;
	struct store *store;
	struct store_object object;

	store_driver_open(&driver, _i);
	store = driver.store;
	store_driver_put(&driver, "a/b/c", "hello");
	store_driver_put(&driver, "empty", "");
	store_driver_expect(&driver, "a/b/c", "hello");
	store_driver_expect(&driver, "empty", "");
	ck_assert_int_eq(store_stat(store, "a/b/c", &object, &driver.err), 0);
	ck_assert_str_eq(object.name, "a/b/c");
	ck_assert_uint_eq(object.size, 5);
	ck_assert_int_gt(object.modified.tv_sec, 1500000000);
	store_driver_close(&driver);
}
END_TEST

START_TEST(a_large_object_comes_back_in_order)
{
	enum { SIZE = 1000 * 1000 };
	struct store_driver driver;
	struct store *store;
	struct buf buf = BUF_INIT(SIZE);
	struct sink *sink;
	uint8_t *bytes = malloc(SIZE);

	store_driver_open(&driver, _i);
	store = driver.store;
	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * 2654435761U >> 13);
	sink = store_put(store, "large", STORE_NEW, STORE_SIZE_UNKNOWN,
			 &driver.err);
	ck_assert_ptr_nonnull(sink);
	for (size_t at = 0; at < SIZE; at += 1000)
		ck_assert_int_eq(
		    sink_write(sink, bytes + at, 1000, &driver.err), 0);
	ck_assert_int_eq(sink_finish(sink, &driver.err), 0);
	sink_free(sink);
	ck_assert_int_eq(store_get_bytes(store, "large", &buf, &driver.err), 0);
	ck_assert_uint_eq(buf.len, SIZE);
	ck_assert_mem_eq(buf.data, bytes, SIZE);
	buf_free(&buf);
	free(bytes);
	store_driver_close(&driver);
}
END_TEST

static const struct range {
	uint64_t offset;
	uint64_t len;
	const char *text; /* NULL: damaged */
} ranges[] = {
    {0, STORE_TO_END, "0123456789"},
    {0, 10, "0123456789"},
    {3, 4, "3456"},
    {9, 1, "9"},
    {9, STORE_TO_END, "9"},
    {10, STORE_TO_END, ""},
    {10, 0, ""},
    {0, 0, ""},
    {0, 11, NULL},
    {10, 1, NULL},
    {11, 0, NULL},
    {11, STORE_TO_END, NULL},
    {5, STORE_TO_END - 1, NULL},
    {UINT64_MAX, 2, NULL},
};

START_TEST(ranges_are_exact_or_damaged)
{
	struct store_driver driver;
	struct store *store;

	store_driver_open(&driver, _i);
	store = driver.store;
	store_driver_put(&driver, "digits", "0123456789");
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		struct buf buf = BUF_INIT(100);
		struct sink *sink = ends_memory(&buf, &driver.err);
		int result;

		ck_assert_ptr_nonnull(sink);
		result = store_get(store, "digits", ranges[i].offset,
				   ranges[i].len, sink, &driver.err);
		if (ranges[i].text == NULL) {
			ck_assert_msg(result == -1, "range %zu", i);
			ck_assert_uint_eq(buf.len, 0);
			store_driver_expect_error(&driver, ERR_DAMAGED,
						  "digits");
		} else {
			ck_assert_msg(result == 0, "range %zu", i);
			ck_assert_str_eq(buf_text(&buf), ranges[i].text);
		}
		sink_free(sink);
		buf_free(&buf);
	}
	store_driver_close(&driver);
}
END_TEST

START_TEST(what_was_never_put_is_absent)
{
	struct store_driver driver;
	struct store *store;
	struct buf buf = BUF_INIT(100);
	struct store_object object;

	store_driver_open(&driver, _i);
	store = driver.store;
	store_driver_put(&driver, "dir/object", "x");
	ck_assert_int_eq(buf_append(&buf, "before", 6, &driver.err), 0);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = {"dir/other", "dir",
						    "dir/object/below"};

		ck_assert_int_eq(
		    store_get_bytes(store, names[i], &buf, &driver.err), -1);
		store_driver_expect_error(&driver, ERR_ABSENT, names[i]);
		ck_assert_int_eq(
		    store_stat(store, names[i], &object, &driver.err), -1);
		store_driver_expect_error(&driver, ERR_ABSENT, names[i]);
	}
	ck_assert_str_eq(buf_text(&buf), "before");
	buf_free(&buf);
	store_driver_close(&driver);
}
END_TEST

START_TEST(a_buffer_that_is_too_small_is_left_as_it_was)
{
	struct store_driver driver;
	struct store *store;
	/* Room for the first of the chunks that drivers make, not for all. */
	struct buf buf = BUF_INIT(350 * 1000);
	char *bytes = calloc(1, 400 * 1000);

	store_driver_open(&driver, _i);
	store = driver.store;
	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(store_put_bytes(store, "object", STORE_NEW, bytes,
					 400 * 1000, &driver.err),
			 0);
	ck_assert_int_eq(buf_append(&buf, "before", 6, &driver.err), 0);
	ck_assert_int_eq(store_get_bytes(store, "object", &buf, &driver.err),
			 -1);
	store_driver_expect_error(&driver, ERR_SYSTEM, "object");
	ck_assert_uint_eq(buf.len, 6);
	ck_assert_str_eq(buf_text(&buf), "before");
	buf_free(&buf);
	free(bytes);
	store_driver_close(&driver);
}
END_TEST

START_TEST(new_never_replaces_and_replace_does)
{
	struct store_driver driver;
	struct store *store;
	struct sink *first;
	struct sink *second;

	store_driver_open(&driver, _i);
	store = driver.store;
	/* Both start before either has finished: the name decides then. */
	first = store_put(store, "d/o", STORE_NEW, 5, &driver.err);
	second = store_put(store, "d/o", STORE_NEW, 6, &driver.err);
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_nonnull(second);
	ck_assert_int_eq(sink_write_text(first, "first", &driver.err), 0);
	ck_assert_int_eq(sink_write_text(second, "second", &driver.err), 0);
	ck_assert_int_eq(sink_finish(second, &driver.err), 0);
	ck_assert_int_eq(sink_finish(first, &driver.err), -1);
	store_driver_expect_error(&driver, ERR_EXISTS, "d/o");
	sink_free(first);
	sink_free(second);
	store_driver_expect(&driver, "d/o", "second");

	ck_assert_int_eq(
	    store_put_bytes(store, "d/o", STORE_NEW, "third", 5, &driver.err),
	    -1);
	store_driver_expect_error(&driver, ERR_EXISTS, "d/o");
	store_driver_expect(&driver, "d/o", "second");

	ck_assert_int_eq(store_put_bytes(store, "d/o", STORE_REPLACE, "fourth",
					 6, &driver.err),
			 0);
	store_driver_expect(&driver, "d/o", "fourth");
	ck_assert_int_eq(store_put_bytes(store, "d/p", STORE_REPLACE, "fifth",
					 5, &driver.err),
			 0);
	store_driver_expect(&driver, "d/p", "fifth");
	store_driver_close(&driver);
}
END_TEST

START_TEST(another_size_than_announced_is_damaged)
{
	struct store_driver driver;
	struct store *store;
	struct store_object object;

	store_driver_open(&driver, _i);
	store = driver.store;
	for (uint64_t announced = 0; announced < 10; announced++) {
		struct sink *sink;

		if (announced == 5)
			continue;
		sink =
		    store_put(store, "d/o", STORE_NEW, announced, &driver.err);
		ck_assert_ptr_nonnull(sink);
		ck_assert_int_eq(sink_write_text(sink, "hello", &driver.err),
				 0);
		ck_assert_int_eq(sink_finish(sink, &driver.err), -1);
		ck_assert_ptr_nonnull(strstr(driver.err.message, "announced"));
		store_driver_expect_error(&driver, ERR_DAMAGED, "d/o");
		sink_free(sink);
		ck_assert_int_eq(store_stat(store, "d/o", &object, &driver.err),
				 -1);
		ck_assert_int_eq(driver.err.kind, ERR_ABSENT);
	}
	store_driver_close(&driver);
}
END_TEST

START_TEST(an_abandoned_put_leaves_nothing)
{
	struct store_driver driver;
	struct store *store;
	struct store_object object;
	struct sink *sink;
	int left = 0;

	store_driver_open(&driver, _i);
	store = driver.store;
	sink =
	    store_put(store, "d/o", STORE_NEW, STORE_SIZE_UNKNOWN, &driver.err);
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(sink_write_text(sink, "hello", &driver.err), 0);
	ck_assert_int_eq(store_stat(store, "d/o", &object, &driver.err), -1);
	ck_assert_int_eq(driver.err.kind, ERR_ABSENT);
	sink_free(sink);
	ck_assert_int_eq(store_stat(store, "d/o", &object, &driver.err), -1);
	ck_assert_int_eq(driver.err.kind, ERR_ABSENT);
	ck_assert_int_eq(store_list(store, "", "", STORE_SHALLOW,
				    store_driver_count, &left, &driver.err),
			 0);
	ck_assert_int_eq(
	    store_sweep(store, 0, true, store_driver_count, &left, &driver.err),
	    0);
	ck_assert_int_eq(left, 0);
	store_driver_close(&driver);
}
END_TEST

static const char *const hostile[] = {
    "",     "/",    "/etc/passwd", "..",    "../x", "a/../b",
    "a/..", ".",    "./a",         "a/./b", "a//b", "a/",
    ".a",   "a/.b", ".drafts/x",   "...",   "a/b/", "a/../../x",
};

START_TEST(hostile_names_are_refused_by_every_verb)
{
	struct store_driver driver;
	struct store *store;
	struct buf buf = BUF_INIT(100);
	struct store_object object;

	store_driver_open(&driver, _i);
	store = driver.store;
	store_driver_put(&driver, "a/b", "x");
	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		const char *const names[] = {"a/b", hostile[i]};

		driver.err.kind = ERR_NONE;
		ck_assert_msg(store_put_bytes(store, hostile[i], STORE_REPLACE,
					      "x", 1, &driver.err) == -1,
			      "\"%s\" was put", hostile[i]);
		ck_assert_int_eq(driver.err.kind, ERR_REFUSED);
		ck_assert_ptr_nonnull(strstr(driver.err.message, store->url));
		ck_assert_ptr_nonnull(strstr(driver.err.message, hostile[i]));
		driver.err.kind = ERR_NONE;
		ck_assert_int_eq(
		    store_get_bytes(store, hostile[i], &buf, &driver.err), -1);
		ck_assert_int_eq(driver.err.kind, ERR_REFUSED);
		driver.err.kind = ERR_NONE;
		ck_assert_int_eq(
		    store_stat(store, hostile[i], &object, &driver.err), -1);
		ck_assert_int_eq(driver.err.kind, ERR_REFUSED);
		driver.err.kind = ERR_NONE;
		ck_assert_int_eq(store_remove(store, names, 2, &driver.err),
				 -1);
		ck_assert_int_eq(driver.err.kind, ERR_REFUSED);
	}
	store_driver_expect(&driver, "a/b", "x");
	store_driver_close(&driver);
}
END_TEST

/* Nothing may be told of where nothing may be asked. */
static int
refuse_each(void *context, const struct store_object *object, struct err *e)
{
	(void)context;
	(void)object;
	return err_set(e, ERR_SYSTEM, "called");
}

START_TEST(hostile_prefixes_are_refused)
{
	static const char *const prefixes[] = {"/",   "..",   "../", "a/../",
					       "a//", ".dra", "./"};
	struct store_driver driver;
	struct store *store;

	store_driver_open(&driver, _i);
	store = driver.store;
	store_driver_put(&driver, "a/b", "x");
	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		driver.err.kind = ERR_NONE;
		ck_assert_int_eq(store_list(store, prefixes[i], "", STORE_DEEP,
					    refuse_each, NULL, &driver.err),
				 -1);
		ck_assert_int_eq(driver.err.kind, ERR_REFUSED);
		ck_assert_ptr_nonnull(strstr(driver.err.message, store->url));
	}
	store_driver_close(&driver);
}
END_TEST

START_TEST(removal_takes_what_is_named_and_nothing_else)
{
	static const char *const names[] = {"a/b/c", "not/there", "a/b/c",
					    "a/e",   "a",         "a/b/d/x"};
	struct store_driver driver;
	struct store *store;
	struct store_object object;

	store_driver_open(&driver, _i);
	store = driver.store;
	store_driver_put(&driver, "a/b/c", "1");
	store_driver_put(&driver, "a/b/d", "2");
	store_driver_put(&driver, "a/e", "3");
	store_driver_put(&driver, "f", "4");
	ck_assert_msg(store_remove(store, names, 6, &driver.err) == 0, "%s",
		      driver.err.message);
	ck_assert_int_eq(store_stat(store, "a/b/c", &object, &driver.err), -1);
	ck_assert_int_eq(driver.err.kind, ERR_ABSENT);
	ck_assert_int_eq(store_stat(store, "a/e", &object, &driver.err), -1);
	store_driver_expect(&driver, "a/b/d", "2");
	store_driver_expect(&driver, "f", "4");
	ck_assert_int_eq(store_remove(store, names, 0, &driver.err), 0);
	store_driver_put(&driver, "a/b/c", "again");
	store_driver_expect(&driver, "a/b/c", "again");
	store_driver_close(&driver);
}
END_TEST

START_TEST(the_error_of_a_sink_names_the_object)
{
	struct store_driver driver;
	struct store *store;
	struct buf buf = BUF_INIT(3);
	struct sink *sink = ends_memory(&buf, &driver.err);

	store_driver_open(&driver, _i);
	store = driver.store;
	store_driver_put(&driver, "dir/object", "too long");
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(
	    store_get(store, "dir/object", 0, STORE_TO_END, sink, &driver.err),
	    -1);
	store_driver_expect_error(&driver, ERR_SYSTEM, "dir/object");
	sink_free(sink);
	buf_free(&buf);
	store_driver_close(&driver);
}
END_TEST

static Suite *
store_suite(void)
{
	Suite *suite = suite_create("store");
	TCase *every = tcase_create("every driver");

	tcase_set_timeout(every, 60);
	tcase_add_loop_test(every, what_was_put_is_got, 0, STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, a_large_object_comes_back_in_order, 0,
			    STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, ranges_are_exact_or_damaged, 0,
			    STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, what_was_never_put_is_absent, 0,
			    STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, a_buffer_that_is_too_small_is_left_as_it_was,
			    0, STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, new_never_replaces_and_replace_does, 0,
			    STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, another_size_than_announced_is_damaged, 0,
			    STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, an_abandoned_put_leaves_nothing, 0,
			    STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, hostile_names_are_refused_by_every_verb, 0,
			    STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, hostile_prefixes_are_refused, 0,
			    STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, removal_takes_what_is_named_and_nothing_else,
			    0, STORE_DRIVER_KINDS);
	tcase_add_loop_test(every, the_error_of_a_sink_names_the_object, 0,
			    STORE_DRIVER_KINDS);
	suite_add_tcase(suite, every);
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(store_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
