/* The documents of backup.h, both ways. */
#include "common/catalog/backup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/path.h"
#include "common/catalog/backup_settle.h"
#include "common/catalog/backup_spec.h"
#include "common/catalog/json_reader.h"
#include "common/catalog/json_scan.h"
#include "common/catalog/json_seal.h"
#include "common/catalog/json_writer.h"

#define DATE_FORMAT "%Y-%m-%dT%H:%M:%S.%fZ"

static int
print_objects(const struct backup *backup, struct buf *out, struct err *err)
{
	size_t i;

	if (buf_append(out, "[", 1, err) != 0)
		return -1;
	for (i = 0; i < backup->digest_count; i++) {
		const struct backup_digest *digest = &backup->digests[i];

		if (buf_print(out, err, "%s\n{\"Name\": ", i > 0 ? "," : "") ||
		    json_writer_quote(digest->name, out, err) != 0 ||
		    buf_print(out, err,
			      ", \"Size\": %" PRIu64
			      ", \"CRC32C\": \"%08" PRIx32 "\"}",
			      digest->size, digest->crc32c) != 0)
			return -1;
	}
	return buf_append(out, "]", 1, err);
}

/* A value too nested for the writer's own verbs. */
static void
write_printed(struct json_writer *writer, const char *key,
	      const struct backup *backup,
	      int (*print)(const struct backup *backup, struct buf *out,
			   struct err *err))
{
	struct buf value = BUF_INIT(BACKUP_JSON_MAX);

	if (!writer->failed && print(backup, &value, writer->err) != 0)
		writer->failed = true;
	else
		json_writer_json(writer, key, buf_text(&value));
	buf_free(&value);
}

/* All four or none: WAL-G panics at anything between. */
static void
write_delta(struct json_writer *writer, const struct backup *backup)
{
	json_writer_number(writer, "DeltaLSN", backup->delta_lsn);
	json_writer_text(writer, "DeltaFrom", backup->delta_from);
	json_writer_text(writer, "DeltaFullName", backup->delta_full);
	json_writer_number(writer, "DeltaCount", backup->delta_count);
}

/* WAL-G's keys in WAL-G's order. */
static void
write_common(struct json_writer *writer, const struct backup *backup)
{
	json_writer_number(writer, "LSN", backup->start_lsn);
	if (backup->delta)
		write_delta(writer, backup);
	json_writer_number(writer, "PgVersion", (uint64_t)backup->pg_version);
	json_writer_number(writer, "FinishLSN", backup->finish_lsn);
	if (backup->system_identifier != 0)
		json_writer_number(writer, "SystemIdentifier",
				   backup->system_identifier);
	json_writer_number(writer, "UncompressedSize",
			   backup->uncompressed_size);
	json_writer_number(writer, "CompressedSize", backup->compressed_size);
	if (backup->data_size != 0)
		json_writer_number(writer, "DataCatalogSize",
				   backup->data_size);
	write_printed(writer, "Spec", backup, backup_spec_print);
	if (backup->user_data != NULL)
		json_writer_user_json(writer, "UserData", backup->user_data);
	if (backup->files_metadata_disabled)
		json_writer_flag(writer, "FilesMetadataDisabled", true);
	json_writer_number(writer, "Version", 2);
	json_writer_time(writer, "StartTime", backup->start_time);
	json_writer_time(writer, "FinishTime", backup->finish_time);
	json_writer_text(writer, "DateFmt", DATE_FORMAT);
	json_writer_text(writer, "Hostname", backup->hostname);
	json_writer_text(writer, "DataDir", backup->data_directory);
	json_writer_flag(writer, "IsPermanent", backup->permanent);
}

int
backup_write_sentinel(const struct backup *backup, struct buf *json,
		      struct err *err)
{
	struct json_writer writer;

	json_writer_begin(&writer, json, err);
	write_common(&writer, backup);
	json_writer_text(&writer, "WalnutVersion", WALNUT_VERSION);
	json_writer_number(&writer, "WalSegmentSize", backup->segment_size);
	json_writer_number(&writer, "Timeline", backup->timeline);
	json_writer_text(&writer, "Label", backup->label);
	json_writer_flag(&writer, "FromStandby", backup->from_standby);
	json_writer_number(&writer, "FileCount", backup->file_count);
	json_writer_number(&writer, "RestoredSize", backup->data_size);
	write_printed(&writer, "Objects", backup, print_objects);
	return json_writer_seal(&writer);
}

int
backup_write_metadata(const struct backup *backup, struct buf *json,
		      struct err *err)
{
	struct json_writer writer;

