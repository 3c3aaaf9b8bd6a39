/*
 * What backup-delete decides, over histories made at random: whatever is asked
 * for, no backup that stays loses a backup or a WAL file that it needs.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/catalog/backup_set.h"
#include "tools/retention.h"
#include "tools/wal_need.h"

#define BACKUPS_MAX 12
#define SEGMENT ((uint64_t)16 * 1024 * 1024)
#define HISTORIES 8000
#define LOOPS 80

/* A small generator of our own, so that a seed means the same everywhere. */
struct dice {
	uint64_t state;
};

static unsigned
roll(struct dice *dice, unsigned sides)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return (unsigned)((dice->state >> 20) % sides);
}

static char *
copy(const char *text)
{
	char *result = strdup(text);

	ck_assert_ptr_nonnull(result);
	return result;
}

/* Segment numbers only: every backup here has the same segment size, but where
 * `second` is set, which lies in a cluster made anew with other numbers. */
struct world {
	struct dice dice;
	struct backup_set set;
	uint64_t segment;
	uint32_t timeline;
	uint64_t system;
	time_t now;
};

static void
make_delta(struct world *world, struct backup *backup, size_t index)
{
	const struct backup *base;

	if (index == 0 || roll(&world->dice, 3) == 0)
		return;
	base = &world->set
		    .backups[index - 1 -
			     roll(&world->dice, index < 2 ? 1 : (unsigned)2)];
	if (base->problem != NULL ||
	    base->system_identifier != backup->system_identifier)
		return;
	backup->delta = true;
	backup->delta_lsn = base->start_lsn;
	backup->delta_from = copy(base->name);
	backup->delta_full = copy(base->delta ? base->delta_full : base->name);
	backup->delta_count = base->delta_count + 1;
}

static void
make_backup(struct world *world, size_t index)
{
	struct backup *backup = &world->set.backups[index];

	backup_init(backup);
	backup->timeline = world->timeline;
	backup->segment_size = SEGMENT;
	backup->system_identifier = world->system;
	backup->start_lsn = world->segment * SEGMENT + 0x28;
	world->segment += roll(&world->dice, 4);
	backup->finish_lsn = world->segment * SEGMENT + 0x100;
	world->segment += 1;
	backup->start_time.tv_sec = world->now;
	world->now += 1 + (time_t)roll(&world->dice, 100);
	backup->finish_time.tv_sec = world->now;
	backup_name_full(backup->timeline, backup->start_lsn, SEGMENT,
			 backup->name);
	(void)snprintf(backup->name + strlen(backup->name), 10, "_%08X",
		       (unsigned)index);
	backup->permanent = roll(&world->dice, 5) == 0;
	make_delta(world, backup, index);
}

static void
step_history(struct world *world)
{
	world->segment += roll(&world->dice, 20);
	world->now += (time_t)roll(&world->dice, 1000);
	switch (roll(&world->dice, 8)) {
	case 0: /* promoted after recovery to some point in the past */
		world->timeline++;
		if (world->segment > 30)
			world->segment -= roll(&world->dice, 30);
		break;
	case 1: /* a cluster made anew: low numbers, first timeline */
		if (roll(&world->dice, 3) == 0) {
			world->system++;
			world->timeline = 1;
			world->segment = 1 + roll(&world->dice, 10);
		}
		break;
	default:
		break;
	}
}

static void
make_world(struct world *world, unsigned seed)
{
	memset(world, 0, sizeof *world);
	world->dice.state = seed * UINT64_C(2654435761) + 88172645463325252;
	world->timeline = 1;
	world->system = 7000000000000000001;
	world->segment = 1;
	world->now = 1700000000;
	world->set.count = roll(&world->dice, BACKUPS_MAX);
	world->set.backups = calloc(BACKUPS_MAX, sizeof *world->set.backups);
	ck_assert_ptr_nonnull(world->set.backups);
	for (size_t i = 0; i < world->set.count; i++) {
		make_backup(world, i);
		step_history(world);
	}
	if (roll(&world->dice, 4) == 0) {
		world->set.unfinished =
		    calloc(1, sizeof *world->set.unfinished);
		ck_assert_ptr_nonnull(world->set.unfinished);
		world->set.unfinished_count = 1;
		world->set.unfinished[0].running = true;
		backup_name_full(world->timeline, world->segment * SEGMENT,
				 SEGMENT, world->set.unfinished[0].name);
	}
}

static void
free_world(struct world *world)
{
	for (size_t i = 0; i < world->set.count; i++)
		backup_free(&world->set.backups[i]);
	free(world->set.backups);
	free(world->set.unfinished);
}

