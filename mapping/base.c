/* A base in the ledger is text: 16 hex digits of the hash of all compared values (zeros when single fields were confirmed
 * since), then a JSON object {"field": ["left", "right"]}; null stands for empty. Fields are kept by name, so a changed
 * mapping does not misread them. */
#include "mapping/base.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "core/buf.h"
#include "core/json.h"
#include "mapping/elements.h"

static void add_value(struct buf *b, struct value v)
{
	if (value_has(v))
		buf_add_json(b, v.s, v.len);
	else
		buf_adds(b, "null");
}

/* The ledger's values of one link; a field that is not in it stays BASE_NONE. */
static int from_ledger(struct ledger *l, const char *pair, const struct mapping *m, const char *left_id,
    const char *right_id, struct arena *a, struct base_value *out, struct err *err)
{
	const void *blob = NULL;
	size_t len = 0;
	if (ledger_base_get(l, a, pair, left_id, right_id, &blob, &len, err) < 0)
		return -1;
	if (!blob || len < 18)
		return 0;
	struct json *root = json_parse((const char *)blob + 16, len - 16, err);
	if (!root)
		return err_set(err, ERR_LEDGER, "the base of %s and %s in the ledger is damaged: move the ledger away and plan "
						"again",
		    left_id, right_id);
	for (size_t i = 0; i < m->n_fields; i++) {
		const struct json *two = json_get(root, m->field[i].name);
		if (!two)
			continue;
		out[i].source = BASE_LEDGER;
		out[i].side[LEFT] = json_value(a, json_first(two));
		out[i].side[RIGHT] = json_value(a, json_next(json_first(two)));
	}
	json_free(root);
	return 0;
}

/* Verified by id: a hash is a hint, not a proof. */
static int load_base(const struct rowset *s, int key, const char *id, struct arena *a, struct mapped *out, bool *found,
    struct err *err)
{
	*found = false;
	for (uint32_t i = NO_ROW; (i = rowset_find(s, key, rowset_id_hash(id), i)) != NO_ROW;) {
		if (rowset_load(s, i, a, out, err) < 0)
			return -1;
		struct value held = key ? out->fact[FACT_PEER] : out->fact[FACT_ID];
		if (value_is(held, id)) {
			*found = true;
			return 0;
		}
	}
	return 0;
}

/* Does the record of a file say what the field held? What stands in its column does, a blank cell too. */
static bool tells(const struct base *b, int file, bool found, const struct mapped *r, size_t f)
{
	return found && !(b->untold[file] && b->untold[file][f]) && !(r->bad && r->bad[f]);
}

static int from_files(struct base *b, const struct mapping *m, const char *left_id, const char *right_id,
    struct arena *a, struct base_value *out, struct err *err)
{
	struct mapped r[3];
	bool found[3] = { false, false, false };
	if (b->has_files[0] && load_base(&b->files[0], 0, left_id, a, &r[0], &found[0], err) < 0)
		return -1;
	if (b->has_files[0] && !found[0] && load_base(&b->files[0], 1, right_id, a, &r[0], &found[0], err) < 0)
		return -1;
	if (b->has_files[1] && load_base(&b->files[1], 0, left_id, a, &r[1], &found[1], err) < 0)
		return -1;
	if (b->has_files[2] && load_base(&b->files[2], 0, right_id, a, &r[2], &found[2], err) < 0)
		return -1;
	for (size_t i = 0; i < m->n_fields; i++) {
		const struct field *f = &m->field[i];
		if (out[i].source != BASE_NONE)
			continue;
		bool canonical = tells(b, 0, found[0], &r[0], i);
		bool left = f->side[LEFT].n_paths && tells(b, 1, found[1], &r[1], i);
		bool right = f->side[RIGHT].n_paths && tells(b, 2, found[2], &r[2], i);
		if (canonical) {
			out[i] = (struct base_value){ BASE_FILES, { r[0].field[i], r[0].field[i] } };
		} else if (left && right) {
			out[i] = (struct base_value){ BASE_FILES, { r[1].field[i], r[2].field[i] } };
		} else if (left || right) {
			struct value v = left ? r[1].field[i] : r[2].field[i];
			out[i] = (struct base_value){ BASE_ONE_FILE, { v, v } };
		}
	}
	return 0;
}

int base_find(struct base *b, const struct mapping *m, const char *left_id, const char *right_id, struct arena *a,
    struct base_value *out, struct err *err)
{
	memset(out, 0, m->n_fields * sizeof *out);
	if (b->ledger && from_ledger(b->ledger, b->pair, m, left_id, right_id, a, out, err) < 0)
		return -1;
	return from_files(b, m, left_id, right_id, a, out, err);
}

