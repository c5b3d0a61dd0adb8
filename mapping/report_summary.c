/* The first sheet of the report's workbook: causes, ranked, each with a link to the first of its findings, and a chart. */
#include <stdlib.h>
#include <string.h>
#include "core/table.h"
#include "mapping/report.h"

#define FIXED 7
#define CHART_MAX 15
#define SHEET_ROWS 1048575

int report_summary(struct table_writer *w, const struct report_info *info, struct err *err)
{
	static const enum rules_text heading[FIXED] = { RT_COL_RULE, RT_COL_CAUSE, RT_COL_SEVERITY, RT_COL_DEALS, RT_COL_HELD,
		RT_COL_ALONE, RT_COL_FIX };
	static const double width[FIXED] = { 8, 44, 14, 10, 18, 24, 60 };
	const struct causes *c = info->causes;
	struct arena a = { 0 };
	int lang = rules_lang(info->lang), rc;
	size_t money = c->n_currencies, n = FIXED + 2 * money;
	struct column_def *column = arena_alloc(&a, n * sizeof *column);
	struct value *cell = arena_alloc(&a, n * sizeof *cell);
	for (size_t i = 0; i < FIXED; i++)
		column[i] = (struct column_def){ .heading = rules_template(heading[i], lang), .width = width[i],
			.wrap = i == 1 || i == 6, .type = i >= 3 && i <= 5 ? COLUMN_NUMBER : COLUMN_TEXT };
	for (size_t i = 0; i < 2 * money; i++)
		column[FIXED + i] = (struct column_def){ .heading = RULES_SAY(&a, lang, i < money ? RT_COL_FREED_IN : RT_COL_STAKE_IN,
			c->currency[i % money]), .width = 18, .type = COLUMN_NUMBER };
	rc = table_sheet(w, rules_template(RT_SHEET_SUMMARY, lang), column, n, err);
	for (size_t i = 0; i < c->n && !rc; i++) {
		const struct cause *k = &c->cause[i];
		cell[0] = value_of(k->rule->id);
		cell[1] = value_of(lang == RULES_FR ? k->rule->title_fr : k->rule->title_en);
		cell[2] = value_of(report_severity(k->severity, lang));
		cell[3] = value_of(arena_printf(&a, "%ld", k->deals));
		cell[4] = value_of(arena_printf(&a, "%ld", k->held));
		cell[5] = value_of(arena_printf(&a, "%ld", k->alone));
		cell[6] = value_of(lang == RULES_FR ? k->rule->fix_fr : k->rule->fix_en);
		for (size_t j = 0; j < 2 * money; j++) {
			const struct cause_money *m = cause_money(k, c->currency[j % money]);
			cell[FIXED + j] = value_of(!m ? "" : j < money ? m->freed : m->stake);
		}
		/* a workbook cannot switch a filter by a link: it leads to the first row of the rule */
		if (k->first < SHEET_ROWS)
			table_next_link(w, 0,
			    arena_printf(&a, "internal:'%s'!A%zu", rules_template(RT_SHEET_FINDINGS, lang), k->first + 2));
		if (k->severity == SEVERITY_ERROR)
			table_next_look(w, 2, LOOK_WARN);
		rc = table_write(w, cell, n, err);
	}
	if (!rc && c->n)
		table_chart(w, c->n > CHART_MAX ? RULES_SAY(&a, lang, RT_CHART_FIRST, arena_printf(&a, "%d", CHART_MAX))
					       : rules_template(RT_CHART, lang), 1, c->n < CHART_MAX ? c->n : CHART_MAX, 1, 3);
	if (!rc && !c->n) {
		for (size_t j = 0; j < n; j++)
			cell[j] = value_empty;
		cell[1] = value_of(rules_template(RT_NOTHING_FOUND, lang));
		rc = table_write(w, cell, n, err);
	}
	arena_release(&a);
	return rc;
}
