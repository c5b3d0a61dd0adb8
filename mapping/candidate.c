/* Candidates: unlinked records of both sides that look like one deal. Nobody is compared with everybody: only records that
 * share the beginning of the customer's name, the postal code of one country, or a candidate rung of the mapping meet, and
 * a block takes so many and no more. The score says in words what agrees; a person decides. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/sentence.h"
#include "core/text.h"
#include "mapping/match.h"

#define BLOCK_MOST 100 /* right records of one block that a left record is compared with */
#define SHOWN      3   /* of each left record */
#define ENOUGH     65  /* score from which a pair is shown */
#define BLOCKS     (2 + 4)
#define LETTERS    96  /* of a name that are compared */
#define NAME_HEAD  5

/* What is compared of a record; texts are folded and lie in the finder's arena. */
struct trait {
	uint32_t row;
	bool in_scope, closed;
	const char *id, *shown_customer;
	const char *customer, *name, *postal, *country, *value, *currency;
	struct value shown_name;
	int64_t day; /* close date, INT64_MIN when there is none */
	uint64_t block[BLOCKS];
	size_t n_blocks, first_rung; /* blocks of candidate rungs come last */
};

struct entry {
	uint64_t key, tie;
	uint32_t trait;
};

struct finder {
	const struct mapping *m;
	struct arena mem;
	struct trait *trait[2];
	size_t n[2];
	struct entry *entry[2];
	size_t n_entries[2];
	uint64_t *known; /* sorted block keys of the left side */
	size_t n_known;
};

/* Words that say what kind of firm it is, not which. */
static bool is_legal_form(const char *word, size_t n)
{
	static const char *const forms[] = { "ab", "ag", "as", "asa", "bv", "co", "company", "corp", "corporation", "gmbh", "inc",
		"incorporated", "kg", "limited", "llc", "llp", "ltd", "ltda", "nv", "oy", "plc", "pty", "sa", "sarl", "sas", "sl",
		"spa", "srl", "the" };
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (strlen(forms[i]) == n && !memcmp(forms[i], word, n))
			return true;
	return false;
}

/* Letters and digits of all words, folded and joined; firms: without their legal form. "" when nothing is left. */
static const char *letters(struct arena *a, struct value v, bool firm)
{
	const char *folded = value_has(v) ? utf8_fold(a, v.s, v.len) : "";
	char *out = arena_alloc(a, strlen(folded) + 1);
	size_t n = 0;
	for (const char *p = folded; *p;) {
		size_t len = 0;
		/* bytes of other scripts count as letters */
		while (isalnum((unsigned char)p[len]) || (unsigned char)p[len] >= 0x80)
			len++;
		if (len && !(firm && n && is_legal_form(p, len))) {
			memcpy(out + n, p, len);
			n += len;
		}
		p += len ? len : 1;
	}
	out[n] = '\0';
	return out;
}

static struct value field_of(const struct mapped *r, int field)
{
	return field >= 0 && !r->bad[field] ? r->field[field] : value_absent;
}

static void add_block(struct trait *t, uint64_t seed, const char *x, const char *y)
{
	uint64_t h = hash64(x, strlen(x), seed);
	t->block[t->n_blocks++] = y ? hash64(y, strlen(y), h) : h;
}

