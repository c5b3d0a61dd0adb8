/* Properties of a plan that hold in every world: applying what is clean leaves nothing clean to do, what is in conflict or
 * blocked is never touched, what is closed is never written, nor what identifiers tangle; each row says what the truth table
 * says, and the order of records does not matter. Worlds are drawn from a seed, so a failure names the world that shows it.
 * REJOIN_SOAK=1: many more of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/plan_store.h"
#include "core/text.h"
#include "mapping/plan.h"
#include "tests/unit/check.h"
#include "tests/unit/mapping_room.h"

static struct mapping m;

static const char mapping_text[] =
    "{\"left\":\"partner-center\",\"right\":\"dynamics\",\"match\":["
    "{\"left\":\"id\",\"right\":\"msft_microsoftpartnercenterreferralidentifier\"},"
    "{\"left\":\"externalReferenceId\",\"right\":\"opportunityid\"}],\"fields\":["
    "{\"name\":\"plain\",\"type\":\"text\",\"left\":\"a\",\"right\":\"a\"},"
    "{\"name\":\"second\",\"type\":\"text\",\"left\":\"b\",\"right\":\"b\"},"
    "{\"name\":\"owned\",\"type\":\"text\",\"left\":{\"path\":\"c\",\"write\":\"never\"},\"right\":\"c\"},"
    "{\"name\":\"preferred\",\"type\":\"text\",\"prefer\":\"right\",\"left\":\"d\",\"right\":\"d\"},"
    "{\"name\":\"fixed\",\"type\":\"text\",\"left\":{\"path\":\"e\",\"write\":\"never\"},\"right\":{\"path\":\"e\",\"write\":\"on-create\"}},"
    "{\"name\":\"things\",\"type\":\"set\",\"left\":\"f\",\"right\":\"f\"},"
    "{\"name\":\"amount\",\"type\":\"decimal\",\"group\":\"g\",\"left\":\"g\",\"right\":\"g\"},"
    "{\"name\":\"money\",\"type\":\"text\",\"group\":\"g\",\"left\":\"h\",\"right\":\"h\"},"
    "{\"name\":\"status\",\"type\":\"enum\",\"one_way\":[\"New\",\"Active\",\"Closed\"],\"left\":\"i\",\"right\":\"i\"}]}";
enum { PLAIN, SECOND, OWNED, PREFERRED, FIXED, THINGS, AMOUNT, MONEY, STATUS, FIELDS };
static const char *const native[FIELDS] = { "a", "b", "c", "d", "e", "f", "g", "h", "i" };

enum { DEALS = 24, MOST_ROWS = DEALS * FIELDS * 3 };

/* Values as both systems hold them: of each deal its last agreed ones, and those of now; a deal without an id on a side
 * is not there. */
struct world {
	char id[2][DEALS][40], peer[2][DEALS][40];
	const char *base[2][DEALS][FIELDS], *now[2][DEALS][FIELDS];
	bool there[2][DEALS];
	bool tangled[DEALS]; /* an identifier leads to another deal */
};

static long seen_clash, seen_apart; /* sets in conflict, and sets of two bases with something to do */

struct line {
	char hash[33];
	int deal;
	enum plan_op op;
	enum plan_class class;
	enum side to;
	int field; /* -1: a create or a half of a link */
	char name[40];
	char proposed[200], rule[8];
	bool inferred;
};
struct lines {
	struct line line[MOST_ROWS];
	size_t n;
	const struct world *w;
};

static uint64_t state;
static unsigned draw(unsigned below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(state >> 33) % below;
}

static const char *value_for(int field)
{
	static const char *const texts[] = { "", "red", "green", "blue" };
	static const char *const sets[] = { "", "A", "A;B", "B;C", "A;B;C" };
	static const char *const amounts[] = { "", "1", "20.5", "300" };
	static const char *const status[] = { "New/Received", "Active/Accepted", "Active/Accepted", "Active/Accepted", "Closed/Won",
		"Closed/Lost" };
	if (field == STATUS)
		return status[draw(6)];
	return field == THINGS ? sets[draw(5)] : field == AMOUNT ? amounts[draw(4)] : texts[draw(4)];
}

