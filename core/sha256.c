/* SHA-256 through OpenSSL, behind core/text.h. */
#include "core/lang.h"
#include "core/text.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

struct sha256 {
	EVP_MD_CTX *ctx;
};

static _Noreturn void fail(void)
{
	fputs(_("rejoin: the SHA-256 of the OpenSSL library does not work here\n"), stderr);
	exit(1);
}

struct sha256 *sha256_new(void)
{
	struct sha256 *h = xmalloc(sizeof *h);
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || !EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL))
		fail();
	return h;
}

void sha256_add(struct sha256 *h, const void *p, size_t n)
{
	if (!EVP_DigestUpdate(h->ctx, p, n))
		fail();
}

void sha256_end(struct sha256 *h, char out[65])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	if (!EVP_DigestFinal_ex(h->ctx, md, &len) || len != 32)
		fail();
	static const char hex[] = "0123456789abcdef";
	for (unsigned i = 0; i < len; i++) {
		out[2 * i] = hex[md[i] >> 4];
		out[2 * i + 1] = hex[md[i] & 15];
	}
	out[64] = '\0';
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void sha256_hex(const void *p, size_t n, char out[65])
{
	struct sha256 *h = sha256_new();
	sha256_add(h, p, n);
	sha256_end(h, out);
}
