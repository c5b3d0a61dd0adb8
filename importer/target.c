/* The plan a command works on, and all that belongs to it: workspace, ledger, pair, mapping. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"
#include "importer/apply.h"

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcasecmp(s + n - m, end) == 0;
}

static int load_plan(struct target *t, int64_t id, struct err *err)
{
	int found = ledger_plan_load(&t->ledger, &t->mem, id, &t->plan, err);

	if (found == 0 && id)
		return err_set(err, ERR_USAGE, "no plan p-%lld in %s; `rejoin log` lists them",
		    (long long)id, t->ledger.path);
	if (found == 0)
		return err_set(err, ERR_USAGE, "there is no plan yet; run `rejoin plan`");
	return found < 0 ? -1 : 0;
}

/* The mapping is part of what was approved: another one would write other things. */
static int load_mapping(struct target *t, struct err *err)
{
	const char *want = t->plan.mapping_sha256;
	size_t len = 0;
	char *text, hex[65];

	if (t->has_mapping)
		return 0;
	text = file_read(t->plan.mapping, (size_t)16 << 20, &len, err);
	if (!text)
		return err_prefix(err, "mapping of p-%lld", (long long)t->plan.id);
	sha256_hex(text, len, hex);
	free(text);
	if (*want && strcmp(want, hex) != 0)
		return err_set(err, ERR_STALE,
		    "%s changed since p-%lld was made; run `rejoin plan` again", t->plan.mapping,
		    (long long)t->plan.id);
	if (mapping_open(&t->mapping, t->plan.mapping, err) < 0)
		return -1;
	t->has_mapping = true;
	return 0;
}

static void use_file(struct target *t, enum side s)
{
	struct system_conf *conf = &t->file_conf[s], *known = workspace_system(&t->ws, t->plan.system[s]);

	if (known && known->file) {
		t->pair.side[s] = known;
		return;
	}
	conf->name = arena_strdup(&t->mem, t->plan.system[s]);
	conf->kind = arena_strdup(&t->mem, t->plan.kind[s]);
	conf->title = arena_strdup(&t->mem, t->plan.title[s]);
	conf->file = conf->name;
	/* named from the folder of the workspace while this command runs in one below, or the other way round */
	if (conf->name[0] != '/' && access(conf->name, R_OK) < 0)
		conf->file = arena_printf(&t->mem, "%s/%s", t->ws.root, conf->name);
	t->pair.side[s] = conf;
}

/* The pair of rejoin.json that the plan was made for; a plan with a file on a side borrows the
 * limits of the pair that its live side belongs to. */
static int find_pair(struct target *t, struct err *err)
{
	const struct plan_info *p = &t->plan;
	const struct pair_conf *like = NULL;

	for (size_t i = 0; i < t->ws.n_pairs && !like; i++)
		if (*p->pair && strcmp(t->ws.pairs[i].name, p->pair) == 0)
			like = &t->ws.pairs[i];
	if (*p->pair && !like)
		return err_set(err, ERR_BRAKE,
		    "p-%lld was made for the pair \"%s\", which is no longer in rejoin.json; plan "
		    "again",
		    (long long)p->id, p->pair);
	for (size_t i = 0; i < t->ws.n_pairs && !like; i++)
		for (int s = LEFT; s <= RIGHT; s++)
			if (!p->is_file[s] &&
			    strcmp(t->ws.pairs[i].side[s]->name, p->system[s]) == 0)
				like = &t->ws.pairs[i];
	t->pair =
	    like ? *like
		 : (struct pair_conf){ .daily_calls = -1, .reserve = -1, .connector_on = true };
	for (int s = LEFT; s <= RIGHT; s++) {
		struct system_conf *conf = workspace_system(&t->ws, p->system[s]);
		if (p->is_file[s])
			use_file(t, (enum side)s);
		else if (conf)
			t->pair.side[s] = conf;
		else
			return err_set(err, ERR_BRAKE,
			    "p-%lld was made for the system \"%s\", which is no longer in "
			    "rejoin.json; plan again",
			    (long long)p->id, p->system[s]);
	}
	return 0;
}

