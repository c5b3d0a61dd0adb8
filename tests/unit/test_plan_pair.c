/* One pair through the planner: fields of a group, and what becomes of a conflict on a deal that is closed, or that a rule
 * keeps from a side. Each case is a line of a table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/sentence.h"
#include "core/text.h"
#include "mapping/plan.h"
#include "tests/unit/check.h"
#include "tests/unit/mapping_room.h"

static struct mapping m;

static const char mapping_text[] =
    "{\"left\":\"partner-center\",\"right\":\"dynamics\",\"match\":["
    "{\"left\":\"id\",\"right\":\"msft_microsoftpartnercenterreferralidentifier\"},"
    "{\"left\":\"externalReferenceId\",\"right\":\"opportunityid\"}],\"fields\":["
    "{\"name\":\"notes\",\"type\":\"text\",\"left\":\"a\",\"right\":\"a\"},"
    "{\"name\":\"deal_value\",\"type\":\"decimal\",\"group\":\"g\",\"left\":\"b\",\"right\":\"b\"},"
    "{\"name\":\"deal_currency\",\"type\":\"text\",\"group\":\"g\",\"left\":\"c\",\"right\":{\"path\":\"c\",\"write\":\"on-create\"}},"
    "{\"name\":\"country\",\"type\":\"text\",\"left\":{\"path\":\"d\",\"write\":\"on-create\"},\"right\":{\"path\":\"d\",\"write\":\"on-create\"}},"
    "{\"name\":\"status\",\"type\":\"enum\",\"left\":\"e\",\"right\":\"e\"},"
    "{\"name\":\"first\",\"type\":\"text\",\"group\":\"h\",\"left\":\"f\",\"right\":\"f\"},"
    "{\"name\":\"second\",\"type\":\"text\",\"group\":\"h\",\"left\":\"g\",\"right\":\"g\"}]}";
enum { NOTES, VALUE, CURRENCY, COUNTRY, STATUS, FIRST, SECOND, FIELDS };
static const char *const native[FIELDS] = { "a", "b", "c", "d", "e", "f", "g" };
static const char left_id[] = "00000001-0000-4000-8000-000000000001", right_id[] = "00000002-0000-4000-8000-000000000001";

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

static void put(struct record *r, int column, const char *text)
{
	if (column >= 0)
		r->cell[column] = value_of(text);
}

static void make_record(enum side s, const char *const v[FIELDS], struct arena *a, struct mapped *out)
{
	const struct schema *c = &m.columns[s];
	struct record r = { c, arena_alloc(a, (c->n + 1) * sizeof(struct value)) };
	put(&r, m.fact[s][FACT_ID], s == LEFT ? left_id : right_id);
	put(&r, m.fact[s][FACT_PEER], s == LEFT ? right_id : left_id);
	put(&r, m.fact[s][FACT_PEER_LINK], "https://example.com/deal");
	put(&r, m.fact[s][FACT_SYNC], "true");
	for (int f = 0; f < FIELDS; f++)
		if (v[f])
			put(&r, schema_find(c, native[f]), v[f]);
	mapping_apply(&m, s, &r, a, out);
}

struct seen {
	size_t n[FIELDS];
	enum plan_class class[FIELDS];
	enum side to[FIELDS];
	bool proposes[FIELDS], reversible[FIELDS];
	char proposed[FIELDS][40], rule[FIELDS][8], reason[FIELDS][300], fix[FIELDS][200];
};

/* What a row says, in English. */
static void read_text(char *out, size_t size, const char *text)
{
	struct arena a = { 0 };
	snprintf(out, size, "%s", sentence_in(&a, "en", text));
	arena_release(&a);
}

static int take(void *ctx, const struct plan_row *row, struct err *err)
{
	struct seen *x = ctx;
	int f = mapping_field(&m, row->field);
	(void)err;
	assert_true(f >= 0);
	x->n[f]++;
	x->class[f] = row->class;
	x->to[f] = row->to;
	x->reversible[f] = row->reversible;
	x->proposes[f] = row->proposed.state != VALUE_ABSENT;
	snprintf(x->proposed[f], sizeof x->proposed[f], "%s", row->proposed.s);
	snprintf(x->rule[f], sizeof x->rule[f], "%s", row->rule);
	read_text(x->reason[f], sizeof x->reason[f], row->reason);
	read_text(x->fix[f], sizeof x->fix[f], row->fix);
	return 0;
}