static void describe(struct finder *f, const struct mapped *r, const struct row_ref *ref, uint32_t row, struct trait *t)
{
	const struct mapping *m = f->m;
	struct arena *a = &f->mem;
	struct value date = field_of(r, m->f_close_date), customer = field_of(r, m->f_customer);
	memset(t, 0, sizeof *t);
	t->row = row;
	t->in_scope = ref->flags & ROW_IN_SCOPE;
	t->closed = ref->flags & ROW_CLOSED;
	t->id = arena_strdup(a, r->id);
	t->shown_customer = value_has(customer) ? arena_strdup(a, customer.s) : "";
	t->shown_name = value_dup(a, field_of(r, m->f_name));
	t->customer = letters(a, customer, true);
	t->name = letters(a, field_of(r, m->f_name), false);
	t->postal = letters(a, field_of(r, m->f_postal), false);
	t->country = letters(a, field_of(r, m->f_country), false);
	t->value = value_has(field_of(r, m->f_value)) ? arena_strdup(a, field_of(r, m->f_value).s) : "";
	t->currency = letters(a, field_of(r, m->f_currency), false);
	t->day = INT64_MIN;
	if (value_has(date) && date.len >= 10 && !date_parse(date.s, 10, &t->day))
		t->day = INT64_MIN;
	if (*t->customer) {
		char head[NAME_HEAD + 1];
		snprintf(head, sizeof head, "%s", t->customer);
		add_block(t, 1, head, NULL);
	}
	if (*t->postal)
		add_block(t, 2, t->postal, t->country);
	/* what the mapping itself calls a candidate is always looked at */
	t->first_rung = t->n_blocks;
	for (size_t k = 0; k < m->n_rungs && t->n_blocks < BLOCKS; k++) {
		uint64_t h = 16 + k;
		if (!m->rung[k].candidate)
			continue;
		for (size_t i = 0; i < m->rung[k].n && h; i++)
			h = value_has(r->key[k][i]) ? hash64(r->key[k][i].s, r->key[k][i].len, h) : 0;
		if (h)
			t->block[t->n_blocks++] = h;
	}
}

static int compare_keys(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
	return (a > b) - (a < b);
}

static int compare_entries(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	return a->key != b->key ? (a->key > b->key) - (a->key < b->key) : (a->tie > b->tie) - (a->tie < b->tie);
}

static bool is_known(const struct finder *f, const struct trait *t)
{
	for (size_t i = 0; i < t->n_blocks; i++)
		if (bsearch(&t->block[i], f->known, f->n_known, sizeof *f->known, compare_keys))
			return true;
	return false;
}

/* The unlinked records of a side; of the right one only those that meet a left record in some block. */
static int gather(struct finder *f, const struct rowset *s, struct err *err)
{
	enum side side = s->side;
	size_t cap = 0, cap_entries = 0;
	struct arena a = { 0 };
	for (uint32_t i = 0; i < s->n; i++) {
		struct mapped r;
		struct trait t;
		if (s->row[i].partner != NO_ROW || s->row[i].flags & (ROW_DUPLICATE | ROW_CROSSED | ROW_PEER))
			continue;
		if (rowset_load(s, i, &a, &r, err) < 0) {
			arena_release(&a);
			return -1;
		}
		describe(f, &r, &s->row[i], i, &t);
		arena_reset(&a);
		if (!t.n_blocks || (side == RIGHT && !is_known(f, &t)))
			continue;
		if (f->n[side] == cap) {
			cap = cap ? cap * 2 : 64;
			f->trait[side] = xreallocarray(f->trait[side], cap, sizeof *f->trait[side]);
		}
		f->trait[side][f->n[side]] = t;
		for (size_t k = 0; k < t.n_blocks; k++) {
			if (f->n_entries[side] == cap_entries) {
				cap_entries = cap_entries ? cap_entries * 2 : 128;
				f->entry[side] = xreallocarray(f->entry[side], cap_entries, sizeof *f->entry[side]);
			}
			f->entry[side][f->n_entries[side]++] = (struct entry){ t.block[k], rowset_id_hash(t.id),
				(uint32_t)f->n[side] };
		}
		f->n[side]++;
	}
	arena_release(&a);
	if (f->n_entries[side])
		qsort(f->entry[side], f->n_entries[side], sizeof *f->entry[side], compare_entries);
	return 0;
}

static int compare_pairs_of_letters(const void *x, const void *y)
{
	return (int)*(const uint16_t *)x - (int)*(const uint16_t *)y;
}

static size_t pairs_of_letters(const char *s, uint16_t *out)
{
	size_t n = 0;
	for (; s[n] && s[n + 1] && n < LETTERS; n++)
		out[n] = (uint16_t)((unsigned char)s[n] << 8 | (unsigned char)s[n + 1]);
	qsort(out, n, sizeof *out, compare_pairs_of_letters);
	return n;
}

