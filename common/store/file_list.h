/*
 * file_list - what lies below a file store's root, in order.
 */
#ifndef WALNUT_STORE_FILE_LIST_H
#define WALNUT_STORE_FILE_LIST_H

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/store/file_root.h"
#include "common/store/store.h"

/*
 * file_list_objects - as store_list. Only the directories that can hold what is
 * asked for are read. Symbolic links are followed; one that leads nowhere is
 * ERR_UNREACHABLE right below the root, where people link to other disks, and
 * skipped deeper down. Empty directories are not shown.
 */
MUST_CHECK int file_list_objects(const struct file_root *root,
				 const char *prefix, const char *after,
				 enum store_depth depth, store_each_fn each,
				 void *context, struct err *err);

#endif
