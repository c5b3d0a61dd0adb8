/* Reading the command line by the option table. Conventions are those of GNU programs: -abc, -oFILE, --name=VALUE, and
 * options and arguments in any order. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "core/buf.h"
#include "core/lang.h"
#include "core/mem.h"
#include "core/opt.h"
#include "core/opt_table.h"
#include "core/text.h"

#define AT(member) offsetof(struct options, member)

/* Edits (insert, drop, replace, swap) between two words, at most 40 letters long. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), d[42][42];

	if (n > 40 || m > 40)
		return 99;
	for (size_t i = 0; i <= n; i++) {
		for (size_t j = 0; j <= m; j++) {
			size_t best = i == 0   ? j
				      : j == 0 ? i
					       : d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (i && j && d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (i && j && d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}

/* Keeps the nearer of two guesses; a guess must share most of its letters. */
static void nearer(const char *word, const char *guess, const char **best, size_t *least)
{
	size_t n = distance(word, guess);

	if (n < *least && n <= 1 + strlen(guess) / 4) {
		*best = guess;
		*least = n;
	}
}

static int unknown_option(const struct command *cmd, const char *name, struct err *err)
{
	const char *best = NULL;
	size_t least = 99;

	for (size_t i = 0; i < opt_count; i++)
		if (!cmd || opt_table[i].general || opt_listed(cmd->options, opt_table[i].name))
			nearer(name, opt_table[i].name, &best, &least);
	return err_set(err, ERR_USAGE, "unknown option --%s%s%s%s; `rejoin %s%s--help` lists them",
	    name, best ? _("; did you mean --") : "", best ? best : "", best ? "?" : "",
	    cmd ? cmd->name : "", cmd ? " " : "");
}

static int add_list(struct options *o, const struct opt *opt, const char *text, struct err *err)
{
	bool only = opt->at == AT(only);
	const char ***list = only ? &o->only : &o->reject;
	int *n = only ? &o->n_only : &o->n_reject, before = *n;

	while (*text) {
		size_t len = strcspn(text, ",");
		if (len > 0) {
			*list = xreallocarray(*list, (size_t)*n + 1, sizeof(**list));
			(*list)[(*n)++] = xstrndup(text, len);
		}
		text += len + (text[len] == ',');
	}
	if (*n == before)
		return err_set(err, ERR_USAGE, "--%s: names no row and no record id", opt->name);
	return 0;
}

static int set_count(struct options *o, const struct opt *opt, const char *text, struct err *err)
{
	char *end;

	errno = 0;
	long n = strtol(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno)
		return err_set(err, ERR_USAGE, "--%s: \"%s\" is no whole number of 0 or more",
		    opt->name, text);
	memcpy((char *)o + opt->at, &n, sizeof(n));
	return 0;
}

static int set_share(struct options *o, const struct opt *opt, const char *text, struct err *err)
{
	char *end;
	double share = strtod(text, &end);

	if (text[0] < '0' || text[0] > '9' || (*end && strcmp(end, "%") != 0) || !(share <= 100))
		return err_set(
		    err, ERR_USAGE, "--%s: \"%s\" is no share from 0%% to 100%%", opt->name, text);
	share /= 100;
	memcpy((char *)o + opt->at, &share, sizeof(share));
	return 0;
}

