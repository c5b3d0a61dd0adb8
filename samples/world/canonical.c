/* The canonical reading of a deal, as the shipped mappings name the fields: what base.csv holds and
 * by which expected.json says how the sides differ. */
#include <stdlib.h>
#include <string.h>
#include "samples/world/world.h"

const char *const field_names[FIELD_COUNT] = { "deal_name", "status", "deal_value", "deal_currency",
	"close_date", "notes", "solutions", "help", "visible", "microsoft_id", "program",
	"customer", "country", "postal_code", "contact", "team", "owner" };

enum {
	F_NAME,
	F_STATUS,
	F_VALUE,
	F_CURRENCY,
	F_CLOSE,
	F_NOTES,
	F_SOLUTIONS,
	F_HELP,
	F_VISIBLE,
	F_MICROSOFT,
	F_PROGRAM,
	F_CUSTOMER,
	F_COUNTRY,
	F_POSTAL,
	F_CONTACT,
	F_TEAM,
	F_OWNER
};

const char *crm_name(enum crm crm)
{
	return crm == DYNAMICS ? "dynamics" : "salesforce";
}

bool status_open(const char *status)
{
	return strncmp(status, "Closed/", 7) != 0;
}

bool status_won(const char *status)
{
	return !strcmp(status, "Closed/Won");
}

const char *crm_status(enum crm crm, const char *status)
{
	if (!status_open(status))
		return status_won(status) ? status : "Closed/Lost";
	if (crm == SALESFORCE && !strncmp(status, "New/", 4))
		return "New/Received"; /* the on-hold stage */
	if (!strcmp(status, "Active/Accepted") || !strncmp(status, "New/", 4))
		return "Active/Accepted";
	return status;
}

/* Names and three-letter codes that people type for a country. */
static const char *alpha2(const char *country)
{
	static const char *const known[][3] = { { "FR", "FRA", "France" },
		{ "DE", "DEU", "Germany" }, { "ES", "ESP", "Spain" }, { "CZ", "CZE", "Czechia" },
		{ "JP", "JPN", "Japan" }, { "GB", "GBR", "United Kingdom" },
		{ "US", "USA", "United States" }, { "SE", "SWE", "Sweden" },
		{ "CH", "CHE", "Switzerland" } };
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		for (size_t j = 1; j < 3; j++)
			if (!strcmp(country, known[i][j]))
				return known[i][0];
	return country;
}

/* Partner Center hands out some names with HTML entities in them. */
static const char *decoded(struct arena *a, const char *text)
{
	const char *amp = strstr(text, "&amp;");
	return amp ? arena_printf(a, "%.*s&%s", (int)(amp - text), text, amp + 5) : text;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *join(struct arena *a, const char *const *element, size_t n)
{
	const char *text = "";
	for (size_t i = 0; i < n; i++)
		text = i ? arena_printf(a, "%s;%s", text, element[i]) : element[i];
	return text;
}

static const char *set_of_solutions(struct arena *a, const struct state *s)
{
	const char *sorted[MAX_SOLUTIONS];
	memcpy(sorted, s->solution, sizeof(sorted));
	qsort(sorted, s->n_solutions, sizeof(sorted[0]), by_text);
	return join(a, sorted, s->n_solutions);
}

const char *state_field(struct arena *a, const struct state *s, size_t i)
{
	const char *email[MAX_TEAM] = { s->team[0].email, s->team[1].email };
	switch (i) {
	case F_NAME:
		return s->name;
	case F_STATUS:
		return s->status;
	case F_VALUE:
		return s->value;
	case F_CURRENCY:
		return s->currency;
	case F_CLOSE:
		return day_text(a, s->close_day);
	case F_NOTES:
		return s->notes;
	case F_SOLUTIONS:
		return set_of_solutions(a, s);
	case F_HELP:
		return s->help;
	case F_VISIBLE:
		return s->visible ? "true" : "false";
	case F_MICROSOFT:
		return s->microsoft_id;
	case F_PROGRAM:
		return s->program;
	case F_CUSTOMER:
		return decoded(a, s->customer.name);
	case F_COUNTRY:
		return alpha2(s->customer.country);
	case F_POSTAL:
		return s->customer.postal;
	case F_CONTACT:
		return s->has_contact ? s->contact.email : "";
	case F_TEAM:
		return join(a, email, s->n_team);
	default:
		return s->n_team ? s->team[0].email : "";
	}
}

bool field_same(
    struct arena *a, enum crm crm, const struct state *left, const struct state *right, size_t i)
{
	const char *l = state_field(a, left, i), *r = state_field(a, right, i);
	if (i == F_TEAM)
		return true; /* the CRM has an owner only */
	if (i == F_STATUS)
		return !strcmp(crm_status(crm, l), crm_status(crm, r));
	if (i == F_CLOSE && left->close_day != NO_DAY && right->close_day != NO_DAY)
		return llabs(left->close_day - right->close_day) <= 1;
	return !strcmp(l, r);
}

/* The connector writes its mark before the name, behind it, or with the variation selector of
 * emoji. */
const char *marked_name(struct arena *a, const struct deal *d, const char *name)
{
	switch (d->mark) {
	case 1:
		return arena_printf(a, "\u2714 %s", name);
	case 2:
		return arena_printf(a, "%s \u2714", name);
	case 3:
		return arena_printf(a, "\u2714\uFE0F %s", name);
	case 4:
		return arena_printf(a, "\u274C %s", name);
	default:
		return name;
	}
}

const char *referral_link(struct arena *a, const char *referral_id)
{
	if (!referral_id)
		return NULL;
	return arena_printf(
	    a, "https://partner.microsoft.com/dashboard/referrals/v2/cosell/%s", referral_id);
}
