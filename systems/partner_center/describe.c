/* What is known of the columns of a referral.
 *
 * The service describes nothing of itself: what its documentation lists is what there is. A column that it does not have would
 * be read as empty, and a slip of the pen in the mapping be taken for a difference. */
#include "systems/partner_center/partner_center.h"
#include "systems/partner_center/referral.h"

#include <string.h>

/* "team[0].email" is "team[].email". */
static const char *any_element(struct arena *a, const char *path)
{
	struct buf b = { 0 };
	const char *out;

	for (; *path; path++) {
		buf_addc(&b, *path);
		if (*path == '[')
			path += strspn(path + 1, "0123456789");
	}
	out = arena_dup(a, b.s, b.len);
	buf_release(&b);
	return out;
}

/* Parts of a referral that hold more than what rejoin reads of them. */
static bool open_ended(const char *path)
{
	static const char *const parts[] = { "details.requirements.", "registrations", "trackingInfo.",
		"inviteContext.", "links.", "team[].", "customerProfile.team[].", "customerProfile.ids", "target", NULL };

	for (size_t i = 0; parts[i]; i++)
		if (strncmp(path, parts[i], strlen(parts[i])) == 0)
			return true;
	return false;
}

bool pc_has_column(const struct system_driver *driver, struct arena *a, const char *column)
{
	const char *path = any_element(a, column), *const *known = driver->columns;

	while (*known && strcmp(*known, path) != 0)
		known++;
	return *known || open_ended(path);
}

static const char *type_word(const char *path)
{
	size_t n = strlen(path);

	if (strcmp(path, "details.dealValue") == 0)
		return "decimal";
	if (n > 8 && strcmp(path + n - 8, "DateTime") == 0)
		return "datetime";
	return strncmp(path, "consent.", 8) == 0 ? "boolean" : "";
}

int pc_describe(struct system *sys, struct arena *a, struct column_info **out, size_t *n, struct err *err)
{
	const struct schema *s = &sys->columns;

	(void)err;
	*out = arena_alloc(a, (s->n + 1) * sizeof(**out));
	*n = s->n;
	for (size_t i = 0; i < s->n; i++) {
		const char *path = any_element(a, s->name[i]);

		(*out)[i] = (struct column_info){ .path = s->name[i],
			/* several deals may hold one id there, and nobody can forbid it */
			.table = strcmp(path, sys->driver->facts[FACT_PEER]) == 0 ? NULL : "referral",
			.column = s->name[i],
			.found = pc_has_column(sys->driver, a, path),
			.type = type_word(path),
			.creatable = true,
			.updatable = referral_changeable(s->name[i]) };
	}
	return 0;
}
