/* The truth table: absent, empty, A and B for base, left and right, of every field type and every way to decide. What is
 * wanted is written down as grids; nothing in them is computed. Types are read through the mapping, each value in two
 * spellings, so that a difference in spelling alone is no difference. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/buf.h"
#include "core/text.h"
#include "mapping/elements.h"
#include "mapping/merge.h"
#include "tests/unit/check.h"

static struct mapping m;

/* Five blocks for the base: none, absent, empty, A, B. In each a column for right: absent, empty, A, B. A line for left:
 * absent, empty, A, B.
 *   =  equal                          C  conflict, nothing proposed
 *   L  left's value goes to right     M  both changed the set: what both made of it goes to both
 *   R  right's value goes to left     D  divergent, nothing proposed
 */
struct grid {
	const char *line[4];
};

static const struct grid plain = { {
	/* base  none absent empty   A    B */
	/* - */ "==CC ==RR ==RR ==LC ==CL",
	/* e */ "==CC ==RR ==RR ==LC ==CL",
	/* A */ "CC=C LL=C LL=C RR=R CC=L",
	/* B */ "CCC= LLC= LLC= CCL= RRR=",
} };
static const struct grid as_set = { {
	"==CC ==RR ==RR ==LM ==ML",
	"==CC ==RR ==RR ==LM ==ML",
	"CC=C LL=M LL=M RR=R MM=L",
	"CCC= LLM= LLM= MML= RRR=",
} };
/* prefer settles what no base tells; with one, what both sides changed is put together as ever */
static const struct grid set_prefers_left = { {
	"==LL ==RR ==RR ==LM ==ML",
	"==LL ==RR ==RR ==LM ==ML",
	"LL=L LL=M LL=M RR=R MM=L",
	"LLL= LLM= LLM= MML= RRR=",
} };
static const struct grid set_prefers_right = { {
	"==RR ==RR ==RR ==LM ==ML",
	"==RR ==RR ==RR ==LM ==ML",
	"RR=R LL=M LL=M RR=R MM=L",
	"RRR= LLM= LLM= MML= RRR=",
} };
/* A and B a day apart: near enough unless one of them is known to be an edit */
static const struct grid near_dates = { {
	"==CC ==RR ==RR ==LC ==CL",
	"==CC ==RR ==RR ==LC ==CL",
	"CC== LL=C LL=C RR=R CC=L",
	"CC== LLC= LLC= CCL= RRR=",
} };
/* only left may be written: it follows right whatever moved */
static const struct grid follows_right = { {
	"==RR ==RR ==RR ==RR ==RR",
	"==RR ==RR ==RR ==RR ==RR",
	"RR=R RR=R RR=R RR=R RR=R",
	"RRR= RRR= RRR= RRR= RRR=",
} };
static const struct grid follows_left = { {
	"==LL ==LL ==LL ==LL ==LL",
	"==LL ==LL ==LL ==LL ==LL",
	"LL=L LL=L LL=L LL=L LL=L",
	"LLL= LLL= LLL= LLL= LLL=",
} };
static const struct grid nobody_writes = { {
	"==DD ==DD ==DD ==DD ==DD",
	"==DD ==DD ==DD ==DD ==DD",
	"DD=D DD=D DD=D DD=D DD=D",
	"DDD= DDD= DDD= DDD= DDD=",
} };
/* a lone change of the other side still travels */
static const struct grid prefers_left = { {
	"==LL ==RR ==RR ==LL ==LL",
	"==LL ==RR ==RR ==LL ==LL",
	"LL=L LL=L LL=L RR=R LL=L",
	"LLL= LLL= LLL= LLL= RRR=",
} };
static const struct grid prefers_right = { {
	"==RR ==RR ==RR ==LR ==RL",
	"==RR ==RR ==RR ==LR ==RL",
	"RR=R LL=R LL=R RR=R RR=L",
	"RRR= LLR= LLR= RRL= RRR=",
} };
/* A, then B: without a base the side further on; with one like any other field */
static const struct grid one_way = { {
	"==CR ==RR ==RR ==LC ==CL",
	"==CR ==RR ==RR ==LC ==CL",
	"CC=R LL=C LL=C RR=R CC=L",
	"LLL= LLC= LLC= CCL= RRR=",
} };
/* an id that is filled once */
static const struct grid filled_once = { {
	"==RR ==RR ==RR ==LC ==CL",
	"==RR ==RR ==RR ==LC ==CL",
	"LL=C LL=C LL=C RR=R CC=L",
	"LLC= LLC= LLC= CCL= RRR=",
} };
/* A, then B, and only right may be written: it follows left forward, and is never taken back, nor emptied */
static const struct grid forward_only = { {
	"==DD ==DD ==DD ==DD ==DD",
	"==DD ==DD ==DD ==DD ==DD",
	"LL=D LL=D LL=D LL=D LL=D",
	"LLL= LLL= LLL= LLL= LLL=",
} };

