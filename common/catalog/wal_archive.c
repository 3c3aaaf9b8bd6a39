#include "common/catalog/wal_archive.h"

#include <string.h>

#include "common/base/buf.h"
#include "common/catalog/wal_guard.h"
#include "common/stream/ends.h"
#include "common/stream/tally.h"

#define HISTORY_MAX ((size_t)16 * 1024 * 1024)

/* Up to this many segments of a local store are looked for one by one; more
 * are read from the directory. */
#define FIND_MOST 64

/* What objects may end in, likelier ones first. */
static const char *const suffixes[] = {
    ".zst",    ".lz4",    ".lzma",   ".zst.age", ".lz4.age", "",
    ".age",    ".xz",     ".gz",     ".br",      ".lzo",     ".lzma.age",
    ".xz.age", ".gz.age", ".br.age", ".lzo.age",
};

#define SUFFIXES (sizeof suffixes / sizeof suffixes[0])

static int
note_any(void *context, const struct store_object *object, struct err *err)
{
	bool *any = context;

	(void)object;
	(void)err;
	*any = true;
	return 1;
}

/* A mount point with nothing mounted on it looks like a store without
 * objects; what is not in it may well be in the archive. */
static int
refuse_empty_local(struct store *store, struct err *err)
{
	bool any = false;

	if (!store->local)
		return 0;
	if (store_list(store, "", "", STORE_SHALLOW, note_any, &any, err) != 0)
		return -1;
	if (any)
		return 0;
	err_set(err, ERR_UNREACHABLE, "%s: nothing lies in the store",
		store->url);
	return err_hint(err, "is its file system mounted?");
}

static int
set_absent(const struct store *store, const char *name, struct err *err)
{
	return err_set(err, ERR_ABSENT, "%s: no WAL file %s in the store",
		       store->url, name);
}

/* Questions to a local store cost less than reading a directory that may hold
 * a million names. */
static int
find_by_suffix(struct store *store, const char *name,
	       char object[OBJECT_NAME_SIZE], struct err *err)
{
	struct store_object found;
	size_t i;

	for (i = 0; i < SUFFIXES; i++) {
		object_wal(name, suffixes[i], object);
		if (store_stat(store, object, &found, err) == 0)
			return 0;
		if (err->kind != ERR_ABSENT)
			return -1;
	}
	if (refuse_empty_local(store, err) != 0)
		return -1;
	return set_absent(store, name, err);
}

struct search {
	const char *name;
	char *object;
	bool found;
};

/* The prefix of a segment's name is also that of its .partial and .backup
 * files: only a whole name counts. */
static int
match(void *context, const struct store_object *object, struct err *err)
{
	struct search *search = context;
	const char *file = object->name + strlen(OBJECT_WAL_FOLDER);
	size_t len = pipeline_strip(file);

	(void)err;
	if (len != strlen(search->name) ||
	    memcmp(file, search->name, len) != 0 ||
	    strlen(object->name) >= OBJECT_NAME_SIZE)
		return 0;
	memcpy(search->object, object->name, strlen(object->name) + 1);
	search->found = true;
	return 1;
}

static int
find_by_list(struct store *store, const char *name,
	     char object[OBJECT_NAME_SIZE], struct err *err)
{
	struct search search = {name, object, false};
	char prefix[OBJECT_NAME_SIZE];

	object_wal(name, "", prefix);
	if (store_list(store, prefix, "", STORE_DEEP, match, &search, err) != 0)
		return -1;
	return search.found ? 0 : set_absent(store, name, err);
}

static int
find_any(struct store *store, const char *name, char object[OBJECT_NAME_SIZE],
	 struct err *err)
{
	if (store->local)
		return find_by_suffix(store, name, object, err);
	return find_by_list(store, name, object, err);
}

static void
usual_object(const struct pipeline *pipeline, const char *name,
	     char object[OBJECT_NAME_SIZE])
{
	char suffix[PIPELINE_SUFFIX_SIZE];

	pipeline_suffix(pipeline, suffix);
	object_wal(name, suffix, object);
}

static int
parse_name(const char *name, struct wal_name *parsed, struct err *err)
{
	if (wal_name_parse(name, parsed) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "%s: not the name of a WAL file", name);
}

