/* `rejoin verify`: compares both sides as they are, whatever history says; finds silent divergence. */
#include <stdlib.h>
#include <string.h>
#include "core/cmd.h"
#include "core/lang.h"
#include "core/table.h"
#include "mapping/match.h"
#include "mapping/sides.h"

enum { COLUMNS = 7 };

struct verifying {
	struct sides sides;
	struct table_writer *table;
	long pairs, equal, differing, fields, half, unlinked[2], tangled;
	long by_field[256];
	const bool *untold[2]; /* fields that a table has no column for */
};

static int add_row(struct verifying *v, const char *what, const struct mapped *l, const struct mapped *r, const char *field,
    struct value left, struct value right, struct err *err)
{
	const struct mapped *any = l ? l : r;
	const struct mapping *m = &v->sides.mapping;
	bool people = v->table && table_is_workbook(v->table);
	struct value cell[COLUMNS] = { value_of(people ? _(what) : what), l ? value_of(l->id) : value_empty, r ? value_of(r->id) : value_empty,
		m->f_name >= 0 ? any->field[m->f_name] : value_empty, value_of(field), left, right };
	return v->table ? table_write(v->table, cell, COLUMNS, err) : 0;
}

static int verify_pair(struct verifying *v, uint32_t i, struct arena *a, struct err *err)
{
	struct sides *s = &v->sides;
	const struct mapping *m = &s->mapping;
	const struct row_ref *ref = &s->set[LEFT].row[i];
	struct mapped l, r;
	bool differs = false;
	v->pairs++;
	v->half += (ref->flags & ROW_HALF) != 0;
	if (ref->values == s->set[RIGHT].row[ref->partner].values) {
		v->equal++;
		return 0;
	}
	if (rowset_load(&s->set[LEFT], i, a, &l, err) < 0 || rowset_load(&s->set[RIGHT], ref->partner, a, &r, err) < 0)
		return -1;
	for (size_t f = 0; f < m->n_fields; f++) {
		const struct field *d = &m->field[f];
		if (!d->side[LEFT].n_paths || !d->side[RIGHT].n_paths || (v->untold[LEFT] && v->untold[LEFT][f]) ||
		    (v->untold[RIGHT] && v->untold[RIGHT][f]) ||
		    (!l.bad[f] && !r.bad[f] && mapping_equal(m, f, l.field[f], r.field[f], true)))
			continue;
		differs = true;
		v->fields++;
		if (f < 256)
			v->by_field[f]++;
		if (add_row(v, l.bad[f] || r.bad[f] ? N_("unreadable") : N_("differs"), &l, &r, d->name, l.field[f], r.field[f], err) < 0)
			return -1;
	}
	v->differing += differs;
	v->equal += !differs;
	return 0;
}

static int verify_single(struct verifying *v, enum side side, uint32_t i, struct arena *a, struct err *err)
{
	struct sides *s = &v->sides;
	uint16_t flags = s->set[side].row[i].flags;
	bool tangled = flags & (ROW_DUPLICATE | ROW_CROSSED);
	struct mapped r;
	if (!tangled && !(flags & (ROW_IN_SCOPE | ROW_DANGLING)))
		return 0;
	v->tangled += tangled;
	v->unlinked[side] += !tangled;
	if (rowset_load(&s->set[side], i, a, &r, err) < 0)
		return -1;
	const char *what = flags & ROW_DUPLICATE ? N_("duplicate") : flags & ROW_CROSSED ? N_("crossed")
	    : flags & ROW_DANGLING               ? N_("dangling")
						 : N_("unlinked");
	return add_row(v, what, side == LEFT ? &r : NULL, side == RIGHT ? &r : NULL, "", value_empty, value_empty, err);
}

