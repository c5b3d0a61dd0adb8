/* What is approved, or proposed, in calls: of the whole, and of each day's share where a day does not hold it. Records go in
 * the order of the plan, so what expires first is sent first; a record's own steps stay together. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/mem.h"
#include "importer/rehearse.h"

/* First rows of all records that have something to send. */
struct records {
	int64_t *first;
	size_t n;
};

static int load_records(struct apply *x, struct records *r, struct err *err)
{
	struct sql_stmt *st = sql_query(
	    x->work.db, err, "SELECT DISTINCT first FROM rehearsed ORDER BY first", "");
	size_t cap = 0;
	int more;

	*r = (struct records){ NULL, 0 };
	if (!st)
		return -1;
	while ((more = sql_step(st, err)) == 1) {
		if (r->n == cap)
			r->first = xreallocarray(r->first, cap = cap ? 2 * cap : 256, sizeof(*r->first));
		r->first[r->n++] = sql_int(st, 0);
	}
	sql_done(st);
	return more;
}

static bool fits(const struct rehearsal *h, const struct room *room)
{
	long calls = h->most[LEFT] + h->most[RIGHT];

	for (int s = LEFT; s <= RIGHT; s++)
		if (h->most[s] + h->echoes[s] > room->side[s])
			return false;
	return calls <= room->calls && calls + h->echoes[LEFT] + h->echoes[RIGHT] <= room->all;
}

/* How many records from `at` on fit into the room; guess: a number to begin with. x->rehearsal holds what they take. */
static int share(struct apply *x, const struct records *r, size_t at, const struct room *room, size_t guess,
    size_t *n, struct err *err)
{
	size_t lo = 0, hi = r->n - at + 1, now = guess < 1 ? 1 : guess < hi ? guess : hi - 1, told = 0;

	/* lo fit, hi do not */
	while (hi - lo > 1) {
		if (rehearse(x, r->first[at], r->first[at + now - 1], err) < 0)
			return -1;
		told = now;
		if (fits(x->rehearsal, room))
			lo = now;
		else
			hi = now;
		/* away from the guess in growing steps, then in halves */
		now = hi == r->n - at + 1 && lo ? (2 * lo < hi ? 2 * lo : hi - 1) : lo + (hi - lo) / 2;
	}
	if (lo && told != lo && rehearse(x, r->first[at], r->first[at + lo - 1], err) < 0)
		return -1;
	*n = lo;
	return 0;
}

static int schedule(struct apply *x, const struct records *r, const struct room *today, const struct room *a_day,
    struct plan_cost *out, struct err *err)
{
	const struct rehearsal *h = x->rehearsal;
	size_t guess = r->n;

	for (size_t at = 0, n; at < r->n; at += n) {
		const struct room *room = out->n_days ? a_day : today;

		if (out->n_days == PLAN_DAYS) {
			out->too_long = true;
			return 0;
		}
		if (share(x, r, at, room, guess, &n, err) < 0)
			return -1;
		if (!n && out->n_days) {
			out->stuck = true;
			return 0;
		}
		out->day[out->n_days++] = n ? (struct plan_day){ .first = r->first[at],
						      .last = r->first[at + n - 1],
						      .calls = h->most[LEFT] + h->most[RIGHT],
						      .echoes = h->echoes[LEFT] + h->echoes[RIGHT] }
					    : (struct plan_day){ .last = -1 };
		guess = n ? n : 1;
	}
	return 0;
}

int estimate(struct apply *x, bool look_up, const struct room *today, const struct room *a_day, struct plan_cost *out,
    struct err *err)
{
	struct rehearsal h = { .look_up = look_up };
	struct records r = { NULL, 0 };
	int result = -1;

