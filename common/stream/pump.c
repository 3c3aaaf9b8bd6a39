#include "common/stream/pump.h"

#include <stdlib.h>

#include "common/base/file.h"
#include "common/base/stop.h"

/* Push len bytes through `chunk`, which holds PUMP_CHUNK bytes. */
static int
pump_range(int fd, uint64_t offset, uint64_t len, const char *path, void *chunk,
	   struct sink *to, struct err *err)
{
	uint64_t done = 0;

	while (done < len) {
		uint64_t left = len - done;
		size_t want = left < PUMP_CHUNK ? (size_t)left : PUMP_CHUNK;
		ssize_t got;

		if (stop_check(err) != 0)
			return -1;
		got = file_read_at(fd, chunk, want, offset + done, path, err);
		if (got < 0)
			return -1;
		done += (size_t)got;
		if ((size_t)got < want)
			return err_set(err, ERR_DAMAGED,
				       "%s: ends at byte %llu, %llu expected",
				       path,
				       (unsigned long long)(offset + done),
				       (unsigned long long)(offset + len));
		if (sink_write(to, chunk, want, err) != 0)
			return -1;
	}
	return 0;
}

int
pump_file(int fd, uint64_t offset, uint64_t len, const char *path,
	  struct sink *to, struct err *err)
{
	void *chunk = malloc(PUMP_CHUNK);
	int result;

	if (chunk == NULL)
		return err_memory(err);
	result = pump_range(fd, offset, len, path, chunk, to, err);
	free(chunk);
	return result;
}

int
pump_to_end(int fd, const char *path, struct sink *to, struct err *err)
{
	void *chunk = malloc(PUMP_CHUNK);
	ssize_t got = PUMP_CHUNK;
	int result = -1;

	if (chunk == NULL)
		return err_memory(err);
	/* A short read is the end: file_read goes on until then. */
	while (got == PUMP_CHUNK) {
		if (stop_check(err) != 0)
			goto out;
		got = file_read(fd, chunk, PUMP_CHUNK, path, err);
		if (got < 0)
			goto out;
		if (sink_write(to, chunk, (size_t)got, err) != 0)
			goto out;
	}
	result = 0;
out:
	free(chunk);
	return result;
}
