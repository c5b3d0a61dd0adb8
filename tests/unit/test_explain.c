/* Error texts find their cause; every rule has what explain says of it; the page of a report is whole and holds no more
 * than it was given. */
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/text.h"
#include "mapping/known_error.h"
#include "mapping/report.h"
#include "mapping/rules_about.h"
#include "tests/unit/check.h"

static struct arena a;

static int tear_down(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static void texts_find_their_cause(void **state)
{
	static const struct {
		const char *text, *rules; /* of the best match; NULL: nothing fits */
	} cases[] = {
		{ "Solution ID is required", "R01 R02" },
		{ "Error: the solution ID is required.", "R01 R02" },
		{ "L'ID de solution est obligatoire", "R01 R02" },
		{ "Customer account country code is missing", "R03 R04" },
		{ "the country must be a two-letter ISO code", "R04 R05" },
		{ "Une référence créée dans l'Espace partenaires n'apparaît pas dans le CRM", "R23 R27 R31" },
		{ "referral currency is not configured in CRM", "R12" },
		{ "access denied", "R50 R51 R52" },
		{ "Access Denied (403)", "R50 R51 R52" },
		{ "connector is disconnected, credentials expired", "R49 R48 R28" },
		{ "{\"error\":{\"code\":\"WorkflowTriggerNotFound\",\"message\":\"trigger 'manual' could not be found\"}}", "R54" },
		{ "{\"error\":{\"code\":\"0x80060882\",\"message\":\"The version of the existing record doesn't match\"}}", "R61" },
		{ "DUPLICATE_VALUE:duplicate value found: Referral_Identifier__c duplicates value on record with id: 006", "R25" },
		{ "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record", "" },
		{ "REQUIRED_FIELD_MISSING:Required fields are missing: [CloseDate]:CloseDate --", "R10 R09 R15" },
		{ "preconditionFailed", "R61" },
		{ "insufficent_claims", "R63 R50" },
		{ "closed by mistake, how to reopen a won deal", "R31 R62 R33" },
		{ "purple monkey dishwasher", NULL },
		{ "error", NULL },
		{ "an error of the", NULL },
		{ "", NULL },
		/* a code counts only by itself */
		{ "XDUPLICATE_VALUEX", NULL },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error_match m[3];
		size_t n = known_error_find(cases[i].text, m, 3, &a);
		if (!n != !cases[i].rules)
			fail_msg("\"%s\": %zu matches (%s)", cases[i].text, n, n ? m[0].error->cause[RULES_EN] : "");
		if (n && strcmp(m[0].error->rules, cases[i].rules))
			fail_msg("\"%s\": found %s (%s)", cases[i].text, m[0].error->rules, m[0].words);
	}
}

static void every_known_error_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; known_error_at(i); i++) {
		const struct known_error *k = known_error_at(i);
		bool has_rule = false;
		assert_true(*k->codes || *k->words);
		for (char *save = NULL, *id = strtok_r(arena_strdup(&a, k->rules), " ", &save); id; id = strtok_r(NULL, " ", &save)) {
			has_rule = true;
			assert_non_null(rule_find(id));
		}
		for (int lang = RULES_EN; lang < RULES_LANGS; lang++) {
			assert_true(k->cause[lang] && *k->cause[lang]);
			assert_true(has_rule || (k->fix[lang] && *k->fix[lang]));
		}
		assert_int_equal(!k->fix[RULES_EN], !k->fix[RULES_FR]);
	}
}

static void every_rule_is_explained(void **state)
{
	(void)state;
	for (size_t i = 0; rule_at(i); i++) {
		const struct rule_about *about = rule_about(rule_at(i)->id);
		assert_non_null(about);
		assert_true(*about->checks[RULES_EN] && *about->checks[RULES_FR] && about->who && about->source);
		for (char *save = NULL, *p = strtok_r(arena_strdup(&a, about->evidence), " ", &save); p; p = strtok_r(NULL, " ", &save)) {
			int k = 0;
			while (*p == '@' && k < FACT_COUNT && strcmp(fact_names[k], p + 1))
				k++;
			if (k == FACT_COUNT)
				fail_msg("%s looks at %s, which is no fact", about->id, p);
		}
	}
	assert_string_equal(rule_who(WHO_SELLER | WHO_CRM_ADMIN, RULES_EN, &a), "seller, CRM administrator");
}

