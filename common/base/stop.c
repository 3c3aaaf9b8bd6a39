#include "common/base/stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

/* Atomic, since worker threads read what the main thread's handler writes;
 * lock-free, and so allowed in a handler. */
static atomic_int caught;

static void
remember(int signum)
{
	int none = 0;

	(void)atomic_compare_exchange_strong(&caught, &none, signum);
}

void
stop_on_signals(void)
{
	struct sigaction catch = {.sa_handler = remember};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;

	(void)sigemptyset(&catch.sa_mask);
	(void)sigemptyset(&ignore.sa_mask);
	(void)sigaction(SIGINT, &catch, NULL);
	(void)sigaction(SIGTERM, &catch, NULL);
	(void)sigaction(SIGQUIT, &catch, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigaction(SIGXFSZ, &ignore, NULL);

	/* nohup asked for it to be ignored. */
	if (sigaction(SIGHUP, NULL, &before) != 0 ||
	    before.sa_handler != SIG_IGN)
		(void)sigaction(SIGHUP, &catch, NULL);
}

int
stop_signal(void)
{
	return atomic_load(&caught);
}

int
stop_check(struct err *err)
{
	int signum = atomic_load(&caught);

	switch (signum) {
	case 0:
		return 0;
	case SIGINT:
		return err_set(err, ERR_STOPPED, "stopped by SIGINT");
	case SIGTERM:
		return err_set(err, ERR_STOPPED, "stopped by SIGTERM");
	case SIGQUIT:
		return err_set(err, ERR_STOPPED, "stopped by SIGQUIT");
	case SIGHUP:
		return err_set(err, ERR_STOPPED, "stopped by SIGHUP");
	default:
		return err_set(err, ERR_STOPPED, "stopped by signal %d",
			       signum);
	}
}
