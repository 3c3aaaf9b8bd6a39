/*
 * tar_block - the one block of 512 bytes that every tar header has, as it lies
 * in the archive.
 *
 * Source: POSIX.1-2008, pax, "ustar Interchange Format".
 */
#ifndef WALNUT_STREAM_TAR_BLOCK_H
#define WALNUT_STREAM_TAR_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/* Texts may fill their field to the last byte, without a NUL. */
struct tar_block {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type; /* enum tar_block_type, or another */
	char target[100];
	char magic[8]; /* with the version */
	char user[32];
	char group[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char unused[12];
};

/* Room for prefix, slash, name and NUL. */
#define TAR_BLOCK_NAME_SIZE (155 + 1 + 100 + 1)

enum tar_block_type {
	TAR_BLOCK_FILE = '0',
	TAR_BLOCK_FILE_OLD = '\0',
	TAR_BLOCK_FILE_CONTIGUOUS = '7',
	TAR_BLOCK_SYMLINK = '2',
	TAR_BLOCK_DIRECTORY = '5',
	TAR_BLOCK_PAX = 'x',
	TAR_BLOCK_PAX_GLOBAL = 'g',
	TAR_BLOCK_GNU_NAME = 'L',
	TAR_BLOCK_GNU_TARGET = 'K',
};

/* tar_block_put_text - copy a text into a field of zeros; returns whether it
 * fit. */
bool tar_block_put_text(char *field, size_t size, const char *text);

/* tar_block_put_name - as tar_block_put_text, into name and, for names over
 * 100 bytes, prefix. */
bool tar_block_put_name(struct tar_block *block, const char *name);

/* tar_block_seal - the last step: magic, device numbers, checksum. */
void tar_block_seal(struct tar_block *block);

/* tar_block_check - checksum and magic.
 * Errors: ERR_DAMAGED. */
MUST_CHECK int tar_block_check(const struct tar_block *block, struct err *err);

/* tar_block_get_text - copy a field up to its NUL or its end; `text` has room
 * for size + 1 bytes. Returns the length. */
size_t tar_block_get_text(char *text, const char *field, size_t size);

/* tar_block_get_name - prefix, where the magic gives it a meaning, and name. */
void tar_block_get_name(const struct tar_block *block,
			char name[TAR_BLOCK_NAME_SIZE]);

/* tar_block_names_owners - whether user and group mean anything: in blocks
 * older than ustar they do not. */
bool tar_block_names_owners(const struct tar_block *block);

#endif