	json_writer_begin(&writer, json, err);
	json_writer_time(&writer, "start_time", backup->start_time);
	json_writer_time(&writer, "finish_time", backup->finish_time);
	json_writer_text(&writer, "date_fmt", DATE_FORMAT);
	json_writer_text(&writer, "hostname", backup->hostname);
	json_writer_text(&writer, "data_dir", backup->data_directory);
	json_writer_number(&writer, "pg_version", (uint64_t)backup->pg_version);
	json_writer_number(&writer, "start_lsn", backup->start_lsn);
	json_writer_number(&writer, "finish_lsn", backup->finish_lsn);
	json_writer_flag(&writer, "is_permanent", backup->permanent);
	if (backup->system_identifier != 0)
		json_writer_number(&writer, "system_identifier",
				   backup->system_identifier);
	json_writer_number(&writer, "uncompressed_size",
			   backup->uncompressed_size);
	json_writer_number(&writer, "compressed_size", backup->compressed_size);
	if (backup->user_data != NULL)
		json_writer_user_json(&writer, "user_data", backup->user_data);
	return json_writer_end(&writer);
}

static void
read_version(struct json_reader *reader, const char *key, struct backup *backup)
{
	uint64_t version;

	if (backup->pg_version == 0 &&
	    json_reader_number(reader, reader->root, key, INT_MAX, &version))
		backup->pg_version = (int)version;
}

/* The user's own value: as it was written, but on one line. */
static void
read_user_data(struct json_reader *reader, const char *key, const void *json,
	       size_t len, struct backup *backup)
{
	struct buf line = BUF_INIT(BACKUP_JSON_MAX);
	struct span value;

	if (reader->failed || !json_scan_member(json, len, key, &value))
		return;
	if (json_scan_compact(value.data, value.len, &line, reader->err) != 0) {
		reader->failed = true;
	} else if (strcmp(buf_text(&line), "null") != 0) {
		free(backup->user_data);
		backup->user_data = line.data;
		return;
	}
	buf_free(&line);
}

static void
read_object(struct json_reader *reader, const json_t *object,
	    struct backup *backup)
{
	char *name = NULL;
	char *digits = NULL;
	uint64_t size = 0;

	/* Names become parts of other names: none may lead elsewhere. */
	if (!json_reader_text(reader, object, "Name", &name) ||
	    !json_reader_number(reader, object, "Size", UINT64_MAX, &size) ||
	    !json_reader_text(reader, object, "CRC32C", &digits) ||
	    !path_stays_below(name) || strlen(digits) != 8 ||
	    strspn(digits, "0123456789abcdef") != 8)
		json_reader_fail(reader, "\"Objects\" holds a wrong entry");
	else if (backup_add_digest(backup, name, size,
				   (uint32_t)strtoul(digits, NULL, 16),
				   reader->err) != 0)
		reader->failed = true;
	free(digits);
	free(name);
}

static void
read_objects(struct json_reader *reader, struct backup *backup)
{
	const json_t *list = json_reader_array(reader, reader->root, "Objects");
	size_t i;

	for (i = 0; i < json_array_size(list) && !reader->failed; i++)
		read_object(reader, json_array_get(list, i), backup);
}

/* Early WAL-G versions had another key for the LSN. */
static void
read_delta(struct json_reader *reader, struct backup *backup)
{
	const json_t *root = reader->root;
	struct backup_name name;
	uint64_t count = 0;
	bool lsn = json_reader_number(reader, root, "DeltaLSN", UINT64_MAX,
				      &backup->delta_lsn) ||
		   json_reader_number(reader, root, "DeltaFromLSN", UINT64_MAX,
				      &backup->delta_lsn);
	bool from =
	    json_reader_text(reader, root, "DeltaFrom", &backup->delta_from);
	bool full = json_reader_text(reader, root, "DeltaFullName",
				     &backup->delta_full);

	(void)json_reader_number(reader, root, "DeltaCount", UINT_MAX, &count);
	backup->delta = lsn && from && full && count > 0;
	backup->delta_count = (unsigned)count;
	if (backup->delta &&
	    backup_name_parse(backup->delta_from, &name) == 0 &&
	    backup_name_parse(backup->delta_full, &name) == 0)
		return;
	if (backup->delta || lsn || from || full || count > 0)
		json_reader_fail(reader, "what it says of its base does not "
					 "fit together");
}

static void
read_numbers(struct json_reader *reader, struct backup *backup)
{
	const struct {
		const char *key;
		uint64_t *value;
	} numbers[] = {
	    {"LSN", &backup->start_lsn},
	    {"FinishLSN", &backup->finish_lsn},
	    {"SystemIdentifier", &backup->system_identifier},
	    {"UncompressedSize", &backup->uncompressed_size},
	    {"CompressedSize", &backup->compressed_size},
	    {"DataCatalogSize", &backup->data_size},
	    {"RestoredSize", &backup->data_size},
	    {"FileCount", &backup->file_count},
	    {"WalSegmentSize", &backup->segment_size},
	};
	uint64_t timeline;
	size_t i;

	for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		(void)json_reader_number(reader, reader->root, numbers[i].key,
					 UINT64_MAX, numbers[i].value);
	if (json_reader_number(reader, reader->root, "Timeline", UINT32_MAX,
			       &timeline))
		backup->timeline = (uint32_t)timeline;
	read_version(reader, "PgVersion", backup);
}

