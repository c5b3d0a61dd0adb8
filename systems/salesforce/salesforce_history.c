/* What Salesforce remembers of an opportunity itself. OpportunityHistory has a row for each change of Amount, StageName or
 * CloseDate with the values from then on, and is always kept; OpportunityFieldHistory has old and new value of the fields
 * that an administrator tracks. Long texts are tracked without their values, and such rows tell nothing. */
#include <string.h>
#include "core/log.h"
#include "core/text.h"
#include "systems/salesforce/salesforce.h"

struct seeking {
	struct arena *a;
	const char *const *ids;
	size_t n;
	const char *column, *before; /* what the row calls the value, and the one that it replaced (NULL: it does not say) */
	const char *field;           /* of field history: only rows of this one */
	int64_t at;
	struct past *out;
	bool *silent; /* a row of this record hides its values */
};

static struct value member(struct arena *a, const struct json *row, const char *name)
{
	struct value v = json_value(a, json_get(row, name));

	return value_has(v) ? v : value_empty;
}

/* Before the instant the latest counts, else the earliest after it; of one second, in the order in which they came. */
static int take_row(void *ctx, const struct json *row, struct err *err)
{
	struct seeking *k = ctx;
	const char *id = json_text(json_get(row, "OpportunityId"));
	const char *created = json_text(json_get(row, "CreatedDate")), *field = json_text(json_get(row, "Field"));
	int64_t when = created ? stamp_parse(created, strlen(created)) : STAMP_NONE;
	size_t i = 0;

	(void)err;
	if (!id || when == STAMP_NONE || (k->field && (!field || strcmp(field, k->field) != 0)))
		return 0;
	id = sobject_id(k->a, id);
	while (i < k->n && strcmp(k->ids[i], id) != 0)
		i++;
	if (i == k->n)
		return 0;
	struct value now = member(k->a, row, k->column);
	struct value was = k->before ? member(k->a, row, k->before) : value_absent;
	struct past *p = &k->out[i];
	bool later = when >= k->at;
	if (k->field && !value_has(now) && !value_has(was)) {
		k->silent[i] = true;
		return 0;
	}
	if (later && (!k->before || (!k->field && !value_has(was))))
		return 0;
	if (p->known && ((!p->after && later) || (p->after == later && (later ? when >= p->changed : when < p->changed))))
		return 0;
	*p = (struct past){ true, later ? was : now, when, later };
	return 0;
}

static int seek(struct salesforce *s, struct seeking *k, const char *select, const char *object, struct err *err)
{
	struct err why = { 0 };
	int rc = sobjects_rows_in(&s->rest, select, "OpportunityId", k->ids, k->n, object, take_row, k, &why);

	if (rc == 0)
		return 0;
	/* an object that this user may not see, or a field of it: then it tells nothing, and the plan goes on without */
	if (rc > 0 || why.kind == ERR_USAGE || why.kind == ERR_FAILED || why.kind == ERR_SIGNIN || why.kind == ERR_NONE) {
		log_warn("Salesforce: %s cannot be read (%s), so it does not say what fields held at START: only the stamps do", object,
		    why.text);
		s->no_field_history |= k->field != NULL;
		return 0;
	}
	*err = why;
	return -1;
}

/* See struct system_driver. */
int salesforce_history(struct system *sys, struct arena *a, const char *const *ids, size_t n, const char *column,
    int64_t at, struct past *out, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);
	const char **own = arena_alloc(a, (n + 1) * sizeof(*own)), **rest = arena_alloc(a, (n + 1) * sizeof(*rest));
	size_t *place = arena_alloc(a, (n + 1) * sizeof(*place)), left = 0;
	struct seeking k = { .a = a, .ids = own, .n = n, .column = column, .at = at, .out = out };
	bool dated = strcmp(column, "Amount") == 0 || strcmp(column, "CloseDate") == 0;

	if (strcmp(s->object, "Opportunity") != 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		own[i] = sobject_id(a, ids[i]);
	if (dated || strcmp(column, "StageName") == 0) {
		k.before = dated ? arena_printf(a, "Prev%s", column) : NULL;
		if (seek(s, &k, arena_printf(a, "SELECT OpportunityId, CreatedDate, %s%s%s FROM OpportunityHistory", column,
				    dated ? ", Prev" : "", dated ? column : ""),
			"OpportunityHistory", err) < 0)
			return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (!out[i].known) {
			place[left] = i;
			rest[left++] = own[i];
		}
	if (!left || s->no_field_history)
		return 0;
	struct past *past = arena_alloc(a, left * sizeof(*past));
	k = (struct seeking){ .a = a, .ids = rest, .n = left, .column = "NewValue", .before = "OldValue", .field = column,
		.at = at, .out = past, .silent = arena_alloc(a, left * sizeof(*k.silent)) };
	if (seek(s, &k, "SELECT OpportunityId, Field, OldValue, NewValue, CreatedDate FROM OpportunityFieldHistory",
		"OpportunityFieldHistory", err) < 0)
		return -1;
	for (size_t i = 0; i < left; i++)
		if (past[i].known && !k.silent[i])
			out[place[i]] = past[i];
	return 0;
}
