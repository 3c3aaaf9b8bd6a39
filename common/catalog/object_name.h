/*
 * object_name - the names of everything in a store, built and parsed here only.
 *
 * The layout is WAL-G's (walnut-format(5)). Names of backups:
 * base_<24 digits>, _D_<24 digits> behind it for a delta, and WAL-E's
 * _<8 digits>, which is read but never written.
 */
#ifndef WALNUT_CATALOG_OBJECT_NAME_H
#define WALNUT_CATALOG_OBJECT_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/wal_name.h"
#include "common/stream/pipeline.h"

/* Room for any object's name with its NUL. */
#define OBJECT_NAME_SIZE 192

/* Room for any backup's name with its NUL: "base_" 24 "_D_" 24 "_" 8. */
#define BACKUP_NAME_SIZE 72

#define OBJECT_CLUSTER "cluster.json"
#define OBJECT_WAL_FOLDER "wal_005/"
#define OBJECT_BACKUP_FOLDER "basebackups_005/"

struct backup_name {
	uint32_t timeline;
	uint32_t high; /* of the segment that holds the start LSN */
	uint32_t low;
	bool delta;
	char base[25]; /* of a delta: the 24 digits of what it builds on */
	bool has_offset;
	uint32_t offset; /* WAL-E's: of the start LSN in its segment */
};

/* backup_name_parse - Returns 0, or -1 when `text` names no backup. */
int backup_name_parse(const char *text, struct backup_name *name);

/* backup_name_full - "base_" and the name of the segment that holds `lsn`. */
void backup_name_full(uint32_t timeline, uint64_t lsn, uint64_t segment_size,
		      char name[BACKUP_NAME_SIZE]);

/* object_wal - "wal_005/<name><suffix>"; suffix as pipeline_suffix gives it. */
void object_wal(const char *wal_name, const char *suffix,
		char object[OBJECT_NAME_SIZE]);

/* object_wal_parse - which WAL file an object holds, whatever stages it went
 * through. Returns 0, or -1 when it holds none (WAL-G's _delta files and .json
 * among them). */
int object_wal_parse(const char *object, struct wal_name *name);

/* What lies in a backup's own folder, "basebackups_005/<backup>/". */
enum backup_object {
	BACKUP_METADATA,       /* metadata.json */
	BACKUP_FILES_METADATA, /* files_metadata.json */
	BACKUP_MANIFEST,       /* backup_manifest */
	BACKUP_MARKER,         /* in_progress.json */
};

void object_of_backup(const char *backup, enum backup_object which,
		      char object[OBJECT_NAME_SIZE]);

/* object_sentinel - "basebackups_005/<backup>_backup_stop_sentinel.json". */
void object_sentinel(const char *backup, char object[OBJECT_NAME_SIZE]);

/* object_sentinel_parse - the backup whose sentinel this object is. Returns 0,
 * or -1 when it is none. */
int object_sentinel_parse(const char *object, char backup[BACKUP_NAME_SIZE]);

/* object_folder - "basebackups_005/<backup>/". */
void object_folder(const char *backup, char object[OBJECT_NAME_SIZE]);

/* object_folder_parse - the backup whose folder `object` is or lies in. Returns
 * 0, or -1 when it does not. */
int object_folder_parse(const char *object, char backup[BACKUP_NAME_SIZE]);

/* object_part - "<folder>tar_partitions/part_001.tar<suffix>". */
void object_part(const char *backup, unsigned number, const char *suffix,
		 char object[OBJECT_NAME_SIZE]);

/* object_control, object_labels - "<folder>tar_partitions/pg_control.tar..."
 * and "backup_label.tar...". */
void object_control(const char *backup, const char *suffix,
		    char object[OBJECT_NAME_SIZE]);
void object_labels(const char *backup, const char *suffix,
		   char object[OBJECT_NAME_SIZE]);

/* object_parts_folder - "<folder>tar_partitions/". */
void object_parts_folder(const char *backup, char object[OBJECT_NAME_SIZE]);

enum part_kind {
	PART_DATA,    /* part_*, copy_*: extracted first, in any order */
	PART_LABELS,  /* backup_label.tar */
	PART_CONTROL, /* pg_control.tar: extracted last */
};

/* object_part_kind - what an object in the parts' folder is, given with its
 * folder or without. A tar with a suffix that is not known here is a part all
 * the same: it must not be passed over. Returns 0, or -1 when it is not a tar.
 */
int object_part_kind(const char *object, enum part_kind *kind);

#endif
