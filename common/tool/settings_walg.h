/*
 * settings_walg - WAL-G's settings, with WAL-G's meaning.
 *
 * Source: reference of WAL-G's configuration, kept short in walnut.conf(5).
 */
#ifndef WALNUT_TOOL_SETTINGS_WALG_H
#define WALNUT_TOOL_SETTINGS_WALG_H

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/tool/settings.h"
#include "common/tool/settings_pairs.h"

/*
 * settings_walg_refuse_encryption - WAL-G would have encrypted, and does not
 * mark in a name that it did; walnut can do neither.
 * Errors: ERR_USAGE names the setting found and where it stands.
 */
MUST_CHECK int
settings_walg_refuse_encryption(const struct settings_pairs *pairs,
				struct err *err);

/*
 * settings_walg_find - the pair with one of WAL-G's names for `setting` that
 * decides it, or NULL in *found. Borrowed.
 * Errors: ERR_USAGE for two prefixes that lead to different stores, naming
 * both.
 */
MUST_CHECK int settings_walg_find(const struct settings_pairs *pairs,
				  enum setting setting,
				  const struct settings_pair **found,
				  struct err *err);

/*
 * settings_walg_translate - append to `text` what `found` means as a value of
 * `setting`. The value still has to pass the setting's own check.
 * Errors: ERR_USAGE for what walnut cannot do.
 */
MUST_CHECK int settings_walg_translate(const struct settings_pairs *pairs,
				       enum setting setting,
				       const struct settings_pair *found,
				       struct buf *text, struct err *err);

/* settings_walg_tell - a debug line for each setting that is accepted but
 * does nothing yet. */
void settings_walg_tell(const struct settings_pairs *pairs);

#endif