/* What a set is where both changed it, by base, left and right; A is x;y and B is y;z. */
static const struct {
	const char *base, *left, *right, *merged;
} merges[] = {
	{ "-", "A", "B", "x;y;z" }, /* each added its own */
	{ "-", "B", "A", "x;y;z" },
	{ "A", "-", "B", "z" },     /* left took x and y out, right x, and right added z */
	{ "A", "B", "-", "z" },
	{ "B", "-", "A", "x" },
	{ "B", "A", "-", "x" },
};

/* Sets whose sides held different ones before; A is x;y and B is y;z. Each line: the bases of left and right, the grid over
 * left and right as above, and what the side that a letter L or R writes to is to hold. */
static const struct {
	const char *was[2];
	struct grid grid;
	struct {
		const char *left, *right, *proposed;
	} moves[2];
} two_bases[] = {
	{ { "A", "B" }, { { "==CL", "==CL", "RR=D", "CCC=" } }, { { "-", "B", "z" }, { "A", "-", "x" } } },
	{ { "B", "A" }, { { "==LC", "==LC", "CC=C", "RRD=" } }, { { "-", "A", "x" }, { "B", "-", "z" } } },
	{ { "-", "A" }, { { "==DR", "==DR", "CC=C", "CCL=" } }, { { "-", "B", "z" }, { "B", "A", "x;y;z" } } },
	{ { "A", "-" }, { { "==CC", "==CC", "DD=R", "LLC=" } }, { { "A", "B", "x;y;z" }, { "B", "-", "z" } } },
	{ { "-", "B" }, { { "==RD", "==RD", "CC=L", "CCC=" } }, { { "-", "A", "x" }, { "A", "B", "x;y;z" } } },
	{ { "B", "-" }, { { "==CC", "==CC", "LL=C", "DDR=" } }, { { "A", "-", "x" }, { "B", "A", "x;y;z" } } },
};

