/* Change tracking of Dataverse. A list of a table's keys asked with "Prefer: odata.track-changes" ends in a delta link;
 * asked later, that gives the rows written since and the deleted ones, and the next link. Links are kept from run to run
 * with the time at which they were given, a few of each table, because --since may name any time: the newest one that is
 * old enough is asked. The service keeps what was deleted for some days (7 unless set otherwise) and refuses older links;
 * how is not documented, so any refusal of the request means that the link is of no use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "core/text.h"
#include "systems/dynamics/changes.h"

#define SECOND INT64_C(1000000)
/* The clocks of the service's machines, and the fractions of a second that a Date header lacks. */
#define MARGIN   (60 * SECOND)
#define FRESH    (86400 * SECOND)     /* no new list is taken while there is a link younger than this */
#define LINKS    16

struct kept_link {
	int64_t at;
	const char *url;
};

struct kept {
	const char *name; /* of the note */
	struct kept_link link[LINKS + 1];
	size_t n;         /* oldest first */
};

static void kept_load(const struct dynamics *d, struct arena *a, const char *set, const char *select, struct kept *k)
{
	const struct note_keeper *notes = d->base.notes;
	char *asked = arena_printf(a, "%s%s%s?%s", http_origin(d->base.http), d->root, set, select);
	const char *text;

	k->n = 0;
	k->name = arena_printf(a, "delta:%s:%s:%016llx", d->base.conf->name, set,
	    (unsigned long long)hash64(asked, strlen(asked), 0));
	text = notes->get(notes->ctx, a, k->name);
	for (; text && *text && k->n < LINKS; text += strcspn(text, "\n"), text += *text == '\n') {
		char *end;
		long long at = strtoll(text, &end, 10);

		if (*end == ' ')
			k->link[k->n++] = (struct kept_link){ at, arena_dup(a, end + 1, strcspn(end + 1, "\n")) };
	}
}

static int kept_store(const struct dynamics *d, const struct kept *k, struct err *err)
{
	const struct note_keeper *notes = d->base.notes;
	struct buf b = { 0 };

	for (size_t i = k->n > LINKS ? k->n - LINKS : 0; i < k->n; i++)
		buf_addf(&b, "%lld %s\n", (long long)k->link[i].at, k->link[i].url);
	int rc = notes->set(notes->ctx, k->name, b.len ? b.s : "", err);
	buf_release(&b);
	return rc;
}

static void kept_add(struct arena *a, struct kept *k, const struct odata_pass *pass)
{
	if (!pass->delta || pass->at == STAMP_NONE || strpbrk(pass->delta, "\r\n"))
		return;
	k->link[k->n++] = (struct kept_link){ pass->at, arena_strdup(a, pass->delta) };
}

/* One row of a delta: written or deleted. */
struct split {
	odata_row *row, *deleted;
	void *ctx;
};

static int take_delta(void *ctx, const struct json *row, struct err *err)
{
	const struct split *s = ctx;

	if (json_get(row, "reason") && json_get(row, "id"))
		return s->deleted(s->ctx, row, err);
	return s->row(s->ctx, row, err);
}

static int take_nothing(void *ctx, const struct json *row, struct err *err)
{
	(void)ctx;
	(void)row;
	(void)err;
	return 0;
}

/* Did the service refuse this request, and not us or all requests? */
static bool refused(const struct err *why)
{
	return why->kind == ERR_USAGE || why->kind == ERR_FAILED ||
	       (why->kind == ERR_SIGNIN && strstr(why->text, "HTTP 403"));
}

static int take_tracked(void *ctx, const struct json *row, struct err *err)
{
	const char *name = json_text(json_get(row, "LogicalName"));

	(void)err;
	if (name)
		id_set_add(ctx, name);
	return 0;
}

/* Is the table tracked? The list is asked for once; an account that may not read it goes on without tracking. */
static int is_tracked(struct dynamics *d, struct odata *o, const char *table, bool *yes, struct err *err)
{
	struct err why = { 0 };

	if (!d->tracked_asked &&
	    odata_rows(o, "EntityDefinitions?$select=LogicalName&$filter=ChangeTrackingEnabled%20eq%20true",
		"EntityDefinitions", take_tracked, &d->tracked, &why) < 0) {
		if (!refused(&why)) {
			*err = why;
			return -1;
		}
		log_debug("Dynamics: which tables are tracked can't be read: %s", why.text);
	}
	d->tracked_asked = true;
	*yes = id_set_has(&d->tracked, table);
	return 0;
}

int tracking_changes(struct dynamics *d, const char *table, const char *set, const char *select, odata_row *row, void *ctx,
    odata_row *deleted, struct err *err)
{
	struct odata plain = d->odata; /* a refusal says nothing of the record's columns */
	struct split split = { row, deleted, ctx };
	struct odata_pass pass = { .at = STAMP_NONE };
	struct arena a = { 0 };
	struct kept k;
	struct err why = { 0 };
	size_t use;
	int rc = 0, told = 0;
	bool tracked = false, changed = false;

	if (!d->base.notes)
		return 0;
	plain.natives = NULL;
	kept_load(d, &a, set, select, &k);
	for (use = k.n; use > 0 && k.link[use - 1].at + MARGIN > d->asked.since; use--)
		;
	if (use > 0) {
		rc = odata_pass_rows(&plain, k.link[use - 1].url, set, take_delta, &split, &pass, &why);
		if (rc == 0) {
			log_debug("Dynamics: changes of %s are told by change tracking", set);
			kept_add(&a, &k, &pass);
			told = 1;
		} else if (refused(&why)) {
			/* it and all older ones */
			log_note("Dynamics: the change tracking of %s is not kept that long any more (%s): reading by modified "
				 "stamps instead, which tell of no deletions: plan without --since to see those",
			    set, why.text);
			memmove(k.link, k.link + use, (k.n - use) * sizeof(*k.link));
			k.n -= use;
			rc = 0;
			changed = true;
		}
	}
	if (rc == 0 && !told && (!k.n || d->odata.clock == STAMP_NONE || k.link[k.n - 1].at + FRESH < d->odata.clock))
		rc = is_tracked(d, &plain, table, &tracked, &why);
	if (rc == 0 && tracked) {
		char *query = arena_printf(&a, "%s%s?%s", d->root, set, select);

		odata_pass_release(&pass);
		pass.prefer = "Prefer: odata.track-changes,odata.maxpagesize=5000";
		rc = odata_pass_rows(&plain, query, set, take_nothing, NULL, &pass, &why);
		if (rc < 0 && refused(&why)) {
			log_note("Dynamics: changes of %s can't be tracked: %s", set, why.text);
			rc = 0;
		} else if (rc == 0) {
			kept_add(&a, &k, &pass);
		}
	}
	if (rc < 0 && err)
		*err = why;
	if (rc == 0 && (changed || pass.delta))
		rc = kept_store(d, &k, err);
	odata_pass_release(&pass);
	arena_release(&a);
	return rc < 0 ? -1 : told;
}
