#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/crc32c.h"
#include "common/pg/control_file.h"
#include "tests/unit/scratch_server.h"

/* Bytes the CRC covers, and the CRC. */
#define CHECKED 288
#define CHECKED_18 292

static void
put(uint8_t *bytes, size_t at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[at + i] = (uint8_t)(value >> (8 * i));
}

static void
seal(uint8_t *bytes, size_t checked)
{
	put(bytes, checked, crc32c_update(0, bytes, checked), 4);
}

/* A control file in which every field holds a value of its own. */
static void
make(uint8_t bytes[CONTROL_FILE_SIZE], uint32_t control, uint32_t catalog)
{
	memset(bytes, 0, CONTROL_FILE_SIZE);
	put(bytes, 0, UINT64_C(0xFEDCBA9876543210), 8);
	put(bytes, 8, control, 4);
	put(bytes, 12, catalog, 4);
	put(bytes, 16, CONTROL_IN_ARCHIVE_RECOVERY, 4);
	put(bytes, 32, UINT64_C(0x1122334455667788), 8);
	put(bytes, 40, UINT64_C(0x1122334455667700), 8);
	put(bytes, 48, 7, 4);
	put(bytes, 136, UINT64_C(0x99AABBCCDDEEFF00), 8);
	put(bytes, 144, 8, 4);
	put(bytes, 180, 101, 4);
	put(bytes, 184, 102, 4);
	put(bytes, 188, 103, 4);
	put(bytes, 192, 104, 4);
	put(bytes, 196, 105, 4);
	put(bytes, 216, 16384, 4);
	put(bytes, 220, 131072, 4);
	put(bytes, 228, 64 * 1024 * 1024, 4);
	put(bytes, 252, 1, 4);
	seal(bytes, control == 1800 ? CHECKED_18 : CHECKED);
}

static const struct {
	uint32_t control;
	uint32_t catalog;
	unsigned version;
} versions[] = {
    {1300, 202007201, 13}, {1300, 202107181, 14}, {1300, 202209061, 15},
    {1300, 202307071, 16}, {1700, 202406281, 17}, {1800, 202506291, 18},
};

START_TEST(every_field_of_every_version_is_read)
{
	uint8_t bytes[CONTROL_FILE_SIZE];
	struct control_file control;
	struct err err = {0};

	make(bytes, versions[_i].control, versions[_i].catalog);
	ck_assert_int_eq(
	    control_file_parse(bytes, sizeof(bytes), &control, &err), 0);
	ck_assert_uint_eq(control.system_identifier,
			  UINT64_C(0xFEDCBA9876543210));
	ck_assert_uint_eq(control.control_version, versions[_i].control);
	ck_assert_uint_eq(control.catalog_version, versions[_i].catalog);
	ck_assert_uint_eq(control.version, versions[_i].version);
	ck_assert_int_eq(control.state, CONTROL_IN_ARCHIVE_RECOVERY);
	ck_assert_uint_eq(control.checkpoint, UINT64_C(0x1122334455667788));
	ck_assert_uint_eq(control.redo, UINT64_C(0x1122334455667700));
	ck_assert_uint_eq(control.timeline, 7);
	ck_assert_uint_eq(control.minimum_recovery,
			  UINT64_C(0x99AABBCCDDEEFF00));
	ck_assert_uint_eq(control.minimum_recovery_timeline, 8);
	ck_assert_uint_eq(control.max_connections, 101);
	ck_assert_uint_eq(control.max_worker_processes, 102);
	ck_assert_uint_eq(control.max_wal_senders, 103);
	ck_assert_uint_eq(control.max_prepared_transactions, 104);
	ck_assert_uint_eq(control.max_locks_per_transaction, 105);
	ck_assert_uint_eq(control.block_size, 16384);
	ck_assert_uint_eq(control.relation_segment, 131072);
	ck_assert_uint_eq(control.wal_segment_size, 64 * 1024 * 1024);
	ck_assert_uint_eq(control.checksum_version, 1);
}
END_TEST

START_TEST(every_flipped_bit_is_damaged)
{
	uint8_t bytes[CONTROL_FILE_SIZE];
	size_t checked =
	    (versions[_i].control == 1800 ? CHECKED_18 : CHECKED) + 4;

	make(bytes, versions[_i].control, versions[_i].catalog);
	for (size_t bit = 0; bit < checked * 8; bit++) {
		struct control_file control;
		struct err err = {0};
		uint8_t mask = (uint8_t)(1u << bit % 8);

		bytes[bit / 8] ^= mask;
		ck_assert_msg(control_file_parse(bytes, sizeof(bytes), &control,
						 &err) == -1,
			      "bit %zu", bit);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
		bytes[bit / 8] ^= mask;
	}
}
END_TEST

