/* Records read again by id: a driver gives them in any order and leaves out those that are gone. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "exporter/source.h"
#include "importer/apply.h"

static int by_id(const void *p, const void *q)
{
	return strcasecmp(((const struct found *)p)->id, ((const struct found *)q)->id);
}

/* The same from a file that stands in for the side: one pass over it. */
static int fetch_file(struct apply *x, struct arena *a, enum side side, const char **id, size_t n,
    struct found **out, size_t *n_out, struct err *err)
{
	const struct mapping *m = &x->t.mapping;
	struct read_request all = { .since = STAMP_NONE };
	struct source *source =
	    source_open(x->t.pair.side[side], &x->t.ws, m, side, &x->budget.meter, err);
	struct schema wanted = { 0 };
	struct arena mem = { 0 };
	struct record r, *kept;
	struct mapped mapped;
	int more = source ? source_read(source, &all, err) : -1;

	*out = arena_alloc(a, (n + 1) * sizeof(**out));
	for (size_t i = 0; i < n; i++)
		schema_add(&wanted, utf8_fold(a, id[i], strlen(id[i])));
	while (more >= 0 && *n_out < n && (more = source_next(source, &mem, &r, err)) == 1) {
		mapping_apply(m, side, &r, &mem, &mapped);
		if (schema_find(&wanted, utf8_fold(&mem, mapped.id, strlen(mapped.id))) >= 0) {
			struct found *f = &(*out)[(*n_out)++];
			kept = arena_alloc(a, sizeof(*kept));
			kept->schema = &m->columns[side];
			kept->cell = arena_alloc(a, (r.schema->n + 1) * sizeof(*kept->cell));
			for (size_t i = 0; i < r.schema->n; i++)
				kept->cell[i] = value_dup(a, r.cell[i]);
			f->native = kept;
			f->mapped = arena_alloc(a, sizeof(*f->mapped));
			mapping_apply(m, side, kept, a, f->mapped);
			f->id = f->mapped->id ? f->mapped->id : "";
		}
		arena_reset(&mem);
	}
	source_close(source);
	schema_release(&wanted);
	arena_release(&mem);
	qsort(*out, *n_out, sizeof(**out), by_id);
	return more < 0 ? -1 : 0;
}

/* The records that exist, mapped and sorted by id. */
int found_fetch(struct apply *x, struct arena *a, enum side side, const char **id, size_t n,
    struct found **out, size_t *n_out, struct err *err)
{
	struct page page = { 0 };

	*out = NULL;
	*n_out = 0;
	if (n == 0)
		return 0;
	if (x->t.plan.is_file[side])
		return fetch_file(x, a, side, id, n, out, n_out, err);
	if (system_fetch(x->system[side], a, id, n, &page, err) < 0)
		return -1;
	*out = arena_alloc(a, (page.n + 1) * sizeof(**out));
	for (size_t i = 0; i < page.n; i++) {
		struct found *f = &(*out)[i];
		f->native = apply_project(x, side, &page.record[i], a);
		f->mapped = arena_alloc(a, sizeof(*f->mapped));
		mapping_apply(&x->t.mapping, side, f->native, a, f->mapped);
		f->id = f->mapped->id ? f->mapped->id : "";
	}
	qsort(*out, page.n, sizeof(**out), by_id);
	*n_out = page.n;
	return 0;
}

/* NULL: it is gone. */
const struct found *found_by_id(const struct found *list, size_t n, const char *id)
{
	struct found key = { .id = id };

	return n && id ? bsearch(&key, list, n, sizeof(*list), by_id) : NULL;
}