/* base NULL: there is none. */
static void plan_one(const char *const left[FIELDS], const char *const right[FIELDS], const char *const base[FIELDS],
    struct seen *out)
{
	struct rowset set[2];
	struct base b = { .pair = "main" };
	struct err err = { 0 };
	struct arena a = { 0 };
	struct planner p = { .m = &m, .base = &b, .outage = STAMP_NONE, .title = { "L", "R" }, .ctx = out, .emit = take };
	p.rules = (struct rule_context){ .pc = LEFT, .complete = { true, true }, .pc_title = "L", .crm_title = "R" };
	memset(out, 0, sizeof *out);
	for (enum side s = LEFT; s <= RIGHT; s++) {
		struct mapped r;
		assert_int_equal(rowset_open(&set[s], &m, s, "/tmp", &err), 0);
		make_record(s, s == LEFT ? left : right, &a, &r);
		assert_int_equal(rowset_add(&set[s], &r, &err), 0);
		p.set[s] = &set[s];
		if (!base)
			continue;
		assert_int_equal(rowset_open(&b.files[1 + s], &m, s, "/tmp", &err), 0);
		make_record(s, base, &a, &r);
		assert_int_equal(rowset_add_base(&b.files[1 + s], &r, "", &err), 0);
		rowset_index(&b.files[1 + s]);
		b.has_files[1 + s] = true;
	}
	assert_int_equal(plan_run(&p, &err), 0);
	for (enum side s = LEFT; s <= RIGHT; s++) {
		rowset_close(&set[s]);
		if (base)
			rowset_close(&b.files[1 + s]);
	}
	arena_release(&a);
}

#define OPEN "Active/Accepted"
#define WON  "Closed/Won"
#define LOST "Closed/Lost"

/* A value that differs: what a person may make of it, by which side is closed and what rules say of the referral. */
static void a_closed_side_leaves_one_outcome(void **unused)
{
	static const struct {
		const char *left_status, *right_status, *left_country;
		bool base; /* and both values moved */
		enum plan_class class;
		int only; /* the side that can be kept alone, -1: either, or none */
		const char *rule;
	} cases[] = {
		{ OPEN, OPEN, "FR", false, CLASS_CONFLICT, -1, "" },
		{ OPEN, OPEN, "FR", true, CLASS_CONFLICT, -1, "" },
		{ WON, OPEN, "FR", false, CLASS_CONFLICT, LEFT, "R62" },
		{ WON, OPEN, "FR", true, CLASS_CONFLICT, LEFT, "R62" },
		{ OPEN, WON, "FR", false, CLASS_CONFLICT, RIGHT, "R62" },
		{ OPEN, WON, "FR", true, CLASS_CONFLICT, RIGHT, "R62" },
		{ OPEN, LOST, "FR", false, CLASS_CONFLICT, RIGHT, "R62" },
		{ WON, WON, "FR", false, CLASS_BLOCKED, -1, "R62" },
		{ WON, WON, "FR", true, CLASS_BLOCKED, -1, "R62" },
		/* R03 keeps the referral from being written: it can be mended, unless the referral is closed, and then nothing of
		 * it is to be written anyway */
		{ OPEN, OPEN, "", false, CLASS_BLOCKED, -1, "R03" },
		{ OPEN, WON, "", false, CLASS_BLOCKED, -1, "R03" },
		{ WON, OPEN, "", false, CLASS_CONFLICT, LEFT, "R62" },
	};
	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *left[FIELDS] = { "x", "1", "EUR", cases[i].left_country, cases[i].left_status };
		const char *right[FIELDS] = { "y", "1", "EUR", cases[i].left_country, cases[i].right_status };
		const char *base[FIELDS] = { "z", "1", "EUR", cases[i].left_country, OPEN };
		struct seen s;
		plan_one(left, right, cases[i].base ? base : NULL, &s);
		assert_int_equal(s.n[NOTES], 1);
		assert_int_equal(s.class[NOTES], cases[i].class);
		assert_string_equal(s.rule[NOTES], cases[i].rule);
		assert_int_equal(s.proposes[NOTES], cases[i].only >= 0);
		if (cases[i].only < 0)
			continue;
		assert_int_equal(s.to[NOTES], 1 - cases[i].only);
		assert_string_equal(s.proposed[NOTES], cases[i].only == LEFT ? "x" : "y");
		assert_non_null(strstr(s.reason[NOTES], cases[i].only == LEFT ? "only the value of L can be kept: the deal is closed in L"
									      : "only the value of R can be kept: the deal is closed in R"));
		assert_non_null(strstr(s.fix[NOTES], cases[i].only == LEFT ? "Decide keep L" : "Decide keep R"));
		assert_true(s.reversible[NOTES]);
	}
}

