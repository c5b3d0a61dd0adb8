/* The table of sentences: one row each, English and French side by side. Slots are numbered, so that a language may put
 * them in an order of its own; a translator cannot break a printf. */
#include "mapping/rules_text.h"

#include <string.h>
#include "core/buf.h"

/* clang-format off */
static const char *const texts[RT_COUNT][RULES_LANGS] = {
	[RT_NO_SOLUTION_ID] = { "\"{1}\" is neither a solution id such as SOL-12345-ABC nor a GUID",
		"« {1} » n'est ni un ID de solution comme SOL-12345-ABC ni un GUID" },
	[RT_DIAL_CODE] = { "\"{1}\" is a telephone prefix, not a country", "« {1} » est un indicatif téléphonique, pas un pays" },
	[RT_NO_COUNTRY] = { "\"{1}\" is no two-letter country code", "« {1} » n'est pas un code pays à deux lettres" },
	[RT_READ_AS] = { "\"{1}\" was read as {2}", "« {1} » a été lu comme {2}" },
	[RT_CONTACT_WITHOUT] = { "the customer contact has no {1}", "il manque au contact client : {1}" },
	[RT_FIRST_NAME] = { "first name", "le prénom" },
	[RT_LAST_NAME] = { "last name", "le nom" },
	[RT_PHONE] = { "phone", "le téléphone" },
	[RT_EMAIL] = { "e-mail", "l'e-mail" },
	[RT_NO_EMAIL] = { "\"{1}\" is no e-mail address", "« {1} » n'est pas une adresse e-mail" },
	[RT_NEGATIVE] = { "the estimated revenue is negative: {1}", "le chiffre d'affaires estimé est négatif : {1}" },
	[RT_ZERO] = { "the estimated revenue is zero", "le chiffre d'affaires estimé est nul" },
	[RT_NO_ISO_4217] = { "\"{1}\" is no ISO 4217 code", "« {1} » n'est pas un code ISO 4217" },
	[RT_NO_CURRENCY_THERE] = { "{1} has no active currency {2}", "{1} n'a pas de devise active {2}" },
	[RT_NO_USER_THERE] = { "{2} is no active user of {1}", "{2} n'est pas un utilisateur actif de {1}" },
	[RT_SERVICES_WITHOUT] = { "a services co-sell deal without {1}", "affaire de covente de services sans {1}" },
	[RT_CRM_ID_NOWHERE] = { "CRM ID {1} is not in {2}", "l'ID CRM {1} n'est pas dans {2}" },
	[RT_REFERRAL_NOWHERE] = { "referral {1} is not in {2}", "la référence {1} n'est pas dans {2}" },
	[RT_NO_POSTAL_CODE] = { "the referral has no postal code", "la référence n'a pas de code postal" },
	[RT_NO_PAIR] = { "{1} is no pair that Partner Center knows", "{1} n'est pas une paire connue de l'Espace partenaires" },
	[RT_ANSWER_OVER] = { "the 14 days for an answer are over", "les 14 jours prévus pour répondre sont écoulés" },
	[RT_EXPIRES_IN] = { "the referral expires in {1} days", "la référence expire dans {1} jours" },
	[RT_EXPIRES_IN_1] = { "the referral expires in {1} day", "la référence expire dans {1} jour" },
	[RT_AUDIT_SAYS] = { "the connector wrote: {1}", "le connecteur a écrit : {1}" },
	[RT_CROSS] = { "the connector put a cross on the name: {1}", "le connecteur a mis une croix au nom : {1}" },
	[RT_MARK] = { "the name carries the connector's mark: {1}", "le nom porte la marque du connecteur : {1}" },
	[RT_TOO_MANY] = { "{2} holds {1} entries, 50 are allowed", "{2} contient {1} entrées, 50 sont permises" },
	[RT_WON_AFTER] = { "won {1} hours after its creation", "gagnée {1} heures après sa création" },
	[RT_WOULD_BE_WON] = { "it would be won in {2} only {1} hours after its creation",
		"elle serait gagnée dans {2} {1} heures seulement après sa création" },
	[RT_CONTACT_SHOWN] = { "the new referral would be visible to Microsoft with the contact {1}",
		"la nouvelle référence serait visible pour Microsoft avec le contact {1}" },
	[RT_DATE_PAST] = { "open, and the close date {1} is past", "ouverte, alors que la date de clôture {1} est passée" },
	[RT_PC_CLOSED] = { "{1} is {2} while {3} is open ({4})", "{1} est {2} alors que {3} est ouvert ({4})" },
	[RT_CRM_CLOSED] = { "{1} is {2} while {3} is still {4}", "{1} est {2} alors que {3} est encore {4}" },
	[RT_LOST_WITHOUT_REASON] = { "the deal would be closed as Lost without a reason",
		"l'affaire serait clôturée comme perdue sans motif" },
	[RT_OUTCOMES] = { "{1} says {2}, {3} says {4}", "{1} indique {2}, {3} indique {4}" },
	[RT_NAMES] = { "\"{1}\" in {2}, \"{3}\" in {4}", "« {1} » dans {2}, « {3} » dans {4}" },
	[RT_POSTAL_CODES] = { "the postal code is \"{1}\" in {2} and \"{3}\" on the account",
		"le code postal est « {1} » dans {2} et « {3} » sur le compte" },
	[RT_AMOUNTS] = { "{1} {5} in {2}, {3} {5} in {4}", "{1} {5} dans {2}, {3} {5} dans {4}" },
	[RT_CURRENCIES] = { "{1} in {2}, {3} in {4}; the amounts are not compared",
		"{1} dans {2}, {3} dans {4} ; les montants ne sont pas comparés" },
	[RT_DATES] = { "{1} in {2}, {3} in {4}: {5} days apart", "{1} dans {2}, {3} dans {4} : {5} jours d'écart" },
	[RT_DIFFERS] = { "{1} differs, last modified more than 10 minutes ago",
		"{1} diffère, dernière modification il y a plus de 10 minutes" },
	[RT_DIFFER] = { "{1} and {2} more fields differ, last modified more than 10 minutes ago",
		"{1} et {2} autres champs diffèrent, dernière modification il y a plus de 10 minutes" },
	[RT_MADE_VISIBLE] = { "shared in {1} and not in {2}: sending it shows the deal and its contacts to Microsoft",
		"partagée dans {1} et non dans {2} : l'envoi montre l'affaire et ses contacts à Microsoft" },
	[RT_SETUP_PASSWORD] = { "the last day of the account's password was {1}", "le dernier jour du mot de passe du compte était le {1}" },
	[RT_SETUP_STATUS] = { "{1}, line {2}: a run was answered with {3}", "{1}, ligne {2} : une exécution a reçu la réponse {3}" },
	[RT_SETUP_PARTED] = { "{1} pairs were last modified together, the latest at {2}, and {3} since then on one side only",
		"{1} paires ont été modifiées ensemble, la dernière le {2}, et {3} depuis d'un seul côté" },
	[RT_SETUP_NO_ROLE] = { "{2} gives {1} no such role", "{2} ne donne pas ce rôle à {1}" },
	[RT_SETUP_SAID] = { "the mapping's \"setup\" says so", "« setup » du mapping l'indique" },
	[RT_SETUP_EVENTS] = { "{1} does not name {2}", "{1} ne nomme pas {2}" },
	[RT_SETUP_ORDER] = { "{1} was turned on at {2}, before {3} ({4})", "{1} a été activé le {2}, avant {3} ({4})" },
	[RT_SETUP_CALLS] = { "plan {1} needs {2} calls and echoes, a day has {3}", "le plan {1} demande {2} appels et échos, un jour en compte {3}" },
	[RT_SETUP_ROWS] = { "{1} has {2} rows", "{1} a {2} lignes" },
	[RT_SETUP_DOCTOR] = { "rejoin doctor at {1}, of {2}: {3}", "rejoin doctor le {1}, sur {2} : {3}" },
	[RT_STALE] = { "modified {1}, after plan p-{2} read it ({3})", "modifiée le {1}, après sa lecture pour le plan p-{2} ({3})" },
	[RT_STALE_412] = { "the service answered 412 when plan p-{1} was applied", "le service a répondu 412 à l'application du plan p-{1}" },

	[RT_CHECKED] = { "{1} records checked: {2} errors, {3} warnings, {4} notes.",
		"{1} enregistrements vérifiés : {2} erreurs, {3} avertissements, {4} remarques." },
	[RT_REPORT_AT] = { " Report: {1}", " Rapport : {1}" },
	[RT_ERROR] = { "error", "erreur" },
	[RT_WARNING] = { "warning", "avertissement" },
	[RT_INFO] = { "info", "info" },
	[RT_ERRORS] = { "errors", "erreurs" },
	[RT_WARNINGS] = { "warnings", "avertissements" },
	[RT_INFOS] = { "notes", "remarques" },
	[RT_COL_SYSTEM] = { "System", "Système" },
	[RT_COL_LEFT_ID] = { "{1} ID", "ID {1}" },
	[RT_COL_RIGHT_ID] = { "{1} ID", "ID {1}" },
	[RT_COL_DEAL] = { "Deal", "Affaire" },
	[RT_COL_FIELD] = { "Field", "Champ" },
	[RT_COL_PATH] = { "Native field", "Champ natif" },
	[RT_COL_VALUE] = { "Value", "Valeur" },
	[RT_COL_RULE] = { "Rule", "Règle" },
	[RT_COL_SEVERITY] = { "Severity", "Gravité" },
	[RT_COL_REASON] = { "Reason", "Motif" },
	[RT_COL_FIX] = { "What to do", "Que faire" },
	[RT_COL_STAKE] = { "Value at stake", "Valeur en jeu" },
	[RT_COL_DAYS] = { "Days open", "Jours ouverts" },
	[RT_COL_CURRENCY] = { "Currency", "Devise" },
	[RT_COL_CAUSE] = { "Cause", "Cause" },
	[RT_COL_DEALS] = { "Deals", "Affaires" },
	[RT_COL_HELD] = { "Deals held up", "Affaires retenues" },
	[RT_COL_ALONE] = { "Unblocked by this alone", "Débloquées par cela seul" },
	[RT_COL_FREED_IN] = { "Unblocks, {1}", "Débloque, {1}" },
	[RT_COL_STAKE_IN] = { "At stake, {1}", "En jeu, {1}" },
	[RT_SHEET_SUMMARY] = { "Summary", "Résumé" },
	[RT_SHEET_FINDINGS] = { "Findings", "Constats" },
	[RT_CHART] = { "Deals by cause", "Affaires par cause" },
	[RT_CHART_FIRST] = { "Deals by cause, the first {1}", "Affaires par cause, les {1} premières" },
	[RT_TITLE] = { "Validation report: {1} and {2}", "Rapport de validation : {1} et {2}" },
	[RT_CAUSES] = { "Causes", "Causes" },
	[RT_CAUSES_NOTE] = { "Ranked by the deals they hold up; the headings sort them otherwise. A rule's button shows its findings alone.",
		"Classées par affaires retenues ; les en-têtes les trient autrement. Le bouton d'une règle n'en montre que les constats." },
	[RT_FINDINGS] = { "Findings", "Constats" },
	[RT_NOTHING_FOUND] = { "Nothing was found: every check passed.", "Aucun constat : toutes les vérifications sont passées." },
	[RT_SHOWN] = { "shown of", "affichés sur" },
	[RT_FILTER_TEXT] = { "Search", "Rechercher" },
	[RT_FILTER_RULE] = { "Rule", "Règle" },
	[RT_FILTER_SEVERITY] = { "Severity", "Gravité" },
	[RT_FILTER_SIDE] = { "System", "Système" },
	[RT_ALL] = { "all", "tout" },
	[RT_SORT_BY] = { "Sort by", "Trier par" },
	[RT_ORDER] = { "Reverse order", "Inverser l'ordre" },
	[RT_RESET] = { "Show all", "Tout afficher" },
	[RT_NEEDS_SCRIPT] = { "Sorting and filtering need JavaScript; without it all findings are shown.",
		"Le tri et les filtres demandent JavaScript ; sans lui tous les constats sont affichés." },
	[RT_MADE_AT] = { "Read at {1}", "Lu le {1}" },

	[RT_PARTNER] = { "linked with {1} {2}", "liée à {1} {2}" },
	[RT_NO_PARTNER] = { "linked with no record of {1}", "liée à aucun enregistrement de {1}" },
	[RT_NOT_IN_SCOPE] = { "takes no part: the mapping's scope leaves it out",
		"ne participe pas : le périmètre (scope) du mapping l'écarte" },
	[RT_CHECKS] = { "Checks", "Vérifications" },
	[RT_PASS] = { "pass", "réussi" },
	[RT_FAIL] = { "fail", "échec" },
	[RT_NOT_APPLICABLE] = { "not applicable", "sans objet" },
	[RT_OFF] = { "the mapping switches this rule off", "le mapping désactive cette règle" },
	[RT_COVERED] = { "covered by {1}", "couvert par {1}" },
	[RT_DEAL_CLOSED] = { "the deal is closed", "l'affaire est clôturée" },
	[RT_NO_COLUMN] = { "the field was not read here", "le champ n'a pas été lu ici" },
	[RT_NOT_KNOWN_USERS] = { "the CRM's users are not known", "les utilisateurs du CRM ne sont pas connus" },
	[RT_NOT_KNOWN_CURRENCIES] = { "the CRM's currencies are not known", "les devises du CRM ne sont pas connues" },
	[RT_NOT_KNOWN_IDS] = { "the mapping names no \"partner_ids\"", "le mapping ne donne pas de « partner_ids »" },
	[RT_NEEDS_PAIR] = { "the record has no partner", "l'enregistrement n'a pas de partenaire" },
	[RT_NOT_THAT_SIDE] = { "asked of {1} only", "ne concerne que {1}" },
	[RT_ONLY_PLAN] = { "asked of each change by rejoin plan", "vérifié pour chaque changement par rejoin plan" },
	[RT_ONLY_SETUP] = { "about the set-up, and nothing is known: see rejoin doctor and the mapping's \"setup\"",
		"concerne l'installation, et rien n'est connu : voir rejoin doctor et « setup » du mapping" },
	[RT_ONLY_RUN] = { "asked while a run is under way", "vérifié pendant une exécution" },
	[RT_EMPTY_VALUE] = { "(empty)", "(vide)" },
	[RT_WHY] = { "Why it did not sync", "Pourquoi la synchronisation n'a pas eu lieu" },
	[RT_WHY_BLOCKED] = { "{1} {2}. Nothing of this deal is written before it is mended.",
		"{1} {2}. Rien de cette affaire n'est écrit avant correction." },
	[RT_WHY_SHARING] = { "{1} {2}. Nothing is sent to {3} before it is mended.",
		"{1} {2}. Rien n'est envoyé à {3} avant correction." },
	[RT_WHY_FINAL] = { "{1} is closed there and final, so what differs stays: {2}.",
		"{1} : l'affaire y est clôturée et définitive, la différence demeure : {2}." },
	[RT_WHY_UNLINKED] = { "Nothing holds it up: {1} has no record of this deal yet. rejoin plan proposes one.",
		"Rien ne la retient : {1} n'a pas encore d'enregistrement de cette affaire. rejoin plan en propose un." },
	[RT_WHY_MISSED] = { "Nothing holds it up: a change was missed ({1}). rejoin plan proposes it.",
		"Rien ne la retient : une modification a été manquée ({1}). rejoin plan la propose." },
	[RT_WHY_CLOSED] = { "It is closed: a closed deal that the other side never knew is history.",
		"Elle est clôturée : une affaire clôturée inconnue de l'autre côté appartient au passé." },
	[RT_WHY_NOTHING] = { "Both sides agree: there is nothing to sync.", "Les deux côtés concordent : il n'y a rien à synchroniser." },
	[RT_WHY_SCOPE] = { "It takes no part: neither marked for sync nor linked, or left out by the mapping's scope.",
		"Elle ne participe pas : ni marquée pour la synchronisation ni liée, ou écartée par le périmètre du mapping." },
	[RT_WHY_CANDIDATE] = { "A record of {1} may be the same deal: a person decides in the plan before anything is created.",
		"Un enregistrement de {1} est peut-être la même affaire : une personne décide dans le plan avant toute création." },
	[RT_WHERE] = { "Fix it in", "À corriger dans" },
	[RT_WHO] = { "Who usually can", "Qui le peut d'ordinaire" },
	[RT_FIX] = { "Fix", "Correction" },
	[RT_LAST_SYNC] = { "Last known sync", "Dernière synchronisation connue" },
	[RT_LAST_TOGETHER] = { "both sides were modified within 10 minutes of each other, the later at {1}",
		"les deux côtés ont été modifiés à moins de 10 minutes d'intervalle, le dernier le {1}" },
	[RT_LAST_STAMPS] = { "last modified {1} in {2}, {3} in {4}", "dernière modification le {1} dans {2}, le {3} dans {4}" },
	[RT_LAST_NEVER] = { "the two were never linked; last modified {1} in {2}", "jamais liée ; dernière modification le {1} dans {2}" },
	[RT_LAST_LEDGER] = { "the ledger holds {1} fields on which both sides agreed", "le registre connaît {1} champs sur lesquels les deux côtés concordaient" },
	[RT_LAST_NO_LEDGER] = { "the ledger holds no base of this pair", "le registre n'a pas de base pour cette paire" },
	[RT_STAMP_NONE] = { "at an unknown time", "une date inconnue" },
	[RT_AUDIT] = { "The connector's audit text", "Texte d'audit du connecteur" },
	[RT_AUDIT_EMPTY] = { "(none)", "(aucun)" },
	[RT_SELLER] = { "seller", "vendeur" },
	[RT_CRM_ADMIN] = { "CRM administrator", "administrateur du CRM" },
	[RT_PC_ADMIN] = { "Partner Center Referrals admin", "administrateur des références de l'Espace partenaires" },
	[RT_INTEGRATOR] = { "integrator", "intégrateur" },
	[RT_IN_BOTH] = { "both systems", "les deux systèmes" },
	[RT_IN_CONNECTOR] = { "the connector (Power Automate)", "le connecteur (Power Automate)" },
	[RT_IN_CONFIG] = { "the set-up of rejoin", "la configuration de rejoin" },
	[RT_CHECKS_WHAT] = { "What it checks", "Ce qu'elle vérifie" },
	[RT_HOLDS_UP] = { "What it holds up", "Ce qu'elle retient" },
	[RT_SOURCE] = { "Source", "Source" },
	[RT_EFFECT_NONE] = { "nothing; it is told", "rien ; elle est signalée" },
	[RT_EFFECT_SHARING] = { "an error holds up writes to Partner Center and creates; an existing CRM record is still updated",
		"une erreur retient les écritures vers l'Espace partenaires et les créations ; un enregistrement CRM existant est tout de même mis à jour" },
	[RT_EFFECT_RECORD] = { "an error holds up the record both ways", "une erreur retient l'enregistrement dans les deux sens" },
	[RT_EFFECT_FINAL] = { "nothing, but the change cannot be taken back and is approved by itself",
		"rien, mais le changement est irréversible et s'approuve à part" },
	[RT_EFFECT_FIELD] = { "one field stays out; nothing else is held up", "un champ est laissé de côté ; rien d'autre n'est retenu" },
	[RT_EFFECT_APPROVER] = { "the record's changes need a named approver", "les changements de l'enregistrement exigent un approbateur nommé" },
	[RT_IMPLIES] = { "Where it is found, these are not shown", "Là où elle est constatée, celles-ci ne sont pas montrées" },
	[RT_CODE_FOUND] = { "the text holds the code {1}", "le texte contient le code {1}" },
	[RT_WORDS_FOUND] = { "words that fit: {1}", "mots qui correspondent : {1}" },
	[RT_NOTHING_FITS] = { "nothing known fits \"{1}\"; give the whole error text in quotes, a rule id such as R01, or a record's id",
		"rien de connu ne correspond à « {1} » ; donnez tout le texte de l'erreur entre guillemets, une règle comme R01 ou l'ID d'un enregistrement" },
	[RT_NO_SUCH_RECORD] = { "no record with the id {1} in {2} or {3}", "aucun enregistrement d'ID {1} dans {2} ni dans {3}" },
	[RT_NO_SUCH_RULE] = { "there is no rule {1}; rules are R01 to R65, V01 and the mapping's own",
		"il n'y a pas de règle {1} ; les règles sont R01 à R65, V01 et celles du mapping" },
	[RT_RANKED] = { "Causes by deals", "Causes par nombre d'affaires" },
	[RT_DEALS] = { "{1} deals", "{1} affaires" },
	[RT_ALONE_OF] = { "{1} unblocked by this alone", "{1} débloquées par cela seul" },
	[RT_BY_VALUE] = { "Causes by the value they alone hold up, {1}", "Causes par valeur qu'elles seules retiennent, {1}" },
	[RT_NO_CAUSES] = { "No check failed.", "Aucune vérification n'a échoué." },
	[RT_STAKE_IS] = { "at stake: {1}", "en jeu : {1}" },
	[RT_FROM_TROUBLE] = { "Microsoft's page on troubleshooting the co-sell connectors", "la page de Microsoft sur le dépannage des connecteurs de covente" },
	[RT_FROM_CONNECTOR] = { "Microsoft's pages on setting the connectors up", "les pages de Microsoft sur l'installation des connecteurs" },
	[RT_FROM_DEALS] = { "Microsoft's pages on co-sell deals", "les pages de Microsoft sur les affaires de covente" },
	[RT_FROM_IMPORT] = { "Microsoft's page on importing and exporting deals", "la page de Microsoft sur l'import et l'export d'affaires" },
	[RT_FROM_API] = { "Microsoft's reference of the referral interface", "la référence de Microsoft sur l'interface des références" },
	[RT_FROM_SAFE] = { "a safeguard of rejoin", "une précaution de rejoin" },
};
/* clang-format on */