static void
make_request(struct world *world, struct retention_request *request)
{
	memset(request, 0, sizeof *request);
	request->mode = (enum retention_mode)roll(&world->dice, 3);
	request->verb = (enum retention_verb)roll(&world->dice, 3);
	if (roll(&world->dice, 10) == 0)
		request->verb = RETENTION_GARBAGE;
	request->count = 1 + roll(&world->dice, 4);
	request->time.tv_sec = 1700000000 + (time_t)roll(&world->dice, 6000);
	if (world->set.count > 0 &&
	    (request->verb == RETENTION_TARGET || roll(&world->dice, 2) == 0))
		request->name =
		    world->set
			.backups[roll(&world->dice, (unsigned)world->set.count)]
			.name;
	if (request->verb == RETENTION_TARGET && request->name == NULL)
		request->verb = RETENTION_GARBAGE;
}

static bool
wal_is_kept(const struct wal_need *need, uint32_t timeline, uint64_t segment)
{
	char text[WAL_NAME_SIZE];
	struct wal_name name;

	wal_name_of_segment(timeline, segment, SEGMENT, text);
	ck_assert_int_eq(wal_name_parse(text, &name), 0);
	return wal_need_has(need, &name);
}

static const struct backup *
by_name(const struct backup_set *set, const struct retention_plan *plan,
	const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->backups[i].name, name) == 0 &&
		    plan->verdicts[i] != RETENTION_GOES)
			return &set->backups[i];
	return NULL;
}

/* What the backup needs by what is known of PostgreSQL, not by how wal_need
 * goes about it: its own WAL, its whole chain, and, where the request keeps it,
 * everything written after it. */
static void
check_kept(const struct world *world, const struct retention_plan *plan,
	   const struct wal_need *need, size_t index)
{
	const struct backup *backup = &world->set.backups[index];
	uint64_t first = backup->start_lsn / SEGMENT;
	uint64_t last = backup->finish_lsn / SEGMENT;

	for (uint64_t segment = first; segment <= last; segment++)
		ck_assert(wal_is_kept(need, backup->timeline, segment));
	if (backup->delta)
		ck_assert_ptr_nonnull(
		    by_name(&world->set, plan, backup->delta_from));
	if (plan->verdicts[index] != RETENTION_KEPT)
		return;
	for (uint64_t segment = first; segment < first + 100; segment++)
		for (uint32_t timeline = backup->timeline;
		     timeline <= world->timeline; timeline++)
			ck_assert(wal_is_kept(need, timeline, segment));
}

static void
check_plan(const struct world *world, const struct retention_request *request,
	   const struct retention_plan *plan)
{
	struct err err = {0};
	struct wal_need need;
	size_t fulls = 0;
	size_t fulls_before = 0;

	ck_assert_int_eq(wal_need_of(&world->set, plan, &need, &err), 0);
	for (size_t i = 0; i < world->set.count; i++) {
		const struct backup *backup = &world->set.backups[i];

		fulls_before += !backup->delta;
		if (plan->verdicts[i] == RETENTION_GOES) {
			ck_assert(!backup->permanent);
			ck_assert(request->verb != RETENTION_GARBAGE);
			continue;
		}
		fulls += !backup->delta;
		check_kept(world, plan, &need, i);
	}
	ck_assert(fulls > 0 || fulls_before == 0);
	for (size_t i = 0; i < world->set.unfinished_count; i++)
		ck_assert(wal_is_kept(&need, world->timeline, world->segment));
	wal_need_free(&need);
}

static void
check_history(unsigned seed)
{
	struct err err = {0};
	struct world world;
	struct retention_request request;
	struct retention_plan plan;

	make_world(&world, seed);
	make_request(&world, &request);
	if (retention_decide(&world.set, &request, &plan, &err) == 0) {
		check_plan(&world, &request, &plan);
		retention_free(&plan);
	} else {
		ck_assert_int_eq(err.kind, ERR_REFUSED);
		ck_assert_int_eq(request.verb, RETENTION_TARGET);
	}
	free_world(&world);
}

START_TEST(no_kept_backup_loses_what_it_needs)
{
	for (unsigned i = 1; i <= HISTORIES / LOOPS; i++)
		check_history((unsigned)_i * (HISTORIES / LOOPS) + i);
}
END_TEST

/* The random histories must not all end in plans that delete nothing. */
START_TEST(the_histories_are_worth_something)
{
	struct err err = {0};
	unsigned deleted = 0;
	unsigned deleted_wal = 0;
	unsigned spans = 0;

	for (unsigned seed = 1; seed <= HISTORIES; seed++) {
		struct world world;
		struct retention_request request;
		struct retention_plan plan;
		struct wal_need need;

		make_world(&world, seed);
		make_request(&world, &request);
		if (retention_decide(&world.set, &request, &plan, &err) == 0) {
			ck_assert_int_eq(
			    wal_need_of(&world.set, &plan, &need, &err), 0);
			deleted += plan.going > 0;
			deleted_wal += !wal_is_kept(&need, 1, 1);
			spans += need.count > 0;
			wal_need_free(&need);
			retention_free(&plan);
		}
		free_world(&world);
	}
	ck_assert_uint_gt(deleted, HISTORIES / 5);
	ck_assert_uint_gt(deleted_wal, HISTORIES / 10);
	ck_assert_uint_gt(spans, HISTORIES / 20);
}
END_TEST

