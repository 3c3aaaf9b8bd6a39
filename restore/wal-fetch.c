/*
 * wal-fetch - bring one WAL file back; PostgreSQL's restore_command.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/draft.h"
#include "common/base/log.h"
#include "common/base/path.h"
#include "common/base/retry.h"
#include "common/base/stop.h"
#include "common/catalog/cluster.h"
#include "common/catalog/wal_archive.h"
#include "common/pg/control_file.h"
#include "common/pg/data_directory.h"
#include "common/stream/ends.h"
#include "common/tool/tool.h"

#define RETRY_FOR_MS (5 * 60 * 1000)

/* Older drafts than this are nobody's, whatever their process number says. */
#define DRAFT_AGE_MS (24 * 60 * 60 * 1000)

/* PostgreSQL takes any exit code from 1 to 125 as "not in the archive": it ends
 * recovery there and opens. Only above that it stops. */
#define EXIT_STOP_RECOVERY 255

struct wal_fetch {
	struct store *store;
	struct pipeline pipeline;
	const char *name;
	const char *path;
	uint64_t system_identifier; /* 0: not known */
};

/* ERR_ABSENT is the archive's word alone: a local file or directory that is
 * missing must never look like the end of the log. */
static int
local_failure(struct err *err)
{
	if (err->kind == ERR_ABSENT)
		err->kind = ERR_USAGE;
	return -1;
}

static int
fetch_once(const struct wal_fetch *fetch, struct err *err)
{
	struct draft *draft = draft_open(fetch->path, NULL, 0600, err);
	struct sink *to;

	if (draft == NULL)
		return local_failure(err);
	to = ends_draft(draft, DRAFT_REPLACE, err);
	if (to == NULL)
		return -1;
	return wal_archive_fetch(fetch->store, &fetch->pipeline, fetch->name,
				 fetch->system_identifier, to, NULL, err);
}

/* Damaged data is read a second time, since the fault may have been on the
 * way, but not for minutes. */
static bool
worth_retrying(const struct err *err, unsigned failures)
{
	switch (err->kind) {
	case ERR_UNREACHABLE:
	case ERR_DENIED:
	case ERR_SYSTEM:
		return true;
	case ERR_DAMAGED:
		return failures < 1;
	default:
		return false;
	}
}

static int
fetch_with_retries(const struct wal_fetch *fetch, uint64_t budget_ms,
		   struct err *err)
{
	struct retry retry;

	retry_start(&retry, budget_ms);
	while (fetch_once(fetch, err) != 0) {
		if (!worth_retrying(err, retry.attempt) ||
		    retry_again(&retry, 0, err) != 0)
			return -1;
	}
	return 0;
}

/* The data directory knows whose WAL it needs; outside of one, a store that
 * can be asked for nothing does. */
static int
find_identity(struct wal_fetch *fetch, struct err *err)
{
	struct control_file control;
	char *directory = data_directory_find(fetch->path, err);
	int result = 0;

	if (directory != NULL) {
		result = control_file_read(directory, &control, NULL, err);
		if (result == 0)
			fetch->system_identifier = control.system_identifier;
	} else if (err->kind != ERR_ABSENT) {
		result = -1;
	} else if (fetch->store->local) {
		result =
		    cluster_read(fetch->store, &fetch->system_identifier, err);
		if (result != 0 && err->kind != ERR_DAMAGED)
			result = 0; /* the fetch itself will tell */
	}
	free(directory);
	return result;
}

/* Rubbish that cannot be removed is no reason to end a recovery. */
static void
sweep(const char *path)
{
	struct err err = {0};
	char *directory = path_parent(path, &err);

	if (directory == NULL ||
	    draft_sweep(directory, DRAFT_AGE_MS, 1, &err) < 0)
		log_debug("%s", err.message);
	free(directory);
}

/* A standby asks for files that do not exist yet every few seconds, and its
 * server says nothing of it either; a person wants to be answered. */
static int
answer_no(const struct err *err)
{
	if (isatty(STDERR_FILENO))
		log_notice("%s", err->message);
	else
		log_debug("%s", err->message);
	return tool_exit_code(err);
}

static int
run(const struct tool_run *run, struct err *err)
{
	struct wal_fetch fetch = {
	    .name = run->arguments[0],
	    .path = run->arguments[1],
	};
	struct wal_name name;
	int result = -1;

	if (wal_name_parse(fetch.name, &name) != 0)
		return err_set(err, ERR_USAGE, "%s: not the name of a WAL file",
			       fetch.name);
	fetch.store = settings_open_store(run->settings, err);
	if (fetch.store == NULL)
		goto out;
	settings_pipeline(run->settings, &fetch.pipeline);
	if (find_identity(&fetch, err) != 0) {
		result = local_failure(err);
		goto out;
	}
	sweep(fetch.path);
	result = fetch_with_retries(
	    &fetch,
	    settings_duration(run->settings, SETTING_RETRY_FOR, RETRY_FOR_MS),
	    err);
	/* Only here is it the archive's word; exit_code knows no "no". */
	if (result != 0 && err->kind == ERR_ABSENT)
		result = answer_no(err);
out:
	store_free(fetch.store);
	return result;
}

/* A standby asks again by itself; it is told apart by the file that makes it
 * one, in the directory in which PostgreSQL runs the command. */
static bool
may_continue(const struct tool_run *run)
{
	const char *mode = "auto";

	if (run != NULL)
		mode = settings_text(run->settings, SETTING_FETCH_ERRORS);
	if (strcmp(mode, "auto") == 0)
		return access("standby.signal", F_OK) == 0;
	return strcmp(mode, "continue") == 0;
}

static int
exit_code(const struct tool_run *run, const struct err *err)
{
	/* A server that is being shut down wants to see its own signal. */
	if (err->kind == ERR_STOPPED)
		return 128 + stop_signal();
	return may_continue(run) ? tool_exit_code(err) : EXIT_STOP_RECOVERY;
}

static const struct tool tool = {
    .name = "wal-fetch",
    .usage = "NAME PATH",
    .summary = "bring one WAL file back, for PostgreSQL's restore_command",
    .least = 2,
    .most = 2,
    .run = run,
    .exit_code = exit_code,
};

int
main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
