/* Every text of a review that a person reads, in every language, and the way back from a heading or a typed decision to
 * its meaning. The names of a .csv are English and stable; a workbook follows the language over hidden keys, so that its
 * columns may be moved and a French workbook is read where English is spoken. */
#include <stdlib.h>
#include <string.h>
#include "core/buf.h"
#include "core/text.h"
#include "mapping/review_parts.h"

/* clang-format off */
static const struct {
	const char *name;
	const char *heading[LANG_COUNT]; /* NULL: a hidden column */
	bool titled;                     /* {t} is a system: left for the first of two, right for the second */
} columns[RC_COUNT] = {
	[RC_ROW]        = { "row", { NULL, NULL }, false },
	[RC_PLAN]       = { "plan", { NULL, NULL }, false },
	[RC_HASH]       = { "hash", { NULL, NULL }, false },
	[RC_OP]         = { "op", { NULL, NULL }, false },
	[RC_TO]         = { "to", { NULL, NULL }, false },
	[RC_CLASS]      = { "class", { NULL, NULL }, false },
	[RC_REVERSIBLE] = { "reversible", { NULL, NULL }, false },
	[RC_INFERRED]   = { "inferred", { NULL, NULL }, false },
	[RC_LEFT_ID]    = { "left_id", { NULL, NULL }, false },
	[RC_RIGHT_ID]   = { "right_id", { NULL, NULL }, false },
	[RC_DEAL]       = { "deal", { "Deal", "Affaire" }, false },
	[RC_CUSTOMER]   = { "customer", { "Customer", "Client" }, false },
	[RC_OWNER]      = { "owner", { "Owner", "Propriétaire" }, false },
	[RC_FIELD]      = { "field", { "Field", "Champ" }, false },
	[RC_BASE]       = { "base", { "Last agreed", "Dernier accord" }, false },
	[RC_LEFT]       = { "left", { "{t} now", "{t} maintenant" }, true },
	[RC_RIGHT]      = { "right", { "{t} now", "{t} maintenant" }, true },
	[RC_PROPOSED]   = { "proposed", { "Proposed", "Proposition" }, false },
	[RC_EVIDENCE]   = { "evidence", { "Evidence", "Indices" }, false },
	[RC_RULE]       = { "rule", { "Rule", "Règle" }, false },
	[RC_REASON]     = { "reason", { "Why", "Pourquoi" }, false },
	[RC_FIX]        = { "fix", { "What to do", "Que faire" }, false },
	[RC_EXPIRES]    = { "expires", { "Expires", "Expire le" }, false },
	[RC_DECISION]   = { "decision", { "Decision", "Décision" }, false },
	[RC_COMMENT]    = { "comment", { "Comment", "Commentaire" }, false },
	[RC_APPROVER]   = { "approver", { "Approver", "Approbateur" }, false },
	[RC_PAIR]       = { "pair", { NULL, NULL }, false },
	[RC_LEFT_ENV]   = { "left_env", { NULL, NULL }, false },
	[RC_RIGHT_ENV]  = { "right_env", { NULL, NULL }, false },
	[RC_CHANGE]     = { "change", { "Change", "Changement" }, false },
	[RC_OPEN_LEFT]  = { "open_left", { "Open in {t}", "Ouvrir dans {t}" }, true },
	[RC_OPEN_RIGHT] = { "open_right", { "Open in {t}", "Ouvrir dans {t}" }, true },
};

static const char *const sheet_names[SHEET_COUNT][LANG_COUNT] = {
	[SHEET_UPDATES]      = { "Updates", "Mises à jour" },
	[SHEET_CREATES]      = { "Creates", "Créations" },
	[SHEET_CONFLICTS]    = { "Conflicts", "Conflits" },
	[SHEET_INFERRED]     = { "Inferred", "Déductions" },
	[SHEET_IRREVERSIBLE] = { "Irreversible", "Irréversible" },
	[SHEET_BLOCKED]      = { "Blocked", "Bloqués" },
	[SHEET_DUPLICATES]   = { "Possible duplicates", "Doublons possibles" },
};

