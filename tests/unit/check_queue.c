/* check_queue - order, bounds, waiting, closing and aborting. */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/queue.h"

/* Long enough for a thread to reach its wait, also under valgrind. */
#define SETTLE_US 30000

static struct queue *
new_queue(size_t length)
{
	struct err err = {0};
	struct queue *queue = queue_new(length, sizeof(int), &err);

	ck_assert_ptr_nonnull(queue);
	return queue;
}

START_TEST(items_come_out_in_the_order_they_went_in)
{
	struct queue *queue = new_queue(3);
	struct err err = {0};
	int in = 0;
	int out = 0;
	int item;

	/* Two in, one or two out: the ring turns many times at all fillings. */
	while (out < 100) {
		for (item = in; item < in + 2 && item - out < 3; item++)
			ck_assert_int_eq(queue_push(queue, &item, &err), 0);
		in = item;
		for (; out < in - in % 2; out++) {
			ck_assert_int_eq(queue_pop(queue, &item, &err), 1);
			ck_assert_int_eq(item, out);
		}
	}
	queue_free(queue, NULL);
}
END_TEST

START_TEST(items_of_any_size_are_copied_whole)
{
	struct err err = {0};
	struct queue *queue = queue_new(2, 7, &err);
	char item[7];

	ck_assert_int_eq(queue_push(queue, "1234567", &err), 0);
	ck_assert_int_eq(queue_push(queue, "abcdefg", &err), 0);
	ck_assert_int_eq(queue_pop(queue, item, &err), 1);
	ck_assert_mem_eq(item, "1234567", 7);
	ck_assert_int_eq(queue_push(queue, "ABCDEFG", &err), 0);
	ck_assert_int_eq(queue_pop(queue, item, &err), 1);
	ck_assert_mem_eq(item, "abcdefg", 7);
	ck_assert_int_eq(queue_pop(queue, item, &err), 1);
	ck_assert_mem_eq(item, "ABCDEFG", 7);
	queue_free(queue, NULL);
}
END_TEST

START_TEST(a_queue_without_room_is_refused)
{
	volatile size_t huge = SIZE_MAX / 2;
	struct err err = {0};

	ck_assert_ptr_null(queue_new(0, 4, &err));
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	ck_assert_ptr_null(queue_new(4, 0, &err));
	err.kind = ERR_NONE;
	/* The product does not fit into a size_t. */
	ck_assert_ptr_null(queue_new(huge, 4, &err));
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	queue_free(NULL, NULL);
}
END_TEST

START_TEST(a_closed_queue_is_emptied_then_over)
{
	struct queue *queue = new_queue(4);
	struct err err = {0};
	int item = 5;

	ck_assert_int_eq(queue_push(queue, &item, &err), 0);
	queue_close(queue);
	ck_assert_int_eq(queue_push(queue, &item, &err), -1);
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	ck_assert_int_eq(queue_pop(queue, &item, &err), 1);
	ck_assert_int_eq(item, 5);
	ck_assert_int_eq(queue_pop(queue, &item, &err), 0);
	ck_assert_int_eq(queue_pop(queue, &item, &err), 0);
	queue_free(queue, NULL);
}
END_TEST