	memset(out, 0, sizeof(*out));
	if (rehearse_begin(x, &h, err) < 0)
		return -1;
	if (load_records(x, &r, err) < 0)
		goto done;
	out->records = (long)r.n;
	result = r.n ? rehearse(x, 0, INT64_MAX, err) : 0;
	for (int s = LEFT; s <= RIGHT; s++) {
		out->calls[s] = h.calls[s];
		out->most[s] = h.most[s];
		out->echoes[s] = h.echoes[s];
	}
	h.look_up = false;
	if (result == 0 && today && r.n)
		result = schedule(x, &r, today, a_day, out, err);
done:
	free(r.first);
	return rehearse_end(x, result < 0 ? NULL : err) < 0 ? -1 : result;
}

int estimate_fit(struct apply *x, const struct room *room, int64_t *last, struct err *err)
{
	struct rehearsal h = { .connected = true };
	struct records r = { NULL, 0 };
	size_t n = 0;
	int result = -1;

	*last = INT64_MAX;
	if (rehearse_begin(x, &h, err) < 0)
		return -1;
	if (load_records(x, &r, err) == 0)
		result = r.n ? share(x, &r, 0, room, r.n, &n, err) : 0;
	if (n < r.n)
		*last = n ? r.first[n - 1] : 0;
	free(r.first);
	return rehearse_end(x, result < 0 ? NULL : err) < 0 ? -1 : result;
}

const char *estimate_text(struct arena *a, const struct plan_cost *c)
{
	long calls = c->calls[LEFT] + c->calls[RIGHT], most = c->most[LEFT] + c->most[RIGHT];

	return most > calls ? arena_printf(a, _("%ld to %ld calls"), calls, most)
			    : arena_printf(a, lang_plural("%ld call", "%ld calls", (unsigned long)calls), calls);
}

static const char *known_name(struct arena *a, const char *system)
{
	return arena_printf(a, "known:%s", system);
}

void estimate_recall(struct apply *x, enum side side)
{
	const char *name = known_name(&x->t.mem, x->t.plan.system[side]);

	system_recall(x->system[side], ledger_get(&x->t.ledger, &x->t.mem, name));
}

int estimate_open(struct apply *x, struct err *err)
{
	for (int s = LEFT; s <= RIGHT; s++) {
		struct system_need need = mapping_need(&x->t.mapping, (enum side)s);

		if (x->t.plan.is_file[s] || x->system[s])
			continue;
		x->system[s] =
		    system_open(x->t.pair.side[s], &x->t.ws, &need, &x->budget.meter, err);
		if (!x->system[s])
			return -1;
		estimate_recall(x, (enum side)s);
	}
	return 0;
}

void work_options_of(struct work_options *w, const struct mapping *m)
{
	w->mapping = m;
	w->status = m->f_status >= 0 ? m->field[m->f_status].name : "";
	w->visible = m->f_visible >= 0 ? m->field[m->f_visible].name : "";
	for (int s = LEFT; s <= RIGHT; s++)
		w->final[s] = m->driver[s] && m->driver[s]->caps & CAP_CREATE_FINAL;
}

/* By the options of the command; without any, what is approved. */
struct work_options apply_work_options(const struct apply *x)
{
	const struct options *o = x->o;
	struct work_options w = { .yes = o->yes,
		.allow = o->allow_irreversible,
		.only = o->only,
		.n_only = o->n_only,
		.dry_run = o->dry_run,
		.now = budget_now(&x->budget) };

	work_options_of(&w, &x->t.mapping);
	return w;
}

struct room estimate_room(const struct budget *b)
{
	return (struct room){ budget_left(b), budget_day_left(b), { budget_told_left(b, LEFT), budget_told_left(b, RIGHT) } };
}

struct room estimate_whole(const struct budget *b)
{
	return (struct room){ b->max_calls >= 0 ? b->max_calls : LONG_MAX, budget_a_day(b),
		{ budget_told_a_day(b, LEFT), budget_told_a_day(b, RIGHT) } };
}

bool room_limited(const struct room *r)
{
	return r->calls < LONG_MAX || r->all < LONG_MAX || r->side[LEFT] < LONG_MAX || r->side[RIGHT] < LONG_MAX;
}

