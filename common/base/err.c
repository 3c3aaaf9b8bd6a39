#include "common/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum err_kind
err_kind_of_errno(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		return ERR_ABSENT;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case EEXIST:
		return ERR_EXISTS;
	case EIO:
	case ESTALE:
	case ETIMEDOUT:
	case ENODEV:
	case ENXIO:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENETDOWN:
	case ENETUNREACH:
	case ENETRESET:
	case ENOTCONN:
	case ECONNREFUSED:
	case ECONNRESET:
	case ECONNABORTED:
	case EREMOTEIO:
	case ENOLINK:
	case ESHUTDOWN:
		return ERR_UNREACHABLE;
	default:
		return ERR_SYSTEM;
	}
}

/* Texts are made in a place of their own and then copied, since the arguments
 * may well point into the err that is being replaced. */
int
err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
	char text[ERR_MESSAGE_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);

	err->kind = kind;
	memcpy(err->message, text, sizeof text);
	err->hint[0] = '\0';
	return -1;
}

int
err_errno(struct err *err, int errnum, const char *format, ...)
{
	char text[ERR_MESSAGE_SIZE];
	char reason[128];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);

	/* The POSIX form: the text lands in the buffer, unlike GNU's. */
	if (strerror_r(errnum, reason, sizeof reason) != 0)
		(void)snprintf(reason, sizeof reason, "error %d", errnum);
	return err_set(err, err_kind_of_errno(errnum), "%s: %s", text, reason);
}

int
err_memory(struct err *err)
{
	return err_set(err, ERR_SYSTEM, "out of memory");
}

int
err_context(struct err *err, const char *format, ...)
{
	char text[ERR_MESSAGE_SIZE];
	va_list args;
	size_t used;
	size_t rest;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);

	/* By hand instead of snprintf: cutting is meant here, and the compiler
	 * would warn about it. */
	used = strlen(text);
	if (used > sizeof text - 3)
		used = sizeof text - 3;
	memcpy(text + used, ": ", 2);
	used += 2;
	rest = strlen(err->message);
	if (rest > sizeof text - 1 - used)
		rest = sizeof text - 1 - used;
	memcpy(text + used, err->message, rest);
	text[used + rest] = '\0';

	memcpy(err->message, text, used + rest + 1);
	return -1;
}

int
err_hint(struct err *err, const char *format, ...)
{
	char text[ERR_HINT_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);

	memcpy(err->hint, text, sizeof text);
	return -1;
}
