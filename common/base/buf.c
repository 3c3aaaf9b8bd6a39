#include "common/base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` bytes and the NUL behind them. */
static int
reserve(struct buf *buf, size_t more, struct err *err)
{
	size_t need;
	size_t capacity;
	char *data;

	if (more > buf->limit - buf->len || more >= SIZE_MAX - buf->len)
		return err_set(err, ERR_SYSTEM,
			       "more than the limit of %zu bytes", buf->limit);
	need = buf->len + more + 1;
	if (need <= buf->capacity)
		return 0;

	/* Doubling keeps many small appends cheap; the limit keeps the doubling
	 * from allocating what may never be used. */
	capacity = buf->capacity < 32 ? 64 : buf->capacity;
	capacity = capacity <= SIZE_MAX / 2 ? capacity * 2 : SIZE_MAX;
	if (capacity > buf->limit)
		capacity = buf->limit + 1;
	if (capacity < need)
		capacity = need;

	data = realloc(buf->data, capacity);
	if (data == NULL)
		return err_memory(err);
	data[buf->len] = '\0';
	buf->data = data;
	buf->capacity = capacity;
	return 0;
}

int
buf_append(struct buf *buf, const void *data, size_t len, struct err *err)
{
	if (len == 0)
		return 0;
	if (reserve(buf, len, err) != 0)
		return -1;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int
buf_print(struct buf *buf, struct err *err, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return err_set(err, ERR_SYSTEM, "text cannot be formatted");
	if (len == 0)
		return 0;
	if (reserve(buf, (size_t)len, err) != 0)
		return -1;

	va_start(args, format);
	(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
	return 0;
}

const char *
buf_text(const struct buf *buf)
{
	return buf->data == NULL ? "" : buf->data;
}

void
buf_clear(struct buf *buf)
{
	buf->len = 0;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

void
buf_free(struct buf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->capacity = 0;
}
