/* Numbers as people write them in a declared locale, and words for yes and no. A text that another locale would read
 * differently, and this one not at all, is refused: guessing would move a decimal point. */
#include <string.h>
#include "core/text.h"
#include "mapping/transform_parts.h"

static const struct locale {
	const char *name;
	char decimal, group; /* group 0: spaces only */
} locales[] = { { "en", '.', ',' }, { "fr", ',', 0 }, { "de", ',', '.' } };

int number_compile(struct transform *t, const struct json *argument,
    const struct compile_room *room, struct err *err)
{
	const char *name;
	if (argument_members(argument, "locale", room, err) < 0 ||
	    argument_text(argument, "locale", &name, room, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof locales / sizeof locales[0]; i++)
		if (!strcmp(locales[i].name, name))
			t->index = (int)i;
	t->argument = name;
	return t->index >= 0 ? 0 : err_set(err, ERR_USAGE, "\"locale\" is en, fr or de");
}

/* Spaces that people and spreadsheets put between thousands: plain, no-break, narrow no-break, thin. */
static bool is_space(unsigned c)
{
	return c == ' ' || c == 0xa0 || c == 0x202f || c == 0x2009;
}

static bool is_sign(unsigned c)
{
	return c == '$' || (c >= 0xa2 && c <= 0xa5) || (c >= 0x20a0 && c <= 0x20c0);
}

/* One character into the number under way; false: it does not belong there. */
struct digits {
	struct buf out;
	size_t whole,
	    since; /* digits before the decimal sign; digits since the last separator of thousands */
	unsigned group; /* the separator in use, 0 none yet */
	bool decimal, open, closed, minus, currency;
};

static bool take(struct digits *d, const struct locale *l, unsigned c, bool next_is_digit)
{
	if (c >= '0' && c <= '9') {
		if (d->closed)
			return false;
		buf_addc(&d->out, (char)c);
		d->whole += !d->decimal;
		d->since++;
		return true;
	}
	if (c == (unsigned char)l->decimal) {
		bool ok = !d->decimal && d->whole && next_is_digit && (!d->group || d->since == 3);
		d->decimal = true;
		buf_addc(&d->out, '.');
		return ok;
	}
	if (is_space(c) && !(d->whole && next_is_digit))
		return true;
	if (is_space(c) || (l->group && c == (unsigned char)l->group)) {
		c = is_space(c) ? ' ' : c;
		bool ok = !d->decimal && d->whole && next_is_digit &&
			  (d->group ? d->group == c && d->since == 3 : d->whole <= 3);
		d->group = c;
		d->since = 0;
		return ok;
	}
	if (is_sign(c)) {
		bool ok = !d->currency;
		d->currency = true;
		d->closed |= d->whole > 0;
		return ok;
	}
	if ((c == '-' || c == 0x2212) && !d->minus && !d->whole && !d->open) {
		d->minus = true;
		return true;
	}
	if (c == '(' && !d->minus && !d->whole && !d->open) {
		d->open = d->minus = true;
		return true;
	}
	if (c == ')' && d->open && d->whole) {
		d->open = false;
		d->closed = true;
		return true;
	}
	return false;
}

struct value number_read(
    const struct transform *t, struct value v, struct arena *a, const char **why)
{
	const struct locale *l = &locales[t->index];
	struct digits d = { 0 };
	bool ok = true;
	for (size_t i = 0; i < v.len && ok;) {
		unsigned c;
		size_t n = utf8_decode(v.s + i, v.len - i, &c);
		ok = n && take(&d, l, c, i + n < v.len && v.s[i + n] >= '0' && v.s[i + n] <= '9');
		i += n;
	}
	ok = ok && d.whole && !d.open && (!d.group || d.decimal || d.since == 3);
	const char *number = ok ? decimal_normal(a, d.out.s, d.out.len) : NULL;
	buf_release(&d.out);
	if (!number)
		return transform_fail(
		    v, a, why, arena_printf(a, "is no number as it is written in %s", l->name));
	return value_of(d.minus ? decimal_negate(a, number) : number);
}

struct value number_write(
    const struct transform *t, struct value v, struct arena *a, const char **why)
{
	const char *number = decimal_normal(a, v.s, v.len);
	if (!number)
		return transform_fail(v, a, why, "is no number");
	char *s = arena_strdup(a, number), *point = strchr(s, '.');
	if (point)
		*point = locales[t->index].decimal;
	return value_of(s);
}

/* ---- words ---- */

static int words_of(const struct json *argument, const char *member, const char *const **out,
    const struct compile_room *room, struct err *err)
{
	const struct json *list = json_get(argument, member);
	bool several = list && json_kind(list) == JSON_ARRAY;
	size_t n = several ? json_count(list) : list ? 1 : 0, i = 0;
	const char **w = arena_alloc(room->mem, (n + 1) * sizeof *w);
	for (const struct json *c = several ? json_first(list) : list; i < n; c = json_next(c))
		if (argument_text(c, NULL, &w[i++], room, err) < 0)
			return -1;
	*out = w;
	return n ? 0
		 : err_set(err, ERR_USAGE, "\"boolean\" needs \"%s\": a word or a list of words",
		       member);
}

int boolean_compile(struct transform *t, const struct json *argument,
    const struct compile_room *room, struct err *err)
{
	if (argument_members(argument, "true false", room, err) < 0 ||
	    words_of(argument, "true", &t->words[0], room, err) < 0 ||
	    words_of(argument, "false", &t->words[1], room, err) < 0)
		return -1;
	for (size_t i = 0; t->words[0][i]; i++)
		for (size_t k = 0; t->words[1][k]; k++)
			if (!strcmp(utf8_fold(room->mem, t->words[0][i], strlen(t->words[0][i])),
				utf8_fold(room->mem, t->words[1][k], strlen(t->words[1][k]))))
				return err_set(err, ERR_USAGE,
				    "\"%s\" cannot be both true and false", t->words[0][i]);
	return 0;
}

struct value boolean_read(
    const struct transform *t, struct value v, struct arena *a, const char **why)
{
	text_trim(&v.s, &v.len);
	const char *word = utf8_fold(a, v.s, v.len);
	for (int side = 0; side < 2; side++) {
		if (!strcmp(word, side ? "false" : "true"))
			return value_of(side ? "false" : "true");
		for (size_t i = 0; t->words[side][i]; i++)
			if (!strcmp(
				word, utf8_fold(a, t->words[side][i], strlen(t->words[side][i]))))
				return value_of(side ? "false" : "true");
	}
	return transform_fail(v, a, why, "is none of the words for true and false");
}

struct value boolean_write(
    const struct transform *t, struct value v, struct arena *a, const char **why)
{
	if (value_is(v, "true"))
		return value_of(t->words[0][0]);
	return value_is(v, "false") ? value_of(t->words[1][0])
				    : transform_fail(v, a, why, "is neither true nor false");
}
