#include "common/store/store.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/store/file_store.h"

/* A driver by the scheme of its URLs; `rest` is what follows "scheme://". */
struct scheme {
	const char *name;
	struct store *(*open)(const char *url, const char *rest,
			      struct err *err);
};

static int
hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/*
 * The text with every %XX replaced by its byte. A NUL byte would cut the path
 * silently, so it is refused like a broken escape.
 * Source: RFC 3986 section 2.1. Returns; release with free.
 */
static char *
decode_percent(const char *url, const char *text, struct err *err)
{
	char *decoded = malloc(strlen(text) + 1);
	char *to = decoded;

	if (decoded == NULL) {
		err_memory(err);
		return NULL;
	}
	while (*text != '\0') {
		int high;
		int low;

		if (*text != '%') {
			*to++ = *text++;
			continue;
		}
		high = hex_value(text[1]);
		low = high < 0 ? -1 : hex_value(text[2]);
		if (low < 0 || (high == 0 && low == 0)) {
			err_set(err, ERR_USAGE,
				"%s: \"%%\" must be followed by the two "
				"hexadecimal digits of a byte that is not 0",
				url);
			err_hint(err, "a percent sign itself is written %%25");
			free(decoded);
			return NULL;
		}
		*to++ = (char)(high * 16 + low);
		text += 3;
	}
	*to = '\0';
	return decoded;
}

/* Source: RFC 8089 section 2: an empty host and "localhost" are this one. */
static struct store *
open_file(const char *url, const char *rest, struct err *err)
{
	struct store *store;
	char *path;

	if (strncasecmp(rest, "localhost/", 10) == 0)
		rest += 9;
	if (rest[0] != '/') {
		err_set(err, ERR_USAGE,
			"%s: a file store is an absolute path on this machine",
			url);
		err_hint(err, "write it with three slashes: file:///%s", rest);
		return NULL;
	}
	path = decode_percent(url, rest, err);
	if (path == NULL)
		return NULL;
	store = file_store_new(path, err);
	free(path);
	return store;
}

static const struct scheme schemes[] = {
    {"file", open_file},
};

#define SCHEMES (sizeof schemes / sizeof schemes[0])

/* Only the scheme is printed: what follows may hold a password. */
static int
refuse_scheme(const char *url, size_t len, struct err *err)
{
	char known[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < SCHEMES && used < sizeof known; i++) {
		int wrote =
		    snprintf(known + used, sizeof known - used, "%s%s://",
			     i == 0 ? "" : ", ", schemes[i].name);

		used += wrote < 0 ? 0 : (size_t)wrote;
	}
	if (len == 0)
		err_set(err, ERR_USAGE, "not a store's URL; one begins with %s",
			known);
	else
		err_set(err, ERR_USAGE, "%.*s: no store of this kind, only %s",
			(int)len, url, known);
	return err_hint(err, "for example file:///srv/backup/main");
}

struct store *
store_open(const char *url, struct err *err)
{
	size_t len = 0;

	/* As WAL-G's WALG_FILE_PREFIX has it: a path as it is, no escapes. */
	if (url[0] == '/')
		return file_store_new(url, err);

	while (isalnum((unsigned char)url[len]) ||
	       (len > 0 && url[len] != '\0' && strchr("+-.", url[len]) != NULL))
		len++;
	if (strncmp(url + len, "://", 3) != 0)
		len = 0;
	for (size_t i = 0; len > 0 && i < SCHEMES; i++) {
		if (strlen(schemes[i].name) == len &&
		    strncasecmp(schemes[i].name, url, len) == 0)
			return schemes[i].open(url, url + len + 3, err);
	}
	refuse_scheme(url, len, err);
	return NULL;
}
