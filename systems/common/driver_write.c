/* What drivers share when they write: values as JSON, values compared as the service may spell them, and the rows that a
 * deal refers to.
 *
 * Rows that a deal refers to (account, owner, currency) are looked up by their `find` columns and never changed. */
#include <string.h>
#include <strings.h>
#include "systems/common/driver_util.h"
#include "core/lang.h"
#include "core/sentence.h"
#include "core/text.h"

static bool truth(struct value v, bool *out)
{
	if (value_is(v, "1") || (value_has(v) && strcasecmp(v.s, "true") == 0))
		*out = true;
	else if (value_is(v, "0") || (value_has(v) && strcasecmp(v.s, "false") == 0))
		*out = false;
	else
		return false;
	return true;
}

void assign_json(struct buf *b, enum assign_kind kind, struct value v)
{
	struct arena a = { 0 };
	const char *number;
	bool yes;

	if (!value_has(v) || kind == ASSIGN_NULL)
		buf_adds(b, "null");
	else if (kind == ASSIGN_NUMBER && (number = decimal_normal(&a, v.s, v.len)))
		buf_adds(b, number);
	else if (kind == ASSIGN_BOOL && truth(v, &yes))
		buf_adds(b, yes ? "true" : "false");
	else
		buf_add_json(b, v.s, v.len);
	arena_release(&a);
}

static bool same_set(struct arena *a, struct value x, struct value y)
{
	struct value *ex, *ey;
	size_t nx = set_split(a, x, &ex), ny = set_split(a, y, &ey);

	for (int turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < (turn ? ny : nx); i++) {
			bool found = false;

			for (size_t j = 0; j < (turn ? nx : ny) && !found; j++) {
				struct value p = turn ? ey[i] : ex[i], q = turn ? ex[j] : ey[j];

				found = value_equal(p, q) ||
					(value_has(p) && value_has(q) && strcasecmp(p.s, q.s) == 0);
			}
			if (!found)
				return false;
		}
	}
	return true;
}

bool native_same(struct arena *a, struct value x, struct value y, enum assign_kind kind)
{
	if (value_equal(x, y))
		return true;
	if (kind == ASSIGN_SET)
		return same_set(a, x, y);
	bool bx, by;
	if (kind == ASSIGN_BOOL) /* a box never ticked may be empty */
		return (truth(x, &bx) || (!value_has(x) && !(bx = false))) &&
		       (truth(y, &by) || (!value_has(y) && !(by = false))) && bx == by;
	if (!value_has(x) || !value_has(y))
		return false;
	char *nx = decimal_normal(a, x.s, x.len), *ny = decimal_normal(a, y.s, y.len);
	if (kind == ASSIGN_NUMBER)
		return nx && ny && decimal_compare(nx, ny) == 0;
	int64_t sx = stamp_parse(x.s, x.len), sy = stamp_parse(y.s, y.len);
	return sx != STAMP_NONE && sx == sy;
}

enum outcome assigns_compare(struct arena *a, const struct write *w, const struct record *now)
{
	bool wanted = true, before = true;

	for (size_t i = 0; i < w->n_assign; i++) {
		const struct assign *as = &w->assign[i];
		enum assign_kind kind = as->kind == ASSIGN_NULL ? ASSIGN_STRING : as->kind;
		struct value want = as->kind == ASSIGN_NULL ? value_empty : as->value;

		if (schema_find(now->schema, as->path) < 0)
			continue; /* never read: nothing can be said of it */
		struct value v = record_get(now, as->path);
		wanted &= native_same(a, v, want, kind);
		before &= native_same(a, v, as->before, kind);
	}
	return wanted ? OUTCOME_APPLIED : before ? OUTCOME_NONE : OUTCOME_CONFLICT;
}

static const char *folded_key(struct arena *a, const struct value *value, size_t n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++) {
		const char *s = value_has(value[i]) ? value[i].s : "";
		size_t len = value_has(value[i]) ? value[i].len : 0;

		text_trim(&s, &len);
		buf_adds(&b, utf8_fold(a, s, len));
		buf_addc(&b, '\x1f');
	}
	char *key = arena_dup(a, b.s, b.len);
	buf_release(&b);
	return key;
}

