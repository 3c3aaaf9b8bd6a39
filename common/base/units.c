#include "common/base/units.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Longer words than this are never close to one of ours. */
#define WORD_LEN_MAX 63

/* Reads digits and leaves *at behind them. */
static bool
take_number(const char **at, uint64_t *value)
{
	const char *start = *at;

	*value = 0;
	for (; isdigit((unsigned char)**at); (*at)++) {
		unsigned digit = (unsigned)(**at - '0');

		if (*value > (UINT64_MAX - digit) / 10)
			return false;
		*value = *value * 10 + digit;
	}
	return *at != start;
}

int
units_parse_number(const char *text, uint64_t min, uint64_t max,
		   uint64_t *value, struct err *err)
{
	const char *at = text;
	uint64_t number;

	if (!take_number(&at, &number) || *at != '\0' || number < min ||
	    number > max)
		return err_set(err, ERR_USAGE,
			       "\"%s\" is not a whole number from %llu to %llu",
			       text, (unsigned long long)min,
			       (unsigned long long)max);
	*value = number;
	return 0;
}

/* Finds by how many bits the unit shifts, or -1. */
static int
size_shift(const char *unit)
{
	static const char letters[] = "KMGT";
	const char *letter;

	if (unit[0] == '\0' || strcasecmp(unit, "B") == 0)
		return 0;
	letter = strchr(letters, toupper((unsigned char)unit[0]));
	if (letter == NULL)
		return -1;
	if (unit[1] != '\0' && strcasecmp(unit + 1, "B") != 0 &&
	    strcasecmp(unit + 1, "iB") != 0)
		return -1;
	return 10 * (int)(letter - letters + 1);
}

int
units_parse_size(const char *text, uint64_t *bytes, struct err *err)
{
	const char *at = text;
	uint64_t number;
	int shift;

	if (!take_number(&at, &number) || (shift = size_shift(at)) < 0)
		return err_set(
		    err, ERR_USAGE,
		    "\"%s\" is not a size: expected digits and B, K, M, G or T",
		    text);
	if (number > UINT64_MAX >> shift)
		return err_set(err, ERR_USAGE,
			       "\"%s\" is not a size: expected less than 2^64 "
			       "bytes",
			       text);
	*bytes = number << shift;
	return 0;
}

/* The unit in milliseconds, or 0. */
static uint64_t
duration_unit(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t milliseconds;
	} units[] = {
	    {"", 1000},     {"ms", 1},      {"s", 1000},     {"m", 60000},
	    {"min", 60000}, {"h", 3600000}, {"d", 86400000},
	};
	size_t i;

	for (i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(unit, units[i].name) == 0)
			return units[i].milliseconds;
	return 0;
}

int
units_parse_duration(const char *text, uint64_t *milliseconds, struct err *err)
{
	const char *at = text;
	uint64_t number;
	uint64_t unit;

	if (!take_number(&at, &number) || (unit = duration_unit(at)) == 0 ||
	    number > UINT64_MAX / unit)
		return err_set(err, ERR_USAGE,
			       "\"%s\" is not a duration: expected digits and "
			       "ms, s, m, h or d",
			       text);
	*milliseconds = number * unit;
	return 0;
}

void
units_format_size(uint64_t bytes, char text[UNITS_TEXT_SIZE])
{
	static const char *const names[] = {"B",   "KiB", "MiB", "GiB",
					    "TiB", "PiB", "EiB"};
	size_t unit = 0;
	uint64_t size = 1;
	uint64_t tenths;

	while (unit + 1 < sizeof names / sizeof names[0] &&
	       bytes / size >= 1024) {
		size *= 1024;
		unit++;
	}
	/* Apart, since ten times all the bytes might not fit. */
	tenths = bytes / size * 10 + (bytes % size * 10 + size / 2) / size;
	/* Rounding may have filled the unit. */
	if (tenths >= 10235 && unit > 0 &&
	    unit + 1 < sizeof names / sizeof names[0]) {
		tenths = 10;
		unit++;
	}

	if (tenths >= 10000)
		(void)snprintf(text, UNITS_TEXT_SIZE, "%llu %s",
			       (unsigned long long)(tenths + 5) / 10,
			       names[unit]);
	else if (tenths % 10 == 0)
		(void)snprintf(text, UNITS_TEXT_SIZE, "%llu %s",
			       (unsigned long long)tenths / 10, names[unit]);
	else
		(void)snprintf(text, UNITS_TEXT_SIZE, "%llu.%llu %s",
			       (unsigned long long)tenths / 10,
			       (unsigned long long)tenths % 10, names[unit]);
}

/* "4 min 5 s"; the smaller unit is left out where it is 0. */
static void
format_pair(uint64_t large, const char *large_unit, uint64_t small,
	    const char *small_unit, char text[UNITS_TEXT_SIZE])
{
	if (small == 0)
		(void)snprintf(text, UNITS_TEXT_SIZE, "%llu %s",
			       (unsigned long long)large, large_unit);
	else
		(void)snprintf(text, UNITS_TEXT_SIZE, "%llu %s %llu %s",
			       (unsigned long long)large, large_unit,
			       (unsigned long long)small, small_unit);
}

/* What does not fit into two units is cut off rather than rounded, so that
 * nothing ever reads "60 s". */
void
units_format_duration(uint64_t milliseconds, char text[UNITS_TEXT_SIZE])
{
	uint64_t seconds = milliseconds / 1000;
	uint64_t tenths = milliseconds / 100 % 10;

	if (seconds == 0)
		format_pair(milliseconds, "ms", 0, "", text);
	else if (seconds < 60 && tenths != 0)
		(void)snprintf(text, UNITS_TEXT_SIZE, "%llu.%llu s",
			       (unsigned long long)seconds,
			       (unsigned long long)tenths);
	else if (seconds < 60)
		format_pair(seconds, "s", 0, "", text);
	else if (seconds < 3600)
		format_pair(seconds / 60, "min", seconds % 60, "s", text);
	else if (seconds < 86400)
		format_pair(seconds / 3600, "h", seconds / 60 % 60, "min",
			    text);
	else
		format_pair(seconds / 86400, "d", seconds / 3600 % 24, "h",
			    text);
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, one row of the table at a time. */
size_t
units_distance(const char *a, const char *b)
{
	size_t row[WORD_LEN_MAX + 1];
	size_t a_len = strlen(a);
	size_t b_len = strlen(b);
	size_t i;
	size_t j;

	if (a_len > WORD_LEN_MAX || b_len > WORD_LEN_MAX)
		return a_len > b_len ? a_len : b_len;
	for (j = 0; j <= b_len; j++)
		row[j] = j;
	for (i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= b_len; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] =
			    smaller(smaller(row[j], row[j - 1]) + 1, change);
		}
	}
	return row[b_len];
}
