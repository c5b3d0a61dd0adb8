/* `rejoin plan`: read both sides, find what differs, store the plan in the ledger, write it for people. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "core/cmd.h"
#include "core/conf_file.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/plan_store.h"
#include "core/text.h"
#include "mapping/history.h"
#include "mapping/plan.h"
#include "mapping/plan_cost.h"
#include "mapping/plan_print.h"
#include "mapping/plan_report.h"
#include "mapping/refer.h"
#include "mapping/review.h"
#include "mapping/sides.h"
#include "mapping/types.h"

struct planning {
	struct sides sides;
	struct base base;
	struct planner planner;
	struct arena decisions; /* of people about links */
	struct plan_tally tally;
	struct plan_cost cost;
	int64_t plan;
	const struct options *o;
};

static int emit_row(void *ctx, const struct plan_row *row, struct err *err)
{
	struct planning *p = ctx;
	plan_tally_add(&p->tally, row);
	return ledger_plan_add(&p->sides.ledger, p->plan, row, err);
}

static bool was_rejected(void *ctx, const char *left_id, const char *right_id, const char *field, struct value left,
    struct value right)
{
	struct planning *p = ctx;
	return ledger_rejected(&p->sides.ledger, p->sides.pair->name, left_id, right_id, field, left.s, right.s);
}

static const char *record_address(void *ctx, enum side side, const char *id, struct arena *a)
{
	struct planning *p = ctx;
	const struct system_driver *d = p->sides.mapping.driver[side];
	return d->record_url ? d->record_url(p->sides.pair->side[side], a, id) : NULL;
}

static long calls_of(const struct budget *b)
{
	return b->system[LEFT].run_calls + b->system[RIGHT].run_calls;
}

static int ask_history(void *ctx, struct history_ask *ask, size_t n, struct arena *a, struct err *err)
{
	struct planning *p = ctx;
	long before = calls_of(&p->sides.budget);
	int rc = history_fill(&p->sides, p->planner.outage, ask, n, a, err);
	p->planner.ask_calls += calls_of(&p->sides.budget) - before;
	return rc;
}

static int ask_creates(void *ctx, enum side to, struct create_ask *ask, size_t n, struct arena *a, struct err *err)
{
	struct planning *p = ctx;
	return refer_fill(&p->sides, to, ask, n, a, err);
}

/* ---- base files ---- */

struct base_reader {
	struct rowset *set;
};

static int take_base(void *ctx, const struct mapped *r, struct err *err)
{
	struct base_reader *b = ctx;
	return r->flags & MAPPED_UNREADABLE ? 0 : rowset_add_base(b->set, r, "", err);
}

/* A native export of one side from before. */
static int open_native_base(struct planning *p, int slot, enum side side, const char *path, const char *folder,
    struct err *err)
{
	struct system_conf conf;
	struct read_request q = { .since = STAMP_NONE };
	struct base_reader reader = { &p->base.files[slot] };
	int rc = -1;
	if (conf_file_system(&p->sides.ws, path, p->sides.mapping.kind[side], &conf, err) < 0)
		return -1;
	struct source *s = source_open(&conf, &p->sides.ws, &p->sides.mapping, side, NULL, err);
	if (s && rowset_open(reader.set, &p->sides.mapping, side, folder, err) == 0 &&
	    side_read(s, &p->sides.mapping, side, &q, take_base, &reader, err) == 0) {
		rowset_index(reader.set);
		p->base.untold[slot] = side_untold(s, &p->sides.mapping, side, &p->sides.mem);
		p->base.has_files[slot] = true;
		rc = 0;
	}
	source_close(s);
	conf_system_release(&conf);
	return rc;
}

