/*
 * Headers of WAL segments: an accepted one fits the name its own address gives,
 * and no other size, segment or lower timeline.
 */
#include <stdlib.h>
#include <string.h>

#include "common/pg/wal_header.h"
#include "tests/fuzz/claim.h"

static void
claim_fits(const struct wal_header *header)
{
	char text[WAL_NAME_SIZE];
	struct wal_name name;
	struct err err = {0};
	uint64_t size = header->segment_size;

	wal_name_of_lsn(header->timeline, header->page_address, size, text);
	if (wal_name_parse(text, &name) == -1) {
		claim(header->timeline == 0, "an address has a name");
		return;
	}
	if (header->page_address % size != 0) {
		claim(wal_header_check(header, &name, size, &err) == -1,
		      "a page inside a segment does not begin it");
		return;
	}
	claim_done(wal_header_check(header, &name, size, &err), &err,
		   "a header fits its name");
	claim(wal_header_check(header, &name, size - 1, &err) == -1,
	      "a file cut short does not fit");
	name.low ^= 1;
	claim(wal_header_check(header, &name, size, &err) == -1,
	      "nor does another segment's name");
	name.low ^= 1;
	name.timeline--;
	claim(wal_header_check(header, &name, size, &err) == -1,
	      "nor does a lower timeline");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = claim_text(data, size);
	struct wal_header header;
	struct err err = {0};

	if (wal_header_parse(bytes, size, &header, &err) == -1) {
		claim(err.kind == ERR_DAMAGED, "what is none is damaged");
	} else {
		claim(size >= WAL_HEADER_SIZE, "a header is whole");
		claim(wal_segment_size_valid(header.segment_size),
		      "the segment size is a possible one");
		claim(header.version >= 13 && header.version <= 18,
		      "the version is a known one");
		claim_fits(&header);
	}
	free(bytes);
	return 0;
}