static int set_option(struct options *o, const struct opt *opt, const char *text, struct err *err)
{
	static const bool yes = true;

	switch (opt->kind) {
	case KIND_FLAG:
		memcpy((char *)o + opt->at, &yes, sizeof(yes));
		return 0;
	case KIND_COUNT:
		return set_count(o, opt, text, err);
	case KIND_SHARE:
		return set_share(o, opt, text, err);
	case KIND_LIST:
		return add_list(o, opt, text, err);
	case KIND_TIME:
		if (stamp_parse(text, strlen(text)) == STAMP_NONE)
			return err_set(err, ERR_USAGE,
			    "--%s: \"%s\" is no time; write 2026-11-03 or 2026-11-03T14:00:00Z",
			    opt->name, text);
		break;
	case KIND_SIDE:
		if (strcmp(text, "left") != 0 && strcmp(text, "right") != 0)
			return err_set(err, ERR_USAGE, "--%s: \"%s\" is neither left nor right",
			    opt->name, text);
		break;
	case KIND_LANG:
		if (strcmp(text, "en") != 0 && strcmp(text, "fr") != 0)
			return err_set(err, ERR_USAGE, "--lang: \"%s\" is neither en nor fr", text);
		break;
	case KIND_TEXT:
		if (!*text)
			return err_set(err, ERR_USAGE, "--%s: is empty", opt->name);
		break;
	}
	memcpy((char *)o + opt->at, &text, sizeof(text));
	return 0;
}

struct parser {
	char **arg; /* what is left of the command line */
	struct options *o;
	bool used[OPT_MOST]; /* for each row of the table */
	const char *unknown; /* first option nobody knows */
	enum opt_wish wish;
};

static int take(struct parser *p, const struct opt *opt, const char *attached, struct err *err)
{
	if (opt->kind == KIND_FLAG && attached)
		return err_set(err, ERR_USAGE, "--%s takes no value", opt->name);
	if (opt->kind != KIND_FLAG && !attached && *p->arg)
		attached = *p->arg++;
	if (opt->kind != KIND_FLAG && !attached)
		return err_set(err, ERR_USAGE, "--%s needs a value: --%s %s", opt->name, opt->name,
		    opt->value);
	p->used[opt - opt_table] = true;
	return set_option(p->o, opt, attached, err);
}

static int take_long(struct parser *p, const char *name, struct err *err)
{
	size_t n = strcspn(name, "=");
	const struct opt *opt = opt_by_name(name, n);

	if (strcmp(name, "help") == 0)
		p->wish = OPT_HELP;
	else if (strcmp(name, "version") == 0)
		p->wish = OPT_VERSION;
	else if (opt)
		return take(p, opt, name[n] ? name + n + 1 : NULL, err);
	else if (!p->unknown)
		p->unknown = name;
	return 0;
}

static int take_letters(struct parser *p, const char *letters, struct err *err)
{
	for (const char *c = letters; *c; c++) {
		const struct opt *opt = opt_by_letter(*c);
		if (*c == 'h') {
			p->wish = OPT_HELP;
			continue;
		}
		if (!opt)
			return err_set(
			    err, ERR_USAGE, "unknown option -%c; `rejoin help` lists them", *c);
		if (opt->kind != KIND_FLAG)
			return take(p, opt, c[1] ? c + 1 : NULL, err);
		if (take(p, opt, NULL, err) < 0)
			return -1;
	}
	return 0;
}

static const struct command *find_command(
    const struct command *const *commands, const char *name, struct err *err)
{
	const char *best = NULL;
	size_t least = 99;

	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
		nearer(name, commands[i]->name, &best, &least);
	}
	err_set(err, ERR_USAGE, "unknown command \"%s\"%s%s%s; `rejoin help` lists them", name,
	    best ? _("; did you mean ") : "", best ? best : "", best ? "?" : "");
	return NULL;
}

/* A file that can't be written is refused before the services are asked and the ledger is changed. */
static int check_output(const struct command *cmd, const char *path, struct err *err)
{
	const char *ends = strstr(cmd->options, "output:"), *slash = strrchr(path, '/');
	struct buf list = { 0 };
	size_t n = strlen(path);
	bool fits = !ends || strcmp(path, "-") == 0;

	for (const char *e = ends ? ends + strlen("output") : ""; *e == ':' && !fits;) {
		size_t len = strcspn(++e, ": ");
		fits = n > len + 1 && path[n - len - 1] == '.' && strncasecmp(path + n - len, e, len) == 0;
		buf_addf(&list, " .%.*s", (int)len, e);
		e += len;
	}
	if (!fits)
		err_set(err, ERR_USAGE, "-o %s: the name of what `rejoin %s` writes ends in one of%s", path, cmd->name, list.s);
	buf_release(&list);
	if (!fits)
		return -1;
	char *folder = slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
	if (access(folder, W_OK | X_OK) < 0) {
		fits = false;
		err_set(err, ERR_USAGE, "-o %s: the folder %s cannot be written: %s", path, folder, strerror(errno));
	}
	free(folder);
	return fits ? 0 : -1;
}

