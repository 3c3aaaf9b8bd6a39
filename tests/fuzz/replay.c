/*
 * replay FILE...: each file through a fuzzer once, where libFuzzer is not at
 * hand. A claim that fails ends the program, after the file's name.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/stream/ends.h"
#include "common/stream/pump.h"
#include "tests/fuzz/claim.h"

#define FILE_LIMIT ((size_t)16 << 20)

static int
load(const char *path, struct buf *content, struct err *err)
{
	FILE *file = fopen(path, "rb");
	struct sink *to = ends_memory(content, err);
	int result = -1;

	if (file == NULL)
		(void)err_set(err, ERR_ABSENT, "%s: cannot be read", path);
	else if (to != NULL)
		result = pump_to_end(fileno(file), path, to, err);
	sink_free(to);
	if (file != NULL)
		(void)fclose(file);
	return result;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct buf content = BUF_INIT(FILE_LIMIT);
		struct err err = {0};

		(void)fprintf(stderr, "%s\n", argv[i]);
		claim_done(load(argv[i], &content, &err), &err,
			   "the file can be read");
		(void)LLVMFuzzerTestOneInput(
		    (const uint8_t *)buf_text(&content), content.len);
		buf_free(&content);
	}
	return 0;
}
