#include "restore/choose.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/catalog/wal_archive.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"

#define MIB ((uint64_t)1 << 20)
#define SEGMENT_SIZE (16 * MIB)

/*
 * The history all tests share; a segment is 16 MiB, so 0/2000000 is segment 2:
 *
 *	timeline 1:  A ends 0/2000100   B ends 0/5000100   C ends 0/9000100
 *	timeline 2 leaves it at 0/7000000:   D ends 0/8000100
 *	timeline 3 leaves 2 at 0/8800000
 */
static struct backup backups[5];
static struct backup_set set = {.backups = backups};
static struct faulty_plan plan;
static struct store *store;
static const struct pipeline zstd = {.codec = CODEC_DEFAULT};
static struct err err;

#define A "base_000000010000000000000002"
#define B "base_000000010000000000000005"
#define C "base_000000010000000000000009"
#define D "base_000000020000000000000008"

static void
put_wal(const char *name, const char *text)
{
	char object[OBJECT_NAME_SIZE];
	struct sink *out;

	object_wal(name, ".zst", object);
	out = store_put(store, object, STORE_NEW, STORE_SIZE_UNKNOWN, &err);
	ck_assert_ptr_nonnull(out);
	out = pipeline_out(&zstd, out, &err);
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(sink_write_text(out, text, &err), 0);
	ck_assert_int_eq(sink_finish(out, &err), 0);
	sink_free(out);
}

static void
add(uint32_t timeline, uint64_t segment, time_t finished)
{
	struct backup *backup = &backups[set.count++];
	char name[WAL_NAME_SIZE];

	backup_init(backup);
	backup->timeline = timeline;
	backup->segment_size = SEGMENT_SIZE;
	backup->start_lsn = segment * SEGMENT_SIZE + 0x28;
	backup->finish_lsn = segment * SEGMENT_SIZE + 0x100;
	backup->finish_time.tv_sec = finished;
	backup_name_full(timeline, backup->start_lsn, SEGMENT_SIZE,
			 backup->name);
	wal_name_of_segment(timeline, segment, SEGMENT_SIZE, name);
	put_wal(name, "a segment");
}

static void
set_up(void)
{
	log_start("check_choose", LOG_QUIET);
	store = faulty_store_new(memory_store_new(&err), &plan, &err);
	ck_assert_ptr_nonnull(store);
	add(1, 2, 1000);
	add(1, 5, 2000);
	add(2, 8, 3000);
	add(1, 9, 4000);
	put_wal("00000002.history", "1\t0/7000000\tno recovery target\n");
	put_wal("00000003.history", "1\t0/7000000\tno recovery target\n"
				    "2\t0/8800000\tno recovery target\n");
}

static void
tear_down(void)
{
	for (size_t i = 0; i < set.count; i++)
		backup_free(&backups[i]);
	store_free(store);
}

static const struct backup *
choose(const char *name, const struct target *target)
{
	memset(&err, 0, sizeof err);
	plan.calls = 0;
	return choose_backup(store, &zstd, &set, name, target, &err);
}

static void
expect(const char *name, const struct target *target, const char *chosen)
{
	const struct backup *backup = choose(name, target);

	ck_assert_msg(backup != NULL, "%s", err.message);
	ck_assert_str_eq(backup->name, chosen);
	ck_assert(backup >= backups && backup < backups + set.count);
}

static void
refuse(const char *name, const struct target *target, enum err_kind kind,
       const char *word)
{
	ck_assert_ptr_null(choose(name, target));
	ck_assert_msg(err.kind == kind, "%s", err.message);
	ck_assert_msg(strstr(err.message, word) != NULL, "%s", err.message);
}

#define CURRENT .timeline = TARGET_TIMELINE_CURRENT
#define TIME .kind = TARGET_TIME, .text = "then"
#define LSN .kind = TARGET_LSN, .text = "there"

