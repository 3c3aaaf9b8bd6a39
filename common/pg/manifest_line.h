/*
 * manifest_line - the lines of a backup_manifest, in both directions.
 *
 * PostgreSQL's own reader takes any JSON; the server and its tools write one
 * object a line, and so does walnut. Reading by lines needs no memory for the
 * whole and no state of a JSON parser between two pieces:
 *
 *	{ "PostgreSQL-Backup-Manifest-Version": 2,
 *	"System-Identifier": 7575107416912034000,
 *	"Files": [
 *	{ "Path": "PG_VERSION", "Size": 3, ... },
 *	{ ... }
 *	],
 *	"WAL-Ranges": [
 *	{ "Timeline": 1, "Start-LSN": "0/2000028", "End-LSN": "0/2000100" }
 *	],
 *	"Manifest-Checksum": "..."}
 *
 * Source: PostgreSQL documentation, "Backup Manifest Format".
 */
#ifndef WALNUT_PG_MANIFEST_LINE_H
#define WALNUT_PG_MANIFEST_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pg/manifest.h"

/* The lines that are always the same, without their newline. */
#define MANIFEST_LINE_FILES "\"Files\": ["
#define MANIFEST_LINE_RANGES "\"WAL-Ranges\": ["
#define MANIFEST_LINE_END "],"

/* Room for the last line with its NUL. */
#define MANIFEST_LINE_CHECKSUM_SIZE 96

/* Bytes of a SHA-256. */
#define MANIFEST_LINE_DIGEST_SIZE 32

/* manifest_line_head - append all before the first file, for the server's
 * major version. */
MUST_CHECK int manifest_line_head(struct buf *text, unsigned version,
				  uint64_t system_identifier, struct err *err);

/* manifest_line_version - the format, 1 or 2, that the first line declares; 0
 * when it is no such line. */
unsigned manifest_line_version(const char *line);

/* manifest_line_system - whether this is the line of a system identifier. */
bool manifest_line_system(const char *line);

/* manifest_line_file - append the object of one file, without what stands
 * between two of them. */
MUST_CHECK int manifest_line_file(struct buf *text,
				  const struct manifest_file *file,
				  struct err *err);

/*
 * manifest_line_parse_file - the inverse, for `len` bytes of an object.
 * Ownership: borrows `line`; file->path is the text of `path`, whose contents
 * are replaced.
 * Errors: ERR_DAMAGED, also for a path that does not stay below a directory.
 */
MUST_CHECK int manifest_line_parse_file(const char *line, size_t len,
					struct buf *path,
					struct manifest_file *file,
					struct err *err);

/* manifest_line_range, manifest_line_parse_range - the same for a range. */
MUST_CHECK int manifest_line_range(struct buf *text,
				   const struct manifest_range *range,
				   struct err *err);
MUST_CHECK int manifest_line_parse_range(const char *line, size_t len,
					 struct manifest_range *range,
					 struct err *err);

/* manifest_line_checksum - the last line, without its newline. */
void manifest_line_checksum(const uint8_t digest[MANIFEST_LINE_DIGEST_SIZE],
			    char line[MANIFEST_LINE_CHECKSUM_SIZE]);

#endif
