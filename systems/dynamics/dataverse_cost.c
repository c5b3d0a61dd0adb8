/* Dataverse: what writes take in calls, request by request as dataverse_write.c sends them, and what an estimate knows of the
 * rows that a deal refers to. */
#include "systems/dynamics/dataverse.h"

/* Child tables that are read with each record. */
static size_t child_tables(const struct dynamics *d)
{
	size_t tables = 0;

	for (size_t i = 0; i < d->natives.n_related; i++)
		tables += d->natives.related[i].table &&
			  natives_child_used(&d->natives, &d->natives.related[i]);
	return tables;
}

long dataverse_fetch_calls(struct system *s, size_t n)
{
	return (long)(odata_chunks(n) * (1 + child_tables(dynamics_of(s))));
}

/* New rows of one alias. */
static long make_calls(size_t n)
{
	return odata_requests(n, DATAVERSE_BATCH);
}

/* Writes that go out together, request by request as `write` sends them. */
static void batch_cost(struct dynamics *d, struct arena *a, const struct write *w, size_t n, bool *refused,
    struct write_cost *cost)
{
	size_t ask = 0, patch = 0, child = 0, adds = 0, deletes = 0, markers = 0, sent;
	struct write_cost refs = { .refused = refused };

	sent = refs_cost(&d->refs, &d->natives, w, n, DATAVERSE_REF_CHUNK, make_calls, d->base.rehearsal, &refs);
	for (size_t i = 0; i < n; i++) {
		bool own = w[i].op == WRITE_DELETE || dataverse_has_patch(d, &w[i]),
		     rows = write_has_children(&d->natives, &w[i]);

		markers += dataverse_peer(d) && w[i].marker && *w[i].marker;
		if (refused[i])
			continue;
		ask += !w[i].etag || w[i].op == WRITE_CLOSE || !own;
		patch += own;
		child += rows;
		children_count(&d->natives, a, &w[i], &adds, &deletes);
		cost->echoes += own + rows + (w[i].op == WRITE_CLOSE);
	}
	long calls = 0;
	if (w->op == WRITE_CREATE)
		calls += (long)odata_chunks(markers) + odata_requests(sent, DATAVERSE_BATCH); /* CreateMultiple */
	else
		calls += (long)odata_chunks(ask) + odata_requests(patch, DATAVERSE_BATCH) +
			 (w->op == WRITE_CLOSE ? odata_requests(sent, DATAVERSE_BATCH) : 0);
	if (child) /* before and after */
		calls += (long)(odata_chunks(child) * (1 + child_tables(d))) +
			 odata_requests(adds + deletes, DATAVERSE_CHILD_BATCH);
	if (w->op != WRITE_DELETE)
		calls += (long)odata_chunks(sent);
	cost->calls += refs.calls + calls;
	cost->most += refs.most + calls;
}

void dataverse_cost(
    struct system *s, const struct write *w, size_t n, struct write_cost *cost)
{
	struct dynamics *d = dynamics_of(s);
	struct arena a = { 0 };
	bool *refused = cost->refused;

	*cost = (struct write_cost){ .refused = refused };
	for (size_t from = 0; from < n; from += DATAVERSE_WRITES) {
		size_t take = n - from < DATAVERSE_WRITES ? n - from : DATAVERSE_WRITES;
		bool *mine = refused ? refused + from : arena_alloc(&a, take + 1);

		batch_cost(d, &a, w + from, take, mine, cost);
		arena_reset(&a);
	}
	arena_release(&a);
}

int dataverse_look_up(struct system *s, struct arena *a, const struct write *w, size_t n, struct err *err)
{
	struct dynamics *d = dynamics_of(s);

	return refs_look_up(&d->refs, &d->natives, a, w, n, &dataverse_ref_ops, d, err);
}

const char *dataverse_known(struct system *s, struct arena *a)
{
	return refs_known(&dynamics_of(s)->refs, a);
}

void dataverse_recall(struct system *s, const char *text)
{
	refs_recall(&dynamics_of(s)->refs, text);
}
