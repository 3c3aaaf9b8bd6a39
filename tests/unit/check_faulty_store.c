#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"
#include "common/stream/ends.h"
#include "tests/unit/store_driver.h"

#define TEXT "0123456789"

/* Every kind of call once; which are counted is the header's promise. */
static const struct {
	const char *what;
	uint64_t calls;
} script[] = {
    {"put", 3},    /* the verb, one write, the finish */
    {"get", 2},    /* the verb, one chunk */
    {"stat", 1},   /* the verb */
    {"list", 2},   /* the verb, one object */
    {"remove", 1}, /* the verb */
    {"sweep", 1},  /* the verb */
};

#define STEPS (sizeof script / sizeof script[0])

static int
run_step(struct store *store, size_t step, struct err *err)
{
	static const char *const name = "d/o";
	struct buf buf = BUF_INIT(100);
	struct store_object object;
	int count = 0;
	int result;

	switch (step) {
	case 0:
		return store_put_bytes(store, name, STORE_NEW, TEXT, 10, err);
	case 1:
		result = store_get_bytes(store, name, &buf, err);
		buf_free(&buf);
		return result;
	case 2:
		return store_stat(store, name, &object, err);
	case 3:
		return store_list(store, "", "", STORE_DEEP, store_driver_count,
				  &count, err);
	case 4:
		return store_remove(store, &name, 1, err);
	default:
		return store_sweep(store, 0, false, NULL, NULL, err);
	}
}

/* Returns the first step that failed, or STEPS. */
static size_t
run_script(struct store_driver *driver)
{
	for (size_t step = 0; step < STEPS; step++) {
		if (run_step(driver->store, step, &driver->err) != 0)
			return step;
	}
	return STEPS;
}

START_TEST(every_call_counts)
{
	struct store_driver driver;
	uint64_t before = 0;

	store_driver_open(&driver, STORE_DRIVER_FAULTLESS);
	for (size_t step = 0; step < STEPS; step++) {
		ck_assert_int_eq(run_step(driver.store, step, &driver.err), 0);
		ck_assert_msg(driver.plan.calls - before == script[step].calls,
			      "%s", script[step].what);
		before = driver.plan.calls;
	}
	store_driver_close(&driver);
}
END_TEST

START_TEST(each_call_fails_when_it_is_its_turn)
{
	uint64_t number = 0;

	for (size_t step = 0; step < STEPS; step++) {
		for (uint64_t i = 0; i < script[step].calls; i++) {
			struct store_driver driver;

			store_driver_open(&driver, STORE_DRIVER_FAULTLESS);
			driver.plan.fail_call = ++number;
			ck_assert_uint_eq(run_script(&driver), step);
			ck_assert_int_eq(driver.err.kind, ERR_UNREACHABLE);
			ck_assert_ptr_nonnull(
			    strstr(driver.err.message, driver.store->url));
			ck_assert_ptr_nonnull(
			    strstr(driver.err.message, "planned failure"));
			ck_assert_uint_eq(driver.plan.calls, number);
			store_driver_close(&driver);
		}
	}
}
END_TEST

START_TEST(the_planned_kind_comes_back)
{
	for (int kind = ERR_ABSENT; kind <= ERR_STOPPED; kind++) {
		struct store_driver driver;

		store_driver_open(&driver, STORE_DRIVER_FAULTLESS);
		driver.plan.fail_call = 1;
		driver.plan.kind = (enum err_kind)kind;
		ck_assert_uint_eq(run_script(&driver), 0);
		ck_assert_int_eq(driver.err.kind, kind);
		store_driver_close(&driver);
	}
}
END_TEST

