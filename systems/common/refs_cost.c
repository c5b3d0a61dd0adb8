/* What the rows that a deal refers to (account, owner, currency) cost in requests. A plan looks a limited number of them up,
 * so that it can tell which are there; of the others an estimate gives both ends: all there, and all to be made. */
#include <string.h>
#include <strings.h>
#include "core/json.h"
#include "systems/common/driver_util.h"

/* Requests of one alias. */
struct bill {
	const char *alias;
	size_t ask, alone, make, maybe;
};

struct billing {
	struct refs *refs;
	const struct natives *nv;
	struct arena *a;
	struct bill *bill;
	size_t n_bill;
	unsigned round;
	bool rehearsal;
};

static struct bill *bill_of(struct billing *b, const char *alias)
{
	for (size_t i = 0; i < b->n_bill; i++)
		if (strcmp(b->bill[i].alias, alias) == 0)
			return &b->bill[i];
	struct bill *grown = arena_alloc(b->a, (b->n_bill + 1) * sizeof(*grown));
	if (b->n_bill)
		memcpy(grown, b->bill, b->n_bill * sizeof(*grown));
	b->bill = grown;
	grown[b->n_bill] = (struct bill){ .alias = alias };
	return &grown[b->n_bill++];
}

static bool told(const struct ref *ref)
{
	return ref->asked || ref->known;
}

/* Rows that fit, where that is known. */
static int rows_of(const struct ref *ref)
{
	return ref->asked ? ref->found : ref->rows;
}

/* Is the row surely not to be had for this write? */
static bool missing(const struct natives *nv, const struct write *w, const struct ref *ref)
{
	const struct related *r = natives_related(nv, ref->alias);
	struct ref as_told = *ref;

	if (ref->refused)
		return true;
	if (!told(ref) || rows_of(ref) == 1)
		return false;
	as_told.asked = true;
	as_told.found = rows_of(ref);
	return rows_of(ref) > 1 || !(w->op == WRITE_CREATE && ((r && r->create) || ref_left_out(nv, w, &as_told)));
}

typedef void each_ref(struct billing *b, const struct write *w, struct ref *ref, bool *refused);

static void walk(struct billing *b, const struct write *w, bool *refused, each_ref *fn)
{
	for (size_t j = 0; j < w->n_assign; j++) {
		const char *path = w->assign[j].path, *why;
		bool empty;

		if (!ref_starts(w, j, &empty) || empty)
			continue;
		struct ref *ref = ref_of(
		    b->refs, b->nv, b->a, w, arena_dup(b->a, path, strcspn(path, ".")), &why);
		if (ref)
			fn(b, w, ref, refused);
		else
			*refused = true;
	}
}

static void look(struct billing *b, const struct write *w, struct ref *ref, bool *refused)
{
	*refused |= missing(b->nv, w, ref);
}

static void charge(struct billing *b, const struct write *w, struct ref *ref, bool *refused)
{
	const struct related *r = natives_related(b->nv, ref->alias);

	if (ref->counted == b->round || (!b->rehearsal && ref->asked && ref->found))
		return;
	struct bill *bill = bill_of(b, ref->alias);
	if (b->rehearsal || !ref->asked) {
		bill->ask++;
		bill->alone += ref->alone;
	}
	ref->counted = b->round;
	if (*refused || w->op != WRITE_CREATE || !r || !r->create)
		return;
	bill->make += told(ref) && rows_of(ref) == 0;
	bill->maybe += !told(ref);
}

size_t refs_cost(struct refs *refs, const struct natives *nv, const struct write *w, size_t n,
    size_t chunk, long (*make)(size_t n), unsigned rehearsal, struct write_cost *cost)
{
	struct arena a = { 0 };
	struct billing b = { refs, nv, &a, NULL, 0, rehearsal, rehearsal != 0 };
	bool *refused = arena_alloc(&a, n + 1);
	size_t sent = 0;

	if (!rehearsal)
		b.round = refs->round = (refs->round + 1) & 0x7fffffffu;
	for (size_t i = 0; i < n; i++)
		walk(&b, &w[i], &refused[i], look);
	/* a row that several writes want is made for one that is sent */
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < n; i++)
			if (refused[i] == (pass == 1))
				walk(&b, &w[i], &refused[i], charge);
	for (size_t i = 0; i < b.n_bill; i++) {
		const struct bill *bill = &b.bill[i];
		long asks = (long)((bill->ask + chunk - 1) / chunk + bill->alone);

		cost->calls += asks + make(bill->make);
		cost->most += asks + make(bill->make + bill->maybe);
	}
	for (size_t i = 0; i < n; i++) {
		sent += !refused[i];
		if (cost->refused)
			cost->refused[i] = refused[i];
	}
	arena_release(&a);
	return sent;
}

