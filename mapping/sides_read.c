/* Both sides read into their rowsets: every record, the partners of changed ones, what they are worth, and what was not read. */
#include <stdlib.h>
#include <string.h>
#include "core/id_set.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/outfile.h"
#include "core/sentence.h"
#include "core/text.h"
#include "mapping/sides.h"

static void count_value(struct sums *s, const struct mapping *m, const struct mapped *r)
{
	if (m->f_value < 0 || m->f_currency < 0 || !(r->flags & MAPPED_SCOPE_LINKED) || r->bad[m->f_value] ||
	    r->bad[m->f_currency])
		return;
	sums_add(s, r->field[m->f_currency], r->field[m->f_value], false);
}

const char *sides_sums(const struct sides *s, struct arena *a)
{
	struct buf b = { 0 };
	for (enum side side = LEFT; side <= RIGHT; side++) {
		buf_addf(&b, "%c\"%s\":", side == LEFT ? '{' : ',', side_name(side));
		sums_json(s->sums[side], false, &b);
	}
	for (enum side side = LEFT; side <= RIGHT; side++) {
		buf_addf(&b, "%s\"%s\":", side == LEFT ? ",\"moves\":{" : ",", side_name(side));
		sums_json(s->moves[side], true, &b);
	}
	buf_adds(&b, "}}");
	char *text = arena_strdup(a, b.s);
	buf_release(&b);
	return text;
}

int side_read(struct source *source, const struct mapping *m, enum side side, const struct read_request *q,
    int (*fn)(void *ctx, const struct mapped *r, struct err *err), void *ctx, struct err *err)
{
	struct arena a = { 0 };
	struct record native;
	struct mapped r;
	int got = source_read(source, q, err);
	if (got < 0)
		return -1;
	/* the source may give more columns than the mapping knows: cells are moved to the mapping's places */
	const struct schema *from = source_columns(source), *to = &m->columns[side];
	int *place = xcalloc(to->n, sizeof *place);
	for (size_t i = 0; i < to->n; i++)
		place[i] = schema_find(from, to->name[i]);
	while ((got = source_next(source, &a, &native, err)) > 0) {
		struct record moved = { to, arena_alloc(&a, to->n * sizeof *moved.cell) };
		for (size_t i = 0; i < to->n; i++)
			moved.cell[i] = place[i] < 0 ? value_absent : native.cell[place[i]];
		mapping_apply(m, side, &moved, &a, &r);
		if (fn(ctx, &r, err) < 0) {
			got = -1;
			break;
		}
		arena_reset(&a);
	}
	free(place);
	arena_release(&a);
	return got;
}

struct take {
	struct sides *s;
	enum side side;
};

static int take_record(void *ctx, const struct mapped *r, struct err *err)
{
	struct take *t = ctx;
	count_value(t->s->sums[t->side], &t->s->mapping, r);
	if (t->s->watch)
		t->s->watch(t->s->watch_ctx, r);
	return rowset_add(&t->s->set[t->side], r, err);
}

/* With --since a changed record's partner may be old: it is fetched by the ids that either half of the link names. */
static int take_page(struct sides *s, enum side side, const struct page *page, struct id_set *held, struct arena *a,
    struct err *err)
{
	const struct schema *to = &s->mapping.columns[side];
	for (size_t i = 0; i < page->n; i++) {
		struct mapped r;
		struct record moved = { to, arena_alloc(a, to->n * sizeof *moved.cell) };
		for (size_t k = 0; k < to->n; k++)
			moved.cell[k] = record_get(&page->record[i], to->name[k]);
		mapping_apply(&s->mapping, side, &moved, a, &r);
		struct take t = { s, side };
		if (id_set_add(held, r.id) && take_record(&t, &r, err) < 0)
			return -1;
	}
	return 0;
}

#define FETCH_BATCH 100

/* n: how many records of `from` are the changed ones; those fetched since need no partner fetched. */
static int fetch_partners(struct sides *s, enum side from, size_t n, struct err *err)
{
	enum side to = side_other(from);
	struct system *sys = source_system(s->source[to]);
	const char *peer = s->mapping.fact_path[to][FACT_PEER];
	struct id_set held = { 0 };
	struct arena a = { 0 };
	struct mapped r;
	int rc = -1;
	if (!sys)
		return 0;
	for (size_t i = 0; i < s->set[to].n; i++) {
		if (rowset_load(&s->set[to], i, &a, &r, err) < 0)
			goto done;
		id_set_add(&held, r.id);
		arena_reset(&a);
	}
	for (size_t begin = 0; begin < n; begin += FETCH_BATCH) {
		const char *ids[FETCH_BATCH], *mine[FETCH_BATCH];
		struct page page = { 0 };
		size_t n_ids = 0, n_mine = 0;
		for (size_t i = begin; i < n && i < begin + FETCH_BATCH; i++) {
			if (rowset_load(&s->set[from], i, &a, &r, err) < 0)
				goto done;
			if (value_has(r.fact[FACT_PEER]))
				ids[n_ids++] = r.fact[FACT_PEER].s;
			mine[n_mine++] = r.id;
		}
		if (n_ids && (system_fetch(sys, &a, ids, n_ids, &page, err) < 0 ||
				 take_page(s, to, &page, &held, &a, err) < 0))
			goto done;
		page = (struct page){ 0 };
		if (peer && (system_find(sys, &a, peer, mine, n_mine, &page, err) < 0 ||
				take_page(s, to, &page, &held, &a, err) < 0))
			goto done;
		arena_reset(&a);
	}
	rc = 0;
done:
	id_set_release(&held);
	arena_release(&a);
	return rc;
}

