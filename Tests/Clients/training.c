/* Training: the cost falls, minima are found, validation is reported, the seed decides everything, initializers keep to their ranges. */
#include <math.h>

#include "check.h"

enum { ROWS = 64, HELD_OUT = 16, INPUTS = 2, CLASSES = 2 };

static float x[(ROWS + HELD_OUT) * INPUTS];
static int32_t classes[ROWS + HELD_OUT];

typedef struct {
    size_t calls;
    crl_epoch first, last;
} history;

static int32_t on_epoch(void *user, const crl_epoch *epoch)
{
    history *seen = user;
    if (seen->calls++ == 0)
        seen->first = *epoch;
    seen->last = *epoch;
    return 0;
}

/* Trains a new network to tell the points inside a circle from those outside; the caller destroys it. */
static crl_network *trained(crl_optimizer_method method, float learning_rate, size_t batch_size, uint64_t seed,
                            history *seen)
{
    crl_network *network = two_layers(INPUTS, 12, CRL_TANH, CLASSES, seed);
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT, held_out = CRL_TARGETS_INIT;

    options.method = method;
    options.learning_rate = learning_rate;
    OK(crl_optimizer_create(network, &options, &optimizer));
    cost.kind = CRL_CROSS_ENTROPY;
    targets.classes = classes;
    targets.classes_count = ROWS;
    held_out.classes = classes + ROWS;
    held_out.classes_count = HELD_OUT;
    const crl_validation validation = validation_of(x + ROWS * INPUTS, HELD_OUT, INPUTS, &held_out);
    train.cost = &cost;
    train.optimizer = optimizer;
    train.epochs = 150;
    train.batch_size = batch_size;
    train.seed = seed;
    train.on_epoch = on_epoch;
    train.user = seen;
    OK(crl_network_fit(network, x, ROWS, INPUTS, &targets, &validation, &train));
    crl_optimizer_destroy(optimizer);
    return network;
}

static void cost_falls(crl_optimizer_method method, float learning_rate, size_t batch_size)
{
    history seen = { 0 };
    crl_network *network = trained(method, learning_rate, batch_size, 1, &seen);
    float y[(ROWS + HELD_OUT) * CLASSES];
    size_t right = 0;

    CHECK(seen.calls == 150 && seen.first.epoch == 1 && seen.last.epoch == 150 && seen.last.epochs == 150);
    CHECK(seen.last.cost < seen.first.cost / 2);
    CHECK(seen.last.validation_cost < seen.first.validation_cost);
    CHECK(seen.last.seconds > 0 && fabs(seen.last.samples_per_second * seen.last.seconds - ROWS) < 1e-3);

    /* The accuracy reported is the accuracy there is. */
    OK(crl_network_predict(network, x, ROWS + HELD_OUT, INPUTS, y, ROWS + HELD_OUT, CLASSES));
    for (size_t r = ROWS; r < ROWS + HELD_OUT; ++r)
        right += (y[r * CLASSES + 1] > y[r * CLASSES]) == (classes[r] == 1);
    CHECK(fabs(seen.last.validation_accuracy - (double)right / HELD_OUT) < 1e-12);
    CHECK(seen.last.validation_accuracy >= 0.75);
    crl_network_destroy(network);
}

static void seed_decides(void)
{
    history seen[3] = { { 0 }, { 0 }, { 0 } };
    crl_network *networks[3];
    float *parameters[3];
    size_t count = 0;

    for (int i = 0; i < 3; ++i) {
        networks[i] = trained(CRL_ADAM, 0.01f, 10, i < 2 ? 7 : 8, &seen[i]);
        OK(crl_network_parameters(networks[i], &parameters[i], &count));
    }
    CHECK(same_bits(parameters[0], parameters[1], count));
    CHECK(seen[0].last.cost == seen[1].last.cost);
    CHECK(!same_bits(parameters[0], parameters[2], count));
    for (int i = 0; i < 3; ++i)
        crl_network_destroy(networks[i]);
}

