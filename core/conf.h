/* The workspace: rejoin.json, found from any folder below it, and its secrets. */
#ifndef CORE_CONF_H
#define CORE_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"
#include "core/json.h"

enum side { LEFT = 0, RIGHT = 1 };
static inline enum side side_other(enum side s)
{
	return s == LEFT ? RIGHT : LEFT;
}
static inline const char *side_name(enum side s)
{
	return s == LEFT ? "left" : "right";
}

enum secret_kind { SECRET_NONE, SECRET_ENV, SECRET_FILE, SECRET_COMMAND };
struct secret {
	enum secret_kind kind;
	char *name;  /* variable or path (absolute) */
	char **argv; /* command, NULL-terminated */
	char *where; /* file:line:column in rejoin.json, for messages */
};

struct auth_conf {
	char *flow; /* "token", "client-credentials", "refresh-token", "device-code", "jwt-bearer"; NULL: none */
	char *token_url, *device_url, *scope, *audience, *client_id, *user;
	struct secret token, client_secret, refresh_token, key, certificate;
};

#define AT_ONCE_MAX 50 /* Dataverse refuses a user's 52nd concurrent request */

struct system_conf {
	char *name;  /* as in rejoin.json, or the path given on the command line */
	char *kind;  /* "partner-center", "dynamics", "salesforce"; NULL for a file not yet placed */
	char *title; /* as people see it: "Partner Center", "Dynamics" ... from the driver */
	char *url;   /* no trailing slash; NULL for a file */
	char *file;  /* absolute path of a file standing in for a system, or NULL */
	char *record; /* table or object: "opportunity", "Opportunity"; NULL: the driver's default */
	char *api;    /* version, or NULL */
	char *portal; /* address template of a record with {id}, or NULL */
	char *environment; /* a name a person types, or NULL */
	double requests_per_second; /* 0: the driver's default */
	int requests_at_once;       /* 0: what the service recommends, else the driver's default */
	struct auth_conf auth;
	const struct json *json; /* the whole object, for driver options */
};

struct pair_conf {
	char *name;
	struct system_conf *side[2];
	char *mapping; /* absolute path */
	bool connector_on;
	bool suppress; /* our writes are not to wake its flows, where the service can be told so */
	long daily_calls, reserve; /* -1: not limited */
	int approvals;             /* different named approvers that a change needs: 2; else 1 */
};

struct workspace {
	char *root;    /* folder of rejoin.json, absolute; NULL when there is no workspace */
	struct json_file file;
	struct system_conf *systems;
	size_t n_systems;
	struct pair_conf *pairs;
	size_t n_pairs;
	char *locale;      /* "en" */
	double max_change; /* share of 1, default 0.5 */
};

/* Finds and reads rejoin.json from `from` upwards. All mistakes are logged as file:line:column; the error names their
 * number. Refuses a file not owned by the caller or writable by others. */
int workspace_open(struct workspace *ws, const char *from, struct err *err);
void workspace_close(struct workspace *ws);
struct system_conf *workspace_system(struct workspace *ws, const char *name); /* NULL when unknown */
/* The pair that has both systems in their places; both NULL: the only pair. ERR_USAGE names the choices. */
struct pair_conf *workspace_pair(struct workspace *ws, const char *left, const char *right, struct err *err);
/* "ROOT/.rejoin/NAME"; makes the folder (0700). Malloc'd. */
char *workspace_path(const struct workspace *ws, const char *name, struct err *err);

/* A variable that holds a secret: programs run for other secrets do not get it. */
void secret_withhold(const char *variable);
/* The secret's text, malloc'd; the caller wipes it with secret_free. Files are refused unless mode 0600 and owned by
 * the caller; a command runs without a shell for at most 30 s. A trailing line break is dropped. */
char *secret_read(const struct secret *s, struct err *err);
void secret_free(char *text);
/* A file that exists whole or not at all: PATH.part with `mode`, fsync, rename, fsync of the folder. */
int file_write_whole(const char *path, const void *data, size_t len, unsigned mode, struct err *err);
/* The whole of a file of at most `max` bytes, malloc'd and NUL-terminated. */
char *file_read(const char *path, size_t max, size_t *len, struct err *err);

#endif