/* left_id, right_id and canonical names; columns may be missing. */
static int open_canonical_base(struct planning *p, const char *path, const char *folder, struct err *err)
{
	const struct mapping *m = &p->sides.mapping;
	struct rowset *set = &p->base.files[0];
	struct table *t = table_open(path, NULL, err);
	struct arena a = { 0 }, head = { 0 };
	struct table_row row;
	bool *untold = arena_alloc(&p->sides.mem, (m->n_fields + 1) * sizeof *untold);
	int rc = -1, left = -1, right = -1, *field = NULL;
	size_t n = 0;
	if (!t || rowset_open(set, m, LEFT, folder, err) < 0)
		goto done;
	int got = table_next(t, &head, &row, err);
	if (got < 0)
		goto done;
	n = got ? row.n : 0;
	field = xcalloc(n, sizeof *field);
	for (size_t f = 0; f < m->n_fields; f++)
		untold[f] = true;
	for (size_t i = 0; i < n; i++) {
		field[i] = mapping_field(m, row.cell[i].s);
		if (field[i] >= 0)
			untold[field[i]] = false;
		if (!strcmp(row.cell[i].s, "left_id"))
			left = (int)i;
		else if (!strcmp(row.cell[i].s, "right_id"))
			right = (int)i;
		else if (field[i] < 0)
			log_warn("%s: column \"%s\" is no canonical name and is left out", path, row.cell[i].s);
	}
	if (left < 0 || right < 0) {
		err_set(err, ERR_USAGE, "%s: a base file has the columns left_id and right_id, then canonical names", path);
		goto done;
	}
	while ((got = table_next(t, &a, &row, err)) > 0) {
		struct mapped r = { .side = LEFT, .modified = STAMP_NONE, .flags = MAPPED_SCOPE_LINKED };
		r.field = arena_alloc(&a, m->n_fields * sizeof *r.field);
		r.raw = arena_alloc(&a, m->n_fields * sizeof *r.raw);
		r.bad = arena_alloc(&a, m->n_fields * sizeof *r.bad);
		r.field_modified = arena_alloc(&a, m->n_fields * sizeof *r.field_modified);
		for (size_t i = 0; i < m->n_fields; i++)
			r.field_modified[i] = STAMP_NONE;
		if (row.n > n) {
			err_set(err, ERR_USAGE, "%s:%zu: more cells than headings", path, row.line);
			goto done;
		}
		for (size_t i = 0; i < row.n; i++) {
			const char *why = NULL;
			if (field[i] >= 0 && mapping_parse(m, (size_t)field[i], row.cell[i], &a, &r.field[field[i]], &why) < 0) {
				err_set(err, ERR_USAGE, "%s:%zu: %s: %s", path, row.line, m->field[field[i]].name, why);
				goto done;
			}
		}
		r.fact[FACT_ID] = (size_t)left < row.n ? id_normal(row.cell[left], &a) : value_absent;
		r.fact[FACT_PEER] = (size_t)right < row.n ? id_normal(row.cell[right], &a) : value_absent;
		r.id = r.fact[FACT_ID].s ? r.fact[FACT_ID].s : "";
		if ((value_has(r.fact[FACT_ID]) || value_has(r.fact[FACT_PEER])) &&
		    rowset_add_base(set, &r, value_has(r.fact[FACT_PEER]) ? r.fact[FACT_PEER].s : "", err) < 0)
			goto done;
		arena_reset(&a);
	}
	if (got < 0)
		goto done;
	rowset_index(set);
	p->base.untold[0] = untold;
	p->base.has_files[0] = true;
	rc = 0;
done:
	free(field);
	arena_release(&a);
	arena_release(&head);
	table_close(t);
	return rc;
}

static int open_base(struct planning *p, struct err *err)
{
	const struct options *o = p->o;
	char *folder = workspace_path(&p->sides.ws, "", err);
	int rc = -1;
	/* the ledger knows the live pair only; files are their own world */
	p->base.ledger = p->sides.live ? &p->sides.ledger : NULL;
	p->base.pair = p->sides.pair->name;
	if (folder && (!o->base || open_canonical_base(p, o->base, folder, err) == 0) &&
	    (!o->base_left || open_native_base(p, 1, LEFT, o->base_left, folder, err) == 0) &&
	    (!o->base_right || open_native_base(p, 2, RIGHT, o->base_right, folder, err) == 0))
		rc = 0;
	free(folder);
	return rc;
}

/* ---- brakes ---- */

static bool empty_is_meant(const struct planning *p, enum side s)
{
	const char *meant = p->o->expect_empty;
	return meant && (!strcmp(meant, side_name(s)) || !strcmp(meant, p->sides.pair->side[s]->name));
}

