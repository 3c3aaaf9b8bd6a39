#include "common/catalog/cluster.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/draft.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/path.h"
#include "common/base/units.h"
#include "common/catalog/json_reader.h"
#include "common/catalog/json_seal.h"
#include "common/catalog/json_writer.h"
#include "common/catalog/object_name.h"
#include "common/catalog/wal_archive.h"
#include "common/stream/ends.h"

#define CLUSTER_MAX ((size_t)64 * 1024)

/* What the state directory remembers: the store's URL and the identifier, a
 * line each. */
#define MEMORY_NAME "cluster"
#define MEMORY_MAX ((size_t)16 * 1024)

static int
parse(const struct buf *json, uint64_t *system_identifier, struct err *err)
{
	struct json_reader reader;
	uint64_t identifier = 0;

	if (json_reader_open(&reader, buf_text(json), json->len, err) != 0)
		return -1;
	if (json_seal_check(buf_text(json), json->len, err) != 0)
		reader.failed = true;
	else if (!json_reader_number(&reader, reader.root, "system_identifier",
				     UINT64_MAX, &identifier) ||
		 identifier == 0)
		json_reader_fail(&reader, "\"system_identifier\" is missing");
	if (json_reader_close(&reader) != 0)
		return -1;
	*system_identifier = identifier;
	return 0;
}

int
cluster_read(struct store *store, uint64_t *system_identifier, struct err *err)
{
	struct buf json = BUF_INIT(CLUSTER_MAX);
	int result = store_get_bytes(store, OBJECT_CLUSTER, &json, err);

	if (result == 0 && parse(&json, system_identifier, err) != 0)
		result = err_context(err, "%s/%s", store->url, OBJECT_CLUSTER);
	buf_free(&json);
	return result;
}

static int
create(struct store *store, uint64_t system_identifier, struct err *err)
{
	struct buf json = BUF_INIT(CLUSTER_MAX);
	struct json_writer writer;
	int result;

	json_writer_begin(&writer, &json, err);
	json_writer_number(&writer, "system_identifier", system_identifier);
	json_writer_time(&writer, "created", clock_now());
	json_writer_text(&writer, "writer", "walnut " WALNUT_VERSION);
	result = json_writer_seal(&writer);
	if (result == 0)
		result = store_put_bytes(store, OBJECT_CLUSTER, STORE_NEW,
					 json.data, json.len, err);
	buf_free(&json);
	return result;
}

/* Whether `text` is a memory of this store; one of another is none. */
static bool
parse_memory(const struct buf *memory, const char *url, uint64_t *identifier)
{
	size_t len = strlen(url);
	const char *text = buf_text(memory);
	char digits[UNITS_TEXT_SIZE];
	size_t count;
	struct err ignored = {0};

	if (strncmp(text, url, len) != 0 || text[len] != '\n')
		return false;
	text += len + 1;
	count = strcspn(text, "\n");
	if (text[count] != '\n' || count >= sizeof digits)
		return false;
	memcpy(digits, text, count);
	digits[count] = '\0';
	return units_parse_number(digits, 1, UINT64_MAX, identifier,
				  &ignored) == 0;
}

/* A memory that cannot be read costs a question to the store, no more. */
static bool
recall(const struct store *store, const char *directory, uint64_t *identifier)
{
	struct buf memory = BUF_INIT(MEMORY_MAX);
	struct err err = {0};
	char *path = NULL;
	bool known = false;

	if (directory == NULL)
		return false;
	path = path_join(directory, MEMORY_NAME, &err);
	if (path != NULL && file_load(path, &memory, &err) == 0)
		known = parse_memory(&memory, store->url, identifier);
	else if (err.kind != ERR_ABSENT)
		log_debug("%s", err.message);
	buf_free(&memory);
	free(path);
	return known;
}

static int
write_memory(const struct store *store, const char *path, uint64_t identifier,
	     struct err *err)
{
	struct buf memory = BUF_INIT(MEMORY_MAX);
	struct draft *draft = NULL;
	int result = -1;

	if (buf_print(&memory, err, "%s\n%" PRIu64 "\n", store->url,
		      identifier) != 0)
		goto out;
	draft = draft_open(path, NULL, 0600, err);
	if (draft == NULL ||
	    draft_write(draft, memory.data, memory.len, err) != 0)
		goto out;
	result = draft_commit(draft, DRAFT_REPLACE, err);
out:
	draft_free(draft);
	buf_free(&memory);
	return result;
}

