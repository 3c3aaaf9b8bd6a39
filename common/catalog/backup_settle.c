#include "common/catalog/backup_settle.h"

#include <stdlib.h>
#include <string.h>

#define HEX_DIGITS "0123456789ABCDEF"
#define SEGMENT_USUAL ((uint64_t)16 * 1024 * 1024)

/* WAL-E tells the start by the backup's name and the stop by a segment and an
 * offset. */
static void
read_wal_e(struct json_reader *reader, const struct backup_name *name,
	   struct backup *backup)
{
	struct wal_name segment = {.high = name->high, .low = name->low};
	char *stop = NULL;
	char *offset = NULL;

	backup->segment_size = SEGMENT_USUAL;
	backup->start_lsn =
	    wal_name_segment(&segment, SEGMENT_USUAL) * SEGMENT_USUAL +
	    name->offset;
	if (json_reader_text(reader, reader->root, "wal_segment_backup_stop",
			     &stop) &&
	    json_reader_text(reader, reader->root,
			     "wal_segment_offset_backup_stop", &offset)) {
		if (wal_name_parse(stop, &segment) != 0 ||
		    segment.kind != WAL_SEGMENT ||
		    strspn(offset, HEX_DIGITS) != 8 || strlen(offset) != 8)
			json_reader_fail(reader, "where it stopped is wrong");
		backup->finish_lsn =
		    wal_name_segment(&segment, SEGMENT_USUAL) * SEGMENT_USUAL +
		    strtoul(offset, NULL, 16);
	}
	(void)json_reader_number(reader, reader->root, "expanded_size_bytes",
				 UINT64_MAX, &backup->uncompressed_size);
	free(offset);
	free(stop);
}

/* A standby's backup that starts on a boundary is named by the segment before,
 * in WAL-G. */
static bool
name_fits(const struct backup_name *name, uint64_t lsn, uint64_t segment_size)
{
	return (name->high == lsn >> 32 &&
		name->low == (uint32_t)lsn / segment_size) ||
	       (name->high == (lsn - 1) >> 32 &&
		name->low == (uint32_t)(lsn - 1) / segment_size);
}

/* The segment size for which the name is right, the usual one first; 0 when
 * there is none. */
static uint64_t
guess_segment_size(const struct backup_name *name, uint64_t lsn)
{
	uint64_t size = SEGMENT_USUAL;

	if (name_fits(name, lsn, size))
		return size;
	for (size = WAL_SEGMENT_SIZE_MIN; size <= WAL_SEGMENT_SIZE_MAX;
	     size *= 2) {
		if (name_fits(name, lsn, size))
			return size;
	}
	return 0;
}

void
backup_settle(struct json_reader *reader, const struct backup_name *name,
	      struct backup *backup)
{
	if (backup->start_lsn == 0 && name->has_offset)
		read_wal_e(reader, name, backup);
	if (reader->failed)
		return;
	if (backup->segment_size == 0)
		backup->segment_size =
		    guess_segment_size(name, backup->start_lsn);
	if (backup->start_lsn == 0)
		json_reader_fail(reader, "\"LSN\" is missing");
	else if (!wal_segment_size_valid(backup->segment_size) ||
		 !name_fits(name, backup->start_lsn, backup->segment_size))
		json_reader_fail(reader, "its start LSN does not lie in the "
					 "segment of its name");
	else if (backup->finish_lsn != 0 &&
		 backup->finish_lsn < backup->start_lsn)
		json_reader_fail(reader, "it ends before it starts");
	else if (backup->delta != name->delta)
		json_reader_fail(reader, "its name and itself differ in "
					 "whether it is a delta");
	else if (backup->timeline == 0)
		json_reader_fail(reader, "\"Timeline\" is 0");
}
