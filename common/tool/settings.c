#include "common/tool/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/units.h"
#include "common/tool/settings_file.h"
#include "common/tool/settings_pairs.h"
#include "common/tool/settings_table.h"
#include "common/tool/settings_walg.h"

#define DEFAULT_FILE "/etc/walnut/walnut.conf"

/* Longest value a setting may have. */
#define VALUE_LIMIT 65536

/* Where WALNUT_JOBS is not set. */
#define JOBS_LEAST 2
#define JOBS_MOST 16

/* A setting that was given: its text and where it stands, for messages. */
struct given {
	char *text; /* NULL: not given */
	char where[SETTINGS_PAIRS_WHERE_SIZE];
};

struct settings {
	struct settings_pairs pairs;
	struct given given[SETTING_COUNT];
	struct codec codec;
};

const struct setting_row *
settings_rows(void)
{
	return settings_table_rows();
}

static bool
begins_with(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* The environment first, so that it wins over the file. */
static int
collect(struct settings_pairs *pairs, char *const *environment,
	const char *file, struct err *err)
{
	const struct settings_pair *config;

	if (settings_pairs_add_environment(pairs, environment, err) != 0)
		return -1;
	config = settings_pairs_find(pairs, "WALNUT_CONFIG");
	if (file == NULL && config != NULL)
		file = config->value;
	if (file != NULL)
		return settings_file_load(pairs, file, true, err);
	return settings_file_load(pairs, DEFAULT_FILE, false, err);
}

/* Other programs' variables in the environment are none of our business, but
 * nobody else reads our file: what is not known there is a slip. */
static bool
belongs_in_file(const char *key)
{
	return begins_with(key, "WALG_") || begins_with(key, "WALE_") ||
	       begins_with(key, "PG") || begins_with(key, "AWS_");
}

static int
check_key(const struct settings_pairs *pairs, const struct settings_pair *pair,
	  struct err *err)
{
	bool ours = begins_with(pair->key, "WALNUT_");
	char where[SETTINGS_PAIRS_WHERE_SIZE];

	settings_pairs_where(pairs, pair, where);
	if (ours && !settings_table_knows(pair->key)) {
		err_set(err, ERR_USAGE, "%s: no such setting", where);
		return err_hint(err, "did you mean %s?",
				settings_table_nearest(pair->key));
	}
	if (begins_with(pair->key, "WALNUT_AGE_") && pair->value[0] != '\0')
		return err_set(err, ERR_USAGE,
			       "%s: this build of walnut cannot encrypt or "
			       "decrypt",
			       where);
	if (pair->line == 0)
		return 0;
	if (strcmp(pair->key, "WALNUT_CONFIG") == 0)
		return err_set(err, ERR_USAGE,
			       "%s: the file cannot name another file", where);
	if (!ours && !belongs_in_file(pair->key))
		return err_set(err, ERR_USAGE,
			       "%s: not a setting of walnut, nor WALG_*, PG* "
			       "or AWS_*",
			       where);
	return 0;
}

static int
check_keys(const struct settings_pairs *pairs, struct err *err)
{
	size_t i;

	if (settings_walg_refuse_encryption(pairs, err) != 0)
		return -1;
	for (i = 0; i < pairs->count; i++)
		if (check_key(pairs, &pairs->pair[i], err) != 0)
			return -1;
	return 0;
}

static int
take_text(struct given *given, const char *text, struct err *err)
{
	given->text = strdup(text);
	return given->text != NULL ? 0 : err_memory(err);
}

static int
take_override(struct given *given, const struct setting_override *override,
	      struct err *err)
{
	char option[SETTINGS_TABLE_OPTION_SIZE];

	settings_table_option(override->setting, option);
	(void)snprintf(given->where, sizeof given->where, "--%s", option);
	return take_text(given, override->value, err);
}

static int
take_walg(struct given *given, const struct settings_pairs *pairs,
	  enum setting setting, struct err *err)
{
	struct buf text = BUF_INIT(VALUE_LIMIT);
	const struct settings_pair *found;
	int result = -1;

	if (settings_walg_find(pairs, setting, &found, err) != 0)
		return -1;
	if (found == NULL)
		return 0;
	settings_pairs_where(pairs, found, given->where);
	if (settings_walg_translate(pairs, setting, found, &text, err) != 0) {
		err_context(err, "%s", given->where);
		goto out;
	}
	result = take_text(given, buf_text(&text), err);
out:
	buf_free(&text);
	return result;
}

/* Whoever wins says the value: the last option, our name, WAL-G's name. */
static int
decide(struct settings *settings, enum setting setting,
       const struct setting_override *overrides, size_t count, struct err *err)
{
	const struct setting_row *row = &settings_rows()[setting];
	struct given *given = &settings->given[setting];
	const struct settings_pair *pair =
	    settings_pairs_find(&settings->pairs, row->key);
	int result;

	while (count > 0 && overrides[count - 1].setting != setting)
		count--;
	if (count > 0) {
		result = take_override(given, &overrides[count - 1], err);
	} else if (pair != NULL) {
		settings_pairs_where(&settings->pairs, pair, given->where);
		result = take_text(given, pair->value, err);
	} else {
		result = take_walg(given, &settings->pairs, setting, err);
	}
	if (result != 0)
		return -1;
	if (given->text != NULL && row->check(given->text, err) != 0)
		return err_context(err, "%s", given->where);
	return 0;
}

/* libpq and others look for these in the environment; what stands there
 * already wins, as everywhere. */
static int
export_others(const struct settings_pairs *pairs, struct err *err)
{
	size_t i;

	for (i = 0; i < pairs->count; i++) {
		const struct settings_pair *pair = &pairs->pair[i];

		if (pair->line == 0 || pair->value[0] == '\0')
			continue;
		if (!begins_with(pair->key, "PG") &&
		    !begins_with(pair->key, "AWS_"))
			continue;
		if (setenv(pair->key, pair->value, 0) != 0)
			return err_memory(err);
	}
	return 0;
}

struct settings *
settings_load(char *const *environment, const char *file,
	      const struct setting_override *overrides, size_t count,
	      struct err *err)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	unsigned i;

	if (settings == NULL) {
		err_memory(err);
		return NULL;
	}
	if (collect(&settings->pairs, environment, file, err) != 0)
		goto fail;
	if (check_keys(&settings->pairs, err) != 0)
		goto fail;
	for (i = 0; i < SETTING_COUNT; i++)
		if (decide(settings, (enum setting)i, overrides, count, err) !=
		    0)
			goto fail;
	if (codec_parse(settings_text(settings, SETTING_COMPRESSION),
			&settings->codec, err) != 0)
		goto fail;
	/* Last, since it may move the array `environment` points to. */
	if (export_others(&settings->pairs, err) != 0)
		goto fail;
	return settings;
fail:
	settings_free(settings);
	return NULL;
}

