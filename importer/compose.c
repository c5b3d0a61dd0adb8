/* From decided rows to one write: what each row wants on the side it goes to, as the mapping
 * writes it there. Link fields have no canonical form: "referral_id" and "referral_link" are the
 * CRM's peer id and address, "crm_id" is Partner Center's; they go to the native paths of those
 * facts. */
#include <string.h>
#include "core/lang.h"
#include "core/text.h"
#include "importer/rehearse.h"

/* Id of the record on a side; "" where there is none yet. */
const char *item_id(const struct item *it, enum side side)
{
	return side == LEFT ? it->step.left_id : it->step.right_id;
}

/* Native column of a fact on a side: the mapping's own, else the driver's; NULL where there is none. */
const char *fact_path(const struct mapping *m, enum side side, enum fact f)
{
	int column = m->fact[side][f];

	return column >= 0 ? m->columns[side].name[column] : NULL;
}

/* A driver's record in the columns that the mapping reads. */
struct record *apply_project(
    struct apply *x, enum side side, const struct record *r, struct arena *a)
{
	const struct schema *to = &x->t.mapping.columns[side];
	struct record *out = arena_alloc(a, sizeof(*out));

	out->schema = to;
	out->cell = arena_alloc(a, (to->n + 1) * sizeof(*out->cell));
	for (size_t i = 0; i < to->n; i++) {
		int at = i < r->schema->n && strcmp(r->schema->name[i], to->name[i]) == 0
			     ? (int)i
			     : schema_find(r->schema, to->name[i]);
		out->cell[i] = at >= 0 ? r->cell[at] : value_absent;
	}
	return out;
}

/* One more value that the item's write is to leave behind. */
void add_want(
    struct item *it, size_t row, int field, enum fact f, struct value v, struct value before)
{
	it->want[it->n_want++] = (struct want){
		.row = row, .field = field, .fact = f, .value = v, .before = before, .message = ""
	};
}

/* The address by which people reach a record of the other side; absent when none is known. */
struct value peer_address(struct apply *x, struct arena *a, enum side of, const char *id)
{
	const struct system_driver *d = x->t.mapping.driver[of];
	const struct system_conf *conf = x->t.pair.side[of];
	const char *url = d && d->record_url && *id ? d->record_url(conf, a, id) : NULL;

	return url && *url ? value_of(url) : value_absent;
}

/* Both facts that tie a record to its peer. */
static void add_link(struct apply *x, struct arena *a, struct item *it, size_t row)
{
	enum side to = it->step.to, from = side_other(to);
	const char *peer = item_id(it, from);
	struct value address = peer_address(x, a, from, peer);

	add_want(it, row, -1, FACT_PEER, value_of(peer), value_absent);
	if (value_has(address) && fact_path(&x->t.mapping, to, FACT_PEER_LINK))
		add_want(it, row, -1, FACT_PEER_LINK, address, value_absent);
}

static bool is_link_field(const struct plan_row *r, enum fact *f)
{
	*f = strcmp(r->field, "referral_link") == 0 ? FACT_PEER_LINK : FACT_PEER;
	return *f == FACT_PEER_LINK || strcmp(r->field, "referral_id") == 0 ||
	       strcmp(r->field, "crm_id") == 0;
}

/* What the rows want on the side of the item; a create and a delete want no single values. */
void compose_wants(struct apply *x, struct arena *a, struct item *it)
{
	enum side to = it->step.to;

	it->n_want = 0;
	it->want = arena_alloc(a, (2 * it->step.n_rows + 1) * sizeof(*it->want));
	for (size_t i = 0; i < it->step.n_rows; i++) {
		const struct plan_row *r = &it->row[i];
		struct value before = to == LEFT ? r->left : r->right, v;
		int field = mapping_field(&x->t.mapping, r->field);
		enum fact f;

		if (it->step.phase == PHASE_LINK || it->step.phase == PHASE_LINK_BACK) {
			add_link(x, a, it, i);
		} else if (*r->field) {
			row_target(r, to, &v);
			if ((r->step == STEP_LINK || field < 0) && is_link_field(r, &f))
				add_want(it, i, -1, f, v, before);
			else
				add_want(it, i, field, FACT_COUNT, v, before);
		}
	}
}

static void refuse_want(struct item *it, struct want *w, const char *message)
{
	const char *group = it->row[w->row].group;

	w->state = WANT_REFUSED;
	w->message = message;
	for (size_t i = 0; *group && i < it->n_want; i++) {
		struct want *mate = &it->want[i];
		if (mate->state == WANT_SEND && strcmp(it->row[mate->row].group, group) == 0) {
			mate->state = WANT_REFUSED;
			mate->message = _("not sent: another field of its group cannot be written");
		}
	}
}

static bool assign_want(struct apply *x, struct arena *a, struct item *it, struct want *w,
    struct assign *out, size_t *n)
{
	const struct mapping *m = &x->t.mapping;
	enum side to = it->step.to;
	struct err why = { .kind = ERR_NONE };
	size_t before = *n;

