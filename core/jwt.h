/* Signed assertions (RFC 7519, RFC 7523) as sign-in services want them: RS256 with a person's own RSA key. */
#ifndef CORE_JWT_H
#define CORE_JWT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"

/* HEADER.CLAIMS.SIGNATURE, malloc'd. key: PEM of an RSA private key without a passphrase, at least 2,048 bits.
 * certificate: PEM whose first certificate belongs to the key; its SHA-1 and SHA-256 stand in the header (x5t, x5t#S256);
 * NULL: none. claims: a JSON object. The error (ERR_USAGE) says what is wrong with key or certificate, never a byte of
 * them. */
char *jwt_sign(const char *key, const char *certificate, const char *claims, struct err *err);
/* For the other end (the sandbox, the tests): is the signature that of the key? key: PEM of a public key or a certificate. *claims (may be NULL) gets the JSON text,
 * malloc'd, when it is. */
bool jwt_verify(const char *token, const char *key, char **claims);
/* The claims of a token as JSON text, malloc'd, nothing checked; NULL when it is no JWT. */
char *jwt_claims(const char *token);
/* When the first certificate of a PEM text ends: microseconds as in core/text.h. -1 with ERR_USAGE. */
int jwt_certificate_end(const char *pem, int64_t *end, struct err *err);

#endif
