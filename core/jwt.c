/* RS256 through OpenSSL, behind core/jwt.h. Keys are read from memory only, and a key that wants a passphrase is an error
 * in words: nobody is asked. */
#include "core/jwt.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEY_BITS 2048

/* Base64 as URLs take it: no padding, - and _ in place of + and /. */
static void add_url64(struct buf *out, const void *p, size_t n)
{
	size_t i = out->len;

	buf_add_base64(out, p, n);
	while (out->len > i && out->s[out->len - 1] == '=')
		out->s[--out->len] = '\0';
	for (; i < out->len; i++)
		out->s[i] = out->s[i] == '+' ? '-' : out->s[i] == '/' ? '_' : out->s[i];
}

/* Decodes `n` characters; NULL when they are no such text. Malloc'd, NUL-terminated. */
static char *from_url64(const char *s, size_t n, size_t *len)
{
	size_t whole = (n + 3) / 4 * 4, i;
	unsigned char *text = xmalloc(whole + 1), *out = xcalloc(1, whole / 4 * 3 + 1);
	int got = -1;

	for (i = 0; i < whole; i++)
		text[i] = (unsigned char)(i >= n        ? '='
					  : s[i] == '-' ? '+'
					  : s[i] == '_' ? '/'
							: s[i]);
	if (n % 4 != 1 && n < INT32_MAX / 2 && !memchr(s, '=', n))
		got = EVP_DecodeBlock(out, text, (int)whole);
	free(text);
	if (got < (int)(whole - n)) {
		ERR_clear_error();
		free(out);
		return NULL;
	}
	*len = (size_t)got - (whole - n);
	out[*len] = '\0';
	return (char *)out;
}

static int no_passphrase(char *text, int size, int writing, void *ctx)
{
	(void)text;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static BIO *open_text(const char *pem)
{
	return BIO_new_mem_buf(pem, -1);
}

static X509 *read_certificate(const char *pem)
{
	BIO *in = open_text(pem);
	X509 *x = in ? PEM_read_bio_X509(in, NULL, no_passphrase, NULL) : NULL;

	BIO_free(in);
	ERR_clear_error();
	return x;
}

int jwt_certificate_end(const char *pem, int64_t *end, struct err *err)
{
	X509 *x = read_certificate(pem);
	struct tm t;
	int rc = -1;

	if (!x)
		err_set(err, ERR_USAGE, "holds no certificate in PEM form (BEGIN CERTIFICATE)");
	else if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &t) != 1)
		err_set(err, ERR_USAGE, "the certificate says no readable end of its life");
	else
		rc = 0;
	if (rc == 0)
		*end = (int64_t)timegm(&t) * 1000000;
	X509_free(x);
	return rc;
}

static EVP_PKEY *read_key(const char *pem, struct err *err)
{
	BIO *in = open_text(pem);
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;

	BIO_free(in);
	ERR_clear_error();
	if (key && EVP_PKEY_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_bits(key) >= KEY_BITS)
		return key;
	if (key && EVP_PKEY_base_id(key) == EVP_PKEY_RSA)
		err_set(err, ERR_USAGE, "the key has %d bits; make one of at least %d",
		    EVP_PKEY_bits(key), KEY_BITS);
	else if (key)
		err_set(err, ERR_USAGE, "the key is no RSA key; RS256 needs one");
	else if (strstr(pem, "ENCRYPTED"))
		err_set(err, ERR_USAGE,
		    "the key is locked with a passphrase; keep one without it (openssl pkey -in "
		    "OLD -out "
		    "NEW), mode 0600");
	else
		err_set(err, ERR_USAGE, "holds no private key in PEM form (BEGIN PRIVATE KEY)");
	EVP_PKEY_free(key);
	return NULL;
}

/* ,"NAME":"BASE64" of the certificate's digest. */
static bool add_print(struct buf *b, const char *name, const X509 *x, const EVP_MD *md)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!X509_digest(x, md, digest, &n))
		return false;
	buf_addf(b, ",\"%s\":\"", name);
	add_url64(b, digest, n);
	buf_addc(b, '"');
	return true;
}

