/* The decision about one field: its truth table line for line, the ladder without a base, and sets as sets. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/conf.h"
#include "core/sentence.h"
#include "core/text.h"
#include "mapping/elements.h"
#include "mapping/merge.h"
#include "tests/unit/check.h"
#include "tests/unit/mapping_room.h"

static struct mapping m;

/* A mapping with a field for every way to decide; text so that values are what they look like. */
static const char mapping_text[] =
    "{\"left\":\"partner-center\",\"right\":\"dynamics\",\"match\":[{\"left\":\"id\",\"right\":\"peer\"}],\"fields\":["
    "{\"name\":\"both\",\"type\":\"text\",\"left\":\"a\",\"right\":\"a\"},"
    "{\"name\":\"left_only\",\"type\":\"text\",\"left\":\"b\",\"right\":{\"path\":\"b\",\"write\":\"never\"}},"
    "{\"name\":\"right_only\",\"type\":\"text\",\"left\":{\"path\":\"c\",\"write\":\"on-create\"},\"right\":\"c\"},"
    "{\"name\":\"nobody\",\"type\":\"text\",\"left\":{\"path\":\"d\",\"write\":\"never\"},\"right\":{\"path\":\"d\",\"write\":"
    "\"on-create\"}},"
    "{\"name\":\"preferred\",\"type\":\"text\",\"prefer\":\"right\",\"left\":\"e\",\"right\":\"e\"},"
    "{\"name\":\"forward\",\"type\":\"enum\",\"one_way\":[\"New\",\"Active\",\"Closed\"],\"left\":\"f\",\"right\":\"f\"},"
    "{\"name\":\"filled\",\"type\":\"text\",\"one_way\":\"filled\",\"left\":\"g\",\"right\":\"g\"},"
    "{\"name\":\"day\",\"type\":\"date\",\"compare\":\"within 1 day\",\"left\":\"h\",\"right\":\"h\"},"
    "{\"name\":\"things\",\"type\":\"set\",\"left\":\"i\",\"right\":\"i\"}]}";

enum { BOTH, LEFT_ONLY, RIGHT_ONLY, NOBODY, PREFERRED, FORWARD, FILLED, DAY, THINGS };

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
	return 0;
}

/* Absent, empty, A and B for base, left and right: 64 cases, each against the rule in words. */
static void every_case_of_the_truth_table(void **state)
{
	static const char *const v[] = { "", "", "A", "B" }; /* absent and empty are one value when compared */
	(void)state;
	for (int known = 0; known < 2; known++)
		for (size_t b = 0; b < 4; b++)
			for (size_t l = 0; l < 4; l++)
				for (size_t r = 0; r < 4; r++) {
					enum merge_class got = merge_decide(known, v[b], v[b], v[l], v[r]);
					bool same = !strcmp(v[l], v[r]), moved_l = strcmp(v[l], v[b]) != 0;
					bool moved_r = strcmp(v[r], v[b]) != 0;
					if (same)
						assert_int_equal(got, MERGE_EQUAL);
					else if (!known || (moved_l && moved_r))
						assert_int_equal(got, MERGE_CONFLICT);
					else
						assert_int_equal(got, moved_l ? MERGE_LEFT : MERGE_RIGHT);
				}
	/* a base of two values: a difference that both sides had before is nobody's change */
	assert_int_equal(merge_decide(true, "A", "B", "A", "B"), MERGE_DIVERGENT);
	assert_int_equal(merge_decide(true, "A", "B", "C", "B"), MERGE_LEFT);
	assert_int_equal(merge_decide(true, "A", "B", "A", "C"), MERGE_RIGHT);
	assert_int_equal(merge_decide(true, "A", "B", "C", "D"), MERGE_CONFLICT);
}

static struct merged decide(int field, struct base_value base, const char *left, const char *right, int64_t outage,
    int64_t left_at, int64_t right_at, struct arena *a)
{
	struct merged out;
	struct merge_facts k = { .outage = outage, .stamp = { left_at, right_at }, .title = { "L", "R" } };
	for (enum side s = LEFT; s <= RIGHT; s++)
		k.writable[s] = m.field[field].side[s].write == WRITE_ALWAYS;
	merge_field(&m, (size_t)field, &base, value_of(left), value_of(right), &k, a, &out);
	return out;
}

#define NO_BASE   ((struct base_value){ 0 })
#define BASE_OF(v) ((struct base_value){ BASE_LEDGER, { value_of(v), value_of(v) } })