bool base_is(struct base *b, uint64_t hash, const char *left_id, const char *right_id)
{
	struct arena a = { 0 };
	const void *blob = NULL;
	size_t len = 0;
	char hex[17];
	snprintf(hex, sizeof hex, "%016" PRIx64, hash);
	bool same = !ledger_base_get(b->ledger, &a, b->pair, left_id, right_id, &blob, &len, NULL) && blob && len > 16 &&
	    !memcmp(blob, hex, 16);
	arena_release(&a);
	return same;
}

/* Writes the values, if they are not there already. */
static int store(struct ledger *l, const char *pair, const struct mapping *m, uint64_t hash, const char *left_id,
    const char *right_id, const struct base_value *v, struct arena *a, struct err *err)
{
	struct buf text = { 0 };
	const void *old = NULL;
	size_t old_len = 0;
	bool first = true;
	int rc = 0;
	buf_addf(&text, "%016" PRIx64 "{", hash);
	for (size_t i = 0; i < m->n_fields; i++) {
		if (v[i].source == BASE_NONE)
			continue;
		buf_addf(&text, "%s\"%s\":[", first ? "" : ",", m->field[i].name);
		add_value(&text, v[i].side[LEFT]);
		buf_addc(&text, ',');
		add_value(&text, v[i].side[RIGHT]);
		buf_addc(&text, ']');
		first = false;
	}
	buf_addc(&text, '}');
	if (ledger_base_get(l, a, pair, left_id, right_id, &old, &old_len, err) < 0)
		rc = -1;
	else if (!old || old_len != text.len || memcmp(old, text.s, text.len))
		rc = ledger_base_put(l, pair, left_id, right_id, text.s, text.len, err) < 0 ? -1 : 1;
	buf_release(&text);
	return rc;
}

int base_agree(struct base *b, const struct mapping *m, uint64_t hash, const struct mapped *left,
    const struct mapped *right, const enum base_part *agreed, struct arena *a, struct err *err)
{
	struct base_value *v = arena_alloc(a, m->n_fields * sizeof *v);
	if (from_ledger(b->ledger, b->pair, m, left->id, right->id, a, v, err) < 0)
		return -1;
	for (size_t i = 0; i < m->n_fields; i++) {
		const struct field *f = &m->field[i];
		if (!f->side[LEFT].n_paths || !f->side[RIGHT].n_paths || left->bad[i] || right->bad[i])
			continue;
		const struct value now[2] = { left->field[i], right->field[i] };
		if (!agreed || agreed[i] == BASE_PART_ALL)
			v[i] = (struct base_value){ BASE_LEDGER, { now[LEFT], now[RIGHT] } };
		else if (agreed[i] == BASE_PART_ELEMENTS && v[i].source != BASE_NONE)
			elements_agree(m, i, v[i].side, now, a);
	}
	return store(b->ledger, b->pair, m, agreed ? 0 : hash, left->id, right->id, v, a, err);
}

int base_confirm(struct ledger *l, const struct mapping *m, const char *pair, const char *left_id, const char *right_id,
    const char *field, struct value left, struct value right, struct err *err)
{
	struct arena a = { 0 };
	struct base_value *v = arena_alloc(&a, m->n_fields * sizeof *v);
	int at = mapping_field(m, field), rc = 0;
	/* halves of a link are no fields of the base */
	if (at >= 0) {
		rc = from_ledger(l, pair, m, left_id, right_id, &a, v, err);
		v[at] = (struct base_value){ BASE_LEDGER, { left, right } };
		if (!rc)
			rc = store(l, pair, m, 0, left_id, right_id, v, &a, err);
	}
	arena_release(&a);
	return rc < 0 ? -1 : 0;
}

int base_confirm_elements(struct ledger *l, const struct mapping *m, const char *pair, const char *left_id,
    const char *right_id, size_t field, const struct value was[2], const struct value now[2], struct err *err)
{
	struct arena a = { 0 };
	struct base_value *v = arena_alloc(&a, m->n_fields * sizeof *v);
	int rc = from_ledger(l, pair, m, left_id, right_id, &a, v, err);
	if (!rc && v[field].source == BASE_NONE && was[LEFT].state != VALUE_ABSENT)
		v[field] = (struct base_value){ BASE_LEDGER, { was[LEFT], was[RIGHT] } };
	if (!rc && v[field].source != BASE_NONE) {
		elements_agree(m, field, v[field].side, now, &a);
		rc = store(l, pair, m, 0, left_id, right_id, v, &a, err);
	}
	arena_release(&a);
	return rc < 0 ? -1 : 0;
}
