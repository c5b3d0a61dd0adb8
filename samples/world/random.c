/* Repeatable randomness (SplitMix64) and ids made from it. The check suffix of an 18-character
 * Salesforce id has one character for each five of the first fifteen: bit i is set where character
 * i is a capital letter, written in base 32 with the alphabet A-Z0-5. */
#include <string.h>
#include "samples/world/world.h"

struct prng prng_of(uint64_t seed, uint64_t number)
{
	struct prng r = { seed * 0x9e3779b97f4a7c15u + 0x1234567u };
	uint64_t mixed = prng_next(&r);
	r.state ^= mixed + number * 0xd1342543de82ef95u;
	prng_next(&r);
	return r;
}

uint64_t prng_next(struct prng *r)
{
	r->state += 0x9e3779b97f4a7c15u;
	uint64_t z = r->state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t prng_below(struct prng *r, uint64_t n)
{
	return n ? prng_next(r) % n : 0;
}

bool prng_percent(struct prng *r, unsigned percent)
{
	return prng_below(r, 100) < percent;
}

/* A random (version 4) GUID; by hand, because a load test makes millions. */
void prng_guid(struct prng *r, char out[37])
{
	static const char hex[] = "0123456789abcdef";
	uint64_t half[2];
	half[0] = prng_next(r);
	half[1] = prng_next(r);
	half[0] = (half[0] & ~(uint64_t)0xf000) | 0x4000;
	half[1] = (half[1] & ~((uint64_t)3 << 62)) | (uint64_t)1 << 63;
	size_t at = 0;
	for (size_t digit = 0; digit < 32; digit++) {
		if (digit == 8 || digit == 12 || digit == 16 || digit == 20)
			out[at++] = '-';
		out[at++] = hex[(half[digit / 16] >> (60 - 4 * (digit % 16))) & 15];
	}
	out[at] = '\0';
}

void sf_id(const char *prefix, uint64_t number, char out[19])
{
	static const char base62[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const char check[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	memcpy(out, prefix, 3);
	memcpy(out + 3, "8d00000", 7);
	uint64_t left = number;
	for (size_t i = 15; i-- > 10;) {
		out[i] = base62[left % 62];
		left /= 62;
	}
	for (size_t chunk = 0; chunk < 3; chunk++) {
		unsigned bits = 0;
		for (size_t i = 0; i < 5; i++) {
			char c = out[chunk * 5 + i];
			if (c >= 'A' && c <= 'Z')
				bits |= 1u << i;
		}
		out[15 + chunk] = check[bits];
	}
	out[18] = '\0';
}
