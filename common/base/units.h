/*
 * units - numbers, sizes and durations as people write them.
 */
#ifndef WALNUT_BASE_UNITS_H
#define WALNUT_BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/* Room for any text the formatters below write, with its NUL. */
#define UNITS_TEXT_SIZE 32

/*
 * The parsers take the whole text or refuse it.
 * Errors: ERR_USAGE names the text and says what was expected.
 */

/* units_parse_number - decimal digits, min <= value <= max. */
MUST_CHECK int units_parse_number(const char *text, uint64_t min, uint64_t max,
				  uint64_t *value, struct err *err);

/* units_parse_size - bytes: digits, then nothing or B, or K, M, G, T with or
 * without B or iB; all are powers of 1024. */
MUST_CHECK int units_parse_size(const char *text, uint64_t *bytes,
				struct err *err);

/* units_parse_duration - milliseconds: digits and ms, s, m (or min), h or d;
 * digits alone are seconds. */
MUST_CHECK int units_parse_duration(const char *text, uint64_t *milliseconds,
				    struct err *err);

/* units_format_size - "512 B", "1.5 GiB": at most four significant digits. */
void units_format_size(uint64_t bytes, char text[UNITS_TEXT_SIZE]);

/* units_format_duration - "350 ms", "12.3 s", "4 min 5 s", "3 h 12 min",
 * "5 d 3 h": the two largest units. */
void units_format_duration(uint64_t milliseconds, char text[UNITS_TEXT_SIZE]);

/* units_distance - edit distance of two words, for "did you mean". */
size_t units_distance(const char *a, const char *b);

#endif