/* The same element by element, and with a side that the mapping prefers. NULL: nothing is proposed. */
static const struct {
	const char *line; /* a field's name */
	const char *was[2], *now[2];
	char want;
	const char *to_left, *to_right;
} by_elements[] = {
	{ "things", { "a;b", "a;c" }, { "a;b;x", "a;c" }, 'L', NULL, "a;c;x" },
	{ "things", { "a;b", "a;c" }, { "a;b", "a;c;y" }, 'R', "a;b;y", NULL },
	{ "things", { "a;b", "a;c" }, { "b", "a;c" }, 'L', NULL, "c" },
	{ "things", { "a;b", "a;c" }, { "a;b", "" }, 'R', "b", NULL },
	{ "things", { "a;b", "a;c" }, { "a;b;x", "a;c;y" }, 'M', "a;b;x;y", "a;c;x;y" },
	{ "things", { "a;b", "a;c" }, { "b;x", "a;c;y" }, 'M', "b;x;y", "c;x;y" },
	{ "things", { "a;b", "a;c" }, { "b", "a;c;y" }, 'M', "b;y", "c;y" },
	/* both did the same, and what the other side had all along: nothing is left to be done */
	{ "things", { "a;b", "a;c" }, { "a;b;x", "a;c;x" }, 'D', NULL, NULL },
	{ "things", { "a;b", "a;c" }, { "b", "c" }, 'D', NULL, NULL },
	{ "things", { "a;b", "a;c" }, { "a;b;c", "a;c" }, 'D', NULL, NULL },
	{ "things", { "a;b", "a;c" }, { "a", "a;c" }, 'D', NULL, NULL },
	/* one side's own change, and one that both made */
	{ "things", { "a;b", "a;c" }, { "a;b;x;y", "a;c;x" }, 'M', NULL, "a;c;x;y" },
	/* swapped: left took b out and right added it; left added c and right took it out */
	{ "things", { "a;b", "a;c" }, { "a", "a;b;c" }, 'C', NULL, NULL },
	{ "things", { "a;b", "a;c" }, { "a;b;c;x", "a" }, 'C', NULL, NULL },
	{ "things_left", { "a;b", "a;c" }, { "a;x", "a;b;c" }, 'M', NULL, "a;c;x" },
	{ "things_right", { "a;b", "a;c" }, { "a;x", "a;b;c" }, 'M', "a;b;x", "a;b;c;x" },
	{ "things_left", { "a;b", "a;c" }, { "a;b;c", "a" }, 'M', NULL, "a;c" },
	{ "things_right", { "a;b", "a;c" }, { "a;b;c", "a" }, 'M', "a;b", NULL },
	/* only right may be written: it follows left whatever moved */
	{ "right_alone_set", { "a;b", "a;c" }, { "a;b;x", "a;c" }, 'L', NULL, "a;b;x" },
};

enum how { BOTH, LEFT_ALONE, RIGHT_ALONE, NOBODY };

static const struct line {
	const char *name, *type, *more; /* members of the field */
	enum how how;
	const struct grid *grid;
	bool by_one_way;                /* without a base what is decided is inferred */
	const char *a[2], *b[2];        /* A and B as left and as right spell them */
} lines[] = {
	{ "text", "text", "", BOTH, &plain, false, { "Contoso\r\nParis", "Contoso\nParis" }, { "contoso", "contoso" } },
	{ "whole", "integer", "", BOTH, &plain, false, { "42", "042" }, { "-42", "-42" } },
	{ "amount", "decimal", "", BOTH, &plain, false, { "1500.00", "1500" }, { "1500.001", "1500.0010" } },
	{ "zero", "decimal", "", BOTH, &plain, false, { "0", "0.00" }, { "0.1", "0.10" } },
	{ "day", "date", "", BOTH, &plain, false, { "2026-11-30", "2026-11-30T23:59:59Z" }, { "2026-12-01", "2026-12-01T00:00:00Z" } },
	{ "moment", "datetime", "", BOTH, &plain, false, { "2026-11-30T10:00:00Z", "2026-11-30T11:00:00+01:00" },
	    { "2026-11-30T10:00:01Z", "2026-11-30T10:00:01.0Z" } },
	{ "flag", "boolean", "", BOTH, &plain, false, { "true", "Yes" }, { "false", "0" } },
	{ "choice", "enum", "", BOTH, &plain, false, { "Gold", "Gold" }, { "gold", "gold" } },
	{ "land", "country", "", BOTH, &plain, false, { "FR", "fr" }, { "DE", " de " } },
	{ "money", "currency", "", BOTH, &plain, false, { "EUR", "eur" }, { "USD", "Usd" } },
	{ "mail", "email", "", BOTH, &plain, false, { "ann@example.com", "Ann@Example.com" }, { "bob@example.com", " bob@example.com" } },
	{ "phone", "phone", "", BOTH, &plain, false, { "+33 1 23", " +33 1 23 " }, { "+33 1 24", "+33 1 24" } },
	{ "key", "id", "", BOTH, &plain, false, { "0c6f1a2e-0000-4000-8000-00000000000a", "{0C6F1A2E-0000-4000-8000-00000000000A}" },
	    { "0065g00000AbCdE", "0065g00000AbCdEAAR" } },
	{ "things", "set", "", BOTH, &as_set, false, { "x;y", "y; x;x" }, { "y;z", "z;y" } },
	{ "things_left", "set", ",\"prefer\":\"left\"", BOTH, &set_prefers_left, false, { "x;y", "y;x" }, { "y;z", "z;y" } },
	{ "things_right", "set", ",\"prefer\":\"right\"", BOTH, &set_prefers_right, false, { "x;y", "y;x" }, { "y;z", "z;y" } },
	{ "folded", "text", ",\"compare\":\"folded\"", BOTH, &plain, false, { "Contoso", "CONTOSO" }, { "Fabrikam", "fabrikam" } },
	{ "near", "date", ",\"compare\":\"within 1 day\"", BOTH, &near_dates, false, { "2026-11-30", "2026-11-30" },
	    { "2026-12-01", "2026-12-01" } },
	{ "far", "date", ",\"compare\":\"within 1 day\"", BOTH, &plain, false, { "2026-11-30", "2026-11-30" }, { "2026-12-02", "2026-12-02" } },
	{ "left_alone", "text", "", LEFT_ALONE, &follows_right, false, { "a", "a" }, { "b", "b" } },
	{ "right_alone", "text", "", RIGHT_ALONE, &follows_left, false, { "a", "a" }, { "b", "b" } },
	{ "right_alone_set", "set", "", RIGHT_ALONE, &follows_left, false, { "x;y", "y;x" }, { "y;z", "z;y" } },
	{ "nobody", "text", "", NOBODY, &nobody_writes, false, { "a", "a" }, { "b", "b" } },
	{ "nobody_prefers", "text", ",\"prefer\":\"left\"", NOBODY, &nobody_writes, false, { "a", "a" }, { "b", "b" } },
	{ "prefer_left", "text", ",\"prefer\":\"left\"", BOTH, &prefers_left, false, { "a", "a" }, { "b", "b" } },
	{ "prefer_right", "text", ",\"prefer\":\"right\"", BOTH, &prefers_right, false, { "a", "a" }, { "b", "b" } },
	{ "prefer_owned", "text", ",\"prefer\":\"left\"", LEFT_ALONE, &follows_right, false, { "a", "a" }, { "b", "b" } },
	{ "forward", "enum", ",\"one_way\":[\"a\",\"b\"]", BOTH, &one_way, true, { "a", "a" }, { "b", "b" } },
	{ "filled", "text", ",\"one_way\":\"filled\"", BOTH, &filled_once, true, { "a", "a" }, { "b", "b" } },
	{ "forward_owned", "enum", ",\"one_way\":[\"a\",\"b\"]", RIGHT_ALONE, &forward_only, false, { "a", "a" }, { "b", "b" } },
};

