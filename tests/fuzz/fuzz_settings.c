/*
 * Settings files: keys are names, values have no line ends, and pairs read the
 * same after they were written.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/tool/settings_file.h"
#include "tests/fuzz/claim.h"

static int
parse(const char *text, size_t len, struct settings_pairs *pairs)
{
	struct err err = {0};
	int result;

	*pairs = (struct settings_pairs){.path = strdup("walnut.conf")};
	result = settings_file_parse(pairs, text, len, &err);
	claim(result == 0 || err.kind == ERR_USAGE, "a fault is the user's");
	claim(result == 0 || strstr(err.message, "walnut.conf:") != NULL,
	      "and says where");
	return result;
}

static void
write_pair(const struct settings_pair *pair, struct buf *text)
{
	char quote = strchr(pair->value, '\'') == NULL ? '\'' : '"';
	struct err err = {0};

	claim(pair->line > 0, "a pair stands on a line");
	claim(pair->key[0] != '\0' && strpbrk(pair->key, "= \t\n\"'#") == NULL,
	      "a key is a name");
	claim(strchr(pair->value, '\n') == NULL, "a value is on one line");
	/* Bare values may hold both quotes; there is no way to quote those. */
	if (strchr(pair->value, quote) == NULL)
		claim_done(buf_print(text, &err, "%s=%c%s%c\n", pair->key,
				     quote, pair->value, quote),
			   &err, "it fits");
	else
		claim_done(
		    buf_print(text, &err, "%s=%s\n", pair->key, pair->value),
		    &err, "it fits");
}

/* Among the first ones: all with all takes long. */
static void
claim_different_keys(const struct settings_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count && i < 64; i++)
		for (size_t j = 0; j < i; j++)
			claim(strcmp(pairs->pair[i].key, pairs->pair[j].key),
			      "no key is there twice");
}

static void
claim_again(const struct settings_pairs *pairs)
{
	struct buf text = BUF_INIT(4 * SETTINGS_FILE_LIMIT);
	struct settings_pairs again;

	for (size_t i = 0; i < pairs->count; i++)
		write_pair(&pairs->pair[i], &text);
	claim(parse(buf_text(&text), text.len, &again) == 0, "it reads again");
	claim(again.count == pairs->count, "with as many pairs");
	for (size_t i = 0; i < again.count; i++) {
		claim(strcmp(again.pair[i].key, pairs->pair[i].key) == 0,
		      "with the same keys");
		claim(strcmp(again.pair[i].value, pairs->pair[i].value) == 0,
		      "with the same values");
	}
	settings_pairs_free(&again);
	buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = claim_text(data, size);
	struct settings_pairs pairs;

	if (parse(text, size, &pairs) == 0) {
		claim_different_keys(&pairs);
		claim_again(&pairs);
	}
	settings_pairs_free(&pairs);
	free(text);
	return 0;
}
