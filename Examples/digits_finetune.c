/* Goes on training an ONNX model inside a program, and writes it back as ONNX.
 *
 *     digits_finetune MODEL.onnx DIGITS.csv OUT.onnx
 *
 * MODEL.onnx gives 10 probabilities for 64 pixels, such as a classifier that scikit-learn trained. DIGITS.csv holds the handwriting of
 * whoever uses the program: 64 pixels and the digit on each line, as Examples/data/digits.csv has them. digits_round_trip.py makes both.
 */
#include <chainrule.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIXELS = 64, CLASSES = 10, MAX_IMAGES = 2000 };

static float pixels[MAX_IMAGES][PIXELS]; /* from 0, paper, to 16, ink */
static float wanted[MAX_IMAGES][CLASSES]; /* 1 for the digit */
static int32_t digits[MAX_IMAGES];

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void check(crl_status status)
{
    if (status != CRL_OK)
        stop(crl_status_name(status), crl_error_message());
}

static size_t read_images(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t count = 0;
    if (!file)
        stop(path, "cannot be opened");
    for (; count < MAX_IMAGES && fscanf(file, " %f,", &pixels[count][0]) == 1; ++count) {
        for (int i = 1; i < PIXELS; ++i)
            if (fscanf(file, "%f,", &pixels[count][i]) != 1)
                stop(path, "a line is not 64 pixels and a digit");
        if (fscanf(file, "%d", &digits[count]) != 1 || digits[count] < 0 || digits[count] >= CLASSES)
            stop(path, "a line does not end with a digit");
        wanted[count][digits[count]] = 1;
    }
    if (!feof(file) || count == 0)
        stop(path, count == MAX_IMAGES ? "too many images" : "no images");
    fclose(file);
    return count;
}

static double accuracy(const crl_network *network, size_t count)
{
    static float y[MAX_IMAGES][CLASSES];
    size_t right = 0;
    check(crl_network_predict(network, pixels[0], count, PIXELS, y[0], count, CLASSES));
    for (size_t row = 0; row < count; ++row) {
        int best = 0;
        for (int digit = 1; digit < CLASSES; ++digit)
            if (y[row][digit] > y[row][best])
                best = digit;
        right += best == digits[row];
    }
    return 100.0 * (double)right / (double)count;
}

int main(int argc, char **argv)
{
    crl_network *network = NULL;
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options method = CRL_OPTIMIZER_OPTIONS_INIT; /* Adam */
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    size_t inputs = 0, outputs = 0, count;

    if (argc != 4)
        stop("usage", "digits_finetune MODEL.onnx DIGITS.csv OUT.onnx");
    check(crl_network_load_onnx(argv[1], NULL, &network));
    check(crl_network_input_size(network, &inputs));
    check(crl_network_output_size(network, &outputs));
    if (inputs != PIXELS || outputs != CLASSES)
        stop(argv[1], "is no model of 64 pixels and 10 digits");
    count = read_images(argv[2]);
    printf("%zu images: the model knows %.1f %%\n", count, accuracy(network, count));

    method.learning_rate = 0.001f;
    check(crl_optimizer_create(network, &method, &optimizer));
    /* The model ends with probabilities: the cost is their squared distance from the right ones (Brier 1950). */
    cost.kind = CRL_MEAN_SQUARED_ERROR;
    targets.values = wanted[0];
    targets.rows = count;
    targets.columns = targets.stride = CLASSES;
    options.cost = &cost;
    options.optimizer = optimizer;
    options.epochs = 60;
    check(crl_network_fit(network, pixels[0], count, PIXELS, &targets, NULL, &options));
    printf("after %zu epochs it knows %.1f %%\n", (size_t)options.epochs, accuracy(network, count));

    check(crl_network_save_onnx(network, argv[3]));
    printf("saved %s\n", argv[3]);
    crl_optimizer_destroy(optimizer);
    crl_network_destroy(network);
    return EXIT_SUCCESS;
}
