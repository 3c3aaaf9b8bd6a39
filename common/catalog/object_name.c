#include "common/catalog/object_name.h"

#include <stdio.h>
#include <string.h>

#define DIGITS 24

#define SENTINEL_SUFFIX "_backup_stop_sentinel.json"
#define PARTS_FOLDER "tar_partitions/"

/* Exactly eight upper-case hexadecimal digits. */
static bool
take_digits(const char **at, uint32_t *value)
{
	static const char digits[] = "0123456789ABCDEF";
	int i;

	*value = 0;
	for (i = 0; i < 8; i++, (*at)++) {
		const char *digit = **at == '\0' ? NULL : strchr(digits, **at);

		if (digit == NULL)
			return false;
		*value = *value << 4 | (uint32_t)(digit - digits);
	}
	return true;
}

static bool
take_text(const char **at, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool
take_segment(const char **at, uint32_t part[3])
{
	return take_digits(at, &part[0]) && take_digits(at, &part[1]) &&
	       take_digits(at, &part[2]) && part[0] != 0;
}

int
backup_name_parse(const char *text, struct backup_name *name)
{
	const char *at = text;
	uint32_t own[3];
	uint32_t base[3];

	memset(name, 0, sizeof *name);
	if (!take_text(&at, "base_") || !take_segment(&at, own))
		return -1;
	name->timeline = own[0];
	name->high = own[1];
	name->low = own[2];
	if (take_text(&at, "_D_")) {
		memcpy(name->base, at, strnlen(at, DIGITS));
		if (!take_segment(&at, base))
			return -1;
		name->delta = true;
	}
	if (take_text(&at, "_")) {
		if (!take_digits(&at, &name->offset))
			return -1;
		name->has_offset = true;
	}
	return *at == '\0' ? 0 : -1;
}

void
backup_name_full(uint32_t timeline, uint64_t lsn, uint64_t segment_size,
		 char name[BACKUP_NAME_SIZE])
{
	char segment[WAL_NAME_SIZE];

	wal_name_of_lsn(timeline, lsn, segment_size, segment);
	(void)snprintf(name, BACKUP_NAME_SIZE, "base_%s", segment);
}

void
object_wal(const char *wal_name, const char *suffix,
	   char object[OBJECT_NAME_SIZE])
{
	(void)snprintf(object, OBJECT_NAME_SIZE, OBJECT_WAL_FOLDER "%s%s",
		       wal_name, suffix);
}

int
object_wal_parse(const char *object, struct wal_name *name)
{
	char text[WAL_NAME_SIZE];
	size_t len;

	if (!take_text(&object, OBJECT_WAL_FOLDER))
		return -1;
	len = pipeline_strip(object);
	if (len >= sizeof text)
		return -1;
	memcpy(text, object, len);
	text[len] = '\0';
	return wal_name_parse(text, name);
}

void
object_of_backup(const char *backup, enum backup_object which,
		 char object[OBJECT_NAME_SIZE])
{
	static const char *const names[] = {
	    [BACKUP_METADATA] = "metadata.json",
	    [BACKUP_FILES_METADATA] = "files_metadata.json",
	    [BACKUP_MANIFEST] = "backup_manifest",
	    [BACKUP_MARKER] = "in_progress.json",
	};

	(void)snprintf(object, OBJECT_NAME_SIZE, OBJECT_BACKUP_FOLDER "%s/%s",
		       backup, names[which]);
}

void
object_sentinel(const char *backup, char object[OBJECT_NAME_SIZE])
{
	(void)snprintf(object, OBJECT_NAME_SIZE,
		       OBJECT_BACKUP_FOLDER "%s" SENTINEL_SUFFIX, backup);
}

/* The first `len` bytes of `at`, if they are a backup's name. */
static int
copy_backup_name(const char *at, size_t len, char backup[BACKUP_NAME_SIZE])
{
	struct backup_name parsed;

	if (len >= BACKUP_NAME_SIZE)
		return -1;
	memcpy(backup, at, len);
	backup[len] = '\0';
	return backup_name_parse(backup, &parsed);
}

int
object_sentinel_parse(const char *object, char backup[BACKUP_NAME_SIZE])
{
	size_t tail = strlen(SENTINEL_SUFFIX);
	size_t len;

	if (!take_text(&object, OBJECT_BACKUP_FOLDER))
		return -1;
	len = strlen(object);
	if (len < tail || strcmp(object + len - tail, SENTINEL_SUFFIX) != 0)
		return -1;
	return copy_backup_name(object, len - tail, backup);
}

void
object_folder(const char *backup, char object[OBJECT_NAME_SIZE])
{
	(void)snprintf(object, OBJECT_NAME_SIZE, OBJECT_BACKUP_FOLDER "%s/",
		       backup);
}

int
object_folder_parse(const char *object, char backup[BACKUP_NAME_SIZE])
{
	const char *slash;

	if (!take_text(&object, OBJECT_BACKUP_FOLDER))
		return -1;
	slash = strchr(object, '/');
	if (slash == NULL)
		return -1;
	return copy_backup_name(object, (size_t)(slash - object), backup);
}

void
object_parts_folder(const char *backup, char object[OBJECT_NAME_SIZE])
{
	(void)snprintf(object, OBJECT_NAME_SIZE,
		       OBJECT_BACKUP_FOLDER "%s/" PARTS_FOLDER, backup);
}

static void
object_tar(const char *backup, const char *tar, const char *suffix,
	   char object[OBJECT_NAME_SIZE])
{
	(void)snprintf(object, OBJECT_NAME_SIZE,
		       OBJECT_BACKUP_FOLDER "%s/" PARTS_FOLDER "%s.tar%s",
		       backup, tar, suffix);
}

void
object_part(const char *backup, unsigned number, const char *suffix,
	    char object[OBJECT_NAME_SIZE])
{
	char tar[32];

	(void)snprintf(tar, sizeof tar, "part_%03u", number);
	object_tar(backup, tar, suffix, object);
}

void
object_control(const char *backup, const char *suffix,
	       char object[OBJECT_NAME_SIZE])
{
	object_tar(backup, "pg_control", suffix, object);
}

void
object_labels(const char *backup, const char *suffix,
	      char object[OBJECT_NAME_SIZE])
{
	object_tar(backup, "backup_label", suffix, object);
}

int
object_part_kind(const char *object, enum part_kind *kind)
{
	const char *slash = strrchr(object, '/');
	const char *base = slash == NULL ? object : slash + 1;
	const char *tar = strstr(base, ".tar");
	size_t stem;

	if (tar == NULL || tar == base || (tar[4] != '\0' && tar[4] != '.'))
		return -1;
	stem = (size_t)(tar - base);
	if (stem == 10 && strncmp(base, "pg_control", stem) == 0)
		*kind = PART_CONTROL;
	else if (stem == 12 && strncmp(base, "backup_label", stem) == 0)
		*kind = PART_LABELS;
	else
		*kind = PART_DATA;
	return 0;
}