/* The one outcome may be to clear the field. */
static void the_one_outcome_may_be_empty(void **unused)
{
	const char *left[FIELDS] = { "", "1", "EUR", "FR", WON }, *right[FIELDS] = { "y", "1", "EUR", "FR", OPEN };
	struct seen s;
	(void)unused;
	plan_one(left, right, NULL, &s);
	assert_int_equal(s.class[NOTES], CLASS_CONFLICT);
	assert_int_equal(s.to[NOTES], RIGHT);
	assert_true(s.proposes[NOTES]);
	assert_string_equal(s.proposed[NOTES], "");
}

/* A status that both sides moved: closed is never opened again, and Partner Center takes its steps only. */
static void a_status_goes_one_way(void **unused)
{
	static const struct {
		const char *left, *right, *base;
		enum plan_class class;
		int only;
		const char *rule;
	} cases[] = {
		{ WON, OPEN, "New/Received", CLASS_CONFLICT, LEFT, "R62" },
		{ OPEN, WON, "New/Received", CLASS_CONFLICT, RIGHT, "R62" },
		{ OPEN, LOST, NULL, CLASS_CONFLICT, RIGHT, "R62" },
		{ WON, LOST, OPEN, CLASS_BLOCKED, -1, "R33" },
		{ WON, LOST, NULL, CLASS_BLOCKED, -1, "R33" },
		/* New is accepted before it is won, and the CRM's closed record is not opened: nothing can be kept */
		{ "New/Received", WON, NULL, CLASS_BLOCKED, -1, "R34" },
		/* Active does not become New again */
		{ OPEN, "New/Received", NULL, CLASS_CONFLICT, LEFT, "R34" },
		{ "New/Received", OPEN, NULL, CLASS_CONFLICT, -1, "" },
	};
	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *left[FIELDS] = { "x", "1", "EUR", "FR", cases[i].left };
		const char *right[FIELDS] = { "x", "1", "EUR", "FR", cases[i].right };
		const char *base[FIELDS] = { "x", "1", "EUR", "FR", cases[i].base };
		struct seen s;
		plan_one(left, right, cases[i].base ? base : NULL, &s);
		assert_int_equal(s.n[STATUS], 1);
		assert_int_equal(s.class[STATUS], cases[i].class);
		assert_string_equal(s.rule[STATUS], cases[i].rule);
		assert_int_equal(s.proposes[STATUS], cases[i].only >= 0);
		if (cases[i].class == CLASS_CONFLICT)
			assert_false(s.reversible[STATUS]);
		if (cases[i].only < 0)
			continue;
		assert_int_equal(s.to[STATUS], 1 - cases[i].only);
		assert_string_equal(s.proposed[STATUS], cases[i].only == LEFT ? cases[i].left : cases[i].right);
	}
}

