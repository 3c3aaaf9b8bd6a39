/*
 * base-fetch - bring a base backup back, ready to recover to a target.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/draft.h"
#include "common/base/log.h"
#include "common/base/path.h"
#include "common/base/units.h"
#include "common/catalog/backup_set.h"
#include "common/pg/control_file.h"
#include "common/tool/progress.h"
#include "common/tool/tool.h"
#include "restore/choose.h"
#include "restore/manifest_file.h"
#include "restore/manifest_index.h"
#include "restore/owner.h"
#include "restore/parts.h"
#include "restore/place.h"
#include "restore/recovery_conf.h"
#include "restore/replace_file.h"
#include "restore/target.h"

#define RETRY_FOR_MS (5 * 60 * 1000)
#define RESTORE_COMMAND "wal-fetch %f %p"
#define TABLESPACE_MAP "tablespace_map"

struct base_fetch {
	const struct tool_run *run;
	const char *directory; /* NULL: verify only */
	const char *name;      /* of the backup; NULL: LATEST */
	struct target target;
	struct pipeline pipeline;
	struct store *store;
	struct backup_set set;
	struct tablespace_map tablespaces;
	struct manifest_index *index; /* NULL: the backup has no manifest */
	struct parts_source source;
};

/* WAL-G's backups have no manifest; then frames and tar alone are checked. */
static int
load_manifest(struct base_fetch *fetch, struct err *err)
{
	struct sink *reader;

	fetch->index = manifest_index_new(&fetch->tablespaces, err);
	if (fetch->index == NULL)
		return -1;
	reader = manifest_index_reader(fetch->index, err);
	if (reader == NULL)
		return -1;
	if (parts_get(&fetch->source, "backup_manifest", reader, err) == 0)
		return 0;
	if (err->kind != ERR_ABSENT || fetch->source.backup->writer != NULL)
		return -1;
	log_warning("%s: has no manifest: its files can be checked by their "
		    "frames only",
		    fetch->source.backup->name);
	manifest_index_free(fetch->index);
	fetch->index = NULL;
	return 0;
}

static int
map_tablespaces(struct base_fetch *fetch, struct err *err)
{
	const char **mappings = NULL;
	size_t count = 0;
	int result;

	while (tool_value_at(fetch->run, "tablespace-mapping", count) != NULL)
		count++;
	mappings = calloc(count + 1, sizeof *mappings);
	if (mappings == NULL)
		return err_memory(err);
	for (size_t i = 0; i < count; i++)
		mappings[i] =
		    tool_value_at(fetch->run, "tablespace-mapping", i);
	result = place_map(&fetch->source.backup->tablespaces, mappings, count,
			   &fetch->tablespaces, err);
	free(mappings);
	return result;
}

static int
check_space(struct base_fetch *fetch, struct err *err)
{
	uint64_t *bytes;
	int result;

	if (fetch->index != NULL)
		return place_check_space(fetch->directory, &fetch->tablespaces,
					 manifest_index_bytes(fetch->index),
					 err);
	bytes = calloc(1 + fetch->tablespaces.count, sizeof *bytes);
	if (bytes == NULL)
		return err_memory(err);
	bytes[0] = fetch->source.backup->uncompressed_size;
	result = place_check_space(fetch->directory, &fetch->tablespaces, bytes,
				   err);
	free(bytes);
	return result;
}

static int
unpack(struct base_fetch *fetch, struct buf *control, struct err *err)
{
	struct unpack_to to = {fetch->directory, fetch->index, NULL};
	uint64_t bytes = fetch->source.backup->uncompressed_size;
	uint64_t files;
	int result;

	if (fetch->index != NULL)
		bytes = manifest_index_total(fetch->index, &files);
	if (tool_has(fetch->run, "progress")) {
		to.progress = progress_start(
		    fetch->directory != NULL ? "restoring" : "verifying", bytes,
		    err);
		if (to.progress == NULL)
			return -1;
	}
	result = parts_unpack(&fetch->source, &to, control, err);
	progress_end(to.progress, result == 0);
	return result;
}

/* Without its label a restored cluster would start from the wrong checkpoint
 * and be corrupt without a word. */
static int
check_label(const struct base_fetch *fetch, struct err *err)
{
	char *path = path_join(fetch->directory, "backup_label", err);
	int result = 0;

	if (path == NULL)
		return -1;
	if (access(path, F_OK) != 0)
		result = err_set(err, ERR_DAMAGED,
				 "%s: the backup has no backup_label",
				 fetch->source.backup->name);
	free(path);
	return result;
}

