#include "common/base/draft.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/fs.h>
#include <sys/syscall.h>
#endif

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/path.h"

#define PREFIX ".walnut."

/* Of the final name this much goes into the draft's, so that with prefix, pid
 * and random part it stays below the 255 bytes a name may have. */
#define BASE_LEN_MAX 200

/* The random part, in hexadecimal digits. */
#define RANDOM_LEN 16

struct draft {
	int fd;
	char *path;      /* the name to come */
	char *directory; /* of path */
	char *temporary; /* the name for now */
	bool there;      /* temporary exists */
	bool failed;     /* bytes may be missing: never to be committed */
};

/* The draft's name for now. Returns; release with free. */
static char *
name_draft(const char *path, const char *directory, struct err *err)
{
	char name[sizeof PREFIX + BASE_LEN_MAX + RANDOM_LEN + 32];
	uint64_t random;

	if (getentropy(&random, sizeof random) != 0) {
		err_errno(err, errno, "%s: no random number to be had", path);
		return NULL;
	}
	(void)snprintf(name, sizeof name, PREFIX "%.*s.%ld.%0*llx",
		       BASE_LEN_MAX, path_base(path), (long)getpid(),
		       RANDOM_LEN, (unsigned long long)random);
	return path_join(directory, name, err);
}

struct draft *
draft_open(const char *path, const char *directory, mode_t mode,
	   struct err *err)
{
	struct draft *draft = NULL;

	if (*path_base(path) == '\0') {
		err_set(err, ERR_USAGE, "\"%s\" is not the name of a file",
			path);
		return NULL;
	}
	draft = calloc(1, sizeof *draft);
	if (draft == NULL) {
		err_memory(err);
		goto fail;
	}
	draft->fd = -1;
	draft->path = strdup(path);
	if (draft->path == NULL) {
		err_memory(err);
		goto fail;
	}
	draft->directory = path_parent(path, err);
	if (draft->directory == NULL)
		goto fail;
	draft->temporary = name_draft(
	    path, directory == NULL ? draft->directory : directory, err);
	if (draft->temporary == NULL)
		goto fail;

	draft->fd =
	    open(draft->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (draft->fd < 0) {
		err_errno(err, errno, "%s: cannot create", draft->temporary);
		goto fail;
	}
	draft->there = true;
	return draft;
fail:
	draft_free(draft);
	return NULL;
}

int
draft_write(struct draft *draft, const void *data, size_t len, struct err *err)
{
	if (file_write(draft->fd, data, len, draft->path, err) == 0)
		return 0;
	draft->failed = true;
	return -1;
}

int
draft_fd(const struct draft *draft)
{
	return draft->fd;
}

bool
draft_intact(const struct draft *draft)
{
	return !draft->failed;
}

/* Where no hard links exist. Returns 0 or an errno. */
static int
rename_if_new(const char *from, const char *to)
{
#if defined(SYS_renameat2) && defined(RENAME_NOREPLACE)
	if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to,
		    RENAME_NOREPLACE) == 0)
		return 0;
	return errno;
#else
	(void)from;
	(void)to;
	return ENOSYS;
#endif
}

/* Whether `path` is our own file: over NFS, a link that was done can come back
 * as EEXIST when its answer was lost and the request sent again. */
