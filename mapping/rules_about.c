/* One row for each rule of the pack, in order of id. The connector's help pages say "Referrals admin" for the role that
 * mends deals in Partner Center, and "CRM administrator" for whoever may change accounts, currencies and users. */
#include "mapping/rules_about.h"

#include <string.h>
#include "core/buf.h"

#define SELLER (WHO_SELLER)
#define BOTH   (WHO_SELLER | WHO_CRM_ADMIN)
#define PCA    (WHO_PC_ADMIN)
#define CRMA   (WHO_CRM_ADMIN)
#define INT    (WHO_INTEGRATOR)

/* clang-format off */
static const struct rule_about about[] = {
	{ "R01", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_TROUBLE | FROM_CONNECTOR | FROM_DEALS | FROM_IMPORT, "solutions @products",
	  { "a deal to be shared names at least one solution", "une affaire à partager nomme au moins une solution" } },
	{ "R02", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER | PCA, FROM_TROUBLE | FROM_CONNECTOR, "solutions",
	  { "each solution id looks like one that Microsoft knows", "chaque ID de solution ressemble à un ID connu de Microsoft" } },
	{ "R03", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_TROUBLE | FROM_CONNECTOR | FROM_IMPORT, "country",
	  { "the customer has a country", "le client a un pays" } },
	{ "R04", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_TROUBLE | FROM_CONNECTOR | FROM_IMPORT, "country",
	  { "the customer's country is a two-letter code", "le pays du client est un code à deux lettres" } },
	{ "R05", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_TROUBLE | FROM_CONNECTOR, "country",
	  { "the customer's country is no telephone prefix", "le pays du client n'est pas un indicatif téléphonique" } },
	{ "R06", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_TROUBLE | FROM_CONNECTOR | FROM_IMPORT, "help contact @contact_email",
	  { "a deal for which Microsoft's help is asked has a customer contact", "une affaire pour laquelle l'aide de Microsoft est demandée a un contact client" } },
	{ "R07", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_DEALS | FROM_IMPORT, "help @contact_email @contact_first @contact_last @contact_phone",
	  { "that contact has first name, last name, phone and e-mail", "ce contact a prénom, nom, téléphone et e-mail" } },
	{ "R08", ASK_RECORD, IN_CRM, false, IN_CRM, SELLER, FROM_TROUBLE | FROM_CONNECTOR, "@sync",
	  { "Sync with Partner Center is on", "« Synchroniser avec l'Espace partenaires » est activé" } },
	{ "R09", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_TROUBLE | FROM_DEALS | FROM_IMPORT, "deal_value",
	  { "the estimated revenue is there, is a number and is not negative", "le chiffre d'affaires estimé existe, est un nombre et n'est pas négatif" } },
	{ "R10", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_TROUBLE | FROM_DEALS | FROM_IMPORT, "close_date",
	  { "the estimated close date is there and is a date", "la date de clôture estimée existe et est une date" } },
	{ "R11", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_TROUBLE | FROM_CONNECTOR, "deal_currency",
	  { "the deal has a currency", "l'affaire a une devise" } },
	{ "R12", ASK_RECORD, IN_PC, true, IN_CRM, CRMA, FROM_TROUBLE, "deal_currency",
	  { "the CRM knows the referral's currency", "le CRM connaît la devise de la référence" } },
	{ "R13", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_API | FROM_IMPORT, "deal_currency",
	  { "the currency is an ISO 4217 code", "la devise est un code ISO 4217" } },
	{ "R14", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_IMPORT, "@address @city",
	  { "the customer has a street and a city", "le client a une rue et une ville" } },
	{ "R15", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_DEALS | FROM_IMPORT, "deal_name customer",
	  { "deal and customer have a name", "l'affaire et le client ont un nom" } },
	{ "R16", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER | PCA, FROM_DEALS | FROM_IMPORT, "@team_email @team_first @team_last @team_phone",
	  { "one member of the team has first name, last name, phone and e-mail", "un membre de l'équipe a prénom, nom, téléphone et e-mail" } },
	{ "R17", ASK_RECORD, IN_PC, true, IN_CRM, CRMA, FROM_TROUBLE, "@team_email",
	  { "each member of the referral's team is an active user of the CRM", "chaque membre de l'équipe de la référence est un utilisateur actif du CRM" } },
	{ "R18", ASK_RECORD, IN_PC, true, IN_PC, SELLER, FROM_API | FROM_DEALS | FROM_IMPORT, "@consent_share @consent_contact",
	  { "the customer's consent to be contacted and to share contacts is recorded", "le consentement du client au contact et au partage des coordonnées est enregistré" } },
	{ "R19", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_IMPORT, "purchase_intent",
	  { "the marketplace purchase intent is stated, where the mapping has it", "l'intention d'achat sur la place de marché est indiquée, si le mapping la connaît" } },
	{ "R20", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_API, "services_cosell partner_role solution_area solution_play",
	  { "a services co-sell deal has partner role, solution area and solution play", "une affaire de covente de services a rôle du partenaire, domaine et scénario de solution" } },
	{ "R21", ASK_RECORD, IN_CRM, true, IN_CRM, BOTH, FROM_CONNECTOR, "@products solutions",
	  { "solution ids do not stand in the obsolete products field alone", "les ID de solution ne sont pas seulement dans le champ Produits obsolète" } },
	{ "R22", ASK_RECORD, IN_PC, false, IN_PC, PCA, FROM_TROUBLE, "@peer",
	  { "the CRM ID on the referral exists in the CRM", "l'ID CRM de la référence existe dans le CRM" } },
	{ "R23", ASK_RECORD, IN_PC, true, IN_CONNECTOR, INT | PCA, FROM_TROUBLE | FROM_CONNECTOR, "@peer",
	  { "an open referral older than 10 minutes has a CRM ID", "une référence ouverte de plus de 10 minutes a un ID CRM" } },
	{ "R24", ASK_RECORD, IN_CRM, false, IN_CRM, CRMA, FROM_SAFE | FROM_IMPORT, "@peer",
	  { "the referral ID in the CRM exists in Partner Center", "l'ID de référence du CRM existe dans l'Espace partenaires" } },
	{ "R25", ASK_RECORD, IN_EITHER, false, IN_BOTH, CRMA | PCA, FROM_SAFE | FROM_API, "@peer",
	  { "no other record names the same partner", "aucun autre enregistrement ne nomme le même partenaire" } },
	{ "R26", ASK_RECORD, IN_EITHER, false, IN_BOTH, CRMA | PCA, FROM_SAFE, "@peer",
	  { "both records name each other and no third one", "les deux enregistrements se nomment l'un l'autre, et aucun autre" } },
	{ "R27", ASK_RECORD, IN_PC, true, IN_CRM, SELLER, FROM_TROUBLE, "@peer",
	  { "an open referral has its opportunity in the CRM", "une référence ouverte a son opportunité dans le CRM" } },
	{ "R28", ASK_RECORD, IN_CRM, true, IN_CONNECTOR, SELLER | INT, FROM_TROUBLE | FROM_CONNECTOR, "@peer @sync",
	  { "an opportunity marked for sync has its referral", "une opportunité à synchroniser a sa référence" } },
	{ "R29", ASK_RECORD, IN_EITHER, false, IN_BOTH, BOTH, FROM_CONNECTOR, "postal_code customer",
	  { "the customer's postal code is there and the same on both sides", "le code postal du client existe et est le même des deux côtés" } },
	{ "R30", ASK_RECORD, IN_PC, false, IN_CONFIG, PCA | INT, FROM_CONNECTOR, "@partner_id",
	  { "the referral belongs to a partner ID of the co-sell solutions", "la référence appartient à un ID partenaire des solutions de covente" } },
	{ "R31", ASK_PAIR, IN_EITHER, false, IN_CRM, SELLER, FROM_TROUBLE | FROM_DEALS | FROM_IMPORT, "status",
	  { "a deal closed in Partner Center is closed in the CRM", "une affaire clôturée dans l'Espace partenaires l'est dans le CRM" } },
	{ "R32", ASK_PAIR, IN_EITHER, false, IN_PC, SELLER, FROM_SAFE | FROM_DEALS, "status",
	  { "a deal closed in the CRM is closed in Partner Center", "une affaire clôturée dans le CRM l'est dans l'Espace partenaires" } },
	{ "R33", ASK_PAIR, IN_EITHER, false, IN_CRM, SELLER, FROM_SAFE | FROM_DEALS, "status",
	  { "a deal closed on both sides has one outcome", "une affaire clôturée des deux côtés a un seul résultat" } },
	{ "R34", ASK_PLAN, IN_PC, false, IN_PC, SELLER, FROM_API | FROM_DEALS, "status",
	  { "a change of status is one that Partner Center allows", "un changement d'état est permis par l'Espace partenaires" } },
	{ "R35", ASK_RECORD, IN_PC, false, IN_PC, PCA, FROM_API | FROM_IMPORT, "status",
	  { "status and substatus belong together", "état et sous-état vont ensemble" } },
	{ "R36", ASK_RECORD, IN_PC, true, IN_PC, SELLER, FROM_API | FROM_DEALS, "status @expires @created",
	  { "an incoming referral is answered before 14 days are over", "une référence entrante reçoit une réponse avant 14 jours" } },
	{ "R37", ASK_PAIR, IN_EITHER, false, IN_PC, SELLER, FROM_API | FROM_IMPORT, "status @reason",
	  { "a deal to be closed as Lost or Declined has a reason", "une affaire à clôturer comme perdue ou refusée a un motif" } },
	{ "R38", ASK_PAIR, IN_EITHER, false, IN_CRM, SELLER, FROM_CONNECTOR, "status",
	  { "the opportunity was not edited in the on-hold stage", "l'opportunité n'a pas été modifiée à l'étape d'attente" } },
	{ "R39", ASK_PLAN, IN_PC, false, IN_CRM, SELLER, FROM_CONNECTOR, "visible",
	  { "visibility to Microsoft is not taken back", "la visibilité pour Microsoft n'est pas retirée" } },
	{ "R40", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_CONNECTOR | FROM_DEALS, "visible help",
	  { "a deal for which help is asked is shared with Microsoft", "une affaire pour laquelle l'aide est demandée est partagée avec Microsoft" } },
	{ "R41", ASK_RECORD, IN_PC, false, IN_PC, SELLER, FROM_DEALS, "status @created",
	  { "the deal is not won within 72 hours of its creation", "l'affaire n'est pas gagnée dans les 72 heures après sa création" } },
	{ "R42", ASK_PAIR, IN_EITHER, false, IN_BOTH, SELLER, FROM_SAFE | FROM_CONNECTOR, "deal_value deal_currency",
	  { "amounts in one currency are equal", "les montants dans une même devise sont égaux" } },
	{ "R43", ASK_PAIR, IN_EITHER, false, IN_BOTH, SELLER, FROM_SAFE | FROM_TROUBLE, "deal_currency",
	  { "both sides have one currency", "les deux côtés ont une seule devise" } },
	{ "R44", ASK_PAIR, IN_EITHER, false, IN_BOTH, SELLER, FROM_IMPORT, "close_date",
	  { "the close dates are at most one day apart", "les dates de clôture ont au plus un jour d'écart" } },
	{ "R45", ASK_RECORD, IN_CRM, false, IN_CONNECTOR, INT, FROM_CONNECTOR, "deal_name",
	  { "the name carries no mark of the connector", "le nom ne porte pas de marque du connecteur" } },
	{ "R46", ASK_PAIR, IN_EITHER, false, IN_PC, SELLER, FROM_API, "deal_name",
	  { "the deal has one name on both sides", "l'affaire a le même nom des deux côtés" } },
	{ "R47", ASK_RECORD, IN_CRM, false, IN_CRM, SELLER | CRMA, FROM_TROUBLE | FROM_CONNECTOR, "@audit",
	  { "the last line of the connector's audit text tells of no failure", "la dernière ligne du texte d'audit du connecteur ne signale pas d'échec" } },
	{ "R48", ASK_PAIR, IN_EITHER, false, IN_CONNECTOR, INT | CRMA, FROM_TROUBLE | FROM_CONNECTOR, "",
	  { "fields that are synchronised do not differ for more than 10 minutes", "les champs synchronisés ne diffèrent pas plus de 10 minutes" } },
	{ "R49", ASK_SETUP, IN_EITHER, false, IN_CONNECTOR, PCA | INT, FROM_TROUBLE, "",
	  { "the connector's sign-in to Partner Center is valid", "la connexion du connecteur à l'Espace partenaires est valide" } },
	{ "R50", ASK_SETUP, IN_EITHER, false, IN_PC, PCA, FROM_TROUBLE, "",
	  { "the account has the Referrals admin role", "le compte a le rôle Administrateur des références" } },
	{ "R51", ASK_SETUP, IN_EITHER, false, IN_CRM, CRMA, FROM_TROUBLE, "",
	  { "the account may administer or customise the CRM", "le compte peut administrer ou personnaliser le CRM" } },
	{ "R52", ASK_SETUP, IN_EITHER, false, IN_CONNECTOR, INT, FROM_TROUBLE, "",
	  { "the flows' account has signed in to Power Automate once", "le compte des flux s'est connecté une fois à Power Automate" } },
	{ "R53", ASK_SETUP, IN_EITHER, false, IN_CONNECTOR, INT, FROM_TROUBLE | FROM_CONNECTOR, "",
	  { "all four webhook events are registered", "les quatre événements de webhook sont inscrits" } },
	{ "R54", ASK_SETUP, IN_EITHER, false, IN_CONNECTOR, INT, FROM_TROUBLE | FROM_CONNECTOR, "",
	  { "child flows were turned on before their parents", "les flux enfants ont été activés avant leurs parents" } },
	{ "R55", ASK_SETUP, IN_EITHER, false, IN_CONNECTOR, INT, FROM_TROUBLE, "",
	  { "production does not run on a trial connector", "la production n'utilise pas un connecteur d'essai" } },
	{ "R56", ASK_RUN, IN_EITHER, false, IN_CONFIG, CRMA | INT, FROM_TROUBLE, "",
	  { "the calls of a plan fit into the day's allowance", "les appels d'un plan tiennent dans le quota du jour" } },
	{ "R57", ASK_RUN, IN_EITHER, false, IN_CONFIG, CRMA, FROM_IMPORT, "",
	  { "an import file has at most 1,000 rows", "un fichier d'import a au plus 1 000 lignes" } },
	{ "R58", ASK_RUN, IN_EITHER, false, IN_PC, PCA, FROM_IMPORT, "",
	  { "an export of Partner Center was not cut at 5,000 rows", "un export de l'Espace partenaires n'a pas été coupé à 5 000 lignes" } },
	{ "R59", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_IMPORT, "solutions @team_email",
	  { "a deal has at most 50 solutions and 50 team members", "une affaire a au plus 50 solutions et 50 membres d'équipe" } },
	{ "R60", ASK_PLAN, IN_PC, false, IN_PC, SELLER | PCA, FROM_API, "",
	  { "a changed field may be updated after creation", "un champ modifié peut être mis à jour après création" } },
	{ "R61", ASK_RUN, IN_PC, false, IN_CONFIG, CRMA, FROM_API, "",
	  { "the referral has not moved since it was read", "la référence n'a pas changé depuis sa lecture" } },
	{ "R62", ASK_PLAN, IN_PC, false, IN_CRM, SELLER, FROM_DEALS | FROM_IMPORT, "status",
	  { "nothing is written on a closed deal", "rien n'est écrit sur une affaire clôturée" } },
	{ "R63", ASK_SETUP, IN_EITHER, false, IN_CONFIG, PCA | INT, FROM_API, "",
	  { "the sign-in used multifactor authentication", "la connexion a utilisé l'authentification multifacteur" } },
	{ "R64", ASK_RECORD, IN_CRM, false, IN_BOTH, SELLER, FROM_SAFE | FROM_DEALS, "visible @contact_email",
	  { "no write would show the customer's contacts to Microsoft for the first time", "aucune écriture ne montrerait pour la première fois les contacts du client à Microsoft" } },
	{ "R65", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_SAFE, "close_date",
	  { "an open deal's close date is not past", "la date de clôture d'une affaire ouverte n'est pas passée" } },
	{ "V01", ASK_RECORD, IN_EITHER, false, IN_EITHER, SELLER | INT, FROM_SAFE, "",
	  { "every mapped value can be read", "chaque valeur du mapping peut être lue" } },
};
/* clang-format on */

const struct rule_about *rule_about(const char *id)
{
	for (size_t i = 0; i < sizeof about / sizeof about[0]; i++)
		if (!strcmp(about[i].id, id))
			return &about[i];
	return NULL;
}

static const char *join(unsigned bits, const enum rules_text *text, size_t n, int lang, struct arena *a)
{
	struct buf b = { 0 };
	for (size_t i = 0; i < n; i++)
		if (bits & (1u << i))
			buf_addf(&b, "%s%s", b.len ? ", " : "", rules_template(text[i], lang));
	const char *out = arena_dup(a, b.s ? b.s : "", b.len);
	buf_release(&b);
	return out;
}

const char *rule_who(unsigned who, int lang, struct arena *a)
{
	static const enum rules_text text[] = { RT_SELLER, RT_CRM_ADMIN, RT_PC_ADMIN, RT_INTEGRATOR };
	return join(who, text, 4, lang, a);
}

const char *rule_source(unsigned source, int lang, struct arena *a)
{
	static const enum rules_text text[] = { RT_FROM_TROUBLE, RT_FROM_CONNECTOR, RT_FROM_DEALS, RT_FROM_IMPORT, RT_FROM_API,
		RT_FROM_SAFE };
	return join(source, text, 6, lang, a);
}
