#include "common/catalog/backup_set.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/catalog/backup_marker.h"
#include "common/catalog/object_name.h"

/* How often a set that changes while it is read is read again. */
#define ATTEMPTS 5

/* Names of backups, sorted once all are there. */
struct names {
	char (*names)[BACKUP_NAME_SIZE];
	size_t count;
	size_t capacity;
};

struct listing {
	struct names sentinels;
	struct names folders;
};

enum outcome {
	SET_FAILED = -1,
	SET_LOADED,
	SET_CHANGED, /* something listed had gone, or come, when it was read */
};

static int
add_name(struct names *names, const char *name, struct err *err)
{
	if (names->count == names->capacity) {
		size_t capacity = names->capacity * 2 + 64;
		void *grown =
		    realloc(names->names, capacity * sizeof *names->names);

		if (grown == NULL)
			return err_memory(err);
		names->names = grown;
		names->capacity = capacity;
	}
	memcpy(names->names[names->count++], name, strlen(name) + 1);
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool
has_name(const struct names *names, const char *name)
{
	return names->count > 0 &&
	       bsearch(name, names->names, names->count, sizeof *names->names,
		       compare_names) != NULL;
}

static int
note(void *context, const struct store_object *object, struct err *err)
{
	struct listing *listing = context;
	char name[BACKUP_NAME_SIZE];

	if (object_sentinel_parse(object->name, name) == 0)
		return add_name(&listing->sentinels, name, err);
	if (object_folder_parse(object->name, name) == 0)
		return add_name(&listing->folders, name, err);
	return 0;
}

static int
list_backups(struct store *store, struct listing *listing, struct err *err)
{
	if (store_list(store, OBJECT_BACKUP_FOLDER, "", STORE_SHALLOW, note,
		       listing, err) != 0)
		return -1;
	if (listing->sentinels.count > 0)
		qsort(listing->sentinels.names, listing->sentinels.count,
		      sizeof *listing->sentinels.names, compare_names);
	if (listing->folders.count > 0)
		qsort(listing->folders.names, listing->folders.count,
		      sizeof *listing->folders.names, compare_names);
	return 0;
}

/* What became of a metadata.json that cannot be parsed is not known; treating
 * the backup as permanent is the side on which nothing is lost. */
static int
load_metadata(struct store *store, struct backup *backup, struct err *err)
{
	struct buf json = BUF_INIT(BACKUP_JSON_MAX);
	char object[OBJECT_NAME_SIZE];
	struct err problem = {0};
	int result = 0;

	object_of_backup(backup->name, BACKUP_METADATA, object);
	if (store_get_bytes(store, object, &json, err) != 0) {
		result = err->kind == ERR_ABSENT ? 0 : -1;
	} else if (backup_read_metadata(buf_text(&json), json.len, backup,
					&problem) != 0) {
		if (problem.kind != ERR_DAMAGED) {
			*err = problem;
			result = -1;
		} else {
			log_warning("%s; the backup counts as permanent",
				    problem.message);
			backup->permanent = true;
		}
	}
	buf_free(&json);
	return result;
}

static char *
copy_text(const char *text, struct err *err)
{
	char *copy = strdup(text);

	if (copy == NULL)
		err_memory(err);
	return copy;
}

/* What can be said of a backup whose sentinel makes no sense. Its start LSN
 * stays 0, so that whoever counts the WAL it needs keeps all. */
static int
become_problem(struct backup *backup, const char *name, struct err *err)
{
	struct backup_name parsed;
	char *problem = copy_text(err->message, err);

	if (problem == NULL)
		return -1;
	backup_free(backup);
	backup->problem = problem;
	memcpy(backup->name, name, strlen(name) + 1);
	if (backup_name_parse(name, &parsed) == 0)
		backup->timeline = parsed.timeline;
	backup->segment_size = WAL_SEGMENT_SIZE_MIN;
	backup->hostname = copy_text("", err);
	backup->data_directory = copy_text("", err);
	backup->label = copy_text("", err);
	if (backup->hostname == NULL || backup->data_directory == NULL ||
	    backup->label == NULL)
		return -1;
	return 0;
}

/* Fill an initialised backup from its sentinel. Only what the bytes say may be
 * ERR_DAMAGED and land in `problem`; a read that failed is an error. */
static int
load_sentinel(struct store *store, const char *name, struct backup *backup,
	      struct err *err)
{
	struct buf json = BUF_INIT(BACKUP_JSON_MAX);
	char object[OBJECT_NAME_SIZE];
	int result;

	object_sentinel(name, object);
	result = store_get_bytes(store, object, &json, err);
	if (result == 0 && backup_read_sentinel(name, buf_text(&json), json.len,
						backup, err) != 0)
		result = err->kind == ERR_DAMAGED
			     ? become_problem(backup, name, err)
			     : -1;
	buf_free(&json);
	return result;
}

int
backup_load(struct store *store, const char *name, struct backup *backup,
	    struct err *err)
{
	struct backup_name parsed;

	backup_init(backup);
	if (backup_name_parse(name, &parsed) != 0)
		return err_set(err, ERR_ABSENT, "%s: not a backup's name",
			       name);
	if (load_sentinel(store, name, backup, err) == 0) {
		if (backup->problem != NULL)
			err_set(err, ERR_DAMAGED, "%s", backup->problem);
		else if (load_metadata(store, backup, err) == 0)
			return 0;
	}
	backup_free(backup);
	return -1;
}

static enum outcome
load_complete(struct store *store, const struct names *sentinels,
	      struct backup_set *set, struct err *err)
{
	size_t i;

	set->backups = calloc(sentinels->count + 1, sizeof *set->backups);
	if (set->backups == NULL) {
		err_memory(err);
		return SET_FAILED;
	}
	for (i = 0; i < sentinels->count; i++) {
		struct backup *backup = &set->backups[i];

		/* Counted before it is filled, so that it is released. */
		set->count++;
		if (load_sentinel(store, sentinels->names[i], backup, err) != 0)
			return err->kind == ERR_ABSENT ? SET_CHANGED
						       : SET_FAILED;
		if (load_metadata(store, backup, err) != 0)
			return SET_FAILED;
	}
	return SET_LOADED;
}

/* A backup that is being completed gets its sentinel first and loses its marker
 * after, so the sentinel is looked for once more when the marker was not there:
 * a complete backup must never be taken for a rest. */
static enum outcome
load_unfinished_one(struct store *store, struct unfinished_backup *unfinished,
		    struct err *err)
{
	char object[OBJECT_NAME_SIZE];
	struct store_object found;

	if (backup_marker_read(store, unfinished->name, &unfinished->running,
			       &unfinished->owner, err) != 0)
		return SET_FAILED;
	object_sentinel(unfinished->name, object);
	if (store_stat(store, object, &found, err) == 0)
		return SET_CHANGED;
	return err->kind == ERR_ABSENT ? SET_LOADED : SET_FAILED;
}

static enum outcome
load_unfinished(struct store *store, const struct listing *listing,
		struct backup_set *set, struct err *err)
{
	const struct names *folders = &listing->folders;
	size_t i;

	set->unfinished = calloc(folders->count + 1, sizeof *set->unfinished);
	if (set->unfinished == NULL) {
		err_memory(err);
		return SET_FAILED;
	}
	for (i = 0; i < folders->count; i++) {
		struct unfinished_backup *unfinished;
		enum outcome outcome;

		if (has_name(&listing->sentinels, folders->names[i]))
			continue;
		unfinished = &set->unfinished[set->unfinished_count++];
		memcpy(unfinished->name, folders->names[i], BACKUP_NAME_SIZE);
		outcome = load_unfinished_one(store, unfinished, err);
		if (outcome != SET_LOADED)
			return outcome;
	}
	return SET_LOADED;
}

static enum outcome
load_once(struct store *store, struct backup_set *set, struct err *err)
{
	struct listing listing = {0};
	enum outcome outcome = SET_FAILED;

	if (list_backups(store, &listing, err) == 0)
		outcome = load_complete(store, &listing.sentinels, set, err);
	if (outcome == SET_LOADED)
		outcome = load_unfinished(store, &listing, set, err);
	free(listing.folders.names);
	free(listing.sentinels.names);
	return outcome;
}

static struct timespec
time_of(const struct backup *backup)
{
	if (backup->finish_time.tv_sec == 0 && backup->finish_time.tv_nsec == 0)
		return backup->start_time;
	return backup->finish_time;
}

static int
compare_backups(const void *one, const void *other)
{
	const struct backup *a = one;
	const struct backup *b = other;
	int order = (b->problem != NULL) - (a->problem != NULL);

	if (order == 0)
		order = clock_compare(time_of(a), time_of(b));
	return order != 0 ? order : strcmp(a->name, b->name);
}

int
backup_set_load(struct store *store, struct backup_set *set, struct err *err)
{
	int attempt;

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		enum outcome outcome;

		memset(set, 0, sizeof *set);
		outcome = load_once(store, set, err);
		if (outcome == SET_LOADED) {
			qsort(set->backups, set->count, sizeof *set->backups,
			      compare_backups);
			return 0;
		}
		backup_set_free(set);
		if (outcome == SET_FAILED)
			return -1;
	}
	return err_set(err, ERR_UNREACHABLE,
		       "%s: the backups change faster than they can be listed",
		       store->url);
}

