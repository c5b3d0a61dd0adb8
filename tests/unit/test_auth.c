/* Signed assertions, checked with OpenSSL itself and not with the code that made them, and what rejoin.json must say for
 * each way of signing in. */
#include "core/auth.h"
#include "core/auth_private.h"
#include "core/json.h"
#include "core/jwt.h"
#include "core/mem.h"
#include "core/text.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/check.h"

static char *text_of(BIO *b)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);
	char *s = xstrndup(p, (size_t)n);

	BIO_free(b);
	return s;
}

static char *key_text(EVP_PKEY *key, const char *passphrase)
{
	BIO *b = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PrivateKey(b, key, passphrase ? EVP_aes_128_cbc() : NULL,
			     NULL, 0, NULL, (void *)(uintptr_t)passphrase),
	    1);
	return text_of(b);
}

static char *public_text(EVP_PKEY *key)
{
	BIO *b = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PUBKEY(b, key), 1);
	return text_of(b);
}

/* A self-signed certificate that ends at 2030-01-02T03:04:05Z. */
static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	ASN1_TIME *end = ASN1_TIME_new();

	assert_int_equal(ASN1_TIME_set_string_X509(end, "20300102030405Z"), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_set1_notAfter(x, end);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"rejoin", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	ASN1_TIME_free(end);
	return x;
}

static char *certificate_text(X509 *x)
{
	BIO *b = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_X509(b, x), 1);
	return text_of(b);
}

/* Decodes base64url with OpenSSL's own decoder; malloc'd. */
static unsigned char *decode(const char *s, size_t n, size_t *len)
{
	size_t whole = (n + 3) / 4 * 4;
	unsigned char *in = xcalloc(1, whole + 1), *out = xcalloc(1, whole + 1);

	for (size_t i = 0; i < whole; i++)
		in[i] = (unsigned char)(i >= n        ? '='
					: s[i] == '-' ? '+'
					: s[i] == '_' ? '/'
						      : s[i]);
	assert_int_equal(EVP_DecodeBlock(out, in, (int)whole), (int)(whole / 4 * 3));
	*len = whole / 4 * 3 - (whole - n);
	out[*len] = '\0';
	free(in);
	return out;
}

static const char claims_text[] = "{\"iss\":\"client\",\"sub\":\"a?>~b@example.com\",\"aud\":"
				  "\"https://login.example.com\",\"exp\":1800000000}";

struct keys {
	EVP_PKEY *rsa, *other, *small, *ec;
	X509 *x;
	char *key, *certificate;
};

static int setup(void **state)
{
	struct keys *k = xcalloc(1, sizeof(*k));

	k->rsa = EVP_RSA_gen(2048);
	k->other = EVP_RSA_gen(2048);
	k->small = EVP_RSA_gen(1024);
	k->ec = EVP_EC_gen("P-256");
	k->x = make_certificate(k->rsa);
	k->key = key_text(k->rsa, NULL);
	k->certificate = certificate_text(k->x);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	struct keys *k = *state;

	EVP_PKEY_free(k->rsa);
	EVP_PKEY_free(k->other);
	EVP_PKEY_free(k->small);
	EVP_PKEY_free(k->ec);
	X509_free(k->x);
	free(k->key);
	free(k->certificate);
	free(k);
	return 0;
}

static void assertion_verified_by_openssl(void **state)
{
	struct keys *k = *state;
	char *token = jwt_sign(k->key, NULL, claims_text, NULL), *first, *second;
	size_t n_sig, n_header, n_claims;
	unsigned char *sig, *header, *claims;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_non_null(token);
	assert_null(strpbrk(token, "+/="));
	first = strchr(token, '.');
	second = strchr(first + 1, '.');
	assert_null(strchr(second + 1, '.'));
	header = decode(token, (size_t)(first - token), &n_header);
	claims = decode(first + 1, (size_t)(second - first - 1), &n_claims);
	sig = decode(second + 1, strlen(second + 1), &n_sig);
	assert_string_equal((char *)header, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
	assert_string_equal((char *)claims, claims_text);
	assert_int_equal(n_sig, 256);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, k->rsa), 1);
	assert_int_equal(
	    EVP_DigestVerify(ctx, sig, n_sig, (unsigned char *)token, (size_t)(second - token)), 1);
	EVP_MD_CTX_free(ctx);
	free(header);
	free(claims);
	free(sig);
	free(token);
}

