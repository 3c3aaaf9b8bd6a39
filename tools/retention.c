#include "tools/retention.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

/* Index of the backup called `name`, or set->count. */
static size_t
index_of(const struct backup_set *set, const char *name)
{
	size_t i = 0;

	while (i < set->count && strcmp(set->backups[i].name, name) != 0)
		i++;
	return i;
}

/* The full backup at the far end of a delta's chain; itself for a full one. */
static size_t
full_of(const struct backup_set *set, size_t index)
{
	const struct backup *backup = &set->backups[index];
	size_t full;

	if (!backup->delta || backup->delta_full == NULL)
		return index;
	full = index_of(set, backup->delta_full);
	return full < set->count ? full : index;
}

/* The oldest of the newest `count` that count: permanent backups stay anyway
 * and take no other's place. set->count if there are none. */
static size_t
nth_newest(const struct backup_set *set, size_t count, enum retention_mode mode)
{
	size_t found = set->count;

	for (size_t i = set->count; i-- > 0 && count > 0;) {
		const struct backup *backup = &set->backups[i];

		if (backup->problem != NULL || backup->permanent)
			continue;
		if (mode == RETENTION_FULL && backup->delta)
			continue;
		found = i;
		count--;
	}
	return found;
}

static void
keep_from(const struct backup_set *set, struct retention_plan *plan,
	  size_t first)
{
	for (size_t i = first; i < set->count; i++)
		plan->verdicts[i] = RETENTION_KEPT;
}

static int
find_named(const struct backup_set *set, const char *name, size_t *index,
	   struct err *err)
{
	const struct backup *backup = backup_set_find(set, name, err);

	if (backup == NULL)
		return -1;
	*index = (size_t)(backup - set->backups);
	return 0;
}

static void
decide_retain(const struct backup_set *set,
	      const struct retention_request *request,
	      struct retention_plan *plan)
{
	size_t first = nth_newest(set, request->count, request->mode);

	if (first < set->count && request->mode == RETENTION_FIND_FULL)
		first = full_of(set, first);
	keep_from(set, plan, first);
}

static bool
is_dated(const struct backup *backup)
{
	return backup->finish_time.tv_sec != 0 ||
	       backup->finish_time.tv_nsec != 0;
}

/* WAL-E's sentinels do not tell when a backup ended: it may be newer than any
 * time that was named. */
static void
keep_undated(const struct backup_set *set, struct retention_plan *plan)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->backups[i].problem == NULL &&
		    !is_dated(&set->backups[i]))
			plan->verdicts[i] = RETENTION_KEPT;
}

static int
decide_before(const struct backup_set *set,
	      const struct retention_request *request,
	      struct retention_plan *plan, struct err *err)
{
	size_t first = 0;

	if (request->name != NULL) {
		if (find_named(set, request->name, &first, err) != 0)
			return -1;
	} else {
		while (first < set->count &&
		       clock_compare(set->backups[first].finish_time,
				     request->time) < 0)
			first++;
	}
	if (first < set->count && request->mode == RETENTION_FIND_FULL)
		first = full_of(set, first);
	keep_from(set, plan, first);
	if (request->name == NULL)
		keep_undated(set, plan);
	return 0;
}

static bool
builds_on(const struct backup *delta, const char *name)
{
	return delta->delta && delta->delta_from != NULL &&
	       strcmp(delta->delta_from, name) == 0;
}

/* Deltas can only be newer than what they build on, but the order of equal
 * times says nothing, so this goes round until nothing changes. */
static void
take_dependants(const struct backup_set *set, struct retention_plan *plan)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < set->count * set->count; i++) {
			size_t base = i / set->count;
			size_t delta = i % set->count;

			if (plan->verdicts[base] != RETENTION_GOES ||
			    plan->verdicts[delta] == RETENTION_GOES ||
			    !builds_on(&set->backups[delta],
				       set->backups[base].name))
				continue;
			plan->verdicts[delta] = RETENTION_GOES;
			changed = true;
		}
	}
}

static int
decide_target(const struct backup_set *set,
	      const struct retention_request *request,
	      struct retention_plan *plan, struct err *err)
{
	size_t target;

	if (find_named(set, request->name, &target, err) != 0)
		return -1;
	if (request->mode == RETENTION_FIND_FULL)
		target = full_of(set, target);
	keep_from(set, plan, 0);
	plan->verdicts[target] = RETENTION_GOES;
	take_dependants(set, plan);
	return 0;
}

static int
decide_everything(const struct backup_set *set,
		  const struct retention_request *request, struct err *err)
{
	for (size_t i = 0; i < set->unfinished_count; i++)
		if (set->unfinished[i].running)
			return err_set(
			    err, ERR_REFUSED, "%s: is being taken (%s)",
			    set->unfinished[i].name, set->unfinished[i].owner);
	for (size_t i = 0; !request->force && i < set->count; i++) {
		if (!set->backups[i].permanent)
			continue;
		(void)err_set(err, ERR_REFUSED, "%s: is permanent",
			      set->backups[i].name);
		return err_hint(err, "\"everything FORCE\" deletes permanent "
				     "backups too");
	}
	return 0;
}

