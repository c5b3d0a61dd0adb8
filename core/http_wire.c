/* Attempts of HTTP requests, several at a time, over libcurl. HTTP/1.1 on purpose: with kept connections it costs the least and
 * has one request on a connection, so that a broken one leaves one request in doubt. Certificates are always checked,
 * nothing is followed, no cookie is kept (Dataverse spreads a client over its servers by them, and limits count per
 * server), and what an answer may be is bounded: 300 KiB of headers, BUF_MAX of inflated body. */
#include "core/http_private.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/mem.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define HEAD_MAX      ((size_t)300 << 10)
#define STOP_GRACE_MS 5000

struct exchange {
	struct buf head, *body;
	size_t head_total;
	int asked;        /* times that the request was about to go out */
	long long length; /* Content-Length, -1 */
	bool two_lengths, too_big, head_done;
	int64_t stopped_at;
};

struct transfer {
	struct transfer *next;
	CURL *easy;
	struct exchange x;
	struct http_response *r;
	struct curl_slist *headers;
	CURLcode code;
	bool busy, ended;
	char reason[CURL_ERROR_SIZE];
};

struct wire {
	CURLM *multi;
	struct transfer *transfers; /* as many as were ever under way together */
	char *ca_file;
};

static volatile sig_atomic_t stop_signal;
static int open_wires;

void http_stop(int signal)
{
	stop_signal = signal;
}

int http_stopped(void)
{
	return stop_signal;
}

struct wire *wire_open(const char *ca_file, struct err *err)
{
	struct wire *w = xcalloc(1, sizeof(*w));

	w->ca_file = ca_file ? xstrdup(ca_file) : NULL;
	if (open_wires++ == 0 && curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		goto fail;
	w->multi = curl_multi_init();
	if (w->multi) {
		curl_multi_setopt(w->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
		return w;
	}
fail:
	err_set(err, ERR_FAILED, "libcurl can't be set up");
	wire_close(w);
	return NULL;
}

void wire_close(struct wire *w)
{
	struct transfer *t, *next;

	if (!w)
		return;
	for (t = w->transfers; t; t = next) {
		next = t->next;
		curl_easy_cleanup(t->easy);
		free(t);
	}
	if (w->multi)
		curl_multi_cleanup(w->multi);
	free(w->ca_file);
	free(w);
	if (--open_wires == 0)
		curl_global_cleanup();
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static size_t on_header(char *s, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;

	n *= size;
	x->head_total += n;
	if (x->head_total > HEAD_MAX) {
		x->too_big = true;
		return 0;
	}
	if (n > 5 &&
	    memcmp(s, "HTTP/", 5) == 0) { /* a new block: 100 Continue and the like came before */
		buf_reset(&x->head);
		x->length = -1;
		x->head_done = false;
	}
	if (x->head_done) /* a trailer */
		return n;
	x->head_done = n <= 2;
	if (n > 15 && strncasecmp(s, "Content-Length:", 15) == 0) {
		long long length = strtoll(s + 15, NULL, 10);

		x->two_lengths |= x->length >= 0 && x->length != length;
		x->length = length;
	}
	buf_add(&x->head, s, n);
	return n;
}

static size_t on_body(char *s, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;

	buf_add(x->body, s, size * n);
	x->too_big |= x->body->over;
	return x->body->over ? 0 : size * n;
}

/* Called before a request goes out on a connection. libcurl sends it again by itself when a kept connection turns out to
 * be dead, even when the service may have carried it out: whether to do that is not libcurl's to decide, nor would it be
 * counted. */
static int on_request(void *ctx, char *to, char *from, int to_port, int from_port)
{
	struct exchange *x = ctx;

	(void)to, (void)from, (void)to_port, (void)from_port;
	return x->asked++ == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static int on_progress(void *ctx, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	struct exchange *x = ctx;

	(void)dt, (void)dn, (void)ut, (void)un;
	if (!stop_signal)
		return 0;
	if (!x->stopped_at)
		x->stopped_at = now_ms();
	return now_ms() - x->stopped_at > STOP_GRACE_MS;
}

static void set_body(CURL *c, const struct http_request *q)
{
	if (strcmp(q->method, "HEAD") == 0) {
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	} else if (q->body || strcmp(q->method, "GET") != 0) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->body ? q->body : "");
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body_len);
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, q->method);
	}
}

static void set_limits(const struct wire *w, struct transfer *t, const struct http_request *q)
{
	CURL *c = t->easy;
	struct exchange *x = &t->x;

	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (w->ca_file) { /* this authority and no other: Debian's libcurl also looks into a folder of them */
		curl_easy_setopt(c, CURLOPT_CAINFO, w->ca_file);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(c, CURLOPT_USERAGENT, "rejoin");
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 30L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 60L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, q->timeout_s > 0 ? q->timeout_s : 150L);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->reason);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(c, CURLOPT_PREREQDATA, x);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, x);
}

static struct curl_slist *add_header(struct curl_slist *list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(list, text);

	if (!longer) {
		log_error("out of memory");
		exit(EXIT_FAILED);
	}
	return longer;
}

