/* Option structures of a wrong size, unknown enumerators, and hyperparameters out of range. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "check.h"

enum { ROWS = 2, INPUTS = 3, OUTPUTS = 2 };

static crl_network *network;
static const float x[ROWS * INPUTS] = { 1, 2, 3, 4, 5, 6 };
static const float t[ROWS * OUTPUTS] = { 1, 0, 0, 1 };
static crl_targets targets = CRL_TARGETS_INIT;

/* Sizes that no version of a structure has: nothing, garbage, a byte less than the first. */
static size_t wrong_size(size_t right, size_t i)
{
    const size_t sizes[] = { 0, 1, right - 1, right - sizeof(void *), SIZE_MAX };
    return sizes[i];
}
enum { WRONG_SIZES = 5 };

static void sizes(void)
{
    crl_network *open = NULL;
    crl_optimizer *none;
    double C;

    OK(crl_network_create(INPUTS, &open));
    for (size_t i = 0; i < WRONG_SIZES; ++i) {
        crl_layer_options layer = CRL_LAYER_OPTIONS_INIT;
        crl_optimizer_options optimizer = CRL_OPTIMIZER_OPTIONS_INIT;
        crl_cost_options cost = CRL_COST_OPTIONS_INIT;
        crl_targets wrong_targets = targets;
        crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
        crl_tensor tensor = CRL_TENSOR_INIT;

        layer.size = wrong_size(PUBLISHED(crl_layer_options), i);
        FAILS(CRL_ERROR_SIZE, "size", crl_network_add_dense(open, 4, CRL_TANH, &layer));
        FAILS(CRL_ERROR_SIZE, "size", crl_network_add_activation(open, CRL_TANH, &layer));

        optimizer.size = wrong_size(PUBLISHED(crl_optimizer_options), i);
        FAILS_NULLING(CRL_ERROR_SIZE, "size", none, crl_optimizer_create(network, &optimizer, &none));

        FAILS(CRL_ERROR_SIZE, "size", (cost.size = wrong_size(PUBLISHED(crl_cost_options), i),
                                       crl_cost(&cost, t, ROWS, OUTPUTS, OUTPUTS, &targets, &C, NULL, 0, 0)));
        train.cost = &cost;
        FAILS(CRL_ERROR_SIZE, "size", crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &train));
        train.cost = NULL;

        cost.size = sizeof cost;
        wrong_targets.size = wrong_size(PUBLISHED(crl_targets), i);
        FAILS(CRL_ERROR_SIZE, "size", crl_cost(&cost, t, ROWS, OUTPUTS, OUTPUTS, &wrong_targets, &C, NULL, 0, 0));
        FAILS(CRL_ERROR_SIZE, "size", crl_network_fit(network, x, ROWS, INPUTS, &wrong_targets, NULL, &train));

        train.size = wrong_size(PUBLISHED(crl_train_options), i);
        FAILS(CRL_ERROR_SIZE, "size", crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &train));

        tensor.size = wrong_size(PUBLISHED(crl_tensor), i);
        FAILS(CRL_ERROR_SIZE, "size", crl_network_tensor(network, 0, &tensor));
        FAILS(CRL_ERROR_SIZE, "size", crl_network_find_tensor(network, "0.weight", &tensor));
        CHECK(tensor.name == NULL);
    }
    crl_network_destroy(open);
}