static void explain_incomplete(struct sides *s, enum side i, const struct options *o)
{
	const struct system_driver *d = s->mapping.driver[i];
	long rows = source_rows(s->source[i]);
	struct arena a = { 0 };
	const char *why = NULL;
	if (o->since || o->where)
		why = sentence(&a, "it was read with %s", o->since ? "--since" : "--where");
	else if (s->pair->side[i]->file && d->bulk_rows && (size_t)rows == d->bulk_rows)
		why = sentence(&a, "the file has exactly %zu rows, so the portal may have cut it", d->bulk_rows);
	else if (!s->state[i].complete)
		why = N_("it was not read to its end");
	else if (s->state[i].server_count >= 0 && s->state[i].server_count != rows)
		why = sentence(&a, "the service counts %ld records and gave %ld", s->state[i].server_count, rows);
	s->incomplete[i] = why ? xstrdup(why) : NULL;
	arena_release(&a);
}

/* One request: which currencies the CRM has active (R12). An account that may not read them is no reason to stop. */
static int read_currencies(struct sides *s, enum side side, struct system *sys, struct err *err)
{
	struct err why = { 0 };
	if (!strcmp(s->mapping.kind[side], "partner-center") ||
	    system_currencies(sys, &s->mem, &s->currencies, &s->n_currencies, &why) == 0)
		return 0;
	if (why.kind != ERR_SIGNIN && why.kind != ERR_USAGE) {
		*err = why;
		return -1;
	}
	log_warn("%s: its currencies can't be read, so R12 is not checked: %s", s->pair->side[side]->name, why.text);
	return 0;
}

/* A file that stands in for a side, or for the time before, is never changed; and it is one side only. */
static int look_at_files(const struct sides *s, const struct options *o, struct err *err)
{
	const char *left = s->pair->side[LEFT]->file, *right = s->pair->side[RIGHT]->file;
	const char *const read[] = { left, right, o->base, o->base_left, o->base_right };
	for (size_t i = 0; i < sizeof read / sizeof *read; i++)
		if (outfile_apart(o->output, read[i], err) < 0)
			return -1;
	if (!s->one_side && outfile_apart(left, right, NULL) < 0)
		return err_set(err, ERR_BRAKE, "both sides are the same file (%s): nothing is planned", left);
	return 0;
}

int sides_read(struct sides *s, const struct options *o, struct err *err)
{
	struct read_request q = { .since = STAMP_NONE };
	char *folder = workspace_path(&s->ws, "", err), *eq = NULL;
	int rc = -1;
	if (look_at_files(s, o, err) < 0)
		goto done;
	if (!folder || option_stamp("--since", o->since, &q.since, err) < 0)
		goto done;
	if (o->where) {
		eq = xstrdup(o->where);
		char *at = strchr(eq, '=');
		if (!at) {
			err_set(err, ERR_USAGE, "--where %s: write it as FIELD=VALUE", o->where);
			goto done;
		}
		*at = '\0';
		q.where_field = eq;
		q.where_value = at + 1;
	}
	for (enum side i = LEFT; i <= RIGHT; i++) {
		struct take t = { s, i };
		struct system *sys = s->source[i] ? source_system(s->source[i]) : NULL;
		struct arena a = { 0 };
		const char *text = "";
		if (!s->source[i]) {
			s->state[i].at = STAMP_NONE;
			continue;
		}
		if (rowset_open(&s->set[i], &s->mapping, i, folder, err) < 0)
			goto done;
		if (sys && system_identify(sys, &a, &text, err) < 0) {
			err_prefix(err, "%s", s->pair->side[i]->name);
			arena_release(&a);
			goto done;
		}
		s->environment[i] = xstrdup(text);
		arena_release(&a);
		if (sys && read_currencies(s, i, sys, err) < 0)
			goto done;
		if (side_read(s->source[i], &s->mapping, i, &q, take_record, &t, err) < 0) {
			err_prefix(err, "%s", s->pair->side[i]->name);
			goto done;
		}
		source_state(s->source[i], &s->state[i]);
		explain_incomplete(s, i, o);
		log_note("%s: %ld records read", s->pair->side[i]->name, s->set[i].read);
	}
	size_t changed[2] = { s->set[LEFT].n, s->set[RIGHT].n };
	if (o->since && (fetch_partners(s, LEFT, changed[LEFT], err) < 0 || fetch_partners(s, RIGHT, changed[RIGHT], err) < 0))
		goto done;
	if (s->live && !s->one_side && !strcmp(s->environment[LEFT], s->environment[RIGHT])) {
		err_set(err, ERR_BRAKE, "both sides are the same environment (%s): nothing is planned", s->environment[LEFT]);
		goto done;
	}
	rc = 0;
done:
	free(folder);
	free(eq);
	return rc;
}

const bool *sides_untold(const struct sides *s, enum side side, struct arena *a)
{
	return side_untold(s->source[side], &s->mapping, side, a);
}

const bool *side_untold(struct source *source, const struct mapping *m, enum side side, struct arena *a)
{
	bool *untold, any = false;
	if (!source || source_system(source))
		return NULL;
	untold = arena_alloc(a, (m->n_fields + 1) * sizeof *untold);
	for (size_t f = 0; f < m->n_fields; f++) {
		const struct field_side *fs = &m->field[f].side[side];
		for (size_t k = 0; k < fs->n_paths; k++)
			untold[f] |= !source_tells(source, fs->column[k]);
		any |= untold[f];
	}
	return any ? untold : NULL;
}
