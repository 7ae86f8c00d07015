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
struct crl_stream { unsigned char private_; };
struct crl_cancel { unsigned char private_; };

/* Of each structure that may grow: its initial value, and its size in the first version that had it, which ended with this
 * member. New members go behind it, and the initial value of a new member is zero: that is what it is to an older program, and
 * what a newer program's structure must hold for an older library. */
#define GROWING(name, NAME, last)                                                                \
    static inline crl_##name initial_##name(void) {                                              \
        crl_##name value = CRL_##NAME##_INIT;                                                    \
        return value;                                                                            \
    }                                                                                            \
    static inline size_t first_size_of_##name(void) {                                            \
        return offsetof(crl_##name, last) + sizeof(((crl_##name *)0)->last);                     \
    }
GROWING(layer_options, LAYER_OPTIONS, user)
GROWING(window, WINDOW, output_padding)
GROWING(normalization_options, NORMALIZATION_OPTIONS, reserved)
GROWING(recurrent_options, RECURRENT_OPTIONS, reserved)
GROWING(attention_options, ATTENTION_OPTIONS, bare)
GROWING(onnx_options, ONNX_OPTIONS, shapes_count)
GROWING(layer, LAYER, tokens)
GROWING(tensor, TENSOR, rank)
GROWING(cost_options, COST_OPTIONS, user)
GROWING(targets, TARGETS, weights_count)
GROWING(validation, VALIDATION, targets)
GROWING(optimizer_options, OPTIMIZER_OPTIONS, reserved)
GROWING(layer_step, LAYER_STEP, frozen)
GROWING(schedule_options, SCHEDULE_OPTIONS, user)
GROWING(epoch, EPOCH, samples_per_second)
GROWING(train_options, TRAIN_OPTIONS, min_delta)
GROWING(metrics, METRICS, r2)
GROWING(progress, PROGRESS, best_cost)
GROWING(data_source, DATA_SOURCE, weights)
GROWING(c_source_options, C_SOURCE_OPTIONS, cost)
GROWING(plateau_state, PLATEAU_STATE, cooling)
GROWING(gradient_check_options, GRADIENT_CHECK_OPTIONS, seed)
GROWING(gradient_report, GRADIENT_REPORT, relative_error)
GROWING(minimize_options, MINIMIZE_OPTIONS, min_delta)
GROWING(minimum, MINIMUM, validation_cost)
GROWING(cascade_options, CASCADE_OPTIONS, min_delta)
#undef GROWING
#endif
