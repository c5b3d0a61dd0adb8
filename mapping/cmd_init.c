/* `rejoin init`: a workspace to start from. rejoin.json says in comments what to fill in; the mapping is a copy of the one
 * shipped for the pair. Nothing that exists is overwritten. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/cmd.h"
#include "core/conf.h"
#include "core/lang.h"
#include "core/mem.h"
#include "core/system.h"

#define MAPPING_MAX ((size_t)4 << 20)

static const char gitignore[] =
    "# What rejoin remembers (it holds customer data), and the tables it writes.\n"
    ".rejoin/\nexports/\n*.csv\n!mappings/*.csv\n*.xlsx\n*.manifest.json\n*.part\n*.token\n*.pem\n";

/* For a kind that says nothing of its own. */
static const struct system_setup plain = {
	.name = "crm",
	.members = "      // The address of the service, without a path.\n"
		   "      \"url\": \"https://YOUR-ORGANISATION.example.com\",\n"
		   "      \"auth\": {\n"
		   "        // Or another flow: client-credentials, refresh-token, device-code, jwt-bearer.\n"
		   "        \"flow\": \"token\",\n"
		   "        \"token\": {\"env\": \"CRM_TOKEN\"}\n"
		   "      }\n",
};

static const struct system_driver *find_kind(const char *option, const char *kind, struct err *err)
{
	const struct system_driver *found = system_driver_find(kind);
	struct buf kinds = { 0 };

	if (found)
		return found;
	for (size_t i = 0; system_drivers[i]; i++)
		buf_addf(&kinds, "%s%s", i ? ", " : "", system_drivers[i]->kind);
	err_set(err, ERR_USAGE, "--%s: \"%s\" is no kind of system: %s", option, kind, kinds.len ? kinds.s : "none is built in");
	buf_release(&kinds);
	return NULL;
}

static const struct system_setup *setup_of(const struct system_driver *d)
{
	return d->setup && d->setup->name && d->setup->members ? d->setup : &plain;
}

/* The shipped file of that name: in $REJOIN_SHARE, in ../share/rejoin/mappings beside the program's folder, or in
 * samples/mappings of a source tree that the program was built in. Malloc'd; NULL with ERR_USAGE. */