static void make_world(struct world *w, unsigned seed)
{
	memset(w, 0, sizeof *w);
	state = seed * 77u + 1;
	for (int i = 0; i < DEALS; i++) {
		for (int s = 0; s < 2; s++) {
			snprintf(w->id[s][i], sizeof w->id[s][i], "%08x-0000-4000-8000-%012d", s + 1, i);
			w->there[s][i] = true;
		}
		unsigned kind = draw(16);
		/* both halves, one of them, or a deal that the other side never got */
		if (kind != 1)
			memcpy(w->peer[LEFT][i], w->id[RIGHT][i], 40);
		if (kind != 2)
			memcpy(w->peer[RIGHT][i], w->id[LEFT][i], 40);
		if (kind == 3 || kind == 4) {
			w->there[kind - 3][i] = false;
			w->peer[4 - kind][i][0] = '\0';
		}
		for (int f = 0; f < FIELDS; f++) {
			const char *was = value_for(f);
			for (int s = 0; s < 2; s++) {
				/* sides that did not agree even then */
				w->base[s][i][f] = f != STATUS && !draw(8) ? value_for(f) : was;
				w->now[s][i][f] = draw(3) ? w->base[s][i][f] : value_for(f);
			}
		}
	}
	/* an opportunity that names the referral of the deal before it, too */
	for (int i = 1; i < DEALS; i++)
		if (w->there[LEFT][i] && w->there[RIGHT][i] && w->there[LEFT][i - 1] && !draw(12)) {
			memcpy(w->peer[RIGHT][i], w->id[LEFT][i - 1], 40);
			memcpy(w->peer[LEFT][i], w->id[RIGHT][i], 40);
			w->tangled[i] = w->tangled[i - 1] = true;
		}
}

static bool is_closed(const struct world *w, int s, int deal)
{
	return w->there[s][deal] && !strncmp(w->now[s][deal][STATUS], "Closed", 6);
}

static int set_up(void **unused)
{
	(void)unused;
	mapping_from(&m, mapping_text);
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	mapping_close(&m);
	return 0;
}

static void put(struct record *r, enum side side, int column, const char *text)
{
	(void)side;
	if (column >= 0)
		r->cell[column] = value_of(text);
}

/* A record through the mapping, as it would come from a service. */
static void make_record(const struct world *w, enum side s, int i, const char *const v[FIELDS], struct arena *a,
    struct mapped *out)
{
	const struct schema *c = &m.columns[s];
	struct record r = { c, arena_alloc(a, (c->n + 1) * sizeof(struct value)) };
	for (size_t k = 0; k < c->n; k++)
		r.cell[k] = value_absent;
	put(&r, s, m.fact[s][FACT_ID], w->id[s][i]);
	put(&r, s, m.fact[s][FACT_PEER], w->peer[s][i]);
	put(&r, s, m.fact[s][FACT_PEER_LINK], "https://example.com/deal");
	put(&r, s, m.fact[s][FACT_SYNC], "true");
	put(&r, s, m.fact[s][FACT_MODIFIED], "2026-11-01T08:00:00Z");
	for (int f = 0; f < FIELDS; f++)
		put(&r, s, schema_find(c, native[f]), v[f]);
	mapping_apply(&m, s, &r, a, out);
}

static int take(void *ctx, const struct plan_row *row, struct err *err)
{
	struct lines *l = ctx;
	(void)err;
	assert_true(l->n < MOST_ROWS);
	struct line *k = &l->line[l->n++];
	plan_row_hash(row, k->hash);
	k->deal = -1;
	for (int i = 0; i < DEALS; i++)
		if (!strcmp(row->left_id, l->w->id[LEFT][i]) || !strcmp(row->right_id, l->w->id[RIGHT][i]))
			k->deal = i;
	assert_true(k->deal >= 0);
	k->op = row->op;
	k->class = row->class;
	k->to = row->to;
	k->field = *row->field ? mapping_field(&m, row->field) : -1;
	snprintf(k->name, sizeof k->name, "%s", row->field);
	snprintf(k->rule, sizeof k->rule, "%s", row->rule);
	assert_true(snprintf(k->proposed, sizeof k->proposed, "%s", value_has(row->proposed) ? row->proposed.s : "") < 200);
	k->inferred = row->inferred;
	return 0;
}

