/*
 * path - file names put together and taken apart.
 */
#ifndef WALNUT_BASE_PATH_H
#define WALNUT_BASE_PATH_H

#include <stdbool.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/* path_join - "directory/name", one slash between.
 * Ownership: returns; release with free. */
MUST_CHECK char *path_join(const char *directory, const char *name,
			   struct err *err);

/* path_parent - all before the last slash; "." when there is none, "/" for
 * the root. Ownership: returns; release with free. */
MUST_CHECK char *path_parent(const char *path, struct err *err);

/* path_base - what follows the last slash. Borrowed from `path`. */
const char *path_base(const char *path);

/*
 * path_stays_below - whether `name`, taken relative to a directory, names
 * something inside it: not empty, not absolute, no "." or ".." component, no
 * empty component, no trailing slash.
 */
bool path_stays_below(const char *name);

#endif
