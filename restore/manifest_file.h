/*
 * manifest_file - the restored directory's own backup_manifest.
 */
#ifndef WALNUT_RESTORE_MANIFEST_FILE_H
#define WALNUT_RESTORE_MANIFEST_FILE_H

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "restore/manifest_index.h"
#include "restore/parts.h"

/*
 * manifest_file_restore - write DIRECTORY/backup_manifest and check that every
 * file in it has been restored.
 * Errors: ERR_DAMAGED names a file that never came.
 */
MUST_CHECK int manifest_file_restore(const struct parts_source *source,
				     const char *directory,
				     struct manifest_index *index,
				     struct err *err);

/*
 * manifest_file_replace - make the manifest tell of `map`, the tablespace_map
 * that lies there now, so that pg_verifybackup still agrees after tablespaces
 * were mapped to other places.
 */
MUST_CHECK int manifest_file_replace(const char *directory,
				     const struct backup *backup,
				     const struct buf *map, struct err *err);

#endif
