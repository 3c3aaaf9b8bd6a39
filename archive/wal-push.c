/*
 * wal-push - archive one WAL file; PostgreSQL's archive_command.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/wal_file.h"
#include "archive/wal_upload.h"
#include "common/base/retry.h"
#include "common/catalog/cluster.h"
#include "common/pg/data_directory.h"
#include "common/tool/tool.h"

/* PostgreSQL calls again by itself, so it need not wait as long as a restore
 * does. */
#define RETRY_FOR_MS (60 * 1000)

struct wal_push {
	struct store *store;
	struct pipeline pipeline;
	char *state_directory; /* NULL: none */
	struct wal_file file;
};

static int
push_once(struct wal_push *push, struct err *err)
{
	if (cluster_claim(push->store, push->state_directory,
			  push->file.system_identifier, err) != 0)
		return err_context(err, "%s: not archived", push->file.path);
	return wal_upload(push->store, &push->pipeline, &push->file, err);
}

/* Only a store that could not be asked may answer otherwise in a moment;
 * everything else PostgreSQL and its administrator should hear at once. */
static int
push_with_retries(struct wal_push *push, uint64_t budget_ms, struct err *err)
{
	struct retry retry;

	retry_start(&retry, budget_ms);
	while (push_once(push, err) != 0) {
		if (err->kind != ERR_UNREACHABLE ||
		    retry_again(&retry, 0, err) != 0)
			return -1;
	}
	return 0;
}

static int
find_state_directory(struct wal_push *push, const struct settings *settings,
		     const char *data_directory, struct err *err)
{
	const char *given = settings_text(settings, SETTING_STATE_DIR);

	if (given == NULL && data_directory == NULL)
		return 0;
	push->state_directory = given != NULL
				    ? strdup(given)
				    : data_directory_state(data_directory, err);
	if (push->state_directory == NULL)
		return err_memory(err);
	return 0;
}

static int
run(const struct tool_run *run, struct err *err)
{
	const char *path = run->arguments[0];
	struct wal_push push = {.file.fd = -1};
	char *data_directory = NULL;
	int result = -1;

	push.store = settings_open_store(run->settings, err);
	if (push.store == NULL)
		goto out;
	settings_pipeline(run->settings, &push.pipeline);
	data_directory = data_directory_find(path, err);
	if (data_directory == NULL && err->kind != ERR_ABSENT)
		goto out;
	if (data_directory != NULL &&
	    data_directory_check_user(data_directory, err) != 0)
		goto out;
	if (wal_file_open(path, data_directory, &push.file, err) != 0)
		goto out;
	if (find_state_directory(&push, run->settings, data_directory, err) !=
	    0)
		goto out;
	if (push_with_retries(&push,
			      settings_duration(run->settings,
						SETTING_RETRY_FOR,
						RETRY_FOR_MS),
			      err) != 0)
		goto out;
	result = 0;
out:
	wal_file_close(&push.file);
	free(push.state_directory);
	free(data_directory);
	store_free(push.store);
	return result;
}

static const struct tool tool = {
    .name = "wal-push",
    .usage = "PATH",
    .summary = "archive one WAL file, for PostgreSQL's archive_command",
    .least = 1,
    .most = 1,
    .run = run,
};

int
main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