/* fit() without shuffling is the loop of primitives that one would write by hand. */
static void fit_is_the_loop(void)
{
    enum { BATCH = 16 };
    crl_network *fitted = two_layers(INPUTS, 5, CRL_SIGMOID, CLASSES, 3);
    crl_network *looped = two_layers(INPUTS, 5, CRL_SIGMOID, CLASSES, 3);
    crl_workspace *workspace = NULL;
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    float y[BATCH * CLASSES], dC_dy[BATCH * CLASSES], gradients[64], *a = NULL, *b = NULL;
    size_t count = 0;
    double C = 0;

    OK(crl_network_parameters(looped, &b, &count));
    cost.kind = CRL_CROSS_ENTROPY;
    OK(crl_workspace_create(looped, BATCH, CRL_PURPOSE_TRAINING, &workspace));
    OK(crl_optimizer_create(looped, &options, &optimizer));
    for (int epoch = 0; epoch < 2; ++epoch)
        for (size_t r = 0; r < ROWS; r += BATCH) {
            targets.classes = classes + r;
            targets.classes_count = BATCH;
            OK(crl_forward(looped, workspace, x + r * INPUTS, BATCH, INPUTS, y, BATCH, CLASSES));
            OK(crl_cost(&cost, y, BATCH, CLASSES, CLASSES, &targets, &C, dC_dy, BATCH, CLASSES));
            OK(crl_backward(looped, workspace, dC_dy, BATCH, CLASSES, gradients, count, 0, NULL, 0, 0));
            OK(crl_step(optimizer, looped, gradients, count));
        }

    targets.classes = classes;
    targets.classes_count = ROWS;
    train.cost = &cost;
    train.epochs = 2;
    train.batch_size = BATCH;
    train.shuffle = 0;
    OK(crl_network_fit(fitted, x, ROWS, INPUTS, &targets, NULL, &train));
    OK(crl_network_parameters(fitted, &a, &count));
    CHECK(same_bits(a, b, count));

    crl_optimizer_destroy(optimizer);
    crl_workspace_destroy(workspace);
    crl_network_destroy(fitted);
    crl_network_destroy(looped);
}

/* The first values of a dense layer 60 → 40, summed up. */
static void initializer(crl_initializer_kind kind, float a, float b, double low, double high, double mean, double variance)
{
    enum { IN = 60, OUT = 40 };
    crl_network *network = NULL;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    const crl_initializer given = { kind, a, b };
    float *w = NULL;
    size_t count = 0;
    double sum = 0, squares = 0;

    options.weight_initializer = given;
    OK(crl_network_create(IN, &network));
    OK(crl_network_add_dense(network, OUT, CRL_TANH, &options));
    OK(crl_network_build(network, 4));
    OK(crl_network_parameters(network, &w, &count));
    CHECK(count == IN * OUT + OUT);
    for (size_t i = 0; i < IN * OUT; ++i) {
        CHECK(w[i] >= low && w[i] <= high);
        sum += w[i];
        squares += (w[i] - mean) * (w[i] - mean);
    }
    for (size_t i = IN * OUT; i < count; ++i) /* biases, in the range of Glorot's weights */
        CHECK(w[i] != 0 && fabs(w[i]) <= sqrt(6.0 / (IN + OUT)) + 1e-7);
    CHECK(fabs(sum / (IN * OUT) - mean) <= 5 * sqrt(variance / (IN * OUT)) + 1e-7);
    CHECK(fabs(squares / (IN * OUT) - variance) <= 0.15 * variance);
    crl_network_destroy(network);
}

