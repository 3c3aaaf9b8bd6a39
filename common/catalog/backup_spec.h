/*
 * backup_spec - the part of a sentinel that tells where its tablespaces lie,
 * both ways.
 *
 * Source: WAL-G's TablespaceSpec: "base_prefix", "tablespaces" with all OIDs,
 * and an object with "loc" and "link" under each OID. A location that is not
 * UTF-8 stands in "loc_hex" too.
 */
#ifndef WALNUT_CATALOG_BACKUP_SPEC_H
#define WALNUT_CATALOG_BACKUP_SPEC_H

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/catalog/backup.h"
#include "common/catalog/json_reader.h"

/* backup_spec_print - append the object. */
MUST_CHECK int backup_spec_print(const struct backup *backup, struct buf *out,
				 struct err *err);

/* backup_spec_read - add what the document's "Spec", or WAL-E's "spec", holds
 * to backup->tablespaces. */
void backup_spec_read(struct json_reader *reader, struct backup *backup);

#endif
