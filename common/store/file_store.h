/*
 * file_store - objects as files below a directory, local or mounted.
 *
 * An object is written as a draft in "<root>/.drafts", flushed, linked to its
 * name (STORE_NEW) or renamed over it (STORE_REPLACE), and the directory
 * flushed. The root and the directories below it are created by the first put.
 * Names beginning with "." are not objects and never listed. The root and the
 * directories below it may be symbolic links; where one right below the root
 * leads to another file system, drafts are written there.
 */
#ifndef WALNUT_STORE_FILE_STORE_H
#define WALNUT_STORE_FILE_STORE_H

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/store/store.h"

/* file_store_new - `root` is an absolute path; it need not exist yet.
 * Files are made with mode 0640, directories 0750, less the umask.
 * Ownership: returns; release with store_free.
 * Errors: ERR_USAGE for a path that is not absolute, or "/" itself. */
MUST_CHECK struct store *file_store_new(const char *root, struct err *err);

#endif
