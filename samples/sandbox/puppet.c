#include "samples/sandbox/puppet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "core/mem.h"

struct puppet {
	struct buf text;
	int fd;
	bool slow; /* a byte a second */
};

static void *play(void *cls)
{
	struct puppet *p = cls;
	size_t at = 0;

	while (at < p->text.len) {
		struct pollfd wait = { .fd = p->fd, .events = POLLOUT };
		ssize_t n = send(p->fd, p->text.s + at, p->slow ? 1 : p->text.len - at, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			break;
		at += n > 0 ? (size_t)n : 0;
		if (n < 0)
			(void)poll(&wait, 1, 1000);
		else if (p->slow)
			nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	}
	shutdown(p->fd, SHUT_RDWR);
	close(p->fd);
	buf_release(&p->text);
	free(p);
	return NULL;
}

static void puppet_text(struct buf *b, const struct reply *r, const struct fault *f)
{
	buf_init(b, (size_t)1 << 30);
	if (f->kind == FAULT_SLOW) {
		buf_addf(b, "HTTP/1.1 %d %s\r\n", r->status, status_phrase(r->status));
		for (size_t i = 0; i < r->header.n; i++)
			buf_addf(b, "%s: %s\r\n", r->header.at[i].name, r->header.at[i].value);
		buf_addf(b, "Content-Length: %zu\r\n\r\n", r->body.len);
		buf_add(b, r->body.s, r->body.len);
		return;
	}
	buf_adds(b, f->body);
	for (long i = 0; i < f->at; i++)
		buf_addc(b, 'x');
}

bool puppet_play(int fd, const struct reply *r, const struct fault *f)
{
	struct puppet *p = xcalloc(1, sizeof(*p));
	pthread_t thread;

	p->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	p->slow = f->kind == FAULT_SLOW;
	puppet_text(&p->text, r, f);
	if (p->fd >= 0 && pthread_create(&thread, NULL, play, p) == 0) {
		pthread_detach(thread);
		return true;
	}
	if (p->fd >= 0)
		close(p->fd);
	buf_release(&p->text);
	free(p);
	return false;
}
