#include "tests/unit/manifest_told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <openssl/evp.h>

#include "common/stream/sink.h"

static int
tell_file(void *context, const struct manifest_file *file, struct err *err)
{
	struct manifest_told *told = context;

	if (told->files < MANIFEST_TOLD_MAX) {
		told->kept[told->files] = *file;
		(void)snprintf(told->paths[told->files],
			       MANIFEST_TOLD_PATH_SIZE, "%s", file->path);
	}
	told->files++;
	if (told->files + told->ranges == told->fail_at)
		return err_set(err, ERR_REFUSED, "enough of it");
	return 0;
}

static int
tell_range(void *context, const struct manifest_range *range, struct err *err)
{
	struct manifest_told *told = context;

	if (told->ranges < MANIFEST_TOLD_MAX)
		told->range[told->ranges] = *range;
	told->ranges++;
	if (told->files + told->ranges == told->fail_at)
		return err_set(err, ERR_REFUSED, "enough of it");
	return 0;
}

const struct manifest_ops manifest_told_ops = {.file = tell_file,
					       .range = tell_range};

int
manifest_told_read(const char *text, size_t len, size_t piece,
		   struct manifest_told *told, struct err *err)
{
	struct sink *reader =
	    manifest_reader_new(&manifest_told_ops, told, err);
	int status = 0;

	ck_assert_ptr_nonnull(reader);
	while (len > 0 && status == 0) {
		size_t now = len < piece ? len : piece;

		status = sink_write(reader, text, now, err);
		text += now;
		len -= now;
	}
	if (status == 0)
		status = sink_finish(reader, err);
	sink_free(reader);
	return status;
}

char *
manifest_told_seal(const char *body)
{
	size_t len = strlen(body);
	char *text = malloc(len + 100);
	unsigned char sum[32];

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(EVP_Digest(body, len, sum, NULL, EVP_sha256(), NULL),
			 1);
	memcpy(text, body, len);
	len += (size_t)sprintf(text + len, "\"Manifest-Checksum\": \"");
	for (size_t i = 0; i < sizeof(sum); i++)
		len += (size_t)sprintf(text + len, "%02x", sum[i]);
	(void)sprintf(text + len, "\"}\n");
	return text;
}
