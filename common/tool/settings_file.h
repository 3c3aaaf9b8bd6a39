/*
 * settings_file - walnut.conf: KEY=value lines.
 *
 * What a shell and systemd's EnvironmentFile would read the same way: blank
 * lines, comments, an optional `export`, values bare or in single or double
 * quotes. A bare value ends before " #". There are no escapes and no variables.
 */
#ifndef WALNUT_TOOL_SETTINGS_FILE_H
#define WALNUT_TOOL_SETTINGS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/tool/settings_pairs.h"

/* Bytes a file may hold at most. */
#define SETTINGS_FILE_LIMIT ((size_t)1 << 20)

/*
 * settings_file_parse - append the pairs in `len` bytes of text, which are the
 * file called pairs->path.
 * Errors: ERR_USAGE names file and line, never its contents, which may be
 * secret: not KEY=value, a quote that does not end, a key that was there
 * before.
 */
MUST_CHECK int settings_file_parse(struct settings_pairs *pairs,
				   const char *text, size_t len,
				   struct err *err);

/*
 * settings_file_load - read `path` and append its pairs. A file that is not
 * there is no error unless it is `required`.
 * Errors: ERR_USAGE, also for a file that cannot be read or is too large.
 */
MUST_CHECK int settings_file_load(struct settings_pairs *pairs,
				  const char *path, bool required,
				  struct err *err);

#endif
