/* The glue to libmicrohttpd. One thread serves all connections, so requests are handled one at a
 * time and in the order of their arrival. The raw address is kept as sent; the library's own
 * Date header is off because the sandbox has its own clock. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <microhttpd.h>
#include "samples/sandbox/dispatch.h"
#include "samples/sandbox/http_server.h"
#include "samples/sandbox/puppet.h"

#define MOST_BODY  ((size_t)128 << 20)
#define STALL_MS   600000
#define MEMORY     ((size_t)512 << 10) /* of a connection: long addresses and headers */
#define IDLE_AFTER 120u

struct stalled {
	struct MHD_Connection *connection;
	int64_t until; /* milliseconds of the monotonic clock */
	struct stalled *next;
};

struct http_server {
	struct world *world;
	struct MHD_Daemon *daemon;
	uint16_t port;
	long latency_ms; /* how long each answer takes */
	long open;       /* requests that came and are not answered */
	pthread_t waker; /* resumes what its latency is over for */
	pthread_mutex_t lock; /* of what follows: other threads resume */
	struct stalled *stalled;
	bool stopping;
};

struct exchange { /* one request as it comes in */
	char *target;
	struct buf body;
	bool begun, held, late; /* late: its latency is over */
	long open;              /* requests under way when it came, itself too */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct exchange *x = xcalloc(1, sizeof(*x));

	(void)cls;
	(void)connection;
	x->target = xstrdup(uri);
	buf_init(&x->body, MOST_BODY);
	return x;
}

static void on_completed(
    void *cls, struct MHD_Connection *connection, void **own, enum MHD_RequestTerminationCode code)
{
	struct exchange *x = *own;
	struct http_server *s = cls;

	(void)connection;
	(void)code;
	if (!x)
		return;
	s->open -= x->open > 0;
	free(x->target);
	buf_release(&x->body);
	free(x);
	*own = NULL;
}

/* The address is decoded by ourselves. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *s)
{
	(void)cls;
	(void)connection;
	return strlen(s);
}

struct header_sink {
	struct world *w;
	struct pairs *to;
};

static enum MHD_Result take_header(
    void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct header_sink *s = cls;

	(void)kind;
	pairs_add(s->w->arena, s->to, name, value ? value : "");
	return MHD_YES;
}

static bool from_loopback(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct sockaddr_in a;

	if (!info || !info->client_addr || info->client_addr->sa_family != AF_INET)
		return false;
	memcpy(&a, info->client_addr, sizeof(a));
	return ntohl(a.sin_addr.s_addr) >> 24 == 127;
}

/* Ends the connection with a reset, not an orderly end: taking the peer off a TCP socket sends
 * one. */
static enum MHD_Result drop(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	if (info)
		(void)connect(info->connect_fd, &nobody, sizeof(nobody));
	return MHD_NO;
}

/* Nothing more of this request for so long. */
static enum MHD_Result stall(struct http_server *s, struct MHD_Connection *connection, int64_t ms)
{
	struct stalled *one = xcalloc(1, sizeof(*one));
	bool stopping;

	one->connection = connection;
	one->until = now_ms() + ms;
	pthread_mutex_lock(&s->lock);
	stopping = s->stopping;
	if (!stopping) {
		one->next = s->stalled;
		s->stalled = one;
		MHD_suspend_connection(connection);
	}
	pthread_mutex_unlock(&s->lock);
	if (stopping)
		free(one);
	return stopping ? MHD_NO : MHD_YES;
}

struct cut_body {
	size_t len, at;
	char text[];
};

static ssize_t read_cut(void *cls, uint64_t pos, char *out, size_t max)
{
	const struct cut_body *c = cls;
	size_t n = c->at > pos ? c->at - (size_t)pos : 0;

	if (!n)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = n < max ? n : max;
	memcpy(out, c->text + pos, n);
	return (ssize_t)n;
}

/* A response that promises the whole body and breaks off on the way. */
static struct MHD_Response *cut_response(const struct reply *r, long at)
{
	struct cut_body *c = xmalloc(sizeof(*c) + r->body.len + 1);
	struct MHD_Response *response;

	c->len = r->body.len;
	c->at = at < 0 || (size_t)at > r->body.len ? r->body.len / 2 : (size_t)at;
	memcpy(c->text, r->body.s, r->body.len);
	response = MHD_create_response_from_callback(c->len ? c->len : 1, 4096, read_cut, c, free);
	if (!response)
		free(c);
	return response;
}

static enum MHD_Result send_reply(struct world *w, struct MHD_Connection *connection,
    const struct reply *r, const struct fault *f)
{
	struct MHD_Response *response;
	enum MHD_Result sent;
	char date[40];

	response = f->kind == FAULT_CUT ? cut_response(r, f->at)
					: MHD_create_response_from_buffer(
					      r->body.len, r->body.s, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	for (size_t i = 0; i < r->header.n; i++)
		(void)MHD_add_response_header(
		    response, r->header.at[i].name, r->header.at[i].value);
	world_http_date(world_now(w), date);
	(void)MHD_add_response_header(response, "Date", date);
	sent = MHD_queue_response(connection, (unsigned)r->status, response);
	MHD_destroy_response(response);
	return sent;
}

static enum MHD_Result puppet(struct http_server *s, struct exchange *x, struct MHD_Connection *connection,
    const struct reply *r, const struct fault *f)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (!info || !puppet_play(info->connect_fd, r, f))
		return MHD_NO;
	x->held = true;
	return stall(s, connection, STALL_MS);
}

