/* Trains on handwritten digits with several processes. Each computes the gradient of its part of a batch, MPI adds the
 * gradients up, those of the last layer while those of the layer before it are computed, and all take the same step.
 *
 *     mpicc -std=c99 digits_mpi.c -lchainrule -lm -o digits_mpi
 *     mpirun -n 2 digits_mpi Examples/data/digits.csv
 */
#include <chainrule.h>
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIXELS = 64, HIDDEN = 100, CLASSES = 10, MAX_IMAGES = 2000, BATCH = 64, EPOCHS = 30 };

static const double wanted_accuracy = 0.96;

static float pixels[MAX_IMAGES][PIXELS]; /* 0 is paper, 1 is ink */
static int32_t digits[MAX_IMAGES];

/* Ends the processes of all ranks: those that wait for this one, too. */
static void stop(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    exit(EXIT_FAILURE);
}

static void check(crl_status status)
{
    if (status != CRL_OK)
        stop(crl_status_name(status), crl_error_message());
}

/* Reads lines of 64 pixels from 0 to 16 and a digit. Returns their number. */
static size_t read_images(const char *path)
{
    size_t count = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        stop(path, "cannot be opened");
    for (int value, column = 0; fscanf(file, "%d,", &value) == 1; column = (column + 1) % (PIXELS + 1)) {
        if (count == MAX_IMAGES || value < 0 || value > (column < PIXELS ? 16 : 9))
            stop(path, "is not at most 2000 lines of 64 pixels and a digit");
        if (column < PIXELS)
            pixels[count][column] = (float)value / 16;
        else
            digits[count++] = value;
    }
    if (!feof(file) || count < 100)
        stop(path, "is not at least 100 lines of numbers");
    fclose(file);
    return count;
}

/* Any order will do that is the same on all ranks: they all draw the same numbers. */
static void shuffle(size_t count)
{
    static uint64_t state = 1;
    for (size_t i = count - 1; i > 0; --i) {
        float row[PIXELS];
        state = state * 6364136223846793005u + 1442695040888963407u;
        const size_t j = (size_t)(state >> 33) % (i + 1);
        const int32_t digit = digits[i];
        memcpy(row, pixels[i], sizeof row);
        memcpy(pixels[i], pixels[j], sizeof row);
        memcpy(pixels[j], row, sizeof row);
        digits[i] = digits[j], digits[j] = digit;
    }
}

/* What computes gradients on one rank. */
struct passes {
    const crl_network *network;
    crl_workspace *workspace;
    float *gradients;
    size_t count, last_layer; /* of the gradients; the place of the last layer's first one */
};

/* Computes a rank's gradients of the last layer, of the sum of its rows' costs. Returns that sum. */
static double begin_gradients(const struct passes *p, size_t begin, size_t end)
{
    static float y[BATCH][CLASSES];
    const size_t rows = end - begin;
    double C = 0;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    cost.kind = CRL_CROSS_ENTROPY;
    cost.reduction = CRL_REDUCTION_SUM; /* the mean over the batch comes later, whatever the parts' lengths */
    targets.classes = digits + begin;
    targets.classes_count = rows;
    check(crl_forward(p->network, p->workspace, pixels[begin], rows, PIXELS, y[0], BATCH, CLASSES));
    check(crl_cost(&cost, y[0], rows, CLASSES, CLASSES, &targets, &C, y[0], BATCH, CLASSES)); /* ∇C in the place of y */
    check(crl_backward_until(p->network, p->workspace, y[0], rows, CLASSES, p->last_layer, p->gradients, p->count, 0));
    return C;
}

