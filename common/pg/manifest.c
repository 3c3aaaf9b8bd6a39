#include "common/pg/manifest.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/buf.h"
#include "common/pg/manifest_line.h"

/* Longest line that is read or written, without its newline. */
#define LINE_MAX_SIZE ((size_t)1024 * 1024)

/* Written on in pieces of about this size. */
#define PIECE_SIZE ((size_t)32 * 1024)

struct manifest_writer {
	struct sink *next;
	EVP_MD_CTX *sha256;
	struct buf text; /* not written on yet */
	bool any;        /* an entry of the list under way is written */
};

/* What the next line has to be. */
enum place {
	AT_VERSION,
	AT_SYSTEM,
	AT_FILES,
	IN_FILES,
	AT_RANGES,
	IN_RANGES,
	AT_CHECKSUM,
	AT_END,
};

/* Between two objects of a list: what may come. */
enum expected {
	OBJECT_OR_END, /* after the opening bracket */
	OBJECT,        /* after a comma */
	END,           /* after an object without one */
};

struct reading {
	struct sink sink;
	const struct manifest_ops *ops;
	void *context;
	EVP_MD_CTX *sha256;
	struct buf line; /* of which the end is still to come */
	struct buf path;
	uint64_t number; /* of the line */
	enum place place;
	enum expected expected;
};

static EVP_MD_CTX *
new_sha256(struct err *err)
{
	EVP_MD_CTX *sha256 = EVP_MD_CTX_new();

	if (sha256 && EVP_DigestInit_ex(sha256, EVP_sha256(), NULL) == 1)
		return sha256;
	EVP_MD_CTX_free(sha256);
	(void)err_set(err, ERR_SYSTEM, "SHA-256 is not available");
	return NULL;
}

static int
digest(EVP_MD_CTX *sha256, const void *data, size_t len, struct err *err)
{
	if (EVP_DigestUpdate(sha256, data, len) != 1)
		return err_set(err, ERR_SYSTEM, "SHA-256 failed");
	return 0;
}

/* The last line, by what was digested. */
static int
final_line(EVP_MD_CTX *sha256, char line[MANIFEST_LINE_CHECKSUM_SIZE],
	   struct err *err)
{
	uint8_t sum[MANIFEST_LINE_DIGEST_SIZE];

	if (EVP_DigestFinal_ex(sha256, sum, NULL) != 1)
		return err_set(err, ERR_SYSTEM, "SHA-256 failed");
	manifest_line_checksum(sum, line);
	return 0;
}

/* Write on what has gathered once it is at least `least` bytes. */
static int
flush(struct manifest_writer *writer, size_t least, struct err *err)
{
	struct buf *text = &writer->text;

	if (text->len < least || text->len == 0)
		return 0;
	if (digest(writer->sha256, text->data, text->len, err) == -1 ||
	    sink_write(writer->next, text->data, text->len, err) == -1)
		return -1;
	buf_clear(text);
	return 0;
}

/* The server puts what parts two entries before the second one, and so never
 * has to know which is the last. */
static int
begin_entry(struct manifest_writer *writer, struct err *err)
{
	const char *between = writer->any ? ",\n" : "\n";

	writer->any = true;
	return buf_append(&writer->text, between, strlen(between), err);
}

struct manifest_writer *
manifest_writer_new(unsigned version, uint64_t system_identifier,
		    struct sink *next, struct err *err)
{
	struct manifest_writer *writer = calloc(1, sizeof(*writer));

	if (!writer) {
		sink_free(next);
		(void)err_memory(err);
		return NULL;
	}
	writer->next = next;
	writer->text = (struct buf)BUF_INIT(PIECE_SIZE + LINE_MAX_SIZE);
	writer->sha256 = new_sha256(err);
	if (!writer->sha256 || manifest_line_head(&writer->text, version,
						  system_identifier, err) == -1)
		goto fail;
	return writer;
fail:
	manifest_writer_free(writer);
	return NULL;
}

int
manifest_writer_file(struct manifest_writer *writer,
		     const struct manifest_file *file, struct err *err)
{
	if (begin_entry(writer, err) == -1 ||
	    manifest_line_file(&writer->text, file, err) == -1)
		return -1;
	return flush(writer, PIECE_SIZE, err);
}

int
manifest_writer_finish(struct manifest_writer *writer,
		       const struct manifest_range *ranges, size_t count,
		       struct err *err)
{
	struct buf *text = &writer->text;
	char line[MANIFEST_LINE_CHECKSUM_SIZE];

	if (buf_print(text, err, "\n%s\n%s", MANIFEST_LINE_END,
		      MANIFEST_LINE_RANGES) == -1)
		return -1;
	writer->any = false;
	for (size_t i = 0; i < count; i++)
		if (begin_entry(writer, err) == -1 ||
		    manifest_line_range(text, &ranges[i], err) == -1 ||
		    flush(writer, PIECE_SIZE, err) == -1)
			return -1;
	if (buf_print(text, err, "\n%s\n", MANIFEST_LINE_END) == -1 ||
	    flush(writer, 0, err) == -1 ||
	    final_line(writer->sha256, line, err) == -1 ||
	    sink_write_text(writer->next, line, err) == -1 ||
	    sink_write_text(writer->next, "\n", err) == -1)
		return -1;
	return sink_finish(writer->next, err);
}

void
manifest_writer_free(struct manifest_writer *writer)
{
	if (!writer)
		return;
	buf_free(&writer->text);
	EVP_MD_CTX_free(writer->sha256);
	sink_free(writer->next);
	free(writer);
}

static int
unexpected(struct err *err)
{
	return err_set(err, ERR_DAMAGED, "not what a manifest has there");
}

/* One object of the list under way, without its comma. */
static int
take_entry(struct reading *reading, const char *line, size_t len,
	   struct err *err)
{
	struct manifest_file file;
	struct manifest_range range;

