#include "common/pg/connection_error.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Characters of an SQLSTATE. */
#define STATE_LEN 5

/* Codes that say the user may not: no such role, wrong password, no entry in
 * pg_hba.conf, no right to connect. */
static bool
is_denied(const char *state)
{
	return strncmp(state, "28", 2) == 0 || strcmp(state, "42501") == 0;
}

/*
 * The SQLSTATE in "FATAL:  28P01: password ...", the form of verbose messages.
 * It is recognised by its shape, since the severity before it is translated.
 * Returns where the five characters begin, or NULL.
 */
static const char *
find_state(const char *line, size_t len)
{
	static const char before[] = ":  ";
	size_t need = strlen(before) + STATE_LEN + 2;

	for (size_t i = 0; i + need <= len; i++) {
		const char *state = line + i + strlen(before);
		size_t n = 0;

		if (memcmp(line + i, before, strlen(before)) != 0)
			continue;
		while (n < STATE_LEN && (isdigit((unsigned char)state[n]) ||
					 isupper((unsigned char)state[n])))
			n++;
		if (n == STATE_LEN && state[n] == ':' && state[n + 1] == ' ')
			return state;
	}
	return NULL;
}

/* Lines that explain the one above them; their labels are libpq's own, which
 * are not translated in a program that sets no locale. */
static bool
is_aside(const char *line)
{
	return *line == '\t' || strncmp(line, "LOCATION:", 9) == 0 ||
	       strncmp(line, "DETAIL:", 7) == 0 ||
	       strncmp(line, "HINT:", 5) == 0;
}

/* Append to `text` what fits, and keep it one line of text. */
static void
append(char *text, size_t size, const char *more, size_t len)
{
	size_t used = strlen(text);

	if (len > size - 1 - used)
		len = size - 1 - used;
	for (size_t i = 0; i < len; i++)
		text[used + i] =
		    (char)(iscntrl((unsigned char)more[i]) ? ' ' : more[i]);
	text[used + len] = '\0';
}

/* libpq's message for one host after the other, the asides left out and the
 * SQLSTATEs taken out; the last of these is left in `state`. */
static void
join_lines(const char *message, char text[ERR_MESSAGE_SIZE],
	   char state[STATE_LEN + 1])
{
	text[0] = '\0';
	state[0] = '\0';
	while (*message != '\0') {
		size_t len = strcspn(message, "\n");
		const char *code = find_state(message, len);
		size_t head = code ? (size_t)(code - message) : len;

		if (len > 0 && !is_aside(message)) {
			if (text[0] != '\0')
				append(text, ERR_MESSAGE_SIZE, "; ", 2);
			append(text, ERR_MESSAGE_SIZE, message, head);
			if (code) {
				memcpy(state, code, STATE_LEN);
				state[STATE_LEN] = '\0';
				code += STATE_LEN + 2;
				append(text, ERR_MESSAGE_SIZE, code,
				       (size_t)(message + len - code));
			}
		}
		message += len + (message[len] == '\n');
	}
}

int
connection_error_open(const PGconn *pg, struct err *err)
{
	char text[ERR_MESSAGE_SIZE];
	char state[STATE_LEN + 1];
	bool denied;

	join_lines(PQerrorMessage(pg), text, state);
	denied = is_denied(state) || PQconnectionNeedsPassword(pg);
	return err_set(err, denied ? ERR_DENIED : ERR_UNREACHABLE, "%s", text);
}

int
connection_error_session(const PGconn *pg, struct err *err)
{
	bool lost = PQstatus(pg) == CONNECTION_BAD;
	char text[ERR_MESSAGE_SIZE];
	char state[STATE_LEN + 1];

	join_lines(PQerrorMessage(pg), text, state);
	/* Empty statements and COPY have no rows, but no message either. */
	return err_set(err, lost ? ERR_UNREACHABLE : ERR_SYSTEM, "%s",
		       text[0] != '\0' ? text : "the statement has no rows");
}

/* A field of the server's error as one line; false when it has none. */
static bool
field(const PGresult *result, int code, char text[ERR_MESSAGE_SIZE])
{
	const char *value = PQresultErrorField(result, code);

	text[0] = '\0';
	if (value)
		append(text, ERR_MESSAGE_SIZE, value, strlen(value));
	return value != NULL;
}

int
connection_error_query(const PGconn *pg, const PGresult *result,
		       struct err *err)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	enum err_kind kind = ERR_SYSTEM;
	char text[ERR_MESSAGE_SIZE];

	if (!state)
		state = "";
	if (is_denied(state))
		kind = ERR_DENIED;
	/* Whatever the server said last: by now its end has been read too. */
	if (PQstatus(pg) == CONNECTION_BAD)
		kind = ERR_UNREACHABLE;
	if (!field(result, PG_DIAG_MESSAGE_PRIMARY, text))
		return connection_error_session(pg, err);
	(void)err_set(err, kind, "%s", text);
	if (field(result, PG_DIAG_MESSAGE_HINT, text) ||
	    field(result, PG_DIAG_MESSAGE_DETAIL, text))
		return err_hint(err, "%s", text);
	return -1;
}
