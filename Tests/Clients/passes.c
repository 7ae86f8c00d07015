/* Forward, cost, backward and step against networks worked out by hand, and against each other. */
#include <math.h>

#include "check.h"

static int near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * (1 + fabs(b));
}

/* The text's chain y = σ(w2 σ(w1 x)), with every intermediate. */
static void chain_of_two_weights(void)
{
    crl_network *network = NULL;
    crl_workspace *workspace = NULL;
    crl_layer_options no_bias = CRL_LAYER_OPTIONS_INIT;
    const float x = 0.8f, one = 1.0f;
    const double w1 = 1.5, w2 = -2.0;
    float *w = NULL, gradients[2], y = 0, dy_dx = 0;
    const float *value = NULL;
    size_t count = 0, rows = 0, columns = 0;

    no_bias.bias = 0;
    OK(crl_network_create(1, &network));
    OK(crl_network_add_dense(network, 1, CRL_SIGMOID, &no_bias));
    OK(crl_network_add_dense(network, 1, CRL_SIGMOID, &no_bias));
    OK(crl_network_build(network, 0));
    OK(crl_network_parameters(network, &w, &count));
    CHECK(count == 2);
    w[0] = (float)w1;
    w[1] = (float)w2;
    OK(crl_workspace_create(network, 1, CRL_PURPOSE_TRAINING, &workspace));
    OK(crl_forward(network, workspace, &x, 1, 1, &y, 1, 1));
    OK(crl_backward(network, workspace, &one, 1, 1, gradients, 2, 0, &dy_dx, 1, 1));

    const double z1 = w1 * (double)x, h1 = 1 / (1 + exp(-z1)), z2 = w2 * h1, h2 = 1 / (1 + exp(-z2));
    const double s2 = h2 * (1 - h2), delta1 = w2 * s2, s1 = delta1 * h1 * (1 - h1);
    const struct {
        const char *layer;
        crl_quantity quantity;
        double expected;
    } intermediates[] = {
        { "input", CRL_QUANTITY_H, (double)x }, { "0", CRL_QUANTITY_Z, z1 }, { "0", CRL_QUANTITY_H, h1 },         { "1", CRL_QUANTITY_Z, z2 },
        { "1", CRL_QUANTITY_H, h2 },            { "1", CRL_QUANTITY_DELTA, 1 }, { "0", CRL_QUANTITY_DELTA, delta1 }, { "input", CRL_QUANTITY_DELTA, w1 * s1 },
    };
    CHECK(near(y, h2));
    CHECK(near(gradients[1], s2 * h1));      /* dy/dw2 */
    CHECK(near(gradients[0], s1 * (double)x)); /* dy/dw1 */
    CHECK(near(dy_dx, w1 * s1));
    for (size_t i = 0; i < COUNT(intermediates); ++i) {
        OK(crl_workspace_values(workspace, intermediates[i].layer, intermediates[i].quantity, &value, &rows, &columns));
        CHECK(rows == 1 && columns == 1 && near(value[0], intermediates[i].expected));
    }
    crl_workspace_destroy(workspace);
    crl_network_destroy(network);
}

/* 2 → 2 ReLU → 1, in halves and quarters, so that every number is exact. */
static void exact_numbers(void)
{
    crl_network *network = two_layers(2, 2, CRL_RELU, 1, 0);
    crl_workspace *workspace = NULL;
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    const float parameters[] = { 1, -1, 2, 1, 0.5f, -1, 4, 0.5f, 0.25f }; /* W1, b1, W2, b2 */
    const float x[] = { 1, 2 }, t[] = { 0.75f };
    const float gradient[] = { 0, 0, 1, 2, 0, 1, 0, 6, 2 }, dC_dx_expected[] = { 2, 1 };
    const float stepped[] = { 1, -1, 1.5f, 0, 0.5f, -1.5f, 4, -2.5f, -0.75f };
    const char *const names[] = { "0.weight", "0.bias", "1.weight", "1.bias" };
    const size_t shapes[][3] = { { 0, 2, 2 }, { 4, 2, 1 }, { 6, 1, 2 }, { 8, 1, 1 } };
    float *w = NULL, y = 0, dC_dy = 0, g[9], dC_dx[2];
    size_t count = 0;
    double C = 0;

    OK(crl_network_parameters(network, &w, &count));
    CHECK(count == COUNT(parameters));
    for (size_t i = 0; i < COUNT(names); ++i) {
        crl_tensor tensor = CRL_TENSOR_INIT, found = CRL_TENSOR_INIT;
        OK(crl_network_tensor(network, i, &tensor));
        OK(crl_network_find_tensor(network, names[i], &found));
        CHECK(strcmp(tensor.name, names[i]) == 0 && strcmp(found.name, names[i]) == 0);
        CHECK(tensor.offset == shapes[i][0] && tensor.rows == shapes[i][1] && tensor.columns == shapes[i][2]);
        /* A weight is a matrix even of one column. */
        CHECK(tensor.rank == 2 - i % 2);
        CHECK(found.offset == shapes[i][0] && found.rows == shapes[i][1] && found.columns == shapes[i][2] && found.rank == tensor.rank);
    }
    memcpy(w, parameters, sizeof parameters);
    OK(crl_workspace_create(network, 1, CRL_PURPOSE_TRAINING, &workspace));
    OK(crl_forward(network, workspace, x, 1, 2, &y, 1, 1));
    CHECK(y == 1.75f);

    targets.values = t;
    targets.rows = targets.columns = targets.stride = 1;
    OK(crl_cost(&cost, &y, 1, 1, 1, &targets, &C, &dC_dy, 1, 1));
    CHECK(C == 1.0 && dC_dy == 2.0f);
    OK(crl_backward(network, workspace, &dC_dy, 1, 1, g, 9, 0, dC_dx, 1, 2));
    CHECK(memcmp(dC_dx, dC_dx_expected, sizeof dC_dx) == 0);
    for (size_t i = 0; i < COUNT(gradient); ++i)
        CHECK(g[i] == gradient[i]);

    options.method = CRL_GRADIENT_DESCENT;
    options.learning_rate = 0.5f;
    OK(crl_optimizer_create(network, &options, &optimizer));
    OK(crl_step(optimizer, network, g, 9));
    for (size_t i = 0; i < COUNT(stepped); ++i)
        CHECK(w[i] == stepped[i]);

    crl_optimizer_destroy(optimizer);
    crl_workspace_destroy(workspace);
    crl_network_destroy(network);
}

