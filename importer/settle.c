/* What became of a write, told to its rows: result, base, and whether what follows may be sent.
 * "Applied" is believed only as far as the service's own record bears it out: a field that did not
 * take is refused. */
#include <string.h>
#include "core/lang.h"
#include "core/text.h"
#include "importer/apply.h"

/* Does the record after the write give the field's native columns at all? */
static bool field_told(
    const struct mapping *m, size_t field, enum side side, const struct record *native)
{
	const struct field_side *f = &m->field[field].side[side];

	for (size_t i = 0; i < f->n_paths; i++)
		if (f->column[i] < 0 || (size_t)f->column[i] >= native->schema->n ||
		    native->cell[f->column[i]].state == VALUE_ABSENT)
			return false;
	return f->n_paths > 0;
}

/* Maps the record that came with the reply; a partial one is judged by what it gives. */
void settle_after(struct apply *x, struct arena *a, struct item *it)
{
	if (it->reply.outcome != OUTCOME_APPLIED || !it->reply.after)
		return;
	it->native = apply_project(x, it->step.to, it->reply.after, a);
	it->after = arena_alloc(a, sizeof(*it->after));
	mapping_apply(&x->t.mapping, it->step.to, it->native, a, it->after);
}

/* Does the record after the write bear it out? True where it does not say. */
bool settle_took(struct apply *x, const struct item *it, const struct want *w)
{
	const struct mapping *m = &x->t.mapping;
	enum side to = it->step.to;
	struct value now;

	if (!it->after || !it->native || w->field < 0 ||
	    !field_told(m, (size_t)w->field, to, it->native))
		return true;
	if (it->after->bad && it->after->bad[w->field])
		return false;
	now = it->after->field[w->field];
	if (value_equal(now, w->value))
		return true;
	return to == LEFT ? mapping_equal(m, (size_t)w->field, now, w->value, false)
			  : mapping_equal(m, (size_t)w->field, w->value, now, false);
}

/* A row's values on both sides are equal or decided: from now on they are its base. */
static int confirm_base(
    struct apply *x, const struct item *it, const struct plan_row *r, struct err *err)
{
	const struct plan_info *p = &x->t.plan;

	if (!*p->pair || p->is_file[LEFT] || p->is_file[RIGHT])
		return 0;
	return row_confirm(&x->t.ledger, &x->t.mapping, p, r, it->step.left_id, it->step.right_id, err);
}

/* Are further parts of the row to be sent after this one? */
static long open_parts(
    struct apply *x, const struct item *it, const struct plan_row *r, struct err *err)
{
	if (x->work.db)
		return work_open_parts(&x->work, r->row, it->step.to, it->step.phase, err);
	/* looked up before the index is there: it will find the rest */
	if (it->step.phase == PHASE_CREATE)
		return x->t.plan.is_file[side_other(it->step.to)] ? 0 : 1;
	if (r->op == OP_LINK && !*r->field)
		return it->step.phase == PHASE_LINK;
	return r->class == CLASS_CONFLICT && r->decision == DECISION_EDIT;
}

/* The deal exists: saying "refused" would make somebody create it again. */
const char *settle_left_link(struct apply *x, enum side to, const char *message, char text[SETTLE_TEXT])
{
	x->left_links++;
	snprintf(text, SETTLE_TEXT,
	    _("created, but %s does not point to it yet (%s); the next plan proposes the "
	    "link"),
	    x->t.plan.title[to], message);
	return text;
}

static int settle_row(struct apply *x, const struct item *it, const struct plan_row *r,
    enum outcome o, int http, const char *code, const char *message, struct err *err)
{
	struct ledger *l = &x->t.ledger;
	bool back = it->step.phase == PHASE_LINK && r->op == OP_CREATE;
	const char *name = outcome_name(o);
	char text[SETTLE_TEXT];
	long open = 0;

	x->conflicts += o == OUTCOME_CONFLICT;
	if (x->work.db && work_mark(&x->work, r->row, it->step.to, it->step.phase,
			      o == OUTCOME_APPLIED ? PART_APPLIED : PART_FAILED, err) < 0)
		return -1;
	if (o == OUTCOME_APPLIED) {
		open = open_parts(x, it, r, err);
		if (open < 0 || (open == 0 && confirm_base(x, it, r, err) < 0))
			return -1;
		if (open > 0)
			return 0;
	} else if (x->work.db && work_fail_row(&x->work, r->row, err) < 0) {
		return -1;
	}
	if (back && (o == OUTCOME_REFUSED || o == OUTCOME_CONFLICT)) {
		message = settle_left_link(x, it->step.to, message, text);
		name = outcome_name(OUTCOME_APPLIED);
	}
	return ledger_plan_result(l, it->step.plan, r->row, name, http, code ? code : "",
	    message ? message : "", budget_now(&x->budget), err);
}

/* One outcome for all rows of an item. */
int settle_all(struct apply *x, struct item *it, enum outcome o, const char *code,
    const char *message, struct err *err)
{
	for (size_t i = 0; i < it->step.n_rows; i++)
		if (settle_row(x, it, &it->row[i], o, it->reply.http, code, message, err) < 0)
			return -1;
	return 0;
}

