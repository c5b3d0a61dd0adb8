/* Tables and columns; see schema.h. A column that only the seed knows takes its type from the
 * values there; where rows disagree, or all hold null, it is text. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/schema.h"

/* Every Salesforce object has them. */
static const char *const audit_columns[] = { "CreatedDate datetime ro",
	"LastModifiedDate datetime ro", "SystemModstamp datetime ro", "IsDeleted bool ro",
	"CreatedById lookup >User nav=CreatedBy ro",
	"LastModifiedById lookup >User nav=LastModifiedBy ro" };

bool type_is_number(const char *type)
{
	return name_among("int|money|decimal|double|currency|percent|choice|state|status", type);
}

bool name_among(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = list; *s; s += strcspn(s, "|"), s += *s == '|')
		if (strcspn(s, "|") == n && !strncmp(s, name, n))
			return true;
	return false;
}

static struct table *find_table(struct world *w, const char *service, const char *entity)
{
	for (size_t i = 0; i < w->schema->n; i++) {
		struct table *t = &w->schema->table[i];

		if (!strcmp(t->service, service) && !strcmp(t->entity, entity))
			return t;
	}
	return NULL;
}

const struct table *schema_entity(struct world *w, const char *service, const char *entity)
{
	return find_table(w, service, entity);
}

const struct table *schema_logical(struct world *w, const char *service, const char *logical)
{
	for (size_t i = 0; i < w->schema->n; i++) {
		const struct table *t = &w->schema->table[i];

		if (!strcmp(t->service, service) && !strcmp(t->logical, logical))
			return t;
	}
	return NULL;
}

const struct column *table_column(const struct table *t, const char *name)
{
	bool fold = !strcmp(t->service, SALESFORCE);

	for (size_t i = 0; i < t->n; i++)
		if (fold ? !strcasecmp(t->column[i].name, name) : !strcmp(t->column[i].name, name))
			return &t->column[i];
	return NULL;
}

const struct column *table_lookup_value(const struct table *t, const char *property)
{
	size_t n = strlen(property);
	const struct column *c = NULL;
	char name[256];

	if (n < 8 || n - 7 >= sizeof(name) || *property != '_' ||
	    strcmp(property + n - 6, "_value"))
		return NULL;
	memcpy(name, property + 1, n - 7);
	name[n - 7] = '\0';
	c = table_column(t, name);
	return c && !strcmp(c->type, "lookup") ? c : NULL;
}

const char *column_property(struct arena *a, const struct table *t, const struct column *c)
{
	if (strcmp(t->service, DATAVERSE) || strcmp(c->type, "lookup"))
		return c->name;
	return arena_printf(a, "_%s_value", c->name);
}

/* The array at twice the room, in memory that lives until the end. */
static void *grow(struct world *w, const void *at, size_t n, size_t *cap, size_t size)
{
	void *wider;

	*cap = *cap ? *cap * 2 : 32;
	wider = arena_alloc(&w->keep, *cap * size);
	if (n)
		memcpy(wider, at, n * size);
	return wider;
}

static struct table *add_table(struct world *w, const char *service, const char *entity)
{
	struct schema_set *s = w->schema;
	struct table *t;

	if (s->n == s->cap)
		s->table = grow(w, s->table, s->n, &s->cap, sizeof(*s->table));
	t = &s->table[s->n++];
	memset(t, 0, sizeof(*t));
	t->service = arena_strdup(&w->keep, service);
	t->entity = t->logical = arena_strdup(&w->keep, entity);
	t->key = t->name = "Id";
	t->prefix = "";
	return t;
}

static struct column *add_column(struct world *w, struct table *t, const char *name)
{
	struct column *c = (struct column *)table_column(t, name);

	if (c)
		return c;
	if (t->n == t->cap)
		t->column = grow(w, t->column, t->n, &t->cap, sizeof(*t->column));
	c = &t->column[t->n++];
	memset(c, 0, sizeof(*c));
	c->name = arena_strdup(&w->keep, name);
	c->type = "text";
	c->target = "";
	c->nav = c->name;
	return c;
}

