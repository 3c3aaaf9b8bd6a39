#include "common/base/path.h"

#include <stdlib.h>
#include <string.h>

char *
path_join(const char *directory, const char *name, struct err *err)
{
	size_t directory_len = strlen(directory);
	size_t name_len;
	size_t len = 0;
	char *path;

	while (directory_len > 0 && directory[directory_len - 1] == '/')
		directory_len--;
	while (*name == '/')
		name++;
	name_len = strlen(name);

	path = malloc(directory_len + name_len + 2);
	if (path == NULL) {
		err_memory(err);
		return NULL;
	}
	memcpy(path, directory, directory_len);
	len = directory_len;
	/* No directory at all must not turn a relative name absolute. */
	if (directory[0] != '\0')
		path[len++] = '/';
	memcpy(path + len, name, name_len + 1);
	return path;
}

char *
path_parent(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *text = path;
	size_t len;
	char *parent;

	if (slash == NULL) {
		text = ".";
		len = 1;
	} else {
		len = (size_t)(slash - path);
		while (len > 0 && path[len - 1] == '/')
			len--;
		if (len == 0)
			len = 1; /* the root is its own parent */
	}

	parent = malloc(len + 1);
	if (parent == NULL) {
		err_memory(err);
		return NULL;
	}
	memcpy(parent, text, len);
	parent[len] = '\0';
	return parent;
}

const char *
path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

bool
path_stays_below(const char *name)
{
	for (;;) {
		size_t len = strcspn(name, "/");

		/* An empty component also stands for an empty name, a leading
		 * and a trailing slash. */
		if (len == 0 || (len == 1 && name[0] == '.') ||
		    (len == 2 && name[0] == '.' && name[1] == '.'))
			return false;
		if (name[len] == '\0')
			return true;
		name += len + 1;
	}
}
