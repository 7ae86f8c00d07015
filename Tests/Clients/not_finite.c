/* NaN and infinities: training refuses them and keeps the parameters; they propagate through prediction. */
#include <float.h>
#include <math.h>

#include "check.h"

enum { ROWS = 6, INPUTS = 3, OUTPUTS = 2, PARAMETERS = 26 };

static float x[ROWS * INPUTS], t[ROWS * OUTPUTS];
static crl_targets targets = CRL_TARGETS_INIT;

static void in_training_data(void)
{
    const float bad[] = { NAN, INFINITY, -INFINITY };
    crl_network *network = two_layers(INPUTS, 4, CRL_TANH, OUTPUTS, 1);
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    float *parameters = NULL, before[PARAMETERS];
    size_t count = 0;

    OK(crl_network_parameters(network, &parameters, &count));
    memcpy(before, parameters, sizeof before);
    train.epochs = 2;
    train.batch_size = 2;
    for (size_t i = 0; i < COUNT(bad); ++i)
        for (size_t row = 0; row < ROWS; ++row) {
            const float good = x[row * INPUTS + 1];
            x[row * INPUTS + 1] = bad[i];
            for (train.shuffle = 0; train.shuffle < 2; ++train.shuffle) {
                FAILS(CRL_ERROR_NOT_FINITE, "x", crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &train));
                CHECK(same_bits(before, parameters, PARAMETERS));
            }
            x[row * INPUTS + 1] = good;
        }
    OK(crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &train));
    CHECK(!same_bits(before, parameters, PARAMETERS));
    crl_network_destroy(network);
}

/* What lies between the columns and the stride is not read. */
static void in_padding(void)
{
    enum { STRIDE = INPUTS + 2 };
    float padded[ROWS * STRIDE], *parameters[2];
    size_t count = 0;
    crl_network *networks[2];
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;

    for (size_t i = 0; i < COUNT(padded); ++i)
        padded[i] = i % STRIDE < INPUTS ? x[i / STRIDE * INPUTS + i % STRIDE] : NAN;
    for (int i = 0; i < 2; ++i) {
        networks[i] = two_layers(INPUTS, 4, CRL_TANH, OUTPUTS, 1);
        OK(crl_network_parameters(networks[i], &parameters[i], &count));
    }
    OK(crl_network_fit(networks[0], x, ROWS, INPUTS, &targets, NULL, &train));
    OK(crl_network_fit(networks[1], padded, ROWS, STRIDE, &targets, NULL, &train));
    CHECK(same_bits(parameters[0], parameters[1], count));
    crl_network_destroy(networks[0]);
    crl_network_destroy(networks[1]);
}

