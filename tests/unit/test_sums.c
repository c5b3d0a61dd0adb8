/* Amounts per currency: exact, never across currencies, and what changes make of them. */
#include "tests/unit/check.h"
#include "mapping/sums.h"

static const char *shown(const struct sums *s, bool moves)
{
	static struct buf b;

	buf_reset(&b);
	sums_json(s, moves, &b);
	return b.s;
}

static void amounts_stay_in_their_currency(void **state)
{
	struct sums *s = sums_new();

	(void)state;
	assert_string_equal(shown(s, false), "{}");
	sums_add(s, value_of("EUR"), value_of("0.1"), false);
	sums_add(s, value_of("EUR"), value_of("0.2"), false);
	sums_add(s, value_of("USD"), value_of("9007199254740993"), false);
	sums_add(s, value_absent, value_of("5"), false);
	sums_add(s, value_of("CHF"), value_empty, false);
	assert_string_equal(shown(s, false), "{\"EUR\":\"0.3\",\"USD\":\"9007199254740993\",\"?\":\"5\"}");
	sums_free(s);
}

static void a_change_counts_where_it_ends(void **state)
{
	struct sums *s = sums_new();

	(void)state;
	sums_move(s, value_of("EUR"), value_of("100"), value_of("EUR"), value_of("70.5"));
	sums_move(s, value_of("JPY"), value_of("3000"), value_of("USD"), value_of("20"));
	sums_move(s, value_of("EUR"), value_of("8"), value_of("EUR"), value_empty);
	sums_move(s, value_empty, value_empty, value_of("EUR"), value_of("1"));
	assert_string_equal(shown(s, true), "{\"EUR\":[\"-36.5\",3],\"USD\":[\"20\",1],\"JPY\":[\"-3000\",0]}");
	sums_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amounts_stay_in_their_currency),
		cmocka_unit_test(a_change_counts_where_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
