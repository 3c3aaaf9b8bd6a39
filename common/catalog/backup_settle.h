/*
 * backup_settle - what a sentinel leaves to its backup's name: the size of WAL
 * segments, and in WAL-E's case the LSNs too.
 */
#ifndef WALNUT_CATALOG_BACKUP_SETTLE_H
#define WALNUT_CATALOG_BACKUP_SETTLE_H

#include "common/catalog/backup.h"
#include "common/catalog/json_reader.h"
#include "common/catalog/object_name.h"

/*
 * backup_settle - fill in what the document did not tell, then see whether all
 * of it fits together and fits the name. A wrong value is kept as the reader's
 * failure.
 * Source: WAL-E's sentinel keys wal_segment_backup_stop,
 * wal_segment_offset_backup_stop and expanded_size_bytes.
 */
void backup_settle(struct json_reader *reader, const struct backup_name *name,
		   struct backup *backup);

#endif
