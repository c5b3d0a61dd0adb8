#include "core/json.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/conf.h"
#include "core/text.h"

/* struct json is cJSON under another name: nodes are handed out as they are. */
static const cJSON *node_of(const struct json *n)
{
	return (const cJSON *)n;
}

static const struct json *json_of(const cJSON *n)
{
	return (const struct json *)n;
}

/* cJSON turns every number into a double. A number that a double does not hold exactly becomes a string of its own
 * text before it parses. */
static void keep_long_numbers(const char *s, size_t len, struct buf *out)
{
	bool in_string = false;
	for (size_t i = 0; i < len;) {
		if (in_string) {
			size_t n = s[i] == '\\' && i + 1 < len ? 2 : 1;
			in_string = s[i] != '"';
			buf_add(out, s + i, n);
			i += n;
		} else if (s[i] == '"') {
			in_string = true;
			buf_addc(out, s[i++]);
		} else if (s[i] == '-' || isdigit((unsigned char)s[i])) {
			size_t from = i, digits = 0;
			bool exponent = false;
			for (; i < len && (isdigit((unsigned char)s[i]) || strchr("+-.eE", s[i])); i++) {
				digits += isdigit((unsigned char)s[i]) ? 1 : 0;
				exponent |= s[i] == 'e' || s[i] == 'E';
			}
			bool wrap = digits > 15 || exponent;
			if (wrap)
				buf_addc(out, '"');
			buf_add(out, s + from, i - from);
			if (wrap)
				buf_addc(out, '"');
		} else {
			/* a run of anything else at once */
			size_t from = i;
			while (i < len && s[i] != '"' && s[i] != '-' && !isdigit((unsigned char)s[i]))
				i++;
			buf_add(out, s + from, i - from);
		}
	}
}

static bool has_long_number(const char *s, size_t len)
{
	size_t digits = 0;
	bool in_string = false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"') {
			in_string = !in_string;
			digits = 0;
		} else if (in_string) {
			i += s[i] == '\\' ? 1 : 0;
		} else if (isdigit((unsigned char)s[i])) {
			if (++digits > 15)
				return true;
		} else if ((s[i] == 'e' || s[i] == 'E') && digits) {
			return true;
		} else if (s[i] != '.') {
			digits = 0;
		}
	}
	return false;
}

