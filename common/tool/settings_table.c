#include "common/tool/settings_table.h"

#include <stdint.h>
#include <string.h>

#include "common/base/units.h"
#include "common/stream/codec.h"

/* More threads than this only wait for each other. */
#define JOBS_MOST 256

/* Keys that are known but are no rows: they cannot be given as options. The
 * last two are part of the design; this build refuses them (settings.c). */
static const char *const other_keys[] = {
    "WALNUT_CONFIG",
    "WALNUT_AGE_RECIPIENTS",
    "WALNUT_AGE_IDENTITIES",
};

static int
check_store(const char *text, struct err *err)
{
	if (strstr(text, "://") != NULL)
		return 0;
	err_set(err, ERR_USAGE, "\"%s\" is not a URL", text);
	if (text[0] == '/')
		err_hint(err, "a directory is written file://%s", text);
	else
		err_hint(err, "for example file:///srv/backup/mycluster");
	return -1;
}

static int
check_compression(const char *text, struct err *err)
{
	struct codec codec;

	return codec_parse(text, &codec, err);
}

static int
check_jobs(const char *text, struct err *err)
{
	uint64_t value;

	return units_parse_number(text, 1, JOBS_MOST, &value, err);
}

static int
check_path(const char *text, struct err *err)
{
	if (text[0] == '\0')
		return err_set(err, ERR_USAGE, "expected a directory");
	return 0;
}

static int
check_duration(const char *text, struct err *err)
{
	uint64_t value;

	return units_parse_duration(text, &value, err);
}

/* No time at all for a request would fail every one. */
static int
check_timeout(const char *text, struct err *err)
{
	uint64_t value;

	if (units_parse_duration(text, &value, err) != 0)
		return -1;
	if (value == 0)
		return err_set(err, ERR_USAGE, "\"%s\" is no time at all",
			       text);
	return 0;
}

static int
check_size(const char *text, struct err *err)
{
	uint64_t value;

	return units_parse_size(text, &value, err);
}

static int
check_part_size(const char *text, struct err *err)
{
	uint64_t value;

	if (units_parse_size(text, &value, err) != 0)
		return -1;
	if (value == 0)
		return err_set(err, ERR_USAGE, "\"%s\" leaves room for nothing",
			       text);
	return 0;
}

static int
check_fetch_errors(const char *text, struct err *err)
{
	if (strcmp(text, "auto") == 0 || strcmp(text, "stop") == 0 ||
	    strcmp(text, "continue") == 0)
		return 0;
	return err_set(err, ERR_USAGE,
		       "\"%s\" is not one of auto, stop, continue", text);
}

static int
check_log_level(const char *text, struct err *err)
{
	if (strcmp(text, "quiet") == 0 || strcmp(text, "normal") == 0 ||
	    strcmp(text, "verbose") == 0)
		return 0;
	return err_set(err, ERR_USAGE,
		       "\"%s\" is not one of quiet, normal, verbose", text);
}

/* WAL-G's names, the one that wins first; what their values mean is told by
 * settings_walg.c. Prefixes of stores that do not exist yet are here so that
 * they are refused by name, not overlooked. */
static const char *const store_aliases[] = {
    "WALG_FILE_PREFIX", "WALE_FILE_PREFIX",  "WALG_S3_PREFIX",
    "WALE_S3_PREFIX",   "WALG_GS_PREFIX",    "WALE_GS_PREFIX",
    "WALG_AZ_PREFIX",   "WALG_SWIFT_PREFIX", "WALE_SWIFT_PREFIX",
    "WALG_OSS_PREFIX",  "WALG_SSH_PREFIX",   NULL,
};
static const char *const compression_aliases[] = {
    "WALG_COMPRESSION_METHOD",
    NULL,
};
static const char *const jobs_aliases[] = {
    "WALG_UPLOAD_CONCURRENCY",
    "WALG_DOWNLOAD_CONCURRENCY",
    NULL,
};
static const char *const rate_limit_aliases[] = {
    "WALG_DISK_RATE_LIMIT",
    NULL,
};
static const char *const part_size_aliases[] = {
    "WALG_TAR_SIZE_THRESHOLD",
    NULL,
};
static const char *const log_level_aliases[] = {
    "WALG_LOG_LEVEL",
    NULL,
};