/* Five full backups, a minute apart, each with ten segments of WAL. */
static void
make_five(struct world *world)
{
	make_world(world, 1);
	free_world(world);
	memset(&world->set, 0, sizeof world->set);
	world->set.backups = calloc(5, sizeof *world->set.backups);
	ck_assert_ptr_nonnull(world->set.backups);
	world->set.count = 5;
	for (size_t i = 0; i < 5; i++) {
		struct backup *backup = &world->set.backups[i];

		backup_init(backup);
		backup->timeline = 1;
		backup->segment_size = SEGMENT;
		backup->start_lsn = (10 + i * 10) * SEGMENT + 0x28;
		backup->finish_lsn = (11 + i * 10) * SEGMENT;
		backup->finish_time.tv_sec = 1700000000 + 60 * (time_t)i;
		backup_name_full(1, backup->start_lsn, SEGMENT, backup->name);
	}
}

static void
decide(const struct world *world, const struct retention_request *request,
       char verdicts[6])
{
	static const char letters[] = "-KPLNU";
	struct err err = {0};
	struct retention_plan plan;

	ck_assert_int_eq(retention_decide(&world->set, request, &plan, &err),
			 0);
	for (size_t i = 0; i < 5; i++)
		verdicts[i] = letters[plan.verdicts[i]];
	verdicts[5] = '\0';
	retention_free(&plan);
}

START_TEST(retain_keeps_the_newest)
{
	struct retention_request request = {.verb = RETENTION_RETAIN,
					    .count = 2};
	struct world world;
	char verdicts[6];

	make_five(&world);
	decide(&world, &request, verdicts);
	ck_assert_str_eq(verdicts, "---KK");
	free_world(&world);
}
END_TEST

START_TEST(a_permanent_backup_stays_and_takes_no_place)
{
	struct retention_request request = {.verb = RETENTION_RETAIN,
					    .count = 2};
	struct world world;
	char verdicts[6];

	make_five(&world);
	world.set.backups[0].permanent = true;
	world.set.backups[4].permanent = true;
	decide(&world, &request, verdicts);
	ck_assert_str_eq(verdicts, "P-KKK");
	free_world(&world);
}
END_TEST

START_TEST(before_a_time_in_the_future_keeps_the_last)
{
	struct retention_request request = {.verb = RETENTION_BEFORE,
					    .time.tv_sec = 1800000000};
	struct world world;
	char verdicts[6];

	make_five(&world);
	decide(&world, &request, verdicts);
	ck_assert_str_eq(verdicts, "----L");
	free_world(&world);
}
END_TEST

START_TEST(before_a_time_keeps_what_does_not_tell_its_own)
{
	struct retention_request request = {.verb = RETENTION_BEFORE,
					    .time.tv_sec = 1800000000};
	struct world world;
	char verdicts[6];

	make_five(&world);
	memset(&world.set.backups[1].finish_time, 0,
	       sizeof world.set.backups[1].finish_time);
	decide(&world, &request, verdicts);
	ck_assert_str_eq(verdicts, "-K--L");
	free_world(&world);
}
END_TEST

START_TEST(a_delta_keeps_its_chain)
{
	struct retention_request request = {.verb = RETENTION_RETAIN,
					    .count = 1};
	struct world world;
	char verdicts[6];

	make_five(&world);
	for (size_t i = 2; i < 5; i += 2) {
		world.set.backups[i].delta = true;
		world.set.backups[i].delta_from =
		    copy(world.set.backups[i - 2].name);
		world.set.backups[i].delta_full =
		    copy(world.set.backups[0].name);
	}
	decide(&world, &request, verdicts);
	ck_assert_str_eq(verdicts, "N-NLK");
	request.mode = RETENTION_FIND_FULL;
	decide(&world, &request, verdicts);
	ck_assert_str_eq(verdicts, "KKKKK");
	free_world(&world);
}
END_TEST

START_TEST(a_damaged_sentinel_keeps_all_wal)
{
	struct retention_request request = {.verb = RETENTION_RETAIN,
					    .count = 1};
	struct err err = {0};
	struct world world;
	struct retention_plan plan;
	struct wal_need need;

	make_five(&world);
	world.set.backups[0].problem = copy("no JSON");
	ck_assert_int_eq(retention_decide(&world.set, &request, &plan, &err),
			 0);
	ck_assert_int_eq(plan.verdicts[0], RETENTION_UNREADABLE);
	ck_assert_int_eq(wal_need_of(&world.set, &plan, &need, &err), 0);
	ck_assert(need.unknown);
	ck_assert(wal_is_kept(&need, 1, 1));
	wal_need_free(&need);
	retention_free(&plan);
	free_world(&world);
}
END_TEST

