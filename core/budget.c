/* The allowance. Every request is counted when it is allowed to leave; the day comes from the
 * service's Date header, because the allowance is counted where the service stands, not where
 * rejoin runs. A call that was expected is in the ledger before it is made: a crash can only count
 * too many. `daily_calls` covers the calls to both systems and the connector's own events that our
 * writes wake. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/text.h"
#include "core/budget.h"

#define MICRO INT64_C(1000000)

static int64_t monotonic(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		return 0;
	return (int64_t)t.tv_sec * MICRO + t.tv_nsec / 1000;
}

static void day_of(int64_t stamp, char out[16])
{
	int64_t seconds = stamp / MICRO;
	int64_t days = seconds >= 0 ? seconds / 86400 : -((86399 - seconds) / 86400);

	date_format(days, out);
}

/* Now, by the services' clock, as it was heard now or last. */
int64_t budget_now(const struct budget *b)
{
	const struct budget_system *best = NULL;

	for (int i = 0; i < 2; i++)
		if (b->system[i].day[0] && (!best || b->system[i].heard > best->heard))
			best = &b->system[i];
	if (!best)
		return b->ledger && b->ledger->db ? ledger_now(b->ledger) : (int64_t)time(NULL) * MICRO;
	/* in whole seconds, as precise as a Date header is */
	return (best->server_now + (monotonic() - best->heard)) / MICRO * MICRO;
}

static const char *today(const struct budget *b, const struct budget_system *s, char out[16])
{
	if (s->day[0])
		return s->day;
	day_of(budget_now(b), out);
	return out;
}

static long used_today(const struct budget *b)
{
	long used = 0;

	for (int i = 0; i < 2; i++) {
		const struct budget_system *s = &b->system[i];
		long calls = 0, echoes = 0;
		char day[16];
		ledger_calls(b->ledger, s->name, today(b, s, day), &calls, &echoes);
		used += calls + echoes;
		if (s->pending > s->charged)
			used += s->pending - s->charged;
	}
	return used;
}

long budget_a_day(const struct budget *b)
{
	long cap = b->daily - (b->reserve > 0 ? b->reserve : 0);

	return b->daily < 0 ? LONG_MAX : cap > 0 ? cap : 0;
}

long budget_day_left(const struct budget *b)
{
	long cap = b->daily < 0 ? LONG_MAX : budget_a_day(b) - used_today(b);

	return cap > 0 ? cap : 0;
}

/* How many more requests fit now. */
long budget_left(const struct budget *b)
{
	long left = budget_day_left(b), run = LONG_MAX;

	if (b->max_calls >= 0)
		run = b->max_calls > b->taken ? b->max_calls - b->taken : 0;
	return run < left ? run : left;
}

/* Calls that the service has counted by now. What was sent since its last answer, and the connector's calls that our writes
 * woke, may not be among those it told. */
static long service_used(const struct budget_system *s)
{
	long ours = s->first_used + s->run_calls + s->run_echoes - s->first_own,
	     told = s->told_used + s->run_calls - s->told_calls;

	return ours > told ? ours : told;
}

long budget_told_a_day(const struct budget *b, enum side side)
{
	const struct budget_system *s = &b->system[side];
	long left = s->most - (b->reserve > 0 ? b->reserve : 0);

	return !s->most ? LONG_MAX : left > 0 ? left : 0;
}

long budget_told_left(const struct budget *b, enum side side)
{
	long day = budget_told_a_day(b, side), left = day == LONG_MAX ? day : day - service_used(&b->system[side]);

	return left > 0 ? left : 0;
}

int budget_told_limit(const struct budget *b, enum side side, struct err *err)
{
	const struct budget_system *s = &b->system[side];
	long used = service_used(s);

	return err_set(err, ERR_LIMIT,
	    "stopped at what the service of %s itself still allows: of its %ld calls in 24 hours %ld are used, by whomever, and "
	    "%ld are kept in reserve; run the same command again when it allows more, or lower reserve in rejoin.json",
	    s->name, s->most, used < s->most ? used : s->most, b->reserve > 0 ? b->reserve : 0);
}

/* Room for this many calls and echoes? */
int budget_room(struct budget *b, enum side side, long calls, long echoes, struct err *err)
{
	if (calls + echoes > budget_told_left(b, side))
		return budget_told_limit(b, side, err);
	if (b->max_calls >= 0 && b->taken + calls > b->max_calls)
		return err_set(err, ERR_LIMIT,
		    "stopped at --max-calls %ld: %ld of them are used and the next step takes %ld; "
		    "run the same command again to go on",
		    b->max_calls, b->taken, calls);
	if (b->daily >= 0) {
		long used = used_today(b), reserve = b->reserve > 0 ? b->reserve : 0;
		if (used + calls + echoes > b->daily - reserve)
			return err_set(err, ERR_LIMIT,
			    "stopped at the day's allowance: %ld of %ld calls are used today, %ld "
			    "are kept in "
			    "reserve, and the next step takes %ld calls and %ld echoes; run the "
			    "same command "
			    "again after midnight UTC, or raise daily_calls or lower reserve in "
			    "rejoin.json",
			    used, b->daily, reserve, calls, echoes);
	}
	return 0;
}

