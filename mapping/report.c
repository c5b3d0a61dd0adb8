#include "mapping/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "core/buf.h"
#include "core/outfile.h"
#include "core/table.h"
#include "core/text.h"

const char *const severity_names[] = { "info", "warning", "error" };

static const char *const keys[REPORT_COLUMNS] = { "side", "left_id", "right_id", "deal", "field", "path", "value", "rule",
	"severity", "reason", "fix", "value_at_stake", "currency", "days_open" };
static const enum rules_text headings[REPORT_COLUMNS] = { RT_COL_SYSTEM, RT_COL_LEFT_ID, RT_COL_RIGHT_ID, RT_COL_DEAL,
	RT_COL_FIELD, RT_COL_PATH, RT_COL_VALUE, RT_COL_RULE, RT_COL_SEVERITY, RT_COL_REASON, RT_COL_FIX, RT_COL_STAKE,
	RT_COL_CURRENCY, RT_COL_DAYS };
static const double widths[REPORT_COLUMNS] = { 16, 38, 38, 34, 14, 34, 24, 8, 14, 50, 60, 16, 10, 10 };

struct report {
	const struct report_info *info;
	int lang;
	struct table_writer *table; /* .csv and .xlsx */
	bool workbook;
	struct html_report *html;
	FILE *json;
	struct outfile out; /* of json */
	long rows;
};

const char *report_heading(const struct report_info *info, int column, struct arena *a)
{
	const char *title = column == REPORT_RIGHT_ID ? info->title[RIGHT] : info->title[LEFT];
	return RULES_SAY(a, rules_lang(info->lang), headings[column], title);
}

const char *report_severity(enum severity s, int lang)
{
	return rules_template(s == SEVERITY_ERROR ? RT_ERROR : s == SEVERITY_WARNING ? RT_WARNING : RT_INFO, lang);
}

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), k = strlen(end);
	return n > k && !strcasecmp(path + n - k, end);
}

static int open_json(struct report *r, const char *path, struct err *err)
{
	if (outfile_open(&r->out, path, err) < 0)
		return -1;
	int fd = dup(r->out.fd);
	r->json = fd < 0 ? NULL : fdopen(fd, "w");
	if (!r->json) {
		if (fd >= 0)
			close(fd);
		return err_set(err, ERR_FAILED, "%s cannot be written: %s", path, strerror(errno));
	}
	fputs("[", r->json);
	return 0;
}

static int open_table(struct report *r, const char *path, struct err *err)
{
	struct column_def column[REPORT_COLUMNS] = { 0 };
	struct arena a = { 0 };
	r->table = table_create(path, DIALECT_RFC4180, err);
	if (!r->table)
		return -1;
	r->workbook = table_is_workbook(r->table);
	int rc = r->workbook ? report_summary(r->table, r->info, err) : 0;
	for (int i = 0; i < REPORT_COLUMNS; i++)
		column[i] = (struct column_def){ .heading = r->workbook ? report_heading(r->info, i, &a) : keys[i],
			.width = widths[i], .wrap = i == REPORT_REASON || i == REPORT_FIX,
			.type = i == REPORT_STAKE || i == REPORT_DAYS ? COLUMN_NUMBER : COLUMN_TEXT };
	if (!rc)
		rc = table_sheet(r->table, rules_template(RT_SHEET_FINDINGS, r->lang), column,
		    r->workbook ? REPORT_COLUMNS : REPORT_STABLE, err);
	arena_release(&a);
	return rc;
}

struct report *report_open(const char *path, const struct report_info *info, struct err *err)
{
	struct report *r = xcalloc(1, sizeof *r);
	int rc = 0;
	r->info = info;
	r->lang = rules_lang(info->lang);
	r->out.fd = r->out.folder_fd = -1;
	if (!path)
		return r;
	if (ends_with(path, ".json"))
		rc = open_json(r, path, err);
	else if (ends_with(path, ".html") || ends_with(path, ".htm"))
		rc = (r->html = html_open(path, info, err)) ? 0 : -1;
	else
		rc = open_table(r, path, err);
	if (!rc)
		return r;
	report_abandon(r);
	return NULL;
}

