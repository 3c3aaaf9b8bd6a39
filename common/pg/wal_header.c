#include "common/pg/wal_header.h"

#include <inttypes.h>

#include "common/pg/little_endian.h"
#include "common/pg/lsn.h"

/* Flags of a page; the second is set on the first page of a segment only. */
enum {
	FIRST_IS_CONTINUATION = 0x0001,
	LONG_HEADER = 0x0002,
	BACKUP_BLOCKS_REMOVABLE = 0x0004,
	FIRST_IS_OVERWRITTEN = 0x0008,
	KNOWN_FLAGS = FIRST_IS_CONTINUATION | LONG_HEADER |
		      BACKUP_BLOCKS_REMOVABLE | FIRST_IS_OVERWRITTEN,
};

/* Largest --with-wal-blocksize. */
#define BLOCK_SIZE_MAX (64 * 1024)

/* The magic changes with every major version. */
static unsigned
version_of_magic(uint16_t magic)
{
	static const struct {
		uint16_t magic;
		unsigned version;
	} known[] = {
	    {0xD106, 13}, {0xD10D, 14}, {0xD110, 15},
	    {0xD113, 16}, {0xD116, 17}, {0xD118, 18},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].magic == magic)
			return known[i].version;
	return 0;
}

/* The checks a server makes of such a page; a recycled or preallocated file
 * fails one of them, or the comparison with its name. */
static int
check_values(const struct wal_header *header, unsigned flags, struct err *err)
{
	uint32_t block = header->block_size;

	if (!(flags & LONG_HEADER) || (flags & ~(unsigned)KNOWN_FLAGS))
		return err_set(err, ERR_DAMAGED,
			       "WAL page flags 0x%04x are not those of a "
			       "segment's first page",
			       flags);
	if (!wal_segment_size_valid(header->segment_size))
		return err_set(err, ERR_DAMAGED,
			       "WAL header says a segment size of %" PRIu32
			       " bytes, which is not possible",
			       header->segment_size);
	if (block < 1024 || block > BLOCK_SIZE_MAX || (block & (block - 1)))
		return err_set(err, ERR_DAMAGED,
			       "WAL header says a block size of %" PRIu32
			       " bytes, which is not possible",
			       block);
	if (header->page_address % header->segment_size != 0) {
		char lsn[LSN_TEXT_SIZE];

		lsn_format(header->page_address, lsn);
		return err_set(err, ERR_DAMAGED,
			       "WAL address %s is not the first page of a "
			       "segment",
			       lsn);
	}
	if (header->timeline == 0)
		return err_set(err, ERR_DAMAGED, "WAL header says timeline 0");
	return 0;
}

int
wal_header_parse(const void *data, size_t len, struct wal_header *header,
		 struct err *err)
{
	const uint8_t *at = data;
	struct wal_header parsed;

	if (len < WAL_HEADER_SIZE)
		return err_set(err, ERR_DAMAGED,
			       "WAL header is cut short: %zu of %d bytes", len,
			       WAL_HEADER_SIZE);
	parsed.magic = little_endian_16(at);
	parsed.timeline = little_endian_32(at + 4);
	parsed.page_address = little_endian_64(at + 8);
	/* 16: bytes left of a record that began before; 20: padding. */
	parsed.system_identifier = little_endian_64(at + 24);
	parsed.segment_size = little_endian_32(at + 32);
	parsed.block_size = little_endian_32(at + 36);
	parsed.version = version_of_magic(parsed.magic);
	if (parsed.version == 0)
		return err_set(err, ERR_DAMAGED,
			       "WAL magic 0x%04X is not one of PostgreSQL 13 "
			       "to 18",
			       (unsigned)parsed.magic);
	if (check_values(&parsed, little_endian_16(at + 2), err) == -1)
		return -1;
	*header = parsed;
	return 0;
}

/* A segment copied to a new timeline begins with pages of the old one, hence
 * the page's timeline may lie below the name's. */
static int
check_place(const struct wal_header *header, const struct wal_name *name,
	    const char *text, struct err *err)
{
	uint64_t address;

	if (!wal_name_fits(name, header->segment_size))
		return err_set(err, ERR_DAMAGED,
			       "no segment of %" PRIu32 " bytes is named %s",
			       header->segment_size, text);
	address =
	    wal_name_segment(name, header->segment_size) * header->segment_size;
	if (header->page_address != address) {
		char said[LSN_TEXT_SIZE];
		char named[LSN_TEXT_SIZE];

		lsn_format(header->page_address, said);
		lsn_format(address, named);
		return err_set(err, ERR_DAMAGED,
			       "%s begins at %s by its name, but at %s by its "
			       "header",
			       text, named, said);
	}
	if (header->timeline > name->timeline)
		return err_set(err, ERR_DAMAGED,
			       "%s is of timeline %" PRIu32 " by its name, but "
			       "of %" PRIu32 " by its header",
			       text, name->timeline, header->timeline);
	return 0;
}

int
wal_header_check(const struct wal_header *header, const struct wal_name *name,
		 uint64_t file_size, struct err *err)
{
	char text[WAL_NAME_SIZE];

	wal_name_format(name, text);
	if (name->kind != WAL_SEGMENT && name->kind != WAL_PARTIAL)
		return err_set(err, ERR_DAMAGED,
			       "%s is not the name of a WAL segment", text);
	if (file_size != header->segment_size)
		return err_set(err, ERR_DAMAGED,
			       "%s has %" PRIu64 " bytes, but its header says "
			       "%" PRIu32,
			       text, file_size, header->segment_size);
	return check_place(header, name, text, err);
}