static const char *const texts[TEXT_LAST][LANG_COUNT] = {
	[TEXT_UPDATE]  = { "update {f} in {t}", "mettre à jour {f} dans {t}" },
	[TEXT_CLEAR]   = { "clear {f} in {t}", "effacer {f} dans {t}" },
	[TEXT_CLOSE]   = { "close as {v} in {t}", "clore ({v}) dans {t}" },
	[TEXT_CREATE]  = { "create in {t}", "créer dans {t}" },
	[TEXT_LINK]    = { "link in {t}", "lier dans {t}" },
	[TEXT_DELETE]  = { "delete in {t}", "supprimer dans {t}" },
	[TEXT_ACCEPT]  = { "accept in {t}", "accepter dans {t}" },
	[TEXT_VISIBLE] = { "make visible in {t}", "rendre visible dans {t}" },
	[TEXT_BOTH]    = { "choose {f}: both sides say otherwise", "choisir {f} : les deux côtés diffèrent" },
	[TEXT_DIFFERS] = { "{f} differs, nothing is written", "{f} diffère, rien n'est écrit" },
	[TEXT_BLOCKED] = { "blocked: {v}", "bloqué : {v}" },
	[TEXT_NOTHING] = { "nothing is written", "rien n'est écrit" },
	[TEXT_APPROVE] = { "approve", "approuver" },
	[TEXT_REJECT]  = { "reject", "rejeter" },
	[TEXT_KEEP]    = { "keep {t}", "garder {t}" },
	[TEXT_EDIT]    = { "edit", "modifier" },
	[TEXT_SUMMARY] = { "Summary", "Résumé" },
	[TEXT_WHAT]    = { "What", "Quoi" },
	[TEXT_COUNT]   = { "Count", "Nombre" },
	[TEXT_NOTE]    = { "Note", "Remarque" },
	[TEXT_PLAN_OF] = { "Plan {v}", "Plan {v}" },
	[TEXT_HOW_1]   = { "How to decide: on each sheet choose a Decision for each row you know the answer to; a row left "
	                   "blank is not written.",
	                   "Comment décider : sur chaque feuille, choisissez une décision pour chaque ligne dont vous "
	                   "connaissez la réponse ; une ligne laissée vide n'est pas écrite." },
	[TEXT_HOW_2]   = { "To write another value than the one proposed, choose \"edit\" and type it under Proposed "
	                   "(<clear> empties the field); shaded cells must stay as they are.",
	                   "Pour écrire une autre valeur que celle proposée, choisissez « modifier » et tapez-la sous "
	                   "Proposition (<clear> vide le champ) ; les cellules grisées doivent rester telles quelles." },
	[TEXT_HOW_3]   = { "Sort, filter and delete rows as you like, save, and send the file back to whoever runs rejoin.",
	                   "Triez, filtrez et supprimez des lignes à volonté, enregistrez, puis renvoyez le fichier à la "
	                   "personne qui lance rejoin." },
	[TEXT_TWO]     = { "Two people decide: a row is written once two different names stand behind the same decision. Write "
	                   "yours under Approver, beside the decision you agree to.",
	                   "Deux personnes décident : une ligne est écrite quand deux noms différents portent la même "
	                   "décision. Écrivez le vôtre sous Approbateur, à côté de la décision que vous partagez." },
	[TEXT_HALF]    = { "Half-approved: one person decided, another one must", "À moitié approuvées : il manque une "
	                   "seconde personne" },
	[TEXT_CHART]   = { "Rows to look at", "Lignes à examiner" },
	[TEXT_CLASSES + CLASS_NEW]           = { "On one side only", "D'un seul côté" },
	[TEXT_CLASSES + CLASS_HALF_LINKED]   = { "Linked on one side only", "Liées d'un seul côté" },
	[TEXT_CLASSES + CLASS_LEFT_CHANGED]  = { "Changed in {t} only", "Changé dans {t} seulement" },
	[TEXT_CLASSES + CLASS_RIGHT_CHANGED] = { "Changed in {t} only", "Changé dans {t} seulement" },
	[TEXT_CLASSES + CLASS_CONFLICT]      = { "Changed on both sides, or nobody knows on which",
	                                         "Changé des deux côtés, ou on ne sait duquel" },
	[TEXT_CLASSES + CLASS_DIVERGENT]     = { "Different, and nothing is planned", "Différents, et rien n'est prévu" },
	[TEXT_CLASSES + CLASS_CANDIDATE]     = { "Perhaps one deal", "Peut-être une seule affaire" },
	[TEXT_CLASSES + CLASS_BLOCKED]       = { "Blocked by a rule", "Bloqués par une règle" },
	[TEXT_CLEARINGS] = { "Fields that would be cleared", "Champs qui seraient vidés" },
	[TEXT_EQUAL]   = { "Deals that agree already", "Affaires déjà en accord" },
	[TEXT_VALUE_ALL] = { "Value of all records read, {v}", "Valeur de tous les enregistrements lus, {v}" },
	[TEXT_VALUE_NEW] = { "Value of deals to create there, {v}", "Valeur des affaires à y créer, {v}" },
	[TEXT_VALUE_CHANGED] = { "Value of deals would change there by, {v}", "La valeur des affaires y changerait de, {v}" },
	[TEXT_VALUE_MIXED] = { "Deals whose value would change in their own currency",
	                       "Affaires dont la valeur changerait dans leur propre devise" },
	[TEXT_NO_CURRENCY]  = { "no currency", "sans devise" },
	[TEXT_HEAD_DECIDE]  = { "What there is to decide", "Ce qu'il y a à décider" },
	[TEXT_HEAD_EXPIRES] = { "What expires when", "Ce qui expire et quand" },
	[TEXT_HEAD_VALUE]   = { "What it is worth, per currency", "Ce que cela vaut, par devise" },
	[TEXT_HEAD_CALLS]   = { "What it takes", "Ce que cela demande" },
	[TEXT_HEAD_ROWS]    = { "All rows by kind", "Toutes les lignes par genre" },
	[TEXT_DAYS]         = { "Days needed", "Jours nécessaires" },
	[TEXT_DAYS_NOTE]    = { "at {v} calls a day for this pair", "à raison de {v} appels par jour pour cette paire" },
	[TEXT_SHEET_NOTES + SHEET_UPDATES]      = { "can be taken back", "peut être repris" },
	[TEXT_SHEET_NOTES + SHEET_CREATES]      = { "deals one side never got", "affaires qu'un côté n'a jamais reçues" },
	[TEXT_SHEET_NOTES + SHEET_CONFLICTS]    = { "both sides changed, or nothing says which did: say which is right",
	                                            "les deux côtés ont changé, ou rien ne dit lequel : dites lequel a raison" },
	[TEXT_SHEET_NOTES + SHEET_INFERRED]     = { "rests on evidence, which each row gives", "repose sur des indices, donnés à chaque ligne" },
	[TEXT_SHEET_NOTES + SHEET_IRREVERSIBLE] = { "can never be taken back: approve one by one",
	                                            "irréversible : à approuver une par une" },
	[TEXT_SHEET_NOTES + SHEET_BLOCKED]      = { "nothing is written; each row says what solves it",
	                                            "rien n'est écrit ; chaque ligne dit comment y remédier" },
	[TEXT_SHEET_NOTES + SHEET_DUPLICATES]   = { "may be one deal: say so or not", "peut-être une seule affaire : dites-le" },
	[TEXT_CALLS]   = { "Calls if all is approved", "Appels si tout est approuvé" },
	[TEXT_ECHOES]  = { "Echo calls of the connector", "Appels en écho du connecteur" },
	[TEXT_ECHO_NOTE] = { "Pausing the connector's flows during the run saves these.",
	                     "Suspendre les flux du connecteur pendant l'exécution les évite." },
	[TEXT_GONE]    = { "Deals that expired already", "Affaires déjà expirées" },
	[TEXT_DAY_1]   = { "Deals that expire within 24 hours", "Affaires qui expirent sous 24 heures" },
	[TEXT_DAY_3]   = { "Deals that expire in 2 or 3 days", "Affaires qui expirent dans 2 ou 3 jours" },
	[TEXT_DAY_7]   = { "Deals that expire in 4 to 7 days", "Affaires qui expirent dans 4 à 7 jours" },
	[TEXT_DAY_14]  = { "Deals that expire in 8 to 14 days", "Affaires qui expirent dans 8 à 14 jours" },
	[TEXT_LATER]   = { "Deals that expire later", "Affaires qui expirent plus tard" },
	[TEXT_NO_EXPIRY] = { "Deals without an expiry", "Affaires sans expiration" },
};
/* clang-format on */

