#include "mapping/rowset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/lang.h"
#include "core/text.h"

#define BLOCK ((size_t)64 << 10)

int rowset_open(struct rowset *s, const struct mapping *m, enum side side, const char *folder, struct err *err)
{
	memset(s, 0, sizeof *s);
	s->m = m;
	s->side = side;
	s->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		char *name = xasprintf("%s/rows-XXXXXX", folder);
		s->fd = mkostemp(name, O_CLOEXEC);
		if (s->fd >= 0)
			unlink(name);
		free(name);
	}
	if (s->fd < 0)
		return err_set(err, ERR_FAILED, "%s: no temporary file can be made there: %s", folder, strerror(errno));
	s->block = xmalloc(BLOCK);
	return 0;
}

static int flush(struct rowset *s, struct err *err)
{
	for (size_t done = 0; done < s->used;) {
		ssize_t n = pwrite(s->fd, s->block + done, s->used - done, (off_t)(s->size + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, ERR_FAILED, "the temporary file of the plan cannot be written: %s (free room in "
							".rejoin's file system)",
			    strerror(errno));
		done += (size_t)n;
	}
	s->size += s->used;
	s->used = 0;
	return 0;
}

static void put(struct buf *b, struct value v)
{
	buf_addc(b, (char)v.state);
	if (v.state != VALUE_TEXT)
		return;
	size_t n = v.len;
	for (; n >= 0x80; n >>= 7)
		buf_addc(b, (char)(0x80 | (n & 0x7f)));
	buf_addc(b, (char)n);
	buf_add(b, v.s, v.len);
}

static struct value take(const char **p, const char *end)
{
	if (*p >= end)
		return value_absent;
	enum value_state state = (enum value_state) * (*p)++;
	if (state != VALUE_TEXT)
		return state == VALUE_EMPTY ? value_empty : value_absent;
	size_t n = 0;
	for (int shift = 0; *p < end && shift < 56; shift += 7) {
		unsigned char c = (unsigned char)*(*p)++;
		n |= (size_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			break;
	}
	if (n > (size_t)(end - *p))
		n = (size_t)(end - *p);
	struct value v = value_of_len(*p, n);
	*p += n;
	return v;
}

uint64_t rowset_id_hash(const char *id)
{
	uint64_t h = hash64(id, strlen(id), 11);
	return h ? h : 1;
}

uint64_t mapped_hash(const struct mapping *m, const struct mapped *r, struct arena *a)
{
	uint64_t h = 1;
	for (size_t i = 0; i < m->n_fields; i++) {
		const struct field *f = &m->field[i];
		if (!f->side[LEFT].n_paths || !f->side[RIGHT].n_paths)
			continue;
		struct value v = mapping_compare_form(m, i, r->side, r->field[i], a);
		h = hash64(v.s, v.len, h + i);
		if (r->bad[i]) /* what cannot be read equals nothing */
			h = hash64(r->id, strlen(r->id), h ^ (r->side + 1u));
	}
	return h;
}

static uint64_t key_hash(const struct mapping *m, const struct mapped *r, size_t rung)
{
	uint64_t h = KEY_SEED;
	for (size_t k = 0; k < m->rung[rung].n; k++) {
		if (!value_has(r->key[rung][k]))
			return 0;
		h = hash64(r->key[rung][k].s, r->key[rung][k].len, h);
	}
	return h ? h : 1;
}

static int spool(struct rowset *s, const struct mapped *r, struct err *err)
{
	const struct mapping *m = s->m;
	struct buf b = { 0 };
	buf_add(&b, "\0\0\0\0", 4);
	buf_addc(&b, (char)r->flags);
	buf_add(&b, &r->modified, sizeof r->modified);
	for (size_t i = 0; i < m->n_fields; i++) {
		put(&b, r->field[i]);
		put(&b, value_of(r->bad[i]));
		bool own = r->field_modified[i] == r->modified;
		buf_addc(&b, own);
		if (!own)
			buf_add(&b, &r->field_modified[i], sizeof r->field_modified[i]);
	}
	/* the text of the country: whether it was a code already is a rule of its own */
	put(&b, m->f_country >= 0 ? r->raw[m->f_country] : value_absent);
	/* that of the name where it was tidied: the connector's mark is a rule too */
	bool tidied = m->f_name >= 0 && !value_equal(r->raw[m->f_name], r->field[m->f_name]);
	put(&b, tidied ? r->raw[m->f_name] : value_absent);
	for (int f = 0; f < FACT_COUNT; f++)
		put(&b, r->fact[f]);
	for (size_t k = 0; k < m->n_rungs; k++)
		for (size_t i = 0; i < m->rung[k].n; i++)
			put(&b, r->key[k][i]);
	uint32_t len = (uint32_t)b.len;
	memcpy(b.s, &len, sizeof len);
	int rc = 0;
	if (b.over || b.len > UINT32_MAX)
		rc = err_set(err, ERR_USAGE, "record %s is too large", r->id);
	for (size_t done = 0; done < b.len && !rc;) {
		size_t n = BLOCK - s->used < b.len - done ? BLOCK - s->used : b.len - done;
		memcpy(s->block + s->used, b.s + done, n);
		s->used += n;
		done += n;
		if (s->used == BLOCK)
			rc = flush(s, err);
	}
	buf_release(&b);
	return rc;
}

static size_t exact_rungs(const struct mapping *m)
{
	size_t n = 0;
	for (size_t k = 0; k < m->n_rungs; k++)
		n += !m->rung[k].candidate;
	return n;
}

static struct row_ref *new_row(struct rowset *s, const struct mapped *r)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap + s->cap / 2 : 1024;
		s->row = xreallocarray(s->row, s->cap, sizeof *s->row);
		if (exact_rungs(s->m) > ROW_KEYS)
			s->more = xreallocarray(s->more, s->cap, sizeof *s->more);
	}
	struct row_ref *ref = &s->row[s->n++];
	struct arena a = { 0 };
	memset(ref, 0, sizeof *ref);
	if (s->more)
		memset(s->more[s->n - 1], 0, sizeof *s->more);
	ref->offset = s->size + s->used;
	ref->values = mapped_hash(s->m, r, &a);
	arena_release(&a);
	ref->partner = NO_ROW;
	ref->minute = r->modified == STAMP_NONE ? INT32_MIN : (int32_t)(r->modified / 60000000);
	return ref;
}