void
settings_tell(const struct settings *settings)
{
	unsigned i;

	if (settings->pairs.path != NULL)
		log_debug("settings file %s", settings->pairs.path);
	for (i = 0; i < SETTING_COUNT; i++)
		if (settings->given[i].text != NULL)
			log_debug("%s is %s (%s)", settings_rows()[i].key,
				  settings->given[i].text,
				  settings->given[i].where);
	settings_walg_tell(&settings->pairs);
}

void
settings_free(struct settings *settings)
{
	unsigned i;

	if (settings == NULL)
		return;
	for (i = 0; i < SETTING_COUNT; i++)
		free(settings->given[i].text);
	settings_pairs_free(&settings->pairs);
	free(settings);
}

const char *
settings_text(const struct settings *settings, enum setting setting)
{
	if (settings->given[setting].text != NULL)
		return settings->given[setting].text;
	return settings_rows()[setting].initial;
}

bool
settings_given(const struct settings *settings, enum setting setting)
{
	return settings->given[setting].text != NULL;
}

uint64_t
settings_size(const struct settings *settings, enum setting setting,
	      uint64_t otherwise)
{
	const char *text = settings_text(settings, setting);
	struct err err = {0};
	uint64_t bytes;

	if (text == NULL || units_parse_size(text, &bytes, &err) != 0)
		return otherwise;
	return bytes;
}

uint64_t
settings_duration(const struct settings *settings, enum setting setting,
		  uint64_t otherwise)
{
	const char *text = settings_text(settings, setting);
	struct err err = {0};
	uint64_t milliseconds;

	if (text == NULL ||
	    units_parse_duration(text, &milliseconds, &err) != 0)
		return otherwise;
	return milliseconds;
}

unsigned
settings_jobs(const struct settings *settings)
{
	const char *text = settings_text(settings, SETTING_JOBS);
	struct err err = {0};
	uint64_t jobs;
	long processors;

	if (text != NULL &&
	    units_parse_number(text, 1, UINT32_MAX, &jobs, &err) == 0)
		return (unsigned)jobs;
	processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (processors < JOBS_LEAST)
		return JOBS_LEAST;
	return processors > JOBS_MOST ? JOBS_MOST : (unsigned)processors;
}

void
settings_pipeline(const struct settings *settings, struct pipeline *pipeline)
{
	*pipeline = (struct pipeline){.codec = settings->codec};
}

struct store *
settings_open_store(const struct settings *settings, struct err *err)
{
	const struct given *given = &settings->given[SETTING_STORE];
	struct store *store;

	if (given->text == NULL) {
		err_set(err, ERR_USAGE,
			"WALNUT_STORE is not set: where is the archive?");
		err_hint(err, "for example "
			      "WALNUT_STORE=file:///srv/backup/mycluster");
		return NULL;
	}
	store = store_open(given->text, err);
	/* Only then is it the setting that is wrong. */
	if (store == NULL && err->kind == ERR_USAGE)
		err_context(err, "%s", given->where);
	return store;
}
