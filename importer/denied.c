/* Writes refused for want of a role or privilege. One refusal may be about one record (a rule of its own, an owner), but where a
 * side refuses one write after the other and takes none, its account may not write at all: each further call would cost the
 * allowance and change nothing. Such a side is stopped; what it refused so and what was not sent waits for the next run. Where
 * it takes a write after all, the refusals before it were about their records. */
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/log.h"
#include "importer/apply.h"
#include "mapping/rules.h"

#define IN_A_ROW 5

/* One part of a row that was held back. */
struct held {
	int64_t plan, row;
	bool back; /* the other half of a create */
	int phase, http;
	char *code, *message;
};

static void hold(struct denial *d, const struct item *it)
{
	for (size_t i = 0; i < it->step.n_rows; i++) {
		if (d->n_held == d->cap)
			d->held = xreallocarray(d->held, d->cap = d->cap ? 2 * d->cap : 64, sizeof(*d->held));
		d->held[d->n_held++] = (struct held){ .plan = it->step.plan,
			.row = it->row[i].row,
			.back = it->step.phase == PHASE_LINK && it->row[i].op == OP_CREATE,
			.phase = it->step.phase,
			.http = it->reply.http,
			.code = xstrdup(it->reply.code),
			.message = xstrdup(it->reply.message) };
	}
}

static void forget(struct denial *d)
{
	for (size_t i = 0; i < d->n_held; i++) {
		free(d->held[i].code);
		free(d->held[i].message);
	}
	d->n_held = 0;
}

static void keep_words(struct denial *d, const struct reply *r)
{
	free(d->code);
	free(d->message);
	d->http = r->http;
	d->code = xstrdup(r->code);
	d->message = xstrdup(r->message);
}

/* Before the answers of a batch are told to their rows. */
void denied_judge(struct apply *x, enum side side, struct item **item, size_t n)
{
	const struct system_driver *driver = x->t.mapping.driver[side];
	struct denial *d = &x->denial[side];
	const struct reply *last = NULL;
	bool wrote = false;
	size_t denied = 0;

	for (size_t i = 0; i < n; i++) {
		wrote = wrote || item[i]->reply.outcome == OUTCOME_APPLIED;
		if (!system_denied(driver, &item[i]->reply))
			continue;
		last = &item[i]->reply;
		denied++;
	}
	if (!denied || wrote)
		return;
	keep_words(d, last);
	d->in_a_row += (long)denied;
	d->stopped = d->in_a_row >= IN_A_ROW;
	/* where it has written before, these alone may be what it may not touch */
	for (size_t i = 0; i < n && (d->stopped || !d->wrote); i++) {
		if (!system_denied(driver, &item[i]->reply))
			continue;
		hold(d, item[i]);
		item[i]->reply.outcome = OUTCOME_DEFERRED;
		item[i]->held = true;
	}
}

/* A write was applied there: what was held back before it is refused. Inside a transaction. */
int denied_wrote(struct apply *x, enum side side, struct err *err)
{
	struct denial *d = &x->denial[side];

	d->wrote = true;
	d->in_a_row = 0;
	for (size_t i = 0; i < d->n_held && !d->stopped; i++) {
		const struct held *h = &d->held[i];
		char text[SETTLE_TEXT];
		const char *message = h->back ? settle_left_link(x, side, h->message, text) : h->message;

		if (x->work.db && (work_mark(&x->work, h->row, side, h->phase, PART_FAILED, err) < 0 ||
				      work_fail_row(&x->work, h->row, err) < 0))
			return -1;
		if (ledger_plan_result(&x->t.ledger, h->plan, h->row,
			outcome_name(h->back ? OUTCOME_APPLIED : OUTCOME_REFUSED), h->http, h->code, message,
			budget_now(&x->budget), err) < 0)
			return -1;
	}
	if (!d->stopped)
		forget(d);
	return 0;
}

/* Until it is known that the side takes writes at all, one that gets a request for each is asked few at a time. */
size_t denied_probe(const struct apply *x, enum side side, size_t n)
{
	const struct system_driver *driver = x->t.mapping.driver[side];
	const struct denial *d = &x->denial[side];
	size_t few = d->in_a_row < IN_A_ROW ? (size_t)(IN_A_ROW - d->in_a_row) : 1;

	return !x->rehearsal && driver && driver->caps & CAP_SINGLY && !d->wrote && n > few ? few : n;
}

bool denied_found(const struct apply *x)
{
	return x->denial[LEFT].n_held > 0 || x->denial[RIGHT].n_held > 0;
}

static int tell(struct apply *x, enum side side, struct err *err)
{
	const struct denial *d = &x->denial[side];
	const struct rule *rule = rule_find(x->t.mapping.driver[side]->role_rule);
	const char *http = d->http >= 400 ? arena_printf(&x->t.mem, "HTTP %d ", d->http) : "",
		   *fix = x->system[side]->suppress
			       ? _("\"connector\": \"suppress\" may want a privilege of its own: ask an administrator for it, or pause "
				   "the flows and say \"off\".")
			  : rule ? arena_printf(&x->t.mem, "%s (%s). %s", _(rule->title_en), rule->id, _(rule->fix_en))
				 : _("Give the account the role that may write.");

	return err_set(err, ERR_SIGNIN,
	    "%s refuses one change after the other (%s%s %s): %s They wait, and so do those that were not sent any more: "
	    "run the same command again when that is done",
	    x->t.plan.title[side], http, d->code, d->message, fix);
}

int denied_error(struct apply *x, struct err *err)
{
	bool both = x->denial[LEFT].n_held > 0 && x->denial[RIGHT].n_held > 0;
	struct err first;

	if (both) {
		tell(x, LEFT, &first);
		log_error("%s", first.text);
	}
	return tell(x, x->denial[RIGHT].n_held > 0 ? RIGHT : LEFT, err);
}

void denied_close(struct apply *x)
{
	for (int s = LEFT; s <= RIGHT; s++) {
		struct denial *d = &x->denial[s];

		forget(d);
		free(d->held);
		free(d->code);
		free(d->message);
	}
}
