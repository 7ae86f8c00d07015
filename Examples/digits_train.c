/* Trains a network to read handwritten digits, shows the results, and saves it.
 *
 *     digits_train Examples/data/digits.csv digits.safetensors
 */
#define _POSIX_C_SOURCE 200112L /* isatty */
#include <chainrule.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SIDE = 8, PIXELS = SIDE * SIDE, HIDDEN = 100, CLASSES = 10, MAX_IMAGES = 2000 };

static const double wanted_accuracy = 0.975;

typedef struct {
    size_t count;
    float pixels[MAX_IMAGES][PIXELS]; /* 0 is paper, 1 is ink */
    int32_t digits[MAX_IMAGES];
} images;

static images training, held_out;
static float logits[MAX_IMAGES][CLASSES];

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

/* Reads one line: 64 pixels from 0 to 16, then the digit. 0 at the end of the file. */
static int read_image(FILE *file, float *pixels, int32_t *digit)
{
    int value[PIXELS + 1];
    for (int i = 0; i <= PIXELS; ++i)
        if (fscanf(file, "%d,", &value[i]) != 1 || value[i] < 0 || value[i] > (i < PIXELS ? 16 : 9)) {
            if (i > 0 || !feof(file))
                stop("the data", "a line is not 64 pixels from 0 to 16 and a digit");
            return 0;
        }
    for (int i = 0; i < PIXELS; ++i)
        pixels[i] = (float)value[i] / 16;
    *digit = value[PIXELS];
    return 1;
}

/* Holds out every fourth image of each digit: a quarter of each, rounded down. */
static void read_images(const char *path)
{
    size_t seen[CLASSES] = { 0 };
    float pixels[PIXELS];
    int32_t digit;

    FILE *file = fopen(path, "r");
    if (!file)
        stop(path, "cannot be opened");
    while (read_image(file, pixels, &digit)) {
        images *set = ++seen[digit] % 4 == 0 ? &held_out : &training;
        if (set->count == MAX_IMAGES)
            stop(path, "more images than this program has room for");
        for (int i = 0; i < PIXELS; ++i)
            set->pixels[set->count][i] = pixels[i];
        set->digits[set->count++] = digit;
    }
    fclose(file);
    if (held_out.count == 0)
        stop(path, "no images");
}

static crl_network *describe_network(void)
{
    crl_network *network = NULL;
    check(crl_network_create(PIXELS, &network));
    check(crl_network_add_dense(network, HIDDEN, CRL_RELU, NULL));
    check(crl_network_add_dense(network, CLASSES, CRL_IDENTITY, NULL)); /* logits: the cost takes their softmax */
    check(crl_network_build(network, 1));
    return network;
}

/* One line for each epoch. On a terminal it overwrites the line before. */
static int32_t show_epoch(void *user, const crl_epoch *epoch)
{
    const int on_terminal = *(const int *)user;
    printf("%sepoch %2zu/%zu: loss %.4f, held-out accuracy %5.2f %%, %7.0f samples/s%s", on_terminal ? "\r" : "",
           epoch->epoch, epoch->epochs, epoch->cost, 100 * epoch->validation_accuracy, epoch->samples_per_second,
           on_terminal && epoch->epoch < epoch->epochs ? "" : "\n");
    fflush(stdout);
    return 0;
}

static void train(crl_network *network)
{
    int on_terminal = isatty(STDOUT_FILENO);
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options method = CRL_OPTIMIZER_OPTIONS_INIT; /* Adam */
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_targets digits = CRL_TARGETS_INIT, held_out_digits = CRL_TARGETS_INIT;
    crl_validation validation = CRL_VALIDATION_INIT;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;

    method.learning_rate = 0.003f;
    check(crl_optimizer_create(network, &method, &optimizer));
    cost.kind = CRL_CROSS_ENTROPY;
    digits.classes = training.digits;
    digits.classes_count = training.count;
    held_out_digits.classes = held_out.digits;
    held_out_digits.classes_count = held_out.count;
    validation.x = held_out.pixels[0];
    validation.rows = held_out.count;
    validation.stride = PIXELS;
    validation.targets = &held_out_digits;

    options.cost = &cost;
    options.optimizer = optimizer;
    options.epochs = 30;
    options.batch_size = 32;
    options.seed = 1;
    options.on_epoch = show_epoch;
    options.user = &on_terminal;
    check(crl_network_fit(network, training.pixels[0], training.count, PIXELS, &digits, &validation, &options));
    crl_optimizer_destroy(optimizer);
}

