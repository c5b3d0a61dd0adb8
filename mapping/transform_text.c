/* Transforms of plain text. */
#include <string.h>
#include "core/text.h"
#include "mapping/transform_parts.h"

struct value text_trim_run(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	text_trim(&v.s, &v.len);
	return v.len ? value_dup(a, v) : value_empty;
}

/* Capitals everywhere, or at the beginning of each word with the rest small. */
static struct value capitals(struct value v, struct arena *a, bool all)
{
	struct buf b = { 0 };
	const char *s = all ? v.s : utf8_fold(a, v.s, v.len);
	size_t len = all ? v.len : strlen(s);
	bool begins = true;
	for (size_t i = 0; i < len;) {
		unsigned cp;
		size_t n = utf8_decode(s + i, len - i, &cp);
		if (n && (all || begins))
			utf8_encode(&b, utf8_capital(cp));
		else
			buf_add(&b, s + i, n ? n : 1);
		bool letter = n > 1 ? cp != 0xa0 && cp != 0x202f && cp != 0x2019 : strchr(" \t\r\n-/('\".,;", s[i]) == NULL;
		begins = !letter;
		i += n ? n : 1;
	}
	v = value_of_len(arena_dup(a, b.s ? b.s : "", b.len), b.len);
	buf_release(&b);
	return v;
}

struct value text_upper(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	return capitals(v, a, true);
}

struct value text_title(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	return capitals(v, a, false);
}

struct value text_lower(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	return value_of(utf8_fold(a, v.s, v.len));
}

struct value text_collapse(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	text_trim(&v.s, &v.len);
	char *s = arena_alloc(a, v.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < v.len; i++) {
		bool space = strchr(" \t\r\n", v.s[i]) != NULL;
		if (!space || s[n - 1] != ' ')
			s[n++] = space ? ' ' : v.s[i];
	}
	return value_of_len(s, n);
}

/* The connector adds a check mark or a cross to the opportunity's name, at either end, with an optional variation
 * selector. The exact crosses are not published, so all of the usual ones are taken away. */
static size_t mark_at(const char *s, size_t len)
{
	static const char *const marks[] = { "✓", "✔", "✕", "✖", "✗", "✘", "❌", "✅" };
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		size_t n = strlen(marks[i]);
		if (len >= n && !memcmp(s, marks[i], n))
			return n + (len >= n + 3 && !memcmp(s + n, "\xef\xb8\x8f", 3) ? 3 : 0);
	}
	return 0;
}

bool text_marked(struct value v, bool *cross)
{
	size_t at = mark_at(v.s, v.len) ? 0 : v.len;
	for (size_t back = 3; at == v.len && back <= 6 && back <= v.len; back += 3)
		if (mark_at(v.s + v.len - back, back) == back)
			at = v.len - back;
	if (at == v.len)
		return false;
	*cross = memcmp(v.s + at, "✓", 3) != 0 && memcmp(v.s + at, "✔", 3) != 0 && memcmp(v.s + at, "✅", 3) != 0;
	return true;
}

struct value text_strip_mark(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	bool found = true;
	text_trim(&v.s, &v.len);
	while (found) {
		size_t n = mark_at(v.s, v.len);
		found = n > 0;
		v.s += n;
		v.len -= n;
		for (size_t back = 6; !found && back >= 3; back -= 3) {
			if (v.len >= back && mark_at(v.s + v.len - back, back) == back) {
				v.len -= back;
				found = true;
			}
		}
		text_trim(&v.s, &v.len);
	}
	return v.len ? value_dup(a, v) : value_empty;
}

struct value text_html(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	static const char *const entity[][2] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\"" },
		{ "&#39;", "'" }, { "&apos;", "'" }, { "&nbsp;", " " } };
	if (!memchr(v.s, '&', v.len))
		return v;
	char *s = arena_alloc(a, v.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < v.len;) {
		bool hit = false;
		for (size_t k = 0; v.s[i] == '&' && k < sizeof entity / sizeof entity[0] && !hit; k++) {
			size_t len = strlen(entity[k][0]);
			if (v.len - i >= len && !memcmp(v.s + i, entity[k][0], len)) {
				s[n++] = entity[k][1][0];
				i += len;
				hit = true;
			}
		}
		if (!hit)
			s[n++] = v.s[i++];
	}
	return value_of_len(s, n);
}

static struct value glue(struct arena *a, const char *x, size_t nx, const char *y, size_t ny)
{
	char *s = arena_alloc(a, nx + ny + 1);
	memcpy(s, x, nx);
	memcpy(s + nx, y, ny);
	return value_of_len(s, nx + ny);
}

