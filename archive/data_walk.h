/*
 * data_walk - everything in a data directory that belongs to a base backup, one
 * entry after another.
 *
 * Memory grows with the depth of the tree alone. Entries that vanish meanwhile
 * are passed over; links and special files that PostgreSQL's own base backup
 * leaves out are too, with a warning.
 */
#ifndef WALNUT_ARCHIVE_DATA_WALK_H
#define WALNUT_ARCHIVE_DATA_WALK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/backup_label.h"
#include "common/pg/control_file.h"

/* An entry: a file, or (st_mode says so) a directory. */
struct data_walk_entry {
	const char *path; /* relative to the data directory; files of a
			     tablespace below pg_tblspc/<oid> */
	struct stat stat;
	bool pages;       /* a file of a relation: made of pages */
	uint32_t segment; /* of a relation: which of its files it is */
};

/* Return 0, or -1 with *err to end the walk. Borrows entry. */
typedef int (*data_walk_fn)(void *context, const struct data_walk_entry *entry,
			    struct err *err);

/*
 * data_walk - of the cluster in `directory`, whose pg_control says `control`.
 * Of the tablespaces that lie outside only those in `tablespaces` are entered:
 * recovery creates younger ones by itself, and stumbles over files that are
 * there already. A directory comes before what lies in it.
 * Errors: ERR_UNREACHABLE for a tablespace whose link leads nowhere; the
 * system's; those of `each`.
 */
MUST_CHECK int data_walk(const char *directory,
			 const struct control_file *control,
			 const struct tablespace_map *tablespaces,
			 data_walk_fn each, void *context, struct err *err);

/* data_walk_tablespaces - add the tablespaces that lie outside the data
 * directory, as the links in pg_tblspc have them. */
MUST_CHECK int data_walk_tablespaces(const char *directory,
				     struct tablespace_map *tablespaces,
				     struct err *err);

#endif
