/* systems/common/child_rows.c: what the answers to child rows mean for the write that they belong to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "systems/common/child_rows.h"

static struct related solutions = { .alias = "solutions", .table = "solution", .parent = "deal", .id = "code" };
static const struct natives natives = { .related = &solutions, .n_related = 1 };

struct answer_to_rows {
	enum outcome outcome[2];
	int http;
};

static int no_rows(void *ctx, struct arena *a, const struct related *r, const char *const *parents, size_t n,
    struct child_row **out, size_t *n_out, struct err *err)
{
	(void)ctx, (void)a, (void)r, (void)parents, (void)n, (void)err;
	*out = NULL;
	*n_out = 0;
	return 0;
}

static int answer_rows(void *ctx, struct arena *a, struct child_change *change, size_t n, const char *const *id,
    struct err *err)
{
	const struct answer_to_rows *as = ctx;

	(void)a, (void)id, (void)err;
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		change[i].outcome = as->outcome[i];
		change[i].http = change[i].outcome == OUTCOME_APPLIED ? 204 : as->http;
		change[i].code = change[i].message = "";
	}
	return 0;
}

static void one_row_of_two(void **state)
{
	static const struct {
		enum write_op op;
		bool columns;
		struct answer_to_rows as;
		enum outcome want;
	} cases[] = {
		{ WRITE_CREATE, true, { { OUTCOME_APPLIED, OUTCOME_APPLIED }, 0 }, OUTCOME_APPLIED },
		/* the deal is there and lacks a row for good */
		{ WRITE_CREATE, true, { { OUTCOME_APPLIED, OUTCOME_REFUSED }, 400 }, OUTCOME_APPLIED },
		{ WRITE_CREATE, true, { { OUTCOME_APPLIED, OUTCOME_UNKNOWN }, 0 }, OUTCOME_UNKNOWN },
		/* its request was not carried out beside others: looked up, and sent again */
		{ WRITE_CREATE, true, { { OUTCOME_APPLIED, OUTCOME_DEFERRED }, 0 }, OUTCOME_UNKNOWN },
		{ WRITE_CREATE, true, { { OUTCOME_DEFERRED, OUTCOME_DEFERRED }, 0 }, OUTCOME_UNKNOWN },
		{ WRITE_UPDATE, true, { { OUTCOME_APPLIED, OUTCOME_DEFERRED }, 0 }, OUTCOME_UNKNOWN },
		{ WRITE_UPDATE, false, { { OUTCOME_APPLIED, OUTCOME_DEFERRED }, 0 }, OUTCOME_UNKNOWN },
		{ WRITE_UPDATE, false, { { OUTCOME_DEFERRED, OUTCOME_DEFERRED }, 0 }, OUTCOME_DEFERRED },
	};
	const struct child_ops ops = { no_rows, answer_rows };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct assign assign[] = {
			{ .path = "solutions[].code", .kind = ASSIGN_SET, .value = value_of("A;B") },
			{ .path = "name", .kind = ASSIGN_STRING, .value = value_of("Deal") },
		};
		struct write w = { .op = cases[i].op, .id = "1", .assign = assign, .n_assign = cases[i].columns ? 2 : 1 };
		struct reply r = { .outcome = cases[i].columns ? OUTCOME_APPLIED : OUTCOME_NONE, .code = "", .message = "" };
		const char *id = "1";
		struct arena a = { 0 };

		children_write(&natives, &a, &w, &id, 1, &r, &ops, (void *)&cases[i].as);
		if (r.outcome != cases[i].want)
			fail_msg("case %zu: outcome %d instead of %d", i, (int)r.outcome, (int)cases[i].want);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_row_of_two) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