static int add_json(struct report *r, const struct value *cell, struct err *err)
{
	struct buf b = { 0 };
	buf_adds(&b, r->rows ? ",\n{" : "\n{");
	for (size_t i = 0; i < REPORT_STABLE; i++) {
		buf_addf(&b, "%s\"%s\":", i ? "," : "", keys[i]);
		buf_add_json(&b, cell[i].s, cell[i].len);
	}
	buf_addc(&b, '}');
	bool ok = fwrite(b.s, 1, b.len, r->json) == b.len;
	buf_release(&b);
	return ok ? 0 : err_set(err, ERR_FAILED, "%s cannot be written: %s", r->out.path, strerror(errno));
}

/* Whole days since the deal was made, while it is open: the record's own stamp, else its partner's. */
static void days_open(const struct report *r, const struct mapped *mine, const struct mapped *other, char out[24])
{
	const struct mapped *both[] = { mine, other };
	int status = r->info->m->f_status;
	for (int i = 0; i < 2 && r->info->at != STAMP_NONE; i++) {
		struct value v = both[i] ? both[i]->fact[FACT_CREATED] : value_absent;
		int64_t born = value_has(v) ? stamp_parse(v.s, v.len) : STAMP_NONE;
		if (born == STAMP_NONE || born > r->info->at)
			continue;
		if (status < 0 || !status_is(both[i]->field[status], "Closed"))
			snprintf(out, 24, "%lld", (long long)((r->info->at - born) / INT64_C(86400000000)));
		return;
	}
}

int report_add(struct report *r, const struct finding *f, const struct mapped *left, const struct mapped *right,
    struct err *err)
{
	const struct mapping *m = r->info->m;
	const struct mapped *mine = f->side == LEFT ? left : right, *other = f->side == LEFT ? right : left;
	struct value cell[REPORT_COLUMNS];
	bool people = r->html || r->workbook;
	cell[REPORT_SIDE] = value_of(m->driver[f->side]->title);
	cell[REPORT_LEFT_ID] = left ? value_of(left->id) : value_empty;
	cell[REPORT_RIGHT_ID] = right ? value_of(right->id) : value_empty;
	cell[REPORT_DEAL] = value_empty;
	if (m->f_name >= 0) {
		cell[REPORT_DEAL] = mine ? mine->field[m->f_name] : value_empty;
		if (!value_has(cell[REPORT_DEAL]) && other)
			cell[REPORT_DEAL] = other->field[m->f_name];
	}
	cell[REPORT_FIELD] = value_of(f->field < 0 ? "" : people ? m->field[f->field].label[r->lang] : m->field[f->field].name);
	cell[REPORT_PATH] = value_of(f->path);
	cell[REPORT_VALUE] = f->value;
	cell[REPORT_RULE] = value_of(f->rule->id);
	cell[REPORT_SEVERITY] = value_of(people ? report_severity(f->severity, r->lang) : severity_names[f->severity]);
	cell[REPORT_REASON] = value_of(f->reason);
	cell[REPORT_FIX] = value_of(r->lang == RULES_FR ? f->rule->fix_fr : f->rule->fix_en);
	cell[REPORT_STAKE] = mine && m->f_value >= 0 && !mine->bad[m->f_value] ? mine->field[m->f_value] : value_empty;
	cell[REPORT_CURRENCY] = mine && m->f_currency >= 0 ? mine->field[m->f_currency] : value_empty;
	char days[24] = "";
	if (people)
		days_open(r, mine, other, days);
	cell[REPORT_DAYS] = value_of(days);
	int rc = 0;
	if (r->table)
		rc = table_write(r->table, cell, r->workbook ? REPORT_COLUMNS : REPORT_STABLE, err);
	else if (r->html)
		rc = html_row(r->html, cell, f->severity, err);
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
	} else if (r->html) {
		rc = html_close(r->html, err);
		r->html = NULL;
	} else if (r->json) {
		FILE *f = r->json;
		fputs("\n]\n", f);
		r->json = NULL;
		bool ok = !ferror(f);
		if (fclose(f) || !ok)
			rc = err_set(err, ERR_FAILED, "%s cannot be written: %s", r->out.path, strerror(errno));
		else
			rc = outfile_commit(&r->out, err);
	}
	report_abandon(r);
	return rc;
}

void report_abandon(struct report *r)
{
	if (!r)
		return;
	table_abandon(r->table);
	html_abandon(r->html);
	if (r->json)
		fclose(r->json);
	outfile_close(&r->out);
	free(r);
}
