/*
 * Sentinels and metadata.json: what was read can be written, and what was
 * written reads as the same; names of objects stay below the backup.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/path.h"
#include "common/catalog/backup.h"
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
