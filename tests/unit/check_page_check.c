#include "archive/page_check.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/relation_name.h"

#define PAGE 8192

/* A page that looks like a heap page, its bytes made by a fixed rule, with the
 * checksum in place. */
static void
make_page(uint8_t page[PAGE], uint32_t block)
{
	uint16_t sum;
	uint16_t upper = 4096;
	uint32_t next = 1;

	for (size_t i = 0; i < PAGE; i++) {
		next = next * 1103515245u + 12345u;
		page[i] = (uint8_t)(next >> 16);
	}
	memcpy(page + 14, &upper, sizeof upper);
	sum = page_checksum(page, PAGE, block);
	memcpy(page + 8, &sum, sizeof sum);
}

START_TEST(a_page_with_its_checksum_is_whole)
{
	uint8_t page[PAGE];

	make_page(page, 7);
	ck_assert_int_eq(page_check(page, PAGE, 7), PAGE_WHOLE);
}
END_TEST

START_TEST(the_checksum_depends_on_the_block_number)
{
	uint8_t page[PAGE];

	make_page(page, 7);
	ck_assert_int_eq(page_check(page, PAGE, 8), PAGE_BROKEN);
	ck_assert_int_eq(page_check(page, PAGE, 7 + 131072), PAGE_BROKEN);
}
END_TEST

START_TEST(one_flipped_bit_breaks_a_page)
{
	uint8_t page[PAGE];

	make_page(page, 3);
	for (size_t bit = 0; bit < PAGE * 8; bit++) {
		page[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_msg(page_check(page, PAGE, 3) == PAGE_BROKEN,
			      "bit %zu", bit);
		page[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

START_TEST(a_page_of_zeros_is_new)
{
	uint8_t page[PAGE] = {0};

	ck_assert_int_eq(page_check(page, PAGE, 3), PAGE_NEW);
	page[PAGE - 1] = 1;
	ck_assert_int_eq(page_check(page, PAGE, 3), PAGE_BROKEN);
	page[PAGE - 1] = 0;
	page[0] = 1;
	ck_assert_int_eq(page_check(page, PAGE, 3), PAGE_BROKEN);
}
END_TEST

START_TEST(a_page_s_lsn_has_its_high_half_first)
{
	uint32_t halves[2] = {0x12, 0x3456789A};

	ck_assert_uint_eq(page_lsn((const uint8_t *)halves), 0x123456789A);
}
END_TEST

/* Every page of one file. Returns how many there were. */
static unsigned
check_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t page[PAGE];
	uint32_t block = 0;

	ck_assert_ptr_nonnull(file);
	for (; fread(page, 1, PAGE, file) == PAGE; block++) {
		ck_assert_msg(page_check(page, PAGE, block) != PAGE_BROKEN,
			      "%s block %u", path, block);
		if (page_check(page, PAGE, block) == PAGE_NEW)
			continue;
		page[4096 + block % 4096] ^= 0x10;
		ck_assert_msg(page_check(page, PAGE, block) == PAGE_BROKEN,
			      "%s block %u flipped", path, block);
	}
	(void)fclose(file);
	return block;
}

static unsigned
check_directory(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	unsigned pages = 0;

	ck_assert_ptr_nonnull(directory);
	while ((entry = readdir(directory)) != NULL) {
		struct relation_name relation;
		char file[600];

		(void)snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		if (relation_name_parse(entry->d_name, &relation) == 0)
			pages += check_file(file);
	}
	(void)closedir(directory);
	return pages;
}

/* initdb refuses to run as root, and is not on the path in Debian. */
static const char make_cluster[] =
    "as=; test $(id -u) -ne 0 || as='runuser -u postgres --';"
    "for bin in $(ls -d /usr/lib/postgresql/*/bin) ''; do"
    " PATH=$bin:$PATH command -v initdb >/dev/null && break; done;"
    "PATH=$bin:$PATH; command -v initdb >/dev/null || exit 77;"
    "chmod 711 \"$0\" && mkdir \"$0/data\" && "
    "{ test -z \"$as\" || chown postgres \"$0/data\"; } &&"
    "$as \"$(command -v initdb)\" -k -N -U postgres -A trust"
    " \"$0/data\" >/dev/null 2>&1";

START_TEST(every_page_of_a_real_cluster_is_whole)
{
	const char *tmp = getenv("TMPDIR");
	char directory[256];
	char command[2048];
	char path[300];
	int status;

	(void)snprintf(directory, sizeof directory, "%s/walnut.XXXXXX",
		       tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)setenv("WALNUT_TEST_SCRIPT", make_cluster, 1);
	(void)snprintf(command, sizeof command,
		       "sh -c \"$WALNUT_TEST_SCRIPT\" '%s'", directory);
	status = system(command);
	if (status == 0) {
		(void)snprintf(path, sizeof path, "%s/data/base/1", directory);
		ck_assert_uint_gt(check_directory(path), 500);
		(void)snprintf(path, sizeof path, "%s/data/global", directory);
		ck_assert_uint_gt(check_directory(path), 10);
	}
	(void)snprintf(command, sizeof command, "rm -rf '%s'", directory);
	ck_assert_int_eq(system(command), 0);
	/* 77: no server is installed here. */
	ck_assert_msg(status == 0 || status == 77 << 8, "initdb: %d", status);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("page_check");
	TCase *tcase = tcase_create("page_check");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_page_with_its_checksum_is_whole);
	tcase_add_test(tcase, the_checksum_depends_on_the_block_number);
	tcase_add_test(tcase, one_flipped_bit_breaks_a_page);
	tcase_add_test(tcase, a_page_of_zeros_is_new);
	tcase_add_test(tcase, a_page_s_lsn_has_its_high_half_first);
	tcase_add_test(tcase, every_page_of_a_real_cluster_is_whole);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