/* The value that the write assigns to ALIAS.column; absent when it assigns none. */
static struct value assigned(const struct write *w, const char *alias, const char *column)
{
	size_t n = strlen(alias);

	for (size_t i = 0; i < w->n_assign; i++) {
		const char *p = w->assign[i].path;

		if (strncmp(p, alias, n) == 0 && p[n] == '.' && strcmp(p + n + 1, column) == 0)
			return w->assign[i].kind == ASSIGN_NULL ? value_empty : w->assign[i].value;
	}
	return value_absent;
}

struct ref *ref_recalled(struct refs *refs, const char *alias, const char *key)
{
	struct ref **slot =
	    &refs->bucket[hash64(key, strlen(key), hash64(alias, strlen(alias), 0)) % 1024];

	for (struct ref *f = *slot; f; f = f->next)
		if (strcmp(f->alias, alias) == 0 && strcmp(f->key, key) == 0)
			return f;
	struct ref *made = arena_alloc(&refs->mem, sizeof(*made));
	*made = (struct ref){ .next = *slot,
		.alias = arena_strdup(&refs->mem, alias),
		.key = arena_strdup(&refs->mem, key) };
	*slot = made;
	return made;
}

struct ref *ref_of(struct refs *refs, const struct natives *nv, struct arena *a,
    const struct write *w, const char *alias, const char **why)
{
	const struct related *r = natives_related(nv, alias);
	struct ref probe = { .alias = alias };
	bool some = false;

	*why = NULL;
	for (size_t i = 0; r && i < r->n_find && probe.n < REF_COLUMNS; i++)
		probe.column[probe.n++] = r->find[i];
	for (size_t i = 0; !(r && r->n_find) && i < w->n_assign && probe.n < REF_COLUMNS; i++) {
		struct native c = native_parse(nv, a, w->assign[i].path);

		if (c.kind == NATIVE_PARENT && strcmp(c.alias, alias) == 0)
			probe.column[probe.n++] = c.rest;
	}
	for (size_t i = 0; i < probe.n; i++) {
		probe.value[i] = assigned(w, alias, probe.column[i]);
		some |= value_has(probe.value[i]);
		if (w->op != WRITE_CREATE && probe.value[i].state == VALUE_ABSENT) {
			*why = arena_printf(a,
			    _("%s is looked up by %s.%s as well, which this change does not set: "
			    "change it there by hand"),
			    alias, alias, probe.column[i]);
			return NULL;
		}
	}
	if (!some) {
		*why = arena_printf(a, _("%s cannot be looked up: %s.%s is empty"), alias, alias,
		    probe.n ? probe.column[0] : "?");
		return NULL;
	}
	const char *key = folded_key(a, probe.value, probe.n);
	struct ref *f = ref_recalled(refs, alias, key);
	for (; f->n < probe.n; f->n++) {
		f->column[f->n] = arena_strdup(&refs->mem, probe.column[f->n]);
		f->value[f->n] = value_dup(&refs->mem, probe.value[f->n]);
	}
	return f;
}

bool ref_fits(struct arena *a, const struct ref *ref, const struct value *value)
{
	return strcmp(ref->key, folded_key(a, value, ref->n)) == 0;
}

void ref_found(struct refs *refs, struct ref *ref, const char *id)
{
	ref->asked = true;
	if (ref->found && strcasecmp(ref->id, id) == 0)
		return;
	if (ref->found) {
		ref->found = 2;
		ref->other = ref->other ? ref->other : arena_strdup(&refs->mem, id);
		return;
	}
	ref->found = 1;
	ref->id = arena_strdup(&refs->mem, id);
}

/* Length of the alias when the path is a column of a row referred to, else 0. */
static size_t parent_alias(const char *path)
{
	size_t len = strcspn(path, ".[");

	return path[len] == '.' && !strchr(path, '@') ? len : 0;
}