static int set_up(void **unused)
{
	static const char *const write_left[] = { "always", "always", "on-create", "on-create" };
	static const char *const write_right[] = { "always", "never", "always", "never" };
	char path[] = "/tmp/rejoin-test-XXXXXX";
	struct buf b = { 0 };
	struct err err = { 0 };
	int fd = mkstemp(path);
	(void)unused;
	assert_true(fd >= 0);
	buf_adds(&b, "{\"left\":\"partner-center\",\"right\":\"dynamics\",\"match\":[{\"left\":\"id\",\"right\":\"peer\"}],\"fields\":[");
	for (size_t i = 0; i < COUNT(lines); i++)
		buf_addf(&b,
		    "%s{\"name\":\"%s\",\"type\":\"%s\"%s,\"left\":{\"path\":\"l%zu\",\"write\":\"%s\"},"
		    "\"right\":{\"path\":\"r%zu\",\"write\":\"%s\"}}",
		    i ? "," : "", lines[i].name, lines[i].type, lines[i].more, i, write_left[lines[i].how], i,
		    write_right[lines[i].how]);
	buf_adds(&b, "]}");
	assert_int_equal(write(fd, b.s, b.len), (ssize_t)b.len);
	close(fd);
	buf_release(&b);
	int rc = mapping_open(&m, path, &err);
	unlink(path);
	assert_int_equal(rc, 0);
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	mapping_close(&m);
	return 0;
}

