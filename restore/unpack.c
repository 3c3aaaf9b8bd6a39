#include "restore/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/path.h"
#include "common/base/stop.h"
#include "common/stream/tally.h"
#include "common/stream/tar_reader.h"
#include "restore/owner.h"

struct unpack {
	struct sink sink;
	struct sink *tar;
	const struct unpack_to *to;
	struct buf *control;
	/* the member under way */
	char *name;
	char *path; /* NULL: nothing is written */
	int fd;     /* -1: likewise */
	bool is_file;
	bool is_control;
	struct tally tally;
};

static void
forget_member(struct unpack *unpack)
{
	if (unpack->fd >= 0)
		(void)close(unpack->fd);
	unpack->fd = -1;
	free(unpack->name);
	unpack->name = NULL;
	free(unpack->path);
	unpack->path = NULL;
}

static int
make_directory(const char *path, const struct tar_member *member,
	       struct err *err)
{
	if (file_make_directories(path, 0700, err) != 0)
		return -1;
	if (chmod(path, member->mode & 07777) != 0)
		return err_errno(err, errno, "%s", path);
	return owner_give(path, member, err);
}

/* The directory's own member may lie in a part that comes later. */
static int
make_parent(const char *path, struct err *err)
{
	char *parent = path_parent(path, err);
	int result;

	if (parent == NULL)
		return -1;
	result = file_make_directories(parent, 0700, err);
	free(parent);
	return result;
}

static int
open_file(struct unpack *unpack, const struct tar_member *member,
	  struct err *err)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;

	unpack->fd = open(unpack->path, flags, 0600);
	if (unpack->fd < 0 && errno == ENOENT) {
		if (make_parent(unpack->path, err) != 0)
			return -1;
		unpack->fd = open(unpack->path, flags, 0600);
	}
	if (unpack->fd < 0 || fchmod(unpack->fd, member->mode & 07777) != 0)
		return err_errno(err, errno, "%s", unpack->path);
	return owner_give(unpack->path, member, err);
}

static int
begin(void *context, const struct tar_member *member, struct err *err)
{
	struct unpack *unpack = context;

	if (stop_check(err) != 0)
		return -1;
	forget_member(unpack);
	memset(&unpack->tally, 0, sizeof unpack->tally);
	unpack->is_file = member->type == TAR_FILE;
	unpack->is_control = strcmp(member->name, UNPACK_CONTROL_FILE) == 0;
	if (member->type == TAR_SYMLINK) {
		log_warning("%s: symbolic link to \"%s\" not restored",
			    member->name, member->target);
		return 0;
	}
	unpack->name = strdup(member->name);
	if (unpack->name == NULL)
		return err_memory(err);
	if (unpack->to->directory == NULL || unpack->is_control)
		return 0;
	unpack->path = path_join(unpack->to->directory, member->name, err);
	if (unpack->path == NULL)
		return -1;
	return unpack->is_file ? open_file(unpack, member, err)
			       : make_directory(unpack->path, member, err);
}

static int
data(void *context, const void *bytes, size_t len, struct err *err)
{
	struct unpack *unpack = context;

	tally_add(&unpack->tally, bytes, len);
	progress_add(unpack->to->progress, len, 0);
	if (unpack->is_control && unpack->control != NULL)
		return buf_append(unpack->control, bytes, len, err);
	if (unpack->fd < 0)
		return 0;
	return file_write(unpack->fd, bytes, len, unpack->path, err);
}

static int
close_file(struct unpack *unpack, struct err *err)
{
	int fd = unpack->fd;

	unpack->fd = -1;
	if (fd >= 0 && close(fd) != 0)
		return err_errno(err, errno, "%s", unpack->path);
	return 0;
}

static int
end(void *context, struct err *err)
{
	struct unpack *unpack = context;

	if (close_file(unpack, err) != 0)
		return -1;
	if (!unpack->is_file)
		return 0;
	progress_add(unpack->to->progress, 0, 1);
	if (unpack->to->index == NULL)
		return 0;
	return manifest_index_check(unpack->to->index, unpack->name,
				    unpack->tally.size, unpack->tally.crc32c,
				    err);
}

static int
unpack_write(struct sink *sink, const void *bytes, size_t len, struct err *err)
{
	return sink_write(((struct unpack *)sink)->tar, bytes, len, err);
}

static int
unpack_finish(struct sink *sink, struct err *err)
{
	return sink_finish(((struct unpack *)sink)->tar, err);
}

static void
unpack_free(struct sink *sink)
{
	struct unpack *unpack = (struct unpack *)sink;

	sink_free(unpack->tar);
	forget_member(unpack);
	free(unpack);
}

static const struct sink_ops unpack_ops = {
    "unpack",
    unpack_write,
    unpack_finish,
    unpack_free,
};

struct sink *
unpack_part(const struct unpack_to *to, struct buf *control, struct err *err)
{
	static const struct tar_reader_ops ops = {begin, data, end};
	struct unpack *unpack = calloc(1, sizeof *unpack);

	if (unpack == NULL) {
		(void)err_memory(err);
		return NULL;
	}
	sink_init(&unpack->sink, &unpack_ops);
	unpack->to = to;
	unpack->control = control;
	unpack->fd = -1;
	unpack->tar = tar_reader_new(&ops, unpack, err);
	if (unpack->tar == NULL) {
		free(unpack);
		return NULL;
	}
	return &unpack->sink;
}
