/*
 * backup_sample - a backup with everything in it, for tests.
 */
#ifndef WALNUT_TESTS_BACKUP_SAMPLE_H
#define WALNUT_TESTS_BACKUP_SAMPLE_H

#include "common/catalog/backup.h"

#define SAMPLE_FULL "base_0000000100000000000000BB"
#define SAMPLE_DELTA "base_0000000100000000000000BC_D_0000000100000000000000BB"

/* backup_sample - fill *backup, a delta if its name is one. Ends the test when
 * it cannot. Ownership: release with backup_free. */
void backup_sample(struct backup *backup, const char *name);

#endif
