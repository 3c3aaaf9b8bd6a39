#include "common/store/file_root.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/path.h"

/* One spelling for each directory, as receipts compare URLs. ".." stays, since
 * behind a symbolic link it does not lead back. */
static void
copy_path(char *to, const char *path)
{
	while (*path != '\0') {
		size_t len = strcspn(path, "/");

		if (len > 0 && !(len == 1 && path[0] == '.')) {
			*to++ = '/';
			memcpy(to, path, len);
			to += len;
		}
		path += len;
		path += *path == '/';
	}
	*to = '\0';
}

/* Only what would break the URL or the line it stands in is escaped, so that
 * people still read their own path. */
static void
copy_escaped(char *to, const char *path)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *path != '\0'; path++) {
		unsigned char byte = (unsigned char)*path;

		if (byte > ' ' && byte != '%' && byte != 0x7f) {
			*to++ = *path;
			continue;
		}
		*to++ = '%';
		*to++ = digits[byte >> 4];
		*to++ = digits[byte & 15];
	}
	*to = '\0';
}

int
file_root_init(struct file_root *root, const char *path, struct err *err)
{
	size_t len = strlen(path);

	root->path = NULL;
	root->url = NULL;
	if (path[0] != '/')
		return err_set(err, ERR_USAGE,
			       "%s: a file store needs an absolute path", path);
	root->path = malloc(len + 1);
	root->url = malloc(strlen("file://") + 3 * len + 1);
	if (root->path == NULL || root->url == NULL)
		return err_memory(err);
	copy_path(root->path, path);
	/* More often an empty variable in a setting than a wish. */
	if (root->path[0] == '\0')
		return err_set(err, ERR_USAGE,
			       "%s: the root of all files cannot be a store",
			       path);
	memcpy(root->url, "file://", strlen("file://"));
	copy_escaped(root->url + strlen("file://"), root->path);
	return 0;
}

void
file_root_clear(struct file_root *root)
{
	free(root->url);
	free(root->path);
}

char *
file_root_path(const struct file_root *root, const char *name, struct err *err)
{
	return path_join(root->path, name, err);
}

int
file_root_errno(const struct file_root *root, const char *name, int errnum,
		const char *what, struct err *err)
{
	err_errno(err, errnum, "%s/%s: %s", root->url, name, what);
	if (err->kind == ERR_ABSENT)
		err->kind = ERR_UNREACHABLE;
	return -1;
}

/* Whether the first directory of `name` is a link whose end is not there. */
static bool
is_cut_off(const struct file_root *root, const char *name, size_t first_len)
{
	struct stat st;
	char *path;
	bool cut_off = false;
	struct err ignored = {0};

	path = file_root_path(root, name, &ignored);
	if (path == NULL)
		return true; /* not knowing must not look like knowing */
	path[strlen(root->path) + 1 + first_len] = '\0';
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		cut_off = stat(path, &st) != 0;
	free(path);
	return cut_off;
}

int
file_root_absent(const struct file_root *root, const char *name,
		 struct err *err)
{
	size_t first_len = strcspn(name, "/");
	struct stat st;

	if (stat(root->path, &st) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return err_errno(err, errno, "%s", root->url);
		err_set(err, ERR_UNREACHABLE,
			"%s: the store's directory does not exist", root->url);
		return err_hint(err, "is it mounted?");
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_UNREACHABLE, "%s: not a directory",
			       root->url);
	if (first_len > 0 && is_cut_off(root, name, first_len)) {
		err_set(err, ERR_UNREACHABLE,
			"%s/%.*s: a symbolic link that leads nowhere",
			root->url, (int)first_len, name);
		return err_hint(err, "is what it leads to mounted?");
	}
	return err_set(err, ERR_ABSENT, "%s/%s: no such object", root->url,
		       name);
}

int
file_root_make(const struct file_root *root, struct err *err)
{
	char *parent;
	int result;

	if (access(root->path, F_OK) == 0)
		return 0;
	parent = path_parent(root->path, err);
	if (parent == NULL)
		return -1;
	if (access(parent, F_OK) != 0) {
		(void)err_set(err, ERR_UNREACHABLE,
			      "%s: the directory above it does not exist",
			      root->url);
		result = err_hint(err, "is it mounted? if it is new, create %s",
				  parent);
	} else {
		result = file_make_directories(root->path,
					       FILE_ROOT_DIRECTORY_MODE, err);
	}
	free(parent);
	return result;
}

int
file_root_reword(const struct file_root *root, const char *name,
		 struct err *err)
{
	size_t path_len = strlen(root->path);
	size_t url_len = strlen(root->url);
	size_t name_len = strlen(name);
	char hint[ERR_HINT_SIZE];

	if (strncmp(err->message, root->path, path_len) == 0 &&
	    strchr("/:", err->message[path_len]) != NULL) {
		memcpy(hint, err->hint, sizeof hint);
		err_set(err, err->kind, "%s%s", root->url,
			err->message + path_len);
		err_hint(err, "%s", hint);
	}
	if (strncmp(err->message, root->url, url_len) == 0 &&
	    err->message[url_len] == '/' &&
	    strncmp(err->message + url_len + 1, name, name_len) == 0)
		return -1;
	return err_context(err, "%s/%s", root->url, name);
}
