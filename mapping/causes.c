#include "mapping/causes.h"

#include <stdlib.h>
#include <string.h>
#include "core/buf.h"
#include "core/text.h"

bool finding_holds_up(const struct finding *f)
{
	return f->severity == SEVERITY_ERROR && (f->rule->effect == EFFECT_SHARING || f->rule->effect == EFFECT_RECORD);
}

static struct cause *cause_of(struct causes *c, const struct finding *f)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->cause[i].rule == f->rule)
			return &c->cause[i];
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 32;
		c->cause = xreallocarray(c->cause, c->cap, sizeof *c->cause);
	}
	struct cause *k = &c->cause[c->n++];
	*k = (struct cause){ .rule = f->rule, .severity = f->severity, .first = c->findings };
	return k;
}

static void add(char **sum, const char *amount, struct arena *a)
{
	const char *total = *sum ? decimal_add(a, *sum, amount) : amount;
	if (!total)
		return;
	char *copy = xstrdup(total);
	free(*sum);
	*sum = copy;
}

static struct cause_money *money_of(struct cause *k, const char *currency)
{
	for (size_t i = 0; i < k->n_money; i++)
		if (!strcmp(k->money[i].currency, currency))
			return &k->money[i];
	k->money = xreallocarray(k->money, k->n_money + 1, sizeof *k->money);
	struct cause_money *m = &k->money[k->n_money++];
	*m = (struct cause_money){ .stake = NULL };
	memcpy(m->currency, currency, strlen(currency) + 1);
	return m;
}

static void know_currency(struct causes *c, const char *currency)
{
	for (size_t i = 0; i < c->n_currencies; i++)
		if (!strcmp(c->currency[i], currency))
			return;
	c->currency = xreallocarray(c->currency, c->n_currencies + 1, sizeof *c->currency);
	memcpy(c->currency[c->n_currencies++], currency, strlen(currency) + 1);
}

void causes_add(struct causes *c, const struct mapping *m, const struct deal *d)
{
	struct arena a = { 0 };
	struct value value, currency;
	size_t holding = 0;
	bool records = d->left || d->right; /* else it is about a side or the set-up */
	c->deals += records;
	for (size_t i = 0; i < d->n; i++) {
		bool again = false;
		for (size_t k = 0; k < i; k++)
			again |= d->f[k].rule == d->f[i].rule && finding_holds_up(&d->f[k]);
		holding += !again && finding_holds_up(&d->f[i]);
	}
	deal_value(m, d, &value, &currency);
	const char *amount = value_has(value) ? decimal_normal(&a, value.s, value.len) : NULL;
	for (size_t i = 0; i < d->n; i++) {
		const struct finding *f = &d->f[i];
		struct cause *k = cause_of(c, f);
		bool first = true, holds = finding_holds_up(f), held = false;
		for (size_t j = 0; j < i; j++) {
			first &= d->f[j].rule != f->rule;
			held |= d->f[j].rule == f->rule && finding_holds_up(&d->f[j]);
		}
		bool alone = holds && !held && holding == 1;
		k->severity = f->severity > k->severity ? f->severity : k->severity;
		k->findings++;
		k->deals += first && records;
		k->held += holds && !held;
		k->alone += alone;
		c->by_severity[f->severity]++;
		c->findings++;
		if (!amount || !value_has(currency) || currency.len >= sizeof k->money->currency || (!first && !alone))
			continue;
		know_currency(c, currency.s);
		struct cause_money *sum = money_of(k, currency.s);
		if (first)
			add(&sum->stake, amount, &a);
		if (alone)
			add(&sum->freed, amount, &a);
	}
	arena_release(&a);
}

static int by_rank(const void *x, const void *y)
{
	const struct cause *a = x, *b = y;
	if (a->held != b->held)
		return a->held > b->held ? -1 : 1;
	if (a->deals != b->deals)
		return a->deals > b->deals ? -1 : 1;
	return strcmp(a->rule->id, b->rule->id);
}

static int by_currency(const void *x, const void *y)
{
	return strcmp(((const struct cause_money *)x)->currency, ((const struct cause_money *)y)->currency);
}

static int by_text(const void *x, const void *y)
{
	return strcmp(x, y);
}

void causes_rank(struct causes *c)
{
	if (c->n)
		qsort(c->cause, c->n, sizeof *c->cause, by_rank);
	for (size_t i = 0; i < c->n; i++)
		if (c->cause[i].n_money)
			qsort(c->cause[i].money, c->cause[i].n_money, sizeof *c->cause[i].money, by_currency);
	if (c->n_currencies)
		qsort(c->currency, c->n_currencies, sizeof *c->currency, by_text);
}

const struct cause_money *cause_money(const struct cause *c, const char *currency)
{
	for (size_t i = 0; i < c->n_money; i++)
		if (!strcmp(c->money[i].currency, currency))
			return &c->money[i];
	return NULL;
}

const char *cause_sums(const struct cause *c, bool freed, struct arena *a)
{
	struct buf b = { 0 };
	for (size_t i = 0; i < c->n_money; i++) {
		const char *sum = freed ? c->money[i].freed : c->money[i].stake;
		if (sum)
			buf_addf(&b, "%s%s %s", b.len ? ", " : "", c->money[i].currency, sum);
	}
	const char *text = arena_dup(a, b.s ? b.s : "", b.len);
	buf_release(&b);
	return text;
}

void causes_release(struct causes *c)
{
	for (size_t i = 0; i < c->n; i++) {
		for (size_t k = 0; k < c->cause[i].n_money; k++) {
			free(c->cause[i].money[k].stake);
			free(c->cause[i].money[k].freed);
		}
		free(c->cause[i].money);
	}
	free(c->cause);
	free(c->currency);
	*c = (struct causes){ 0 };
}