START_TEST(every_truncation_and_a_longer_file_are_damaged)
{
	uint8_t bytes[CONTROL_FILE_SIZE + 1] = {0};
	struct control_file control;
	struct err err = {0};

	make(bytes, 1300, 202209061);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		int status = control_file_parse(bytes, len, &control, &err);

		if (len == CONTROL_FILE_SIZE) {
			ck_assert_int_eq(status, 0);
			continue;
		}
		ck_assert_int_eq(status, -1);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
		ck_assert_ptr_nonnull(strstr(err.message, "instead of 8192"));
	}
}
END_TEST

/* Values that no known server writes, under a right checksum. */
static const struct {
	size_t at;
	uint32_t value;
	const char *word;
} impossible[] = {
    {8, 1201, "version 1201"},
    {8, 0, "version 0"},
    {8, 1301, "version 1301"},
    {12, 202009061, "202009061"},
    {16, 7, "state 7"},
    {216, 0, "blocks"},
    {216, 8191, "blocks"},
    {220, 0, "blocks"},
    {228, 0, "segment size of 0"},
    {228, 3 << 20, "segment size"},
    {228, 512 << 10, "segment size"},
};

START_TEST(an_impossible_value_is_damaged)
{
	uint8_t bytes[CONTROL_FILE_SIZE];
	struct control_file control = {.timeline = 77};
	struct err err = {0};

	make(bytes, 1300, 202209061);
	put(bytes, impossible[_i].at, impossible[_i].value, 4);
	seal(bytes, CHECKED);
	ck_assert_int_eq(
	    control_file_parse(bytes, sizeof(bytes), &control, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_msg(strstr(err.message, impossible[_i].word), "%s",
		      err.message);
	ck_assert_uint_eq(control.timeline, 77);
}
END_TEST

/* A data directory with nothing but a control file. */
struct directory {
	char path[256];
	char file[300];
};

static void
directory_make(struct directory *directory)
{
	char global[280];
	const char *parent = getenv("TMPDIR");

	(void)snprintf(directory->path, sizeof(directory->path),
		       "%s/walnut-control.XXXXXX", parent ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory->path));
	(void)snprintf(global, sizeof(global), "%s/global", directory->path);
	ck_assert_int_eq(mkdir(global, 0700), 0);
	(void)snprintf(directory->file, sizeof(directory->file),
		       "%s/pg_control", global);
}

static void
directory_write(const struct directory *directory, const void *bytes,
		size_t len)
{
	FILE *file = fopen(directory->file, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

static void
directory_remove(const struct directory *directory)
{
	char global[280];

	(void)unlink(directory->file);
	(void)snprintf(global, sizeof(global), "%s/global", directory->path);
	(void)rmdir(global);
	ck_assert_int_eq(rmdir(directory->path), 0);
}

START_TEST(a_directory_without_one_is_absent)
{
	struct directory directory;
	struct control_file control;
	struct err err = {0};

	directory_make(&directory);
	ck_assert_int_eq(
	    control_file_read(directory.path, &control, NULL, &err), -1);
	ck_assert_int_eq(err.kind, ERR_ABSENT);
	ck_assert_ptr_nonnull(strstr(err.message, "global/pg_control"));
	directory_remove(&directory);
}
END_TEST

START_TEST(a_damaged_file_is_read_for_a_second_and_then_damaged)
{
	static const size_t lengths[] = {0, 512, CONTROL_FILE_SIZE,
					 CONTROL_FILE_SIZE + 1};
	uint8_t bytes[CONTROL_FILE_SIZE + 1] = {0};
	struct directory directory;
	struct control_file control;
	uint64_t begin = clock_elapsed_ms();
	struct err err = {0};

	make(bytes, 1300, 202209061);
	if (lengths[_i] == CONTROL_FILE_SIZE)
		bytes[0] ^= 1;
	directory_make(&directory);
	directory_write(&directory, bytes, lengths[_i]);
	ck_assert_int_eq(
	    control_file_read(directory.path, &control, NULL, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.message, directory.file));
	ck_assert_uint_ge(clock_elapsed_ms() - begin, 900);
	ck_assert_uint_lt(clock_elapsed_ms() - begin, 5000);
	directory_remove(&directory);
}
END_TEST

struct repair {
	const struct directory *directory;
	const uint8_t *bytes;
};

static void *
repair(void *context)
{
	const struct repair *plan = context;
	const struct timespec wait = {.tv_nsec = 200 * 1000000L};

	(void)nanosleep(&wait, NULL);
	directory_write(plan->directory, plan->bytes, CONTROL_FILE_SIZE);
	return NULL;
}

START_TEST(a_file_caught_in_the_middle_of_a_write_is_read_again)
{
	uint8_t bytes[CONTROL_FILE_SIZE];
	uint8_t back[CONTROL_FILE_SIZE] = {0};
	struct directory directory;
	struct repair plan = {&directory, bytes};
	struct control_file control;
	pthread_t thread;
	struct err err = {0};

	make(bytes, 1300, 202209061);
	directory_make(&directory);
	directory_write(&directory, bytes, 100);
	ck_assert_int_eq(pthread_create(&thread, NULL, repair, &plan), 0);
	ck_assert_msg(control_file_read(directory.path, &control, back, &err) ==
			  0,
		      "%s", err.message);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(control.timeline, 7);
	ck_assert_mem_eq(back, bytes, sizeof(bytes));
	directory_remove(&directory);
}
END_TEST

/* A real cluster, never started; removed also when its test fails. */
static struct scratch_server cluster;

static void
set_up(void)
{
	scratch_server_make(&cluster, "--wal-segsize=64");
}

static void
tear_down(void)
{
	scratch_server_remove(&cluster);
}

/* What pg_controldata says behind `label`, as text. */
static void
told(const char *label, char text[100])
{
	char command[2 * SCRATCH_SERVER_PATH_SIZE + 60];
	char line[256];
	FILE *output;

	(void)snprintf(command, sizeof(command),
		       "LC_ALL=C '%s/pg_controldata' '%s'", cluster.programs,
		       cluster.data);
	output = popen(command, "r");
	ck_assert_ptr_nonnull(output);
	text[0] = '\0';
	while (fgets(line, sizeof(line), output)) {
		const char *value = line + strlen(label);

		if (strncmp(line, label, strlen(label)) != 0)
			continue;
		value += strspn(value, ": ");
		(void)snprintf(text, 100, "%.*s", (int)strcspn(value, "\n"),
			       value);
	}
	ck_assert_int_eq(pclose(output), 0);
	ck_assert_msg(text[0] != '\0', "%s", label);
}

static void
check_told(const char *label, uint64_t value)
{
	char text[100];

	told(label, text);
	ck_assert_msg(strtoull(text, NULL, 10) == value, "%s: %s, not %llu",
		      label, text, (unsigned long long)value);
}

START_TEST(a_real_file_says_what_pg_controldata_says)
{
	struct control_file control;
	uint8_t bytes[CONTROL_FILE_SIZE];
	struct err err = {0};

	ck_assert_msg(control_file_read(cluster.data, &control, bytes, &err) ==
			  0,
		      "%s", err.message);
	check_told("Database system identifier", control.system_identifier);
	check_told("pg_control version number", control.control_version);
	check_told("Catalog version number", control.catalog_version);
	check_told("Latest checkpoint's TimeLineID", control.timeline);
	check_told("max_connections setting", control.max_connections);
	check_told("max_worker_processes setting",
		   control.max_worker_processes);
	check_told("max_wal_senders setting", control.max_wal_senders);
	check_told("max_prepared_xacts setting",
		   control.max_prepared_transactions);
	check_told("max_locks_per_xact setting",
		   control.max_locks_per_transaction);
	check_told("Database block size", control.block_size);
	check_told("Blocks per segment of large relation",
		   control.relation_segment);
	check_told("Bytes per WAL segment", control.wal_segment_size);
	check_told("Data page checksum version", control.checksum_version);
	ck_assert_uint_eq(control.wal_segment_size, 64 * 1024 * 1024);
	ck_assert_int_eq(control.state, CONTROL_SHUT_DOWN);
	ck_assert_uint_eq(control.redo, control.checkpoint);
	ck_assert_uint_gt(control.redo, 0);
}
END_TEST

int
main(void)
{
	size_t count = sizeof(versions) / sizeof(versions[0]);
	Suite *suite = suite_create("control_file");
	TCase *tcase = tcase_create("control_file");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, every_field_of_every_version_is_read, 0,
			    (int)count);
	tcase_add_loop_test(tcase, every_flipped_bit_is_damaged, 0, (int)count);
	tcase_add_test(tcase, every_truncation_and_a_longer_file_are_damaged);
	tcase_add_loop_test(tcase, an_impossible_value_is_damaged, 0,
			    sizeof(impossible) / sizeof(impossible[0]));
	tcase_add_test(tcase, a_directory_without_one_is_absent);
	tcase_add_loop_test(
	    tcase, a_damaged_file_is_read_for_a_second_and_then_damaged, 0, 4);
	tcase_add_test(tcase,
		       a_file_caught_in_the_middle_of_a_write_is_read_again);
	if (scratch_server_possible()) {
		TCase *real = tcase_create("real control file");

		suite_add_tcase(suite, real);
		tcase_set_timeout(real, 120);
		tcase_add_unchecked_fixture(real, set_up, tear_down);
		tcase_add_test(real, a_real_file_says_what_pg_controldata_says);
	}
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
