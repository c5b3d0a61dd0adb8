/* Nodes of a mapping file: where they stand, what is wrong with them, and the values they hold. */
#include "mapping/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/lang.h"
#include "core/log.h"

static void tell(struct parse *p, size_t file, const char *pointer, const char *text)
{
	size_t line, column;
	json_locate(&p->file[file], pointer, &line, &column);
	log_error("%s:%zu:%zu: %s", p->file[file].path, line, column, text);
	p->mistakes++;
}

void parse_mistake(struct parse *p, const char *member, const char *fmt, ...)
{
	char text[1000];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, lang_text(fmt), ap);
	va_end(ap);
	size_t at = p->at.len;
	if (member)
		pointer_add(&p->at, member);
	const struct origin o = parse_origin(p, p->at.s);
	tell(p, o.file, o.pointer, text);
	parse_leave(p, at);
}

void parse_mistake_in(struct parse *p, size_t file, const char *pointer, const char *fmt, ...)
{
	char text[1000];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, lang_text(fmt), ap);
	va_end(ap);
	tell(p, file, pointer, text);
}

const char *parse_folder(struct parse *p)
{
	const char *path = p->file[parse_origin(p, p->at.s).file].path, *slash = strrchr(path, '/');
	return slash ? arena_dup(&p->m->mem, path, (size_t)(slash - path)) : ".";
}

void pointer_add(struct buf *pointer, const char *name)
{
	buf_addc(pointer, '/');
	for (; *name; name++) {
		if (*name == '/' || *name == '~')
			buf_adds(pointer, *name == '/' ? "~1" : "~0");
		else
			buf_addc(pointer, *name);
	}
}

size_t parse_enter(struct parse *p, const char *name)
{
	size_t at = p->at.len;
	pointer_add(&p->at, name);
	return at;
}

size_t parse_enter_index(struct parse *p, size_t index)
{
	size_t at = p->at.len;
	buf_addf(&p->at, "/%zu", index);
	return at;
}

void parse_leave(struct parse *p, size_t at)
{
	p->at.len = at;
	p->at.s[at] = '\0';
}

bool parse_known(struct parse *p, const struct json *node, const char *names)
{
	if (json_kind(node) != JSON_OBJECT) {
		parse_mistake(p, NULL, "an object { } is wanted here");
		return false;
	}
	for (const struct json *c = json_first(node); c; c = json_next(c)) {
		const char *name = json_name(c), *hit = strstr(names, name);
		size_t n = strlen(name);
		while (n && hit && !((hit == names || hit[-1] == ' ') && (!hit[n] || hit[n] == ' ')))
			hit = strstr(hit + 1, name);
		if (!hit || !n)
			parse_mistake(p, name, "\"%s\" is not known here (known: %s)", name, names);
	}
	return true;
}

const char *parse_text(struct parse *p, const struct json *node, const char *member)
{
	const struct json *c = json_get(node, member);
	const char *text = json_text(c);
	if (c && (!text || !*text))
		parse_mistake(p, member, "\"%s\" is a text, not empty", member);
	return text && *text ? arena_strdup(&p->m->mem, text) : NULL;
}

const struct json *parse_object(struct parse *p, const struct json *node, const char *member)
{
	const struct json *c = json_get(node, member);
	if (c && json_kind(c) != JSON_OBJECT) {
		parse_mistake(p, member, "an object { } is wanted here");
		return NULL;
	}
	return c;
}

void parse_languages(struct parse *p, const struct json *node, const char *out[2])
{
	out[0] = out[1] = "";
	if (!parse_known(p, node, "en fr"))
		return;
	const char *en = parse_text(p, node, "en"), *fr = parse_text(p, node, "fr");
	if (!json_get(node, "en"))
		parse_mistake(p, NULL, "\"en\" is missing");
	out[0] = en ? en : "";
	out[1] = fr ? fr : out[0];
}

const char *parse_scalar(struct parse *p, const struct json *node)
{
	if (json_kind(node) == JSON_ARRAY || json_kind(node) == JSON_OBJECT) {
		parse_mistake(p, NULL, "a single value is wanted");
		return "";
	}
	return json_value(&p->m->mem, node).s;
}
