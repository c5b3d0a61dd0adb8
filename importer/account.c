/* The accounting after a run: nothing lost, nothing doubled. Three sums that must hold:
 *   for each side: read = linked + dangling + unlinked + candidate + duplicate + ignored +
 *                  unreadable
 *   for the plan:  changes = approved + rejected + undecided + blocked,
 *                  approved = applied + refused + conflict + deferred + unknown
 *   for each side and currency: sum after = sum before + approved changes applied
 * "After" is what the services answered to all our writes; "applied" is each change once. */
#include <string.h>
#include "core/lang.h"
#include "core/text.h"
#include "importer/apply.h"

#define MAX_CURRENCIES 512

struct sum {
	const char *currency;
	const char *before, *planned, *observed; /* decimals; the last two are differences */
};
struct sums {
	struct arena *a;
	struct sum sum[MAX_CURRENCIES];
	size_t n;
	bool over;
};

/* Where every row of the plan stands. Rows that were approved and have no result yet count as
 * deferred. */
int account_count(struct target *t, struct account *out, struct err *err)
{
	struct plan_rows *rows = ledger_plan_rows(&t->ledger, t->plan.id, "", err);
	struct arena mem = { 0 };
	struct plan_result done;
	struct plan_row r;
	int more = -1;

	memset(out, 0, sizeof(*out));
	while (rows && (more = plan_rows_next(rows, &mem, &r, err)) == 1) {
		enum verdict v = row_verdict(&r);
		out->rows++;
		out->blocked += v == VERDICT_BLOCKED;
		out->undecided += v == VERDICT_UNDECIDED;
		out->rejected += v == VERDICT_REJECTED;
		out->half += r.half;
		if (v == VERDICT_APPROVED) {
			out->approved++;
			if (ledger_plan_result_get(
				&t->ledger, &mem, t->plan.id, r.row, &done, err) < 0) {
				more = -1;
				break;
			}
			if (strcmp(done.outcome, "applied") == 0)
				out->applied++;
			else if (strcmp(done.outcome, "refused") == 0)
				out->refused++;
			else if (strcmp(done.outcome, "conflict") == 0)
				out->conflict++;
			else if (strcmp(done.outcome, "unknown") == 0)
				out->unknown++;
			else
				out->deferred++;
			out->unsent += !*done.outcome;
		}
		arena_reset(&mem);
	}
	plan_rows_done(rows);
	arena_release(&mem);
	return more;
}

static struct sum *sum_of(struct sums *s, const char *currency)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->sum[i].currency, currency) == 0)
			return &s->sum[i];
	if (s->n == MAX_CURRENCIES) {
		s->over = true;
		return NULL;
	}
	s->sum[s->n] = (struct sum){ .currency = arena_strdup(s->a, currency),
		.before = "0",
		.planned = "0",
		.observed = "0" };
	return &s->sum[s->n++];
}

static void add(struct sums *s, const char *currency, const char *amount, bool minus, bool planned)
{
	char *n = decimal_normal(s->a, amount, strlen(amount));
	struct sum *sum = n ? sum_of(s, currency) : NULL;

	if (!sum)
		return;
	if (minus)
		n = decimal_negate(s->a, n);
	if (planned)
		sum->planned = decimal_add(s->a, sum->planned, n);
	else
		sum->observed = decimal_add(s->a, sum->observed, n);
}

/* Writes that touched an amount; each change counts once as planned, every write counts as
 * observed. A create counts from its own step: its row is told when the way back is linked too. */
static int add_steps(struct target *t, enum side side, struct sums *s, struct err *err)
{
	struct sql_stmt *st = sql_query(t->ledger.db, err,
	    "SELECT s.currency_before, s.value_before, s.currency_planned, s.value_planned, "
	    "s.currency_after,"
	    " s.value_after, s.op = 1 OR EXISTS(SELECT 1 FROM step_row r JOIN plan_row p ON p.plan "
	    "= r.plan"
	    "  AND p.row = r.row AND p.key = (r.plan<<32)+r.row WHERE r.step = s.id AND p.outcome "
	    "= 'applied'),"
	    " EXISTS(SELECT 1 FROM step_row r JOIN step_row q ON q.plan = r.plan AND q.row = r.row"
	    "  JOIN step z ON z.id = q.step WHERE r.step = s.id AND z.id > s.id AND z.side = s.side"
	    "  AND z.phase = s.phase AND z.outcome = 'applied' AND z.value_after IS NOT NULL)"
	    " FROM step s WHERE s.plan = ? AND s.side = ? AND s.outcome = 'applied'"
	    " AND s.value_after IS NOT NULL ORDER BY s.id",
	    "ii", t->plan.id, (int64_t)side);
	int more = -1;

	while (st && (more = sql_step(st, err)) == 1) {
		const char *before_in = arena_strdup(s->a, sql_text(st, 0));
		const char *before = arena_strdup(s->a, sql_text(st, 1));
		if (sql_int(st, 6) && !sql_int(st, 7)) {
			add(s, before_in, before, true, true);
			add(s, sql_text(st, 2), sql_text(st, 3), false, true);
		}
		add(s, before_in, before, true, false);
		add(s, sql_text(st, 4), sql_text(st, 5), false, false);
	}
	sql_done(st);
	return more;
}