/* Share of pairs of neighbouring letters that two texts have in common, in percent: 100 is equal but for order. */
static int likeness(const char *x, const char *y)
{
	uint16_t a[LETTERS], b[LETTERS];
	size_t na, nb, both = 0;
	if (!strcmp(x, y))
		return *x ? 100 : 0;
	na = pairs_of_letters(x, a);
	nb = pairs_of_letters(y, b);
	for (size_t i = 0, j = 0; i < na && j < nb;) {
		both += a[i] == b[j];
		if (a[i] == b[j])
			i++, j++;
		else if (a[i] < b[j])
			i++;
		else
			j++;
	}
	return na + nb ? (int)(200 * both / (na + nb)) : 0;
}

#define ALIKE 70 /* percent: texts from here on are alike, all points for equal ones, else their share */

/* What speaks for one deal so far, "" at first; sentences of core/sentence.h. */
struct grounds {
	struct arena *a;
	const char *list;
};

static void say(struct grounds *b, const char *words)
{
	b->list = *b->list ? sentence(b->a, "%s, %s", b->list, words) : words;
}

static int score_customer(struct grounds *b, const struct trait *l, const struct trait *r)
{
	int like = likeness(l->customer, r->customer);
	if (like < ALIKE)
		return 0;
	say(b, like == 100 ? sentence(b->a, "same customer %s", l->shown_customer)
			   : sentence(b->a, "similar customer %s", l->shown_customer));
	return 35 * like / 100;
}

static int score_name(struct grounds *b, const struct trait *l, const struct trait *r)
{
	int like = likeness(l->name, r->name);
	if (like < ALIKE)
		return 0;
	say(b, like == 100 ? sentence(b->a, "same deal name") : sentence(b->a, "similar deal name"));
	return 30 * like / 100;
}

static int score_value(struct grounds *b, const struct trait *l, const struct trait *r)
{
	char shown[80];
	double x = strtod(l->value, NULL), y = strtod(r->value, NULL);
	if (!*l->value || !*r->value || strcmp(l->currency, r->currency))
		return 0;
	if (!decimal_compare(l->value, r->value)) {
		snprintf(shown, sizeof shown, "%.40s %.8s", l->value, l->currency);
		for (char *p = strchr(shown, ' '); p && *p; p++)
			*p = (char)toupper((unsigned char)*p);
		say(b, sentence(b->a, "same value %s", shown));
		return 10;
	}
	/* an estimate for people: the values themselves stay exact */
	double apart = x > y ? x - y : y - x, most = x > y ? x : y;
	if (!(most > 0) || apart > most / 10)
		return 0;
	say(b, sentence(b->a, "values within 10%%"));
	return 5;
}

static int score_date(struct grounds *b, const struct trait *l, const struct trait *r)
{
	if (l->day == INT64_MIN || r->day == INT64_MIN)
		return 0;
	int64_t days = l->day > r->day ? l->day - r->day : r->day - l->day;
	if (days > 31)
		return 0;
	if (days == 0)
		say(b, sentence(b->a, "same close date"));
	else if (days == 1)
		say(b, sentence(b->a, "close dates 1 day apart"));
	else
		say(b, sentence(b->a, "close dates %d days apart", (int)days));
	return days <= 1 ? 5 : 3;
}

/* What speaks for one deal, of 100 points; the evidence is in b. */
static int score(struct grounds *b, const struct trait *l, const struct trait *r)
{
	int points = score_customer(b, l, r);
	if (*l->postal && !strcmp(l->postal, r->postal)) {
		say(b, sentence(b->a, "same postal code"));
		points += 15;
	}
	if (*l->country && *r->country) {
		bool same = !strcmp(l->country, r->country);
		say(b, same ? sentence(b->a, "same country") : sentence(b->a, "another country"));
		points += same ? 5 : -20;
	}
	points += score_name(b, l, r);
	points += score_value(b, l, r);
	return points + score_date(b, l, r);
}

/* Does a candidate rung of the mapping name them? */
static bool by_rung(const struct trait *l, const struct trait *r)
{
	for (size_t i = l->first_rung; i < l->n_blocks; i++)
		for (size_t j = r->first_rung; j < r->n_blocks; j++)
			if (l->block[i] == r->block[j])
				return true;
	return false;
}

struct hit {
	const struct trait *t;
	int score;
	const char *evidence;
};

