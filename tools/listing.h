/*
 * listing - one backup as backup-list shows it, for people and for programs.
 */
#ifndef WALNUT_TOOLS_LISTING_H
#define WALNUT_TOOLS_LISTING_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/catalog/backup.h"

struct listing {
	const struct backup *backup;
	uint64_t wal_missing; /* segments it cannot be restored without */
	struct timespec now;
};

/* listing_header, listing_row - a table's lines; `detail` has more columns. */
MUST_CHECK int listing_header(bool detail, struct buf *out, struct err *err);
MUST_CHECK int listing_row(const struct listing *listing, bool detail,
			   struct buf *out, struct err *err);

/* listing_json - an object with WAL-G's keys first; `detail` has more of them.
 */
MUST_CHECK int listing_json(const struct listing *listing, bool detail,
			    struct buf *out, struct err *err);

#endif
