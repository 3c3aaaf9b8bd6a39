#include "common/catalog/json_reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/units.h"
#include "common/catalog/json_scan.h"

/* jansson stops at an integer that does not fit 64 bits with a sign; only then
 * is the text copied with its long integers made strings. */
static json_t *
load(const void *data, size_t len, size_t flags, struct err *err)
{
	struct buf quoted = BUF_INIT(2 * len + 64);
	json_error_t problem;
	json_t *root = json_loadb(data, len, flags, &problem);

	if (root != NULL)
		return root;
	if (json_error_code(&problem) == json_error_numeric_overflow) {
		if (json_scan_quote_integers(data, len, &quoted, err) != 0) {
			buf_free(&quoted);
			return NULL;
		}
		root = json_loadb(quoted.data, quoted.len, flags, &problem);
		buf_free(&quoted);
	}
	if (root != NULL)
		return root;
	if (json_error_code(&problem) == json_error_out_of_memory)
		err_memory(err);
	else
		err_set(err, ERR_DAMAGED, "not a JSON document: %s",
			problem.text);
	return NULL;
}

int
json_reader_check(const void *data, size_t len, struct err *err)
{
	json_t *root = load(data, len, JSON_DECODE_ANY, err);

	if (root == NULL)
		return -1;
	json_decref(root);
	return 0;
}

int
json_reader_open(struct json_reader *reader, const void *data, size_t len,
		 struct err *err)
{
	reader->root = load(data, len, 0, err);
	reader->err = err;
	reader->failed = false;
	if (reader->root == NULL)
		return -1;
	if (!json_is_object(reader->root)) {
		json_decref(reader->root);
		return err_set(err, ERR_DAMAGED, "not a JSON object");
	}
	return 0;
}

int
json_reader_close(struct json_reader *reader)
{
	json_decref(reader->root);
	reader->root = NULL;
	return reader->failed ? -1 : 0;
}

bool
json_reader_has(const struct json_reader *reader, const char *key)
{
	return json_object_get(reader->root, key) != NULL;
}

void
json_reader_fail(struct json_reader *reader, const char *format, ...)
{
	char text[ERR_MESSAGE_SIZE];
	va_list args;

	if (reader->failed)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	err_set(reader->err, ERR_DAMAGED, "%s", text);
	reader->failed = true;
}

static const json_t *
member(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

/* A string of digits is what became of a long integer, see load. */
static bool
take_number(const json_t *json, uint64_t max, uint64_t *value)
{
	struct err ignored = {0};
	json_int_t number = json_integer_value(json);

	if (json_is_string(json))
		return units_parse_number(json_string_value(json), 0, max,
					  value, &ignored) == 0;
	if (!json_is_integer(json) || number < 0 || (uint64_t)number > max)
		return false;
	*value = (uint64_t)number;
	return true;
}

bool
json_reader_number(struct json_reader *reader, const json_t *object,
		   const char *key, uint64_t max, uint64_t *value)
{
	const json_t *json = member(object, key);

	if (json == NULL)
		return false;
	if (take_number(json, max, value))
		return true;
	json_reader_fail(reader, "\"%s\" is not a number up to %" PRIu64, key,
			 max);
	return false;
}

bool
json_reader_text(struct json_reader *reader, const json_t *object,
		 const char *key, char **value)
{
	const json_t *json = member(object, key);
	char *copy;

	if (json == NULL)
		return false;
	if (!json_is_string(json)) {
		json_reader_fail(reader, "\"%s\" is not a text", key);
		return false;
	}
	copy = strdup(json_string_value(json));
	if (copy == NULL) {
		if (!reader->failed)
			err_memory(reader->err);
		reader->failed = true;
		return false;
	}
	free(*value);
	*value = copy;
	return true;
}

bool
json_reader_flag(struct json_reader *reader, const json_t *object,
		 const char *key, bool *value)
{
	const json_t *json = member(object, key);

	if (json == NULL)
		return false;
	if (!json_is_boolean(json)) {
		json_reader_fail(reader, "\"%s\" is neither true nor false",
				 key);
		return false;
	}
	*value = json_is_true(json);
	return true;
}

bool
json_reader_time(struct json_reader *reader, const json_t *object,
		 const char *key, struct timespec *value)
{
	const json_t *json = member(object, key);
	struct timespec when;
	struct err ignored = {0};

	if (json == NULL)
		return false;
	if (!json_is_string(json) ||
	    clock_parse(json_string_value(json), &when, &ignored) != 0) {
		json_reader_fail(reader, "\"%s\" is not a time", key);
		return false;
	}
	if (when.tv_sec < 0)
		return false;
	*value = when;
	return true;
}

const json_t *
json_reader_array(struct json_reader *reader, const json_t *object,
		  const char *key)
{
	const json_t *json = member(object, key);

	if (json == NULL || json_is_array(json))
		return json;
	json_reader_fail(reader, "\"%s\" is not a list", key);
	return NULL;
}

const json_t *
json_reader_object(struct json_reader *reader, const json_t *object,
		   const char *key)
{
	const json_t *json = member(object, key);

	if (json == NULL || json_is_object(json))
		return json;
	json_reader_fail(reader, "\"%s\" is not an object", key);
	return NULL;
}
