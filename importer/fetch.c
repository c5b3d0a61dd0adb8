/* Records read again by id: a driver gives them in any order and leaves out those that are gone. */
#include <stdlib.h>
#include <strings.h>
#include "importer/apply.h"

static int by_id(const void *p, const void *q)
{
	return strcasecmp(((const struct found *)p)->id, ((const struct found *)q)->id);
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