/* '-', 'e', 'A' or 'B' as a service holds it, in canonical form. */
static struct value canonical(size_t line, enum side s, char which, struct arena *a)
{
	const struct line *x = &lines[line];
	const struct schema *c = &m.columns[s];
	struct record r = { c, arena_alloc(a, (c->n + 1) * sizeof(struct value)) };
	struct mapped out;
	char path[12];
	snprintf(path, sizeof path, "%c%zu", s == LEFT ? 'l' : 'r', line);
	if (which != '-')
		r.cell[schema_find(c, path)] = which == 'e' ? value_empty : value_of(which == 'A' ? x->a[s] : x->b[s]);
	mapping_apply(&m, s, &r, a, &out);
	assert_null(out.bad[line]);
	return out.field[line];
}

static char seen_as(const struct merged *d)
{
	static const char letters[] = { [MERGE_EQUAL] = '=', [MERGE_LEFT] = 'L', [MERGE_RIGHT] = 'R', [MERGE_BOTH] = 'M',
		[MERGE_CONFLICT] = 'C', [MERGE_DIVERGENT] = 'D' };
	return letters[d->class];
}

/* What is proposed is what the letter says: the one side's value, whole; where that side has none, to empty the field. */
static void check_proposed(char want, const struct merged *d, struct value left, struct value right)
{
	struct value to_left = want == 'R' ? right : value_absent, to_right = want == 'L' ? left : value_absent;
	if (want == 'M')
		return;
	assert_int_equal(d->proposed[LEFT].state, want == 'R' && !value_has(to_left) ? VALUE_EMPTY : to_left.state);
	assert_int_equal(d->proposed[RIGHT].state, want == 'L' && !value_has(to_right) ? VALUE_EMPTY : to_right.state);
	assert_true(value_equal(d->proposed[LEFT], to_left) && value_equal(d->proposed[RIGHT], to_right));
}

static void check_merged_set(char base, char left, char right, const struct merged *d)
{
	for (size_t i = 0; i < COUNT(merges); i++)
		if (*merges[i].base == (base == 'e' ? '-' : base) && *merges[i].left == (left == 'e' ? '-' : left) &&
		    *merges[i].right == (right == 'e' ? '-' : right)) {
			assert_true(value_is(d->proposed[LEFT], merges[i].merged));
			assert_true(value_is(d->proposed[RIGHT], merges[i].merged));
			return;
		}
	fail();
}

static void check_case(size_t line, char base, char left, char right, enum base_source source, char want, struct arena *a)
{
	const struct line *x = &lines[line];
	struct value l = canonical(line, LEFT, left, a), r = canonical(line, RIGHT, right, a);
	struct base_value b = { .source = base == 'n' ? BASE_NONE : source };
	struct merge_facts k = { .outage = STAMP_NONE, .stamp = { 1, 2 }, .title = { "L", "R" } };
	struct merged d;
	for (enum side s = LEFT; s <= RIGHT; s++) {
		k.writable[s] = m.field[line].side[s].write == WRITE_ALWAYS;
		if (base != 'n')
			b.side[s] = canonical(line, s, base, a);
	}
	merge_field(&m, line, &b, l, r, &k, a, &d);
	if (seen_as(&d) != want)
		fail_msg("%s, base %c (of %d), left %c, right %c: %c instead of %c", x->name, base, (int)b.source, left, right,
		    seen_as(&d), want);
	check_proposed(want, &d, l, r);
	if (want == 'M')
		check_merged_set(base, left, right, &d);
	/* inferred: a one-way field without a base, and what rests on the file of one side, unless the mapping itself decides */
	bool decided = strchr("LRM", want) != NULL, by_mapping = d.ground == GROUND_OWNER || d.ground == GROUND_PREFER;
	bool inferred = decided && !by_mapping && (b.source == BASE_NONE ? x->by_one_way : b.source == BASE_ONE_FILE);
	if (d.inferred != inferred)
		fail_msg("%s, base %c (of %d), left %c, right %c: inferred is %d", x->name, base, (int)b.source, left, right, d.inferred);
	if (inferred)
		assert_true(*d.evidence);
}