static const char *alias_of(struct arena *a, const char *path)
{
	return arena_dup(a, path, parent_alias(path));
}

bool ref_starts(const struct write *w, size_t assign, bool *empty)
{
	const char *path = w->assign[assign].path;
	size_t len = parent_alias(path);

	*empty = true;
	for (size_t i = 0; len && i < w->n_assign; i++) {
		const char *other = w->assign[i].path;

		if (parent_alias(other) != len || strncmp(other, path, len) != 0)
			continue;
		if (i < assign)
			return false;
		*empty &= !value_has(w->assign[i].value) || w->assign[i].kind == ASSIGN_NULL;
	}
	return len > 0;
}

/* Everything of one alias that is still to be asked or made. */
struct wanted {
	const char *alias;
	struct ref **ref;
	const struct write **from;
	size_t n;
};

static struct wanted *wanted_of(
    struct arena *a, struct wanted *list, size_t *n_list, size_t cap, const char *alias)
{
	for (size_t i = 0; i < *n_list; i++)
		if (strcmp(list[i].alias, alias) == 0)
			return &list[i];
	struct wanted *w = &list[(*n_list)++];
	w->alias = arena_strdup(a, alias);
	w->ref = arena_alloc(a, (cap + 1) * sizeof(*w->ref));
	w->from = arena_alloc(a, (cap + 1) * sizeof(*w->from));
	w->n = 0;
	return w;
}

static void wanted_add(struct wanted *list, struct ref *ref, const struct write *from)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->ref[i] == ref)
			return;
	list->ref[list->n] = ref;
	list->from[list->n++] = from;
}

/* May the row be made beside this write? */
static bool may_make(const struct natives *nv, const struct write *w, const struct ref *ref)
{
	const struct related *r = natives_related(nv, ref->alias);

	return w->op == WRITE_CREATE && r && r->create && ref->asked && !ref->found &&
	       !ref->refused;
}

bool ref_left_out(const struct natives *nv, const struct write *w, const struct ref *ref)
{
	const struct related *r = natives_related(nv, ref->alias);
	const char *through = r && r->through ? r->through : ref->alias;

	return w->op == WRITE_CREATE && ref->asked && !ref->found && !ref->refused && !(r && r->create) &&
	       (strcasecmp(through, "ownerid") == 0 || strcasecmp(through, "owner") == 0);
}

static void ref_answer(const struct natives *nv, struct arena *a, const struct write *w,
    const struct ref *ref, struct reply *reply)
{
	const struct related *r = natives_related(nv, ref->alias);
	const char *value = value_has(ref->value[0]) ? ref->value[0].s : sentence(a, "(empty)");

	/* sentences: a plan keeps them */
	if (ref->found == 1 || ref_left_out(nv, w, ref))
		return;
	if (ref->refused)
		reply_set(reply, a, OUTCOME_REFUSED, 0, "", ref->why);
	else if (ref->found > 1)
		reply_set(reply, a, OUTCOME_REFUSED, 0, "",
		    sentence(a,
			"several rows fit %s.%s = %s (%s and %s): merge them, or set the right one by hand",
			ref->alias, ref->column[0], value, ref->id, ref->other));
	else if (w->op == WRITE_CREATE && r && r->create)
		reply_set(reply, a, OUTCOME_DEFERRED, 0, "",
		    sentence(
			a, "it is not known whether %s %s was made: run again", ref->alias, value));
	else
		reply_set(reply, a, OUTCOME_REFUSED, 0, "",
		    sentence(a, "no row fits %s.%s = %s: create it there, or correct the value",
			ref->alias, ref->column[0], value));
}

/* What is done with the references, one pass after the other. A row is made only beside a write that has all its other
 * rows; one whose making had no clear answer is looked up again. */
enum pass { PASS_ASK, PASS_DROP, PASS_MAKE, PASS_ASK_AGAIN, PASS_TELL, PASS_COUNT };

struct resolving {
	struct refs *refs;
	const struct natives *nv;
	struct arena *a;
	const struct write *w;
	size_t n;
	struct reply *reply;
	struct wanted *list;
	size_t n_list;
};

