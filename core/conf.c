/* The workspace: finding rejoin.json as git finds its folder, who may have written it, and the folder .rejoin/ (0700)
 * for what rejoin itself keeps. A configuration that another account can change could send our tokens elsewhere. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/conf_file.h"
#include "core/lang.h"
#include "core/mem.h"
#include "core/system.h"

#define CONF_NAME "rejoin.json"

/* The folder that holds rejoin.json, from `from` upwards; malloc'd, NULL when there is none. */
static char *find_root(const char *from)
{
	char *folder = realpath(from, NULL);

	while (folder) {
		char *path = xasprintf("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, CONF_NAME);
		struct stat st;
		bool found = stat(path, &st) == 0 || errno == EACCES;
		free(path);
		if (found)
			return folder;
		char *slash = strrchr(folder, '/');
		if (slash[1] == '\0') {
			free(folder);
			folder = NULL;
		} else {
			slash[slash == folder ? 1 : 0] = '\0';
		}
	}
	return folder;
}

/* Is there a rejoin.json in this folder or above? */
bool workspace_exists(const char *from)
{
	char *root = find_root(from);
	bool found = root != NULL;

	free(root);
	return found;
}

static int check_owner(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "%s: is no regular file", path);
	if (st.st_uid != geteuid())
		return err_set(err, ERR_USAGE,
		    "%s: belongs to user %u, not to you (%u): it decides where your tokens go; "
		    "chown it, or copy the workspace",
		    path, (unsigned)st.st_uid, (unsigned)geteuid());
	if (st.st_mode & 022)
		return err_set(err, ERR_USAGE,
		    "%s: others may write it (mode %04o): it decides where your tokens go; run "
		    "chmod go-w %s",
		    path, (unsigned)st.st_mode & 07777, path);
	return 0;
}

/* See core/conf.h. */
int workspace_open(struct workspace *ws, const char *from, struct err *err)
{
	char *path = NULL;
	int result = -1, mistakes;

	*ws = (struct workspace){ .max_change = 0.5 };
	ws->root = find_root(from);
	if (!ws->root) {
		err_set(err, ERR_USAGE,
		    "no %s in %s or any folder above it; `rejoin init` makes one", CONF_NAME, from);
		goto done;
	}
	path = xasprintf("%s/%s", strcmp(ws->root, "/") == 0 ? "" : ws->root, CONF_NAME);
	if (check_owner(path, err) < 0 || json_file_open(&ws->file, path, err) < 0)
		goto done;
	mistakes = conf_parse(ws);
	if (mistakes > 0) {
		err_set(err, ERR_USAGE, lang_plural("%s: %d mistake, listed above",
		    "%s: %d mistakes, listed above", (unsigned long)mistakes), path, mistakes);
		goto done;
	}
	result = 0;
done:
	free(path);
	if (result < 0)
		workspace_close(ws);
	return result;
}

static void secret_release(struct secret *s)
{
	for (char **arg = s->argv; arg && *arg; arg++)
		free(*arg);
	free(s->argv);
	free(s->name);
	free(s->where);
}

void conf_system_release(struct system_conf *s)
{
	free(s->name);
	free(s->kind);
	free(s->title);
	free(s->url);
	free(s->file);
	free(s->record);
	free(s->api);
	free(s->portal);
	free(s->environment);
	free(s->auth.flow);
	free(s->auth.token_url);
	free(s->auth.device_url);
	free(s->auth.scope);
	free(s->auth.audience);
	free(s->auth.client_id);
	free(s->auth.user);
	secret_release(&s->auth.token);
	secret_release(&s->auth.client_secret);
	secret_release(&s->auth.refresh_token);
	secret_release(&s->auth.key);
	secret_release(&s->auth.certificate);
	*s = (struct system_conf){ 0 };
}

/* Accepts a zeroed workspace. */
void workspace_close(struct workspace *ws)
{
	for (size_t i = 0; i < ws->n_systems; i++)
		conf_system_release(&ws->systems[i]);
	for (size_t i = 0; i < ws->n_pairs; i++) {
		free(ws->pairs[i].name);
		free(ws->pairs[i].mapping);
	}
	free(ws->systems);
	free(ws->pairs);
	free(ws->locale);
	free(ws->root);
	json_file_close(&ws->file);
	*ws = (struct workspace){ 0 };
}

/* By its name in rejoin.json; NULL when unknown. */
struct system_conf *workspace_system(struct workspace *ws, const char *name)
{
	for (size_t i = 0; i < ws->n_systems; i++)
		if (strcmp(ws->systems[i].name, name) == 0)
			return &ws->systems[i];
	return NULL;
}