enum review_lang review_lang(const char *name)
{
	return name && strncmp(name, "fr", 2) == 0 ? LANG_FR : LANG_EN;
}

const char *review_text(enum review_lang lang, enum review_text which)
{
	return texts[which][lang];
}

const char *review_sheet_name(enum review_lang lang, enum review_sheet sheet)
{
	return sheet_names[sheet][lang];
}

const char *review_column_name(enum review_column c)
{
	return columns[c].name;
}

bool review_column_hidden(enum review_column c)
{
	return !columns[c].heading[LANG_EN];
}

/* See review_parts.h. A template of our own: translators cannot break a printf. */
char *review_fill(struct arena *a, const char *text, const char *f, const char *t, const char *v)
{
	struct buf b = { 0 };
	char *filled;

	for (const char *s = text; *s; s++) {
		bool slot = s[0] == '{' && s[1] && s[2] == '}';
		if (slot && s[1] == 'f')
			buf_adds(&b, f);
		else if (slot && s[1] == 't')
			buf_adds(&b, t);
		else if (slot && s[1] == 'v')
			buf_adds(&b, v);
		else
			slot = false;
		if (slot)
			s += 2;
		else
			buf_addc(&b, *s);
	}
	filled = arena_dup(a, b.len ? b.s : "", b.len);
	buf_release(&b);
	return filled;
}

