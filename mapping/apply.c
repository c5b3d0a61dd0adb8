/* One native record in, one canonical record out, and the way back for a value that is to be written. Pure. */
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/text.h"
#include "mapping/parse.h"
#include "mapping/rules_text.h"
#include "mapping/transform.h"
#include "mapping/types.h"
#include "mapping/zone.h"

static struct value cell(const struct record *r, int column, int element, struct arena *a)
{
	if (column < 0)
		return value_absent;
	struct value v = r->cell[column];
	return element >= 0 ? set_element(a, v, (size_t)element) : v;
}

/* The canonical name of a native tuple; NULL when the table has none. Two-option and choice columns of exports come as
 * 0 and 1 or as false and true: both are the same value. */
static const char *table_find(const struct field_side *s, const struct value *native)
{
	for (size_t i = 0; i < s->n_values; i++) {
		bool hit = !s->values[i].same;
		for (size_t k = 0; k < s->n_paths && hit; k++) {
			const char *want = s->values[i].native[k];
			const char *other = s->values[i].kind[k] != ASSIGN_BOOL ? want : *want == 't' ? "1" : "0";
			hit = value_is(native[k], want) || value_is(native[k], other);
		}
		if (hit)
			return s->values[i].canonical;
	}
	return NULL;
}

static struct value read_field(const struct field *f, const struct field_side *s, const struct record *r,
    struct arena *a, struct value *raw, const char **why)
{
	struct value native[FIELD_PATHS];
	bool any = false;
	for (size_t k = 0; k < s->n_paths; k++) {
		native[k] = cell(r, s->column[k], s->element[k], a);
		any |= value_has(native[k]);
	}
	*raw = native[0];
	if (s->n_paths > 1 && any) {
		struct buf b = { 0 };
		for (size_t k = 0; k < s->n_paths; k++) {
			if (k)
				buf_addc(&b, '/');
			buf_add(&b, native[k].s, native[k].len);
		}
		*raw = value_of_len(arena_dup(a, b.s, b.len), b.len);
		buf_release(&b);
	}
	struct value v = transform_run(s->read, s->n_read, *raw, a, why);
	if (s->n_values && any) {
		if (s->n_paths == 1)
			native[0] = v;
		const char *name = table_find(s, native);
		if (!name)
			*why = arena_printf(a, "\"%.*s\" does not stand in the value table of %s", (int)raw->len, raw->s,
			    f->name);
		else
			v = value_of(name);
	}
	if (s->zone && !*why)
		v = zone_in(s->zone, f->type == TYPE_DATETIME, v, a, why);
	return *why ? v : type_normal(f->type, v, a, why);
}

/* The part of a key: ids in their normal form, other texts folded, without marks and with single spaces, so that a
 * candidate is found whatever a person typed. */
static struct value key_part(struct value v, bool candidate, struct arena *a)
{
	static bool ready;
	static struct transform steps[3];
	static struct arena mem;
	if (!candidate)
		return id_normal(v, a);
	if (!ready) {
		static const char *const names[] = { "\"html-decode\"", "\"strip-mark\"", "\"collapse-space\"" };
		for (size_t i = 0; i < 3; i++) {
			struct json *node = json_parse(names[i], strlen(names[i]), NULL);
			transform_compile(node, false, ".", &mem, &steps[i], NULL);
			json_free(node);
		}
		ready = true;
	}
	v = transform_run(steps, 3, v, a, NULL);
	return value_has(v) ? value_of(utf8_fold(a, v.s, v.len)) : value_empty;
}

static int64_t stamp_of(struct value v)
{
	return value_has(v) ? stamp_parse(v.s, v.len) : STAMP_NONE;
}

/* A field is as old as the record, or as the youngest related row it is read from. A related row whose table gives no
 * stamp makes the field's age unknown. */
static int64_t field_stamp(const struct field_side *s, const struct record *r, int64_t own, struct arena *a)
{
	int64_t latest = own;
	for (size_t k = 0; k < s->n_paths && latest != STAMP_NONE; k++) {
		if (s->modified[k] < 0 || !value_has(r->cell[s->column[k]]))
			continue;
		struct value *e;
		size_t n = set_split(a, r->cell[s->modified[k]], &e);
		if (!n)
			return STAMP_NONE;
		for (size_t i = 0; i < n; i++) {
			int64_t t = stamp_of(e[i]);
			if (t == STAMP_NONE)
				return STAMP_NONE;
			latest = t > latest ? t : latest;
		}
	}
	return latest;
}