static void thumbprints_in_header(void **state)
{
	struct keys *k = *state;
	char *token = jwt_sign(k->key, k->certificate, claims_text, NULL);
	unsigned char *header, *print, want[EVP_MAX_MD_SIZE];
	size_t n;
	unsigned n_want;

	assert_non_null(token);
	header = decode(token, strcspn(token, "."), &n);
	struct json *h = json_parse((char *)header, n, NULL);
	const char *sha1 = json_text(json_get(h, "x5t")),
		   *sha256 = json_text(json_get(h, "x5t#S256"));
	assert_non_null(sha1);
	assert_non_null(sha256);
	print = decode(sha1, strlen(sha1), &n);
	assert_int_equal(X509_digest(k->x, EVP_sha1(), want, &n_want), 1);
	assert_int_equal(n, n_want);
	assert_memory_equal(print, want, n);
	free(print);
	print = decode(sha256, strlen(sha256), &n);
	assert_int_equal(X509_digest(k->x, EVP_sha256(), want, &n_want), 1);
	assert_int_equal(n, n_want);
	assert_memory_equal(print, want, n);
	free(print);
	json_free(h);
	free(header);
	free(token);
}

static void refuses(const char *key, const char *certificate, const char *why)
{
	struct err err = { 0 };
	char *token = jwt_sign(key, certificate, claims_text, &err);

	assert_null(token);
	assert_int_equal(err.kind, ERR_USAGE);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	assert_null(strstr(err.text, "MII"));
}

static void bad_keys_in_words(void **state)
{
	struct keys *k = *state;
	char *small = key_text(k->small, NULL), *ec = key_text(k->ec, NULL),
	     *locked = key_text(k->rsa, "secret"), *other = key_text(k->other, NULL);

	refuses("", NULL, "no private key");
	refuses("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", NULL,
	    "no private key");
	refuses(k->certificate, NULL, "no private key");
	refuses(small, NULL, "1024 bits");
	refuses(ec, NULL, "no RSA key");
	refuses(locked, NULL, "passphrase");
	refuses(k->key, k->key, "no certificate");
	refuses(other, k->certificate, "does not belong");
	free(small);
	free(ec);
	free(locked);
	free(other);
}

static void verification(void **state)
{
	struct keys *k = *state;
	char *token = jwt_sign(k->key, NULL, claims_text, NULL), *pub = public_text(k->rsa),
	     *wrong = public_text(k->other);
	char *claims = NULL, *dot = strrchr(token, '.');
	/* {"alg":"none"} with the claims and no signature */
	char *none = xasprintf("eyJhbGciOiJub25lIn0.%.*s.", (int)(dot - strchr(token, '.') - 1),
	    strchr(token, '.') + 1);

	assert_true(jwt_verify(token, pub, &claims));
	assert_string_equal(claims, claims_text);
	free(claims);
	assert_true(jwt_verify(token, k->certificate, NULL));
	assert_false(jwt_verify(token, wrong, &claims));
	assert_null(claims);
	assert_false(jwt_verify(none, pub, NULL));
	assert_false(jwt_verify("", pub, NULL));
	assert_false(jwt_verify("a.b", pub, NULL));
	assert_false(jwt_verify("a.b.c.d", pub, NULL));
	assert_false(jwt_verify(token, "no key", NULL));
	token[strcspn(token, ".") + 3] ^= 1;
	assert_false(jwt_verify(token, pub, NULL));
	free(token);
	free(pub);
	free(wrong);
	free(none);
}