static int check_used(const struct parser *p, const struct command *cmd, struct err *err)
{
	if (p->unknown) {
		char name[80];
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(p->unknown, "="), p->unknown);
		return unknown_option(cmd, name, err);
	}
	for (size_t i = 0; i < opt_count; i++)
		if (p->used[i] && !opt_table[i].general &&
		    !opt_listed(cmd->options, opt_table[i].name))
			return err_set(err, ERR_USAGE,
			    "`rejoin %s` takes no --%s; `rejoin %s --help` lists "
			    "what it takes",
			    cmd->name, opt_table[i].name, cmd->name);
	if (p->o->json && p->o->output && strcmp(p->o->output, "-") == 0)
		return err_set(
		    err, ERR_USAGE, "-o - and --json both want standard output: name a file");
	if (p->o->output && check_output(cmd, p->o->output, err) < 0)
		return -1;
	if (p->o->quiet && p->o->verbose)
		return err_set(err, ERR_USAGE, "-q and -v contradict each other");
	return 0;
}

/* See core/opt.h. */
int opt_parse(const struct command *const *commands, int argc, char **argv, struct options *o,
    const struct command **cmd, struct err *err)
{
	struct parser p = { .o = o, .wish = OPT_RUN };
	struct err first = { 0 };
	bool only_args = false;

	*o = (struct options){
		.max_calls = -1, .reserve = -1, .allow_irreversible = -1, .max_change = -1
	};
	*cmd = NULL;
	o->arg = xcalloc((size_t)argc + 1, sizeof(*o->arg));
	p.arg = argv + (argc > 0 ? 1 : 0);
	while (*p.arg) {
		const char *arg = *p.arg++;
		struct err why = { 0 };
		if (only_args || arg[0] != '-' || !arg[1])
			o->arg[o->n_args++] = arg;
		else if (strcmp(arg, "--") == 0)
			only_args = true;
		else if ((arg[1] == '-' ? take_long(&p, arg + 2, &why)
					: take_letters(&p, arg + 1, &why)) < 0 &&
			 first.kind == ERR_NONE)
			first = why; /* go on: --json may follow, and decides how this is told */
	}
	if (p.wish == OPT_VERSION)
		return OPT_VERSION;
	bool help = o->n_args > 0 && strcmp(o->arg[0], "help") == 0;
	if (help) {
		p.wish = OPT_HELP;
		memmove(o->arg, o->arg + 1, (size_t)o->n_args * sizeof(*o->arg));
		o->n_args--;
	}
	if (o->n_args > 0) {
		*cmd = find_command(commands, o->arg[0], err);
		if (!*cmd)
			return -1;
		memmove(o->arg, o->arg + 1, (size_t)o->n_args * sizeof(*o->arg));
		o->n_args--;
	}
	if (p.wish == OPT_HELP)
		return OPT_HELP;
	if (first.kind != ERR_NONE) {
		*err = first;
		return -1;
	}
	if (!*cmd)
		return p.unknown ? unknown_option(NULL, p.unknown, err) : OPT_NOTHING;
	return check_used(&p, *cmd, err) < 0 ? -1 : OPT_RUN;
}

/* Accepts a zeroed one. */
void opt_release(struct options *o)
{
	for (int i = 0; i < o->n_only; i++)
		free((char *)(uintptr_t)o->only[i]);
	for (int i = 0; i < o->n_reject; i++)
		free((char *)(uintptr_t)o->reject[i]);
	free(o->only);
	free(o->reject);
	free(o->arg);
	*o = (struct options){ 0 };
}
