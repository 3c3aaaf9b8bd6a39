#include "archive/backup_crew.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive/data_walk.h"
#include "common/base/crew.h"
#include "common/base/log.h"
#include "common/base/path.h"
#include "common/base/queue.h"
#include "common/base/stop.h"
#include "common/pg/lsn.h"

/* Entries the walk may be ahead. */
#define QUEUE_LENGTH 512

/* How often the main thread looks after signals and the heartbeat. */
#define WATCH_NS (200L * 1000 * 1000)

/* An entry on its way from the walk to a worker. */
struct item {
	char *path; /* owned */
	struct stat stat;
	bool pages;
	uint32_t segment;
};

/* What all threads share. */
struct shared {
	const struct backup_crew *crew;
	struct data_file_rules rules;
	struct queue *queue;
	atomic_bool cancelled;
	pthread_mutex_t lock; /* over those below */
	pthread_cond_t ended;
	unsigned running; /* threads */
	struct backup_findings *findings;
};

static void
drop_item(void *item)
{
	free(((struct item *)item)->path);
}

/* End everything early: those that wait for the queue and those that read. */
static void
cancel(struct shared *shared)
{
	atomic_store(&shared->cancelled, true);
	queue_abort(shared->queue);
}

static int
enqueue(void *context, const struct data_walk_entry *entry, struct err *err)
{
	struct shared *shared = context;
	struct item item = {
	    .path = strdup(entry->path),
	    .stat = entry->stat,
	    .pages = entry->pages,
	    .segment = entry->segment,
	};

	if (item.path == NULL)
		return err_memory(err);
	if (queue_push(shared->queue, &item, err) != 0) {
		drop_item(&item);
		return -1;
	}
	return 0;
}

static void
note_findings(struct shared *shared, const char *path,
	      const struct data_file_result *result)
{
	struct backup_findings *findings = shared->findings;

	if (result->broken == 0 && result->late_lsn == 0)
		return;
	(void)pthread_mutex_lock(&shared->lock);
	findings->broken += result->broken;
	if (result->late_lsn > findings->late_lsn) {
		findings->late_lsn = result->late_lsn;
		(void)snprintf(findings->late_path, sizeof findings->late_path,
			       "%s", path);
	}
	(void)pthread_mutex_unlock(&shared->lock);
}

/* A member's header from what is known of the file. */
static void
describe(const struct file_owner *owner, const char *name,
	 const struct stat *stat, struct tar_member *member)
{
	bool is_file = S_ISREG(stat->st_mode);

	*member = (struct tar_member){
	    .name = name,
	    .target = "",
	    .type = is_file ? TAR_FILE : TAR_DIRECTORY,
	    .size = is_file ? (uint64_t)stat->st_size : 0,
	    .mode = stat->st_mode & 07777,
	    .uid = stat->st_uid,
	    .gid = stat->st_gid,
	    .modified = stat->st_mtim,
	    .user = file_owner_user(owner, stat->st_uid),
	    .group = file_owner_group(owner, stat->st_gid),
	};
}

static int
pack_directory(struct shared *shared, struct part_builder *builder,
	       const struct item *item, const char *name, struct err *err)
{
	struct tar_member member;

	describe(shared->crew->owner, name, &item->stat, &member);
	if (part_builder_member(builder, &member, err) != 0)
		return -1;
	return part_builder_end(builder, 0, err);
}

/* The file behind `file->fd`, whose size is what it has now that it is open. */
static int
pack_open_file(struct shared *shared, struct part_builder *builder,
	       struct data_file *file, const char *name, uint8_t *chunk,
	       struct err *err)
{
	struct data_file_result result;
	struct tar_member member;
	struct stat stat;

	if (fstat(file->fd, &stat) != 0)
		return err_errno(err, errno, "%s", file->path);
	if (!S_ISREG(stat.st_mode))
		return 0;
	file->size = (uint64_t)stat.st_size;
	describe(shared->crew->owner, name, &stat, &member);
	if (part_builder_member(builder, &member, err) != 0 ||
	    data_file_read(file, &shared->rules, chunk, part_builder_data,
			   builder, &result, err) != 0 ||
	    part_builder_end(builder, result.crc32c, err) != 0)
		return -1;
	note_findings(shared, file->path, &result);
	return 0;
}

static int
pack_file(struct shared *shared, struct part_builder *builder,
	  const struct item *item, const char *name, uint8_t *chunk,
	  struct err *err)
{
	struct data_file file = {
	    .pages = item->pages,
	    .segment = item->segment,
	};
	char *path = path_join(shared->crew->directory, item->path, err);
	int status = -1;

	if (path == NULL)
		return -1;
	file.path = path;
	/* Should a pipe or a link have taken the file's place meanwhile, it is
	 * neither waited for nor followed. */
	file.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file.fd >= 0) {
		status =
		    pack_open_file(shared, builder, &file, name, chunk, err);
		(void)close(file.fd);
	} else if (errno == ENOENT || errno == ELOOP) {
		/* Dropped since it was listed: replay knows. */
		log_debug("%s: vanished", path);
		status = 0;
	} else {
		err_errno(err, errno, "%s", path);
	}
	free(path);
	return status;
}

