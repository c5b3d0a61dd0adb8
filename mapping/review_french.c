/* What the planner says of a row (why, evidence, what to do) is kept in English, whoever asked; a French workbook says it in
 * French. Each sentence stands here as the planner builds it, with slots for what varies; a sentence that is not known
 * stays as it is. Rules bring texts of their own in both languages. */
#include <string.h>
#include "core/buf.h"
#include "mapping/review_parts.h"
#include "mapping/rules.h"

#define SLOTS 5

/* The first that fits counts: the longer of two that begin alike stands first. */
/* clang-format off */
static const char *const sentences[][2] = {
	{ "{1} was never told of its partner in {2}", "{1} n'a jamais reçu l'identifiant de son partenaire dans {2}" },
	{ "a person linked these two records", "une personne a lié ces deux enregistrements" },
	{ "the other record holds the identifier of this one", "l'autre enregistrement porte l'identifiant de celui-ci" },
	{ "the CRM record is {1}; a New referral is accepted first, the next plan proposes the closing",
	  "l'enregistrement du CRM est {1} ; une référence New est d'abord acceptée, le plan suivant propose la clôture" },
	{ "Approve the accept, apply, and plan again.", "Approuvez l'acceptation, appliquez, puis planifiez de nouveau." },
	{ "taking an element out deletes its row in {1}", "retirer un élément supprime sa ligne dans {1}" },
	{ "{1} changed, {2} did not", "{1} a changé, pas {2}" },
	{ "both sides changed the set; their changes are put together",
	  "les deux côtés ont changé l'ensemble ; leurs changements sont réunis" },
	{ "both sides changed the set", "les deux côtés ont changé l'ensemble" },
	{ "both sides changed since they last agreed", "les deux côtés ont changé depuis leur dernier accord" },
	{ "the deal and its contacts become visible to Microsoft; this cannot be taken back",
	  "l'affaire et ses contacts deviennent visibles pour Microsoft ; c'est définitif" },
	{ "this difference was rejected; it is proposed again when either side moves",
	  "cette différence a été rejetée ; elle sera proposée de nouveau quand un côté changera" },
	{ "the sides differ and no base says which one changed", "les côtés diffèrent et aucune base ne dit lequel a changé" },
	{ "the sides differ, and neither changed since they last agreed",
	  "les côtés diffèrent, et aucun n'a changé depuis leur dernier accord" },
	{ "the sides differ, and neither may be written after creation",
	  "les côtés diffèrent, et aucun ne peut être modifié après la création" },
	{ "the fields of group {1} point in different directions", "les champs du groupe {1} vont dans des sens différents" },
	{ "Decide which side to keep, or enter a value with the decision edit.",
	  "Choisissez le côté à garder, ou tapez une valeur avec la décision « modifier »." },
	{ "a create needs a complete read of both sides; {1}: {2}",
	  "une création demande une lecture complète des deux côtés ; {1} : {2}" },
	{ "Read both sides whole, without --since and --where, and plan again.",
	  "Lisez les deux côtés en entier, sans --since ni --where, puis planifiez de nouveau." },
	{ "{1} has no partner in {2}. Approving states that the customer agreed to share contact data with Microsoft; name the approver",
	  "{1} n'a pas de partenaire dans {2}. Approuver déclare que le client accepte le partage de ses coordonnées avec "
	  "Microsoft ; nommez l'approbateur" },
	{ "{1} has no partner in {2}", "{1} n'a pas de partenaire dans {2}" },
	{ "These may be one deal; no identifier links them. Approve to link them; reject to have each created on the other side.",
	  "C'est peut-être une seule affaire ; aucun identifiant ne les relie. Approuvez pour les lier ; rejetez pour que chacune "
	  "soit créée de l'autre côté." },
	{ "{1}, after START; {2}, before", "{1}, après START ; {2}, avant" },
	{ "{1} last modified {2}; {3}", "dernière modification : {1} {2} ; {3}" },
	{ "{1} moves one way only, and {2} is further on", "{1} ne va que dans un sens, et {2} est plus avancé" },
	{ "{1} moves one way only and is not taken back", "{1} ne va que dans un sens et n'est pas repris" },
	{ "only {1} may be written, so it follows {2}", "seul {1} peut être modifié ; il suit donc {2}" },
	{ "the mapping prefers {1} for {2}", "le mapping préfère {1} pour {2}" },
	{ "the base file covers one side only; the other is taken to have held the same",
	  "le fichier de base ne couvre qu'un côté ; l'autre est supposé avoir eu la même valeur" },
	{ "by its own history {1} held \"{2}\" at START ({3}): {4}",
	  "selon son propre historique, {1} avait « {2} » à START ({3}) : {4}" },
	{ "{1}; both sides hold another value now", "{1} ; les deux côtés ont une autre valeur maintenant" },
	{ "score {1} of 100: {2}", "score {1} sur 100 : {2}" },
	{ "with {1}", "avec {1}" },
};
/* The pieces of a score. */
static const char *const pieces[][2] = {
	{ "same customer", "même client" }, { "same postal code", "même code postal" }, { "same country", "même pays" },
	{ "another country", "autre pays" }, { "same deal name", "même nom d'affaire" }, { "same value", "même valeur" },
	{ "same close date", "même date de clôture" },
};
/* clang-format on */

