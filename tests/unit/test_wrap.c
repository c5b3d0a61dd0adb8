/* Lines broken at the width of a terminal: between words, the rest under the text, colours and wide letters counted right. */
#include <string.h>
#include "core/wrap.h"
#include "tests/unit/check.h"

static void wraps(const char *line, size_t width, const char *want)
{
	struct buf b = { 0 };

	wrap_line(&b, line, width);
	assert_string_equal(b.len ? b.s : "", want);
	buf_release(&b);
}

static void lines_break_between_words(void **state)
{
	(void)state;
	wraps("", 20, "");
	wraps("one two", 20, "one two");
	wraps("12345 7890 2345 78901", 20, "12345 7890 2345\n  78901");
	wraps("12345 7890 2345 7890", 20, "12345 7890 2345 7890");
	wraps("  + create  12 in Dynamics, 11 in Partner Center", 40,
	    "  + create  12 in Dynamics, 11 in\n            Partner Center");
	wraps("    in four aaaaaaaaa bbbbbbbbb", 20, "    in four\n      aaaaaaaaa\n      bbbbbbbbb");
	wraps("a word-that-is-longer-than-any-row b", 20, "a\n  word-that-is-longer-than-any-row\n  b");
	wraps("many   spaces   stay", 40, "many   spaces   stay");
}

/* What a too long line goes on with comes along; rows of a list and lines that fit stay rows of their own. */
static void texts_are_filled_anew(void **state)
{
	static const struct {
		const char *text, *want;
	} each[] = {
		{ "short\nlines stay\n\nand gaps\n", "short\nlines stay\n\nand gaps\n" },
		{ "a line that is too long for\nthe terminal\n\nnext\n", "a line that is too\n  long for the\n  terminal\n\nnext\n" },
		{ "one   a row of a list that\n      goes on\ntwo   it\n",
		    "one   a row of a\n      list that goes\n      on\ntwo   it\n" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
		struct buf b = { 0 };
		wrap_text(&b, each[i].text, 20);
		assert_string_equal(b.s, each[i].want);
		buf_release(&b);
	}
}

static void what_is_seen_counts(void **state)
{
	(void)state;
	wraps("\033[31m12345 7890\033[0m 2345 7890", 20, "\033[31m12345 7890\033[0m 2345 7890");
	wraps("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9 7890 2345 7890", 20, "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9 7890 2345 7890");
	wraps("  \033[2mname    \033[0m aaa bbb", 20, "  \033[2mname    \033[0m aaa bbb");
	wraps("  \033[2mfix    \033[0m aaaaa bbbb cc", 22, "  \033[2mfix    \033[0m aaaaa bbbb\n          cc");
	/* five letters of two columns each, and an accent of none */
	wraps("\xE4\xBB\x99\xE5\x8F\xB0\xE4\xBB\x99\xE5\x8F\xB0\xE4\xBB\x99 2345 7890", 20,
	    "\xE4\xBB\x99\xE5\x8F\xB0\xE4\xBB\x99\xE5\x8F\xB0\xE4\xBB\x99 2345 7890");
	wraps("\xE4\xBB\x99\xE5\x8F\xB0\xE4\xBB\x99\xE5\x8F\xB0\xE4\xBB\x99 2345 78901", 20,
	    "\xE4\xBB\x99\xE5\x8F\xB0\xE4\xBB\x99\xE5\x8F\xB0\xE4\xBB\x99 2345\n  78901");
	wraps("e\xCC\x81" "2345 7890 2345 7890", 20, "e\xCC\x81" "2345 7890 2345 7890");
	/* cut off in the middle of a character or a colour */
	wraps("\xE4\xBB", 20, "\xE4\xBB");
	wraps("\033[3", 20, "\033[3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_break_between_words),
		cmocka_unit_test(texts_are_filled_anew),
		cmocka_unit_test(what_is_seen_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
