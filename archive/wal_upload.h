/*
 * wal_upload - one WAL file into the archive, never over another.
 */
#ifndef WALNUT_ARCHIVE_WAL_UPLOAD_H
#define WALNUT_ARCHIVE_WAL_UPLOAD_H

#include "archive/wal_file.h"
#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/store/store.h"
#include "common/stream/pipeline.h"

/*
 * wal_upload - store `file` and return when it is durable. A file of that name
 * that is there already and has the same content is success.
 * Errors: ERR_EXISTS when its content differs; ERR_DAMAGED when what is there
 * cannot be read; the store's.
 */
MUST_CHECK int wal_upload(struct store *store, const struct pipeline *pipeline,
			  const struct wal_file *file, struct err *err);

#endif
