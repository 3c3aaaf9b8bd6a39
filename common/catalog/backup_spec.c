#include "common/catalog/backup_spec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/units.h"
#include "common/catalog/json_writer.h"

/* A location that UTF-8 cannot hold is told in digits too: a restore must not
 * put files where they never were. */
static int
print_location(const struct tablespace *entry, struct buf *out, struct err *err)
{
	const unsigned char *at;

	if (buf_print(out, err, ", \"%" PRIu32 "\": {\"loc\": ", entry->oid) ||
	    json_writer_quote(entry->location, out, err) != 0)
		return -1;
	if (!json_writer_utf8(entry->location)) {
		if (buf_print(out, err, ", \"loc_hex\": \"") != 0)
			return -1;
		for (at = (unsigned char *)entry->location; *at != '\0'; at++) {
			if (buf_print(out, err, "%02x", *at) != 0)
				return -1;
		}
		if (buf_append(out, "\"", 1, err) != 0)
			return -1;
	}
	return buf_print(out, err, ", \"link\": \"pg_tblspc/%" PRIu32 "\"}",
			 entry->oid);
}

int
backup_spec_print(const struct backup *backup, struct buf *out, struct err *err)
{
	const struct tablespace_map *map = &backup->tablespaces;
	const char *prefix = backup->data_directory;
	size_t i;

	if (buf_print(out, err, "{\"base_prefix\": ") != 0 ||
	    json_writer_quote(prefix == NULL ? "" : prefix, out, err) != 0 ||
	    buf_print(out, err, ", \"tablespaces\": [") != 0)
		return -1;
	for (i = 0; i < map->count; i++) {
		if (buf_print(out, err, "%s\"%" PRIu32 "\"", i > 0 ? ", " : "",
			      map->entries[i].oid) != 0)
			return -1;
	}
	if (buf_append(out, "]", 1, err) != 0)
		return -1;
	for (i = 0; i < map->count; i++) {
		if (print_location(&map->entries[i], out, err) != 0)
			return -1;
	}
	return buf_append(out, "}", 1, err);
}

/* The bytes behind hexadecimal digits, in their place. */
static bool
decode_hex(char *text)
{
	size_t len = strlen(text);
	size_t i;
	unsigned byte;

	if (len % 2 != 0 || strspn(text, "0123456789abcdef") != len)
		return false;
	for (i = 0; i < len; i += 2) {
		if (sscanf(text + i, "%2x", &byte) != 1 || byte == 0)
			return false;
		text[i / 2] = (char)(unsigned char)byte;
	}
	text[len / 2] = '\0';
	return true;
}

static void
read_tablespace(struct json_reader *reader, const json_t *spec, const char *oid,
		struct backup *backup)
{
	const json_t *entry = json_reader_object(reader, spec, oid);
	char *location = NULL;
	uint64_t number;
	struct err ignored = {0};

	if (reader->failed || entry == NULL ||
	    !json_reader_text(reader, entry, "loc", &location) ||
	    units_parse_number(oid, 1, UINT32_MAX, &number, &ignored) != 0 ||
	    (json_reader_text(reader, entry, "loc_hex", &location) &&
	     !decode_hex(location)))
		json_reader_fail(reader, "tablespace \"%s\" is incomplete",
				 oid);
	else if (tablespace_map_add(&backup->tablespaces, (uint32_t)number,
				    location, reader->err) != 0)
		reader->failed = true;
	free(location);
}

/* WAL-E spells the key in lower case. */
void
backup_spec_read(struct json_reader *reader, struct backup *backup)
{
	const json_t *spec = json_reader_object(reader, reader->root, "Spec");
	const json_t *list;
	size_t i;

	if (spec == NULL)
		spec = json_reader_object(reader, reader->root, "spec");
	if (spec == NULL)
		return;
	list = json_reader_array(reader, spec, "tablespaces");
	for (i = 0; i < json_array_size(list); i++) {
		const char *oid = json_string_value(json_array_get(list, i));

		if (oid == NULL)
			json_reader_fail(reader, "\"tablespaces\" holds "
						 "something else than texts");
		else
			read_tablespace(reader, spec, oid, backup);
	}
}
