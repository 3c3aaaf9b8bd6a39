#include "archive/page_check.h"

#include <stdbool.h>
#include <string.h>

#define LANES 32
#define PRIME 16777619u

/* Places in the page header, as the server's own byte order has them. */
#define CHECKSUM_AT 8
#define UPPER_AT 14

static const uint32_t lane_starts[LANES] = {
    0x5B1F36E9, 0xB8525960, 0x02AB50AA, 0x1DE66D2A, 0x79FF467A, 0x9BB9F8A3,
    0x217E7CD2, 0x83E13D2C, 0xF8D4474F, 0xE39EB970, 0x42C6AE16, 0x993216FA,
    0x7B093B5D, 0x98DAFF3C, 0xF718902A, 0x0B1C9CDB, 0xE58F764B, 0x187636BC,
    0x5D7B3BB1, 0xE73DE7DE, 0x92BEC979, 0xCCA6C0B2, 0x304A0979, 0x85AA43D4,
    0x783125BB, 0x6CA8EAA2, 0xE407EAC6, 0x4B5CFC3E, 0x9FBF8C76, 0x15CA20BE,
    0xF2CA9FD3, 0x959BD756,
};

/* One row of the page into the lanes. Written as a plain loop over all lanes so
 * that the compiler turns it into vector instructions. */
static void
mix(uint32_t lanes[LANES], const uint32_t row[LANES])
{
	for (size_t i = 0; i < LANES; i++) {
		uint32_t mixed = lanes[i] ^ row[i];

		lanes[i] = mixed * PRIME ^ mixed >> 17;
	}
}

uint16_t
page_checksum(const uint8_t *page, size_t size, uint32_t block)
{
	static const uint32_t zeros[LANES];
	uint32_t lanes[LANES];
	uint32_t row[LANES];
	uint32_t sum = 0;

	memcpy(lanes, lane_starts, sizeof lanes);
	for (size_t at = 0; at < size; at += sizeof row) {
		memcpy(row, page + at, sizeof row);
		/* The checksum itself counts as zero. */
		if (at == 0)
			memset((uint8_t *)row + CHECKSUM_AT, 0,
			       sizeof(uint16_t));
		mix(lanes, row);
	}
	mix(lanes, zeros);
	mix(lanes, zeros);
	for (size_t i = 0; i < LANES; i++)
		sum ^= lanes[i];
	sum ^= block;
	return (uint16_t)(sum % 65535 + 1);
}

static uint16_t
read_u16(const uint8_t *from)
{
	uint16_t value;

	memcpy(&value, from, sizeof value);
	return value;
}

uint64_t
page_lsn(const uint8_t *page)
{
	uint32_t halves[2]; /* the high one first, in every byte order */

	memcpy(halves, page, sizeof halves);
	return (uint64_t)halves[0] << 32 | halves[1];
}

static bool
is_all_zero(const uint8_t *page, size_t size)
{
	return page[0] == 0 && memcmp(page, page + 1, size - 1) == 0;
}

/* A page without an upper bound counts as new for the server's base backup
 * whatever else it holds; when the server itself reads such a page, anything
 * but zeros is an invalid page. The stricter rule is the useful one. */
enum page_state
page_check(const uint8_t *page, size_t size, uint32_t block)
{
	if (read_u16(page + UPPER_AT) == 0)
		return is_all_zero(page, size) ? PAGE_NEW : PAGE_BROKEN;
	if (read_u16(page + CHECKSUM_AT) != page_checksum(page, size, block))
		return PAGE_BROKEN;
	return PAGE_WHOLE;
}
