/* The columns of a sheet being written: what the caller asked for, copied, and what the next row adds to it. */
#include "core/xlsx.h"

#include <stdlib.h>
#include <string.h>
#include "core/wrap.h"

#define LINES_MAX 27 /* 15 points each: Excel takes no row above 409 */

size_t word_lists_add(struct word_lists *w, const char *const *choices)
{
	size_t i, j, n = 0;

	while (choices[n])
		n++;
	if (n == 0)
		return 0;
	for (i = 0; i < w->n; i++) {
		for (j = 0; w->list[i].n == n && j < n; j++)
			if (strcmp(w->list[i].item[j], choices[j]) != 0)
				break;
		if (w->list[i].n == n && j == n)
			return i + 1;
	}
	w->list = xreallocarray(w->list, w->n + 1, sizeof(*w->list));
	w->list[w->n].item = xcalloc(n + 1, sizeof(char *));
	for (j = 0; j < n; j++)
		w->list[w->n].item[j] = xstrdup(choices[j]);
	w->list[w->n].n = n;
	return ++w->n;
}

void word_lists_release(struct word_lists *w)
{
	size_t i, j;

	for (i = 0; i < w->n; i++) {
		for (j = 0; j < w->list[i].n; j++)
			free(w->list[i].item[j]);
		free(w->list[i].item);
	}
	free(w->list);
}

/* Wide enough for the heading and for what such a column holds. */
static double width_of(const struct column_def *def)
{
	static const double least[] = {
		[COLUMN_TEXT] = 10, [COLUMN_NUMBER] = 15, [COLUMN_DATE] = 12, [COLUMN_STAMP] = 23
	};
	double width = (double)strlen(def->heading) + 3;

	if (def->width > 0)
		return def->width;
	if (width < least[def->type])
		return least[def->type];
	return width > 50 ? 50 : width;
}

void xlsx_columns_copy(struct xlsx_columns *c, const struct column_def *def, size_t n)
{
	size_t i;

	xlsx_columns_drop(c);
	c->column = xcalloc(n, sizeof(*c->column));
	c->n = n;
	for (i = 0; i < n; i++)
		c->column[i] = (struct xlsx_column){
			.heading = xstrdup(def[i].heading),
			.width = width_of(&def[i]),
			.hidden = def[i].hidden,
			.type = def[i].type,
			.wrap = def[i].wrap,
			.look = def[i].look,
			.list = def[i].choices ? word_lists_add(&c->lists, def[i].choices) : 0,
			.next_look = -1,
		};
}

size_t xlsx_columns_lines(const struct xlsx_columns *c, const struct value *cell)
{
	size_t i, j, lines, most = 1, room, used, wide;

	for (i = 0; i < c->n; i++) {
		if (!c->column[i].wrap || c->column[i].hidden)
			continue;
		/* Lines break between words, which leaves some of each empty, and bold letters are wider. */
		room = c->column[i].width > 4 ? (size_t)(c->column[i].width * 0.85) : 3;
		lines = 1;
		used = 0;
		for (j = 0; j < cell[i].len && lines < LINES_MAX;) {
			bool end = cell[i].s[j] == '\n';
			j += wrap_piece(cell[i].s + j, &wide);
			if (end || used + wide > room) {
				lines++;
				used = 0;
			}
			used += end ? 0 : wide;
		}
		most = lines > most ? lines : most;
	}
	return most;
}

void xlsx_columns_drop(struct xlsx_columns *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		free(c->column[i].heading);
		free(c->column[i].link);
	}
	free(c->column);
	c->column = NULL;
	c->n = 0;
}
