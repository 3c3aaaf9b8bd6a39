#include "common/tool/settings_walg.h"

#include <string.h>
#include <strings.h>

#include "common/base/log.h"

struct word {
	const char *theirs;
	const char *ours;
};

static const char *
our_word(const struct word *words, const char *theirs)
{
	for (; words->theirs != NULL; words++)
		if (strcasecmp(words->theirs, theirs) == 0)
			return words->ours;
	return NULL;
}

/* What follows WALG_ or WALE_; NULL for other names. */
static const char *
without_prefix(const char *key)
{
	if (strncmp(key, "WALG_", 5) == 0 || strncmp(key, "WALE_", 5) == 0)
		return key + 5;
	return NULL;
}

static bool
asks_for_encryption(const char *key)
{
	static const char *const beginnings[] = {
	    "PGP_KEY", "GPG_KEY_ID", "LIBSODIUM_KEY",
	    "CSE_KMS", "YC_CSE_KMS", "ENVELOPE_",
	};
	const char *name = without_prefix(key);
	size_t i;

	/* These two WAL-G knows by their bare names. */
	if (name == NULL)
		return strcmp(key, "GPG_KEY_ID") == 0 ||
		       strcmp(key, "YC_CSE_KMS_KEY_ID") == 0;
	for (i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
		if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

int
settings_walg_refuse_encryption(const struct settings_pairs *pairs,
				struct err *err)
{
	size_t i;

	for (i = 0; i < pairs->count; i++) {
		const struct settings_pair *pair = &pairs->pair[i];
		char where[SETTINGS_PAIRS_WHERE_SIZE];

		if (pair->value[0] == '\0' || !asks_for_encryption(pair->key))
			continue;
		settings_pairs_where(pairs, pair, where);
		err_set(err, ERR_USAGE,
			"%s asks for WAL-G's encryption, which walnut cannot "
			"do: it would have to write plain text",
			where);
		return err_hint(err, "unset %s if plain text is what you want",
				pair->key);
	}
	return 0;
}

/* Names of one store, the newer and the older, may both be set. */
static int
find_prefix(const struct settings_pairs *pairs, const char *const *names,
	    const struct settings_pair **found, struct err *err)
{
	*found = NULL;
	for (; *names != NULL; names++) {
		const struct settings_pair *pair =
		    settings_pairs_find(pairs, *names);

		if (pair == NULL)
			continue;
		if (*found == NULL) {
			*found = pair;
			continue;
		}
		if (strcmp((*found)->value, pair->value) == 0)
			continue;
		err_set(err, ERR_USAGE, "both %s and %s are set", (*found)->key,
			pair->key);
		return err_hint(err, "unset one, or say which store is meant "
				     "with WALNUT_STORE");
	}
	return 0;
}

int
settings_walg_find(const struct settings_pairs *pairs, enum setting setting,
		   const struct settings_pair **found, struct err *err)
{
	const char *const *names = settings_rows()[setting].aliases;

	*found = NULL;
	if (names == NULL)
		return 0;
	if (setting == SETTING_STORE)
		return find_prefix(pairs, names, found, err);
	for (; *names != NULL && *found == NULL; names++)
		*found = settings_pairs_find(pairs, *names);
	return 0;
}

/* A path becomes part of a file URL, in which a percent sign is an escape. */
static int
append_path(struct buf *text, const char *path, struct err *err)
{
	for (; *path != '\0'; path++) {
		bool percent = *path == '%';

		if (buf_append(text, percent ? "%25" : path, percent ? 3 : 1,
			       err) != 0)
			return -1;
	}
	return 0;
}

/* A path, or a URL of this machine's files. */
static int
translate_file_prefix(const char *value, struct buf *text, struct err *err)
{
	static const char local[] = "file://localhost/";

	if (strncmp(value, local, sizeof local - 1) == 0)
		return buf_print(text, err, "file:///%s",
				 value + sizeof local - 1);
	if (strncmp(value, "file:///", 8) == 0)
		return buf_print(text, err, "%s", value);
	if (value[0] != '/')
		return err_set(err, ERR_USAGE, "\"%s\" is not an absolute path",
			       value);
	if (buf_print(text, err, "file://") != 0)
		return -1;
	return append_path(text, value, err);
}

/* Other stores' prefixes are URLs already. */
static int
translate_prefix(const struct settings_pairs *pairs,
		 const struct settings_pair *found, struct buf *text,
		 struct err *err)
{
	const struct settings_pair *below =
	    settings_pairs_find(pairs, "WALG_STORAGE_PREFIX");
	bool file = strcmp(without_prefix(found->key), "FILE_PREFIX") == 0;

	if ((file ? translate_file_prefix(found->value, text, err)
		  : buf_print(text, err, "%s", found->value)) != 0)
		return -1;
	/* WAL-G puts it between the prefix and every object's name. */
	if (below == NULL)
		return 0;
	if (buf_print(text, err, "/") != 0)
		return -1;
	return append_path(text, below->value + strspn(below->value, "/"), err);
}

static int
translate_compression(const struct settings_pairs *pairs,
		      const struct settings_pair *found, struct buf *text,
		      struct err *err)
{
	/* The levels of zstd that WAL-G's library aims at. */
	static const struct word levels[] = {
	    {"fastest", "zstd:1"}, {"default", "zstd:3"}, {"better", "zstd:7"},
	    {"best", "zstd:11"},   {NULL, NULL},
	};
	const struct settings_pair *level;
	const char *ours;

	if (strcasecmp(found->value, "lz4") == 0)
		return buf_print(text, err, "lz4");
	if (strcasecmp(found->value, "none") == 0)
		return err_set(err, ERR_USAGE,
			       "\"none\" is not possible: a bare object cannot "
			       "be checked; zstd and lz4 can be written");
	if (strcasecmp(found->value, "zstd") != 0)
		return err_set(err, ERR_USAGE,
			       "\"%s\" cannot be written, only zstd and lz4",
			       found->value);

	level = settings_pairs_find(pairs, "WALG_ZSTD_LEVEL");
	ours = our_word(levels, level != NULL ? level->value : "default");
	if (ours == NULL)
		return err_set(err, ERR_USAGE,
			       "WALG_ZSTD_LEVEL \"%s\" is not one of fastest, "
			       "default, better, best",
			       level->value);
	return buf_print(text, err, "%s", ours);
}

static int
translate_log_level(const struct settings_pair *found, struct buf *text,
		    struct err *err)
{
	static const struct word levels[] = {
	    {"ERROR", "quiet"},
	    {"NORMAL", "normal"},
	    {"DEVEL", "verbose"},
	    {NULL, NULL},
	};
	const char *ours = our_word(levels, found->value);

	if (ours == NULL)
		return err_set(err, ERR_USAGE,
			       "\"%s\" is not one of NORMAL, ERROR, DEVEL",
			       found->value);
	return buf_print(text, err, "%s", ours);
}

int
settings_walg_translate(const struct settings_pairs *pairs,
			enum setting setting, const struct settings_pair *found,
			struct buf *text, struct err *err)
{
	switch (setting) {
	case SETTING_STORE:
		return translate_prefix(pairs, found, text, err);
	case SETTING_COMPRESSION:
		return translate_compression(pairs, found, text, err);
	case SETTING_LOG_LEVEL:
		return translate_log_level(found, text, err);
	default:
		/* The rest are numbers, which mean the same to both. */
		return buf_print(text, err, "%s", found->value);
	}
}

void
settings_walg_tell(const struct settings_pairs *pairs)
{
	const struct settings_pair *steps =
	    settings_pairs_find(pairs, "WALG_DELTA_MAX_STEPS");

	if (steps != NULL && strcmp(steps->value, "0") != 0)
		log_debug("WALG_DELTA_MAX_STEPS is ignored: every backup is a "
			  "full one");
}
