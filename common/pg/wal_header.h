/*
 * wal_header - the long header at the beginning of a WAL segment, and whether
 * a file is what its name says.
 *
 * Source: PostgreSQL, xlog_internal.h, XLogLongPageHeaderData.
 */
#ifndef WALNUT_PG_WAL_HEADER_H
#define WALNUT_PG_WAL_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/wal_name.h"

/* Bytes of the header; what wal_header_parse needs at least. */
#define WAL_HEADER_SIZE 40

struct wal_header {
	uint16_t magic;
	uint32_t timeline;
	uint64_t page_address; /* LSN of the segment's first byte */
	uint64_t system_identifier;
	uint32_t segment_size; /* bytes */
	uint32_t block_size;   /* bytes */
	unsigned version;      /* PostgreSQL's major version, 13 to 18 */
};

/*
 * wal_header_parse - Errors: ERR_DAMAGED when it is too short, the magic is not
 * of a known version (13 to 18), the page is not a first page, or a size is
 * not a possible one.
 */
MUST_CHECK int wal_header_parse(const void *data, size_t len,
				struct wal_header *header, struct err *err);

/*
 * wal_header_check - whether the header belongs to a file of that name and
 * size: the size is the segment size, the address that of the name, the
 * timeline not above the name's. A .partial file is checked like its segment.
 * Errors: ERR_DAMAGED says which of them is wrong and what both sides say.
 */
MUST_CHECK int wal_header_check(const struct wal_header *header,
				const struct wal_name *name, uint64_t file_size,
				struct err *err);

#endif
