/* The C module that ChainruleC imports. Swift sees a pointer to an incomplete structure as OpaquePointer, so here, and only
 * here, the handles get a body; the library never reads it. */
#ifndef CCHAINRULE_H
#define CCHAINRULE_H
#include "chainrule_types.h"
struct crl_network { unsigned char private_; };
struct crl_workspace { unsigned char private_; };
struct crl_optimizer { unsigned char private_; };
struct crl_predictor { unsigned char private_; };
struct crl_trainer { unsigned char private_; };
struct crl_publisher { unsigned char private_; };
struct crl_cancel { unsigned char private_; };
#endif
