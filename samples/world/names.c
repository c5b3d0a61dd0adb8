/* Invented companies, people, deal titles, notes and solutions. Brands are the fictitious ones of
 * Microsoft's own samples, e-mail addresses stand under example.com, which nobody owns (RFC 2606).
 */
#include <string.h>
#include "samples/world/world.h"

struct town {
	const char *name, *postal;
};

struct named {
	const char *text, *ascii;
};

struct locale {
	const char *country, *currency, *company, *street, *dial;
	struct town town[5];
	struct named first[5], last[5];
	const char *title[4];
};

/* company: %1 brand and %2 town; street: house number first where the country writes it so. */
static const struct locale locales[] = {
	{ "FR", "EUR", "%s %s SAS", "%u rue des Églantines", "+331000",
	    { { "Besançon", "25000" }, { "Orléans", "45000" }, { "Saint-Étienne", "42000" },
		{ "Nîmes", "30900" }, { "Lyon", "69002" } },
	    { { "Zoé", "zoe" }, { "François", "francois" }, { "Amélie", "amelie" },
		{ "Loïc", "loic" }, { "Camille", "camille" } },
	    { { "Lefèvre", "lefevre" }, { "Garçon", "garcon" }, { "Bénard", "benard" },
		{ "D'Aubigné", "daubigne" }, { "Durand", "durand" } },
	    { "Plateforme d'analyse", "Migration vers le nuage", "Poste de travail sécurisé",
		"Modernisation de l'entrepôt" } },
	{ "DE", "EUR", "%s %s GmbH", "Lindenstraße %u", "+493000",
	    { { "Köln", "50667" }, { "München", "80331" }, { "Görlitz", "02826" },
		{ "Würzburg", "97070" }, { "Bremen", "28195" } },
	    { { "Jürgen", "juergen" }, { "Käthe", "kaethe" }, { "Sören", "soeren" },
		{ "Anneliese", "anneliese" }, { "Björn", "bjoern" } },
	    { { "Müller", "mueller" }, { "Größ", "groess" }, { "Schäfer", "schaefer" },
		{ "von Bülow", "vonbuelow" }, { "Weiß", "weiss" } },
	    { "Datenplattform", "Umzug in die Cloud", "Einführung Arbeitsplatz",
		"Lagerverwaltung für Großkunden" } },
	{ "ES", "EUR", "%s %s S.L.", "Calle de la Peña, %u", "+349100",
	    { { "Málaga", "29001" }, { "León", "24001" }, { "Logroño", "26001" },
		{ "A Coruña", "15001" }, { "Valencia", "46001" } },
	    { { "Íñigo", "inigo" }, { "María", "maria" }, { "Begoña", "begona" },
		{ "Andrés", "andres" }, { "Lucía", "lucia" } },
	    { { "Núñez", "nunez" }, { "García", "garcia" }, { "Ibáñez", "ibanez" },
		{ "Muñoz", "munoz" }, { "Pérez", "perez" } },
	    { "Renovación del almacén", "Análisis de señales", "Migración a la nube",
		"Puesto de trabajo móvil" } },
	{ "CZ", "EUR", "%s %s s.r.o.", "Dlouhá třída %u", "+420200",
	    { { "Plzeň", "301 00" }, { "Jihlava", "586 01" }, { "Třebíč", "674 01" },
		{ "Děčín", "405 02" }, { "Brno", "602 00" } },
	    { { "Jiří", "jiri" }, { "Zdeňka", "zdenka" }, { "Ondřej", "ondrej" },
		{ "Kateřina", "katerina" }, { "Šárka", "sarka" } },
	    { { "Dvořák", "dvorak" }, { "Němcová", "nemcova" }, { "Růžička", "ruzicka" },
		{ "Čapek", "capek" }, { "Svoboda", "svoboda" } },
	    { "Přechod do cloudu", "Datový sklad", "Řízení výroby", "Zabezpečení poboček" } },
	{ "JP", "JPY", "%s %s 株式会社", "中央区%u番地", "+813000",
	    { { "横浜", "220-0011" }, { "札幌", "060-0001" }, { "神戸", "650-0021" },
		{ "福岡", "810-0001" }, { "仙台", "980-0021" } },
	    { { "健太", "kenta" }, { "さくら", "sakura" }, { "翔", "sho" }, { "陽子", "yoko" },
		{ "直樹", "naoki" } },
	    { { "田中", "tanaka" }, { "鈴木", "suzuki" }, { "高橋", "takahashi" },
		{ "渡辺", "watanabe" }, { "伊藤", "ito" } },
	    { "データ基盤構築", "クラウド移行", "在庫管理の刷新", "セキュリティ強化" } },
	{ "GB", "GBP", "%s %s Ltd", "%u Kingfisher Lane", "+442000",
	    { { "Leeds", "LS1 4AP" }, { "Bath", "BA1 1RG" }, { "Stoke-on-Trent", "ST1 1HP" },
		{ "King's Lynn", "PE30 1EX" }, { "Newport", "NP20 1FS" } },
	    { { "Siân", "sian" }, { "Oliver", "oliver" }, { "Chloë", "chloe" },
		{ "Harry", "harry" }, { "Aoife", "aoife" } },
	    { { "O'Neill", "oneill" }, { "Brontë", "bronte" }, { "Smith-Jones", "smithjones" },
		{ "Patel", "patel" }, { "Taylor", "taylor" } },
	    { "Data warehouse renewal", "Cloud migration", "Secure workplace",
		"Retail insights pilot" } },
	{ "US", "USD", "%s %s LLC", "%u Sycamore Ave, Suite 4", "+120255501",
	    { { "Austin", "78701" }, { "Boise", "83702" }, { "Cañon City", "81212" },
		{ "Portland", "97201" }, { "Raleigh", "27601" } },
	    { { "Renée", "renee" }, { "José", "jose" }, { "Emily", "emily" },
		{ "Michael", "michael" }, { "Zoë", "zoe" } },
	    { { "Peña", "pena" }, { "Johnson", "johnson" }, { "Nguyễn", "nguyen" },
		{ "Miller", "miller" }, { "Brown", "brown" } },
	    { "Analytics platform", "Disaster recovery", "Contact center upgrade",
		"Field service roll-out" } },
	{ "SE", "SEK", "%s %s AB", "Ängsgatan %u", "+46800",
	    { { "Malmö", "211 20" }, { "Örebro", "702 10" }, { "Västerås", "722 11" },
		{ "Umeå", "903 26" }, { "Göteborg", "411 03" } },
	    { { "Åsa", "asa" }, { "Björn", "bjorn" }, { "Märta", "marta" }, { "Östen", "osten" },
		{ "Linnéa", "linnea" } },
	    { { "Sjöberg", "sjoberg" }, { "Åkesson", "akesson" }, { "Bäckström", "backstrom" },
		{ "Lindgren", "lindgren" }, { "Öberg", "oberg" } },
	    { "Dataplattform", "Flytt till molnet", "Säker arbetsplats", "Lageröversyn" } },
	{ "CH", "CHF", "%s %s AG", "Bärenplatz %u", "+41440",
	    { { "Zürich", "8001" }, { "Genève", "1201" }, { "Neuchâtel", "2000" },
		{ "Bülach", "8180" }, { "Chur", "7000" } },
	    { { "Urs", "urs" }, { "Noémie", "noemie" }, { "Reto", "reto" }, { "Ladina", "ladina" },
		{ "Jörg", "joerg" } },
	    { { "Zürcher", "zuercher" }, { "Bühlmann", "buehlmann" }, { "Rochat", "rochat" },
		{ "Caduff", "caduff" }, { "Hänni", "haenni" } },
	    { "Datendrehscheibe", "Migration Rechenzentrum", "Poste de travail hybride",
		"Qualitätssicherung" } },
};
#define LOCALES (sizeof(locales) / sizeof(locales[0]))