static struct budget_system *find(struct budget *b, const char *name)
{
	for (int i = 0; i < 2; i++)
		if (strcmp(b->system[i].name, name) == 0)
			return &b->system[i];
	return NULL;
}

static int take(void *ctx, const char *system, struct err *err)
{
	struct budget *b = ctx;
	struct budget_system *s = find(b, system);
	enum side side = s == &b->system[RIGHT] ? RIGHT : LEFT;
	bool paid = s && s->pending < s->charged; /* room was made when it was charged */

	if (b->failed.kind)
		return err_set(err, b->failed.kind, "%s", b->failed.text);
	if (b->max_calls >= 0 && b->taken >= b->max_calls)
		return budget_room(b, side, 1, 0, err);
	if (!paid && budget_room(b, side, 1, 0, err) < 0)
		return -1;
	b->taken++;
	if (s) {
		s->pending++;
		s->run_calls++;
	}
	return 0;
}

static void server_clock(void *ctx, const char *system, int64_t server_now)
{
	struct budget *b = ctx;
	struct budget_system *s = find(b, system);
	char day[16];

	if (!s || server_now == STAMP_NONE)
		return;
	day_of(server_now, day);
	/* midnight: what was sent before it belongs to the day before, this request to the new one */
	if (s->day[0] && strcmp(day, s->day) > 0 && s->pending > 0) {
		long before = s->pending - 1 - s->charged;
		if (before != 0 && !b->failed.kind)
			ledger_calls_add(b->ledger, s->name, s->day, before, 0, &b->failed);
		s->pending = 1;
		s->charged = 0;
	}
	if (strcmp(day, s->day) > 0)
		memcpy(s->day, day, sizeof(day));
	s->server_now = server_now;
	s->heard = monotonic();
}

static void told(void *ctx, const char *system, long used, long most)
{
	struct budget_system *s = find(ctx, system);

	if (!s)
		return;
	if (!s->most) {
		s->first_used = used;
		s->first_own = s->run_calls + s->run_echoes;
	}
	s->most = most;
	s->told_used = used;
	s->told_calls = s->run_calls;
}

/* Counts for the two systems of a pair. */
void budget_init(
    struct budget *b, struct ledger *l, const struct pair_conf *pair, long max_calls, long reserve)
{
	memset(b, 0, sizeof(*b));
	b->meter = (struct call_meter){ .ctx = b, .take = take, .clock = server_clock, .told = told };
	b->ledger = l;
	for (int i = 0; i < 2; i++)
		b->system[i].name = pair->side[i]->name;
	b->max_calls = max_calls;
	b->daily = pair->daily_calls;
	b->reserve = reserve >= 0 ? reserve : pair->reserve;
}

/* Charges what the batch is expected to cost. */
int budget_expect(struct budget *b, enum side side, long calls, long echoes, struct err *err)
{
	struct budget_system *s = &b->system[side];
	char day[16];

	if (budget_settle(b, true, err) < 0)
		return -1;
	s->charged = calls;
	s->echoes = echoes;
	s->run_echoes += echoes;
	if (calls == 0 && echoes == 0)
		return 0;
	return ledger_calls_add(b->ledger, s->name, today(b, s, day), calls, echoes, err);
}

/* Ages are told by the services' clock, also when no service is asked: how far it is from ours. */
static int keep_clock(struct budget *b, struct err *err)
{
	bool heard = b->system[0].day[0] || b->system[1].day[0];
	char text[32];

	if (!heard || b->clock_kept)
		return 0;
	b->clock_kept = true;
	snprintf(text, sizeof(text), "%lld", (long long)(budget_now(b) - (int64_t)time(NULL) * MICRO));
	return ledger_set(b->ledger, "clock_offset", text, err);
}

int64_t ledger_now(struct ledger *l)
{
	struct arena a = { 0 };
	const char *offset = ledger_get(l, &a, "clock_offset");
	int64_t now = (int64_t)time(NULL) * MICRO + (offset ? strtoll(offset, NULL, 10) : 0);

	arena_release(&a);
	return now;
}

void budget_woken(struct budget *b, enum side side, long echoes)
{
	struct budget_system *s = &b->system[side];

	s->unwoken = echoes < s->echoes ? s->echoes - echoes : 0;
}

/* Puts what was really sent in place of what was expected. */
int budget_settle(struct budget *b, bool sent, struct err *err)
{
	if (b->failed.kind)
		return err_set(err, b->failed.kind, "%s", b->failed.text);
	for (int i = 0; i < 2; i++) {
		struct budget_system *s = &b->system[i];
		long calls = s->pending - s->charged;
		long echoes = sent ? -s->unwoken : -s->echoes;
		char day[16];

		s->run_echoes += echoes;
		if ((calls != 0 || echoes != 0) &&
		    ledger_calls_add(b->ledger, s->name, today(b, s, day), calls, echoes, err) < 0)
			return -1;
		s->pending = s->charged = s->echoes = s->unwoken = 0;
	}
	return keep_clock(b, err);
}
