#include "archive/wal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/pg/control_file.h"
#include "common/pg/timeline.h"
#include "common/pg/wal_header.h"

/* History files are a line a timeline, backup history files nine lines. */
#define TEXT_MAX (1024 * 1024)

static int
refuse(struct err *err, const char *path)
{
	if (err->kind == ERR_DAMAGED)
		err->kind = ERR_REFUSED;
	return err_context(err, "%s: not archived", path);
}

static int
check_segment(struct wal_file *file, struct err *err)
{
	uint8_t bytes[WAL_HEADER_SIZE];
	struct wal_header header;
	ssize_t len;

	len = file_read_at(file->fd, bytes, sizeof bytes, 0, file->path, err);
	if (len < 0)
		return -1;
	if (wal_header_parse(bytes, (size_t)len, &header, err) != 0 ||
	    wal_header_check(&header, &file->name, file->size, err) != 0)
		return refuse(err, file->path);
	file->system_identifier = header.system_identifier;
	return 0;
}

static int
check_text(const struct wal_file *file, const char *text, size_t len,
	   struct err *err)
{
	static const char first[] = "START WAL LOCATION: ";
	struct timeline_history history = {0};

	if (file->name.kind == WAL_BACKUP_HISTORY) {
		if (strncmp(text, first, sizeof first - 1) == 0)
			return 0;
		return err_set(err, ERR_DAMAGED,
			       "a backup history file begins with \"%s\"",
			       first);
	}
	if (timeline_parse(file->name.timeline, text, len, &history, err) != 0)
		return -1;
	timeline_free(&history);
	return 0;
}

/* The texts name no cluster, so the one they lie in has to be told by its
 * control file. */
static int
check_history(struct wal_file *file, const char *data_directory,
	      struct err *err)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct control_file control;
	int result = -1;

	if (file->size > TEXT_MAX)
		return err_set(err, ERR_REFUSED,
			       "%s: not archived: too large for a history file",
			       file->path);
	if (file_load(file->path, &text, err) != 0)
		goto out;
	if (check_text(file, buf_text(&text), text.len, err) != 0) {
		(void)refuse(err, file->path);
		goto out;
	}
	if (data_directory == NULL) {
		(void)err_set(err, ERR_REFUSED,
			      "%s: not archived: which cluster it belongs to "
			      "cannot be told",
			      file->path);
		(void)err_hint(err, "run it in the data directory, as "
				    "PostgreSQL does");
		goto out;
	}
	if (control_file_read(data_directory, &control, NULL, err) != 0)
		goto out;
	file->system_identifier = control.system_identifier;
	result = 0;
out:
	buf_free(&text);
	return result;
}

static int
open_regular(struct wal_file *file, struct err *err)
{
	struct stat st;

	/* O_NONBLOCK: opening a FIFO must not hang; it means nothing for the
	 * regular files that are let through. */
	file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 || fstat(file->fd, &st) != 0) {
		(void)err_errno(err, errno, "%s", file->path);
		/* "no" is an answer about the archive, not about pg_wal */
		if (err->kind == ERR_ABSENT)
			err->kind = ERR_SYSTEM;
		return -1;
	}
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_REFUSED,
			       "%s: not archived: not a regular file",
			       file->path);
	file->size = (uint64_t)st.st_size;
	return 0;
}

int
wal_file_open(const char *path, const char *data_directory,
	      struct wal_file *file, struct err *err)
{
	int result;

	memset(file, 0, sizeof *file);
	file->path = path;
	file->fd = -1;
	if (wal_name_parse(path_base(path), &file->name) != 0)
		return err_set(err, ERR_REFUSED,
			       "%s: not archived: not the name of a WAL file",
			       path);
	result = open_regular(file, err);
	if (result == 0) {
		if (file->name.kind == WAL_SEGMENT ||
		    file->name.kind == WAL_PARTIAL)
			result = check_segment(file, err);
		else
			result = check_history(file, data_directory, err);
	}
	if (result != 0)
		wal_file_close(file);
	return result;
}

void
wal_file_close(struct wal_file *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	file->fd = -1;
}
