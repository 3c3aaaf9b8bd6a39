/* check_crew - all work, the right failure is reported, signals stay away. */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/crew.h"
#include "tests/unit/scratch.h"

struct job {
	struct queue *queue;
	atomic_int seen; /* one bit a worker */
	atomic_int done; /* items */
	unsigned fails;  /* the worker that fails */
	enum err_kind kind;
};

static struct queue *
new_queue(void)
{
	struct err err = {0};
	struct queue *queue = queue_new(2, sizeof(int), &err);

	ck_assert_ptr_nonnull(queue);
	return queue;
}

static int
count_items(void *context, unsigned worker, struct err *err)
{
	struct job *job = context;
	int item;
	int got;

	atomic_fetch_or(&job->seen, 1 << worker);
	while ((got = queue_pop(job->queue, &item, err)) == 1)
		atomic_fetch_add(&job->done, 1);
	return got;
}

START_TEST(every_worker_runs_and_all_items_are_done)
{
	struct job job = {.queue = new_queue()};
	struct err err = {0};
	struct crew *crew = crew_start(5, count_items, &job, job.queue, &err);
	int item;

	ck_assert_ptr_nonnull(crew);
	for (item = 0; item < 1000; item++)
		ck_assert_int_eq(queue_push(job.queue, &item, &err), 0);
	queue_close(job.queue);
	ck_assert_int_eq(crew_join(crew, &err), 0);
	ck_assert_int_eq(atomic_load(&job.seen), 0x1f);
	ck_assert_int_eq(atomic_load(&job.done), 1000);
	ck_assert_int_eq(err.kind, ERR_NONE);
	queue_free(job.queue, NULL);
}
END_TEST

/* The chosen worker fails at its first item, the others go on. */
static int
fail_one(void *context, unsigned worker, struct err *err)
{
	struct job *job = context;

	if (worker == job->fails) {
		if (job->kind == ERR_NONE)
			return -1;
		err_set(err, job->kind, "worker %u met it", worker);
		return err_hint(err, "look there");
	}
	return count_items(context, worker, err);
}

START_TEST(a_failure_stops_the_feeder_and_is_the_one_reported)
{
	struct job job = {
	    .queue = new_queue(), .fails = 1, .kind = ERR_DAMAGED};
	struct err err = {0};
	struct crew *crew = crew_start(3, fail_one, &job, job.queue, &err);
	int item = 0;

	ck_assert_ptr_nonnull(crew);
	while (queue_push(job.queue, &item, &err) == 0)
		continue;
	ck_assert_int_eq(err.kind, ERR_STOPPED);
	ck_assert_int_eq(crew_join(crew, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_str_eq(err.message, "worker 1 met it");
	ck_assert_str_eq(err.hint, "look there");
	queue_free(job.queue, NULL);
}
END_TEST

START_TEST(a_failure_without_a_reason_is_still_a_failure)
{
	struct job job = {.kind = ERR_NONE};
	struct err err = {0};
	struct crew *crew = crew_start(1, fail_one, &job, NULL, &err);

	ck_assert_ptr_nonnull(crew);
	ck_assert_int_eq(crew_join(crew, &err), -1);
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(err.message, "worker 0"));
}
END_TEST

/* Worker 0 says it was stopped; the real failure comes later. */
static int
fail_after_stop(void *context, unsigned worker, struct err *err)
{
	struct job *job = context;

	if (worker == 0) {
		err_set(err, ERR_STOPPED, "stopped");
		return -1;
	}
	while (queue_pop(job->queue, &job->fails, err) == 1)
		continue;
	(void)usleep(10000);
	return err_set(err, ERR_DENIED, "real");
}

START_TEST(being_stopped_never_hides_the_real_failure)
{
	struct job job = {.queue = new_queue()};
	struct err err = {0};
	struct crew *crew =
	    crew_start(2, fail_after_stop, &job, job.queue, &err);

	ck_assert_ptr_nonnull(crew);
	ck_assert_int_eq(crew_join(crew, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DENIED);
	ck_assert_str_eq(err.message, "real");
	queue_free(job.queue, NULL);
}
END_TEST

static int
look_at_mask(void *context, unsigned worker, struct err *err)
{
	atomic_int *blocked = context;
	sigset_t mask;

	(void)worker;
	if (pthread_sigmask(SIG_SETMASK, NULL, &mask) != 0)
		return err_set(err, ERR_SYSTEM, "no mask");
	if (sigismember(&mask, SIGTERM) && sigismember(&mask, SIGINT) &&
	    sigismember(&mask, SIGALRM))
		atomic_fetch_add(blocked, 1);
	return 0;
}

START_TEST(signals_are_blocked_in_the_threads_alone)
{
	atomic_int blocked = 0;
	struct err err = {0};
	struct crew *crew = crew_start(3, look_at_mask, &blocked, NULL, &err);
	sigset_t mask;

	ck_assert_ptr_nonnull(crew);
	ck_assert_int_eq(crew_join(crew, &err), 0);
	ck_assert_int_eq(atomic_load(&blocked), 3);
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
	ck_assert_int_eq(sigismember(&mask, SIGTERM), 0);
}
END_TEST

START_TEST(a_crew_of_nobody_is_refused_and_joining_none_is_fine)
{
	struct err err = {0};

	ck_assert_ptr_null(crew_start(0, look_at_mask, NULL, NULL, &err));
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_int_eq(crew_join(NULL, &err), 0);
}
END_TEST

START_TEST(threads_that_cannot_be_had_are_an_error)
{
	struct rlimit none = {0, 0};
	struct job job = {.queue = new_queue()};
	struct err err = {0};
	struct crew *crew;
	int item;
	int status;

	/* In a process of its own, since the report needs no limits. */
	if (fork() == 0) {
		scratch_drop_root();
		if (setrlimit(RLIMIT_NPROC, &none) != 0)
			_exit(1);
		crew = crew_start(3, count_items, &job, job.queue, &err);
		if (crew != NULL || err.kind != ERR_SYSTEM ||
		    strstr(err.message, "cannot start 3 threads") == NULL)
			_exit(2);
		/* Those that did start were told to stop. */
		_exit(queue_pop(job.queue, &item, &err) == -1 ? 0 : 3);
	}
	ck_assert_int_gt(wait(&status), 0);
	ck_assert_int_eq(status, 0);
	queue_free(job.queue, NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("crew");
	TCase *tests = tcase_create("crew");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, every_worker_runs_and_all_items_are_done);
	tcase_add_test(tests,
		       a_failure_stops_the_feeder_and_is_the_one_reported);
	tcase_add_test(tests, a_failure_without_a_reason_is_still_a_failure);
	tcase_add_test(tests, being_stopped_never_hides_the_real_failure);
	tcase_add_test(tests, signals_are_blocked_in_the_threads_alone);
	tcase_add_test(tests,
		       a_crew_of_nobody_is_refused_and_joining_none_is_fine);
	tcase_add_test(tests, threads_that_cannot_be_had_are_an_error);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
