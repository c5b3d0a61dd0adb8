/* `rejoin map test`: one record, field by field: the source value, what each step makes of it, and the target. */
#include <stdlib.h>
#include <string.h>
#include "core/conf_file.h"
#include "core/lang.h"
#include "core/system.h"
#include "core/text.h"
#include "mapping/map_parts.h"
#include "mapping/rules_text.h"
#include "mapping/sides.h"
#include "mapping/transform.h"
#include "mapping/types.h"

/* The place of a system or file in the pairs of the workspace. pair is malloc'd. */
static int find_place(
    const struct options *o, const char *arg, enum side *side, char **pair, struct err *err)
{
	struct workspace ws;
	const char *kind = o->as;
	bool file = conf_is_table(arg);
	if (workspace_open(&ws, ".", err) < 0)
		return -1;
	if (file && !kind) {
		const struct system_driver *d = source_guess(arg, err);
		kind = d ? d->kind : "";
	}
	for (size_t i = 0; i < ws.n_pairs && !*pair; i++)
		for (enum side s = LEFT; s <= RIGHT && !*pair; s++) {
			const struct system_conf *c = ws.pairs[i].side[s];
			bool fits = file ? !strcmp(c->kind, kind) || !strcmp(c->name, kind)
					 : !strcmp(c->name, arg);
			if (!fits || (o->pair && strcmp(o->pair, ws.pairs[i].name) != 0))
				continue;
			*side = s;
			*pair = xstrdup(ws.pairs[i].name);
		}
	if (!*pair)
		err_set(err, ERR_USAGE,
		    file
			? "%s: no pair of %s has a side that it could stand in for; say --as SYSTEM"
			: _("\"%s\" is no system of a pair in %s"),
		    arg, ws.file.path);
	workspace_close(&ws);
	return *pair ? 0 : -1;
}

static struct record moved(
    const struct mapping *m, enum side side, const struct record *r, struct arena *a)
{
	const struct schema *to = &m->columns[side];
	struct record out = { to, arena_alloc(a, (to->n + 1) * sizeof *out.cell) };
	for (size_t i = 0; i < to->n; i++)
		out.cell[i] = value_dup(a, record_get(r, to->name[i]));
	return out;
}

/* Asks a live system for the id; reads a file through to it. 1: found, 0: there is none. */
static int find_record(struct source *source, const struct mapping *m, enum side side,
    const char *id, struct arena *a, struct mapped *out, struct err *err)
{
	struct system *sys = source_system(source);
	const char *want = id_normal(value_of(id), a).s;
	struct read_request all = { .since = STAMP_NONE };
	struct record native;
	struct arena one = { 0 };
	int got;
	if (sys) {
		struct page page = { 0 };
		if (system_fetch(sys, a, &want, 1, &page, err) < 0)
			return -1;
		if (!page.n)
			return 0;
		native = moved(m, side, &page.record[0], a);
		mapping_apply(m, side, &native, a, out);
		return 1;
	}
	if (source_read(source, &all, err) < 0)
		return -1;
	while ((got = source_next(source, &one, &native, err)) > 0) {
		struct record r = moved(m, side, &native, &one);
		mapping_apply(m, side, &r, &one, out);
		if (!strcmp(out->id, want)) {
			r = moved(m, side, &native, a);
			mapping_apply(m, side, &r, a, out);
			break;
		}
		arena_reset(&one);
	}
	arena_release(&one);
	return got;
}

struct showing {
	const struct mapping *m;
	const struct mapped *r;
	enum side side;
	struct arena *a;
	struct buf json;
	long wrong;
};

/* One line, and one object of the field's "steps". */
static void step(struct showing *w, const char *what, struct value v, const char *why)
{
	const char *shown = v.state == VALUE_TEXT ? arena_printf(w->a, "\"%.*s\"", (int)v.len, v.s)
			    : v.state == VALUE_EMPTY ? _("(empty)")
						     : _("(not read)");
	out_line("  %-*s %s%s", lang_pad(what, 40), what, why ? "? " : "",
	    why ? rules_reading(w->a, rules_lang(lang_name()), why) : shown);
	if (w->json.s[w->json.len - 1] != '[')
		buf_addc(&w->json, ',');
	buf_adds(&w->json, "{\"step\":");
	buf_add_json(&w->json, what, strlen(what));
	buf_adds(&w->json, ",\"value\":");
	if (v.state == VALUE_TEXT)
		buf_add_json(&w->json, v.s, v.len);
	else
		buf_adds(&w->json, "null");
	if (why) {
		buf_adds(&w->json, ",\"wrong\":");
		buf_add_json(&w->json, why, strlen(why));
	}
	buf_addc(&w->json, '}');
	w->wrong += why != NULL;
}

