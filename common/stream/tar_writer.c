#include "common/stream/tar_writer.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/base/buf.h"

/* Both headers of the longest names and target there are, and to spare. */
#define BLOCKS_MAX ((size_t)64 * 1024)

/* POSIX ends an archive with this many blocks of zeros. */
#define TRAILER_BLOCKS 2

struct tar_writer {
	struct sink *next;
	uint64_t size;        /* bytes written */
	uint64_t left;        /* bytes of the current member yet to come */
	size_t padding;       /* zeros due when they have come */
	struct buf blocks;    /* of the current member's header */
	enum err_kind broken; /* what a failed call made of the archive */
};

struct tar_writer *
tar_writer_new(struct sink *next, struct err *err)
{
	struct tar_writer *writer = calloc(1, sizeof(*writer));

	if (writer == NULL) {
		sink_free(next);
		err_memory(err);
		return NULL;
	}
	writer->next = next;
	writer->blocks = (struct buf)BUF_INIT(BLOCKS_MAX);
	return writer;
}

/* After a failed call the archive is not what the caller meant, so it must
 * never be finished. */
static int
spoil(struct tar_writer *writer, const struct err *err)
{
	writer->broken = err->kind;
	return -1;
}

static int
refuse_broken(const struct tar_writer *writer, struct err *err)
{
	if (writer->broken == ERR_NONE)
		return 0;
	return err_set(err, writer->broken, "tar: writing failed before");
}

static int
refuse_incomplete(const struct tar_writer *writer, struct err *err)
{
	if (writer->left == 0)
		return 0;
	return err_set(err, ERR_DAMAGED,
		       "tar: content of a member is %" PRIu64
		       " bytes shorter than its header says",
		       writer->left);
}

static int
put(struct tar_writer *writer, const void *data, size_t len, struct err *err)
{
	if (len == 0)
		return 0;
	if (sink_write(writer->next, data, len, err) != 0)
		return -1;
	writer->size += len;
	return 0;
}

static int
begin_member(struct tar_writer *writer, const struct tar_member *member,
	     struct err *err)
{
	if (refuse_incomplete(writer, err) != 0)
		return -1;
	buf_clear(&writer->blocks);
	if (tar_header_write(member, &writer->blocks, err) != 0 ||
	    put(writer, writer->blocks.data, writer->blocks.len, err) != 0)
		return -1;
	writer->left = member->size;
	writer->padding = tar_padding(member->size);
	return 0;
}

int
tar_writer_member(struct tar_writer *writer, const struct tar_member *member,
		  struct err *err)
{
	if (refuse_broken(writer, err) != 0)
		return -1;
	if (begin_member(writer, member, err) != 0)
		return spoil(writer, err);
	return 0;
}

static int
add_content(struct tar_writer *writer, const void *data, size_t len,
	    struct err *err)
{
	static const char zeros[TAR_BLOCK];

	if (len > writer->left)
		return err_set(err, ERR_DAMAGED,
			       "tar: content of a member is longer than its "
			       "header says");
	if (put(writer, data, len, err) != 0)
		return -1;
	writer->left -= len;
	if (writer->left > 0)
		return 0;
	return put(writer, zeros, writer->padding, err);
}

int
tar_writer_data(struct tar_writer *writer, const void *data, size_t len,
		struct err *err)
{
	if (refuse_broken(writer, err) != 0)
		return -1;
	/* Nothing must not bring the padding a second time. */
	if (len == 0)
		return 0;
	if (add_content(writer, data, len, err) != 0)
		return spoil(writer, err);
	return 0;
}

uint64_t
tar_writer_size(const struct tar_writer *writer)
{
	return writer->size;
}

static int
put_trailer(struct tar_writer *writer, struct err *err)
{
	static const char zeros[TRAILER_BLOCKS * TAR_BLOCK];

	if (refuse_incomplete(writer, err) != 0 ||
	    put(writer, zeros, sizeof(zeros), err) != 0)
		return -1;
	return sink_finish(writer->next, err);
}

int
tar_writer_finish(struct tar_writer *writer, struct err *err)
{
	if (refuse_broken(writer, err) != 0)
		return -1;
	if (put_trailer(writer, err) != 0)
		return spoil(writer, err);
	return 0;
}

void
tar_writer_free(struct tar_writer *writer)
{
	if (writer == NULL)
		return;
	buf_free(&writer->blocks);
	sink_free(writer->next);
	free(writer);
}
