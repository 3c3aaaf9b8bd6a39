#include "archive/backup_documents.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/path.h"
#include "common/catalog/files_metadata.h"
#include "common/stream/tally.h"

struct backup_documents {
	struct store *store;
	struct backup *backup;
	pthread_mutex_t lock; /* over all below, and the sums in backup */
	struct manifest_writer *manifest;
	struct tally manifest_tally;
	struct files_metadata *files;
	struct tally files_tally;
};

/* A digest's name is relative to the backup's folder. */
static int
add_digest(struct backup_documents *documents, const char *object,
	   const struct tally *stored, struct err *err)
{
	char folder[OBJECT_NAME_SIZE];

	object_folder(documents->backup->name, folder);
	return backup_add_digest(documents->backup, object + strlen(folder),
				 stored->size, stored->crc32c, err);
}

static struct sink *
put_document(struct backup_documents *documents, enum backup_object which,
	     struct tally *tally, struct err *err)
{
	char object[OBJECT_NAME_SIZE];
	struct sink *sink;

	object_of_backup(documents->backup->name, which, object);
	sink = store_put(documents->store, object, STORE_NEW,
			 STORE_SIZE_UNKNOWN, err);
	return sink != NULL ? tally_sink(tally, sink, err) : NULL;
}

static int
begin(struct backup_documents *documents, struct err *err)
{
	const struct backup *backup = documents->backup;
	struct sink *sink;

	sink = put_document(documents, BACKUP_MANIFEST,
			    &documents->manifest_tally, err);
	if (sink == NULL)
		return -1;
	documents->manifest =
	    manifest_writer_new((unsigned)backup->pg_version / 10000,
				backup->system_identifier, sink, err);
	if (documents->manifest == NULL)
		return -1;
	sink = put_document(documents, BACKUP_FILES_METADATA,
			    &documents->files_tally, err);
	if (sink == NULL)
		return -1;
	documents->files = files_metadata_new(sink, err);
	return documents->files != NULL ? 0 : -1;
}

struct backup_documents *
backup_documents_new(struct store *store, struct backup *backup,
		     struct err *err)
{
	struct backup_documents *documents = calloc(1, sizeof(*documents));

	if (documents == NULL) {
		err_memory(err);
		return NULL;
	}
	documents->store = store;
	documents->backup = backup;
	(void)pthread_mutex_init(&documents->lock, NULL);
	if (begin(documents, err) != 0) {
		backup_documents_free(documents);
		return NULL;
	}
	return documents;
}

static int
list_files(struct backup_documents *documents, const struct part *part,
	   struct err *err)
{
	struct files_metadata_entry *entries;
	int failed;

	entries = calloc(part->count + 1, sizeof(*entries));
	if (entries == NULL)
		return err_memory(err);
	for (size_t i = 0; i < part->count; i++) {
		entries[i].path = part->members[i].name;
		entries[i].modified = part->members[i].modified;
	}
	failed = files_metadata_part(documents->files, path_base(part->object),
				     entries, part->count, err);
	free(entries);
	return failed;
}

/* The manifest knows files only, and these without the slash that WAL-G's tars
 * put in front. */
static int
list_in_manifest(struct backup_documents *documents,
		 const struct part_member *member, struct err *err)
{
	struct manifest_file file = {
	    .path = *member->name == '/' ? member->name + 1 : member->name,
	    .size = member->size,
	    .modified = member->modified,
	    .has_crc32c = true,
	    .crc32c = member->crc32c,
	};

	if (!member->is_file)
		return 0;
	documents->backup->data_size += member->size;
	documents->backup->file_count++;
	return manifest_writer_file(documents->manifest, &file, err);
}

static int
list_part(struct backup_documents *documents, const struct part *part,
	  struct err *err)
{
	documents->backup->uncompressed_size += part->tar_size;
	documents->backup->compressed_size += part->stored.size;
	for (size_t i = 0; i < part->count; i++) {
		if (list_in_manifest(documents, &part->members[i], err) != 0)
			return -1;
	}
	if (list_files(documents, part, err) != 0)
		return -1;
	return add_digest(documents, part->object, &part->stored, err);
}

int
backup_documents_part(struct backup_documents *documents,
		      const struct part *part, struct err *err)
{
	int failed;

	(void)pthread_mutex_lock(&documents->lock);
	failed = list_part(documents, part, err);
	(void)pthread_mutex_unlock(&documents->lock);
	return failed;
}

static int
finish_metadata(struct backup_documents *documents, struct err *err)
{
	char object[OBJECT_NAME_SIZE];
	struct buf json = BUF_INIT(BACKUP_JSON_MAX);
	struct tally tally = {0};
	int failed = -1;

	object_of_backup(documents->backup->name, BACKUP_METADATA, object);
	if (backup_write_metadata(documents->backup, &json, err) != 0 ||
	    store_put_bytes(documents->store, object, STORE_NEW, json.data,
			    json.len, err) != 0)
		goto out;
	tally_add(&tally, json.data, json.len);
	failed = add_digest(documents, object, &tally, err);
out:
	buf_free(&json);
	return failed;
}

static int
add_document_digest(struct backup_documents *documents,
		    enum backup_object which, const struct tally *tally,
		    struct err *err)
{
	char object[OBJECT_NAME_SIZE];

	object_of_backup(documents->backup->name, which, object);
	return add_digest(documents, object, tally, err);
}

int
backup_documents_finish(struct backup_documents *documents,
			const struct manifest_range *wal, struct err *err)
{
	if (finish_metadata(documents, err) != 0 ||
	    files_metadata_finish(documents->files, err) != 0 ||
	    add_document_digest(documents, BACKUP_FILES_METADATA,
				&documents->files_tally, err) != 0)
		return -1;
	if (manifest_writer_finish(documents->manifest, wal, 1, err) != 0)
		return -1;
	return add_document_digest(documents, BACKUP_MANIFEST,
				   &documents->manifest_tally, err);
}

void
backup_documents_free(struct backup_documents *documents)
{
	if (documents == NULL)
		return;
	files_metadata_free(documents->files);
	manifest_writer_free(documents->manifest);
	(void)pthread_mutex_destroy(&documents->lock);
	free(documents);
}