/* ---- the page ---- */

struct seen {
	int rows, scripts, addresses, cells;
	bool in_body;
	struct buf text; /* of the cells */
};

static void XMLCALL on_start(void *ctx, const char *name, const char **attribute)
{
	struct seen *s = ctx;
	s->scripts += !strcmp(name, "script");
	for (size_t i = 0; attribute[i]; i += 2) {
		s->addresses += !strcmp(attribute[i], "src") || !strcmp(attribute[i], "href");
		s->in_body |= !strcmp(attribute[i], "id") && !strcmp(attribute[i + 1], "rows");
	}
	s->rows += s->in_body && !strcmp(name, "tr");
	s->cells += s->in_body && !strcmp(name, "td");
}

static void XMLCALL on_end(void *ctx, const char *name)
{
	struct seen *s = ctx;
	if (!strcmp(name, "tbody"))
		s->in_body = false;
}

static void XMLCALL on_text(void *ctx, const char *text, int len)
{
	struct seen *s = ctx;
	if (s->in_body)
		buf_add(&s->text, text, (size_t)len);
}

static void a_page_is_whole_and_escapes_what_it_is_given(void **state)
{
	static const char hostile[] = "<script>alert(1)</script> & \"x\" ]]> 'y' \x01\x7f \xff </td></tr>";
	struct causes causes = { 0 };
	struct err err = { 0 };
	struct value cell[REPORT_COLUMNS];
	struct seen seen = { 0 };
	char *text;
	size_t len;
	(void)state;
	unlink("r.html");
	for (int lang = 0; lang < 2; lang++) {
		struct report_info info = { .lang = lang ? "fr" : "en", .title = { "Partner <Center>", "Dyn\"amics" }, .at = 0, .causes = &causes };
		seen = (struct seen){ 0 };
		struct html_report *h = html_open("r.html", &info, &err);
		assert_non_null(h);
		if (!lang)
			assert_int_equal(access("r.html", F_OK), -1); /* whole or not at all */
		for (int r = 0; r < 500; r++) {
			for (int i = 0; i < REPORT_COLUMNS; i++)
				cell[i] = value_of_len(hostile, sizeof hostile - 1);
			assert_int_equal(html_row(h, cell, (enum severity)(r % 3), &err), 0);
		}
		assert_int_equal(html_close(h, &err), 0);
		text = file_read("r.html", 16 << 20, &len, &err);
		assert_non_null(text);
		assert_true(utf8_valid(text, len, NULL));
		XML_Parser p = XML_ParserCreate("UTF-8");
		XML_SetUserData(p, &seen);
		XML_SetElementHandler(p, on_start, on_end);
		XML_SetCharacterDataHandler(p, on_text);
		if (XML_Parse(p, text, (int)len, 1) != XML_STATUS_OK)
			fail_msg("line %lu: %s", XML_GetCurrentLineNumber(p), XML_ErrorString(XML_GetErrorCode(p)));
		XML_ParserFree(p);
		assert_int_equal(seen.rows, 500);
		assert_int_equal(seen.cells, 500 * REPORT_COLUMNS);
		assert_int_equal(seen.scripts, 1);
		assert_int_equal(seen.addresses, 0);
		assert_non_null(strstr(seen.text.s, "<script>alert(1)</script> & \"x\" ]]> 'y'"));
		assert_null(strstr(text, "http://"));
		assert_null(strstr(text, "https://"));
		buf_release(&seen.text);
		free(text);
	}
}

static void an_abandoned_page_leaves_nothing(void **state)
{
	struct causes causes = { 0 };
	struct report_info info = { .title = { "L", "R" }, .at = STAMP_NONE, .causes = &causes };
	struct err err = { 0 };
	(void)state;
	unlink("gone.html");
	struct html_report *h = html_open("gone.html", &info, &err);
	assert_non_null(h);
	html_abandon(h);
	assert_int_equal(access("gone.html", F_OK), -1);
	assert_int_equal(access("gone.html.part", F_OK), -1);
	assert_null(html_open("no-such-folder/r.html", &info, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_find_their_cause),
		cmocka_unit_test(every_known_error_is_whole),
		cmocka_unit_test(every_rule_is_explained),
		cmocka_unit_test(a_page_is_whole_and_escapes_what_it_is_given),
		cmocka_unit_test(an_abandoned_page_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