static void add_before(struct sums *s, const struct json *object)
{
	for (const struct json *e = json_first(object); e; e = json_next(e)) {
		struct value v = json_value(s->a, e);
		char *n = value_has(v) ? decimal_normal(s->a, v.s, v.len) : NULL;
		struct sum *sum = n ? sum_of(s, json_name(e)) : NULL;
		if (sum)
			sum->before = n;
	}
}

static bool print_sums(struct target *t, enum side side, struct sums *s)
{
	bool good = !s->over;

	for (size_t i = 0; i < s->n; i++) {
		const struct sum *x = &s->sum[i];
		const char *due = decimal_add(s->a, x->before, x->planned);
		const char *is = decimal_add(s->a, x->before, x->observed);
		bool equal = decimal_compare(due, is) == 0;
		good = good && equal;
		if (strcmp(x->planned, "0") == 0 && equal)
			continue;
		target_say(t, "%s %s: %s before, %s%s applied, %s after%s", t->plan.title[side],
		    *x->currency ? x->currency : _("(no currency)"), x->before,
		    x->planned[0] == '-' ? "" : "+", x->planned, is,
		    equal ? "" : _(" - DOES NOT BALANCE"));
	}
	return good;
}

static int check_money(struct target *t, bool *good, struct err *err)
{
	struct err ignored = { .kind = ERR_NONE };
	struct json *root = json_parse(t->plan.sums, strlen(t->plan.sums), &ignored);
	struct arena mem = { 0 };
	struct sums *s = arena_alloc(&mem, sizeof(*s));
	int result = 0;

	for (int side = LEFT; side <= RIGHT && result == 0; side++) {
		memset(s, 0, sizeof(*s));
		s->a = &mem;
		add_before(s, json_get(root, side_name((enum side)side)));
		if (journal_exists(&t->ledger))
			result = add_steps(t, (enum side)side, s, err);
		if (result == 0 && !print_sums(t, (enum side)side, s))
			*good = false;
	}
	json_free(root);
	arena_release(&mem);
	return result;
}

/* Prints the accounting; -1 with ERR_BALANCE when it does not balance. */
int account_print(struct target *t, const struct account *a, struct err *err)
{
	const struct plan_counts *c = &t->plan.counts;
	bool good = true;

	for (int s = LEFT; s <= RIGHT; s++) {
		long sum = c->linked[s] + c->dangling[s] + c->unlinked[s] + c->candidate[s] +
			   c->duplicate[s] + c->ignored[s] + c->unreadable[s];
		target_say(t,
		    "%s: %ld read = %ld linked + %ld dangling + %ld unlinked + %ld candidate + "
		    "%ld duplicate + %ld ignored + %ld unreadable%s",
		    t->plan.title[s], c->read[s], c->linked[s], c->dangling[s], c->unlinked[s],
		    c->candidate[s], c->duplicate[s], c->ignored[s], c->unreadable[s],
		    sum == c->read[s] ? "" : _(" - DOES NOT BALANCE"));
		good = good && sum == c->read[s];
	}
	long kinds = a->approved + a->rejected + a->undecided + a->blocked;
	long ends = a->applied + a->refused + a->conflict + a->deferred + a->unknown;
	target_say(t,
	    "p-%lld: %ld changes = %ld approved + %ld rejected + %ld undecided + %ld blocked%s",
	    (long long)t->plan.id, a->rows, a->approved, a->rejected, a->undecided, a->blocked,
	    kinds == a->rows ? "" : _(" - DOES NOT BALANCE"));
	target_say(t,
	    "approved: %ld = %ld applied + %ld refused + %ld conflict + %ld deferred + %ld "
	    "unknown%s",
	    a->approved, a->applied, a->refused, a->conflict, a->deferred, a->unknown,
	    ends == a->approved ? "" : _(" - DOES NOT BALANCE"));
	good = good && kinds == a->rows && ends == a->approved;
	if (check_money(t, &good, err) < 0)
		return -1;
	if (!good)
		return err_set(err, ERR_BALANCE,
		    "the accounting of p-%lld does not balance (see the lines marked DOES NOT "
		    "BALANCE): run "
		    "`rejoin verify` before anything else",
		    (long long)t->plan.id);
	return 0;
}
