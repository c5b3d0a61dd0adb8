/* Creates. The record of the other side is read just before: it must still be what was planned,
 * and it gives the values that no canonical field holds. The marker is its id, kept where the new
 * record's kind keeps its peer, so that a create of unknown outcome can be found. Where the client
 * chooses the id it is journalled before the request, and chosen once: a create that is sent again
 * is the same create. */
#include <string.h>
#include "core/lang.h"
#include "core/text.h"
#include "importer/rehearse.h"
#include "mapping/base.h"

static struct value member_value(struct arena *a, const struct json *node)
{
	struct value *element;
	size_t n = 0;

	if (json_kind(node) != JSON_ARRAY)
		return json_value(a, node);
	element = arena_alloc(a, (json_count(node) + 1) * sizeof(*element));
	for (const struct json *e = json_first(node); e; e = json_next(e))
		element[n++] = json_value(a, e);
	return n ? set_join(a, element, n) : value_empty;
}

static bool writable(const struct mapping *m, int field, enum side side)
{
	const struct field_side *f = &m->field[field].side[side];

	return f->n_paths > 0 && f->write != WRITE_NEVER;
}

/* The canonical fields of the proposal that the side takes on create, as wants. */
int create_wants(struct apply *x, struct arena *a, struct item *it, struct err *err)
{
	const struct mapping *m = &x->t.mapping;
	const struct plan_row *r = &it->row[0];
	struct value text = r->decision == DECISION_EDIT ? r->edited : r->proposed;
	struct json *root = json_parse(text.s, text.len, err);

	if (!root || json_kind(root) != JSON_OBJECT) {
		json_free(root);
		return err_set(err, ERR_LEDGER,
		    "p-%lld row %lld: the proposed record cannot be read; plan again",
		    (long long)it->step.plan, (long long)r->row);
	}
	it->n_want = 0;
	it->want = arena_alloc(a, (json_count(root) + 1) * sizeof(*it->want));
	for (const struct json *e = json_first(root); e; e = json_next(e)) {
		int field = mapping_field(m, json_name(e));
		struct value v = member_value(a, e);
		if (field >= 0 && writable(m, field, it->step.to) && value_has(v))
			add_want(it, 0, field, FACT_COUNT, v, value_absent);
	}
	json_free(root);
	return 0;
}

static bool assigned(const struct write *w, const char *path)
{
	for (size_t i = 0; i < w->n_assign; i++)
		if (strcmp(w->assign[i].path, path) == 0)
			return true;
	return false;
}

/* Constants, values of the other record, and the ties to it. */
static void add_extras(struct apply *x, struct arena *a, struct item *it)
{
	const struct mapping *m = &x->t.mapping;
	enum side to = it->step.to, from = side_other(to);
	struct write *w = &it->step.write;
	size_t n = w->n_assign;
	struct assign *out = arena_alloc(a, (n + m->n_create[to] + 3) * sizeof(*out));
	const char *peer = fact_path(m, to, FACT_PEER), *link = fact_path(m, to, FACT_PEER_LINK);
	const char *own = m->driver[to]->facts[FACT_PEER];
	struct value address = peer_address(x, a, from, w->marker);

	if (n)
		memcpy(out, w->assign, n * sizeof(*out));
	w->assign = out;
	for (size_t i = 0; i < m->n_create[to]; i++) {
		const struct create_value *c = &m->create[to][i];
		struct value v = c->constant ? value_of(c->constant) : value_absent;
		if (c->from && it->source && c->column >= 0) {
			v = it->native->cell[c->column];
			if (c->element >= 0)
				v = set_element(a, v, (size_t)c->element);
		}
		if (!value_has(v) || assigned(w, c->path))
			continue;
		out[w->n_assign++] =
		    (struct assign){ .path = c->path, .value = v, .kind = c->kind };
	}
	/* the driver itself stores the marker where its kind keeps the peer; any other column is written like a field */
	if (peer && (!own || strcmp(peer, own) != 0) && !assigned(w, peer))
		out[w->n_assign++] = (struct assign){
			.path = peer, .value = value_of(w->marker), .kind = ASSIGN_STRING
		};
	if (link && value_has(address) && !assigned(w, link))
		out[w->n_assign++] =
		    (struct assign){ .path = link, .value = address, .kind = ASSIGN_STRING };
}

/* Was the other record changed in what the create copies? */
static const char *source_moved(struct apply *x, struct arena *a, const struct item *it)
{
	const struct mapping *m = &x->t.mapping;
	const struct plan_row *r = &it->row[0];
	enum side from = side_other(it->step.to);
	const struct mapped *now = it->source;
	const char *moved = NULL;
	struct json *root;
	struct err ignored;

	if (now->modified != STAMP_NONE && now->modified == r->modified)
		return NULL;
	root = json_parse(r->proposed.s, r->proposed.len, &ignored);
	for (const struct json *e = json_first(root); e && !moved; e = json_next(e)) {
		int field = mapping_field(m, json_name(e));
		struct value planned = member_value(a, e), cur;
		if (field < 0 || m->field[field].side[from].n_paths == 0)
			continue;
		cur = now->field[field];
		if (!value_equal(planned, cur) &&
		    !value_equal(mapping_compare_form(m, (size_t)field, from, planned, a),
			mapping_compare_form(m, (size_t)field, from, cur, a)))
			moved = arena_printf(a,
			    _("not created: %s of %s %s is %s now, %s when it was planned; plan "
			    "again"),
			    m->field[field].name, m->driver[from]->id_name, it->step.write.marker,
			    value_has(cur) ? cur.s : _("(empty)"),
			    value_has(planned) ? planned.s : _("(empty)"));
	}
	json_free(root);
	return moved;
}

