/*
 * backup-delete - remove backups, and the WAL that no kept backup needs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/units.h"
#include "common/catalog/backup_set.h"
#include "common/tool/tool.h"
#include "tools/delete_request.h"
#include "tools/removal.h"
#include "tools/retention.h"
#include "tools/wal_need.h"

/* A draft that has not grown for this long is nobody's. */
#define DRAFT_AGE_MS (60 * 60 * 1000)

struct backup_delete {
	struct store *store;
	struct retention_request request;
	struct backup_set set;
	struct retention_plan plan;
	struct wal_need need;
	struct removal_count wal;
	uint64_t leftovers; /* interrupted backups */
	uint64_t drafts;
};

static const char *
reason(enum retention_verdict verdict)
{
	switch (verdict) {
	case RETENTION_PERMANENT:
		return "permanent";
	case RETENTION_LAST_FULL:
		return "last full backup";
	case RETENTION_NEEDED:
		return "a kept delta builds on it";
	case RETENTION_UNREADABLE:
		return "its sentinel cannot be read";
	default:
		return "";
	}
}

static void
print_line(const char *word, const char *what, uint64_t bytes,
	   const char *remark)
{
	char size[UNITS_TEXT_SIZE];

	units_format_size(bytes, size);
	printf("%-7s %s, %s%s%s\n", word, what, size,
	       *remark != '\0' ? ": " : "", remark);
}

static void
print_backups(const struct backup_delete *delete)
{
	for (size_t i = 0; i < delete->set.count; i++) {
		const struct backup *backup = &delete->set.backups[i];
		enum retention_verdict verdict = delete->plan.verdicts[i];
		char time[CLOCK_TEXT_SIZE];
		char what[BACKUP_NAME_SIZE + CLOCK_TEXT_SIZE + 16];

		clock_format(backup->finish_time, time);
		(void)snprintf(
		    what, sizeof what, "%s of %s", backup->name,
		    backup->finish_time.tv_sec != 0 ? time : "unknown time");
		print_line(verdict == RETENTION_GOES ? "delete" : "keep", what,
			   backup->compressed_size, reason(verdict));
	}
}

/* Interrupted backups are collected by "garbage" and "everything" only: the
 * other requests are about complete ones. */
static bool
takes_leftovers(const struct backup_delete *delete)
{
	return delete->request.verb == RETENTION_GARBAGE ||
	       delete->request.verb == RETENTION_EVERYTHING;
}

static int
plan_leftovers(struct backup_delete *delete, struct err *err)
{
	for (size_t i = 0; i < delete->set.unfinished_count; i++) {
		const struct unfinished_backup *one =
		    &delete->set.unfinished[i];
		struct removal_count count;

		if (!takes_leftovers(delete) && !one->running)
			continue;
		if (removal_count_backup(delete->store, one->name, &count,
					 err) != 0)
			return -1;
		if (one->running) {
			print_line("keep", one->name, count.bytes,
				   "being taken");
			continue;
		}
		print_line("delete", one->name, count.bytes,
			   "left by an interrupted backup");
		delete->leftovers++;
	}
	return 0;
}

static int
plan_wal(struct backup_delete *delete, struct err *err)
{
	char what[128];

	/* One backup less does not end what the archive can be used for. */
	if (delete->request.verb == RETENTION_TARGET)
		return 0;
	if (removal_count_wal(delete->store, &delete->need, &delete->wal,
			      err) != 0)
		return -1;
	if (delete->need.unknown)
		printf("keep    all WAL: %s\n", delete->need.reason);
	if (delete->wal.objects == 0)
		return 0;
	(void)snprintf(what, sizeof what, "WAL %s to %s, %" PRIu64 " files",
		       delete->wal.first, delete->wal.last,
		       delete->wal.objects);
	print_line("delete", what, delete->wal.bytes, "");
	return 0;
}

static int
plan_draft(void *context, const struct store_object *object, struct err *err)
{
	struct backup_delete *delete = context;

	(void)err;
	delete->drafts++;
	print_line("delete", object->name, object->size,
		   "left by an interrupted upload");
	return 0;
}

