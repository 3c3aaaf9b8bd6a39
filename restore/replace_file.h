/*
 * replace_file - a small file of the restored directory, written whole.
 */
#ifndef WALNUT_RESTORE_REPLACE_FILE_H
#define WALNUT_RESTORE_REPLACE_FILE_H

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

/* replace_file - make `text` the content of DIRECTORY/NAME, for its owner
 * alone; durable when it returns. After an error the old one is still there. */
MUST_CHECK int replace_file(const char *directory, const char *name,
			    const struct buf *text, struct err *err);

#endif
