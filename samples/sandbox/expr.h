/* Conditions on rows, the common ground of OData's $filter and SOQL's WHERE: parsed there,
 * tested here. */
#ifndef SANDBOX_EXPR_H
#define SANDBOX_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "samples/sandbox/doc.h"

enum expr_kind {
	EXPR_AND,
	EXPR_OR,
	EXPR_NOT,
	EXPR_COMPARE, /* path op literal */
	EXPR_IN,      /* path among literals */
	EXPR_LIKE,    /* path matches a pattern with % and _ */
	EXPR_ANY,     /* some element of the array at path passes `left` */
};

enum compare { COMPARE_EQ, COMPARE_NE, COMPARE_GT, COMPARE_GE, COMPARE_LT, COMPARE_LE };

enum literal_kind { LITERAL_NULL, LITERAL_BOOL, LITERAL_NUMBER, LITERAL_STRING, LITERAL_STAMP };

struct literal {
	enum literal_kind kind;
	bool truth;
	bool guid;        /* an unquoted GUID; kind is LITERAL_STRING */
	const char *text; /* of a string; normal form of a number */
	int64_t from,
	    to; /* of a stamp: an instant (to == from + 1) or a span such as TODAY, to excluded */
	struct literal *next;
};

struct expr {
	enum expr_kind kind;
	enum compare compare;
	struct expr *left, *right;
	const char *path;
	struct literal *literal; /* the value, or the first of a list */
};

struct expr_row {
	/* The value at a path of one row; NULL or null when it has none. */
	const struct doc *(*get)(void *ctx, const char *path);
	void *ctx;
	struct arena *arena; /* for what is needed while testing one row */
	bool fold;           /* text compares without regard to case */
	bool ids;            /* Salesforce ids of 15 and 18 characters are the same id */
};

struct expr *expr_new(struct arena *a, enum expr_kind kind, struct expr *left, struct expr *right);
bool expr_test(const struct expr *e, const struct expr_row *row);
/* When only rows can pass whose one field is among few texts: that field and the texts, in the
 * arena; else false. */
bool expr_keys(struct arena *a, const struct expr *e, const char **path, struct literal **keys);
/* The smallest stamp at `path` a row may have to pass; STAMP_NONE when there is no such bound. */
int64_t expr_floor(const struct expr *e, const char *path);
/* Order of two values of a row: nulls first, numbers, stamps and booleans as such, other text
 * folded. */
int doc_order(struct arena *a, const struct doc *x, const struct doc *y);

#endif
