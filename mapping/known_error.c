/* Finding a known error by its text. A code settles it; otherwise each word counts the more the fewer entries have it. */
#include "mapping/known_error.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "core/buf.h"
#include "core/text.h"

#define WORDS_MAX 200
#define CODE_SCORE 1000
#define RARE 60
#define ENOUGH 30 /* one rare word, or two of those that a few entries share */

/* Letters with marks to those without, what is no letter or digit to a space. */
static char *plain(const char *text, struct arena *a)
{
	static const char *const letters[] = { "àâä", "ç", "éèêë", "îï", "ôö", "ùûü" };
	static const char base[] = "aceiou";
	const char *s = utf8_fold(a, text, strlen(text));
	struct buf b = { 0 };
	for (size_t i = 0, n = strlen(s); i < n;) {
		unsigned cp = 0;
		size_t k = utf8_decode(s + i, n - i, &cp);
		char out = ' ';
		if (cp < 0x80 && (isalnum((int)cp) || cp == '_'))
			out = (char)cp;
		for (size_t j = 0; k == 2 && j < sizeof letters / sizeof letters[0]; j++)
			for (const char *l = letters[j]; *l; l += 2)
				if (!memcmp(l, s + i, 2))
					out = base[j];
		buf_addc(&b, out);
		i += k ? k : 1;
	}
	char *done = arena_dup(a, b.s ? b.s : "", b.len);
	buf_release(&b);
	return done;
}

static size_t split(char *text, const char **word)
{
	size_t n = 0;
	char *save = NULL;
	for (char *w = strtok_r(text, " ", &save); w && n < WORDS_MAX; w = strtok_r(NULL, " ", &save)) {
		bool again = false;
		for (size_t i = 0; i < n; i++)
			again |= !strcmp(word[i], w);
		if (!again)
			word[n++] = w;
	}
	return n;
}

/* Does a word of the list begin the word? Short ones must be the same. */
static bool listed(const char *list, const char *word)
{
	size_t have = strlen(word);
	for (const char *p = list; *p;) {
		size_t n = strcspn(p, " ");
		if (n && have >= n && !strncmp(p, word, n) && (have == n || (n >= 4 && have <= n + 4)))
			return true;
		p += n + (p[n] == ' ');
	}
	return false;
}

/* The code of the list that stands in the text, alone: letters, digits and _ do not touch it. */
static const char *code_in(const char *codes, const char *text, struct arena *a)
{
	for (const char *p = codes; *p;) {
		size_t n = strcspn(p, " ");
		const char *code = arena_dup(a, p, n);
		for (const char *at = text; (at = strcasestr(at, code)); at++) {
			bool left = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
			if (left && !isalnum((unsigned char)at[n]) && at[n] != '_')
				return code;
		}
		p += n + (p[n] == ' ');
	}
	return NULL;
}

static int compare(const void *x, const void *y)
{
	const struct error_match *a = x, *b = y;
	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	return a->error < b->error ? -1 : a->error > b->error;
}

static bool stop_word(const char *word)
{
	return listed("the and for not is are was in of to on by with has no it this that a an les des une un le la de du est "
		      "pas dans sur par avec que ne il ce cette error erreur",
	    word);
}

size_t known_error_find(const char *text, struct error_match *out, size_t max, struct arena *a)
{
	const char *word[WORDS_MAX];
	int weight[WORDS_MAX];
	size_t n = split(plain(text, a), word), total = 0, found = 0;
	while (known_error_at(total))
		total++;
	struct error_match *all = arena_alloc(a, (total + 1) * sizeof *all);
	for (size_t i = 0; i < n; i++) {
		int have = 0;
		for (size_t k = 0; k < total; k++)
			have += listed(known_error_at(k)->words, word[i]);
		weight[i] = have && !stop_word(word[i]) ? RARE / have : 0;
	}
	for (size_t k = 0; k < total; k++) {
		struct error_match m = { .error = known_error_at(k) };
		struct buf words = { 0 };
		m.code = code_in(m.error->codes, text, a);
		m.score = m.code ? CODE_SCORE : 0;
		for (size_t i = 0; i < n; i++)
			if (weight[i] && listed(m.error->words, word[i])) {
				m.score += weight[i];
				buf_addf(&words, "%s%s", words.len ? ", " : "", word[i]);
			}
		m.words = arena_dup(a, words.s ? words.s : "", words.len);
		buf_release(&words);
		if (m.score >= ENOUGH)
			all[found++] = m;
	}
	if (found)
		qsort(all, found, sizeof *all, compare);
	/* what is far behind the best is noise */
	size_t keep = 0;
	while (keep < found && keep < max && all[keep].score * 2 >= all[0].score)
		keep++;
	if (keep)
		memcpy(out, all, keep * sizeof *out);
	return keep;
}
