#include "common/tool/settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/file.h"

static const char blanks[] = " \t\r";

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A letter or underscore, then those and digits; by hand, since isalpha()
 * would ask the locale. */
static size_t
key_length(const char *line)
{
	size_t len = 0;

	for (;; len++) {
		char c = line[len];

		if (c == '_' || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z'))
			continue;
		if (c >= '0' && c <= '9' && len > 0)
			continue;
		return len;
	}
}

/* `text` begins with a quote; *value becomes what is between it and the next
 * one of its kind. */
static int
parse_quoted(const char *text, struct span *value, struct err *err)
{
	const char *end = strchr(text + 1, text[0]);
	const char *rest;

	if (end == NULL)
		return err_set(err, ERR_USAGE, "the quote does not end");
	rest = end + 1 + strspn(end + 1, blanks);
	if (*rest != '\0' && *rest != '#')
		return err_set(err, ERR_USAGE,
			       "something follows the closing quote");
	*value = (struct span){text + 1, (size_t)(end - text) - 1};
	return 0;
}

static void
parse_bare(const char *text, struct span *value)
{
	size_t len;

	/* A comment begins at a "#" that does not touch the word before it, so
	 * that a value may contain one. */
	for (len = 0; text[len] != '\0'; len++)
		if (text[len] == '#' && (len == 0 || is_blank(text[len - 1])))
			break;
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	*value = (struct span){text, len};
}

/* Keys given twice are an error: which one was meant cannot be known. */
static int
refuse_second(const struct settings_pairs *pairs, const char *key, size_t len,
	      struct err *err)
{
	size_t i;

	for (i = 0; i < pairs->count; i++) {
		const struct settings_pair *pair = &pairs->pair[i];

		if (pair->line != 0 && strlen(pair->key) == len &&
		    memcmp(pair->key, key, len) == 0)
			return err_set(err, ERR_USAGE,
				       "%s is already set in line %u",
				       pair->key, pair->line);
	}
	return 0;
}

/* One line, NUL-terminated, without its newline. */
static int
parse_line(struct settings_pairs *pairs, const char *line, unsigned number,
	   struct err *err)
{
	static const char export[] = "export";
	size_t export_len = sizeof export - 1;
	struct span value = {NULL, 0};
	const char *text;
	size_t key_len;

	line += strspn(line, blanks);
	if (*line == '\0' || *line == '#')
		return 0;
	if (strncmp(line, export, export_len) == 0 &&
	    is_blank(line[export_len]))
		line += export_len + strspn(line + export_len, blanks);

	key_len = key_length(line);
	text = line + key_len + strspn(line + key_len, blanks);
	if (key_len == 0 || *text != '=')
		return err_set(err, ERR_USAGE, "expected KEY=value");
	text++;
	text += strspn(text, blanks);
	if (*text == '"' || *text == '\'') {
		if (parse_quoted(text, &value, err) != 0)
			return -1;
	} else {
		parse_bare(text, &value);
	}
	if (refuse_second(pairs, line, key_len, err) != 0)
		return -1;
	return settings_pairs_add(pairs, line, key_len, value.data, value.len,
				  number, err);
}

int
settings_file_parse(struct settings_pairs *pairs, const char *text, size_t len,
		    struct err *err)
{
	const char *end = text + len;
	unsigned number = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line_len =
		    (size_t)((newline != NULL ? newline : end) - text);
		char *line;
		int result;

		number++;
		if (memchr(text, '\0', line_len) != NULL)
			return err_set(err, ERR_USAGE,
				       "%s:%u: contains a NUL byte",
				       pairs->path, number);
		line = strndup(text, line_len);
		if (line == NULL)
			return err_memory(err);
		result = parse_line(pairs, line, number, err);
		free(line);
		if (result != 0)
			return err_context(err, "%s:%u", pairs->path, number);
		if (newline == NULL)
			break;
		text = newline + 1;
	}
	return 0;
}

/* One byte more than allowed is read, to know whether there is more. */
static int
read_all(int fd, const char *path, char *data, size_t *len, struct err *err)
{
	ssize_t got = file_read(fd, data, SETTINGS_FILE_LIMIT + 1, path, err);

	if (got < 0) {
		err->kind = ERR_USAGE;
		return -1;
	}
	if ((size_t)got > SETTINGS_FILE_LIMIT)
		return err_set(err, ERR_USAGE, "%s: larger than 1 MiB", path);
	*len = (size_t)got;
	return 0;
}

int
settings_file_load(struct settings_pairs *pairs, const char *path,
		   bool required, struct err *err)
{
	char *data = NULL;
	size_t len = 0;
	int result = -1;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		if (!required && (errno == ENOENT || errno == ENOTDIR))
			return 0;
		err_errno(err, errno, "settings file %s", path);
		err->kind = ERR_USAGE;
		return -1;
	}
	data = malloc(SETTINGS_FILE_LIMIT + 1);
	pairs->path = strdup(path);
	if (data == NULL || pairs->path == NULL) {
		err_memory(err);
		goto out;
	}
	if (read_all(fd, path, data, &len, err) != 0)
		goto out;
	result = settings_file_parse(pairs, data, len, err);
out:
	free(data);
	(void)close(fd);
	return result;
}