static void
keep_if(struct retention_plan *plan, size_t index,
	enum retention_verdict verdict)
{
	if (plan->verdicts[index] == RETENTION_GOES)
		plan->verdicts[index] = verdict;
}

static void
keep_last_full(const struct backup_set *set, struct retention_plan *plan)
{
	for (size_t i = set->count; i-- > 0;) {
		if (set->backups[i].problem != NULL || set->backups[i].delta)
			continue;
		keep_if(plan, i, RETENTION_LAST_FULL);
		return;
	}
}

/* The backup that `backup` builds on; set->count if there is none. A delta
 * whose sentinel cannot be read may be mended yet, and its name tells the base.
 */
static size_t
base_of(const struct backup_set *set, const struct backup *backup)
{
	struct backup_name name;
	size_t i = 0;

	if (backup->delta && backup->delta_from != NULL)
		return index_of(set, backup->delta_from);
	if (backup->problem == NULL ||
	    backup_name_parse(backup->name, &name) != 0 || !name.delta)
		return set->count;
	while (i < set->count && strncmp(set->backups[i].name + strlen("base_"),
					 name.base, strlen(name.base)) != 0)
		i++;
	return i;
}

static void
keep_bases(const struct backup_set *set, struct retention_plan *plan)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < set->count; i++) {
			size_t base;

			if (plan->verdicts[i] == RETENTION_GOES)
				continue;
			base = base_of(set, &set->backups[i]);
			if (base == set->count ||
			    plan->verdicts[base] != RETENTION_GOES)
				continue;
			plan->verdicts[base] = RETENTION_NEEDED;
			changed = true;
		}
	}
}

static void
keep_what_must_stay(const struct backup_set *set, struct retention_plan *plan)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->backups[i].problem != NULL)
			keep_if(plan, i, RETENTION_UNREADABLE);
		else if (set->backups[i].permanent)
			keep_if(plan, i, RETENTION_PERMANENT);
	}
	keep_last_full(set, plan);
	keep_bases(set, plan);
}

/* A backup asked for by name either goes or the user hears why not; one whose
 * sentinel is damaged can only be got rid of by its name. */
static int
check_target(const struct backup_set *set, struct retention_plan *plan,
	     const struct retention_plan *wanted, struct err *err)
{
	for (size_t i = 0; i < set->count; i++) {
		const char *name = set->backups[i].name;

		if (wanted->verdicts[i] != RETENTION_GOES)
			continue;
		switch (plan->verdicts[i]) {
		case RETENTION_PERMANENT:
			return err_set(err, ERR_REFUSED, "%s: is permanent",
				       name);
		case RETENTION_LAST_FULL:
			return err_set(err, ERR_REFUSED,
				       "%s: is the last full backup", name);
		case RETENTION_NEEDED:
			return err_set(err, ERR_REFUSED,
				       "%s: a permanent delta builds on it",
				       name);
		default:
			plan->verdicts[i] = RETENTION_GOES;
		}
	}
	return 0;
}

static int
decide(const struct backup_set *set, const struct retention_request *request,
       struct retention_plan *plan, struct err *err)
{
	switch (request->verb) {
	case RETENTION_RETAIN:
		decide_retain(set, request, plan);
		return 0;
	case RETENTION_BEFORE:
		return decide_before(set, request, plan, err);
	case RETENTION_TARGET:
		return decide_target(set, request, plan, err);
	case RETENTION_EVERYTHING:
		return decide_everything(set, request, err);
	case RETENTION_GARBAGE:
		keep_from(set, plan, 0);
		return 0;
	}
	return err_set(err, ERR_USAGE, "unknown request");
}

static int
make_plan(struct retention_plan *plan, size_t count, struct err *err)
{
	memset(plan, 0, sizeof *plan);
	plan->verdicts = calloc(count + 1, sizeof *plan->verdicts);
	if (plan->verdicts == NULL)
		return err_memory(err);
	plan->count = count;
	return 0;
}

static int
settle(const struct backup_set *set, const struct retention_request *request,
       struct retention_plan *plan, struct err *err)
{
	struct retention_plan wanted = {0};
	int result = 0;

	if (request->verb == RETENTION_EVERYTHING)
		return 0;
	if (make_plan(&wanted, set->count, err) != 0)
		return -1;
	memcpy(wanted.verdicts, plan->verdicts,
	       set->count * sizeof *wanted.verdicts);
	keep_what_must_stay(set, plan);
	if (request->verb == RETENTION_TARGET)
		result = check_target(set, plan, &wanted, err);
	retention_free(&wanted);
	return result;
}

int
retention_decide(const struct backup_set *set,
		 const struct retention_request *request,
		 struct retention_plan *plan, struct err *err)
{
	if (make_plan(plan, set->count, err) != 0)
		return -1;
	if (decide(set, request, plan, err) != 0 ||
	    settle(set, request, plan, err) != 0) {
		retention_free(plan);
		return -1;
	}
	for (size_t i = 0; i < set->count; i++)
		plan->going += plan->verdicts[i] == RETENTION_GOES;
	return 0;
}

void
retention_free(struct retention_plan *plan)
{
	free(plan->verdicts);
	memset(plan, 0, sizeof *plan);
}
