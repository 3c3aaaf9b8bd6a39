#include "tools/wal_need.h"

#include <stdlib.h>
#include <string.h>

static bool
stays(const struct retention_plan *plan, size_t index)
{
	return plan->verdicts[index] != RETENTION_GOES;
}

/* The first byte of the segment a name stands for. A name does not tell the
 * segment size; where two are possible, the answers of both have to be weighed.
 */
static uint64_t
position(const struct wal_name *name, uint64_t segment_size)
{
	return ((uint64_t)name->high << 32) + name->low * segment_size;
}

static uint64_t
start_of(const struct backup *backup)
{
	return backup->start_lsn & ~(backup->segment_size - 1);
}

static void
say_unknown(struct wal_need *need, const char *reason)
{
	need->unknown = true;
	need->reason = reason;
}

static int
add_span(struct wal_need *need, const struct backup *backup, struct err *err)
{
	struct wal_span *grown =
	    realloc(need->spans, (need->count + 1) * sizeof *grown);

	if (grown == NULL)
		return err_memory(err);
	need->spans = grown;
	grown[need->count].from = start_of(backup);
	grown[need->count].to = backup->finish_lsn;
	need->count++;
	return 0;
}

/* A backup that only its permanent mark keeps, or that is only built on, asks
 * for no more than its own WAL. */
static bool
stands_alone(const struct retention_plan *plan, size_t index)
{
	return plan->verdicts[index] == RETENTION_PERMANENT ||
	       plan->verdicts[index] == RETENTION_NEEDED;
}

static void
need_continuing(const struct backup_set *set, const struct retention_plan *plan,
		struct wal_need *need)
{
	bool any = false;

	need->from = UINT64_MAX;
	for (size_t i = 0; i < set->count; i++) {
		if (!stays(plan, i) || stands_alone(plan, i))
			continue;
		any = true;
		if (start_of(&set->backups[i]) < need->from)
			need->from = start_of(&set->backups[i]);
	}
	/* With permanent backups alone, each of them may be the one that is
	 * recovered onwards. */
	for (size_t i = 0; !any && i < set->count; i++)
		if (stays(plan, i) && start_of(&set->backups[i]) < need->from)
			need->from = start_of(&set->backups[i]);
}

static void
need_unfinished(const struct backup_set *set, struct wal_need *need)
{
	for (size_t i = 0; i < set->unfinished_count; i++) {
		struct backup_name name;
		struct wal_name segment = {.kind = WAL_SEGMENT};
		uint64_t start;

		if (!set->unfinished[i].running)
			continue;
		if (need->smallest == 0 ||
		    backup_name_parse(set->unfinished[i].name, &name) != 0) {
			say_unknown(need, "a backup is being taken, and its "
					  "segment size is not known");
			return;
		}
		segment.high = name.high;
		segment.low = name.low;
		start = position(&segment, need->smallest);
		if (start < need->from)
			need->from = start;
	}
}

static void
look_at_all(const struct backup_set *set, const struct retention_plan *plan,
	    struct wal_need *need)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct backup *backup = &set->backups[i];

		if (!stays(plan, i))
			continue;
		kept++;
		if (backup->problem != NULL)
			say_unknown(need, "a backup's sentinel cannot be read");
		if (need->smallest == 0 ||
		    backup->segment_size < need->smallest)
			need->smallest = backup->segment_size;
		if (backup->segment_size > need->largest)
			need->largest = backup->segment_size;
	}
	if (kept == 0)
		say_unknown(need, "there is no backup");
}

int
wal_need_of(const struct backup_set *set, const struct retention_plan *plan,
	    struct wal_need *need, struct err *err)
{
	memset(need, 0, sizeof *need);
	look_at_all(set, plan, need);
	if (need->unknown)
		return 0;
	need_continuing(set, plan, need);
	need_unfinished(set, need);
	for (size_t i = 0; i < set->count; i++) {
		if (!stays(plan, i) || !stands_alone(plan, i))
			continue;
		if (add_span(need, &set->backups[i], err) != 0) {
			wal_need_free(need);
			return -1;
		}
	}
	return 0;
}

bool
wal_need_has(const struct wal_need *need, const struct wal_name *name)
{
	uint64_t earliest;
	uint64_t latest;

	if (need->unknown || name->kind == WAL_TIMELINE)
		return true;
	earliest = position(name, need->smallest);
	latest = position(name, need->largest);
	if (latest >= need->from)
		return true;
	for (size_t i = 0; i < need->count; i++)
		if (latest >= need->spans[i].from &&
		    earliest <= need->spans[i].to)
			return true;
	return false;
}

void
wal_need_free(struct wal_need *need)
{
	free(need->spans);
	memset(need, 0, sizeof *need);
}
