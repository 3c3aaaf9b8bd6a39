/*
 * json_writer - a JSON object written key by key, one a line.
 *
 * The first failure is kept and everything after it does nothing, so that a
 * document of thirty keys needs one check: json_writer_end or _seal.
 * Source: RFC 8259.
 */
#ifndef WALNUT_CATALOG_JSON_WRITER_H
#define WALNUT_CATALOG_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

struct json_writer {
	struct buf *out;
	struct err *err;
	size_t start; /* where in `out` the document begins */
	bool failed;
};

/* json_writer_begin - a document behind what is in `out`. Keeps out and err. */
void json_writer_begin(struct json_writer *writer, struct buf *out,
		       struct err *err);

/* One key each. Times are written by clock_format. A text that is NULL is
 * written like "". */
void json_writer_number(struct json_writer *writer, const char *key,
			uint64_t value);
void json_writer_text(struct json_writer *writer, const char *key,
		      const char *value);
void json_writer_flag(struct json_writer *writer, const char *key, bool value);
void json_writer_time(struct json_writer *writer, const char *key,
		      struct timespec value);

/* json_writer_json - a value that is valid JSON already, put as it is. */
void json_writer_json(struct json_writer *writer, const char *key,
		      const char *value);

/* json_writer_user_json - a value from outside: checked, and put on one line.
 * Errors: ERR_USAGE when it is not JSON. */
void json_writer_user_json(struct json_writer *writer, const char *key,
			   const char *value);

/* json_writer_end - close the document. Errors: the first one. */
MUST_CHECK int json_writer_end(struct json_writer *writer);

/* json_writer_seal - close the document with a last key that holds its digest
 * (json_seal.h). Errors: the first one. */
MUST_CHECK int json_writer_seal(struct json_writer *writer);

/* json_writer_quote - append `text` as a JSON string. Bytes that are not UTF-8
 * become U+FFFD, one for each. */
MUST_CHECK int json_writer_quote(const char *text, struct buf *out,
				 struct err *err);

/* json_writer_utf8 - whether all of `text` is UTF-8. */
bool json_writer_utf8(const char *text);

#endif
