#include "common/stream/tar_block.h"

#include <stdint.h>
#include <string.h>

#include "common/stream/tar_number.h"

_Static_assert(sizeof(struct tar_block) == 512, "no padding inside");

/* POSIX's magic, GNU's, and that of the time before there was one. */
#define MAGIC_SIZE 8
#define MAGIC_POSIX "ustar\00000"
#define MAGIC_GNU "ustar  "
#define MAGIC_NONE "\0\0\0\0\0\0\0"

/* "ustar" and a NUL: some writers leave POSIX's version out. */
#define MAGIC_POSIX_SIZE 6

bool
tar_block_put_text(char *field, size_t size, const char *text)
{
	size_t len = strlen(text);

	memcpy(field, text, len < size ? len : size);
	return len <= size;
}

/* A name over 100 bytes fits if a slash parts it into a prefix of 1 to 155 and
 * a name of 1 to 100 bytes. */
bool
tar_block_put_name(struct tar_block *block, const char *name)
{
	size_t len = strlen(name);
	size_t slash;

	if (tar_block_put_text(block->name, sizeof(block->name), name))
		return true;
	slash = len - sizeof(block->name) - 1;
	if (slash == 0)
		slash = 1;
	while (slash + 1 < len && name[slash] != '/')
		slash++;
	if (slash > sizeof(block->prefix) || slash + 1 >= len)
		return false;
	memset(block->name, 0, sizeof(block->name));
	memcpy(block->name, name + slash + 1, len - slash - 1);
	memcpy(block->prefix, name, slash);
	return true;
}

/* The sum of all bytes, those of the checksum itself counted as spaces. */
static unsigned
sum_bytes(const struct tar_block *block)
{
	const unsigned char *bytes = (const unsigned char *)block;
	unsigned sum = 0;

	for (size_t i = 0; i < sizeof(*block); i++)
		sum += bytes[i];
	for (size_t i = 0; i < sizeof(block->checksum); i++)
		sum = sum + ' ' - (unsigned char)block->checksum[i];
	return sum;
}

void
tar_block_seal(struct tar_block *block)
{
	memcpy(block->magic, MAGIC_POSIX, MAGIC_SIZE);
	tar_number_write(block->major, sizeof(block->major), 0);
	tar_number_write(block->minor, sizeof(block->minor), 0);
	/* Six digits, a NUL and a space, as every writer has it. */
	tar_number_write(block->checksum, sizeof(block->checksum) - 1,
			 sum_bytes(block));
	block->checksum[sizeof(block->checksum) - 1] = ' ';
}

int
tar_block_check(const struct tar_block *block, struct err *err)
{
	int64_t sum = 0;

	if (tar_number_read(block->checksum, sizeof(block->checksum), &sum) !=
		0 ||
	    sum != sum_bytes(block))
		return err_set(err, ERR_DAMAGED, "tar header: wrong checksum");
	if (memcmp(block->magic, MAGIC_POSIX, MAGIC_POSIX_SIZE) != 0 &&
	    memcmp(block->magic, MAGIC_GNU, MAGIC_SIZE) != 0 &&
	    memcmp(block->magic, MAGIC_NONE, MAGIC_SIZE) != 0)
		return err_set(err, ERR_DAMAGED, "tar header: unknown magic");
	return 0;
}

size_t
tar_block_get_text(char *text, const char *field, size_t size)
{
	size_t len = strnlen(field, size);

	memcpy(text, field, len);
	text[len] = '\0';
	return len;
}

void
tar_block_get_name(const struct tar_block *block,
		   char name[TAR_BLOCK_NAME_SIZE])
{
	size_t len = 0;

	/* GNU's headers keep other things where POSIX has the prefix. */
	if (memcmp(block->magic, MAGIC_POSIX, MAGIC_POSIX_SIZE) == 0 &&
	    block->prefix[0] != '\0') {
		len = tar_block_get_text(name, block->prefix,
					 sizeof(block->prefix));
		name[len++] = '/';
	}
	tar_block_get_text(name + len, block->name, sizeof(block->name));
}

bool
tar_block_names_owners(const struct tar_block *block)
{
	return block->magic[0] != '\0';
}
