/*
 * backup_label and tablespace_map: what was accepted makes sense, and a map
 * reads the same after it was written.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/pg/backup_label.h"
#include "tests/fuzz/claim.h"

static void
try_label(const char *text)
{
	struct backup_label label = {0};
	struct err err = {0};

	if (backup_label_parse(text, &label, &err) == 0)
		claim(label.timeline != 0, "there is no timeline 0");
	else
		claim(err.kind == ERR_DAMAGED, "what is none is damaged");
}

static void
claim_same_map(const struct tablespace_map *a, const struct tablespace_map *b)
{
	claim(a->count == b->count, "with as many entries");
	for (size_t i = 0; i < a->count; i++) {
		claim(a->entries[i].oid == b->entries[i].oid, "the same OIDs");
		claim(strcmp(a->entries[i].location, b->entries[i].location) ==
			  0,
		      "the same locations");
	}
}

static void
try_map(const char *text)
{
	struct tablespace_map map;
	struct tablespace_map again;
	struct buf written = BUF_INIT((size_t)16 << 20);
	struct err err = {0};

	if (tablespace_map_parse(text, &map, &err) == -1) {
		claim(err.kind == ERR_DAMAGED, "what is none is damaged");
		return;
	}
	for (size_t i = 0; i < map.count; i++)
		claim(map.entries[i].oid != 0 &&
			  map.entries[i].location[0] == '/',
		      "an entry is an OID and an absolute path");
	claim_done(tablespace_map_write(&map, &written, &err), &err,
		   "a map can be written");
	claim_done(tablespace_map_parse(buf_text(&written), &again, &err), &err,
		   "and read again");
	claim_same_map(&map, &again);
	tablespace_map_free(&again);
	tablespace_map_free(&map);
	buf_free(&written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = claim_text(data, size);

	try_label(text);
	try_map(text);
	free(text);
	return 0;
}
