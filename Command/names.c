#include "command.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const activation_names[] = {
    "identity",     "sigmoid",   "tanh", "relu",         "leaky_relu",  "elu",          "selu",
    "softplus",     "gelu",      "gelu_tanh", "silu",    "softmax",     "log_softmax",  "softsign",
    "hard_sigmoid", "hard_swish", "mish", "clipped_relu", "exponential", NULL
};

const char *const cost_names[] = {
    "mean_squared_error",          "mean_absolute_error", "huber", "binary_cross_entropy",
    "binary_cross_entropy_logits", "cross_entropy",       NULL
};

const char *const layer_kind_names[] = {
    "dense",           "activation",    "dropout",     "noise",     "sum",
    "concatenation",   "reshape",       "mean",        "difference", "product",
    "transpose",       "slice",         "zero_padding", "upsampling", "input",
    "convolution",     "transposed_convolution", "pooling", "normalization", "prelu",
    "channel_dropout", "softmax",       "rnn",         "gru",       "lstm",
    "parameter",       "embedding",     "positions",   "attention", "broadcast",
    "quotient",        "maximum",       "minimum",     "power",     "function",
    "constant",        "reduction",     "matrix_product", "take", NULL
};

const char *const optimizer_names[] = {
    "gradient_descent", "momentum", "adam",  "nesterov", "adagrad",       "rmsprop",   "adamw",
    "amsgrad",          "nadam",    "lion",  "irprop_minus", "quickprop", NULL
};

const char *const precision_names[] = { "float32", "bfloat16", "int8", NULL };

const char *const schedule_names[] = { "constant", "step", "exponential", "cosine", "one_cycle", "plateau", NULL };

int number_of(const char *name, const char *const *names, const char *what)
{
    for (int i = 0; names[i]; ++i)
        if (!strcmp(name, names[i]))
            return i;
    fail(2, "there is no %s '%s'", what, name);
}

size_t count_of(const char *text, size_t least, const char *what)
{
    char *end;
    errno = 0;
    const unsigned long long count = strtoull(text, &end, 10);
    if (end == text || *end || *text == '-' || errno || count < least || count > (size_t)-1)
        fail(2, "%s is '%s'; a whole number from %zu on is needed", what, text, least);
    return (size_t)count;
}

double real_of(const char *text, double least, const char *what)
{
    char *end;
    const double number = strtod(text, &end);
    if (end == text || *end || !isfinite(number) || number < least)
        fail(2, "%s is '%s'; a number from %g on is needed", what, text, least);
    return number;
}
