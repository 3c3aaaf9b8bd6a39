/*
 * lsn - positions in the write-ahead log.
 */
#ifndef WALNUT_PG_LSN_H
#define WALNUT_PG_LSN_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/* Room for "FFFFFFFF/FFFFFFFF" with its NUL. */
#define LSN_TEXT_SIZE 18

/* lsn_format - "0/3000028", as PostgreSQL writes it. */
void lsn_format(uint64_t lsn, char text[LSN_TEXT_SIZE]);

/* lsn_parse - Errors: ERR_USAGE names the text. */
MUST_CHECK int lsn_parse(const char *text, uint64_t *lsn, struct err *err);

#endif