static int
write_manifest(struct base_fetch *fetch, struct err *err)
{
	if (fetch->index == NULL)
		return 0;
	return manifest_file_restore(&fetch->source, fetch->directory,
				     fetch->index, err);
}

/* When it starts, the server links the tablespaces anew, to where this file
 * says: the backup's own would lead it into the old cluster's. */
static int
write_tablespace_map(struct base_fetch *fetch, struct err *err)
{
	struct buf map = BUF_INIT(1024 * 1024);
	int result = -1;

	if (tool_value(fetch->run, "tablespace-mapping") == NULL)
		return 0;
	if (tablespace_map_write(&fetch->tablespaces, &map, err) != 0)
		goto out;
	if (replace_file(fetch->directory, TABLESPACE_MAP, &map, err) != 0)
		goto out;
	result = fetch->index == NULL
		     ? 0
		     : manifest_file_replace(fetch->directory,
					     fetch->source.backup, &map, err);
out:
	buf_free(&map);
	return result;
}

static int
write_control_file(const struct base_fetch *fetch, const struct buf *control,
		   struct err *err)
{
	char *path = path_join(fetch->directory, UNPACK_CONTROL_FILE, err);
	struct draft *draft = NULL;
	int result = -1;

	if (path == NULL)
		goto out;
	draft = draft_open(path, NULL, 0600, err);
	if (draft == NULL)
		goto out;
	if (owner_give_like(draft_fd(draft), path, fetch->directory, err) != 0)
		goto out;
	if (draft_write(draft, buf_text(control), control->len, err) != 0)
		goto out;
	result = draft_commit(draft, DRAFT_REPLACE, err);
out:
	draft_free(draft);
	free(path);
	return result;
}

static int
check_control_file(const struct base_fetch *fetch, const struct buf *control,
		   struct err *err)
{
	const struct backup *backup = fetch->source.backup;
	struct control_file parsed;

	if (control_file_parse(buf_text(control), control->len, &parsed, err) !=
	    0)
		return err_context(err, "%s: pg_control", backup->name);
	if (backup->system_identifier != 0 &&
	    parsed.system_identifier != backup->system_identifier)
		return err_set(err, ERR_DAMAGED,
			       "%s: pg_control is another cluster's",
			       backup->name);
	return 0;
}

static const char *
restore_command(const struct tool_run *run)
{
	const char *given = tool_value(run, "restore-command");

	return given != NULL ? given : RESTORE_COMMAND;
}

/* The server can start only once pg_control is there, so that comes after
 * everything else has reached the disk. */
static int
restore(struct base_fetch *fetch, struct buf *control, struct err *err)
{
	const struct backup *backup = fetch->source.backup;

	if (unpack(fetch, control, err) != 0)
		return -1;
	if (check_control_file(fetch, control, err) != 0)
		return -1;
	if (check_label(fetch, err) != 0)
		return -1;
	if (write_manifest(fetch, err) != 0)
		return -1;
	if (write_tablespace_map(fetch, err) != 0)
		return -1;
	if (recovery_conf_write(fetch->directory, restore_command(fetch->run),
				&fetch->target, backup->timeline, err) != 0)
		return -1;
	if (owner_give_rest(fetch->directory, &fetch->tablespaces, err) != 0)
		return -1;
	if (place_release(fetch->directory, &fetch->tablespaces, err) != 0)
		return -1;
	if (place_sync(fetch->directory, &fetch->tablespaces, err) != 0)
		return -1;
	return write_control_file(fetch, control, err);
}

static int
verify(struct base_fetch *fetch, struct buf *control, struct err *err)
{
	struct sink *missing;

	if (unpack(fetch, control, err) != 0)
		return -1;
	if (check_control_file(fetch, control, err) != 0)
		return -1;
	if (fetch->index == NULL)
		return 0;
	missing = manifest_index_missing(fetch->index, err);
	if (missing == NULL)
		return -1;
	return parts_get(&fetch->source, "backup_manifest", missing, err);
}

static void
report(const struct base_fetch *fetch, uint64_t started_ms)
{
	const struct backup *backup = fetch->source.backup;
	char elapsed[UNITS_TEXT_SIZE];
	char size[UNITS_TEXT_SIZE];
	uint64_t files = backup->file_count;
	uint64_t bytes = backup->uncompressed_size;

	if (fetch->index != NULL)
		bytes = manifest_index_total(fetch->index, &files);
	units_format_size(bytes, size);
	units_format_duration(clock_elapsed_ms() - started_ms, elapsed);
	log_notice("%s: %s %s in %llu files, in %s", backup->name,
		   fetch->directory != NULL ? "restored" : "verified", size,
		   (unsigned long long)files, elapsed);
}

