/*
 * place - where a backup goes: the data directory, its tablespaces, the room
 * there.
 */
#ifndef WALNUT_RESTORE_PLACE_H
#define WALNUT_RESTORE_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/backup_label.h"

/*
 * place_map - tablespaces as they are to be restored: `original` with the
 * locations changed by `mappings`, each "OLD=NEW" ("\=" is an equals sign).
 * Ownership: *mapped; release with tablespace_map_free.
 * Errors: ERR_USAGE for a mapping that does not parse or whose OLD is no
 * tablespace of the backup, or a NEW that is not absolute.
 */
MUST_CHECK int place_map(const struct tablespace_map *original,
			 const char *const *mappings, size_t count,
			 struct tablespace_map *mapped, struct err *err);

/*
 * place_check - nothing is in the way: the data directory and every tablespace
 * location is absent or empty (a mount point's lost+found does not count), and
 * no two of them are the same.
 * Errors: ERR_REFUSED names what was found.
 */
MUST_CHECK int place_check(const char *directory,
			   const struct tablespace_map *tablespaces,
			   struct err *err);

/*
 * place_check_space - room for `bytes[0]` in the data directory and bytes[1 +
 * i] in tablespace i, file systems shared by several counted once. Errors:
 * ERR_SYSTEM says how much is needed and how much is free.
 */
MUST_CHECK int place_check_space(const char *directory,
				 const struct tablespace_map *tablespaces,
				 const uint64_t *bytes, struct err *err);

/*
 * place_create - make the data directory (mode 0700) and the tablespaces'
 * locations, claim them for this restore, and link these from pg_tblspc.
 * Errors: as place_check; ERR_REFUSED when another restore has claimed one of
 * them, or two of them are one directory; the system's.
 */
MUST_CHECK int place_create(const char *directory,
			    const struct tablespace_map *tablespaces,
			    struct err *err);

/* place_release - everything is there: give up the claims, which nobody but
 * place_create knows. After a failure they stay, as all else does. */
MUST_CHECK int place_release(const char *directory,
			     const struct tablespace_map *tablespaces,
			     struct err *err);

/* place_sync - flush everything written to the directory's and the tablespaces'
 * file systems. */
MUST_CHECK int place_sync(const char *directory,
			  const struct tablespace_map *tablespaces,
			  struct err *err);

#endif
