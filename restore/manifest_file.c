#include "restore/manifest_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/crc32c.h"
#include "common/base/draft.h"
#include "common/base/path.h"
#include "common/pg/manifest.h"
#include "common/stream/ends.h"
#include "common/stream/pump.h"

#define MANIFEST "backup_manifest"
#define MAP "tablespace_map"

/* As many as a backup that follows a standby over its switches could have. */
#define RANGES_MAX 64

static struct sink *
draft_manifest(const char *directory, struct err *err)
{
	char *path = path_join(directory, MANIFEST, err);
	struct draft *draft;

	if (path == NULL)
		return NULL;
	draft = draft_open(path, NULL, 0600, err);
	free(path);
	if (draft == NULL)
		return NULL;
	return ends_draft(draft, DRAFT_REPLACE, err);
}

static int
read_manifest(const char *directory, struct sink *to, struct err *err)
{
	char *path = path_join(directory, MANIFEST, err);
	int fd = -1;
	int result = -1;

	if (path == NULL)
		goto out;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		(void)err_errno(err, errno, "%s", path);
		goto out;
	}
	if (pump_to_end(fd, path, to, err) != 0)
		goto out;
	result = sink_finish(to, err);
out:
	if (fd >= 0)
		(void)close(fd);
	free(path);
	return result;
}

int
manifest_file_restore(const struct parts_source *source, const char *directory,
		      struct manifest_index *index, struct err *err)
{
	struct sink *to = draft_manifest(directory, err);
	int result;

	if (to == NULL || parts_get(source, MANIFEST, to, err) != 0)
		return -1;
	to = manifest_index_missing(index, err);
	if (to == NULL)
		return -1;
	result = read_manifest(directory, to, err);
	sink_free(to);
	return result;
}

/* A manifest read and written again, one entry changed on the way. */
struct rewrite {
	struct manifest_writer *writer;
	const struct buf *map;
	struct manifest_range ranges[RANGES_MAX];
	size_t count;
};

static int
copy_file(void *context, const struct manifest_file *file, struct err *err)
{
	const struct rewrite *rewrite = context;
	struct manifest_file changed = *file;

	if (strcmp(file->path, MAP) == 0) {
		changed.size = rewrite->map->len;
		changed.crc32c =
		    crc32c_update(0, buf_text(rewrite->map), rewrite->map->len);
		changed.modified = clock_now();
	}
	return manifest_writer_file(rewrite->writer, &changed, err);
}

static int
copy_range(void *context, const struct manifest_range *range, struct err *err)
{
	struct rewrite *rewrite = context;

	if (rewrite->count == RANGES_MAX)
		return err_set(err, ERR_DAMAGED,
			       MANIFEST ": more than %d WAL ranges",
			       RANGES_MAX);
	rewrite->ranges[rewrite->count++] = *range;
	return 0;
}

int
manifest_file_replace(const char *directory, const struct backup *backup,
		      const struct buf *map, struct err *err)
{
	static const struct manifest_ops ops = {copy_file, copy_range};
	struct rewrite rewrite = {.map = map};
	struct sink *reader = NULL;
	struct sink *to;
	int result = -1;

	to = draft_manifest(directory, err);
	if (to == NULL)
		goto out;
	rewrite.writer =
	    manifest_writer_new((unsigned)backup->pg_version / 10000,
				backup->system_identifier, to, err);
	if (rewrite.writer == NULL)
		goto out;
	reader = manifest_reader_new(&ops, &rewrite, err);
	if (reader == NULL || read_manifest(directory, reader, err) != 0)
		goto out;
	result = manifest_writer_finish(rewrite.writer, rewrite.ranges,
					rewrite.count, err);
out:
	sink_free(reader);
	manifest_writer_free(rewrite.writer);
	return result;
}