/* Gathers in c->list what the pass asks or makes, and answers writes whose rows are not to be had. */
static void gather(struct resolving *c, enum pass pass, size_t i)
{
	const struct write *w = &c->w[i];
	struct reply *reply = &c->reply[i];

	for (size_t j = 0; j < w->n_assign && reply->outcome == OUTCOME_NONE; j++) {
		const char *why;
		bool empty;

		if (!ref_starts(w, j, &empty) || empty)
			continue;
		const char *alias = alias_of(c->a, w->assign[j].path);
		struct ref *ref = ref_of(c->refs, c->nv, c->a, w, alias, &why);
		bool make = ref && may_make(c->nv, w, ref);
		if (!ref)
			reply_set(reply, c->a, OUTCOME_REFUSED, 0, "", why);
		else if (pass == PASS_TELL || (pass == PASS_DROP && !make))
			ref_answer(c->nv, c->a, w, ref, reply);
		else if (pass == PASS_MAKE ? make : pass != PASS_DROP && !ref->asked)
			wanted_add(wanted_of(c->a, c->list, &c->n_list, c->n, alias), ref, w);
	}
}

/* The passes before `end`. */
static int run_passes(struct refs *refs, const struct natives *nv, struct arena *a, const struct write *w, size_t n,
    struct reply *reply, const struct ref_ops *ops, void *ctx, enum pass end, struct err *err)
{
	struct resolving c = { refs, nv, a, w, n, reply, NULL, 0 };
	size_t most = 0;

	for (size_t i = 0; i < n; i++)
		most += w[i].n_assign;
	c.list = arena_alloc(a, (most + 1) * sizeof(*c.list));
	for (enum pass pass = PASS_ASK; pass < end; pass++) {
		c.n_list = 0;
		for (size_t i = 0; i < n; i++)
			gather(&c, pass, i);
		for (size_t i = 0; i < c.n_list; i++) {
			struct wanted *l = &c.list[i];
			int rc = pass == PASS_MAKE
				     ? ops->make(ctx, l->alias, l->ref, l->from, l->n, err)
				     : ops->ask(ctx, l->alias, l->ref, l->n, err);

			if (rc < 0)
				return -1;
			for (size_t j = 0; pass == PASS_MAKE && j < l->n; j++)
				l->ref[j]->asked = l->ref[j]->found || l->ref[j]->refused;
		}
	}
	return 0;
}

int refs_resolve(struct refs *refs, const struct natives *nv, struct arena *a,
    const struct write *w, size_t n, struct reply *reply, const struct ref_ops *ops, void *ctx,
    struct err *err)
{
	return run_passes(refs, nv, a, w, n, reply, ops, ctx, PASS_COUNT, err);
}

int refs_check(struct refs *refs, const struct natives *nv, struct arena *a, const struct write *w, size_t n,
    struct reply *reply, const struct ref_ops *ops, void *ctx, struct err *err)
{
	return run_passes(refs, nv, a, w, n, reply, ops, ctx, PASS_MAKE, err);
}

void refs_tell(struct refs *refs, const struct natives *nv, struct arena *a, const struct write *w, size_t n,
    struct reply *reply)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < w[i].n_assign && reply[i].outcome == OUTCOME_APPLIED; j++) {
			const struct ref *ref;
			const char *why;
			bool empty;

			if (!ref_starts(&w[i], j, &empty) || empty)
				continue;
			ref = ref_of(refs, nv, a, &w[i], alias_of(a, w[i].assign[j].path), &why);
			if (ref && ref_left_out(nv, &w[i], ref))
				reply_set(&reply[i], a, OUTCOME_APPLIED, reply[i].http, reply[i].code,
				    arena_printf(a, _("nobody has %s.%s = %s, so the owner is the service's default (R17)"), ref->alias,
					ref->column[0], value_has(ref->value[0]) ? ref->value[0].s : _("(empty)")));
		}
	}
}

void refs_release(struct refs *refs)
{
	arena_release(&refs->mem);
	memset(refs, 0, sizeof(*refs));
}
