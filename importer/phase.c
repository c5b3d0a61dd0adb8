/* One phase of one side, chunk by chunk in the order of the plan. For each chunk:
 *   1 what may not be sent now is told to its rows (an earlier step failed)
 *   2 records without a token, and the other halves of creates, are read and compared
 *   3 batches are sent (send.c)
 *   4 what is in doubt is looked up; what moved is read and merged again, and sent once more
 *     where it is still clean */
#include <string.h>
#include "core/log.h"
#include "importer/apply.h"
#include "importer/rehearse.h"
#include "importer/upload.h"

static const int phases[] = { PHASE_CREATE, PHASE_LINK, PHASE_LINK_BACK, PHASE_VALUES, PHASE_DELETE,
	PHASE_ACCEPT, PHASE_CLOSE };

#define CHUNK     500
#define CHUNK_MAX 10000
/* Tries, requests of a create and one more after a conflict; a sound driver never takes as many. */
#define ROUNDS 12

/* What was decided without a request is told to its rows. */
static int settle_unsent(
    struct apply *x, struct arena *a, struct item *items, size_t n, struct err *err)
{
	if (x->rehearsal)
		return 0;
	if (sql_begin(x->t.ledger.db, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct item *it = &items[i];
		if (it->ready || it->check || it->done || it->reply.outcome == OUTCOME_UNKNOWN)
			continue;
		it->done = true;
		if (settle_item(x, a, it, err) < 0)
			goto fail;
	}
	if (budget_settle(&x->budget, true, err) < 0)
		goto fail;
	return sql_commit(x->t.ledger.db, err);
fail:
	sql_rollback(x->t.ledger.db);
	return -1;
}

/* The ready items of the lowest step, in order, as many as go out at once. */
static size_t pick(const struct system_driver *d, struct item *items, size_t n, struct item **out)
{
	int step = -1;
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		if (items[i].ready && (step < 0 || items[i].step.write.step < step))
			step = items[i].step.write.step;
	for (size_t i = 0; i < n; i++)
		if (items[i].ready && items[i].step.write.step == step)
			out[used++] = &items[i];
	return used ? system_batch(d, used) : 0;
}

static bool any_ready(const struct item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].ready)
			return true;
	return false;
}

/* Everything that is ready goes out once. */
static int send_round(struct apply *x, struct arena *a, enum side side, struct item *items,
    size_t n, struct err *err)
{
	struct item **batch = arena_alloc(a, (n + 1) * sizeof(*batch));
	bool *was = arena_alloc(a, (n + 1) * sizeof(*was));
	size_t used;
	int result = 0;

	/* what becomes ready again while the round is under way waits for the next one */
	memset(was, 0, n * sizeof(*was));
	while (result == 0 && !x->denial[side].stopped &&
	       (used = denied_probe(x, side, pick(x->t.mapping.driver[side], items, n, batch))) > 0) {
		result = x->rehearsal ? rehearse_batch(x, a, side, batch, used, err)
				      : transmit_batch(x, a, side, batch, &used, err);
		for (size_t i = 0; result == 0 && i < used; i++) {
			was[batch[i] - items] = batch[i]->ready;
			batch[i]->ready = false;
		}
	}
	for (size_t i = 0; i < n; i++)
		items[i].ready = items[i].ready || was[i];
	return result;
}

static int send_items(
    struct apply *x, struct arena *a, enum side side, struct item *items, size_t n, struct err *err)
{
	int result = 0;

	for (int round = 0; round < ROUNDS && result == 0 && any_ready(items, n) && !x->denial[side].stopped; round++) {
		result = send_round(x, a, side, items, n, err);
		if (result == 0)
			result = resolve_now(x, a, items, n, err);
		if (result == 0)
			result = recheck(x, a, side, items, n, err);
		if (result == 0)
			result = settle_unsent(x, a, items, n, err);
	}
	return result;
}

/* Composes the items of a chunk; obstacles are told to their rows at once. */
static int compose_chunk(struct apply *x, struct arena *a, int phase, enum side side,
    const struct work_record *list, size_t n, struct item **out, size_t *n_out, struct err *err)
{
	struct item *items = arena_alloc(a, (n + 1) * sizeof(*items));
	size_t used = 0;

	*out = items;
	if (!x->rehearsal && sql_begin(x->t.ledger.db, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct item *it = &items[used];
		struct err local = { .kind = ERR_NONE };
		const char *why = work_obstacle(&x->work, list[i].row[0], side, phase, &local);
		if (local.kind) {
			err_set(err, local.kind, "%s", local.text);
			goto fail;
		}
		if (compose_item(x, a, phase, side, list[i].row, list[i].n_rows, it, err) < 0)
			goto fail;
		if (!why)
			used++;
		else if (*why && !x->rehearsal && settle_all(x, it, OUTCOME_DEFERRED, "", why, err) < 0)
			goto fail;
	}
	*n_out = used;
	return x->rehearsal ? 0 : sql_commit(x->t.ledger.db, err);
fail:
	if (!x->rehearsal)
		sql_rollback(x->t.ledger.db);
	return -1;
}

/* Sends all that is ready in a phase and side. -1: the run stops, everything so far is in the
 * ledger. */
static int send_phase(struct apply *x, int phase, enum side side, struct err *err)
{
	const struct system_driver *d = x->t.mapping.driver[side];
	size_t chunk = d && d->max_batch > CHUNK ? d->max_batch : CHUNK, n = 0, n_items = 0;
	struct arena mem = { 0 };
	struct work_record *list;
	struct item *items;
	int64_t after = 0;
	int result;

	if (x->t.plan.is_file[side])
		return x->rehearsal ? 0 : upload_take(x, phase, side, err);
	if (d && d->bulk_batch > chunk)
		chunk = d->bulk_batch;
	if (chunk > CHUNK_MAX)
		chunk = CHUNK_MAX;
	for (result = 0; !x->denial[side].stopped;) {
		arena_reset(&mem);
		result = work_next(&x->work, &mem, phase, side, after, chunk, &list, &n, err);
		if (result < 0 || n == 0)
			break;
		after = list[n - 1].order;
		result = compose_chunk(x, &mem, phase, side, list, n, &items, &n_items, err);
		if (result == 0 && phase == PHASE_CREATE)
			result = create_prepare(x, &mem, side, items, n_items, err);
		if (result == 0)
			result = recheck(x, &mem, side, items, n_items, err);
		if (result == 0)
			result = settle_unsent(x, &mem, items, n_items, err);
		if (result == 0)
			result = send_items(x, &mem, side, items, n_items, err);
		if (result < 0)
			break;
		log_debug(
		    "%s: %zu records of phase %d sent", x->t.plan.system[side], n_items, phase);
	}
	arena_release(&mem);
	return result;
}

int send_phases(struct apply *x, struct err *err)
{
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		for (int s = LEFT; s <= RIGHT; s++)
			if (send_phase(x, phases[i], (enum side)s, err) < 0)
				return -1;
	return 0;
}
