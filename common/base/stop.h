/*
 * stop - SIGINT, SIGTERM and SIGQUIT become a flag that long work looks at.
 *
 * The handler only records the signal; whoever works checks at the next chunk
 * or wait, cleans up like after any other error and returns ERR_STOPPED. This
 * is the one variable at file scope besides the log level that changes after
 * start: a signal handler has nowhere else to put it.
 */
#ifndef WALNUT_BASE_STOP_H
#define WALNUT_BASE_STOP_H

#include "common/base/attr.h"
#include "common/base/err.h"

/*
 * stop_on_signals - catch SIGINT, SIGTERM and SIGQUIT, which PostgreSQL sends
 * to its commands when it stops (system calls are not restarted, so waits end),
 * and ignore SIGPIPE and SIGXFSZ so that they come back as EPIPE and EFBIG.
 * SIGHUP is ignored if it was ignored at start, else caught.
 */
void stop_on_signals(void);

/* stop_signal - the first signal caught, or 0. */
int stop_signal(void);

/* stop_check - 0, or ERR_STOPPED that names the signal. */
MUST_CHECK int stop_check(struct err *err);

#endif