static void claims_of_any_token(void **state)
{
	char *claims = jwt_claims("e30.eyJhIjoxfQ.x");

	(void)state;
	assert_string_equal(claims, "{\"a\":1}");
	free(claims);
	assert_null(jwt_claims("opaque"));
	assert_null(jwt_claims("00D5e000000sand!AQabc"));
	assert_null(jwt_claims("a.!!.c"));
	assert_null(jwt_claims("a.b=.c"));
}

static void end_of_certificate(void **state)
{
	struct keys *k = *state;
	int64_t end = 0;
	struct err err = { 0 };

	assert_int_equal(jwt_certificate_end(k->certificate, &end, NULL), 0);
	assert_true(end == stamp_parse("2030-01-02T03:04:05Z", 20));
	assert_int_equal(jwt_certificate_end(k->key, &end, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
}

/* ---- what rejoin.json must say ---- */

#define SECRET(text)                                                                               \
	{                                                                                          \
		.kind = SECRET_ENV, .name = (char *)(uintptr_t)(text)                              \
	}

static struct auth *open_with(struct system_conf *s, const char *kind, struct auth_conf a,
    const struct workspace *ws, struct err *err)
{
	*s = (struct system_conf){
		.name = (char *)(uintptr_t) "sys", .kind = (char *)(uintptr_t)kind, .auth = a
	};
	return auth_open(s, ws, "https://contoso.example.com", err);
}

static char *word(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void wants(const char *kind, struct auth_conf a, const char *why)
{
	struct system_conf s;
	struct err err = { 0 };
	struct auth *auth = open_with(&s, kind, a, NULL, &err);

	assert_null(auth);
	assert_int_equal(err.kind, ERR_USAGE);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void flows_want_their_keys(void **state)
{
	(void)state;
	wants("dynamics", (struct auth_conf){ .flow = word("magic") }, "unknown auth flow");
	wants("dynamics", (struct auth_conf){ .flow = word("token") }, "\"token\"");
	wants("dynamics",
	    (struct auth_conf){ .flow = word("client-credentials"), .client_id = word("c") },
	    "token_url");
	wants("dynamics",
	    (struct auth_conf){ .flow = word("client-credentials"),
		.client_id = word("c"),
		.token_url = word("https://login.example.com/t/oauth2/v2.0/token") },
	    "client_secret");
	wants("dynamics",
	    (struct auth_conf){ .flow = word("client-credentials"),
		.client_id = word("c"),
		.token_url = word("http://login.example.com/token"),
		.client_secret = SECRET("S") },
	    "https");
	wants("salesforce",
	    (struct auth_conf){
		.flow = word("jwt-bearer"), .client_id = word("c"), .user = word("u") },
	    "\"key\"");
	wants("salesforce",
	    (struct auth_conf){
		.flow = word("jwt-bearer"), .client_id = word("c"), .key = SECRET("K") },
	    "\"user\"");
	wants("partner-center",
	    (struct auth_conf){ .flow = word("device-code"),
		.client_id = word("c"),
		.device_url = word("http://login.example.com/devicecode") },
	    "device_url");
	wants("partner-center",
	    (struct auth_conf){ .flow = word("refresh-token"), .client_id = word("c") },
	    "refresh_token");
}

static void defaults_of_the_services(void **state)
{
	char root[] = "/tmp/test-auth-XXXXXX", *store;
	struct workspace ws = { .root = mkdtemp(root) };
	struct system_conf s;
	struct auth_info info;
	struct auth *a;

	(void)state;
	a = open_with(&s, "salesforce",
	    (struct auth_conf){ .flow = word("jwt-bearer"),
		.client_id = word("c"),
		.user = word("u"),
		.key = SECRET("K") },
	    &ws, NULL);
	assert_non_null(a);
	assert_string_equal(a->audience, "https://login.salesforce.com");
	assert_string_equal(a->token_url, "https://contoso.example.com/services/oauth2/token");
	assert_null(a->scope);
	auth_close(a);
	a = open_with(&s, "salesforce",
	    (struct auth_conf){ .flow = word("jwt-bearer"),
		.client_id = word("c"),
		.user = word("u"),
		.key = SECRET("K"),
		.audience = word("https://test.salesforce.com") },
	    &ws, NULL);
	assert_string_equal(a->audience, "https://test.salesforce.com");
	auth_close(a);
	a = open_with(&s, "dynamics",
	    (struct auth_conf){ .flow = word("device-code"),
		.client_id = word("c"),
		.token_url = word("https://login.example.com/contoso/oauth2/v2.0/token") },
	    &ws, NULL);
	assert_string_equal(
	    a->device_url, "https://login.example.com/contoso/oauth2/v2.0/devicecode");
	assert_string_equal(a->scope, "https://contoso.example.com/user_impersonation");
	assert_int_equal(auth_info(a, &info, NULL), 0);
	assert_true(info.person);
	assert_false(info.stored);
	assert_true(info.access_end == STAMP_NONE);
	/* what is stored is for its owner only, and logout takes it away */
	assert_int_equal(auth_keep_refresh(a, "abc", NULL), 0);
	assert_int_equal(auth_info(a, &info, NULL), 0);
	assert_true(info.stored);
	struct stat st;
	assert_int_equal(stat(info.store, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(auth_logout(a, NULL), 1);
	assert_int_equal(auth_logout(a, NULL), 0);
	auth_close(a);
	store = xasprintf("%s/.rejoin", root);
	assert_int_equal(rmdir(store), 0);
	free(store);
	rmdir(root);
}

/* What a ready token says of itself. */
static void token_tells(void **state)
{
	/* {"upn":"alix@example.com","amr":["pwd"],"exp":4102444800} */
	static const char pwd[] =
	    "e30.eyJ1cG4iOiJhbGl4QGV4YW1wbGUuY29tIiwiYW1yIjpbInB3ZCJdLCJleHAiOjQxMDI0NDQ4MDB9.x";
	/* {"amr":["pwd","mfa"],"idtyp":"app"} */
	static const char mfa[] = "e30.eyJhbXIiOlsicHdkIiwibWZhIl0sImlkdHlwIjoiYXBwIn0.x";
	struct auth_conf conf = { .flow = word("token"), .token = SECRET("TEST_AUTH_TOKEN") };
	struct system_conf s;
	struct auth_info info;
	struct err err = { 0 };
	const char *token;
	struct auth *a = open_with(&s, "partner-center", conf, NULL, NULL);

	(void)state;
	setenv("TEST_AUTH_TOKEN", pwd, 1);
	assert_int_equal(auth_token(a, NULL, &token, NULL), 0);
	assert_string_equal(token, pwd);
	assert_int_equal(auth_info(a, &info, NULL), 0);
	assert_string_equal(info.who, "alix@example.com");
	assert_int_equal(info.mfa, AUTH_MFA_NO);
	assert_false(info.application);
	assert_true(info.access_end == stamp_parse("2100-01-01T00:00:00Z", 20));
	/* refused, and no newer one to be had */
	assert_int_equal(auth_refused(a, &err), -1);
	assert_int_equal(err.kind, ERR_SIGNIN);
	/* a newer one is taken */
	setenv("TEST_AUTH_TOKEN", mfa, 1);
	assert_int_equal(auth_refused(a, &err), 0);
	assert_int_equal(auth_info(a, &info, NULL), 0);
	assert_int_equal(info.mfa, AUTH_MFA_YES);
	assert_true(info.application);
	setenv("TEST_AUTH_TOKEN", "opaque", 1);
	assert_int_equal(auth_refused(a, &err), 0);
	assert_int_equal(auth_info(a, &info, NULL), 0);
	assert_int_equal(info.mfa, AUTH_MFA_UNKNOWN);
	assert_true(info.access_end == STAMP_NONE);
	auth_close(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(assertion_verified_by_openssl),
		cmocka_unit_test(thumbprints_in_header),
		cmocka_unit_test(bad_keys_in_words),
		cmocka_unit_test(verification),
		cmocka_unit_test(claims_of_any_token),
		cmocka_unit_test(end_of_certificate),
		cmocka_unit_test(flows_want_their_keys),
		cmocka_unit_test(defaults_of_the_services),
		cmocka_unit_test(token_tells),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
