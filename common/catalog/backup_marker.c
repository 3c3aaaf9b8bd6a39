#include "common/catalog/backup_marker.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/origin.h"
#include "common/catalog/json_reader.h"
#include "common/catalog/json_writer.h"
#include "common/catalog/object_name.h"

#define MARKER_MAX ((size_t)64 * 1024)
#define HOST_SIZE 256

struct marker {
	char *hostname;
	char *origin; /* where pid means something */
	uint64_t pid;
	struct timespec started;
	struct timespec renewed;
};

static void
own_hostname(char name[HOST_SIZE])
{
	if (gethostname(name, HOST_SIZE) != 0)
		name[0] = '\0';
	name[HOST_SIZE - 1] = '\0';
}

static void
free_marker(struct marker *marker)
{
	free(marker->hostname);
	free(marker->origin);
}

static int
parse(const struct buf *json, struct marker *marker, struct err *err)
{
	struct json_reader reader;
	const json_t *root;

	if (json_reader_open(&reader, buf_text(json), json->len, err) != 0)
		return -1;
	root = reader.root;
	if (!json_reader_text(&reader, root, "hostname", &marker->hostname) ||
	    !json_reader_text(&reader, root, "origin", &marker->origin) ||
	    !json_reader_number(&reader, root, "pid", INT_MAX, &marker->pid) ||
	    !json_reader_time(&reader, root, "started", &marker->started) ||
	    !json_reader_time(&reader, root, "renewed", &marker->renewed))
		json_reader_fail(&reader, "a key is missing");
	return json_reader_close(&reader);
}

static int
load(struct store *store, const char *object, struct marker *marker,
     struct err *err)
{
	struct buf json = BUF_INIT(MARKER_MAX);
	int result = store_get_bytes(store, object, &json, err);

	if (result == 0 && parse(&json, marker, err) != 0)
		result = err_context(err, "%s/%s", store->url, object);
	buf_free(&json);
	return result;
}

static int
save(struct store *store, const char *object, enum store_put_mode mode,
     struct timespec started, struct err *err)
{
	struct buf json = BUF_INIT(MARKER_MAX);
	struct json_writer writer;
	char host[HOST_SIZE];
	char origin[ORIGIN_TEXT_SIZE];
	int result;

	own_hostname(host);
	origin_find(origin);
	json_writer_begin(&writer, &json, err);
	json_writer_text(&writer, "hostname", host);
	json_writer_text(&writer, "origin", origin);
	json_writer_number(&writer, "pid", (uint64_t)getpid());
	json_writer_time(&writer, "started", started);
	json_writer_time(&writer, "renewed", clock_now());
	result = json_writer_end(&writer);
	if (result == 0)
		result = store_put_bytes(store, object, mode, json.data,
					 json.len, err);
	buf_free(&json);
	return result;
}

static bool
is_ours(const struct marker *marker)
{
	char origin[ORIGIN_TEXT_SIZE];

	origin_find(origin);
	return strcmp(marker->origin, origin) == 0;
}

/* A clock that is behind the writer's makes an age below zero: not dead. */
static bool
is_fresh(struct timespec renewed)
{
	int64_t age = (int64_t)clock_now().tv_sec - (int64_t)renewed.tv_sec;

	return age < BACKUP_MARKER_DEAD_MS / 1000;
}

static bool
is_running(const struct marker *marker)
{
	if (!is_fresh(marker->renewed))
		return false;
	if (marker->origin[0] == '\0' || !is_ours(marker) || marker->pid == 0)
		return true;
	/* No permission to signal it means that it is there. */
	return kill((pid_t)marker->pid, 0) == 0 || errno != ESRCH;
}

static char *
describe(const struct marker *marker, struct err *err)
{
	struct buf text = BUF_INIT(MARKER_MAX);
	char started[CLOCK_TEXT_SIZE];

	clock_format(marker->started, started);
	if (buf_print(&text, err, "%s, process %" PRIu64 ", started %s",
		      marker->hostname, marker->pid, started) != 0)
		buf_free(&text);
	return text.data;
}

static int
note_newest(void *context, const struct store_object *object, struct err *err)
{
	struct timespec *newest = context;

	(void)err;
	if (clock_compare(object->modified, *newest) > 0)
		*newest = object->modified;
	return 0;
}

/* A marker nobody can read, or none at all as in WAL-G's backups, must neither
 * stop the listing nor make a backup look abandoned while it may be under way:
 * then the time of its newest object has to tell. */
