/*
 * Sentinels and metadata.json: what was read can be written, and what was
 * written reads as the same; names of objects stay below the backup.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/path.h"
#include "common/catalog/backup.h"
#include "common/pg/wal_name.h"
#include "tests/fuzz/claim.h"

#define FULL "base_000000010000000000000002"
#define DELTA "base_000000010000000000000005_D_000000010000000000000002"

static bool
same_buf(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void
claim_sound(const struct backup *backup)
{
	claim(wal_segment_size_valid(backup->segment_size),
	      "the segment size is a possible one");
	claim(!backup->delta || backup->delta_from != NULL,
	      "a delta has its base");
	claim(backup->hostname && backup->data_directory && backup->label,
	      "texts are there");
	for (size_t i = 0; i < backup->digest_count; i++)
		claim(path_stays_below(backup->digests[i].name),
		      "names of objects stay below");
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec / 1000 == b.tv_nsec / 1000;
}

/* What a document tells of itself; its texts' bytes may differ where they are
 * no UTF-8. */
static void
claim_same(const struct backup *a, const struct backup *b)
{
	claim(a->timeline == b->timeline && a->start_lsn == b->start_lsn &&
		  a->finish_lsn == b->finish_lsn &&
		  a->segment_size == b->segment_size,
	      "it needs the same WAL");
	claim(a->system_identifier == b->system_identifier &&
		  a->pg_version == b->pg_version,
	      "it is of the same cluster");
	claim(a->uncompressed_size == b->uncompressed_size &&
		  a->compressed_size == b->compressed_size &&
		  a->data_size == b->data_size &&
		  a->file_count == b->file_count,
	      "it has the same sizes");
	claim(same_time(a->start_time, b->start_time) &&
		  same_time(a->finish_time, b->finish_time),
	      "it has the same times");
	claim(same_text(a->hostname, b->hostname) &&
		  same_text(a->data_directory, b->data_directory) &&
		  same_text(a->label, b->label) &&
		  same_text(a->user_data, b->user_data),
	      "it has the same texts");
	claim(a->permanent == b->permanent &&
		  a->from_standby == b->from_standby && a->delta == b->delta &&
		  a->delta_lsn == b->delta_lsn &&
		  a->delta_count == b->delta_count &&
		  same_text(a->delta_from, b->delta_from) &&
		  same_text(a->delta_full, b->delta_full),
	      "it is of the same kind");
	claim(a->tablespaces.count == b->tablespaces.count &&
		  a->digest_count == b->digest_count,
	      "it consists of as much");
}

/* Two readings apart, the documents have to be the same byte for byte. */
static void
claim_sentinel_again(const char *name, const struct backup *backup)
{
	struct buf first = BUF_INIT(BACKUP_JSON_MAX);
	struct buf second = BUF_INIT(BACKUP_JSON_MAX);
	struct backup again;
	struct err err = {0};

	backup_init(&again);
	claim_done(backup_write_sentinel(backup, &first, &err), &err,
		   "what was read can be written");
	claim_done(
	    backup_read_sentinel(name, first.data, first.len, &again, &err),
	    &err, "what was written can be read");
	claim_same(backup, &again);
	claim_done(backup_write_sentinel(&again, &second, &err), &err,
		   "and written again");
	claim(same_buf(&first, &second), "nothing gets lost on the way");
	first.data[first.len / 2] ^= 1;
	backup_free(&again);
	claim(backup_read_sentinel(name, first.data, first.len, &again, &err) ==
		  -1,
	      "a flipped bit is seen");
	backup_free(&again);
	buf_free(&first);
	buf_free(&second);
}

static void
claim_metadata_again(const struct backup *backup)
{
	struct buf first = BUF_INIT(BACKUP_JSON_MAX);
	struct backup again;
	struct err err = {0};

	backup_init(&again);
	claim_done(backup_write_metadata(backup, &first, &err), &err,
		   "metadata can be written");
	claim_done(backup_read_metadata(first.data, first.len, &again, &err),
		   &err, "and read");
	claim(again.permanent == backup->permanent, "the mark is kept");
	backup_free(&again);
	buf_free(&first);
}

static void
try_sentinel(const char *name, const char *text, size_t size)
{
	struct backup backup;
	struct err err = {0};

	backup_init(&backup);
	if (backup_read_sentinel(name, text, size, &backup, &err) == 0) {
		claim_sound(&backup);
		claim_sentinel_again(name, &backup);
		claim_metadata_again(&backup);
	} else {
		claim(err.kind == ERR_DAMAGED, "what is none is damaged");
	}
	backup_free(&backup);
}

static void
try_metadata(const char *text, size_t size)
{
	struct backup backup;
	struct err err = {0};

	backup_init(&backup);
	if (backup_read_metadata(text, size, &backup, &err) == 0)
		claim_metadata_again(&backup);
	else
		claim(err.kind == ERR_DAMAGED, "what is none is damaged");
	backup_free(&backup);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = claim_text(data, size);

	try_sentinel(FULL, text, size);
	try_sentinel(DELTA, text, size);
	try_metadata(text, size);
	free(text);
	return 0;
}