static void initializers(void)
{
    const double in = 60, out = 40;
    const double glorot = sqrt(6 / (in + out)) + 1e-7, he = sqrt(6 / in) + 1e-7, lecun = sqrt(3 / in) + 1e-7;
    initializer(CRL_INIT_DEFAULT, 0, 0, -glorot, glorot, 0, 2 / (in + out)); /* tanh: Glorot uniform */
    initializer(CRL_INIT_ZEROS, 0, 0, 0, 0, 0, 0);
    initializer(CRL_INIT_CONSTANT, -0.25f, 0, -0.25, -0.25, -0.25, 0);
    initializer(CRL_INIT_UNIFORM, -1, 3, -1, 3, 1, 16.0 / 12);
    initializer(CRL_INIT_NORMAL, 2, 0.5f, -1, 5, 2, 0.25);
    initializer(CRL_INIT_GLOROT_UNIFORM, 0, 0, -glorot, glorot, 0, 2 / (in + out));
    initializer(CRL_INIT_GLOROT_NORMAL, 0, 0, -1, 1, 0, 2 / (in + out));
    initializer(CRL_INIT_HE_UNIFORM, 0, 0, -he, he, 0, 2 / in);
    initializer(CRL_INIT_HE_NORMAL, 0, 0, -1.5, 1.5, 0, 2 / in);
    initializer(CRL_INIT_LECUN_UNIFORM, 0, 0, -lecun, lecun, 0, 1 / in);
    initializer(CRL_INIT_LECUN_NORMAL, 0, 0, -1, 1, 0, 1 / in);
}

static int32_t on_iteration(void *user, const crl_iteration *iteration)
{
    double *cost = user;
    CHECK(iteration->cost <= *cost * (1 + 1e-6)); /* as far as float32 can tell */
    *cost = iteration->cost;
    return 0;
}

/* Every method finds parameters with a low cost, and reports the cost that they have. */
static void minima(void)
{
    const crl_minimizer methods[] = { CRL_LBFGS, CRL_BFGS, CRL_FLETCHER_REEVES, CRL_POLAK_RIBIERE, CRL_NEWTON_CG,
                                      CRL_LEVENBERG_MARQUARDT };
    float values[ROWS * CLASSES];
    for (size_t i = 0; i < COUNT(values); ++i)
        values[i] = (size_t)classes[i / CLASSES] == i % CLASSES;
    for (size_t i = 0; i < COUNT(methods); ++i) {
        crl_network *network = two_layers(INPUTS, 12, CRL_TANH, CLASSES, 1);
        crl_targets targets = CRL_TARGETS_INIT;
        crl_minimize_options options = CRL_MINIMIZE_OPTIONS_INIT;
        crl_minimum minimum = CRL_MINIMUM_INIT;
        double cost = HUGE_VAL, now = 0;
        targets.values = values, targets.rows = ROWS, targets.columns = CLASSES, targets.stride = CLASSES;
        options.method = methods[i], options.max_iterations = 200, options.target_cost = 0.08;
        options.on_iteration = on_iteration, options.user = &cost;
        OK(crl_network_minimize(network, x, ROWS, INPUTS, &targets, NULL, &options, &minimum));
        CHECK(minimum.reason == CRL_MINIMUM_TARGET && minimum.cost <= 0.08);
        OK(crl_network_value_and_gradient(network, NULL, x, ROWS, INPUTS, &targets, &now, NULL, 0));
        CHECK(now == minimum.cost);
        crl_network_destroy(network);
    }
}

int main(void)
{
    fill(x, COUNT(x), 1);
    for (size_t r = 0; r < COUNT(classes); ++r)
        classes[r] = x[r * INPUTS] * x[r * INPUTS] + x[r * INPUTS + 1] * x[r * INPUTS + 1] < 0.6f;

    cost_falls(CRL_GRADIENT_DESCENT, 0.5f, 10); /* the last batch of an epoch has 4 */
    cost_falls(CRL_MOMENTUM, 0.1f, 10);
    cost_falls(CRL_NESTEROV, 0.1f, 10);
    cost_falls(CRL_ADAGRAD, 0.5f, 10);
    cost_falls(CRL_RMSPROP, 0.02f, 10);
    cost_falls(CRL_ADAM, 0.02f, 10);
    cost_falls(CRL_ADAMW, 0.02f, 10);
    cost_falls(CRL_AMSGRAD, 0.02f, 10);
    cost_falls(CRL_NADAM, 0.02f, 10);
    cost_falls(CRL_LION, 0.005f, 10);
    cost_falls(CRL_IRPROP_MINUS, 0.1f, ROWS); /* these two are for gradients over all of the data */
    cost_falls(CRL_QUICKPROP, 0.5f, ROWS);
    minima();
    seed_decides();
    fit_is_the_loop();
    initializers();
    return finish();
}
