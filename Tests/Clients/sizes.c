/* Counts, strides and shapes that are zero, too small, too large, or overflow when multiplied. */
#include <stdint.h>

#include "check.h"

enum { ROWS = 3, INPUTS = 3, OUTPUTS = 2 };

static crl_network *network;
static crl_workspace *workspace;
static float *parameters;
static size_t count;
static float x[ROWS * INPUTS], y[ROWS * OUTPUTS], dC_dy[ROWS * OUTPUTS], dC_dx[ROWS * INPUTS], gradients[64];
static crl_targets targets = CRL_TARGETS_INIT;
static const crl_cost_options cost = CRL_COST_OPTIONS_INIT;

/* Numbers of rows and strides whose products with the others overflow, or reach far beyond any memory. */
static const size_t absurd[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX / 4, SIZE_MAX / 8 + 1 };

/* Describes and builds inputs → units; CRL_OK, or the first failure, which must be of size or memory. */
static crl_status build_absurd(size_t inputs, size_t units)
{
    crl_network *huge = NULL;
    crl_status status = crl_network_create(inputs, &huge);
    if (status == CRL_OK)
        status = crl_network_add_dense(huge, units, CRL_RELU, NULL);
    if (status == CRL_OK)
        status = crl_network_build(huge, 0);
    CHECK(status == CRL_ERROR_SIZE || status == CRL_ERROR_MEMORY);
    CHECK(crl_error_message()[0] != '\0');
    crl_network_destroy(huge);
    return status;
}

static void networks(void)
{
    crl_network *none;
    crl_network *sum = NULL;
    const char *unequal[] = { "0", "1" };

    FAILS_NULLING(CRL_ERROR_SIZE, "0", none, crl_network_create(0, &none));
    OK(crl_network_create(INPUTS, &sum));
    FAILS(CRL_ERROR_SIZE, "0", crl_network_add_dense(sum, 0, CRL_RELU, NULL));

    for (size_t i = 0; i < COUNT(absurd); ++i) {
        build_absurd(absurd[i], 1);
        build_absurd(1, absurd[i]);
        build_absurd(absurd[i], absurd[i]);
    }
    build_absurd((size_t)1 << 32, (size_t)1 << 32);
    build_absurd((size_t)1 << 31, (size_t)1 << 31);
    build_absurd((size_t)1 << 22, (size_t)1 << 23);

    OK(crl_network_add_dense(sum, 4, CRL_RELU, NULL));
    OK(crl_network_add_dense(sum, 5, CRL_RELU, NULL));
    FAILS(CRL_ERROR_SIZE, "5", crl_network_add_sum(sum, unequal, 2, NULL));
    FAILS(CRL_ERROR_SIZE, "0", crl_network_add_sum(sum, unequal, 0, NULL));
    FAILS(CRL_ERROR_SIZE, "0", crl_network_add_concatenation(sum, unequal, 0, NULL));
    for (size_t i = 0; i < COUNT(absurd); ++i) {
        FAILS(CRL_ERROR_SIZE, "", crl_network_add_sum(sum, unequal, absurd[i], NULL));
        FAILS(CRL_ERROR_SIZE, "", crl_network_add_concatenation(sum, unequal, absurd[i], NULL));
    }
    crl_network_destroy(sum);
}

static void indices(void)
{
    const char *name = NULL;
    size_t units = 0;
    crl_tensor tensor = CRL_TENSOR_INIT;

    FAILS(CRL_ERROR_SIZE, "2", crl_network_layer(network, 2, &name, &units));
    FAILS(CRL_ERROR_SIZE, "18446744073709551615", crl_network_layer(network, SIZE_MAX, &name, &units));
    FAILS(CRL_ERROR_SIZE, "4", crl_network_tensor(network, 4, &tensor));
    FAILS(CRL_ERROR_SIZE, "18446744073709551615", crl_network_tensor(network, SIZE_MAX, &tensor));
    CHECK(name == NULL && units == 0 && tensor.name == NULL);
}