static int
fetch_backup(struct base_fetch *fetch, struct err *err)
{
	struct buf control = BUF_INIT(2 * CONTROL_FILE_SIZE);
	uint64_t started_ms = clock_elapsed_ms();
	int result;

	log_notice("%s: %s", fetch->source.backup->name,
		   fetch->directory != NULL ? "restoring" : "verifying");
	if (load_manifest(fetch, err) != 0)
		return -1;
	if (fetch->directory == NULL) {
		result = verify(fetch, &control, err);
	} else {
		result = check_space(fetch, err);
		if (result == 0)
			result = place_create(fetch->directory,
					      &fetch->tablespaces, err);
		if (result == 0) {
			result = restore(fetch, &control, err);
			if (result != 0 && err->hint[0] == '\0')
				(void)err_hint(err,
					       "%s holds an incomplete restore "
					       "that cannot start; empty it "
					       "before the next try",
					       fetch->directory);
		}
	}
	buf_free(&control);
	if (result == 0)
		report(fetch, started_ms);
	/* The backup was found; what is missing now is here, not there. */
	else if (err->kind == ERR_ABSENT)
		err->kind = ERR_SYSTEM;
	return result;
}

static int
prepare(struct base_fetch *fetch, struct err *err)
{
	if (backup_set_load(fetch->store, &fetch->set, err) != 0)
		return -1;
	fetch->source.backup =
	    choose_backup(fetch->store, &fetch->pipeline, &fetch->set,
			  fetch->name, &fetch->target, err);
	if (fetch->source.backup == NULL || map_tablespaces(fetch, err) != 0)
		return -1;
	if (fetch->directory == NULL)
		return 0;
	return place_check(fetch->directory, &fetch->tablespaces, err);
}

static int
read_arguments(struct base_fetch *fetch, struct err *err)
{
	const struct tool_run *run = fetch->run;
	bool verify_only = tool_has(run, "verify-only");

	if (verify_only && run->count > 1)
		return err_set(err, ERR_USAGE,
			       "--verify-only takes a backup's name and no "
			       "directory");
	if (verify_only) {
		fetch->name = run->arguments[0];
	} else {
		fetch->directory = run->arguments[0];
		if (*fetch->directory == '\0')
			return err_set(err, ERR_USAGE,
				       "the directory's name is empty");
		fetch->name = run->count > 1 ? run->arguments[1] : NULL;
	}
	return target_read(run, &fetch->target, err);
}

static int
run(const struct tool_run *run, struct err *err)
{
	struct base_fetch fetch = {.run = run};
	int result = -1;

	if (read_arguments(&fetch, err) != 0)
		goto out;
	settings_pipeline(run->settings, &fetch.pipeline);
	fetch.store = settings_open_store(run->settings, err);
	if (fetch.store == NULL)
		goto out;
	fetch.source.store = fetch.store;
	fetch.source.jobs = settings_jobs(run->settings);
	fetch.source.retry_ms =
	    settings_duration(run->settings, SETTING_RETRY_FOR, RETRY_FOR_MS);
	if (prepare(&fetch, err) != 0)
		goto out;
	result = fetch_backup(&fetch, err);
out:
	manifest_index_free(fetch.index);
	tablespace_map_free(&fetch.tablespaces);
	backup_set_free(&fetch.set);
	store_free(fetch.store);
	return result;
}

static const struct tool_option options[] = {
    {"target-time", "TIME", "recover up to this time", false},
    {"target-lsn", "LSN", "recover up to this position in the log", false},
    {"target-name", "NAME", "recover up to this restore point", false},
    {"target-xid", "XID", "recover up to this transaction", false},
    {"target-immediate", NULL, "recover until the backup is consistent", false},
    {"target-exclusive", NULL, "stop just before the target", false},
    {"target-timeline", "TIMELINE",
     "latest (the default), current, or a number", false},
    {"target-action", "ACTION",
     "pause (the default), promote or shutdown at the target", false},
    {"standby", NULL, "make it a standby", false},
    {"tablespace-mapping", "OLD=NEW",
     "restore the tablespace at OLD to NEW; may be repeated", true},
    {"restore-command", "COMMAND",
     "the server's restore_command, instead of \"" RESTORE_COMMAND "\"", false},
    {"verify-only", NULL, "read and check a backup, restore nothing", false},
    {"progress", NULL, "show how far it is", false},
    {NULL, NULL, NULL, false},
};

static const struct tool tool = {
    .name = "base-fetch",
    .usage = "DIR [NAME|LATEST]",
    .summary = "restore a base backup, ready to recover to a target",
    .least = 1,
    .most = 2,
    .options = options,
    .run = run,
};

int
main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
