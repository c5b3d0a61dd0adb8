/* Loading a seed: partner-center.jsonl holds referrals as a GET returns them,
 * dataverse-SET.jsonl flat rows with lookups as _x_value, salesforce-OBJECT.jsonl flat records.
 * What a row leaves out (tags, stamps) is made up here. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/json.h"
#include "core/text.h"
#include "samples/sandbox/auth.h"
#include "samples/sandbox/history.h"
#include "samples/sandbox/partner_center.h"
#include "samples/sandbox/salesforce.h"
#include "samples/sandbox/schema.h"
#include "samples/sandbox/seed.h"

struct loader {
	struct world *w;
	struct seen *seen;
	const struct table *table; /* NULL for referrals */
	int64_t now;
	struct err *err;
};

static int64_t stamp_of(const struct doc *d, const char *name, int64_t fallback)
{
	const struct doc *v = doc_get(d, name);
	int64_t stamp = doc_text(v) ? stamp_parse(v->text, v->len) : STAMP_NONE;

	return stamp == STAMP_NONE ? fallback : stamp;
}

static const char *lower(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s);

	for (char *c = copy; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
	return copy;
}

static int take_referral(struct loader *l, struct doc *d, struct row *row)
{
	struct arena *a = l->w->arena;
	const char *id = doc_member(d, "id", "");

	if (!guid_valid(id))
		return err_set(l->err, ERR_USAGE, "\"id\" is no GUID");
	row->id = lower(a, id);
	row->doc = d;
	row->version = store_next_version(l->w);
	row->modified = stamp_of(d, "updatedDateTime", stamp_of(d, "createdDateTime", l->now));
	row->created = stamp_of(d, "createdDateTime", row->modified);
	doc_set(a, d, "id", doc_string(a, row->id));
	if (!doc_get(d, "createdDateTime"))
		doc_set(a, d, "createdDateTime", doc_string(a, pc_stamp(l->w, row->created)));
	if (!doc_get(d, "updatedDateTime"))
		doc_set(a, d, "updatedDateTime", doc_string(a, pc_stamp(l->w, row->modified)));
	if (!doc_text(doc_get(d, "eTag")))
		doc_set(a, d, "eTag", doc_string(a, pc_etag(l->w, row->version)));
	return store_insert(l->w, PARTNER_CENTER, REFERRALS, row);
}

static void default_stamp(struct loader *l, struct doc *d, const char *name, int64_t stamp)
{
	char text[32];

	if (!doc_is_null(doc_get(d, name)))
		return;
	stamp_format(stamp - stamp % 1000000, text);
	doc_set(l->w->arena, d, name,
	    doc_string(
		l->w->arena, strcmp(l->table->service, SALESFORCE) ? text : sf_stamp(l->w, stamp)));
}

static int take_dataverse(struct loader *l, struct doc *d, struct row *row)
{
	struct arena *a = l->w->arena;
	const char *id = doc_member(d, l->table->key, "");

	if (!guid_valid(id))
		return err_set(l->err, ERR_USAGE, "\"%s\" is no GUID", l->table->key);
	row->id = lower(a, id);
	doc_set(a, d, l->table->key, doc_string(a, row->id));
	doc_remove(d, "versionnumber");
	doc_remove(d, "@odata.etag");
	row->doc = d;
	row->modified = stamp_of(d, "modifiedon", stamp_of(d, "createdon", l->now));
	row->created = stamp_of(d, "createdon", row->modified);
	default_stamp(l, d, "createdon", row->created);
	default_stamp(l, d, "modifiedon", row->modified);
	return store_insert(l->w, DATAVERSE, l->table->entity, row);
}

