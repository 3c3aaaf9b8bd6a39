/*
 * file_put - the sink that becomes an object of a file store.
 */
#ifndef WALNUT_STORE_FILE_PUT_H
#define WALNUT_STORE_FILE_PUT_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/store/file_root.h"
#include "common/store/store.h"

/* file_put_new - as store_put. Ownership: keeps root; returns; release with
 * sink_free. */
MUST_CHECK struct sink *file_put_new(const struct file_root *root,
				     const char *name, enum store_put_mode mode,
				     uint64_t size_hint, struct err *err);

#endif
