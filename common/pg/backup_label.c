#include "common/pg/backup_label.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg/lsn.h"
#include "common/pg/wal_name.h"

/* Longest value looked at: "0/3000028 (file 000000010000000000000003)" fits;
 * a label, which may be longer, is skipped. */
#define VALUE_SIZE 64

/* Largest timeline or OID. */
#define DIGITS_MAX 10

/* A decimal number of 32 bits that ends at `end`; 0, which neither a timeline
 * nor an OID is, for anything else. */
static uint32_t
parse_number(const char *text, const char *end)
{
	uint64_t number = 0;

	if (text == end || end - text > DIGITS_MAX)
		return 0;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		number = number * 10 + (uint64_t)(*text - '0');
	}
	return number <= UINT32_MAX ? (uint32_t)number : 0;
}

/*
 * Copy what follows `name` on the line that begins with it, and move *text
 * behind that line. Lines come in a fixed order, so a label that looks like an
 * earlier line is not taken for it. A line without its end is cut short, and
 * the beginning of a number is a number too.
 */
static int
take_line(const char **text, const char *name, char value[VALUE_SIZE],
	  struct err *err)
{
	size_t name_len = strlen(name);

	for (const char *line = *text; *line != '\0';) {
		const char *end = strchr(line, '\n');
		size_t len;

		if (!end)
			break;
		len = (size_t)(end - line);
		if (len >= name_len && memcmp(line, name, name_len) == 0) {
			len -= name_len;
			if (len >= VALUE_SIZE)
				break;
			memcpy(value, line + name_len, len);
			value[len] = '\0';
			*text = end + 1;
			return 0;
		}
		line = end + 1;
	}
	return err_set(err, ERR_DAMAGED, "backup label: no whole line \"%s\"",
		       name);
}

/* An LSN that begins `value` and ends at the end or before `after`. */
static int
take_lsn(const char *name, char *value, const char *after, uint64_t *lsn,
	 struct err *err)
{
	char *end = strstr(value, after);

	if (*after != '\0' && end)
		*end = '\0';
	if (lsn_parse(value, lsn, err) == -1) {
		err->kind = ERR_DAMAGED;
		return err_context(err, "backup label: %s", name);
	}
	return 0;
}

/* "0/3000028 (file 000000010000000000000003)". The file repeats the timeline,
 * which the server compares as well. */
static int
take_start(const char **text, struct backup_label *label, struct wal_name *file,
	   struct err *err)
{
	static const char before_file[] = " (file ";
	const char *name = "START WAL LOCATION: ";
	char value[VALUE_SIZE];
	char *at;
	char *end;

	if (take_line(text, name, value, err) == -1)
		return -1;
	at = strstr(value, before_file);
	end = at ? strchr(at, ')') : NULL;
	if (!end || end[1] != '\0')
		goto malformed;
	*end = '\0';
	if (wal_name_parse(at + strlen(before_file), file) == -1 ||
	    file->kind != WAL_SEGMENT)
		goto malformed;
	return take_lsn("START WAL LOCATION", value, before_file,
			&label->start_lsn, err);
malformed:
	return err_set(err, ERR_DAMAGED,
		       "backup label: START WAL LOCATION names no WAL file");
}

static int
take_origin(const char **text, struct backup_label *label, struct err *err)
{
	char value[VALUE_SIZE];

	if (take_line(text, "BACKUP METHOD: ", value, err) == -1)
		return -1;
	if (strcmp(value, "streamed") != 0)
		return err_set(err, ERR_DAMAGED,
			       "backup label: BACKUP METHOD is not streamed");
	if (take_line(text, "BACKUP FROM: ", value, err) == -1)
		return -1;
	label->from_standby = strcmp(value, "standby") == 0;
	if (!label->from_standby && strcmp(value, "primary") != 0)
		return err_set(err, ERR_DAMAGED,
			       "backup label: BACKUP FROM is neither primary "
			       "nor standby");
	return 0;
}

int
backup_label_parse(const char *text, struct backup_label *label,
		   struct err *err)
{
	struct backup_label parsed = {0};
	struct wal_name file = {0};
	char value[VALUE_SIZE];