/* What the service did not take although it said yes. */
void settle_kept(struct apply *x, struct arena *a, struct item *it)
{
	for (size_t i = 0; i < it->n_want; i++) {
		struct want *w = &it->want[i];
		struct value now;
		if (w->state != WANT_SEND || settle_took(x, it, w))
			continue;
		now = it->after->field[w->field];
		w->state = WANT_REFUSED;
		w->message = arena_printf(a, _("the service kept %s instead of %s"),
		    value_has(now) ? now.s : _("(empty)"),
		    value_has(w->value) ? w->value.s : _("(empty)"));
	}
}

/* Each row of an item from what became of its wants; `sent` is the outcome of those that were in
 * the request, OUTCOME_NONE where none left yet: such rows stay open. */
static int settle_wants(struct apply *x, struct item *it, enum outcome sent, struct err *err)
{
	const struct reply *r = &it->reply;

	for (size_t i = 0; i < it->step.n_rows; i++) {
		enum outcome o = OUTCOME_APPLIED;
		const char *message = _("it was there already"), *code = "";
		bool pending = false, any = false;
		for (size_t j = 0; j < it->n_want; j++) {
			const struct want *w = &it->want[j];
			if (w->row != i)
				continue;
			if (w->state == WANT_CONFLICT && o != OUTCOME_CONFLICT) {
				o = OUTCOME_CONFLICT;
				message = w->message;
				code = "";
			} else if (w->state == WANT_REFUSED && o != OUTCOME_CONFLICT) {
				o = OUTCOME_REFUSED;
				message = w->message;
				code = r->outcome == OUTCOME_APPLIED ? "kept" : "mapping";
			} else if (w->state == WANT_SEND) {
				any = true;
				pending = sent == OUTCOME_NONE;
			}
		}
		if (o == OUTCOME_APPLIED) {
			if (pending)
				continue;
			x->found_there += !any;
			if (any) {
				o = sent;
				code = r->code;
				message = r->message;
			}
		}
		if (settle_row(x, it, &it->row[i], o, r->http, code, message, err) < 0)
			return -1;
	}
	return 0;
}

static int settle_created(struct apply *x, struct arena *a, struct item *it, struct err *err)
{
	const char *id = it->reply.id && *it->reply.id ? it->reply.id : it->step.write.id;

	if (it->step.write.step + 1 < it->steps)
		return 0;
	if (!id || !*id)
		return settle_all(x, it, OUTCOME_REFUSED, "no-id",
		    _("the service gave no id for what it created"), err);
	if (it->step.to == LEFT)
		it->step.left_id = arena_strdup(a, id);
	else
		it->step.right_id = arena_strdup(a, id);
	if (create_confirm(x, it, err) < 0)
		return -1;
	const char *more = it->reply.message ? it->reply.message : "";

	return settle_all(x, it, OUTCOME_APPLIED, it->reply.code,
	    arena_printf(a, _("created as %s%s%s"), id, *more ? "; " : "", more), err);
}

/* What an item's answer (or its check before sending) means for its rows. Inside a transaction. */
int settle_item(struct apply *x, struct arena *a, struct item *it, struct err *err)
{
	const struct reply *r = &it->reply;
	int result = 0;

	if (it->refusal)
		return settle_all(x, it, OUTCOME_CONFLICT, "", it->refusal, err);
	switch (r->outcome) {
	case OUTCOME_APPLIED:
		if (it->step.write.op == WRITE_CREATE) {
			result = settle_created(x, a, it, err);
		} else if (it->step.write.op == WRITE_DELETE) {
			result = settle_all(x, it, OUTCOME_APPLIED, r->code, r->message, err);
		} else {
			result = settle_wants(x, it, OUTCOME_APPLIED, err);
		}
		break;
	default:
		/* OUTCOME_NONE: what the check before sending decided */
		if (it->n_want > 0)
			result = settle_wants(x, it, r->outcome, err);
		else if (r->outcome != OUTCOME_NONE)
			result = settle_all(x, it, r->outcome, r->code, r->message, err);
		break;
	}
	return result;
}

/* Amount and currency of the record before and after the write, where the write touches them. */
void settle_money(struct apply *x, const struct item *it, struct step_money *m)
{
	const struct mapping *map = &x->t.mapping;
	const struct want *value = NULL, *currency = NULL;
	struct value now = value_absent, in = value_absent;

	memset(m, 0, sizeof(*m));
	if (it->step.write.op == WRITE_CREATE) {
		create_money(x, it, m);
		return;
	}
	for (size_t i = 0; i < it->n_want; i++) {
		const struct want *w = &it->want[i];
		if (w->field >= 0 && w->field == map->f_value && w->state == WANT_SEND)
			value = w;
		if (w->field >= 0 && w->field == map->f_currency && w->state == WANT_SEND)
			currency = w;
	}
	if (!value && !currency)
		return;
	if (it->after && map->f_value >= 0 &&
	    field_told(map, (size_t)map->f_value, it->step.to, it->native))
		now = it->after->field[map->f_value];
	if (it->after && map->f_currency >= 0 &&
	    field_told(map, (size_t)map->f_currency, it->step.to, it->native))
		in = it->after->field[map->f_currency];
	m->value_before = value ? value->before.s : now.s;
	m->value_planned = value ? value->value.s : now.s;
	m->value_after = it->after && now.state != VALUE_ABSENT ? now.s : m->value_planned;
	m->currency_before = currency ? currency->before.s : in.s;
	m->currency_planned = currency ? currency->value.s : in.s;
	m->currency_after = it->after && in.state != VALUE_ABSENT ? in.s : m->currency_planned;
}
