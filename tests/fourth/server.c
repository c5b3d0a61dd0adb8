/* The other end of tests/fourth/fabrikam.c: a CRM with flat deals and nothing else, one connection at a time. It knows nothing
 * of rejoin but the JSON reader. use: server DEALS.jsonl STATE.jsonl PORT_FILE LOG; a deal is a line of texts; the state is
 * written again after every change. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "core/json.h"
#include "core/mem.h"

#define TOKEN   "fabrikam-token"
#define PAGE    40
#define REQUEST ((size_t)64 << 10)

static const char *const columns[] = { "id", "title", "stage", "amount", "currency", "close_on",
	"notes", "referral_id", "customer", "country", "postcode", "owner", "changed_at",
	"version" };
enum { N = sizeof(columns) / sizeof(columns[0]), ID = 0, REFERRAL = 7, CHANGED = 12, VERSION = 13 };

struct deal {
	char *cell[N]; /* NULL: empty */
};

static struct deal *deals;
static size_t n_deals;
static const char *state_path;

static int column_of(const char *name, size_t len)
{
	for (int i = 0; i < N; i++)
		if (strlen(columns[i]) == len && strncmp(columns[i], name, len) == 0)
			return i;
	return -1;
}

static void show(struct buf *b, const struct deal *d)
{
	for (int i = 0; i < N; i++) {
		buf_addf(b, "%c\"%s\":", i ? ',' : '{', columns[i]);
		if (d->cell[i])
			buf_add_json(b, d->cell[i], strlen(d->cell[i]));
		else
			buf_adds(b, "null");
	}
	buf_addc(b, '}');
}

static void keep(void)
{
	struct buf b = { 0 };
	FILE *f = fopen(state_path, "w");

	for (size_t i = 0; i < n_deals; i++) {
		show(&b, &deals[i]);
		buf_addc(&b, '\n');
	}
	if (!f || fwrite(b.s ? b.s : "", 1, b.len, f) != b.len || fclose(f) != 0)
		exit(1);
	buf_release(&b);
}

/* Takes the members of a body; false when there is one that no deal has. */
static bool take(struct deal *d, const struct json *body)
{
	struct arena a = { 0 };
	bool ok = true;

	for (const struct json *m = json_first(body); m; m = json_next(m)) {
		int c = column_of(json_name(m), strlen(json_name(m)));
		struct value v = json_value(&a, m);

		if (c < 0) {
			ok = false;
			continue;
		}
		free(d->cell[c]);
		d->cell[c] = value_has(v) ? xstrdup(v.s) : NULL;
	}
	arena_release(&a);
	return ok;
}

static void touch(struct deal *d)
{
	char now[40];
	time_t t = time(NULL);
	long version = d->cell[VERSION] ? strtol(d->cell[VERSION], NULL, 10) : 0;

	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", gmtime(&t));
	free(d->cell[CHANGED]);
	free(d->cell[VERSION]);
	d->cell[CHANGED] = xstrdup(now);
	d->cell[VERSION] = xasprintf("%ld", version + 1);
	keep();
}

static struct deal *find(int column, const char *value)
{
	for (size_t i = 0; i < n_deals; i++)
		if (deals[i].cell[column] && strcmp(deals[i].cell[column], value) == 0)
			return &deals[i];
	return NULL;
}

static struct deal *add(const struct json *body, bool *ok)
{
	struct deal *d;

	deals = xreallocarray(deals, n_deals + 1, sizeof(*deals));
	d = &deals[n_deals++];
	memset(d, 0, sizeof(*d));
	*ok = take(d, body);
	if (!d->cell[ID])
		d->cell[ID] = xasprintf("D-%05zu", n_deals);
	return d;
}

/* ---- HTTP ---- */

