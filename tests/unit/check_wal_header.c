#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg/wal_header.h"

/* The beginning of segment 000000010000000000000002 of a PostgreSQL 15. */
static const uint8_t real[WAL_HEADER_SIZE] = {
    0x10, 0xd1, 0x02, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xc0, 0x58, 0x34, 0x23, 0xd2, 0x1d,
    0x01, 0x6b, 0x00, 0x00, 0x00, 0x01, 0x00, 0x20, 0x00, 0x00,
};

static struct wal_name
named(const char *text)
{
	struct wal_name name;

	ck_assert_int_eq(wal_name_parse(text, &name), 0);
	return name;
}

START_TEST(a_real_header_is_read)
{
	struct wal_header header;
	struct err err = {0};

	ck_assert_int_eq(wal_header_parse(real, sizeof(real), &header, &err),
			 0);
	ck_assert_uint_eq(header.magic, 0xD110);
	ck_assert_uint_eq(header.version, 15);
	ck_assert_uint_eq(header.timeline, 1);
	ck_assert_uint_eq(header.page_address, 0x2000000);
	ck_assert_uint_eq(header.system_identifier,
			  UINT64_C(0x6b011dd2233458c0));
	ck_assert_uint_eq(header.segment_size, 16 * 1024 * 1024);
	ck_assert_uint_eq(header.block_size, 8192);
}
END_TEST

START_TEST(every_truncation_is_damaged)
{
	for (size_t len = 0; len < sizeof(real); len++) {
		uint8_t *data = malloc(len + 1);
		struct wal_header header;
		struct err err = {0};

		memcpy(data, real, len);
		ck_assert_int_eq(wal_header_parse(data, len, &header, &err),
				 -1);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
		ck_assert_ptr_nonnull(strstr(err.message, "cut short"));
		free(data);
	}
}
END_TEST

START_TEST(each_major_version_has_its_magic)
{
	static const struct {
		uint8_t low;
		unsigned version;
	} known[] = {
	    {0x06, 13}, {0x0D, 14}, {0x10, 15},
	    {0x13, 16}, {0x16, 17}, {0x18, 18},
	};
	unsigned accepted = 0;

	for (unsigned low = 0; low < 256; low++) {
		uint8_t data[WAL_HEADER_SIZE];
		struct wal_header header;
		struct err err = {0};

		memcpy(data, real, sizeof(data));
		data[0] = (uint8_t)low;
		if (wal_header_parse(data, sizeof(data), &header, &err) == 0) {
			ck_assert_uint_eq(known[accepted].low, low);
			ck_assert_uint_eq(known[accepted].version,
					  header.version);
			accepted++;
		} else {
			ck_assert_int_eq(err.kind, ERR_DAMAGED);
			ck_assert_ptr_nonnull(strstr(err.message, "magic"));
		}
	}
	ck_assert_uint_eq(accepted, 6);
}
END_TEST

/* Bytes that make the header impossible, and the message's word for it. */
static const struct {
	size_t at;
	uint8_t byte;
	const char *word;
} impossible[] = {
    {1, 0xd2, "magic"},         {2, 0x00, "first page"},
    {2, 0x05, "first page"},    {2, 0x12, "first page"},
    {3, 0x80, "first page"},    {4, 0x00, "timeline 0"},
    {9, 0x20, "first page"},    {35, 0x00, "segment size"},
    {34, 0x01, "segment size"}, {35, 0x80, "segment size"},
    {37, 0x00, "block size"},   {36, 0x01, "block size"},
    {38, 0x02, "block size"},
};

