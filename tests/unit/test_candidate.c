/* Possible duplicates: what scores, what does not, who is shown, and that nobody is linked by it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/sentence.h"
#include "core/text.h"
#include "mapping/match.h"
#include "tests/unit/check.h"
#include "tests/unit/mapping_room.h"

static struct mapping m;
static struct rowset set[2];
static struct arena mem;

static const char mapping_text[] =
    "{\"left\":\"partner-center\",\"right\":\"dynamics\",\"match\":["
    "{\"left\":\"id\",\"right\":\"msft_microsoftpartnercenterreferralidentifier\"},"
    "{\"left\":[\"n\",\"p\",\"d\"],\"right\":[\"n\",\"p\",\"d\"],\"as\":\"candidate\"}],\"fields\":["
    "{\"name\":\"customer\",\"type\":\"text\",\"left\":\"n\",\"right\":\"n\"},"
    "{\"name\":\"postal_code\",\"type\":\"text\",\"left\":\"p\",\"right\":\"p\"},"
    "{\"name\":\"country\",\"type\":\"text\",\"left\":\"c\",\"right\":\"c\"},"
    "{\"name\":\"deal_name\",\"type\":\"text\",\"left\":\"d\",\"right\":\"d\"},"
    "{\"name\":\"deal_value\",\"type\":\"decimal\",\"left\":\"v\",\"right\":\"v\"},"
    "{\"name\":\"deal_currency\",\"type\":\"text\",\"left\":\"k\",\"right\":\"k\"},"
    "{\"name\":\"close_date\",\"type\":\"date\",\"left\":\"t\",\"right\":\"t\"}]}";

struct deal {
	const char *customer, *postal, *country, *name, *value, *currency, *date;
};

static int set_up(void **state)
{
	(void)state;
	mapping_from(&m, mapping_text);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mapping_close(&m);
	arena_release(&mem);
	return 0;
}

static void begin(void)
{
	struct err err = { 0 };
	for (enum side s = LEFT; s <= RIGHT; s++)
		assert_int_equal(rowset_open(&set[s], &m, s, "/tmp", &err), 0);
}

static void end(struct candidates *c)
{
	candidates_release(c);
	rowset_close(&set[LEFT]);
	rowset_close(&set[RIGHT]);
}

static void add(enum side s, const char *id, struct deal d)
{
	static const char *const column[] = { "n", "p", "c", "d", "v", "k", "t" };
	const char *const text[] = { d.customer, d.postal, d.country, d.name, d.value, d.currency, d.date };
	const struct schema *c = &m.columns[s];
	struct record r = { c, arena_alloc(&mem, (c->n + 1) * sizeof(struct value)) };
	struct mapped out;
	struct err err = { 0 };
	for (size_t k = 0; k < c->n; k++)
		r.cell[k] = value_absent;
	r.cell[m.fact[s][FACT_ID]] = value_of(id);
	for (size_t k = 0; k < COUNT(column); k++)
		r.cell[schema_find(c, column[k])] = value_of(text[k]);
	mapping_apply(&m, s, &r, &mem, &out);
	assert_int_equal(rowset_add(&set[s], &out, &err), 0);
}

static void match(struct candidates *c, struct match_options o)
{
	struct err err = { 0 };
	o.candidates = c;
	assert_int_equal(match_all(&set[LEFT], &set[RIGHT], &o, &err), 0);
	/* whatever looks alike: nothing is linked */
	for (enum side s = LEFT; s <= RIGHT; s++)
		for (size_t i = 0; i < set[s].n; i++)
			assert_true(set[s].row[i].partner == NO_ROW || set[s].row[i].flags & ROW_CANDIDATE);
}

static const struct deal fabrikam = { "Fabrikam GmbH", "10115", "DE", "ERP renewal", "48000", "EUR", "2026-12-01" };

static int score_against(struct deal d, char *evidence, size_t n)
{
	struct candidates c = { 0 };
	struct arena words = { 0 };
	int score = 0;
	begin();
	add(LEFT, "l", fabrikam);
	add(RIGHT, "r", d);
	match(&c, (struct match_options){ 0 });
	assert_true(c.n <= 1);
	if (c.n)
		score = c.list[0].score;
	if (evidence)
		snprintf(evidence, n, "%s", c.n ? sentence_in(&words, "en", c.list[0].evidence) : "");
	arena_release(&words);
	end(&c);
	return score;
}

