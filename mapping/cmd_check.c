/* `rejoin check`: map and validate, change nothing. With a SYSTEM only that side is read; without, both sides and the
 * rules about pairs. */
#include <stdlib.h>
#include <string.h>
#include "core/cmd.h"
#include "core/conf_file.h"
#include "core/lang.h"
#include "core/log.h"
#include "mapping/check_walk.h"
#include "mapping/match.h"
#include "mapping/report.h"
#include "mapping/setup.h"
#include "mapping/sides.h"

struct checking {
	struct sides sides;
	struct rule_context ctx;
	struct setup_seen seen;
	struct arena mem; /* of what was seen */
	struct report *report;
	struct causes causes;
	long by_rule[100][3];
	long (*by_custom)[3]; /* of the mapping's own rules */
	long total[3], records;
	bool one;
	enum side only;
};

/* The first walk counts: a report for people begins with what is ranked. */
static int count_deal(void *ctx, const struct deal *d, struct err *err)
{
	struct checking *c = ctx;
	(void)err;
	c->records += (d->left != NULL) + (d->right != NULL);
	causes_add(&c->causes, &c->sides.mapping, d);
	for (size_t i = 0; i < d->n; i++) {
		const struct finding *f = &d->f[i];
		size_t k = 0;
		while (rule_at(k) && rule_at(k) != f->rule)
			k++;
		if (rule_at(k) && k < 100)
			c->by_rule[k][f->severity]++;
		for (size_t j = 0; j < c->sides.mapping.n_custom; j++)
			if (!strcmp(rule_custom(&c->sides.mapping, j)->id, f->rule->id))
				c->by_custom[j][f->severity]++;
		c->total[f->severity]++;
	}
	return 0;
}

static int report_deal(void *ctx, const struct deal *d, struct err *err)
{
	struct checking *c = ctx;
	for (size_t i = 0; i < d->n; i++)
		if (report_add(c->report, &d->f[i], d->left, d->right, err) < 0)
			return -1;
	return 0;
}

static void print_rule(const struct checking *c, const struct rule *r, const long count[3])
{
	for (int s = SEVERITY_ERROR; s >= SEVERITY_INFO; s--)
		if (count[s])
			out_line("%6ld %-*s %s %s", count[s], rules_lang(c->ctx.lang) == RULES_FR ? 13 : 7,
			    report_severity((enum severity)s, rules_lang(c->ctx.lang)), r->id,
			    rules_lang(c->ctx.lang) == RULES_FR ? r->title_fr : r->title_en);
}

static void print(struct checking *c, const struct options *o)
{
	for (size_t k = 0; rule_at(k) && k < 100; k++)
		print_rule(c, rule_at(k), c->by_rule[k]);
	for (size_t k = 0; k < c->sides.mapping.n_custom; k++)
		print_rule(c, rule_custom(&c->sides.mapping, k), c->by_custom[k]);
	for (int s = 0; s < 3; s++)
		out_count(s == 0 ? "infos" : s == 1 ? "warnings" : "errors", c->total[s]);
	out_count("records", c->records);
	struct arena a = { 0 };
	int lang = rules_lang(c->ctx.lang);
	out_line("%s%s",
	    RULES_SAY(&a, lang, RT_CHECKED, arena_printf(&a, "%ld", c->records), arena_printf(&a, "%ld", c->total[SEVERITY_ERROR]),
		arena_printf(&a, "%ld", c->total[SEVERITY_WARNING]), arena_printf(&a, "%ld", c->total[SEVERITY_INFO])),
	    o->output ? RULES_SAY(&a, lang, RT_REPORT_AT, o->output) : "");
	arena_release(&a);
}

