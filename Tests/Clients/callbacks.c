/* Custom activations, costs and progress callbacks: their arguments, and the effects of their failures. */
#include <math.h>
#include <stdio.h>

#include "check.h"

enum { ROWS = 4, INPUTS = 3, HIDDEN = 5, OUTPUTS = 2, PARAMETERS = HIDDEN * (INPUTS + 1) + OUTPUTS * (HIDDEN + 1) };

static float x[ROWS * INPUTS], t[ROWS * OUTPUTS], y[ROWS * OUTPUTS], gradients[PARAMETERS];
static crl_targets targets = CRL_TARGETS_INIT;

/* What a callback does wrong, and how often it was called. */
typedef struct {
    enum { FINE, RETURNS_42, WRITES_NAN, WRITES_NAN_GRADIENT, WRITES_NOTHING } conduct;
    int calls;
    size_t rows, columns, target_columns;
    int has_targets, has_weights, wants_gradient;
} witness;

static int32_t softsign(void *user, const float *z, float *h, size_t rows, size_t columns)
{
    witness *seen = user;
    seen->calls++;
    seen->rows = rows;
    seen->columns = columns;
    for (size_t i = 0; i < rows * columns; ++i)
        h[i] = seen->conduct == WRITES_NAN && i == rows * columns - 1 ? NAN : z[i] / (1 + fabsf(z[i]));
    return seen->conduct == RETURNS_42 ? 42 : 0;
}

static int32_t softsign_derivative(void *user, const float *z, const float *h, float *dh_dz, size_t rows, size_t columns)
{
    witness *seen = user;
    for (size_t i = 0; i < rows * columns; ++i) {
        CHECK(h[i] == z[i] / (1 + fabsf(z[i])));
        dh_dz[i] = seen->conduct == WRITES_NAN_GRADIENT && i == 0 ? NAN : 1 / ((1 + fabsf(z[i])) * (1 + fabsf(z[i])));
    }
    return seen->conduct == WRITES_NOTHING ? -7 : 0;
}

/* C = Σ (y − t)² / 2, the text's cost. */
static int32_t half_squares(void *user, const float *outputs, const float *wanted, const float *weights, size_t rows,
                            size_t columns, size_t target_columns, double *C, float *dC_dy)
{
    witness *seen = user;
    double sum = 0;
    seen->calls++;
    seen->rows = rows;
    seen->columns = columns;
    seen->target_columns = target_columns;
    seen->has_targets = wanted != NULL;
    seen->has_weights = weights != NULL;
    seen->wants_gradient = dC_dy != NULL;
    for (size_t i = 0; i < rows * columns; ++i) {
        const double difference = outputs[i] - (wanted ? wanted[i] : 0.0f);
        sum += difference * difference / 2;
        if (dC_dy)
            dC_dy[i] = seen->conduct == WRITES_NAN_GRADIENT ? NAN : (float)difference;
    }
    if (seen->conduct != WRITES_NOTHING)
        *C = seen->conduct == WRITES_NAN ? NAN : sum;
    return seen->conduct == RETURNS_42 ? 42 : 0;
}

static crl_network *softsign_network(witness *seen)
{
    crl_network *network = NULL;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    options.name = "soft";
    options.function = softsign;
    options.derivative = softsign_derivative;
    options.user = seen;
    OK(crl_network_create(INPUTS, &network));
    OK(crl_network_add_dense(network, HIDDEN, CRL_CUSTOM_ACTIVATION, &options));
    OK(crl_network_add_dense(network, OUTPUTS, CRL_IDENTITY, NULL));
    OK(crl_network_build(network, 1));
    return network;
}

static void activations(void)
{
    witness seen = { FINE, 0, 0, 0, 0, 0, 0, 0 };
    crl_network *network = softsign_network(&seen);
    crl_workspace *workspace = NULL;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    const float *z = NULL, *h = NULL;
    float *parameters = NULL, before[PARAMETERS];
    size_t rows = 0, columns = 0, count = 0;
    double C = 77;

    OK(crl_network_parameters(network, &parameters, &count));
    memcpy(before, parameters, sizeof before);
    OK(crl_workspace_create(network, ROWS, CRL_PURPOSE_TRAINING, &workspace));
    OK(crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    CHECK(seen.calls > 0 && seen.columns == HIDDEN);
    OK(crl_workspace_values(workspace, "soft", CRL_QUANTITY_Z, &z, &rows, &columns));
    OK(crl_workspace_values(workspace, "soft", CRL_QUANTITY_H, &h, &rows, &columns));
    CHECK(rows == ROWS && columns == HIDDEN);
    for (size_t i = 0; i < ROWS * HIDDEN; ++i)
        CHECK(h[i] == z[i] / (1 + fabsf(z[i])));
    OK(crl_backward(network, workspace, y, ROWS, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));

    seen.conduct = RETURNS_42;
    FAILS(CRL_ERROR_CALLBACK, "42", crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_CALLBACK, "soft", crl_network_predict(network, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_CALLBACK, "42",
          crl_network_value_and_gradient(network, &cost, x, ROWS, INPUTS, &targets, &C, gradients, PARAMETERS));
    FAILS(CRL_ERROR_CALLBACK, "42", crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, NULL));
    FAILS(CRL_ERROR_NO_FORWARD, "forward",
          crl_backward(network, workspace, y, ROWS, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));
    seen.conduct = WRITES_NAN;
    FAILS(CRL_ERROR_CALLBACK, "soft", crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_CALLBACK, "soft", crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, NULL));

    seen.conduct = WRITES_NAN_GRADIENT;
    OK(crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_CALLBACK, "soft",
          crl_backward(network, workspace, y, ROWS, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));
    FAILS(CRL_ERROR_CALLBACK, "soft", crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, NULL));
    seen.conduct = WRITES_NOTHING;
    OK(crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_CALLBACK, "-7",
          crl_backward(network, workspace, y, ROWS, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));
    CHECK(C == 77);
    CHECK(same_bits(before, parameters, PARAMETERS));

    crl_workspace_destroy(workspace);
    crl_network_destroy(network);
}

