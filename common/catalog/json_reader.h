/*
 * json_reader - a JSON document taken apart key by key.
 *
 * A value of the wrong type is kept as a failure, with ERR_DAMAGED and the key,
 * and the reading goes on; json_reader_close tells at the end. Integers are
 * exact up to 2^64 - 1. A null counts as a key that is not there.
 * Source: RFC 8259.
 */
#ifndef WALNUT_CATALOG_JSON_READER_H
#define WALNUT_CATALOG_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <jansson.h>

#include "common/base/attr.h"
#include "common/base/err.h"

struct json_reader {
	json_t *root; /* an object */
	struct err *err;
	bool failed;
};

/*
 * json_reader_open - Ownership: keeps err; release with json_reader_close.
 * Errors: ERR_DAMAGED when the bytes are not one JSON object and nothing else;
 * there is nothing to close then.
 */
MUST_CHECK int json_reader_open(struct json_reader *reader, const void *data,
				size_t len, struct err *err);

/* json_reader_close - release; -1 if anything failed since the opening. */
MUST_CHECK int json_reader_close(struct json_reader *reader);

/* json_reader_has - whether the document has the key, null or not. */
bool json_reader_has(const struct json_reader *reader, const char *key);

/*
 * The value under `key` of `object`, the document itself or an object in it.
 * Return whether it was there and as it must be; if not, *value stays.
 */

/* json_reader_number - an integer from 0 to `max`. */
bool json_reader_number(struct json_reader *reader, const json_t *object,
			const char *key, uint64_t max, uint64_t *value);

/* json_reader_text - Ownership: what *value pointed to is released; the copy
 * is yours, release with free. */
bool json_reader_text(struct json_reader *reader, const json_t *object,
		      const char *key, char **value);

bool json_reader_flag(struct json_reader *reader, const json_t *object,
		      const char *key, bool *value);

/* json_reader_time - RFC 3339. Times before 1970 count as not there: Go writes
 * the year 1 for a time it does not know. */
bool json_reader_time(struct json_reader *reader, const json_t *object,
		      const char *key, struct timespec *value);

/* json_reader_array, json_reader_object - borrowed; NULL when not there. */
const json_t *json_reader_array(struct json_reader *reader,
				const json_t *object, const char *key);
const json_t *json_reader_object(struct json_reader *reader,
				 const json_t *object, const char *key);

/* json_reader_fail - what is there makes no sense: keep ERR_DAMAGED with the
 * message, unless something failed before. */
void json_reader_fail(struct json_reader *reader, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* json_reader_check - whether the bytes are one JSON value of any type.
 * Errors: ERR_DAMAGED. */
MUST_CHECK int json_reader_check(const void *data, size_t len, struct err *err);

#endif
