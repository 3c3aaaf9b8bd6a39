#include "archive/base_backup.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/backup_abandon.h"
#include "archive/backup_crew.h"
#include "archive/backup_documents.h"
#include "archive/backup_mode.h"
#include "archive/backup_server.h"
#include "archive/data_walk.h"
#include "archive/heartbeat.h"
#include "archive/lone_part.h"
#include "archive/part_builder.h"
#include "archive/wal_wait.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/stop.h"
#include "common/base/units.h"
#include "common/catalog/backup.h"
#include "common/catalog/backup_marker.h"
#include "common/pg/lsn.h"

/* Starts until the name is free and no tablespace comes in between. */
#define STARTS 3

/* A backup under way. */
struct taking {
	const struct base_backup_plan *plan;
	struct backup backup;
	struct control_file control;
	struct tablespace_map tablespaces; /* when backup mode began */
	struct backup_mode_end end;
	struct backup_findings findings;
	struct file_owner owner;
	struct heartbeat heartbeat;
	struct backup_documents *documents;
	struct progress *progress;
	struct rate_limit *limit;
	char suffix[PIPELINE_SUFFIX_SIZE];
	atomic_uint parts; /* numbers given */
	bool in_backup_mode;
	bool marked;         /* the name is ours */
	bool sentinel_tried; /* and may be there */
};

static int
copy_text(char **to, const char *text, struct err *err)
{
	*to = text != NULL ? strdup(text) : NULL;
	return text != NULL && *to == NULL ? err_memory(err) : 0;
}

/* What is known of the backup before it begins. */
static int
introduce(struct taking *taking, struct err *err)
{
	const struct base_backup_plan *plan = taking->plan;
	struct backup *backup = &taking->backup;
	char host[HOST_NAME_MAX + 1] = "";
	struct stat stat_of;

	if (stat(plan->directory, &stat_of) != 0)
		return err_errno(err, errno, "%s", plan->directory);
	file_owner_find(&taking->owner, stat_of.st_uid, stat_of.st_gid);
	if (control_file_read(plan->directory, &taking->control, NULL, err) !=
	    0)
		return -1;
	pipeline_suffix(plan->pipeline, taking->suffix);
	(void)gethostname(host, sizeof host - 1);
	backup->system_identifier = taking->control.system_identifier;
	backup->pg_version = connection_version(plan->connection);
	backup->segment_size = taking->control.wal_segment_size;
	backup->permanent = plan->permanent;
	if (copy_text(&backup->hostname, host, err) != 0 ||
	    copy_text(&backup->data_directory, plan->directory, err) != 0 ||
	    copy_text(&backup->label, plan->label, err) != 0 ||
	    copy_text(&backup->user_data, plan->user_data, err) != 0)
		return -1;
	return copy_text(&backup->writer, "walnut " WALNUT_VERSION, err);
}

/* Whether every entry of `a` is in `b`. */
static bool
is_subset(const struct tablespace_map *a, const struct tablespace_map *b)
{
	for (size_t i = 0; i < a->count; i++) {
		size_t j = 0;

		while (j < b->count && b->entries[j].oid != a->entries[i].oid)
			j++;
		if (j == b->count)
			return false;
	}
	return true;
}

static int
start_backup_mode(struct taking *taking, struct err *err)
{
	const struct base_backup_plan *plan = taking->plan;
	struct backup_mode_start start;

	taking->backup.start_time = clock_now();
	if (backup_mode_start(plan->connection, plan->label, plan->fast, &start,
			      err) != 0)
		return -1;
	taking->in_backup_mode = true;
	taking->backup.start_lsn = start.lsn;
	taking->backup.timeline = start.timeline;
	backup_name_full(start.timeline, start.lsn, taking->backup.segment_size,
			 taking->backup.name);
	return 0;
}

static int
stop_backup_mode(struct taking *taking, struct err *err)
{
	backup_mode_end_free(&taking->end);
	if (backup_mode_stop(taking->plan->connection, &taking->end, err) != 0)
		return -1;
	taking->in_backup_mode = false;
	return 0;
}

/*
 * The server fixes the list of tablespaces somewhere inside the start of backup
 * mode, and tells it only at the end. If the same ones are there before and
 * after, these are the list. Returns 1 when they are.
 */
static int
start_with_tablespaces(struct taking *taking, struct err *err)
{
	const char *directory = taking->plan->directory;
	struct tablespace_map before = {0};
	int status = -1;

	tablespace_map_free(&taking->tablespaces);
	if (data_walk_tablespaces(directory, &before, err) != 0 ||
	    start_backup_mode(taking, err) != 0 ||
	    data_walk_tablespaces(directory, &taking->tablespaces, err) != 0)
		goto out;
	status = is_subset(&taking->tablespaces, &before);
out:
	tablespace_map_free(&before);
	return status;
}

