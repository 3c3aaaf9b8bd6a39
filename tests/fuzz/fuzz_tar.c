/*
 * Tar streams: no name leads out of the directory, every member has the bytes
 * it announced, the answer does not depend on how the stream is cut, and what
 * was read can be written and read again.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/crc32c.h"
#include "common/base/path.h"
#include "common/stream/tar_header.h"
#include "common/stream/tar_reader.h"
#include "tests/fuzz/claim.h"

/* What a reading told, as far as two of them have to agree. */
struct told {
	uint32_t digest;
	unsigned members;
	bool inside; /* a member has begun and not ended */
	uint64_t announced;
	uint64_t came;
};

static void
add_text(struct told *told, const char *text)
{
	told->digest = crc32c_update(told->digest, text, strlen(text) + 1);
}

static void
claim_same_member(const struct tar_member *a, const struct tar_member *b)
{
	char name[TAR_NAME_MAX + 2];

	/* The writer puts a slash behind a directory's name. */
	(void)snprintf(name, sizeof(name), "%s%s", a->name,
		       a->type == TAR_DIRECTORY ? "/" : "");
	claim(strcmp(name, b->name) == 0, "a name is read as written");
	claim(strcmp(a->target, b->target) == 0, "so is a target");
	claim(a->type == b->type && a->size == b->size, "so are type and size");
	claim(a->mode == b->mode && a->uid == b->uid && a->gid == b->gid,
	      "so are mode and owner");
}

/* Feeds the written header blocks back to a reader of headers. */
static void
claim_read_again(const struct tar_member *member, const struct buf *blocks)
{
	struct err err = {0};
	struct tar_header *header = tar_header_new(&err);
	const uint8_t *at = (const uint8_t *)blocks->data;
	const uint8_t *end = at + blocks->len;
	int step = TAR_NEED_BLOCK;

	while (step != TAR_HAVE_MEMBER) {
		claim(end - at >= TAR_BLOCK, "a header is written whole");
		step = tar_header_block(header, at, &err);
		at += TAR_BLOCK;
		claim_done(step < 0, &err, "a written block is accepted");
		if (step == TAR_NEED_EXTENDED) {
			size_t len = tar_header_extended_size(header);

			claim_done(tar_header_extended(header, at, len, &err),
				   &err, "written records are accepted");
			at += len + tar_padding(len);
		}
	}
	claim(at == end, "nothing is written behind the header");
	claim_same_member(member, tar_header_member(header));
	tar_header_free(header);
}

static int
begin(void *context, const struct tar_member *member, struct err *err)
{
	struct told *told = context;
	struct buf blocks = BUF_INIT((size_t)1 << 20);

	claim(!told->inside, "a member ends before the next begins");
	claim(path_stays_below(member->name), "names stay below");
	claim(member->type != TAR_OTHER, "no member is of another type");
	claim(member->type == TAR_FILE || member->size == 0,
	      "only files have content");
	told->inside = true;
	told->members++;
	told->announced = member->size;
	told->came = 0;
	add_text(told, member->name);
	add_text(told, member->target);
	add_text(told, member->user);
	add_text(told, member->group);
	if (tar_header_write(member, &blocks, err) == 0)
		claim_read_again(member, &blocks);
	else
		claim(err->kind == ERR_REFUSED, "writing only refuses");
	buf_free(&blocks);
	return 0;
}

static int
data(void *context, const void *bytes, size_t len, struct err *err)
{
	struct told *told = context;

	(void)err;
	claim(told->inside && len > 0, "content belongs to a member");
	told->came += len;
	told->digest = crc32c_update(told->digest, bytes, len);
	return 0;
}

static int
end(void *context, struct err *err)
{
	struct told *told = context;

	(void)err;
	claim(told->inside, "only a member ends");
	claim(told->came == told->announced, "a member has its bytes");
	told->inside = false;
	return 0;
}

static int
told_of(const uint8_t *bytes, size_t size, size_t piece, struct told *told)
{
	static const struct tar_reader_ops ops = {begin, data, end};
	struct err err = {0};

	*told = (struct told){0};
	return claim_pushed(tar_reader_new(&ops, told, &err), bytes, size,
			    piece, &err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct told whole;
	struct told cut;
	int result = told_of(bytes, size, 0, &whole);

	claim(told_of(bytes, size, 1 + size % 700, &cut) == result,
	      "cutting does not change the answer");
	claim(whole.members == cut.members && whole.digest == cut.digest,
	      "nor what was told");
	claim(result != 0 || !whole.inside, "no success inside a member");
	return 0;
}
