/* Creates that stand, or stood, in the upload files of an earlier plan. A record that a person makes by hand has no id that
 * the ledger could know, and the table that stands in for the side does not show it until it is exported again: written into
 * a second file it would be made twice. */
#include "importer/upload.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/lang.h"
#include "core/text.h"
#include "exporter/manifest.h"

/* When the table of the side was made; STAMP_NONE: it is gone. */
static int64_t made(struct arena *a, const char *file)
{
	struct manifest m;
	struct stat st;

	if (manifest_read(file, a, &m) == 1 && m.at != STAMP_NONE)
		return m.at;
	return stat(file, &st) == 0 ? (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000 : STAMP_NONE;
}

static bool exist(const struct upload *u, struct arena *a, const char *names)
{
	for (const char *s = names; *s;) {
		const char *next = strstr(s, UPLOAD_JOIN);
		size_t len = next ? (size_t)(next - s) : strlen(s);

		if (access(arena_printf(a, "%s/%.*s", u->x->t.ws.root, (int)len, s), R_OK) < 0)
			return false;
		s += next ? len + strlen(UPLOAD_JOIN) : len;
	}
	return *names != '\0';
}

int upload_before_load(struct upload *u, struct err *err)
{
	const int64_t at = made(&u->kept, u->x->t.pair.side[u->side]->file);
	struct sql_stmt *st = sql_query(u->x->t.ledger.db, err,
	    "SELECT plan, left_id || right_id, outcome, message, result_at FROM plan_row WHERE plan < ? AND code = ? AND op = ?"
	    " AND \"to\" = ? AND outcome IN ('deferred', 'applied') ORDER BY plan",
	    "isii", u->x->t.plan.id, UPLOAD_CODE, (int64_t)OP_CREATE, (int64_t)u->side);
	int more = -1;

	while (st && (more = sql_step(st, err)) == 1) {
		const char *names = upload_names(&u->kept, sql_text(st, 3), u->side), *why = NULL;

		if (strcmp(sql_text(st, 2), "deferred") == 0) {
			if (exist(u, &u->kept, names))
				why = arena_printf(&u->kept,
				    _("stands in %s of p-%lld already and would be made twice: upload that one, export again and plan "
				      "again; or delete it and apply again"),
				    names, (long long)sql_int(st, 0));
		} else if (at != STAMP_NONE && at <= sql_int(st, 4)) {
			why = arena_printf(&u->kept, _("was made by the upload of p-%lld, and the table is older: export again and plan again"),
			    (long long)sql_int(st, 0));
		}
		if (!why)
			continue;
		size_t i = schema_add(&u->before, sql_text(st, 1));
		if (i >= u->n_before) {
			u->n_before = 2 * i + 64;
			u->why_before = xreallocarray(u->why_before, u->n_before, sizeof(*u->why_before));
		}
		u->why_before[i] = why;
	}
	sql_done(st);
	return more;
}

const char *upload_before(const struct upload *u, const struct plan_row *r)
{
	char *key = xasprintf("%s%s", r->left_id, r->right_id);
	int i = schema_find(&u->before, key);

	free(key);
	return i < 0 ? NULL : u->why_before[i];
}

void upload_before_release(struct upload *u)
{
	schema_release(&u->before);
	free(u->why_before);
	arena_release(&u->kept);
}
