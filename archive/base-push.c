/*
 * base-push - a base backup of a running server into the store.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/backup_mode.h"
#include "archive/backup_server.h"
#include "archive/base_backup.h"
#include "common/base/log.h"
#include "common/catalog/cluster.h"
#include "common/catalog/json_reader.h"
#include "common/pg/connection.h"
#include "common/pg/control_file.h"
#include "common/pg/data_directory.h"
#include "common/tool/settings.h"
#include "common/tool/tool.h"

#define DEFAULT_LABEL "walnut base-push"
#define DEFAULT_PART_SIZE ((uint64_t)1024 * 1024 * 1024)
#define DEFAULT_PATIENCE_MS ((uint64_t)5 * 60 * 1000)

static const struct tool_option options[] = {
    {"label", "TEXT", "what the backup is called in backup_label", false},
    {"user-data", "JSON", "kept with the backup, shown by backup-list", false},
    {"permanent", NULL, "backup-delete never removes it", false},
    {"no-verify-checksums", NULL, "do not check the pages' checksums", false},
    {"progress", NULL, "show how far it is", false},
    {"checkpoint", "fast|spread", "how to begin (default fast)", false},
    {"dbname", "CONNINFO", "where to connect, as for libpq", false},
    {NULL, NULL, NULL, false},
};

static int
check_user_data(const char *text, struct err *err)
{
	if (json_reader_check(text, strlen(text), err) == 0)
		return 0;
	if (err->kind == ERR_DAMAGED)
		err->kind = ERR_USAGE;
	return err_context(err, "--user-data");
}

/* All that can be wrong with the options, before anything is touched. */
static int
read_options(const struct tool_run *run, struct base_backup_plan *plan,
	     struct err *err)
{
	const char *checkpoint = tool_value(run, "checkpoint");
	const char *label = tool_value(run, "label");

	plan->label = label != NULL ? label : DEFAULT_LABEL;
	if (backup_mode_check_label(plan->label, err) != 0)
		return -1;
	plan->user_data = tool_value(run, "user-data");
	if (plan->user_data != NULL &&
	    check_user_data(plan->user_data, err) != 0)
		return -1;
	if (checkpoint != NULL && strcmp(checkpoint, "fast") != 0 &&
	    strcmp(checkpoint, "spread") != 0)
		return err_set(err, ERR_USAGE,
			       "--checkpoint %s: neither fast nor spread",
			       checkpoint);
	plan->fast = checkpoint == NULL || strcmp(checkpoint, "fast") == 0;
	plan->permanent = tool_has(run, "permanent");
	plan->verify = !tool_has(run, "no-verify-checksums");
	plan->progress = tool_has(run, "progress");
	plan->jobs = settings_jobs(run->settings);
	plan->part_size =
	    settings_size(run->settings, SETTING_PART_SIZE, DEFAULT_PART_SIZE);
	plan->rate = settings_size(run->settings, SETTING_RATE_LIMIT, 0);
	plan->wal_patience_ms = settings_duration(
	    run->settings, SETTING_RETRY_FOR, DEFAULT_PATIENCE_MS);
	return 0;
}

/* The directory as the argument, PGDATA or the server name it, made absolute
 * since it is kept with the backup. Ownership: returns. */
static char *
find_directory(const struct tool_run *run, const struct backup_server *server,
	       struct err *err)
{
	const char *directory = getenv("PGDATA");
	char *resolved;

	if (run->count > 0)
		directory = run->arguments[0];
	else if (directory == NULL || *directory == '\0')
		directory = server->data_directory;
	resolved = realpath(directory, NULL);
	if (resolved == NULL) {
		err_errno(err, errno, "%s", directory);
		if (err->kind == ERR_ABSENT)
			err->kind = ERR_USAGE;
	}
	return resolved;
}

/* "Not there" would be an answer elsewhere; here it is the wrong directory. */
static int
read_control(const char *directory, struct control_file *control,
	     struct err *err)
{
	if (control_file_read(directory, control, NULL, err) == 0)
		return 0;
	if (err->kind == ERR_ABSENT)
		return err_set(err, ERR_USAGE, "%s: not a data directory",
			       directory);
	return -1;
}

/* Make sure that the store is this cluster's. What is remembered of it is kept
 * where wal-push keeps it. */
static int
claim_store(const struct settings *settings, struct store *store,
	    const char *directory, uint64_t system_identifier, struct err *err)
{
	const char *given = settings_text(settings, SETTING_STATE_DIR);
	char *beside = NULL;
	int failed;

	if (given == NULL) {
		beside = data_directory_state(directory, err);
		if (beside == NULL)
			return -1;
	}
	failed = cluster_claim(store, given != NULL ? given : beside,
			       system_identifier, err);
	free(beside);
	return failed;
}

/* With store and server at hand: every check, then the backup. */
static int
back_up(const struct tool_run *run, struct base_backup_plan *plan,
	const struct backup_server *server, struct err *err)
{
	char name[BACKUP_NAME_SIZE];
	struct control_file control;
	char *directory = NULL;
	int code = -1;

	if (backup_server_check(server, err) != 0)
		goto out;
	directory = find_directory(run, server, err);
	if (directory == NULL || read_control(directory, &control, err) != 0 ||
	    backup_server_owns(server, directory, &control, err) != 0 ||
	    data_directory_check_user(directory, err) != 0 ||
	    claim_store(run->settings, plan->store, directory,
			server->system_identifier, err) != 0)
		goto out;
	plan->directory = directory;
	if (plan->verify && control.checksum_version == 0)
		log_notice("the cluster has no page checksums to verify");
	if (base_backup(plan, name, err) != 0)
		goto out;
	(void)printf("%s\n", name);
	code = 0;
out:
	free(directory);
	return code;
}

static int
run_base_push(const struct tool_run *run, struct err *err)
{
	const char *conninfo = tool_value(run, "dbname");
	struct base_backup_plan plan = {0};
	struct backup_server server = {0};
	struct connection *connection = NULL;
	struct pipeline pipeline;
	int code = -1;

	if (read_options(run, &plan, err) != 0)
		return -1;
	settings_pipeline(run->settings, &pipeline);
	plan.pipeline = &pipeline;
	plan.store = settings_open_store(run->settings, err);
	if (plan.store == NULL)
		goto out;
	connection =
	    connection_open(conninfo != NULL ? conninfo : "", "base-push", err);
	if (connection == NULL)
		goto out;
	plan.connection = connection;
	if (backup_server_read(connection, &server, err) == 0)
		code = back_up(run, &plan, &server, err);
out:
	backup_server_free(&server);
	connection_close(connection);
	store_free(plan.store);
	return code;
}

static const struct tool base_push = {
    .name = "base-push",
    .usage = "[DIR]",
    .summary = "take a base backup of a running server",
    .least = 0,
    .most = 1,
    .options = options,
    .run = run_base_push,
};

int
main(int argc, char **argv)
{
	return tool_main(&base_push, argc, argv);
}