/* Momentum and Adam, three steps, against their formulas in double. */
static void steps(crl_optimizer_method method)
{
    crl_network *network = two_layers(1, 1, CRL_TANH, 1, 3);
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    double w[4], first[4] = { 0 }, second[4] = { 0 };
    float *parameters = NULL, g[4];
    size_t count = 0;

    options.method = method;
    options.learning_rate = 0.1f;
    OK(crl_network_parameters(network, &parameters, &count));
    CHECK(count == 4);
    for (int i = 0; i < 4; ++i)
        w[i] = parameters[i];
    OK(crl_optimizer_create(network, &options, &optimizer));
    for (uint32_t step = 1; step <= 3; ++step) {
        fill(g, 4, step);
        OK(crl_step(optimizer, network, g, 4));
        for (int i = 0; i < 4; ++i) {
            if (method == CRL_MOMENTUM) {
                first[i] = 0.9 * first[i] + g[i];
                w[i] -= 0.1 * first[i];
            } else {
                first[i] = 0.9 * first[i] + 0.1 * g[i];
                second[i] = 0.999 * second[i] + 0.001 * g[i] * g[i];
                const double m = first[i] / (1 - pow(0.9, step)), v = second[i] / (1 - pow(0.999, step));
                w[i] -= 0.1 * m / (sqrt(v) + 1e-8);
            }
            CHECK(fabs(parameters[i] - w[i]) < 1e-5);
        }
    }
    crl_optimizer_destroy(optimizer);
    crl_network_destroy(network);
}

enum { ROWS = 21, INPUTS = 7, HIDDEN = 19, OUTPUTS = 5, PARAMETERS = HIDDEN * (INPUTS + 1) + OUTPUTS * (HIDDEN + 1) };

static float x[ROWS * INPUTS], t[ROWS * OUTPUTS], y[ROWS * OUTPUTS], dC_dy[ROWS * OUTPUTS], dC_dx[ROWS * INPUTS];
static float gradients[PARAMETERS];

