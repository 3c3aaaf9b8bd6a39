#include "common/stream/tar_reader.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/path.h"
#include "common/stream/tar_pax.h"

/* What the next byte of the stream belongs to. */
enum part {
	PART_HEADER,
	PART_EXTENDED, /* records or a long name of the member to come */
	PART_CONTENT,
	PART_PADDING, /* behind either */
	PART_TRAILER, /* nothing but zeros from here on */
};

struct tar_reader {
	struct sink sink;
	const struct tar_reader_ops *ops;
	void *context;
	struct tar_header *header;
	enum part part;
	bool amended;    /* extended headers came that wait for their member */
	uint64_t offset; /* of the next byte in the stream */
	uint64_t left;   /* bytes of the content or padding yet to come */
	size_t filled;   /* bytes of the block that are there */
	uint8_t block[TAR_BLOCK];
	struct buf extended;
	struct buf name; /* of the current member, as reported */
};

/* How much of `len` bytes the current part takes. */
static size_t
share(size_t len, uint64_t left)
{
	return len < left ? len : (size_t)left;
}

static bool
only_zeros(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] != 0)
			return false;
	}
	return true;
}

static void
enter_padding(struct tar_reader *reader, uint64_t size)
{
	reader->left = tar_padding(size);
	reader->part = reader->left > 0 ? PART_PADDING : PART_HEADER;
}

/* What names inside the directory are spelt like when archived from "/", from
 * "." or as WAL-G spells them: all of that means the same. */
static int
plain_name(const char *name, struct buf *plain, struct err *err)
{
	size_t len;

	while (name[0] == '/' || (name[0] == '.' && name[1] == '/'))
		name++;
	if (strcmp(name, ".") == 0)
		name++;
	len = strlen(name);
	while (len > 0 && name[len - 1] == '/')
		len--;
	buf_clear(plain);
	return buf_append(plain, name, len, err);
}

static int
end_member(struct tar_reader *reader, uint64_t size, struct err *err)
{
	enter_padding(reader, size);
	return reader->ops->end(reader->context, err);
}

static int
begin_member(struct tar_reader *reader, struct err *err)
{
	struct tar_member member = *tar_header_member(reader->header);

	if (member.type == TAR_OTHER)
		return err_set(err, ERR_DAMAGED,
			       "%.200s: not a file, directory or symbolic link",
			       member.name);
	if (plain_name(member.name, &reader->name, err) != 0)
		return -1;
	reader->part = PART_HEADER;
	reader->amended = false;
	/* The directory itself: it is there already. */
	if (reader->name.len == 0 && member.type == TAR_DIRECTORY)
		return 0;
	if (!path_stays_below(buf_text(&reader->name)))
		return err_set(err, ERR_DAMAGED,
			       "\"%.200s\": not a name inside the directory",
			       member.name);
	member.name = buf_text(&reader->name);
	if (reader->ops->begin(reader->context, &member, err) != 0)
		return -1;
	if (member.size == 0)
		return end_member(reader, 0, err);
	reader->left = member.size;
	reader->part = PART_CONTENT;
	return 0;
}

static int
take_step(struct tar_reader *reader, int step, struct err *err)
{
	switch (step) {
	case TAR_NEED_BLOCK:
		reader->amended = true;
		return 0;
	case TAR_NEED_EXTENDED:
		reader->amended = true;
		buf_clear(&reader->extended);
		reader->left = tar_header_extended_size(reader->header);
		reader->part = PART_EXTENDED;
		return 0;
	case TAR_HAVE_MEMBER:
		return begin_member(reader, err);
	case TAR_END_BLOCK:
		reader->part = PART_TRAILER;
		return 0;
	default:
		return -1;
	}
}

static int
take_header(struct tar_reader *reader, const void *data, size_t len,
	    struct err *err)
{
	int step;

	memcpy(reader->block + reader->filled, data, len);
	reader->filled += len;
	if (reader->filled < TAR_BLOCK)
		return 0;
	reader->filled = 0;
	step = tar_header_block(reader->header, reader->block, err);
	if (step < 0)
		return err_context(err, "at byte %" PRIu64,
				   reader->offset + len - TAR_BLOCK);
	return take_step(reader, step, err);
}

