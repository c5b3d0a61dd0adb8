/* A Data Loader mapping (.sdl) read as what it is: Java properties, "heading of the file=field of Salesforce". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/conf.h"
#include "core/system.h"
#include "core/text.h"
#include "mapping/map_parts.h"

#define MOST_BYTES ((size_t)1 << 20)

/* One character of a key or value: \n \t \r \f, \uXXXX (two of them for one beyond U+FFFF), any other sign for itself. */
static const char *take_escape(const char *s, struct buf *out)
{
	unsigned cp, low;
	int n = 0;
	if (*s == 'u' && sscanf(s, "u%4x%n", &cp, &n) == 1 && n == 5) {
		s += 5;
		if (cp >= 0xd800 && cp < 0xdc00 && sscanf(s, "\\u%4x%n", &low, &n) == 1 && n == 6 &&
		    low >= 0xdc00 && low < 0xe000) {
			cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
			s += 6;
		}
		utf8_encode(out, cp >= 0xd800 && cp < 0xe000 ? 0xfffd : cp);
		return s;
	}
	buf_addc(out, *s == 'n'   ? '\n'
		      : *s == 't' ? '\t'
		      : *s == 'r' ? '\r'
		      : *s == 'f' ? '\f'
				  : *s);
	return s + 1;
}

/* Text up to an end of line, or for a key to = : or a space. A backslash before an end of line goes on with the next. */
static const char *take_text(const char *s, bool key, struct buf *out)
{
	buf_reset(out);
	while (*s && *s != '\n' && *s != '\r' && !(key && strchr("=: \t", *s))) {
		if (*s != '\\') {
			buf_addc(out, *s++);
		} else if (s[1] == '\n' || s[1] == '\r') {
			s += s[1] == '\r' && s[2] == '\n' ? 3 : 2;
			s += strspn(s, " \t\f");
		} else if (s[1]) {
			s = take_escape(s + 1, out);
		} else {
			s++;
		}
	}
	return s;
}

/* "Close_Date__c" becomes close_date, "Account:Name" account_name. */
static void add_name(struct buf *out, const char *field)
{
	char name[80];
	size_t n = 0, len = strlen(field);
	if (len > 3 && !strcmp(field + len - 3, "__c"))
		len -= 3;
	for (size_t i = 0; i < len && n + 2 < sizeof name; i++) {
		char c = field[i];
		bool upper = c >= 'A' && c <= 'Z',
		     word = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		bool after_small = i && field[i - 1] >= 'a' && field[i - 1] <= 'z';
		if (n && name[n - 1] != '_' && (!word || (upper && after_small)))
			name[n++] = '_';
		if (word)
			name[n++] = upper ? (char)(c + 32) : c;
	}
	while (n && name[n - 1] == '_')
		n--;
	buf_add(out, n ? name : "field", n ? n : 5);
}

struct sdl {
	struct buf fields; /* of the mapping */
	struct schema names; /* taken already */
	const char *usual;   /* column of the referral's id, as the driver knows it */
	char peer[200];      /* as this organisation calls it, "" when it is not among the fields */
	int n;
};

/* The type that a field of Salesforce most likely has, by its name: standard fields, and endings that custom ones share.
 * It is a beginning: whoever finishes the mapping looks at each. */
static const char *likely_type(const char *field)
{
	static const struct {
		const char *end, *type;
		bool whole; /* the name is this, not only its end */
	} known[] = { { "CurrencyIsoCode", "currency", true }, { "SystemModstamp", "datetime", true },
		{ "CreatedDate", "datetime", true }, { "LastModifiedDate", "datetime", true }, { "Amount", "decimal", false },
		{ "ExpectedRevenue", "decimal", true }, { "Probability", "decimal", true }, { "Quantity", "decimal", false },
		{ "Revenue", "decimal", false }, { "Price", "decimal", false }, { "Date", "date", false },
		{ "DateTime", "datetime", false }, { "Country", "country", false }, { "CountryCode", "country", false },
		{ "Email", "email", false }, { "Phone", "phone", false }, { "Fax", "phone", true }, { "Id", "id", false },
		{ "HasOpportunityLineItem", "boolean", true }, { "IsClosed", "boolean", true }, { "IsWon", "boolean", true },
		{ "IsPrivate", "boolean", true }, { "DoNotCall", "boolean", true } };
	const char *name = field, *best = "text";
	size_t longest = 0;
	for (const char *s = field; *s; s++)
		if (*s == '.' || *s == ':')
			name = s + 1;
	size_t n = strlen(name);
	if (n > 3 && !strcmp(name + n - 3, "__c"))
		n -= 3;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		size_t k = strlen(known[i].end);
		/* "Paid" ends in no Id, "Region_Id" and "AccountId" do: capitals count */
		bool ends = n >= k && !memcmp(name + n - k, known[i].end, k) && (!known[i].whole || n == k);
		if (ends && k > longest) {
			longest = k;
			best = known[i].type;
		}
	}
	return best;
}