static void
remember(const struct store *store, const char *directory, uint64_t identifier)
{
	struct err err = {0};
	char *path;

	if (directory == NULL)
		return;
	path = path_join(directory, MEMORY_NAME, &err);
	if (path == NULL || file_make_directories(directory, 0700, &err) != 0 ||
	    write_memory(store, path, identifier, &err) != 0)
		log_debug("%s", err.message);
	free(path);
}

static int
refuse_unless_same(const struct store *store, uint64_t owner,
		   uint64_t system_identifier, struct err *err)
{
	if (owner == system_identifier)
		return 0;
	err_set(err, ERR_REFUSED,
		"%s: belongs to the cluster with system identifier %" PRIu64
		", not to %" PRIu64,
		store->url, owner, system_identifier);
	return err_hint(err, "give each cluster a store prefix of its own");
}

/* A store that forgot whose it is has been emptied, or is not the one that was
 * there before: perhaps a file system that is not mounted. */
static int
refuse_empty(const struct store *store, const char *directory, struct err *err)
{
	err_set(err, ERR_UNREACHABLE, "%s: %s was there before and has gone",
		store->url, OBJECT_CLUSTER);
	return err_hint(err,
			"is the store mounted? if it was emptied on purpose, "
			"remove %s/%s",
			directory, MEMORY_NAME);
}

static int
note_segment(void *context, const struct store_object *object, struct err *err)
{
	struct wal_name name;

	(void)err;
	if (object_wal_parse(object->name, &name) != 0 ||
	    name.kind != WAL_SEGMENT)
		return 0;
	wal_name_format(&name, context);
	return 1;
}

/* WAL-G's archives do not say whose they are, but their segments do. One that
 * cannot be read tells nothing, and keeps nobody from archiving. */
static int
refuse_foreign_wal(struct store *store, uint64_t system_identifier,
		   struct err *err)
{
	static const struct pipeline any = {CODEC_DEFAULT};
	char name[WAL_NAME_SIZE] = "";
	struct sink *to;

	if (store_list(store, OBJECT_WAL_FOLDER, "", STORE_DEEP, note_segment,
		       name, err) != 0)
		/* A directory that is not there yet is created below, or shown
		 * to be out of reach. */
		return store->local && err->kind == ERR_UNREACHABLE ? 0 : -1;
	if (name[0] == '\0')
		return 0;
	to = ends_nowhere(err);
	if (to == NULL)
		return -1;
	if (wal_archive_fetch(store, &any, name, system_identifier, to, NULL,
			      err) == 0)
		return 0;
	if (err->kind == ERR_USAGE || err->kind == ERR_DAMAGED) {
		log_warning("whose WAL this is cannot be told: %s",
			    err->message);
		return 0;
	}
	if (err->kind == ERR_REFUSED)
		(void)err_hint(err,
			       "give each cluster a store prefix of its own");
	return -1;
}

/* The first push creates cluster.json; of two first pushes one is told that it
 * was not the first. */
static int
read_or_create(struct store *store, uint64_t system_identifier, uint64_t *owner,
	       struct err *err)
{
	if (cluster_read(store, owner, err) == 0)
		return 0;
	if (err->kind != ERR_ABSENT &&
	    !(store->local && err->kind == ERR_UNREACHABLE))
		return -1;
	if (refuse_foreign_wal(store, system_identifier, err) != 0)
		return -1;
	*owner = system_identifier;
	if (create(store, system_identifier, err) == 0)
		return 0;
	if (err->kind != ERR_EXISTS)
		return -1;
	if (cluster_read(store, owner, err) == 0)
		return 0;
	if (err->kind == ERR_ABSENT)
		err->kind = ERR_UNREACHABLE;
	return -1;
}

int
cluster_claim(struct store *store, const char *state_directory,
	      uint64_t system_identifier, struct err *err)
{
	uint64_t memory = 0;
	uint64_t owner = 0;
	bool known = recall(store, state_directory, &memory);
	int result;

	if (known && memory == system_identifier && !store->local)
		return 0;
	if (known)
		result = cluster_read(store, &owner, err);
	else
		result = read_or_create(store, system_identifier, &owner, err);
	if (result != 0 && known && err->kind == ERR_ABSENT)
		return refuse_empty(store, state_directory, err);
	if (result != 0 ||
	    refuse_unless_same(store, owner, system_identifier, err) != 0)
		return -1;
	if (!known || memory != owner)
		remember(store, state_directory, owner);
	return 0;
}
