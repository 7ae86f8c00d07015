/* Targets and sample weights: out of range, not finite, of the wrong kind for the cost. */
#include <math.h>
#include <stdint.h>

#include "check.h"

enum { ROWS = 3, INPUTS = 2, N = 4 };

static crl_network *network;
static float *parameters;
static size_t count;
static float x[ROWS * INPUTS], y[ROWS * N], dC_dy[ROWS * N], gradients[64];

static crl_targets of_values(const float *values)
{
    crl_targets targets = CRL_TARGETS_INIT;
    targets.values = values;
    targets.rows = ROWS;
    targets.columns = targets.stride = N;
    return targets;
}

static crl_targets of_classes(const int32_t *classes)
{
    crl_targets targets = CRL_TARGETS_INIT;
    targets.classes = classes;
    targets.classes_count = ROWS;
    return targets;
}

/* The targets are refused, with this code and text, by each function that takes targets; nothing is written. */
static void refused(crl_status code, crl_cost_kind kind, const crl_targets *targets, const char *text)
{
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    const crl_validation validation = validation_of(x, ROWS, INPUTS, targets);
    crl_targets good = of_values(y);
    const int32_t good_classes[ROWS] = { 0, 1, 2 };
    float before[64], dC_dy_before[ROWS * N], gradients_before[64];
    double C = 77;
    if (kind == CRL_CROSS_ENTROPY)
        good = of_classes(good_classes);

    memcpy(before, parameters, count * sizeof *before);
    memcpy(dC_dy_before, dC_dy, sizeof dC_dy);
    memcpy(gradients_before, gradients, sizeof gradients);
    cost.kind = kind;
    train.cost = &cost;
    train.epochs = 1;
    FAILS(code, text, crl_cost(&cost, y, ROWS, N, N, targets, &C, dC_dy, ROWS, N));
    FAILS(code, text, crl_network_value_and_gradient(network, &cost, x, ROWS, INPUTS, targets, &C, gradients, count));
    FAILS(code, text, crl_network_fit(network, x, ROWS, INPUTS, targets, NULL, &train));
    FAILS(code, text, crl_network_fit(network, x, ROWS, INPUTS, &good, &validation, &train));
    CHECK(C == 77);
    CHECK(same_bits(before, parameters, count));
    CHECK(same_bits(dC_dy_before, dC_dy, COUNT(dC_dy)));
    CHECK(same_bits(gradients_before, gradients, COUNT(gradients)));
}

static void classes(void)
{
    static const int32_t bad[] = { -1, N, N + 1, INT32_MAX, INT32_MIN };
    char number[16];

    for (size_t i = 0; i < COUNT(bad); ++i)
        for (size_t row = 0; row < ROWS; ++row) {
            int32_t indices[ROWS] = { 0, 1, 3 };
            indices[row] = bad[i];
            crl_targets targets = of_classes(indices);
            snprintf(number, sizeof number, "%ld", (long)bad[i]);
            refused(CRL_ERROR_TARGET, CRL_CROSS_ENTROPY, &targets, number);
        }

    const int32_t good[ROWS] = { 0, 1, 3 };
    crl_targets few = of_classes(good);
    few.classes_count = ROWS - 1;
    refused(CRL_ERROR_SIZE, CRL_CROSS_ENTROPY, &few, "2");

    /* Only softmax cross-entropy takes classes. */
    crl_targets wrong_kind = of_classes(good);
    for (crl_cost_kind kind = CRL_MEAN_SQUARED_ERROR; kind < CRL_CROSS_ENTROPY; ++kind)
        refused(CRL_ERROR_TARGET, kind, &wrong_kind, "values");
}

static void probabilities(void)
{
    static const float bad[] = { -0.001f, 1.001f, -1e30f, 1e30f };
    static const crl_cost_kind kinds[] = { CRL_BINARY_CROSS_ENTROPY, CRL_BINARY_CROSS_ENTROPY_LOGITS, CRL_CROSS_ENTROPY };

    for (size_t k = 0; k < COUNT(kinds); ++k)
        for (size_t i = 0; i < COUNT(bad); ++i) {
            float values[ROWS * N] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1 };
            values[i * 3] = bad[i];
            crl_targets targets = of_values(values);
            refused(CRL_ERROR_TARGET, kinds[k], &targets, "");
        }

    /* y itself must be a probability for the binary cross-entropy that takes probabilities. */
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    float values[ROWS * N] = { 0 }, outputs[ROWS * N] = { 0.5f, 0.5f, 0.5f, 1.5f };
    crl_targets targets = of_values(values);
    double C = 77;
    cost.kind = CRL_BINARY_CROSS_ENTROPY;
    FAILS(CRL_ERROR_NOT_FINITE, "1.5", crl_cost(&cost, outputs, ROWS, N, N, &targets, &C, dC_dy, ROWS, N));
    CHECK(C == 77);
}

static void not_finite(void)
{
    const float bad[] = { NAN, INFINITY, -INFINITY };
    for (crl_cost_kind kind = CRL_MEAN_SQUARED_ERROR; kind <= CRL_CROSS_ENTROPY; ++kind)
        for (size_t i = 0; i < COUNT(bad); ++i) {
            float values[ROWS * N] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1 };
            values[7] = bad[i];
            crl_targets targets = of_values(values);
            refused(CRL_ERROR_TARGET, kind, &targets, "");
        }
}

static void weights(void)
{
    const float bad[][ROWS] = { { 1, NAN, 1 }, { INFINITY, 1, 1 }, { 1, 1, -INFINITY }, { 1, -0.5f, 1 }, { 0, 0, 0 } };
    float values[ROWS * N] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1 };

    for (crl_cost_kind kind = CRL_MEAN_SQUARED_ERROR; kind <= CRL_CROSS_ENTROPY; ++kind)
        for (size_t i = 0; i < COUNT(bad); ++i) {
            crl_targets targets = of_values(values);
            targets.weights = bad[i];
            targets.weights_count = ROWS;
            refused(CRL_ERROR_TARGET, kind, &targets, "weight");
        }
}

/* The edges of the ranges are inside. */
static void edges(void)
{
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    const int32_t indices[ROWS] = { 0, N - 1, 0 };
    const float values[ROWS * N] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1 }, one_row[ROWS] = { 0, 0, 2 };
    crl_targets targets = of_classes(indices);
    double C = NAN;

    cost.kind = CRL_CROSS_ENTROPY;
    OK(crl_cost(&cost, y, ROWS, N, N, &targets, &C, dC_dy, ROWS, N));
    CHECK(isfinite(C));
    for (crl_cost_kind kind = CRL_MEAN_SQUARED_ERROR; kind <= CRL_CROSS_ENTROPY; ++kind) {
        targets = of_values(values);
        targets.weights = one_row;
        targets.weights_count = ROWS;
        cost.kind = kind;
        C = NAN;
        OK(crl_cost(&cost, y, ROWS, N, N, &targets, &C, dC_dy, ROWS, N));
        CHECK(isfinite(C));
        CHECK(dC_dy[0] == 0 && dC_dy[2 * N - 1] == 0); /* rows of weight 0 do not count */
    }
}

int main(void)
{
    network = two_layers(INPUTS, 3, CRL_TANH, N, 1);
    OK(crl_network_parameters(network, &parameters, &count));
    fill(x, COUNT(x), 1);
    for (size_t i = 0; i < COUNT(y); ++i)
        y[i] = (float)(i + 1) / (ROWS * N + 1); /* probabilities, so that every cost takes them */

    classes();
    probabilities();
    not_finite();
    weights();
    edges();

    crl_network_destroy(network);
    return finish();
}