static void one_way_or_another(crl_network *network, crl_workspace *workspace, const crl_cost_options *cost,
                               const crl_targets *targets)
{
    float predicted[ROWS * OUTPUTS], row[OUTPUTS], again[PARAMETERS];
    double C = 0, C_again = 0;

    OK(crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    OK(crl_network_predict(network, x, ROWS, INPUTS, predicted, ROWS, OUTPUTS));
    CHECK(same_bits(y, predicted, COUNT(y)));

    /* A row's output does not depend on the rows beside it. */
    for (size_t r = 0; r < ROWS; ++r) {
        OK(crl_network_predict(network, x + r * INPUTS, 1, INPUTS, row, 1, OUTPUTS));
        CHECK(same_bits(row, y + r * OUTPUTS, OUTPUTS));
    }
    for (size_t rows = 2; rows < ROWS; ++rows) {
        OK(crl_network_predict(network, x, rows, INPUTS, predicted, rows, OUTPUTS));
        CHECK(same_bits(predicted, y, rows * OUTPUTS));
    }

    OK(crl_cost(cost, y, ROWS, OUTPUTS, OUTPUTS, targets, &C, dC_dy, ROWS, OUTPUTS));
    OK(crl_backward(network, workspace, dC_dy, ROWS, OUTPUTS, gradients, PARAMETERS, 0, dC_dx, ROWS, INPUTS));
    OK(crl_network_value_and_gradient(network, cost, x, ROWS, INPUTS, targets, &C_again, again, PARAMETERS));
    CHECK(C == C_again);
    CHECK(same_bits(gradients, again, PARAMETERS));

    /* accumulate adds. */
    OK(crl_backward(network, workspace, dC_dy, ROWS, OUTPUTS, again, PARAMETERS, 1, NULL, 0, 0));
    for (size_t i = 0; i < PARAMETERS; ++i)
        CHECK(near(again[i], 2 * (double)gradients[i]));
}

/* Strides wider than the columns give the same numbers and leave what lies between alone. */
static void strides(crl_network *network, crl_workspace *workspace, const crl_cost_options *cost, const crl_targets *targets)
{
    enum { GAP = 3 };
    float wide_x[ROWS * (INPUTS + GAP)], wide_dC_dx[ROWS * (INPUTS + GAP)];
    float wide_y[ROWS * (OUTPUTS + GAP)], wide_t[ROWS * (OUTPUTS + GAP)], wide_dC_dy[ROWS * (OUTPUTS + GAP)];
    float again[PARAMETERS];
    crl_targets wide_targets = *targets;
    double C = 0, wide_C = 1;

    for (size_t r = 0; r < ROWS; ++r) {
        for (size_t c = 0; c < INPUTS + GAP; ++c) {
            wide_x[r * (INPUTS + GAP) + c] = c < INPUTS ? x[r * INPUTS + c] : NAN;
            wide_dC_dx[r * (INPUTS + GAP) + c] = 77;
        }
        for (size_t c = 0; c < OUTPUTS + GAP; ++c) {
            wide_t[r * (OUTPUTS + GAP) + c] = c < OUTPUTS ? t[r * OUTPUTS + c] : NAN;
            wide_y[r * (OUTPUTS + GAP) + c] = wide_dC_dy[r * (OUTPUTS + GAP) + c] = 77;
        }
    }
    wide_targets.values = wide_t;
    wide_targets.stride = OUTPUTS + GAP;
    OK(crl_cost(cost, y, ROWS, OUTPUTS, OUTPUTS, targets, &C, NULL, 0, 0));
    OK(crl_forward(network, workspace, wide_x, ROWS, INPUTS + GAP, wide_y, ROWS, OUTPUTS + GAP));
    OK(crl_cost(cost, wide_y, ROWS, OUTPUTS, OUTPUTS + GAP, &wide_targets, &wide_C, wide_dC_dy, ROWS, OUTPUTS + GAP));
    OK(crl_backward(network, workspace, wide_dC_dy, ROWS, OUTPUTS + GAP, again, PARAMETERS, 0, wide_dC_dx, ROWS,
                    INPUTS + GAP));
    CHECK(C == wide_C);
    CHECK(same_bits(gradients, again, PARAMETERS));
    for (size_t r = 0; r < ROWS; ++r) {
        CHECK(same_bits(wide_y + r * (OUTPUTS + GAP), y + r * OUTPUTS, OUTPUTS));
        CHECK(same_bits(wide_dC_dy + r * (OUTPUTS + GAP), dC_dy + r * OUTPUTS, OUTPUTS));
        CHECK(same_bits(wide_dC_dx + r * (INPUTS + GAP), dC_dx + r * INPUTS, INPUTS));
        for (size_t c = 0; c < GAP; ++c) {
            CHECK(wide_y[r * (OUTPUTS + GAP) + OUTPUTS + c] == 77 && wide_dC_dy[r * (OUTPUTS + GAP) + OUTPUTS + c] == 77);
            CHECK(wide_dC_dx[r * (INPUTS + GAP) + INPUTS + c] == 77);
        }
    }
    memset(wide_y, 0, sizeof wide_y);
    OK(crl_network_predict(network, wide_x, ROWS, INPUTS + GAP, wide_y, ROWS, OUTPUTS + GAP));
    CHECK(same_bits(wide_y, y, OUTPUTS) && wide_y[OUTPUTS] == 0);
}

int main(void)
{
    crl_network *network = two_layers(INPUTS, HIDDEN, CRL_TANH, OUTPUTS, 1);
    crl_workspace *workspace = NULL;
    const crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;

    fill(x, COUNT(x), 1);
    fill(t, COUNT(t), 2);
    targets.values = t;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;
    OK(crl_workspace_create(network, ROWS, CRL_PURPOSE_TRAINING, &workspace));

    chain_of_two_weights();
    exact_numbers();
    steps(CRL_MOMENTUM);
    steps(CRL_ADAM);
    one_way_or_another(network, workspace, &cost, &targets);
    strides(network, workspace, &cost, &targets);

    crl_workspace_destroy(workspace);
    crl_network_destroy(network);
    return finish();
}
