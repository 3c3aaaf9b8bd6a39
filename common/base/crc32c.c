#include "common/base/crc32c.h"

#include <string.h>

#include "common/base/crc32c_table.h"

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

/* "Register" below is the CRC as it is while bytes enter: inverted. */

static uint32_t
load_le32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

uint32_t
crc32c_update_portable(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *at = data;
	uint32_t reg = ~crc;

	for (; len >= 8; len -= 8, at += 8) {
		uint32_t low = reg ^ load_le32(at);
		uint32_t high = load_le32(at + 4);

		reg = crc32c_table[7][low & 0xff] ^
		      crc32c_table[6][low >> 8 & 0xff] ^
		      crc32c_table[5][low >> 16 & 0xff] ^
		      crc32c_table[4][low >> 24] ^
		      crc32c_table[3][high & 0xff] ^
		      crc32c_table[2][high >> 8 & 0xff] ^
		      crc32c_table[1][high >> 16 & 0xff] ^
		      crc32c_table[0][high >> 24];
	}
	for (; len > 0; len--, at++)
		reg = crc32c_table[0][(reg ^ *at) & 0xff] ^ reg >> 8;
	return ~reg;
}

/*
 * What the processor offers: whether it has the instruction, and one step of
 * eight bytes and of one byte. The attribute allows the instruction in single
 * functions, so that the program still runs where it is missing.
 */
#if defined(__x86_64__)

#define WITH_INSTRUCTION __attribute__((target("sse4.2")))

static int
has_instruction(void)
{
	return __builtin_cpu_supports("sse4.2");
}

WITH_INSTRUCTION static inline uint32_t
step_eight(uint32_t reg, const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	return (uint32_t)__builtin_ia32_crc32di(reg, word);
}

WITH_INSTRUCTION static inline uint32_t
step_one(uint32_t reg, uint8_t byte)
{
	return __builtin_ia32_crc32qi(reg, byte);
}

#elif defined(__aarch64__) && defined(__linux__) && \
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

/* Assembly, since gcc and clang spell the built-in functions differently. */
#define WITH_INSTRUCTION

static int
has_instruction(void)
{
	return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
}

static inline uint32_t
step_eight(uint32_t reg, const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	__asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1"
		: "+r"(reg)
		: "r"(word));
	return reg;
}

static inline uint32_t
step_one(uint32_t reg, uint8_t byte)
{
	__asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1"
		: "+r"(reg)
		: "r"((uint32_t)byte));
	return reg;
}

#endif

#if defined(WITH_INSTRUCTION)

/*
 * The instruction takes three cycles and the next may start after one, so three
 * streams side by side are three times as fast as one. Since a register is
 * linear in its bytes, the parts are put together by multiplying the earlier
 * ones by x to the power of the bits that follow them, modulo the polynomial.
 */
#define STREAM_SIZE 2048
#define POLYNOMIAL 0x82f63b78U
#define X_ONE_STREAM 0x0d65762aU  /* x^(8 * STREAM_SIZE) */
#define X_TWO_STREAMS 0x35d73a62U /* x^(8 * 2 * STREAM_SIZE) */

/* first * x^(two streams) + second * x^(one stream), in the bit order of the
 * CRC: the highest bit is x^0. */
static uint32_t
shift_both(uint32_t first, uint32_t second)
{
	uint32_t two = X_TWO_STREAMS;
	uint32_t one = X_ONE_STREAM;
	uint32_t sum = 0;
	int bit;

	/* Masks, since branches on random bits would cost more than the rest.
	 */
	for (bit = 31; bit >= 0; bit--) {
		sum ^= two & (0U - (first >> bit & 1));
		sum ^= one & (0U - (second >> bit & 1));
		two = two >> 1 ^ (POLYNOMIAL & (0U - (two & 1)));
		one = one >> 1 ^ (POLYNOMIAL & (0U - (one & 1)));
	}
	return sum;
}

WITH_INSTRUCTION static uint32_t
update_by_instruction(uint32_t crc, const uint8_t *at, size_t len)
{
	uint32_t reg = ~crc;

	while (len >= 3 * (size_t)STREAM_SIZE) {
		const uint8_t *end = at + STREAM_SIZE;
		uint32_t second = 0;
		uint32_t third = 0;

		for (; at < end; at += 8) {
			reg = step_eight(reg, at);
			second = step_eight(second, at + STREAM_SIZE);
			third = step_eight(third, at + 2 * (size_t)STREAM_SIZE);
		}
		reg = shift_both(reg, second) ^ third;
		at += 2 * (size_t)STREAM_SIZE;
		len -= 3 * (size_t)STREAM_SIZE;
	}
	for (; len >= 8; len -= 8, at += 8)
		reg = step_eight(reg, at);
	for (; len > 0; len--, at++)
		reg = step_one(reg, *at);
	return ~reg;
}

uint32_t
crc32c_update(uint32_t crc, const void *data, size_t len)
{
	if (has_instruction())
		return update_by_instruction(crc, data, len);
	return crc32c_update_portable(crc, data, len);
}

#else

uint32_t
crc32c_update(uint32_t crc, const void *data, size_t len)
{
	return crc32c_update_portable(crc, data, len);
}

#endif