/* One column's line, "name type word word ...". */
static void read_column(struct world *w, struct table *t, char *line)
{
	char *save = NULL, *name = strtok_r(line, " ", &save), *word;
	struct column *c = name ? add_column(w, t, name) : NULL;

	if (!c)
		return;
	word = strtok_r(NULL, " ", &save);
	if (word)
		c->type = arena_strdup(&w->keep, word);
	while ((word = strtok_r(NULL, " ", &save))) {
		if (isdigit((unsigned char)*word))
			c->max = strtol(word, NULL, 10);
		else if (*word == '>')
			c->target = arena_strdup(&w->keep, word + 1);
		else if (!strncmp(word, "nav=", 4))
			c->nav = arena_strdup(&w->keep, word + 4);
		else if (!strcmp(word, "ro"))
			c->flags |= COLUMN_READ_ONLY;
		else if (!strcmp(word, "req"))
			c->flags |= COLUMN_REQUIRED;
		else if (!strcmp(word, "ext"))
			c->flags |= COLUMN_EXTERNAL;
		else if (!strcmp(word, "idl"))
			c->flags |= COLUMN_ID_LOOKUP;
		else if (!strcmp(word, "unique"))
			c->flags |= COLUMN_UNIQUE;
	}
}

static void finish_table(struct world *w, struct table *t)
{
	if (strcmp(t->service, SALESFORCE))
		return;
	for (size_t i = 0; i < sizeof(audit_columns) / sizeof(audit_columns[0]); i++)
		read_column(w, t, arena_strdup(&w->keep, audit_columns[i]));
}

static void read_builtin(struct world *w, const char *spec)
{
	char *text = arena_strdup(&w->keep, spec), *lines = NULL, *words = NULL;
	char *line = strtok_r(text, "\n", &lines);
	const char *service = strtok_r(line, " ", &words);
	struct table *t = add_table(w, service, strtok_r(NULL, " ", &words));

	t->logical = strtok_r(NULL, " ", &words);
	t->key = strtok_r(NULL, " ", &words);
	t->name = strtok_r(NULL, " ", &words);
	t->prefix = strtok_r(NULL, " ", &words);
	while ((line = strtok_r(NULL, "\n", &lines)))
		read_column(w, t, line);
	finish_table(w, t);
}

/* A set that only the seed knows: "new_things" is table new_thing with key new_thingid. */
static struct table *new_table(struct world *w, const char *service, const char *entity)
{
	struct table *t = add_table(w, service, entity);
	const struct doc *known = doc_get(doc_get(w->conf, "tables"), entity);
	size_t n = strlen(entity);

	if (!strcmp(service, DATAVERSE)) {
		if (n > 3 && !strcmp(entity + n - 3, "ies"))
			t->logical = arena_printf(&w->keep, "%.*sy", (int)(n - 3), entity);
		else if (n > 1 && entity[n - 1] == 's')
			t->logical = arena_dup(&w->keep, entity, n - 1);
		t->logical = doc_member(known, "logical", t->logical);
		t->key = doc_member(known, "key", arena_printf(&w->keep, "%sid", t->logical));
		t->name = doc_member(known, "name", t->key);
		add_column(w, t, t->key)->type = "guid";
		read_column(w, t, arena_strdup(&w->keep, "createdon datetime ro"));
		read_column(w, t, arena_strdup(&w->keep, "modifiedon datetime ro"));
	} else {
		t->name = doc_member(known, "name", "Name");
		t->prefix = doc_member(
		    known, "prefix", arena_printf(&w->keep, "a%02zu", w->schema->n % 100));
		read_column(w, t, arena_strdup(&w->keep, "Id id ro"));
		finish_table(w, t);
	}
	return t;
}

