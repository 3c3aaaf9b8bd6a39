#include "tests/unit/wal_sample.h"

#include <stdlib.h>

#include <check.h>

#include "common/pg/wal_name.h"

static void
put(uint8_t *at, uint64_t value, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

uint8_t *
wal_sample(const char *name, uint32_t timeline)
{
	uint8_t *data = malloc(WAL_SAMPLE_SIZE);
	struct wal_name parsed;
	size_t i;

	ck_assert_ptr_nonnull(data);
	ck_assert_int_eq(wal_name_parse(name, &parsed), 0);
	for (i = 0; i < WAL_SAMPLE_SIZE; i++)
		data[i] = (uint8_t)(i * i >> 7);
	put(data, 0xD110, 2);
	put(data + 2, 2, 2);
	put(data + 4, timeline, 4);
	put(data + 8,
	    wal_name_segment(&parsed, WAL_SAMPLE_SIZE) * WAL_SAMPLE_SIZE, 8);
	put(data + 16, 0, 8);
	put(data + 24, WAL_SAMPLE_SYSTEM, 8);
	put(data + 32, WAL_SAMPLE_SIZE, 4);
	put(data + 36, 8192, 4);
	return data;
}
