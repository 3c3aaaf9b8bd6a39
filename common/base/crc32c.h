/*
 * crc32c - the Castagnoli CRC, by the processor's instruction where it has one.
 *
 * Source: RFC 3720 appendix B.4; PostgreSQL uses the same for WAL, pg_control
 * and backup manifests.
 */
#ifndef WALNUT_BASE_CRC32C_H
#define WALNUT_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* crc32c_update - the CRC of all bytes so far, of which `crc` is the CRC of
 * those before `data`; 0 to begin. */
uint32_t crc32c_update(uint32_t crc, const void *data, size_t len);

/* crc32c_update_portable - the same without special instructions; for tests
 * and other processors. */
uint32_t crc32c_update_portable(uint32_t crc, const void *data, size_t len);

#endif
