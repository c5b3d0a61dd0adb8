/* Device codes (RFC 8628) and signed assertions (RFC 7523), as Microsoft Entra ID and Salesforce take them. A device code
 * is kept as SHA-256 among the settings, as JSON under its user code, and serves once. */
#include <stdlib.h>
#include <string.h>
#include "core/jwt.h"
#include "core/text.h"
#include "samples/sandbox/auth_grants.h"

#define TYPE   "application/json; charset=utf-8"
#define LIFE   900
#define SKEW   300 /* seconds that Entra forgives */
#define AHEAD  300 /* most that Salesforce takes */
#define NEWEST "device newest"

static const char *setting_name(struct world *w, const char *user_code)
{
	return arena_printf(w->arena, "device %s", user_code);
}

static int keep(struct world *w, const char *user_code, const struct doc *d)
{
	return world_set(w, setting_name(w, user_code), doc_print(w->arena, d));
}

static struct doc *kept(struct world *w, const char *user_code)
{
	const char *text = world_setting(w, w->arena, setting_name(w, user_code));

	return text && *text ? doc_parse(w->arena, text, strlen(text), NULL) : NULL;
}

static void set_text(struct world *w, struct doc *d, const char *name, const char *text)
{
	doc_set(w->arena, d, name, doc_string(w->arena, text));
}

void device_begin(struct world *w, const struct request *q, struct reply *r, const char *client,
    const char *scope)
{
	static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ23456789";
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *row = doc_new(w->arena, DOC_OBJECT);
	long interval = doc_long(doc_get(w->conf, "device_interval"), 5);
	long life = doc_long(doc_get(w->conf, "device_seconds"), LIFE);
	const char *address = arena_printf(w->arena, "%s/devicelogin", q->origin);
	unsigned char bytes[32];
	char user_code[10] = "", hash[65];
	struct buf b = { 0 };

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < 9; i++)
		user_code[i] = letters[bytes[i] % (sizeof(letters) - 1)];
	buf_adds(&b, user_code); /* so that a code is found by itself */
	buf_addc(&b, '.');
	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		buf_addf(&b, "%02x", bytes[i]);
	sha256_hex(b.s, b.len, hash);
	set_text(w, row, "hash", hash);
	set_text(w, row, "client", client);
	set_text(w, row, "scope", scope);
	set_text(w, row, "decision", "pending");
	doc_set(w->arena, row, "expires", doc_int(w->arena, world_now(w) + life * 1000000));
	set_text(w, d, "user_code", user_code);
	set_text(w, d, "device_code", arena_strdup(w->arena, b.s));
	set_text(w, d, "verification_uri", address);
	doc_set(w->arena, d, "expires_in", doc_int(w->arena, life));
	doc_set(w->arena, d, "interval", doc_int(w->arena, interval));
	set_text(w, d, "message",
	    arena_printf(w->arena,
		"To sign in, use a web browser to open the page %s and enter the code %s to "
		"authenticate.",
		address, user_code));
	buf_release(&b);
	if (keep(w, user_code, row) == 0 && world_set(w, NEWEST, user_code) == 0)
		reply_doc(w, r, 200, TYPE, d);
}

const char *device_take(struct world *w, const char *code, const char *client, const char **scope)
{
	const char *user_code = code ? arena_dup(w->arena, code, strcspn(code, ".")) : "",
		   *decision;
	struct doc *row = kept(w, user_code);
	char hash[65] = "";

	if (code)
		sha256_hex(code, strlen(code), hash);
	if (!row || strcmp(doc_member(row, "hash", ""), hash) ||
	    strcmp(doc_member(row, "client", ""), client))
		return "bad_verification_code";
	decision = doc_member(row, "decision", "");
	if (strtoll(doc_get(row, "expires")->text, NULL, 10) < world_now(w))
		return "expired_token";
	if (!strcmp(decision, "decline"))
		return "authorization_declined";
	if (strcmp(decision, "approve"))
		return "authorization_pending";
	*scope = doc_member(row, "scope", "");
	return world_set(w, setting_name(w, user_code), "") < 0 ? "bad_verification_code" : NULL;
}

const char *device_decide(struct world *w, const struct doc *d)
{
	const char *newest = world_setting(w, w->arena, NEWEST);
	const char *user_code = doc_member(d, "user_code", newest ? newest : "");
	const char *decision = doc_member(d, "decision", "approve");
	struct doc *row = kept(w, user_code);

	if (strcmp(decision, "approve") && strcmp(decision, "decline"))
		return "\"decision\" is \"approve\" or \"decline\"";
	if (!row)
		return "no such user code waits";
	set_text(w, row, "decision", decision);
	return keep(w, user_code, row) < 0 ? "the state can't be written" : NULL;
}

static bool audience_fits(const struct request *q, const char *audience, bool user)
{
	const char *path = strchr(q->origin, '/') ? q->path : "";
	size_t n = strlen(q->origin);

	if (user &&
	    (!strcmp(audience, "https://login.salesforce.com") ||
		!strcmp(audience, "https://test.salesforce.com") || !strcmp(audience, q->origin)))
		return true;
	return !strncmp(audience, q->origin, n) && !strcmp(audience + n, path);
}

const char *assertion_wrong(struct world *w, const struct request *q, const char *token,
    const struct doc *client, bool user)
{
	const char *pem = doc_member(client, "certificate", NULL), *header;
	const char *subject = doc_member(client, user ? "user" : "client_id", "");
	int64_t now = world_now(w) / 1000000, exp, nbf;
	char *claims = NULL;
	const struct doc *d;
	size_t n = strcspn(token, ".");

	if (!pem)
		return "no certificate is registered for this application";
	if (!jwt_verify(token, pem, &claims))
		return "the signature of the assertion is not that of the registered key";
	d = doc_parse(w->arena, claims, strlen(claims), NULL);
	free(claims);
	/* the header in base64 must be padded before it is read */
	header = base64_decode(w->arena,
	    arena_printf(w->arena, "%.*s%.*s", (int)n, token, (int)((4 - n % 4) % 4), "==="));
	if (!user && (!header || !strstr(header, "\"x5t")))
		return "the header of the assertion names no certificate (x5t)";
	exp = doc_long(doc_get(d, "exp"), 0);
	nbf = doc_long(doc_get(d, "nbf"), 0);
	if (strcmp(doc_member(d, "iss", ""), doc_member(client, "client_id", "")) ||
	    strcmp(doc_member(d, "sub", ""), subject))
		return "iss or sub of the assertion are not those of the application";
	if (!audience_fits(q, doc_member(d, "aud", ""), user))
		return "the audience of the assertion is another";
	if (user ? exp <= now || exp > now + AHEAD : exp + SKEW <= now || nbf > now + SKEW)
		return "the assertion is not within its valid time range";
	return NULL;
}
