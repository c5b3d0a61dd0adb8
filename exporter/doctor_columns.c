/* The mapping's columns against what the service says of its own: there, of a fitting type, writable where the mapping
 * writes, and the referral id unique. */
#include <stdlib.h>
#include <string.h>
#include "exporter/doctor.h"
#include "core/lang.h"

/* Words of both services for columns that hold each type of the mapping. */
static const char *const fitting[] = {
	[TYPE_TEXT] = " string memo textarea picklist multipicklist combobox email phone url id "
		      "reference uniqueidentifier "
		      "encryptedstring richtextarea ",
	[TYPE_INTEGER] = " integer int long bigint decimal double percent money currency ",
	[TYPE_DECIMAL] = " money currency decimal double percent integer int long bigint ",
	[TYPE_DATE] = " date datetime ",
	[TYPE_DATETIME] = " datetime date ",
	[TYPE_BOOLEAN] = " boolean picklist ",
	[TYPE_ENUM] = " picklist multipicklist state status string memo textarea boolean integer "
		      "int combobox ",
	[TYPE_COUNTRY] = " string picklist textarea memo combobox ",
	[TYPE_CURRENCY] = " string picklist ",
	[TYPE_EMAIL] = " string email textarea ",
	[TYPE_PHONE] = " string phone textarea ",
	[TYPE_ID] = " string memo textarea id reference uniqueidentifier lookup owner customer "
		    "integer int bigint ",
	[TYPE_SET] = " string memo textarea id reference uniqueidentifier lookup email picklist "
		     "multipicklist ",
};

static bool fits(enum field_type type, const char *word)
{
	char padded[60];
	size_t n = strlen(word);

	if (!n || n > sizeof(padded) - 3)
		return true;
	padded[0] = ' ';
	for (size_t i = 0; i < n; i++)
		padded[i + 1] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] + 32 : word[i]);
	padded[n + 1] = ' ';
	padded[n + 2] = '\0';
	return strstr(fitting[type], padded) != NULL;
}

static const struct column_info *find(const struct column_info *info, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(info[i].path, path) == 0)
			return &info[i];
	return NULL;
}

struct looking {
	struct visit *v;
	const struct column_info *info;
	size_t n;
	long found, missing, writable;
};

static void missing(
    struct looking *k, const char *what, const char *name, const struct column_info *c)
{
	struct doctor *d = k->v->doctor;
	char *fix = xasprintf(_("correct the path in %s, or create the column"), k->v->mapping->path);

	k->missing++;
	doctor_say(d, k->v->conf->name, N_("columns"), LEVEL_PROBLEM, EXIT_USAGE, fix,
	    "%s \"%s\": %s has no column %s (%s)", what, name, c->table, c->column, c->path);
	free(fix);
}

/* What is written through a lookup goes into the lookup column; only columns of the record's own, of rows made beside a
 * new deal, and the element of a child table take the value itself. */
static bool takes_value(const struct mapping *m, enum side side, const char *path)
{
	size_t n = strcspn(path, ".[");

	if (!path[n])
		return true;
	for (size_t i = 0; i < m->n_related[side]; i++) {
		const struct related *r = &m->related[side][i];

		if (strlen(r->alias) == n && strncmp(r->alias, path, n) == 0)
			return path[n] == '[' ? r->table && !strcmp(path + n, "[].id") &&
						    !strchr(r->id ? r->id : ".", '.')
					      : r->create;
	}
	return false;
}

static void look_at(struct looking *k, const struct field *f, const struct field_side *fs, size_t p)
{
	struct visit *v = k->v;
	const char *path = v->mapping->columns[v->side].name[fs->column[p]];
	const struct column_info *c = find(k->info, k->n, path);
	/* elsewhere a dotted path is a part of the record itself */
	bool related = v->sys->driver->caps & CAP_RELATED, own = !related || !path[strcspn(path, ".[")], ok;

	if (!c || !c->table)
		return;
	if (!c->found) {
		missing(k, "field", f->name, c);
		return;
	}
	k->found++;
	if (!fs->n_values && !fits(f->type, c->type))
		doctor_say(v->doctor, v->conf->name, N_("columns"), LEVEL_WARNING, EXIT_OK,
		    _("map it to a column of that type, or change the field's type in the mapping"),
		    "field \"%s\" is of type %s, %s of type %s", f->name, type_name(f->type), path,
		    c->type);
	if (fs->write == WRITE_NEVER || (related && !takes_value(v->mapping, v->side, path)))
		return;
	ok = fs->write == WRITE_ON_CREATE || !own ? c->creatable : c->creatable && c->updatable;
	k->writable += ok;
	if (!ok)
		doctor_say(v->doctor, v->conf->name, N_("columns"), LEVEL_PROBLEM, EXIT_USAGE,
		    _("give the account the right to write it, or say \"write\": \"on-create\" or \"never\" in the "
		    "mapping"),
		    "field \"%s\": %s can't be written by this account", f->name, path);
}

static void look_at_peer(struct looking *k)
{
	struct visit *v = k->v;
	const char *path = v->mapping->fact_path[v->side][FACT_PEER];
	const struct column_info *c = path ? find(k->info, k->n, path) : NULL;

	if (!c || !c->table)
		return;
	if (!c->found)
		missing(k, "fact", "peer", c);
	else if (c->unique)
		doctor_say(v->doctor, v->conf->name, N_("referral id"), LEVEL_OK, EXIT_OK, NULL,
		    "%s is unique", path);
	else
		doctor_say(v->doctor, v->conf->name, N_("referral id"), LEVEL_WARNING, EXIT_OK,
		    _("make it unique: an alternate key in Dynamics, a unique external id in "
		      "Salesforce"),
		    "%s is not unique, so two deals may come to hold one referral (rejoin check names those that do, "
		    "R25)", path);
}

/* 1: columns are missing, so nothing can be read. */
int doctor_columns(struct visit *v, struct err *err)
{
	struct looking k = { .v = v };
	struct column_info *info;
	struct err why = { 0 };

	if (!v->mapping)
		return 0;
	if (system_describe(v->sys, &v->mem, &info, &k.n, &why) < 0)
		return doctor_error(v, N_("columns"), &why, err) < 0 ? -1 : 1;
	if (!k.n)
		return 0;
	k.info = info;
	for (size_t i = 0; i < v->mapping->n_fields; i++) {
		const struct field *f = &v->mapping->field[i];

		for (size_t p = 0; p < f->side[v->side].n_paths; p++)
			look_at(&k, f, &f->side[v->side], p);
	}
	for (size_t i = 0; i < v->mapping->n_create[v->side]; i++) {
		const char *path = v->mapping->create[v->side][i].path;
		const struct column_info *c = find(k.info, k.n, path);

		if (c && c->table && !c->found)
			missing(&k, "create", path, c);
	}
	look_at_peer(&k);
	/* what the match, the scope and the rules read */
	for (size_t i = 0; i < k.n && !k.missing; i++)
		if (info[i].table && !info[i].found && schema_find(&v->mapping->columns[v->side], info[i].path) >= 0)
			missing(&k, "column", info[i].path, &info[i]);
	if (!k.missing)
		doctor_say(v->doctor, v->conf->name, N_("columns"), LEVEL_OK, EXIT_OK, NULL,
		    "all %ld mapped columns are there, %ld of them can be written", k.found,
		    k.writable);
	return k.missing > 0;
}
