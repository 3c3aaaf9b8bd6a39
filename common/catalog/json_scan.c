#include "common/catalog/json_scan.h"

#include <string.h>

/* The shortest integer that a signed 64-bit number may not hold. */
#define LONG_DIGITS 19

/* Position behind the string whose opening quotation mark is at `at`; the end
 * of the text when it is not closed. */
static size_t
string_end(const char *text, size_t len, size_t at)
{
	for (at++; at < len; at++) {
		if (text[at] == '\\')
			at++;
		else if (text[at] == '"')
			return at + 1;
	}
	return len;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
skip_blanks(const char *text, size_t len, size_t at)
{
	while (at < len && is_blank(text[at]))
		at++;
	return at;
}

/* Position behind a number or anything else made of a number's characters;
 * whether it is an integer, and how many digits it has. */
static size_t
number_end(const char *text, size_t len, size_t at, bool *integer,
	   size_t *digits)
{
	*integer = true;
	*digits = 0;
	for (; at < len; at++) {
		if (is_digit(text[at]))
			(*digits)++;
		else if (text[at] != '\0' && strchr("+.eE", text[at]) != NULL)
			*integer = false;
		else if (text[at] != '-')
			break;
	}
	return at;
}

int
json_scan_quote_integers(const char *text, size_t len, struct buf *out,
			 struct err *err)
{
	size_t at = 0;

	while (at < len) {
		size_t end = at + 1;
		bool integer = false;
		size_t digits = 0;

		if (text[at] == '"')
			end = string_end(text, len, at);
		else if (text[at] == '-' || is_digit(text[at]))
			end = number_end(text, len, at, &integer, &digits);
		if (integer && digits >= LONG_DIGITS) {
			if (buf_append(out, "\"", 1, err) != 0 ||
			    buf_append(out, text + at, end - at, err) != 0 ||
			    buf_append(out, "\"", 1, err) != 0)
				return -1;
		} else if (buf_append(out, text + at, end - at, err) != 0) {
			return -1;
		}
		at = end;
	}
	return 0;
}

int
json_scan_compact(const char *text, size_t len, struct buf *out,
		  struct err *err)
{
	size_t at = skip_blanks(text, len, 0);

	while (at < len) {
		size_t end = at + 1;

		if (text[at] == '"')
			end = string_end(text, len, at);
		if (buf_append(out, text + at, end - at, err) != 0)
			return -1;
		at = skip_blanks(text, len, end);
	}
	return 0;
}

/* Position behind the value that begins at `at`: where, outside of strings and
 * of brackets of its own, a comma, a bracket or a blank follows. */
static size_t
value_end(const char *text, size_t len, size_t at)
{
	size_t depth = 0;

	while (at < len) {
		char c = text[at];

		if (c == '"') {
			at = string_end(text, len, at);
			continue;
		}
		if (depth == 0 &&
		    (c == ',' || c == '}' || c == ']' || is_blank(c)))
			break;
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		at++;
	}
	return at;
}

bool
json_scan_member(const char *text, size_t len, const char *key,
		 struct span *value)
{
	size_t at = skip_blanks(text, len, 0);
	size_t key_len = strlen(key);
	bool found = false;

	if (at == len || text[at] != '{')
		return false;
	at = skip_blanks(text, len, at + 1);
	while (at < len && text[at] == '"') {
		size_t name = at + 1;
		size_t behind = string_end(text, len, at);
		size_t begin = skip_blanks(text, len, behind);

		/* Over the colon. */
		begin = skip_blanks(text, len, begin < len ? begin + 1 : len);
		at = value_end(text, len, begin);
		if (behind - name == key_len + 1 &&
		    memcmp(text + name, key, key_len) == 0) {
			value->data = text + begin;
			value->len = at - begin;
			found = true;
		}
		at = skip_blanks(text, len, at);
		if (at < len && text[at] == ',')
			at = skip_blanks(text, len, at + 1);
	}
	return found;
}
