#include "common/catalog/json_writer.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/catalog/json_reader.h"
#include "common/catalog/json_scan.h"
#include "common/catalog/json_seal.h"

void
json_writer_begin(struct json_writer *writer, struct buf *out, struct err *err)
{
	writer->out = out;
	writer->err = err;
	writer->start = out->len;
	writer->failed = false;
}

/* Bytes of the UTF-8 sequence at `s`, which a NUL ends; 0 when it is none.
 * Source: RFC 3629 section 4: no overlong forms, no surrogates, nothing above
 * U+10FFFF. */
static size_t
sequence_length(const unsigned char *s)
{
	unsigned char low = 0x80;
	unsigned char high = 0xbf;
	size_t len;
	size_t i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

bool
json_writer_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len;

	for (; *s != '\0'; s += len) {
		len = sequence_length(s);
		if (len == 0)
			return false;
	}
	return true;
}

/* What may not stand in a JSON string as it is. */
static int
escape(unsigned char c, struct buf *out, struct err *err)
{
	if (c >= 0x80)
		return buf_append(out, "\\ufffd", 6, err);
	if (c == '"' || c == '\\')
		return buf_print(out, err, "\\%c", c);
	return buf_print(out, err, "\\u%04x", c);
}

int
json_writer_quote(const char *text, struct buf *out, struct err *err)
{
	const unsigned char *s = (const unsigned char *)text;

	if (buf_append(out, "\"", 1, err) != 0)
		return -1;
	while (*s != '\0') {
		const unsigned char *run = s;
		size_t len;

		while (*s >= ' ' && *s != '"' && *s != '\\' &&
		       (len = sequence_length(s)) > 0)
			s += len;
		if (s > run &&
		    buf_append(out, run, (size_t)(s - run), err) != 0)
			return -1;
		if (*s != '\0' && escape(*s++, out, err) != 0)
			return -1;
	}
	return buf_append(out, "\"", 1, err);
}

/* What stands before a key's value. Keys are our own and need no escapes. */
static bool
begin_key(struct json_writer *writer, const char *key)
{
	bool first = writer->out->len == writer->start;

	if (!writer->failed && buf_print(writer->out, writer->err, "%s\"%s\": ",
					 first ? "{\n" : ",\n", key) != 0)
		writer->failed = true;
	return !writer->failed;
}

void
json_writer_json(struct json_writer *writer, const char *key, const char *value)
{
	if (begin_key(writer, key) &&
	    buf_append(writer->out, value, strlen(value), writer->err) != 0)
		writer->failed = true;
}

void
json_writer_number(struct json_writer *writer, const char *key, uint64_t value)
{
	if (begin_key(writer, key) &&
	    buf_print(writer->out, writer->err, "%" PRIu64, value) != 0)
		writer->failed = true;
}

void
json_writer_text(struct json_writer *writer, const char *key, const char *value)
{
	if (begin_key(writer, key) &&
	    json_writer_quote(value == NULL ? "" : value, writer->out,
			      writer->err) != 0)
		writer->failed = true;
}

void
json_writer_flag(struct json_writer *writer, const char *key, bool value)
{
	json_writer_json(writer, key, value ? "true" : "false");
}

void
json_writer_time(struct json_writer *writer, const char *key,
		 struct timespec value)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(value, text);
	json_writer_text(writer, key, text);
}

void
json_writer_user_json(struct json_writer *writer, const char *key,
		      const char *value)
{
	if (writer->failed)
		return;
	if (json_reader_check(value, strlen(value), writer->err) != 0) {
		err_set(writer->err, ERR_USAGE, "user data is not JSON: %s",
			value);
		writer->failed = true;
		return;
	}
	if (begin_key(writer, key) &&
	    json_scan_compact(value, strlen(value), writer->out, writer->err) !=
		0)
		writer->failed = true;
}

int
json_writer_end(struct json_writer *writer)
{
	if (writer->failed)
		return -1;
	return buf_append(writer->out, "\n}\n", 3, writer->err);
}

int
json_writer_seal(struct json_writer *writer)
{
	if (writer->failed || buf_append(writer->out, ",\n", 2, writer->err))
		return -1;
	return json_seal_append(writer->out, writer->start, writer->err);
}
