#include "common/pg/manifest_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "common/base/path.h"
#include "common/base/units.h"
#include "common/pg/lsn.h"

/* The format gained the system identifier with this version of the server. */
#define VERSION_WITH_SYSTEM 17

/* Times as four digits of a year can say them: what a file system holds
 * beyond is written as the nearest of these. */
#define SECONDS_MIN INT64_C(-62135596800) /* 0001-01-01 00:00:00 */
#define SECONDS_MAX INT64_C(253402300799) /* 9999-12-31 23:59:59 */

#define VERSION_BEGIN "{ \"PostgreSQL-Backup-Manifest-Version\": "
#define SYSTEM_BEGIN "\"System-Identifier\": "

static const char hex_digits[] = "0123456789abcdef";

int
manifest_line_head(struct buf *text, unsigned version,
		   uint64_t system_identifier, struct err *err)
{
	bool with_system = version >= VERSION_WITH_SYSTEM;

	if (buf_print(text, err, VERSION_BEGIN "%d,\n", with_system ? 2 : 1) ==
	    -1)
		return -1;
	if (with_system && buf_print(text, err, SYSTEM_BEGIN "%" PRIu64 ",\n",
				     system_identifier) == -1)
		return -1;
	return buf_print(text, err, "%s", MANIFEST_LINE_FILES);
}

unsigned
manifest_line_version(const char *line)
{
	if (strcmp(line, VERSION_BEGIN "1,") == 0)
		return 1;
	return strcmp(line, VERSION_BEGIN "2,") == 0 ? 2 : 0;
}

bool
manifest_line_system(const char *line)
{
	size_t begin = strlen(SYSTEM_BEGIN);
	struct err ignored;
	char number[24];
	uint64_t value;
	size_t digits;

	if (strncmp(line, SYSTEM_BEGIN, begin) != 0)
		return false;
	/* Not left to a JSON parser, whose integers are signed. */
	digits = strspn(line + begin, "0123456789");
	if (strcmp(line + begin + digits, ",") != 0 || digits >= sizeof(number))
		return false;
	memcpy(number, line + begin, digits);
	number[digits] = '\0';
	return units_parse_number(number, 0, UINT64_MAX, &value, &ignored) == 0;
}

/* The path as a JSON string, or in hexadecimal where JSON cannot hold it. */
static int
write_path(struct buf *text, const char *path, struct err *err)
{
	json_t *string = json_string(path); /* NULL: not UTF-8 */
	char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
	int status = -1;

	if (quoted) {
		status = buf_print(text, err, "{ \"Path\": %s, ", quoted);
		goto out;
	}
	if (buf_print(text, err, "{ \"Encoded-Path\": \"") == -1)
		goto out;
	for (; *path != '\0'; path++) {
		unsigned byte = (unsigned char)*path;
		char pair[2] = {hex_digits[byte >> 4], hex_digits[byte & 15]};

		if (buf_append(text, pair, sizeof(pair), err) == -1)
			goto out;
	}
	status = buf_print(text, err, "\", ");
out:
	free(quoted);
	json_decref(string);
	return status;
}

static struct tm
broken_down(time_t seconds)
{
	struct tm tm = {0};

	if (seconds < SECONDS_MIN)
		seconds = SECONDS_MIN;
	if (seconds > SECONDS_MAX)
		seconds = SECONDS_MAX;
	(void)gmtime_r(&seconds, &tm);
	return tm;
}

int
manifest_line_file(struct buf *text, const struct manifest_file *file,
		   struct err *err)
{
	struct tm tm = broken_down(file->modified.tv_sec);
	uint32_t crc = file->crc32c;

	if (write_path(text, file->path, err) == -1)
		return -1;
	/* The checksum's bytes as they lie in a server's memory: the least
	 * significant first. */
	return buf_print(text, err,
			 "\"Size\": %" PRIu64 ", \"Last-Modified\": "
			 "\"%04d-%02d-%02d %02d:%02d:%02d GMT\", "
			 "\"Checksum-Algorithm\": \"CRC32C\", "
			 "\"Checksum\": \"%02x%02x%02x%02x\" }",
			 file->size, tm.tm_year + 1900, tm.tm_mon + 1,
			 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
			 crc & 0xff, crc >> 8 & 0xff, crc >> 16 & 0xff,
			 crc >> 24);
}

