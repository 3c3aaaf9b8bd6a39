/* check_crc32c - both ways of computing it against the definition. */
#include <check.h>
#include <stdlib.h>

#include "common/base/crc32c.h"

/* More than two rounds of whatever is done side by side. */
#define LONG_SIZE 20000

/* Bit by bit, as the polynomial says. */
static uint32_t
by_definition(uint32_t crc, const uint8_t *data, size_t len)
{
	size_t i;
	int bit;

	crc = ~crc;
	for (i = 0; i < len; i++) {
		crc ^= data[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
	}
	return ~crc;
}

static void
fill(uint8_t *data, size_t len)
{
	uint32_t state = 12345;
	size_t i;

	for (i = 0; i < len; i++) {
		state = state * 1664525 + 1013904223;
		data[i] = (uint8_t)(state >> 24);
	}
}

static void
expect(const void *data, size_t len, uint32_t crc)
{
	ck_assert_uint_eq(by_definition(0, data, len), crc);
	ck_assert_uint_eq(crc32c_update(0, data, len), crc);
	ck_assert_uint_eq(crc32c_update_portable(0, data, len), crc);
}

START_TEST(the_examples_of_the_standard_come_out)
{
	static const uint8_t read_command[48] = {
	    0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00,
	    0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00,
	    0x00, 0x18, 0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	    0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
	uint8_t data[32] = {0};
	uint8_t i;

	expect(data, 32, 0x8a9136aa);
	for (i = 0; i < 32; i++)
		data[i] = 0xff;
	expect(data, 32, 0x62a8ab43);
	for (i = 0; i < 32; i++)
		data[i] = i;
	expect(data, 32, 0x46dd794e);
	for (i = 0; i < 32; i++)
		data[i] = (uint8_t)(31 - i);
	expect(data, 32, 0x113fdb5c);
	expect(read_command, sizeof read_command, 0xd9963a56);
	expect("123456789", 9, 0xe3069283);
	expect("", 0, 0);
}
END_TEST

START_TEST(every_length_and_alignment_agrees_with_the_definition)
{
	uint8_t data[300];
	size_t start;
	size_t len;

	fill(data, sizeof data);
	for (start = 0; start < 16; start++) {
		for (len = 0; len <= sizeof data - start; len++) {
			uint32_t crc = by_definition(7, data + start, len);

			ck_assert_uint_eq(crc32c_update(7, data + start, len),
					  crc);
			ck_assert_uint_eq(
			    crc32c_update_portable(7, data + start, len), crc);
		}
	}
}
END_TEST

START_TEST(long_data_agrees_with_the_definition)
{
	static uint8_t data[LONG_SIZE];
	uint32_t crc = 0;
	size_t len;

	fill(data, sizeof data);
	for (len = 0; len < sizeof data; len++) {
		if (len % 64 == 0 || len % 512 < 2 || len % 512 == 511) {
			ck_assert_uint_eq(crc32c_update(0, data, len), crc);
			ck_assert_uint_eq(crc32c_update_portable(0, data, len),
					  crc);
		}
		crc = by_definition(crc, data + len, 1);
	}
}
END_TEST

START_TEST(pieces_give_the_crc_of_the_whole)
{
	static uint8_t data[LONG_SIZE];
	uint32_t whole;
	size_t cut;

	fill(data, sizeof data);
	whole = crc32c_update(0, data, sizeof data);
	for (cut = 0; cut <= sizeof data; cut += 37) {
		uint32_t crc = crc32c_update(0, data, cut);

		crc = crc32c_update(crc, data + cut, sizeof data - cut);
		ck_assert_uint_eq(crc, whole);
		crc = crc32c_update_portable(0, data, cut);
		crc =
		    crc32c_update_portable(crc, data + cut, sizeof data - cut);
		ck_assert_uint_eq(crc, whole);
	}
}
END_TEST

START_TEST(every_flipped_bit_shows)
{
	static uint8_t data[6144 + 77];
	uint32_t whole;
	size_t bit;

	fill(data, sizeof data);
	whole = crc32c_update(0, data, sizeof data);
	for (bit = 0; bit < 8 * sizeof data; bit++) {
		uint8_t mask = (uint8_t)(1U << bit % 8);

		data[bit / 8] ^= mask;
		ck_assert_uint_ne(crc32c_update(0, data, sizeof data), whole);
		data[bit / 8] ^= mask;
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("crc32c");
	TCase *tests = tcase_create("crc32c");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, the_examples_of_the_standard_come_out);
	tcase_add_test(tests,
		       every_length_and_alignment_agrees_with_the_definition);
	tcase_add_test(tests, long_data_agrees_with_the_definition);
	tcase_add_test(tests, pieces_give_the_crc_of_the_whole);
	tcase_add_test(tests, every_flipped_bit_shows);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