static const struct backup *
latest(const struct backup_set *set)
{
	if (set->count == 0 || set->backups[set->count - 1].problem != NULL)
		return NULL;
	return &set->backups[set->count - 1];
}

/* The newest few: nobody reads more in a hint. */
static void
hint_names(const struct backup_set *set, struct err *err)
{
	struct buf text = BUF_INIT(ERR_HINT_SIZE);
	struct err ignored = {0};
	size_t shown = set->count < 5 ? set->count : 5;
	size_t i;

	for (i = set->count; i-- > set->count - shown;) {
		if (buf_print(&text, &ignored, "%s%s", text.len > 0 ? ", " : "",
			      set->backups[i].name) != 0)
			break;
	}
	if (set->count == 0)
		err_hint(err, "there is no backup at all");
	else if (set->count > shown)
		err_hint(err, "the newest of %zu are %s", set->count,
			 buf_text(&text));
	else
		err_hint(err, "there are: %s", buf_text(&text));
	buf_free(&text);
}

const struct backup *
backup_set_find(const struct backup_set *set, const char *name, struct err *err)
{
	const struct backup *found = NULL;
	size_t i;

	if (strcmp(name, "LATEST") == 0)
		found = latest(set);
	for (i = 0; i < set->count; i++) {
		if (strcmp(set->backups[i].name, name) == 0)
			found = &set->backups[i];
	}
	if (found == NULL) {
		err_set(err, ERR_ABSENT, "%s: no such backup", name);
		hint_names(set, err);
	}
	return found;
}

void
backup_set_free(struct backup_set *set)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		backup_free(&set->backups[i]);
	for (i = 0; i < set->unfinished_count; i++)
		free(set->unfinished[i].owner);
	free(set->backups);
	free(set->unfinished);
	memset(set, 0, sizeof *set);
}
