/*
 * delete_request - what backup-delete was asked for.
 */
#ifndef WALNUT_TOOLS_DELETE_REQUEST_H
#define WALNUT_TOOLS_DELETE_REQUEST_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "tools/retention.h"

/*
 * delete_request_read - the words behind backup-delete: retain [FULL|FIND_FULL]
 * N; before [FIND_FULL] NAME|TIME; target [FIND_FULL] NAME; everything [FORCE];
 * garbage.
 * Ownership: request keeps the words.
 * Errors: ERR_USAGE.
 */
MUST_CHECK int delete_request_read(const char *const *words, size_t count,
				   struct retention_request *request,
				   struct err *err);

#endif
