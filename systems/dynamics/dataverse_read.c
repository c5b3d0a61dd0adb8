/* Dataverse: reading all records, or those that fulfil a condition, or those that changed.
 *
 * Rows come in the order of their primary key, closed and inactive ones included. @odata.count is cut at 5,000. Child tables
 * are read whole before the records, unless only some records are asked for. Which records changed beside those whose own
 * stamp says so is found by changes.c. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/log.h"
#include "core/text.h"
#include "systems/dynamics/changes.h"

int dataverse_read(struct system *s, const struct read_request *q, struct err *err)
{
	struct dynamics *d = dynamics_of(s);

	if (q->where_field && strchr(q->where_field, '['))
		return err_set(err, ERR_USAGE,
		    "--where %s: a column of child rows can't be asked for; name a column of the "
		    "record",
		    q->where_field);
	free(d->where_field);
	free(d->where_value);
	free(d->next);
	d->where_field = q->where_field ? xstrdup(q->where_field) : NULL;
	d->where_value = q->where_field ? xstrdup(q->where_value ? q->where_value : "") : NULL;
	d->next = NULL;
	d->asked = *q;
	d->children_read = d->ended = d->where_plain = false;
	d->at = STAMP_NONE;
	links_release(&d->seen);
	changes_close(d->changes);
	d->changes = q->since != STAMP_NONE && !q->where_field ? changes_open() : NULL;
	return 0;
}

static bool filtered(const struct dynamics *d)
{
	return d->asked.since != STAMP_NONE || d->where_field;
}

static char *first_url(struct dynamics *d)
{
	struct buf b = { 0 }, filter = { 0 };
	struct arena a = { 0 };
	char stamp[32];

	buf_addf(&b, "%s%s?", d->root, d->set);
	dataverse_record_options(d, &b);
	buf_addf(&b, "&$orderby=%s", d->key);
	if (d->asked.since != STAMP_NONE) {
		int64_t since = d->asked.since - (d->asked.since % 1000000 + 1000000) % 1000000;

		stamp_format(since, stamp);
		buf_adds(&filter, d->where_field ? "(" : "");
		changes_filter(d, stamp, &filter);
		buf_adds(&filter, d->where_field ? ")" : "");
	}
	if (d->where_field) {
		buf_addf(&filter, "%s%s eq ", filter.len ? " and " : "",
		    dataverse_filter_column(d, &a, d->where_field));
		if (!*d->where_value)
			buf_adds(&filter, "null");
		else if (d->where_plain)
			buf_adds(&filter, d->where_value);
		else
			odata_quote(&filter, d->where_value);
	}
	if (filter.len) {
		buf_adds(&b, "&$filter=");
		buf_add_url(&b, filter.s);
	}
	char *url = xstrdup(b.s);
	buf_release(&b);
	buf_release(&filter);
	arena_release(&a);
	return url;
}

/* A number, truth value, GUID or date may stand bare in a filter; anything else would be read as code. */
static bool bare_literal(const char *s)
{
	return *s && strspn(s, "0123456789abcdefABCDEF-.:TZ") == strlen(s)
		   ? true
		   : !strcmp(s, "true") || !strcmp(s, "false");
}

/* Is there a condition on stamps to ask the record's table by? */
static bool asks_stamps(const struct dynamics *d)
{
	struct buf filter = { 0 };
	bool asks = changes_filter(d, "", &filter);

	buf_release(&filter);
	return asks;
}

/* A page of records that the table itself could not be asked for; 0 when none is left. */
static int found_page(struct dynamics *d, struct arena *a, struct page *page, struct err *err)
{
	int rc = changes_fetch(d, a, page, err);

	d->ended = true;
	if (d->at == STAMP_NONE)
		d->at = d->odata.clock;
	if (rc > 0)
		changes_given(d, page);
	return rc;
}

int dataverse_next_page(struct system *s, struct arena *a, struct page *page, struct err *err)
{
	struct dynamics *d = dynamics_of(s);
	struct answer answer = { 0 };
	char *next = NULL, *url = NULL, date[100];
	int rc = 0;

	*page = (struct page){ 0 };
	if (d->changes && !d->changes->looked && changes_look(d, err) < 0)
		return -1;
	if (d->ended || (d->changes && !asks_stamps(d)))
		return d->changes ? found_page(d, a, page, err) : 0;
	while (!filtered(d) && !d->children_read) {
		if ((rc = dataverse_read_children(d, &d->children, NULL, 0, err)) < 0)
			return -1;
		d->children_read = rc == 0;
	}
	do {
		free(url);
		url = d->next ? xstrdup(d->next) : first_url(d);
		rc = odata_page(&d->odata, url, d->set, &answer, &next, err);
		if (rc < 0 && answer.http.status == 400 && d->where_field && !d->where_plain &&
		    bare_literal(d->where_value)) {
			/* the column is no text: the same without quotes */
			d->where_plain = true;
			rc = 1;
		} else if (rc < 0 && answer.http.status == 400 && d->changes && !d->changes->no_related && !d->next &&
			   !natives_blamed(&d->natives, answer.message)) {
			log_warn("Dynamics: records whose account, contact or owner changed since are not seen: HTTP 400 %s %s",
			    answer.code, answer.message);
			d->changes->no_related = true;
			rc = asks_stamps(d);
		}
	} while (rc > 0);
	struct dataverse_records sink = { d, a, page, 0 };
	for (const struct json *r = rc ? NULL : json_first(json_get(answer.json, "value"));
	     r && rc == 0; r = json_next(r))
		rc = dataverse_take_record(&sink, r, err);
	if (rc == 0)
		rc = filtered(d) ? dataverse_join_some(d, a, page, err)
				 : dataverse_join(d, d->children, a, page, err);
	if (rc == 0 && !d->next)
		link_repeats(&d->seen, url);
	if (rc == 0 && next && link_repeats(&d->seen, next))
		rc = err_set(err, ERR_UNAVAILABLE,
		    "Dynamics: %s: a page links back to an earlier one: the service sends the "
		    "reader in "
		    "circles",
		    d->set);
	if (rc == 0) {
		const char *at = http_header(&answer.http, "Date", date, sizeof(date));

		if (d->at == STAMP_NONE && at)
			d->at = stamp_parse_http(at);
		free(d->next);
		d->next = next;
		next = NULL;
		d->ended = !d->next;
	}
	free(next);
	free(url);
	answer_reset(&answer);
	if (rc == 0 && d->changes)
		changes_given(d, page);
	return rc < 0 ? -1 : page->n || !d->ended || d->changes != NULL;
}

void dataverse_read_state(struct system *s, struct read_state *state)
{
	struct dynamics *d = dynamics_of(s);

	state->at = d->at != STAMP_NONE ? d->at : (int64_t)time(NULL) * 1000000;
	state->complete = d->ended && !filtered(d);
	state->server_count = -1;
	state->view = NULL;
}
