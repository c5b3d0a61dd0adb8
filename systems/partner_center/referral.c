/* Bodies of the requests that write a Partner Center referral.
 *
 * A referral is changed by a JSON Patch of `add` and `replace` over a closed list of 18 paths, those of Microsoft's own
 * connector; `team` and `customerProfile.team` of that list are arrays of people that rejoin sets on creation only. The
 * estimated value goes out as a JSON string in a patch and as a number in a new referral. An array is replaced as a whole:
 * solutions that stay keep the object the service holds. A new deal is sent as New/Pending, whatever the CRM says; the
 * service makes it Active/Accepted. With Microsoft's help it takes two referrals of one engagement: the partner's own,
 * then a copy addressed to Microsoft. */
#include "systems/partner_center/referral.h"
#include "systems/common/driver_util.h"
#include "core/lang.h"
#include "core/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SOLUTIONS "details.requirements.solutions[].id"
#define VISIBLE   "consent.consentToShareReferralWithMicrosoftSellers"
#define HELP      "inviteContext.assistanceRequestCode"

enum form { FORM_TEXT, FORM_DECIMAL, FORM_INSTANT, FORM_BOOL, FORM_SET };

static const struct patchable {
	const char *path, *pointer;
	enum form form;
} patchable[] = {
	{ "status", "/status", FORM_TEXT },
	{ "substatus", "/substatus", FORM_TEXT },
	{ "statusReason", "/statusReason", FORM_TEXT },
	{ "externalReferenceId", "/externalReferenceId", FORM_TEXT },
	{ "details.dealValue", "/details/dealValue", FORM_DECIMAL },
	{ "details.currency", "/details/currency", FORM_TEXT },
	{ "details.closingDateTime", "/details/closingDateTime", FORM_INSTANT },
	{ "details.notes", "/details/notes", FORM_TEXT },
	{ SOLUTIONS, "/details/requirements/solutions", FORM_SET },
	{ VISIBLE, "/consent/consentToShareReferralWithMicrosoftSellers", FORM_BOOL },
	{ "campaignId", "/campaignId", FORM_TEXT },
	{ "referralProgram", "/referralProgram", FORM_TEXT },
	{ "salesStage", "/salesStage", FORM_TEXT },
};

static const struct patchable *patchable_find(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(patchable) / sizeof(*patchable); i++)
		if (strcmp(patchable[i].path, path) == 0)
			return &patchable[i];
	return NULL;
}

bool referral_changeable(const char *path)
{
	return patchable_find(path) != NULL;
}

static const struct assign *assigned(const struct write *w, const char *path)
{
	size_t i;

	for (i = 0; i < w->n_assign; i++)
		if (strcmp(w->assign[i].path, path) == 0)
			return &w->assign[i];
	return NULL;
}

static bool cleared(const struct assign *as)
{
	return as->kind == ASSIGN_NULL || !value_has(as->value);
}

bool referral_needs_current(const struct write *w)
{
	return w->op != WRITE_CREATE && assigned(w, SOLUTIONS);
}

bool referral_asks_help(const struct write *w)
{
	const struct assign *help = assigned(w, HELP);

	return help && !cleared(help) && !value_is(help->value, "Unknown");
}

/* One value as JSON; number: decimals go out bare, not as a string. NULL, or why not. */
static const char *add_value(
    struct arena *a, enum form form, const struct assign *as, bool number, struct buf *out)
{
	struct value v = as->value;
	const char *text = v.s;
	int64_t days;

	if (cleared(as)) {
		buf_adds(out, "null");
		return NULL;
	}
	switch (form) {
	case FORM_DECIMAL:
		text = decimal_normal(a, v.s, v.len);
		if (!text)
			return arena_printf(a, _("%s: \"%s\" is no number"), as->path, v.s);
		if (number)
			buf_adds(out, text);
		else
			buf_add_json(out, text, strlen(text));
		return NULL;
	case FORM_INSTANT:
		if (date_parse(v.s, v.len, &days))
			text = arena_printf(a, "%sT00:00:00Z", v.s);
		else if (stamp_parse(v.s, v.len) == STAMP_NONE)
			return arena_printf(a, _("%s: \"%s\" is no date (YYYY-MM-DD)"), as->path, v.s);
		buf_add_json(out, text, strlen(text));
		return NULL;
	case FORM_BOOL:
		if (!value_is(v, "true") && !value_is(v, "false") && !value_is(v, "1") &&
		    !value_is(v, "0"))
			return arena_printf(
			    a, _("%s: \"%s\" is neither true nor false"), as->path, v.s);
		assign_json(out, ASSIGN_BOOL, v);
		return NULL;
	case FORM_TEXT:
	case FORM_SET:
		break;
	}
	assign_json(out, as->kind == ASSIGN_SET ? ASSIGN_STRING : as->kind, v);
	return NULL;
}

/* The new array of solutions: objects that are there for the ids that stay, {"id": ...} for the others. */
static void add_solutions(
    struct arena *a, const struct assign *as, const struct json *there, struct buf *out)
{
	struct value *id;
	size_t n = cleared(as) ? 0 : set_split(a, as->value, &id), i;

