#include "tests/unit/tar_sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/stream/sink.h"

static const char *const type_names[] = {
    [TAR_FILE] = "file",
    [TAR_DIRECTORY] = "directory",
    [TAR_SYMLINK] = "symlink",
    [TAR_OTHER] = "other",
};

struct tar_member
tar_sample_file(const char *name, uint64_t size)
{
	return (struct tar_member){
	    .name = name,
	    .target = "",
	    .type = TAR_FILE,
	    .size = size,
	    .mode = 0640,
	    .uid = 10,
	    .gid = 20,
	    .modified = {.tv_sec = 1234567890},
	    .user = "user",
	    .group = "group",
	};
}

void
tar_sample_line(const struct tar_member *member, struct buf *text)
{
	struct err err = {0};

	ck_assert_int_eq(buf_print(text, &err,
				   "%s %s %s %" PRIu64 " %" PRIo32 " %" PRIu32
				   ":%" PRIu32 " %s:%s %jd.%09ld\n",
				   type_names[member->type], member->name,
				   member->target, member->size, member->mode,
				   member->uid, member->gid, member->user,
				   member->group,
				   (intmax_t)member->modified.tv_sec,
				   member->modified.tv_nsec),
			 0);
}

void
tar_sample_same(const struct tar_member *a, const struct tar_member *b)
{
	struct buf first = BUF_INIT(TAR_SAMPLE_LIMIT);
	struct buf second = BUF_INIT(TAR_SAMPLE_LIMIT);

	tar_sample_line(a, &first);
	tar_sample_line(b, &second);
	ck_assert_str_eq(buf_text(&first), buf_text(&second));
	buf_free(&first);
	buf_free(&second);
}

char *
tar_sample_name(size_t len, size_t component)
{
	char *name = malloc(len + 1);

	ck_assert_ptr_nonnull(name);
	for (size_t i = 0; i < len; i++)
		name[i] = (char)('a' + i % 26);
	/* Never the first nor the last byte. */
	for (size_t i = component; i + 1 < len; i += component + 1)
		name[i] = '/';
	name[len] = '\0';
	return name;
}

struct tar_block
tar_sample_block(char type, const char *name, uint64_t size)
{
	struct tar_block block = {.type = type};

	tar_block_put_text(block.name, sizeof(block.name), name);
	snprintf(block.size, sizeof(block.size), "%011" PRIo64, size);
	memcpy(block.magic, "ustar\00000", sizeof(block.magic));
	return block;
}

void
tar_sample_seal(struct tar_block *block)
{
	const unsigned char *bytes = (const unsigned char *)block;
	unsigned sum = 0;

	memset(block->checksum, ' ', sizeof(block->checksum));
	for (size_t i = 0; i < sizeof(*block); i++)
		sum += bytes[i];
	snprintf(block->checksum, sizeof(block->checksum), "%06o", sum);
}

void
tar_sample_append(struct buf *archive, const void *data, size_t len)
{
	static const char zeros[TAR_BLOCK];
	struct err err = {0};

	ck_assert_int_eq(buf_append(archive, data, len, &err), 0);
	ck_assert_int_eq(buf_append(archive, zeros, tar_padding(len), &err), 0);
}

void
tar_sample_member(struct buf *archive, char type, const char *name,
		  const void *content, size_t len)
{
	struct tar_block block = tar_sample_block(type, name, len);

	tar_sample_seal(&block);
	tar_sample_append(archive, &block, sizeof(block));
	tar_sample_append(archive, content, len);
}

static int
called(struct tar_sample_report *report, struct err *err)
{
	report->calls++;
	if (report->calls == report->fail_at)
		return err_set(err, ERR_DENIED, "callback %u fails",
			       report->calls);
	return 0;
}

static int
report_begin(void *context, const struct tar_member *member, struct err *err)
{
	struct tar_sample_report *report = context;

	if (called(report, err) != 0)
		return -1;
	tar_sample_line(member, &report->text);
	return 0;
}

static int
report_data(void *context, const void *data, size_t len, struct err *err)
{
	struct tar_sample_report *report = context;

	ck_assert_uint_gt(len, 0);
	if (called(report, err) != 0)
		return -1;
	return buf_append(&report->text, data, len, err);
}

static int
report_end(void *context, struct err *err)
{
	struct tar_sample_report *report = context;

	if (called(report, err) != 0)
		return -1;
	return buf_append(&report->text, "end\n", 4, err);
}

const struct tar_reader_ops tar_sample_ops = {
    .begin = report_begin,
    .data = report_data,
    .end = report_end,
};

int
tar_sample_read(const void *archive, size_t len, size_t step,
		struct tar_sample_report *report, struct err *err)
{
	struct sink *reader = tar_reader_new(&tar_sample_ops, report, err);
	const char *bytes = archive;
	int result = 0;

	ck_assert_ptr_nonnull(reader);
	for (size_t at = 0; at < len && result == 0; at += step)
		result = sink_write(reader, bytes + at,
				    len - at < step ? len - at : step, err);
	if (result == 0)
		result = sink_finish(reader, err);
	sink_free(reader);
	return result;
}