struct slot {
	const char *s;
	size_t len;
};

/* Does the text fit the template? Fills the slots; each takes as little as lets the rest fit its next literal. */
static bool fits(const char *template, const char *text, struct slot slot[SLOTS])
{
	while (*template) {
		size_t literal = strcspn(template, "{");
		if (literal) {
			if (strncmp(template, text, literal) != 0)
				return false;
			template += literal;
			text += literal;
			continue;
		}
		struct slot *out = &slot[template[1] - '1'];
		template += 3;
		size_t next = strcspn(template, "{");
		*out = (struct slot){ text, strlen(text) };
		if (next) {
			const char *at = text;
			while (*at && strncmp(at, template, next) != 0)
				at++;
			if (!*at)
				return false;
			out->len = (size_t)(at - text);
			text = at;
		} else {
			text += out->len;
		}
		if (!out->len)
			return false;
	}
	return !*text;
}

static void fill(struct buf *b, const char *template, const struct slot slot[SLOTS])
{
	for (const char *s = template; *s; s++) {
		if (s[0] == '{' && s[1] >= '1' && s[1] <= '0' + SLOTS && s[2] == '}') {
			buf_add(b, slot[s[1] - '1'].s, slot[s[1] - '1'].len);
			s += 2;
		} else {
			buf_addc(b, *s);
		}
	}
}

static const char *with_pieces(struct arena *a, const char *text)
{
	struct buf b = { 0 };

	while (*text) {
		size_t i = 0, n = sizeof pieces / sizeof *pieces;
		while (i < n && strncmp(text, pieces[i][0], strlen(pieces[i][0])) != 0)
			i++;
		if (i < n)
			buf_adds(&b, pieces[i][1]);
		else
			buf_addc(&b, *text);
		text += i < n ? strlen(pieces[i][0]) : 1;
	}
	const char *out = arena_dup(a, b.len ? b.s : "", b.len);
	buf_release(&b);
	return out;
}

/* See review_parts.h. */
const char *review_french(struct arena *a, const struct plan_row *r, const char *text)
{
	static const char others[] = ": this one and ";
	const struct rule *rule = r->rule[0] ? rule_find(r->rule) : NULL;
	size_t title = rule ? strlen(rule->title_en) : 0;
	struct slot slot[SLOTS] = { { "", 0 } };

	if (rule && strcmp(text, rule->title_en) == 0)
		return rule->title_fr;
	if (rule && strcmp(text, rule->fix_en) == 0)
		return rule->fix_fr;
	if (rule && strncmp(text, rule->title_en, title) == 0 && strncmp(text + title, others, sizeof others - 1) == 0)
		return arena_printf(a, "%s : celui-ci et %s", rule->title_fr, text + title + sizeof others - 1);
	for (size_t i = 0; *text && i < sizeof sentences / sizeof *sentences; i++) {
		if (!fits(sentences[i][0], text, slot))
			continue;
		struct buf b = { 0 };
		fill(&b, sentences[i][1], slot);
		const char *out = arena_dup(a, b.s, b.len);
		buf_release(&b);
		return strncmp(text, "score ", 6) == 0 ? with_pieces(a, out) : out;
	}
	return text;
}
