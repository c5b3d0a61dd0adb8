/* The manifest beside an exported table, FILE.manifest.json. It holds for exactly the bytes that were written: a table
 * that was edited since has another size, and is then dated by the file system like any other file. */
#include "exporter/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/buf.h"
#include "core/conf.h"
#include "core/json.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"

#define BLOCK  ((size_t)1 << 20)
#define MOST   ((size_t)1 << 20)
#define SUFFIX ".manifest.json"

static int hash_file(const char *path, char hex[65], int64_t *size, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct sha256 *h = sha256_new();
	char *block = xmalloc(BLOCK);
	ssize_t n = -1;

	*size = 0;
	while (fd >= 0 && (n = read(fd, block, BLOCK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		sha256_add(h, block, (size_t)n);
		*size += n;
	}
	int why = errno;
	sha256_end(h, hex);
	free(block);
	if (fd >= 0)
		close(fd);
	return n == 0
		   ? 0
		   : err_set(err, ERR_FAILED, "%s: cannot read it back: %s", path, strerror(why));
}

static void add_text(struct buf *b, const char *name, const char *text)
{
	buf_addf(b, "  \"%s\": ", name);
	if (text)
		buf_add_json(b, text, strlen(text));
	else
		buf_adds(b, "null");
	buf_adds(b, ",\n");
}

static void add_stamp(struct buf *b, const char *name, int64_t stamp)
{
	char text[32];

	if (stamp != STAMP_NONE)
		stamp_format(stamp, text);
	add_text(b, name, stamp == STAMP_NONE ? NULL : text);
}

/* See the header. */
int manifest_write(const char *path, const struct manifest *m, struct err *err)
{
	char *name = xasprintf("%s" SUFFIX, path), hex[65];
	struct buf b = { 0 };
	int64_t size;
	int result = -1;

	if (hash_file(path, hex, &size, err) < 0)
		goto done;
	buf_adds(&b, "{\n");
	add_text(&b, "system", m->system);
	add_text(&b, "kind", m->kind);
	add_text(&b, "url", m->url);
	add_stamp(&b, "at", m->at);
	buf_addf(&b, "  \"rows\": %ld,\n", m->rows);
	if (m->server_count >= 0)
		buf_addf(&b, "  \"server_count\": %ld,\n", m->server_count);
	else
		buf_adds(&b, "  \"server_count\": null,\n");
	add_stamp(&b, "first", m->first);
	add_stamp(&b, "last", m->last);
	add_text(&b, "sha256", hex);
	buf_addf(&b, "  \"bytes\": %lld,\n", (long long)size);
	add_text(&b, "view", m->view);
	buf_addf(&b, "  \"complete\": %s,\n  \"columns\": [", m->complete ? "true" : "false");
	for (size_t i = 0; i < m->columns->n; i++) {
		buf_adds(&b, i ? ", " : "");
		buf_add_json(&b, m->columns->name[i], strlen(m->columns->name[i]));
	}
	buf_adds(&b, "]\n}\n");
	result = file_write_whole(name, b.s, b.len, 0644, err);
done:
	buf_release(&b);
	free(name);
	return result;
}

static int64_t stamp_member(const struct json *root, const char *name)
{
	const char *text = json_text(json_get(root, name));

	return text ? stamp_parse(text, strlen(text)) : STAMP_NONE;
}

static const char *text_member(struct arena *a, const struct json *root, const char *name)
{
	const char *text = json_text(json_get(root, name));

	return text ? arena_strdup(a, text) : NULL;
}

/* See the header. */
int manifest_read(const char *path, struct arena *a, struct manifest *m)
{
	char *name = xasprintf("%s" SUFFIX, path), *text = NULL;
	struct json *root = NULL;
	struct err why = { 0 };
	struct stat st;
	size_t len;
	int result = 0;

	*m = (struct manifest){
		.at = STAMP_NONE, .first = STAMP_NONE, .last = STAMP_NONE, .server_count = -1
	};
	if (stat(path, &st) < 0 || access(name, F_OK) < 0)
		goto done;
	text = file_read(name, MOST, &len, &why);
	root = text ? json_parse(text, len, &why) : NULL;
	if (!root || json_kind(root) != JSON_OBJECT) {
		log_note("%s: is left aside: %s", name, why.kind ? why.text : _("holds no object"));
		goto done;
	}
	const struct value bytes = json_value(a, json_get(root, "bytes"));
	char size[24];
	snprintf(size, sizeof(size), "%lld", (long long)st.st_size);
	if (!value_is(bytes, size)) {
		log_note("%s: is left aside: the table was changed since", name);
		goto done;
	}
	m->system = text_member(a, root, "system");
	m->kind = text_member(a, root, "kind");
	m->url = text_member(a, root, "url");
	m->view = text_member(a, root, "view");
	m->at = stamp_member(root, "at");
	m->first = stamp_member(root, "first");
	m->last = stamp_member(root, "last");
	m->rows = json_int(json_get(root, "rows"), -1);
	m->server_count = json_int(json_get(root, "server_count"), -1);
	m->complete = json_true(json_get(root, "complete"));
	result = 1;
done:
	json_free(root);
	free(text);
	free(name);
	return result;
}
