/* Patterns run as Thompson's machine: all states that are possible after each character are kept side by side, so nothing is
 * ever tried twice. */
#include "core/text.h"
#include "mapping/pattern_parts.h"

struct states {
	uint16_t at[PATTERN_MOST];
	size_t n;
};

struct machine {
	const struct pattern *p;
	uint32_t seen[PATTERN_MOST], round; /* in which round a step was reached last */
	bool start, end, matched;
};

/* Follows all steps that take no character; each is taken once a round. */
static void follow(struct machine *m, struct states *s, uint16_t from)
{
	uint16_t stack[PATTERN_MOST + 1];
	size_t depth = 0;
	stack[depth++] = from;
	while (depth) {
		uint16_t i = stack[--depth];
		if (m->seen[i] == m->round)
			continue;
		m->seen[i] = m->round;
		const struct step *t = &m->p->step[i];
		switch (t->kind) {
		case STEP_CLASS:
			s->at[s->n++] = i;
			break;
		case STEP_SPLIT:
			/* at most one more than was taken off for each step seen, so PATTERN_MOST + 1 places do */
			stack[depth++] = t->or ;
			if (m->seen[t->to] != m->round)
				stack[depth++] = t->to;
			break;
		case STEP_JUMP:
			stack[depth++] = t->to;
			break;
		case STEP_START:
			if (m->start)
				stack[depth++] = (uint16_t)(i + 1);
			break;
		case STEP_END:
			if (m->end)
				stack[depth++] = (uint16_t)(i + 1);
			break;
		case STEP_MATCH:
			m->matched = true;
			break;
		}
	}
}

static bool in_class(const struct class *c, unsigned cp)
{
	for (size_t i = 0; i < c->n; i++)
		if (cp >= c->range[i].from && cp <= c->range[i].to)
			return !c->negated;
	return c->negated;
}

bool pattern_test(const struct pattern *p, const char *s, size_t len)
{
	struct machine m = { .p = p };
	struct states two[2], *now = &two[0], *next = &two[1];
	size_t at = 0;
	now->n = 0;
	for (m.round = 1;; m.round++) {
		unsigned cp = 0x110000; /* no character at all */
		size_t n = at < len ? utf8_decode(s + at, len - at, &cp) : 0;
		m.start = at == 0;
		m.end = at == len;
		/* what is reached here by the characters before, and a new beginning; now holds steps still to be followed */
		next->n = 0;
		for (size_t i = 0; i < now->n; i++)
			follow(&m, next, now->at[i]);
		follow(&m, next, 0);
		if (m.matched || at >= len)
			return m.matched;
		now->n = 0;
		for (size_t i = 0; i < next->n; i++)
			if (in_class(p->step[next->at[i]].class, cp))
				now->at[now->n++] = (uint16_t)(next->at[i] + 1);
		at += n ? n : 1;
	}
}
