/* `rejoin check`: map and validate, change nothing. With a SYSTEM only that side is read; without, both sides and the
 * rules about pairs. */
#include <stdlib.h>
#include <string.h>
#include "core/cmd.h"
#include "core/conf_file.h"
#include "core/log.h"
#include "mapping/match.h"
#include "mapping/report.h"
#include "mapping/sides.h"

struct checking {
	struct sides sides;
	struct rule_context ctx;
	struct report *report;
	long by_rule[100][3];
	long total[3], records;
	bool one;
	enum side only;
};

static int add_all(struct checking *c, const struct finding *f, size_t n, const struct mapped *left,
    const struct mapped *right, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (rule_at(k) && rule_at(k) != f[i].rule)
			k++;
		if (k < 100)
			c->by_rule[k][f[i].severity]++;
		c->total[f[i].severity]++;
		if (report_add(c->report, &f[i], left, right, err) < 0)
			return -1;
	}
	return 0;
}

static int check_one(struct checking *c, enum side side, uint32_t i, struct arena *a, struct err *err)
{
	struct sides *s = &c->sides;
	const struct row_ref *ref = &s->set[side].row[i];
	bool pair = ref->partner != NO_ROW && !(ref->flags & ROW_CANDIDATE);
	struct mapped mine, other;
	struct finding *f;
	if (!pair && !(ref->flags & (ROW_IN_SCOPE | ROW_DANGLING | ROW_DUPLICATE | ROW_CROSSED)))
		return 0;
	if (rowset_load(&s->set[side], i, a, &mine, err) < 0 ||
	    (pair && rowset_load(&s->set[side_other(side)], ref->partner, a, &other, err) < 0))
		return -1;
	struct link_facts link = { .linked = pair, .duplicate = ref->flags & ROW_DUPLICATE,
		.crossed = (ref->flags & (ROW_CROSSED | ROW_DUPLICATE)) == ROW_CROSSED, .dangling = ref->flags & ROW_DANGLING };
	if (c->one)
		link.linked = value_has(mine.fact[FACT_PEER]), link.dangling = false;
	else if (pair && (ref->flags & ROW_HALF))
		link.dangling = value_has(mine.fact[FACT_PEER]) && !value_is(mine.fact[FACT_PEER], other.id);
	const struct mapped *left = side == LEFT ? &mine : pair ? &other : NULL;
	const struct mapped *right = side == RIGHT ? &mine : pair ? &other : NULL;
	c->records++;
	size_t n = rules_record(&s->mapping, &mine, &link, &c->ctx, a, &f);
	if (add_all(c, f, n, left, right, err) < 0)
		return -1;
	if (!pair || side == RIGHT)
		return 0;
	n = rules_pair(&s->mapping, left, right, &c->ctx, a, &f);
	return add_all(c, f, n, left, right, err);
}

static int check_side(struct checking *c, enum side side, struct err *err)
{
	struct arena a = { 0 };
	int rc = 0;
	for (uint32_t i = 0; i < c->sides.set[side].n && !rc; i++) {
		rc = check_one(c, side, i, &a, err);
		arena_reset(&a);
	}
	if (!rc && c->ctx.truncated[side]) {
		struct finding f = { .rule = rule_find("R58"), .severity = SEVERITY_WARNING, .side = side, .field = -1,
			.path = "", .reason = c->sides.incomplete[side] };
		rc = add_all(c, &f, 1, NULL, NULL, err);
	}
	arena_release(&a);
	return rc;
}

static void print(struct checking *c, const struct options *o)
{
	for (size_t k = 0; rule_at(k) && k < 100; k++) {
		const struct rule *r = rule_at(k);
		for (int s = SEVERITY_ERROR; s >= SEVERITY_INFO; s--)
			if (c->by_rule[k][s])
				out_line("%6ld %-7s %s %s", c->by_rule[k][s], severity_names[s], r->id,
				    c->ctx.lang && !strcmp(c->ctx.lang, "fr") ? r->title_fr : r->title_en);
	}
	for (int s = 0; s < 3; s++)
		out_count(s == 0 ? "infos" : s == 1 ? "warnings" : "errors", c->total[s]);
	out_count("records", c->records);
	out_line("%ld records checked: %ld errors, %ld warnings, %ld notes.%s%s", c->records, c->total[SEVERITY_ERROR],
	    c->total[SEVERITY_WARNING], c->total[SEVERITY_INFO], o->output ? " Report: " : "", o->output ? o->output : "");
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
			bool fits = file ? !strcmp(ws.pairs[i].side[s]->kind, kind) : !strcmp(ws.pairs[i].side[s]->name, arg);
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
	c->ctx = sides_rules(s, o);
	c->report = report_open(o->output, &s->mapping, c->ctx.lang, err);
	if (!c->report)
		return -1;
	int rc = 0;
	if (!c->one)
		rc = match_all(&s->set[LEFT], &s->set[RIGHT], err);
	for (enum side i = LEFT; i <= RIGHT && !rc; i++)
		if (!c->one || i == c->only)
			rc = check_side(c, i, err);
	if (rc < 0) {
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
	if (c.one)
		free((void *)(uintptr_t)both.pair);
	return code;
}

const struct command cmd_check = {
	"check",
	"[SYSTEM] [-o REPORT]",
	"map and validate; say why a deal does not sync and what to do",
	"output json as pair lang since where max-calls",
	"Without SYSTEM both sides of the pair are read and compared too. REPORT is .csv, .xlsx or .json: one row for each\n"
	"finding. Exit 3 when there are errors.\n",
	check,
};