/* One SYSTEM: the pair it belongs to, and the side it stands on. */
static int choose_side(struct checking *c, const struct options *o, struct options *both, struct err *err)
{
	struct workspace ws;
	int rc = -1;
	*both = *o;
	both->n_args = 0;
	c->one = o->n_args == 1;
	if (!c->one)
		return o->n_args ? err_set(err, ERR_USAGE, "give one SYSTEM, or none for the whole pair") : 0;
	if (workspace_open(&ws, ".", err) < 0)
		return -1;
	const char *arg = o->arg[0];
	bool file = conf_is_table(arg);
	const char *kind = o->as;
	if (file && !kind) {
		const struct system_driver *d = source_guess(arg, err);
		if (!d) {
			err_set(err, ERR_USAGE, "%s: its columns do not tell whose export it is; say --as KIND", arg);
			goto done;
		}
		kind = d->kind;
	}
	for (size_t i = 0; i < ws.n_pairs; i++)
		for (enum side s = LEFT; s <= RIGHT; s++) {
			const struct system_conf *conf = ws.pairs[i].side[s];
			/* --as takes a system of rejoin.json or a kind */
			bool fits = file ? !strcmp(conf->kind, kind) || !strcmp(conf->name, kind) : !strcmp(conf->name, arg);
			if (fits && (!o->pair || !strcmp(o->pair, ws.pairs[i].name)) && rc < 0) {
				c->only = s;
				both->pair = xstrdup(ws.pairs[i].name);
				rc = 0;
			}
		}
	if (rc < 0)
		err_set(err, ERR_USAGE, "no pair of %s has \"%s\"", ws.file.path, file ? kind : arg);
done:
	workspace_close(&ws);
	return rc;
}

static int run_check(struct checking *c, const struct options *o, struct err *err)
{
	struct sides *s = &c->sides;
	c->ctx = sides_rules(s);
	c->by_custom = xcalloc(s->mapping.n_custom + 1, sizeof *c->by_custom);
	struct arena decided = { 0 };
	struct match_options links = { 0 };
	int rc = 0;
	if (!c->one && (rc = sides_decisions(s, &decided, &links, err)) == 0)
		rc = match_all(&s->set[LEFT], &s->set[RIGHT], &links, err);
	arena_release(&decided);
	if (!rc)
		rc = setup_look(s, &c->ctx, &c->mem, &c->seen, err);
	int only = c->one ? (int)c->only : -1;
	if (!rc)
		rc = check_walk(s, &c->ctx, only, count_deal, c, err);
	if (rc < 0)
		return -1;
	causes_rank(&c->causes);
	struct report_info info = { .m = &s->mapping, .lang = c->ctx.lang, .at = c->ctx.now, .causes = &c->causes,
		.title = { s->mapping.driver[LEFT]->title, s->mapping.driver[RIGHT]->title } };
	c->report = report_open(o->output, &info, err);
	if (!c->report)
		return -1;
	if (o->output && check_walk(s, &c->ctx, only, report_deal, c, err) < 0) {
		report_abandon(c->report);
		return -1;
	}
	if (report_close(c->report, err) < 0)
		return -1;
	if (o->output)
		out_file("report", o->output);
	return 0;
}

static int check(const struct options *o, struct err *err)
{
	struct checking c = { 0 };
	struct options both;
	struct err close_err = { 0 };
	int code = -1;
	if (choose_side(&c, o, &both, err) < 0)
		return -1;
	c.sides.one_side = c.one;
	c.sides.only = c.only;
	c.sides.only_file = c.one && conf_is_table(o->arg[0]) ? o->arg[0] : NULL;
	if (sides_open(&c.sides, &both, false, err) == 0 && sides_read(&c.sides, &both, err) == 0 &&
	    run_check(&c, o, err) == 0) {
		print(&c, o);
		code = c.total[SEVERITY_ERROR] ? EXIT_INVALID : EXIT_OK;
	}
	if (sides_close(&c.sides, &close_err) < 0 && code >= 0) {
		*err = close_err;
		code = -1;
	}
	free(c.by_custom);
	causes_release(&c.causes);
	arena_release(&c.mem);
	if (c.one)
		free((void *)(uintptr_t)both.pair);
	return code;
}

const struct command cmd_check = {
	"check",
	"[SYSTEM] [-o REPORT]",
	N_("map and validate; say why a deal does not sync and what to do"),
	"output:csv:xlsx:json:html:htm json as pair lang since where max-calls",
	N_("Without SYSTEM both sides of the pair are read and compared too. REPORT is .csv, .xlsx, .json or .html: one row\n"
	"for each finding; a workbook and a page begin with the causes, ranked. Exit 3 when there are errors.\n"),
	check,
};
