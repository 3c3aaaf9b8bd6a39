/*
 * backup - what is known of one backup: its sentinel and its metadata.json,
 * both ways.
 *
 * A sentinel that walnut wrote ends in its own SHA-256, as a backup_manifest
 * does; WAL-G's has none and is taken as it is. Unknown keys are ignored.
 * Source: walnut-format(5); WAL-G's BackupSentinelDtoV2.
 */
#ifndef WALNUT_CATALOG_BACKUP_H
#define WALNUT_CATALOG_BACKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/catalog/object_name.h"
#include "common/pg/backup_label.h"

/* Bytes a sentinel or metadata.json may have at most. */
#define BACKUP_JSON_MAX (256 * 1024 * 1024)

/* An object of a backup besides the sentinel, as it must lie in the store. */
struct backup_digest {
	char *name;      /* relative to the backup's folder */
	uint64_t size;   /* bytes */
	uint32_t crc32c; /* of the stored bytes */
};

struct backup {
	char name[BACKUP_NAME_SIZE];
	uint32_t timeline;
	uint64_t start_lsn;
	uint64_t finish_lsn;
	uint64_t system_identifier; /* 0: not told */
	int pg_version;             /* server_version_num: 150018 */
	uint64_t segment_size;      /* WAL; bytes. Guessed from the name and the
				       LSN where a sentinel does not tell */
	uint64_t uncompressed_size; /* bytes of the tar streams */
	uint64_t compressed_size;   /* bytes of the stored parts */
	uint64_t data_size;         /* bytes of the files restored */
	uint64_t file_count;        /* 0: not told */
	struct timespec start_time;
	struct timespec finish_time;
	char *hostname; /* these three are "" in what was read, if not told */
	char *data_directory;
	char *label;
	char *user_data; /* a JSON text, or NULL */
	char *writer;    /* "walnut 0.1.0", or NULL for others */
	bool permanent;
	bool from_standby;
	bool files_metadata_disabled;
	bool delta;
	uint64_t delta_lsn;
	char *delta_from; /* the backup it builds on, and at the far end */
	char *delta_full; /* the full one; NULL unless delta */
	unsigned delta_count;
	struct tablespace_map tablespaces;
	struct backup_digest *digests; /* none when WAL-G wrote it */
	size_t digest_count;
	char *problem; /* why the sentinel could not be read, or NULL */
};

/* backup_init - all empty; backup_free - release what it holds, all empty
 * afterwards. Texts are owned, made with strdup. */
void backup_init(struct backup *backup);
void backup_free(struct backup *backup);

/* backup_add_digest - copies name. */
MUST_CHECK int backup_add_digest(struct backup *backup, const char *name,
				 uint64_t size, uint32_t crc32c,
				 struct err *err);

/* backup_find_digest - NULL when there is none of that name. */
const struct backup_digest *backup_find_digest(const struct backup *backup,
					       const char *name);

/*
 * backup_write_sentinel, backup_write_metadata - append the document. Who wrote
 * it is always this program, whatever `writer` says. Paths that are not UTF-8
 * get U+FFFD for each wrong byte, as WAL-G writes them; a tablespace's location
 * is told a second time in hexadecimal digits then.
 * Errors: ERR_USAGE when user_data is not JSON.
 */
MUST_CHECK int backup_write_sentinel(const struct backup *backup,
				     struct buf *json, struct err *err);
MUST_CHECK int backup_write_metadata(const struct backup *backup,
				     struct buf *json, struct err *err);

/*
 * backup_read_sentinel - fill an initialised *backup whose name is `name`.
 * Integers are read exactly up to 2^64 - 1. What does not fit the name is
 * refused: another segment than the start LSN's, a delta without its base.
 * WAL-E's sentinels are read too; segments of 16 MiB are assumed there.
 * Errors: ERR_DAMAGED.
 */
MUST_CHECK int backup_read_sentinel(const char *name, const void *json,
				    size_t len, struct backup *backup,
				    struct err *err);

/* backup_read_metadata - what metadata.json says over the sentinel: the
 * permanent mark, user data, times and sizes the sentinel lacks.
 * Errors: ERR_DAMAGED, also when the permanent mark is not told either way. */
MUST_CHECK int backup_read_metadata(const void *json, size_t len,
				    struct backup *backup, struct err *err);

/* backup_first_segment, backup_last_segment - numbers of the WAL segments a
 * restore needs at least. */
uint64_t backup_first_segment(const struct backup *backup);
uint64_t backup_last_segment(const struct backup *backup);

#endif
