/* Times: what was read is written in one way and read again as the same. */
#include <stdlib.h>

#include "common/base/clock.h"
#include "tests/fuzz/claim.h"

/* The years 0000 and 9999, beyond which there is no RFC 3339; a zone's offset
 * may lead there. */
#define FIRST_SECOND INT64_C(-62167219200)
#define LAST_SECOND INT64_C(253402300799)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = claim_text(data, size);
	char again[CLOCK_TEXT_SIZE];
	struct timespec when;
	struct timespec second;
	struct err err = {0};

	if (clock_parse(text, &when, &err) == -1) {
		claim(err.kind == ERR_USAGE, "what is no time is said to be");
		goto out;
	}
	claim(when.tv_nsec >= 0 && when.tv_nsec < 1000000000,
	      "nanoseconds are less than a second");
	if (when.tv_sec < FIRST_SECOND || when.tv_sec > LAST_SECOND)
		goto out;
	clock_format_ns(when, again);
	claim_done(clock_parse(again, &second, &err), &err,
		   "a time reads again");
	claim(clock_compare(when, second) == 0, "as the same");
out:
	free(text);
	return 0;
}
