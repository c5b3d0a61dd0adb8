/* Mapping file -> struct mapping. All mistakes are told, each as file:line:column. */
#include "mapping/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/lang.h"
#include "core/text.h"

int parse_column(struct mapping *m, enum side side, const char *path, int *element)
{
	char name[256];
	const char *open = strchr(path, '[');
	*element = -1;
	if (open && open[1] >= '0' && open[1] <= '9') {
		char *close;
		*element = (int)strtol(open + 1, &close, 10);
		snprintf(name, sizeof name, "%.*s[]%s", (int)(open - path), path, *close == ']' ? close + 1 : close);
	} else {
		snprintf(name, sizeof name, "%s", path);
	}
	return (int)schema_add(&m->columns[side], name);
}

int mapping_field(const struct mapping *m, const char *name)
{
	for (size_t i = 0; i < m->n_fields; i++)
		if (m->field[i].name && !strcmp(m->field[i].name, name))
			return (int)i;
	return -1;
}

const char *mapping_child_table(const struct mapping *m, size_t field, enum side side)
{
	const struct field_side *s = &m->field[field].side[side];
	const char *path = s->n_paths ? s->path[0] : "";
	size_t n = strcspn(path, "[");
	for (size_t i = 0; path[n] && i < m->n_related[side]; i++)
		if (m->related[side][i].table && strlen(m->related[side][i].alias) == n && !strncmp(m->related[side][i].alias, path, n))
			return m->related[side][i].alias;
	return NULL;
}

static void parse_kinds(struct parse *p, const struct json *root)
{
	for (enum side s = LEFT; s <= RIGHT; s++) {
		const char *kind = json_text(json_get(root, side_name(s)));
		p->m->kind[s] = kind ? arena_strdup(&p->m->mem, kind) : "";
		p->m->driver[s] = kind ? system_driver_find(kind) : NULL;
		if (!p->m->driver[s])
			parse_mistake(p, json_get(root, side_name(s)) ? side_name(s) : NULL,
			    "\"%s\" is the kind of the %s system, such as partner-center, dynamics, salesforce", side_name(s),
			    side_name(s));
	}
}

static void parse_fields(struct parse *p, const struct json *list)
{
	struct mapping *m = p->m;
	if (!list || json_kind(list) != JSON_ARRAY || !json_first(list)) {
		parse_mistake(p, list ? "fields" : NULL, "\"fields\" is a list of at least one field");
		return;
	}
	size_t at = parse_enter(p, "fields"), n = json_count(list);
	m->field = arena_alloc(&m->mem, n * sizeof *m->field);
	m->group = arena_alloc(&m->mem, n * sizeof *m->group);
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		size_t inner = parse_enter_index(p, m->n_fields);
		struct field *f = &m->field[m->n_fields++];
		parse_field(p, c, f);
		parse_leave(p, inner);
	}
	parse_leave(p, at);
}

/* Are all paths of a rung's side the deal's or the customer's name? */
static bool names_alone(const struct mapping *m, const struct rung *r, enum side s)
{
	static const char *const names[] = { "deal_name", "customer" };
	size_t found = 0;
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
			int f = mapping_field(m, names[k]);
			found += f >= 0 && m->field[f].side[s].n_paths && m->field[f].side[s].column[0] == r->column[s][i];
		}
	return r->n && found == r->n;
}