static int brakes(struct planning *p, struct err *err)
{
	const struct plan_counts *c = &p->planner.counts;
	struct sides *s = &p->sides;
	/* a part of the records says nothing about what is gone */
	bool whole = s->live && !p->o->since && !p->o->where;
	double most = p->o->max_change >= 0 ? p->o->max_change : s->ws.max_change;
	struct arena a = { 0 };
	int rc = -1;
	for (enum side i = LEFT; i <= RIGHT; i++) {
		char *name = arena_printf(&a, "read:%s:%s", s->pair->name, side_name(i));
		const char *last = whole ? ledger_get(&s->ledger, &a, name) : NULL;
		if (last && strtol(last, NULL, 10) > 0 && !c->read[i] && !empty_is_meant(p, i)) {
			err_set(err, ERR_BRAKE, "%s held %s records in the last run and gives none now; if that is meant, say "
						"--expect-empty %s",
			    s->pair->side[i]->name, last, side_name(i));
			goto done;
		}
		long into = c->ops[i][WRITE_CREATE];
		if (into > 20 && (double)into > most * (double)c->read[i]) {
			err_set(err, ERR_BRAKE, "%ld creates in %s, which holds %ld records: more than --max-change %.0f%%", into,
			    s->pair->side[i]->name, c->read[i], most * 100);
			goto done;
		}
	}
	if (whole && !c->pairs && ledger_base_count(&s->ledger, s->pair->name) > 0 && !empty_is_meant(p, LEFT) &&
	    !empty_is_meant(p, RIGHT)) {
		err_set(err, ERR_BRAKE, "no pair is linked, but the ledger knows %ld links: are these the right environments?",
		    ledger_base_count(&s->ledger, s->pair->name));
		goto done;
	}
	long pairs = c->pairs, known = s->live && !whole ? ledger_base_count(&s->ledger, s->pair->name) : 0;
	pairs = known > pairs ? known : pairs;
	if (c->changed_pairs > 20 && (double)c->changed_pairs > most * (double)pairs) {
		err_set(err, ERR_BRAKE, "%ld of %ld linked pairs differ: more than --max-change %.0f%%; if that is meant, raise it",
		    c->changed_pairs, pairs, most * 100);
		goto done;
	}
	for (enum side i = LEFT; i <= RIGHT && whole; i++) {
		char *name = arena_printf(&a, "read:%s:%s", s->pair->name, side_name(i));
		if (ledger_set(&s->ledger, name, arena_printf(&a, "%ld", c->read[i]), err) < 0)
			goto done;
	}
	rc = 0;
done:
	arena_release(&a);
	return rc;
}

/* ---- calls ---- */

/* What sending everything that is proposed takes. */
static int estimate(struct planning *p, const struct plan_info *info, struct err *err)
{
	struct sides *s = &p->sides;
	struct plan_counts *c = &p->planner.counts;
	const struct budget *b = &s->budget;
	struct plan_cost_request q = { .ledger = &s->ledger,
		.plan = info,
		.mapping = &s->mapping,
		.pair = s->pair,
		.proposed = true,
		.look_up = budget_left(b) > 100 && budget_told_left(b, LEFT) > 100 && budget_told_left(b, RIGHT) > 100,
		.budget = b };
	for (enum side i = LEFT; i <= RIGHT; i++)
		q.system[i] = source_system(s->source[i]);
	if (plan_cost(&q, &p->cost, err) < 0)
		return -1;
	for (enum side i = LEFT; i <= RIGHT; i++) {
		c->calls[i] = p->cost.most[i];
		c->echoes[i] = p->cost.echoes[i];
	}
	c->days = p->cost.n_days;
	c->days_more = p->cost.too_long;
	c->days_stuck = p->cost.stuck;
	if (c->days) {
		int side;
		c->day_calls = budget_narrow_day(b, &side);
		c->day_by = side + 1;
	}
	return 0;
}

static void describe(struct planning *p, struct plan_info *info, struct arena *a)
{
	struct sides *s = &p->sides;
	size_t len;
	char sha[65] = "", *text = file_read(s->mapping.path, (size_t)8 << 20, &len, NULL);
	if (text)
		sha256_hex(text, len, sha);
	free(text);
	*info = (struct plan_info){ .id = p->plan, .pair = s->pair->name, .mapping = s->mapping.path,
		.mapping_sha256 = arena_strdup(a, sha), .at = p->planner.rules.now, .outage = p->planner.outage,
		.sums = sides_sums(s, a), .counts = p->planner.counts, .state = "open" };
	/* as they were given, which reads in any language */
	const struct options *o = p->o;
	const char *given = arena_printf(a, "%s%s%s%s%s%s%s", o->outage ? " --outage " : "", o->outage ? o->outage : "",
	    o->base ? " --base" : "", o->base_left ? " --base-left" : "", o->base_right ? " --base-right" : "",
	    o->since ? " --since " : "", o->since ? o->since : "");
	info->options = *given ? given + 1 : "";
	for (enum side i = LEFT; i <= RIGHT; i++) {
		info->system[i] = s->pair->side[i]->name;
		info->kind[i] = s->pair->side[i]->kind;
		info->title[i] = p->planner.title[i];
		info->environment[i] = s->environment[i];
		info->is_file[i] = s->pair->side[i]->file != NULL;
	}
}

