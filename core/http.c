/* One system's connection: where it leads, its sign-in, its pace, and what answers and addresses say. Sending is http_send.c. */
#include "core/http.h"
#include "core/auth.h"
#include "core/http_private.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

static char *ca_path(const struct system_conf *conf, const struct workspace *ws)
{
	const char *name = json_text(json_get(conf->json, "ca_file"));

	if (!name)
		return NULL;
	if (*name == '/' || !ws || !ws->root)
		return xstrdup(name);
	return xasprintf("%s/%s", ws->root, name);
}

struct http *http_open(const struct system_conf *conf, const struct workspace *ws,
    const struct call_meter *meter, double default_rps, struct err *err)
{
	struct http *h = xcalloc(1, sizeof(*h));
	double rps = conf->requests_per_second;
	const char *rest = "";
	char *ca_file = NULL;

	h->conf = conf;
	h->window = 1;
	h->meter = meter;
	if (!conf->url || !origin_parse(conf->url, &h->origin, &rest) ||
	    (*rest && strcmp(rest, "/") != 0)) {
		err_set(err, ERR_USAGE,
		    "%s: url \"%s\" must be https://host or https://host:port, without a path",
		    conf->name, conf->url ? conf->url : "");
		goto out;
	}
	if (!h->origin.tls && !origin_loopback(&h->origin)) {
		err_set(err, ERR_USAGE,
		    "%s: url \"%s\" would send the token in the clear: plain http is for this "
		    "machine only, write https",
		    conf->name, conf->url);
		goto out;
	}
	origin_text(&h->origin, h->origin_text);
	if (rps <= 0 && !origin_loopback(&h->origin))
		rps = default_rps;
	h->interval_ms = rps > 0 ? (int64_t)(1000 / rps) : 0;
	ca_file = ca_path(conf, ws);
	h->auth = auth_open(conf, ws, h->origin_text, err);
	h->wire = h->auth ? wire_open(ca_file, err) : NULL;
out:
	free(ca_file);
	if (h->wire)
		return h;
	http_close(h);
	return NULL;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	wire_close(h->wire);
	auth_close(h->auth);
	free(h);
}

const char *http_origin(const struct http *h)
{
	return h->origin_text;
}

void http_listen(struct http *h, void (*fn)(void *ctx, const struct http_response *r), void *ctx)
{
	h->heard = fn;
	h->heard_ctx = ctx;
}

struct auth *http_auth(struct http *h)
{
	return h->auth;
}

char *http_follow(struct http *h, const char *link, struct err *err)
{
	char *url = link_resolve(&h->origin, link), *shown = NULL;

	if (!url) {
		shown = http_shown(link);
		err_set(err, ERR_UNAVAILABLE,
		    "%s: the service's link leads away from %s, so it is not followed: %.300s",
		    h->conf->name, h->origin_text, shown);
		free(shown);
	}
	return url;
}

void http_response_reset(struct http_response *r)
{
	buf_release(&r->body);
	free(r->headers);
	memset(r, 0, sizeof(*r));
}

const char *http_header(const struct http_response *r, const char *name, char *out, size_t size)
{
	return header_find(r->headers, name, out, size);
}
