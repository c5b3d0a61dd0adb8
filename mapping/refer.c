#include "mapping/refer.h"

#include <string.h>
#include "core/log.h"
#include "core/text.h"

/* Is a column by which a row is looked up filled from elsewhere than a field? Then the look-up here would be another one. */
static bool finds_by_extra(const struct mapping *m, enum side to)
{
	for (size_t i = 0; i < m->n_related[to]; i++) {
		const struct related *r = &m->related[to][i];
		size_t n = strlen(r->alias);
		for (size_t k = 0; k < m->n_create[to]; k++) {
			const char *path = m->create[to][k].path;
			for (size_t j = 0; j < r->n_find && !strncmp(path, r->alias, n) && path[n] == '.'; j++)
				if (!strcmp(path + n + 1, r->find[j]))
					return true;
		}
	}
	return false;
}

bool refer_asked(const struct sides *s, enum side to)
{
	struct system *sys = s->source[to] ? source_system(s->source[to]) : NULL;
	return sys && sys->driver->check_creates && !finds_by_extra(&s->mapping, to);
}

int refer_fill(struct sides *s, enum side to, struct create_ask *ask, size_t n, struct arena *a, struct err *err)
{
	struct write *w = arena_alloc(a, (n + 1) * sizeof *w);
	struct reply *reply = arena_alloc(a, (n + 1) * sizeof *reply);
	struct err why = { 0 };
	for (size_t i = 0; i < n; i++)
		w[i] = (struct write){ .op = WRITE_CREATE, .modified = STAMP_NONE, .marker = ask[i].marker, .assign = ask[i].assign,
			.n_assign = ask[i].n_assign };
	if (system_check_creates(source_system(s->source[to]), a, w, n, reply, &why) < 0) {
		if (why.kind != ERR_SIGNIN && why.kind != ERR_USAGE) {
			*err = why;
			return err_prefix(err, "%s", s->pair->side[to]->name);
		}
		log_warn("%s: what new records refer to can't be looked up, so apply finds out: %s", s->pair->side[to]->name, why.text);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		if (reply[i].outcome == OUTCOME_REFUSED)
			ask[i].why = reply[i].message;
	return 0;
}