static int run_plan(struct planning *p, struct err *err)
{
	struct sides *s = &p->sides;
	struct planner *k = &p->planner;
	struct plan_info info;
	struct arena a = { 0 };
	int rc = -1;
	if (option_stamp("--outage", p->o->outage, &k->outage, err) < 0 || open_base(p, err) < 0 ||
	    sides_read(s, p->o, err) < 0)
		goto done;
	k->m = &s->mapping;
	k->base = &p->base;
	k->rules = sides_rules(s);
	k->write_base = s->live && !p->o->dry_run;
	k->ctx = p;
	k->emit = emit_row;
	k->rejected = was_rejected;
	k->address = record_address;
	k->history = ask_history;
	k->refer = ask_creates;
	if (sides_decisions(s, &p->decisions, &k->match, err) < 0)
		goto done;
	for (enum side i = LEFT; i <= RIGHT; i++) {
		k->set[i] = &s->set[i];
		k->keeps_history[i] = history_kept(s, i);
		k->refers[i] = refer_asked(s, i);
		k->title[i] = s->mapping.driver[i]->title;
		k->incomplete[i] = s->incomplete[i];
		k->untold[i] = sides_untold(s, i, &a);
		k->moves[i] = s->moves[i];
	}
	describe(p, &info, &a);
	if (ledger_plan_begin(&s->ledger, &info, &p->plan, err) < 0)
		goto done;
	if (plan_run(k, err) < 0 || brakes(p, err) < 0) {
		ledger_plan_abandon(&s->ledger);
		goto done;
	}
	describe(p, &info, &a);
	if (ledger_plan_number(&s->ledger, p->plan, err) < 0 || estimate(p, &info, err) < 0) {
		ledger_plan_abandon(&s->ledger);
		goto done;
	}
	info.counts = k->counts;
	if (p->o->dry_run) {
		ledger_plan_abandon(&s->ledger);
	} else if (ledger_plan_finish(&s->ledger, p->plan, &info, err) < 0) {
		ledger_plan_abandon(&s->ledger);
		goto done;
	}
	if (p->o->output && !p->o->dry_run) {
		if (review_put_aside(p->o->output, &s->ledger, &a, err) < 0 ||
		    review_write(p->o->output, &s->ledger, &s->ws, &s->mapping, p->plan, lang_name(), err) < 0) {
			err_prefix(err, "the plan is stored as p-%" PRId64 ", but its file is not written", p->plan);
			goto done;
		}
		out_file("plan", p->o->output);
	}
	rc = 0;
done:
	arena_release(&a);
	return rc;
}

static int plan(const struct options *o, struct err *err)
{
	struct planning p = { .o = o };
	plan_tally_begin(&p.tally);
	int code = -1;
	struct err close_err = { 0 };
	if (sides_open(&p.sides, o, true, err) == 0 && run_plan(&p, err) == 0) {
		const struct plan_counts *c = &p.planner.counts;
		bool differs = c->creates || c->updates || c->conflicts || c->blocked || c->divergent || c->candidates;
		plan_report(&p.planner, &p.sides, &p.tally, &p.cost, o, p.plan);
		code = o->exit_code && differs ? EXIT_DIFFERENT : EXIT_OK;
	}
	for (int i = 0; i < 3; i++)
		rowset_close(&p.base.files[i]);
	arena_release(&p.decisions);
	if (sides_close(&p.sides, &close_err) < 0 && code >= 0) {
		*err = close_err;
		code = -1;
	}
	return code;
}

const struct command cmd_plan = {
	"plan",
	"[LEFT RIGHT] [-o FILE]",
	N_("compare both sides, merge, and propose what to write"),
	"output:csv:xlsx:json json base base-left base-right outage since where max-change expect-empty exit-code dry-run pair lang max-calls "
	"reserve",
	N_("LEFT and RIGHT are systems of rejoin.json or .csv/.xlsx files in their places. FILE is .xlsx, .csv or .json.\n"
	"The base of a field is the first of: the ledger; base files; the side that alone may write it or that the mapping\n"
	"prefers; a one-way field's further side; with --outage START, what the CRM's own history says the field held then,\n"
	"else the side that was not modified since. What rests on evidence is marked inferred and never approved by -y or\n"
	"--reversible. A base file says nothing of a column that it does not have. A new deal whose account or currency cannot\n"
	"be told in the CRM (two accounts fit) is blocked. Nothing is written to either side.\n"),
	plan,
};
