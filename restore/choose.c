#include "restore/choose.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/catalog/wal_archive.h"
#include "common/pg/lsn.h"

struct chooser {
	struct store *store;
	const struct pipeline *pipeline;
	const struct target *target;
	/* The history last used: most backups lie on one way. */
	struct timeline_history history;
};

/* A backup can be made consistent only at its own end, so a target before that
 * is out of its reach. */
static int
check_moment(const struct backup *backup, const struct target *target,
	     struct err *err)
{
	char finish[CLOCK_TEXT_SIZE];
	char lsn[LSN_TEXT_SIZE];

	if (target->kind == TARGET_TIME &&
	    clock_compare(backup->finish_time, target->time) > 0) {
		clock_format(backup->finish_time, finish);
		return err_set(err, ERR_ABSENT,
			       "%s: ended at %s, after the target time %s",
			       backup->name, finish, target->text);
	}
	if (target->kind == TARGET_LSN && backup->finish_lsn > target->lsn) {
		lsn_format(backup->finish_lsn, lsn);
		return err_set(err, ERR_ABSENT,
			       "%s: ended at %s, after the target LSN %s",
			       backup->name, lsn, target->text);
	}
	return 0;
}

static int
load_history(struct chooser *chooser, uint32_t timeline, struct err *err)
{
	if (chooser->history.timeline == timeline)
		return 0;
	timeline_free(&chooser->history);
	if (wal_archive_history(chooser->store, chooser->pipeline, timeline,
				&chooser->history, err) == 0)
		return 0;
	if (err->kind == ERR_ABSENT)
		(void)err_hint(err,
			       "timeline %" PRIu32 " was asked for, but "
			       "its history file is not in the archive",
			       timeline);
	return -1;
}

static int
check_timeline(struct chooser *chooser, const struct backup *backup,
	       struct err *err)
{
	uint32_t wanted = chooser->target->timeline;
	char end[LSN_TEXT_SIZE];
	char finish[LSN_TEXT_SIZE];

	if (wanted == TARGET_TIMELINE_CURRENT || wanted == backup->timeline)
		return 0;
	if (wanted == TARGET_TIMELINE_LATEST &&
	    wal_archive_newest_timeline(chooser->store, chooser->pipeline,
					backup->timeline, &wanted, err) != 0)
		return -1;
	if (wanted == backup->timeline)
		return 0;
	if (load_history(chooser, wanted, err) != 0)
		return -1;
	if (timeline_passes(&chooser->history, backup->timeline,
			    backup->finish_lsn))
		return 0;
	if (timeline_end(&chooser->history, backup->timeline) == 0)
		return err_set(err, ERR_REFUSED,
			       "%s: timeline %" PRIu32
			       " does not come from timeline %" PRIu32
			       ", the backup's",
			       backup->name, wanted, backup->timeline);
	lsn_format(timeline_end(&chooser->history, backup->timeline), end);
	lsn_format(backup->finish_lsn, finish);
	(void)err_set(err, ERR_REFUSED,
		      "%s: timeline %" PRIu32 " left timeline %" PRIu32
		      " at %s, but the backup ended on it at %s",
		      backup->name, wanted, backup->timeline, end, finish);
	return err_hint(err,
			"--target-timeline=%" PRIu32
			" follows the backup's own timeline; else take "
			"an older backup",
			backup->timeline);
}

static int
check_wal(struct chooser *chooser, const struct backup *backup, struct err *err)
{
	struct wal_range range = {
	    .timeline = backup->timeline,
	    .first = backup_first_segment(backup),
	    .last = backup_last_segment(backup),
	    .segment_size = backup->segment_size,
	};
	char name[WAL_NAME_SIZE];
	uint64_t missing;

	if (wal_archive_missing(chooser->store, &range, &missing, name, err) !=
	    0)
		return -1;
	if (missing == 0)
		return 0;
	(void)err_set(err, ERR_ABSENT,
		      "%s: cannot be restored: WAL segment %s is not in the "
		      "archive (%" PRIu64 " of %" PRIu64 " missing)",
		      backup->name, name, missing,
		      range.last - range.first + 1);
	return err_hint(err, "take another backup: backup-list shows for each "
			     "whether its WAL is there");
}

static int
check_backup(struct chooser *chooser, const struct backup *backup,
	     struct err *err)
{
	if (backup->problem != NULL)
		return err_set(err, ERR_DAMAGED, "%s: %s", backup->name,
			       backup->problem);
	if (backup->delta)
		return err_set(err, ERR_USAGE,
			       "%s: is a delta backup, which this version "
			       "cannot restore",
			       backup->name);
	if (check_moment(backup, chooser->target, err) != 0)
		return -1;
	return check_timeline(chooser, backup, err);
}

/* Newest first; what only this backup is unfit for sends us to the one before,
 * what keeps us from knowing ends the search. */
static const struct backup *
search(struct chooser *chooser, const struct backup_set *set, struct err *err)
{
	struct err newest = {0};

	for (size_t i = set->count; i-- > 0;) {
		if (check_backup(chooser, &set->backups[i], err) == 0)
			return &set->backups[i];
		if (err->kind == ERR_UNREACHABLE || err->kind == ERR_DENIED ||
		    err->kind == ERR_SYSTEM || err->kind == ERR_STOPPED)
			return NULL;
		/* That a target is older than a backup needs no word; that the
		 * newest one lies off the way, or is broken, does. */
		if (err->kind != ERR_ABSENT)
			log_warning("passed over: %s", err->message);
		if (newest.kind == ERR_NONE)
			newest = *err;
	}
	*err = newest;
	(void)err_context(err, "no backup can reach the target; the newest");
	return NULL;
}

const struct backup *
choose_backup(struct store *store, const struct pipeline *pipeline,
	      const struct backup_set *set, const char *name,
	      const struct target *target, struct err *err)
{
	struct chooser chooser = {store, pipeline, target, {0}};
	const struct backup *backup;

	if (name != NULL && strcmp(name, "LATEST") != 0) {
		backup = backup_set_find(set, name, err);
		if (backup != NULL && check_backup(&chooser, backup, err) != 0)
			backup = NULL;
	} else if (set->count == 0) {
		(void)err_set(err, ERR_ABSENT, "%s: no backups here",
			      store->url);
		backup = NULL;
	} else {
		backup = search(&chooser, set, err);
	}
	if (backup != NULL && check_wal(&chooser, backup, err) != 0)
		backup = NULL;
	timeline_free(&chooser.history);
	return backup;
}
