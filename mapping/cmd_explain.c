/* `rejoin explain`: why one record did not sync, what a rule or an error text means, which causes hold up most. */
#include <string.h>
#include "core/lang.h"
#include "core/text.h"
#include "mapping/explain.h"
#include "mapping/known_error.h"
#include "mapping/match.h"
#include "mapping/setup.h"
#include "mapping/types.h"

/* "R01", "r1x" is none: one letter or two, then digits. */
static bool rule_shaped(const char *s)
{
	size_t letters = strspn(s, "RVXrvx"), digits = strspn(s + letters, "0123456789");
	return letters == 1 && digits && !s[letters + digits];
}

/* One word with a digit in it: whatever a system calls its records, and no sentence. */
static bool id_shaped(const char *s)
{
	return !s[strcspn(s, " \t\r\n")] && s[strcspn(s, "0123456789")];
}

/* By id in any case, or by its name (SOLUTION_MISSING). */
static const struct rule *named_rule(const char *s)
{
	for (size_t i = 0; rule_at(i); i++)
		if (!strcasecmp(rule_at(i)->id, s) || !strcasecmp(rule_at(i)->name, s))
			return rule_at(i);
	return NULL;
}

/* The language where no workspace is needed: the option, else that of a workspace around, else the locale's. */
static int language(const struct options *o)
{
	struct workspace ws;
	struct err err = { 0 };
	if (!o->lang) {
		workspace_open(&ws, ".", &err);
		workspace_close(&ws);
	}
	return rules_lang(lang_name());
}

/* ---- records ---- */

static struct mapped *keep(const struct mapping *m, const struct mapped *r, struct arena *a)
{
	struct mapped *k = arena_alloc(a, sizeof *k);
	*k = *r;
	k->field = arena_alloc(a, m->n_fields * sizeof *k->field);
	k->raw = arena_alloc(a, m->n_fields * sizeof *k->raw);
	k->bad = arena_alloc(a, m->n_fields * sizeof *k->bad);
	k->field_modified = arena_alloc(a, m->n_fields * sizeof *k->field_modified);
	for (size_t f = 0; f < m->n_fields; f++) {
		k->field[f] = value_dup(a, r->field[f]);
		k->raw[f] = value_dup(a, r->raw[f]);
		k->bad[f] = r->bad[f] ? arena_strdup(a, r->bad[f]) : NULL;
		k->field_modified[f] = r->field_modified[f];
	}
	for (int f = 0; f < FACT_COUNT; f++)
		k->fact[f] = value_dup(a, r->fact[f]);
	k->id = k->fact[FACT_ID].s;
	return k;
}

/* A record that the scope leaves out is kept whole: it is in no rowset. */
static void watch(void *ctx, const struct mapped *r)
{
	struct explaining *e = ctx;
	for (size_t i = 0; i < e->n_subjects; i++) {
		struct subject *s = &e->subject[i];
		if (strcmp(r->id, s->id))
			continue;
		s->found = true;
		s->side = r->side;
		s->row = NO_ROW;
		if (!(r->flags & MAPPED_SCOPE_LINKED))
			s->ignored = keep(&e->sides.mapping, r, &e->mem);
	}
}

static int find_rows(struct explaining *e, struct err *err)
{
	struct arena a = { 0 };
	struct mapped r;
	int rc = 0;
	for (size_t k = 0; k < e->n_subjects && !rc; k++) {
		struct subject *s = &e->subject[k];
		if (!s->found || s->ignored)
			continue;
		for (size_t i = 0; i < e->sides.set[s->side].n && s->row == NO_ROW && !rc; i++) {
			rc = rowset_load(&e->sides.set[s->side], i, &a, &r, err);
			if (!rc && !strcmp(r.id, s->id))
				s->row = (uint32_t)i;
			arena_reset(&a);
		}
	}
	arena_release(&a);
	return rc;
}

static bool paired(const struct explaining *e, const struct subject *a, const struct subject *b)
{
	return a->row != NO_ROW && b->row != NO_ROW && a->side != b->side &&
	    e->sides.set[a->side].row[a->row].partner == b->row;
}