static void enumerators(void)
{
    static const int32_t unknown[] = { -1, 19, 99, 101, 12345, INT32_MAX, INT32_MIN };
    crl_network *open = NULL;
    crl_workspace *no_workspace, *workspace = NULL;
    crl_optimizer *no_optimizer;
    const float *values = NULL;
    size_t rows = 77, columns = 77;
    double C = 77;
    char number[16];

    OK(crl_network_create(INPUTS, &open));
    OK(crl_workspace_create(network, ROWS, CRL_PURPOSE_TRAINING, &workspace));
    OK(crl_forward(network, workspace, x, ROWS, INPUTS, NULL, 0, 0));
    for (size_t i = 0; i < COUNT(unknown); ++i) {
        crl_layer_options layer = CRL_LAYER_OPTIONS_INIT;
        crl_cost_options cost = CRL_COST_OPTIONS_INIT;
        crl_optimizer_options optimizer = CRL_OPTIMIZER_OPTIONS_INIT;
        snprintf(number, sizeof number, "%ld", (long)unknown[i]);

        FAILS(CRL_ERROR_VALUE, number, crl_network_add_dense(open, 4, unknown[i], NULL));
        FAILS(CRL_ERROR_VALUE, number, crl_network_add_activation(open, unknown[i], NULL));
        layer.weight_initializer.kind = unknown[i];
        FAILS(CRL_ERROR_VALUE, number, crl_network_add_dense(open, 4, CRL_TANH, &layer));
        layer.weight_initializer.kind = CRL_INIT_DEFAULT;
        layer.bias_initializer.kind = unknown[i];
        FAILS(CRL_ERROR_VALUE, number, crl_network_add_dense(open, 4, CRL_TANH, &layer));

        cost.kind = unknown[i];
        FAILS(CRL_ERROR_VALUE, number, crl_cost(&cost, t, ROWS, OUTPUTS, OUTPUTS, &targets, &C, NULL, 0, 0));
        cost.kind = CRL_MEAN_SQUARED_ERROR;
        cost.reduction = unknown[i];
        FAILS(CRL_ERROR_VALUE, number, crl_cost(&cost, t, ROWS, OUTPUTS, OUTPUTS, &targets, &C, NULL, 0, 0));

        optimizer.method = unknown[i];
        FAILS_NULLING(CRL_ERROR_VALUE, number, no_optimizer, crl_optimizer_create(network, &optimizer, &no_optimizer));
        FAILS_NULLING(CRL_ERROR_VALUE, number, no_workspace,
                      crl_workspace_create(network, ROWS, unknown[i], &no_workspace));
        FAILS(CRL_ERROR_VALUE, number, crl_workspace_values(workspace, "0", unknown[i], &values, &rows, &columns));
    }
    CHECK(C == 77 && values == NULL && rows == 77 && columns == 77);
    OK(crl_network_layer_count(open, &rows));
    CHECK(rows == 0);
    crl_workspace_destroy(workspace);
    crl_network_destroy(open);
}

/* A hyperparameter, its name in messages, the methods that read it as bits, and the ends of its range that are not in it. */
typedef struct {
    const char *name;
    size_t offset;
    unsigned methods;
    float ends[3];
} hyperparameter;

#define READ_BY(method) (1u << (method))
#define ADAMS (READ_BY(CRL_ADAM) | READ_BY(CRL_ADAMW) | READ_BY(CRL_AMSGRAD) | READ_BY(CRL_NADAM))
#define FIELD(name) #name, offsetof(crl_optimizer_options, name)

static const hyperparameter all_hyperparameters[] = {
    { FIELD(momentum), READ_BY(CRL_MOMENTUM) | READ_BY(CRL_NESTEROV), { 1, 1.5f, -2 } },
    { FIELD(beta1), ADAMS | READ_BY(CRL_LION), { 1, 1.5f, -2 } },
    { FIELD(beta2), ADAMS | READ_BY(CRL_LION) | READ_BY(CRL_RMSPROP), { 1, 1.5f, -2 } },
    { FIELD(epsilon), ADAMS | READ_BY(CRL_ADAGRAD) | READ_BY(CRL_RMSPROP), { 0, 1e-31f, -2 } },
    { FIELD(weight_decay), ~0u, { -1e-6f, -0.25f, -2 } },
    { FIELD(l1), ~0u, { -1e-6f, -0.25f, -1 } },
    { FIELD(l2), ~0u, { -1e-6f, -0.25f, -1 } },
    { FIELD(max_norm), ~0u, { 0, -1e-6f, -2 } },
    { FIELD(clip_norm), ~0u, { 0, -1e-6f, -2 } },
    { FIELD(clip_value), ~0u, { 0, -1e-6f, -2 } },
    { FIELD(growth), READ_BY(CRL_QUICKPROP), { 0, -1e-6f, -2 } },
    { FIELD(growth), READ_BY(CRL_IRPROP_MINUS), { 0.99f, 0, -2 } },
    { FIELD(shrink), READ_BY(CRL_IRPROP_MINUS), { 1, 1.5f, -2 } },
    { FIELD(min_step), READ_BY(CRL_IRPROP_MINUS), { 0, 51, -2 } },
    { FIELD(max_step), READ_BY(CRL_IRPROP_MINUS) | READ_BY(CRL_QUICKPROP), { 0, -1e-6f, -2 } },
};

