/* Looking up rows that a deal refers to: many in one request, and one by one where the service found a row that fits none
 * of them by our own idea of equal (it may ignore accents): asked alone, the service's idea decides. */
#include <string.h>
#include "systems/common/driver_util.h"

bool refs_match(struct refs *refs, struct ref **ref, size_t n, const struct json *row, const char *id)
{
	struct arena a = { 0 };
	bool fits = false;

	for (size_t i = 0; id && i < n; i++) {
		struct value v[REF_COLUMNS];

		for (size_t j = 0; j < ref[i]->n; j++)
			v[j] = json_path(&a, row, ref[i]->column[j]);
		if (n == 1 || ref_fits(&a, ref[i], v)) {
			ref_found(refs, ref[i], id);
			fits = true;
		}
	}
	arena_release(&a);
	return fits;
}

int refs_ask(struct ref **ref, size_t n, size_t (*fit)(struct ref *const *ref, size_t n), ref_ask *ask, void *ctx,
    struct err *err)
{
	for (size_t from = 0; from < n;) {
		size_t take = fit(ref + from, n - from), strays = 0, none;

		if (ask(ctx, ref + from, take, &strays, err) < 0)
			return -1;
		for (size_t i = from; strays && take > 1 && i < from + take; i++) {
			if (ref[i]->found)
				continue;
			ref[i]->alone = true;
			if (ask(ctx, ref + i, 1, &none, err) < 0)
				return -1;
		}
		for (size_t i = from; i < from + take; i++)
			ref[i]->asked = true;
		from += take;
	}
	return 0;
}

void ref_members(const struct natives *nv, struct arena *a, struct buf *b, const struct write *w, const char *alias)
{
	for (size_t i = 0; i < w->n_assign; i++) {
		const struct assign *as = &w->assign[i];
		struct native c = native_parse(nv, a, as->path);

		if (c.kind != NATIVE_PARENT || strcmp(c.alias, alias) != 0 || !value_has(as->value))
			continue;
		if (b->len && b->s[b->len - 1] != '{')
			buf_addc(b, ',');
		buf_add_json(b, c.rest, strlen(c.rest));
		buf_addc(b, ':');
		assign_json(b, as->kind, as->value);
	}
}
