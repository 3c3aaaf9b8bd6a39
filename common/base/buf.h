/*
 * buf - bytes that grow up to a limit, and spans that borrow bytes.
 *
 * A buf owns its memory and is born with the most it may ever hold, so that no
 * input, however hostile, makes a program grow without bound.
 */
#ifndef WALNUT_BASE_BUF_H
#define WALNUT_BASE_BUF_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/* Borrowed bytes. */
struct span {
	const void *data;
	size_t len; /* bytes */
};

/* `data` is always followed by a NUL byte that `len` does not count, so it is
 * text where it holds text; it is NULL until the first byte arrives. */
struct buf {
	char *data;
	size_t len;      /* bytes in use */
	size_t capacity; /* bytes allocated, with the NUL */
	size_t limit;    /* bytes it may hold at most */
};

/* An empty buf that will hold at most `most` bytes. */
#define BUF_INIT(most)             \
	{                          \
		NULL, 0, 0, (most) \
	}

/*
 * buf_append - copy len bytes behind what is there.
 * Errors: ERR_SYSTEM when the limit or the memory is exceeded; the buf is then
 * unchanged.
 */
MUST_CHECK int buf_append(struct buf *buf, const void *data, size_t len,
			  struct err *err);

/* buf_print - append formatted text. Errors: as buf_append. */
MUST_CHECK int buf_print(struct buf *buf, struct err *err, const char *format,
			 ...) PRINTF_LIKE(3, 4);

/* buf_text - the contents as text, "" when empty. Borrowed until the next
 * change. */
const char *buf_text(const struct buf *buf);

/* buf_clear - forget the contents, keep the memory. */
void buf_clear(struct buf *buf);

/* buf_free - release the memory; the buf may be used again afterwards. */
void buf_free(struct buf *buf);

#endif
