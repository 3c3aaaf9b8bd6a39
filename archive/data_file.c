#include "archive/data_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/types.h>

#include "archive/page_check.h"
#include "common/base/clock.h"
#include "common/base/crc32c.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/stop.h"

#define WARNINGS_PER_FILE 5

/* A page that fails is often one that the server is just writing, and whole a
 * moment later. Once a file has shown that it is really broken, one more look
 * has to do. */
#define LOOKS_AGAIN 10
#define LOOK_PAUSE_MS 10

struct reading {
	const struct data_file *file;
	const struct data_file_rules *rules;
	struct data_file_result *result;
};

static void
count_broken(struct reading *reading, uint32_t block)
{
	const char *path = reading->file->path;

	reading->result->broken++;
	if (reading->result->broken <= WARNINGS_PER_FILE)
		log_warning("%s: page checksum does not match in block "
			    "%" PRIu32,
			    path, block);
	if (reading->result->broken == WARNINGS_PER_FILE)
		log_warning("%s: further broken pages of this file are "
			    "counted without a message",
			    path);
}

/* Read one page anew. Returns 1 when there is a whole page, 0 when the file
 * ends before: it has been truncated, and what we hold is as good as any. */
static int
read_again(const struct reading *reading, uint8_t *page, uint64_t offset,
	   struct err *err)
{
	size_t size = reading->rules->block_size;
	ssize_t got = file_read_at(reading->file->fd, page, size, offset,
				   reading->file->path, err);

	if (got < 0)
		return -1;
	return (size_t)got == size;
}

/*
 * One page at `offset` of the file, in memory. A page changed after the start
 * of the backup may be torn, since replay writes it whole. Only at the end of
 * the backup it is known whether its LSN can be a true one, so the highest of
 * them is kept.
 */
static int
check_page(struct reading *reading, uint8_t *page, uint64_t offset,
	   struct err *err)
{
	const struct data_file_rules *rules = reading->rules;
	uint32_t in_file = (uint32_t)(offset / rules->block_size);
	uint32_t block =
	    reading->file->segment * rules->relation_segment + in_file;
	unsigned again = reading->result->broken == 0 ? LOOKS_AGAIN : 1;

	for (unsigned look = 0;; look++) {
		int more;

		if (page_check(page, rules->block_size, block) != PAGE_BROKEN)
			return 0;
		if (page_lsn(page) >= rules->start_lsn) {
			if (page_lsn(page) > reading->result->late_lsn)
				reading->result->late_lsn = page_lsn(page);
			return 0;
		}
		if (look == again)
			break;
		if (look > 0 && clock_sleep_ms(LOOK_PAUSE_MS, err) != 0)
			return -1;
		more = read_again(reading, page, offset, err);
		if (more <= 0)
			return more;
	}
	count_broken(reading, block);
	return 0;
}

/* All whole pages of a chunk. Part of a page at the end of a file is one that
 * the server is just adding, and not looked at. */
static int
check_pages(struct reading *reading, uint8_t *chunk, size_t len,
	    uint64_t offset, struct err *err)
{
	uint32_t size = reading->rules->block_size;

	for (size_t at = 0; at + size <= len; at += size) {
		if (check_page(reading, chunk + at, offset + at, err) != 0)
			return -1;
	}
	return 0;
}

static int
may_go_on(const struct data_file_rules *rules, size_t len, struct err *err)
{
	if (stop_check(err) != 0)
		return -1;
	if (atomic_load(rules->cancelled))
		return err_set(err, ERR_STOPPED, "stopped: the backup failed");
	return rate_limit_take(rules->limit, len, err);
}

/* Fill the chunk from `offset` on. Returns how much of it the file had; the
 * rest is zero. */
static ssize_t
fill_chunk(const struct data_file *file, uint8_t *chunk, size_t len,
	   uint64_t offset, struct err *err)
{
	ssize_t got =
	    file_read_at(file->fd, chunk, len, offset, file->path, err);

	if (got >= 0 && (size_t)got < len)
		memset(chunk + got, 0, len - (size_t)got);
	return got;
}

int
data_file_read(const struct data_file *file,
	       const struct data_file_rules *rules, uint8_t *chunk,
	       data_file_fn each, void *context,
	       struct data_file_result *result, struct err *err)
{
	struct reading reading = {file, rules, result};
	uint64_t offset = 0;

	*result = (struct data_file_result){0};
	/* Advice only: what comes of it does not matter. */
	(void)posix_fadvise(file->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while (offset < file->size) {
		uint64_t left = file->size - offset;
		size_t len =
		    left < DATA_FILE_CHUNK ? (size_t)left : DATA_FILE_CHUNK;
		ssize_t got;

		if (may_go_on(rules, len, err) != 0)
			return -1;
		got = fill_chunk(file, chunk, len, offset, err);
		if (got < 0)
			return -1;
		if (rules->verify && file->pages &&
		    check_pages(&reading, chunk, (size_t)got, offset, err) != 0)
			return -1;
		result->crc32c = crc32c_update(result->crc32c, chunk, len);
		if (each(context, chunk, len, err) != 0)
			return -1;
		progress_add(rules->progress, len, 0);
		offset += len;
	}
	progress_add(rules->progress, 0, 1);
	return 0;
}