static void make_request(struct world *w, struct request *q, struct MHD_Connection *connection,
    const struct exchange *x, const char *method)
{
	struct header_sink sink = { .w = w, .to = &q->header };
	const char *host;

	memset(q, 0, sizeof(*q));
	q->method = strcmp(method, "HEAD") ? arena_strdup(w->arena, method) : "GET";
	MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, &sink);
	request_parse_target(w, q, x->target);
	host = request_header(q, "Host");
	q->origin = arena_printf(w->arena, "http://%s", host ? host : "127.0.0.1");
	q->body = x->body.s;
	q->body_len = x->body.len;
	q->loopback = from_loopback(connection);
	q->open = x->open;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size, void **own)
{
	struct http_server *s = cls;
	struct world *w = s->world;
	struct exchange *x = *own;
	struct request q;
	struct reply r = { 0 };
	struct fault f = { 0 };
	enum MHD_Result result;

	(void)url;
	(void)version;
	if (!x || x->held)
		return MHD_NO;
	if (!x->begun) {
		x->begun = true;
		return MHD_YES;
	}
	if (*upload_size) {
		buf_add(&x->body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (!x->open)
		x->open = ++s->open;
	if (s->latency_ms && !x->late) {
		x->late = true;
		return stall(s, connection, s->latency_ms);
	}
	arena_reset(w->arena);
	buf_init(&r.body, 0);
	buf_init(&r.key, 0);
	make_request(w, &q, connection, x, method);
	if (x->body.over)
		reply_text(w, &r, 413, "text/plain", "The body is over 128 MiB.\n");
	else
		dispatch(w, &q, &r, &f);
	if (f.kind == FAULT_RESET_BEFORE || f.kind == FAULT_RESET_AFTER)
		result = drop(connection);
	else if (f.kind == FAULT_STALL || f.kind == FAULT_STALL_AFTER)
		result = stall(s, connection, STALL_MS), x->held = true;
	else if (f.kind == FAULT_RAW || f.kind == FAULT_SLOW)
		result = puppet(s, x, connection, &r, &f);
	else
		result = send_reply(w, connection, &r, &f);
	buf_release(&r.body);
	buf_release(&r.key);
	return result;
}

static int listen_on(uint16_t port, uint16_t *given, struct err *err)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return err_set(err, ERR_FAILED, "no socket: %s", strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 128) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0) {
		err_set(err, ERR_USAGE, "127.0.0.1:%u: %s%s", port, strerror(errno),
		    errno == EADDRINUSE ? "; choose another --port, or 0 for a free one" : "");
		close(fd);
		return -1;
	}
	*given = ntohs(a.sin_port);
	return fd;
}

static void let_go(struct http_server *s, bool all)
{
	int64_t now = now_ms();
	struct stalled **at = &s->stalled;

	pthread_mutex_lock(&s->lock);
	s->stopping |= all;
	while (*at) {
		struct stalled *one = *at;

		if (!all && now < one->until) {
			at = &one->next;
			continue;
		}
		*at = one->next;
		MHD_resume_connection(one->connection);
		free(one);
	}
	pthread_mutex_unlock(&s->lock);
}

static void *wake(void *ctx)
{
	struct http_server *s = ctx;
	bool stopping = false;

	while (!stopping) {
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		let_go(s, false);
		pthread_mutex_lock(&s->lock);
		stopping = s->stopping;
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

struct http_server *http_server_start(struct world *w, uint16_t port, long latency_ms, struct err *err)
{
	struct http_server *s = xcalloc(1, sizeof(*s));
	int fd = listen_on(port, &s->port, err);

	s->world = w;
	pthread_mutex_init(&s->lock, NULL);
	if (fd < 0)
		goto fail;
	s->daemon = MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD |
					 MHD_USE_SUPPRESS_DATE_NO_CLOCK | MHD_ALLOW_SUSPEND_RESUME,
	    0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
	    on_uri, NULL, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_AFTER, MHD_OPTION_END);
	s->latency_ms = latency_ms;
	if (s->daemon && latency_ms && pthread_create(&s->waker, NULL, wake, s) != 0) {
		MHD_stop_daemon(s->daemon);
		s->daemon = NULL;
		fd = -1;
	}
	if (s->daemon)
		return s;
	err_set(err, ERR_FAILED, "the HTTP server could not start");
	if (fd >= 0)
		close(fd);
fail:
	pthread_mutex_destroy(&s->lock);
	free(s);
	return NULL;
}

uint16_t http_server_port(const struct http_server *s)
{
	return s->port;
}

void http_server_tick(struct http_server *s)
{
	let_go(s, false);
}

void http_server_stop(struct http_server *s)
{
	let_go(s, true);
	if (s->latency_ms)
		pthread_join(s->waker, NULL);
	MHD_stop_daemon(s->daemon);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
