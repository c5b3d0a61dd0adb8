#include "mapping/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/buf.h"
#include "core/table.h"
#include "core/text.h"

const char *const severity_names[] = { "info", "warning", "error" };

#define COLUMNS 13

static const char *const keys[COLUMNS] = { "side", "left_id", "right_id", "deal", "field", "path", "value", "rule",
	"severity", "reason", "fix", "value_at_stake", "currency" };
static const char *const english[COLUMNS] = { "System", "Left ID", "Right ID", "Deal", "Field", "Native field", "Value",
	"Rule", "Severity", "Reason", "What to do", "Value at stake", "Currency" };
static const double widths[COLUMNS] = { 16, 38, 38, 34, 14, 34, 24, 8, 10, 50, 60, 16, 10 };

struct report {
	const struct mapping *m;
	bool french;
	struct table_writer *table; /* .csv and .xlsx */
	FILE *json;
	char *path, *part;
	long rows;
};

struct report *report_open(const char *path, const struct mapping *m, const char *lang, struct err *err)
{
	struct report *r = xcalloc(1, sizeof *r);
	struct column_def column[COLUMNS] = { 0 };
	r->m = m;
	r->french = lang && !strcmp(lang, "fr");
	if (!path)
		return r;
	size_t n = strlen(path);
	r->path = xstrdup(path);
	if (n > 5 && !strcmp(path + n - 5, ".json")) {
		r->part = xasprintf("%s.part", path);
		r->json = fopen(r->part, "w");
		if (!r->json) {
			err_set(err, ERR_USAGE, "%s cannot be written: %s", r->part, strerror(errno));
			goto failed;
		}
		fputs("[", r->json);
		return r;
	}
	r->table = table_create(path, DIALECT_RFC4180, err);
	if (!r->table)
		goto failed;
	bool workbook = table_is_workbook(r->table);
	for (size_t i = 0; i < COLUMNS; i++)
		column[i] = (struct column_def){ .heading = workbook ? english[i] : keys[i], .width = widths[i],
			.wrap = i == 9 || i == 10, .type = i == 11 ? COLUMN_NUMBER : COLUMN_TEXT };
	if (table_sheet(r->table, "Findings", column, COLUMNS, err) < 0)
		goto failed;
	return r;
failed:
	report_abandon(r);
	return NULL;
}

static int add_json(struct report *r, const struct value *cell, struct err *err)
{
	struct buf b = { 0 };
	buf_adds(&b, r->rows ? ",\n{" : "\n{");
	for (size_t i = 0; i < COLUMNS; i++) {
		buf_addf(&b, "%s\"%s\":", i ? "," : "", keys[i]);
		buf_add_json(&b, cell[i].s, cell[i].len);
	}
	buf_addc(&b, '}');
	bool ok = fwrite(b.s, 1, b.len, r->json) == b.len;
	buf_release(&b);
	return ok ? 0 : err_set(err, ERR_FAILED, "%s cannot be written: %s", r->part, strerror(errno));
}

int report_add(struct report *r, const struct finding *f, const struct mapped *left, const struct mapped *right,
    struct err *err)
{
	const struct mapping *m = r->m;
	const struct mapped *mine = f->side == LEFT ? left : right, *other = f->side == LEFT ? right : left;
	struct value cell[COLUMNS] = { 0 };
	cell[0] = value_of(m->driver[f->side]->title);
	cell[1] = left ? value_of(left->id) : value_empty;
	cell[2] = right ? value_of(right->id) : value_empty;
	cell[3] = value_empty;
	if (m->f_name >= 0) {
		cell[3] = mine ? mine->field[m->f_name] : value_empty;
		if (!value_has(cell[3]) && other)
			cell[3] = other->field[m->f_name];
	}
	cell[4] = value_of(f->field >= 0 ? m->field[f->field].name : "");
	cell[5] = value_of(f->path);
	cell[6] = f->value;
	cell[7] = value_of(f->rule->id);
	cell[8] = value_of(severity_names[f->severity]);
	cell[9] = value_of(f->reason);
	cell[10] = value_of(r->french ? f->rule->fix_fr : f->rule->fix_en);
	cell[11] = mine && m->f_value >= 0 && !mine->bad[m->f_value] ? mine->field[m->f_value] : value_empty;
	cell[12] = mine && m->f_currency >= 0 ? mine->field[m->f_currency] : value_empty;
	int rc = 0;
	if (r->table)
		rc = table_write(r->table, cell, COLUMNS, err);
	else if (r->json)
		rc = add_json(r, cell, err);
	r->rows++;
	return rc;
}

int report_close(struct report *r, struct err *err)
{
	int rc = 0;
	if (r->table) {
		rc = table_finish(r->table, err);
		r->table = NULL;
	} else if (r->json) {
		FILE *f = r->json;
		bool ok = fputs("\n]\n", f) >= 0 && !fflush(f) && !fsync(fileno(f));
		ok &= !fclose(f);
		r->json = NULL;
		if (!ok || rename(r->part, r->path) < 0)
			rc = err_set(err, ERR_FAILED, "%s cannot be written: %s", r->path, strerror(errno));
	}
	report_abandon(r);
	return rc;
}

void report_abandon(struct report *r)
{
	if (!r)
		return;
	table_abandon(r->table);
	if (r->json)
		fclose(r->json);
	if (r->part)
		unlink(r->part);
	free(r->part);
	free(r->path);
	free(r);
}