static int
take_extended(struct tar_reader *reader, const void *data, size_t len,
	      struct err *err)
{
	if (buf_append(&reader->extended, data, len, err) != 0)
		return -1;
	reader->left -= len;
	if (reader->left > 0)
		return 0;
	if (tar_header_extended(reader->header, reader->extended.data,
				reader->extended.len, err) != 0)
		return err_context(err, "at byte %" PRIu64,
				   reader->offset + len - reader->extended.len);
	enter_padding(reader, reader->extended.len);
	return 0;
}

static int
take_content(struct tar_reader *reader, const void *data, size_t len,
	     struct err *err)
{
	if (reader->ops->data(reader->context, data, len, err) != 0)
		return -1;
	reader->left -= len;
	if (reader->left > 0)
		return 0;
	return end_member(reader, tar_header_member(reader->header)->size, err);
}

static void
skip_padding(struct tar_reader *reader, size_t len)
{
	reader->left -= len;
	if (reader->left == 0)
		reader->part = PART_HEADER;
}

/* Gives the current part its share of `len` bytes and says how much it was. */
static int
take(struct tar_reader *reader, const uint8_t *data, size_t len, size_t *taken,
     struct err *err)
{
	*taken = len;
	switch (reader->part) {
	case PART_HEADER:
		*taken = share(len, TAR_BLOCK - reader->filled);
		return take_header(reader, data, *taken, err);
	case PART_EXTENDED:
		*taken = share(len, reader->left);
		return take_extended(reader, data, *taken, err);
	case PART_CONTENT:
		*taken = share(len, reader->left);
		return take_content(reader, data, *taken, err);
	case PART_PADDING:
		*taken = share(len, reader->left);
		skip_padding(reader, *taken);
		return 0;
	case PART_TRAILER:
		break;
	}
	if (only_zeros(data, len))
		return 0;
	return err_set(err, ERR_DAMAGED,
		       "tar: something follows the end of the archive");
}

static int
reader_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct tar_reader *reader = (struct tar_reader *)sink;
	const uint8_t *bytes = data;

	while (len > 0) {
		size_t taken = 0;

		if (take(reader, bytes, len, &taken, err) != 0)
			return -1;
		reader->offset += taken;
		bytes += taken;
		len -= taken;
	}
	return 0;
}

/* Whether the stream may end where it is now: between members, in the padding
 * of the last one, or anywhere in the zeros. */
static int
reader_finish(struct sink *sink, struct err *err)
{
	struct tar_reader *reader = (struct tar_reader *)sink;

	if (reader->part == PART_TRAILER)
		return 0;
	if (reader->part == PART_CONTENT)
		return err_set(err, ERR_DAMAGED,
			       "%.200s: cut short, %" PRIu64 " bytes missing",
			       buf_text(&reader->name), reader->left);
	if (reader->amended || !only_zeros(reader->block, reader->filled))
		return err_set(err, ERR_DAMAGED,
			       "tar: cut short in a header at byte %" PRIu64,
			       reader->offset);
	return 0;
}

static void
reader_free(struct sink *sink)
{
	struct tar_reader *reader = (struct tar_reader *)sink;

	buf_free(&reader->name);
	buf_free(&reader->extended);
	tar_header_free(reader->header);
	free(reader);
}

struct sink *
tar_reader_new(const struct tar_reader_ops *ops, void *context, struct err *err)
{
	static const struct sink_ops sink_ops = {
	    .name = "tar reader",
	    .write = reader_write,
	    .finish = reader_finish,
	    .free = reader_free,
	};
	struct tar_reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL) {
		err_memory(err);
		return NULL;
	}
	sink_init(&reader->sink, &sink_ops);
	reader->ops = ops;
	reader->context = context;
	reader->extended = (struct buf)BUF_INIT(TAR_PAX_MAX);
	reader->name = (struct buf)BUF_INIT(TAR_NAME_MAX);
	reader->header = tar_header_new(err);
	if (reader->header == NULL) {
		reader_free(&reader->sink);
		return NULL;
	}
	return &reader->sink;
}
