#include "common/pg/wal_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Eight digits as the server writes them: upper case, so that a name has one
 * spelling only and two spellings never become two objects. */
static int
parse_word(const char *text, uint32_t *word)
{
	uint32_t value = 0;

	for (int i = 0; i < 8; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if (c >= 'A' && c <= 'F')
			value = value << 4 | (uint32_t)(c - 'A' + 10);
		else
			return -1;
	}
	*word = value;
	return 0;
}

/* What may follow the 24 digits of a segment. */
static int
parse_suffix(const char *suffix, struct wal_name *name)
{
	if (*suffix == '\0') {
		name->kind = WAL_SEGMENT;
		return 0;
	}
	if (strcmp(suffix, ".partial") == 0) {
		name->kind = WAL_PARTIAL;
		return 0;
	}
	name->kind = WAL_BACKUP_HISTORY;
	if (*suffix != '.' || parse_word(suffix + 1, &name->offset) == -1)
		return -1;
	return strcmp(suffix + 9, ".backup") == 0 ? 0 : -1;
}

/* How many segments share the first sixteen digits: 4 GiB worth of them. */
static uint64_t
segments_per_log(uint64_t segment_size)
{
	return (UINT64_C(1) << 32) / segment_size;
}

int
wal_name_parse(const char *text, struct wal_name *name)
{
	struct wal_name parsed = {0};

	/* The comparisons below stop at the first NUL, so a short text is
	 * never read beyond its end. */
	if (parse_word(text, &parsed.timeline) == -1 || parsed.timeline == 0)
		return -1;
	if (strcmp(text + 8, ".history") == 0)
		parsed.kind = WAL_TIMELINE;
	else if (parse_word(text + 8, &parsed.high) == -1 ||
		 parse_word(text + 16, &parsed.low) == -1 ||
		 parse_suffix(text + 24, &parsed) == -1)
		return -1;
	*name = parsed;
	return 0;
}

void
wal_name_format(const struct wal_name *name, char text[WAL_NAME_SIZE])
{
	int len;

	if (name->kind == WAL_TIMELINE) {
		(void)snprintf(text, WAL_NAME_SIZE, "%08" PRIX32 ".history",
			       name->timeline);
		return;
	}
	len = snprintf(text, WAL_NAME_SIZE,
		       "%08" PRIX32 "%08" PRIX32 "%08" PRIX32, name->timeline,
		       name->high, name->low);
	if (name->kind == WAL_PARTIAL)
		(void)snprintf(text + len, WAL_NAME_SIZE - (size_t)len,
			       ".partial");
	else if (name->kind == WAL_BACKUP_HISTORY)
		(void)snprintf(text + len, WAL_NAME_SIZE - (size_t)len,
			       ".%08" PRIX32 ".backup", name->offset);
}

uint64_t
wal_name_segment(const struct wal_name *name, uint64_t segment_size)
{
	return name->high * segments_per_log(segment_size) + name->low;
}

bool
wal_name_fits(const struct wal_name *name, uint64_t segment_size)
{
	return name->low < segments_per_log(segment_size);
}

void
wal_name_of_segment(uint32_t timeline, uint64_t segment, uint64_t segment_size,
		    char text[WAL_NAME_SIZE])
{
	uint64_t per_log = segments_per_log(segment_size);
	struct wal_name name = {
	    .kind = WAL_SEGMENT,
	    .timeline = timeline,
	    .high = (uint32_t)(segment / per_log),
	    .low = (uint32_t)(segment % per_log),
	};

	wal_name_format(&name, text);
}

void
wal_name_of_lsn(uint32_t timeline, uint64_t lsn, uint64_t segment_size,
		char text[WAL_NAME_SIZE])
{
	wal_name_of_segment(timeline, lsn / segment_size, segment_size, text);
}

bool
wal_segment_size_valid(uint64_t segment_size)
{
	return segment_size >= WAL_SEGMENT_SIZE_MIN &&
	       segment_size <= WAL_SEGMENT_SIZE_MAX &&
	       (segment_size & (segment_size - 1)) == 0;
}
