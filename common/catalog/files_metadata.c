#include "common/catalog/files_metadata.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/catalog/json_writer.h"
#include "common/stream/pump.h"

/* A part's share of either half is passed on when it has grown to this. */
#define CHUNK ((size_t)64 * 1024)

/* The most one entry can add: a name of six times its length, and the rest. */
#define ENTRY_MAX ((size_t)64 * 1024)

struct files_metadata {
	struct sink *next;
	int fd;         /* of the second half, which has no name */
	uint64_t later; /* bytes in it */
	struct buf text;
	bool any_file;
	bool any_part;
};

static int
open_unnamed(struct err *err)
{
	const char *directory = getenv("TMPDIR");
	char *path;
	int fd;

	if (directory == NULL || directory[0] == '\0')
		directory = "/tmp";
	path = path_join(directory, "walnut-files-XXXXXX", err);
	if (path == NULL)
		return -1;
	fd = mkstemp(path);
	if (fd < 0) {
		err_errno(err, errno, "%s", path);
		/* "Not there" is an answer about objects, never about this. */
		if (err->kind == ERR_ABSENT)
			err->kind = ERR_SYSTEM;
	} else {
		(void)unlink(path);
	}
	free(path);
	return fd;
}

struct files_metadata *
files_metadata_new(struct sink *next, struct err *err)
{
	struct files_metadata *metadata = calloc(1, sizeof *metadata);

	if (metadata == NULL) {
		sink_free(next);
		err_memory(err);
		return NULL;
	}
	metadata->next = next;
	metadata->text.limit = CHUNK + ENTRY_MAX;
	metadata->fd = open_unnamed(err);
	if (metadata->fd < 0 ||
	    sink_write_text(next, "{\"Files\":{", err) != 0) {
		files_metadata_free(metadata);
		return NULL;
	}
	return metadata;
}

static int
flush_now(struct files_metadata *metadata, struct err *err)
{
	const struct buf *text = &metadata->text;

	if (text->len > 0 &&
	    sink_write(metadata->next, text->data, text->len, err) != 0)
		return -1;
	buf_clear(&metadata->text);
	return 0;
}

static int
flush_later(struct files_metadata *metadata, struct err *err)
{
	const struct buf *text = &metadata->text;

	if (text->len > 0 && file_write(metadata->fd, text->data, text->len,
					"temporary file", err) != 0)
		return -1;
	metadata->later += text->len;
	buf_clear(&metadata->text);
	return 0;
}

/* The first half: what each file is like. */
static int
put_files(struct files_metadata *metadata,
	  const struct files_metadata_entry *entries, size_t count,
	  struct err *err)
{
	struct buf *text = &metadata->text;
	char modified[CLOCK_TEXT_SIZE];
	size_t i;

	for (i = 0; i < count; i++) {
		clock_format_ns(entries[i].modified, modified);
		if (buf_print(text, err, "%s",
			      metadata->any_file ? ",\n" : "\n") != 0 ||
		    json_writer_quote(entries[i].path, text, err) != 0 ||
		    buf_print(text, err,
			      ":{\"IsIncremented\":false,\"IsSkipped\":false,"
			      "\"MTime\":\"%s\",\"UpdatesCount\":0}",
			      modified) != 0)
			return -1;
		metadata->any_file = true;
		if (text->len >= CHUNK && flush_now(metadata, err) != 0)
			return -1;
	}
	return flush_now(metadata, err);
}

/* The second half: where each file lies. */
static int
keep_part(struct files_metadata *metadata, const char *part,
	  const struct files_metadata_entry *entries, size_t count,
	  struct err *err)
{
	struct buf *text = &metadata->text;
	size_t i;

	if (buf_print(text, err, "%s", metadata->any_part ? ",\n" : "\n") !=
		0 ||
	    json_writer_quote(part, text, err) != 0 ||
	    buf_print(text, err, ":[") != 0)
		return -1;
	metadata->any_part = true;
	for (i = 0; i < count; i++) {
		if (i > 0 && buf_append(text, ",", 1, err) != 0)
			return -1;
		if (json_writer_quote(entries[i].path, text, err) != 0)
			return -1;
		if (text->len >= CHUNK && flush_later(metadata, err) != 0)
			return -1;
	}
	if (buf_append(text, "]", 1, err) != 0)
		return -1;
	return flush_later(metadata, err);
}

int
files_metadata_part(struct files_metadata *metadata, const char *part,
		    const struct files_metadata_entry *entries, size_t count,
		    struct err *err)
{
	if (put_files(metadata, entries, count, err) != 0)
		return -1;
	return keep_part(metadata, part, entries, count, err);
}

int
files_metadata_finish(struct files_metadata *metadata, struct err *err)
{
	struct sink *next = metadata->next;

	if (sink_write_text(next, "},\n\"TarFileSets\":{", err) != 0 ||
	    pump_file(metadata->fd, 0, metadata->later, "temporary file", next,
		      err) != 0 ||
	    sink_write_text(next, "},\n\"DatabasesByNames\":{}}\n", err) != 0)
		return -1;
	return sink_finish(next, err);
}

void
files_metadata_free(struct files_metadata *metadata)
{
	if (metadata == NULL)
		return;
	if (metadata->fd >= 0)
		(void)close(metadata->fd);
	buf_free(&metadata->text);
	sink_free(metadata->next);
	free(metadata);
}