void estimate_say(struct apply *x)
{
	struct room today = estimate_room(&x->budget), a_day = estimate_whole(&x->budget);
	struct plan_cost *c = xcalloc(1, sizeof(*c));
	struct err why;

	if (estimate_open(x, &why) < 0 ||
	    estimate(x, false, room_limited(&today) ? &today : NULL, &a_day, c, &why) < 0) {
		log_debug("no estimate: %s", why.text);
	} else {
		target_say(&x->t, "sending it takes %s and %ld echoes%s", estimate_text(&x->t.mem, c),
		    c->echoes[LEFT] + c->echoes[RIGHT],
		    c->stuck       ? _(", and one record alone takes more than the limit allows")
		    : c->n_days > 1 ? arena_printf(&x->t.mem, x->budget.max_calls >= 0 ? _(", more than the limit allows: %d runs, soonest expiry first")
									     : _(", more than the limit allows: %d days, soonest expiry first"),
				       c->n_days)
				    : "");
		out_count("days", c->n_days);
		for (int s = LEFT; s <= RIGHT; s++)
			if (!x->t.plan.is_file[s])
				out_calls(x->t.plan.system[s], c->calls[s], c->echoes[s]);
	}
	free(c);
}

void estimate_say_approved(struct target *t)
{
	const struct options o = { .allow_irreversible = LONG_MAX, .dry_run = true, .max_calls = -1, .reserve = -1 };
	struct apply *x = xcalloc(1, sizeof(*x));
	struct work_options w;
	struct err why;

	x->t = *t;
	x->o = &o;
	budget_init(&x->budget, &x->t.ledger, &x->t.pair, -1, -1);
	w = apply_work_options(x);
	if (work_open(&x->work, &x->t.ledger, &x->t.plan, &w, &why) < 0)
		log_debug("no estimate: %s", why.text);
	else if (x->work.totals.ready > 0)
		estimate_say(x);
	work_close(&x->work);
	for (int s = LEFT; s <= RIGHT; s++)
		system_close(x->system[s]);
	t->mem = x->t.mem;
	free(x);
}

int plan_cost(const struct plan_cost_request *q, struct plan_cost *out, struct err *err)
{
	struct apply *x = xcalloc(1, sizeof(*x));
	struct work_options o = { .allow = LONG_MAX, .proposed = q->proposed, .dry_run = true, .now = q->plan->at };
	struct room today, a_day = estimate_whole(q->budget);
	struct arena a = { 0 };
	struct err why = { .kind = ERR_NONE };
	int result = -1;

	x->t.ledger = *q->ledger;
	x->t.plan = *q->plan;
	x->t.mapping = *q->mapping;
	x->t.pair = *q->pair;
	for (int s = LEFT; s <= RIGHT; s++)
		x->system[s] = q->system[s];
	work_options_of(&o, q->mapping);
	memset(out, 0, sizeof(*out));
	if (work_open(&x->work, &x->t.ledger, q->plan, &o, err) < 0)
		goto done;
	result = estimate(x, q->look_up, NULL, NULL, out, &why);
	/* what could not be looked up is told as open */
	if (result < 0 && q->look_up && why.kind != ERR_SIGNAL && why.kind != ERR_LEDGER) {
		log_debug("the estimate goes without look-ups: %s", why.text);
		result = estimate(x, false, NULL, NULL, out, &why);
	}
	/* the look-ups were of today */
	today = estimate_room(q->budget);
	today.calls = a_day.calls = LONG_MAX; /* --max-calls is of this command */
	if (result == 0 && room_limited(&today))
		result = estimate(x, false, &today, &a_day, out, &why);
	if (result < 0)
		*err = why;
	for (int s = LEFT; s <= RIGHT && result == 0 && q->look_up; s++) {
		const char *known = x->system[s] ? system_known(x->system[s], &a) : NULL;

		if (known && ledger_set(q->ledger, known_name(&a, q->plan->system[s]), known, err) < 0)
			result = -1;
	}
done:
	work_close(&x->work);
	arena_release(&a);
	free(x);
	return result;
}