static int compare_lines(const void *x, const void *y)
{
	return strcmp(((const struct line *)x)->hash, ((const struct line *)y)->hash);
}

/* The bases of a world, as two files from before. */
static void open_base(const struct world *w, struct base *b)
{
	struct err err = { 0 };
	struct arena a = { 0 };
	*b = (struct base){ .pair = "main", .has_files = { false, true, true } };
	for (enum side s = LEFT; s <= RIGHT; s++) {
		assert_int_equal(rowset_open(&b->files[1 + s], &m, s, "/tmp", &err), 0);
		for (int i = 0; i < DEALS; i++) {
			struct mapped r;
			if (!w->there[s][i])
				continue;
			make_record(w, s, i, w->base[s][i], &a, &r);
			assert_int_equal(rowset_add_base(&b->files[1 + s], &r, "", &err), 0);
		}
		rowset_index(&b->files[1 + s]);
	}
	arena_release(&a);
}

static void close_base(struct base *b)
{
	rowset_close(&b->files[1]);
	rowset_close(&b->files[2]);
}

/* Plans the world with its records as they stand (order 0), or in an order drawn for each side. */
static void plan_world(const struct world *w, struct base *base, int order, struct lines *out)
{
	struct rowset set[2];
	struct err err = { 0 };
	struct arena a = { 0 };
	struct planner p = { .m = &m, .base = base, .outage = STAMP_NONE, .title = { "L", "R" }, .ctx = out, .emit = take };
	p.rules = (struct rule_context){ .pc = LEFT, .complete = { true, true }, .now = 0, .pc_title = "L", .crm_title = "R" };
	out->n = 0;
	out->w = w;
	for (enum side s = LEFT; s <= RIGHT; s++) {
		int at[DEALS];
		for (int i = 0; i < DEALS; i++)
			at[i] = i;
		for (unsigned i = DEALS - 1; i && order; i--) {
			unsigned k = draw(i + 1);
			int t = at[i];
			at[i] = at[k];
			at[k] = t;
		}
		assert_int_equal(rowset_open(&set[s], &m, s, "/tmp", &err), 0);
		for (int i = 0; i < DEALS; i++) {
			struct mapped r;
			if (!w->there[s][at[i]])
				continue;
			make_record(w, s, at[i], w->now[s][at[i]], &a, &r);
			assert_int_equal(rowset_add(&set[s], &r, &err), 0);
		}
		p.set[s] = &set[s];
	}
	assert_int_equal(plan_run(&p, &err), 0);
	for (enum side s = LEFT; s <= RIGHT; s++) {
		const struct plan_counts *c = &p.counts;
		assert_int_equal(c->read[s], c->linked[s] + c->dangling[s] + c->unlinked[s] + c->candidate[s] + c->duplicate[s] +
						 c->ignored[s] + c->unreadable[s]);
		rowset_close(&set[s]);
	}
	arena_release(&a);
	qsort(out->line, out->n, sizeof *out->line, compare_lines);
}

static bool is_clean(const struct line *k)
{
	return k->class == CLASS_NEW || k->class == CLASS_HALF_LINKED || k->class == CLASS_LEFT_CHANGED ||
	    k->class == CLASS_RIGHT_CHANGED;
}

/* A closing waits while a field of its deal is in conflict. */
static bool waits(const struct lines *l, const struct line *closing)
{
	for (size_t n = 0; n < l->n; n++)
		if (l->line[n].deal == closing->deal && l->line[n].class == CLASS_CONFLICT)
			return closing->op == OP_CLOSE;
	return false;
}