static void parse_match(struct parse *p, const struct json *list)
{
	struct mapping *m = p->m;
	if (!list || json_kind(list) != JSON_ARRAY || !json_first(list)) {
		parse_mistake(p, list ? "match" : NULL, "\"match\" is a list of at least one rung");
		return;
	}
	size_t at = parse_enter(p, "match");
	if (json_count(list) > 4)
		parse_mistake(p, NULL, "a ladder has at most four rungs");
	m->rung = arena_alloc(&m->mem, 4 * sizeof *m->rung);
	for (const struct json *c = json_first(list); c && m->n_rungs < 4; c = json_next(c)) {
		struct rung *r = &m->rung[m->n_rungs];
		size_t inner = parse_enter_index(p, m->n_rungs++);
		if (!parse_known(p, c, "left right as")) {
			parse_leave(p, inner);
			continue;
		}
		const char *as = json_text(json_get(c, "as"));
		r->candidate = as && !strcmp(as, "candidate");
		if (json_get(c, "as") && !r->candidate)
			parse_mistake(p, "as", "\"as\" is candidate, or left out");
		size_t n[2] = { 0, 0 };
		for (enum side s = LEFT; s <= RIGHT; s++) {
			const struct json *path = json_get(c, side_name(s));
			bool several = path && json_kind(path) == JSON_ARRAY;
			n[s] = several ? json_count(path) : 1;
			const struct json *e = several ? json_first(path) : path;
			if (n[s] < 1 || n[s] > 4)
				parse_mistake(p, side_name(s), "a native path or a list of at most four is wanted");
			for (size_t i = 0; i < n[s] && i < 4; i++, e = json_next(e)) {
				if (json_text(e))
					r->column[s][i] = parse_column(m, s, json_text(e), &r->element[s][i]);
				else
					parse_mistake(p, e ? side_name(s) : NULL, "\"%s\": a native path is wanted",
					    side_name(s));
			}
		}
		if (n[0] != n[1])
			parse_mistake(p, NULL, "both sides of a rung name as many paths");
		r->n = n[0] < 4 ? n[0] : 4;
		if (!r->candidate && (names_alone(m, r, LEFT) || names_alone(m, r, RIGHT)))
			parse_mistake(p, NULL, "names alone never link two records: add \"as\": \"candidate\", or a path that identifies the deal");
		parse_leave(p, inner);
	}
	parse_leave(p, at);
}

static void parse_related(struct parse *p, const struct json *related)
{
	struct mapping *m = p->m;
	if (!related)
		return;
	size_t at = parse_enter(p, "related");
	parse_known(p, related, "left right");
	for (enum side s = LEFT; s <= RIGHT; s++) {
		const struct json *list = parse_object(p, related, side_name(s));
		size_t inner = parse_enter(p, side_name(s));
		m->related[s] = arena_alloc(&m->mem, (json_count(list) + 1) * sizeof *m->related[s]);
		for (const struct json *c = json_first(list); c; c = json_next(c)) {
			struct related *r = &m->related[s][m->n_related[s]++];
			size_t deep = parse_enter(p, json_name(c));
			r->alias = arena_strdup(&m->mem, json_name(c));
			parse_known(p, c, "through find create table parent id filter");
			r->through = parse_text(p, c, "through");
			r->table = parse_text(p, c, "table");
			r->parent = parse_text(p, c, "parent");
			r->id = parse_text(p, c, "id");
			r->filter = parse_text(p, c, "filter");
			r->create = json_get(c, "create") != NULL;
			if (!r->through == !r->table)
				parse_mistake(p, NULL, "give \"through\" (a look-up column) or \"table\" (a child table)");
			if (r->table && (!r->parent || !r->id))
				parse_mistake(p, NULL, "a child table needs \"parent\" and \"id\", its columns");
			const struct json *find = json_get(c, "find");
			if (find && json_kind(find) != JSON_ARRAY) {
				parse_mistake(p, "find", "a list of columns is wanted");
				find = NULL;
			}
			const char **columns = arena_alloc(&m->mem, (json_count(find) + 1) * sizeof *columns);
			for (const struct json *e = json_first(find); e; e = json_next(e)) {
				if (json_text(e))
					columns[r->n_find++] = arena_strdup(&m->mem, json_text(e));
				else
					parse_mistake(p, "find", "a list of columns is wanted");
			}
			r->find = columns;
			parse_leave(p, deep);
		}
		parse_leave(p, inner);
	}
	parse_leave(p, at);
}

