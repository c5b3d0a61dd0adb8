/* A record that moved since it was planned (412, a newer stamp) is read again and each row is
 * merged again: still what it was when planned: sent once more; what was wanted stands there
 * already: done; anything else: a person is asked. Records that moved in other fields only go
 * through. Fields of one group are judged together. */
#include <string.h>
#include <strings.h>
#include "core/lang.h"
#include "core/text.h"
#include "importer/rehearse.h"
#include "mapping/rules.h"

static bool same_there(const struct mapping *m, int field, enum side side, struct value p,
    struct value q, struct arena *a)
{
	if (value_equal(p, q))
		return true;
	if (field < 0) /* ids and addresses */
		return value_has(p) && value_has(q) && strcasecmp(p.s, q.s) == 0;
	return value_equal(mapping_compare_form(m, (size_t)field, side, p, a),
	    mapping_compare_form(m, (size_t)field, side, q, a));
}

/* Values that are no difference between the sides ("same" in the mapping: a referral that is new and an open opportunity)
 * are different states of one record: accepting is not done because the deal is open. */
static bool only_same(const struct mapping *m, int field, struct value p, struct value q)
{
	if (field < 0 || value_equal(p, q))
		return false;
	for (int s = LEFT; s <= RIGHT; s++)
		for (size_t i = 0; i < m->field[field].side[s].n_values; i++) {
			const struct value_pair *v = &m->field[field].side[s].values[i];
			if (v->same && (value_is(p, v->canonical) || value_is(q, v->canonical)))
				return true;
		}
	return false;
}

static const char *shown(struct value v)
{
	return value_has(v) ? v.s : _("(empty)");
}

static void judge(
    struct apply *x, struct arena *a, struct item *it, struct want *w, const struct mapped *now)
{
	const struct mapping *m = &x->t.mapping;
	enum side to = it->step.to;
	struct value cur = w->field >= 0 ? now->field[w->field] : now->fact[w->fact];
	bool bad = w->field >= 0 && now->bad && now->bad[w->field];

	if (!bad && same_there(m, w->field, to, cur, w->value, a) && !only_same(m, w->field, cur, w->value)) {
		w->state = WANT_THERE;
		return;
	}
	/* an address that points elsewhere is only ever filled in beside its id */
	if ((!bad && same_there(m, w->field, to, cur, w->before, a)) ||
	    (w->field < 0 && w->fact == FACT_PEER_LINK)) {
		w->before = cur;
		return;
	}
	w->state = WANT_CONFLICT;
	w->message = arena_printf(a, _("%s holds %s now, %s when it was planned; plan again"),
	    x->t.plan.title[to], shown(cur), shown(w->before));
}

static void judge_groups(struct item *it)
{
	for (size_t i = 0; i < it->n_want; i++) {
		const char *group = it->row[it->want[i].row].group;
		if (it->want[i].state != WANT_CONFLICT)
			continue;
		for (size_t j = 0; j < it->n_want; j++) {
			struct want *mate = &it->want[j];
			bool together = mate->row == it->want[i].row ||
					(*group && strcmp(it->row[mate->row].group, group) == 0);
			if (together && mate->state == WANT_SEND) {
				mate->state = WANT_CONFLICT;
				mate->message = _("another field of its group moved; plan again");
			}
		}
	}
}

/* Somebody closed it meanwhile: what is closed is never edited, also where the service would take it. */
static void judge_closed(struct apply *x, struct arena *a, struct item *it, const struct mapped *now)
{
	int status = x->t.mapping.f_status;

	if (status < 0 || !status_is(now->field[status], "Closed"))
		return;
	for (size_t i = 0; i < it->n_want; i++) {
		struct want *w = &it->want[i];

		if (w->state != WANT_SEND || w->field < 0)
			continue;
		w->state = WANT_CONFLICT;
		w->message = arena_printf(a, _("it is %s in %s now, and a closed record is not edited; plan again"),
		    now->field[status].s, x->t.plan.title[it->step.to]);
	}
}

