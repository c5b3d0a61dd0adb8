/* The table of sentences: one row each in English; po/fr.po has the French. Slots are numbered, so that a language may put
 * them in an order of its own; a translator cannot break a printf. */
#include "mapping/rules_text.h"

#include <string.h>
#include "core/buf.h"
#include "core/lang.h"

/* clang-format off */
static const char *const texts[RT_COUNT] = {
	[RT_NO_SOLUTION_ID] = N_("\"{1}\" is neither a solution id such as SOL-12345-ABC nor a GUID"),
	[RT_DIAL_CODE] = N_("\"{1}\" is a telephone prefix, not a country"),
	[RT_NO_COUNTRY] = N_("\"{1}\" is no two-letter country code"),
	[RT_READ_AS] = N_("\"{1}\" was read as {2}"),
	[RT_CONTACT_WITHOUT] = N_("the customer contact has no {1}"),
	[RT_FIRST_NAME] = N_("first name"),
	[RT_LAST_NAME] = N_("last name"),
	[RT_PHONE] = N_("phone"),
	[RT_EMAIL] = N_("e-mail"),
	[RT_NO_EMAIL] = N_("\"{1}\" is no e-mail address"),
	[RT_NEGATIVE] = N_("the estimated revenue is negative: {1}"),
	[RT_ZERO] = N_("the estimated revenue is zero"),
	[RT_NO_ISO_4217] = N_("\"{1}\" is no ISO 4217 code"),
	[RT_WRITTEN_SO] = N_("{1}; where a table writes it in its own way, say so at the field in the mapping: \"read\": [{2}]"),
	[RT_NO_CURRENCY_THERE] = N_("{1} has no active currency {2}"),
	[RT_NO_USER_THERE] = N_("{2} is no active user of {1}"),
	[RT_SERVICES_WITHOUT] = N_("a services co-sell deal without {1}"),
	[RT_CRM_ID_NOWHERE] = N_("CRM ID {1} is not in {2}"),
	[RT_REFERRAL_NOWHERE] = N_("referral {1} is not in {2}"),
	[RT_NO_POSTAL_CODE] = N_("the referral has no postal code"),
	[RT_NO_PAIR] = N_("{1} is no pair that Partner Center knows"),
	[RT_ANSWER_OVER] = N_("the 14 days for an answer are over"),
	[RT_EXPIRES_IN] = N_("the referral expires in {1} days"),
	[RT_EXPIRES_IN_1] = N_("the referral expires in {1} day"),
	[RT_AUDIT_SAYS] = N_("the connector wrote: {1}"),
	[RT_CROSS] = N_("the connector put a cross on the name: {1}"),
	[RT_MARK] = N_("the name carries the connector's mark: {1}"),
	[RT_TOO_MANY] = N_("{2} holds {1} entries, 50 are allowed"),
	[RT_WON_AFTER] = N_("won {1} hours after its creation"),
	[RT_WOULD_BE_WON] = N_("it would be won in {2} only {1} hours after its creation"),
	[RT_CONTACT_SHOWN] = N_("the new referral would be visible to Microsoft with the contact {1}"),
	[RT_DATE_PAST] = N_("open, and the close date {1} is past"),
	[RT_PC_CLOSED] = N_("{1} is {2} while {3} is open ({4})"),
	[RT_CRM_CLOSED] = N_("{1} is {2} while {3} is still {4}"),
	[RT_LOST_WITHOUT_REASON] = N_("the deal would be closed as Lost without a reason"),
	[RT_OUTCOMES] = N_("{1} says {2}, {3} says {4}"),
	[RT_NAMES] = N_("\"{1}\" in {2}, \"{3}\" in {4}"),
	[RT_POSTAL_CODES] = N_("the postal code is \"{1}\" in {2} and \"{3}\" on the account"),
	[RT_AMOUNTS] = N_("{1} {5} in {2}, {3} {5} in {4}"),
	[RT_CURRENCIES] = N_("{1} in {2}, {3} in {4}; the amounts are not compared"),
	[RT_DATES] = N_("{1} in {2}, {3} in {4}: {5} days apart"),
	[RT_DIFFERS] = N_("{1} differs, last modified more than 10 minutes ago"),
	[RT_DIFFER] = N_("{1} and {2} more fields differ, last modified more than 10 minutes ago"),
	[RT_MADE_VISIBLE] = N_("shared in {1} and not in {2}: sending it shows the deal and its contacts to Microsoft"),
	[RT_SETUP_PASSWORD] = N_("the last day of the account's password was {1}"),
	[RT_SETUP_STATUS] = N_("{1}, line {2}: a run was answered with {3}"),
	[RT_SETUP_PARTED] = N_("{1} pairs were last modified together, the latest at {2}, and {3} since then on one side only"),
	[RT_SETUP_NO_ROLE] = N_("{2} gives {1} no such role"),
	[RT_SETUP_SAID] = N_("the mapping's \"setup\" says so"),
	[RT_SETUP_EVENTS] = N_("{1} does not name {2}"),
	[RT_SETUP_ORDER] = N_("{1} was turned on at {2}, before {3} ({4})"),
	[RT_SETUP_CALLS] = N_("plan {1} needs {2} calls and echoes, a day has {3}"),
	[RT_SETUP_ROWS] = N_("{1} has {2} rows"),
	[RT_SETUP_DOCTOR] = N_("rejoin doctor at {1}, of {2}: {3}"),
	[RT_STALE] = N_("modified {1}, after plan p-{2} read it ({3})"),
	[RT_STALE_412] = N_("the service answered 412 when plan p-{1} was applied"),

	[RT_CHECKED] = N_("{1} records checked: {2} errors, {3} warnings, {4} notes."),
	[RT_REPORT_AT] = N_(" Report: {1}"),
	[RT_ERROR] = N_("error"),
	[RT_WARNING] = N_("warning"),
	[RT_INFO] = N_("info"),
	[RT_ERRORS] = N_("errors"),
	[RT_WARNINGS] = N_("warnings"),
	[RT_INFOS] = N_("notes"),
	[RT_COL_SYSTEM] = N_("System"),
	[RT_COL_LEFT_ID] = N_("{1} ID"),
	[RT_COL_RIGHT_ID] = N_("{1} ID"),
	[RT_COL_DEAL] = N_("Deal"),
	[RT_COL_FIELD] = N_("Field"),
	[RT_COL_PATH] = N_("Native field"),
	[RT_COL_VALUE] = N_("Value"),
	[RT_COL_RULE] = N_("Rule"),
	[RT_COL_SEVERITY] = N_("Severity"),
	[RT_COL_REASON] = N_("Reason"),
	[RT_COL_FIX] = N_("What to do"),
	[RT_COL_STAKE] = N_("Value at stake"),
	[RT_COL_DAYS] = N_("Days open"),
	[RT_COL_CURRENCY] = N_("Currency"),
	[RT_COL_CAUSE] = N_("Cause"),
	[RT_COL_DEALS] = N_("Deals"),
	[RT_COL_HELD] = N_("Deals held up"),
	[RT_COL_ALONE] = N_("Unblocked by this alone"),
	[RT_COL_FREED_IN] = N_("Unblocks, {1}"),
	[RT_COL_STAKE_IN] = N_("At stake, {1}"),
	[RT_SHEET_SUMMARY] = N_("Summary"),
	[RT_SHEET_FINDINGS] = N_("Findings"),
	[RT_CHART] = N_("Deals by cause"),
	[RT_CHART_FIRST] = N_("Deals by cause, the first {1}"),
	[RT_TITLE] = N_("Validation report: {1} and {2}"),
	[RT_CAUSES] = N_("Causes"),
	[RT_CAUSES_NOTE] = N_("Ranked by the deals they hold up; the headings sort them otherwise. A rule's button shows its findings alone."),
	[RT_FINDINGS] = N_("Findings"),
	[RT_NOTHING_FOUND] = N_("Nothing was found: every check passed."),
	[RT_SHOWN] = N_("shown of"),
	[RT_FILTER_TEXT] = N_("Search"),
	[RT_FILTER_RULE] = N_("Rule"),
	[RT_FILTER_SEVERITY] = N_("Severity"),
	[RT_FILTER_SIDE] = N_("System"),
	[RT_ALL] = N_("all"),
	[RT_SORT_BY] = N_("Sort by"),
	[RT_ORDER] = N_("Reverse order"),
	[RT_RESET] = N_("Show all"),
	[RT_NEEDS_SCRIPT] = N_("Sorting and filtering need JavaScript; without it all findings are shown."),
	[RT_MADE_AT] = N_("Read at {1}"),

	[RT_PARTNER] = N_("linked with {1} {2}"),
	[RT_NO_PARTNER] = N_("linked with no record of {1}"),
	[RT_NOT_IN_SCOPE] = N_("takes no part: the mapping's scope leaves it out"),
	[RT_CHECKS] = N_("Checks"),
	[RT_PASS] = N_("pass"),
	[RT_FAIL] = N_("fail"),
	[RT_NOT_APPLICABLE] = N_("not applicable"),
	[RT_OFF] = N_("the mapping switches this rule off"),
	[RT_COVERED] = N_("covered by {1}"),
	[RT_DEAL_CLOSED] = N_("the deal is closed"),
	[RT_NO_COLUMN] = N_("the field was not read here"),
	[RT_NOT_KNOWN_USERS] = N_("the CRM's users are not known"),
	[RT_NOT_KNOWN_CURRENCIES] = N_("the CRM's currencies are not known"),
	[RT_NOT_KNOWN_IDS] = N_("the mapping names no \"partner_ids\""),
	[RT_NEEDS_PAIR] = N_("the record has no partner"),
	[RT_NOT_THAT_SIDE] = N_("asked of {1} only"),
	[RT_ONLY_PLAN] = N_("asked of each change by rejoin plan"),
	[RT_ONLY_SETUP] = N_("about the set-up, and nothing is known: see rejoin doctor and the mapping's \"setup\""),
	[RT_ONLY_RUN] = N_("asked while a run is under way"),
	[RT_EMPTY_VALUE] = N_("(empty)"),
	[RT_WHY] = N_("Why it did not sync"),
	[RT_WHY_BLOCKED] = N_("{1} {2}. Nothing of this deal is written before it is mended."),
	[RT_WHY_SHARING] = N_("{1} {2}. Nothing is sent to {3} before it is mended."),
	[RT_WHY_FINAL] = N_("The deal is closed in {1} and final, so what differs stays: {2}."),
	[RT_WHY_UNLINKED] = N_("Nothing holds it up: {1} has no record of this deal yet. rejoin plan proposes one."),
	[RT_WHY_MISSED] = N_("Nothing holds it up: a change was missed ({1}). rejoin plan proposes it."),
	[RT_WHY_CLOSED] = N_("It is closed: a closed deal that the other side never knew is history."),
	[RT_WHY_NOTHING] = N_("Both sides agree: there is nothing to sync."),
	[RT_WHY_SCOPE] = N_("It takes no part: neither marked for sync nor linked, or left out by the mapping's scope."),
	[RT_WHY_CANDIDATE] = N_("A record of {1} may be the same deal: a person decides in the plan before anything is created."),
	[RT_WHERE] = N_("Fix it in"),
	[RT_WHO] = N_("Who usually can"),
	[RT_FIX] = N_("Fix"),
	[RT_LAST_SYNC] = N_("Last known sync"),
	[RT_LAST_TOGETHER] = N_("both sides were modified within 10 minutes of each other, the later at {1}"),
	[RT_LAST_STAMPS] = N_("last modified {1} in {2}, {3} in {4}"),
	[RT_LAST_NEVER] = N_("the two were never linked; last modified {1} in {2}"),
	[RT_LAST_LEDGER] = N_("the ledger holds {1} fields on which both sides agreed"),
	[RT_LAST_NO_LEDGER] = N_("the ledger holds no base of this pair"),
	[RT_STAMP_NONE] = N_("at an unknown time"),
	[RT_AUDIT] = N_("The connector's audit text"),
	[RT_AUDIT_EMPTY] = N_("(none)"),
	[RT_SELLER] = N_("seller"),
	[RT_CRM_ADMIN] = N_("CRM administrator"),
	[RT_PC_ADMIN] = N_("Partner Center Referrals admin"),
	[RT_INTEGRATOR] = N_("integrator"),
	[RT_IN_BOTH] = N_("both systems"),
	[RT_IN_CONNECTOR] = N_("the connector (Power Automate)"),
	[RT_IN_CONFIG] = N_("the set-up of rejoin"),
	[RT_CHECKS_WHAT] = N_("What it checks"),
	[RT_HOLDS_UP] = N_("What it holds up"),
	[RT_SOURCE] = N_("Source"),
	[RT_EFFECT_NONE] = N_("nothing; it is told"),
	[RT_EFFECT_SHARING] = N_("an error holds up writes to Partner Center and creates; an existing CRM record is still updated"),
	[RT_EFFECT_RECORD] = N_("an error holds up the record both ways"),
	[RT_EFFECT_FINAL] = N_("nothing, but the change cannot be taken back and is approved by itself"),
	[RT_EFFECT_FIELD] = N_("one field stays out; nothing else is held up"),
	[RT_EFFECT_APPROVER] = N_("the record's changes need a named approver"),
	[RT_IMPLIES] = N_("Where it is found, these are not shown"),
	[RT_CODE_FOUND] = N_("the text holds the code {1}"),
	[RT_WORDS_FOUND] = N_("words that fit: {1}"),
	[RT_NOTHING_FITS] = N_("nothing known fits \"{1}\"; give the whole error text in quotes, a rule id such as R01, or a record's id"),
	[RT_NO_SUCH_RECORD] = N_("no record with the id {1} in {2} or {3}"),
	[RT_NO_SUCH_RULE] = N_("there is no rule {1}; rules are R01 to R65, V01 and the mapping's own"),
	[RT_RANKED] = N_("Causes by deals"),
	[RT_DEALS] = N_("{1} deals"),
	[RT_ALONE_OF] = N_("{1} unblocked by this alone"),
	[RT_BY_VALUE] = N_("Causes by the value they alone hold up, {1}"),
	[RT_NO_CAUSES] = N_("No check failed."),
	[RT_STAKE_IS] = N_("at stake: {1}"),
	[RT_FROM_TROUBLE] = N_("Microsoft's page on troubleshooting the co-sell connectors"),
	[RT_FROM_CONNECTOR] = N_("Microsoft's pages on setting the connectors up"),
	[RT_FROM_DEALS] = N_("Microsoft's pages on co-sell deals"),
	[RT_FROM_IMPORT] = N_("Microsoft's page on importing and exporting deals"),
	[RT_FROM_API] = N_("Microsoft's reference of the referral interface"),
	[RT_FROM_SAFE] = N_("a safeguard of rejoin"),
};
/* clang-format on */

