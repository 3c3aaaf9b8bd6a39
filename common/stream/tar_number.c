#include "common/stream/tar_number.h"

#include <string.h>

bool
tar_number_write(char *field, size_t len, uint64_t value)
{
	size_t at = len - 1;

	field[at] = '\0';
	while (at > 0) {
		field[--at] = (char)('0' + (value & 7));
		value >>= 3;
	}
	if (value == 0)
		return true;
	memset(field, '0', len - 1);
	return false;
}

static int
read_octal(const char *field, size_t len, int64_t *value)
{
	uint64_t sum = 0;
	size_t at = 0;

	while (at < len && field[at] == ' ')
		at++;
	for (; at < len && field[at] >= '0' && field[at] <= '7'; at++) {
		if (sum > (uint64_t)INT64_MAX >> 3)
			return -1;
		sum = sum << 3 | (uint64_t)(field[at] - '0');
	}
	for (; at < len; at++) {
		if (field[at] != ' ' && field[at] != '\0')
			return -1;
	}
	*value = (int64_t)sum;
	return 0;
}

/* Two's complement, most significant byte first; the first bit says only that
 * this is base 256, the second is the sign. */
static int
read_base256(const char *field, size_t len, int64_t *value)
{
	bool negative = ((uint8_t)field[0] & 0x40) != 0;
	uint8_t flip = negative ? 0xff : 0;
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)((uint8_t)field[i] ^ flip);

		if (i == 0)
			byte &= 0x7f;
		if (sum > (uint64_t)INT64_MAX >> 8)
			return -1;
		sum = sum << 8 | byte;
	}
	*value = negative ? -(int64_t)sum - 1 : (int64_t)sum;
	return 0;
}

int
tar_number_read(const char *field, size_t len, int64_t *value)
{
	if ((uint8_t)field[0] & 0x80)
		return read_base256(field, len, value);
	return read_octal(field, len, value);
}