/* The class with the largest logit, and its probability by softmax: e^z over the sum of all e^z. */
static int32_t answer(const float *z, double *sureness)
{
    int32_t best = 0;
    double sum = 0;
    for (int32_t c = 1; c < CLASSES; ++c)
        if (z[c] > z[best])
            best = c;
    for (int32_t c = 0; c < CLASSES; ++c)
        sum += exp((double)z[c] - (double)z[best]);
    *sureness = 1 / sum;
    return best;
}

/* Rows: the written digit; columns: the network's answer. Returns the number of right answers. */
static size_t show_confusion(void)
{
    size_t confusion[CLASSES][CLASSES] = { { 0 } }, right = 0;
    double sureness;
    for (size_t i = 0; i < held_out.count; ++i)
        ++confusion[held_out.digits[i]][answer(logits[i], &sureness)];

    printf("\nwritten   read as 0    1    2    3    4    5    6    7    8    9\n");
    for (int written = 0; written < CLASSES; ++written) {
        printf("   %d          ", written);
        for (int read = 0; read < CLASSES; ++read)
            if (confusion[written][read] > 0)
                printf("%5zu", confusion[written][read]);
            else
                printf("    .");
        printf("\n");
        right += confusion[written][written];
    }
    return right;
}

/* Draws up to five held-out digits side by side: the first ones read right, or the first ones read wrong. */
static void show_digits(int right)
{
    enum { ABREAST = 5 };
    static const char *const shades[] = { "  ", "░░", "▒▒", "▓▓", "██" };
    size_t shown[ABREAST], count = 0;
    double sureness;
    char caption[64];

    for (size_t i = 0; i < held_out.count && count < ABREAST; ++i)
        if ((answer(logits[i], &sureness) == held_out.digits[i]) == right)
            shown[count++] = i;
    if (count == 0)
        return;

    printf("\n%s\n", right ? "Some that it read right:" : "Some that it misread:");
    for (int row = 0; row < SIDE; ++row) {
        for (size_t k = 0; k < count; ++k) {
            for (int column = 0; column < SIDE; ++column)
                printf("%s", shades[(int)(held_out.pixels[shown[k]][row * SIDE + column] * 4 + 0.5f)]);
            printf("      ");
        }
        printf("\n");
    }
    for (size_t k = 0; k < count; ++k) {
        const int32_t said = answer(logits[shown[k]], &sureness);
        snprintf(caption, sizeof caption, "a %d; said %d, %.1f %%", (int)held_out.digits[shown[k]], (int)said,
                 100 * sureness);
        printf("%-22s", caption);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    if (argc != 3)
        stop("usage", "digits_train DIGITS.csv MODEL.safetensors");
    read_images(argv[1]);
    printf("Chainrule %s (%s): %d-%d-%d network, %zu digits to learn from, %zu held out\n", crl_version_string(),
           crl_instruction_set(), PIXELS, HIDDEN, CLASSES, training.count, held_out.count);

    crl_network *network = describe_network();
    train(network);

    check(crl_network_predict(network, held_out.pixels[0], held_out.count, PIXELS, logits[0], held_out.count, CLASSES));
    const size_t right = show_confusion();
    show_digits(1);
    show_digits(0);

    const double accuracy = (double)right / (double)held_out.count;
    printf("\nHeld-out accuracy: %.2f %% (%zu of %zu)\n", 100 * accuracy, right, held_out.count);
    check(crl_network_save(network, argv[2]));
    printf("Saved to %s\n", argv[2]);
    crl_network_destroy(network);

    if (accuracy < wanted_accuracy)
        stop("accuracy", "less than 97.5 %");
    return EXIT_SUCCESS;
}
