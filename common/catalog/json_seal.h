/*
 * json_seal - a document that ends in its own SHA-256, as a backup_manifest
 * does.
 *
 * The last line is `"Checksum": "<64 lower-case digits>"}`; the digest is that
 * of all bytes before this line.
 */
#ifndef WALNUT_CATALOG_JSON_SEAL_H
#define WALNUT_CATALOG_JSON_SEAL_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

#define JSON_SEAL_KEY "Checksum"

/* json_seal_append - the last line of the document that begins at `start` in
 * `json` and has a comma and a line end as its last bytes so far. */
MUST_CHECK int json_seal_append(struct buf *json, size_t start,
				struct err *err);

/* json_seal_check - Errors: ERR_DAMAGED when the last line is missing, not
 * exactly of that form, or tells another digest. */
MUST_CHECK int json_seal_check(const void *json, size_t len, struct err *err);

#endif