static void workspaces(void)
{
    crl_workspace *none;

    FAILS_NULLING(CRL_ERROR_SIZE, "0", none, crl_workspace_create(network, 0, CRL_TRAINING, &none));
    for (size_t i = 0; i < COUNT(absurd); ++i) {
        crl_status status = crl_workspace_create(network, absurd[i], CRL_TRAINING, &none);
        CHECK(status == CRL_ERROR_SIZE || status == CRL_ERROR_MEMORY);
        CHECK(none == NULL);
    }
}

static void forward(void)
{
    FAILS(CRL_ERROR_SIZE, "0", crl_forward(network, workspace, x, 0, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_SIZE, "4", crl_forward(network, workspace, x, ROWS + 1, INPUTS, y, ROWS + 1, OUTPUTS));
    FAILS(CRL_ERROR_SIZE, "2", crl_forward(network, workspace, x, ROWS, INPUTS - 1, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_SIZE, "2", crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS - 1, OUTPUTS));
    FAILS(CRL_ERROR_SIZE, "1", crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS - 1));
    FAILS(CRL_ERROR_SIZE, "0", crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS, 0));
    FAILS(CRL_ERROR_SIZE, "0", crl_network_predict(network, x, 0, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_SIZE, "2", crl_network_predict(network, x, ROWS, INPUTS - 1, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_SIZE, "2", crl_network_predict(network, x, ROWS, INPUTS, y, ROWS - 1, OUTPUTS));
    FAILS(CRL_ERROR_SIZE, "1", crl_network_predict(network, x, ROWS, INPUTS, y, ROWS, OUTPUTS - 1));
    for (size_t i = 0; i < COUNT(absurd); ++i) {
        FAILS(CRL_ERROR_SIZE, "", crl_forward(network, workspace, x, absurd[i], INPUTS, y, absurd[i], OUTPUTS));
        FAILS(CRL_ERROR_SIZE, "", crl_forward(network, workspace, x, ROWS, absurd[i], y, ROWS, OUTPUTS));
        FAILS(CRL_ERROR_SIZE, "", crl_network_predict(network, x, absurd[i], INPUTS, y, absurd[i], OUTPUTS));
        FAILS(CRL_ERROR_SIZE, "", crl_network_predict(network, x, ROWS, absurd[i], y, ROWS, OUTPUTS));
        FAILS(CRL_ERROR_SIZE, "", crl_network_predict(network, x, ROWS, INPUTS, y, ROWS, absurd[i]));
    }
}

static void costs(void)
{
    const int32_t zeros[ROWS] = { 0, 0, 0 };
    crl_cost_options cross_entropy = CRL_COST_OPTIONS_INIT;
    crl_targets wrong = targets, classes = CRL_TARGETS_INIT;
    double C = 77;

    cross_entropy.kind = CRL_CROSS_ENTROPY;
    classes.classes = zeros;
    FAILS(CRL_ERROR_SIZE, "0", crl_cost(&cost, y, 0, OUTPUTS, OUTPUTS, &targets, &C, NULL, 0, 0));
    FAILS(CRL_ERROR_SIZE, "0", crl_cost(&cost, y, ROWS, 0, OUTPUTS, &targets, &C, NULL, 0, 0));
    FAILS(CRL_ERROR_SIZE, "1", crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS - 1, &targets, &C, NULL, 0, 0));
    FAILS(CRL_ERROR_SIZE, "2", crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &targets, &C, dC_dy, ROWS - 1, OUTPUTS));
    FAILS(CRL_ERROR_SIZE, "1", crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &targets, &C, dC_dy, ROWS, OUTPUTS - 1));
    for (size_t i = 0; i < COUNT(absurd); ++i) {
        FAILS(CRL_ERROR_SIZE, "", crl_cost(&cost, y, absurd[i], OUTPUTS, OUTPUTS, &targets, &C, NULL, 0, 0));
        FAILS(CRL_ERROR_SIZE, "", crl_cost(&cost, y, ROWS, absurd[i], absurd[i], &targets, &C, NULL, 0, 0));
        FAILS(CRL_ERROR_SIZE, "", crl_cost(&cost, y, ROWS, OUTPUTS, absurd[i], &targets, &C, NULL, 0, 0));
        size_t *const counts[] = { &wrong.rows, &wrong.columns, &wrong.stride, &wrong.weights_count };
        for (size_t k = 0; k < COUNT(counts); ++k) {
            wrong = targets;
            wrong.weights = x;
            wrong.weights_count = ROWS;
            *counts[k] = absurd[i];
            FAILS(CRL_ERROR_SIZE, "", crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &wrong, &C, NULL, 0, 0));
        }
        classes.classes_count = absurd[i];
        FAILS(CRL_ERROR_SIZE, "", crl_cost(&cross_entropy, y, ROWS, OUTPUTS, OUTPUTS, &classes, &C, NULL, 0, 0));
    }
    wrong = targets;
    wrong.rows = ROWS - 1;
    FAILS(CRL_ERROR_SIZE, "2", crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &wrong, &C, NULL, 0, 0));
    wrong = targets;
    wrong.columns = wrong.stride = OUTPUTS + 1;
    FAILS(CRL_ERROR_SIZE, "3", crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &wrong, &C, NULL, 0, 0));
    wrong = targets;
    wrong.stride = 1;
    FAILS(CRL_ERROR_SIZE, "1", crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &wrong, &C, NULL, 0, 0));
    wrong = targets;
    wrong.weights = x;
    wrong.weights_count = ROWS - 1;
    FAILS(CRL_ERROR_SIZE, "2", crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &wrong, &C, NULL, 0, 0));
    CHECK(C == 77);
}