int
wal_archive_find(struct store *store, const struct pipeline *pipeline,
		 const char *name, char object[OBJECT_NAME_SIZE],
		 struct err *err)
{
	struct wal_name parsed;
	struct store_object found;

	if (parse_name(name, &parsed, err) != 0)
		return -1;
	usual_object(pipeline, name, object);
	if (store_stat(store, object, &found, err) == 0)
		return 0;
	if (err->kind != ERR_ABSENT)
		return -1;
	return find_any(store, name, object, err);
}

struct fetch {
	struct store *store;
	struct wal_name name;
	uint64_t system_identifier;
	struct sink *to;
};

/* The store's own errors name the object already; those of decoders and of
 * the guard do not. */
static int
name_object(const struct store *store, const char *object, struct err *err)
{
	if (strstr(err->message, object) != NULL)
		return -1;
	return err_context(err, "%s/%s", store->url, object);
}

/*
 * Everything behind the store but fetch->to itself, which must outlive a first
 * attempt that found nothing. After the first byte ERR_ABSENT is not an answer
 * any more: the object was there.
 */
static int
get(const struct fetch *fetch, const char *object, struct err *err)
{
	struct tally tally = {0};
	struct sink *pipe = ends_keep_open(fetch->to, err);
	int result = -1;

	if (pipe != NULL)
		pipe = wal_guard(&fetch->name, fetch->system_identifier, pipe,
				 err);
	if (pipe != NULL)
		pipe = pipeline_in(object, pipe, err);
	if (pipe != NULL)
		pipe = tally_sink(&tally, pipe, err);
	if (pipe == NULL ||
	    store_get(fetch->store, object, 0, STORE_TO_END, pipe, err) != 0 ||
	    sink_finish(pipe, err) != 0)
		goto out;
	result = 0;
out:
	sink_free(pipe);
	if (result != 0 && err->kind == ERR_ABSENT && tally.size > 0)
		err->kind = ERR_UNREACHABLE;
	if (result != 0 && err->kind != ERR_ABSENT)
		(void)name_object(fetch->store, object, err);
	return result;
}

static int
get_usual_or_other(const struct fetch *fetch, const struct pipeline *pipeline,
		   const char *name, char object[OBJECT_NAME_SIZE],
		   struct err *err)
{
	usual_object(pipeline, name, object);
	if (get(fetch, object, err) == 0)
		return 0;
	if (err->kind != ERR_ABSENT ||
	    find_any(fetch->store, name, object, err) != 0)
		return -1;
	if (get(fetch, object, err) == 0)
		return 0;
	/* The store gave two answers: ask again later. */
	if (err->kind == ERR_ABSENT)
		err->kind = ERR_UNREACHABLE;
	return -1;
}

int
wal_archive_fetch(struct store *store, const struct pipeline *pipeline,
		  const char *name, uint64_t system_identifier, struct sink *to,
		  char object[OBJECT_NAME_SIZE], struct err *err)
{
	struct fetch fetch = {
	    .store = store, .system_identifier = system_identifier, .to = to};
	char own[OBJECT_NAME_SIZE];
	int result = -1;

	if (object == NULL)
		object = own;
	object[0] = '\0';
	if (parse_name(name, &fetch.name, err) == 0)
		result =
		    get_usual_or_other(&fetch, pipeline, name, object, err);
	if (result == 0) {
		result = sink_finish(to, err);
		/* A target that has gone says nothing about the archive. */
		if (result != 0 && err->kind == ERR_ABSENT)
			err->kind = ERR_SYSTEM;
	}
	sink_free(to);
	return result;
}

/* The segments of a range, counted in the order of their numbers. */
struct count {
	const struct wal_range *range;
	uint64_t next; /* the one that should come */
	uint64_t missing;
	char *first_missing;
};

/* `segment` is there, and so is none between it and the one before. */
static void
count_present(struct count *count, uint64_t segment)
{
	if (segment < count->next)
		return;
	if (segment > count->next && count->missing == 0)
		wal_name_of_segment(count->range->timeline, count->next,
				    count->range->segment_size,
				    count->first_missing);
	count->missing += segment - count->next;
	count->next = segment + 1;
}

