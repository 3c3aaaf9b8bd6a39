#include "common/stream/tar_pax.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/stream/tar_header.h"

#define NANOSECONDS 1000000000L

/* Digits of a fraction of a second that a timespec can hold. */
#define FRACTION_DIGITS 9

static const char *const key_names[] = {
    [TAR_PAX_PATH] = "path",   [TAR_PAX_LINKPATH] = "linkpath",
    [TAR_PAX_UNAME] = "uname", [TAR_PAX_GNAME] = "gname",
    [TAR_PAX_SIZE] = "size",   [TAR_PAX_UID] = "uid",
    [TAR_PAX_GID] = "gid",     [TAR_PAX_MTIME] = "mtime",
};

#define KEYS (sizeof(key_names) / sizeof(key_names[0]))

/* GNU tar announces sparse files, whose content is not the file's, by keys that
 * begin like this; passing over them would hand back wrong bytes. */
#define SPARSE_KEY "GNU.sparse."

void
tar_pax_init(struct tar_pax *pax)
{
	const struct buf empty = BUF_INIT(TAR_NAME_MAX);

	*pax = (struct tar_pax){0};
	for (size_t i = 0; i < TAR_PAX_TEXTS; i++)
		pax->text[i] = empty;
}

void
tar_pax_clear(struct tar_pax *pax)
{
	pax->given = 0;
	pax->sparse = false;
}

void
tar_pax_free(struct tar_pax *pax)
{
	for (size_t i = 0; i < TAR_PAX_TEXTS; i++)
		buf_free(&pax->text[i]);
}

bool
tar_pax_given(const struct tar_pax *pax, enum tar_pax_key key)
{
	return (pax->given & 1u << key) != 0;
}

const char *
tar_pax_choose(const struct tar_pax *pax, enum tar_pax_key key,
	       const char *otherwise)
{
	if (!tar_pax_given(pax, key))
		return otherwise;
	return buf_text(&pax->text[key]);
}

int
tar_pax_set_text(struct tar_pax *pax, enum tar_pax_key key, const char *value,
		 size_t len, struct err *err)
{
	struct buf *text = &pax->text[key];

	if (len > TAR_NAME_MAX)
		return err_set(err, ERR_DAMAGED,
			       "extended header: %s of %zu bytes is too long",
			       key_names[key], len);
	if (memchr(value, '\0', len) != NULL)
		return err_set(err, ERR_DAMAGED,
			       "extended header: NUL byte inside %s",
			       key_names[key]);
	buf_clear(text);
	if (buf_append(text, value, len, err) != 0)
		return -1;
	pax->given |= 1u << key;
	return 0;
}

/* Reads digits up to the first other byte; at least one, and no overflow.
 * Returns how many, or 0. */
static size_t
read_digits(const char *text, size_t len, uint64_t *value)
{
	size_t at = 0;

	*value = 0;
	for (; at < len && text[at] >= '0' && text[at] <= '9'; at++) {
		uint64_t digit = (uint64_t)(text[at] - '0');

		if (*value > ((uint64_t)INT64_MAX - digit) / 10)
			return 0;
		*value = *value * 10 + digit;
	}
	return at;
}

static bool
read_number(const char *text, size_t len, uint64_t most, uint64_t *value)
{
	return read_digits(text, len, value) == len && *value <= most;
}

/* Digits behind the decimal point; those below a nanosecond are dropped. */
static bool
read_fraction(const char *text, size_t len, long *nanoseconds)
{
	long sum = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		if (i < FRACTION_DIGITS)
			sum = sum * 10 + (text[i] - '0');
	}
	for (size_t i = len; i < FRACTION_DIGITS; i++)
		sum *= 10;
	*nanoseconds = sum;
	return true;
}

static bool
read_time(const char *text, size_t len, struct timespec *time)
{
	bool negative = len > 0 && text[0] == '-';
	size_t at = negative ? 1 : 0;
	uint64_t seconds = 0;
	long nanoseconds = 0;
	size_t digits = read_digits(text + at, len - at, &seconds);

	if (digits == 0)
		return false;
	at += digits;
	if (at < len &&
	    (text[at] != '.' ||
	     !read_fraction(text + at + 1, len - at - 1, &nanoseconds)))
		return false;
	time->tv_sec = (time_t)seconds;
	time->tv_nsec = nanoseconds;
	if (!negative)
		return true;
	/* A timespec counts its nanoseconds forward, before 1970 as well. */
	time->tv_sec = -time->tv_sec;
	if (nanoseconds > 0) {
		time->tv_sec--;
		time->tv_nsec = NANOSECONDS - nanoseconds;
	}
	return true;
}