START_TEST(an_impossible_header_is_damaged)
{
	uint8_t data[WAL_HEADER_SIZE];
	struct wal_header header;
	struct err err = {0};

	memcpy(data, real, sizeof(data));
	data[impossible[_i].at] = impossible[_i].byte;
	ck_assert_int_eq(wal_header_parse(data, sizeof(data), &header, &err),
			 -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_msg(strstr(err.message, impossible[_i].word), "%s",
		      err.message);
}
END_TEST

/* The fields that together make a segment what it is; a flip in any of them
 * is seen, be it alone or against the name. The others are the record length,
 * which may be anything, three flags, and the system identifier, which the
 * caller compares; and bit 3 turns version 15's magic into 18's. */
START_TEST(every_flipped_bit_of_the_identity_is_damaged)
{
	struct wal_name name = named("000000010000000000000002");

	for (size_t bit = 0; bit < sizeof(real) * 8; bit++) {
		uint8_t data[WAL_HEADER_SIZE];
		struct wal_header header;
		struct err err = {0};
		size_t at = bit / 8;
		int status;

		if ((at >= 16 && at < 32) || bit == 3 || bit == 16 ||
		    bit == 18 || bit == 19)
			continue;
		memcpy(data, real, sizeof(data));
		data[at] = (uint8_t)(data[at] ^ (1u << bit % 8));
		status = wal_header_parse(data, sizeof(data), &header, &err);
		if (status == 0)
			status = wal_header_check(&header, &name,
						  16 * 1024 * 1024, &err);
		ck_assert_msg(status == -1, "bit %zu", bit);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
	}
}
END_TEST

START_TEST(a_segment_and_a_partial_one_fit_their_name)
{
	struct wal_name whole = named("000000010000000000000002");
	struct wal_name partial = named("000000010000000000000002.partial");
	struct wal_name later = named("000000030000000000000002");
	struct wal_header header;
	struct err err = {0};

	ck_assert_int_eq(wal_header_parse(real, sizeof(real), &header, &err),
			 0);
	ck_assert_int_eq(wal_header_check(&header, &whole, 1 << 24, &err), 0);
	ck_assert_int_eq(wal_header_check(&header, &partial, 1 << 24, &err), 0);
	/* Copied to a new timeline, its first pages are of the old one. */
	ck_assert_int_eq(wal_header_check(&header, &later, 1 << 24, &err), 0);
}
END_TEST

static const struct {
	const char *name;
	uint64_t size;
	uint32_t timeline;
	const char *said; /* both sides of the message */
	const char *other;
} misfits[] = {
    {"000000010000000000000002", (1 << 24) - 1, 1, "16777215", "16777216"},
    {"000000010000000000000002", (1 << 24) + 1, 1, "16777217", "16777216"},
    {"000000010000000000000002", 0, 1, "0 bytes", "16777216"},
    {"000000010000000000000003", 1 << 24, 1, "0/3000000", "0/2000000"},
    {"000000010000000100000002", 1 << 24, 1, "1/2000000", "0/2000000"},
    {"000000010000000000000102", 1 << 24, 1, "16777216",
     "000000010000000000000102"},
    {"000000010000000000000003.partial", 1 << 24, 1, "0/3000000", "0/2000000"},
    {"000000010000000000000002", 1 << 24, 2, "timeline 1", "of 2"},
    {"00000001.history", 1 << 24, 1, "00000001.history", "segment"},
    {"000000010000000000000002.00000028.backup", 1 << 24, 1, ".backup",
     "segment"},
};

START_TEST(a_header_that_is_not_of_the_name_is_damaged)
{
	struct wal_name name = named(misfits[_i].name);
	struct wal_header header;
	struct err err = {0};

	ck_assert_int_eq(wal_header_parse(real, sizeof(real), &header, &err),
			 0);
	header.timeline = misfits[_i].timeline;
	ck_assert_int_eq(
	    wal_header_check(&header, &name, misfits[_i].size, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_msg(strstr(err.message, misfits[_i].said), "%s", err.message);
	ck_assert_msg(strstr(err.message, misfits[_i].other), "%s",
		      err.message);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wal_header");
	TCase *tcase = tcase_create("wal_header");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, a_real_header_is_read);
	tcase_add_test(tcase, every_truncation_is_damaged);
	tcase_add_test(tcase, each_major_version_has_its_magic);
	tcase_add_loop_test(tcase, an_impossible_header_is_damaged, 0,
			    sizeof(impossible) / sizeof(impossible[0]));
	tcase_add_test(tcase, every_flipped_bit_of_the_identity_is_damaged);
	tcase_add_test(tcase, a_segment_and_a_partial_one_fit_their_name);
	tcase_add_loop_test(tcase, a_header_that_is_not_of_the_name_is_damaged,
			    0, sizeof(misfits) / sizeof(misfits[0]));
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