static int compare_all(struct verifying *v, struct err *err)
{
	struct sides *s = &v->sides;
	struct arena a = { 0 };
	struct arena decided = { 0 };
	struct match_options o = { 0 };
	for (enum side side = LEFT; side <= RIGHT; side++)
		v->untold[side] = sides_untold(s, side, &decided);
	int rc = sides_decisions(s, &decided, &o, err);
	if (!rc)
		rc = match_all(&s->set[LEFT], &s->set[RIGHT], &o, err);
	for (enum side side = LEFT; side <= RIGHT && !rc; side++)
		for (uint32_t i = 0; i < s->set[side].n && !rc; i++) {
			const struct row_ref *ref = &s->set[side].row[i];
			bool pair = ref->partner != NO_ROW && !(ref->flags & ROW_CANDIDATE);
			if (!pair)
				rc = verify_single(v, side, i, &a, err);
			else if (side == LEFT)
				rc = verify_pair(v, i, &a, err);
			arena_reset(&a);
		}
	arena_release(&a);
	arena_release(&decided);
	return rc;
}

static int open_table(struct verifying *v, const char *path, struct err *err)
{
	const struct mapping *m = &v->sides.mapping;
	if (!path)
		return 0;
	v->table = table_create(path, DIALECT_RFC4180, err);
	if (!v->table)
		return -1;
	bool people = table_is_workbook(v->table);
	struct column_def column[COLUMNS] = {
		{ .heading = people ? _("What") : "what", .width = 12 },
		{ .heading = people ? _("Left ID") : "left_id", .width = 38 },
		{ .heading = people ? _("Right ID") : "right_id", .width = 38 },
		{ .heading = people ? _("Deal") : "deal", .width = 34 },
		{ .heading = people ? _("Field") : "field", .width = 16 },
		{ .heading = people ? m->driver[LEFT]->title : "left", .width = 40, .wrap = true },
		{ .heading = people ? m->driver[RIGHT]->title : "right", .width = 40, .wrap = true },
	};
	return table_sheet(v->table, people ? _("Differences") : "Differences", column, COLUMNS, err);
}

static void print(struct verifying *v, const struct options *o)
{
	const struct mapping *m = &v->sides.mapping;
	for (size_t f = 0; f < m->n_fields && f < 256; f++)
		if (v->by_field[f])
			out_line(lang_plural("%6ld pair differs in %s", "%6ld pairs differ in %s", (unsigned long)v->by_field[f]),
			    v->by_field[f], m->field[f].name);
	out_count("pairs", v->pairs);
	out_count("equal", v->equal);
	out_count("differing", v->differing);
	out_count("fields", v->fields);
	out_count("half_linked", v->half);
	out_count("tangled", v->tangled);
	out_count("unlinked_left", v->unlinked[LEFT]);
	out_count("unlinked_right", v->unlinked[RIGHT]);
	out_line("%ld linked pairs: %ld equal, %ld differ in %ld fields, %ld linked by one half only; without a partner: %ld in "
		 "%s, %ld in %s; %ld duplicate or crossed.%s%s",
	    v->pairs, v->equal, v->differing, v->fields, v->half, v->unlinked[LEFT], m->driver[LEFT]->title,
	    v->unlinked[RIGHT], m->driver[RIGHT]->title, v->tangled, o->output ? _(" Table: ") : "", o->output ? o->output : "");
}

static int verify(const struct options *o, struct err *err)
{
	struct verifying v = { 0 };
	struct err close_err = { 0 };
	int code = -1;
	if (sides_open(&v.sides, o, false, err) < 0 || sides_read(&v.sides, o, err) < 0 ||
	    open_table(&v, o->output, err) < 0 || compare_all(&v, err) < 0)
		goto done;
	if (v.table) {
		int rc = table_finish(v.table, err);
		v.table = NULL;
		if (rc < 0)
			goto done;
		out_file("differences", o->output);
	}
	print(&v, o);
	bool differs = v.differing || v.half || v.unlinked[LEFT] || v.unlinked[RIGHT] || v.tangled;
	code = o->exit_code && differs ? EXIT_DIFFERENT : EXIT_OK;
done:
	table_abandon(v.table);
	if (sides_close(&v.sides, &close_err) < 0 && code >= 0) {
		*err = close_err;
		code = -1;
	}
	return code;
}

const struct command cmd_verify = {
	"verify",
	"[LEFT RIGHT] [-o FILE]",
	N_("compare both sides as they are, ignoring history"),
	"output:csv:xlsx json exit-code pair lang max-calls",
	N_("FILE (.csv or .xlsx) gets one row for each field that differs and each record without a partner. Nothing is written to\n"
	"either side. Exit 0 whatever is found; with --exit-code 9 when there are differences.\n"),
	verify,
};