static void every_line(void **unused)
{
	static const char bases[] = "n-eAB", values[] = "-eAB";
	struct arena a = { 0 };
	(void)unused;
	for (size_t i = 0; i < COUNT(lines); i++)
		for (int l = 0; l < 4; l++)
			for (int b = 0; b < 5; b++)
				for (int r = 0; r < 4; r++)
					for (int source = BASE_LEDGER; source <= (b ? BASE_ONE_FILE : BASE_LEDGER); source++) {
						check_case(i, bases[b], values[l], values[r], (enum base_source)source,
						    lines[i].grid->line[l][b * 5 + r], &a);
						arena_reset(&a);
					}
	arena_release(&a);
}

static size_t line_of(const char *name)
{
	for (size_t i = 0; i < COUNT(lines); i++)
		if (!strcmp(lines[i].name, name))
			return i;
	fail();
	return 0;
}

static void merge_two(size_t line, const struct value was[2], struct value left, struct value right, struct arena *a,
    struct merged *d)
{
	struct base_value b = { BASE_FILES, { was[LEFT], was[RIGHT] } };
	struct merge_facts k = { .outage = STAMP_NONE, .stamp = { 1, 2 }, .title = { "L", "R" } };
	for (enum side s = LEFT; s <= RIGHT; s++)
		k.writable[s] = m.field[line].side[s].write == WRITE_ALWAYS;
	merge_field(&m, line, &b, left, right, &k, a, d);
	assert_false(d->inferred);
	assert_true(d->class == MERGE_EQUAL || d->ground == GROUND_OWNER || *d->evidence);
}

/* A set goes only so far as each side moved from its own base. */
static void sets_of_two_bases(void **unused)
{
	static const char values[] = "-eAB";
	size_t things = line_of("things");
	struct arena a = { 0 };
	(void)unused;
	for (size_t i = 0; i < COUNT(two_bases); i++)
		for (int l = 0; l < 4; l++)
			for (int r = 0; r < 4; r++) {
				struct value was[2], to_left = value_absent, to_right = value_absent;
				struct merged d;
				char want = two_bases[i].grid.line[l][r];
				for (enum side s = LEFT; s <= RIGHT; s++)
					was[s] = canonical(things, s, *two_bases[i].was[s], &a);
				merge_two(things, was, canonical(things, LEFT, values[l], &a), canonical(things, RIGHT, values[r], &a), &a, &d);
				if (seen_as(&d) != want)
					fail_msg("bases %s and %s, left %c, right %c: %c instead of %c", two_bases[i].was[LEFT],
					    two_bases[i].was[RIGHT], values[l], values[r], seen_as(&d), want);
				for (size_t k = 0; k < 2 && strchr("LR", want); k++)
					if (*two_bases[i].moves[k].left == (l < 2 ? '-' : values[l]) &&
					    *two_bases[i].moves[k].right == (r < 2 ? '-' : values[r]))
						*(want == 'R' ? &to_left : &to_right) = value_of(two_bases[i].moves[k].proposed);
				assert_true(!strchr("LR", want) || value_has(to_left) || value_has(to_right));
				if (want == '=')
					continue;
				assert_true(value_equal(d.proposed[LEFT], to_left) && value_equal(d.proposed[RIGHT], to_right));
				arena_reset(&a);
			}
	arena_release(&a);
}