	buf_addc(out, '[');
	for (i = 0; i < n; i++) {
		const struct json *s = json_first(there);

		while (s && !value_equal(json_value(a, json_get(s, "id")), id[i]))
			s = json_next(s);
		if (i)
			buf_addc(out, ',');
		if (s) {
			json_write(s, out);
		} else {
			buf_adds(out, "{\"id\":");
			buf_add_json(out, id[i].s, id[i].len);
			buf_addc(out, '}');
		}
	}
	buf_addc(out, ']');
}

const char *referral_patch(
    struct arena *a, const struct write *w, const struct json *current, struct buf *out)
{
	const struct json *there =
	    json_get(json_get(json_get(current, "details"), "requirements"), "solutions");
	const char *why = NULL;
	size_t i;

	if (w->n_assign == 0)
		return _("the change is empty");
	if (there && json_kind(there) != JSON_ARRAY)
		there = NULL;
	buf_addc(out, '[');
	for (i = 0; i < w->n_assign && !why; i++) {
		const struct assign *as = &w->assign[i];
		const struct patchable *p = patchable_find(as->path);
		bool replace;

		if (!p)
			return arena_printf(a,
			    _("R60: Partner Center takes no change of %s after creation; change it "
			    "in the portal or set "
			    "\"write\": \"on-create\" for it in the mapping"),
			    as->path);
		replace = strcmp(as->path, "status") == 0 || strcmp(as->path, "substatus") == 0 ||
			  (p->form == FORM_SET && there);
		buf_addf(out, "%s{\"op\":\"%s\",\"path\":\"%s\",\"value\":", i ? "," : "",
		    replace ? "replace" : "add", p->pointer);
		if (p->form == FORM_SET)
			add_solutions(a, as, there, out);
		else
			why = add_value(a, p->form, as, false, out);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
	return why;
}

/* ---- a new referral: values by path, put together to one object ---- */

struct item {
	const char *path;    /* what is left of it; arrays carry an index */
	const char *literal; /* JSON */
};

struct items {
	struct item *v;
	size_t n, cap;
};

static void add_item(struct arena *a, struct items *to, const char *path, const char *literal)
{
	if (to->n == to->cap) {
		struct item *old = to->v;

		to->cap = to->cap ? 2 * to->cap : 64;
		to->v = arena_alloc(a, to->cap * sizeof(*to->v));
		if (old)
			memcpy(to->v, old, to->n * sizeof(*old));
	}
	to->v[to->n++] = (struct item){ path, literal };
}

static void add_default(struct arena *a, struct items *to, const char *path, const char *literal)
{
	size_t i;

	for (i = 0; i < to->n; i++)
		if (strcmp(to->v[i].path, path) == 0)
			return;
	add_item(a, to, path, literal);
}

static void write_object(struct arena *a, const struct item *item, size_t n, struct buf *out);

/* Elements 0 to the highest index that an item has; all items begin with "[index]". */
static void write_array(struct arena *a, const struct item *item, size_t n, struct buf *out)
{
	struct item *part = arena_alloc(a, n * sizeof(*part));
	size_t top = 0, k, i, m, index;

	for (i = 0; i < n; i++) {
		index = strtoul(item[i].path + 1, NULL, 10);
		top = index > top ? index : top;
	}
	buf_addc(out, '[');
	for (k = 0; k <= top; k++) {
		for (i = m = 0; i < n; i++) {
			const char *rest = strchr(item[i].path, ']') + 1;

			if (strtoul(item[i].path + 1, NULL, 10) == k)
				part[m++] = (struct item){ rest + (*rest == '.'), item[i].literal };
		}
		if (k)
			buf_addc(out, ',');
		if (m && !*part[0].path)
			buf_adds(out, part[0].literal);
		else
			write_object(a, part, m, out);
	}
	buf_addc(out, ']');
}

/* Members in the order in which they first occur. */
static void write_object(struct arena *a, const struct item *item, size_t n, struct buf *out)
{
	struct item *part = arena_alloc(a, (n + 1) * sizeof(*part));
	size_t i, j, m, len;

	buf_addc(out, '{');
	for (i = 0; i < n; i++) {
		const char *name = item[i].path;
		bool again = false;

		len = strcspn(name, ".[");
		for (j = m = 0; j < n; j++) {
			const char *p = item[j].path;

			if (strncmp(p, name, len) != 0 || strcspn(p, ".[") != len ||
			    p[len] != name[len])
				continue;
			again |= j < i;
			part[m++] = (struct item){ p + len + (p[len] == '.'), item[j].literal };
		}
		if (again)
			continue;
		if (i)
			buf_addc(out, ',');
		buf_add_json(out, name, len);
		buf_addc(out, ':');
		if (!name[len])
			buf_adds(out, item[i].literal);
		else if (name[len] == '[')
			write_array(a, part, m, out);
		else
			write_object(a, part, m, out);
	}
	buf_addc(out, '}');
}

/* name(.name)* with [] or [0] to [99] behind a name. */
static bool path_valid(const char *p)
{
	for (;;) {
		size_t n =
		    strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

		if (n == 0)
			return false;
		p += n;
		if (*p == '[') {
			n = strspn(p + 1, "0123456789");
			if (n > 2 || p[1 + n] != ']')
				return false;
			p += n + 2;
		}
		if (*p != '.')
			return *p == '\0';
		p++;
	}
}

static bool starts(const char *path, const char *head)
{
	return strncmp(path, head, strlen(head)) == 0;
}

/* Part of Microsoft's copy: who, what and how much; people of the partner and the partner's own ids are not. */
static bool shared(const char *path)
{
	return strcmp(path, "name") == 0 || strcmp(path, "qualification") == 0 ||
	       starts(path, "customerProfile.") || starts(path, "consent.") ||
	       starts(path, "details.") || starts(path, "inviteContext.");
}

/* Decided by the service or by us, whatever the mapping gives. */
static bool fixed(const char *path)
{
	static const char *const names[] = { "status", "substatus", "statusReason",
		"externalReferenceId", "engagementId", "id", "eTag", NULL };
	size_t i;

	for (i = 0; names[i]; i++)
		if (strcmp(names[i], path) == 0)
			return true;
	return false;
}

static enum form form_of(const char *path)
{
	const struct patchable *p = patchable_find(path);

