#include "archive/data_file.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/page_check.h"
#include "common/base/buf.h"
#include "common/base/crc32c.h"

#define PAGE 8192
#define START_LSN 0x100000000u

static int fd;
static uint8_t *chunk;
static atomic_bool cancelled;
static struct buf content;
static struct data_file_rules rules;
static struct data_file_result result;
static struct err err;

static void
set_up(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[256];

	(void)snprintf(path, sizeof path, "%s/walnut.XXXXXX",
		       tmp != NULL ? tmp : "/tmp");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	(void)unlink(path);
	chunk = malloc(DATA_FILE_CHUNK);
	ck_assert_ptr_nonnull(chunk);
	/* What an earlier file left there must not get into this one. */
	memset(chunk, 0xAA, DATA_FILE_CHUNK);
	content = (struct buf)BUF_INIT(16 * 1024 * 1024);
	rules = (struct data_file_rules){
	    .verify = true,
	    .block_size = PAGE,
	    .relation_segment = 131072,
	    .start_lsn = START_LSN,
	    .cancelled = &cancelled,
	};
}

static void
tear_down(void)
{
	buf_free(&content);
	free(chunk);
	(void)close(fd);
}

static int
keep(void *context, const void *data, size_t len, struct err *error)
{
	return buf_append(context, data, len, error);
}

/* One page at its place in the file, whole unless `harm` flips bits of it. */
static void
write_page(uint32_t segment, uint32_t at, uint64_t lsn, uint8_t harm)
{
	uint8_t page[PAGE];
	uint32_t halves[2] = {(uint32_t)(lsn >> 32), (uint32_t)lsn};
	uint16_t upper = 4096;
	uint16_t sum;

	memset(page, (int)at + 1, sizeof page);
	memcpy(page, halves, sizeof halves);
	memcpy(page + 14, &upper, sizeof upper);
	sum = page_checksum(page, PAGE, segment * 131072 + at);
	memcpy(page + 8, &sum, sizeof sum);
	page[5000] ^= harm;
	ck_assert_int_eq(pwrite(fd, page, PAGE, (off_t)at * PAGE), PAGE);
}

static int
read_segment(uint64_t size, uint32_t segment)
{
	struct data_file file = {
	    .fd = fd,
	    .path = "base/5/16384",
	    .size = size,
	    .pages = true,
	    .segment = segment,
	};

	buf_clear(&content);
	return data_file_read(&file, &rules, chunk, keep, &content, &result,
			      &err);
}

static void
fill(size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)(i * 7 + i / 251);

		ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)i), 1);
	}
}

static const struct {
	size_t file;      /* bytes it has */
	size_t announced; /* bytes it had when its header was written */
} sizes[] = {
    {0, 0},           {1, 1},           {1000, 1000},
    {1000, 400},      {1000, 5000},     {0, 300000},
    {300000, 300000}, {262144, 262144}, {262145, 262144},
};

START_TEST(exactly_the_announced_size_is_handed_on)
{
	size_t both = sizes[_i].file < sizes[_i].announced
			  ? sizes[_i].file
			  : sizes[_i].announced;

	rules.verify = false;
	fill(sizes[_i].file);
	ck_assert_int_eq(read_segment(sizes[_i].announced, 0), 0);
	ck_assert_uint_eq(content.len, sizes[_i].announced);
	for (size_t i = 0; i < content.len; i++) {
		uint8_t expected = i < both ? (uint8_t)(i * 7 + i / 251) : 0;

		ck_assert_uint_eq((uint8_t)content.data[i], expected);
	}
	ck_assert_uint_eq(result.crc32c,
			  crc32c_update(0, content.data, content.len));
}
END_TEST

START_TEST(whole_pages_are_not_counted)
{
	for (uint32_t at = 0; at < 40; at++)
		write_page(2, at, 5000, 0);
	ck_assert_int_eq(read_segment(40 * PAGE, 2), 0);
	ck_assert_uint_eq(result.broken, 0);
	ck_assert_uint_eq(result.late_lsn, 0);
}
END_TEST

START_TEST(pages_of_another_segment_are_broken)
{
	write_page(2, 0, 5000, 0);
	ck_assert_int_eq(read_segment(PAGE, 3), 0);
	ck_assert_uint_eq(result.broken, 1);
}
END_TEST