static const struct {
	struct target target;
	const char *chosen;
} reachable[] = {
    /* on its own timeline, whatever lies beside it */
    {{CURRENT}, C},
    {{CURRENT, .kind = TARGET_IMMEDIATE}, C},
    {{CURRENT, .kind = TARGET_XID, .text = "5"}, C},
    {{CURRENT, .kind = TARGET_NAME, .text = "x"}, C},
    {{CURRENT, TIME, .time = {4000, 0}}, C},
    {{CURRENT, TIME, .time = {3999, 999999999}}, D},
    {{CURRENT, TIME, .time = {2999, 0}}, B},
    {{CURRENT, TIME, .time = {1000, 0}}, A},
    {{CURRENT, LSN, .lsn = 0x9000100}, C},
    {{CURRENT, LSN, .lsn = 0x90000ff}, D},
    {{CURRENT, LSN, .lsn = 0x5000100}, B},
    {{CURRENT, LSN, .lsn = 0x2000100}, A},
    /* C lies behind the point where the way to 2 and 3 left timeline 1 */
    {{.timeline = TARGET_TIMELINE_LATEST}, D},
    {{.timeline = 3}, D},
    {{.timeline = 2}, D},
    {{.timeline = 1}, C},
    {{.timeline = 2, TIME, .time = {2500, 0}}, B},
    {{.timeline = 3, LSN, .lsn = 0x7000000}, B},
    {{.timeline = 1, LSN, .lsn = 0x8800000}, B},
};

START_TEST(the_newest_backup_that_can_reach_the_target_is_chosen)
{
	expect(_i % 2 == 0 ? NULL : "LATEST", &reachable[_i].target,
	       reachable[_i].chosen);
}
END_TEST

START_TEST(a_name_is_taken_at_its_word)
{
	static const struct target end = {CURRENT};
	static const struct target latest = {.kind = TARGET_END};

	expect(A, &end, A);
	expect(B, &latest, B);
	refuse("base_000000010000000000000003", &end, ERR_ABSENT,
	       "base_000000010000000000000003");
}
END_TEST

START_TEST(a_named_backup_that_ended_too_late_is_absent)
{
	static const struct target time = {CURRENT, TIME, .time = {1999, 0}};
	static const struct target lsn = {CURRENT, LSN, .lsn = 0x50000ff};

	refuse(B, &time, ERR_ABSENT, B ": ended at");
	ck_assert_ptr_nonnull(strstr(err.message, "then"));
	refuse(B, &lsn, ERR_ABSENT, B ": ended at 0/5000100");
	ck_assert_ptr_nonnull(strstr(err.message, "there"));
}
END_TEST

START_TEST(a_target_before_every_backup_is_absent)
{
	static const struct target time = {CURRENT, TIME, .time = {999, 0}};
	static const struct target lsn = {CURRENT, LSN, .lsn = 1};

	refuse(NULL, &time, ERR_ABSENT, "no backup can reach the target");
	ck_assert_ptr_nonnull(strstr(err.message, C));
	refuse(NULL, &lsn, ERR_ABSENT, "no backup can reach the target");
}
END_TEST

START_TEST(a_backup_behind_the_switch_is_refused)
{
	static const struct target latest = {.kind = TARGET_END};
	static const struct target two = {.timeline = 2};

	refuse(C, &latest, ERR_REFUSED,
	       C ": timeline 3 left timeline 1 at 0/7000000");
	ck_assert_ptr_nonnull(strstr(err.message, "0/9000100"));
	ck_assert_ptr_nonnull(strstr(err.hint, "--target-timeline=1"));
	refuse(C, &two, ERR_REFUSED, "timeline 2 left timeline 1");
}
END_TEST

START_TEST(a_backup_that_ended_at_the_switch_is_on_the_way)
{
	static const struct target two = {.timeline = 2};

	backups[1].finish_lsn = 0x7000000;
	put_wal("000000010000000000000006", "a segment");
	expect(B, &two, B);
	backups[1].finish_lsn++;
	refuse(B, &two, ERR_REFUSED, "timeline 2 left timeline 1");
}
END_TEST

START_TEST(a_timeline_that_does_not_come_from_the_backups_is_refused)
{
	static const struct target one = {.timeline = 1};

	refuse(D, &one, ERR_REFUSED,
	       "timeline 1 does not come from timeline 2");
}
END_TEST

START_TEST(a_timeline_without_its_history_is_absent)
{
	static const struct target nine = {.timeline = 9};

	refuse(A, &nine, ERR_ABSENT, "00000009.history");
	ck_assert_ptr_nonnull(strstr(err.hint, "timeline 9"));
	refuse(NULL, &nine, ERR_ABSENT, "00000009.history");
}
END_TEST

START_TEST(a_damaged_history_is_damaged)
{
	static const struct target four = {.timeline = 4};

	put_wal("00000004.history", "this is no history\n");
	refuse(A, &four, ERR_DAMAGED, "00000004.history");
	refuse(NULL, &four, ERR_DAMAGED, "00000004.history");
}
END_TEST

