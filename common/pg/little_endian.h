/*
 * little_endian - numbers from bytes, least significant first.
 *
 * PostgreSQL writes its files in the byte order of the machine; the machines
 * walnut supports are little-endian. Read byte by byte the position needs no
 * alignment and the machine that reads may be of either kind.
 */
#ifndef WALNUT_PG_LITTLE_ENDIAN_H
#define WALNUT_PG_LITTLE_ENDIAN_H

#include <stdint.h>

/* little_endian_16, _32, _64 - the number in the 2, 4, 8 bytes at `at`. */
static inline uint16_t
little_endian_16(const uint8_t *at)
{
	return (uint16_t)(at[0] | (unsigned)at[1] << 8);
}

static inline uint32_t
little_endian_32(const uint8_t *at)
{
	return little_endian_16(at) | (uint32_t)little_endian_16(at + 2) << 16;
}

static inline uint64_t
little_endian_64(const uint8_t *at)
{
	return little_endian_32(at) | (uint64_t)little_endian_32(at + 4) << 32;
}

#endif