/* Two environments of one kind have one title: trial and paid must not look alike in a workbook. */
void review_titles(struct arena *a, const struct plan_info *info, struct review_titles *out)
{
	bool alike = strcmp(info->title[LEFT], info->title[RIGHT]) == 0;
	bool named = strcmp(info->system[LEFT], info->system[RIGHT]) != 0;

	for (int s = LEFT; s <= RIGHT; s++) {
		const char *title = info->title[s][0] ? info->title[s] : info->system[s];
		const char *name = info->system[s];
		const char *slash = strrchr(name, '/');
		const char *other = info->system[side_other((enum side)s)];
		const char *other_slash = strrchr(other, '/');

		/* Of a path only the file's name, where that tells the two apart. */
		if (slash && strcmp(slash + 1, other_slash ? other_slash + 1 : other) != 0)
			name = slash + 1;
		out->side[s] = alike ? arena_printf(a, "%s (%s)", title,
					   named && name[0] ? name : side_name((enum side)s))
				     : arena_strdup(a, title);
	}
}

static enum side titled_side(enum review_column c)
{
	return c == RC_LEFT || c == RC_OPEN_LEFT ? LEFT : RIGHT;
}

const char *review_heading(
    struct arena *a, enum review_lang lang, enum review_column c, const struct review_titles *t)
{
	if (review_column_hidden(c))
		return arena_printf(a, "rejoin:%s", columns[c].name);
	if (columns[c].titled)
		return review_fill(a, columns[c].heading[lang], "", t->side[titled_side(c)], "");
	return columns[c].heading[lang];
}

/* Equal but for case and the spaces around. */
static bool says(struct arena *a, const char *s, size_t len, const char *text)
{
	text_trim(&s, &len);
	return strcmp(utf8_fold(a, s, len), utf8_fold(a, text, strlen(text))) == 0;
}

/* See review_parts.h. */
int review_column_find(
    struct arena *a, struct value heading, const struct review_titles *t, bool *key)
{
	static const char prefix[] = "rejoin:";
	const char *s = heading.s;
	size_t len = heading.len;

	*key = false;
	if (!value_has(heading))
		return -1;
	text_trim(&s, &len);
	if (len >= sizeof prefix - 1 && strncmp(s, prefix, sizeof prefix - 1) == 0) {
		*key = true;
		s += sizeof prefix - 1;
		len -= sizeof prefix - 1;
	}
	for (int c = 0; c < RC_COUNT; c++)
		if (says(a, s, len, columns[c].name))
			return c;
	for (int c = 0; c < RC_COUNT && !*key; c++) {
		for (int lang = 0; lang < LANG_COUNT; lang++) {
			const char *name = columns[c].heading[lang];
			if (!name || (columns[c].titled && !t))
				continue;
			if (columns[c].titled)
				name = review_fill(
				    a, name, "", t->side[titled_side((enum review_column)c)], "");
			if (says(a, s, len, name))
				return c;
		}
	}
	return -1;
}

