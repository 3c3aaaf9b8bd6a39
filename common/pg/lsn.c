#include "common/pg/lsn.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

/* One half: up to eight digits, of either case as the server takes them. No
 * strtoul here: it would let a sign, blanks and "0x" pass. Returns what
 * follows the digits, NULL if there are none or too many. */
static const char *
parse_half(const char *text, uint64_t *half)
{
	unsigned digits = 0;

	*half = 0;
	for (; isxdigit((unsigned char)*text); text++) {
		int c = tolower((unsigned char)*text);
		int digit = c <= '9' ? c - '0' : c - 'a' + 10;

		if (++digits > 8)
			return NULL;
		*half = *half << 4 | (unsigned)digit;
	}
	return digits > 0 ? text : NULL;
}

void
lsn_format(uint64_t lsn, char text[LSN_TEXT_SIZE])
{
	(void)snprintf(text, LSN_TEXT_SIZE, "%" PRIX32 "/%" PRIX32,
		       (uint32_t)(lsn >> 32), (uint32_t)lsn);
}

int
lsn_parse(const char *text, uint64_t *lsn, struct err *err)
{
	uint64_t high;
	uint64_t low;
	const char *rest = parse_half(text, &high);

	if (rest && *rest == '/')
		rest = parse_half(rest + 1, &low);
	else
		rest = NULL;
	if (!rest || *rest != '\0')
		return err_set(err, ERR_USAGE,
			       "\"%.40s\" is not a WAL position like 0/3000028",
			       text);
	*lsn = high << 32 | low;
	return 0;
}