/* A group has the outcomes that all its differing fields have: the currency can be written on the left only. */
static void a_group_has_the_outcomes_of_its_fields(void **unused)
{
	static const struct {
		const char *left_status, *right_status, *left_currency;
		enum plan_class class;
		int only;
		const char *rule;
	} cases[] = {
		{ OPEN, OPEN, "EUR", CLASS_CONFLICT, -1, "" }, /* the currency is equal: the value alone decides */
		{ OPEN, OPEN, "USD", CLASS_CONFLICT, RIGHT, "R60" },
		{ OPEN, WON, "USD", CLASS_CONFLICT, RIGHT, "R62" },
		{ WON, OPEN, "USD", CLASS_BLOCKED, -1, "R60" },
	};
	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *left[FIELDS] = { "x", "2", cases[i].left_currency, "FR", cases[i].left_status };
		const char *right[FIELDS] = { "x", "3", "EUR", "FR", cases[i].right_status };
		struct seen s;
		plan_one(left, right, NULL, &s);
		for (int f = VALUE; f <= CURRENCY; f++) {
			if (f == CURRENCY && !strcmp(cases[i].left_currency, "EUR")) {
				assert_int_equal(s.n[f], 0);
				continue;
			}
			assert_int_equal(s.n[f], 1);
			assert_int_equal(s.class[f], cases[i].class);
			assert_string_equal(s.rule[f], cases[i].rule);
			assert_int_equal(s.proposes[f], cases[i].only >= 0);
			if (cases[i].only >= 0)
				assert_int_equal(s.to[f], 1 - cases[i].only);
		}
	}
}

static char row_letter(const struct seen *s, int f)
{
	if (!s->n[f])
		return '=';
	assert_int_equal(s->n[f], 1);
	return s->class[f] == CLASS_LEFT_CHANGED ? 'L' : s->class[f] == CLASS_RIGHT_CHANGED ? 'R' : s->class[f] == CLASS_CONFLICT ? 'C' : '?';
}

/* Absent, empty, A and B for base, left and right of a whole group: blocks for the base none, absent, empty, A, B; columns
 * for right; lines for left. */
static void a_group_goes_through_the_truth_table(void **unused)
{
	static const char *const wanted[] = {
		"==CC ==RR ==RR ==LC ==CL",
		"==CC ==RR ==RR ==LC ==CL",
		"CC=C LL=C LL=C RR=R CC=L",
		"CCC= LLC= LLC= CCL= RRR=",
	};
	static const char *const first[] = { NULL, "", "A", "B" }, *const second[] = { NULL, "", "1", "2" };
	(void)unused;
	for (int l = 0; l < 4; l++)
		for (int b = 0; b < 5; b++)
			for (int r = 0; r < 4; r++) {
				int was = b ? b - 1 : 0;
				const char *left[FIELDS] = { [COUNTRY] = "FR", [STATUS] = OPEN, [FIRST] = first[l], [SECOND] = second[l] };
				const char *right[FIELDS] = { [COUNTRY] = "FR", [STATUS] = OPEN, [FIRST] = first[r], [SECOND] = second[r] };
				const char *base[FIELDS] = { [COUNTRY] = "FR", [STATUS] = OPEN, [FIRST] = was ? first[was] : "",
					[SECOND] = was ? second[was] : "" };
				struct seen s;
				plan_one(left, right, b ? base : NULL, &s);
				assert_int_equal(row_letter(&s, FIRST), wanted[l][b * 5 + r]);
				assert_int_equal(row_letter(&s, SECOND), wanted[l][b * 5 + r]);
			}
}

/* Fields of a group that point in different directions are a conflict, all of them; one that is equal has no say. */
static void a_group_is_decided_as_one(void **unused)
{
	/* lines: what became of the first field; columns: of the second; '=', L, R, C. Two letters: the rows of both. */
	static const char letters[] = "=LRC", *const wanted[] = {
		/*    =    L    R    C  */
		"== =L =R =C", /* = */
		"L= LL CC CC", /* L */
		"R= CC RR CC", /* R */
		"C= CC CC CC", /* C */
	};
	static const char *const lefts[] = { "a", "b", "a", "b" }, *const rights[] = { "a", "a", "b", "c" };
	(void)unused;
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 4; k++) {
			const char *left[FIELDS] = { "x", "1", "EUR", "FR", OPEN, lefts[i], lefts[k] };
			const char *right[FIELDS] = { "x", "1", "EUR", "FR", OPEN, rights[i], rights[k] };
			const char *base[FIELDS] = { "x", "1", "EUR", "FR", OPEN, "a", "a" };
			struct seen s;
			plan_one(left, right, base, &s);
			if (row_letter(&s, FIRST) != wanted[i][k * 3] || row_letter(&s, SECOND) != wanted[i][k * 3 + 1])
				fail_msg("%c with %c: %c and %c", letters[i], letters[k], row_letter(&s, FIRST), row_letter(&s, SECOND));
		}
}

/* ---- new records ---- */

