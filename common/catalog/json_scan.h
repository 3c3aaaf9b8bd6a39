/*
 * json_scan - JSON text handled without a tree, where what comes out must be
 * byte for byte what went in.
 *
 * jansson keeps integers in 64 bits with a sign and numbers with a fraction in
 * a double. Neither does for system identifiers from 2^63 on and for what users
 * put into their backups' data.
 * Source: RFC 8259.
 */
#ifndef WALNUT_CATALOG_JSON_SCAN_H
#define WALNUT_CATALOG_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

/* json_scan_quote_integers - append `text`, any bytes at all, with integers of
 * 19 digits and more put in quotation marks. */
MUST_CHECK int json_scan_quote_integers(const char *text, size_t len,
					struct buf *out, struct err *err);

/* json_scan_compact - append valid JSON without the blanks between its tokens:
 * it becomes one line. */
MUST_CHECK int json_scan_compact(const char *text, size_t len, struct buf *out,
				 struct err *err);

/*
 * json_scan_member - the text of the value that the outermost object of the
 * valid JSON `text` has under `key`, the last one if there are several.
 * Returns false when there is none, or when its key is spelt with escapes.
 * Ownership: *value borrows from text.
 */
bool json_scan_member(const char *text, size_t len, const char *key,
		      struct span *value);

#endif