/* Why a value cannot be read is said where it is read, in English; these are the turns used there. */
static const char *const readings[][2] = {
	{ "is not yes or no", "n'est ni oui ni non" },
	{ "is not a number", "n'est pas un nombre" },
	{ "is not a whole number", "n'est pas un nombre entier" },
	{ "is not a date and time", "n'est pas une date avec une heure" },
	{ "is not a date like", "n'est pas une date comme" },
	{ "is not a two-letter country code", "n'est pas un code pays à deux lettres" },
	{ "is not a currency code of ISO 4217", "n'est pas un code devise ISO 4217" },
	{ "does not stand in the value table of", "ne figure pas dans la table de valeurs de" },
	{ "does not stand in the look-up table", "ne figure pas dans la table de correspondance" },
	{ "is no date of the form", "n'est pas une date de la forme" },
	{ "is no date", "n'est pas une date" },
	{ "is no number as it is written in", "n'est pas un nombre tel qu'on l'écrit en" },
	{ "is no number", "n'est pas un nombre" },
	{ "is none of the words for true and false", "n'est aucun des mots qui signifient vrai ou faux" },
	{ "is neither true nor false", "n'est ni true ni false" },
	{ "does not begin with", "ne commence pas par" },
	{ "does not end with", "ne finit pas par" },
	{ "the clocks of its zone showed", "les horloges de son fuseau ont affiché" },
	{ "twice: write it with its offset, like", "deux fois : écrivez-la avec son décalage, par exemple" },
	{ "never: write it with its offset, like", "jamais : écrivez-la avec son décalage, par exemple" },
};

