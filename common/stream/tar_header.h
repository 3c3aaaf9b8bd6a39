/*
 * tar_header - the blocks before a member's bytes: ustar and pax, both ways.
 *
 * Source: POSIX.1-2008, pax, "ustar Interchange Format" and "pax Interchange
 * Format"; GNU's base-256 numbers and 'L'/'K' long names are read too.
 */
#ifndef WALNUT_STREAM_TAR_HEADER_H
#define WALNUT_STREAM_TAR_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

#define TAR_BLOCK 512

/* The longest name or link target that is written or read, without its NUL. */
#define TAR_NAME_MAX 4096

enum tar_type {
	TAR_FILE,
	TAR_DIRECTORY,
	TAR_SYMLINK,
	TAR_OTHER, /* devices, hard links, whatever else; never written */
};

struct tar_member {
	const char *name;   /* as it stands in the archive */
	const char *target; /* of a symbolic link, else "" */
	enum tar_type type;
	uint64_t size; /* bytes that follow; 0 unless a file */
	uint32_t mode; /* permission bits */
	uint32_t uid;
	uint32_t gid;
	struct timespec modified;
	const char *user;  /* name of the owner, "" if unknown */
	const char *group; /* likewise */
};

/* tar_padding - bytes of zero that follow `size` bytes of content. */
size_t tar_padding(uint64_t size);

/*
 * tar_header_write - append the blocks for one member to `blocks`: one ustar
 * block where the member fits, else a pax header before it (names over 255
 * bytes or not splittable, sizes of 8 GiB and more, times with a fraction are
 * rounded down unless a pax header is there anyway). A directory's name gets
 * its trailing slash here.
 * Errors: ERR_REFUSED for what would not be read back as it was: an empty or
 * too long name, TAR_OTHER, content of anything but a file, a slash behind a
 * file's name, a symbolic link without a target.
 */
MUST_CHECK int tar_header_write(const struct tar_member *member,
				struct buf *blocks, struct err *err);

/*
 * What tar_header_read collects over the blocks of one member: pax records and
 * GNU long names come in blocks of their own before the block that they amend.
 */
struct tar_header;

MUST_CHECK struct tar_header *tar_header_new(struct err *err);
void tar_header_free(struct tar_header *header);

enum tar_step {
	TAR_NEED_BLOCK,    /* push the next block of 512 bytes */
	TAR_NEED_EXTENDED, /* tar_header_extended_size bytes of records, padded
			      to whole blocks, come next */
	TAR_HAVE_MEMBER,   /* tar_header_member is complete */
	TAR_END_BLOCK,     /* a block of zeros */
};

/*
 * tar_header_block - one header block.
 * Returns a step, or -1 with ERR_DAMAGED: a wrong checksum, an unknown magic, a
 * number that does not parse, a directory or symbolic link with content, a
 * block of zeros where records wait for their member. Sparse files are
 * TAR_OTHER, since their content is not the file's.
 */
MUST_CHECK int tar_header_block(struct tar_header *header,
				const uint8_t block[TAR_BLOCK],
				struct err *err);

/* tar_header_extended_size - bytes of the extended header announced. At most
 * 1 MiB, else the block was refused. */
size_t tar_header_extended_size(const struct tar_header *header);

/* tar_header_extended - those bytes, without the padding. */
MUST_CHECK int tar_header_extended(struct tar_header *header, const void *data,
				   size_t len, struct err *err);

/* tar_header_member - borrowed until the next tar_header_block. */
const struct tar_member *tar_header_member(const struct tar_header *header);

#endif
