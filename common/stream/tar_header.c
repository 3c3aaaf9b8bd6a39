#include "common/stream/tar_header.h"

#include <stdlib.h>
#include <string.h>

#include "common/stream/tar_block.h"
#include "common/stream/tar_number.h"
#include "common/stream/tar_pax.h"

#define MODE_MASK 07777

/* Longest bytes of a name that an error message shows. */
#define SHOWN "%.200s"

size_t
tar_padding(uint64_t size)
{
	return (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

/*
 * Writing.
 */

static int
put_owner(struct tar_block *block, const struct tar_member *member,
	  struct buf *records, struct err *err)
{
	/* These two need a NUL behind them, the names do not. */
	if (!tar_block_put_text(block->user, sizeof(block->user) - 1,
				member->user) &&
	    tar_pax_write_text(records, TAR_PAX_UNAME, member->user, err) != 0)
		return -1;
	if (!tar_block_put_text(block->group, sizeof(block->group) - 1,
				member->group) &&
	    tar_pax_write_text(records, TAR_PAX_GNAME, member->group, err) != 0)
		return -1;
	if (!tar_number_write(block->uid, sizeof(block->uid), member->uid) &&
	    tar_pax_write_number(records, TAR_PAX_UID, member->uid, err) != 0)
		return -1;
	if (!tar_number_write(block->gid, sizeof(block->gid), member->gid) &&
	    tar_pax_write_number(records, TAR_PAX_GID, member->gid, err) != 0)
		return -1;
	return 0;
}

static int
put_time(struct tar_block *block, const struct timespec *modified,
	 struct buf *records, struct err *err)
{
	bool fits = modified->tv_sec >= 0 &&
		    tar_number_write(block->mtime, sizeof(block->mtime),
				     (uint64_t)modified->tv_sec);

	if (!fits)
		tar_number_write(block->mtime, sizeof(block->mtime), 0);
	/* A fraction alone is not worth a pax header of 1024 bytes. */
	if (fits && (records->len == 0 || modified->tv_nsec == 0))
		return 0;
	return tar_pax_write_time(records, TAR_PAX_MTIME, modified, err);
}

static char
block_type(enum tar_type type)
{
	switch (type) {
	case TAR_DIRECTORY:
		return TAR_BLOCK_DIRECTORY;
	case TAR_SYMLINK:
		return TAR_BLOCK_SYMLINK;
	default:
		return TAR_BLOCK_FILE;
	}
}

/* Fills `block`, and `records` with what does not fit there. */
static int
put_member(struct tar_block *block, const char *name,
	   const struct tar_member *member, struct buf *records,
	   struct err *err)
{
	const char *target = member->type == TAR_SYMLINK ? member->target : "";

	block->type = block_type(member->type);
	tar_number_write(block->mode, sizeof(block->mode),
			 member->mode & MODE_MASK);
	if (!tar_block_put_name(block, name) &&
	    tar_pax_write_text(records, TAR_PAX_PATH, name, err) != 0)
		return -1;
	if (!tar_block_put_text(block->target, sizeof(block->target), target) &&
	    tar_pax_write_text(records, TAR_PAX_LINKPATH, target, err) != 0)
		return -1;
	if (!tar_number_write(block->size, sizeof(block->size), member->size) &&
	    tar_pax_write_number(records, TAR_PAX_SIZE, member->size, err) != 0)
		return -1;
	if (put_owner(block, member, records, err) != 0)
		return -1;
	return put_time(block, &member->modified, records, err);
}

/* The pax header: a member of its own, whose content the records are. */
static int
append_records(const struct buf *records, struct buf *blocks, struct err *err)
{
	static const char zeros[TAR_BLOCK];
	/* Only readers that do not know pax ever show this name. */
	struct tar_block block = {.name = "PaxHeaders"};

	block.type = TAR_BLOCK_PAX;
	tar_number_write(block.mode, sizeof(block.mode), 0644);
	tar_number_write(block.uid, sizeof(block.uid), 0);
	tar_number_write(block.gid, sizeof(block.gid), 0);
	tar_number_write(block.size, sizeof(block.size), records->len);
	tar_number_write(block.mtime, sizeof(block.mtime), 0);
	tar_block_seal(&block);
	if (buf_append(blocks, &block, sizeof(block), err) != 0 ||
	    buf_append(blocks, records->data, records->len, err) != 0)
		return -1;
	return buf_append(blocks, zeros, tar_padding(records->len), err);
}

/* Why a member would not be read back as what it is, or NULL. */
static const char *
objection(const struct tar_member *member)
{
	size_t len = strlen(member->name);

	if (len == 0)
		return "empty name";
	if (len > TAR_NAME_MAX || strlen(member->target) > TAR_NAME_MAX)
		return "name or target too long";
	if (member->type == TAR_OTHER)
		return "not a file, directory or symbolic link";
	if (member->type != TAR_FILE && member->size != 0)
		return "only files have content";
	if (member->size > INT64_MAX)
		return "size out of range";
	if (member->type != TAR_DIRECTORY && member->name[len - 1] == '/')
		return "trailing slash on what is not a directory";
	if (member->type == TAR_DIRECTORY && len == TAR_NAME_MAX &&
	    member->name[len - 1] != '/')
		return "name too long with its slash";
	if (member->type == TAR_SYMLINK && member->target[0] == '\0')
		return "symbolic link without a target";
	return NULL;
}

/* The name as it stands in the archive: a directory's ends in a slash. */
static int
archive_name(const struct tar_member *member, struct buf *name, struct err *err)
{
	size_t len = strlen(member->name);

	if (buf_append(name, member->name, len, err) != 0)
		return -1;
	if (member->type != TAR_DIRECTORY || member->name[len - 1] == '/')
		return 0;
	return buf_append(name, "/", 1, err);
}

int
tar_header_write(const struct tar_member *member, struct buf *blocks,
		 struct err *err)
{
	struct tar_block block = {.name = ""};
	struct buf name = BUF_INIT(TAR_NAME_MAX);
	struct buf records = BUF_INIT(TAR_PAX_MAX);
	const char *reason = objection(member);
	int result = -1;

	if (reason != NULL)
		return err_set(err, ERR_REFUSED, "tar header: " SHOWN ": %s",
			       member->name, reason);
	if (archive_name(member, &name, err) != 0 ||
	    put_member(&block, buf_text(&name), member, &records, err) != 0)
		goto out;
	if (records.len > 0 && append_records(&records, blocks, err) != 0)
		goto out;
	tar_block_seal(&block);
	result = buf_append(blocks, &block, sizeof(block), err);
out:
	buf_free(&records);
	buf_free(&name);
	return result;
}

/*
 * Reading.
 */

struct tar_header {
	struct tar_member member;
	bool complete;       /* the member is; the next block starts another */
	bool amended;        /* blocks came that wait for their member */
	struct tar_pax pax;  /* what they said */
	char extended_type;  /* of the block whose bytes come next */
	size_t extended_len; /* how many */
	/* The block's own texts, each with its NUL. */
	char name[TAR_BLOCK_NAME_SIZE];
	char target[100 + 1];
	char user[32 + 1];
	char group[32 + 1];
};

struct tar_header *
tar_header_new(struct err *err)
{
	struct tar_header *header = calloc(1, sizeof(*header));

	if (header == NULL) {
		err_memory(err);
		return NULL;
	}
	tar_pax_init(&header->pax);
	return header;
}

void
tar_header_free(struct tar_header *header)
{
	if (header == NULL)
		return;
	tar_pax_free(&header->pax);
	free(header);
}

static int
get_number(const char *field, size_t size, uint64_t most, const char *what,
	   uint64_t *value, struct err *err)
{
	int64_t number = 0;

	if (tar_number_read(field, size, &number) != 0 || number < 0 ||
	    (uint64_t)number > most)
		return err_set(err, ERR_DAMAGED,
			       "tar header: %s is not a number in range", what);
	*value = (uint64_t)number;
	return 0;
}

/* Size, mode, owner and time, those given in records in place of the block's
 * own. A field that a record replaces still has to be a number. */
static int
get_numbers(struct tar_header *header, const struct tar_block *block,
	    struct err *err)
{
	struct tar_member *member = &header->member;
	const struct tar_pax *pax = &header->pax;
	uint64_t mode = 0, uid = 0, gid = 0;
	int64_t seconds = 0;

	if (get_number(block->size, sizeof(block->size), INT64_MAX, "size",
		       &member->size, err) != 0 ||
	    get_number(block->mode, sizeof(block->mode), UINT32_MAX, "mode",
		       &mode, err) != 0 ||
	    get_number(block->uid, sizeof(block->uid), UINT32_MAX, "uid", &uid,
		       err) != 0 ||
	    get_number(block->gid, sizeof(block->gid), UINT32_MAX, "gid", &gid,
		       err) != 0)
		return -1;
	if (tar_number_read(block->mtime, sizeof(block->mtime), &seconds) != 0)
		return err_set(err, ERR_DAMAGED,
			       "tar header: mtime is not a number in range");
	member->modified = (struct timespec){.tv_sec = (time_t)seconds};
	if (tar_pax_given(pax, TAR_PAX_SIZE))
		member->size = pax->size;
	if (tar_pax_given(pax, TAR_PAX_MTIME))
		member->modified = pax->modified;
	member->mode = (uint32_t)(mode & MODE_MASK);
	member->uid =
	    tar_pax_given(pax, TAR_PAX_UID) ? pax->uid : (uint32_t)uid;
	member->gid =
	    tar_pax_given(pax, TAR_PAX_GID) ? pax->gid : (uint32_t)gid;
	return 0;
}

static void
get_texts(struct tar_header *header, const struct tar_block *block)
{
	struct tar_member *member = &header->member;
	bool named = tar_block_names_owners(block);

	tar_block_get_name(block, header->name);
	tar_block_get_text(header->target, block->target,
			   sizeof(block->target));
	tar_block_get_text(header->user, block->user,
			   named ? sizeof(block->user) : 0);
	tar_block_get_text(header->group, block->group,
			   named ? sizeof(block->group) : 0);

	member->name = tar_pax_choose(&header->pax, TAR_PAX_PATH, header->name);
	member->target =
	    tar_pax_choose(&header->pax, TAR_PAX_LINKPATH, header->target);
	member->user =
	    tar_pax_choose(&header->pax, TAR_PAX_UNAME, header->user);
	member->group =
	    tar_pax_choose(&header->pax, TAR_PAX_GNAME, header->group);
}

static enum tar_type
type_of(char type, const char *name)
{
	size_t len = strlen(name);

	switch (type) {
	case TAR_BLOCK_FILE:
	case TAR_BLOCK_FILE_OLD:
		/* How directories were told before they had a type. */
		return len > 0 && name[len - 1] == '/' ? TAR_DIRECTORY
						       : TAR_FILE;
	case TAR_BLOCK_FILE_CONTIGUOUS:
		return TAR_FILE;
	case TAR_BLOCK_DIRECTORY:
		return TAR_DIRECTORY;
	case TAR_BLOCK_SYMLINK:
		return TAR_SYMLINK;
	default:
		return TAR_OTHER;
	}
}

static int
take_member(struct tar_header *header, const struct tar_block *block,
	    struct err *err)
{
	struct tar_member *member = &header->member;

	if (get_numbers(header, block, err) != 0)
		return -1;
	get_texts(header, block);
	member->type =
	    header->pax.sparse ? TAR_OTHER : type_of(block->type, member->name);
	if (member->type != TAR_SYMLINK)
		member->target = "";
	if (member->size != 0 &&
	    (member->type == TAR_DIRECTORY || member->type == TAR_SYMLINK))
		return err_set(err, ERR_DAMAGED,
			       "tar header: " SHOWN ": %s with content",
			       member->name,
			       member->type == TAR_DIRECTORY ? "directory"
							     : "symbolic link");
	header->complete = true;
	return TAR_HAVE_MEMBER;
}

static int
take_extension(struct tar_header *header, const struct tar_block *block,
	       struct err *err)
{
	uint64_t size = 0;

	if (get_number(block->size, sizeof(block->size), TAR_PAX_MAX,
		       "size of the extended header", &size, err) != 0)
		return -1;
	header->amended = true;
	if (size == 0)
		return TAR_NEED_BLOCK;
	header->extended_type = block->type;
	header->extended_len = (size_t)size;
	return TAR_NEED_EXTENDED;
}

/* A member before this block is over, and so is what amended it. */
static void
start_over(struct tar_header *header)
{
	if (header->complete) {
		header->complete = false;
		header->amended = false;
		tar_pax_clear(&header->pax);
	}
	header->extended_len = 0;
}

int
tar_header_block(struct tar_header *header, const uint8_t bytes[TAR_BLOCK],
		 struct err *err)
{
	static const uint8_t zeros[TAR_BLOCK];
	struct tar_block block;

	start_over(header);
	if (memcmp(bytes, zeros, TAR_BLOCK) == 0) {
		if (header->amended)
			return err_set(err, ERR_DAMAGED,
				       "tar header: extended header without "
				       "its member");
		return TAR_END_BLOCK;
	}
	memcpy(&block, bytes, TAR_BLOCK);
	if (tar_block_check(&block, err) != 0)
		return -1;
	switch (block.type) {
	case TAR_BLOCK_PAX:
	case TAR_BLOCK_PAX_GLOBAL:
	case TAR_BLOCK_GNU_NAME:
	case TAR_BLOCK_GNU_TARGET:
		return take_extension(header, &block, err);
	default:
		return take_member(header, &block, err);
	}
}

size_t
tar_header_extended_size(const struct tar_header *header)
{
	return header->extended_len;
}

/* GNU's long names come with a NUL behind them. */
static int
take_long_name(struct tar_header *header, enum tar_pax_key key,
	       const char *text, size_t len, struct err *err)
{
	while (len > 0 && text[len - 1] == '\0')
		len--;
	return tar_pax_set_text(&header->pax, key, text, len, err);
}

int
tar_header_extended(struct tar_header *header, const void *data, size_t len,
		    struct err *err)
{
	if (len != header->extended_len)
		return err_set(err, ERR_DAMAGED,
			       "tar header: %zu bytes of extended header in "
			       "place of %zu",
			       len, header->extended_len);
	header->extended_len = 0;
	switch (header->extended_type) {
	case TAR_BLOCK_PAX:
		return tar_pax_read(&header->pax, data, len, err);
	case TAR_BLOCK_GNU_NAME:
		return take_long_name(header, TAR_PAX_PATH, data, len, err);
	case TAR_BLOCK_GNU_TARGET:
		return take_long_name(header, TAR_PAX_LINKPATH, data, len, err);
	default:
		/* A global header says nothing that we could need. */
		return 0;
	}
}

const struct tar_member *
tar_header_member(const struct tar_header *header)
{
	return &header->member;
}
