/* A network with branches: two layers read one, and sums and concatenations join them. It learns to separate two spirals.
 *
 *     input ──► a ──► b ──► (+) skip ──► (,) both ──► output
 *       │       └──────────►┘             ▲
 *       └─────────────────────────────────┘
 */
#include <chainrule.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { POINTS = 200, UNITS = 24, MAP_ROWS = 24, MAP_COLUMNS = 56 };

static void check(crl_status status)
{
    if (status != CRL_OK) {
        fprintf(stderr, "%s: %s\n", crl_status_name(status), crl_error_message());
        exit(EXIT_FAILURE);
    }
}

static void add_dense(crl_network *network, const char *name, size_t units, crl_activation activation)
{
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    options.name = name;
    check(crl_network_add_dense(network, units, activation, &options));
}

static crl_network *describe_network(void)
{
    const char *const steps[] = { "a", "b" };
    const char *const everything[] = { "skip", "input" };
    crl_network *network = NULL;

    check(crl_network_create(2, &network));
    add_dense(network, "a", UNITS, CRL_TANH);
    add_dense(network, "b", UNITS, CRL_TANH);
    check(crl_network_add_sum(network, steps, 2, "skip"));
    check(crl_network_add_concatenation(network, everything, 2, "both"));
    add_dense(network, "output", 2, CRL_IDENTITY);
    check(crl_network_build(network, 1));
    return network;
}

/* Draws the network's answer for every place from −1 to 1. */
static void show_map(const crl_network *network)
{
    for (int row = 0; row < MAP_ROWS; ++row) {
        for (int column = 0; column < MAP_COLUMNS; ++column) {
            const float place[] = { 2.0f * (float)column / (MAP_COLUMNS - 1) - 1, 1 - 2.0f * (float)row / (MAP_ROWS - 1) };
            float logits[2];
            check(crl_network_predict(network, place, 1, 2, logits, 1, 2));
            putchar(logits[1] > logits[0] ? '#' : '.');
        }
        putchar('\n');
    }
}

int main(void)
{
    static float x[2 * POINTS][2], logits[2 * POINTS][2];
    static int32_t spiral[2 * POINTS];
    size_t right = 0;

    for (int i = 0; i < 2 * POINTS; ++i) {
        const double along = (double)(i / 2) / POINTS, angle = 9 * along + 3.14159265 * (i % 2);
        x[i][0] = (float)((0.1 + 0.85 * along) * cos(angle));
        x[i][1] = (float)((0.1 + 0.85 * along) * sin(angle));
        spiral[i] = i % 2;
    }

    crl_network *network = describe_network();
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options method = CRL_OPTIMIZER_OPTIONS_INIT; /* Adam */
    method.learning_rate = 0.03f;
    check(crl_optimizer_create(network, &method, &optimizer));

    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    cost.kind = CRL_CROSS_ENTROPY;
    crl_targets targets = CRL_TARGETS_INIT;
    targets.classes = spiral;
    targets.classes_count = 2 * POINTS;

    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    options.cost = &cost;
    options.optimizer = optimizer;
    options.epochs = 300;
    check(crl_network_fit(network, x[0], 2 * POINTS, 2, &targets, NULL, &options));

    check(crl_network_predict(network, x[0], 2 * POINTS, 2, logits[0], 2 * POINTS, 2));
    for (int i = 0; i < 2 * POINTS; ++i)
        right += (logits[i][1] > logits[i][0]) == (spiral[i] == 1);
    show_map(network);
    printf("%zu of %d points on the right spiral\n", right, 2 * POINTS);

    crl_optimizer_destroy(optimizer);
    crl_network_destroy(network);
    return right * 100 >= 2 * POINTS * 99 ? EXIT_SUCCESS : EXIT_FAILURE;
}
