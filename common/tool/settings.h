/*
 * settings - the environment, the settings file and the options, read once.
 *
 * This is the only module that knows them. An option wins over the environment,
 * the environment over the file, a WALNUT_ name over WAL-G's. An empty value
 * counts as not set. Modules get the small structs they declare, filled in by
 * main programs.
 */
#ifndef WALNUT_TOOL_SETTINGS_H
#define WALNUT_TOOL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/store/store.h"
#include "common/stream/pipeline.h"

enum setting {
	SETTING_STORE,
	SETTING_COMPRESSION,
	SETTING_JOBS,
	SETTING_STATE_DIR,
	SETTING_TIMEOUT,
	SETTING_RETRY_FOR,
	SETTING_FETCH_ERRORS,
	SETTING_RATE_LIMIT,
	SETTING_PART_SIZE,
	SETTING_LOG_LEVEL,
	SETTING_COUNT
};

/* One row a setting, for reading, for options and for checking the manual. */
struct setting_row {
	const char *key;     /* "WALNUT_RETRY_FOR"; as an option --retry-for */
	const char *value;   /* what it takes, for --help: "TIME" */
	const char *initial; /* the default as text, NULL for none */
	const char *meaning; /* one line */
	int (*check)(const char *text, struct err *err); /* at load time */
	const char *const *aliases; /* WAL-G's names, NULL-terminated; NULL */
};

/* settings_rows - the table, SETTING_COUNT long, indexed by enum setting. */
const struct setting_row *settings_rows(void);

struct settings;

/* An option's value, put over everything else. */
struct setting_override {
	enum setting setting;
	const char *value;
};

/*
 * settings_load - from `environment` (as environ), the file `file` (NULL: the
 * environment's WALNUT_CONFIG, else /etc/walnut/walnut.conf if it is there) and
 * the overrides. Everything is checked here.
 * Ownership: returns; release with settings_free.
 * Errors: ERR_USAGE names the key and where it stands: an unknown WALNUT_ key
 * (the hint has the nearest known one), a value that does not parse, a WAL-G
 * encryption setting that cannot be honoured, a file that cannot be read.
 * PG* and AWS_* lines of the file are put into the process's environment,
 * unless they are set there: call it before any thread is started.
 */
MUST_CHECK struct settings *
settings_load(char *const *environment, const char *file,
	      const struct setting_override *overrides, size_t count,
	      struct err *err);

/* settings_tell - debug lines: where each setting comes from, and what is
 * ignored. Apart from loading, since the log level is itself a setting. */
void settings_tell(const struct settings *settings);

/* settings_free - NULL is fine. */
void settings_free(struct settings *settings);

/* settings_text - the value, the default, or NULL. Borrowed. */
const char *settings_text(const struct settings *settings,
			  enum setting setting);

/* settings_given - whether it was set anywhere. */
bool settings_given(const struct settings *settings, enum setting setting);

/* Values of those that are numbers; checked at load, so these cannot fail. A
 * setting that is not set and has no default gives `otherwise`. */
uint64_t settings_size(const struct settings *settings, enum setting setting,
		       uint64_t otherwise); /* bytes */
uint64_t settings_duration(const struct settings *settings,
			   enum setting setting,
			   uint64_t otherwise); /* milliseconds */

/* settings_jobs - WALNUT_JOBS, or processors, at least 2, at most 16. */
unsigned settings_jobs(const struct settings *settings);

/* settings_pipeline - compression, and encryption when it comes. */
void settings_pipeline(const struct settings *settings,
		       struct pipeline *pipeline);

/* settings_open_store - the store of WALNUT_STORE.
 * Errors: ERR_USAGE with an example in the hint when it is not set. */
MUST_CHECK struct store *settings_open_store(const struct settings *settings,
					     struct err *err);

#endif
