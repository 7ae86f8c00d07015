/* A custom cost and a custom activation. They find the curve with nine tenths of noisy measurements below it.
 *
 * The pinball cost, (1/n) Σ max(q (t − y), (q − 1)(t − y)), is least where y is the q-quantile of the targets t. The hidden
 * layer's activation is a bell, σ(z) = exp(−z²), σ'(z) = −2 z σ(z).
 */
#include <chainrule.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 2000, HIDDEN = 20 };

static void check(crl_status status)
{
    if (status != CRL_OK) {
        fprintf(stderr, "%s: %s\n", crl_status_name(status), crl_error_message());
        exit(EXIT_FAILURE);
    }
}

static int32_t bell(void *user, const float *z, float *h, size_t rows, size_t columns)
{
    (void)user;
    for (size_t i = 0; i < rows * columns; ++i)
        h[i] = expf(-z[i] * z[i]);
    return 0;
}

static int32_t bell_derivative(void *user, const float *z, const float *h, float *dh_dz, size_t rows, size_t columns)
{
    (void)user;
    for (size_t i = 0; i < rows * columns; ++i)
        dh_dz[i] = -2 * z[i] * h[i];
    return 0;
}

static int32_t pinball(void *user, const float *y, const float *t, const float *weights, size_t rows, size_t columns,
                       size_t target_columns, double *C, float *dC_dy)
{
    const float q = *(const float *)user;
    const size_t n = rows * columns;
    double sum = 0;

    if (!t || weights || target_columns != columns)
        return 1; /* the call that needs the cost then fails with CRL_ERROR_CALLBACK */
    for (size_t i = 0; i < n; ++i) {
        const float slope = t[i] > y[i] ? -q : 1 - q;
        sum += (double)slope * ((double)y[i] - (double)t[i]);
        if (dC_dy)
            dC_dy[i] = slope / (float)n;
    }
    *C = sum / (double)n;
    return 0;
}

/* Reproducible numbers in [0, 1). */
static float uniform(void)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / 16777216.0f;
}

int main(void)
{
    static float x[ROWS], t[ROWS], y[ROWS];
    float q = 0.9f;
    size_t below = 0;

    for (int r = 0; r < ROWS; ++r) {
        x[r] = 6 * uniform() - 3;
        t[r] = sinf(x[r]) + (0.2f + 0.2f * fabsf(x[r])) * (uniform() + uniform() + uniform() - 1.5f);
    }

    crl_network *network = NULL;
    crl_layer_options bells = CRL_LAYER_OPTIONS_INIT;
    bells.function = bell;
    bells.derivative = bell_derivative;
    check(crl_network_create(1, &network));
    check(crl_network_add_dense(network, HIDDEN, CRL_CUSTOM_ACTIVATION, &bells));
    check(crl_network_add_dense(network, 1, CRL_IDENTITY, NULL));
    check(crl_network_build(network, 1));

    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    cost.kind = CRL_CUSTOM_COST;
    cost.function = pinball;
    cost.user = &q;

    crl_targets targets = CRL_TARGETS_INIT;
    targets.values = t;
    targets.rows = ROWS;
    targets.columns = targets.stride = 1;

    crl_train_options options = CRL_TRAIN_OPTIONS_INIT; /* Adam */
    options.cost = &cost;
    options.epochs = 60;
    check(crl_network_fit(network, x, ROWS, 1, &targets, NULL, &options));

    check(crl_network_predict(network, x, ROWS, 1, y, ROWS, 1));
    for (int r = 0; r < ROWS; ++r)
        below += t[r] < y[r];
    const double share = (double)below / ROWS;
    printf("%.1f %% of the measurements lie below the curve; %.0f %% were asked for\n", 100 * share, 100 * (double)q);

    crl_network_destroy(network);
    return fabs(share - (double)q) < 0.03 ? EXIT_SUCCESS : EXIT_FAILURE;
}