static int explain_read(struct explaining *e, const struct options *o, struct err *err)
{
	struct arena decided = { 0 };
	struct match_options links = { 0 };
	struct buf json = { 0 };
	int rc = sides_decisions(&e->sides, &decided, &links, err);
	e->ctx = sides_rules(&e->sides);
	e->lang = rules_lang(e->ctx.lang);
	if (!rc)
		rc = match_all(&e->sides.set[LEFT], &e->sides.set[RIGHT], &links, err);
	arena_release(&decided);
	struct setup_seen *seen = arena_alloc(&e->mem, sizeof *seen);
	if (!rc)
		rc = setup_look(&e->sides, &e->ctx, &e->mem, seen, err);
	if (rc < 0)
		return -1;
	if (o->all)
		return explain_all(e, err);
	for (size_t i = 0; i < e->n_subjects; i++)
		if (!e->subject[i].found)
			return err_set(err, ERR_USAGE, "%s",
			    RULES_SAY(&e->mem, e->lang, RT_NO_SUCH_RECORD, explain_safe(e->subject[i].id, strlen(e->subject[i].id), &e->mem),
				e->ctx.pc_title, e->ctx.crm_title));
	if (find_rows(e, err) < 0)
		return -1;
	buf_addc(&json, '[');
	for (size_t i = 0; i < e->n_subjects && !rc; i++) {
		if (i && paired(e, &e->subject[0], &e->subject[1]))
			break;
		if (i)
			out_line("%s", "");
		rc = explain_record(e, &e->subject[i], &json, err);
	}
	buf_addc(&json, ']');
	if (!rc)
		out_data("records", json.s);
	buf_release(&json);
	return rc;
}

static int with_sides(struct explaining *e, const struct options *o, struct err *err)
{
	struct options both = *o;
	struct err close_err = { 0 };
	int rc = -1;
	both.n_args = 0;
	for (int i = 0; i < o->n_args; i++) {
		const char *id = id_normal(value_of(o->arg[i]), &e->mem).s;
		e->subject[e->n_subjects++] = (struct subject){ .id = id, .row = NO_ROW };
	}
	e->sides.watch = watch;
	e->sides.watch_ctx = e;
	if (sides_open(&e->sides, &both, false, err) == 0 && sides_read(&e->sides, &both, err) == 0)
		rc = explain_read(e, o, err);
	if (sides_close(&e->sides, &close_err) < 0 && rc == 0) {
		*err = close_err;
		rc = -1;
	}
	return rc;
}

/* A rule of the mapping's own needs the workspace, and nothing but its mapping. */
static int own_rule(const struct options *o, struct arena *a, struct err *err)
{
	struct workspace ws = { 0 };
	struct mapping m = { 0 };
	const struct rule *r = NULL;
	bool open = workspace_open(&ws, ".", err) == 0;
	int lang = rules_lang(lang_name());
	for (size_t p = 0; open && p < ws.n_pairs && !r; p++) {
		if (o->pair && strcmp(ws.pairs[p].name, o->pair))
			continue;
		if (mapping_open(&m, ws.pairs[p].mapping, err) == 0)
			for (size_t i = 0; rule_custom(&m, i) && !r; i++)
				if (!strcasecmp(rule_custom(&m, i)->id, o->arg[0]))
					r = rule_custom(&m, i);
		if (r)
			explain_rule(r, lang, a);
		mapping_close(&m);
	}
	workspace_close(&ws);
	return r ? 0 : err_set(err, ERR_USAGE, "%s", RULES_SAY(a, lang, RT_NO_SUCH_RULE, o->arg[0]));
}

static int explain(const struct options *o, struct err *err)
{
	struct explaining e = { 0 };
	struct error_match match;
	const char *what = o->n_args ? o->arg[0] : "";
	int rc;
	if (o->all ? o->n_args : o->n_args < 1 || o->n_args > 2)
		return err_set(err, ERR_USAGE, "give a record's id (or both), a rule such as R01, an error text in quotes, or --all");
	bool one = o->n_args == 1;
	if (one && named_rule(what)) {
		explain_rule(named_rule(what), language(o), &e.mem);
		rc = 0;
	} else if (one && rule_shaped(what)) {
		rc = own_rule(o, &e.mem, err);
	} else if (o->all || !one || (id_shaped(what) && !known_error_find(what, &match, 1, &e.mem))) {
		rc = with_sides(&e, o, err);
	} else {
		rc = explain_error(what, language(o), &e.mem, err);
	}
	arena_release(&e.mem);
	return rc < 0 ? -1 : EXIT_OK;
}

const struct command cmd_explain = {
	"explain",
	"WHAT | --all",
	N_("why a record did not sync; what a rule or an error text means"),
	"all pair since max-calls",
	N_("WHAT is the id of a record on either side (or both ids): every check in order with what it looked at, why the record did\n"
	"not sync, where and by whom that is mended, the last known sync and the connector's own words. Or a rule such as R01:\n"
	"what it checks and holds up. Or an error text in quotes: its cause and fix. --all ranks all causes by the deals and the\n"
	"value they hold up. Exit 2 when nothing fits WHAT.\n"),
	explain,
};