static int
pack(struct shared *shared, struct part_builder *builder,
     const struct item *item, uint8_t *chunk, struct err *err)
{
	char name[TAR_NAME_MAX + 1];
	size_t len = strlen(item->path);

	/* The walk's paths are one shorter than a name may be. */
	name[0] = '/';
	memcpy(name + 1, item->path, len + 1);
	if (S_ISREG(item->stat.st_mode))
		return pack_file(shared, builder, item, name, chunk, err);
	return pack_directory(shared, builder, item, name, err);
}

static int
pack_all(struct shared *shared, struct err *err)
{
	struct part_builder *builder =
	    part_builder_new(shared->crew->parts, err);
	uint8_t *chunk = malloc(DATA_FILE_CHUNK);
	struct item item;
	int more = -1;

	if (builder == NULL)
		goto out;
	if (chunk == NULL) {
		err_memory(err);
		goto out;
	}
	while ((more = queue_pop(shared->queue, &item, err)) == 1) {
		int failed = pack(shared, builder, &item, chunk, err);

		drop_item(&item);
		if (failed != 0) {
			more = -1;
			goto out;
		}
	}
	if (more == 0)
		more = part_builder_close(builder, err);
out:
	free(chunk);
	part_builder_free(builder);
	return more;
}

static int
walk_all(struct shared *shared, struct err *err)
{
	const struct backup_crew *crew = shared->crew;

	if (data_walk(crew->directory, crew->control, crew->tablespaces,
		      enqueue, shared, err) != 0)
		return -1;
	queue_close(shared->queue);
	return 0;
}

/* One thread's life: the first walks. */
static int
live(void *context, unsigned worker, struct err *err)
{
	struct shared *shared = context;
	int failed =
	    worker == 0 ? walk_all(shared, err) : pack_all(shared, err);

	if (failed != 0)
		cancel(shared);
	(void)pthread_mutex_lock(&shared->lock);
	shared->running--;
	(void)pthread_cond_signal(&shared->ended);
	(void)pthread_mutex_unlock(&shared->lock);
	return failed;
}

/* Wait until all threads are done or a little time has passed. Returns whether
 * they are done. */
static bool
wait_a_little(struct shared *shared)
{
	struct timespec until;
	bool done;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += WATCH_NS;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	(void)pthread_mutex_lock(&shared->lock);
	if (shared->running > 0)
		(void)pthread_cond_timedwait(&shared->ended, &shared->lock,
					     &until);
	done = shared->running == 0;
	(void)pthread_mutex_unlock(&shared->lock);
	return done;
}

static int
watch(struct shared *shared, struct err *err)
{
	while (!wait_a_little(shared)) {
		if (stop_check(err) != 0 ||
		    heartbeat_beat(shared->crew->heartbeat, err) != 0) {
			cancel(shared);
			return -1;
		}
	}
	return 0;
}

static int
run_threads(struct shared *shared, struct err *err)
{
	struct crew *threads;
	struct err others = {0};
	int failed;

	shared->running = shared->crew->workers + 1;
	threads = crew_start(shared->running, live, shared, shared->queue, err);
	if (threads == NULL)
		return -1;
	failed = watch(shared, err);
	/* What the main thread saw is the cause of what the others say; what
	 * the way here may have left in *err is not. */
	if (crew_join(threads, &others) != 0 && failed == 0) {
		*err = others;
		failed = -1;
	}
	return failed;
}

/* Timed by a clock that never jumps: were the time of day set back by an hour,
 * nobody would look after signals and the heartbeat for that long. */
static void
init_ended(pthread_cond_t *ended)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(ended, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

int
backup_crew_run(const struct backup_crew *crew,
		struct backup_findings *findings, struct err *err)
{
	struct shared shared = {
	    .crew = crew,
	    .rules = crew->rules,
	    .findings = findings,
	};
	int failed = -1;

	*findings = (struct backup_findings){0};
	atomic_init(&shared.cancelled, false);
	shared.rules.cancelled = &shared.cancelled;
	(void)pthread_mutex_init(&shared.lock, NULL);
	init_ended(&shared.ended);
	shared.queue = queue_new(QUEUE_LENGTH, sizeof(struct item), err);
	if (shared.queue != NULL)
		failed = run_threads(&shared, err);
	queue_free(shared.queue, drop_item);
	(void)pthread_cond_destroy(&shared.ended);
	(void)pthread_mutex_destroy(&shared.lock);
	return failed;
}

/* No page can be from after the end of the backup: such an LSN is damage that
 * would else pass for a page that replay repairs. */
int
backup_findings_judge(const struct backup_findings *findings, uint64_t end_lsn,
		      struct err *err)
{
	uint64_t broken = findings->broken;

	if (findings->late_lsn > end_lsn) {
		char lsn[LSN_TEXT_SIZE];

		lsn_format(findings->late_lsn, lsn);
		log_warning("%s: page checksum does not match in a page with "
			    "the impossible LSN %s",
			    findings->late_path, lsn);
		broken++;
	}
	if (broken == 0)
		return 0;
	err_set(err, ERR_DAMAGED,
		"%" PRIu64 " page%s failed the checksum test: the backup is "
		"not kept",
		broken, broken == 1 ? "" : "s");
	return err_hint(err, "the warnings name the files; "
			     "--no-verify-checksums takes the backup with the "
			     "damage in it");
}