static void add_field(struct sdl *d, const char *heading, const char *field)
{
	struct buf name = { 0 };
	add_name(&name, field);
	size_t base = name.len;
	for (int i = 2; schema_find(&d->names, name.s) >= 0; i++) {
		name.len = base;
		buf_addf(&name, "_%d", i);
	}
	schema_add(&d->names, name.s);
	char path[200];
	snprintf(path, sizeof path, "%s", field);
	for (char *c = path; *c; c++)
		*c = *c == ':' ? '.' : *c;
	if (strcasecmp(column_bare(path), d->usual) == 0)
		snprintf(d->peer, sizeof d->peer, "%s", path);
	buf_addf(&d->fields,
	    "%s    {\"name\": \"%s\", \"type\": \"%s\",\n     \"right\": {\"path\": ",
	    d->n ? ",\n" : "", name.s, likely_type(field));
	buf_add_json(&d->fields, path, strlen(path));
	if (strcmp(heading, path) != 0) {
		buf_adds(&d->fields, ", \"aliases\": [");
		buf_add_json(&d->fields, heading, strlen(heading));
		buf_addc(&d->fields, ']');
	}
	buf_adds(&d->fields, "}}");
	d->n++;
	buf_release(&name);
}

/* A heading may fill several fields: "Name, Description". */
static void add_entry(struct sdl *d, const char *heading, char *fields)
{
	char *save = NULL;
	for (char *f = strtok_r(fields, ", \t", &save); f; f = strtok_r(NULL, ", \t", &save))
		add_field(d, heading, f);
}

int map_from_sdl(const char *path, const char *left, struct buf *out, struct err *err)
{
	const struct system_driver *l = system_driver_find(left),
				   *r = system_driver_find("salesforce");
	struct sdl d = { .n = 0 };
	struct buf key = { 0 }, value = { 0 };
	size_t len;
	if (!l || !r || !l->facts[FACT_ID] || !r->facts[FACT_PEER])
		return err_set(err, ERR_USAGE,
		    "--left: \"%s\" is no kind of system that can be linked with Salesforce", left);
	char *text = file_read(path, MOST_BYTES, &len, err);
	if (!text)
		return -1;
	d.usual = r->facts[FACT_PEER];
	for (const char *s = text; *s;) {
		s += strspn(s, " \t\f\r\n");
		if (*s == '#' || *s == '!') {
			s += strcspn(s, "\r\n");
			continue;
		}
		s = take_text(s, true, &key);
		s += strspn(s, " \t");
		s += *s == '=' || *s == ':';
		s += strspn(s, " \t");
		s = take_text(s, false, &value);
		if (key.len && value.len)
			add_entry(&d, key.s, value.s);
	}
	size_t bad;
	if (!d.n || !utf8_valid(d.fields.s, d.fields.len, &bad)) {
		err_set(err, ERR_USAGE,
		    "%s: is no mapping of Data Loader: lines like Heading=Field are wanted", path);
	} else {
		buf_addf(out,
		    "// Begun from a Data Loader mapping. Each field has its Salesforce side and "
		    "the heading it had. Its type was\n"
		    "// guessed from its name: look at it, give the field its \"left\" path, and take "
		    "out what is not to be reconciled.\n"
		    "{\n  \"$schema\": \"mapping.schema.json\",\n  \"left\": \"%s\",\n  \"right\": "
		    "\"salesforce\",\n\n"
		    "  \"match\": [\n    {\"left\": \"%s\", \"right\": \"%s\"}\n  ],\n\n",
		    left, l->facts[FACT_ID], *d.peer ? d.peer : d.usual);
		if (*d.peer && strcmp(d.peer, d.usual) != 0)
			buf_addf(out, "  \"facts\": {\"right\": {\"peer\": \"%s\"}},\n\n", d.peer);
		buf_adds(out, "  \"fields\": [\n");
		buf_add(out, d.fields.s, d.fields.len);
		buf_adds(out, "\n  ]\n}\n");
	}
	free(text);
	buf_release(&key);
	buf_release(&value);
	buf_release(&d.fields);
	schema_release(&d.names);
	return out->len ? 0 : -1;
}