static bool side_fits(const struct pair_conf *pair, enum side side, const char *name)
{
	return !name || (pair->side[side] && strcmp(pair->side[side]->name, name) == 0);
}

/* The pair that has the systems named in their places; ERR_USAGE names the choices. */
struct pair_conf *workspace_pair(
    struct workspace *ws, const char *left, const char *right, struct err *err)
{
	struct pair_conf *found = NULL;
	struct buf choices = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < ws->n_pairs; i++) {
		struct pair_conf *pair = &ws->pairs[i];
		buf_addf(&choices, "%s%s (%s, %s)", i ? ", " : "", pair->name,
		    pair->side[LEFT]->name, pair->side[RIGHT]->name);
		if (side_fits(pair, LEFT, left) && side_fits(pair, RIGHT, right)) {
			found = pair;
			n++;
		}
	}
	if (n != 1) {
		if (ws->n_pairs == 0)
			err_set(err, ERR_USAGE, "%s: has no pairs", ws->file.path);
		else if (n == 0)
			err_set(err, ERR_USAGE, "no pair has %s%s%s in %s; the pairs there: %s",
			    left ? left : right, left && right ? " and " : "",
			    left && right ? right : "",
			    left && right ? _("these places") : _("its place"),
			    choices.s);
		else
			err_set(err, ERR_USAGE, "which pair? Give --pair NAME or LEFT RIGHT: %s",
			    choices.s);
		found = NULL;
	}
	buf_release(&choices);
	return found;
}

/* "ROOT/.rejoin/NAME", malloc'd. The folder is made 0700, or narrowed to it; one that others may write is refused. */
char *workspace_path(const struct workspace *ws, const char *name, struct err *err)
{
	char *folder = xasprintf("%s/.rejoin", ws->root);
	char *path = NULL;
	struct stat st;

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		err_set(err, ERR_LEDGER, "%s: %s", folder, strerror(errno));
	else if (lstat(folder, &st) < 0)
		err_set(err, ERR_LEDGER, "%s: %s", folder, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		err_set(err, ERR_LEDGER, "%s: is no folder (or a link): move it away", folder);
	else if (st.st_uid != geteuid())
		err_set(err, ERR_LEDGER, "%s: belongs to user %u, not to you: chown it", folder,
		    (unsigned)st.st_uid);
	else if (st.st_mode & 022)
		err_set(err, ERR_LEDGER, "%s: others may write in it: run chmod 700 %s", folder,
		    folder);
	else if ((st.st_mode & 077) && chmod(folder, 0700) < 0)
		err_set(err, ERR_LEDGER, "%s: chmod 700: %s", folder, strerror(errno));
	else
		path = xasprintf("%s/%s", folder, name);
	free(folder);
	return path;
}

/* Does the argument name a table by its end? */
bool conf_is_table(const char *arg)
{
	size_t n = strlen(arg);

	return (n > 4 && strcasecmp(arg + n - 4, ".csv") == 0) ||
	       (n > 5 && strcasecmp(arg + n - 5, ".xlsx") == 0);
}

/* See core/conf_file.h. Options of a configured system of that kind (record, portal) hold for its files too. */
int conf_file_system(struct workspace *ws, const char *path, const char *kind,
    struct system_conf *out, struct err *err)
{
	const struct system_driver *driver = kind ? system_driver_find(kind) : NULL;
	const struct system_conf *like = NULL;
	const char *base = strrchr(path, '/');
	char *absolute;

	*out = (struct system_conf){ 0 };
	if (kind && !driver)
		return err_set(err, ERR_USAGE, "%s: \"%s\" is no kind of system", path, kind);
	if (!conf_is_table(path))
		return err_set(err, ERR_USAGE,
		    "%s: is neither a system of rejoin.json nor a .csv or .xlsx file", path);
	absolute = realpath(path, NULL);
	if (!absolute)
		return err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
	for (size_t i = 0; ws && kind && i < ws->n_systems && !like; i++)
		if (strcmp(ws->systems[i].kind, kind) == 0)
			like = &ws->systems[i];
	out->name = xstrdup(path);
	out->file = absolute;
	out->kind = kind ? xstrdup(kind) : NULL;
	out->title = xstrdup(driver ? driver->title : base ? base + 1 : path);
	out->record = like && like->record ? xstrdup(like->record) : NULL;
	out->portal = like && like->portal ? xstrdup(like->portal) : NULL;
	return 0;
}
