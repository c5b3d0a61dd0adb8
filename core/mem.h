/* Memory. Running out ends the program in words (exit 1): the ledger makes that safe.
 * An arena holds everything of one page or batch and is reset as a whole. */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stddef.h>
#include <stdarg.h>

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

struct arena {
	struct arena_block *head; /* NULL when nothing was taken yet; a zeroed arena is ready */
};

/* n zeroed bytes, aligned for any type, until arena_reset or arena_release. */
void *arena_alloc(struct arena *a, size_t n);
/* A copy with a final NUL. */
char *arena_dup(struct arena *a, const char *s, size_t len);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Forgets the contents, keeps one block for the next round. */
void arena_reset(struct arena *a);
void arena_release(struct arena *a);

#endif