static int
begin(struct taking *taking, struct err *err)
{
	struct store *store = taking->plan->store;
	char lsn[LSN_TEXT_SIZE];

	for (unsigned starts = 1;; starts++) {
		int same = start_with_tablespaces(taking, err);

		if (same < 0)
			return -1;
		if (same == 0)
			err_set(err, ERR_EXISTS,
				"a tablespace was created at the same time");
		else if (backup_marker_create(store, taking->backup.name,
					      err) == 0)
			break;
		if (err->kind != ERR_EXISTS || starts == STARTS)
			return -1;
		log_notice("starting again: %s", err->message);
		if (stop_backup_mode(taking, err) != 0)
			return -1;
	}
	taking->marked = true;
	heartbeat_start(&taking->heartbeat, store, taking->backup.name,
			taking->plan->connection);
	lsn_format(taking->backup.start_lsn, lsn);
	log_notice("%s starts at %s, timeline %" PRIu32, taking->backup.name,
		   lsn, taking->backup.timeline);
	return 0;
}

static int
part_is_done(void *context, const struct part *part, struct err *err)
{
	struct taking *taking = context;

	return backup_documents_part(taking->documents, part, err);
}

static void
name_data_part(void *context, char object[OBJECT_NAME_SIZE])
{
	struct taking *taking = context;

	object_part(taking->backup.name,
		    atomic_fetch_add(&taking->parts, 1) + 1, taking->suffix,
		    object);
}

static void
name_control_part(void *context, char object[OBJECT_NAME_SIZE])
{
	struct taking *taking = context;

	object_control(taking->backup.name, taking->suffix, object);
}

static void
name_label_part(void *context, char object[OBJECT_NAME_SIZE])
{
	struct taking *taking = context;

	object_labels(taking->backup.name, taking->suffix, object);
}

static struct part_plan
plan_parts(struct taking *taking,
	   void (*name)(void *context, char object[OBJECT_NAME_SIZE]))
{
	return (struct part_plan){
	    .store = taking->plan->store,
	    .pipeline = taking->plan->pipeline,
	    .part_size = taking->plan->part_size,
	    .name = name,
	    .done = part_is_done,
	    .context = taking,
	};
}

static int
prepare(struct taking *taking, struct err *err)
{
	const struct base_backup_plan *plan = taking->plan;

	if (plan->rate > 0) {
		taking->limit = rate_limit_new(plan->rate, err);
		if (taking->limit == NULL)
			return -1;
	}
	if (plan->progress) {
		taking->progress = progress_start(
		    "backing up", backup_server_size(plan->connection), err);
		if (taking->progress == NULL)
			return -1;
	}
	taking->documents =
	    backup_documents_new(plan->store, &taking->backup, err);
	return taking->documents != NULL ? 0 : -1;
}

/* All files but pg_control. */
static int
store_data(struct taking *taking, struct err *err)
{
	struct part_plan parts = plan_parts(taking, name_data_part);
	struct backup_crew crew = {
	    .directory = taking->plan->directory,
	    .control = &taking->control,
	    .tablespaces = &taking->tablespaces,
	    .rules =
		{
		    /* Values besides 1 are those of a cluster whose checksums
		     * are just being turned on or off. */
		    .verify = taking->plan->verify &&
			      taking->control.checksum_version == 1,
		    .block_size = taking->control.block_size,
		    .relation_segment = taking->control.relation_segment,
		    .start_lsn = taking->backup.start_lsn,
		    .limit = taking->limit,
		    .progress = taking->progress,
		},
	    .parts = &parts,
	    .owner = &taking->owner,
	    .workers = taking->plan->jobs,
	    .heartbeat = &taking->heartbeat,
	};

	return backup_crew_run(&crew, &taking->findings, err);
}

/* Last of all files, so that a restore does not start before it is complete. */
static int
store_control(struct taking *taking, struct err *err)
{
	struct part_plan parts = plan_parts(taking, name_control_part);
	uint8_t bytes[CONTROL_FILE_SIZE];
	struct lone_member member = {"/global/pg_control", bytes, sizeof bytes};
	struct control_file control;

	if (control_file_read(taking->plan->directory, &control, bytes, err) !=
	    0)
		return -1;
	return lone_part_store(&parts, &taking->owner, &member, 1, err);
}

static int
store_labels(struct taking *taking, struct err *err)
{
	struct part_plan parts = plan_parts(taking, name_label_part);
	const char *label = taking->end.backup_label;
	const char *map = taking->end.tablespace_map;
	struct lone_member members[] = {
	    {"backup_label", label, strlen(label)},
	    {"tablespace_map", map, strlen(map)},
	};

	return lone_part_store(&parts, &taking->owner, members,
			       *map != '\0' ? 2 : 1, err);
}

/* What the server says at the end must be about the backup we took. */
static int
check_end(struct taking *taking, struct err *err)
{
	struct backup *backup = &taking->backup;
	struct backup_label label;

	if (backup_label_parse(taking->end.backup_label, &label, err) != 0 ||
	    tablespace_map_parse(taking->end.tablespace_map,
				 &backup->tablespaces, err) != 0)
		return -1;
	if (label.start_lsn != backup->start_lsn ||
	    label.timeline != backup->timeline)
		return err_set(err, ERR_DAMAGED,
			       "backup_label: is that of another backup");
	if (!is_subset(&backup->tablespaces, &taking->tablespaces))
		return err_set(err, ERR_DAMAGED,
			       "tablespace_map: names a tablespace that was "
			       "not there at the start");
	return 0;
}