static bool
take_number(struct tar_pax *pax, enum tar_pax_key key, const char *value,
	    size_t len)
{
	uint64_t number = 0;

	switch (key) {
	case TAR_PAX_SIZE:
		return read_number(value, len, INT64_MAX, &pax->size);
	case TAR_PAX_UID:
		if (!read_number(value, len, UINT32_MAX, &number))
			return false;
		pax->uid = (uint32_t)number;
		return true;
	case TAR_PAX_GID:
		if (!read_number(value, len, UINT32_MAX, &number))
			return false;
		pax->gid = (uint32_t)number;
		return true;
	default:
		return read_time(value, len, &pax->modified);
	}
}

static int
take_value(struct tar_pax *pax, enum tar_pax_key key, const char *value,
	   size_t len, struct err *err)
{
	if (len == 0) {
		pax->given &= ~(1u << key);
		return 0;
	}
	if (key < TAR_PAX_TEXTS)
		return tar_pax_set_text(pax, key, value, len, err);
	if (!take_number(pax, key, value, len))
		return err_set(err, ERR_DAMAGED,
			       "extended header: %s is not a number in range",
			       key_names[key]);
	pax->given |= 1u << key;
	return 0;
}

/* `record` is what stands between the length and the newline. */
static int
take_record(struct tar_pax *pax, const char *record, size_t len,
	    struct err *err)
{
	const char *equals = memchr(record, '=', len);
	size_t key_len;

	if (equals == NULL || equals == record)
		return err_set(err, ERR_DAMAGED,
			       "extended header: record without a key");
	key_len = (size_t)(equals - record);
	if (key_len >= strlen(SPARSE_KEY) &&
	    memcmp(record, SPARSE_KEY, strlen(SPARSE_KEY)) == 0)
		pax->sparse = true;
	for (size_t key = 0; key < KEYS; key++) {
		if (strlen(key_names[key]) != key_len ||
		    memcmp(key_names[key], record, key_len) != 0)
			continue;
		return take_value(pax, (enum tar_pax_key)key, equals + 1,
				  len - key_len - 1, err);
	}
	return 0;
}

int
tar_pax_read(struct tar_pax *pax, const char *data, size_t len, struct err *err)
{
	size_t at = 0;

	while (at < len) {
		const char *record = data + at;
		uint64_t whole = 0;
		size_t digits = read_digits(record, len - at, &whole);

		/* Room for the digits, the space and the newline. */
		if (digits == 0 || whole > len - at || whole < digits + 2 ||
		    record[digits] != ' ' || record[whole - 1] != '\n')
			return err_set(
			    err, ERR_DAMAGED,
			    "extended header: bad record length at byte %zu",
			    at);
		if (take_record(pax, record + digits + 1,
				(size_t)whole - digits - 2, err) != 0)
			return -1;
		at += (size_t)whole;
	}
	return 0;
}

static size_t
count_digits(size_t number)
{
	size_t digits = 1;

	while (number >= 10) {
		number /= 10;
		digits++;
	}
	return digits;
}

int
tar_pax_write_text(struct buf *records, enum tar_pax_key key, const char *value,
		   struct err *err)
{
	/* The space, the equals sign and the newline. */
	size_t rest = strlen(key_names[key]) + strlen(value) + 3;
	size_t whole = rest + count_digits(rest);

	/* Counting the length's own digits can make it one digit longer. */
	if (count_digits(whole) > count_digits(rest))
		whole++;
	return buf_print(records, err, "%zu %s=%s\n", whole, key_names[key],
			 value);
}

int
tar_pax_write_number(struct buf *records, enum tar_pax_key key, uint64_t value,
		     struct err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return tar_pax_write_text(records, key, text, err);
}

int
tar_pax_write_time(struct buf *records, enum tar_pax_key key,
		   const struct timespec *value, struct err *err)
{
	char text[48];
	intmax_t seconds = value->tv_sec;
	long nanoseconds = value->tv_nsec;

	if (nanoseconds == 0)
		snprintf(text, sizeof(text), "%jd", seconds);
	else if (seconds >= 0)
		snprintf(text, sizeof(text), "%jd.%09ld", seconds, nanoseconds);
	else
		/* Seconds -2 and half a second forward are -1.5. */
		snprintf(text, sizeof(text), "-%jd.%09ld", -(seconds + 1),
			 NANOSECONDS - nanoseconds);
	return tar_pax_write_text(records, key, text, err);
}