/* A set of A, B and C as bits, and back. */
static unsigned bits_of(const char *set)
{
	return (strchr(set, 'A') ? 1u : 0u) | (strchr(set, 'B') ? 2u : 0u) | (strchr(set, 'C') ? 4u : 0u);
}

static const char *set_of(unsigned bits)
{
	static const char *const sets[] = { "", "A", "B", "A;B", "C", "A;C", "B;C", "A;B;C" };
	return sets[bits];
}

/* Rows that were applied: text lives as long as `kept`. */
static void apply_lines(struct world *w, const struct lines *l, struct arena *kept)
{
	for (size_t n = 0; n < l->n; n++) {
		const struct line *k = &l->line[n];
		if (!is_clean(k) || waits(l, k))
			continue;
		enum side from = side_other(k->to);
		if (k->op == OP_CREATE) {
			w->there[k->to][k->deal] = true;
			memcpy(w->peer[from][k->deal], w->id[k->to][k->deal], 40);
			memcpy(w->peer[k->to][k->deal], w->id[from][k->deal], 40);
			for (int f = 0; f < FIELDS; f++) {
				w->now[k->to][k->deal][f] = w->now[from][k->deal][f];
				w->base[LEFT][k->deal][f] = w->base[RIGHT][k->deal][f] = w->now[from][k->deal][f];
			}
		} else if (k->field < 0) {
			snprintf(w->peer[k->to][k->deal], 40, "%s", k->proposed);
		} else {
			w->now[k->to][k->deal][k->field] = arena_strdup(kept, k->proposed);
			/* an accept on the way to a closing is agreed by itself; the closing is still ahead */
			if (!strcmp(k->rule, "R34"))
				w->base[LEFT][k->deal][k->field] = w->base[RIGHT][k->deal][k->field] = w->now[k->to][k->deal][k->field];
		}
	}
	/* what both sides hold equally was agreed; of a field of a group only when all of it is */
	for (int i = 0; i < DEALS; i++) {
		bool whole = !strcmp(w->now[LEFT][i][AMOUNT], w->now[RIGHT][i][AMOUNT]) &&
		    !strcmp(w->now[LEFT][i][MONEY], w->now[RIGHT][i][MONEY]);
		for (int f = 0; f < FIELDS; f++)
			if (!strcmp(w->now[LEFT][i][f], w->now[RIGHT][i][f]) && ((f != AMOUNT && f != MONEY) || whole))
				w->base[LEFT][i][f] = w->base[RIGHT][i][f] = w->now[LEFT][i][f];
		/* of a set, element by element */
		unsigned left = bits_of(w->now[LEFT][i][THINGS]), right = bits_of(w->now[RIGHT][i][THINGS]);
		for (int s = 0; s < 2; s++)
			w->base[s][i][THINGS] = set_of((left & right) | ((left ^ right) & bits_of(w->base[s][i][THINGS])));
	}
}

/* The rows about one field of a deal. */
static size_t about(const struct lines *l, int deal, int field, const struct line *out[4])
{
	size_t n = 0;
	for (size_t k = 0; k < l->n; k++)
		if (l->line[k].deal == deal && l->line[k].field == field && n < 4)
			out[n++] = &l->line[k];
	return n;
}