/* Labels that an export shows in the place of native values ("Gagnée" for 1) become these. Numbers are no labels. */
static const struct record *without_labels(const struct mapping *m, enum side side, const struct record *r, struct record *room,
    struct arena *a)
{
	const struct record *out = r;
	for (size_t i = 0; i < m->n_words[side]; i++) {
		const struct column_words *w = &m->words[side][i];
		struct value v = r->cell[w->column];
		if (!w->n_labels || !value_has(v) || (*v.s >= '0' && *v.s <= '9'))
			continue;
		text_trim(&v.s, &v.len);
		const char *folded = utf8_fold(a, v.s, v.len);
		for (size_t k = 0; k < w->n_labels; k++) {
			if (strcmp(folded, w->label[k]))
				continue;
			if (out == r) {
				*room = (struct record){ r->schema, arena_alloc(a, r->schema->n * sizeof *room->cell) };
				memcpy(room->cell, r->cell, r->schema->n * sizeof *room->cell);
				out = room;
			}
			room->cell[w->column] = value_of(w->native[k]);
			break;
		}
	}
	return out;
}

void mapping_apply(const struct mapping *m, enum side side, const struct record *record, struct arena *a,
    struct mapped *out)
{
	struct record room;
	const struct record *native = without_labels(m, side, record, &room, a);
	memset(out, 0, sizeof *out);
	out->side = side;
	out->field = arena_alloc(a, m->n_fields * sizeof *out->field);
	out->raw = arena_alloc(a, m->n_fields * sizeof *out->raw);
	out->bad = arena_alloc(a, m->n_fields * sizeof *out->bad);
	out->field_modified = arena_alloc(a, m->n_fields * sizeof *out->field_modified);
	for (int f = 0; f < FACT_COUNT; f++)
		out->fact[f] = cell(native, m->fact[side][f], m->fact_element[side][f], a);
	out->fact[FACT_ID] = id_normal(out->fact[FACT_ID], a);
	out->fact[FACT_PEER] = id_normal(out->fact[FACT_PEER], a);
	out->id = out->fact[FACT_ID].s;
	out->modified = stamp_of(out->fact[FACT_MODIFIED]);
	for (size_t i = 0; i < m->n_fields; i++) {
		const struct field_side *s = &m->field[i].side[side];
		const char *why = NULL;
		out->field[i] = out->raw[i] = value_absent;
		out->field_modified[i] = out->modified;
		if (!s->n_paths)
			continue;
		out->field[i] = read_field(&m->field[i], s, native, a, &out->raw[i], &why);
		out->bad[i] = why;
		out->field_modified[i] = field_stamp(s, native, out->modified, a);
	}
	for (size_t r = 0; r < m->n_rungs; r++)
		for (size_t k = 0; k < m->rung[r].n; k++)
			out->key[r][k] = key_part(cell(native, m->rung[r].column[side][k], m->rung[r].element[side][k], a),
			    m->rung[r].candidate, a);
	if (!value_has(out->fact[FACT_ID]))
		out->flags |= MAPPED_UNREADABLE;
	if (scope_test(m->scope[side], native, value_has(out->fact[FACT_PEER]), a))
		out->flags |= MAPPED_IN_SCOPE;
	if (scope_test(m->scope[side], native, true, a))
		out->flags |= MAPPED_SCOPE_LINKED;
}

/* The canonical name that a "same" entry of either side reads as; NULL when the value is in no such entry. */
static const char *same_as(const struct field *f, struct value v)
{
	for (enum side s = LEFT; s <= RIGHT; s++) {
		const struct field_side *fs = &f->side[s];
		for (size_t i = 0; i < fs->n_values; i++) {
			if (!fs->values[i].same || !value_is(v, fs->values[i].canonical))
				continue;
			struct value native[FIELD_PATHS];
			for (size_t k = 0; k < fs->n_paths; k++)
				native[k] = value_of(fs->values[i].native[k]);
			return table_find(fs, native);
		}
	}
	return NULL;
}

struct value mapping_compare_form(const struct mapping *m, size_t field, enum side side, struct value v, struct arena *a)
{
	const struct field *f = &m->field[field];
	(void)side;
	if (!value_has(v))
		return value_empty;
	const char *same = same_as(f, v);
	if (same)
		return value_of(same);
	return f->compare == COMPARE_FOLDED ? value_of(utf8_fold(a, v.s, v.len)) : v;
}

bool mapping_equal(const struct mapping *m, size_t field, struct value left, struct value right, bool tolerance)
{
	const struct field *f = &m->field[field];
	struct arena a = { 0 };
	bool equal = value_equal(mapping_compare_form(m, field, LEFT, left, &a),
	    mapping_compare_form(m, field, RIGHT, right, &a));
	arena_release(&a);
	int64_t l, r;
	if (!equal && tolerance && f->compare == COMPARE_WITHIN_DAYS && value_has(left) && value_has(right) &&
	    date_parse(left.s, left.len, &l) && date_parse(right.s, right.len, &r))
		equal = (l > r ? l - r : r - l) <= f->days;
	return equal;
}

static enum assign_kind kind_of(const struct field *f, struct value v)
{
	if (f->type == TYPE_SET)
		return ASSIGN_SET;
	if (!value_has(v))
		return ASSIGN_NULL;
	if (f->type == TYPE_DECIMAL || f->type == TYPE_INTEGER)
		return ASSIGN_NUMBER;
	return f->type == TYPE_BOOLEAN ? ASSIGN_BOOL : ASSIGN_STRING;
}