/* Value of two digits, -1 for anything else. Stops at a NUL. */
static int
hex_byte(const char *pair)
{
	int value = 0;

	for (int i = 0; i < 2; i++) {
		const char *digit =
		    pair[i] != '\0' ? strchr(hex_digits, pair[i]) : NULL;

		if (!digit)
			return -1;
		value = value << 4 | (int)(digit - hex_digits);
	}
	return value;
}

static int
decode_path(const char *hex, struct buf *path, struct err *err)
{
	for (; *hex != '\0'; hex += 2) {
		int byte = hex_byte(hex);
		char c = (char)byte;

		if (byte <= 0)
			return err_set(err, ERR_DAMAGED,
				       "an encoded path is not hexadecimal");
		if (buf_append(path, &c, 1, err) == -1)
			return -1;
	}
	return 0;
}

static int
take_path(const json_t *object, struct buf *path, struct err *err)
{
	const char *plain = json_string_value(json_object_get(object, "Path"));
	const char *hex =
	    json_string_value(json_object_get(object, "Encoded-Path"));

	buf_clear(path);
	if (!plain == !hex)
		return err_set(err, ERR_DAMAGED, "a file without one path");
	if (plain && buf_append(path, plain, strlen(plain), err) == -1)
		return -1;
	if (hex && decode_path(hex, path, err) == -1)
		return -1;
	if (!path_stays_below(buf_text(path)))
		return err_set(err, ERR_DAMAGED,
			       "path \"%.200s\" leaves the data directory",
			       buf_text(path));
	return 0;
}

/* "2026-08-20 10:00:00 GMT", the only zone there is. */
static int
take_modified(const json_t *object, struct timespec *modified)
{
	const char *text =
	    json_string_value(json_object_get(object, "Last-Modified"));
	struct tm tm = {0};
	const char *rest = NULL;

	if (text)
		rest = strptime(text, "%Y-%m-%d %H:%M:%S GMT", &tm);
	if (!rest || *rest != '\0')
		return -1;
	modified->tv_sec = timegm(&tm);
	modified->tv_nsec = 0;
	return 0;
}

/* Length of an algorithm's checksum in bytes, 0 for one that is not known. */
static size_t
checksum_size(const char *algorithm)
{
	static const struct {
		const char *name;
		size_t size;
	} known[] = {
	    {"CRC32C", 4},  {"SHA224", 28}, {"SHA256", 32},
	    {"SHA384", 48}, {"SHA512", 64},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, algorithm) == 0)
			return known[i].size;
	return 0;
}

/* The algorithm and its checksum come together or not at all. */
static int
take_checksum(const json_t *object, struct manifest_file *file)
{
	const json_t *algorithm = json_object_get(object, "Checksum-Algorithm");
	const json_t *checksum = json_object_get(object, "Checksum");
	const char *hex = json_string_value(checksum);
	uint32_t crc = 0;
	size_t size;

	if (!algorithm && !checksum)
		return 0;
	if (!json_is_string(algorithm) || !hex)
		return -1;
	size = checksum_size(json_string_value(algorithm));
	if (size == 0 || strlen(hex) != 2 * size)
		return -1;
	for (size_t i = 0; i < size; i++) {
		int byte = hex_byte(hex + 2 * i);

		if (byte == -1)
			return -1;
		if (size == sizeof(crc))
			crc |= (uint32_t)byte << (8 * i);
	}
	file->has_crc32c = size == sizeof(crc);
	file->crc32c = crc;
	return 0;
}

/* What jansson calls an object, and no key but `keys`, of which there are
 * `count`. */
static json_t *
load_object(const char *line, size_t len, const char *const *keys, size_t count,
	    struct err *err)
{
	json_error_t problem;
	json_t *object =
	    json_loadb(line, len, JSON_REJECT_DUPLICATES, &problem);
	size_t known = 0;

