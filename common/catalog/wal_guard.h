/*
 * wal_guard - a stage that lets a WAL file through only if it is what its name
 * says.
 */
#ifndef WALNUT_CATALOG_WAL_GUARD_H
#define WALNUT_CATALOG_WAL_GUARD_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/wal_name.h"
#include "common/stream/sink.h"

/*
 * wal_guard - bytes pass on to `next`; finish, and with it the commit, happens
 * only if a segment's header fits `name`, its size is the header's segment size
 * and its system identifier is `system_identifier` (0: any), or if a history
 * file parses for its timeline. Backup history files must not be empty.
 * Ownership: takes next, returns.
 * Errors: ERR_DAMAGED; ERR_REFUSED for another system identifier.
 */
MUST_CHECK struct sink *wal_guard(const struct wal_name *name,
				  uint64_t system_identifier, struct sink *next,
				  struct err *err);

#endif
