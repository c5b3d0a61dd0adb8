/* The seed folder: world.json and one .jsonl file for each kind of row. */
#ifndef SANDBOX_SEED_H
#define SANDBOX_SEED_H

#include "samples/sandbox/world.h"

/* Loads the folder into an empty state, all or nothing. Errors name file and line. */
int seed_load(struct world *w, const char *folder, struct err *err);

#endif
