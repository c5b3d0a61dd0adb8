#include "mapping/sums.h"

#include <stdlib.h>
#include <string.h>
#include "core/mem.h"
#include "core/text.h"

struct sums {
	size_t n;
	struct sum {
		char currency[8]; /* "?" where there is none */
		char *total;
		long records;
	} entry[200];
};

/* NULL: more currencies than there are, or a text that is none. */
static struct sum *sum_of(struct sums *s, struct value currency)
{
	size_t i = 0;
	if (!value_has(currency))
		currency = value_of("?");
	while (i < s->n && !value_is(currency, s->entry[i].currency))
		i++;
	if (i == s->n) {
		if (s->n == sizeof s->entry / sizeof s->entry[0] || currency.len >= sizeof s->entry[0].currency)
			return NULL;
		memcpy(s->entry[i].currency, currency.s, currency.len);
		s->entry[i].currency[currency.len] = '\0';
		s->entry[i].total = xstrdup("0");
		s->n++;
	}
	return &s->entry[i];
}

struct sums *sums_new(void)
{
	return xcalloc(1, sizeof(struct sums));
}

void sums_free(struct sums *s)
{
	for (size_t i = 0; s && i < s->n; i++)
		free(s->entry[i].total);
	free(s);
}

void sums_add(struct sums *s, struct value currency, struct value amount, bool take_away)
{
	struct sum *e = value_has(amount) ? sum_of(s, currency) : NULL;
	struct arena a = { 0 };
	char *total = e ? decimal_add(&a, e->total, take_away ? decimal_negate(&a, amount.s) : amount.s) : NULL;
	if (total) {
		free(e->total);
		e->total = xstrdup(total);
	}
	arena_release(&a);
}

void sums_move(struct sums *s, struct value from_currency, struct value from, struct value to_currency, struct value to)
{
	struct sum *e = sum_of(s, value_has(to) ? to_currency : from_currency);
	if (e)
		e->records++;
	sums_add(s, from_currency, from, true);
	sums_add(s, to_currency, to, false);
}

void sums_json(const struct sums *s, bool moves, struct buf *out)
{
	buf_addc(out, '{');
	for (size_t i = 0; i < s->n; i++) {
		const struct sum *e = &s->entry[i];
		buf_adds(out, i ? "," : "");
		buf_add_json(out, e->currency, strlen(e->currency));
		if (moves)
			buf_addf(out, ":[\"%s\",%ld]", e->total, e->records);
		else
			buf_addf(out, ":\"%s\"", e->total);
	}
	buf_addc(out, '}');
}
