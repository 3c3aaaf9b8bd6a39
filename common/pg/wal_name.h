/*
 * wal_name - the names of files PostgreSQL archives, and segment arithmetic.
 *
 * The segment size is always passed in: it comes from a WAL header, pg_control
 * or a backup, never from an assumption.
 * Source: PostgreSQL, xlog_internal.h.
 */
#ifndef WALNUT_PG_WAL_NAME_H
#define WALNUT_PG_WAL_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/* Room for the longest name with its NUL:
 * "000000010000000000000001.00000028.backup". */
#define WAL_NAME_SIZE 41

#define WAL_SEGMENT_SIZE_MIN UINT64_C(0x100000)   /* 1 MiB */
#define WAL_SEGMENT_SIZE_MAX UINT64_C(0x40000000) /* 1 GiB */

enum wal_kind {
	WAL_SEGMENT,        /* 24 hexadecimal digits */
	WAL_PARTIAL,        /* ... .partial */
	WAL_BACKUP_HISTORY, /* ... .00000028.backup */
	WAL_TIMELINE,       /* 00000002.history */
};

struct wal_name {
	enum wal_kind kind;
	uint32_t timeline;
	uint32_t high;   /* digits 9 to 16 */
	uint32_t low;    /* digits 17 to 24 */
	uint32_t offset; /* of a backup history file */
};

/* wal_name_parse - Returns 0, or -1 when `text` is no such name (upper-case
 * digits only, timeline not 0). */
int wal_name_parse(const char *text, struct wal_name *name);

/* wal_name_format - the inverse. */
void wal_name_format(const struct wal_name *name, char text[WAL_NAME_SIZE]);

/* wal_name_segment - the segment's number: log * segments per log + segment. */
uint64_t wal_name_segment(const struct wal_name *name, uint64_t segment_size);

/* wal_name_fits - whether `low` is possible with this segment size. */
bool wal_name_fits(const struct wal_name *name, uint64_t segment_size);

/* wal_name_of_segment - name of segment number `segment` on `timeline`. */
void wal_name_of_segment(uint32_t timeline, uint64_t segment,
			 uint64_t segment_size, char text[WAL_NAME_SIZE]);

/* wal_name_of_lsn - name of the segment that holds `lsn`. */
void wal_name_of_lsn(uint32_t timeline, uint64_t lsn, uint64_t segment_size,
		     char text[WAL_NAME_SIZE]);

/* wal_segment_size_valid - a power of two from 1 MiB to 1 GiB. */
bool wal_segment_size_valid(uint64_t segment_size);

#endif
