/* `rejoin plan`: read both sides, find what differs, store the plan in the ledger, write it for people. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "core/cmd.h"
#include "core/conf_file.h"
#include "core/log.h"
#include "core/plan_store.h"
#include "core/text.h"
#include "mapping/plan.h"
#include "mapping/review.h"
#include "mapping/sides.h"
#include "mapping/types.h"

struct planning {
	struct sides sides;
	struct base base;
	struct planner planner;
	int64_t plan;
	const struct options *o;
};

static int emit_row(void *ctx, const struct plan_row *row, struct err *err)
{
	struct planning *p = ctx;
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
	int rc = -1, left = -1, right = -1, *field = NULL;
	size_t n = 0;
	if (!t || rowset_open(set, m, LEFT, folder, err) < 0)
		goto done;
	int got = table_next(t, &head, &row, err);
	if (got < 0)
		goto done;
	n = got ? row.n : 0;
	field = xcalloc(n, sizeof *field);
	for (size_t i = 0; i < n; i++) {
		field[i] = mapping_field(m, row.cell[i].s);
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
	double most = p->o->max_change >= 0 ? p->o->max_change : s->ws.max_change;
	struct arena a = { 0 };
	int rc = -1;
	for (enum side i = LEFT; i <= RIGHT; i++) {
		char *name = arena_printf(&a, "read:%s:%s", s->pair->name, side_name(i));
		const char *last = s->live ? ledger_get(&s->ledger, &a, name) : NULL;
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
	if (s->live && !c->pairs && ledger_base_count(&s->ledger, s->pair->name) > 0 && !empty_is_meant(p, LEFT) &&
	    !empty_is_meant(p, RIGHT)) {
		err_set(err, ERR_BRAKE, "no pair is linked, but the ledger knows %ld links: are these the right environments?",
		    ledger_base_count(&s->ledger, s->pair->name));
		goto done;
	}
	if (c->changed_pairs > 20 && (double)c->changed_pairs > most * (double)c->pairs) {
		err_set(err, ERR_BRAKE, "%ld of %ld linked pairs differ: more than --max-change %.0f%%; if that is meant, raise it",
		    c->changed_pairs, c->pairs, most * 100);
		goto done;
	}
	for (enum side i = LEFT; i <= RIGHT && s->live; i++) {
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

/* What applying everything would cost, asked of the drivers in the batches they take. */
static void estimate(struct planning *p)
{
	struct plan_counts *c = &p->planner.counts;
	for (enum side i = LEFT; i <= RIGHT; i++) {
		struct system *sys = source_system(p->sides.source[i]);
		c->calls[i] = c->echoes[i] = 0;
		for (int op = 0; sys && op < 4; op++) {
			size_t batch = sys->driver->max_batch ? sys->driver->max_batch : 1;
			struct write *w = xcalloc(batch, sizeof *w);
			for (size_t k = 0; k < batch; k++)
				w[k] = (struct write){ .op = (enum write_op)op, .id = "-", .etag = "-", .marker = "-",
					.modified = 0 };
			for (long left = c->ops[i][op]; left > 0; left -= (long)batch) {
				struct write_cost cost = { 0 };
				size_t n = left < (long)batch ? (size_t)left : batch;
				system_cost(sys, w, n, &cost);
				c->calls[i] += cost.calls;
				c->echoes[i] += p->sides.pair->connector_on ? cost.echoes : 0;
			}
			free(w);
		}
	}
}

static const char *grouped(long n, char out[32])
{
	char plain[32];
	snprintf(plain, sizeof plain, "%ld", n);
	size_t len = strlen(plain), o = 0;
	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && plain[i - 1] != '-')
			out[o++] = ',';
		out[o++] = plain[i];
	}
	out[o] = '\0';
	return out;
}

static void print_guess(struct planning *p)
{
	struct outage_guess g;
	plan_guess_outage(&p->planner, &g);
	if (p->planner.outage != STAMP_NONE || g.start == STAMP_NONE || !p->planner.counts.conflicts)
		return;
	char text[32];
	stamp_format(g.start, text);
	out_line("The outage probably began after %s: up to then %ld pairs were last modified together, after it %ld on one "
		 "side only. Use it with: rejoin plan --outage %s",
	    text, g.together, g.apart_after, text);
	out_text("likely_outage", text);
}