static void in_prediction(void)
{
    const float bad[] = { NAN, INFINITY, -INFINITY };
    crl_network *network = two_layers(INPUTS, 4, CRL_IDENTITY, OUTPUTS, 1);
    float expected[ROWS * OUTPUTS], y[ROWS * OUTPUTS];

    OK(crl_network_predict(network, x, ROWS, INPUTS, expected, ROWS, OUTPUTS));
    for (size_t i = 0; i < COUNT(bad); ++i) {
        const float good = x[2 * INPUTS];
        x[2 * INPUTS] = bad[i];
        OK(crl_network_predict(network, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
        CHECK(!isfinite(y[2 * OUTPUTS]) && !isfinite(y[2 * OUTPUTS + 1]));
        CHECK(same_bits(y, expected, 2 * OUTPUTS));
        CHECK(same_bits(y + 3 * OUTPUTS, expected + 3 * OUTPUTS, 3 * OUTPUTS));
        x[2 * INPUTS] = good;
    }
    crl_network_destroy(network);
}

/* A refused step changes neither the parameters nor the optimizer: the steps after it are those of an undisturbed twin. */
static void in_a_step(crl_optimizer_method method)
{
    const float bad[] = { NAN, INFINITY, -INFINITY };
    crl_network *networks[2];
    crl_optimizer *optimizers[2];
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    float *parameters[2], gradients[PARAMETERS], before[PARAMETERS];
    size_t count = 0;

    options.method = method;
    for (int i = 0; i < 2; ++i) {
        networks[i] = two_layers(INPUTS, 4, CRL_TANH, OUTPUTS, 1);
        OK(crl_network_parameters(networks[i], &parameters[i], &count));
        OK(crl_optimizer_create(networks[i], &options, &optimizers[i]));
    }
    for (uint32_t step = 0; step < 3; ++step) {
        fill(gradients, PARAMETERS, step);
        for (int i = 0; i < 2; ++i)
            OK(crl_step(optimizers[i], networks[i], gradients, PARAMETERS));
        memcpy(before, parameters[0], sizeof before);
        for (size_t i = 0; i < COUNT(bad); ++i)
            for (size_t at = 0; at < PARAMETERS; at += PARAMETERS - 1) { /* the first, then the last */
                const float good = gradients[at];
                gradients[at] = bad[i];
                FAILS(CRL_ERROR_NOT_FINITE, "gradient", crl_step(optimizers[0], networks[0], gradients, PARAMETERS));
                CHECK(same_bits(before, parameters[0], PARAMETERS));
                gradients[at] = good;
            }
    }
    CHECK(same_bits(parameters[0], parameters[1], PARAMETERS));
    for (int i = 0; i < 2; ++i) {
        crl_optimizer_destroy(optimizers[i]);
        crl_network_destroy(networks[i]);
    }
}

static void in_an_overflowing_step(crl_optimizer_method method)
{
    crl_network *network = two_layers(INPUTS, 4, CRL_TANH, OUTPUTS, 1);
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    float *parameters = NULL, gradients[PARAMETERS] = { 0 }, before[PARAMETERS];
    size_t count = 0;

    options.method = method;
    options.learning_rate = FLT_MAX;
    OK(crl_network_parameters(network, &parameters, &count));
    OK(crl_optimizer_create(network, &options, &optimizer));
    parameters[PARAMETERS - 1] = FLT_MAX; /* so that even a step of the learning rate's size, as Adam's is, overflows */
    gradients[PARAMETERS - 1] = -FLT_MAX / 2;
    memcpy(before, parameters, sizeof before);
    FAILS(CRL_ERROR_NOT_FINITE, "", crl_step(optimizer, network, gradients, PARAMETERS));
    CHECK(same_bits(before, parameters, PARAMETERS));
    crl_optimizer_destroy(optimizer);
    crl_network_destroy(network);
}

/* Training that diverges stops with a status, and with finite parameters. */
static void in_diverging_training(void)
{
    crl_network *network = two_layers(INPUTS, 4, CRL_IDENTITY, OUTPUTS, 1);
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    float *parameters = NULL;
    size_t count = 0;

    options.method = CRL_GRADIENT_DESCENT;
    options.learning_rate = 1e6f;
    OK(crl_optimizer_create(network, &options, &optimizer));
    train.optimizer = optimizer;
    train.epochs = 1000;
    FAILS(CRL_ERROR_NOT_FINITE, "", crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &train));
    OK(crl_network_parameters(network, &parameters, &count));
    for (size_t i = 0; i < count; ++i)
        CHECK(isfinite(parameters[i]));
    crl_optimizer_destroy(optimizer);
    crl_network_destroy(network);
}

int main(void)
{
    fill(x, COUNT(x), 1);
    fill(t, COUNT(t), 2);
    targets.values = t;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;

    in_training_data();
    in_padding();
    in_prediction();
    for (crl_optimizer_method method = CRL_GRADIENT_DESCENT; method <= CRL_QUICKPROP; ++method) {
        in_a_step(method);
        in_an_overflowing_step(method);
    }
    in_diverging_training();
    return finish();
}
