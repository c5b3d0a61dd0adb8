/* The connectors' flows, as their own pages list them. */
#ifndef MAPPING_FLOWS_H
#define MAPPING_FLOWS_H

/* The flows of the connector to one kind of CRM in the order in which they are turned on (what others call comes first),
 * NULL-terminated; NULL for a kind without a connector. The strings are constants. */
const char *const *flows_of(const char *kind);

#endif