/* Without an argument: the unfinished run, unless a newer plan took its place. */
static int choose(struct target *t, bool write, struct err *err)
{
	int64_t run = 0, plan = 0;
	int found =
	    journal_exists(&t->ledger) ? journal_unfinished(&t->ledger, &run, &plan, err) : 0;

	if (found < 0 || load_plan(t, found ? plan : 0, err) < 0)
		return -1;
	if (!found || strcmp(t->plan.state, "superseded") != 0)
		return 0;
	if (load_plan(t, 0, err) < 0)
		return -1;
	log_note("run r-%lld of p-%lld was not finished and p-%lld has taken its place",
	    (long long)run, (long long)plan, (long long)t->plan.id);
	return write ? journal_run_end(
			   &t->ledger, run, N_("a newer plan took its place"), true, t->plan.at, err)
		     : 0;
}

static int read_file(struct target *t, const char *path, const struct options *o, struct err *err)
{
	int64_t plan = 0;

	if (o->dry_run)
		return err_set(err, ERR_USAGE,
		    "-n changes nothing, so it cannot read decisions into the ledger: run `rejoin "
		    "approve %s`, "
		    "then `rejoin apply -n`",
		    path);
	/* decisions are checked with the newest plan's mapping: files of older ones carry over to it */
	if (load_plan(t, 0, err) < 0 || load_mapping(t, err) < 0 ||
	    review_read(path, &t->ledger, &t->mapping, &plan, &t->review, err) < 0)
		return -1;
	t->was_file = true;
	if (plan && plan != t->plan.id) {
		mapping_close(&t->mapping);
		t->has_mapping = false;
		return load_plan(t, plan, err);
	}
	return 0;
}

/* Finds the plan; see the header. Close it in any case. */
int target_open(
    struct target *t, const char *arg, const struct options *o, bool write, struct err *err)
{
	int64_t id = arg ? plan_id_parse(arg) : 0;
	struct plan_info newest;

	memset(t, 0, sizeof(*t));
	t->ledger.lock = -1;
	t->table_on_stdout = o->output && strcmp(o->output, "-") == 0;
	if (t->table_on_stdout && o->json)
		return err_set(err, ERR_USAGE,
		    "-o - and --json both want standard output: give -o a file name");
	if (workspace_open(&t->ws, ".", err) < 0 || ledger_open(&t->ledger, &t->ws, write, err) < 0)
		return -1;
	if (write && journal_open(&t->ledger, err) < 0)
		return -1;
	if (!arg) {
		if (choose(t, write, err) < 0)
			return -1;
	} else if (id > 0) {
		if (load_plan(t, id, err) < 0)
			return -1;
	} else if (ends_with(arg, ".xlsx") || ends_with(arg, ".csv")) {
		if (read_file(t, arg, o, err) < 0)
			return -1;
	} else {
		return err_set(err, ERR_USAGE,
		    "%s is no plan: give an id such as p-7, or a .xlsx or .csv of one", arg);
	}
	if (strcmp(t->plan.state, "superseded") == 0) {
		if (ledger_plan_load(&t->ledger, &t->mem, 0, &newest, err) < 0)
			return -1;
		return err_set(err, ERR_STALE,
		    "p-%lld is out of date: a newer plan took its place; name p-%lld in its place, the newest, or run `rejoin plan`",
		    (long long)t->plan.id, (long long)newest.id);
	}
	if (load_mapping(t, err) < 0 || find_pair(t, err) < 0)
		return -1;
	if (journal_exists(&t->ledger)) {
		int64_t run = journal_last_run(&t->ledger, t->plan.id, err);
		if (run < 0)
			return -1;
		t->run = run && journal_run_open(&t->ledger, run, err) ? run : 0;
	}
	return 0;
}

void target_close(struct target *t)
{
	if (t->has_mapping)
		mapping_close(&t->mapping);
	ledger_close(&t->ledger);
	workspace_close(&t->ws);
	arena_release(&t->mem);
}

/* A line of the summary; see the header. */
void target_say(const struct target *t, const char *fmt, ...)
{
	va_list ap;
	char text[2000];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), lang_text(fmt), ap);
	va_end(ap);
	if (t->table_on_stdout)
		log_note("%s", text);
	else
		out_line("%s", text);
}
