#include "tests/unit/stored_backup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "common/base/crc32c.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/pg/manifest.h"
#include "common/stream/ends.h"
#include "common/stream/pipeline.h"
#include "common/stream/tar_writer.h"

#define MOST ((size_t)16 * 1024 * 1024)

static bool
is_directory(const struct stored_file *file)
{
	return file->name[strlen(file->name) - 1] == '/';
}

static struct tar_member
member_of(const struct stored_file *file)
{
	return (struct tar_member){
	    .name = file->name,
	    .target = "",
	    .type = is_directory(file) ? TAR_DIRECTORY : TAR_FILE,
	    .size = strlen(file->text),
	    .mode = is_directory(file) ? 0750 : 0640,
	    .uid = geteuid(),
	    .gid = getegid(),
	    .modified = {1700000000, 0},
	    .user = "",
	    .group = "",
	};
}

void
stored_backup_tar(const struct stored_file *files, struct buf *tar)
{
	struct err err = {0};
	struct tar_writer *writer =
	    tar_writer_new(ends_memory(tar, &err), &err);

	ck_assert_ptr_nonnull(writer);
	for (; files->text != NULL; files++) {
		struct tar_member member = member_of(files);

		ck_assert_int_eq(tar_writer_member(writer, &member, &err), 0);
		if (member.size > 0)
			ck_assert_int_eq(tar_writer_data(writer, files->text,
							 member.size, &err),
					 0);
	}
	ck_assert_int_eq(tar_writer_finish(writer, &err), 0);
	tar_writer_free(writer);
}

void
stored_backup_object(struct store *store, struct backup *backup,
		     const char *name, const void *data, size_t len)
{
	char folder[OBJECT_NAME_SIZE];
	struct err err = {0};
	char *object;

	object_folder(backup->name, folder);
	object = path_join(folder, name, &err);
	ck_assert_ptr_nonnull(object);
	ck_assert_msg(
	    store_put_bytes(store, object, STORE_NEW, data, len, &err) == 0,
	    "%s", err.message);
	ck_assert_int_eq(backup_add_digest(backup, name, len,
					   crc32c_update(0, data, len), &err),
			 0);
	free(object);
}

void
stored_backup_part(struct store *store, struct backup *backup, const char *name,
		   const struct stored_file *files)
{
	static const struct pipeline pipeline = {.codec = CODEC_DEFAULT};
	struct buf tar = BUF_INIT(MOST);
	struct buf stored = BUF_INIT(MOST);
	struct err err = {0};
	char *object = path_join("tar_partitions", name, &err);
	struct sink *out =
	    pipeline_out(&pipeline, ends_memory(&stored, &err), &err);

	ck_assert_ptr_nonnull(object);
	ck_assert_ptr_nonnull(out);
	stored_backup_tar(files, &tar);
	ck_assert_int_eq(
	    stored_backup_push(out, buf_text(&tar), tar.len, MOST, &err), 0);
	stored_backup_object(store, backup, object, buf_text(&stored),
			     stored.len);
	buf_free(&tar);
	buf_free(&stored);
	free(object);
}

void
stored_backup_manifest(const struct stored_file *const *tables,
		       struct buf *manifest)
{
	struct manifest_range range = {1, 0x2000028, 0x2000100};
	struct err err = {0};
	struct manifest_writer *writer = manifest_writer_new(
	    15, 7423523111234567890, ends_memory(manifest, &err), &err);

	ck_assert_ptr_nonnull(writer);
	for (; *tables != NULL; tables++) {
		for (const struct stored_file *one = *tables; one->text != NULL;
		     one++) {
			size_t len = strlen(one->text);
			struct manifest_file file = {
			    .path = one->name,
			    .size = len,
			    .modified = {1700000000, 0},
			    .has_crc32c = true,
			    .crc32c = crc32c_update(0, one->text, len),
			};

			if (!is_directory(one))
				ck_assert_int_eq(
				    manifest_writer_file(writer, &file, &err),
				    0);
		}
	}
	ck_assert_int_eq(manifest_writer_finish(writer, &range, 1, &err), 0);
	manifest_writer_free(writer);
}

int
stored_backup_push(struct sink *to, const void *data, size_t len, size_t step,
		   struct err *err)
{
	const char *bytes = data;
	int result = 0;

	ck_assert_ptr_nonnull(to);
	for (size_t at = 0; at < len && result == 0; at += step)
		result = sink_write(to, bytes + at,
				    len - at < step ? len - at : step, err);
	if (result == 0)
		result = sink_finish(to, err);
	sink_free(to);
	return result;
}

bool
stored_backup_holds(const char *directory, const struct stored_file *files)
{
	bool same = true;

	for (; same && files->text != NULL; files++) {
		struct buf buf = BUF_INIT(MOST);
		struct err err = {0};
		char *path = path_join(directory, files->name, &err);

		ck_assert_ptr_nonnull(path);
		if (is_directory(files))
			same = access(path, X_OK) == 0;
		else
			same = file_load(path, &buf, &err) == 0 &&
			       strcmp(buf_text(&buf), files->text) == 0;
		buf_free(&buf);
		free(path);
	}
	return same;
}
