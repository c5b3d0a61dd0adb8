#include "mapping/elements.h"

#include <string.h>
#include "mapping/types.h"

/* Sets are small (a portal row holds 50 elements at most): nothing here is clever. */
struct set {
	struct value *e, *form;
	size_t n;
};

static struct set open_set(const struct mapping *m, size_t field, enum side side, struct value v, struct arena *a)
{
	struct set s = { 0 };
	s.n = set_split(a, v, &s.e);
	s.form = arena_alloc(a, (s.n + 1) * sizeof *s.form);
	for (size_t i = 0; i < s.n; i++)
		s.form[i] = mapping_compare_form(m, field, side, s.e[i], a);
	return s;
}

static void open_both(const struct mapping *m, size_t field, const struct value v[2], struct arena *a, struct set out[2])
{
	for (enum side s = LEFT; s <= RIGHT; s++)
		out[s] = open_set(m, field, s, v[s], a);
}

static bool holds(const struct set *s, struct value form)
{
	for (size_t i = 0; i < s->n; i++)
		if (value_equal(s->form[i], form))
			return true;
	return false;
}

static struct value close_set(const struct value *e, size_t n, struct arena *a)
{
	const char *why = NULL;
	return type_normal(TYPE_SET, set_join(a, e, n), a, &why);
}

/* Did a side add the element (1), take it out (-1), or neither? */
static int change_of(const struct set *was, const struct set *now, struct value form)
{
	return (int)holds(now, form) - (int)holds(was, form);
}

struct value elements_merge(const struct mapping *m, size_t field, const struct value was[2], const struct value now[2],
    enum side to, enum prefer prefer, struct arena *a, struct value *clash)
{
	struct set b[2], v[2];
	enum side from = side_other(to);
	open_both(m, field, was, a, b);
	open_both(m, field, now, a, v);
	struct value *out = arena_alloc(a, (v[LEFT].n + v[RIGHT].n + 1) * sizeof *out);
	size_t n = 0;
	for (int theirs = 0; theirs < 2; theirs++) {
		const struct set *s = &v[theirs ? from : to];
		for (size_t i = 0; i < s->n; i++) {
			struct value form = s->form[i];
			if (theirs && holds(&v[to], form))
				continue;
			int other = change_of(&b[from], &v[from], form), own = change_of(&b[to], &v[to], form);
			bool opposed = other && own == -other, follows = !opposed || prefer == (enum prefer)from;
			if (opposed && prefer == PREFER_NONE && !value_has(*clash))
				*clash = s->e[i];
			if (theirs ? other > 0 && follows : other >= 0 || !follows)
				out[n++] = s->e[i];
		}
	}
	return close_set(out, n, a);
}

void elements_agree(const struct mapping *m, size_t field, struct value was[2], const struct value now[2], struct arena *a)
{
	struct set b[2], v[2];
	open_both(m, field, was, a, b);
	open_both(m, field, now, a, v);
	for (enum side s = LEFT; s <= RIGHT; s++) {
		const struct set *other = &v[side_other(s)];
		struct value *out = arena_alloc(a, (b[s].n + v[s].n + 1) * sizeof *out);
		size_t n = 0;
		for (size_t i = 0; i < v[s].n; i++)
			if (holds(other, v[s].form[i]))
				out[n++] = v[s].e[i];
		for (size_t i = 0; i < b[s].n; i++)
			if (holds(&v[s], b[s].form[i]) != holds(other, b[s].form[i]))
				out[n++] = b[s].e[i];
		was[s] = close_set(out, n, a);
	}
}

struct value elements_union(const struct mapping *m, size_t field, struct value x, struct value y, struct arena *a)
{
	const struct value none[2] = { value_empty, value_empty }, both[2] = { x, y };
	struct value clash = value_absent;
	return elements_merge(m, field, none, both, LEFT, PREFER_NONE, a, &clash);
}
