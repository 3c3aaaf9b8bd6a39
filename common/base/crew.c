#include "common/base/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct worker {
	struct crew *crew;
	unsigned number;
	pthread_t thread;
};

struct crew {
	crew_fn work;
	void *context;
	struct queue *queue;

	pthread_mutex_t lock; /* guards failure */
	struct err failure;   /* ERR_NONE while there is none */

	unsigned count; /* threads that run */
	struct worker workers[];
};

static void
note_failure(struct crew *crew, const struct err *err)
{
	(void)pthread_mutex_lock(&crew->lock);
	if (crew->failure.kind == ERR_NONE ||
	    (crew->failure.kind == ERR_STOPPED && err->kind != ERR_STOPPED))
		crew->failure = *err;
	(void)pthread_mutex_unlock(&crew->lock);
}

static void *
run_worker(void *argument)
{
	struct worker *worker = argument;
	struct crew *crew = worker->crew;
	struct err err = {0};

	if (crew->work(crew->context, worker->number, &err) != 0) {
		/* Whatever else is wrong, it must not look like success. */
		if (err.kind == ERR_NONE)
			err_set(&err, ERR_SYSTEM,
				"worker %u failed and does not say why",
				worker->number);
		/* Noted before the others learn of it, so that theirs come
		 * after. */
		note_failure(crew, &err);
		if (crew->queue != NULL)
			queue_abort(crew->queue);
	}
	return NULL;
}

/* Starts them one by one; crew->count says how far it came. Returns 0 or an
 * errno. */
static int
start_workers(struct crew *crew, unsigned workers)
{
	int errnum = 0;

	while (crew->count < workers && errnum == 0) {
		struct worker *worker = &crew->workers[crew->count];

		worker->crew = crew;
		worker->number = crew->count;
		errnum =
		    pthread_create(&worker->thread, NULL, run_worker, worker);
		if (errnum == 0)
			crew->count++;
	}
	return errnum;
}

static void
wait_for_all(struct crew *crew)
{
	unsigned i;

	for (i = 0; i < crew->count; i++)
		(void)pthread_join(crew->workers[i].thread, NULL);
}

static void
release(struct crew *crew)
{
	(void)pthread_mutex_destroy(&crew->lock);
	free(crew);
}

struct crew *
crew_start(unsigned workers, crew_fn work, void *context, struct queue *queue,
	   struct err *err)
{
	struct crew *crew;
	sigset_t all;
	sigset_t before;
	int errnum;

	if (workers == 0) {
		err_set(err, ERR_USAGE, "at least one worker is needed");
		return NULL;
	}
	crew = calloc(1, sizeof *crew + workers * sizeof crew->workers[0]);
	if (crew == NULL) {
		err_memory(err);
		return NULL;
	}
	crew->work = work;
	crew->context = context;
	crew->queue = queue;
	(void)pthread_mutex_init(&crew->lock, NULL);

	/* Threads inherit the mask, so there is no moment at which a signal
	 * could reach one of them. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	errnum = start_workers(crew, workers);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (errnum == 0)
		return crew;

	if (queue != NULL)
		queue_abort(queue);
	wait_for_all(crew);
	release(crew);
	err_errno(err, errnum, "cannot start %u threads", workers);
	return NULL;
}

int
crew_join(struct crew *crew, struct err *err)
{
	int result = 0;

	if (crew == NULL)
		return 0;
	wait_for_all(crew);
	if (crew->failure.kind != ERR_NONE) {
		*err = crew->failure;
		result = -1;
	}
	release(crew);
	return result;
}