static const char *const brands[] = { "Fabrikam", "Northwind", "Adatum", "Tailspin", "Wingtip",
	"Litware", "Proseware", "Woodgrove", "Relecloud", "Trey Research", "Alpine Ski House",
	"Coho Winery", "Lucerne", "Margie's Travel" };
#define BRANDS (sizeof(brands) / sizeof(brands[0]))

static const char *const notes[] = {
	"Pilot in Q4, roll-out in spring.",
	"Ruft Montag zurück; Budget ist freigegeben, Vertrag folgt.",
	"Le client souhaite une démonstration, puis un devis.",
	"He said \"yes, but not before May\".",
	"Two sites:\n- head office\n- warehouse",
	"Klient chce nabídku do konce čtvrtletí.",
	"予算は承認済み。来月に最終提案。",
	"Espera la aprobación del comité; después, firma.",
	"Needs SSO, audit trail and 99.9 % uptime.",
	"Avancé avec l'équipe \"Données\"; reste la sécurité, les coûts.",
	"Konkurrent: intern lösning; pris avgör.",
	"Renewal of the 2023 contract.",
};
#define NOTES (sizeof(notes) / sizeof(notes[0]))

static const struct named solutions[] = {
	{ "Contoso Analytics", "SOL-10001-AAA" },
	{ "Contoso Warehouse", "SOL-10002-BBX" },
	{ "Contoso Secure Workplace", "SOL-2173-UYM" },
	{ "Contoso Cloud Move", "SOL-34104-EBB" },
	{ "Contoso Field Service", "SOL-6115380-IPC" },
	{ "Contoso Retail Insights", "SOL-1234-PQRS" },
	{ "Contoso Quality", "SOL-51877-KLE" },
	{ "Contoso Data Hub", "SOL-70210-ZTA" },
	{ "Microsoft cloud platform", "a4b1c2d3-0000-4000-8000-0000000005c1" },
	{ "Microsoft business suite", "a4b1c2d3-0000-4000-8000-0000000005c2" },
};
#define SOLUTIONS (sizeof(solutions) / sizeof(solutions[0]))

