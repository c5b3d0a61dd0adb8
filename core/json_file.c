/* Configuration files in JSON: comments, duplicate names, and where a node stands. */
#include "core/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "core/conf.h"
#include "core/log.h"
#include "core/mem.h"

#define MOST_BYTES ((size_t)4 << 20)

/* Blanks comments with spaces, so that positions stay true. */
static void blank_comments(char *s)
{
	bool in_string = false;
	for (; *s; s++) {
		if (in_string) {
			if (*s == '\\' && s[1])
				s++;
			else if (*s == '"')
				in_string = false;
		} else if (*s == '"') {
			in_string = true;
		} else if (s[0] == '/' && s[1] == '/') {
			while (*s && *s != '\n')
				*s++ = ' ';
			if (!*s)
				break;
		} else if (s[0] == '/' && s[1] == '*') {
			char *end = strstr(s + 2, "*/");
			if (!end)
				break;
			for (end += 2; s < end; s++)
				if (*s != '\n')
					*s = ' ';
			s--;
		}
	}
}

/* Past white space, a string or a whole value; stops at the end of the text. The text has been parsed already. */
static const char *skip_space(const char *p)
{
	while (*p && isspace((unsigned char)*p))
		p++;
	return p;
}

static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

static const char *skip_value(const char *p)
{
	int depth = 0;
	p = skip_space(p);
	for (; *p; p++) {
		if (*p == '"') {
			p = skip_string(p) - 1;
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']') {
			if (depth == 0)
				return p;
			depth--;
		} else if (*p == ',' && depth == 0) {
			return p;
		}
		if (depth == 0 && (*p == '}' || *p == ']' || *p == '"')) {
			const char *q = skip_space(p + 1);
			if (*q == ',' || *q == '}' || *q == ']' || !*q)
				return p + 1;
		}
	}
	return p;
}

/* Is the quoted name the part of a pointer? A part writes / as ~1 and ~ as ~0. */
static bool part_is(const char *part, size_t n, const char *quoted)
{
	const char *q = quoted + 1;
	for (size_t i = 0; i < n; i++, q++) {
		char c = part[i];
		if (c == '~' && i + 1 < n && (part[i + 1] == '0' || part[i + 1] == '1'))
			c = part[++i] == '1' ? '/' : '~';
		if (*q != c)
			return false;
	}
	return *q == '"';
}

/* The value of a member or element named by part[0..n) in the container at p; NULL when it is not there. */
static const char *enter(const char *p, const char *part, size_t n)
{
	p = skip_space(p);
	if (*p == '{') {
		p = skip_space(p + 1);
		while (*p == '"') {
			const char *name = p;
			p = skip_space(skip_string(p));
			if (*p == ':')
				p = skip_space(p + 1);
			if (part_is(part, n, name))
				return p;
			p = skip_space(skip_value(p));
			if (*p != ',')
				return NULL;
			p = skip_space(p + 1);
		}
	} else if (*p == '[') {
		unsigned long index = strtoul(part, NULL, 10);
		p = skip_space(p + 1);
		for (; index; index--) {
			p = skip_space(skip_value(p));
			if (*p != ',')
				return NULL;
			p = skip_space(p + 1);
		}
		return *p == ']' ? NULL : p;
	}
	return NULL;
}

void json_locate(const struct json_file *f, const char *pointer, size_t *line, size_t *column)
{
	const char *p = skip_space(f->text);
	while (*pointer == '/') {
		size_t n = strcspn(++pointer, "/");
		const char *next = enter(p, pointer, n);
		if (!next)
			break;
		p = next;
		pointer += n;
	}
	*line = *column = 1;
	for (const char *s = f->text; s < p; s++) {
		if (*s == '\n') {
			++*line;
			*column = 1;
		} else if (((unsigned char)*s & 0xc0) != 0x80) {
			++*column;
		}
	}
}

static void add_part(struct buf *pointer, const char *name)
{
	buf_addc(pointer, '/');
	for (; *name; name++) {
		if (*name == '/' || *name == '~')
			buf_adds(pointer, *name == '/' ? "~1" : "~0");
		else
			buf_addc(pointer, *name);
	}
}

/* Every duplicate name is a mistake: one of the two would be silently lost. */
static int refuse_duplicates(const struct json_file *f, const struct json *node, struct buf *pointer)
{
	int found = 0;
	size_t len = pointer->len, i = 0;
	for (const struct json *c = json_first(node); c; c = json_next(c), i++) {
		if (json_name(c))
			add_part(pointer, json_name(c));
		else
			buf_addf(pointer, "/%zu", i);
		for (const struct json *d = json_first(node); json_name(c) && d != c; d = json_next(d)) {
			if (strcmp(json_name(d), json_name(c)))
				continue;
			size_t line, column;
			json_locate(f, pointer->s, &line, &column);
			log_error("%s:%zu:%zu: \"%s\" stands twice in the same object", f->path, line, column,
			    json_name(c));
			found++;
			break;
		}
		found += refuse_duplicates(f, c, pointer);
		pointer->len = len;
		pointer->s[len] = '\0';
	}
	return found;
}

int json_file_open(struct json_file *f, const char *path, struct err *err)
{
	memset(f, 0, sizeof *f);
	f->path = xstrdup(path);
	f->text = file_read(path, MOST_BYTES, &f->len, err);
	if (!f->text)
		goto failed;
	if (strlen(f->text) != f->len) {
		err_set(err, ERR_USAGE, "%s: holds a NUL byte, so it is no JSON text", path);
		goto failed;
	}
	blank_comments(f->text);
	struct err at;
	f->root = json_parse(f->text, f->len, &at);
	if (!f->root) {
		/* "not valid JSON at line L, column C" */
		const char *l = strstr(at.text, "line "), *c = strstr(at.text, "column ");
		err_set(err, ERR_USAGE, "%s:%ld:%ld: not valid JSON here", path, l ? strtol(l + 5, NULL, 10) : 1,
		    c ? strtol(c + 7, NULL, 10) : 1);
		goto failed;
	}
	struct buf pointer;
	buf_init(&pointer, 0);
	int twice = refuse_duplicates(f, f->root, &pointer);
	buf_release(&pointer);
	if (twice) {
		err_set(err, ERR_USAGE, "%s: %d names stand twice, see above", path, twice);
		goto failed;
	}
	return 0;
failed:
	json_file_close(f);
	return -1;
}

void json_file_close(struct json_file *f)
{
	json_free(f->root);
	free(f->text);
	free(f->path);
	memset(f, 0, sizeof *f);
}
