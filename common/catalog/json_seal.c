#include "common/catalog/json_seal.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#define DIGEST_BYTES 32

/* The last line, with its end and a NUL. */
#define LINE_FORMAT "\"" JSON_SEAL_KEY "\": \"%s\"}\n"
#define LINE_LENGTH (sizeof(LINE_FORMAT) - 3 + (size_t)2 * DIGEST_BYTES)

/* The line for a document: it is made anew when checking too and compared as a
 * whole, so that no byte of it can differ. */
static int
make_line(const void *data, size_t len, char line[LINE_LENGTH + 1],
	  struct err *err)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[2 * DIGEST_BYTES + 1];
	size_t i;

	if (EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL) != 1)
		return err_set(err, ERR_SYSTEM, "libcrypto cannot do SHA-256");
	for (i = 0; i < DIGEST_BYTES; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
	(void)snprintf(line, LINE_LENGTH + 1, LINE_FORMAT, text);
	return 0;
}

int
json_seal_append(struct buf *json, size_t start, struct err *err)
{
	char line[LINE_LENGTH + 1];

	if (make_line(json->data + start, json->len - start, line, err) != 0)
		return -1;
	return buf_append(json, line, LINE_LENGTH, err);
}

int
json_seal_check(const void *json, size_t len, struct err *err)
{
	const char *text = json;
	char line[LINE_LENGTH + 1];
	size_t before;

	if (len <= LINE_LENGTH)
		return err_set(err, ERR_DAMAGED, "its checksum is missing");
	before = len - LINE_LENGTH;
	if (make_line(text, before, line, err) != 0)
		return -1;
	if (text[before - 1] != '\n' ||
	    memcmp(text + before, line, LINE_LENGTH) != 0)
		return err_set(err, ERR_DAMAGED,
			       "its checksum is missing or wrong");
	return 0;
}
