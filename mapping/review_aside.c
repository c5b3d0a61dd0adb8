/* Decisions that would be lost: a new plan under the name of a file that people decided in. What they decided and apply has
 * not carried out yet stays readable under another name, and the next approve carries over what still holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/log.h"
#include "core/text.h"
#include "mapping/review_sheets.h"

#define NAMES_MOST 100

struct search {
	struct ledger *l;
	int64_t plan; /* whose decisions wait; 0: none does */
};

static const char *text_of(struct arena *a, struct value v)
{
	const char *s = value_has(v) ? v.s : "";
	size_t len = value_has(v) ? v.len : 0;

	text_trim(&s, &len);
	return arena_dup(a, s, len);
}

/* A decision waits while the ledger has not taken it, and while what it took of one that writes has no result. */
static int look(void *ctx, struct arena *a, const struct review_place *p, const struct table_row *row, struct err *err)
{
	struct search *s = ctx;
	int64_t id = plan_id_parse(text_of(a, review_get(p, row, RC_PLAN)));
	struct plan_result done;
	struct plan_row r;
	int got;

	if (s->plan || !id || !*text_of(a, review_get(p, row, RC_DECISION)))
		return 0;
	got = ledger_plan_row(s->l, a, id, text_of(a, review_get(p, row, RC_HASH)), 0, &r, err);
	if (got <= 0)
		return got;
	if (r.decision != DECISION_NONE && ledger_plan_result_get(s->l, a, id, r.row, &done, err) < 0)
		return -1;
	if (r.decision == DECISION_NONE || (plan_decision_writes(&r, r.decision) && (!*done.outcome || !strcmp(done.outcome, "deferred"))))
		s->plan = id;
	return s->plan != 0;
}

/* See review.h. */
int review_put_aside(const char *path, struct ledger *l, struct arena *a, struct err *err)
{
	const char *end = strrchr(path, '.');
	struct search s = { .l = l };
	struct review_walk walk = { .path = path, .visit = look, .ctx = &s };
	struct err no_plan = { 0 };
	struct stat st;

	if (!end || (strcasecmp(end, ".csv") && strcasecmp(end, ".xlsx")) || lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	/* what is no plan, or cannot be read, holds no decisions */
	if (review_walk(&walk, &no_plan) < 0 || !s.plan)
		return 0;
	for (int i = 1; i < NAMES_MOST; i++) {
		char *name = i == 1 ? arena_printf(a, "%.*s-p-%lld%s", (int)(end - path), path, (long long)s.plan, end)
				    : arena_printf(a, "%.*s-p-%lld-%d%s", (int)(end - path), path, (long long)s.plan, i, end);
		if (access(name, F_OK) == 0)
			continue;
		if (rename(path, name) < 0)
			break;
		log_warn("%s holds decisions that were not carried out: it is kept as %s; rejoin approve %s takes what still holds",
		    path, name, name);
		return 0;
	}
	return err_set(err, ERR_FAILED,
	    "%s holds decisions that were not carried out, and it cannot be kept under another name: write the plan to another file", path);
}
