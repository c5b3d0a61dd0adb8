/* The language of texts, and sentences that are kept in one and read in another. The catalogue is that of the build. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/err.h"
#include "core/lang.h"
#include "core/sentence.h"
#include "core/text.h"
#include "tests/unit/check.h"

static struct arena a;

static int release(void **state)
{
	(void)state;
	arena_release(&a);
	lang_begin("en");
	return 0;
}

static void locale(const char *all, const char *messages, const char *lang)
{
	setenv("LC_ALL", all, 1);
	setenv("LC_MESSAGES", messages, 1);
	setenv("LANG", lang, 1);
}

static void the_first_that_is_set_decides(void **state)
{
	(void)state;
	locale("", "", "fr_FR.UTF-8");
	assert_true(lang_begin(NULL));
	assert_true(lang_french());
	locale("C", "fr_FR", "fr_FR");
	assert_true(lang_begin(NULL));
	assert_false(lang_french());
	lang_workspace("fr");
	assert_string_equal(lang_name(), "fr");
	locale("fr", "", "");
	lang_begin("en");
	lang_workspace("fr");
	assert_string_equal(lang_name(), "en");
	locale("fry_NL", "", "");
	lang_begin(NULL);
	assert_false(lang_french());
}

static void errors_are_told_in_it(void **state)
{
	struct err err = { 0 };
	(void)state;
	lang_begin("fr");
	err_set(&err, ERR_USAGE, "%s: has no pairs", "rejoin.json");
	assert_string_equal(err.text, "rejoin.json : ne contient aucune paire");
	err_prefix(&err, "%s: history", "crm");
	assert_string_equal(err.text, "crm : historique : rejoin.json : ne contient aucune paire");
	/* the header of the catalogue is no translation of nothing, and an unknown text is itself */
	assert_string_equal(lang_text(""), "");
	assert_string_equal(lang_text("no such text"), "no such text");
	lang_begin("en");
	err_set(&err, ERR_USAGE, "%s: has no pairs", "rejoin.json");
	assert_string_equal(err.text, "rejoin.json: has no pairs");
	/* a French text read beside leaves the system's words as they were */
	assert_string_equal(lang_text_in("fr", "%s: has no pairs"), "%s : ne contient aucune paire");
	assert_string_equal(strerror(ENOSPC), "No space left on device");
}

static void sentences_are_read_in_either(void **state)
{
	(void)state;
	lang_begin("en");
	const char *inner = sentence(&a, "same customer %s", "[\"%s\"] \x1e{} 100% \"x\"");
	const char *s = sentence(&a, "score %d of 100: %s", 70, sentence(&a, "%s, %s", inner, sentence(&a, "values within 10%%")));
	assert_string_equal(sentence_in(&a, "en", s), "score 70 of 100: same customer [\"%s\"] \x1e{} 100% \"x\", values within 10%");
	assert_string_equal(sentence_in(&a, "fr", s), "score 70 sur 100 : même client [\"%s\"] \x1e{} 100% \"x\", valeurs à moins de 10% près");
	assert_string_equal(sentence_in(&a, "fr", sentence_pair(&a, "both", "les deux")), "les deux");
	assert_string_equal(sentence_text(&a, sentence_pair(&a, "both", "les deux")), "both");
	const char *when = sentence(&a, "%s last modified %s; %s %s", "A", sentence_instant(&a, stamp_parse("2026-05-03T14:02:59.9Z", 22)), "B",
	    sentence_instant(&a, stamp_parse("2025-12-31T23:59:00Z", 20)));
	assert_string_equal(sentence_in(&a, "en", when), "A last modified 3 May 2026 14:02 UTC; B 31 Dec 2025 23:59 UTC");
	assert_non_null(strstr(sentence_in(&a, "fr", when), "3 mai 2026 14:02 UTC"));
	/* a text without arguments needs no sentence, and what is none stays as it is */
	assert_string_equal(sentence_in(&a, "fr", "both sides changed the set"), "les deux côtés ont changé l'ensemble");
	assert_string_equal(sentence_in(&a, "fr", "an older text"), "an older text");
	assert_string_equal(sentence_in(&a, "fr", ""), "");
	/* numbers of every kind; damaged ones say nothing and break nothing */
	assert_string_equal(sentence_in(&a, "en", sentence(&a, "%ld of %zu, %lld, %d", -1L, (size_t)2, 3LL, 4)), "-1 of 2, 3, 4");
	assert_string_equal(sentence_in(&a, "en", "\x1e[\"%s and %s\",\"one\"]"), "one and ");
	assert_string_equal(sentence_in(&a, "en", "\x1e[\"50%"), "");
	assert_string_equal(sentence_in(&a, "en", "\x1e[\"50%\"]"), "50");
	/* as an argument it would stay English, unless it is said to be one of ours */
	s = sentence(&a, "%s, %s", "both sides changed the set", sentence_part(&a, "both sides changed the set"));
	assert_string_equal(sentence_in(&a, "fr", s), "both sides changed the set, les deux côtés ont changé l'ensemble");
	assert_ptr_equal(sentence_part(&a, s), s);
	assert_string_equal(sentence_part(&a, "50%"), "50%");
	assert_string_equal(sentence_part(&a, ""), "");
	/* a sentence within what came from outside is not taken for one */
	s = sentence(&a, "%s has no partner in %s", "{\"en\":\"x\"}", "CRM");
	assert_string_equal(sentence_in(&a, "en", s), "{\"en\":\"x\"} has no partner in CRM");
	s = sentence(&a, "%s has no partner in %s", "\x1e\",[", "CRM");
	assert_string_equal(sentence_in(&a, "en", s), "\x1e\",[ has no partner in CRM");
}

static void columns_are_counted_in_letters(void **state)
{
	(void)state;
	assert_int_equal(lang_width("décidé"), 6);
	assert_int_equal(lang_pad("décidé", 10), 12);
	assert_int_equal(lang_pad("plain", 10), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_first_that_is_set_decides, release),
		cmocka_unit_test_teardown(errors_are_told_in_it, release),
		cmocka_unit_test_teardown(sentences_are_read_in_either, release),
		cmocka_unit_test(columns_are_counted_in_letters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
