/* The rows of a plan's file as they stand there, for comparing two plans. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/buf.h"
#include "core/json.h"
#include "mapping/review_sheets.h"

struct listing {
	int (*visit)(void *ctx, const struct review_line *line, struct err *err);
	void *ctx;
};

static const char *cell(const struct review_place *p, const struct table_row *row, enum review_column c)
{
	struct value v = review_get(p, row, c);
	return value_has(v) ? v.s : "";
}

static int list_row(void *ctx, struct arena *a, const struct review_place *p, const struct table_row *row,
    struct err *err)
{
	struct listing *l = ctx;
	struct review_line line = { cell(p, row, RC_HASH), cell(p, row, RC_OP), cell(p, row, RC_TO), cell(p, row, RC_LEFT_ID),
		cell(p, row, RC_RIGHT_ID), cell(p, row, RC_FIELD), cell(p, row, RC_CLASS), cell(p, row, RC_DEAL),
		cell(p, row, RC_PROPOSED) };
	(void)a;
	return l->visit(l->ctx, &line, err);
}

static const char *text(struct arena *a, const struct json *row, enum review_column c)
{
	struct value v = json_value(a, json_get(row, review_column_name(c)));
	return value_has(v) ? v.s : "";
}

static int list_json(const char *path, struct listing *l, struct err *err)
{
	struct json_file f = { 0 };
	struct arena a = { 0 };
	int rc = json_file_open(&f, path, err);
	const struct json *rows = rc ? NULL : json_get(f.root, "rows");
	if (!rc && json_kind(rows) != JSON_ARRAY)
		rc = err_set(err, ERR_USAGE, "%s: no plan of rejoin: it has no \"rows\"", path);
	for (const struct json *n = rc ? NULL : json_first(rows); n && rc >= 0; n = json_next(n)) {
		struct review_line line = { text(&a, n, RC_HASH), text(&a, n, RC_OP), text(&a, n, RC_TO), text(&a, n, RC_LEFT_ID),
			text(&a, n, RC_RIGHT_ID), text(&a, n, RC_FIELD), text(&a, n, RC_CLASS), text(&a, n, RC_DEAL),
			text(&a, n, RC_PROPOSED) };
		rc = l->visit(l->ctx, &line, err);
		arena_reset(&a);
	}
	json_file_close(&f);
	arena_release(&a);
	return rc < 0 ? -1 : 0;
}

int review_list(const char *path, int (*visit)(void *ctx, const struct review_line *line, struct err *err), void *ctx,
    struct err *err)
{
	struct listing l = { visit, ctx };
	size_t n = strlen(path);
	if (n > 5 && !strcasecmp(path + n - 5, ".json"))
		return list_json(path, &l, err);
	struct review_walk w = { .path = path, .visit = list_row, .ctx = &l };
	return review_walk(&w, err) < 0 ? -1 : 0;
}