static void costs(void)
{
    witness seen = { FINE, 0, 0, 0, 0, 0, 0, 0 };
    crl_network *network = two_layers(INPUTS, HIDDEN, CRL_TANH, OUTPUTS, 1);
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    float dC_dy[ROWS * OUTPUTS], *parameters = NULL, before[PARAMETERS];
    const float weights[ROWS] = { 1, 2, 3, 4 };
    crl_targets weighted = targets;
    size_t count = 0;
    double C = NAN, expected = 0;

    OK(crl_network_parameters(network, &parameters, &count));
    memcpy(before, parameters, sizeof before);
    cost.kind = CRL_CUSTOM_COST;
    cost.function = half_squares;
    cost.user = &seen;
    train.cost = &cost;

    OK(crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &targets, &C, dC_dy, ROWS, OUTPUTS));
    for (size_t i = 0; i < ROWS * OUTPUTS; ++i) {
        expected += ((double)y[i] - t[i]) * ((double)y[i] - t[i]) / 2;
        CHECK(dC_dy[i] == y[i] - t[i]);
    }
    CHECK(fabs(C - expected) < 1e-6);
    CHECK(seen.calls == 1 && seen.rows == ROWS && seen.columns == OUTPUTS && seen.target_columns == OUTPUTS);
    CHECK(seen.has_targets && !seen.has_weights && seen.wants_gradient);
    weighted.weights = weights;
    weighted.weights_count = ROWS;
    OK(crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &weighted, &C, NULL, 0, 0));
    CHECK(seen.has_targets && seen.has_weights && seen.wants_gradient); /* a place for it even when the caller wants none */
    OK(crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, NULL, &C, NULL, 0, 0));
    CHECK(!seen.has_targets && !seen.has_weights && seen.target_columns == 0);

    for (int conduct = RETURNS_42; conduct <= WRITES_NOTHING; ++conduct) {
        const char *text = conduct == RETURNS_42 ? "42" : "";
        seen.conduct = conduct;
        C = 77;
        FAILS(CRL_ERROR_CALLBACK, text, crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &targets, &C, dC_dy, ROWS, OUTPUTS));
        FAILS(CRL_ERROR_CALLBACK, text,
              crl_network_value_and_gradient(network, &cost, x, ROWS, INPUTS, &targets, &C, gradients, PARAMETERS));
        FAILS(CRL_ERROR_CALLBACK, text, crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &train));
        CHECK(C == 77);
        CHECK(same_bits(before, parameters, PARAMETERS));
    }
    seen.conduct = FINE;
    OK(crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &train));
    CHECK(!same_bits(before, parameters, PARAMETERS));
    crl_network_destroy(network);
}

/* What the progress callback keeps of each epoch. It also predicts: that is allowed. */
typedef struct {
    crl_network *network;
    size_t calls, stop_after, epochs;
    double last_cost;
} progress;

static int32_t on_epoch(void *user, const crl_epoch *epoch)
{
    progress *seen = user;
    float outputs[ROWS * OUTPUTS];
    seen->calls++;
    CHECK(epoch->size >= PUBLISHED(crl_epoch) && epoch->epoch == seen->calls && epoch->epochs == seen->epochs);
    CHECK(isfinite(epoch->cost) && epoch->cost >= 0);
    CHECK(epoch->seconds >= 0 && epoch->samples_per_second > 0);
    CHECK(isnan(epoch->validation_cost) && isnan(epoch->validation_accuracy));
    OK(crl_network_predict(seen->network, x, ROWS, INPUTS, outputs, ROWS, OUTPUTS));
    seen->last_cost = epoch->cost;
    return seen->calls == seen->stop_after ? 5 : 0;
}

/* Cancelled after three epochs of ten: the parameters are those of three epochs. */
static void cancelling(void)
{
    crl_network *cancelled = two_layers(INPUTS, HIDDEN, CRL_TANH, OUTPUTS, 1);
    crl_network *short_run = two_layers(INPUTS, HIDDEN, CRL_TANH, OUTPUTS, 1);
    progress stopped = { cancelled, 0, 3, 10, NAN }, whole = { short_run, 0, 0, 3, NAN };
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    float *a = NULL, *b = NULL;
    size_t count = 0;

    train.batch_size = 2;
    train.on_epoch = on_epoch;
    train.epochs = 10;
    train.user = &stopped;
    FAILS(CRL_CANCELLED, "3", crl_network_fit(cancelled, x, ROWS, INPUTS, &targets, NULL, &train));
    CHECK(stopped.calls == 3);
    train.epochs = 3;
    train.user = &whole;
    OK(crl_network_fit(short_run, x, ROWS, INPUTS, &targets, NULL, &train));
    CHECK(whole.calls == 3 && whole.last_cost == stopped.last_cost);

    OK(crl_network_parameters(cancelled, &a, &count));
    OK(crl_network_parameters(short_run, &b, &count));
    CHECK(same_bits(a, b, count));
    crl_network_destroy(cancelled);
    crl_network_destroy(short_run);
}

int main(void)
{
    fill(x, COUNT(x), 1);
    fill(t, COUNT(t), 2);
    fill(y, COUNT(y), 3);
    targets.values = t;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;

    activations();
    costs();
    cancelling();
    return finish();
}