static bool
is_ours(const struct draft *draft)
{
	struct stat ours;
	struct stat theirs;

	return fstat(draft->fd, &ours) == 0 &&
	       lstat(draft->path, &theirs) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

static int
name_if_new(struct draft *draft, struct err *err)
{
	int link_errno = 0;
	int rename_errno;

	if (link(draft->temporary, draft->path) != 0)
		link_errno = errno;
	if (link_errno == EEXIST && is_ours(draft))
		link_errno = 0;
	if (link_errno == 0) {
		/* On failure draft_free tries again, then draft_sweep. */
		draft->there = unlink(draft->temporary) != 0;
		return 0;
	}
	if (link_errno != EPERM && link_errno != ENOTSUP &&
	    link_errno != ENOSYS)
		return err_errno(err, link_errno, "%s: cannot create",
				 draft->path);

	rename_errno = rename_if_new(draft->temporary, draft->path);
	if (rename_errno == ENOSYS || rename_errno == EINVAL)
		return err_errno(err, link_errno,
				 "%s: the file system can neither link nor "
				 "rename without replacing",
				 draft->path);
	if (rename_errno != 0)
		return err_errno(err, rename_errno, "%s: cannot create",
				 draft->path);
	draft->there = false;
	return 0;
}

static int
name_over(struct draft *draft, struct err *err)
{
	if (rename(draft->temporary, draft->path) != 0)
		return err_errno(err, errno, "%s: cannot rename to %s",
				 draft->temporary, draft->path);
	draft->there = false;
	return 0;
}

int
draft_commit(struct draft *draft, enum draft_mode mode, struct err *err)
{
	/* Also after a failed flush: the system may have thrown the bytes away
	 * and would call the next flush a success. */
	if (draft->failed)
		return err_set(err, ERR_SYSTEM,
			       "%s: writing failed before, so it stays undone",
			       draft->path);
	if (file_sync(draft->fd, draft->path, err) != 0) {
		draft->failed = true;
		return -1;
	}
	if ((mode == DRAFT_NEW ? name_if_new(draft, err)
			       : name_over(draft, err)) != 0)
		return -1;
	if (file_sync_directory(draft->directory, err) != 0)
		return err_context(err, "%s: in place, but perhaps not durable",
				   draft->path);
	return 0;
}

void
draft_free(struct draft *draft)
{
	if (draft == NULL)
		return;
	/* Either committed and flushed or to be removed: a failed close loses
	 * nothing. */
	if (draft->fd >= 0)
		(void)close(draft->fd);
	if (draft->there)
		(void)unlink(draft->temporary);
	free(draft->temporary);
	free(draft->directory);
	free(draft->path);
	free(draft);
}

/* The process that `name` says it is a draft of, or 0: not a draft's name. */
static pid_t
owner_of(const char *name)
{
	size_t len = strlen(name);
	const char *random;
	const char *at;
	long pid = 0;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 ||
	    len < strlen(PREFIX) + RANDOM_LEN + 4)
		return 0;
	random = name + len - RANDOM_LEN;
	if (random[-1] != '.' ||
	    strspn(random, "0123456789abcdef") != RANDOM_LEN)
		return 0;

	/* ".<pid>." backwards from there, and something before it. */
	at = random - 1;
	while (at > name && isdigit((unsigned char)at[-1]))
		at--;
	if (at == random - 1 || random - 1 - at > 10 || at[-1] != '.' ||
	    at - 1 <= name + strlen(PREFIX))
		return 0;
	for (; *at != '.'; at++)
		pid = pid * 10 + (*at - '0');
	return pid == (pid_t)pid ? (pid_t)pid : 0;
}

static bool
is_older(struct timespec changed, uint64_t age_ms)
{
	struct timespec now = clock_now();
	uint64_t seconds;

	if (clock_compare(changed, now) >= 0)
		return false;
	seconds = (uint64_t)(now.tv_sec - changed.tv_sec);
	/* Whole seconds are compared first, as any number is allowed. */
	if (seconds != age_ms / 1000)
		return seconds > age_ms / 1000;
	return now.tv_nsec - changed.tv_nsec > (long)(age_ms % 1000) * 1000000;
}

/* Removes one entry if it is an abandoned draft. Returns how many, or -1. */
static int
sweep_entry(int directory_fd, const char *name, uint64_t age_ms, int same_host,
	    struct err *err)
{
	pid_t pid = owner_of(name);
	struct stat st;
	bool gone;

	if (pid <= 0)
		return 0;
	/* Here and at unlink: another sweep or the owner may be faster. */
	if (fstatat(directory_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : err_errno(err, errno, "%s", name);
	if (!S_ISREG(st.st_mode))
		return 0;
	gone = same_host && kill(pid, 0) != 0 && errno == ESRCH;
	if (!gone && !is_older(st.st_mtim, age_ms))
		return 0;
	if (unlinkat(directory_fd, name, 0) != 0)
		return errno == ENOENT
			   ? 0
			   : err_errno(err, errno, "%s: cannot remove", name);
	return 1;
}

int
draft_sweep(const char *directory, uint64_t age_ms, int same_host,
	    struct err *err)
{
	struct dirent *entry;
	DIR *dir = NULL;
	int result = -1;
	int removed = 0;

	dir = opendir(directory);
	if (dir == NULL) {
		if (errno == ENOENT)
			return 0;
		return err_errno(err, errno, "%s: cannot open", directory);
	}
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		int swept = sweep_entry(dirfd(dir), entry->d_name, age_ms,
					same_host, err);

		if (swept < 0) {
			err_context(err, "%s", directory);
			goto out;
		}
		removed += swept;
	}
	if (errno != 0) {
		err_errno(err, errno, "%s: cannot list", directory);
		goto out;
	}
	result = removed;
out:
	(void)closedir(dir);
	return result;
}