const char *rules_reading(struct arena *a, int lang, const char *why)
{
	for (size_t i = 0; lang == RULES_FR && i < sizeof readings / sizeof readings[0]; i++) {
		const char *at = strstr(why, readings[i][0]);
		if (at)
			why = arena_printf(a, "%.*s%s%s", (int)(at - why), why, readings[i][1], at + strlen(readings[i][0]));
	}
	return why;
}

int rules_lang(const char *lang)
{
	return lang && !strncmp(lang, "fr", 2) ? RULES_FR : RULES_EN;
}

const char *rules_template(enum rules_text which, int lang)
{
	return texts[which][lang];
}

const char *rules_fill(struct arena *a, int lang, enum rules_text which, const char *const *arg)
{
	struct buf b = { 0 };
	size_t n = 0;
	while (arg[n])
		n++;
	for (const char *s = texts[which][lang]; *s; s++) {
		if (s[0] == '{' && s[1] >= '1' && s[1] <= '9' && s[2] == '}') {
			size_t i = (size_t)(s[1] - '0');
			if (i < n)
				buf_adds(&b, arg[i]);
			s += 2;
		} else {
			buf_addc(&b, *s);
		}
	}
	char *out = arena_dup(a, b.s ? b.s : "", b.len);
	buf_release(&b);
	return out;
}
