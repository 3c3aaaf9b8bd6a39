#include "common/base/origin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/file.h"

#define BOOT "/proc/sys/kernel/random/boot_id"
#define NAMESPACE "/proc/self/ns/pid"

void
origin_find(char text[ORIGIN_TEXT_SIZE])
{
	struct buf boot = BUF_INIT(64);
	struct err unknown = {0};
	char space[32];
	ssize_t len;

	text[0] = '\0';
	len = readlink(NAMESPACE, space, sizeof space - 1);
	if (len > 0 && file_load(BOOT, &boot, &unknown) == 0) {
		space[len] = '\0';
		(void)snprintf(text, ORIGIN_TEXT_SIZE, "%.36s %s",
			       buf_text(&boot), space);
	}
	buf_free(&boot);
}