START_TEST(an_unreadable_delta_keeps_its_base)
{
	struct retention_request request = {.verb = RETENTION_RETAIN,
					    .count = 1};
	struct world world;
	struct backup *delta;
	char verdicts[6];

	make_five(&world);
	delta = &world.set.backups[2];
	(void)snprintf(delta->name, sizeof delta->name,
		       "base_00000001000000000000001E_D_%.24s",
		       world.set.backups[1].name + strlen("base_"));
	delta->problem = copy("no JSON");
	decide(&world, &request, verdicts);
	ck_assert_str_eq(verdicts, "-NU-K");
	free_world(&world);
}
END_TEST

START_TEST(a_target_that_must_stay_is_refused)
{
	struct retention_request request = {.verb = RETENTION_TARGET};
	struct err err = {0};
	struct world world;
	struct retention_plan plan;

	make_five(&world);
	world.set.backups[1].permanent = true;
	request.name = world.set.backups[1].name;
	ck_assert_int_eq(retention_decide(&world.set, &request, &plan, &err),
			 -1);
	ck_assert_int_eq(err.kind, ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(err.message, "permanent"));
	world.set.backups[1].permanent = false;
	ck_assert_int_eq(retention_decide(&world.set, &request, &plan, &err),
			 0);
	ck_assert_uint_eq(plan.going, 1);
	retention_free(&plan);
	free_world(&world);
}
END_TEST

START_TEST(everything_wants_force_for_permanents)
{
	struct retention_request request = {.verb = RETENTION_EVERYTHING};
	struct err err = {0};
	struct world world;
	struct retention_plan plan;

	make_five(&world);
	world.set.backups[3].permanent = true;
	ck_assert_int_eq(retention_decide(&world.set, &request, &plan, &err),
			 -1);
	ck_assert_int_eq(err.kind, ERR_REFUSED);
	request.force = true;
	ck_assert_int_eq(retention_decide(&world.set, &request, &plan, &err),
			 0);
	ck_assert_uint_eq(plan.going, 5);
	retention_free(&plan);
	free_world(&world);
}
END_TEST

/* A name does not tell the segment size; both readings must be weighed. */
START_TEST(mixed_segment_sizes_keep_what_either_needs)
{
	struct retention_request request = {.verb = RETENTION_RETAIN,
					    .count = 2};
	struct err err = {0};
	struct world world;
	struct retention_plan plan;
	struct wal_need need;
	struct wal_name name;

	make_five(&world);
	world.set.backups[3].start_lsn = UINT64_C(0xC0000028);
	world.set.backups[3].finish_lsn = UINT64_C(0xC0000100);
	world.set.backups[3].segment_size = SEGMENT * 4;
	world.set.backups[4].start_lsn = UINT64_C(0xC8000028);
	world.set.backups[4].finish_lsn = UINT64_C(0xC8000100);
	ck_assert_int_eq(retention_decide(&world.set, &request, &plan, &err),
			 0);
	ck_assert_int_eq(wal_need_of(&world.set, &plan, &need, &err), 0);
	ck_assert_int_eq(wal_name_parse("000000010000000000000030", &name), 0);
	ck_assert(wal_need_has(&need, &name)); /* 0x30 x 64 MiB */
	ck_assert_int_eq(wal_name_parse("000000010000000000000002", &name), 0);
	ck_assert(!wal_need_has(&need, &name));
	wal_need_free(&need);
	retention_free(&plan);
	free_world(&world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("retention");
	TCase *tests = tcase_create("retention");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, no_kept_backup_loses_what_it_needs, 0,
			    LOOPS);
	tcase_add_test(tests, the_histories_are_worth_something);
	tcase_add_test(tests, retain_keeps_the_newest);
	tcase_add_test(tests, a_permanent_backup_stays_and_takes_no_place);
	tcase_add_test(tests, before_a_time_in_the_future_keeps_the_last);
	tcase_add_test(tests, before_a_time_keeps_what_does_not_tell_its_own);
	tcase_add_test(tests, a_delta_keeps_its_chain);
	tcase_add_test(tests, a_damaged_sentinel_keeps_all_wal);
	tcase_add_test(tests, an_unreadable_delta_keeps_its_base);
	tcase_add_test(tests, a_target_that_must_stay_is_refused);
	tcase_add_test(tests, everything_wants_force_for_permanents);
	tcase_add_test(tests, mixed_segment_sizes_keep_what_either_needs);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
