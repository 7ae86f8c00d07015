/* Growing a network: the two spirals, in C99 by the header alone. */
#include <math.h>

#include "check.h"

enum { POINTS = 97, ROWS = 2 * POINTS };

static float x[ROWS * 2];
static int32_t classes[ROWS];
static crl_targets targets = CRL_TARGETS_INIT;
static crl_cost_options cost = CRL_COST_OPTIONS_INIT;

/* Two spirals that turn three times round each other (Lang and Witbrock 1988). */
static void make_spirals(void)
{
    for (int i = 0; i < POINTS; ++i) {
        const double radius = 6.5 * (104 - i) / 104, angle = i * 3.14159265358979 / 16;
        x[4 * i] = (float)(radius * sin(angle));
        x[4 * i + 1] = (float)(radius * cos(angle));
        x[4 * i + 2] = -x[4 * i];
        x[4 * i + 3] = -x[4 * i + 1];
        classes[2 * i] = 1;
    }
    targets.classes = classes;
    targets.classes_count = ROWS;
    cost.kind = CRL_CROSS_ENTROPY;
}

typedef struct {
    size_t calls, stop_at;
    crl_cascade_unit last;
} history;

static int32_t on_unit(void *user, const crl_cascade_unit *unit)
{
    history *seen = user;
    CHECK(unit->units == seen->calls);
    CHECK(seen->calls == 0 || unit->cost <= seen->last.cost);
    CHECK(isnan(unit->validation_cost));
    seen->last = *unit;
    return ++seen->calls == seen->stop_at;
}

static crl_cascade_options options(history *seen)
{
    crl_cascade_options grow = CRL_CASCADE_OPTIONS_INIT;
    grow.cost = &cost;
    /* One point on the wrong side alone is ln 2 / 194. */
    grow.target_cost = 0.003;
    grow.seed = 3;
    grow.on_unit = on_unit;
    grow.user = seen;
    return grow;
}

static void spirals_are_told_apart(void)
{
    history seen = { 0, 0, { 0 } };
    const crl_cascade_options grow = options(&seen);
    crl_network *network = NULL;
    crl_metrics metrics = CRL_METRICS_INIT;
    size_t layers = 0;
    OK(crl_network_create_cascade(2, 2, x, ROWS, 2, &targets, NULL, &grow, &network));
    OK(crl_network_evaluate(network, &cost, x, ROWS, 2, &targets, 1, &metrics, NULL, 0));
    CHECK(metrics.accuracy == 1);
    CHECK(metrics.cost == seen.last.cost && metrics.cost <= 0.003);
    OK(crl_network_layer_count(network, &layers));
    CHECK(layers == 2 * seen.last.units + 1);
    CHECK(seen.last.units <= 30 && seen.last.correlation > 0);
    crl_network_destroy(network);
}

static void a_stopped_network_is_there(void)
{
    history seen = { 0, 3, { 0 } };
    const crl_cascade_options grow = options(&seen);
    crl_network *network = NULL;
    float y[2];
    FAILS(CRL_CANCELLED, "cancelled", crl_network_create_cascade(2, 2, x, ROWS, 2, &targets, NULL, &grow, &network));
    CHECK(network != NULL && seen.last.units == 2);
    OK(crl_network_predict(network, x, 1, 2, y, 1, 2));
    crl_network_destroy(network);
}

static void bad_calls(void)
{
    history seen = { 0, 0, { 0 } };
    crl_cascade_options grow = options(&seen);
    crl_network *network;
    FAILS(CRL_ERROR_NULL, "network is NULL", crl_network_create_cascade(2, 2, x, ROWS, 2, &targets, NULL, &grow, NULL));
    FAILS_NULLING(CRL_ERROR_NULL, "x is NULL", network,
                  crl_network_create_cascade(2, 2, NULL, ROWS, 2, &targets, NULL, &grow, &network));
    grow.max_units = 0;
    FAILS_NULLING(CRL_ERROR_SIZE, "max_units is 0", network,
                  crl_network_create_cascade(2, 2, x, ROWS, 2, &targets, NULL, &grow, &network));
    grow.size = 0;
    FAILS_NULLING(CRL_ERROR_SIZE, "options->size is 0", network,
                  crl_network_create_cascade(2, 2, x, ROWS, 2, &targets, NULL, &grow, &network));
    CHECK(seen.calls == 0);
}

int main(void)
{
    make_spirals();
    spirals_are_told_apart();
    a_stopped_network_is_there();
    bad_calls();
    return finish();
}
