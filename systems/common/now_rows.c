/* A batch may hold thousands of writes: rows are ordered once and looked up, never searched one by one. Ids compare in any
 * case: GUIDs are written both ways, and the last three characters of a Salesforce id tell the case of the others. */
#include "systems/common/now_rows.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/lang.h"
#include "core/text.h"

static int by_id(const void *p, const void *q)
{
	return strcasecmp(((const struct now_row *)p)->id, ((const struct now_row *)q)->id);
}

static int by_marker(const void *p, const void *q)
{
	const struct now_row *x = p, *y = q;

	return strcasecmp(x->marker ? x->marker : "", y->marker ? y->marker : "");
}

void now_add(struct now_rows *rows, const char *id, const char *etag, const char *marker, int64_t modified)
{
	if (rows->n == rows->cap) {
		size_t cap = rows->cap ? 2 * rows->cap : 64;
		struct now_row *grown = arena_alloc(rows->a, cap * sizeof(*grown));

		if (rows->n)
			memcpy(grown, rows->row, rows->n * sizeof(*grown));
		rows->row = grown;
		rows->cap = cap;
	}
	rows->row[rows->n++] = (struct now_row){ arena_strdup(rows->a, id),
		etag ? arena_strdup(rows->a, etag) : NULL, marker ? arena_strdup(rows->a, marker) : NULL,
		modified, NULL };
}

void now_sort(struct now_rows *rows)
{
	if (rows->n)
		qsort(rows->row, rows->n, sizeof(*rows->row), by_id);
}

const struct now_row *now_find(const struct now_rows *rows, const char *id)
{
	return rows->n ? bsearch(&(struct now_row){ .id = id }, rows->row, rows->n, sizeof(*rows->row), by_id)
		       : NULL;
}

void now_drop_moved(struct now_rows *rows, struct arena *a, const struct write *w, const char *const *id, size_t n,
    const bool *ask, const char **etag, struct reply *r)
{
	now_sort(rows);
	for (size_t i = 0; i < n; i++) {
		const struct now_row *now;
		bool moved;

		if ((ask && !ask[i]) || r[i].outcome != OUTCOME_NONE)
			continue;
		now = now_find(rows, id[i]);
		if (!now) {
			reply_set(&r[i], a, OUTCOME_CONFLICT, 404, "", _("the record is not there any more"));
			continue;
		}
		if (now->etag && w[i].etag)
			moved = strcmp(w[i].etag, now->etag) != 0;
		else
			moved = w[i].modified != STAMP_NONE && w[i].modified != now->modified;
		if (moved)
			reply_set(&r[i], a, OUTCOME_CONFLICT, 412, "", _("the record was changed since it was read"));
		else if (etag)
			etag[i] = now->etag;
	}
}

size_t now_markers(const struct write *w, size_t n, const struct reply *r, const char **out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == OUTCOME_NONE && w[i].marker && *w[i].marker)
			out[count++] = w[i].marker;
	return count;
}

void now_drop_existing(struct now_rows *rows, struct arena *a, const struct write *w, size_t n, struct reply *r)
{
	if (!rows->n)
		return;
	qsort(rows->row, rows->n, sizeof(*rows->row), by_marker);
	for (size_t i = 0; i < n; i++) {
		const struct now_row *now = NULL;

		if (r[i].outcome == OUTCOME_NONE && w[i].marker && *w[i].marker)
			now = bsearch(&(struct now_row){ .marker = w[i].marker }, rows->row, rows->n,
			    sizeof(*rows->row), by_marker);
		if (!now)
			continue;
		reply_set(&r[i], a, OUTCOME_CONFLICT, 0, "",
		    arena_printf(a, _("opportunity %s holds this referral id already: plan again"), now->id));
		r[i].id = now->id;
	}
}

size_t after_wanted(const char *const *id, size_t n, const struct reply *r, bool doubt, const char **out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (id[i] && (r[i].outcome == OUTCOME_APPLIED || (doubt && r[i].outcome == OUTCOME_UNKNOWN)))
			out[count++] = id[i];
	return count;
}

static int by_column(const void *p, const void *q, void *column)
{
	struct value x = record_get(p, column), y = record_get(q, column);

	return strcasecmp(value_has(x) ? x.s : "", value_has(y) ? y.s : "");
}

void after_take(struct page *page, const char *id_column, const char *const *id, size_t n, struct reply *r)
{
	if (page->n)
		qsort_r(page->record, page->n, sizeof(*page->record), by_column, (void *)id_column);
	for (size_t i = 0; i < n; i++) {
		size_t lo = 0, hi = page->n;

		while (lo < hi && id[i] &&
		       (r[i].outcome == OUTCOME_APPLIED || r[i].outcome == OUTCOME_UNKNOWN)) {
			size_t mid = lo + (hi - lo) / 2;
			struct value v = record_get(&page->record[mid], id_column);
			int order = strcasecmp(id[i], value_has(v) ? v.s : "");

			if (order == 0) {
				r[i].after = &page->record[mid];
				break;
			}
			if (order < 0)
				hi = mid;
			else
				lo = mid + 1;
		}
	}
}