static void position(const char *text, size_t offset, size_t *line, size_t *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < offset && text[i]; i++) {
		if (text[i] == '\n') {
			++*line;
			*column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}

struct json *json_parse(const char *text, size_t len, struct err *err)
{
	struct buf kept = { 0 };
	const char *s = text;
	size_t n = len;
	if (n >= 3 && !memcmp(s, "\xef\xbb\xbf", 3)) {
		s += 3;
		n -= 3;
	}
	if (has_long_number(s, n)) {
		keep_long_numbers(s, n, &kept);
		s = kept.s;
		n = kept.len;
	}
	const char *end = NULL;
	cJSON *root = cJSON_ParseWithLengthOpts(s, n, &end, false);
	if (root) {
		const char *p = end;
		while (p < s + n && isspace((unsigned char)*p))
			p++;
		if (p < s + n) {
			cJSON_Delete(root);
			root = NULL;
			end = p;
		}
	}
	if (!root) {
		size_t line, column;
		position(s, end && end >= s ? (size_t)(end - s) : 0, &line, &column);
		err_set(err, ERR_UNAVAILABLE, "not valid JSON at line %zu, column %zu", line, column);
	}
	buf_release(&kept);
	return (struct json *)root;
}

void json_free(struct json *root)
{
	cJSON_Delete((cJSON *)root);
}

enum json_kind json_kind(const struct json *node)
{
	const cJSON *n = node_of(node);
	if (cJSON_IsBool(n))
		return JSON_BOOL;
	if (cJSON_IsNumber(n))
		return JSON_NUMBER;
	if (cJSON_IsString(n))
		return JSON_STRING;
	if (cJSON_IsArray(n))
		return JSON_ARRAY;
	if (cJSON_IsObject(n))
		return JSON_OBJECT;
	return JSON_NULL;
}

const struct json *json_get(const struct json *node, const char *name)
{
	if (!node || json_kind(node) != JSON_OBJECT)
		return NULL;
	return json_of(cJSON_GetObjectItemCaseSensitive(node_of(node), name));
}

const struct json *json_first(const struct json *node)
{
	return node ? json_of(node_of(node)->child) : NULL;
}

const struct json *json_next(const struct json *node)
{
	return node ? json_of(node_of(node)->next) : NULL;
}

const char *json_name(const struct json *node)
{
	return node ? node_of(node)->string : NULL;
}

size_t json_count(const struct json *node)
{
	size_t n = 0;
	for (const struct json *c = json_first(node); c; c = json_next(c))
		n++;
	return n;
}

bool json_true(const struct json *node)
{
	return node && cJSON_IsTrue(node_of(node));
}

const char *json_text(const struct json *node)
{
	return node && cJSON_IsString(node_of(node)) ? node_of(node)->valuestring : NULL;
}

long json_int(const struct json *node, long fallback)
{
	if (!node || !cJSON_IsNumber(node_of(node)))
		return fallback;
	double d = node_of(node)->valuedouble;
	return d >= -9e15 && d <= 9e15 ? (long)d : fallback;
}

/* At most 15 digits got here as a double, so the shortest text is the number that was sent. */
static size_t number_text(double d, char out[64])
{
	int n = snprintf(out, 64, "%.15g", d);
	if (!strchr(out, 'e'))
		return (size_t)n;
	n = snprintf(out, 64, "%.15f", d);
	while (n && out[n - 1] == '0')
		n--;
	if (n && out[n - 1] == '.')
		n--;
	out[n] = '\0';
	return (size_t)n;
}

struct value json_value(struct arena *a, const struct json *node)
{
	char text[64];
	if (!node)
		return value_absent;
	switch (json_kind(node)) {
	case JSON_NULL:
		return value_empty;
	case JSON_BOOL:
		return value_of(cJSON_IsTrue(node_of(node)) ? "true" : "false");
	case JSON_NUMBER: {
		size_t n = number_text(node_of(node)->valuedouble, text);
		return value_dup(a, value_of_len(text, n));
	}
	case JSON_STRING:
		return value_dup(a, value_of(node_of(node)->valuestring));
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	struct buf b = { 0 };
	json_write(node, &b);
	struct value v = value_dup(a, value_of_len(b.s, b.len));
	buf_release(&b);
	return v;
}

struct value json_path(struct arena *a, const struct json *node, const char *path)
{
	while (node && *path) {
		size_t n = strcspn(path, ".[");
		char name[128];
		if (n >= sizeof name)
			return value_absent;
		memcpy(name, path, n);
		name[n] = '\0';
		node = json_get(node, name);
		/* a member whose own name holds a dot ("@odata.etag") is asked for whole by drivers, not here */
		path += n;
		if (*path == '[') {
			char *end;
			bool all = path[1] == ']';
			size_t index = all ? 0 : strtoul(path + 1, &end, 10);
			path = all ? path + 2 : end + (*end == ']');
			path += *path == '.';
			if (!node || json_kind(node) != JSON_ARRAY)
				return node ? value_empty : value_absent;
			if (all) {
				size_t count = json_count(node), i = 0;
				struct value *v = arena_alloc(a, (count + 1) * sizeof *v);
				for (const struct json *c = json_first(node); c; c = json_next(c))
					v[i++] = *path ? json_path(a, c, path) : json_value(a, c);
				return set_join(a, v, count);
			}
			const struct json *c = json_first(node);
			while (c && index--)
				c = json_next(c);
			if (!c)
				return value_absent;
			node = c;
		} else if (*path == '.') {
			path++;
		}
	}
	return json_value(a, node);
}

void json_write(const struct json *node, struct buf *out)
{
	char text[64];
	switch (node ? json_kind(node) : JSON_NULL) {
	case JSON_NULL:
		buf_adds(out, "null");
		break;
	case JSON_BOOL:
		buf_adds(out, cJSON_IsTrue(node_of(node)) ? "true" : "false");
		break;
	case JSON_NUMBER:
		buf_add(out, text, number_text(node_of(node)->valuedouble, text));
		break;
	case JSON_STRING:
		buf_add_json(out, node_of(node)->valuestring, strlen(node_of(node)->valuestring));
		break;
	case JSON_ARRAY:
	case JSON_OBJECT: {
		bool object = json_kind(node) == JSON_OBJECT;
		buf_addc(out, object ? '{' : '[');
		for (const struct json *c = json_first(node); c; c = json_next(c)) {
			if (c != json_first(node))
				buf_addc(out, ',');
			if (object) {
				buf_add_json(out, json_name(c), strlen(json_name(c)));
				buf_addc(out, ':');
			}
			json_write(c, out);
		}
		buf_addc(out, object ? '}' : ']');
		break;
	}
	}
}