START_TEST(an_aborted_queue_hands_out_nothing_more)
{
	struct queue *queue = new_queue(4);
	struct err err = {0};
	int item = 5;

	ck_assert_int_eq(queue_push(queue, &item, &err), 0);
	queue_close(queue);
	queue_abort(queue);
	ck_assert_int_eq(queue_pop(queue, &item, &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOPPED);
	err.kind = ERR_NONE;
	ck_assert_int_eq(queue_push(queue, &item, &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOPPED);
	queue_free(queue, NULL);
}
END_TEST

static void
drop_pointer(void *item)
{
	int **counter = item;

	(**counter)++;
}

START_TEST(items_left_over_are_dropped_once_each)
{
	struct err err = {0};
	struct queue *queue = queue_new(3, sizeof(int *), &err);
	int counters[5] = {0};
	size_t i;

	for (i = 0; i < 5; i++) {
		int *counter = &counters[i];

		ck_assert_int_eq(queue_push(queue, &counter, &err), 0);
		if (i < 2)
			ck_assert_int_eq(queue_pop(queue, &counter, &err), 1);
	}
	queue_free(queue, drop_pointer);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(counters[i], i < 2 ? 0 : 1);
}
END_TEST

/* One thread in one call, and how it came back. */
struct call {
	struct queue *queue;
	int push;
	int item;
	int result;
	struct err err;
	atomic_int done;
};

static void *
make_call(void *argument)
{
	struct call *call = argument;

	if (call->push)
		call->result = queue_push(call->queue, &call->item, &call->err);
	else
		call->result = queue_pop(call->queue, &call->item, &call->err);
	atomic_store(&call->done, 1);
	return NULL;
}

START_TEST(a_pop_waits_for_an_item)
{
	struct call call = {.queue = new_queue(1)};
	struct err err = {0};
	pthread_t thread;
	int item = 9;

	ck_assert_int_eq(pthread_create(&thread, NULL, make_call, &call), 0);
	(void)usleep(SETTLE_US);
	ck_assert_int_eq(atomic_load(&call.done), 0);
	ck_assert_int_eq(queue_push(call.queue, &item, &err), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(call.result, 1);
	ck_assert_int_eq(call.item, 9);
	queue_free(call.queue, NULL);
}
END_TEST

START_TEST(a_push_waits_for_room)
{
	struct call call = {.queue = new_queue(1), .push = 1, .item = 8};
	struct err err = {0};
	pthread_t thread;
	int item = 7;

	ck_assert_int_eq(queue_push(call.queue, &item, &err), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, make_call, &call), 0);
	(void)usleep(SETTLE_US);
	ck_assert_int_eq(atomic_load(&call.done), 0);
	ck_assert_int_eq(queue_pop(call.queue, &item, &err), 1);
	ck_assert_int_eq(item, 7);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(call.result, 0);
	ck_assert_int_eq(queue_pop(call.queue, &item, &err), 1);
	ck_assert_int_eq(item, 8);
	queue_free(call.queue, NULL);
}
END_TEST

static const struct {
	int push;
	void (*end)(struct queue *queue);
	int result;
	enum err_kind kind;
} endings[] = {
    {0, queue_close, 0, ERR_NONE},
    {0, queue_abort, -1, ERR_STOPPED},
    {1, queue_close, -1, ERR_SYSTEM},
    {1, queue_abort, -1, ERR_STOPPED},
};

START_TEST(all_who_wait_are_woken_at_the_end)
{
	struct queue *queue = new_queue(1);
	struct call calls[3] = {0};
	pthread_t threads[3];
	struct err err = {0};
	int item = 1;
	int i;

	if (endings[_i].push)
		ck_assert_int_eq(queue_push(queue, &item, &err), 0);
	for (i = 0; i < 3; i++) {
		calls[i].queue = queue;
		calls[i].push = endings[_i].push;
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, make_call, &calls[i]), 0);
	}
	(void)usleep(SETTLE_US);
	endings[_i].end(queue);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_int_eq(calls[i].result, endings[_i].result);
		ck_assert_int_eq(calls[i].err.kind, endings[_i].kind);
	}
	queue_free(queue, NULL);
}
END_TEST

struct share {
	struct queue *queue;
	int first; /* what a producer pushes from here on */
	long sum;  /* what a consumer got */
};

#define EACH_PUSHES 5000

static void *
produce(void *argument)
{
	struct share *share = argument;
	struct err err = {0};
	int item;

	for (item = share->first; item < share->first + EACH_PUSHES; item++)
		if (queue_push(share->queue, &item, &err) != 0)
			return share;
	return NULL;
}

static void *
consume(void *argument)
{
	struct share *share = argument;
	struct err err = {0};
	int item;

	while (queue_pop(share->queue, &item, &err) == 1)
		share->sum += item;
	return err.kind == ERR_NONE ? NULL : share;
}

START_TEST(many_threads_lose_and_double_nothing)
{
	struct queue *queue = new_queue(4);
	struct share shares[6];
	pthread_t threads[6];
	long sum = 0;
	void *failed;
	int i;

	for (i = 0; i < 6; i++) {
		shares[i] = (struct share){queue, i * EACH_PUSHES, 0};
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						i < 3 ? produce : consume,
						&shares[i]),
				 0);
	}
	for (i = 0; i < 6; i++) {
		if (i == 3)
			queue_close(queue);
		ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
		ck_assert_ptr_null(failed);
		sum += shares[i].sum;
	}
	/* 0 + 1 + ... + (3 * EACH_PUSHES - 1). */
	ck_assert_int_eq(sum, 3L * EACH_PUSHES * (3 * EACH_PUSHES - 1) / 2);
	queue_free(queue, NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("queue");
	TCase *tests = tcase_create("queue");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, items_come_out_in_the_order_they_went_in);
	tcase_add_test(tests, items_of_any_size_are_copied_whole);
	tcase_add_test(tests, a_queue_without_room_is_refused);
	tcase_add_test(tests, a_closed_queue_is_emptied_then_over);
	tcase_add_test(tests, an_aborted_queue_hands_out_nothing_more);
	tcase_add_test(tests, items_left_over_are_dropped_once_each);
	tcase_add_test(tests, a_pop_waits_for_an_item);
	tcase_add_test(tests, a_push_waits_for_room);
	tcase_add_loop_test(tests, all_who_wait_are_woken_at_the_end, 0,
			    (int)(sizeof endings / sizeof endings[0]));
	tcase_add_test(tests, many_threads_lose_and_double_nothing);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
