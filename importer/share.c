/* The share of the approved work that this run sends, where limits hold it: --max-calls, the day's allowance, and what a service
 * itself leaves of its day. */
#include <limits.h>
#include "importer/rehearse.h"

int share_limit(struct apply *x, struct err *err)
{
	const struct budget *b = &x->budget;
	bool day = budget_day_left(b) <= budget_left(b);

	for (enum side s = LEFT; s <= RIGHT; s++)
		if (budget_told_left(b, s) <= budget_left(b) && budget_told_left(b, s) <= budget_told_left(b, side_other(s)))
			return budget_told_limit(b, s, err);
	if (day)
		return err_set(err, ERR_LIMIT,
		    "stopped at the day's allowance: what expires first is sent, the rest does not fit into the %ld of %ld calls "
		    "that are left today (reserve %ld); run the same command again after midnight UTC, or raise daily_calls or "
		    "lower reserve in rejoin.json",
		    budget_day_left(b), b->daily, b->reserve > 0 ? b->reserve : 0);
	return err_set(err, ERR_LIMIT,
	    "stopped at --max-calls %ld: %ld of them are used and the rest does not fit; run the same command again to go on",
	    b->max_calls, b->taken);
}

/* Does less fit now than on a whole day, by what binds first? */
static bool day_begun(const struct room *now, const struct room *whole)
{
	for (int s = LEFT; s <= RIGHT; s++)
		if (now->side[s] < whole->side[s] && now->side[s] <= now->calls)
			return true;
	return now->all < whole->all && now->all <= now->calls;
}

int share_choose(struct apply *x, struct err *err)
{
	struct room room = estimate_room(&x->budget), whole = estimate_whole(&x->budget);

	x->last = INT64_MAX;
	if (!room_limited(&room))
		return 0;
	if (estimate_fit(x, &room, &x->last, err) < 0)
		return -1;
	if (x->last == 0 && day_begun(&room, &whole))
		return share_limit(x, err);
	/* where not even one record fits into a whole run or day, its steps go one by one */
	return x->last > 0 && x->last < INT64_MAX ? work_later(&x->work, x->last, err) : 0;
}
