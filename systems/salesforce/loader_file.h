/* Tables of Salesforce that people carry by hand. */
#ifndef SYSTEMS_SALESFORCE_LOADER_FILE_H
#define SYSTEMS_SALESFORCE_LOADER_FILE_H

#include "core/file_dialect.h"

extern const struct file_dialect salesforce_loader;

#endif
