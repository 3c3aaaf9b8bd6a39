/*
 * file_remove - taking objects out of a file store, in order.
 */
#ifndef WALNUT_STORE_FILE_REMOVE_H
#define WALNUT_STORE_FILE_REMOVE_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/store/file_root.h"

/*
 * file_remove_objects - as store_remove. Directories that become empty go too,
 * but for those right below the root. A directory is flushed before the next
 * one is touched, so that the order of the names holds across a crash as well.
 */
MUST_CHECK int file_remove_objects(const struct file_root *root,
				   const char *const *names, size_t count,
				   struct err *err);

#endif
