/* Tables of Dynamics that people carry by hand. */
#ifndef SYSTEMS_DYNAMICS_IMPORT_FILE_H
#define SYSTEMS_DYNAMICS_IMPORT_FILE_H

#include "core/file_dialect.h"

extern const struct file_dialect dynamics_import;

#endif