START_TEST(a_flipped_bit_before_the_start_is_counted)
{
	for (uint32_t at = 0; at < 40; at++)
		write_page(0, at, START_LSN - 1, at == 35 ? 0x40 : 0);
	ck_assert_int_eq(read_segment(40 * PAGE, 0), 0);
	ck_assert_uint_eq(result.broken, 1);
	ck_assert_uint_eq(content.len, 40 * PAGE);
}
END_TEST

START_TEST(every_broken_page_of_many_is_counted)
{
	for (uint32_t at = 0; at < 40; at++)
		write_page(0, at, 1, 1);
	ck_assert_int_eq(read_segment(40 * PAGE, 0), 0);
	ck_assert_uint_eq(result.broken, 40);
}
END_TEST

START_TEST(a_torn_page_from_after_the_start_is_left_to_replay)
{
	write_page(0, 0, START_LSN, 1);
	write_page(0, 1, START_LSN + 77, 1);
	write_page(0, 2, START_LSN + 99, 0);
	ck_assert_int_eq(read_segment(3 * PAGE, 0), 0);
	ck_assert_uint_eq(result.broken, 0);
	ck_assert_uint_eq(result.late_lsn, START_LSN + 77);
}
END_TEST

START_TEST(half_a_page_at_the_end_is_not_looked_at)
{
	write_page(0, 0, 1, 0);
	write_page(0, 1, 1, 1);
	ck_assert_int_eq(ftruncate(fd, PAGE + 4096), 0);
	ck_assert_int_eq(read_segment(PAGE + 4096, 0), 0);
	ck_assert_uint_eq(result.broken, 0);
}
END_TEST

START_TEST(without_verification_nothing_is_counted)
{
	write_page(0, 0, 1, 1);
	rules.verify = false;
	ck_assert_int_eq(read_segment(PAGE, 0), 0);
	ck_assert_uint_eq(result.broken, 0);
}
END_TEST

START_TEST(a_cancelled_backup_reads_no_further)
{
	write_page(0, 0, 1, 0);
	atomic_store(&cancelled, true);
	ck_assert_int_eq(read_segment(PAGE, 0), -1);
	ck_assert_int_eq(err.kind, ERR_STOPPED);
	ck_assert_uint_eq(content.len, 0);
}
END_TEST

static void *
mend(void *context)
{
	(void)context;
	(void)usleep(25 * 1000);
	write_page(0, 0, 1, 0);
	return NULL;
}

START_TEST(a_page_that_is_whole_at_another_look_is_not_counted)
{
	pthread_t thread;

	write_page(0, 0, 1, 1);
	ck_assert_int_eq(pthread_create(&thread, NULL, mend, NULL), 0);
	ck_assert_int_eq(read_segment(PAGE, 0), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(result.broken, 0);
	/* What was whole is what is kept. */
	ck_assert_int_eq(content.data[5000], 1);
}
END_TEST

START_TEST(a_failure_of_the_taker_is_passed_on)
{
	write_page(0, 0, 1, 0);
	content.limit = 100;
	ck_assert_int_eq(read_segment(PAGE, 0), -1);
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("data_file");
	TCase *tcase = tcase_create("data_file");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, exactly_the_announced_size_is_handed_on, 0,
			    (int)(sizeof sizes / sizeof *sizes));
	tcase_add_test(tcase, whole_pages_are_not_counted);
	tcase_add_test(tcase, pages_of_another_segment_are_broken);
	tcase_add_test(tcase, a_flipped_bit_before_the_start_is_counted);
	tcase_add_test(tcase, every_broken_page_of_many_is_counted);
	tcase_add_test(tcase,
		       a_torn_page_from_after_the_start_is_left_to_replay);
	tcase_add_test(tcase, half_a_page_at_the_end_is_not_looked_at);
	tcase_add_test(tcase, without_verification_nothing_is_counted);
	tcase_add_test(tcase, a_cancelled_backup_reads_no_further);
	tcase_add_test(tcase,
		       a_page_that_is_whole_at_another_look_is_not_counted);
	tcase_add_test(tcase, a_failure_of_the_taker_is_passed_on);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