static const struct setting_row rows[SETTING_COUNT] = {
    [SETTING_STORE] = {"WALNUT_STORE", "URL", NULL,
		       "where the archive lies: file:///path", check_store,
		       store_aliases},
    [SETTING_COMPRESSION] = {"WALNUT_COMPRESSION", "METHOD", "zstd:1",
			     "zstd[:-7..19] or lz4", check_compression,
			     compression_aliases},
    [SETTING_JOBS] = {"WALNUT_JOBS", "N", NULL,
		      "worker threads (default: processors, 2 to 16)",
		      check_jobs, jobs_aliases},
    [SETTING_STATE_DIR] = {"WALNUT_STATE_DIR", "DIR", NULL,
			   "what need not be asked twice (default: "
			   "pg_wal/.walnut)",
			   check_path, NULL},
    [SETTING_TIMEOUT] = {"WALNUT_TIMEOUT", "TIME", "60s",
			 "longest one request may take or stall", check_timeout,
			 NULL},
    [SETTING_RETRY_FOR] = {"WALNUT_RETRY_FOR", "TIME", NULL,
			   "how long to keep trying (default: 5m, wal-push "
			   "60s)",
			   check_duration, NULL},
    [SETTING_FETCH_ERRORS] = {"WALNUT_FETCH_ERRORS", "WHAT", "auto",
			      "wal-fetch cannot ask: auto, stop or continue",
			      check_fetch_errors, NULL},
    [SETTING_RATE_LIMIT] = {"WALNUT_RATE_LIMIT", "SIZE", NULL,
			    "bytes a second read from the data directory",
			    check_size, rate_limit_aliases},
    [SETTING_PART_SIZE] = {"WALNUT_PART_SIZE", "SIZE", "1G",
			   "size at which a part of a backup is closed",
			   check_part_size, part_size_aliases},
    [SETTING_LOG_LEVEL] = {"WALNUT_LOG_LEVEL", "LEVEL", "normal",
			   "quiet, normal or verbose", check_log_level,
			   log_level_aliases},
};

const struct setting_row *
settings_table_rows(void)
{
	return rows;
}

void
settings_table_option(enum setting setting,
		      char option[SETTINGS_TABLE_OPTION_SIZE])
{
	const char *key = rows[setting].key + strlen("WALNUT_");
	size_t i;

	/* The keys are ASCII and shorter than the room, by the table above. */
	for (i = 0; key[i] != '\0'; i++)
		option[i] = key[i] == '_' ? '-' : (char)(key[i] - 'A' + 'a');
	option[i] = '\0';
}

int
settings_table_find_option(const char *option, enum setting *setting)
{
	unsigned i;

	for (i = 0; i < SETTING_COUNT; i++) {
		char name[SETTINGS_TABLE_OPTION_SIZE];

		settings_table_option((enum setting)i, name);
		if (strcmp(name, option) == 0) {
			*setting = (enum setting)i;
			return 0;
		}
	}
	return -1;
}

bool
settings_table_knows(const char *key)
{
	return strcmp(settings_table_nearest(key), key) == 0;
}

const char *
settings_table_nearest(const char *key)
{
	size_t others = sizeof other_keys / sizeof other_keys[0];
	const char *nearest = rows[0].key;
	size_t best = SIZE_MAX;
	size_t i;

	for (i = 0; i < SETTING_COUNT + others; i++) {
		const char *known = i < SETTING_COUNT
					? rows[i].key
					: other_keys[i - SETTING_COUNT];
		size_t distance = units_distance(known, key);

		if (distance < best) {
			best = distance;
			nearest = known;
		}
	}
	return nearest;
}
