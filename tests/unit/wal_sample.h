/*
 * wal_sample - WAL files for tests.
 */
#ifndef WALNUT_TESTS_WAL_SAMPLE_H
#define WALNUT_TESTS_WAL_SAMPLE_H

#include <stdint.h>

/* The samples' segment size: the smallest one. */
#define WAL_SAMPLE_SIZE (1024 * 1024)

#define WAL_SAMPLE_SYSTEM UINT64_C(7423523111234567890)

/* wal_sample - the bytes of the segment called `name`, written by PostgreSQL 15
 * on `timeline`. Ends the test when there is no memory.
 * Ownership: returns; release with free. */
uint8_t *wal_sample(const char *name, uint32_t timeline);

#endif
