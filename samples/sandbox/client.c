/* One request over a plain socket, with the connection closed after the answer: no more is
 * needed on this machine. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/mem.h"
#include "samples/sandbox/client.h"

static int talk(int fd, const char *text, size_t len, struct buf *answer)
{
	char part[4096];
	ssize_t n;

	while (len > 0) {
		n = send(fd, text, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	while ((n = recv(fd, part, sizeof(part), 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		buf_add(answer, part, (size_t)n);
	}
	return 0;
}

int client_send(uint16_t port, const char *method, const char *name, const char *body,
    struct buf *out, struct err *err)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	char *text =
	    xasprintf("%s /_sandbox/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
		      "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		method, name, strlen(body), body);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), result = -1;
	struct buf answer = { 0 };
	const char *content;
	long status;

	buf_init(&answer, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    talk(fd, text, strlen(text), &answer) < 0) {
		err_set(err, ERR_UNAVAILABLE, "127.0.0.1:%u: %s", port, strerror(errno));
		goto out;
	}
	buf_addc(&answer, '\0');
	content = strstr(answer.s, "\r\n\r\n");
	if (strncmp(answer.s, "HTTP/1.1 ", 9) != 0 || !content) {
		err_set(err, ERR_UNAVAILABLE, "127.0.0.1:%u: this is no answer of a sandbox", port);
		goto out;
	}
	content += 4;
	status = strtol(answer.s + 9, NULL, 10);
	if (status < 200 || status > 299) {
		err_set(err, ERR_USAGE, "%s %s: the sandbox answers %ld: %.1500s", method, name,
		    status, content);
		goto out;
	}
	buf_adds(out, content);
	result = 0;
out:
	if (fd >= 0)
		close(fd);
	buf_release(&answer);
	free(text);
	return result;
}
