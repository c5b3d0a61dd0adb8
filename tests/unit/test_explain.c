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
			fail_msg("\"%s\": %zu matches (%s)", cases[i].text, n, n ? m[0].error->cause : "");
		if (n && strcmp(m[0].error->rules, cases[i].rules))
			fail_msg("\"%s\": found %s (%s)", cases[i].text, m[0].error->rules, m[0].words);
	}
}

/* Each item of the connectors' troubleshooting page, asked as people ask it, in both languages: the best answer names the
 * item's rules (all of them, in any order; "" where the page states facts only). */
static void every_item_of_the_page_has_an_answer(void **state)
{
	static const struct {
		const char *item, *text[RULES_LANGS], *rules;
	} items[] = {
		{ "prerequisites 1", { "Does the connector have a trial, what is its price and how many calls does it allow?",
			"Le connecteur a-t-il un essai, quel est son prix et combien d'appels permet-il ?" }, "R55 R56" },
		{ "prerequisites 2", { "Which CRM role do I need to customize the form and build a section?",
			"Quel rôle CRM faut-il pour personnaliser le formulaire et créer une section ?" }, "R51" },
		{ "prerequisites 3", { "Referrals admin role is missing", "Le rôle Administrateur des références manque : accès refusé" }, "R50" },
		{ "prerequisites 4a", { "the currency is not configured in the CRM", "La devise n'est pas configurée dans le CRM" }, "R12" },
		{ "prerequisites 4b", { "sales team member is not a CRM user", "Un membre de l'équipe n'est pas un utilisateur du CRM" }, "R17" },
		{ "prerequisites 5", { "Which Power Automate licence does the connector need?", "Quelle licence Power Automate faut-il ?" }, "" },
		{ "prerequisites 6", { "How much storage does the CDS environment need?", "Combien de stockage faut-il à l'environnement CDS ?" }, "" },
		{ "configuration 1", { "WorkflowTriggerNotFound: the workflow trigger 'manual' could not be found",
			"WorkflowTriggerNotFound : déclencheur manuel introuvable" }, "R54" },
		{ "configuration 2", { "Sign-in error on the connector's account in Power Automate",
			"Le compte du connecteur ne s'est jamais connecté à Power Automate" }, "R52" },
		{ "configuration 3", { "flow cannot be turned on, child flow must be enabled first",
			"Le flux parent ne s'active pas, il faut activer le flux enfant d'abord" }, "R54" },
		{ "configuration 4", { "How do I add connections to each step of the flows? run-only users",
			"Comment ajouter les connexions à chaque étape des flux ? utilisateurs en exécution seule" }, "R54" },
		{ "configuration 5a", { "In which order are the flows turned on?", "Dans quel ordre activer les flux ?" }, "R54" },
		{ "configuration 5b", { "How is the webhook registered and for which events?", "Comment inscrire le webhook, et pour quels événements ?" }, "R53" },
		{ "run 1", { "A flow run failed", "Une exécution du flux a échoué" }, "R48" },
		{ "run 2a", { "The audit field shows an error", "Le champ Audit affiche une erreur" }, "R47" },
		{ "run 2b", { "Solution ID is required", "ID de solution requis" }, "R01" },
		{ "run 2c", { "Country must be a two letter code", "Le pays doit être un code à deux lettres" }, "R04 R05" },
		{ "run 2d", { "Customer contact is required when Microsoft help is asked",
			"Un contact client est obligatoire si l'aide de Microsoft est demandée" }, "R06" },
		{ "run 3a", { "Opportunity created, nothing happens: sync with Partner Center is off",
			"Opportunité créée, rien ne se passe : synchroniser avec l'Espace partenaires est désactivé" }, "R08" },
		{ "run 3b", { "Estimated revenue is missing", "Le chiffre d'affaires estimé manque" }, "R09" },
		{ "run 3c", { "Estimated close date is missing", "La date de clôture estimée manque" }, "R10" },
		{ "run 3d", { "The CRM id is not found", "Identifiant CRM introuvable" }, "R22" },
		{ "run 3e", { "Currency field missing in Salesforce", "Champ devise manquant dans Salesforce" }, "R11" },
		{ "run 4", { "The connector is disconnected because its credentials expired",
			"Le connecteur est déconnecté, ses identifiants ont expiré" }, "R49 R48 R28" },
		{ "run 5", { "Access denied", "Accès refusé" }, "R50 R51 R52" },
		{ "run 6", { "Customer account country code missing", "Code pays du compte client manquant" }, "R03 R04" },
		{ "run 7", { "solution id required", "L'ID de solution est obligatoire" }, "R01 R02" },
		{ "run 8", { "Referral created in Partner Center does not appear in the CRM, no flow error",
			"Référence créée dans l'Espace partenaires, absente du CRM, sans erreur de flux" }, "R23 R27 R31" },
	};
	int wrong = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(items); i++)
		for (int lang = 0; lang < RULES_LANGS; lang++) {
			struct error_match m[3];
			size_t n = known_error_find(items[i].text[lang], m, 3, &a);
			bool fits = n > 0 && (*items[i].rules || !*m[0].error->rules);
			for (char *save = NULL, *id = strtok_r(arena_strdup(&a, items[i].rules), " ", &save); id; id = strtok_r(NULL, " ", &save))
				fits = fits && strstr(m[0].error->rules, id);
			wrong += !fits;
			if (!fits)
				print_message("%s, \"%s\": %s (%s; %d)\n", items[i].item, items[i].text[lang], n ? m[0].error->cause : "nothing",
				    n ? m[0].words : "", n ? m[0].score : 0);
		}
	assert_int_equal(wrong, 0);
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
			assert_true(*rules_say(k->cause, lang));
			assert_true(has_rule || (k->fix && *rules_say(k->fix, lang)));
		}
		assert_string_not_equal(rules_say(k->cause, RULES_EN), rules_say(k->cause, RULES_FR));
	}
}

static void every_rule_is_explained(void **state)
{
	(void)state;
	for (size_t i = 0; rule_at(i); i++) {
		const struct rule_about *about = rule_about(rule_at(i)->id);
		assert_non_null(about);
		assert_true(*about->checks && about->who && about->source);
		assert_string_not_equal(about->checks, rules_say(about->checks, RULES_FR));
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
		cmocka_unit_test(every_item_of_the_page_has_an_answer),
		cmocka_unit_test(every_known_error_is_whole),
		cmocka_unit_test(every_rule_is_explained),
		cmocka_unit_test(a_page_is_whole_and_escapes_what_it_is_given),
		cmocka_unit_test(an_abandoned_page_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