/* What a plain field's rows have to be, said once more and otherwise than the program says it. */
static void check_plain(const struct world *w, const struct lines *l, int i, int f)
{
	const struct line *k[4];
	const char *left = w->now[LEFT][i][f], *right = w->now[RIGHT][i][f];
	size_t n = about(l, i, f, k);
	bool moved_left = strcmp(left, w->base[LEFT][i][f]) != 0, moved_right = strcmp(right, w->base[RIGHT][i][f]) != 0;
	if (!strcmp(left, right)) {
		assert_int_equal(n, 0);
		return;
	}
	assert_int_equal(n, 1);
	bool closed[2] = { is_closed(w, LEFT, i), is_closed(w, RIGHT, i) };
	if (moved_left && moved_right) {
		assert_int_equal(k[0]->class, closed[LEFT] && closed[RIGHT] ? CLASS_BLOCKED : CLASS_CONFLICT);
		if (closed[LEFT] != closed[RIGHT])
			assert_int_equal(k[0]->to, closed[LEFT] ? RIGHT : LEFT);
		assert_string_equal(k[0]->proposed, closed[LEFT] == closed[RIGHT] ? "" : closed[LEFT] ? left : right);
		return;
	}
	if (!moved_left && !moved_right) {
		assert_int_equal(k[0]->class, CLASS_DIVERGENT);
		assert_string_equal(k[0]->proposed, "");
		return;
	}
	enum side to = moved_left ? RIGHT : LEFT;
	assert_int_equal(k[0]->class, closed[to] ? CLASS_BLOCKED : moved_left ? CLASS_LEFT_CHANGED : CLASS_RIGHT_CHANGED);
	assert_int_equal(k[0]->to, to);
	if (closed[to])
		assert_string_equal(k[0]->rule, "R62");
	assert_string_equal(k[0]->proposed, moved_left ? left : right);
	assert_false(k[0]->inferred);
}

/* A set, bit by bit: each side gets what the other changed, and no more; what both changed to different ends is a conflict. */
static void check_things(const struct world *w, const struct lines *l, int i)
{
	const struct line *k[4];
	size_t n = about(l, i, THINGS, k), rows = 0;
	unsigned was[2], now[2], changed[2];
	for (int s = 0; s < 2; s++) {
		was[s] = bits_of(w->base[s][i][THINGS]);
		now[s] = bits_of(w->now[s][i][THINGS]);
		changed[s] = was[s] ^ now[s];
	}
	if (now[LEFT] == now[RIGHT]) {
		assert_int_equal(n, 0);
		return;
	}
	if (changed[LEFT] & changed[RIGHT] & (now[LEFT] ^ now[RIGHT])) {
		assert_int_equal(n, 1);
		assert_int_equal(k[0]->class, is_closed(w, LEFT, i) && is_closed(w, RIGHT, i) ? CLASS_BLOCKED : CLASS_CONFLICT);
		seen_clash++;
		return;
	}
	for (int to = 0; to < 2; to++) {
		unsigned want = (now[to] & ~changed[1 - to]) | (now[1 - to] & changed[1 - to]);
		const struct line *row = NULL;
		for (size_t j = 0; j < n; j++)
			row = k[j]->class != CLASS_DIVERGENT && (int)k[j]->to == to ? k[j] : row;
		assert_true((row != NULL) == (want != now[to]));
		if (!row)
			continue;
		rows++;
		assert_string_equal(row->proposed, set_of(want));
		assert_true(is_closed(w, to, i) ? row->class == CLASS_BLOCKED : is_clean(row));
	}
	assert_int_equal(n, rows ? rows : 1);
	if (!rows)
		assert_int_equal(k[0]->class, CLASS_DIVERGENT);
	seen_apart += was[LEFT] != was[RIGHT] && rows;
}

/* Fields of a group: all to one side, or none is proposed. */
static void check_group(const struct lines *l, int i)
{
	const struct line *first = NULL;
	for (int f = AMOUNT; f <= MONEY; f++) {
		const struct line *k[4];
		size_t n = about(l, i, f, k);
		for (size_t j = 0; j < n; j++) {
			if (first)
				assert_true(first->to == k[j]->to && first->class == k[j]->class);
			first = k[j];
		}
	}
}

static void check_deal(const struct world *w, const struct lines *l, int i)
{
	const struct line *k[4];
	check_plain(w, l, i, PLAIN);
	check_plain(w, l, i, SECOND);
	check_group(l, i);
	size_t n = about(l, i, OWNED, k);
	assert_int_equal(n, strcmp(w->now[LEFT][i][OWNED], w->now[RIGHT][i][OWNED]) != 0);
	for (size_t j = 0; j < n; j++) {
		assert_int_equal(k[j]->to, RIGHT);
		assert_string_equal(k[j]->proposed, w->now[LEFT][i][OWNED]);
	}
	n = about(l, i, PREFERRED, k);
	for (size_t j = 0; j < n; j++)
		assert_int_not_equal(k[j]->class, CLASS_CONFLICT);
	n = about(l, i, FIXED, k);
	for (size_t j = 0; j < n; j++)
		assert_int_equal(k[j]->class, CLASS_DIVERGENT);
	check_things(w, l, i);
}