static void sets_by_their_elements(void **unused)
{
	struct arena a = { 0 };
	(void)unused;
	for (size_t i = 0; i < COUNT(by_elements); i++) {
		struct value was[2], now[2];
		const char *want[2] = { by_elements[i].to_left, by_elements[i].to_right };
		struct merged d;
		for (enum side s = LEFT; s <= RIGHT; s++) {
			was[s] = value_of(by_elements[i].was[s]);
			now[s] = value_of(by_elements[i].now[s]);
		}
		merge_two(line_of(by_elements[i].line), was, now[LEFT], now[RIGHT], &a, &d);
		if (seen_as(&d) != by_elements[i].want)
			fail_msg("case %zu: %c instead of %c", i, seen_as(&d), by_elements[i].want);
		for (enum side s = LEFT; s <= RIGHT; s++) {
			/* a side of MERGE_BOTH that keeps what it holds gets no row */
			bool moves = d.proposed[s].state != VALUE_ABSENT && !value_equal(d.proposed[s], now[s]);
			if (moves != (want[s] != NULL) || (want[s] && !value_is(d.proposed[s], want[s])))
				fail_msg("case %zu: %s is proposed \"%s\"", i, side_name(s), d.proposed[s].s);
		}
		/* once all of that is done, nothing is proposed back, neither by the same bases nor by what they become */
		for (enum side s = LEFT; s <= RIGHT; s++)
			now[s] = want[s] ? value_of(want[s]) : now[s];
		for (int again = 0; again < 2 && by_elements[i].want != 'C' && d.ground != GROUND_OWNER; again++) {
			merge_two(line_of(by_elements[i].line), was, now[LEFT], now[RIGHT], &a, &d);
			assert_true(d.class == MERGE_EQUAL || d.class == MERGE_DIVERGENT);
			elements_agree(&m, line_of(by_elements[i].line), was, now, &a);
		}
		arena_reset(&a);
	}
	arena_release(&a);
}

/* What both hold alike becomes the base of both, the rest stays what it was: an element taken out later is taken out, not
 * brought back, and what was not decided yet stays a change. */
static void bases_by_their_elements(void **unused)
{
	static const struct {
		const char *was[2], *now[2], *then[2];
	} cases[] = {
		{ { "a;b", "a;c" }, { "a;b;x", "a;c;x" }, { "a;b;x", "a;c;x" } },
		{ { "a;b", "a;c" }, { "b", "c" }, { "b", "c" } },
		{ { "a;b", "a;c" }, { "a;b;x;y", "a;c;x" }, { "a;b;x", "a;c;x" } }, /* y is still to go to right */
		{ { "a;b", "a;b" }, { "a", "a;b;x" }, { "a;b", "a;b" } },
		{ { "a;b", "a;c" }, { "a;c", "a;c" }, { "a;c", "a;c" } },
		{ { "", "a" }, { "", "a" }, { "", "a" } },
		{ { "", "a" }, { "", "" }, { "", "" } },
	};
	struct arena a = { 0 };
	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct value was[2] = { value_of(cases[i].was[LEFT]), value_of(cases[i].was[RIGHT]) };
		const struct value now[2] = { value_of(cases[i].now[LEFT]), value_of(cases[i].now[RIGHT]) };
		elements_agree(&m, line_of("things"), was, now, &a);
		for (enum side s = LEFT; s <= RIGHT; s++)
			assert_true(value_is(was[s], cases[i].then[s]));
	}
	arena_release(&a);
}

/* The one decision on bare texts, with a base whose sides may differ: what merge.h's comment says, line for line. */
static void the_decision(void **unused)
{
	static const struct {
		bool known;
		const char *base_left, *base_right, *left, *right;
		enum merge_class class;
	} cases[] = {
		{ false, "", "", "A", "A", MERGE_EQUAL },
		{ true, "", "", "A", "A", MERGE_EQUAL },
		{ true, "A", "A", "B", "B", MERGE_EQUAL }, /* both to the same */
		{ true, "A", "B", "C", "C", MERGE_EQUAL },
		{ true, "A", "B", "A", "B", MERGE_DIVERGENT },
		{ true, "A", "A", "B", "A", MERGE_LEFT },
		{ true, "A", "B", "C", "B", MERGE_LEFT },
		{ true, "A", "A", "A", "B", MERGE_RIGHT },
		{ true, "A", "B", "A", "C", MERGE_RIGHT },
		{ true, "A", "A", "B", "C", MERGE_CONFLICT },
		{ true, "A", "B", "C", "D", MERGE_CONFLICT },
		{ false, "", "", "A", "B", MERGE_CONFLICT },
		{ false, "", "", "", "B", MERGE_CONFLICT },
	};
	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
		    merge_decide(cases[i].known, cases[i].base_left, cases[i].base_right, cases[i].left, cases[i].right),
		    cases[i].class);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_decision),
		cmocka_unit_test(every_line),
		cmocka_unit_test(sets_of_two_bases),
		cmocka_unit_test(sets_by_their_elements),
		cmocka_unit_test(bases_by_their_elements),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
