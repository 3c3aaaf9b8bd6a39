#include "restore/manifest_index.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/crc32c.h"
#include "common/pg/manifest.h"

/* 24 bytes; `seen` is written by whichever thread restores the file. */
struct entry {
	uint64_t hash;
	uint64_t size;
	uint32_t crc32c;
	bool has_crc32c;
	_Atomic bool seen;
};

struct manifest_index {
	const struct tablespace_map *tablespaces;
	uint64_t key[2];
	struct entry *entries; /* sorted by hash once read */
	size_t count;
	size_t capacity;
	uint64_t *bytes; /* by place; 1 + tablespaces->count of them */
	uint64_t total;
};

/* A multiply-and-fold hash over 8 bytes at a time. It need not stand against
 * an attacker, who could write his own manifest; the key keeps accidents from
 * repeating. */
static uint64_t
fold(uint64_t value, uint64_t key)
{
	value = (value ^ key) * UINT64_C(0x9e3779b97f4a7c15);
	value ^= value >> 32;
	value *= UINT64_C(0xd6e8feb86659fd93);
	return value ^ (value >> 29);
}

static uint64_t
hash_of(const struct manifest_index *index, const char *path)
{
	size_t len = strlen(path);
	uint64_t hash = fold(len, index->key[0]);

	while (len > 0) {
		size_t take = len < 8 ? len : 8;
		uint64_t word = 0;

		memcpy(&word, path, take);
		hash = fold(hash ^ word, index->key[1]);
		path += take;
		len -= take;
	}
	return hash;
}

struct manifest_index *
manifest_index_new(const struct tablespace_map *tablespaces, struct err *err)
{
	struct manifest_index *index = calloc(1, sizeof *index);

	if (index == NULL)
		goto fail;
	index->tablespaces = tablespaces;
	index->bytes = calloc(1 + tablespaces->count, sizeof *index->bytes);
	if (index->bytes == NULL || getentropy(index->key, sizeof index->key))
		goto fail;
	return index;
fail:
	(void)err_memory(err);
	manifest_index_free(index);
	return NULL;
}

void
manifest_index_free(struct manifest_index *index)
{
	if (index == NULL)
		return;
	free(index->entries);
	free(index->bytes);
	free(index);
}

/* 0 for the data directory itself, 1 + i for tablespace i. */
static size_t
place_of(const struct manifest_index *index, const char *path)
{
	static const char prefix[] = "pg_tblspc/";
	unsigned long oid;

	if (strncmp(path, prefix, sizeof prefix - 1) != 0)
		return 0;
	oid = strtoul(path + sizeof prefix - 1, NULL, 10);
	for (size_t i = 0; i < index->tablespaces->count; i++)
		if (index->tablespaces->entries[i].oid == oid)
			return 1 + i;
	return 0;
}

static int
make_room(struct manifest_index *index, struct err *err)
{
	size_t capacity = index->capacity == 0 ? 1024 : index->capacity * 2;
	struct entry *grown;

	if (index->count < index->capacity)
		return 0;
	grown = realloc(index->entries, capacity * sizeof *grown);
	if (grown == NULL)
		return err_memory(err);
	index->entries = grown;
	index->capacity = capacity;
	return 0;
}

static int
add_file(void *context, const struct manifest_file *file, struct err *err)
{
	struct manifest_index *index = context;
	struct entry *entry;

	if (make_room(index, err) != 0)
		return -1;
	entry = &index->entries[index->count++];
	memset(entry, 0, sizeof *entry);
	entry->hash = hash_of(index, file->path);
	entry->size = file->size;
	entry->crc32c = file->crc32c;
	entry->has_crc32c = file->has_crc32c;
	index->bytes[place_of(index, file->path)] += file->size;
	index->total += file->size;
	return 0;
}

static int
ignore_range(void *context, const struct manifest_range *range, struct err *err)
{
	(void)context;
	(void)range;
	(void)err;
	return 0;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *left = a;
	const struct entry *right = b;

	return (left->hash > right->hash) - (left->hash < right->hash);
}

/* The stage that sorts the entries once the manifest has proved whole. */
struct index_reader {
	struct sink sink;
	struct sink *manifest;
	struct manifest_index *index;
};

static int
reader_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	return sink_write(((struct index_reader *)sink)->manifest, data, len,
			  err);
}

static int
reader_finish(struct sink *sink, struct err *err)
{
	struct index_reader *reader = (struct index_reader *)sink;
	struct manifest_index *index = reader->index;

	if (sink_finish(reader->manifest, err) != 0)
		return -1;
	if (index->count > 0)
		qsort(index->entries, index->count, sizeof *index->entries,
		      compare_entries);
	for (size_t i = 1; i < index->count; i++)
		if (index->entries[i].hash == index->entries[i - 1].hash)
			return err_set(err, ERR_DAMAGED,
				       "the manifest names a file twice");
	return 0;
}

static void
reader_free(struct sink *sink)
{
	sink_free(((struct index_reader *)sink)->manifest);
	free(sink);
}

static const struct sink_ops reader_ops = {
    "manifest index",
    reader_write,
    reader_finish,
    reader_free,
};

struct sink *
manifest_index_reader(struct manifest_index *index, struct err *err)
{
	static const struct manifest_ops ops = {add_file, ignore_range};
	struct index_reader *reader = calloc(1, sizeof *reader);

	if (reader == NULL) {
		(void)err_memory(err);
		return NULL;
	}
	sink_init(&reader->sink, &reader_ops);
	reader->index = index;
	reader->manifest = manifest_reader_new(&ops, index, err);
	if (reader->manifest == NULL) {
		free(reader);
		return NULL;
	}
	return &reader->sink;
}

static struct entry *
find(const struct manifest_index *index, const char *path)
{
	uint64_t hash = hash_of(index, path);
	size_t low = 0;
	size_t high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->entries[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < index->count && index->entries[low].hash == hash)
		return &index->entries[low];
	return NULL;
}

int
manifest_index_check(struct manifest_index *index, const char *path,
		     uint64_t size, uint32_t crc32c, struct err *err)
{
	struct entry *entry = find(index, path);

	if (entry == NULL)
		return err_set(err, ERR_DAMAGED,
			       "%s: is not in the backup's manifest", path);
	if (entry->size != size)
		return err_set(err, ERR_DAMAGED,
			       "%s: has %" PRIu64 " bytes, the manifest says "
			       "%" PRIu64,
			       path, size, entry->size);
	if (entry->has_crc32c && entry->crc32c != crc32c)
		return err_set(err, ERR_DAMAGED,
			       "%s: its checksum is not the manifest's", path);
	entry->seen = true;
	return 0;
}

static int
check_seen(void *context, const struct manifest_file *file, struct err *err)
{
	const struct entry *entry = find(context, file->path);

	if (entry != NULL && entry->seen)
		return 0;
	return err_set(err, ERR_DAMAGED,
		       "%s: is in the manifest, but in no part of the backup",
		       file->path);
}

struct sink *
manifest_index_missing(struct manifest_index *index, struct err *err)
{
	static const struct manifest_ops ops = {check_seen, ignore_range};

	return manifest_reader_new(&ops, index, err);
}

const uint64_t *
manifest_index_bytes(const struct manifest_index *index)
{
	return index->bytes;
}

uint64_t
manifest_index_total(const struct manifest_index *index, uint64_t *files)
{
	*files = index->count;
	return index->total;
}