static void decode(char *s)
{
	char *out = s, hex[3] = "";

	for (; *s; s++) {
		if (*s == '%' && s[1] && s[2]) {
			memcpy(hex, s + 1, 2);
			*out++ = (char)strtol(hex, NULL, 16);
			s += 2;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

static int refuse(struct buf *b, int status, const char *code, const char *message)
{
	buf_addf(b, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}", code, message);
	return status;
}

/* GET /api/deals: all in pages (?after=N), or those of one value (?COLUMN=VALUE). */
static int list(struct buf *b, char *query)
{
	size_t from = 0, given = 0, i;
	char *value = query ? strchr(query, '=') : NULL;
	int column = -1;

	if (value) {
		*value++ = '\0';
		decode(value);
		column = column_of(query, strlen(query));
		if (strcmp(query, "after") == 0)
			from = (size_t)strtol(value, NULL, 10);
		else if (column < 0)
			return refuse(b, 400, "unknown_column", query);
	}
	buf_addf(b, "{\"total\":%zu,\"deals\":[", n_deals);
	for (i = from; i < n_deals && given < PAGE; i++) {
		if (column >= 0 &&
		    (!deals[i].cell[column] || strcmp(deals[i].cell[column], value) != 0))
			continue;
		buf_adds(b, given++ ? "," : "");
		show(b, &deals[i]);
	}
	buf_addc(b, ']');
	if (i < n_deals && column < 0)
		buf_addf(b, ",\"next\":\"/api/deals?after=%zu\"", i);
	buf_addc(b, '}');
	return 200;
}

static int change(struct buf *b, const char *id, const char *match, const struct json *body)
{
	struct deal *d = find(ID, id);

	if (!d)
		return refuse(b, 404, "not_found", "no deal of this id");
	if (!match || strcmp(match, d->cell[VERSION]) != 0)
		return refuse(b, match ? 412 : 428, "version", "the deal was changed since");
	if (!take(d, body))
		return refuse(b, 400, "unknown_column", "a deal has no such column");
	touch(d);
	show(b, d);
	return 200;
}

static int create(struct buf *b, const struct json *body)
{
	const char *referral = json_text(json_get(body, "referral_id"));
	struct deal *d;
	bool ok;

	if (referral && find(REFERRAL, referral))
		return refuse(b, 409, "duplicate", "there is a deal of this referral");
	d = add(body, &ok);
	if (!ok) {
		n_deals--;
		return refuse(b, 400, "unknown_column", "a deal has no such column");
	}
	touch(d);
	show(b, d);
	return 201;
}

static const char *header(const char *head, const char *name, char out[200])
{
	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, name, strlen(name)) == 0 &&
		    line[2 + strlen(name)] == ':') {
			snprintf(out, 200, "%.*s", (int)strcspn(line + 4 + strlen(name), "\r"),
			    line + 4 + strlen(name));
			return out;
		}
	return NULL;
}

static int answer(char *request, char *text, struct buf *b)
{
	char token[200], match[200], *target = strchr(request, ' ') + 1, *query, method = *request;
	const char *if_match = header(request, "If-Match", match),
		   *auth = header(request, "Authorization", token);
	struct json *body = *text ? json_parse(text, strlen(text), NULL) : NULL;
	int status;

	target[strcspn(target, " ")] = '\0';
	query = strchr(target, '?');
	if (query)
		*query++ = '\0';
	if (!auth || strcmp(auth, "Bearer " TOKEN) != 0)
		status = refuse(b, 401, "unauthorized", "no or a wrong token");
	else if (strcmp(target, "/api/whoami") == 0)
		status = (buf_adds(b, "{\"org\":\"Fabrikam\"}"), 200);
	else if (strcmp(target, "/api/deals") == 0 && method == 'G')
		status = list(b, query);
	else if (strcmp(target, "/api/deals") == 0 && body)
		status = create(b, body);
	else if (strncmp(target, "/api/deals/", 11) == 0 && body)
		status = (decode(target + 11), change(b, target + 11, if_match, body));
	else
		status = refuse(b, 404, "not_found", "nothing is here");
	json_free(body);
	return status;
}

static void serve(int fd, FILE *log)
{
	char *in = xcalloc(1, REQUEST + 1), length[200], date[60], *end = NULL;
	struct buf b = { 0 }, out = { 0 };
	size_t n = 0, want = REQUEST;
	time_t t = time(NULL);
	ssize_t got;
	int status;

	while (n < want && (got = read(fd, in + n, REQUEST - n)) > 0) {
		n += (size_t)got;
		if (!end && (end = strstr(in, "\r\n\r\n")))
			want = (size_t)(end + 4 - in) + (header(in, "Content-Length", length)
								? (size_t)strtol(length, NULL, 10)
								: 0);
	}
	if (end && strchr(in, ' ')) {
		fprintf(log, "%.*s\n", (int)strcspn(in, "\r"), in);
		fflush(log);
		*end = '\0';
		status = answer(in, end + 4, &b);
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime(&t));
		buf_addf(&out,
		    "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: "
		    "application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		    status, status < 300 ? "OK" : "Refused", date, b.len);
		buf_add(&out, b.s, b.len);
		for (n = 0; n < out.len && (got = write(fd, out.s + n, out.len - n)) > 0;
		     n += (size_t)got)
			;
	}
	buf_release(&b);
	buf_release(&out);
	free(in);
	close(fd);
}

static void load(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	bool ok;

	while (f && (n = getline(&line, &cap, f)) > 0) {
		struct json *row = json_parse(line, (size_t)n, NULL);

		add(row, &ok);
		json_free(row);
		if (!ok)
			exit(1);
	}
	if (!f)
		exit(1);
	free(line);
	fclose(f);
	keep();
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *port, *log;

	if (argc != 5 || bind(listener, (struct sockaddr *)&at, size) < 0 ||
	    listen(listener, 16) < 0 || getsockname(listener, (struct sockaddr *)&at, &size) < 0)
		return 1;
	state_path = argv[2];
	load(argv[1]);
	log = fopen(argv[4], "w");
	port = fopen(argv[3], "w");
	if (!log || !port || fprintf(port, "%d\n", ntohs(at.sin_port)) < 0 || fclose(port) != 0)
		return 1;
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			serve(fd, log);
	}
}