/* What is closed is written nothing, whatever the row is of; a tangled deal is not written at all. */
static void check_untouched(const struct world *w, const struct line *k)
{
	if (!is_clean(k))
		return;
	assert_false(w->tangled[k->deal]);
	assert_false(is_closed(w, (int)k->to, k->deal));
}

/* What is left to do once all that is clean was applied: the closing of a deal that was accepted just now, or that has a
 * conflict. */
static bool may_be_left(const struct lines *first, const struct line *k)
{
	if (k->op != OP_CLOSE)
		return false;
	if (waits(first, k))
		return true;
	for (size_t n = 0; n < first->n; n++)
		if (first->line[n].deal == k->deal && first->line[n].field == STATUS && !strcmp(first->line[n].rule, "R34"))
			return is_clean(&first->line[n]);
	return false;
}

static long closings, seen[CLASS_BLOCKED + 1]; /* rows of each class over all worlds: a property of nothing proves nothing */

/* A row that is not clean: the sides that it is about hold what they held. */
static void check_stands(const struct world *before, const struct world *w, const struct line *k)
{
	for (int s = 0; s < 2 && k->field >= 0 && !is_clean(k) && before->there[s][k->deal]; s++)
		if (k->class != CLASS_BLOCKED || s == (int)k->to)
			assert_string_equal(w->now[s][k->deal][k->field], before->now[s][k->deal][k->field]);
}

static void check_world(unsigned seed)
{
	static struct lines first, other, second;
	static struct world before, w;
	struct arena kept = { 0 };
	struct base base;
	make_world(&w, seed);
	open_base(&w, &base);
	plan_world(&w, &base, 0, &first);
	for (size_t i = 0; i < first.n; i++) {
		seen[first.line[i].class]++;
		closings += first.line[i].op == OP_CLOSE;
		check_untouched(&w, &first.line[i]);
	}
	plan_world(&w, &base, 1, &other);
	close_base(&base);
	assert_int_equal(other.n, first.n);
	for (size_t i = 0; i < first.n; i++)
		assert_string_equal(other.line[i].hash, first.line[i].hash);
	for (int i = 0; i < DEALS; i++)
		if (w.there[LEFT][i] && w.there[RIGHT][i] && !w.tangled[i])
			check_deal(&w, &first, i);
	before = w;
	apply_lines(&w, &first, &kept);
	open_base(&w, &base);
	plan_world(&w, &base, 0, &second);
	for (size_t i = 0; i < second.n; i++) {
		const struct line *k = &second.line[i];
		assert_true(!is_clean(k) || may_be_left(&first, k));
		/* what a person has to decide stands as it stood; sets may differ by what they differed by before */
		if (k->class != CLASS_DIVERGENT || k->field != THINGS)
			check_stands(&before, &w, k);
	}
	for (size_t i = 0; i < first.n; i++) {
		const struct line *k = &first.line[i];
		if (is_clean(k) || k->field < 0)
			continue;
		check_stands(&before, &w, k);
		const struct line *same[4];
		size_t n = about(&second, k->deal, k->field, same), stands = 0;
		for (size_t j = 0; j < n; j++)
			stands += same[j]->class == k->class && same[j]->to == k->to;
		assert_int_equal(stands, 1);
	}
	close_base(&base);
	/* nor is any set proposed back by the files of before, which know nothing of what was applied */
	memcpy(w.base, before.base, sizeof w.base);
	open_base(&w, &base);
	plan_world(&w, &base, 0, &second);
	close_base(&base);
	for (size_t i = 0; i < second.n; i++)
		assert_false(second.line[i].field == THINGS && is_clean(&second.line[i]) && before.there[LEFT][second.line[i].deal] &&
		    before.there[RIGHT][second.line[i].deal]);
	arena_release(&kept);
}

