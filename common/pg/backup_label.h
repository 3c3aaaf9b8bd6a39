/*
 * backup_label - the two texts pg_backup_stop returns: backup_label and
 * tablespace_map. They are stored byte for byte; here is what they say.
 *
 * Source: PostgreSQL, xlogbackup.c and xlogrecovery.c (read_backup_label,
 * read_tablespace_map).
 */
#ifndef WALNUT_PG_BACKUP_LABEL_H
#define WALNUT_PG_BACKUP_LABEL_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

struct backup_label {
	uint64_t start_lsn;
	uint64_t checkpoint_lsn;
	uint32_t timeline;
	int from_standby;
};

/* backup_label_parse - Errors: ERR_DAMAGED names the line that is missing. */
MUST_CHECK int backup_label_parse(const char *text, struct backup_label *label,
				  struct err *err);

struct tablespace {
	uint32_t oid;
	char *location; /* absolute path */
};

struct tablespace_map {
	struct tablespace *entries;
	size_t count;
};

/* tablespace_map_parse - "16385 /path\n" with \n, \r and \\ in the path
 * escaped by a backslash. Ownership: *map; release with tablespace_map_free.
 * Errors: ERR_DAMAGED. */
MUST_CHECK int tablespace_map_parse(const char *text,
				    struct tablespace_map *map,
				    struct err *err);

/* tablespace_map_write - append the text for `map`, escaped. */
MUST_CHECK int tablespace_map_write(const struct tablespace_map *map,
				    struct buf *text, struct err *err);

/* tablespace_map_add - one more entry; copies location. */
MUST_CHECK int tablespace_map_add(struct tablespace_map *map, uint32_t oid,
				  const char *location, struct err *err);

/* tablespace_map_free - release the entries; the map is empty afterwards. */
void tablespace_map_free(struct tablespace_map *map);

#endif
