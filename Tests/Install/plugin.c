/* A plug-in that holds the library. */
#include <chainrule.h>

int32_t plugin_version(void);
int32_t plugin_version(void) { return crl_version(); }