struct value text_prefix(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)why;
	return glue(a, t->argument, strlen(t->argument), v.s, v.len);
}

struct value text_suffix(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)why;
	return glue(a, v.s, v.len, t->argument, strlen(t->argument));
}

struct value text_unprefix(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	size_t n = strlen(t->argument);
	if (v.len < n || memcmp(v.s, t->argument, n) != 0)
		return transform_fail(v, a, why, arena_printf(a, "does not begin with \"%s\"", t->argument));
	return value_of_len(arena_dup(a, v.s + n, v.len - n), v.len - n);
}

struct value text_unsuffix(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	size_t n = strlen(t->argument);
	if (v.len < n || memcmp(v.s + v.len - n, t->argument, n) != 0)
		return transform_fail(v, a, why, arena_printf(a, "does not end with \"%s\"", t->argument));
	return value_of_len(arena_dup(a, v.s, v.len - n), v.len - n);
}

int text_replace_compile(struct transform *t, const struct json *argument, const struct compile_room *room,
    struct err *err)
{
	if (argument_members(argument, "from to", room, err) < 0 ||
	    argument_text(argument, "from", &t->text[0], room, err) < 0 ||
	    argument_text(argument, "to", &t->text[1], room, err) < 0)
		return -1;
	return *t->text[0] ? 0 : err_set(err, ERR_USAGE, "\"replace\" needs a \"from\" that is not empty");
}

struct value text_replace(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)why;
	size_t n = strlen(t->text[0]);
	const char *hit = memmem(v.s, v.len, t->text[0], n);
	if (!hit)
		return v;
	struct buf b = { 0 };
	const char *from = v.s, *end = v.s + v.len;
	for (; hit; hit = memmem(from, (size_t)(end - from), t->text[0], n)) {
		buf_add(&b, from, (size_t)(hit - from));
		buf_adds(&b, t->text[1]);
		from = hit + n;
	}
	buf_add(&b, from, (size_t)(end - from));
	v = value_of_len(arena_dup(a, b.s, b.len), b.len);
	buf_release(&b);
	return v;
}

/* {"separator": "/", "index": 1} gives that part; without an index all parts, as a set. "join" takes the separator alone. */
int text_split_compile(struct transform *t, const struct json *argument, const struct compile_room *room,
    struct err *err)
{
	bool split = !strcmp(room->name, "split");
	const struct json *index = json_kind(argument) == JSON_OBJECT ? json_get(argument, "index") : NULL;
	if (argument_members(argument, split ? "separator index" : "separator", room, err) < 0 ||
	    argument_text(argument, "separator", &t->text[0], room, err) < 0)
		return -1;
	if (!*t->text[0])
		return err_set(err, ERR_USAGE, "\"%s\" needs a \"separator\" that is not empty", room->name);
	long n = json_int(index, -1);
	if (index && (json_kind(index) != JSON_NUMBER || n < 0 || n > 1000))
		return err_set(err, ERR_USAGE, "\"index\" is the number of the part, from 0");
	t->index = (int)n;
	return 0;
}

/* Elements of a set from one text, trimmed; or one of them, empty past the end. */
struct value text_split(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)why;
	size_t n = strlen(t->text[0]), count = 1, i = 0;
	for (const char *s = v.s; (s = memmem(s, (size_t)(v.s + v.len - s), t->text[0], n)); s += n)
		count++;
	struct value *e = arena_alloc(a, count * sizeof *e);
	const char *from = v.s, *end = v.s + v.len;
	for (; i < count; i++) {
		const char *hit = i + 1 < count ? memmem(from, (size_t)(end - from), t->text[0], n) : end;
		const char *s = from;
		size_t len = (size_t)(hit - from);
		text_trim(&s, &len);
		e[i] = value_of_len(arena_dup(a, s, len), len);
		from = hit + n;
	}
	if (t->index >= 0)
		return (size_t)t->index < count ? e[t->index] : value_empty;
	return set_join(a, e, count);
}

struct value text_join(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	struct value *e;
	struct buf b = { 0 };
	(void)why;
	if (t->index >= 0)
		return v;
	size_t n = set_split(a, v, &e);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_adds(&b, t->text[0]);
		buf_add(&b, e[i].s, e[i].len);
	}
	v = value_of_len(arena_dup(a, b.s ? b.s : "", b.len), b.len);
	buf_release(&b);
	return v;
}
