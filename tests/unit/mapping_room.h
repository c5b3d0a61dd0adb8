/* A mapping from a text that the test holds. */
#ifndef TESTS_UNIT_MAPPING_ROOM_H
#define TESTS_UNIT_MAPPING_ROOM_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mapping/mapping.h"
#include "tests/unit/check.h"

/* Opened through a file that is gone afterwards; to be closed with mapping_close. */
static inline void mapping_from(struct mapping *m, const char *text)
{
	char path[] = "/tmp/rejoin-test-XXXXXX";
	struct err err = { 0 };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	int rc = mapping_open(m, path, &err);
	unlink(path);
	assert_int_equal(rc, 0);
}

#endif