struct made {
	int asked;
	enum plan_class class;
	char reason[200], fix[200];
	size_t rows;
};

static int take_create(void *ctx, const struct plan_row *row, struct err *err)
{
	struct made *x = ctx;
	(void)err;
	assert_int_equal(row->op, OP_CREATE);
	x->rows++;
	x->class = row->class;
	read_text(x->reason, sizeof x->reason, row->reason);
	read_text(x->fix, sizeof x->fix, row->fix);
	return 0;
}

/* The system refuses what has the notes "no". */
static int refer(void *ctx, enum side to, struct create_ask *ask, size_t n, struct arena *a, struct err *err)
{
	struct made *x = ctx;
	(void)a;
	(void)err;
	assert_int_equal(to, RIGHT);
	for (size_t i = 0; i < n; i++) {
		x->asked++;
		assert_string_equal(ask[i].marker, left_id);
		for (size_t k = 0; k < ask[i].n_assign; k++)
			if (!strcmp(ask[i].assign[k].path, "a") && value_is(ask[i].assign[k].value, "no"))
				ask[i].why = "two accounts fit: X and Y";
	}
	return 0;
}

static void plan_new(const char *notes, const char *status, bool refers, bool whole, struct made *out)
{
	struct rowset set[2];
	struct base b = { .pair = "main" };
	struct err err = { 0 };
	struct arena a = { 0 };
	struct planner p = { .m = &m, .base = &b, .outage = STAMP_NONE, .title = { "L", "R" }, .ctx = out, .emit = take_create,
		.refer = refer, .refers = { false, refers } };
	const char *left[FIELDS] = { notes, "1", "EUR", "FR", status };
	struct mapped r;
	p.rules = (struct rule_context){ .pc = LEFT, .complete = { true, true }, .pc_title = "L", .crm_title = "R" };
	p.incomplete[RIGHT] = whole ? NULL : "it was read with --since";
	memset(out, 0, sizeof *out);
	for (enum side s = LEFT; s <= RIGHT; s++) {
		assert_int_equal(rowset_open(&set[s], &m, s, "/tmp", &err), 0);
		p.set[s] = &set[s];
	}
	make_record(LEFT, left, &a, &r);
	r.fact[FACT_PEER] = value_empty;
	memset(r.key, 0, sizeof r.key);
	assert_int_equal(rowset_add(&set[LEFT], &r, &err), 0);
	assert_int_equal(plan_run(&p, &err), 0);
	for (enum side s = LEFT; s <= RIGHT; s++)
		rowset_close(&set[s]);
	arena_release(&a);
}

/* A create that its system would refuse is not offered; where nobody can be asked, or nothing is to be created, nobody is. */
static void a_create_that_would_be_refused_is_blocked(void **unused)
{
	struct made x;
	(void)unused;
	plan_new("yes", OPEN, true, true, &x);
	assert_int_equal(x.asked, 1);
	assert_int_equal(x.class, CLASS_NEW);
	plan_new("no", OPEN, true, true, &x);
	assert_int_equal(x.rows, 1);
	assert_int_equal(x.class, CLASS_BLOCKED);
	assert_string_equal(x.reason, "R would refuse it: two accounts fit: X and Y");
	assert_non_null(strstr(x.fix, "rejoin link"));
	plan_new("no", OPEN, false, true, &x);
	assert_int_equal(x.asked, 0);
	assert_int_equal(x.class, CLASS_NEW);
	plan_new("no", OPEN, true, false, &x);
	assert_int_equal(x.asked, 0);
	assert_int_equal(x.class, CLASS_BLOCKED);
	assert_non_null(strstr(x.reason, "--since"));
	plan_new("no", WON, true, true, &x);
	assert_int_equal(x.asked, 0);
	assert_int_equal(x.rows, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_goes_through_the_truth_table),
		cmocka_unit_test(a_group_is_decided_as_one),
		cmocka_unit_test(a_closed_side_leaves_one_outcome),
		cmocka_unit_test(the_one_outcome_may_be_empty),
		cmocka_unit_test(a_status_goes_one_way),
		cmocka_unit_test(a_group_has_the_outcomes_of_its_fields),
		cmocka_unit_test(a_create_that_would_be_refused_is_blocked),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