static void
read_texts(struct json_reader *reader, struct backup *backup)
{
	const json_t *root = reader->root;
	char *version = NULL;
	struct buf writer = BUF_INIT(ERR_MESSAGE_SIZE);

	(void)json_reader_text(reader, root, "Hostname", &backup->hostname);
	(void)json_reader_text(reader, root, "DataDir",
			       &backup->data_directory);
	(void)json_reader_text(reader, root, "Label", &backup->label);
	(void)json_reader_time(reader, root, "StartTime", &backup->start_time);
	(void)json_reader_time(reader, root, "FinishTime",
			       &backup->finish_time);
	(void)json_reader_flag(reader, root, "IsPermanent", &backup->permanent);
	(void)json_reader_flag(reader, root, "FromStandby",
			       &backup->from_standby);
	(void)json_reader_flag(reader, root, "FilesMetadataDisabled",
			       &backup->files_metadata_disabled);
	if (json_reader_text(reader, root, "WalnutVersion", &version)) {
		if (buf_print(&writer, reader->err, "walnut %s", version) != 0)
			reader->failed = true;
		backup->writer = writer.data;
	}
	free(version);
}

/* No flipped bit may turn a sealed document into one that needs no seal: two
 * keys speak for the seal, and one flip hides at most one of them. */
static bool
needs_seal(const struct json_reader *reader)
{
	return json_reader_has(reader, "WalnutVersion") ||
	       json_reader_has(reader, JSON_SEAL_KEY);
}

/* Texts that were not told are empty rather than NULL. */
static int
fill_texts(struct backup *backup, struct err *err)
{
	char **texts[] = {&backup->hostname, &backup->data_directory,
			  &backup->label};
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (*texts[i] == NULL)
			*texts[i] = strdup("");
		if (*texts[i] == NULL)
			return err_memory(err);
	}
	return 0;
}

static int
read_sentinel(const struct backup_name *name, const void *json, size_t len,
	      struct backup *backup, struct err *err)
{
	struct json_reader reader;

	if (json_reader_open(&reader, json, len, err) != 0)
		return -1;
	if (needs_seal(&reader) && json_seal_check(json, len, err) != 0)
		reader.failed = true;
	backup->timeline = name->timeline;
	if (!reader.failed) {
		read_numbers(&reader, backup);
		read_texts(&reader, backup);
		read_delta(&reader, backup);
		backup_spec_read(&reader, backup);
		read_objects(&reader, backup);
		read_user_data(&reader, "UserData", json, len, backup);
		backup_settle(&reader, name, backup);
	}
	if (json_reader_close(&reader) != 0)
		return -1;
	return fill_texts(backup, err);
}

int
backup_read_sentinel(const char *name, const void *json, size_t len,
		     struct backup *backup, struct err *err)
{
	struct backup_name parsed;
	char object[OBJECT_NAME_SIZE];

	if (backup_name_parse(name, &parsed) != 0)
		return err_set(err, ERR_DAMAGED, "%s: not a backup's name",
			       name);
	memcpy(backup->name, name, strlen(name) + 1);
	if (read_sentinel(&parsed, json, len, backup, err) == 0)
		return 0;
	object_sentinel(name, object);
	return err_context(err, "%s", object);
}

static void
fill_number(struct json_reader *reader, const char *key, uint64_t *value)
{
	if (*value == 0)
		(void)json_reader_number(reader, reader->root, key, UINT64_MAX,
					 value);
}

static void
fill_text(struct json_reader *reader, const char *key, char **value)
{
	if (*value == NULL || **value == '\0')
		(void)json_reader_text(reader, reader->root, key, value);
}

static void
fill_time(struct json_reader *reader, const char *key, struct timespec *value)
{
	if (value->tv_sec == 0 && value->tv_nsec == 0)
		(void)json_reader_time(reader, reader->root, key, value);
}

int
backup_read_metadata(const void *json, size_t len, struct backup *backup,
		     struct err *err)
{
	struct json_reader reader;
	char object[OBJECT_NAME_SIZE];

	object_of_backup(backup->name, BACKUP_METADATA, object);
	if (json_reader_open(&reader, json, len, err) != 0)
		return err_context(err, "%s", object);
	/* Always there; without it, nobody knows whether it may be removed. */
	if (!json_reader_flag(&reader, reader.root, "is_permanent",
			      &backup->permanent))
		json_reader_fail(&reader, "\"is_permanent\" is missing");
	fill_time(&reader, "start_time", &backup->start_time);
	fill_time(&reader, "finish_time", &backup->finish_time);
	fill_text(&reader, "hostname", &backup->hostname);
	fill_text(&reader, "data_dir", &backup->data_directory);
	fill_number(&reader, "finish_lsn", &backup->finish_lsn);
	fill_number(&reader, "system_identifier", &backup->system_identifier);
	fill_number(&reader, "uncompressed_size", &backup->uncompressed_size);
	fill_number(&reader, "compressed_size", &backup->compressed_size);
	read_version(&reader, "pg_version", backup);
	read_user_data(&reader, "user_data", json, len, backup);
	if (json_reader_close(&reader) != 0)
		return err_context(err, "%s", object);
	return 0;
}
