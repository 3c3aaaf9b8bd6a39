/*
 * crc32c_table - what the portable CRC looks up, eight bytes a step.
 *
 * crc32c_table[0][b] is the register after byte b enters an empty one:
 * eight times `c = (c >> 1) ^ (c & 1 ? 0x82f63b78 : 0)`, starting from b.
 * crc32c_table[k][b] is the same followed by k zero bytes.
 */
#ifndef WALNUT_BASE_CRC32C_TABLE_H
#define WALNUT_BASE_CRC32C_TABLE_H

#include <stdint.h>

extern const uint32_t crc32c_table[8][256];

#endif
