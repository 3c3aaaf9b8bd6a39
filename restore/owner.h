/*
 * owner - a restore run by root gives every file to the user who owned the
 * cluster, since the server neither runs as root nor reads root's files.
 */
#ifndef WALNUT_RESTORE_OWNER_H
#define WALNUT_RESTORE_OWNER_H

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/backup_label.h"
#include "common/stream/tar_header.h"

/*
 * owner_give - change the owner of `path`, a link itself and not what it leads
 * to, to the member's: by name where this host knows it, since numbers differ
 * between hosts, else by number. Does nothing unless run by root.
 */
MUST_CHECK int owner_give(const char *path, const struct tar_member *member,
			  struct err *err);

/*
 * owner_give_rest - give what no member stood for, the directory itself, what
 * was written for the recovery, tablespaces' locations and links, to the owner
 * of the restored PG_VERSION. Does nothing unless run by root.
 */
MUST_CHECK int owner_give_rest(const char *directory,
			       const struct tablespace_map *tablespaces,
			       struct err *err);

/* owner_give_like - give the open file `fd`, called `path`, to the owner of
 * `directory`. Does nothing unless run by root. */
MUST_CHECK int owner_give_like(int fd, const char *path, const char *directory,
			       struct err *err);

#endif
