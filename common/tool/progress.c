#include "common/tool/progress.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/tool/progress_text.h"

/* Milliseconds between two bars, and between two lines where there is no
 * terminal. */
#define BAR_EVERY 200
#define LINE_EVERY 5000

/* Columns of a terminal that does not tell. */
#define COLUMNS_USUAL 80

struct progress {
	const char *what;
	uint64_t started_ms;
	bool terminal;
	bool running; /* there is a thread */
	pthread_t thread;

	/* Counted by the workers, read by the thread. */
	atomic_uint_fast64_t done;
	atomic_uint_fast64_t expected;
	atomic_uint_fast64_t files;

	/* Guards `ended`, and lets the thread be woken for it. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool ended;
};

static void
measure(struct progress *progress, struct progress_figures *figures)
{
	*figures = (struct progress_figures){
	    .what = progress->what,
	    .done = atomic_load(&progress->done),
	    .expected = atomic_load(&progress->expected),
	    .files = atomic_load(&progress->files),
	    .elapsed_ms = clock_elapsed_ms() - progress->started_ms,
	};
}

static unsigned
terminal_columns(void)
{
	struct winsize size = {0};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return COLUMNS_USUAL;
	return size.ws_col;
}

/* One write, so that it does not mix with a warning's. */
static void
write_terminal(const char *text)
{
	while (write(STDERR_FILENO, text, strlen(text)) < 0 && errno == EINTR)
		continue;
}

/*
 * The cursor waits on an empty line and the bar stands on the line below it.
 * Warnings, which know nothing of bars, so print on a line of their own and
 * leave the cursor where the old bar begins, to be cleared by the next one.
 */
static void
draw_bar(const struct progress_figures *figures)
{
	char bar[PROGRESS_TEXT_SIZE];
	char text[PROGRESS_TEXT_SIZE + 32];

	progress_text_bar(figures, terminal_columns(), bar);
	(void)snprintf(text, sizeof text, "\r\033[J\n%s\r\033[A", bar);
	write_terminal(text);
}

static void
print_line(const struct progress_figures *figures)
{
	char text[PROGRESS_TEXT_SIZE];

	progress_text_line(figures, text);
	log_notice("%s", text);
}

/* Waits for the end, at most `milliseconds`. Called with the lock held. */
static bool
wait_for_end(struct progress *progress, uint64_t milliseconds)
{
	struct timespec until;
	uint64_t ns;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	ns = (uint64_t)until.tv_nsec + milliseconds % 1000 * 1000000;
	until.tv_sec +=
	    (time_t)(milliseconds / 1000) + (time_t)(ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	while (!progress->ended)
		if (pthread_cond_timedwait(&progress->changed, &progress->lock,
					   &until) != 0)
			break;
	return progress->ended;
}

static void *
print(void *context)
{
	struct progress *progress = context;
	uint64_t every = progress->terminal ? BAR_EVERY : LINE_EVERY;

	(void)pthread_mutex_lock(&progress->lock);
	while (!wait_for_end(progress, every)) {
		struct progress_figures figures;

		measure(progress, &figures);
		if (progress->terminal)
			draw_bar(&figures);
		else
			print_line(&figures);
	}
	(void)pthread_mutex_unlock(&progress->lock);
	if (progress->terminal)
		write_terminal("\r\033[J");
	return NULL;
}

/* The thread gets no signals: waits of the main thread are to end by them. */
static int
start_thread(struct progress *progress, struct err *err)
{
	sigset_t all;
	sigset_t before;
	int result;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&progress->thread, NULL, print, progress);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result != 0)
		return err_errno(err, result, "start a thread");
	progress->running = true;
	return 0;
}

static bool
is_terminal(void)
{
	const char *kind = getenv("TERM");

	return isatty(STDERR_FILENO) == 1 && kind != NULL &&
	       strcmp(kind, "dumb") != 0;
}

static int
init_locks(struct progress *progress, struct err *err)
{
	pthread_condattr_t attributes;
	int result = pthread_condattr_init(&attributes);

	if (result != 0)
		return err_errno(err, result, "prepare a thread");
	/* The time of day may jump. */
	result = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (result == 0)
		result = pthread_cond_init(&progress->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	if (result != 0)
		return err_errno(err, result, "prepare a thread");
	result = pthread_mutex_init(&progress->lock, NULL);
	if (result != 0) {
		(void)pthread_cond_destroy(&progress->changed);
		return err_errno(err, result, "prepare a thread");
	}
	return 0;
}

static void
release(struct progress *progress)
{
	(void)pthread_mutex_destroy(&progress->lock);
	(void)pthread_cond_destroy(&progress->changed);
	free(progress);
}

struct progress *
progress_start(const char *what, uint64_t bytes, struct err *err)
{
	struct progress *progress = calloc(1, sizeof(*progress));

	if (progress == NULL) {
		err_memory(err);
		return NULL;
	}
	progress->what = what;
	progress->started_ms = clock_elapsed_ms();
	progress->terminal = is_terminal();
	atomic_init(&progress->done, 0);
	atomic_init(&progress->expected, bytes);
	atomic_init(&progress->files, 0);
	if (init_locks(progress, err) != 0) {
		free(progress);
		return NULL;
	}
	/* Who wants errors only gets no progress. */
	if (log_level() != LOG_QUIET && start_thread(progress, err) != 0) {
		release(progress);
		return NULL;
	}
	return progress;
}

void
progress_expect(struct progress *progress, uint64_t bytes)
{
	if (progress != NULL)
		atomic_store(&progress->expected, bytes);
}

void
progress_add(struct progress *progress, uint64_t bytes, uint64_t files)
{
	if (progress == NULL)
		return;
	(void)atomic_fetch_add(&progress->done, bytes);
	(void)atomic_fetch_add(&progress->files, files);
}

void
progress_end(struct progress *progress, bool done)
{
	struct progress_figures figures;
	char text[PROGRESS_TEXT_SIZE];

	if (progress == NULL)
		return;
	(void)pthread_mutex_lock(&progress->lock);
	progress->ended = true;
	(void)pthread_cond_signal(&progress->changed);
	(void)pthread_mutex_unlock(&progress->lock);
	if (progress->running)
		(void)pthread_join(progress->thread, NULL);

	measure(progress, &figures);
	progress_text_end(&figures, text);
	if (done)
		log_notice("%s", text);
	else
		log_notice("%s, then ended early", text);
	release(progress);
}