int rowset_add_base(struct rowset *s, const struct mapped *r, const char *other_id, struct err *err)
{
	struct row_ref *ref = new_row(s, r);
	s->read++;
	ref->key[0] = rowset_id_hash(r->id);
	ref->key[1] = *other_id ? rowset_id_hash(other_id) : 0;
	return spool(s, r, err);
}

int rowset_add(struct rowset *s, const struct mapped *r, struct err *err)
{
	const struct mapping *m = s->m;
	s->read++;
	if (r->flags & MAPPED_UNREADABLE) {
		s->unreadable++;
		return 0;
	}
	if (!(r->flags & MAPPED_SCOPE_LINKED)) {
		s->ignored++;
		return 0;
	}
	struct row_ref *ref = new_row(s, r);
	size_t slot = 0;
	for (size_t k = 0; k < m->n_rungs; k++) {
		if (m->rung[k].candidate)
			continue;
		*(slot < ROW_KEYS ? &ref->key[slot] : &s->more[s->n - 1][slot - ROW_KEYS]) = key_hash(m, r, k);
		slot++;
	}
	if (r->flags & MAPPED_IN_SCOPE)
		ref->flags |= ROW_IN_SCOPE;
	if (value_has(r->fact[FACT_PEER]))
		ref->flags |= ROW_PEER;
	if (m->f_status >= 0 && !strncmp(r->field[m->f_status].s, "Closed", 6))
		ref->flags |= ROW_CLOSED;
	return spool(s, r, err);
}

static void index_build(struct row_index *x, const struct rowset *s, const uint64_t *key, size_t stride)
{
	x->n_slots = 16;
	while (x->n_slots < s->n + s->n / 2)
		x->n_slots *= 2;
	free(x->slot);
	x->slot = xcalloc(x->n_slots, sizeof *x->slot);
	for (size_t i = 0; i < s->n; i++) {
		uint64_t k = *(const uint64_t *)((const char *)key + i * stride);
		if (!k)
			continue;
		size_t at = k & (x->n_slots - 1);
		while (x->slot[at])
			at = (at + 1) & (x->n_slots - 1);
		x->slot[at] = (uint32_t)i + 1;
	}
}