/* "create": {"left": {"type": {"constant": "Independent"}, "team[0].email": {"from": "ownerid.internalemailaddress"}}} */
static void parse_create(struct parse *p, const struct json *create)
{
	struct mapping *m = p->m;
	if (!create)
		return;
	size_t at = parse_enter(p, "create");
	parse_known(p, create, "left right");
	for (enum side s = LEFT; s <= RIGHT; s++) {
		const struct json *list = parse_object(p, create, side_name(s));
		size_t inner = parse_enter(p, side_name(s));
		m->create[s] = arena_alloc(&m->mem, (json_count(list) + 1) * sizeof *m->create[s]);
		for (const struct json *c = json_first(list); c; c = json_next(c)) {
			struct create_value *v = &m->create[s][m->n_create[s]++];
			size_t deep = parse_enter(p, json_name(c));
			v->path = arena_strdup(&m->mem, json_name(c));
			v->column = v->element = -1;
			if (!parse_known(p, c, "constant from")) {
				parse_leave(p, deep);
				continue;
			}
			const struct json *constant = json_get(c, "constant"), *from = json_get(c, "from");
			if (from && constant) {
				parse_mistake(p, NULL, "\"constant\" and \"from\" exclude each other");
			} else if (json_text(from)) {
				v->from = arena_strdup(&m->mem, json_text(from));
				v->column = parse_column(m, side_other(s), v->from, &v->element);
				v->kind = ASSIGN_STRING;
			} else if (constant) {
				v->constant = parse_scalar(p, constant);
				v->kind = json_kind(constant) == JSON_BOOL ? ASSIGN_BOOL
				    : json_kind(constant) == JSON_NUMBER   ? ASSIGN_NUMBER
									   : ASSIGN_STRING;
			} else {
				parse_mistake(p, NULL, "{\"constant\": value} or {\"from\": \"path of the other side\"} is wanted");
			}
			parse_leave(p, deep);
		}
		parse_leave(p, inner);
	}
	parse_leave(p, at);
}

/* Every fact has the path its driver names, unless the mapping says otherwise; null: there is none. */
static void parse_facts(struct parse *p, const struct json *facts)
{
	struct mapping *m = p->m;
	size_t at = parse_enter(p, "facts");
	if (facts)
		parse_known(p, facts, "left right");
	for (enum side s = LEFT; s <= RIGHT; s++) {
		const struct json *own = parse_object(p, facts, side_name(s));
		size_t inner = parse_enter(p, side_name(s));
		for (int f = 0; f < FACT_COUNT; f++) {
			const char *path = m->driver[s] ? m->driver[s]->facts[f] : NULL;
			const struct json *c = json_get(own, fact_names[f]);
			if (c)
				path = json_kind(c) == JSON_NULL ? NULL : parse_text(p, own, fact_names[f]);
			m->fact[s][f] = m->fact_element[s][f] = -1;
			m->fact_path[s][f] = path;
			if (path)
				m->fact[s][f] = parse_column(m, s, path, &m->fact_element[s][f]);
		}
		for (const struct json *c = json_first(own); c; c = json_next(c)) {
			bool known = false;
			for (int f = 0; f < FACT_COUNT; f++)
				known |= !strcmp(json_name(c), fact_names[f]);
			if (!known)
				parse_mistake(p, json_name(c), "no fact is called \"%s\"", json_name(c));
		}
		parse_leave(p, inner);
	}
	parse_leave(p, at);
}

/* A path that reads another row has that row's own modified stamp: "account.name" has "account.modifiedon". */
static void find_stamps(struct mapping *m)
{
	for (size_t i = 0; i < m->n_fields; i++)
		for (enum side s = LEFT; s <= RIGHT; s++) {
			struct field_side *fs = &m->field[i].side[s];
			const char *stamp = m->driver[s] ? m->driver[s]->facts[FACT_MODIFIED] : NULL;
			for (size_t k = 0; k < fs->n_paths; k++) {
				const char *name = m->columns[s].name[fs->column[k]];
				/* "solutions[].id": up to the dot behind the brackets; "a.b": up to the last dot */
				const char *dot = strstr(name, "[].");
				dot = dot ? dot + 2 : strrchr(name, '.');
				fs->modified[k] = -1;
				if (!dot || !stamp || *name == '@' || !(m->driver[s]->caps & CAP_RELATED))
					continue;
				int element;
				char *path = arena_printf(&m->mem, "%.*s.%s", (int)(dot - name), name, stamp);
				fs->modified[k] = parse_column(m, s, path, &element);
			}
		}
}