	if (!json_is_object(object)) {
		json_decref(object);
		(void)err_set(err, ERR_DAMAGED, "not a JSON object");
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		if (json_object_get(object, keys[i]))
			known++;
	if (known != json_object_size(object)) {
		json_decref(object);
		(void)err_set(err, ERR_DAMAGED, "a key that is not known");
		return NULL;
	}
	return object;
}

int
manifest_line_parse_file(const char *line, size_t len, struct buf *path,
			 struct manifest_file *file, struct err *err)
{
	static const char *const keys[] = {
	    "Path",          "Encoded-Path",       "Size",
	    "Last-Modified", "Checksum-Algorithm", "Checksum",
	};
	json_t *object =
	    load_object(line, len, keys, sizeof(keys) / sizeof(keys[0]), err);
	const json_t *size = json_object_get(object, "Size");
	int status = -1;

	if (!object)
		return -1;
	*file = (struct manifest_file){0};
	if (take_path(object, path, err) == -1)
		goto out;
	file->path = buf_text(path);
	if (!json_is_integer(size) || json_integer_value(size) < 0)
		(void)err_set(err, ERR_DAMAGED, "%.200s: no size", file->path);
	else if (take_modified(object, &file->modified) == -1)
		(void)err_set(err, ERR_DAMAGED, "%.200s: no time of change",
			      file->path);
	else if (take_checksum(object, file) == -1)
		(void)err_set(err, ERR_DAMAGED,
			      "%.200s: not a checksum of a known kind",
			      file->path);
	else
		status = 0;
	file->size = (uint64_t)json_integer_value(size);
out:
	json_decref(object);
	return status;
}

int
manifest_line_range(struct buf *text, const struct manifest_range *range,
		    struct err *err)
{
	char start[LSN_TEXT_SIZE];
	char end[LSN_TEXT_SIZE];

	lsn_format(range->start, start);
	lsn_format(range->end, end);
	return buf_print(text, err,
			 "{ \"Timeline\": %" PRIu32
			 ", \"Start-LSN\": \"%s\", \"End-LSN\": \"%s\" }",
			 range->timeline, start, end);
}

static int
take_lsn(const json_t *object, const char *key, uint64_t *lsn)
{
	const char *text = json_string_value(json_object_get(object, key));
	struct err ignored;

	return text ? lsn_parse(text, lsn, &ignored) : -1;
}

int
manifest_line_parse_range(const char *line, size_t len,
			  struct manifest_range *range, struct err *err)
{
	static const char *const keys[] = {"Timeline", "Start-LSN", "End-LSN"};
	json_t *object =
	    load_object(line, len, keys, sizeof(keys) / sizeof(keys[0]), err);
	json_int_t timeline =
	    json_integer_value(json_object_get(object, "Timeline"));
	int status = 0;

	if (!object)
		return -1;
	if (timeline < 1 || timeline > UINT32_MAX ||
	    take_lsn(object, "Start-LSN", &range->start) == -1 ||
	    take_lsn(object, "End-LSN", &range->end) == -1 ||
	    range->end < range->start)
		status = err_set(err, ERR_DAMAGED, "not a range of WAL");
	range->timeline = (uint32_t)timeline;
	json_decref(object);
	return status;
}

void
manifest_line_checksum(const uint8_t digest[MANIFEST_LINE_DIGEST_SIZE],
		       char line[MANIFEST_LINE_CHECKSUM_SIZE])
{
	char hex[2 * MANIFEST_LINE_DIGEST_SIZE + 1];

	for (size_t i = 0; i < MANIFEST_LINE_DIGEST_SIZE; i++) {
		hex[2 * i] = hex_digits[digest[i] >> 4];
		hex[2 * i + 1] = hex_digits[digest[i] & 15];
	}
	hex[sizeof(hex) - 1] = '\0';
	(void)snprintf(line, MANIFEST_LINE_CHECKSUM_SIZE,
		       "\"Manifest-Checksum\": \"%s\"}", hex);
}
