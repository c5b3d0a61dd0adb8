/* How to sign in to a system, as rejoin.json says it. Secrets never stand in the file. */
#include "core/conf_member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/mem.h"

static void parse_secret(struct parse *p, const struct json *auth, const char *at, const char *name,
    bool required, struct secret *out)
{
	const struct json *node = json_get(auth, name);
	char *place = conf_pointer(at, name);
	const struct json *m = json_first(node);
	const char *how = m ? json_name(m) : NULL;
	size_t line, column;

	if (!node) {
		if (required)
			conf_mistake(p, at,
			    "\"%s\" is missing: {\"env\": \"NAME\"}, {\"file\": \"PATH\"} or "
			    "{\"command\": [\"PROGRAM\", …]}",
			    name);
		goto done;
	}
	json_locate(&p->ws->file, place, &line, &column);
	out->where = xasprintf("%s:%zu:%zu", p->ws->file.path, line, column);
	if (json_kind(node) == JSON_OBJECT && json_count(node) == 1) {
		if (strcmp(how, "env") == 0 && json_text(m) && *json_text(m)) {
			out->kind = SECRET_ENV;
			out->name = xstrdup(json_text(m));
			secret_withhold(out->name);
		} else if (strcmp(how, "file") == 0 && json_text(m) && *json_text(m)) {
			out->kind = SECRET_FILE;
			out->name = conf_from_root(p->ws, json_text(m));
		} else if (strcmp(how, "command") == 0 && json_kind(m) == JSON_ARRAY &&
			   json_count(m) > 0) {
			size_t n = 0;
			out->argv = xcalloc(json_count(m) + 1, sizeof(*out->argv));
			for (const struct json *e = json_first(m); e; e = json_next(e)) {
				if (json_text(e))
					out->argv[n++] = xstrdup(json_text(e));
				else
					conf_mistake_in(
					    p, place, how, "\"command\" must be a list of texts");
			}
			out->kind = n == json_count(m) ? SECRET_COMMAND : SECRET_NONE;
			if (n == json_count(m))
				out->name = xstrdup(out->argv[0]);
		}
	}
	/* The value itself is never repeated: it may be the secret. */
	if (out->kind == SECRET_NONE)
		conf_mistake(p, place,
		    "no secret may stand here: \"%s\" must be {\"env\": \"NAME\"}, {\"file\": "
		    "\"PATH\"} or {\"command\": [\"PROGRAM\", …]}",
		    name);
done:
	free(place);
}

struct flow {
	const char *name;
	const char *needs; /* keys without which it cannot work, space separated */
};

static const struct flow flows[] = {
	{ "token", " token " },
	{ "client-credentials", " client_id " },
	{ "refresh-token", " client_id refresh_token " },
	{ "device-code", " client_id " },
	{ "jwt-bearer", " client_id user key " },
};

static bool flow_needs(const struct flow *flow, const char *key)
{
	char padded[40];

	snprintf(padded, sizeof(padded), " %s ", key);
	return flow && strstr(flow->needs, padded);
}

void conf_parse_auth(
    struct parse *p, const struct json *node, const char *at, struct auth_conf *a)
{
	const struct flow *flow = NULL;

	if (!conf_known(p, node, at, "\"auth\"",
		"flow token_url device_url scope audience client_id user token client_secret "
		"refresh_token key certificate"))
		return;
	a->flow = conf_text(p, node, at, "flow", true);
	for (size_t i = 0; a->flow && i < sizeof(flows) / sizeof(flows[0]); i++)
		if (strcmp(flows[i].name, a->flow) == 0)
			flow = &flows[i];
	if (a->flow && !flow)
		conf_mistake_in(p, at, "flow",
		    "\"%s\" is no flow: token, client-credentials, refresh-token, device-code, "
		    "jwt-bearer",
		    a->flow);
	a->token_url = conf_text(p, node, at, "token_url", false);
	a->device_url = conf_text(p, node, at, "device_url", false);
	a->scope = conf_text(p, node, at, "scope", false);
	a->audience = conf_text(p, node, at, "audience", false);
	a->client_id = conf_text(p, node, at, "client_id", flow_needs(flow, "client_id"));
	a->user = conf_text(p, node, at, "user", flow_needs(flow, "user"));
	if (a->token_url)
		conf_url(p, at, "token_url", a->token_url, false);
	if (a->device_url)
		conf_url(p, at, "device_url", a->device_url, false);
	parse_secret(p, node, at, "token", flow_needs(flow, "token"), &a->token);
	parse_secret(p, node, at, "client_secret", false, &a->client_secret);
	parse_secret(
	    p, node, at, "refresh_token", flow_needs(flow, "refresh_token"), &a->refresh_token);
	parse_secret(p, node, at, "key", flow_needs(flow, "key"), &a->key);
	parse_secret(p, node, at, "certificate", false, &a->certificate);
	if (flow && strcmp(flow->name, "client-credentials") == 0 &&
	    !json_get(node, "client_secret") && !json_get(node, "key"))
		conf_mistake(p, at,
		    "client-credentials needs \"client_secret\", or \"key\" and \"certificate\"");
}
