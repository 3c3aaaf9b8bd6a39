/*
 * recovery_conf - tell the restored server to recover, and where to stop.
 */
#ifndef WALNUT_RESTORE_RECOVERY_CONF_H
#define WALNUT_RESTORE_RECOVERY_CONF_H

#include "common/base/attr.h"
#include "common/base/err.h"
#include "restore/target.h"

/*
 * recovery_conf_write - put restore_command and the recovery target into
 * postgresql.auto.conf, in place of what it says about recovery, and create
 * recovery.signal or standby.signal; the other one goes. Without a target, the
 * settings for one are made empty, whatever postgresql.conf has. `timeline` is
 * the backup's own.
 * Errors: the system's.
 */
MUST_CHECK int recovery_conf_write(const char *directory,
				   const char *restore_command,
				   const struct target *target,
				   uint32_t timeline, struct err *err);

#endif