int create_state(struct apply *x, struct arena *a, int64_t plan, int64_t row, struct create_state *out, struct err *err)
{
	*out = (struct create_state){ .chosen = "", .id = "", .carry = "" };
	if (x->rehearsal && !x->rehearsal->journal)
		return 0;
	return journal_create_state(&x->t.ledger, a, plan, row, out, err);
}

static int create_compose(struct apply *x, struct arena *a, struct item *it, struct err *err)
{
	const struct mapping *m = &x->t.mapping;
	enum side to = it->step.to;
	struct write *w = &it->step.write;
	struct create_state state;
	char guid[37];

	if (create_wants(x, a, it, err) < 0 ||
	    create_state(x, a, it->step.plan, it->row[0].row, &state, err) < 0)
		return -1;
	compose_assigns(x, a, it);
	for (size_t i = 0; i < it->n_want; i++) {
		if (it->want[i].state == WANT_REFUSED) {
			/* half a record is worse than none */
			it->ready = false;
			return 0;
		}
	}
	it->ready = true;
	add_extras(x, a, it);
	w->step = state.next;
	w->carry = *state.carry ? state.carry : NULL;
	w->id = *state.id ? state.id : NULL;
	if (x->t.plan.is_file[to]) {
		/* one row of an upload file; the service chooses the id */
		it->steps = 1;
		it->refusal = it->source ? source_moved(x, a, it) : NULL;
		it->ready = !it->refusal;
		return 0;
	}
	if (m->driver[to]->caps & CAP_CHOOSE_ID && !w->id) {
		if (*state.chosen) {
			w->id = state.chosen;
		} else {
			guid_new(guid);
			w->id = arena_strdup(a, guid);
		}
	}
	it->steps = system_create_steps(x->system[to], w);
	if (state.next >= it->steps) {
		/* the deal exists; only its result is missing */
		it->ready = false;
		w->step = it->steps - 1;
		it->reply = (struct reply){
			.outcome = OUTCOME_APPLIED, .code = "", .message = "", .id = w->id
		};
	} else if (state.next == 0 && it->source) {
		it->refusal = source_moved(x, a, it);
		it->ready = !it->refusal;
	}
	return 0;
}

/* Reads the other side's records of a batch of creates and composes the creates. */
int create_prepare(
    struct apply *x, struct arena *a, enum side side, struct item *items, size_t n, struct err *err)
{
	const struct mapping *m = &x->t.mapping;
	enum side from = side_other(side);
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id));
	struct found *list = NULL;
	size_t n_list = 0;

	for (size_t i = 0; i < n; i++)
		items[i].step.write.marker = id[i] = item_id(&items[i], from);
	if (x->rehearsal)
		rehearse_read(x, from, n);
	else if (found_fetch(x, a, from, id, n, &list, &n_list, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct found *f = found_by_id(list, n_list, id[i]);
		items[i].native = f ? f->native : NULL;
		items[i].source = f ? f->mapped : NULL;
	}
	for (size_t i = 0; i < n; i++) {
		struct item *it = &items[i];
		if (!it->source && !x->rehearsal) {
			it->refusal = arena_printf(a, _("not created: %s %s is gone; plan again"),
			    m->driver[from]->id_name, id[i]);
			continue;
		}
		if (create_compose(x, a, it, err) < 0)
			return -1;
	}
	return 0;
}

static struct value created_value(const struct item *it, int field)
{
	for (size_t i = 0; i < it->n_want; i++)
		if (field >= 0 && it->want[i].field == field)
			return it->want[i].value;
	return value_absent;
}

/* Amount and currency of a record that was made. */
void create_money(const struct apply *x, const struct item *it, struct step_money *m)
{
	const struct mapping *map = &x->t.mapping;
	struct value v = created_value(it, map->f_value), c = created_value(it, map->f_currency);

	if (!value_has(v) || it->step.write.step + 1 < it->steps)
		return;
	m->value_planned = m->value_after = v.s;
	m->currency_planned = m->currency_after = value_has(c) ? c.s : "";
	if (it->after && map->f_value >= 0 && value_has(it->after->field[map->f_value]))
		m->value_after = it->after->field[map->f_value].s;
	if (it->after && map->f_currency >= 0 && value_has(it->after->field[map->f_currency]))
		m->currency_after = it->after->field[map->f_currency].s;
}

/* What both sides hold equally now is the base of the new pair. */
int create_confirm(struct apply *x, const struct item *it, struct err *err)
{
	const struct plan_info *p = &x->t.plan;
	const struct mapping *m = &x->t.mapping;
	enum side to = it->step.to;

	if (!*p->pair || p->is_file[LEFT] || p->is_file[RIGHT])
		return 0;
	for (size_t i = 0; i < it->n_want; i++) {
		const struct want *w = &it->want[i];
		struct value there = w->value;
		if (w->field < 0 || w->state != WANT_SEND || !settle_took(x, it, w))
			continue;
		if (it->source && m->field[w->field].side[side_other(to)].n_paths)
			there = it->source->field[w->field];
		if (base_confirm(&x->t.ledger, m, p->pair, it->step.left_id, it->step.right_id,
			m->field[w->field].name, to == LEFT ? w->value : there,
			to == LEFT ? there : w->value, err) < 0)
			return -1;
	}
	return 0;
}