static int
judge_by_time(struct store *store, const char *backup, bool *running,
	      char **owner, struct err *err)
{
	struct buf text = BUF_INIT(MARKER_MAX);
	struct timespec newest = {0};
	char folder[OBJECT_NAME_SIZE];
	char written[CLOCK_TEXT_SIZE];

	object_folder(backup, folder);
	if (store_list(store, folder, "", STORE_DEEP, note_newest, &newest,
		       err) != 0)
		return -1;
	*running = is_fresh(newest);
	if (!*running || owner == NULL)
		return 0;
	clock_format(newest, written);
	if (buf_print(&text, err, "no readable marker, last written to %s",
		      written) != 0) {
		buf_free(&text);
		return -1;
	}
	*owner = text.data;
	return 0;
}

int
backup_marker_read(struct store *store, const char *backup, bool *running,
		   char **owner, struct err *err)
{
	struct marker marker = {0};
	char object[OBJECT_NAME_SIZE];
	int result = 0;

	*running = false;
	if (owner != NULL)
		*owner = NULL;
	object_of_backup(backup, BACKUP_MARKER, object);
	if (load(store, object, &marker, err) != 0) {
		result = -1;
		if (err->kind == ERR_DAMAGED || err->kind == ERR_ABSENT)
			result =
			    judge_by_time(store, backup, running, owner, err);
		goto out;
	}
	if (owner != NULL) {
		*owner = describe(&marker, err);
		if (*owner == NULL) {
			result = -1;
			goto out;
		}
	}
	*running = is_running(&marker);
out:
	free_marker(&marker);
	return result;
}

static int
refuse_taken(const char *backup, struct err *err)
{
	err_set(err, ERR_EXISTS, "%s: the name is taken by another backup",
		backup);
	return err_hint(err, "what an interrupted backup left behind is "
			     "removed by \"backup-delete garbage --confirm\"");
}

static int
note_other(void *context, const struct store_object *object, struct err *err)
{
	bool *other = context;
	const char *slash = strrchr(object->name, '/');

	(void)err;
	if (slash != NULL && strcmp(slash, "/in_progress.json") == 0)
		return 0;
	*other = true;
	return 1;
}

/* With the marker in place nobody else begins; now see whether somebody was
 * here before. WAL-G's backups never had a marker. */
static int
find_other(struct store *store, const char *backup, bool *other,
	   struct err *err)
{
	char object[OBJECT_NAME_SIZE];
	struct store_object found;

	object_sentinel(backup, object);
	*other = store_stat(store, object, &found, err) == 0;
	if (*other)
		return 0;
	if (err->kind != ERR_ABSENT)
		return -1;
	object_folder(backup, object);
	return store_list(store, object, "", STORE_DEEP, note_other, other,
			  err);
}

int
backup_marker_create(struct store *store, const char *backup, struct err *err)
{
	char object[OBJECT_NAME_SIZE];
	struct err second = {0};
	bool other = false;

	object_of_backup(backup, BACKUP_MARKER, object);
	if (save(store, object, STORE_NEW, clock_now(), err) != 0) {
		if (err->kind == ERR_EXISTS)
			return refuse_taken(backup, err);
		return -1;
	}
	if (find_other(store, backup, &other, err) == 0 && !other)
		return 0;
	if (other)
		refuse_taken(backup, err);
	if (backup_marker_remove(store, backup, &second) != 0)
		log_debug("%s", second.message);
	return -1;
}

int
backup_marker_renew(struct store *store, const char *backup, struct err *err)
{
	struct marker marker = {0};
	char object[OBJECT_NAME_SIZE];
	int result;

	object_of_backup(backup, BACKUP_MARKER, object);
	result = load(store, object, &marker, err);
	if (result != 0 && err->kind == ERR_ABSENT)
		result = err_set(err, ERR_REFUSED,
				 "%s: somebody removed the backup while it was "
				 "being taken",
				 backup);
	else if (result == 0 &&
		 (!is_ours(&marker) || marker.pid != (uint64_t)getpid()))
		result = err_set(err, ERR_REFUSED,
				 "%s: process %" PRIu64 " on %s took over the "
				 "backup's name",
				 backup, marker.pid, marker.hostname);
	if (result == 0)
		result =
		    save(store, object, STORE_REPLACE, marker.started, err);
	free_marker(&marker);
	return result;
}

int
backup_marker_remove(struct store *store, const char *backup, struct err *err)
{
	char object[OBJECT_NAME_SIZE];
	const char *names[] = {object};

	object_of_backup(backup, BACKUP_MARKER, object);
	return store_remove(store, names, 1, err);
}
