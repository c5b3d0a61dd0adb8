/* One batch: the intents, with the calls it is expected to take, are committed; the request
 * leaves; its answers (paired by key by the driver) become outcomes, results, base and the true
 * number of calls in a second transaction. Between the two the journal says "unknown", which is
 * what it is. */
#include <string.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"
#include "importer/apply.h"

#define TRIES 3

static int settle(struct apply *x, struct arena *a, struct item *it, struct err *err)
{
	it->done = true;
	return settle_item(x, a, it, err);
}

/* One item's answer into the journal and its rows. Inside a transaction. it->ready: it is to be
 * sent (again). */
int conclude(struct apply *x, struct arena *a, struct item *it, struct err *err)
{
	struct reply *r = &it->reply;
	struct step_end end = {
		.reply = r, .etag = "", .modified = STAMP_NONE, .at = budget_now(&x->budget)
	};
	bool more = false;
	int result;

	it->ready = false;
	if (r->outcome == OUTCOME_APPLIED) {
		if (denied_wrote(x, it->step.to, err) < 0)
			return -1;
		if (it->step.write.op != WRITE_CREATE)
			settle_kept(x, a, it);
		settle_money(x, it, &end.money);
		if (it->after) {
			struct value etag = it->after->fact[FACT_ETAG];
			end.etag = value_has(etag) ? etag.s : "";
			end.modified = it->after->modified;
		}
		more = it->step.write.op == WRITE_CREATE && it->step.write.step + 1 < it->steps;
	}
	result = journal_outcome(&x->t.ledger, it->step.id, &end, err);
	if (result < 0)
		return -1;
	switch (r->outcome) {
	case OUTCOME_NONE:
	case OUTCOME_DEFERRED:
		it->ready = !it->held && ++it->tries < TRIES;
		it->done = !it->ready;
		/* its parts stay open: the next run sends them */
		for (size_t i = 0; it->done && result == 0 && i < it->step.n_rows; i++)
			result = ledger_plan_result(&x->t.ledger, it->step.plan, it->row[i].row,
			    "deferred", r->http, r->code,
			    *r->message ? r->message : _("not sent; run apply again"), end.at, err);
		break;
	case OUTCOME_UNKNOWN:
		break; /* looked up next */
	case OUTCOME_CONFLICT:
		if (it->conflicts++ == 0 && it->step.write.op != WRITE_CREATE)
			it->check = true;
		else
			result = settle(x, a, it, err);
		break;
	default:
		if (more) {
			it->step.write.step++;
			it->step.write.carry = r->carry;
			if (r->id && *r->id)
				it->step.write.id = r->id;
			it->ready = true;
		} else {
			result = settle(x, a, it, err);
		}
		break;
	}
	return result;
}

static int write_intents(struct apply *x, enum side side, struct item **item, size_t n,
    const struct write_cost *cost, struct err *err)
{
	int64_t now = budget_now(&x->budget);

	if (sql_begin(x->t.ledger.db, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		item[i]->step.attempt++;
		if (journal_intent(&x->t.ledger, &item[i]->step, now, err) < 0)
			goto fail;
	}
	if (budget_expect(&x->budget, side, cost->most, cost->echoes, err) < 0)
		goto fail;
	return sql_commit(x->t.ledger.db, err);
fail:
	sql_rollback(x->t.ledger.db);
	return -1;
}

static int write_outcomes(
    struct apply *x, struct arena *a, struct item **item, size_t n, bool sent, struct err *err)
{
	if (sql_begin(x->t.ledger.db, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (conclude(x, a, item[i], err) < 0)
			goto fail;
	if (budget_settle(&x->budget, sent, err) < 0)
		goto fail;
	return sql_commit(x->t.ledger.db, err);
fail:
	sql_rollback(x->t.ledger.db);
	return -1;
}

/* How many of the writes fit into what is left; at least 1, or -1 with ERR_LIMIT. */
static int fit(struct apply *x, enum side side, const struct write *w, size_t *n,
    struct write_cost *cost, struct err *err)
{
	for (;;) {
		system_cost(x->system[side], w, *n, cost);
		if (!pair_wakes(&x->t.pair, x->system[side]->driver))
			cost->echoes = 0;
		if (budget_room(&x->budget, side, cost->most, cost->echoes, *n > 1 ? NULL : err) == 0)
			return 0;
		if (*n == 1)
			return -1;
		*n = system_batch(x->system[side]->driver, (*n + 1) / 2);
	}
}

/* Sends up to *n writes, all of one op and step; *n: how many were taken. -1: the run stops;
 * nothing is in doubt but what the journal says. */
int transmit_batch(struct apply *x, struct arena *a, enum side side, struct item **item, size_t *n,
    struct err *err)
{
	struct write *w = arena_alloc(a, *n * sizeof(*w));
	struct reply *r = arena_alloc(a, *n * sizeof(*r));
	struct err later = { .kind = ERR_NONE };
	struct write_cost cost = { 0 };
	int sent;

	if (http_stopped()) {
		err_set(err, ERR_SIGNAL,
		    "stopped by a signal; all that was sent is in the ledger: run `rejoin apply` "
		    "again to go on");
		if (err)
			err->signal = http_stopped();
		return -1;
	}
	for (size_t i = 0; i < *n; i++) {
		w[i] = item[i]->step.write;
		/* the later requests of a create leave the record of the first as it is */
		if (w[i].op == WRITE_CREATE && w[i].step > 0)
			continue;
		item[i]->native = NULL;
		item[i]->after = NULL;
	}
	if (fit(x, side, w, n, &cost, err) < 0 || write_intents(x, side, item, *n, &cost, err) < 0)
		return -1;
	sent = system_write(x->system[side], a, w, *n, r, err);
	for (size_t i = 0; i < *n; i++) {
		if (sent < 0)
			r[i] = (struct reply){ .outcome = OUTCOME_NONE };
		r[i].code = r[i].code ? r[i].code : "";
		r[i].message = r[i].message ? r[i].message : "";
		item[i]->reply = r[i];
		settle_after(x, a, item[i]);
	}
	if (sent == 0) {
		denied_judge(x, side, item, *n);
		/* by now it is known whose account or owner is not to be had: those were not sent */
		system_cost(x->system[side], w, *n, &cost);
		budget_woken(&x->budget, side, pair_wakes(&x->t.pair, x->system[side]->driver) ? cost.echoes : 0);
		x->sent += (long)*n;
		if (read_back(x, a, side, item, *n, &later) < 0)
			log_debug("amounts are accounted as planned: %s", later.text);
	}
	if (write_outcomes(x, a, item, *n, sent == 0, &later) < 0) {
		/* a ledger that cannot be written matters more than why nothing was sent */
		if (sent < 0)
			log_error("%s", err->text);
		*err = later;
		return -1;
	}
	return sent;
}
