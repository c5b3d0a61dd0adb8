#include "mapping/history.h"

#include <string.h>
#include "core/lang.h"
#include "core/sentence.h"
#include "core/text.h"

bool history_kept(const struct sides *s, enum side side)
{
	struct system *sys = s->source[side] ? source_system(s->source[side]) : NULL;
	return sys && sys->driver->history;
}

/* A history is kept of a record's own columns, not of what is read through them. */
static bool own_columns(const struct field_side *f)
{
	for (size_t k = 0; k < f->n_paths; k++)
		if (strpbrk(f->path[k], ".["))
			return false;
	return f->n_paths > 0;
}

/* The canonical value of one record's native past, or unknown. */
static void settle(const struct sides *s, const struct history_ask *q, const struct past *const *past, size_t i,
    int64_t start, struct merge_past *out, struct arena *a)
{
	const struct mapping *m = &s->mapping;
	const struct field_side *f = &m->field[q->field].side[q->side];
	const struct schema *c = &m->columns[q->side];
	struct record native = { c, arena_alloc(a, (c->n + 1) * sizeof *native.cell) };
	const struct past *latest = NULL;
	struct mapped r;
	for (size_t k = 0; k < f->n_paths; k++) {
		if (!past[k][i].known)
			return;
		native.cell[f->column[k]] = past[k][i].value;
		if (!latest || past[k][i].changed > latest->changed)
			latest = &past[k][i];
	}
	mapping_apply(m, q->side, &native, a, &r);
	if (r.bad[q->field])
		return;
	*out = (struct merge_past){ true, r.field[q->field],
		sentence(a, "by its own history %s held \"%s\" at START (%s): %s %s", m->driver[q->side]->title,
		    value_has(r.field[q->field]) ? r.field[q->field].s : "", sentence_instant(a, start),
		    sentence(a, latest->after ? N_("the first change after it, which says what was there before, is of")
				       : N_("last changed before it")),
		    sentence_instant(a, latest->changed)) };
}

static int fill_field(struct sides *s, int64_t start, enum side side, size_t field, struct history_ask *ask, size_t n,
    struct arena *a, struct err *err)
{
	const struct field_side *f = &s->mapping.field[field].side[side];
	struct system *sys = source_system(s->source[side]);
	const char **ids = arena_alloc(a, (n + 1) * sizeof *ids);
	size_t *place = arena_alloc(a, (n + 1) * sizeof *place), count = 0;
	struct past *past[FIELD_PATHS];
	for (size_t i = 0; i < n; i++)
		if (ask[i].side == side && ask[i].field == field) {
			place[count] = i;
			ids[count++] = ask[i].id;
		}
	if (!count || !own_columns(f))
		return 0;
	for (size_t k = 0; k < f->n_paths; k++) {
		past[k] = arena_alloc(a, count * sizeof **past);
		if (system_history(sys, a, ids, count, f->path[k], start, past[k], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		settle(s, &ask[place[i]], (const struct past *const *)past, i, start, &ask[place[i]].past, a);
	return 0;
}

int history_fill(struct sides *s, int64_t start, struct history_ask *ask, size_t n, struct arena *a, struct err *err)
{
	for (enum side side = LEFT; side <= RIGHT; side++) {
		if (!history_kept(s, side))
			continue;
		for (size_t f = 0; f < s->mapping.n_fields; f++)
			if (fill_field(s, start, side, f, ask, n, a, err) < 0)
				return err_prefix(err, "%s: history", s->pair->side[side]->name);
	}
	return 0;
}
