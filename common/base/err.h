/*
 * err - one failure: a kind for callers, a message and a hint for people.
 *
 * Functions that can fail return 0 or -1 (constructors NULL) and take a
 * `struct err *` as their last argument, which is never NULL and starts as
 * `struct err err = {0}`. Nothing here allocates, so running out of memory is
 * reported like anything else. The message grows from the inside out:
 * "archive pg_wal/...01: s3: HTTP 503".
 */
#ifndef WALNUT_BASE_ERR_H
#define WALNUT_BASE_ERR_H

#include "common/base/attr.h"

/*
 * A kind exists only where a caller or the exit code differs. tool_main turns
 * kinds into exit codes (walnut(7)).
 */
enum err_kind {
	ERR_NONE = 0,
	ERR_ABSENT,      /* whoever must know said: it is not there */
	ERR_USAGE,       /* command line or settings */
	ERR_DAMAGED,     /* data that fails its check */
	ERR_DENIED,      /* no permission */
	ERR_UNREACHABLE, /* could not ask: the answer is not known */
	ERR_EXISTS,      /* an object or file of that name is there already */
	ERR_REFUSED,     /* asked for something that would do harm */
	ERR_SYSTEM,      /* disk full, out of memory, a limit of the system */
	ERR_STOPPED      /* SIGINT or SIGTERM, or another worker failed first */
};

#define ERR_MESSAGE_SIZE 1024
#define ERR_HINT_SIZE 512

struct err {
	enum err_kind kind;
	char message[ERR_MESSAGE_SIZE]; /* one line, no full stop */
	char hint[ERR_HINT_SIZE];       /* what to do about it, or "" */
};

/*
 * err_set - replace whatever *err held. A message that does not fit is cut.
 * Returns -1, so that `return err_set(...)` reads well.
 */
int err_set(struct err *err, enum err_kind kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

/*
 * err_errno - as err_set, with ": " and the system's text for `errnum` behind
 * the message and the kind chosen by err_kind_of_errno. Returns -1.
 */
int err_errno(struct err *err, int errnum, const char *format, ...)
    PRINTF_LIKE(3, 4);

/*
 * err_kind_of_errno - ENOENT and ENOTDIR are ABSENT, EACCES, EPERM and EROFS
 * DENIED, EEXIST EXISTS; EIO, ESTALE, ETIMEDOUT, ENODEV, ENXIO and their like
 * UNREACHABLE; all others SYSTEM.
 */
enum err_kind err_kind_of_errno(int errnum);

/* err_memory - "out of memory", ERR_SYSTEM. Returns -1. */
int err_memory(struct err *err);

/*
 * err_context - put "format: " in front of the message; kind and hint stay.
 * Returns -1.
 */
int err_context(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* err_hint - set the hint; message and kind stay. Returns -1. */
int err_hint(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
