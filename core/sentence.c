/* A sentence is the sign RS and JSON: ["format", "argument", ...], or {"en": "...", "fr": "..."}; a sentence within a
 * sentence stands there as it is; all else, what came from outside above all, is a string. */
#include "core/sentence.h"

#include <stdio.h>
#include <string.h>
#include "core/buf.h"
#include "core/json.h"
#include "core/lang.h"
#include "core/text.h"

#define MARK  '\x1e'
#define DEPTH 16

/* A text from outside may begin with any sign: only what is whole JSON may stand there unquoted. */
static void add(struct buf *b, const char *text)
{
	struct json *node = text[0] == MARK ? json_parse(text + 1, strlen(text + 1), NULL) : NULL;
	enum json_kind kind = node ? json_kind(node) : JSON_NULL;

	if (kind == JSON_ARRAY || kind == JSON_OBJECT)
		buf_adds(b, text + 1);
	else
		buf_add_json(b, text, strlen(text));
	json_free(node);
}

static const char *taken(struct arena *a, struct buf *b)
{
	const char *text = arena_dup(a, b->s, b->len);

	buf_release(b);
	return text;
}

const char *sentence(struct arena *a, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	buf_addf(&b, "%c[", MARK);
	buf_add_json(&b, fmt, strlen(fmt));
	va_start(ap, fmt);
	for (const char *p = strchr(fmt, '%'); p; p = strchr(p + 1, '%')) {
		char number[32];
		if (p[1] == '%') {
			p++;
			continue;
		}
		buf_addc(&b, ',');
		if (p[1] == 's') {
			add(&b, va_arg(ap, const char *));
			continue;
		}
		if (p[1] == 'd')
			snprintf(number, sizeof number, "%d", va_arg(ap, int));
		else if (p[1] == 'z')
			snprintf(number, sizeof number, "%zu", va_arg(ap, size_t));
		else if (p[1] == 'l' && p[2] == 'l')
			snprintf(number, sizeof number, "%lld", va_arg(ap, long long));
		else
			snprintf(number, sizeof number, "%ld", va_arg(ap, long));
		add(&b, number);
	}
	va_end(ap);
	buf_addc(&b, ']');
	return taken(a, &b);
}

const char *sentence_pair(struct arena *a, const char *english, const char *french)
{
	struct buf b = { 0 };

	buf_addf(&b, "%c{\"en\":", MARK);
	buf_add_json(&b, english, strlen(english));
	buf_adds(&b, ",\"fr\":");
	buf_add_json(&b, french, strlen(french));
	buf_addc(&b, '}');
	return taken(a, &b);
}

const char *sentence_part(struct arena *a, const char *text)
{
	struct buf b = { 0 };

	if (!*text || *text == MARK || strchr(text, '%'))
		return text;
	buf_addf(&b, "%c[", MARK);
	buf_add_json(&b, text, strlen(text));
	buf_addc(&b, ']');
	return taken(a, &b);
}

const char *sentence_instant(struct arena *a, int64_t t)
{
	static const char *const months[] = { N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"), N_("Jul"),
		N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec") };
	char text[32];
	int year, month, day, hour, minute;

	stamp_format(t, text);
	if (sscanf(text, "%d-%d-%dT%d:%d", &year, &month, &day, &hour, &minute) != 5 || month < 1 || month > 12)
		return arena_strdup(a, text);
	return sentence(a, "%d %s %d %s UTC", day, sentence_part(a, months[month - 1]), year,
	    arena_printf(a, "%02d:%02d", hour, minute));
}

static const struct json *element(const struct json *list, size_t n)
{
	const struct json *e = json_first(list);

	while (e && n-- > 0)
		e = json_next(e);
	return e;
}

static void show(struct buf *b, const char *lang, const struct json *node, int depth);

/* A format and its arguments, in the order in which they come or are numbered (%2$s). */
static void fill(struct buf *b, const char *lang, const struct json *list, int depth)
{
	const char *english = json_text(json_first(list));
	size_t next = 1;

	for (const char *p = english ? lang_text_in(lang, english) : ""; *p; p++) {
		size_t which = 0;
		if (*p != '%') {
			buf_addc(b, *p);
			continue;
		}
		if (*++p == '%') {
			buf_addc(b, '%');
			continue;
		}
		for (const char *digit = p; *digit >= '0' && *digit <= '9'; digit++) {
			which = which * 10 + (size_t)(*digit - '0');
			if (digit[1] == '$')
				p = digit + 2;
		}
		p += strspn(p, "lz");
		show(b, lang, element(list, which ? which : next++), depth + 1);
		if (!*p)
			break;
	}
}

static void show(struct buf *b, const char *lang, const struct json *node, int depth)
{
	const char *text = json_text(node);

	if (!node || depth > DEPTH)
		return;
	if (text)
		buf_adds(b, text);
	else if (json_kind(node) == JSON_ARRAY)
		fill(b, lang, node, depth);
	else if (json_kind(node) == JSON_OBJECT)
		show(b, lang, json_get(node, lang), depth + 1);
}

const char *sentence_in(struct arena *a, const char *lang, const char *text)
{
	struct buf b = { 0 };

	if (text[0] != MARK)
		return lang_text_in(lang, text);
	struct json *root = json_parse(text + 1, strlen(text + 1), NULL);
	if (root)
		show(&b, lang, root, 0);
	json_free(root);
	const char *shown = arena_strdup(a, b.len ? b.s : "");
	buf_release(&b);
	return shown;
}

const char *sentence_text(struct arena *a, const char *text)
{
	return sentence_in(a, lang_name(), text);
}