static void the_ladder_without_a_base(void **state)
{
	struct arena a = { 0 };
	struct merged d;
	(void)state;
	d = decide(BOTH, NO_BASE, "x", "y", STAMP_NONE, 1, 2, &a);
	assert_int_equal(d.class, MERGE_CONFLICT);
	d = decide(LEFT_ONLY, NO_BASE, "x", "y", STAMP_NONE, 1, 2, &a);
	assert_int_equal(d.class, MERGE_RIGHT);
	assert_false(d.inferred);
	assert_true(value_is(d.proposed[LEFT], "y"));
	d = decide(RIGHT_ONLY, BASE_OF("x"), "x", "y", STAMP_NONE, 1, 2, &a);
	assert_int_equal(d.class, MERGE_LEFT); /* follows the other side whatever moved */
	d = decide(NOBODY, NO_BASE, "x", "y", STAMP_NONE, 1, 2, &a);
	assert_int_equal(d.class, MERGE_DIVERGENT);
	d = decide(PREFERRED, NO_BASE, "x", "y", STAMP_NONE, 1, 2, &a);
	assert_int_equal(d.class, MERGE_RIGHT);
	assert_false(d.inferred);
	d = decide(PREFERRED, BASE_OF("y"), "x", "y", STAMP_NONE, 1, 2, &a);
	assert_int_equal(d.class, MERGE_LEFT); /* a lone change of the other side still travels */
	d = decide(FORWARD, NO_BASE, "Closed/Won", "Active/Accepted", STAMP_NONE, 1, 2, &a);
	assert_int_equal(d.class, MERGE_LEFT);
	assert_true(d.inferred);
	d = decide(FORWARD, NO_BASE, "Closed/Won", "Closed/Lost", STAMP_NONE, 1, 2, &a);
	assert_int_equal(d.class, MERGE_CONFLICT);
	d = decide(FILLED, NO_BASE, "", "id-1", STAMP_NONE, 1, 2, &a);
	assert_int_equal(d.class, MERGE_RIGHT);
	assert_true(d.inferred);
	arena_release(&a);
}

static void stamps_infer_only_what_is_unambiguous(void **state)
{
	struct arena a = { 0 };
	struct merged d;
	(void)state;
	d = decide(BOTH, NO_BASE, "x", "y", 100, 150, 50, &a);
	assert_int_equal(d.class, MERGE_LEFT);
	assert_true(d.inferred);
	assert_true(value_is(d.proposed[RIGHT], "x"));
	assert_true(value_is(d.base, "y"));
	d = decide(BOTH, NO_BASE, "x", "y", 100, 50, 150, &a);
	assert_int_equal(d.class, MERGE_RIGHT);
	/* modified exactly at START is not before it */
	assert_int_equal(decide(BOTH, NO_BASE, "x", "y", 100, 100, 150, &a).class, MERGE_CONFLICT);
	assert_int_equal(decide(BOTH, NO_BASE, "x", "y", 100, 50, 60, &a).class, MERGE_CONFLICT);
	assert_int_equal(decide(BOTH, NO_BASE, "x", "y", 100, STAMP_NONE, 150, &a).class, MERGE_CONFLICT);
	/* what only one side may write is never inferred */
	d = decide(LEFT_ONLY, NO_BASE, "x", "y", 100, 150, 50, &a);
	assert_int_equal(d.class, MERGE_RIGHT);
	assert_false(d.inferred);
	arena_release(&a);
}

static struct merged with_past(int field, const char *was, enum side side, const char *left, const char *right, int64_t outage,
    struct arena *a)
{
	struct merged out;
	struct base_value none = { 0 };
	struct merge_facts k = { .outage = outage, .stamp = { 150, 150 }, .title = { "L", "R" } };
	for (enum side s = LEFT; s <= RIGHT; s++)
		k.writable[s] = m.field[field].side[s].write == WRITE_ALWAYS;
	k.past[side] = (struct merge_past){ true, value_of(was), "by its own history" };
	merge_field(&m, (size_t)field, &none, value_of(left), value_of(right), &k, a, &out);
	return out;
}