/* Blocked and divergent rows write nothing, so they stand apart whatever they would have done. */
enum review_sheet review_sheet_of(const struct plan_row *r)
{
	if (r->class == CLASS_BLOCKED || r->class == CLASS_DIVERGENT)
		return SHEET_BLOCKED;
	if (plan_row_writes(r) && !r->reversible)
		return SHEET_IRREVERSIBLE;
	if (r->class == CLASS_CANDIDATE)
		return SHEET_DUPLICATES;
	if (r->class == CLASS_CONFLICT)
		return SHEET_CONFLICTS;
	if (r->inferred)
		return SHEET_INFERRED;
	return r->op == OP_CREATE ? SHEET_CREATES : SHEET_UPDATES;
}

static enum review_text change_text(const struct plan_row *r)
{
	switch (r->op) {
	case OP_CREATE:
		return TEXT_CREATE;
	case OP_CLOSE:
		return TEXT_CLOSE;
	case OP_LINK:
		return TEXT_LINK;
	case OP_DELETE:
		return TEXT_DELETE;
	case OP_UPDATE:
		if (r->step == STEP_ACCEPT)
			return TEXT_ACCEPT;
		if (r->step == STEP_VISIBLE)
			return TEXT_VISIBLE;
		return r->proposed.state == VALUE_EMPTY ? TEXT_CLEAR : TEXT_UPDATE;
	case OP_NONE:
		break;
	}
	return TEXT_NOTHING;
}

/* See review_parts.h. */
const char *review_change(
    struct arena *a, enum review_lang lang, const struct plan_row *r, const struct review_titles *t)
{
	const char *slash = value_has(r->proposed) ? strchr(r->proposed.s, '/') : NULL;
	const char *as = slash ? slash + 1 : r->proposed.s;
	enum review_text which = change_text(r);

	if (r->class == CLASS_CONFLICT && r->field[0] && r->proposed.state == VALUE_ABSENT)
		which = TEXT_BOTH;
	if (r->class == CLASS_DIVERGENT && r->field[0])
		which = TEXT_DIFFERS;
	const char *text = review_fill(a, texts[which][lang], r->field, t->side[r->to], as);
	if (r->class == CLASS_BLOCKED && which != TEXT_NOTHING)
		text = review_fill(a, texts[TEXT_BLOCKED][lang], "", "", text);
	return text;
}

/* See review_parts.h. */
const char *review_word(
    struct arena *a, enum review_lang lang, enum decision d, const struct review_titles *t)
{
	switch (d) {
	case DECISION_APPROVE:
		return texts[TEXT_APPROVE][lang];
	case DECISION_REJECT:
		return texts[TEXT_REJECT][lang];
	case DECISION_EDIT:
		return texts[TEXT_EDIT][lang];
	case DECISION_KEEP_LEFT:
		return review_fill(a, texts[TEXT_KEEP][lang], "", t->side[LEFT], "");
	case DECISION_KEEP_RIGHT:
		return review_fill(a, texts[TEXT_KEEP][lang], "", t->side[RIGHT], "");
	case DECISION_NONE:
		break;
	}
	return NULL;
}

/* See review_parts.h. A system may also be called by its name in rejoin.json. */
int review_decision_parse(
    struct arena *a, struct value text, const struct plan_info *info, const struct review_titles *t)
{
	const char *s = text.s;
	size_t len = text.len;

	if (!value_has(text))
		return DECISION_NONE;
	text_trim(&s, &len);
	if (len == 0)
		return DECISION_NONE;
	for (int d = DECISION_APPROVE; d <= DECISION_EDIT; d++) {
		if (says(a, s, len, decision_names[d]))
			return d;
		for (int lang = 0; lang < LANG_COUNT; lang++)
			if (says(a, s, len,
				review_word(a, (enum review_lang)lang, (enum decision)d, t)))
				return d;
	}
	bool alike = strcmp(info->system[LEFT], info->system[RIGHT]) == 0;
	for (int side = LEFT; side <= RIGHT; side++) {
		const char *name[] = { info->system[side], side_name((enum side)side) };
		for (size_t i = alike ? 1 : 0; i < 2; i++)
			for (int lang = 0; lang < LANG_COUNT; lang++)
				if (says(a, s, len,
					review_fill(a, texts[TEXT_KEEP][lang], "", name[i], "")))
					return side == LEFT ? DECISION_KEEP_LEFT
							    : DECISION_KEEP_RIGHT;
	}
	return -1;
}