	if (w->field >= 0 && it->step.write.op != WRITE_CREATE &&
	    m->field[w->field].side[to].write != WRITE_ALWAYS) {
		refuse_want(it, w,
		    arena_printf(a,
			_("%s: the mapping does not write it in %s once the record exists"),
			m->field[w->field].name, x->t.plan.title[to]));
		return false;
	}
	if (w->field >= 0) {
		if (mapping_assign(m, (size_t)w->field, to, w->value, w->before, a, out, n, &why) ==
			0 &&
		    *n > before)
			return true;
		*n = before;
		refuse_want(it, w,
		    why.kind ? arena_strdup(a, why.text)
			     : arena_printf(a, _("%s: the mapping writes it nowhere in %s"),
				   m->field[w->field].name, x->t.plan.title[to]));
		return false;
	}
	const char *path = w->fact < FACT_COUNT ? fact_path(m, to, w->fact) : NULL;
	if (!path) {
		refuse_want(it, w,
		    arena_printf(a, _("%s: the mapping of this plan has no such field; plan again"),
			it->row[w->row].field));
		return false;
	}
	out[(*n)++] = (struct assign){ .path = path,
		.value = w->value,
		.before = w->before,
		.kind = value_has(w->value) ? ASSIGN_STRING : ASSIGN_NULL };
	return true;
}

/* The assigns of all that is still to be sent; what has no native form there is refused, with its
 * group. */
void compose_assigns(struct apply *x, struct arena *a, struct item *it)
{
	struct assign *out = arena_alloc(a, (it->n_want * FIELD_PATHS + 1) * sizeof(*out));
	size_t n = 0, alive = 0;

	if (it->n_want == 0)
		return;
	/* a late refusal takes its group mates along: only a second pass knows who is left */
	for (size_t i = 0; i < it->n_want; i++) {
		if (it->want[i].state == WANT_SEND)
			assign_want(x, a, it, &it->want[i], out, &n);
		n = 0;
	}
	for (size_t i = 0; i < it->n_want; i++)
		if (it->want[i].state == WANT_SEND && assign_want(x, a, it, &it->want[i], out, &n))
			alive++;
	it->step.write.assign = out;
	it->step.write.n_assign = n;
	it->ready = alive > 0;
}

/* The token to send: after our own last write of this plan, else as the plan read it. */
static int choose_token(struct apply *x, struct arena *a, struct item *it, struct err *err)
{
	struct write *w = &it->step.write;
	enum side to = it->step.to;
	const char *etag = "";
	int64_t modified = STAMP_NONE;
	int own = x->rehearsal ? rehearse_fresh(x, to, w->id, err) : 0;

	if (own > 0) {
		etag = "-";
		modified = 0;
	} else if (own == 0 && (!x->rehearsal || x->rehearsal->journal)) {
		own = journal_fresh(
		    &x->t.ledger, a, x->t.plan.id, it->step.system, w->id, &etag, &modified, err);
	}
	if (own < 0)
		return -1;
	/* links of candidates and conflicts go to both sides: the plan kept the token of one at most */
	for (size_t i = 0; own == 0 && i < it->step.n_rows && it->step.phase >= PHASE_VALUES; i++) {
		const struct plan_row *r = &it->row[i];
		if (r->to != to || r->class == CLASS_CONFLICT)
			continue;
		etag = r->etag;
		modified = r->modified;
		break;
	}
	w->etag = *etag ? etag : NULL;
	w->modified = modified;
	it->check = fact_path(&x->t.mapping, to, FACT_ETAG) ? !*etag : modified == STAMP_NONE;
	return 0;
}

/* An element that is taken out of a set is an update of the set: the driver deletes the row that
 * held it. */
static enum write_op op_of(int phase, const struct plan_row *r)
{
	switch (phase) {
	case PHASE_CREATE:
		return WRITE_CREATE;
	case PHASE_CLOSE:
		return WRITE_CLOSE;
	case PHASE_DELETE:
		return *r->field ? WRITE_UPDATE : WRITE_DELETE;
	default:
		return WRITE_UPDATE;
	}
}

/* The plan's rows of an item, as they are decided now. */
int compose_rows(struct apply *x, struct arena *a, int64_t plan, const int64_t *row, size_t n_rows,
    struct item *it, struct err *err)
{
	it->row = arena_alloc(a, (n_rows + 1) * sizeof(*it->row));
	for (size_t i = 0; i < n_rows; i++) {
		int found = ledger_plan_row(&x->t.ledger, a, plan, NULL, row[i], &it->row[i], err);
		if (found < 0)
			return -1;
		if (!found)
			return err_set(err, ERR_LEDGER,
			    "%s: row %lld of p-%lld is missing; move it away and plan again",
			    x->t.ledger.path, (long long)row[i], (long long)plan);
	}
	return 0;
}

/* One write of the rows of a record, side and phase. */
int compose_item(struct apply *x, struct arena *a, int phase, enum side side, const int64_t *row,
    size_t n_rows, struct item *it, struct err *err)
{
	struct create_state made;
	const struct plan_row *r;

	memset(it, 0, sizeof(*it));
	if (compose_rows(x, a, x->t.plan.id, row, n_rows, it, err) < 0)
		return -1;
	r = &it->row[0];
	it->step = (struct step){ .run = x->run,
		.plan = x->t.plan.id,
		.to = side,
		.system = x->t.plan.system[side],
		.left_id = r->left_id,
		.right_id = r->right_id,
		.phase = phase,
		.row = row,
		.n_rows = n_rows };
	it->step.write.op = op_of(phase, r);
	it->step.write.modified = STAMP_NONE;
	if (phase == PHASE_LINK && r->op == OP_CREATE) {
		if (create_state(x, a, x->t.plan.id, r->row, &made, err) < 0)
			return -1;
		if (x->rehearsal && !*made.id)
			made.id = "-"; /* it will have one by then */
		if (side == LEFT)
			it->step.right_id = made.id;
		else
			it->step.left_id = made.id;
	}
	if (phase == PHASE_CREATE)
		return 0;
	it->step.write.id = item_id(it, side);
	compose_wants(x, a, it);
	compose_assigns(x, a, it);
	if (it->step.write.op == WRITE_DELETE)
		it->ready = true;
	return choose_token(x, a, it, err);
}