static int
make_plan(struct backup_delete *delete, struct err *err)
{
	if (backup_set_load(delete->store, &delete->set, err) != 0)
		return -1;
	if (retention_decide(&delete->set, &delete->request, &delete->plan,
			     err) != 0)
		return -1;
	if (wal_need_of(&delete->set, &delete->plan, &delete->need, err) != 0)
		return -1;
	/* Everything is the one request for which no backup needs no WAL. */
	if (delete->request.verb == RETENTION_EVERYTHING) {
		delete->need.unknown = false;
		delete->need.from = UINT64_MAX;
	}
	print_backups(delete);
	if (plan_leftovers(delete, err) != 0 || plan_wal(delete, err) != 0)
		return -1;
	if (!takes_leftovers(delete))
		return 0;
	return store_sweep(delete->store, DRAFT_AGE_MS, true, plan_draft,
			   delete, err);
}

/* Newest first, so that a delta goes before what it builds on. */
static int
remove_backups(struct backup_delete *delete, struct err *err)
{
	for (size_t i = delete->set.count; i-- > 0;) {
		const char *name = delete->set.backups[i].name;

		if (delete->plan.verdicts[i] != RETENTION_GOES)
			continue;
		if (removal_backup(delete->store, name, err) != 0)
			return err_context(err, "delete %s", name);
		log_notice("%s: deleted", name);
	}
	return 0;
}

static int
remove_leftovers(struct backup_delete *delete, struct err *err)
{
	for (size_t i = 0; i < delete->set.unfinished_count; i++) {
		const struct unfinished_backup *one =
		    &delete->set.unfinished[i];

		if (one->running)
			continue;
		if (removal_backup(delete->store, one->name, err) != 0)
			return err_context(err, "delete %s", one->name);
		log_notice("%s: leftovers deleted", one->name);
	}
	return store_sweep(delete->store, DRAFT_AGE_MS, false, NULL, NULL, err);
}

static int
carry_out(struct backup_delete *delete, struct err *err)
{
	if (remove_backups(delete, err) != 0)
		return -1;
	if (takes_leftovers(delete) && remove_leftovers(delete, err) != 0)
		return -1;
	if (delete->wal.objects == 0)
		return 0;
	if (removal_wal(delete->store, &delete->need, err) != 0)
		return err_context(err, "delete WAL");
	log_notice("%" PRIu64 " WAL files deleted", delete->wal.objects);
	return 0;
}

static int
delete_or_tell(struct backup_delete *delete, bool confirmed, struct err *err)
{
	if (make_plan(delete, err) != 0)
		return -1;
	if (fflush(stdout) != 0 || ferror(stdout) != 0)
		return err_set(err, ERR_SYSTEM,
			       "the plan could not be "
			       "printed; nothing deleted");
	if (delete->plan.going == 0 && delete->leftovers == 0 &&
	    delete->wal.objects == 0 && delete->drafts == 0) {
		log_notice("nothing to delete");
		return 1;
	}
	if (!confirmed) {
		log_notice("this is the plan only: --confirm carries it out");
		return 0;
	}
	return carry_out(delete, err);
}

static int
run(const struct tool_run *run, struct err *err)
{
	struct backup_delete delete = {0};
	int result = -1;

	if (delete_request_read(run->arguments, run->count, &delete.request,
				err) != 0)
		return -1;
	delete.store = settings_open_store(run->settings, err);
	if (delete.store == NULL)
		return -1;
	result = delete_or_tell(&delete, tool_has(run, "confirm"), err);
	wal_need_free(&delete.need);
	retention_free(&delete.plan);
	backup_set_free(&delete.set);
	store_free(delete.store);
	return result;
}

static const struct tool_option options[] = {
    {"confirm", NULL, "carry the plan out", false},
    {NULL, NULL, NULL, false},
};

static const struct tool tool = {
    .name = "backup-delete",
    .usage = "retain [FULL|FIND_FULL] N | before [FIND_FULL] NAME|TIME | "
	     "target [FIND_FULL] NAME | everything [FORCE] | garbage",
    .summary = "remove backups, and the WAL that no kept backup needs",
    .least = 1,
    .most = 3,
    .options = options,
    .run = run,
};

int
main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