/* Adds up the ranks' gradients of their parts of a batch. Returns this rank's part of the sum of the rows' costs. */
static double gradient_of_batch(const struct passes *p, size_t first, size_t rows, int rank, int ranks)
{
    const size_t begin = first + rows * (size_t)rank / (size_t)ranks;
    const size_t end = first + rows * ((size_t)rank + 1) / (size_t)ranks;
    MPI_Request sent;
    double C = 0;

    if (begin < end)
        C = begin_gradients(p, begin, end);
    else
        memset(p->gradients, 0, p->count * sizeof *p->gradients);
    MPI_Iallreduce(MPI_IN_PLACE, p->gradients + p->last_layer, (int)(p->count - p->last_layer), MPI_FLOAT, MPI_SUM,
                   MPI_COMM_WORLD, &sent);
    if (begin < end)
        check(crl_backward_until(p->network, p->workspace, NULL, 0, 0, 0, p->gradients, p->count, 0));
    MPI_Allreduce(MPI_IN_PLACE, p->gradients, (int)p->last_layer, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    MPI_Wait(&sent, MPI_STATUS_IGNORE);
    for (size_t i = 0; i < p->count; ++i)
        p->gradients[i] /= (float)rows;
    return C;
}

/* Whether all ranks hold the same bits. */
static int is_same(const float *parameters, size_t count)
{
    uint64_t sum = 0, least, most;
    for (size_t i = 0; i < count; ++i) {
        uint32_t bits;
        memcpy(&bits, parameters + i, sizeof bits);
        sum = (sum ^ bits) * 1099511628211u; /* FNV-1a */
    }
    MPI_Allreduce(&sum, &least, 1, MPI_UINT64_T, MPI_MIN, MPI_COMM_WORLD);
    MPI_Allreduce(&sum, &most, 1, MPI_UINT64_T, MPI_MAX, MPI_COMM_WORLD);
    return least == most;
}

int main(int argc, char **argv)
{
    int rank, ranks;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (argc != 2)
        stop("usage", "mpirun -n RANKS digits_mpi DIGITS.csv");
    const size_t images = read_images(argv[1]);
    shuffle(images);
    const size_t learned = images / 4 * 3; /* the others are held out */

    crl_network *network = NULL;
    crl_optimizer *optimizer = NULL;
    float *parameters;
    struct passes passes = { NULL, NULL, NULL, 0, 0 };
    crl_tensor tensor = CRL_TENSOR_INIT;
    crl_optimizer_options method = CRL_OPTIMIZER_OPTIONS_INIT; /* Adam */
    method.learning_rate = 0.003f;
    check(crl_network_create(PIXELS, &network));
    check(crl_network_add_dense(network, HIDDEN, CRL_RELU, NULL));
    check(crl_network_add_dense(network, CLASSES, CRL_IDENTITY, NULL)); /* logits: the cost takes their softmax */
    check(crl_network_build(network, 1)); /* the same seed: all ranks begin with the same parameters */
    check(crl_optimizer_create(network, &method, &optimizer));
    check(crl_network_parameters(network, &parameters, &passes.count));
    check(crl_network_find_tensor(network, "1.weight", &tensor));
    check(crl_workspace_create(network, BATCH, CRL_PURPOSE_TRAINING, &passes.workspace));
    passes.network = network;
    passes.last_layer = tensor.offset;
    passes.gradients = malloc(passes.count * sizeof *passes.gradients);
    if (!passes.gradients)
        stop("memory", "none for the gradients");

    for (int epoch = 1; epoch <= EPOCHS; ++epoch) {
        double C = 0;
        shuffle(learned);
        for (size_t first = 0; first < learned; first += BATCH) {
            const size_t rows = learned - first < BATCH ? learned - first : BATCH;
            C += gradient_of_batch(&passes, first, rows, rank, ranks);
            check(crl_step(optimizer, network, passes.gradients, passes.count));
        }
        MPI_Allreduce(MPI_IN_PLACE, &C, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
        if (rank == 0 && epoch % 10 == 0)
            printf("epoch %2d: loss %.4f\n", epoch, C / (double)learned);
    }
    if (!is_same(parameters, passes.count))
        stop("parameters", "the ranks do not hold the same bits");

    if (rank == 0) {
        crl_cost_options cost = CRL_COST_OPTIONS_INIT;
        crl_targets targets = CRL_TARGETS_INIT;
        crl_metrics metrics = CRL_METRICS_INIT;
        cost.kind = CRL_CROSS_ENTROPY;
        targets.classes = digits + learned;
        targets.classes_count = images - learned;
        check(crl_network_evaluate(network, &cost, pixels[learned], images - learned, PIXELS, &targets, 1, &metrics, NULL,
                                   0));
        printf("%d ranks, held-out accuracy: %.2f %%\n", ranks, 100 * metrics.accuracy);
        if (metrics.accuracy < wanted_accuracy)
            stop("accuracy", "less than 96 %");
    }
    free(passes.gradients);
    crl_workspace_destroy(passes.workspace);
    crl_optimizer_destroy(optimizer);
    crl_network_destroy(network);
    MPI_Finalize();
    return EXIT_SUCCESS;
}
