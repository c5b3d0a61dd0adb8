/* The bulk file of the co-sell pages of Partner Center: what they export, and what they take back. */
#ifndef SYSTEMS_PARTNER_CENTER_PORTAL_H
#define SYSTEMS_PARTNER_CENTER_PORTAL_H

#include "core/file_dialect.h"

extern const struct file_dialect portal_dialect;

#endif