static const struct person users[USER_COUNT] = {
	{ "Alix", "Martin", "+33100000001", "alix.martin@example.com" },
	{ "Bärbel", "Köhler", "+49300000002", "baerbel.koehler@example.com" },
	{ "Iñaki", "Echeverría", "+34910000003", "inaki.echeverria@example.com" },
	{ "Eliška", "Králová", "+42020000004", "eliska.kralova@example.com" },
	{ "蓮", "中村", "+81300000005", "ren.nakamura@example.com" },
	{ "Grace", "Whitfield", "+44200000006", "grace.whitfield@example.com" },
	{ "Saga", "Nyström", "+46800000007", "saga.nystrom@example.com" },
	{ "Devon", "Price", "+12025550108", "devon.price@example.com" },
	{ "Noël", "Sans-Mobile", "", "noel.sansmobile@example.com" },
};

size_t locale_count(void)
{
	return LOCALES;
}

const struct locale *locale_at(size_t i)
{
	return &locales[i % LOCALES];
}

const char *locale_country(const struct locale *l)
{
	return l->country;
}

const char *locale_currency(const struct locale *l)
{
	return l->currency;
}

static const struct locale *locale_of(const char *country)
{
	for (size_t i = 0; i < LOCALES; i++)
		if (!strcmp(locales[i].country, country))
			return &locales[i];
	return &locales[0];
}

/* Fills the one %s or %u pattern of the tables above; written out so that no format string is data.
 */
static const char *fill(struct arena *a, const char *pattern, const char *first, const char *second)
{
	struct buf b = { 0 };
	buf_init(&b, 0);
	const char *part[2] = { first, second };
	size_t next = 0;
	for (const char *p = pattern; *p; p++) {
		if (*p == '%' && p[1] && next < 2) {
			buf_adds(&b, part[next++]);
			p++;
		} else {
			buf_addc(&b, *p);
		}
	}
	const char *text = arena_dup(a, b.s, b.len);
	buf_release(&b);
	return text;
}

struct party company_at(struct arena *a, size_t k)
{
	size_t places = LOCALES * 5;
	size_t mixed = k * 269 % (places * BRANDS); /* 269 is prime to 630: all differ */
	const struct locale *l = &locales[mixed % places / 5];
	const struct town *town = &l->town[mixed % 5];
	struct party p = { .city = town->name, .postal = town->postal, .country = l->country };
	p.name = fill(a, l->company, brands[mixed / places], town->name);
	p.line1 = fill(a, l->street, arena_printf(a, "%zu", 1 + mixed % 97), "");
	return p;
}

struct person contact_of(struct arena *a, struct prng *r, const char *country, uint64_t number)
{
	const struct locale *l = locale_of(country);
	const struct named *first = &l->first[prng_below(r, 5)], *last = &l->last[prng_below(r, 5)];
	struct person p = { first->text, last->text, NULL, NULL };
	p.phone = arena_printf(a, "%s%05u", l->dial, (unsigned)(number % 100000));
	p.email =
	    arena_printf(a, "%s.%s.%04u@example.com", first->ascii, last->ascii, (unsigned)number);
	return p;
}

const char *deal_title(
    struct arena *a, struct prng *r, const struct party *customer, uint64_t number)
{
	const struct locale *l = locale_of(customer->country);
	return arena_printf(
	    a, "%s %s %04u", l->title[prng_below(r, 4)], customer->city, (unsigned)number);
}

const char *note_of(struct prng *r)
{
	return notes[prng_below(r, NOTES)];
}

const char *solution_of(size_t k)
{
	return solutions[k % SOLUTIONS].ascii;
}

const char *solution_title(const char *id)
{
	for (size_t i = 0; i < SOLUTIONS; i++)
		if (!strcmp(solutions[i].ascii, id))
			return solutions[i].text;
	return NULL;
}

size_t solution_count(void)
{
	return SOLUTIONS;
}

struct person user_at(size_t k)
{
	return users[k % USER_COUNT];
}
