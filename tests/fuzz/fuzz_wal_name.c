/*
 * Names of WAL files, backups and objects: a name that is accepted is spelt in
 * one way only, so that building it again gives the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "common/catalog/object_name.h"
#include "common/pg/wal_name.h"
#include "common/stream/pipeline.h"
#include "tests/fuzz/claim.h"

static void
try_wal(const char *text)
{
	static const uint64_t sizes[] = {WAL_SEGMENT_SIZE_MIN, 16 << 20,
					 WAL_SEGMENT_SIZE_MAX};
	struct wal_name name;
	char again[WAL_NAME_SIZE];

	if (wal_name_parse(text, &name) == -1)
		return;
	claim(name.timeline != 0, "there is no timeline 0");
	wal_name_format(&name, again);
	claim(strcmp(text, again) == 0, "a name has one spelling");
	for (size_t i = 0; i < 3 && name.kind == WAL_SEGMENT; i++) {
		if (!wal_name_fits(&name, sizes[i]))
			continue;
		wal_name_of_segment(name.timeline,
				    wal_name_segment(&name, sizes[i]), sizes[i],
				    again);
		claim(strcmp(text, again) == 0, "a segment has one number");
	}
}

static void
try_object(const char *text)
{
	struct wal_name name;
	char wal[WAL_NAME_SIZE];
	char object[OBJECT_NAME_SIZE];

	if (object_wal_parse(text, &name) == 0) {
		wal_name_format(&name, wal);
		object_wal(wal, "", object);
		claim(strncmp(text, object, strlen(object)) == 0,
		      "an object holds the file it is called after");
	}
	claim(pipeline_strip(text) <= strlen(text), "suffixes are at the end");
}

static void
try_backup(const char *text)
{
	struct backup_name parsed;
	char backup[BACKUP_NAME_SIZE];
	char object[OBJECT_NAME_SIZE];

	if (backup_name_parse(text, &parsed) == 0) {
		claim(strlen(text) < BACKUP_NAME_SIZE, "a name has its room");
		object_sentinel(text, object);
		claim(object_sentinel_parse(object, backup) == 0 &&
			  strcmp(backup, text) == 0,
		      "a sentinel leads back to its backup");
	}
	if (object_sentinel_parse(text, backup) == 0) {
		object_sentinel(backup, object);
		claim(strcmp(text, object) == 0, "a sentinel has one name");
		claim(backup_name_parse(backup, &parsed) == 0,
		      "a sentinel names a backup");
	}
	if (object_folder_parse(text, backup) == 0) {
		object_folder(backup, object);
		claim(strncmp(text, object, strlen(object)) == 0,
		      "what lies in a folder begins with it");
		claim(backup_name_parse(backup, &parsed) == 0,
		      "a folder names a backup");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = claim_text(data, size);
	enum part_kind kind;

	try_wal(text);
	try_object(text);
	try_backup(text);
	if (object_part_kind(text, &kind) == 0)
		claim(strstr(text, ".tar") != NULL, "a part is a tar");
	free(text);
	return 0;
}
