/* The portal's bulk CSV. Its headings are the English page's; its cells differ from the API's values in dates
 * (MM/DD/YYYY), answers (Yes, No), code numbers for help and reason, and cells of several parts: "Solution N" holds
 * `id, currency, price, quantity`, "Team member N" holds `first, last, mobile, email`. An upload row is a whole deal: a
 * required column that is left out is refused by the portal, and what it holds replaces what was there. */
#include "systems/partner_center/portal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "core/buf.h"
#include "core/lang.h"
#include "core/text.h"

#define ELEMENTS 50 /* solutions and team members of one row, at most */

enum form {
	FORM_TEXT,
	FORM_DATE,
	FORM_YES,
	FORM_REASON,
	FORM_HELP,
	FORM_HELP_NEEDED,
	FORM_SOLUTION,
	FORM_MEMBER,
	FORM_STATUS,
	FORM_SUBSTATUS,
	FORM_INTENT,
	FORM_CONSENT,
	FORM_RESULT
};

#define SHARE   "consent.consentToToShareInfoWithOthers"
#define CONTACT "consent.consentToContact"

static const struct file_column columns[] = {
	{ .heading = "Errors", .form = FORM_RESULT },
	{ .heading = "Engagement ID", .path = { "engagementId" } },
	{ .heading = "Referral ID", .path = { "id" } },
	{ .heading = "Deal Name", .path = { "name" }, .required = true },
	{ .heading = "Customer Name", .path = { "customerProfile.name" }, .required = true },
	{ .heading = "Customer Address Line 1",
	    .path = { "customerProfile.address.addressLine1" },
	    .required = true },
	{ .heading = "Customer Address Line 2",
	    .path = { "customerProfile.address.addressLine2" } },
	{ .heading = "Customer City",
	    .path = { "customerProfile.address.city" },
	    .required = true },
	{ .heading = "Customer State", .path = { "customerProfile.address.state" } },
	{ .heading = "Customer Postal Code", .path = { "customerProfile.address.postalCode" } },
	{ .heading = "Customer Country",
	    .path = { "customerProfile.address.country" },
	    .required = true },
	{ .heading = "Customer D-U-N-S ID" },
	{ .heading = "Customer Contact First Name",
	    .path = { "customerProfile.team[].firstName" } },
	{ .heading = "Customer Contact Last Name", .path = { "customerProfile.team[].lastName" } },
	{ .heading = "Customer Contact Phone number",
	    .path = { "customerProfile.team[].phoneNumber" } },
	{ .heading = "Customer Contact Email Address", .path = { "customerProfile.team[].email" } },
	{ .heading = "Partner Referral Status",
	    .path = { "status" },
	    .form = FORM_STATUS,
	    .required = true },
	{ .heading = "Partner Referral Substatus",
	    .path = { "substatus" },
	    .form = FORM_SUBSTATUS,
	    .required = true },
	{ .heading = "Microsoft Referral Status", .form = FORM_RESULT },
	{ .heading = "Declined/Lost reason", .path = { "statusReason" }, .form = FORM_REASON },
	{ .heading = "Sales Stage", .path = { "salesStage" } },
	{ .heading = "Estimated Deal Value", .path = { "details.dealValue" }, .required = true },
	{ .heading = "Currency", .path = { "details.currency" }, .required = true },
	{ .heading = "Estimated Close Date",
	    .path = { "details.closingDateTime" },
	    .form = FORM_DATE,
	    .required = true },
	{ .heading = "CRM ID", .path = { "externalReferenceId" } },
	{ .heading = "Marketing Campaign ID", .path = { "campaignId" } },
	{ .heading = "Notes", .path = { "details.notes" } },
	{ .heading = "Microsoft help required?",
	    .path = { "inviteContext.assistanceRequestCode" },
	    .form = FORM_HELP_NEEDED,
	    .required = true,
	    .derived = true },
	{ .heading = "What specific help from Microsoft?",
	    .path = { "inviteContext.assistanceRequestCode" },
	    .form = FORM_HELP },
	{ .heading = "Share with Microsoft sales team",
	    .path = { "consent.consentToShareReferralWithMicrosoftSellers" },
	    .form = FORM_YES,
	    .required = true },
	{ .heading = "Notes to Microsoft", .path = { "inviteContext.notes" } },
	{ .heading = "Consent to share Customer/Partner contact",
	    .path = { SHARE, CONTACT },
	    .form = FORM_CONSENT,
	    .required = true },
	{ .heading = "Solution",
	    .path = { "details.requirements.solutions[].id" },
	    .form = FORM_SOLUTION,
	    .numbered = true,
	    .required = true },
	{ .heading = "Team member",
	    .path = { "team[].firstName", "team[].lastName", "team[].phoneNumber", "team[].email" },
	    .form = FORM_MEMBER,
	    .numbered = true,
	    .required = true },
	{ .heading = "Marketplace Purchase Intent",
	    .path = { "customerMarketplaceIntent" },
	    .form = FORM_INTENT },
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* By code number: what stands in the API's free text, and the API's code for help. */
static const char *const reasons[] = { "Budget not adequate", "Customer did not respond",
	"Customer chose another vendor", "Requirement not met", "Not a customer",
	"Timeline too short", "Abuse, spam or phishing", "Other" };
static const char *const help[] = { "WorkloadSpecificValueProposition",
	"CustomerTechnicalArchitecture", "ProofOfConceptOrDemo", "QuotesOrLicensing",
	"PostSalesCustomerSuccess", "GeneralOrOther" };
#define N_REASONS (sizeof(reasons) / sizeof(reasons[0]))
#define N_HELP    (sizeof(help) / sizeof(help[0]))

/* 1..n of a cell that holds just that number ("6", "6.0" of a spreadsheet), else 0. */
static size_t code_number(struct value v, size_t n)
{
	const char *s = v.s;
	size_t len = v.len;

	text_trim(&s, &len);
	if (len == 0 || !isdigit((unsigned char)s[0]) || (size_t)(s[0] - '0') > n || s[0] == '0')
		return 0;
	if (len == 1 || (len == 3 && s[1] == '.' && s[2] == '0'))
		return (size_t)(s[0] - '0');
	return 0;
}

static struct value named(struct value v, const char *const *list, size_t n)
{
	size_t number = code_number(v, n);

	return number ? value_of(list[number - 1]) : v;
}

static struct value numbered(struct arena *a, struct value v, const char *const *list, size_t n)
{
	size_t number = code_number(v, n);

	for (size_t i = 0; i < n && !number; i++)
		if (strcasecmp(v.s, list[i]) == 0)
			number = i + 1;
	return number ? value_of(arena_printf(a, "%zu", number)) : value_empty;
}

static struct value truth(struct value v)
{
	static const char *const yes[] = { "yes", "true", "1", "oui" }, *const no[] = { "no",
		"false", "0", "non" };

	for (size_t i = 0; i < 4; i++) {
		if (strcasecmp(v.s, yes[i]) == 0)
			return value_of("true");
		if (strcasecmp(v.s, no[i]) == 0)
			return value_of("false");
	}
	return v;
}

/* M/D/YYYY, padded or not, to the API's instant; the portal counts in UTC. Anything else stands as it is, and the mapping
 * says what is wrong with it. */
static struct value date_in(struct arena *a, struct value v)
{
	const char *s = v.s;
	long part[3] = { 0, 0, 0 };
	int digits[3] = { 0, 0, 0 };
	char text[16];
	int64_t days;

	for (int i = 0; i < 3; i++) {
		for (; isdigit((unsigned char)*s) && digits[i] < 5; s++, digits[i]++)
			part[i] = part[i] * 10 + (*s - '0');
		if (i < 2 && *s++ != '/')
			return v;
	}
	/* a time of day may follow: "3/15/2027 12:00:00 AM" */
	if ((*s && *s != ' ') || !digits[0] || digits[0] > 2 || !digits[1] || digits[1] > 2 ||
	    digits[2] != 4)
		return v;
	snprintf(text, sizeof(text), "%04ld-%02ld-%02ld", part[2], part[0], part[1]);
	return date_parse(text, strlen(text), &days)
		   ? value_of(arena_printf(a, "%sT00:00:00Z", text))
		   : v;
}

static struct value date_out(struct arena *a, struct value v)
{
	int64_t stamp = value_has(v) ? stamp_parse(v.s, v.len) : STAMP_NONE;
	char text[32];

	if (stamp == STAMP_NONE)
		return v;
	stamp_format(stamp, text);
	return value_of(arena_printf(a, "%.2s/%.2s/%.4s", text + 5, text + 8, text));
}

/* `first, last, mobile, email`: parts between commas, quoted where one holds a comma. More commas than parts belong to
 * the last name, which is the only part people write freely: the e-mail and the number are counted from the end. */
static size_t split_parts(struct arena *a, struct value cell, struct value *part, size_t max)
{
	const char *s = cell.s;
	size_t n = 0;

	while (n < max) {
		struct buf b = { 0 };
		while (*s == ' ')
			s++;
		if (*s == '"') {
			for (s++; *s && (*s != '"' || s[1] == '"'); s++) {
				s += *s == '"';
				buf_addc(&b, *s);
			}
			s += *s == '"';
			s += strcspn(s, ",");
		} else {
			size_t len = strcspn(s, ",");
			const char *text = s;
			s += len;
			text_trim(&text, &len);
			buf_add(&b, text, len);
		}
		part[n++] = b.len ? value_of_len(arena_dup(a, b.s, b.len), b.len) : value_empty;
		buf_release(&b);
		if (!*s++)
			break;
	}
	return n;
}

static struct value join_parts(struct arena *a, const struct value *part, size_t n)
{
	struct buf b = { 0 };
	struct value v;

	for (size_t i = 0; i < n; i++) {
		buf_adds(&b, i ? ", " : "");
		if (value_has(part[i]))
			buf_add_csv(&b, part[i].s, part[i].len, ',');
	}
	v = b.len ? value_of_len(arena_dup(a, b.s, b.len), b.len) : value_empty;
	buf_release(&b);
	return v;
}

/* Parts that were one text with commas in it. */
static struct value rejoin_parts(struct arena *a, const struct value *part, size_t n)
{
	const char *text = part[0].s;

	for (size_t i = 1; i < n; i++)
		text = arena_printf(a, "%s, %s", text, part[i].s);
	return value_of(text);
}

static void read_cell(
    const struct file_column *c, struct value cell, struct arena *a, struct value out[FILE_PARTS])
{
	struct value part[FILE_PARTS * 4];
	size_t n;

	for (size_t i = 0; i < FILE_PARTS; i++)
		out[i] = value_empty;
	if (!value_has(cell))
		return;
	out[0] = cell;
	switch ((enum form)c->form) {
	case FORM_DATE:
		out[0] = date_in(a, cell);
		break;
	case FORM_YES:
		out[0] = truth(cell);
		break;
	case FORM_CONSENT:
		out[0] = out[1] = truth(cell);
		break;
	case FORM_REASON:
		out[0] = named(cell, reasons, N_REASONS);
		break;
	case FORM_HELP:
		out[0] = named(cell, help, N_HELP);
		break;
	case FORM_SOLUTION:
		split_parts(a, cell, part, FILE_PARTS);
		out[0] = part[0];
		break;
	case FORM_MEMBER:
		n = split_parts(a, cell, part, FILE_PARTS * 4);
		for (size_t i = 0; i < FILE_PARTS && i < n; i++)
			out[i] = part[i];
		if (n > FILE_PARTS) {
			out[1] = rejoin_parts(a, part + 1, n - FILE_PARTS + 1);
			out[2] = part[n - 2];
			out[3] = part[n - 1];
		}
		break;
	default:
		break;
	}
}

static bool yes(struct value v)
{
	return value_is(truth(v), "true");
}

static struct value write_cell(const struct file_column *c, const struct value native[FILE_PARTS],
    enum file_row kind, struct arena *a)
{
	struct value v = native[0];
	size_t i;

	switch ((enum form)c->form) {
	case FORM_RESULT:
		return value_empty;
	case FORM_STATUS:
		return kind == FILE_ROW_CREATE ? value_of("New") : v;
	case FORM_SUBSTATUS:
		return kind == FILE_ROW_CREATE ? value_of("Accepted") : v;
	case FORM_DATE:
		return date_out(a, v);
	case FORM_YES:
		return value_of(yes(v) ? "Yes" : "No");
	case FORM_CONSENT:
		return value_of(yes(v) && yes(native[1]) ? "Yes" : "No");
	case FORM_REASON:
		if (!value_has(v))
			return value_empty;
		v = numbered(a, v, reasons, N_REASONS);
		return value_has(v) ? v : value_of("8");
	case FORM_HELP:
		return numbered(a, v, help, N_HELP);
	case FORM_HELP_NEEDED:
		return value_of(value_has(numbered(a, v, help, N_HELP)) ? "Yes" : "No");
	case FORM_MEMBER:
		for (i = 0; i < FILE_PARTS && !value_has(native[i]);)
			i++;
		return i < FILE_PARTS ? join_parts(a, native, FILE_PARTS) : value_empty;
	case FORM_INTENT:
		return !value_has(v) && kind == FILE_ROW_CREATE ? value_of("Have not decided") : v;
	case FORM_SOLUTION:
		return value_has(v) ? join_parts(a, native, 1) : value_empty;
	default:
		return v.state == VALUE_ABSENT ? value_empty : v;
	}
}

static struct value *cell_of(struct value *cell, enum form form)
{
	for (size_t i = 0; i < N_COLUMNS; i++)
		if (columns[i].form == (int)form)
			return &cell[i];
	return NULL;
}

/* What the portal would refuse, before anybody uploads it. A lost or declined deal needs a reason there; where the other
 * side has none to give it is "other". */
static const char *check_row(struct value *cell, enum file_row kind, struct arena *a)
{
	const struct value *end = cell_of(cell, FORM_SUBSTATUS);
	struct value *reason = cell_of(cell, FORM_REASON);

	(void)kind;
	for (size_t i = 0; i < N_COLUMNS; i++)
		if (columns[i].required && !value_has(cell[i]))
			return arena_printf(a,
			    _("the portal refuses a row without \"%s%s\": fill it in, then plan "
			    "again"),
			    columns[i].heading, columns[i].numbered ? " 1" : "");
	if (!value_is(*cell_of(cell, FORM_CONSENT), "Yes"))
		return _("the portal skips a row without consent to share the contacts (R18): obtain "
		       "the consent, record it "
		       "in Partner Center, then plan again");
	if (value_is(*cell_of(cell, FORM_HELP_NEEDED), "Yes") &&
	    !value_has(*cell_of(cell, FORM_HELP)))
		return _("Microsoft's help is asked for, but not which (\"What specific help from "
		       "Microsoft?\")");
	if ((value_is(*end, "Lost") || value_is(*end, "Declined")) && !value_has(*reason))
		*reason = value_of("8");
	return NULL;
}

static const char *const errors[] = { "Errors", NULL };
static const char *const ids[] = { "Referral ID", NULL };

const struct file_dialect portal_dialect = {
	.title = "bulk file of Partner Center",
	.column = columns,
	.n = N_COLUMNS,
	.read = read_cell,
	.write = write_cell,
	.check = check_row,
	.whole_rows = true,
	.max_rows = 1000,
	.max_elements = ELEMENTS,
	.clear = "",
	.errors = errors,
	.ids = ids,
};
