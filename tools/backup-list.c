/*
 * backup-list - what backups there are, and whether they can be restored.
 */
#include <stdio.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/catalog/backup_set.h"
#include "common/catalog/wal_archive.h"
#include "common/tool/tool.h"
#include "tools/listing.h"

/* A row, however much user data a backup carries. */
#define ROW_MAX (16 * 1024 * 1024)

struct backup_list {
	struct store *store;
	struct backup_set set;
	bool json;
	bool detail;
};

/* The WAL between a backup's start and end; without it a restore cannot reach
 * consistency. */
static int
look_for_wal(struct store *store, struct listing *listing, struct err *err)
{
	const struct backup *backup = listing->backup;
	struct wal_range range = {
	    .timeline = backup->timeline,
	    .segment_size = backup->segment_size,
	};
	char name[WAL_NAME_SIZE];

	if (backup->problem != NULL)
		return 0;
	range.first = backup_first_segment(backup);
	range.last = backup_last_segment(backup);
	return wal_archive_missing(store, &range, &listing->wal_missing, name,
				   err);
}

static int
print_backup(const struct backup_list *list, const struct backup *backup,
	     bool first, struct err *err)
{
	struct listing listing = {backup, 0, clock_now()};
	struct buf row = BUF_INIT(ROW_MAX);
	int result = look_for_wal(list->store, &listing, err);

	if (result == 0 && list->json)
		result = listing_json(&listing, list->detail, &row, err);
	else if (result == 0)
		result = listing_row(&listing, list->detail, &row, err);
	if (result == 0 && list->json)
		printf("%s%s", first ? "" : ",\n", buf_text(&row));
	else if (result == 0)
		printf("%s", buf_text(&row));
	buf_free(&row);
	return result;
}

static int
print_all(const struct backup_list *list, struct err *err)
{
	struct buf header = BUF_INIT(ROW_MAX);
	int result = 0;

	if (list->json)
		printf("[");
	else if (list->set.count > 0)
		result = listing_header(list->detail, &header, err);
	printf("%s", buf_text(&header));
	buf_free(&header);
	for (size_t i = 0; result == 0 && i < list->set.count; i++)
		result = print_backup(list, &list->set.backups[i], i == 0, err);
	/* A list that broke off must not pass for a short one. */
	if (result == 0 && list->json)
		printf("]\n");
	return result;
}

static void
tell_unfinished(const struct backup_list *list)
{
	if (list->set.count == 0)
		log_notice("%s: no backups here", list->store->url);
	for (size_t i = 0; i < list->set.unfinished_count; i++) {
		const struct unfinished_backup *one = &list->set.unfinished[i];

		if (one->running)
			log_notice("%s: is being taken (%s)", one->name,
				   one->owner);
		else
			log_notice("%s: left by an interrupted backup; "
				   "backup-delete garbage removes it",
				   one->name);
	}
}

static int
run(const struct tool_run *run, struct err *err)
{
	struct backup_list list = {
	    .json = tool_has(run, "json"),
	    .detail = tool_has(run, "detail"),
	};
	int result = -1;

	list.store = settings_open_store(run->settings, err);
	if (list.store == NULL)
		return -1;
	if (backup_set_load(list.store, &list.set, err) == 0) {
		result = print_all(&list, err);
		if (result == 0)
			tell_unfinished(&list);
	}
	backup_set_free(&list.set);
	store_free(list.store);
	return result;
}

static const struct tool_option options[] = {
    {"json", NULL, "print JSON, with WAL-G's keys", false},
    {"detail", NULL, "show more of each backup", false},
    {NULL, NULL, NULL, false},
};

static const struct tool tool = {
    .name = "backup-list",
    .usage = "",
    .summary = "list the backups and whether the WAL they need is there",
    .least = 0,
    .most = 0,
    .options = options,
    .run = run,
};

int
main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