static void what_agrees_scores(void **state)
{
	char evidence[300];
	(void)state;
	assert_int_equal(score_against(fabrikam, evidence, sizeof evidence), 100);
	assert_string_equal(evidence, "score 100 of 100: same customer Fabrikam GmbH, same postal code, same country, same deal "
				      "name, same value 48000 EUR, same close date");
	/* another legal form, other case: the same customer; another deal name costs its points */
	assert_int_equal(score_against((struct deal){ "FABRIKAM AG", "10115", "DE", "Data platform", "48000", "EUR", "2026-12-01" },
			     evidence, sizeof evidence),
	    70);
	assert_null(strstr(evidence, "deal name"));
	/* a slip of the pen in the customer, and dates some days apart */
	int close_one = score_against((struct deal){ "Fabrikan GmbH", "10115", "DE", "ERP renewal", "46000", "EUR", "2026-12-05" },
	    evidence, sizeof evidence);
	assert_true(close_one >= 80 && close_one < 95);
	assert_non_null(strstr(evidence, "similar customer"));
	assert_non_null(strstr(evidence, "values within 10%"));
	assert_non_null(strstr(evidence, "close dates 4 days apart"));
	/* the candidate rung alone is enough, whatever the rest says */
	assert_true(score_against((struct deal){ "Fabrikam GmbH", "10115", "AT", "ERP renewal", "1", "USD", "2020-01-01" }, evidence,
			sizeof evidence) > 0);
	assert_non_null(strstr(evidence, "another country"));
}

static void what_differs_is_not_shown(void **state)
{
	(void)state;
	/* one customer has many deals */
	assert_int_equal(score_against((struct deal){ "Fabrikam GmbH", "10115", "DE", "Data platform", "1200", "EUR", "2026-12-01" },
			     NULL, 0),
	    0);
	/* the same words for another customer elsewhere */
	assert_int_equal(score_against((struct deal){ "Contoso AG", "20095", "DE", "ERP renewal", "48000", "EUR", "2026-12-01" },
			     NULL, 0),
	    0);
	assert_int_equal(score_against((struct deal){ "", "", "", "", "", "", "" }, NULL, 0), 0);
	/* equal numbers of different currencies are no equal values */
	assert_int_equal(score_against((struct deal){ "Fabrikam GmbH", "10115", "DE", "Data platform", "48000", "USD", "2026-12-01" },
			     NULL, 0),
	    0);
}

static void the_best_three_of_each_left_record(void **state)
{
	struct candidates c = { 0 };
	(void)state;
	begin();
	add(LEFT, "l1", fabrikam);
	add(LEFT, "l2", (struct deal){ "Proseware", "1", "DE", "Other", "5", "EUR", "2026-12-01" });
	for (int i = 0; i < 5; i++) {
		struct deal d = fabrikam;
		char *id = arena_printf(&mem, "r%d", i);
		d.value = i == 3 ? "48000" : "47000";
		add(RIGHT, id, d);
	}
	match(&c, (struct match_options){ 0 });
	assert_int_equal(c.n, 3);
	assert_int_equal(c.list[0].right, 3);
	assert_int_equal(c.list[0].score, 100);
	assert_int_equal(c.list[1].right, 0);
	assert_int_equal(c.list[2].right, 1);
	assert_true(set[LEFT].row[0].flags & ROW_CANDIDATE);
	assert_false(set[LEFT].row[1].flags & ROW_CANDIDATE);
	assert_true(set[RIGHT].row[3].flags & ROW_CANDIDATE);
	assert_false(set[RIGHT].row[4].flags & ROW_CANDIDATE); /* shown to nobody, so nobody waits for it */
	end(&c);
}

static bool refuse_r0(void *ctx, const char *left_id, const char *right_id, struct value left, struct value right)
{
	(void)ctx;
	(void)left_id;
	assert_true(value_is(left, "ERP renewal") && value_is(right, "ERP renewal"));
	return !strcmp(right_id, "r0");
}

static void what_was_refused_or_taken_apart_is_not_shown(void **state)
{
	struct match_decision apart = { "l1", "r1", false };
	struct candidates c = { 0 };
	(void)state;
	begin();
	add(LEFT, "l1", fabrikam);
	for (int i = 0; i < 3; i++)
		add(RIGHT, arena_printf(&mem, "r%d", i), fabrikam);
	match(&c, (struct match_options){ .refused = refuse_r0, .decision = &apart, .n_decisions = 1 });
	assert_int_equal(c.n, 1);
	assert_int_equal(c.list[0].right, 2);
	assert_false(set[RIGHT].row[0].flags & ROW_CANDIDATE);
	end(&c);
}

static void a_full_block_is_cut_and_told(void **state)
{
	struct candidates c = { 0 };
	(void)state;
	begin();
	add(LEFT, "l1", fabrikam);
	for (int i = 0; i < 250; i++)
		add(RIGHT, arena_printf(&mem, "r%03d", i),
		    (struct deal){ "Fabrikam GmbH", arena_printf(&mem, "%d", i), "DE", "Data platform", "1", "EUR", "2026-12-01" });
	match(&c, (struct match_options){ 0 });
	assert_int_equal(c.uncompared, 150);
	end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_agrees_scores),
		cmocka_unit_test(what_differs_is_not_shown),
		cmocka_unit_test(the_best_three_of_each_left_record),
		cmocka_unit_test(what_was_refused_or_taken_apart_is_not_shown),
		cmocka_unit_test(a_full_block_is_cut_and_told),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