void rowset_index(struct rowset *s)
{
	if (s->n) { /* what growing took too much goes back before the indexes come */
		s->row = xreallocarray(s->row, s->n, sizeof *s->row);
		s->cap = s->n;
	}
	for (size_t r = 0; r < ROW_KEYS && s->n; r++)
		index_build(&s->by_key[r], s, &s->row[0].key[r], sizeof *s->row);
	for (size_t r = ROW_KEYS; s->more && r < exact_rungs(s->m) && s->n; r++)
		index_build(&s->by_key[r], s, &s->more[0][r - ROW_KEYS], sizeof *s->more);
}

uint32_t rowset_find(const struct rowset *s, int rung, uint64_t key, uint32_t after)
{
	const struct row_index *x = &s->by_key[rung];
	if (!x->n_slots || !key)
		return NO_ROW;
	bool passed = after == NO_ROW;
	for (size_t at = key & (x->n_slots - 1); x->slot[at]; at = (at + 1) & (x->n_slots - 1)) {
		uint32_t i = x->slot[at] - 1;
		if (rowset_key(s, i, rung) != key)
			continue;
		if (passed)
			return i;
		passed = i == after;
	}
	return NO_ROW;
}

int rowset_load(const struct rowset *s, size_t i, struct arena *a, struct mapped *out, struct err *err)
{
	const struct mapping *m = s->m;
	uint64_t at = s->row[i].offset, end_at = i + 1 < s->n ? s->row[i + 1].offset : s->size + s->used;
	size_t len = (size_t)(end_at - at);
	char *text = arena_alloc(a, len + 1);
	/* the tail still lies in the block; a record may straddle both */
	for (size_t done = 0; done < len;) {
		if (at + done >= s->size) {
			memcpy(text + done, s->block + (at + done - s->size), len - done);
			break;
		}
		size_t want = len - done;
		if (at + done + want > s->size)
			want = (size_t)(s->size - at - done);
		ssize_t n = pread(s->fd, text + done, want, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, ERR_FAILED, "the temporary file of the plan cannot be read: %s",
			    n < 0 ? strerror(errno) : _("it is shorter than it was written"));
		done += (size_t)n;
	}
	memset(out, 0, sizeof *out);
	const char *p = text + 4, *end = text + len;
	out->side = s->side;
	out->flags = (unsigned char)*p++;
	memcpy(&out->modified, p, sizeof out->modified);
	p += sizeof out->modified;
	out->field = arena_alloc(a, m->n_fields * sizeof *out->field);
	out->raw = arena_alloc(a, m->n_fields * sizeof *out->raw);
	out->bad = arena_alloc(a, m->n_fields * sizeof *out->bad);
	out->field_modified = arena_alloc(a, m->n_fields * sizeof *out->field_modified);
	for (size_t f = 0; f < m->n_fields; f++) {
		out->field[f] = value_dup(a, take(&p, end));
		struct value bad = take(&p, end);
		out->bad[f] = value_has(bad) ? value_dup(a, bad).s : NULL;
		out->field_modified[f] = out->modified;
		if (p < end && !*p++) {
			memcpy(&out->field_modified[f], p, sizeof out->field_modified[f]);
			p += sizeof out->field_modified[f];
		}
	}
	struct value country = value_dup(a, take(&p, end));
	if (m->f_country >= 0)
		out->raw[m->f_country] = country;
	struct value name = value_dup(a, take(&p, end));
	if (m->f_name >= 0)
		out->raw[m->f_name] = name;
	for (int f = 0; f < FACT_COUNT; f++)
		out->fact[f] = value_dup(a, take(&p, end));
	for (size_t k = 0; k < m->n_rungs; k++)
		for (size_t e = 0; e < m->rung[k].n; e++)
			out->key[k][e] = value_dup(a, take(&p, end));
	out->id = out->fact[FACT_ID].s;
	return 0;
}

void rowset_close(struct rowset *s)
{
	if (s->block)
		close(s->fd);
	free(s->block);
	free(s->row);
	free(s->more);
	for (size_t r = 0; r < RUNGS; r++)
		free(s->by_key[r].slot);
	memset(s, 0, sizeof *s);
}