START_TEST(missing_wal_is_absent_and_named)
{
	static const struct target end = {CURRENT};
	static const char *const gone = "wal_005/000000010000000000000009.zst";

	ck_assert_int_eq(store_remove(store, &gone, 1, &err), 0);
	refuse(C, &end, ERR_ABSENT, "000000010000000000000009");
	ck_assert_ptr_nonnull(strstr(err.message, C));
	/* an older backup is not what was asked for */
	refuse(NULL, &end, ERR_ABSENT, "000000010000000000000009");
	ck_assert_str_ne(err.hint, "");
}
END_TEST

START_TEST(a_damaged_sentinel_is_passed_over_unless_it_is_named)
{
	static const struct target end = {CURRENT};

	backups[3].problem = strdup("its sentinel is damaged");
	expect(NULL, &end, D);
	refuse(C, &end, ERR_DAMAGED, C ": its sentinel is damaged");
}
END_TEST

START_TEST(a_delta_is_passed_over_unless_it_is_named)
{
	static const struct target end = {CURRENT};

	backups[3].delta = true;
	expect(NULL, &end, D);
	refuse(C, &end, ERR_USAGE, "delta");
}
END_TEST

START_TEST(an_empty_store_has_no_backups)
{
	static const struct target end = {CURRENT};
	static const struct backup_set none;

	memset(&err, 0, sizeof err);
	ck_assert_ptr_null(
	    choose_backup(store, &zstd, &none, NULL, &end, &err));
	ck_assert_int_eq((int)err.kind, ERR_ABSENT);
	ck_assert_ptr_nonnull(strstr(err.message, "no backups here"));
}
END_TEST

START_TEST(damaged_sentinels_alone_are_damaged)
{
	static const struct target end = {CURRENT};

	for (size_t i = 0; i < set.count; i++)
		backups[i].problem = strdup("its sentinel is damaged");
	refuse(NULL, &end, ERR_DAMAGED, C);
}
END_TEST

static const enum err_kind kinds[] = {ERR_UNREACHABLE, ERR_DENIED};

/* Every call fails once, and also all from it on: the answer is the right
 * backup or none. */
START_TEST(a_store_that_cannot_be_asked_never_means_another_backup)
{
	static const struct target latest = {.kind = TARGET_END};
	static const struct target three = {.timeline = 3};
	const struct target *target = _i % 2 ? &latest : &three;
	const struct backup *chosen = NULL;
	uint64_t number;

	plan.kind = kinds[_i / 2 % 2];
	for (number = 1; chosen == NULL; number++) {
		plan.fail_call = _i / 4 ? number : 0;
		plan.fail_from = _i / 4 ? 0 : number;
		chosen = choose("LATEST", target);
		if (chosen == NULL)
			ck_assert_msg(err.kind == plan.kind, "%s", err.message);
	}
	ck_assert_str_eq(chosen->name, D);
	ck_assert_uint_gt(number, 3);
	ck_assert_uint_gt(number, plan.calls);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_loop_test(
	    tcase, the_newest_backup_that_can_reach_the_target_is_chosen, 0,
	    (int)(sizeof reachable / sizeof *reachable));
	tcase_add_test(tcase, a_name_is_taken_at_its_word);
	tcase_add_test(tcase, a_named_backup_that_ended_too_late_is_absent);
	tcase_add_test(tcase, a_target_before_every_backup_is_absent);
	tcase_add_test(tcase, a_backup_behind_the_switch_is_refused);
	tcase_add_test(tcase, a_backup_that_ended_at_the_switch_is_on_the_way);
	tcase_add_test(
	    tcase, a_timeline_that_does_not_come_from_the_backups_is_refused);
	tcase_add_test(tcase, a_timeline_without_its_history_is_absent);
	tcase_add_test(tcase, a_damaged_history_is_damaged);
	tcase_add_test(tcase, missing_wal_is_absent_and_named);
	tcase_add_test(tcase,
		       a_damaged_sentinel_is_passed_over_unless_it_is_named);
	tcase_add_test(tcase, a_delta_is_passed_over_unless_it_is_named);
	tcase_add_test(tcase, an_empty_store_has_no_backups);
	tcase_add_test(tcase, damaged_sentinels_alone_are_damaged);
	tcase_add_loop_test(
	    tcase, a_store_that_cannot_be_asked_never_means_another_backup, 0,
	    8);
}

int
main(void)
{
	Suite *suite = suite_create("choose");
	TCase *tcase = tcase_create("choose");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
