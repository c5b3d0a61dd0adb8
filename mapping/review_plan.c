/* Which plan a file on its way back is of, and which one takes its decisions: the same, or a newer one that superseded it. */
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "mapping/review_reader.h"

const char *review_trimmed(struct arena *a, struct value v)
{
	const char *s = v.s;
	size_t len = v.len;

	if (!value_has(v))
		return "";
	text_trim(&s, &len);
	return arena_dup(a, s, len);
}

int64_t review_row_number(struct arena *a, struct value v)
{
	const char *n = value_has(v) ? decimal_normal(a, v.s, v.len) : NULL;

	return n && strlen(n) < 16 && !strchr(n, '.') ? strtoll(n, NULL, 10) : 0;
}

static bool same_pair(const struct plan_info *a, const struct plan_info *b)
{
	/* Systems given on the command line have no pair: there the two names are it. */
	return strcmp(a->pair, b->pair) == 0 &&
	       (a->pair[0] || (strcmp(a->system[LEFT], b->system[LEFT]) == 0 &&
				  strcmp(a->system[RIGHT], b->system[RIGHT]) == 0));
}

static int wanted_target(struct reader *r, struct err *err)
{
	int got;

	if (r->wanted == r->shown.id) {
		r->target = r->shown;
		return 0;
	}
	got = ledger_plan_load(r->l, &r->mem, r->wanted, &r->target, err);
	if (got < 0)
		return -1;
	if (got == 0 || r->wanted < r->shown.id || !same_pair(&r->shown, &r->target))
		return err_set(err, ERR_USAGE, "%s: the file is of plan p-%lld, not of p-%lld",
		    r->path, (long long)r->shown.id, (long long)r->wanted);
	return 0;
}

static int newest_target(struct reader *r, struct err *err)
{
	struct arena a = { 0 };
	struct plan_info info;
	int got = ledger_plan_load(r->l, &a, 0, &info, err);

	r->target = r->shown;
	for (int64_t id = got == 1 ? info.id : 0; got >= 0 && id > r->shown.id; id--) {
		arena_reset(&a);
		got = ledger_plan_load(r->l, &a, id, &info, err);
		if (got == 1 && same_pair(&r->shown, &info) && strcmp(info.state, "open") == 0) {
			got = ledger_plan_load(r->l, &r->mem, id, &r->target, err);
			break;
		}
	}
	arena_release(&a);
	return got < 0 ? -1 : 0;
}

/* r->shown is loaded: the plan that takes its decisions. */
static int find_target(struct reader *r, struct err *err)
{
	if ((r->wanted ? wanted_target(r, err) : newest_target(r, err)) < 0)
		return -1;
	if (strcmp(r->target.state, "superseded") == 0)
		return err_set(err, ERR_STALE,
		    "%s: plan p-%lld was superseded and no newer one is open: run `rejoin plan` "
		    "again",
		    r->path, (long long)r->target.id);
	for (int s = LEFT; s <= RIGHT; s++)
		if (strcmp(r->shown.environment[s], r->target.environment[s]) != 0)
			return err_set(err, ERR_USAGE,
			    "%s: plan p-%lld was made for another environment of %s than p-%lld: "
			    "run "
			    "`rejoin plan` again",
			    r->path, (long long)r->shown.id, r->titles.side[s],
			    (long long)r->target.id);
	return 0;
}

int review_try_plan(struct reader *r, int64_t id, struct err *err)
{
	r->tried = id;
	arena_reset(&r->mem);
	int got = ledger_plan_load(r->l, &r->mem, id, &r->shown, err);
	r->exists = got == 1;
	if (got <= 0)
		return got;
	review_titles(&r->mem, &r->shown, &r->titles);
	return find_target(r, err);
}

int review_look_for_plan(void *ctx, struct arena *a, const struct review_place *p,
    const struct table_row *row, struct err *err)
{
	struct reader *r = ctx;
	int64_t id = plan_id_parse(review_trimmed(a, review_get(p, row, RC_PLAN)));
	const char *hash = review_trimmed(a, review_get(p, row, RC_HASH));
	int64_t number = review_row_number(a, review_get(p, row, RC_ROW));
	struct plan_row found;
	int got;

	r->rows++;
	r->book = p->book;
	if (id == 0)
		return 0;
	if (id != r->tried && review_try_plan(r, id, err) < 0)
		return -1;
	if (!r->exists)
		return 0;
	got = ledger_plan_row(r->l, a, r->shown.id, hash, number, &found, err);
	if (got == 0 && r->weak == 0 && r->target.id != r->shown.id) {
		got = ledger_plan_row(r->l, a, r->target.id, hash, number, &found, err);
		r->weak = got == 1 ? id : 0;
		return got < 0 ? -1 : 0;
	}
	return got == 1 && found.row != number ? 0 : got;
}

int review_no_plan(const struct reader *r, struct err *err)
{
	if (r->tried == 0)
		return err_set(err, ERR_USAGE,
		    "%s: no row names a plan such as p-7 in its column plan", r->path);
	if (!r->exists)
		return err_set(err, ERR_USAGE,
		    "%s: the ledger of this workspace has no plan p-%lld: use the workspace it was "
		    "made in",
		    r->path, (long long)r->tried);
	if (r->shown.id != r->target.id)
		return err_set(err, ERR_STALE,
		    "%s: no row of p-%lld holds in p-%lld any more: write p-%lld anew and decide "
		    "there",
		    r->path, (long long)r->shown.id, (long long)r->target.id,
		    (long long)r->target.id);
	return err_set(err, ERR_USAGE,
	    "%s: none of its rows is a row of plan p-%lld: was it made in another "
	    "workspace?",
	    r->path, (long long)r->shown.id);
}