	if (take_start(&text, &parsed, &file, err) == -1 ||
	    take_line(&text, "CHECKPOINT LOCATION: ", value, err) == -1 ||
	    take_lsn("CHECKPOINT LOCATION", value, "", &parsed.checkpoint_lsn,
		     err) == -1 ||
	    take_origin(&text, &parsed, err) == -1 ||
	    take_line(&text, "START TIMELINE: ", value, err) == -1)
		return -1;
	parsed.timeline = parse_number(value, value + strlen(value));
	if (parsed.timeline == 0)
		return err_set(err, ERR_DAMAGED,
			       "backup label: START TIMELINE is not a number");
	if (parsed.timeline != file.timeline)
		return err_set(err, ERR_DAMAGED,
			       "backup label: the start file is of timeline "
			       "%" PRIu32 ", START TIMELINE says %" PRIu32,
			       file.timeline, parsed.timeline);
	*label = parsed;
	return 0;
}

/* The entry in `line`, whose escapes are gone: everything behind the first
 * space is the location. */
static int
add_entry(struct tablespace_map *map, const struct buf *line, struct err *err)
{
	const char *text = buf_text(line);
	const char *space = strchr(text, ' ');
	uint32_t oid = space ? parse_number(text, space) : 0;

	if (oid == 0 || space[1] != '/')
		return err_set(err, ERR_DAMAGED,
			       "tablespace map: entry %zu is not an OID and an "
			       "absolute path",
			       map->count + 1);
	return tablespace_map_add(map, oid, space + 1, err);
}

static int
parse_entries(const char *text, struct tablespace_map *map, struct buf *line,
	      struct err *err)
{
	bool escaped = false;

	for (; *text != '\0'; text++) {
		if (!escaped && *text == '\\') {
			escaped = true;
		} else if (!escaped && (*text == '\n' || *text == '\r')) {
			/* Empty lines, and \r\n, as the server takes them. */
			if (line->len > 0 && add_entry(map, line, err) == -1)
				return -1;
			buf_clear(line);
		} else {
			if (buf_append(line, text, 1, err) == -1)
				return -1;
			escaped = false;
		}
	}
	if (escaped || line->len > 0)
		return err_set(err, ERR_DAMAGED,
			       "tablespace map: entry %zu is cut short",
			       map->count + 1);
	return 0;
}

int
tablespace_map_parse(const char *text, struct tablespace_map *map,
		     struct err *err)
{
	struct buf line = BUF_INIT(strlen(text) + 1);
	int status;

	*map = (struct tablespace_map){0};
	status = parse_entries(text, map, &line, err);
	buf_free(&line);
	if (status == -1)
		tablespace_map_free(map);
	return status;
}

static int
write_location(const char *location, struct buf *text, struct err *err)
{
	for (; *location != '\0'; location++) {
		if (strchr("\n\r\\", *location) &&
		    buf_append(text, "\\", 1, err) == -1)
			return -1;
		if (buf_append(text, location, 1, err) == -1)
			return -1;
	}
	return buf_append(text, "\n", 1, err);
}

int
tablespace_map_write(const struct tablespace_map *map, struct buf *text,
		     struct err *err)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct tablespace *entry = &map->entries[i];

		if (buf_print(text, err, "%" PRIu32 " ", entry->oid) == -1 ||
		    write_location(entry->location, text, err) == -1)
			return -1;
	}
	return 0;
}

int
tablespace_map_add(struct tablespace_map *map, uint32_t oid,
		   const char *location, struct err *err)
{
	struct tablespace *grown =
	    realloc(map->entries, (map->count + 1) * sizeof(*grown));
	char *copy;

	if (!grown)
		return err_memory(err);
	map->entries = grown;
	copy = strdup(location);
	if (!copy)
		return err_memory(err);
	grown[map->count].oid = oid;
	grown[map->count].location = copy;
	map->count++;
	return 0;
}

void
tablespace_map_free(struct tablespace_map *map)
{
	for (size_t i = 0; i < map->count; i++)
		free(map->entries[i].location);
	free(map->entries);
	*map = (struct tablespace_map){0};
}