static int compare_hits(const void *x, const void *y)
{
	const struct hit *a = x, *b = y;
	return a->score != b->score ? b->score - a->score : strcmp(a->t->id, b->t->id);
}

static int compare_indexes(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	return (a > b) - (a < b);
}

/* The right traits that share a block with the left one, each once. */
static size_t meet(const struct finder *f, const struct trait *l, uint32_t *out, long *uncompared)
{
	const struct entry *e = f->entry[RIGHT];
	size_t total = f->n_entries[RIGHT], n = 0, kept = 0;
	for (size_t k = 0; k < l->n_blocks; k++) {
		size_t low = 0, high = total, taken = 0;
		while (low < high) {
			size_t middle = low + (high - low) / 2;
			if (e[middle].key < l->block[k])
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < total && e[low].key == l->block[k] && taken < BLOCK_MOST; low++, taken++)
			out[n++] = e[low].trait;
		for (; low < total && e[low].key == l->block[k] && taken < 100 * BLOCK_MOST; low++, taken++)
			++*uncompared;
	}
	if (n)
		qsort(out, n, sizeof *out, compare_indexes);
	for (size_t i = 0; i < n; i++)
		if (!kept || out[kept - 1] != out[i])
			out[kept++] = out[i];
	return kept;
}

static void keep(struct candidates *c, const struct trait *l, const struct hit *h)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 32;
		c->list = xreallocarray(c->list, c->cap, sizeof *c->list);
	}
	c->list[c->n++] = (struct candidate){ l->row, h->t->row, h->score, h->evidence };
}

static void compare_one(const struct finder *f, const struct trait *l, const struct match_options *o,
    const struct match_pair *apart, size_t n_apart)
{
	struct candidates *c = o->candidates;
	uint32_t met[BLOCKS * BLOCK_MOST];
	struct hit best[BLOCKS * BLOCK_MOST];
	struct arena scratch = { 0 };
	size_t n_met = meet(f, l, met, &c->uncompared), n = 0;
	for (size_t i = 0; i < n_met; i++) {
		const struct trait *r = &f->trait[RIGHT][met[i]];
		const struct match_pair *k = match_pair_find(apart, n_apart, l->row, r->row);
		struct grounds b = { &scratch, "" };
		arena_reset(&scratch);
		if ((!l->in_scope && !r->in_scope) || (l->closed && r->closed) || (k && !k->linked))
			continue;
		int points = score(&b, l, r);
		if ((points >= ENOUGH || by_rung(l, r)) &&
		    !(o->refused && o->refused(o->ctx, l->id, r->id, l->shown_name, r->shown_name))) {
			points = points < 1 ? 1 : points > 100 ? 100 : points;
			best[n++] = (struct hit){ r, points, sentence(&c->mem, "score %d of 100: %s", points,
							 *b.list ? b.list : sentence(&scratch, "the mapping's candidate key")) };
		}
	}
	arena_release(&scratch);
	if (n)
		qsort(best, n, sizeof *best, compare_hits);
	for (size_t i = 0; i < n && i < SHOWN; i++)
		keep(c, l, &best[i]);
}

int candidates_find(const struct rowset *left, const struct rowset *right, const struct match_options *o,
    const struct match_pair *apart, size_t n_apart, struct err *err)
{
	struct finder f = { .m = left->m };
	int rc = -1;
	if (gather(&f, left, err) < 0)
		goto done;
	f.n_known = f.n_entries[LEFT];
	f.known = xcalloc(f.n_known + 1, sizeof *f.known);
	for (size_t i = 0; i < f.n_known; i++)
		f.known[i] = f.entry[LEFT][i].key; /* sorted already */
	if (f.n[LEFT] && gather(&f, right, err) < 0)
		goto done;
	for (size_t i = 0; i < f.n[LEFT] && f.n[RIGHT]; i++)
		compare_one(&f, &f.trait[LEFT][i], o, apart, n_apart);
	rc = 0;
done:
	for (int s = 0; s < 2; s++) {
		free(f.trait[s]);
		free(f.entry[s]);
	}
	free(f.known);
	arena_release(&f.mem);
	return rc;
}

void candidates_release(struct candidates *c)
{
	free(c->list);
	arena_release(&c->mem);
	memset(c, 0, sizeof *c);
}
