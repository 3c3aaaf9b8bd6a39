/*
 * settings_table - the settings walnut knows: names, defaults, meaning, checks.
 */
#ifndef WALNUT_TOOL_SETTINGS_TABLE_H
#define WALNUT_TOOL_SETTINGS_TABLE_H

#include <stdbool.h>

#include "common/tool/settings.h"

/* Room for any setting's name as an option, with its NUL. */
#define SETTINGS_TABLE_OPTION_SIZE 32

/* settings_table_rows - what settings_rows() hands out. */
const struct setting_row *settings_table_rows(void);

/* settings_table_option - the option's name, without the dashes: "retry-for"
 * for WALNUT_RETRY_FOR. */
void settings_table_option(enum setting setting,
			   char option[SETTINGS_TABLE_OPTION_SIZE]);

/* settings_table_find_option - the setting with that option's name. Returns 0,
 * or -1 when there is none. */
int settings_table_find_option(const char *option, enum setting *setting);

/* settings_table_knows - whether `key`, which begins with WALNUT_, is one of
 * ours: a row's, or one with a meaning of its own (WALNUT_CONFIG). */
bool settings_table_knows(const char *key);

/* settings_table_nearest - the known key most like `key`. */
const char *settings_table_nearest(const char *key);

#endif
