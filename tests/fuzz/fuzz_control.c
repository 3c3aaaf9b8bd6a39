/*
 * pg_control: as it is, and with the right CRC put in, without which nothing
 * behind the check would be reached.
 */
#include <string.h>

#include "common/base/crc32c.h"
#include "common/pg/control_file.h"
#include "common/pg/wal_name.h"
#include "tests/fuzz/claim.h"

/* Where the CRC stands: from version 18 on, and before. */
static const size_t places[] = {292, 288};

static bool
accepted(const uint8_t *bytes, size_t size)
{
	struct control_file control;
	struct err err = {0};

	if (control_file_parse(bytes, size, &control, &err) == -1) {
		claim(err.kind == ERR_DAMAGED, "what is none is damaged");
		return false;
	}
	claim(control.version >= 13 && control.version <= 18,
	      "the version is a known one");
	claim(wal_segment_size_valid(control.wal_segment_size),
	      "the segment size is a possible one");
	claim(control.state <= CONTROL_IN_PRODUCTION, "the state is known");
	claim(control.block_size > 0 && control.relation_segment > 0,
	      "pages and segments have a size");
	return true;
}

/* One bit of each byte the CRC covers. */
static void
claim_flips_seen(uint8_t *bytes, size_t covered)
{
	for (size_t i = 0; i < covered; i++) {
		uint8_t bit = (uint8_t)(1u << i % 8);

		bytes[i] ^= bit;
		claim(!accepted(bytes, CONTROL_FILE_SIZE),
		      "a flipped bit is seen");
		bytes[i] ^= bit;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[CONTROL_FILE_SIZE] = {0};

	(void)accepted(data, size);
	if (size > 0)
		memcpy(bytes, data,
		       size < sizeof(bytes) ? size : sizeof(bytes));
	for (size_t i = 0; i < 2; i++) {
		uint32_t crc = crc32c_update(0, bytes, places[i]);

		for (unsigned byte = 0; byte < 4; byte++)
			bytes[places[i] + byte] = (uint8_t)(crc >> 8 * byte);
		if (accepted(bytes, sizeof(bytes)))
			claim_flips_seen(bytes, places[i]);
	}
	return 0;
}