	if (starts(path, "consent."))
		return FORM_BOOL;
	return p ? p->form : FORM_TEXT;
}

/* One assign as items; a set gives one for each element. NULL, or why not. */
static const char *add_assign(struct arena *a, struct items *to, const struct assign *as)
{
	const char *list = strstr(as->path, "[]"), *why;
	struct value one = as->value, *element = &one;
	size_t n = list ? set_split(a, as->value, &element) : 1, i;
	struct buf b = { 0 };

	for (i = 0; i < n; i++) {
		struct assign each = { .path = as->path, .value = element[i], .kind = as->kind };

		if (!value_has(element[i]))
			continue;
		if (list) {
			each.path = arena_printf(
			    a, "%.*s[%zu]%s", (int)(list - as->path), as->path, i, list + 2);
			each.kind = ASSIGN_STRING;
		}
		buf_reset(&b);
		why = add_value(a, list ? FORM_TEXT : form_of(as->path), &each, true, &b);
		if (why) {
			buf_release(&b);
			return why;
		}
		add_item(a, to, each.path, arena_dup(a, b.s, b.len));
	}
	buf_release(&b);
	return NULL;
}

static const char *literal(struct arena *a, const char *text)
{
	struct buf b = { 0 };
	char *s;

	buf_add_json(&b, text, strlen(text));
	s = arena_dup(a, b.s, b.len);
	buf_release(&b);
	return s;
}

/* What the service wants and the mapping may leave out. Nothing gets here that nobody approved, and approving a create
 * states that the customer agreed to the sharing of contact data. */
static void add_defaults(struct arena *a, struct items *to, const struct write *w, bool own)
{
	const struct assign *visible = assigned(w, VISIBLE), *solutions = assigned(w, SOLUTIONS);
	bool help = referral_asks_help(w);
	bool seen =
	    visible ? value_is(visible->value, "true") || value_is(visible->value, "1") : help;
	struct value first = solutions ? set_element(a, solutions->value, 0) : value_absent;

	add_default(a, to, "type", help ? "\"Shared\"" : "\"Independent\"");
	add_default(a, to, "qualification", "\"SalesQualified\"");
	add_default(a, to, "consent.consentToToShareInfoWithOthers", "true");
	add_default(a, to, "consent.consentToContact", "true");
	add_default(a, to, VISIBLE, help ? "true" : "false");
	if (own && (help || seen) && value_has(first)) {
		add_default(a, to, "target[0].type", "\"SolutionProfile\"");
		add_default(a, to, "target[0].id", literal(a, first.s));
	}
}

const char *referral_create(
    struct arena *a, const struct write *w, const char *engagement, struct buf *out)
{
	const struct assign *status = assigned(w, "status");
	struct items items = { 0 };
	const char *why = NULL;
	size_t i;

	if (status && value_is(status->value, "Closed"))
		return _("a referral can't be created closed; reopen the deal or leave it out");
	if (engagement) {
		add_item(a, &items, "engagementId", literal(a, engagement));
		add_item(a, &items, "type", "\"Shared\"");
		add_item(a, &items, "target[0].type", "\"BusinessProfileLocation\"");
		add_item(a, &items, "target[0].id", "\"msft\"");
	} else {
		if (w->marker && *w->marker)
			add_item(a, &items, "externalReferenceId", literal(a, w->marker));
		add_item(a, &items, "status", "\"New\"");
		add_item(a, &items, "substatus", "\"Pending\"");
	}
	for (i = 0; i < w->n_assign && !why; i++) {
		const struct assign *as = &w->assign[i];

		if (!path_valid(as->path))
			return arena_printf(a,
			    _("\"%s\" is no path of a referral; correct it in the mapping"), as->path);
		if (!cleared(as) && !fixed(as->path) && (!engagement || shared(as->path)))
			why = add_assign(a, &items, as);
	}
	add_defaults(a, &items, w, !engagement);
	write_object(a, items.v, items.n, out);
	return why;
}
