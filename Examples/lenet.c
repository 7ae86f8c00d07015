/* Trains a small convolutional network, a LeNet, to read handwritten digits.
 *
 *     lenet [Examples/data/digits.csv]
 */
#include <chainrule.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 8, PIXELS = SIDE * SIDE, CLASSES = 10, MOST = 2000 };

static float x[MOST][PIXELS], held_x[MOST][PIXELS];
static int32_t digits[MOST], held_digits[MOST];
static size_t rows, held_rows;

static void check(crl_status status)
{
    if (status != CRL_OK) {
        fprintf(stderr, "%s\n", crl_error_message());
        exit(EXIT_FAILURE);
    }
}

/* A line is 64 pixels from 0 to 16, and the digit. Every fourth image of each digit is held out. */
static void read_images(const char *path)
{
    size_t seen[CLASSES] = { 0 };
    float pixels[PIXELS];
    int digit;
    FILE *file = fopen(path, "r");
    for (;;) {
        for (int i = 0; file && i < PIXELS && fscanf(file, "%f,", &pixels[i]) == 1; ++i)
            pixels[i] /= 16;
        if (!file || fscanf(file, "%d", &digit) != 1 || digit < 0 || digit >= CLASSES || rows == MOST)
            break;
        int is_held = ++seen[digit] % 4 == 0;
        for (int i = 0; i < PIXELS; ++i)
            (is_held ? held_x[held_rows] : x[rows])[i] = pixels[i];
        *(is_held ? &held_digits[held_rows++] : &digits[rows++]) = digit;
    }
    if (file)
        fclose(file);
    if (held_rows == 0) {
        fprintf(stderr, "%s: no images\n", path);
        exit(EXIT_FAILURE);
    }
}

/* 8 × 8 × 1 → 8 × 8 × 16 → 4 × 4 × 16 → 4 × 4 × 32 → 2 × 2 × 32 → 128 → 64 → 10. */
static crl_network *lenet(void)
{
    const size_t image[] = { SIDE, SIDE, 1 };
    crl_network *network = NULL;
    crl_window taps = CRL_WINDOW_INIT, pool = CRL_WINDOW_INIT;
    taps.kernel.first = taps.kernel.second = 3;
    taps.padding = CRL_PADDING_SAME;
    pool.kernel.first = pool.kernel.second = 2;
    pool.stride = pool.kernel;
    check(crl_network_create(PIXELS, &network));
    check(crl_network_add_reshape(network, image, 3, NULL));
    check(crl_network_add_convolution(network, 16, CRL_RELU, &taps, 1, NULL));
    check(crl_network_add_pooling(network, CRL_POOLING_MAXIMUM, &pool, NULL));
    check(crl_network_add_convolution(network, 32, CRL_RELU, &taps, 1, NULL));
    check(crl_network_add_pooling(network, CRL_POOLING_MAXIMUM, &pool, NULL));
    check(crl_network_add_reshape(network, NULL, 0, NULL)); /* one axis */
    check(crl_network_add_dense(network, 64, CRL_RELU, NULL));
    check(crl_network_add_dense(network, CLASSES, CRL_IDENTITY, NULL)); /* logits: the cost takes their softmax */
    check(crl_network_build(network, 1));
    return network;
}

static int32_t show(void *user, const crl_epoch *epoch)
{
    (void)user;
    printf("epoch %2zu: loss %.4f, held-out accuracy %.2f %%\n", epoch->epoch, epoch->cost,
           100 * epoch->validation_accuracy);
    return 0;
}

int main(int argc, char **argv)
{
    read_images(argc > 1 ? argv[1] : "Examples/data/digits.csv");

    crl_network *network = lenet();
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options adam = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT, held_targets = CRL_TARGETS_INIT;
    crl_validation validation = CRL_VALIDATION_INIT;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    crl_metrics metrics = CRL_METRICS_INIT;

    adam.learning_rate = 0.002f;
    check(crl_optimizer_create(network, &adam, &optimizer));
    cost.kind = CRL_CROSS_ENTROPY;
    targets.classes = digits;
    targets.classes_count = rows;
    held_targets.classes = held_digits;
    held_targets.classes_count = held_rows;
    validation.x = held_x[0];
    validation.rows = held_rows;
    validation.stride = PIXELS;
    validation.targets = &held_targets;
    options.cost = &cost;
    options.optimizer = optimizer;
    options.epochs = 15;
    options.seed = 1;
    options.on_epoch = show;
    check(crl_network_fit(network, x[0], rows, PIXELS, &targets, &validation, &options));

    check(crl_network_evaluate(network, &cost, held_x[0], held_rows, PIXELS, &held_targets, 1, &metrics, NULL,
                               0));
    printf("Held out: %.2f %% of %zu images\n", 100 * metrics.accuracy, held_rows);
    crl_optimizer_destroy(optimizer);
    crl_network_destroy(network);
    return metrics.accuracy > 0.975 ? EXIT_SUCCESS : EXIT_FAILURE;
}