/* Whether the method reads the hyperparameter that lies there. */
static int is_read(size_t offset, crl_optimizer_method method)
{
    for (size_t h = 0; h < COUNT(all_hyperparameters); ++h)
        if (all_hyperparameters[h].offset == offset && all_hyperparameters[h].methods & READ_BY(method))
            return 1;
    return 0;
}

static void hyperparameters(void)
{
    const float bad[] = { NAN, INFINITY, -INFINITY, -0.5f, -1.0f };
    crl_optimizer *optimizer = NULL, *none;
    float rate = 0;

    for (crl_optimizer_method method = CRL_GRADIENT_DESCENT; method <= CRL_QUICKPROP; ++method) {
        crl_optimizer_options defaults = CRL_OPTIMIZER_OPTIONS_INIT;
        defaults.method = method;
        crl_optimizer_options options = defaults;

        OK(crl_optimizer_create(network, &options, &none));
        crl_optimizer_destroy(none);
        for (size_t i = 0; i < COUNT(bad); ++i) {
            options.learning_rate = bad[i];
            FAILS_NULLING(CRL_ERROR_VALUE, "learning rate", none, crl_optimizer_create(network, &options, &none));
        }
        for (size_t h = 0; h < COUNT(all_hyperparameters); ++h) {
            const hyperparameter *tried = &all_hyperparameters[h];
            if (!is_read(tried->offset, method)) {
                options = defaults;
                *(float *)(void *)((char *)&options + tried->offset) = 0.5f;
                FAILS_NULLING(CRL_ERROR_VALUE, "takes no", none, crl_optimizer_create(network, &options, &none));
            }
            if (!(tried->methods & READ_BY(method)))
                continue;
            for (size_t i = 0; i < COUNT(bad) + COUNT(tried->ends); ++i) {
                const float value = i < COUNT(bad) ? bad[i] : tried->ends[i - COUNT(bad)];
                if (value == INFINITY && tried->offset >= offsetof(crl_optimizer_options, max_norm))
                    continue; /* no limit */
                options = defaults;
                *(float *)(void *)((char *)&options + tried->offset) = value;
                FAILS_NULLING(CRL_ERROR_VALUE, tried->name, none, crl_optimizer_create(network, &options, &none));
            }
        }
    }

    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    options.learning_rate = 0.25f;
    OK(crl_optimizer_create(network, &options, &optimizer));
    for (size_t i = 0; i < COUNT(bad); ++i)
        FAILS(CRL_ERROR_VALUE, "learning rate", crl_optimizer_set_learning_rate(optimizer, bad[i]));
    OK(crl_optimizer_learning_rate(optimizer, &rate));
    CHECK(rate == 0.25f);
    static const struct {
        const char *name;
        size_t offset;
        float ends[4];
    } of_layers[] = {
        { "learning_rate_factor", offsetof(crl_layer_step, learning_rate_factor), { NAN, INFINITY, -1, -1e-6f } },
        { "weight_decay", offsetof(crl_layer_step, weight_decay), { NAN, INFINITY, -2, -1e-6f } },
        { "l1", offsetof(crl_layer_step, l1), { NAN, INFINITY, -2, -1e-6f } },
        { "l2", offsetof(crl_layer_step, l2), { NAN, INFINITY, -2, -1e-6f } },
        { "max_norm", offsetof(crl_layer_step, max_norm), { NAN, -INFINITY, 0, -2 } },
    };
    for (size_t h = 0; h < COUNT(of_layers); ++h)
        for (size_t i = 0; i < COUNT(of_layers[h].ends); ++i) {
            crl_layer_step layer = CRL_LAYER_STEP_INIT;
            *(float *)(void *)((char *)&layer + of_layers[h].offset) = of_layers[h].ends[i];
            FAILS(CRL_ERROR_VALUE, of_layers[h].name, crl_optimizer_set_layer(optimizer, "0", &layer));
        }
    crl_layer_step layer = CRL_LAYER_STEP_INIT;
    FAILS(CRL_ERROR_NAME, "nowhere", crl_optimizer_set_layer(optimizer, "nowhere", &layer));
    FAILS(CRL_ERROR_NAME, "input", crl_optimizer_set_layer(optimizer, "input", &layer));
    layer.size = 0;
    FAILS(CRL_ERROR_SIZE, "options->size", crl_optimizer_set_layer(optimizer, "0", &layer));
    layer.size = SIZE_MAX;
    FAILS(CRL_ERROR_SIZE, "options->size", crl_optimizer_set_layer(optimizer, "0", &layer));
    OK(crl_optimizer_set_layer(optimizer, "0", NULL));
    OK(crl_optimizer_set_learning_rate(optimizer, 0.0f));
    OK(crl_optimizer_learning_rate(optimizer, &rate));
    CHECK(rate == 0.0f);
    crl_optimizer_destroy(optimizer);
}