static void find_names(struct mapping *m)
{
	m->f_name = mapping_field(m, "deal_name");
	m->f_status = mapping_field(m, "status");
	m->f_value = mapping_field(m, "deal_value");
	m->f_currency = mapping_field(m, "deal_currency");
	m->f_close_date = mapping_field(m, "close_date");
	m->f_solutions = mapping_field(m, "solutions");
	m->f_help = mapping_field(m, "help");
	m->f_visible = mapping_field(m, "visible");
	m->f_customer = mapping_field(m, "customer");
	m->f_country = mapping_field(m, "country");
	m->f_postal = mapping_field(m, "postal_code");
	m->f_contact = mapping_field(m, "contact");
	m->f_team = mapping_field(m, "team");
	m->f_owner = mapping_field(m, "owner");
}

int mapping_open(struct mapping *m, const char *path, struct err *err)
{
	memset(m, 0, sizeof *m);
	if (json_file_open(&m->file, path, err) < 0)
		return -1;
	struct parse p = { .m = m };
	m->path = xstrdup(path);
	buf_init(&p.at, 0);
	const struct json *root = parse_open(&p);
	if (root) {
		parse_known(&p, root,
		    "$schema extends left right scope match fields facts related create rules audit_words partner_ids "
		    "crm_currencies crm_users setup columns");
		parse_kinds(&p, root);
		parse_facts(&p, json_get(root, "facts"));
		parse_fields(&p, json_get(root, "fields"));
		parse_match(&p, json_get(root, "match"));
		parse_related(&p, json_get(root, "related"));
		parse_create(&p, json_get(root, "create"));
		parse_rules(&p, parse_object(&p, root, "rules"));
		const struct json *scope = json_get(root, "scope");
		size_t at = parse_enter(&p, "scope");
		if (scope && !parse_known(&p, scope, "left right"))
			scope = NULL;
		for (enum side s = LEFT; s <= RIGHT && scope; s++) {
			size_t inner = parse_enter(&p, side_name(s));
			if (json_get(scope, side_name(s)))
				m->scope[s] = scope_compile(&p, json_get(scope, side_name(s)), s);
			parse_leave(&p, inner);
		}
		parse_leave(&p, at);
		m->audit_words = parse_text(&p, root, "audit_words");
		parse_lists(&p, root);
		parse_setup(&p, parse_object(&p, root, "setup"));
		find_stamps(m);
		parse_columns(&p, parse_object(&p, root, "columns"));
		find_names(m);
	}
	parse_close(&p);
	if (p.mistakes) {
		err_set(err, ERR_USAGE, lang_plural("%s: %d mistake in the mapping, see above",
		    "%s: %d mistakes in the mapping, see above", (unsigned long)p.mistakes), path, p.mistakes);
		mapping_close(m);
		return -1;
	}
	return 0;
}

void mapping_close(struct mapping *m)
{
	json_file_close(&m->file);
	arena_release(&m->mem);
	schema_release(&m->columns[LEFT]);
	schema_release(&m->columns[RIGHT]);
	free(m->path);
	memset(m, 0, sizeof *m);
}

struct system_need mapping_need(const struct mapping *m, enum side side)
{
	return (struct system_need){ &m->columns[side], m->related[side], m->n_related[side], m->fact_path[side] };
}

int mapping_heading(const struct mapping *m, enum side side, const char *heading)
{
	if (!strncmp(heading, "\xef\xbb\xbf", 3))
		heading += 3;
	const struct schema *columns = &m->columns[side];
	int exact = schema_find(columns, heading);
	if (exact >= 0)
		return exact;
	const char *bare = column_bare(heading);
	for (size_t i = 0; i < columns->n; i++)
		if (!strcasecmp(columns->name[i], heading) || !strcasecmp(columns->name[i], bare))
			return (int)i;
	for (size_t i = 0; i < columns->n; i++)
		if (!strcasecmp(column_bare(columns->name[i]), heading))
			return (int)i;
	for (size_t i = 0; i < m->n_words[side]; i++)
		for (size_t k = 0; k < m->words[side][i].n_headings; k++)
			if (!strcasecmp(m->words[side][i].heading[k], heading))
				return m->words[side][i].column;
	for (size_t i = 0; i < m->n_fields; i++) {
		const struct field_side *s = &m->field[i].side[side];
		for (size_t k = 0; k < s->n_aliases; k++)
			if (!strcasecmp(s->aliases[k], heading))
				return s->column[0];
	}
	return -1;
}