/* Out of the canonical form: by "write-as" where it is given, else by taking back what reading does. */
static struct value write_out(const struct field *f, const struct field_side *s, struct value v, struct arena *a,
    const char **why)
{
	bool time = f->type == TYPE_DATETIME, forms = false;
	const struct transform *t = s->has_out ? s->out : s->read;
	size_t n = s->has_out ? s->n_out : s->n_read;
	for (size_t i = 0; i < n; i++)
		forms |= transform_is_date(&t[i]);
	/* a civil date goes back as the instant at which it begins; a form of its own shows the zone's clocks */
	if (s->zone && (time ? forms : s->instant && !forms))
		v = zone_out(s->zone, time, v, a);
	return s->has_out ? transform_run(t, n, v, a, why) : transform_back(t, n, v, a, why);
}

/* A number or a yes that a transform gave a form of its own goes out as that text. */
static enum assign_kind kind_written(enum assign_kind kind, struct value v, struct arena *a)
{
	if (!value_has(v) && kind != ASSIGN_SET)
		return ASSIGN_NULL;
	if (kind == ASSIGN_NUMBER && !decimal_normal(a, v.s, v.len))
		return ASSIGN_STRING;
	if (kind == ASSIGN_BOOL && !value_is(v, "true") && !value_is(v, "false"))
		return ASSIGN_STRING;
	return kind;
}

/* Native text of one path; false when it has none, with why unless it is the value table that lacks it. */
static bool native_of(const struct field *f, const struct field_side *s, struct value v, size_t k, struct arena *a,
    struct value *out, enum assign_kind *kind, const char **why)
{
	*out = value_empty;
	*kind = kind_of(f, v);
	if (!value_has(v))
		return true;
	for (size_t i = 0; i < s->n_values; i++) {
		if (value_is(v, s->values[i].canonical)) {
			*out = value_of(s->values[i].native[k]);
			*kind = s->values[i].kind[k];
			/* the table holds what reading makes of a native text */
			if (s->n_paths == 1 && !s->has_out && *kind == ASSIGN_STRING)
				*out = transform_back(s->read, s->n_read, *out, a, why);
			return !*why;
		}
	}
	if (s->n_values)
		return false;
	if (s->n_paths > 1) {
		const char *from = v.s, *slash;
		for (size_t i = 0; i < k && from; i++) {
			slash = strchr(from, '/');
			from = slash ? slash + 1 : NULL;
		}
		size_t n = from ? strcspn(from, k + 1 < s->n_paths ? "/" : "") : 0;
		*out = from && n ? value_of_len(arena_dup(a, from, n), n) : value_empty;
		*kind = ASSIGN_STRING;
		return true;
	}
	*out = write_out(f, s, v, a, why);
	*kind = kind_written(kind_of(f, *out), *out, a);
	return !*why;
}

int mapping_assign(const struct mapping *m, size_t field, enum side side, struct value canonical, struct value before,
    struct arena *a, struct assign *out, size_t *n, struct err *err)
{
	const struct field *f = &m->field[field];
	const struct field_side *s = &f->side[side];
	for (size_t k = 0; k < s->n_paths; k++) {
		struct assign *o = &out[*n];
		struct value was;
		enum assign_kind dummy;
		const char *why = NULL, *unused = NULL;
		o->path = s->path[k];
		bool has = native_of(f, s, canonical, k, a, &o->value, &o->kind, &why);
		if (why)
			return err_set(err, ERR_USAGE, "%s cannot be written to %s: %s (mapping %s)", f->name, s->path[k],
			    rules_reading(a, rules_lang(lang_name()), why),
			    m->path);
		if (!has)
			return err_set(err, ERR_USAGE, "%s \"%.*s\" has no native value for %s in the value table: add it to %s",
			    f->name, (int)canonical.len, canonical.s, s->path[k], m->path);
		if (!native_of(f, s, before, k, a, &was, &dummy, &unused))
			was = value_absent;
		o->before = before.state == VALUE_ABSENT ? value_absent : was;
		++*n;
	}
	return 0;
}

int mapping_parse(const struct mapping *m, size_t field, struct value text, struct arena *a, struct value *out,
    const char **why)
{
	const struct field *f = &m->field[field];
	*why = NULL;
	*out = type_normal(f->type, text, a, why);
	if (*why)
		return -1;
	bool table = false, known = false;
	for (enum side s = LEFT; s <= RIGHT; s++)
		for (size_t i = 0; i < f->side[s].n_values; i++) {
			table = true;
			known |= value_is(*out, f->side[s].values[i].canonical);
		}
	if (table && value_has(*out) && !known) {
		*why = arena_printf(a, "\"%.*s\" does not stand in the value table of %s", (int)out->len, out->s, f->name);
		return -1;
	}
	return 0;
}