START_TEST(one_call_fails_or_all_from_there_on)
{
	struct store_driver driver;

	store_driver_open(&driver, STORE_DRIVER_FAULTLESS);
	driver.plan.fail_call = 1;
	ck_assert_int_eq(run_step(driver.store, 0, &driver.err), -1);
	ck_assert_int_eq(run_step(driver.store, 0, &driver.err), 0);
	ck_assert_int_eq(run_step(driver.store, 2, &driver.err), 0);
	driver.plan.fail_from = driver.plan.calls + 2;
	ck_assert_int_eq(run_step(driver.store, 2, &driver.err), 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(run_step(driver.store, 2, &driver.err), -1);
	store_driver_close(&driver);
}
END_TEST

START_TEST(a_failed_put_leaves_the_other_store_as_it_was)
{
	for (uint64_t call = 1; call <= script[0].calls; call++) {
		struct store_driver driver;
		struct store *memory;

		store_driver_open(&driver, STORE_DRIVER_MEMORY);
		memory = driver.store;
		driver.store =
		    faulty_store_new(memory, &driver.plan, &driver.err);
		ck_assert_ptr_nonnull(driver.store);
		driver.plan.fail_call = call;
		ck_assert_int_eq(run_step(driver.store, 0, &driver.err), -1);
		ck_assert_uint_eq(memory_store_count(memory), 0);
		store_driver_close(&driver);
	}
}
END_TEST

/* Get a range of TEXT and compare it with what `expected` has there. */
static void
expect_range(struct store_driver *driver, uint64_t offset, size_t len,
	     const char *expected, size_t expected_len)
{
	struct buf buf = BUF_INIT(100);
	struct sink *sink = ends_memory(&buf, &driver->err);
	size_t left = offset < expected_len ? expected_len - offset : 0;

	if (left > len)
		left = len;
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(
	    store_get(driver->store, "d/o", offset, len, sink, &driver->err),
	    0);
	ck_assert_uint_eq(buf.len, left);
	if (left > 0)
		ck_assert_mem_eq(buf.data, expected + offset, left);
	sink_free(sink);
	buf_free(&buf);
}

START_TEST(the_flipped_bit_has_its_place_in_the_object)
{
	struct store_driver driver;

	store_driver_open(&driver, STORE_DRIVER_FAULTLESS);
	store_driver_put(&driver, "d/o", TEXT);
	for (uint64_t bit = 1; bit <= 8 * 10 + 1; bit++) {
		char expected[] = TEXT "?";

		/* One past the end: no object has it, nothing changes. */
		expected[(bit - 1) / 8] ^= (char)(1 << (bit - 1) % 8);
		driver.plan.flip_bit = bit;
		for (uint64_t offset = 0; offset <= 10; offset++) {
			for (size_t len = 0; len <= 10 - offset; len++)
				expect_range(&driver, offset, len, expected,
					     10);
		}
	}
	driver.plan.flip_bit = 0;
	store_driver_expect(&driver, "d/o", TEXT);
	store_driver_close(&driver);
}
END_TEST

START_TEST(a_cut_object_ends_there_without_an_error)
{
	struct store_driver driver;

	store_driver_open(&driver, STORE_DRIVER_FAULTLESS);
	store_driver_put(&driver, "d/o", TEXT);
	for (uint64_t cut = 1; cut <= 12; cut++) {
		size_t kept = cut < 10 ? (size_t)cut : 10;

		driver.plan.cut_at = cut;
		for (uint64_t offset = 0; offset <= 10; offset++) {
			for (size_t len = 0; len <= 10 - offset; len++)
				expect_range(&driver, offset, len, TEXT, kept);
		}
	}
	driver.plan.cut_at = 0;
	store_driver_expect(&driver, "d/o", TEXT);
	store_driver_close(&driver);
}
END_TEST

static Suite *
faulty_store_suite(void)
{
	Suite *suite = suite_create("faulty_store");
	TCase *tcase = tcase_create("faults");

	tcase_add_test(tcase, every_call_counts);
	tcase_add_test(tcase, each_call_fails_when_it_is_its_turn);
	tcase_add_test(tcase, the_planned_kind_comes_back);
	tcase_add_test(tcase, one_call_fails_or_all_from_there_on);
	tcase_add_test(tcase, a_failed_put_leaves_the_other_store_as_it_was);
	tcase_add_test(tcase, the_flipped_bit_has_its_place_in_the_object);
	tcase_add_test(tcase, a_cut_object_ends_there_without_an_error);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(faulty_store_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
