/*
 * backup_documents - what is written about a backup beside its parts: manifest,
 * files_metadata.json, metadata.json, and the digests for the sentinel.
 *
 * Manifest and files_metadata.json are streamed into the store while the parts
 * arrive, so that memory does not grow with the files.
 */
#ifndef WALNUT_ARCHIVE_BACKUP_DOCUMENTS_H
#define WALNUT_ARCHIVE_BACKUP_DOCUMENTS_H

#include <stdint.h>

#include "archive/part_builder.h"
#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/catalog/backup.h"
#include "common/pg/manifest.h"
#include "common/store/store.h"

struct backup_documents;

/*
 * backup_documents_new - for `backup`, whose name, system identifier and server
 * version are set; sizes, counts and digests are added up in it.
 * Ownership: keeps store and backup; returns; release with
 * backup_documents_free.
 */
MUST_CHECK struct backup_documents *backup_documents_new(struct store *store,
							 struct backup *backup,
							 struct err *err);

/* backup_documents_part - a part that lies in the store; from any thread. */
MUST_CHECK int backup_documents_part(struct backup_documents *documents,
				     const struct part *part, struct err *err);

/*
 * backup_documents_finish - store metadata.json, files_metadata.json and
 * backup_manifest, in this order. `wal` is what the backup needs.
 */
MUST_CHECK int backup_documents_finish(struct backup_documents *documents,
				       const struct manifest_range *wal,
				       struct err *err);

/* backup_documents_free - abandons unless finished. NULL is fine. */
void backup_documents_free(struct backup_documents *documents);

#endif
