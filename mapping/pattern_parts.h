/* What compiling a pattern and running it share. Only mapping/pattern*.c include it. */
#ifndef MAPPING_PATTERN_PARTS_H
#define MAPPING_PATTERN_PARTS_H

#include <stdint.h>
#include "mapping/pattern.h"

#define PATTERN_MOST 2000 /* steps of a program */

struct range {
	unsigned from, to;
};

struct class
{
	struct range *range;
	size_t n, cap;
	bool negated;
};

enum step_kind { STEP_CLASS, STEP_SPLIT, STEP_JUMP, STEP_START, STEP_END, STEP_MATCH };

struct step {
	enum step_kind kind;
	const struct class *class;
	uint16_t to, or ;
};

struct pattern {
	struct step *step;
	size_t n;
};

#endif
