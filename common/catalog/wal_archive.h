/*
 * wal_archive - WAL files in a store: found, fetched with every check, counted.
 */
#ifndef WALNUT_CATALOG_WAL_ARCHIVE_H
#define WALNUT_CATALOG_WAL_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/catalog/object_name.h"
#include "common/pg/timeline.h"
#include "common/pg/wal_name.h"
#include "common/store/store.h"
#include "common/stream/pipeline.h"
#include "common/stream/sink.h"

/*
 * wal_archive_find - the object that holds WAL file `name`, whatever stages it
 * went through; `pipeline` tells which suffix to try first.
 * Errors: ERR_ABSENT only if the store itself said that there is none. A local
 * store in which nothing at all lies is ERR_UNREACHABLE: it may not be mounted.
 */
MUST_CHECK int wal_archive_find(struct store *store,
				const struct pipeline *pipeline,
				const char *name, char object[OBJECT_NAME_SIZE],
				struct err *err);

/*
 * wal_archive_fetch - push the content of WAL file `name` into `to` and finish
 * it, but only after the size, the header, and the system identifier (0: not
 * checked) are right; a history file must parse. `object` (may be NULL) tells
 * which object it was, also after an error. One request when the object has the
 * pipeline's suffix, at most two when there is none.
 * Ownership: takes to.
 * Errors: as wal_archive_find; ERR_DAMAGED; ERR_REFUSED for another cluster's
 * segment.
 */
MUST_CHECK int wal_archive_fetch(struct store *store,
				 const struct pipeline *pipeline,
				 const char *name, uint64_t system_identifier,
				 struct sink *to, char object[OBJECT_NAME_SIZE],
				 struct err *err);

/* A run of segments of one timeline. */
struct wal_range {
	uint32_t timeline;
	uint64_t first; /* segment numbers, both included */
	uint64_t last;
	uint64_t segment_size; /* bytes */
};

/*
 * wal_archive_missing - how many segments of the range are not in the store;
 * `name` receives the first of them, "" if there is none missing.
 */
MUST_CHECK int wal_archive_missing(struct store *store,
				   const struct wal_range *range,
				   uint64_t *missing, char name[WAL_NAME_SIZE],
				   struct err *err);

/* wal_archive_history - the history of `timeline`: read from the archive, or
 * empty for timeline 1. Ownership: *history; release with timeline_free.
 * Errors: ERR_ABSENT; as wal_archive_fetch. */
MUST_CHECK int wal_archive_history(struct store *store,
				   const struct pipeline *pipeline,
				   uint32_t timeline,
				   struct timeline_history *history,
				   struct err *err);

/* wal_archive_newest_timeline - the highest timeline above `timeline` that can
 * be reached by history files numbered without a gap, as the server looks for
 * it; `timeline` itself if there is none. */
MUST_CHECK int wal_archive_newest_timeline(struct store *store,
					   const struct pipeline *pipeline,
					   uint32_t timeline, uint32_t *newest,
					   struct err *err);

#endif
