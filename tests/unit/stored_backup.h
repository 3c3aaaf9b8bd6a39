/*
 * stored_backup - small backups in a store, and directories compared with what
 * they should hold.
 */
#ifndef WALNUT_UNIT_STORED_BACKUP_H
#define WALNUT_UNIT_STORED_BACKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/catalog/backup.h"
#include "common/store/store.h"
#include "common/stream/sink.h"

/* A file by its text; a name that ends in "/" is a directory. */
struct stored_file {
	const char *name;
	const char *text; /* NULL ends a table */
};

/* stored_backup_tar - append a tar of these files, modes 0640 and 0750, owned
 * by whoever runs the test. */
void stored_backup_tar(const struct stored_file *files, struct buf *tar);

/* stored_backup_object - put bytes as an object of the backup, `name` relative
 * to its folder, and note their digest. */
void stored_backup_object(struct store *store, struct backup *backup,
			  const char *name, const void *data, size_t len);

/* stored_backup_part - put a tar of these files as "tar_partitions/<name>",
 * through zstd. */
void stored_backup_part(struct store *store, struct backup *backup,
			const char *name, const struct stored_file *files);

/* stored_backup_manifest - append a manifest of the files in all tables, of
 * which NULL is the last, as a server of version 15 writes it. */
void stored_backup_manifest(const struct stored_file *const *tables,
			    struct buf *manifest);

/* stored_backup_push - push bytes, at most `step` at a time, into a sink,
 * finish it and release it. */
MUST_CHECK int stored_backup_push(struct sink *to, const void *data, size_t len,
				  size_t step, struct err *err);

/* stored_backup_holds - whether the files of a table are all in the directory
 * as they should be. */
bool stored_backup_holds(const char *directory,
			 const struct stored_file *files);

#endif