const struct table *schema_need(struct world *w, const char *service, const char *entity)
{
	const struct table *t = find_table(w, service, entity);

	return t ? t : new_table(w, service, entity);
}

/* "msft_opportunityid" or "Opportunity__c" speak of the table opportunity. */
static const char *guess_target(struct world *w, const struct table *t, const char *name)
{
	const char *best = "";
	bool sales = !strcmp(t->service, SALESFORCE);

	for (size_t i = 0; i < w->schema->n; i++) {
		const struct table *other = &w->schema->table[i];
		const char *at = strstr(name, other->logical);
		const char *rest = at ? at + strlen(other->logical) : "";
		bool begins = at && (at == name || at[-1] == '_');

		if (!strcmp(other->service, t->service) && begins &&
		    (!strcmp(rest, "id") || !strcmp(rest, "Id") || !strcmp(rest, "__c") ||
			(!*rest && !sales)))
			best = other->logical;
	}
	return best;
}

static void finish_lookup(struct world *w, const struct table *t, struct column *c)
{
	size_t n = strlen(c->name);

	if (strcmp(c->type, "lookup") || *c->target)
		return;
	c->target = guess_target(w, t, c->name);
	if (strcmp(t->service, SALESFORCE))
		return;
	if (n > 3 && !strcmp(c->name + n - 3, "__c"))
		c->nav = arena_printf(&w->keep, "%.*s__r", (int)(n - 3), c->name);
	else if (n > 2 && !strcmp(c->name + n - 2, "Id"))
		c->nav = arena_dup(&w->keep, c->name, n - 2);
}

static void drop_column(struct table *t, const char *name)
{
	struct column *c = (struct column *)table_column(t, name);

	if (!c)
		return;
	t->n--;
	memmove(c, c + 1, (t->n - (size_t)(c - t->column)) * sizeof(*c));
}

/* "columns": {"opportunity": {"new_x": "text 100", "name_that_this_organisation_lacks": null}} */
static void read_declared(struct world *w)
{
	const struct doc *all = doc_get(w->conf, "columns");

	for (const struct doc *d = all ? all->first : NULL; d; d = d->next) {
		struct table *t = (struct table *)schema_logical(w, DATAVERSE, d->name);

		if (!t)
			t = (struct table *)schema_logical(w, SALESFORCE, d->name);
		for (const struct doc *c = d->first; t && c; c = c->next)
			if (c->kind == DOC_NULL)
				drop_column(t, c->name);
			else if (doc_text(c))
				read_column(
				    w, t, arena_printf(&w->keep, "%s %s", c->name, c->text));
	}
}

static int read_learned(struct world *w)
{
	struct sql_stmt *st = sql_query(w->db, &w->err,
	    "SELECT service, entity, name, type FROM field ORDER BY service, entity, name", "");
	int more = st ? 0 : -1;

	while (st && (more = sql_step(st, &w->err)) == 1) {
		struct table *t = find_table(w, sql_text(st, 0), sql_text(st, 1));

		if (!t)
			t = new_table(w, sql_text(st, 0), sql_text(st, 1));
		if (!table_column(t, sql_text(st, 2)) && *sql_text(st, 3))
			add_column(w, t, sql_text(st, 2))->type =
			    arena_strdup(&w->keep, sql_text(st, 3));
		else if (!table_column(t, sql_text(st, 2)))
			add_column(w, t, sql_text(st, 2));
	}
	if (st)
		sql_done(st);
	return more;
}

/* The ids that are there tell an object's prefix better than any rule. */
static void read_prefix(struct world *w, struct table *t)
{
	struct sql_stmt *st = sql_query(w->db, &w->err,
	    "SELECT substr(id, 1, 3) FROM row WHERE service = ? AND entity = ? LIMIT 1", "ss",
	    t->service, t->entity);

	if (st && sql_step(st, &w->err) == 1)
		t->prefix = arena_strdup(&w->keep, sql_text(st, 0));
	if (st)
		sql_done(st);
}

