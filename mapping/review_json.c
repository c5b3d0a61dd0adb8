/* A plan as one JSON object, written row by row: PATH.part, fsync, rename, so that the file is whole or not there. The
 * members of a row are the columns of the .csv; what is absent is null, and a create's proposal is an object. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/buf.h"
#include "core/json.h"
#include "core/lang.h"
#include "core/outfile.h"
#include "core/text.h"
#include "mapping/review_parts.h"

static void member(struct buf *b, const char *name, const char *text)
{
	buf_add_json(b, name, strlen(name));
	buf_addc(b, ':');
	buf_add_json(b, text, strlen(text));
}

static void add_side(struct buf *b, const struct plan_info *info, enum side side)
{
	buf_addf(b, "\"%s\":{", side_name(side));
	member(b, "system", info->system[side]);
	buf_addc(b, ',');
	member(b, "title", info->title[side]);
	buf_addc(b, ',');
	member(b, "environment", info->environment[side]);
	buf_adds(b, "},");
}

static void add_head(struct buf *b, const struct plan_info *info)
{
	const struct plan_counts *n = &info->counts;
	char at[32];

	stamp_format(info->at, at);
	buf_addf(b, "{\"plan\":\"p-%lld\",\"at\":\"%s\",", (long long)info->id, at);
	member(b, "pair", info->pair);
	buf_addc(b, ',');
	add_side(b, info, LEFT);
	add_side(b, info, RIGHT);
	buf_addf(b,
	    "\"counts\":{\"creates\":%ld,\"updates\":%ld,\"irreversible\":%ld,\"inferred\":%ld,"
	    "\"conflicts\":%ld,\"blocked\":%ld,\"equal\":%ld,\"divergent\":%ld,\"candidates\":%ld,"
	    "\"clearings\":%ld,\"pairs\":%ld,\"changed_pairs\":%ld,"
	    "\"calls\":{\"left\":%ld,\"right\":%ld},\"echoes\":{\"left\":%ld,\"right\":%ld}},"
	    "\n\"rows\":[",
	    n->creates, n->updates, n->irreversible, n->inferred, n->conflicts, n->blocked,
	    n->equal, n->divergent, n->candidates, n->clearings, n->pairs, n->changed_pairs,
	    n->calls[LEFT], n->calls[RIGHT], n->echoes[LEFT], n->echoes[RIGHT]);
}

static bool is_object(struct value v)
{
	struct json *root = value_has(v) ? json_parse(v.s, v.len, NULL) : NULL;
	bool yes = json_kind(root) == JSON_OBJECT;

	json_free(root);
	return yes;
}

static bool is_absent(enum review_column c, const struct plan_row *r)
{
	const struct value *v = c == RC_BASE                                       ? &r->base
				: c == RC_LEFT                                     ? &r->left
				: c == RC_RIGHT                                    ? &r->right
				: c == RC_PROPOSED && r->decision != DECISION_EDIT ? &r->proposed
										   : NULL;
	return v && v->state == VALUE_ABSENT;
}

static void add_row(
    struct buf *b, struct arena *a, const struct plan_row *r, const struct plan_info *info)
{
	struct review_titles titles = { { "", "" } };

	buf_addc(b, '{');
	for (int i = 0; i < RC_CSV; i++) {
		enum review_column c = (enum review_column)i;
		const char *name = review_column_name(c);
		struct value v = review_cell(a, c, r, info, &titles, review_lang(lang_name()), false);
		if (i)
			buf_addc(b, ',');
		buf_addf(b, "\"%s\":", name);
		if (is_absent(c, r))
			buf_adds(b, "null");
		else if (c == RC_ROW || (c == RC_PROPOSED && r->op == OP_CREATE && is_object(v)))
			buf_add(b, v.s, v.len);
		else
			buf_add_json(b, v.s, v.len);
	}
	buf_addc(b, '}');
}

static int flush(FILE *f, struct buf *b)
{
	bool bad = b->over || fwrite(b->s, 1, b->len, f) != b->len;

	if (b->over)
		errno = EFBIG;
	buf_reset(b);
	return bad ? -1 : 0;
}

static int write_rows(
    FILE *f, struct ledger *l, const struct plan_info *info, const char *path, struct err *err)
{
	struct plan_rows *rows = ledger_plan_rows(l, info->id, "", err);
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct plan_row r;
	bool first = true;
	int more, result = -1;

	if (!rows)
		return -1;
	add_head(&b, info);
	while ((more = plan_rows_next(rows, &a, &r, err)) == 1) {
		buf_adds(&b, first ? "\n" : ",\n");
		first = false;
		add_row(&b, &a, &r, info);
		if (flush(f, &b) < 0)
			goto fail;
		arena_reset(&a);
	}
	if (more < 0)
		goto done;
	buf_adds(&b, "\n]}\n");
	if (flush(f, &b) < 0 || fflush(f) != 0)
		goto fail;
	result = 0;
	goto done;
fail:
	err_set(err, ERR_FAILED, "%s: cannot write: %s", path, strerror(errno));
done:
	plan_rows_done(rows);
	buf_release(&b);
	arena_release(&a);
	return result;
}

/* See review_parts.h. */
int review_write_json(
    const char *path, struct ledger *l, const struct plan_info *info, struct err *err)
{
	struct outfile o = { .folder_fd = -1, .fd = -1 };
	FILE *f = NULL;
	int fd = -1, result = -1;

	if (outfile_open(&o, path, err) < 0)
		goto done;
	/* The stream has a descriptor of its own: outfile_commit needs the other one open. */
	fd = fcntl(o.fd, F_DUPFD_CLOEXEC, 3);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f) {
		err_set(err, ERR_FAILED, "%s: cannot write: %s", path, strerror(errno));
		goto done;
	}
	fd = -1;
	if (write_rows(f, l, info, path, err) < 0)
		goto done;
	bool closed = fclose(f) == 0;
	f = NULL;
	if (!closed)
		err_set(err, ERR_FAILED, "%s: cannot write: %s", path, strerror(errno));
	else
		result = outfile_commit(&o, err);
done:
	if (f)
		fclose(f);
	if (fd >= 0)
		close(fd);
	outfile_close(&o);
	return result;
}