/* ---- looked up before ---- */

static void gather(struct billing *b, const struct write *w, struct ref *ref, bool *refused)
{
	struct bill *bill = bill_of(b, ref->alias);

	(void)w;
	(void)refused;
	if (ref->asked || ref->counted == b->round)
		return;
	ref->counted = b->round;
	bill->ask++;
}

struct picking {
	const char *alias;
	struct ref **ref;
	size_t n, most;
};

/* The references of one alias that `gather` counted, in the order of the writes. */
static void pick(struct billing *b, const struct write *w, struct picking *p)
{
	for (size_t j = 0; j < w->n_assign && p->n < p->most; j++) {
		const char *path = w->assign[j].path, *why;
		size_t len = strcspn(path, ".");
		bool empty;

		if (!ref_starts(w, j, &empty) || empty || strlen(p->alias) != len ||
		    strncmp(path, p->alias, len) != 0)
			continue;
		struct ref *ref = ref_of(b->refs, b->nv, b->a, w, p->alias, &why);
		if (!ref || ref->asked || ref->counted != b->round)
			continue;
		ref->counted = 0;
		p->ref[p->n++] = ref;
	}
}

int refs_look_up(struct refs *refs, const struct natives *nv, struct arena *a,
    const struct write *w, size_t n, const struct ref_ops *ops, void *ctx, struct err *err)
{
	struct billing b = { refs, nv, a, NULL, 0, 0, false };
	bool refused = false;

	b.round = refs->round = (refs->round + 1) & 0x7fffffffu;
	for (size_t i = 0; i < n; i++)
		walk(&b, &w[i], &refused, gather);
	for (size_t k = 0; k < b.n_bill && refs->looked_up < REFS_LOOK_UP; k++) {
		size_t room = REFS_LOOK_UP - refs->looked_up;
		struct picking p = { .alias = b.bill[k].alias,
			.most = b.bill[k].ask < room ? b.bill[k].ask : room };

		p.ref = arena_alloc(a, (p.most + 1) * sizeof(*p.ref));
		for (size_t i = 0; i < n; i++)
			pick(&b, &w[i], &p);
		if (p.n && ops->ask(ctx, p.alias, p.ref, p.n, err) < 0)
			return -1;
		refs->looked_up += p.n;
	}
	return 0;
}

const char *refs_known(const struct refs *refs, struct arena *a)
{
	struct buf b = { 0 };
	const char *out = NULL;
	size_t n = 0;

	buf_addc(&b, '[');
	for (size_t i = 0; i < sizeof(refs->bucket) / sizeof(*refs->bucket); i++) {
		for (const struct ref *f = refs->bucket[i]; f; f = f->next) {
			if (!f->asked)
				continue;
			buf_adds(&b, n++ ? ",[" : "[");
			buf_add_json(&b, f->alias, strlen(f->alias));
			buf_addc(&b, ',');
			buf_add_json(&b, f->key, strlen(f->key));
			buf_addf(&b, ",%d,%d]", f->found, (int)f->alone);
		}
	}
	buf_addc(&b, ']');
	if (n)
		out = arena_dup(a, b.s, b.len);
	buf_release(&b);
	return out;
}

void refs_recall(struct refs *refs, const char *text)
{
	struct err ignored = { 0 };
	struct json *root = json_parse(text, strlen(text), &ignored);

	for (const struct json *e = json_first(root); e; e = json_next(e)) {
		const struct json *m = json_first(e);
		const char *alias = json_text(m), *key = json_text(m = m ? json_next(m) : NULL);
		const struct json *rows = m ? json_next(m) : NULL, *alone = rows ? json_next(rows) : NULL;

		if (!alias || !key)
			continue;
		struct ref *ref = ref_recalled(refs, alias, key);
		ref->known = true;
		ref->rows = (int)json_int(rows, 0);
		ref->alone = json_int(alone, 0) != 0;
	}
	json_free(root);
}
