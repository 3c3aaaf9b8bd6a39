#include "common/base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/stop.h"

/* How long a wait goes on before it looks for a stop again. Signals end the
 * sleep of the main thread only, and one may arrive just before the sleep
 * begins. */
#define SLEEP_SLICE_MS 50

uint64_t
clock_elapsed_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct timespec
clock_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

/* The remainders change nothing in a valid time; they show the compiler that
 * the text fits whatever comes. */
static void
format_seconds(time_t seconds, char text[CLOCK_TEXT_SIZE])
{
	struct tm tm = {.tm_mday = 1};

	(void)gmtime_r(&seconds, &tm);
	(void)snprintf(text, CLOCK_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u",
		       (unsigned)(tm.tm_year + 1900) % 10000,
		       (unsigned)(tm.tm_mon + 1) % 100,
		       (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
		       (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

void
clock_format(struct timespec when, char text[CLOCK_TEXT_SIZE])
{
	size_t len;

	format_seconds(when.tv_sec, text);
	len = strlen(text);
	(void)snprintf(text + len, CLOCK_TEXT_SIZE - len, ".%06ldZ",
		       when.tv_nsec / 1000);
}

void
clock_format_ns(struct timespec when, char text[CLOCK_TEXT_SIZE])
{
	size_t len;

	format_seconds(when.tv_sec, text);
	len = strlen(text);
	(void)snprintf(text + len, CLOCK_TEXT_SIZE - len, ".%09ldZ",
		       when.tv_nsec);
}

/* Exactly `digits` digits between min and max. */
static bool
take_number(const char **at, int digits, int min, int max, int *value)
{
	int i;

	*value = 0;
	for (i = 0; i < digits; i++) {
		if (!isdigit((unsigned char)(*at)[i]))
			return false;
		*value = *value * 10 + ((*at)[i] - '0');
	}
	*at += digits;
	return *value >= min && *value <= max;
}

static bool
take_char(const char **at, const char *choices)
{
	if (**at == '\0' || strchr(choices, **at) == NULL)
		return false;
	(*at)++;
	return true;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30,
				   31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool
take_date(const char **at, struct tm *tm)
{
	int year;
	int month;

	if (!take_number(at, 4, 0, 9999, &year) || !take_char(at, "-") ||
	    !take_number(at, 2, 1, 12, &month) || !take_char(at, "-"))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	return take_number(at, 2, 1, days_in_month(year, month), &tm->tm_mday);
}

/* Digits beyond nanoseconds are allowed and dropped. */
static bool
take_fraction(const char **at, long *nanoseconds)
{
	long unit = 100000000;

	if (!isdigit((unsigned char)**at))
		return false;
	for (; isdigit((unsigned char)**at); (*at)++) {
		*nanoseconds += (**at - '0') * unit;
		unit /= 10;
	}
	return true;
}

static bool
take_time(const char **at, struct tm *tm, long *nanoseconds)
{
	if (!take_number(at, 2, 0, 23, &tm->tm_hour) || !take_char(at, ":") ||
	    !take_number(at, 2, 0, 59, &tm->tm_min))
		return false;
	if (!take_char(at, ":"))
		return true;
	/* 60 is a leap second, which counts as the next minute's first. */
	if (!take_number(at, 2, 0, 60, &tm->tm_sec))
		return false;
	return !take_char(at, ".") || take_fraction(at, nanoseconds);
}

/* Nothing, Z, or an offset, which is stored in seconds east of Greenwich. */
static bool
take_zone(const char **at, bool *local, int *offset)
{
	int hours;
	int minutes = 0;
	int sign;

	(void)take_char(at, " ");
	*offset = 0;
	*local = **at == '\0';
	if (*local)
		return (*at)[-1] != ' ';
	if (take_char(at, "Zz"))
		return true;
	sign = **at == '-' ? -1 : 1;
	if (!take_char(at, "+-") || !take_number(at, 2, 0, 23, &hours))
		return false;
	if (take_char(at, ":") || **at != '\0') {
		if (!take_number(at, 2, 0, 59, &minutes))
			return false;
	}
	*offset = sign * (hours * 3600 + minutes * 60);
	return true;
}

int
clock_parse(const char *text, struct timespec *when, struct err *err)
{
	struct tm tm = {.tm_isdst = -1};
	const char *at = text;
	long nanoseconds = 0;
	bool local;
	int offset;
	time_t seconds;

	if (!take_date(&at, &tm) || !take_char(&at, "Tt ") ||
	    !take_time(&at, &tm, &nanoseconds) ||
	    !take_zone(&at, &local, &offset) || *at != '\0') {
		err_set(err, ERR_USAGE, "\"%s\" is not a time", text);
		return err_hint(err, "write it like 2026-08-20T10:00:00Z or "
				     "\"2026-08-20 10:00:00.123456+02\"");
	}

	/* -1 is a fine time too, so failure shows in the weekday. */
	tm.tm_wday = -1;
	seconds = local ? mktime(&tm) : timegm(&tm);
	if (tm.tm_wday == -1)
		return err_set(err, ERR_USAGE,
			       "\"%s\" is out of the range of times", text);
	when->tv_sec = seconds - offset;
	when->tv_nsec = nanoseconds;
	return 0;
}

int
clock_compare(struct timespec a, struct timespec b)
{
	if (a.tv_sec != b.tv_sec)
		return a.tv_sec < b.tv_sec ? -1 : 1;
	return (a.tv_nsec > b.tv_nsec) - (a.tv_nsec < b.tv_nsec);
}

int
clock_sleep_ms(uint64_t milliseconds, struct err *err)
{
	uint64_t start = clock_elapsed_ms();

	for (;;) {
		uint64_t gone = clock_elapsed_ms() - start;
		uint64_t slice = SLEEP_SLICE_MS;
		struct timespec pause = {0, 0};

		if (stop_check(err) != 0)
			return -1;
		if (gone >= milliseconds)
			return 0;
		if (slice > milliseconds - gone)
			slice = milliseconds - gone;
		pause.tv_nsec = (long)slice * 1000000;
		(void)nanosleep(&pause, NULL);
	}
}
