/*
 * wal_compare - the end of a pipe that compares content with a local WAL file.
 */
#ifndef WALNUT_ARCHIVE_WAL_COMPARE_H
#define WALNUT_ARCHIVE_WAL_COMPARE_H

#include "archive/wal_file.h"
#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/stream/sink.h"

/*
 * wal_compare - finish succeeds only if what was pushed equals `file`.
 * Ownership: keeps file; returns.
 * Errors: ERR_EXISTS says where they differ and, for segments, which cluster
 * wrote each of them.
 */
MUST_CHECK struct sink *wal_compare(const struct wal_file *file,
				    struct err *err);

#endif