int schema_load(struct world *w)
{
	w->schema = arena_alloc(&w->keep, sizeof(*w->schema));
	for (size_t i = 0; schema_builtin[i]; i++)
		read_builtin(w, schema_builtin[i]);
	if (read_learned(w) < 0)
		return -1;
	read_declared(w);
	for (size_t i = 0; i < w->schema->n; i++)
		if (!strcmp(w->schema->table[i].service, SALESFORCE))
			read_prefix(w, &w->schema->table[i]);
	for (size_t i = 0; i < w->schema->n; i++)
		for (size_t k = 0; k < w->schema->table[i].n; k++)
			finish_lookup(w, &w->schema->table[i], &w->schema->table[i].column[k]);
	return w->err.kind == ERR_NONE ? 0 : -1;
}

static bool salesforce_id(const char *s, size_t n)
{
	return (n == 15 || n == 18) &&
	       strspn(s, "0123456789abcdefghijklmnopqrstuvwxyz"
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == n &&
	       isdigit((unsigned char)s[1]);
}

static const char *type_of_value(const char *service, const struct doc *d)
{
	bool sales = !strcmp(service, SALESFORCE);
	size_t n = strlen(d->name);
	int64_t days;

	if (d->kind == DOC_BOOL)
		return "bool";
	if (d->kind == DOC_NUMBER)
		return sales ? "double" : strchr(d->text, '.') ? "decimal" : "int";
	if (d->kind != DOC_STRING)
		return NULL;
	if (sales && salesforce_id(d->text, d->len) && n > 2 &&
	    (!strcmp(d->name + n - 2, "Id") || !strcmp(d->name + n - 3, "__c")))
		return "lookup";
	if (!sales && guid_valid(d->text))
		return "guid";
	if (date_parse(d->text, d->len, &days))
		return "date";
	if (d->len > 11 && d->text[10] == 'T' && stamp_parse(d->text, d->len) != STAMP_NONE)
		return "datetime";
	return "text";
}

/* Was this kind of value seen in this column before? Most rows of a seed teach nothing new. */
static bool seen_before(struct seen *seen, const char *entity, const char *name, const char *type)
{
	uint64_t h = hash64(entity, strlen(entity), hash64(name, strlen(name), 1));
	uint64_t *slot;

	h = hash64(type ? type : "", type ? strlen(type) : 0, h) | 1;
	slot = &seen->slot[h % (sizeof(seen->slot) / sizeof(seen->slot[0]))];
	if (*slot == h)
		return true;
	*slot = h;
	return false;
}

int schema_learn(struct world *w, const char *service, const char *entity, const struct doc *row,
    struct seen *seen)
{
	for (const struct doc *d = row->first; d; d = d->next) {
		const char *type, *name = d->name;
		size_t n = strlen(name);

		if (strchr(name, '@') || n > 200)
			continue;
		type = type_of_value(service, d);
		if (!strcmp(service, DATAVERSE) && *name == '_' && n > 7 &&
		    !strcmp(name + n - 6, "_value")) {
			name = arena_dup(w->scratch, name + 1, n - 7);
			type = "lookup";
		}
		if (seen_before(seen, entity, name, type))
			continue;
		/* Two kinds of value in one column: text. A fraction makes a whole number column
		 * a decimal one. */
		if (sql_run(w->db, &w->err,
			"INSERT INTO field(service, entity, name, type) VALUES(?, ?, ?, ?)"
			" ON CONFLICT DO UPDATE SET type = CASE"
			" WHEN excluded.type IS NULL OR type = excluded.type THEN type"
			" WHEN type IS NULL THEN excluded.type"
			" WHEN type IN ('int', 'decimal') AND excluded.type IN ('int', 'decimal') "
			"THEN 'decimal'"
			" ELSE 'text' END",
			"ssss", service, entity, name, type) < 0)
			return -1;
	}
	return 0;
}
