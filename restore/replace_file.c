#include "restore/replace_file.h"

#include <stdlib.h>

#include "common/base/draft.h"
#include "common/base/path.h"

int
replace_file(const char *directory, const char *name, const struct buf *text,
	     struct err *err)
{
	char *path = path_join(directory, name, err);
	struct draft *draft = NULL;
	int result = -1;

	if (path == NULL)
		goto out;
	draft = draft_open(path, NULL, 0600, err);
	if (draft == NULL)
		goto out;
	if (draft_write(draft, buf_text(text), text->len, err) != 0)
		goto out;
	result = draft_commit(draft, DRAFT_REPLACE, err);
out:
	draft_free(draft);
	free(path);
	return result;
}
