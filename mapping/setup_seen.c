/* What the ledger remembers that rules rest on: what rejoin doctor said last, and the newest plan of the pair. */
#include "mapping/setup.h"

#include <stdlib.h>
#include <string.h>
#include "core/plan_store.h"
#include "core/text.h"
#include "mapping/plan.h"
#include "mapping/sides.h"

/* Which rule a finding of doctor speaks of. */
static const char *rule_of(const char *check, bool pc)
{
	if (!strcmp(check, "sign-in"))
		return pc ? "R49" : NULL;
	if (!strcmp(check, "role"))
		return pc ? "R50" : "R51";
	return !strcmp(check, "second factor") && pc ? "R63" : NULL;
}

static void doctor_words(struct sides *s, enum side side, struct arena *a, struct setup_seen *out)
{
	struct err err = { 0 };
	const char *name = s->pair->side[side]->name;
	bool pc = !strcmp(s->pair->side[side]->kind, "partner-center");
	const char *text = ledger_get(&s->ledger, a, arena_printf(a, "doctor:%s", name));
	struct json *root = text ? json_parse(text, strlen(text), &err) : NULL;
	const char *at = json_text(json_get(root, "at"));
	const struct json *list = json_get(root, "findings");
	struct doctor_word *word = arena_alloc(a, (out->n_words + json_count(list) + 1) * sizeof *word);
	if (out->n_words)
		memcpy(word, out->word, out->n_words * sizeof *word);
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		const char *check = json_text(json_get(c, "check")), *level = json_text(json_get(c, "level")),
			   *said = json_text(json_get(c, "text")), *rule = check ? rule_of(check, pc) : NULL;
		if (!rule || !level || !said || !at)
			continue;
		word[out->n_words++] = (struct doctor_word){ .rule = rule, .good = strcmp(level, "problem") != 0,
			.system = arena_strdup(a, name), .text = arena_strdup(a, said), .at = stamp_parse(at, strlen(at)) };
	}
	out->word = word;
	json_free(root);
}

static int by_id(const void *x, const void *y)
{
	const struct planned *a = x, *b = y;
	return (a->id > b->id) - (a->id < b->id);
}

/* One entry for each record of Partner Center that the plan writes and has not touched; a service's 412 counts as one. */
static int planned_rows(struct sides *s, enum side pc, struct arena *a, struct setup_seen *out, struct err *err)
{
	struct planned *list = NULL;
	size_t n = 0, cap = 0;
	int got = -1;
	struct sql_stmt *st = sql_query(s->ledger.db, err,
	    "SELECT CASE ?2 WHEN 0 THEN left_id ELSE right_id END AS id, max(modified), max(http=412),"
	    " max(outcome<>'' AND http<>412) FROM plan_row WHERE plan=?1 AND \"to\"=?2 AND class NOT IN (?3, ?4) AND op<>?5"
	    " GROUP BY id HAVING id<>''",
	    "iiiii", out->plan, (int64_t)pc, (int64_t)CLASS_BLOCKED, (int64_t)CLASS_DIVERGENT, (int64_t)OP_CREATE);
	while (st && (got = sql_step(st, err)) > 0) {
		const char *id = sql_text(st, 0);
		if (sql_int(st, 3) || (sql_int(st, 1) == STAMP_NONE && !sql_int(st, 2)))
			continue; /* what we wrote ourselves moved it */
		if (n == cap)
			list = xreallocarray(list, cap = cap ? cap * 2 : 256, sizeof *list);
		list[n++] = (struct planned){ hash64(id, strlen(id), 0), sql_int(st, 1), sql_int(st, 2) != 0 };
	}
	sql_done(st);
	if (n)
		qsort(list, n, sizeof *list, by_id);
	out->planned = arena_alloc(a, (n + 1) * sizeof *list);
	if (n)
		memcpy(out->planned, list, n * sizeof *list);
	out->n_planned = n;
	free(list);
	return got;
}

static int newest_plan(struct sides *s, enum side pc, struct arena *a, struct setup_seen *out, struct err *err)
{
	struct plan_info info;
	int64_t id = sql_one(s->ledger.db, err, 0, "SELECT max(id) FROM plan WHERE pair=?1 AND state='open'", "s", s->pair->name);
	if (err->kind)
		return -1;
	int got = id ? ledger_plan_load(&s->ledger, a, id, &info, err) : 0;
	if (got <= 0)
		return got;
	out->plan = id;
	out->plan_at = info.at;
	for (enum side i = LEFT; i <= RIGHT; i++)
		out->plan_calls += info.counts.calls[i] + info.counts.echoes[i];
	/* of a plan made for other records, a file's or another system's, nothing can be said here */
	return !strcmp(info.system[pc], s->pair->side[pc]->name) ? planned_rows(s, pc, a, out, err) : 0;
}

int setup_look(struct sides *s, struct rule_context *ctx, struct arena *a, struct setup_seen *out, struct err *err)
{
	struct planner k = { .m = &s->mapping, .set = { &s->set[LEFT], &s->set[RIGHT] } };
	struct outage_guess g;
	*out = (struct setup_seen){ .parted = STAMP_NONE, .daily_calls = s->pair->daily_calls };
	ctx->seen = out;
	if (!s->one_side) {
		plan_guess_outage(&k, &g);
		out->parted = g.start;
		out->together = g.together;
		out->apart = g.apart_after;
	}
	if (!s->has_ledger || !s->ledger.db)
		return 0;
	for (enum side i = LEFT; i <= RIGHT; i++)
		doctor_words(s, i, a, out);
	return newest_plan(s, ctx->pc, a, out, err);
}