static void every_world_comes_to_rest(void **unused)
{
	unsigned worlds = getenv("REJOIN_SOAK") ? 5000 : 300;
	(void)unused;
	for (unsigned seed = 1; seed <= worlds; seed++) {
		print_message("world %u\r", seed);
		check_world(seed);
	}
	for (int c = CLASS_NEW; c <= CLASS_BLOCKED; c++)
		assert_true(seen[c] > 100 || c == CLASS_CANDIDATE);
	assert_true(closings > 100 && seen_clash > 20 && seen_apart > 100);
}

/* A person's decision links what no identifier links, and takes apart what identifiers link; both wherever they stand. */
static void decisions_prevail(void **unused)
{
	static struct world w;
	struct rowset set[2];
	struct err err = { 0 };
	struct arena a = { 0 };
	(void)unused;
	make_world(&w, 5);
	for (int i = 0; i < 3; i++)
		for (int s = 0; s < 2; s++) {
			w.there[s][i] = true;
			snprintf(w.peer[s][i], 40, "%s", i == 1 ? w.id[1 - s][i] : "");
		}
	for (int order = 0; order < 2; order++) {
		for (enum side s = LEFT; s <= RIGHT; s++) {
			assert_int_equal(rowset_open(&set[s], &m, s, "/tmp", &err), 0);
			for (int k = 0; k < 3; k++) {
				struct mapped r;
				make_record(&w, s, order ? 2 - k : k, w.now[s][order ? 2 - k : k], &a, &r);
				assert_int_equal(rowset_add(&set[s], &r, &err), 0);
			}
		}
		struct match_decision d[] = { { w.id[LEFT][0], w.id[RIGHT][2], true }, { w.id[LEFT][1], w.id[RIGHT][1], false },
			{ w.id[LEFT][2], "not-there", true } };
		struct match_options o = { .decision = d, .n_decisions = 3 };
		assert_int_equal(match_all(&set[LEFT], &set[RIGHT], &o, &err), 0);
		uint32_t l0 = order ? 2 : 0, l2 = order ? 0 : 2;
		assert_int_equal(set[LEFT].row[l0].partner, l2);
		assert_int_equal(set[RIGHT].row[l2].partner, l0);
		assert_true(set[LEFT].row[l0].flags & ROW_HALF);
		assert_true(set[LEFT].row[l0].flags & ROW_DECIDED);
		assert_int_equal(set[LEFT].row[1].partner, NO_ROW);
		assert_int_equal(set[RIGHT].row[1].partner, NO_ROW);
		assert_int_equal(set[LEFT].row[l2].partner, NO_ROW);
		rowset_close(&set[LEFT]);
		rowset_close(&set[RIGHT]);
	}
	/* a decision against an identifier that says otherwise links nothing: a person takes the wrong link apart first */
	for (enum side s = LEFT; s <= RIGHT; s++) {
		assert_int_equal(rowset_open(&set[s], &m, s, "/tmp", &err), 0);
		for (int k = 0; k < 3; k++) {
			struct mapped r;
			make_record(&w, s, k, w.now[s][k], &a, &r);
			assert_int_equal(rowset_add(&set[s], &r, &err), 0);
		}
	}
	struct match_decision d[] = { { w.id[LEFT][1], w.id[RIGHT][2], true } };
	struct match_options o = { .decision = d, .n_decisions = 1 };
	assert_int_equal(match_all(&set[LEFT], &set[RIGHT], &o, &err), 0);
	assert_true(set[LEFT].row[1].flags & ROW_CROSSED);
	assert_int_equal(set[RIGHT].row[2].partner, NO_ROW);
	rowset_close(&set[LEFT]);
	rowset_close(&set[RIGHT]);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_world_comes_to_rest),
		cmocka_unit_test(decisions_prevail),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