static int take_salesforce(struct loader *l, struct doc *d, struct row *row)
{
	struct arena *a = l->w->arena;
	const char *id = doc_member(d, "Id", "");

	if (strlen(id) != 15 && strlen(id) != 18)
		return err_set(l->err, ERR_USAGE, "\"Id\" has neither 15 nor 18 characters");
	row->id = sf_id18(a, id);
	doc_remove(d, "attributes");
	doc_set(a, d, "Id", doc_string(a, row->id));
	for (struct doc *m = d->first; m; m = m->next) {
		size_t n = strlen(m->name);

		if (m->kind == DOC_STRING && m->len == 15 && n > 2 &&
		    !strcmp(m->name + n - 2, "Id")) {
			m->text = sf_id18(a, m->text);
			m->len = 18;
		}
	}
	row->doc = d;
	row->modified = stamp_of(d, "LastModifiedDate", stamp_of(d, "CreatedDate", l->now));
	row->modified = stamp_of(d, "SystemModstamp", row->modified);
	row->created = stamp_of(d, "CreatedDate", row->modified);
	default_stamp(l, d, "CreatedDate", row->created);
	default_stamp(l, d, "LastModifiedDate", row->modified);
	default_stamp(l, d, "SystemModstamp", row->modified);
	if (store_insert(l->w, SALESFORCE, l->table->entity, row) < 0)
		return -1;
	row->deleted = doc_true(doc_get(d, "IsDeleted"));
	return row->deleted ? store_update(l->w, row) : 0;
}

static int take_line(struct loader *l, const char *line, size_t len)
{
	struct row row = { 0 };
	struct doc *d;
	int result;

	arena_reset(l->w->arena);
	arena_reset(l->w->scratch);
	d = doc_parse(l->w->arena, line, len, l->err);
	if (!d)
		return -1;
	if (d->kind != DOC_OBJECT)
		return err_set(l->err, ERR_USAGE, "the line is no JSON object");
	if (!l->table)
		result = take_referral(l, d, &row);
	else if (!strcmp(l->table->service, DATAVERSE))
		result = take_dataverse(l, d, &row);
	else
		result = take_salesforce(l, d, &row);
	if (result == 0 && l->table)
		result = schema_learn(l->w, l->table->service, l->table->entity, d, l->seen);
	if (result < 0 && l->w->err.kind != ERR_NONE)
		*l->err = l->w->err;
	return result;
}

static int load_file(struct loader *l, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0, number = 0;
	ssize_t n;
	int result = 0;

	if (!f)
		return err_set(l->err, ERR_USAGE, "%s: %s", path, strerror(errno));
	while (result == 0 && (n = getline(&line, &cap, f)) >= 0) {
		number++;
		while (n && strchr("\r\n ", line[n - 1]))
			n--;
		if (n && take_line(l, line, (size_t)n) < 0) {
			result = -1;
			err_prefix(l->err, "%s:%zu", path, number);
		}
	}
	if (result == 0 && ferror(f))
		result = err_set(l->err, ERR_USAGE, "%s: can't be read to its end", path);
	free(line);
	fclose(f);
	return result;
}

static int load_world(struct world *w, const char *folder, struct err *err)
{
	struct json_file f = { 0 };
	char *path = xasprintf("%s/world.json", folder);
	const char *now;
	int result = json_file_open(&f, path, err);

	if (result == 0) {
		int64_t stamp;

		w->conf = doc_parse(&w->keep, f.text, f.len, err);
		now = w->conf ? doc_member(w->conf, "now", NULL) : NULL;
		stamp = now ? stamp_parse(now, strlen(now)) : STAMP_NONE;
		if (!w->conf)
			result = -1;
		else if (w->conf->kind != DOC_OBJECT)
			result = err_set(err, ERR_USAGE, "%s: no JSON object", path);
		else if (now && stamp == STAMP_NONE)
			result = err_set(err, ERR_USAGE, "%s: \"now\" is no date and time", path);
		else if (world_set(w, "world", f.text) < 0 ||
			 world_set_offset(w, now ? stamp - (world_now(w) - w->offset) : 0) < 0)
			result = -1;
		json_file_close(&f);
	}
	free(path);
	return result;
}