static void layers_and_costs(void)
{
    const float bad[] = { NAN, INFINITY, -INFINITY, -0.5f, -2.0f };
    crl_network *open = NULL;
    double C = 77;

    OK(crl_network_create(INPUTS, &open));
    for (size_t i = 0; i < COUNT(bad); ++i) {
        crl_layer_options layer = CRL_LAYER_OPTIONS_INIT;
        crl_cost_options cost = CRL_COST_OPTIONS_INIT;
        layer.alpha = bad[i];
        FAILS(CRL_ERROR_VALUE, "alpha", crl_network_add_dense(open, 4, CRL_LEAKY_RELU, &layer));
        FAILS(CRL_ERROR_VALUE, "alpha", crl_network_add_activation(open, CRL_ELU, &layer));
        cost.kind = CRL_HUBER;
        cost.huber_delta = bad[i];
        FAILS(CRL_ERROR_VALUE, "delta", crl_cost(&cost, t, ROWS, OUTPUTS, OUTPUTS, &targets, &C, NULL, 0, 0));
        cost.huber_delta = 0;
        FAILS(CRL_ERROR_VALUE, "delta", crl_cost(&cost, t, ROWS, OUTPUTS, OUTPUTS, &targets, &C, NULL, 0, 0));
    }
    for (size_t i = 0; i < 3; ++i) { /* NaN and infinities */
        static const crl_initializer_kind kinds[] = { CRL_INIT_CONSTANT, CRL_INIT_UNIFORM, CRL_INIT_NORMAL };
        for (size_t k = 0; k < COUNT(kinds); ++k) {
            crl_layer_options layer = CRL_LAYER_OPTIONS_INIT;
            const crl_initializer bad_a = { kinds[k], bad[i], 1.0f }, bad_b = { kinds[k], 0.0f, bad[i] };
            layer.weight_initializer = bad_a;
            FAILS(CRL_ERROR_VALUE, "weight", crl_network_add_dense(open, 4, CRL_TANH, &layer));
            if (kinds[k] == CRL_INIT_CONSTANT)
                continue;
            layer.weight_initializer = bad_b;
            FAILS(CRL_ERROR_VALUE, "weight", crl_network_add_dense(open, 4, CRL_TANH, &layer));
        }
    }
    crl_layer_options layer = CRL_LAYER_OPTIONS_INIT;
    const crl_initializer backwards = { CRL_INIT_UNIFORM, 1.0f, -1.0f }, negative = { CRL_INIT_NORMAL, 0.0f, -1.0f };
    layer.bias_initializer = backwards;
    FAILS(CRL_ERROR_VALUE, "bias", crl_network_add_dense(open, 4, CRL_TANH, &layer));
    layer.bias_initializer = negative;
    FAILS(CRL_ERROR_VALUE, "bias", crl_network_add_dense(open, 4, CRL_TANH, &layer));
    CHECK(C == 77);
    crl_network_destroy(open);
}

int main(void)
{
    float *parameters = NULL, before[26];
    size_t count = 0;

    network = two_layers(INPUTS, 4, CRL_TANH, OUTPUTS, 1);
    targets.values = t;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;
    OK(crl_network_parameters(network, &parameters, &count));
    memcpy(before, parameters, sizeof before);

    CHECK(crl_version() >= CRL_VERSION && crl_version() / 100 == CRL_VERSION / 100); /* the header may be an older one */
    CHECK(strcmp(crl_version_string(), "0.2.0") == 0);
    CHECK(strcmp(crl_status_name(CRL_OK), "CRL_OK") == 0);
    CHECK(strcmp(crl_status_name(CRL_ERROR_SIZE), "CRL_ERROR_SIZE") == 0);
    CHECK(strcmp(crl_status_name(12345), "CRL_UNKNOWN") == 0);
    CHECK(strcmp(crl_status_name(-1), "CRL_UNKNOWN") == 0);

    sizes();
    enumerators();
    hyperparameters();
    layers_and_costs();

    CHECK(same_bits(before, parameters, COUNT(before)));
    crl_network_destroy(network);
    return finish();
}