static const char *path_list(struct showing *w, const struct field_side *s)
{
	const char *all = s->path[0];
	for (size_t k = 1; k < s->n_paths; k++)
		all = arena_printf(w->a, "%s, %s", all, s->path[k]);
	return all;
}

static void show_target(struct showing *w, size_t f)
{
	enum side to = side_other(w->side);
	const struct field_side *s = &w->m->field[f].side[to];
	struct assign assign[FIELD_PATHS];
	struct err err = { 0 };
	size_t n = 0;
	if (!s->n_paths)
		return;
	if (s->write == WRITE_NEVER) {
		step(w, arena_printf(w->a, _("never written to %s"), path_list(w, s)), value_absent,
		    NULL);
		return;
	}
	if (mapping_assign(w->m, f, to, w->r->field[f], value_absent, w->a, assign, &n, &err) < 0) {
		step(w, arena_printf(w->a, _("to %s"), path_list(w, s)), value_absent,
		    arena_strdup(w->a, err.text));
		return;
	}
	for (size_t i = 0; i < n; i++)
		step(w,
		    arena_printf(w->a, _("to %s%s"), assign[i].path,
			s->write == WRITE_ON_CREATE ? _(" (on create)") : ""),
		    assign[i].value, NULL);
}

static void show_field(struct showing *w, size_t f)
{
	const struct field *field = &w->m->field[f];
	const struct field_side *s = &field->side[w->side];
	struct value v = w->r->raw[f];
	const char *why = NULL;
	if (!s->n_paths)
		return;
	out_line("%s (%s)", field->name, type_name(field->type));
	if (w->json.len > 1)
		buf_addc(&w->json, ',');
	buf_addf(&w->json, "{\"field\":\"%s\",\"type\":\"%s\",\"steps\":[", field->name,
	    type_name(field->type));
	step(w, arena_printf(w->a, "from %s", path_list(w, s)), v, NULL);
	for (size_t i = 0; i < s->n_read && !why; i++) {
		v = transform_run(&s->read[i], 1, v, w->a, &why);
		if (!why)
			step(w, transform_name(&s->read[i]), v, NULL);
	}
	step(w, "canonical", w->r->field[f], w->r->bad[f]);
	if (!w->r->bad[f] && w->r->field[f].state != VALUE_ABSENT)
		show_target(w, f);
	buf_adds(&w->json, "]}");
}

static int show(struct sides *s, enum side side, const struct options *o, struct err *err)
{
	struct arena a = { 0 };
	struct mapped r;
	struct showing w = { .m = &s->mapping, .r = &r, .side = side, .a = &a };
	int got = find_record(s->source[side], w.m, side, o->id, &a, &r, err), code = -1;
	if (got == 0)
		err_set(err, ERR_USAGE, "%s has no record %s", o->arg[1], o->id);
	if (got == 1) {
		buf_addc(&w.json, '[');
		for (size_t f = 0; f < w.m->n_fields; f++)
			show_field(&w, f);
		buf_addc(&w.json, ']');
		out_data("fields", w.json.s);
		out_count("wrong", w.wrong);
		out_line("%s %s: %ld values cannot be read or written.", s->pair->side[side]->title,
		    r.id, w.wrong);
		code = w.wrong ? EXIT_INVALID : EXIT_OK;
	}
	buf_release(&w.json);
	arena_release(&a);
	return code;
}

int map_test(const struct options *o, struct err *err)
{
	struct sides s = { .one_side = true };
	struct err close_err = { 0 };
	struct options one = *o;
	char *pair = NULL;
	int code = -1;
	if (!o->id)
		return err_set(
		    err, ERR_USAGE, "rejoin map test %s --id ID: which record?", o->arg[1]);
	if (find_place(o, o->arg[1], &s.only, &pair, err) < 0)
		return -1;
	one.n_args = 0;
	one.pair = pair;
	s.only_file = conf_is_table(o->arg[1]) ? o->arg[1] : NULL;
	if (sides_open(&s, &one, false, err) == 0)
		code = show(&s, s.only, o, err);
	if (sides_close(&s, &close_err) < 0 && code >= 0) {
		*err = close_err;
		code = -1;
	}
	free(pair);
	return code;
}
