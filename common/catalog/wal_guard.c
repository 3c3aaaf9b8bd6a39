#include "common/catalog/wal_guard.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/pg/timeline.h"
#include "common/pg/wal_header.h"

/* The longest history file that is believed: some hundred thousand switches. */
#define HISTORY_MAX ((size_t)16 * 1024 * 1024)

struct guard {
	struct sink sink;
	struct sink *next;
	struct wal_name name;
	uint64_t system_identifier; /* 0: any */
	uint64_t size;              /* bytes so far */
	struct buf head;            /* a segment's header, all of a history */
	struct wal_header header;   /* valid once `head` is full */
	bool known;                 /* it is */
};

static bool
is_segment(const struct guard *guard)
{
	return guard->name.kind == WAL_SEGMENT ||
	       guard->name.kind == WAL_PARTIAL;
}

/* As soon as the header is there, all but the size can be told: a wrong file
 * is refused before its 16 MiB have been passed on. */
static int
check_header(struct guard *guard, struct err *err)
{
	struct wal_header *header = &guard->header;

	if (wal_header_parse(guard->head.data, guard->head.len, header, err) !=
		0 ||
	    wal_header_check(header, &guard->name, header->segment_size, err) !=
		0)
		return -1;
	if (guard->system_identifier != 0 &&
	    guard->system_identifier != header->system_identifier)
		return err_set(err, ERR_REFUSED,
			       "written by the cluster with system identifier "
			       "%" PRIu64 ", not by %" PRIu64,
			       header->system_identifier,
			       guard->system_identifier);
	guard->known = true;
	return 0;
}

static int
take_header(struct guard *guard, const void *data, size_t len, struct err *err)
{
	size_t room = guard->head.limit - guard->head.len;

	if (len > room)
		len = room;
	if (len > 0 && buf_append(&guard->head, data, len, err) != 0)
		return -1;
	if (guard->head.len < guard->head.limit || guard->known)
		return 0;
	return check_header(guard, err);
}

static int
guard_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct guard *guard = (struct guard *)sink;

	guard->size += len;
	if (is_segment(guard)) {
		if (take_header(guard, data, len, err) != 0)
			return -1;
		if (guard->known && guard->size > guard->header.segment_size)
			return err_set(
			    err, ERR_DAMAGED,
			    "longer than its segment size of %" PRIu32 " bytes",
			    guard->header.segment_size);
	} else if (guard->name.kind == WAL_TIMELINE) {
		if (len > guard->head.limit - guard->head.len)
			return err_set(err, ERR_DAMAGED,
				       "too long for a history file");
		if (buf_append(&guard->head, data, len, err) != 0)
			return -1;
	}
	return sink_write(guard->next, data, len, err);
}

static int
check_end(struct guard *guard, struct err *err)
{
	struct timeline_history history = {0};

	if (guard->size == 0)
		return err_set(err, ERR_DAMAGED, "empty");
	if (is_segment(guard)) {
		/* Too short for a header: let the parser say so. */
		if (!guard->known)
			return check_header(guard, err);
		return wal_header_check(&guard->header, &guard->name,
					guard->size, err);
	}
	if (guard->name.kind != WAL_TIMELINE)
		return 0;
	if (timeline_parse(guard->name.timeline, guard->head.data,
			   guard->head.len, &history, err) != 0)
		return -1;
	timeline_free(&history);
	return 0;
}

static int
guard_finish(struct sink *sink, struct err *err)
{
	struct guard *guard = (struct guard *)sink;

	if (check_end(guard, err) != 0)
		return -1;
	return sink_finish(guard->next, err);
}

static void
guard_free(struct sink *sink)
{
	struct guard *guard = (struct guard *)sink;

	buf_free(&guard->head);
	sink_free(guard->next);
	free(guard);
}

static const struct sink_ops guard_ops = {
    .name = "wal guard",
    .write = guard_write,
    .finish = guard_finish,
    .free = guard_free,
};

struct sink *
wal_guard(const struct wal_name *name, uint64_t system_identifier,
	  struct sink *next, struct err *err)
{
	struct guard *guard = calloc(1, sizeof *guard);

	if (guard == NULL) {
		sink_free(next);
		err_memory(err);
		return NULL;
	}
	sink_init(&guard->sink, &guard_ops);
	guard->next = next;
	guard->name = *name;
	guard->system_identifier = system_identifier;
	guard->head.limit =
	    is_segment(guard) ? (size_t)WAL_HEADER_SIZE : HISTORY_MAX;
	return &guard->sink;
}