static int add_header(struct buf *out, EVP_PKEY *key, const char *certificate, struct err *err)
{
	X509 *x = certificate ? read_certificate(certificate) : NULL;
	struct buf b = { 0 };
	int rc = -1;

	buf_adds(&b, "{\"alg\":\"RS256\",\"typ\":\"JWT\"");
	if (certificate && !x)
		err_set(err, ERR_USAGE, "\"certificate\" holds no certificate in PEM form");
	else if (x && X509_check_private_key(x, key) != 1)
		err_set(err, ERR_USAGE, "the certificate does not belong to the key");
	else if (x && (!add_print(&b, "x5t", x, EVP_sha1()) ||
			  !add_print(&b, "x5t#S256", x, EVP_sha256())))
		err_set(err, ERR_FAILED, "the OpenSSL library makes no digest of the certificate");
	else
		rc = 0;
	buf_addc(&b, '}');
	add_url64(out, b.s, b.len);
	buf_release(&b);
	X509_free(x);
	ERR_clear_error();
	return rc;
}

static bool add_signature(struct buf *out, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *sig = NULL;
	size_t n = 0;
	bool ok;

	ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestSign(ctx, NULL, &n, (const unsigned char *)out->s, out->len) == 1;
	if (ok) {
		sig = xmalloc(n);
		ok = EVP_DigestSign(ctx, sig, &n, (const unsigned char *)out->s, out->len) == 1;
	}
	if (ok) {
		buf_addc(out, '.');
		add_url64(out, sig, n);
	}
	free(sig);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

char *jwt_sign(const char *key_pem, const char *certificate, const char *claims, struct err *err)
{
	EVP_PKEY *key = read_key(key_pem, err);
	struct buf out = { 0 };
	char *token = NULL;

	if (!key || add_header(&out, key, certificate, err) < 0)
		goto done;
	buf_addc(&out, '.');
	add_url64(&out, claims, strlen(claims));
	if (add_signature(&out, key))
		token = xstrdup(out.s);
	else
		err_set(err, ERR_FAILED, "the OpenSSL library does not sign with this key");
done:
	if (out.s)
		explicit_bzero(out.s, out.cap);
	buf_release(&out);
	EVP_PKEY_free(key);
	return token;
}

static EVP_PKEY *read_public(const char *pem)
{
	X509 *x = read_certificate(pem);
	BIO *in = open_text(pem);
	EVP_PKEY *key = x    ? X509_get_pubkey(x)
			: in ? PEM_read_bio_PUBKEY(in, NULL, no_passphrase, NULL)
			     : NULL;

	X509_free(x);
	BIO_free(in);
	ERR_clear_error();
	return key;
}

/* Splits at the two dots; false when there are not exactly two. */
static bool parts(const char *token, const char *dot[2])
{
	dot[0] = strchr(token, '.');
	dot[1] = dot[0] ? strchr(dot[0] + 1, '.') : NULL;
	return dot[1] && !strchr(dot[1] + 1, '.');
}

char *jwt_claims(const char *token)
{
	const char *dot[2];
	size_t n;

	return parts(token, dot) ? from_url64(dot[0] + 1, (size_t)(dot[1] - dot[0] - 1), &n) : NULL;
}

bool jwt_verify(const char *token, const char *key_pem, char **claims)
{
	const char *dot[2];
	EVP_PKEY *key = NULL;
	EVP_MD_CTX *ctx = NULL;
	char *sig = NULL, *header = NULL;
	size_t n = 0, n_header = 0;
	bool ok = false;

	if (claims)
		*claims = NULL;
	if (!parts(token, dot))
		return false;
	header = from_url64(token, (size_t)(dot[0] - token), &n_header);
	sig = from_url64(dot[1] + 1, strlen(dot[1] + 1), &n);
	key = read_public(key_pem);
	ctx = EVP_MD_CTX_new();
	/* the algorithm is ours to choose, not the token's: "none" and HMAC never get here */
	if (header && strstr(header, "\"RS256\"") && sig && key &&
	    EVP_PKEY_base_id(key) == EVP_PKEY_RSA && ctx)
		ok = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		     EVP_DigestVerify(ctx, (const unsigned char *)sig, n,
			 (const unsigned char *)token, (size_t)(dot[1] - token)) == 1;
	if (ok && claims) {
		*claims = jwt_claims(token);
		ok = *claims != NULL;
	}
	free(header);
	free(sig);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}
