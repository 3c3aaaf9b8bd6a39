#include "tools/listing.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/units.h"
#include "common/catalog/json_writer.h"
#include "common/pg/lsn.h"
#include "common/pg/wal_name.h"

/* WAL-G's programs read their times by this pattern. */
#define DATE_FORMAT "%Y-%m-%dT%H:%M:%S.%fZ"

static uint64_t
age_ms(const struct listing *listing)
{
	time_t finish = listing->backup->finish_time.tv_sec;

	if (listing->now.tv_sec < finish)
		return 0; /* clocks of two hosts differ */
	return (uint64_t)(listing->now.tv_sec - finish) * 1000;
}

static void
wal_column(const struct listing *listing, char text[32])
{
	if (listing->wal_missing == 0)
		(void)snprintf(text, 32, "ok");
	else
		(void)snprintf(text, 32, "%" PRIu64 " missing",
			       listing->wal_missing);
}

static void
version_column(const struct backup *backup, char text[16])
{
	(void)snprintf(text, 16, "%d.%d", backup->pg_version / 10000,
		       backup->pg_version % 10000);
}

/* To the second: a table is for people. */
static void
time_column(struct timespec when, char text[CLOCK_TEXT_SIZE])
{
	clock_format(when, text);
	(void)snprintf(text + strcspn(text, "."), 2, "Z");
}

int
listing_header(bool detail, struct buf *out, struct err *err)
{
	if (buf_print(out, err,
		      "%-32s %-12s %-20s %10s %10s %-5s %7s %4s %-4s %s",
		      "name", "age", "finished", "stored", "restored", "type",
		      "version", "tli", "perm", "wal") != 0)
		return -1;
	if (detail &&
	    buf_print(out, err, "  %-20s %-17s %-17s %-20s %-20s %s", "started",
		      "start lsn", "finish lsn", "system id", "host",
		      "data directory, label") != 0)
		return -1;
	return buf_append(out, "\n", 1, err);
}

static int
row_detail(const struct backup *backup, struct buf *out, struct err *err)
{
	char started[CLOCK_TEXT_SIZE];
	char start[LSN_TEXT_SIZE];
	char finish[LSN_TEXT_SIZE];

	time_column(backup->start_time, started);
	lsn_format(backup->start_lsn, start);
	lsn_format(backup->finish_lsn, finish);
	if (buf_print(out, err, "  %-20s %-17s %-17s %-20" PRIu64 " %-20s %s",
		      started, start, finish, backup->system_identifier,
		      backup->hostname != NULL ? backup->hostname : "",
		      backup->data_directory != NULL ? backup->data_directory
						     : "") != 0)
		return -1;
	if (backup->label == NULL)
		return 0;
	return buf_print(out, err, ", %s", backup->label);
}

/* Texts come from the store: what is in them neither ends a row nor speaks to a
 * terminal. */
static int
end_row(struct buf *out, size_t begin, struct err *err)
{
	for (size_t i = begin; i < out->len; i++)
		if (iscntrl((unsigned char)out->data[i]))
			out->data[i] = '?';
	return buf_append(out, "\n", 1, err);
}

int
listing_row(const struct listing *listing, bool detail, struct buf *out,
	    struct err *err)
{
	const struct backup *backup = listing->backup;
	char age[UNITS_TEXT_SIZE];
	char finished[CLOCK_TEXT_SIZE];
	char stored[UNITS_TEXT_SIZE];
	char restored[UNITS_TEXT_SIZE];
	char version[16];
	char wal[32];
	size_t begin = out->len;

	if (backup->problem != NULL) {
		if (buf_print(out, err, "%-32s %s", backup->name,
			      backup->problem) != 0)
			return -1;
		return end_row(out, begin, err);
	}
	units_format_duration(age_ms(listing), age);
	time_column(backup->finish_time, finished);
	units_format_size(backup->compressed_size, stored);
	units_format_size(backup->data_size, restored);
	version_column(backup, version);
	wal_column(listing, wal);
	if (buf_print(
		out, err,
		"%-32s %-12s %-20s %10s %10s %-5s %7s %4" PRIu32 " %-4s %s",
		backup->name, age, finished, stored, restored,
		backup->delta ? "delta" : "full", version, backup->timeline,
		backup->permanent ? "yes" : "no", wal) != 0)
		return -1;
	if (detail && row_detail(backup, out, err) != 0)
		return -1;
	return end_row(out, begin, err);
}

/* Keys and meanings of WAL-G's --detail --json. */
static void
json_walg_detail(struct json_writer *json, const struct backup *backup)
{
	json_writer_time(json, "start_time", backup->start_time);
	json_writer_time(json, "finish_time", backup->finish_time);
	json_writer_text(json, "date_fmt", DATE_FORMAT);
	json_writer_text(json, "hostname", backup->hostname);
	json_writer_text(json, "data_dir", backup->data_directory);
	json_writer_number(json, "pg_version", (uint64_t)backup->pg_version);
	json_writer_number(json, "start_lsn", backup->start_lsn);
	json_writer_number(json, "finish_lsn", backup->finish_lsn);
	json_writer_flag(json, "is_permanent", backup->permanent);
	json_writer_number(json, "system_identifier",
			   backup->system_identifier);
	json_writer_number(json, "uncompressed_size",
			   backup->uncompressed_size);
	json_writer_number(json, "compressed_size", backup->compressed_size);
	json_writer_json(json, "user_data",
			 backup->user_data != NULL ? backup->user_data
						   : "null");
}

static void
json_more_detail(struct json_writer *json, const struct backup *backup)
{
	char lsn[LSN_TEXT_SIZE];

	json_writer_number(json, "restored_size", backup->data_size);
	json_writer_number(json, "file_count", backup->file_count);
	lsn_format(backup->start_lsn, lsn);
	json_writer_text(json, "start_lsn_text", lsn);
	lsn_format(backup->finish_lsn, lsn);
	json_writer_text(json, "finish_lsn_text", lsn);
	json_writer_number(json, "wal_segment_size", backup->segment_size);
	json_writer_text(json, "label", backup->label);
	json_writer_text(json, "writer", backup->writer);
}

static void
json_more(struct json_writer *json, const struct listing *listing)
{
	const struct backup *backup = listing->backup;

	json_writer_number(json, "age_seconds", age_ms(listing) / 1000);
	json_writer_number(json, "timeline", backup->timeline);
	json_writer_text(json, "type", backup->delta ? "delta" : "full");
	if (backup->delta)
		json_writer_text(json, "delta_from", backup->delta_from);
	json_writer_number(json, "wal_missing", listing->wal_missing);
	json_writer_flag(json, "usable",
			 backup->problem == NULL && listing->wal_missing == 0);
	if (backup->problem != NULL)
		json_writer_text(json, "problem", backup->problem);
}

int
listing_json(const struct listing *listing, bool detail, struct buf *out,
	     struct err *err)
{
	const struct backup *backup = listing->backup;
	struct json_writer json;
	char wal[WAL_NAME_SIZE] = "";

	/* a WAL-G key: the segment a restore begins with */
	if (backup->problem == NULL)
		wal_name_of_lsn(backup->timeline, backup->start_lsn,
				backup->segment_size, wal);
	json_writer_begin(&json, out, err);
	json_writer_text(&json, "backup_name", backup->name);
	json_writer_time(&json, "time", backup->finish_time);
	json_writer_text(&json, "wal_file_name", wal);
	json_writer_text(&json, "storage_name", "default");
	if (detail)
		json_walg_detail(&json, backup);
	json_more(&json, listing);
	if (detail)
		json_more_detail(&json, backup);
	return json_writer_end(&json);
}