static void print_summary(struct planning *p)
{
	const struct plan_counts *c = &p->planner.counts;
	const struct sides *s = &p->sides;
	char n[8][32];
	for (enum side i = LEFT; i <= RIGHT; i++)
		out_line("%s: %s read = %s linked + %s dangling + %s unlinked + %s candidates + %s duplicates + %s ignored + %s "
			 "unreadable",
		    s->pair->side[i]->name, grouped(c->read[i], n[0]), grouped(c->linked[i], n[1]),
		    grouped(c->dangling[i], n[2]), grouped(c->unlinked[i], n[3]), grouped(c->candidate[i], n[4]),
		    grouped(c->duplicate[i], n[5]), grouped(c->ignored[i], n[6]), grouped(c->unreadable[i], n[7]));
	if (c->clearings)
		out_line("%ld values would be cleared.", c->clearings);
	if (c->divergent || c->candidates)
		out_line("%ld fields differ and are not planned (divergent); %ld possible duplicates for a person to decide.",
		    c->divergent, c->candidates);
	if (p->planner.no_stamp)
		out_line("%ld differing fields come from tables without a modified column: START says nothing about them.",
		    p->planner.no_stamp);
	if (p->planner.outage == STAMP_NONE)
		print_guess(p);
	long echoes = c->echoes[LEFT] + c->echoes[RIGHT], calls = c->calls[LEFT] + c->calls[RIGHT];
	if (echoes)
		out_line("Pausing the connector's flows while applying would save %s echoes.", grouped(echoes, n[0]));
	if (p->plan)
		out_line("Next: open the workbook, decide, and run: rejoin apply %s", p->o->output ? p->o->output : "p-N");
	char left[96] = "";
	if (s->pair->daily_calls >= 0) {
		long room = budget_left((struct budget *)(uintptr_t)&s->budget);
		snprintf(left, sizeof left, ": %s of %s left today", grouped(room, n[1]), grouped(s->pair->daily_calls, n[2]));
	}
	out_line("Plan p-%" PRId64 ": %s creates, %s updates, of these %s irreversible and %s inferred; %s conflicts, %s blocked, "
		 "%s equal. %s calls and %s echoes%s.",
	    p->plan, grouped(c->creates, n[0]), grouped(c->updates, n[1]), grouped(c->irreversible, n[2]),
	    grouped(c->inferred, n[3]), grouped(c->conflicts, n[4]), grouped(c->blocked, n[5]), grouped(c->equal, n[6]),
	    grouped(calls, n[7]), grouped(echoes, (char[32]){ 0 }), left);
}

static void report(struct planning *p)
{
	const struct plan_counts *c = &p->planner.counts;
	char id[32];
	snprintf(id, sizeof id, "p-%" PRId64, p->plan);
	out_text("plan", id);
	out_count("creates", c->creates);
	out_count("updates", c->updates);
	out_count("irreversible", c->irreversible);
	out_count("inferred", c->inferred);
	out_count("conflicts", c->conflicts);
	out_count("blocked", c->blocked);
	out_count("equal", c->equal);
	out_count("divergent", c->divergent);
	out_count("candidates", c->candidates);
	for (enum side i = LEFT; i <= RIGHT; i++)
		out_calls(p->sides.pair->side[i]->name, c->calls[i], c->echoes[i]);
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
	info->options = arena_printf(a, "%s%s%s%s%s", p->o->outage ? "--outage " : "", p->o->outage ? p->o->outage : "",
	    p->o->base || p->o->base_left || p->o->base_right ? " with base files" : "", p->o->since ? " --since " : "",
	    p->o->since ? p->o->since : "");
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
	k->rules = sides_rules(s, p->o);
	k->write_base = s->live && !p->o->dry_run;
	k->ctx = p;
	k->emit = emit_row;
	k->rejected = was_rejected;
	k->address = record_address;
	for (enum side i = LEFT; i <= RIGHT; i++) {
		k->set[i] = &s->set[i];
		k->title[i] = s->mapping.driver[i]->title;
		k->incomplete[i] = s->incomplete[i];
	}
	describe(p, &info, &a);
	if (ledger_plan_begin(&s->ledger, &info, &p->plan, err) < 0)
		goto done;
	if (plan_run(k, err) < 0 || brakes(p, err) < 0) {
		ledger_plan_abandon(&s->ledger);
		goto done;
	}
	estimate(p);
	describe(p, &info, &a);
	if (p->o->dry_run) {
		ledger_plan_abandon(&s->ledger);
	} else if (ledger_plan_finish(&s->ledger, p->plan, &info, err) < 0) {
		ledger_plan_abandon(&s->ledger);
		goto done;
	}
	if (p->o->output && !p->o->dry_run) {
		if (review_write(p->o->output, &s->ledger, &s->ws, &s->mapping, p->plan, k->rules.lang, err) < 0) {
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
	int code = -1;
	struct err close_err = { 0 };
	if (sides_open(&p.sides, o, true, err) == 0 && run_plan(&p, err) == 0) {
		const struct plan_counts *c = &p.planner.counts;
		bool differs = c->creates || c->updates || c->conflicts || c->blocked || c->divergent || c->candidates;
		print_summary(&p);
		report(&p);
		code = o->exit_code && differs ? EXIT_DIFFERENT : EXIT_OK;
	}
	for (int i = 0; i < 3; i++)
		rowset_close(&p.base.files[i]);
	if (sides_close(&p.sides, &close_err) < 0 && code >= 0) {
		*err = close_err;
		code = -1;
	}
	return code;
}

const struct command cmd_plan = {
	"plan",
	"[LEFT RIGHT] [-o FILE]",
	"compare both sides, merge, and propose what to write",
	"output json base base-left base-right outage since where max-change expect-empty exit-code dry-run pair lang max-calls "
	"reserve",
	"LEFT and RIGHT are systems of rejoin.json or .csv/.xlsx files in their places. FILE is .xlsx, .csv or .json.\n"
	"The base of a field is the first of: the ledger; base files; the side that alone may write it or that the mapping\n"
	"prefers; a one-way field's further side; with --outage START, the side that was not modified since. What rests on\n"
	"evidence is marked inferred and never approved by -y or --reversible. Nothing is written to either side.\n",
	plan,
};