/* The organization of world.json as a row of both CRMs, where no file gives one. */
static int load_organization(struct loader *l)
{
	struct world *w = l->w;
	const struct doc *o = doc_get(w->conf, "organization");
	struct doc *d = doc_new(&w->keep, DOC_OBJECT);
	const char *id = doc_member(o, "dataverse", NULL);
	struct row row = { 0 };

	if (id && guid_valid(id) && !store_count(w, DATAVERSE, "organizations")) {
		doc_set(&w->keep, d, "organizationid", doc_string(&w->keep, id));
		doc_set(
		    &w->keep, d, "name", doc_string(&w->keep, doc_member(o, "name", "contoso")));
		doc_set(&w->keep, d, "friendlyname",
		    doc_string(&w->keep, doc_member(o, "name", "contoso")));
		doc_set(&w->keep, d, "isauditenabled", doc_bool(&w->keep, history_audited(w, NULL, NULL)));
		l->table = schema_need(w, DATAVERSE, "organizations");
		if (take_dataverse(l, d, &row) < 0)
			return -1;
	}
	if (store_count(w, SALESFORCE, "Organization"))
		return 0;
	memset(&row, 0, sizeof(row));
	d = doc_new(&w->keep, DOC_OBJECT);
	doc_set(&w->keep, d, "Id",
	    doc_string(&w->keep, doc_member(o, "salesforce", "00D5e000000sand")));
	doc_set(&w->keep, d, "Name", doc_string(&w->keep, doc_member(o, "name", "Contoso")));
	doc_set(&w->keep, d, "OrganizationType", doc_string(&w->keep, "Developer Edition"));
	doc_set(&w->keep, d, "IsSandbox", doc_bool(&w->keep, true));
	l->table = schema_need(w, SALESFORCE, "Organization");
	return take_salesforce(l, d, &row);
}

static bool is_seed(const char *name, const char *prefix, const char **rest, size_t *n)
{
	size_t len = strlen(name), skip = strlen(prefix);

	if (len <= skip + 6 || strncmp(name, prefix, skip) || strcmp(name + len - 6, ".jsonl"))
		return false;
	*rest = name + skip;
	*n = len - skip - 6;
	return true;
}

static int load_files(struct loader *l, const char *folder)
{
	struct dirent **list = NULL;
	int n = scandir(folder, &list, NULL, alphasort), result = 0;

	if (n < 0)
		return err_set(l->err, ERR_USAGE, "%s: %s", folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name, *rest;
		char *path = xasprintf("%s/%s", folder, name), *entity;
		bool known = true;
		size_t len;

		if (is_seed(name, "dataverse-", &rest, &len) ||
		    is_seed(name, "salesforce-", &rest, &len)) {
			entity = arena_dup(&l->w->keep, rest, len);
			l->table = schema_need(l->w, *name == 'd' ? DATAVERSE : SALESFORCE, entity);
		} else {
			l->table = NULL;
			known = !strcmp(name, "partner-center.jsonl");
		}
		if (known && result == 0)
			result = load_file(l, path);
		free(path);
		free(list[i]);
	}
	free(list);
	return result;
}

int seed_load(struct world *w, const char *folder, struct err *err)
{
	struct seen *seen = xcalloc(1, sizeof(*seen));
	struct loader l = { .w = w, .seen = seen, .err = err };
	int result = sql_begin(w->db, err);

	if (result == 0)
		result = load_world(w, folder, err);
	l.now = world_now_seconds(w);
	if (result == 0)
		result = schema_load(w);
	if (result == 0)
		result = load_files(&l, folder);
	if (result == 0)
		result = load_organization(&l);
	if (result == 0)
		result = auth_seed(w);
	if (result == 0)
		result = world_save_counters(w);
	if (result == 0)
		result = sql_commit(w->db, err);
	else
		sql_rollback(w->db);
	if (result < 0 && err->kind == ERR_NONE)
		*err = w->err;
	free(seen);
	return result;
}
