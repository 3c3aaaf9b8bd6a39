#include "archive/wal_compare.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/pg/wal_header.h"

#define CHUNK ((size_t)64 * 1024)

struct comparer {
	struct sink sink;
	const struct wal_file *file;
	uint64_t at;                   /* bytes that are the same */
	bool differs;                  /* in the byte after them */
	uint8_t head[WAL_HEADER_SIZE]; /* of what is stored */
	size_t head_len;
	uint8_t local[CHUNK];
};

/* Two files of one name can be a mix-up of two clusters or two histories of
 * one; the operator has to do different things about them. */
static int
report(const struct comparer *compare, struct err *err)
{
	const struct wal_file *file = compare->file;
	struct err ignored = {0};
	struct wal_header header;

	(void)err_set(err, ERR_EXISTS,
		      "archived already with other content, which differs at "
		      "byte %" PRIu64,
		      compare->at);
	if (file->name.kind != WAL_SEGMENT && file->name.kind != WAL_PARTIAL)
		return err_hint(err, "which cluster wrote the archived file "
				     "cannot be told from it");
	if (wal_header_parse(compare->head, compare->head_len, &header,
			     &ignored) != 0)
		return err_hint(err, "the archived file has no valid header");
	if (header.system_identifier != file->system_identifier)
		return err_hint(err,
				"cluster %" PRIu64 " wrote the archived file, "
				"cluster %" PRIu64
				" this one: each needs a prefix of its own",
				header.system_identifier,
				file->system_identifier);
	return err_hint(err,
			"cluster %" PRIu64 " wrote both: a copy of it, or it "
			"itself before a restore, archived to this prefix",
			header.system_identifier);
}

static size_t
common_prefix(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i = 0;

	while (i < len && a[i] == b[i])
		i++;
	return i;
}

static void
keep_head(struct comparer *compare, const uint8_t *data, size_t len)
{
	size_t room = sizeof compare->head - compare->head_len;
	size_t take = len < room ? len : room;

	memcpy(compare->head + compare->head_len, data, take);
	compare->head_len += take;
}

/* A difference is only noted: what a damaged object opens to differs too, which
 * the stages before know at their end. */
static int
compare_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct comparer *compare = (struct comparer *)sink;
	const uint8_t *stored = data;

	keep_head(compare, stored, len);
	while (len > 0 && !compare->differs) {
		size_t want = len < CHUNK ? len : CHUNK;
		ssize_t got =
		    file_read_at(compare->file->fd, compare->local, want,
				 compare->at, compare->file->path, err);
		size_t same;

		if (got < 0)
			return -1;
		same = common_prefix(stored, compare->local, (size_t)got);
		compare->at += same;
		compare->differs = same < want;
		stored += want;
		len -= want;
	}
	return 0;
}

static int
compare_finish(struct sink *sink, struct err *err)
{
	const struct comparer *compare = (const struct comparer *)sink;

	if (compare->differs || compare->at != compare->file->size)
		return report(compare, err);
	return 0;
}

static void
compare_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops compare_ops = {
    "comparison",
    compare_write,
    compare_finish,
    compare_free,
};

struct sink *
wal_compare(const struct wal_file *file, struct err *err)
{
	struct comparer *compare = calloc(1, sizeof *compare);

	if (compare == NULL) {
		(void)err_memory(err);
		return NULL;
	}
	sink_init(&compare->sink, &compare_ops);
	compare->file = file;
	return &compare->sink;
}