static void backward(void)
{
    const size_t stride = OUTPUTS;
    OK(crl_forward(network, workspace, x, ROWS, INPUTS, NULL, 0, 0));
    FAILS(CRL_ERROR_SIZE, "1", crl_backward(network, workspace, dC_dy, ROWS, 1, gradients, count, 0, NULL, 0, 0));
    FAILS(CRL_ERROR_SIZE, "25", crl_backward(network, workspace, dC_dy, ROWS, stride, gradients, count - 1, 0, NULL, 0, 0));
    FAILS(CRL_ERROR_SIZE, "27", crl_backward(network, workspace, dC_dy, ROWS, stride, gradients, count + 1, 0, NULL, 0, 0));
    FAILS(CRL_ERROR_SIZE, "2", crl_backward(network, workspace, dC_dy, ROWS, stride, gradients, count, 0, dC_dx, 2, INPUTS));
    FAILS(CRL_ERROR_SIZE, "2", crl_backward(network, workspace, dC_dy, ROWS, stride, gradients, count, 0, dC_dx, ROWS, 2));
    for (size_t i = 0; i < COUNT(absurd); ++i) {
        FAILS(CRL_ERROR_SIZE, "", crl_backward(network, workspace, dC_dy, ROWS, absurd[i], gradients, count, 0, NULL, 0, 0));
        FAILS(CRL_ERROR_SIZE, "", crl_backward(network, workspace, dC_dy, ROWS, stride, gradients, absurd[i], 0, NULL, 0, 0));
        FAILS(CRL_ERROR_SIZE, "",
              crl_backward(network, workspace, dC_dy, ROWS, stride, gradients, count, 0, dC_dx, ROWS, absurd[i]));
    }
}