static int
count_object(void *context, const struct store_object *object, struct err *err)
{
	struct count *count = context;
	const struct wal_range *range = count->range;
	struct wal_name name;
	uint64_t segment;

	(void)err;
	if (object_wal_parse(object->name, &name) != 0 ||
	    name.kind != WAL_SEGMENT || name.timeline != range->timeline ||
	    !wal_name_fits(&name, range->segment_size))
		return 0;
	segment = wal_name_segment(&name, range->segment_size);
	if (segment > range->last)
		return 1;
	count_present(count, segment);
	return 0;
}

static int
count_by_list(struct store *store, struct count *count, struct err *err)
{
	char name[WAL_NAME_SIZE];
	char prefix[OBJECT_NAME_SIZE];
	char after[OBJECT_NAME_SIZE];

	wal_name_of_segment(count->range->timeline, count->range->first,
			    count->range->segment_size, name);
	/* One digit less comes before the first, whatever it ends in. */
	object_wal(name, "", after);
	after[strlen(after) - 1] = '\0';
	name[8] = '\0';
	object_wal(name, "", prefix);
	return store_list(store, prefix, after, STORE_DEEP, count_object, count,
			  err);
}

static int
count_by_suffix(struct store *store, struct count *count, struct err *err)
{
	const struct wal_range *range = count->range;
	char name[WAL_NAME_SIZE];
	char object[OBJECT_NAME_SIZE];
	uint64_t segment;

	for (segment = range->first; segment <= range->last; segment++) {
		wal_name_of_segment(range->timeline, segment,
				    range->segment_size, name);
		if (find_by_suffix(store, name, object, err) == 0)
			count_present(count, segment);
		else if (err->kind != ERR_ABSENT)
			return -1;
	}
	return 0;
}

int
wal_archive_missing(struct store *store, const struct wal_range *range,
		    uint64_t *missing, char name[WAL_NAME_SIZE],
		    struct err *err)
{
	struct count count = {
	    .range = range, .next = range->first, .first_missing = name};
	int result;

	name[0] = '\0';
	*missing = 0;
	if (range->first > range->last)
		return 0;
	if (store->local && range->last - range->first < FIND_MOST)
		result = count_by_suffix(store, &count, err);
	else
		result = count_by_list(store, &count, err);
	if (result != 0)
		return -1;
	/* As if the one behind the range were there. */
	count_present(&count, range->last + 1);
	*missing = count.missing;
	return *missing > 0 ? refuse_empty_local(store, err) : 0;
}

int
wal_archive_history(struct store *store, const struct pipeline *pipeline,
		    uint32_t timeline, struct timeline_history *history,
		    struct err *err)
{
	const struct wal_name parsed = {.kind = WAL_TIMELINE,
					.timeline = timeline};
	struct buf text = BUF_INIT(HISTORY_MAX);
	char name[WAL_NAME_SIZE];
	struct sink *end;
	int result = -1;

	if (timeline == 1)
		return timeline_parse(timeline, "", 0, history, err);
	wal_name_format(&parsed, name);
	end = ends_memory(&text, err);
	if (end == NULL)
		return -1;
	if (wal_archive_fetch(store, pipeline, name, 0, end, NULL, err) == 0)
		result = timeline_parse(timeline, buf_text(&text), text.len,
					history, err);
	buf_free(&text);
	return result;
}

int
wal_archive_newest_timeline(struct store *store,
			    const struct pipeline *pipeline, uint32_t timeline,
			    uint32_t *newest, struct err *err)
{
	struct wal_name next = {.kind = WAL_TIMELINE, .timeline = timeline};
	char name[WAL_NAME_SIZE];
	char object[OBJECT_NAME_SIZE];

	while (next.timeline < UINT32_MAX) {
		next.timeline++;
		wal_name_format(&next, name);
		if (wal_archive_find(store, pipeline, name, object, err) != 0) {
			if (err->kind != ERR_ABSENT)
				return -1;
			next.timeline--;
			break;
		}
	}
	*newest = next.timeline;
	return 0;
}
