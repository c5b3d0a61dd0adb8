/* One attempt of an HTTP request, over libcurl. HTTP/1.1 on purpose: with kept connections it costs the least and has one
 * request on a connection, so that a broken one leaves one request in doubt. Certificates are always checked, nothing
 * is followed, no cookie is kept (Dataverse spreads a client over its servers by them, and limits count per server),
 * and what an answer may be is bounded: 300 KiB of headers, BUF_MAX of inflated body. */
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

struct wire {
	CURL *easy;
	char *ca_file;
	char reason[CURL_ERROR_SIZE];
};

struct exchange {
	struct buf head, *body;
	size_t head_total;
	int asked;        /* times that the request was about to go out */
	long long length; /* Content-Length, -1 */
	bool two_lengths, too_big, head_done;
	int64_t stopped_at;
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
	w->easy = curl_easy_init();
	if (w->easy)
		return w;
fail:
	err_set(err, ERR_FAILED, "libcurl can't be set up");
	wire_close(w);
	return NULL;
}

void wire_close(struct wire *w)
{
	if (!w)
		return;
	if (w->easy)
		curl_easy_cleanup(w->easy);
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

static void set_limits(struct wire *w, const struct http_request *q, struct exchange *x)
{
	CURL *c = w->easy;

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
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, w->reason);
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
static CURLcode check(struct wire *w, const struct exchange *x, CURLcode code)
{
	if (code == CURLE_OK && x->two_lengths) {
		snprintf(w->reason, sizeof(w->reason), _("the answer gives two lengths"));
		return CURLE_PARTIAL_FILE;
	}
	if (code != CURLE_OK && x->too_big) {
		snprintf(w->reason, sizeof(w->reason), _("the answer is too large"));
		return CURLE_FILESIZE_EXCEEDED;
	}
	if (code != CURLE_OK && x->asked > 1)
		snprintf(w->reason, sizeof(w->reason), _("the connection broke"));
	else if (code != CURLE_OK && !w->reason[0])
		snprintf(w->reason, sizeof(w->reason), "%s", curl_easy_strerror(code));
	return code;
}

enum wire_end wire_send(struct wire *w, const struct http_request *q, const char *url,
    const char *token, struct http_response *r, bool *left, const char **reason)
{
	struct exchange x = { .body = &r->body, .length = -1 };
	struct curl_slist *headers = make_headers(q, token);
	struct origin to;
	CURLcode code;
	long status = 0, bytes = 0;

	http_response_reset(r);
	buf_init(&r->body, 0);
	buf_init(&x.head, HEAD_MAX);
	w->reason[0] = '\0';
	curl_easy_reset(w->easy);
	set_limits(w, q, &x);
	set_body(w->easy, q);
	if (origin_parse(url, &to, NULL) && origin_loopback(&to))
		curl_easy_setopt(w->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(w->easy, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_setopt(w->easy, CURLOPT_URL, url);
	if (code == CURLE_OK)
		code = curl_easy_perform(w->easy);
	curl_easy_getinfo(w->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(w->easy, CURLINFO_REQUEST_SIZE, &bytes);
	curl_easy_setopt(w->easy, CURLOPT_HTTPHEADER, NULL);
	*left = bytes > 0;
	r->status = (int)status;
	r->headers = xstrndup(x.head.s, x.head.len);
	code = check(w, &x, code);
	*reason = w->reason;
	drop_headers(headers);
	buf_release(&x.head);
	return end_of(code);
}
