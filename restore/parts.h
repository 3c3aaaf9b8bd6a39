/*
 * parts - the tar objects of a backup and their way into the directory.
 */
#ifndef WALNUT_RESTORE_PARTS_H
#define WALNUT_RESTORE_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/catalog/backup.h"
#include "common/store/store.h"
#include "restore/unpack.h"

struct parts_source {
	struct store *store;
	const struct backup *backup;
	unsigned jobs;     /* worker threads */
	uint64_t retry_ms; /* budget for one part that cannot be reached */
};

/*
 * parts_unpack - all parts, several at a time, the largest first; then the part
 * with pg_control, whose content is appended to `control`. Each object's size
 * and digest are checked against the sentinel where it has them.
 * Errors: ERR_DAMAGED names the object; ERR_ABSENT becomes ERR_DAMAGED, since
 * a listed backup has all its parts.
 */
MUST_CHECK int parts_unpack(const struct parts_source *source,
			    const struct unpack_to *to, struct buf *control,
			    struct err *err);

/*
 * parts_get - one other object of the backup ("backup_manifest", relative to
 * its folder) through its digest into `to`, which is finished.
 * Ownership: takes to.
 * Errors: ERR_ABSENT when it is neither in the store nor in the sentinel;
 * ERR_DAMAGED.
 */
MUST_CHECK int parts_get(const struct parts_source *source, const char *name,
			 struct sink *to, struct err *err);

#endif
