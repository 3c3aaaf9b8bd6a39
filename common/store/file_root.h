/*
 * file_root - where a file store lies: its paths, how messages call them, and
 * what it means when something is not there.
 */
#ifndef WALNUT_STORE_FILE_ROOT_H
#define WALNUT_STORE_FILE_ROOT_H

#include "common/base/attr.h"
#include "common/base/err.h"

/* Where drafts are written, below the root. */
#define FILE_ROOT_DRAFTS ".drafts"

/* What the names of drafts begin with; see draft.h. */
#define FILE_ROOT_DRAFT_PREFIX ".walnut."

/* Modes of what is created, before the umask. */
#define FILE_ROOT_FILE_MODE 0640
#define FILE_ROOT_DIRECTORY_MODE 0750

struct file_root {
	char *path; /* absolute, no empty or "." components, no slash behind */
	char *url;  /* the same as a URL */
};

/* file_root_init - fill *root. Release with file_root_clear, also on failure.
 * Errors: ERR_USAGE for a path that is not absolute, or "/" itself. */
MUST_CHECK int file_root_init(struct file_root *root, const char *path,
			      struct err *err);

void file_root_clear(struct file_root *root);

/* file_root_path - the path of an object or directory. Ownership: returns;
 * release with free. */
MUST_CHECK char *file_root_path(const struct file_root *root, const char *name,
				struct err *err);

/*
 * file_root_errno - "url/name: what: reason", with the kind of `errnum`, but
 * never ERR_ABSENT: that is for file_root_absent to say. Returns -1.
 */
int file_root_errno(const struct file_root *root, const char *name, int errnum,
		    const char *what, struct err *err);

/*
 * file_root_absent - nothing lies under `name`: find out what that means.
 * Returns -1 always: ERR_ABSENT when the store is there and just has no such
 * object; ERR_UNREACHABLE when the root is missing, or when the name's first
 * directory is a symbolic link that leads nowhere, since what it leads to may
 * just not be mounted.
 */
int file_root_absent(const struct file_root *root, const char *name,
		     struct err *err);

/*
 * file_root_make - create the root directory if it is not there, but nothing
 * above it: that is where another file system would be mounted.
 * Errors: ERR_UNREACHABLE when the directory above is missing.
 */
MUST_CHECK int file_root_make(const struct file_root *root, struct err *err);

/*
 * file_root_reword - give a message from the base floor, which speaks of paths,
 * the store's words and make sure that it names the object. Returns -1.
 */
int file_root_reword(const struct file_root *root, const char *name,
		     struct err *err);

#endif