static char *find_shipped(const char *name, struct err *err)
{
	const char *share = getenv("REJOIN_SHARE");
	char folder[PATH_MAX], *path = NULL;
	ssize_t n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);

	if (share && *share) {
		path = xasprintf("%s/%s", share, name);
		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	folder[n > 0 ? n : 0] = '\0';
	for (int up = 0; up < 4; up++) {
		char *slash = strrchr(folder, '/');
		if (!slash)
			break;
		*slash = '\0';
		path = up == 1 ? xasprintf("%s/share/rejoin/mappings/%s", folder, name)
			       : xasprintf("%s/samples/mappings/%s", folder, name);
		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	err_set(err, ERR_USAGE,
	    "no mapping %s is shipped (looked in $REJOIN_SHARE and beside the program); write one, "
	    "or set "
	    "REJOIN_SHARE to the folder that holds it",
	    name);
	return NULL;
}

static void add_system(struct buf *b, const struct system_driver *d, const char *name, const char *after)
{
	buf_addf(b, "    \"%s\": {\n      \"kind\": \"%s\",\n%s    }%s\n", name, d->kind,
	    setup_of(d)->members, after);
}

static void add_config(
    struct buf *b, const struct system_driver *left, const struct system_driver *right, const char *mapping)
{
	const char *left_is = setup_of(left)->name, *right_is = setup_of(right)->name;
	bool same = strcmp(left_is, right_is) == 0;
	char *left_name = same ? xasprintf("%s-from", left_is) : xstrdup(left_is);
	char *right_name = same ? xasprintf("%s-to", right_is) : xstrdup(right_is);

	buf_adds(b,
	    "// The workspace of rejoin: which systems there are, and which two are one pair.\n"
	    "// Fill in what stands in CAPITALS; `rejoin check` then reads without writing "
	    "anything.\n"
	    "{\n  \"$schema\": \"rejoin.schema.json\",\n  \"systems\": {\n");
	add_system(b, left, left_name, ",");
	add_system(b, right, right_name, "");
	buf_addf(b,
	    "  },\n  \"pairs\": {\n    \"main\": {\n      \"left\": \"%s\",\n      \"right\": "
	    "\"%s\",\n"
	    "      \"mapping\": \"%s\",\n"
	    "      // \"off\" while the connector's flows are paused: they then wake for none of "
	    "our writes.\n"
	    "%s"
	    "      \"connector\": \"on\",\n"
	    "      // What a day allows, and what of it is left to others.\n"
	    "      \"daily_calls\": 10000,\n      \"reserve\": 2000\n    }\n  },\n"
	    "  \"locale\": \"%s\",\n"
	    "  // A plan that changes more than this share of the pairs stops before anything is "
	    "sent.\n"
	    "  \"max_change\": \"50%%\"\n}\n",
	    left_name, right_name, mapping,
	    (system_driver_find(left->kind)->caps | system_driver_find(right->kind)->caps) & CAP_SUPPRESS
		? "      // \"suppress\": our writes to Dynamics ask it to trigger no flows at all, anybody's.\n"
		: "",
	    lang_name());
	free(left_name);
	free(right_name);
}

/* Refuses before anything is written, so that a refusal leaves nothing half made. */
static int must_not_exist(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return err_set(err, ERR_USAGE,
		    "%s exists; init overwrites nothing: move it away, or go on with it", path);
	return errno == ENOENT || errno == ENOTDIR
		   ? 0
		   : err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
}

static int write_new(const char *path, const struct buf *b, struct err *err)
{
	if (file_write_whole(path, b->s, b->len, 0644, err) < 0)
		return -1;
	/* The rest of the program refuses a configuration that others may write, whatever the umask was. */
	if (chmod(path, 0644) < 0)
		return err_set(err, ERR_FAILED, "%s: chmod 644: %s", path, strerror(errno));
	out_line("wrote %s", path);
	out_file("config", path);
	return 0;
}

/* What editors check the files by. One that is there stays; without one the files are as good. */
static int write_schema(const char *shipped, const char *target, struct err *err)
{
	struct err missing = { 0 };
	struct buf copy = { 0 };
	char *path = access(target, F_OK) == 0 ? NULL : find_shipped(shipped, &missing);
	size_t len;
	char *text = path ? file_read(path, MAPPING_MAX, &len, err) : NULL;
	int result = path && !text ? -1 : 0;

	if (text) {
		buf_add(&copy, text, len);
		result = write_new(target, &copy, err);
	}
	buf_release(&copy);
	free(text);
	free(path);
	return result;
}

static int run(const struct options *o, struct err *err)
{
	const struct system_driver *left =
	    find_kind("left", o->left ? o->left : "partner-center", err);
	const struct system_driver *right =
	    left ? find_kind("right", o->right ? o->right : "dynamics", err) : NULL;
	char *name = NULL, *shipped = NULL, *target = NULL, *mapping = NULL;
	struct buf config = { 0 }, ignore = { 0 }, copy = { 0 };
	size_t len;
	int result = -1;

	if (!right)
		goto done;
	if (o->n_args > 0) {
		err_set(err, ERR_USAGE, "init takes no argument \"%s\"; it works in this folder",
		    o->arg[0]);
		goto done;
	}
	name = xasprintf("%s-%s.json", left->kind, right->kind);
	target = xasprintf("mappings/%s", name);
	shipped = find_shipped(name, err);
	mapping = shipped ? file_read(shipped, MAPPING_MAX, &len, err) : NULL;
	if (!mapping || must_not_exist("rejoin.json", err) < 0 || must_not_exist(target, err) < 0)
		goto done;
	if (mkdir("mappings", 0755) < 0 && errno != EEXIST) {
		err_set(err, ERR_USAGE, "mappings: %s", strerror(errno));
		goto done;
	}
	add_config(&config, left, right, target);
	buf_adds(&ignore, gitignore);
	buf_add(&copy, mapping, len);
	if (write_new(target, &copy, err) < 0 ||
	    write_schema("mapping.schema.json", "mappings/mapping.schema.json", err) < 0 ||
	    write_schema("../rejoin.schema.json", "rejoin.schema.json", err) < 0)
		goto done;
	if (access(".gitignore", F_OK) < 0 && write_new(".gitignore", &ignore, err) < 0)
		goto done;
	/* Last: a workspace exists once its rejoin.json does. */
	if (write_new("rejoin.json", &config, err) < 0)
		goto done;
	out_line("Fill in rejoin.json, then run `rejoin check`.");
	result = 0;
done:
	buf_release(&config);
	buf_release(&ignore);
	buf_release(&copy);
	free(mapping);
	free(shipped);
	free(target);
	free(name);
	return result;
}

const struct command cmd_init = {
	.name = "init",
	.usage = "[--left KIND --right KIND]",
	.summary = N_("writes a workspace: rejoin.json, a mapping, .gitignore"),
	.options = "left right",
	.help = N_("KIND is partner-center, dynamics, salesforce or one that was built in; without options partner-center "
		"with dynamics.\n"
		"Nothing that exists is overwritten.\n"),
	.run = run,
};