/* The headers of the request, wiped by drop_headers: the token is among them. */
static struct curl_slist *make_headers(const struct http_request *q, const char *token)
{
	struct curl_slist *list = add_header(NULL, "Expect:"); /* no 100-continue round trip */
	bool typed = false;
	size_t i;

	for (i = 0; q->headers && q->headers[i]; i++) {
		typed |= strncasecmp(q->headers[i], "Content-Type:", 13) == 0;
		list = add_header(list, q->headers[i]);
	}
	if (!typed) /* libcurl would call any body a form */
		list = add_header(list, "Content-Type:");
	if (token) {
		char *text = xasprintf("Authorization: Bearer %s", token);

		list = add_header(list, text);
		explicit_bzero(text, strlen(text));
		free(text);
	}
	return list;
}

static void drop_headers(struct curl_slist *list)
{
	struct curl_slist *l;

	for (l = list; l; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static enum wire_end end_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return WIRE_WHOLE;
	case CURLE_PEER_FAILED_VERIFICATION:
		return WIRE_UNTRUSTED;
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_FILESIZE_EXCEEDED:
		return WIRE_HOPELESS;
	default:
		return WIRE_BROKEN;
	}
}

/* A whole transfer may still be no answer: two lengths that differ leave open where it ends. */
static CURLcode check(struct transfer *t)
{
	const struct exchange *x = &t->x;
	CURLcode code = t->code;

	if (code == CURLE_OK && x->two_lengths) {
		snprintf(t->reason, sizeof(t->reason), _("the answer gives two lengths"));
		return CURLE_PARTIAL_FILE;
	}
	if (code != CURLE_OK && x->too_big) {
		snprintf(t->reason, sizeof(t->reason), _("the answer is too large"));
		return CURLE_FILESIZE_EXCEEDED;
	}
	if (code != CURLE_OK && x->asked > 1)
		snprintf(t->reason, sizeof(t->reason), _("the connection broke"));
	else if (code != CURLE_OK && !t->reason[0])
		snprintf(t->reason, sizeof(t->reason), "%s", curl_easy_strerror(code));
	return code;
}

static struct transfer *free_transfer(struct wire *w)
{
	struct transfer *t = w->transfers;

	while (t && t->busy)
		t = t->next;
	if (!t) {
		t = xcalloc(1, sizeof(*t));
		t->easy = curl_easy_init();
		if (!t->easy) {
			log_error("out of memory");
			exit(EXIT_FAILED);
		}
		t->next = w->transfers;
		w->transfers = t;
	}
	return t;
}

struct transfer *wire_begin(struct wire *w, const struct http_request *q, const char *url,
    const char *token, struct http_response *r)
{
	struct transfer *t = free_transfer(w);
	struct origin to;

	http_response_reset(r);
	buf_init(&r->body, 0);
	t->x = (struct exchange){ .body = &r->body, .length = -1 };
	buf_init(&t->x.head, HEAD_MAX);
	t->r = r;
	t->headers = make_headers(q, token);
	t->reason[0] = '\0';
	t->busy = true;
	t->ended = false;
	curl_easy_reset(t->easy);
	set_limits(w, t, q);
	set_body(t->easy, q);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, (char *)t);
	if (origin_parse(url, &to, NULL) && origin_loopback(&to))
		curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	t->code = curl_easy_setopt(t->easy, CURLOPT_URL, url);
	if (t->code == CURLE_OK && curl_multi_add_handle(w->multi, t->easy) != CURLM_OK)
		t->code = CURLE_FAILED_INIT;
	t->ended = t->code != CURLE_OK;
	return t;
}

/* Takes what ended out of the hands of libcurl: how many. */
static int take_ended(struct wire *w)
{
	CURLMsg *m;
	int left, n = 0;

	while ((m = curl_multi_info_read(w->multi, &left))) {
		CURL *easy = m->easy_handle;
		CURLcode code = m->data.result;
		char *mine = NULL;
		struct transfer *t;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &mine);
		t = (struct transfer *)(void *)mine;
		curl_multi_remove_handle(w->multi, easy);
		t->code = code;
		t->ended = true;
		n++;
	}
	return n;
}

void wire_move(struct wire *w, long ms)
{
	int running = 0;

	curl_multi_perform(w->multi, &running);
	if (take_ended(w) || !running)
		return;
	curl_multi_poll(w->multi, NULL, 0, (int)ms, NULL);
	curl_multi_perform(w->multi, &running);
	take_ended(w);
}

bool wire_ended(struct transfer *t, enum wire_end *end, bool *left, char reason[WIRE_REASON])
{
	long status = 0, bytes = 0;

	if (!t->ended)
		return false;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &bytes);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);
	*left = bytes > 0;
	t->r->status = (int)status;
	t->r->headers = xstrndup(t->x.head.s, t->x.head.len);
	*end = end_of(check(t));
	snprintf(reason, WIRE_REASON, "%s", t->reason);
	drop_headers(t->headers);
	buf_release(&t->x.head);
	t->busy = false;
	return true;
}
