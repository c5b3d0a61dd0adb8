/* Salesforce: what writes take in calls, request by request as salesforce_write.c sends them, and what an estimate knows of the
 * rows that a deal refers to. */
#include <string.h>
#include "systems/salesforce/salesforce.h"

extern const struct system_driver salesforce_driver;

static long collection_calls(size_t n)
{
	return (long)((n + COLLECTION_MAX - 1) / COLLECTION_MAX);
}

/* Child tables that are read with each record. */
static size_t child_tables(const struct salesforce *s)
{
	size_t tables = 0;

	for (size_t i = 0; i < s->natives.n_related; i++)
		tables += s->natives.related[i].table &&
			  natives_child_used(&s->natives, &s->natives.related[i]);
	return tables;
}

long salesforce_fetch_calls(struct system *sys, size_t n)
{
	return (long)(sobjects_chunks(n, SOBJECT_ID_LEN) * (1 + child_tables(salesforce_of(sys))));
}

/* New rows of one alias, and their ids looked up by their values. */
static long make_calls(size_t n)
{
	return collection_calls(n) + (long)((n + SALESFORCE_REF_CHUNK - 1) / SALESFORCE_REF_CHUNK);
}

/* One batch, request by request as `write` sends them; a job's polls are apart. */
static void batch_cost(struct salesforce *s, struct arena *a, const struct write *w, size_t n, bool *refused,
    struct write_cost *cost)
{
	size_t own = 0, child = 0, adds = 0, deletes = 0, markers = 0, longest = 0, sent;
	struct write_cost refs = { .refused = refused };
	const char *peer = salesforce_peer(s);
	bool create = w->op == WRITE_CREATE;
	long calls = 0;

	sent = refs_cost(
	    &s->refs, &s->natives, w, n, SALESFORCE_REF_CHUNK, make_calls, s->base.rehearsal, &refs);
	for (size_t i = 0; i < n; i++) {
		if (create && peer && w[i].marker && *w[i].marker) {
			size_t len = strlen(w[i].marker);

			markers++;
			longest = len > longest ? len : longest;
		}
		if (refused[i])
			continue;
		bool columns_too = w[i].op == WRITE_DELETE || write_has_columns(&s->natives, &w[i]);
		bool rows = write_has_children(&s->natives, &w[i]);
		own += columns_too;
		child += rows;
		children_count(&s->natives, a, &w[i], &adds, &deletes);
		cost->echoes += columns_too + rows;
	}
	calls += (long)(create ? sobjects_chunks(markers, longest) : sobjects_chunks(sent, SOBJECT_ID_LEN));
	if (create && peer && !s->described && (!s->base.rehearsal || s->counted != s->base.rehearsal)) {
		calls++;
		s->counted = s->base.rehearsal;
	}
	calls += salesforce_bulk(s, own) ? BULK_CALLS : collection_calls(own);
	if (child && create) /* the new ids are checked first */
		calls += (long)sobjects_chunks(sent, SOBJECT_ID_LEN);
	if (child) /* before and after */
		calls += (long)(sobjects_chunks(child, SOBJECT_ID_LEN) * (1 + child_tables(s))) +
			 collection_calls(adds) + collection_calls(deletes);
	if (w->op != WRITE_DELETE)
		calls += (long)sobjects_chunks(sent, SOBJECT_ID_LEN);
	cost->calls += refs.calls + calls;
	cost->most += refs.most + calls;
}

void salesforce_cost(
    struct system *sys, const struct write *w, size_t n, struct write_cost *cost)
{
	struct salesforce *s = salesforce_of(sys);
	struct arena a = { 0 };
	bool *refused = cost->refused;

	*cost = (struct write_cost){ .refused = refused };
	for (size_t from = 0, take; from < n; from += take) {
		take = s->no_bulk ? (n - from < COLLECTION_MAX ? n - from : COLLECTION_MAX)
				  : system_batch(&salesforce_driver, n - from);
		bool *mine = refused ? refused + from : arena_alloc(&a, take + 1);

		batch_cost(s, &a, w + from, take, mine, cost);
		arena_reset(&a);
	}
	arena_release(&a);
}

int salesforce_look_up(struct system *sys, struct arena *a, const struct write *w, size_t n, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);

	return refs_look_up(&s->refs, &s->natives, a, w, n, &salesforce_ref_ops, s, err);
}

const char *salesforce_known(struct system *sys, struct arena *a)
{
	return refs_known(&salesforce_of(sys)->refs, a);
}

void salesforce_recall(struct system *sys, const char *text)
{
	refs_recall(&salesforce_of(sys)->refs, text);
}
