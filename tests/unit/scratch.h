/*
 * scratch - a directory for one test, and what tests of files need besides.
 */
#ifndef WALNUT_TESTS_SCRATCH_H
#define WALNUT_TESTS_SCRATCH_H

#include <stddef.h>

/* scratch_make - a new empty directory below $TMPDIR that every user may
 * enter. Fails the test if there is none to be had. Ownership: returns;
 * release with scratch_remove. */
char *scratch_make(void);

/* scratch_remove - remove the directory and all in it, and free its name. */
void scratch_remove(char *directory);

/* scratch_count - the entries in a directory, hidden ones too. */
size_t scratch_count(const char *directory);

/* scratch_write - make a file with these bytes. */
void scratch_write(const char *path, const void *data, size_t len);

/* scratch_drop_root - from here on the process has no special rights: it
 * becomes "nobody" if it was root. */
void scratch_drop_root(void);

#endif
