/*
 * Manifests: as they are, and with the right checksum put behind, without which
 * little of the reader would be reached. Every entry stays below the directory
 * and comes back after it was written.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "common/base/buf.h"
#include "common/base/crc32c.h"
#include "common/base/path.h"
#include "common/pg/manifest.h"
#include "common/pg/manifest_line.h"
#include "tests/fuzz/claim.h"

#define LINE_LIMIT ((size_t)8 << 20)

struct told {
	uint32_t digest;
	unsigned entries;
};

static void
claim_file_again(const struct manifest_file *file, struct err *err)
{
	struct buf line = BUF_INIT(LINE_LIMIT);
	struct buf path = BUF_INIT(LINE_LIMIT);
	struct manifest_file again;

	claim_done(manifest_line_file(&line, file, err), err,
		   "an entry can be written");
	claim_done(
	    manifest_line_parse_file(line.data, line.len, &path, &again, err),
	    err, "and read again");
	claim(strcmp(file->path, again.path) == 0, "with its path");
	claim(file->size == again.size, "and its size");
	claim(again.has_crc32c && file->crc32c == again.crc32c,
	      "and its checksum");
	claim(file->modified.tv_sec == again.modified.tv_sec, "and its time");
	buf_free(&line);
	buf_free(&path);
}

static int
tell_file(void *context, const struct manifest_file *file, struct err *err)
{
	struct told *told = context;

	claim(path_stays_below(file->path), "paths stay below");
	told->digest =
	    crc32c_update(told->digest, file->path, strlen(file->path) + 1);
	told->entries++;
	if (file->has_crc32c)
		claim_file_again(file, err);
	return 0;
}

static int
tell_range(void *context, const struct manifest_range *range, struct err *err)
{
	struct told *told = context;
	struct buf line = BUF_INIT(LINE_LIMIT);
	struct manifest_range again;

	told->entries++;
	claim_done(manifest_line_range(&line, range, err), err,
		   "a range can be written");
	claim_done(manifest_line_parse_range(line.data, line.len, &again, err),
		   err, "and read again");
	claim(range->timeline == again.timeline &&
		  range->start == again.start && range->end == again.end,
	      "as it was");
	buf_free(&line);
	return 0;
}

static int
told_of(const uint8_t *data, size_t size, size_t piece, struct told *told)
{
	static const struct manifest_ops ops = {tell_file, tell_range};
	struct err err = {0};
	int result;

	*told = (struct told){0};
	result = claim_pushed(manifest_reader_new(&ops, told, &err), data, size,
			      piece, &err);
	claim(result == 0 || err.kind == ERR_DAMAGED,
	      "what is no manifest is damaged");
	return result;
}

static int
read_both(const uint8_t *data, size_t size)
{
	struct told whole;
	struct told cut;
	int result = told_of(data, size, 0, &whole);

	claim(told_of(data, size, 1 + size % 300, &cut) == result,
	      "cutting does not change the answer");
	claim(whole.entries == cut.entries && whole.digest == cut.digest,
	      "nor what was told");
	return result;
}

/* In some places all over it; every bit would take long. */
static void
claim_flips_seen(const struct buf *sealed)
{
	size_t step = 1 + sealed->len / 64;

	for (size_t i = 0; i < sealed->len; i += step) {
		struct told told;

		sealed->data[i] ^= 1;
		claim(told_of((const uint8_t *)sealed->data, sealed->len, 0,
			      &told) == -1,
		      "a flipped bit is seen");
		sealed->data[i] ^= 1;
	}
}

/* All up to where the last line begins, with the line that belongs there. */
static void
read_sealed(const uint8_t *data, size_t size)
{
	uint8_t digest[MANIFEST_LINE_DIGEST_SIZE];
	char line[MANIFEST_LINE_CHECKSUM_SIZE];
	struct buf sealed = BUF_INIT(LINE_LIMIT);
	struct err err = {0};

	if (size > 0 && data[size - 1] == '\n')
		size--;
	while (size > 0 && data[size - 1] != '\n')
		size--;
	if (size == 0)
		return;
	(void)SHA256(data, size, digest);
	manifest_line_checksum(digest, line);
	claim_done(buf_append(&sealed, data, size, &err), &err, "it fits");
	claim_done(buf_print(&sealed, &err, "%s\n", line), &err, "it fits");
	if (read_both((const uint8_t *)sealed.data, sealed.len) == 0)
		claim_flips_seen(&sealed);
	buf_free(&sealed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)read_both(data, size);
	read_sealed(data, size);
	return 0;
}