static void history_is_a_base_that_is_inferred(void **state)
{
	struct arena a = { 0 };
	struct merged d;
	(void)state;
	for (enum side s = LEFT; s <= RIGHT; s++) {
		d = with_past(BOTH, "x", s, "x", "y", 100, &a);
		assert_int_equal(d.class, MERGE_RIGHT);
		assert_true(d.inferred);
		assert_int_equal(d.ground, GROUND_HISTORY);
		assert_true(value_is(d.base, "x") && value_is(d.proposed[LEFT], "y"));
		d = with_past(BOTH, "y", s, "x", "y", 100, &a);
		assert_int_equal(d.class, MERGE_LEFT);
		assert_true(value_is(d.proposed[RIGHT], "x"));
	}
	/* emptied since */
	d = with_past(BOTH, "x", RIGHT, "x", "", 100, &a);
	assert_int_equal(d.class, MERGE_RIGHT);
	assert_false(value_has(d.proposed[LEFT]));
	/* both moved: a conflict, with the base shown */
	d = with_past(BOTH, "z", RIGHT, "x", "y", 100, &a);
	assert_int_equal(d.class, MERGE_CONFLICT);
	assert_false(d.inferred);
	assert_true(value_is(d.base, "z"));
	assert_non_null(strstr(sentence_in(&a, "en", d.evidence), "both sides hold another value now"));
	/* without START, and after what comes before it on the ladder, history says nothing */
	assert_int_equal(with_past(BOTH, "x", RIGHT, "x", "y", STAMP_NONE, &a).class, MERGE_CONFLICT);
	assert_int_equal(with_past(PREFERRED, "y", RIGHT, "x", "y", 100, &a).ground, GROUND_PREFER);
	assert_int_equal(with_past(FORWARD, "Closed/Won", RIGHT, "Closed/Won", "Active/Accepted", 100, &a).ground, GROUND_ONE_WAY);
	assert_int_equal(with_past(LEFT_ONLY, "x", RIGHT, "x", "y", 100, &a).ground, GROUND_OWNER);
	arena_release(&a);
}

static void a_tolerance_never_hides_an_edit(void **state)
{
	struct arena a = { 0 };
	(void)state;
	assert_int_equal(decide(DAY, NO_BASE, "2026-11-30", "2026-11-29", STAMP_NONE, 1, 2, &a).class, MERGE_EQUAL);
	assert_int_equal(decide(DAY, NO_BASE, "2026-11-30", "2026-11-28", STAMP_NONE, 1, 2, &a).class, MERGE_CONFLICT);
	/* known to have been the 29th on both sides: the left's day is an edit */
	assert_int_equal(decide(DAY, BASE_OF("2026-11-29"), "2026-11-30", "2026-11-29", STAMP_NONE, 1, 2, &a).class, MERGE_LEFT);
	struct base_value two = { BASE_LEDGER, { value_of("2026-11-30"), value_of("2026-11-29") } };
	assert_int_equal(decide(DAY, two, "2026-11-30", "2026-11-29", STAMP_NONE, 1, 2, &a).class, MERGE_EQUAL);
	arena_release(&a);
}

static void sets_merge_as_sets(void **state)
{
	static const struct {
		const char *base, *left, *right, *merged;
	} cases[] = { { "A", "A;B", "A;C", "A;B;C" }, { "A;B", "A", "A;B;C", "A;C" }, { "A;B", "", "A;B", "" },
		{ "", "A", "B", "A;B" }, { "A;B;C", "A;C", "A;B", "A" }, { "X", "A", "A", "A" } };
	struct arena a = { 0 };
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (enum side s = LEFT; s <= RIGHT; s++) {
			const struct value was[2] = { value_of(cases[i].base), value_of(cases[i].base) };
			const struct value now[2] = { value_of(cases[i].left), value_of(cases[i].right) };
			struct value clash = value_absent;
			assert_true(value_is(elements_merge(&m, THINGS, was, now, s, PREFER_NONE, &a, &clash), cases[i].merged));
			assert_false(value_has(clash));
		}
	struct merged d = decide(THINGS, BASE_OF("A"), "A;B", "A;C", STAMP_NONE, 1, 2, &a);
	assert_int_equal(d.class, MERGE_BOTH);
	assert_true(value_is(d.proposed[LEFT], "A;B;C"));
	assert_true(value_is(elements_union(&m, THINGS, value_of("B;C"), value_of("A;B"), &a), "A;B;C"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_of_the_truth_table),
		cmocka_unit_test(the_ladder_without_a_base),
		cmocka_unit_test(stamps_infer_only_what_is_unambiguous),
		cmocka_unit_test(history_is_a_base_that_is_inferred),
		cmocka_unit_test(a_tolerance_never_hides_an_edit),
		cmocka_unit_test(sets_merge_as_sets),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