	if (reading->place == IN_FILES) {
		if (manifest_line_parse_file(line, len, &reading->path, &file,
					     err) == -1)
			return -1;
		return reading->ops->file(reading->context, &file, err);
	}
	if (manifest_line_parse_range(line, len, &range, err) == -1)
		return -1;
	return reading->ops->range(reading->context, &range, err);
}

static int
take_list_line(struct reading *reading, const char *line, size_t len,
	       struct err *err)
{
	bool comma = len > 0 && line[len - 1] == ',';

	if (strcmp(line, MANIFEST_LINE_END) == 0) {
		if (reading->expected == OBJECT)
			return unexpected(err);
		reading->place++;
		return 0;
	}
	if (reading->expected == END)
		return unexpected(err);
	reading->expected = comma ? OBJECT : END;
	return take_entry(reading, line, comma ? len - 1 : len, err);
}

/* A line that has to be this one. */
static int
take_fixed(struct reading *reading, const char *line, const char *fixed,
	   struct err *err)
{
	if (strcmp(line, fixed) != 0)
		return unexpected(err);
	reading->expected = OBJECT_OR_END;
	reading->place++;
	return 0;
}

/* Compared as text, so that the line has one spelling only. */
static int
take_checksum(struct reading *reading, const char *line, struct err *err)
{
	char right[MANIFEST_LINE_CHECKSUM_SIZE];

	if (final_line(reading->sha256, right, err) == -1)
		return -1;
	if (strcmp(line, right) != 0)
		return err_set(err, ERR_DAMAGED,
			       "the manifest's checksum does not match");
	reading->place = AT_END;
	return 0;
}

/* `line` is text of `len` bytes, without its newline. */
static int
take_place(struct reading *reading, const char *line, size_t len,
	   struct err *err)
{
	unsigned version;

	switch (reading->place) {
	case AT_VERSION:
		version = manifest_line_version(line);
		if (version == 0)
			return err_set(err, ERR_DAMAGED,
				       "not a manifest of version 1 or 2");
		reading->place = version == 1 ? AT_FILES : AT_SYSTEM;
		return 0;
	case AT_SYSTEM:
		if (!manifest_line_system(line))
			return unexpected(err);
		reading->place = AT_FILES;
		return 0;
	case AT_FILES:
		return take_fixed(reading, line, MANIFEST_LINE_FILES, err);
	case AT_RANGES:
		return take_fixed(reading, line, MANIFEST_LINE_RANGES, err);
	case IN_FILES:
	case IN_RANGES:
		return take_list_line(reading, line, len, err);
	case AT_CHECKSUM:
		return take_checksum(reading, line, err);
	case AT_END:
		break;
	}
	return err_set(err, ERR_DAMAGED, "more after the manifest's end");
}

/* Take the line that has gathered. All but the last line are digested, each
 * before what it says is told. */
static int
take_line(struct reading *reading, struct err *err)
{
	struct buf *line = &reading->line;
	const char *text = buf_text(line);
	int status = 0;

	reading->number++;
	if (reading->place != AT_CHECKSUM) {
		if (line->len > 0)
			status = digest(reading->sha256, text, line->len, err);
		if (status == 0)
			status = digest(reading->sha256, "\n", 1, err);
	}
	if (status == 0 && line->len > 0 && memchr(text, '\0', line->len))
		status = unexpected(err);
	if (status == 0)
		status = take_place(reading, text, line->len, err);
	buf_clear(line);
	return status;
}

static int
reading_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct reading *reading = (struct reading *)sink;
	const char *at = data;

	while (len > 0) {
		const char *end = memchr(at, '\n', len);
		size_t piece = end ? (size_t)(end - at) : len;

		if (piece > LINE_MAX_SIZE - reading->line.len)
			return err_set(err, ERR_DAMAGED,
				       "backup manifest: line %llu is longer "
				       "than 1 MiB",
				       (unsigned long long)reading->number + 1);
		if (piece > 0 &&
		    buf_append(&reading->line, at, piece, err) == -1)
			return -1;
		if (end && take_line(reading, err) == -1)
			return err_context(err, "backup manifest: line %llu",
					   (unsigned long long)reading->number);
		piece += end ? 1 : 0;
		at += piece;
		len -= piece;
	}
	return 0;
}

static int
reading_finish(struct sink *sink, struct err *err)
{
	const struct reading *reading = (struct reading *)sink;

	if (reading->place != AT_END || reading->line.len > 0)
		return err_set(err, ERR_DAMAGED,
			       "backup manifest: cut short after line %llu",
			       (unsigned long long)reading->number);
	return 0;
}

static void
reading_free(struct sink *sink)
{
	struct reading *reading = (struct reading *)sink;

	buf_free(&reading->path);
	buf_free(&reading->line);
	EVP_MD_CTX_free(reading->sha256);
	free(reading);
}

static const struct sink_ops reading_ops = {
    .name = "backup manifest",
    .write = reading_write,
    .finish = reading_finish,
    .free = reading_free,
};

struct sink *
manifest_reader_new(const struct manifest_ops *ops, void *context,
		    struct err *err)
{
	struct reading *reading = calloc(1, sizeof(*reading));

	if (!reading) {
		(void)err_memory(err);
		return NULL;
	}
	sink_init(&reading->sink, &reading_ops);
	reading->ops = ops;
	reading->context = context;
	reading->line = (struct buf)BUF_INIT(LINE_MAX_SIZE);
	reading->path = (struct buf)BUF_INIT(LINE_MAX_SIZE);
	reading->sha256 = new_sha256(err);
	if (!reading->sha256) {
		reading_free(&reading->sink);
		return NULL;
	}
	return &reading->sink;
}
