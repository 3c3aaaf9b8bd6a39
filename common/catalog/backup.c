#include "common/catalog/backup.h"

#include <stdlib.h>
#include <string.h>

void
backup_init(struct backup *backup)
{
	memset(backup, 0, sizeof *backup);
}

void
backup_free(struct backup *backup)
{
	size_t i;

	for (i = 0; i < backup->digest_count; i++)
		free(backup->digests[i].name);
	free(backup->digests);
	tablespace_map_free(&backup->tablespaces);
	free(backup->problem);
	free(backup->delta_full);
	free(backup->delta_from);
	free(backup->writer);
	free(backup->user_data);
	free(backup->label);
	free(backup->data_directory);
	free(backup->hostname);
	backup_init(backup);
}

/* Memory grows when the count reaches a power of two, so that no capacity has
 * to be kept. */
static int
make_room(struct backup *backup, struct err *err)
{
	size_t count = backup->digest_count;
	struct backup_digest *grown;

	if ((count & (count - 1)) != 0)
		return 0;
	grown = realloc(backup->digests,
			(count == 0 ? 1 : 2 * count) * sizeof *grown);
	if (grown == NULL)
		return err_memory(err);
	backup->digests = grown;
	return 0;
}

int
backup_add_digest(struct backup *backup, const char *name, uint64_t size,
		  uint32_t crc32c, struct err *err)
{
	struct backup_digest *digest;
	char *copy;

	if (make_room(backup, err) != 0)
		return -1;
	copy = strdup(name);
	if (copy == NULL)
		return err_memory(err);
	digest = &backup->digests[backup->digest_count++];
	digest->name = copy;
	digest->size = size;
	digest->crc32c = crc32c;
	return 0;
}

const struct backup_digest *
backup_find_digest(const struct backup *backup, const char *name)
{
	size_t i;

	for (i = 0; i < backup->digest_count; i++) {
		if (strcmp(backup->digests[i].name, name) == 0)
			return &backup->digests[i];
	}
	return NULL;
}

uint64_t
backup_first_segment(const struct backup *backup)
{
	return backup->start_lsn / backup->segment_size;
}

/* The stop LSN is the first byte that is not needed any more: on a boundary,
 * the segment before it is the last. */
uint64_t
backup_last_segment(const struct backup *backup)
{
	if (backup->finish_lsn <= backup->start_lsn)
		return backup_first_segment(backup);
	return (backup->finish_lsn - 1) / backup->segment_size;
}
