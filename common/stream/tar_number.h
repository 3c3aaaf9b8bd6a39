/*
 * tar_number - the numbers in a tar header's fixed fields, both ways.
 *
 * Source: POSIX.1-2008, pax, "ustar Interchange Format" for octal digits;
 * GNU's base-256 form, first bit set, for what octal digits cannot hold.
 */
#ifndef WALNUT_STREAM_TAR_NUMBER_H
#define WALNUT_STREAM_TAR_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"

/* tar_number_write - octal digits with leading zeros and a NUL behind them.
 * Returns false, with the field all zero digits, when the value needs more
 * than len - 1 digits. */
bool tar_number_write(char *field, size_t len, uint64_t value);

/*
 * tar_number_read - octal digits between spaces and NULs, or base 256. A field
 * without any digit is 0, as old writers leave fields they do not use.
 * Returns 0, or -1 when the field is anything else or beyond 64 bits.
 */
MUST_CHECK int tar_number_read(const char *field, size_t len, int64_t *value);

#endif