/* Why a value cannot be read is said where it is read, in English; these are the turns used there. */
static const char *const readings[] = {
	N_("is not yes or no"),
	N_("is not a number"),
	N_("is not a whole number"),
	N_("is not a date and time"),
	N_("is not a date like"),
	N_("is not a two-letter country code"),
	N_("is not a currency code of ISO 4217"),
	N_("does not stand in the value table of"),
	N_("does not stand in the look-up table"),
	N_("is no date of the form"),
	N_("is no date"),
	N_("is no number as it is written in"),
	N_("is no number"),
	N_("is none of the words for true and false"),
	N_("is neither true nor false"),
	N_("does not begin with"),
	N_("does not end with"),
	N_("the clocks of its zone showed"),
	N_("twice: write it with its offset, like"),
	N_("never: write it with its offset, like"),
};

const char *rules_say(const char *english, int lang)
{
	return lang == RULES_FR ? lang_text_in("fr", english) : english;
}

const char *rules_reading(struct arena *a, int lang, const char *why)
{
	for (size_t i = 0; lang == RULES_FR && i < sizeof readings / sizeof readings[0]; i++) {
		const char *at = strstr(why, readings[i]);
		if (at)
			why = arena_printf(a, "%.*s%s%s", (int)(at - why), why, rules_say(readings[i], lang),
			    at + strlen(readings[i]));
	}
	return why;
}

int rules_lang(const char *lang)
{
	return lang && !strncmp(lang, "fr", 2) ? RULES_FR : RULES_EN;
}

const char *rules_template(enum rules_text which, int lang)
{
	return rules_say(texts[which], lang);
}

const char *rules_fill(struct arena *a, int lang, enum rules_text which, const char *const *arg)
{
	struct buf b = { 0 };
	size_t n = 0;
	while (arg[n])
		n++;
	for (const char *s = rules_say(texts[which], lang); *s; s++) {
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
