#include "tests/fuzz/claim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
claim(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

void
claim_done(int result, const struct err *err, const char *what)
{
	if (result != 0)
		(void)fprintf(stderr, "%s\n", err->message);
	claim(result == 0, what);
}

char *
claim_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	claim(text != NULL, "there is memory");
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

int
claim_pushed(struct sink *to, const uint8_t *data, size_t size, size_t piece,
	     struct err *err)
{
	int result = 0;

	claim(to != NULL, "there is memory");
	while (result == 0 && size > 0) {
		size_t len = piece == 0 || piece > size ? size : piece;

		result = sink_write(to, data, len, err);
		data += len;
		size -= len;
	}
	if (result == 0)
		result = sink_finish(to, err);
	sink_free(to);
	return result;
}