static int
end(struct taking *taking, struct err *err)
{
	if (store_control(taking, err) != 0 ||
	    stop_backup_mode(taking, err) != 0)
		return -1;
	taking->backup.finish_time = clock_now();
	taking->backup.finish_lsn = taking->end.lsn;
	taking->heartbeat.connection = NULL;
	if (backup_findings_judge(&taking->findings, taking->end.lsn, err) !=
		0 ||
	    check_end(taking, err) != 0)
		return -1;
	return store_labels(taking, err);
}

static int
wait_for_wal(struct taking *taking, struct err *err)
{
	const struct backup *backup = &taking->backup;
	struct wal_range range = {
	    .timeline = backup->timeline,
	    .first = backup_first_segment(backup),
	    .last = backup_last_segment(backup),
	    .segment_size = backup->segment_size,
	};
	struct wal_wait wait = {
	    .store = taking->plan->store,
	    .range = &range,
	    .connection = taking->plan->connection,
	    .heartbeat = &taking->heartbeat,
	    .patience_ms = taking->plan->wal_patience_ms,
	};

	return wal_wait(&wait, err);
}

static int
store_sentinel(struct taking *taking, struct err *err)
{
	struct buf json = BUF_INIT(BACKUP_JSON_MAX);
	char object[OBJECT_NAME_SIZE];
	int failed = -1;

	object_sentinel(taking->backup.name, object);
	if (backup_write_sentinel(&taking->backup, &json, err) != 0 ||
	    stop_check(err) != 0 ||
	    heartbeat_confirm(&taking->heartbeat, err) != 0)
		goto out;
	taking->sentinel_tried = true;
	failed = store_put_bytes(taking->plan->store, object, STORE_NEW,
				 json.data, json.len, err);
out:
	buf_free(&json);
	return failed;
}

static int
commit(struct taking *taking, struct err *err)
{
	const struct backup *backup = &taking->backup;
	struct manifest_range wal = {
	    .timeline = backup->timeline,
	    .start = backup->start_lsn,
	    .end = backup->finish_lsn,
	};
	struct err problem = {0};

	if (backup_documents_finish(taking->documents, &wal, err) != 0 ||
	    store_sentinel(taking, err) != 0)
		return -1;
	/* The backup is complete whatever becomes of its marker. */
	if (backup_marker_remove(taking->plan->store, backup->name, &problem) !=
	    0)
		log_warning("marker of %s: %s", backup->name, problem.message);
	return 0;
}

static int
take(struct taking *taking, struct err *err)
{
	if (introduce(taking, err) != 0 || begin(taking, err) != 0 ||
	    prepare(taking, err) != 0 || store_data(taking, err) != 0 ||
	    end(taking, err) != 0)
		return -1;
	progress_end(taking->progress, true);
	taking->progress = NULL;
	if (wait_for_wal(taking, err) != 0)
		return -1;
	return commit(taking, err);
}

static void
conclude(const struct taking *taking, uint64_t elapsed_ms)
{
	char data[UNITS_TEXT_SIZE];
	char stored[UNITS_TEXT_SIZE];
	char duration[UNITS_TEXT_SIZE];

	units_format_size(taking->backup.data_size, data);
	units_format_size(taking->backup.compressed_size, stored);
	units_format_duration(elapsed_ms, duration);
	log_notice("%s is complete: %" PRIu64 " files, %s, stored in %s, "
		   "took %s",
		   taking->backup.name, taking->backup.file_count, data, stored,
		   duration);
}

/* The streams into the store are abandoned before what is there is removed. */
static void
give_up(struct taking *taking)
{
	backup_documents_free(taking->documents);
	taking->documents = NULL;
	if (taking->in_backup_mode)
		log_notice("backup mode ends with the session");
	/* Whoever took the marker away answers for the rest too. */
	if (taking->marked && !taking->heartbeat.lost)
		backup_abandon(taking->plan->store, taking->backup.name,
			       taking->sentinel_tried);
}

int
base_backup(const struct base_backup_plan *plan, char name[BACKUP_NAME_SIZE],
	    struct err *err)
{
	struct taking taking = {.plan = plan};
	uint64_t began_ms = clock_elapsed_ms();
	int failed;

	backup_init(&taking.backup);
	atomic_init(&taking.parts, 0);
	failed = take(&taking, err);
	progress_end(taking.progress, false);
	if (failed != 0) {
		give_up(&taking);
	} else {
		conclude(&taking, clock_elapsed_ms() - began_ms);
		memcpy(name, taking.backup.name, BACKUP_NAME_SIZE);
	}
	backup_documents_free(taking.documents);
	rate_limit_free(taking.limit);
	backup_mode_end_free(&taking.end);
	tablespace_map_free(&taking.tablespaces);
	backup_free(&taking.backup);
	return failed;
}