static void training(void)
{
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    crl_targets wrong = targets;
    double C = 77;

    OK(crl_optimizer_create(network, &options, &optimizer));
    FAILS(CRL_ERROR_SIZE, "25", crl_step(optimizer, network, gradients, count - 1));
    FAILS(CRL_ERROR_SIZE, "27", crl_step(optimizer, network, gradients, count + 1));
    crl_optimizer_destroy(optimizer);

    FAILS(CRL_ERROR_SIZE, "0", crl_network_fit(network, x, 0, INPUTS, &targets, &train));
    FAILS(CRL_ERROR_SIZE, "2", crl_network_fit(network, x, ROWS, 2, &targets, &train));
    wrong.rows = 2;
    FAILS(CRL_ERROR_SIZE, "2", crl_network_fit(network, x, ROWS, INPUTS, &wrong, &train));
    train.epochs = SIZE_MAX;
    FAILS(CRL_ERROR_SIZE, "18446744073709551615", crl_network_fit(network, x, ROWS, INPUTS, &targets, &train));
    train.epochs = 0;
    FAILS(CRL_ERROR_SIZE, "0", crl_network_fit(network, x, ROWS, INPUTS, &targets, &train));
    train.epochs = 1;
    train.batch_size = 0;
    FAILS(CRL_ERROR_SIZE, "0", crl_network_fit(network, x, ROWS, INPUTS, &targets, &train));
    train.batch_size = SIZE_MAX;
    FAILS(CRL_ERROR_SIZE, "18446744073709551615", crl_network_fit(network, x, ROWS, INPUTS, &targets, &train));
    train.batch_size = 2;
    train.threads = 1025;
    FAILS(CRL_ERROR_SIZE, "1025", crl_network_fit(network, x, ROWS, INPUTS, &targets, &train));
    train.threads = SIZE_MAX;
    FAILS(CRL_ERROR_SIZE, "18446744073709551615", crl_network_fit(network, x, ROWS, INPUTS, &targets, &train));
    train.threads = 0;
    train.validation_x = x;
    train.validation_targets = &targets;
    train.validation_rows = 0;
    train.validation_stride = INPUTS;
    FAILS(CRL_ERROR_SIZE, "0", crl_network_fit(network, x, ROWS, INPUTS, &targets, &train));
    train.validation_rows = ROWS;
    train.validation_stride = 2;
    FAILS(CRL_ERROR_SIZE, "2", crl_network_fit(network, x, ROWS, INPUTS, &targets, &train));
    train.validation_stride = INPUTS;
    train.validation_targets = &wrong;
    FAILS(CRL_ERROR_SIZE, "2", crl_network_fit(network, x, ROWS, INPUTS, &targets, &train));
    for (size_t i = 0; i < COUNT(absurd); ++i) {
        train.validation_targets = &targets;
        train.validation_rows = absurd[i];
        FAILS(CRL_ERROR_SIZE, "", crl_network_fit(network, x, ROWS, INPUTS, &targets, &train));
        train.validation_rows = ROWS;
        train.validation_stride = absurd[i];
        FAILS(CRL_ERROR_SIZE, "", crl_network_fit(network, x, ROWS, INPUTS, &targets, &train));
        FAILS(CRL_ERROR_SIZE, "", crl_network_fit(network, x, absurd[i], INPUTS, &targets, NULL));
        FAILS(CRL_ERROR_SIZE, "", crl_network_fit(network, x, ROWS, absurd[i], &targets, NULL));
        FAILS(CRL_ERROR_SIZE, "",
              crl_network_value_and_gradient(network, &cost, x, absurd[i], INPUTS, &targets, &C, gradients, count));
        FAILS(CRL_ERROR_SIZE, "",
              crl_network_value_and_gradient(network, &cost, x, ROWS, INPUTS, &targets, &C, gradients, absurd[i]));
    }
    CHECK(C == 77);
}

int main(void)
{
    float before[64], y_before[ROWS * OUTPUTS], gradients_before[64];

    network = two_layers(INPUTS, 4, CRL_TANH, OUTPUTS, 1);
    OK(crl_workspace_create(network, ROWS, CRL_TRAINING, &workspace));
    OK(crl_network_parameters(network, &parameters, &count));
    CHECK(count == 26);
    fill(x, COUNT(x), 1);
    fill(y, COUNT(y), 2);
    fill(gradients, COUNT(gradients), 3);
    targets.values = dC_dy;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;
    memcpy(before, parameters, count * sizeof *before);
    memcpy(y_before, y, sizeof y);
    memcpy(gradients_before, gradients, sizeof gradients);

    networks();
    indices();
    workspaces();
    forward();
    costs();
    backward();
    training();

    CHECK(same_bits(before, parameters, count));
    CHECK(same_bits(y_before, y, COUNT(y)));
    CHECK(same_bits(gradients_before, gradients, COUNT(gradients)));

    crl_workspace_destroy(workspace);
    crl_network_destroy(network);
    return finish();
}