static void judge_item(struct apply *x, struct arena *a, struct item *it, const struct found *f)
{
	struct write *w = &it->step.write;
	const char *etag;

	it->check = false;
	if (!f) {
		it->ready = false;
		it->refusal = arena_printf(a, _("%s %s is gone; plan again"),
		    x->t.mapping.driver[it->step.to]->id_name, w->id);
		return;
	}
	it->native = f->native;
	it->after = f->mapped;
	etag = value_has(f->mapped->fact[FACT_ETAG]) ? f->mapped->fact[FACT_ETAG].s : NULL;
	if (w->op == WRITE_DELETE) {
		it->ready = f->mapped->modified == w->modified && w->modified != STAMP_NONE;
		it->refusal = it->ready ? NULL : _("changed since it was planned; plan again");
		w->etag = etag;
		return;
	}
	w->etag = etag;
	w->modified = f->mapped->modified;
	for (size_t i = 0; i < it->n_want; i++)
		if (it->want[i].state == WANT_SEND)
			judge(x, a, it, &it->want[i], f->mapped);
	judge_closed(x, a, it, f->mapped);
	judge_groups(it);
	compose_assigns(x, a, it);
}

/* Reads the items' records again and sorts what they want; those that may be sent are `ready` with
 * a fresh token. */
int recheck(
    struct apply *x, struct arena *a, enum side side, struct item *items, size_t n, struct err *err)
{
	struct item **pick = arena_alloc(a, (n + 1) * sizeof(*pick));
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id));
	struct found *found = NULL;
	size_t n_pick = 0, n_found = 0;

	for (size_t i = 0; i < n; i++)
		if (items[i].check) {
			id[n_pick] = items[i].step.write.id;
			pick[n_pick++] = &items[i];
		}
	if (n_pick == 0)
		return 0;
	if (x->rehearsal) {
		rehearse_read(x, side, n_pick);
		for (size_t i = 0; i < n_pick; i++) {
			pick[i]->check = false;
			pick[i]->step.write.etag = "-";
		}
		return 0;
	}
	if (found_fetch(x, a, side, id, n_pick, &found, &n_found, err) < 0)
		return -1;
	for (size_t i = 0; i < n_pick; i++)
		judge_item(x, a, pick[i], found_by_id(found, n_found, id[i]));
	return 0;
}

static bool touches_money(const struct apply *x, const struct item *it)
{
	const struct mapping *m = &x->t.mapping;

	if (it->step.write.op == WRITE_CREATE)
		return m->f_value >= 0 && it->step.write.step + 1 >= it->steps;
	for (size_t i = 0; i < it->n_want; i++)
		if (it->want[i].field >= 0 &&
		    (it->want[i].field == m->f_value || it->want[i].field == m->f_currency))
			return true;
	return false;
}

/* Amounts are accounted as the service holds them: where its answer did not say, the record is
 * read once more. What cannot be read now is accounted as planned; -1 never stops the outcomes
 * from being written. */
int read_back(struct apply *x, struct arena *a, enum side side, struct item **items, size_t n,
    struct err *err)
{
	struct item **pick = arena_alloc(a, (n + 1) * sizeof(*pick));
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id));
	struct found *found = NULL;
	size_t n_pick = 0, n_found = 0;

	for (size_t i = 0; i < n; i++) {
		struct item *it = items[i];
		const char *record = it->step.write.id;
		if (it->reply.outcome != OUTCOME_APPLIED || it->after || !touches_money(x, it))
			continue;
		if (it->step.write.op == WRITE_CREATE && it->reply.id && *it->reply.id)
			record = it->reply.id;
		if (!record)
			continue;
		id[n_pick] = record;
		pick[n_pick++] = it;
	}
	if (n_pick == 0 || http_stopped() || budget_left(&x->budget) < (long)n_pick + 1 ||
	    budget_told_left(&x->budget, side) < (long)n_pick + 1)
		return 0;
	if (found_fetch(x, a, side, id, n_pick, &found, &n_found, err) < 0)
		return -1;
	for (size_t i = 0; i < n_pick; i++) {
		const struct found *f = found_by_id(found, n_found, id[i]);
		if (f) {
			pick[i]->native = f->native;
			pick[i]->after = f->mapped;
		}
	}
	return 0;
}
