/* After their first run, forward, cost, backward, step, predictions and products with derivatives allocate nothing. Training
 * allocates nothing for a batch or an epoch. This program replaces the C library's allocation functions with its own and counts. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#include "check.h"

/* glibc's own functions, under its own second names. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size);
int posix_memalign(void **memory, size_t alignment, size_t size);
void free(void *memory);

/* By this thread. */
__extension__ static __thread long allocated, freed;

void *malloc(size_t size)
{
    ++allocated;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    ++allocated;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    ++allocated;
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    ++allocated;
    return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
    ++allocated;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    ++allocated;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
    freed += memory != NULL;
    __libc_free(memory);
}

enum { ROWS = 32, INPUTS = 64, OUTPUTS = 10, LARGEST = 20000 };

static float x[ROWS * INPUTS], y[ROWS * OUTPUTS], dC_dy[ROWS * OUTPUTS], dC_dx[ROWS * INPUTS], gradients[LARGEST];

/* A network that goes through every kind of node and every activation. */
static crl_network *varied_network(void)
{
    crl_network *network = NULL;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    const char *inputs[] = { "first", "second" };
    OK(crl_network_create(INPUTS, &network));
    options.name = "first";
    OK(crl_network_add_dense(network, 40, CRL_RELU, &options));
    options.name = "second";
    OK(crl_network_add_dense(network, 40, CRL_TANH, &options));
    OK(crl_network_add_sum(network, inputs, 2, "sum"));
    inputs[1] = "sum";
    OK(crl_network_add_concatenation(network, inputs, 2, NULL));
    for (crl_activation activation = CRL_IDENTITY; activation <= CRL_EXPONENTIAL; ++activation)
        OK(crl_network_add_activation(network, activation, NULL));
    OK(crl_network_add_dense(network, OUTPUTS, CRL_IDENTITY, NULL));
    OK(crl_network_build(network, 1));
    return network;
}

/* A convolution, a batch normalization, attention and a dense layer. */
static crl_network *sequences(void)
{
    const size_t sequence[] = { INPUTS, 1 };
    crl_network *network = NULL;
    crl_window taps = CRL_WINDOW_INIT;
    crl_attention_options attention = CRL_ATTENTION_OPTIONS_INIT;
    taps.kernel.first = 2;
    OK(crl_network_create(INPUTS, &network));
    OK(crl_network_add_reshape(network, sequence, COUNT(sequence), NULL));
    OK(crl_network_add_convolution(network, 4, CRL_IDENTITY, &taps, 1, NULL));
    OK(crl_network_add_normalization(network, CRL_NORMALIZATION_BATCH, NULL, NULL));
    OK(crl_network_add_positions(network, CRL_POSITIONS_SINUSOIDAL, NULL));
    attention.heads = 2;
    attention.causal = 1;
    OK(crl_network_add_attention(network, &attention, NULL));
    OK(crl_network_add_reshape(network, NULL, 0, NULL));
    OK(crl_network_add_dense(network, OUTPUTS, CRL_IDENTITY, NULL));
    OK(crl_network_build(network, 1));
    return network;
}

/* A predictor of a small network never allocates, one of any other after its largest call. */
static void predictors(const crl_network *varied)
{
    crl_network *small = two_layers(INPUTS, 32, CRL_TANH, OUTPUTS, 1), *large = two_layers(INPUTS, 400, CRL_RELU, OUTPUTS, 1);
    crl_network *windows = sequences();
    const crl_network *const networks[] = { small, large, varied, windows };

    for (size_t which = 0; which < COUNT(networks); ++which)
        for (crl_precision precision = CRL_PRECISION_FLOAT32; precision <= CRL_PRECISION_INT8; ++precision) {
            crl_predictor *predictor = NULL;
            crl_status worst = CRL_OK;
            OK(crl_predictor_create(networks[which], precision, &predictor));
            if (which > 0)
                OK(crl_predictor_predict(predictor, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
            const long allocated_before = allocated, freed_before = freed;
            for (size_t rows = 1; rows <= (which > 0 ? ROWS : 2); ++rows) {
                const crl_status status = crl_predictor_predict(predictor, x, rows, INPUTS, y, rows, OUTPUTS);
                if (status != CRL_OK)
                    worst = status;
            }
            CHECK(worst == CRL_OK);
            CHECK(allocated == allocated_before && freed == freed_before);
            crl_predictor_destroy(predictor);
        }
    crl_network_destroy(small);
    crl_network_destroy(large);
    crl_network_destroy(windows);
}

/* A network that has predicted often has made the copy of its parameters, and allocates no more. */
static void often(void)
{
    for (int hidden = 32; hidden <= 400; hidden += 368) {
        crl_network *own = two_layers(INPUTS, hidden, CRL_TANH, OUTPUTS, 1);
        crl_status worst = CRL_OK;
        long allocated_before = 0, freed_before = 0;
        for (int call = 0; call < 60; ++call) {
            if (call == 31) /* the copy has predicted as many rows as ever */
                allocated_before = allocated, freed_before = freed;
            const crl_status status = crl_network_predict(own, x, ROWS - call % 30, INPUTS, y, ROWS, OUTPUTS);
            if (status != CRL_OK)
                worst = status;
        }
        CHECK(worst == CRL_OK);
        CHECK(allocated == allocated_before && freed == freed_before);
        crl_network_destroy(own);
    }
}

typedef struct {
    crl_publisher *publisher;
    const crl_network *network;
    volatile sig_atomic_t is_done;
    int published;
    long freed;
} publishing;

static void *keep_publishing(void *argument)
{
    publishing *work = argument;
    freed = 0;
    while (!work->is_done)
        work->published += crl_publisher_publish(work->publisher, work->network) == CRL_OK;
    work->freed = freed;
    return NULL;
}

/* The thread that publishes allocates and frees; the one that predicts does neither, however often it is published. */
static void publishers(void)
{
    crl_network *small = two_layers(INPUTS, 32, CRL_TANH, OUTPUTS, 1);
    publishing work = { NULL, small, 0, 0, 0 };
    pthread_t thread;
    crl_status worst = CRL_OK;

    OK(crl_publisher_create(small, CRL_PRECISION_FLOAT32, &work.publisher));
    CHECK(pthread_create(&thread, NULL, keep_publishing, &work) == 0);
    const long allocated_before = allocated, freed_before = freed;
    for (long number = 0; number < 200000; ++number) {
        const crl_status status = crl_publisher_predict(work.publisher, x, 1, INPUTS, y, 1, OUTPUTS);
        if (status != CRL_OK)
            worst = status;
    }
    CHECK(worst == CRL_OK);
    CHECK(allocated == allocated_before && freed == freed_before);
    work.is_done = 1;
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(work.published > 0 && work.freed > work.published);
    crl_publisher_destroy(work.publisher);
    crl_network_destroy(small);
}

/* The rate of every schedule that follows from t. */
static void schedules(void)
{
    crl_schedule_options options = CRL_SCHEDULE_OPTIONS_INIT;
    const long allocated_before = allocated, freed_before = freed;
    float sum = 0;
    options.warmup = 2;
    for (options.kind = CRL_SCHEDULE_CONSTANT; options.kind <= CRL_SCHEDULE_ONE_CYCLE; ++options.kind) {
        options.period = options.kind == CRL_SCHEDULE_CONSTANT || options.kind == CRL_SCHEDULE_EXPONENTIAL
                             ? CRL_AUTO_SIZE
                             : 10;
        for (size_t t = 0; t < 20; ++t) {
            float rate = 0;
            OK(crl_schedule_rate(&options, 0.1f, t, &rate));
            sum += rate;
        }
    }
    CHECK(sum > 0);
    CHECK(allocated == allocated_before && freed == freed_before);
}

/* Products with first and second derivatives, after the first call. */
static void products(const crl_network *network, size_t count, const crl_targets *targets)
{
    static float vector[LARGEST], u[ROWS * OUTPUTS];
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    fill(vector, count, 2);
    fill(u, COUNT(u), 3);
    for (int round = 0; round < 3; ++round) {
        const long allocated_before = allocated, freed_before = freed;
        crl_status worst = CRL_OK, status;
        for (size_t rows = ROWS; rows >= 1; rows /= 2) {
            if ((status = crl_network_jvp(network, x, rows, INPUTS, x, INPUTS, vector, count, y, rows, OUTPUTS, dC_dy, rows,
                                          OUTPUTS)) != CRL_OK)
                worst = status;
            if ((status = crl_network_vjp(network, x, rows, INPUTS, u, OUTPUTS, gradients, count, dC_dx, rows, INPUTS)) !=
                CRL_OK)
                worst = status;
        }
        for (cost.kind = CRL_MEAN_SQUARED_ERROR; cost.kind <= CRL_CROSS_ENTROPY; ++cost.kind) {
            if (cost.kind == CRL_BINARY_CROSS_ENTROPY) /* whose outputs are probabilities */
                continue;
            if ((status = crl_network_hessian_product(network, &cost, x, ROWS, INPUTS, targets, vector, count, gradients,
                                                      count)) != CRL_OK)
                worst = status;
            if ((status = crl_network_gauss_newton_product(network, &cost, x, ROWS, INPUTS, targets, vector, count,
                                                           gradients, count)) != CRL_OK)
                worst = status;
        }
        CHECK(worst == CRL_OK);
        if (round > 0) {
            CHECK(allocated == allocated_before);
            CHECK(freed == freed_before);
        }
    }
}

/* What a data source hands out: `batches` batches of a row each. */
static int32_t give(void *user, const crl_data_request *request, size_t *rows)
{
    const size_t *batches = user;
    *rows = request->first_row < *batches;
    if (*rows == 1) {
        memcpy(request->x, x, INPUTS * sizeof *x);
        for (size_t i = 0; i < OUTPUTS; ++i)
            request->values[i] = 0.5f;
    }
    return 0;
}

static int32_t go_on_after_batch(void *user, const crl_batch *batch)
{
    (void)user;
    return batch->rows == 0;
}

static int32_t go_on_after_epoch(void *user, const crl_epoch *epoch)
{
    (void)user;
    return epoch->epoch == 0;
}

/* The allocations of a new trainer's fit, of rows from memory or, if there are batches, from a source. */
static long allocations_of_fit(crl_network *network, const crl_targets *targets, size_t epochs, size_t batch_size,
                               size_t batches)
{
    crl_trainer *trainer = NULL;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    crl_data_source source = CRL_DATA_SOURCE_INIT;
    const crl_validation validation = validation_of(x, ROWS, INPUTS, targets);
    long before;
    train.epochs = epochs;
    train.batch_size = batch_size;
    train.threads = 1;
    train.patience = 1000;
    train.on_batch = go_on_after_batch;
    train.on_epoch = go_on_after_epoch;
    source.function = give;
    source.user = &batches;
    source.columns = OUTPUTS;
    OK(crl_trainer_create(network, &train, &trainer));
    before = allocated;
    if (batches > 0)
        OK(crl_trainer_fit_source(trainer, &source, &validation));
    else
        OK(crl_trainer_fit(trainer, x, ROWS, INPUTS, targets, &validation));
    before = allocated - before;
    crl_trainer_destroy(trainer);
    return before;
}

/* Longer training needs no more allocations. */
static void trainers(crl_network *network, const crl_targets *targets)
{
    allocations_of_fit(network, targets, 1, 8, 0); /* the warm-up */
    const long fitting = allocations_of_fit(network, targets, 2, 8, 0);
    CHECK(fitting > 0 && fitting < 1000);
    CHECK(allocations_of_fit(network, targets, 20, 8, 0) == fitting);
    CHECK(allocations_of_fit(network, targets, 2, 1, 0) == fitting);
    const long from_source = allocations_of_fit(network, targets, 2, 8, 3);
    CHECK(from_source > 0 && from_source < 1000);
    CHECK(allocations_of_fit(network, targets, 2, 8, 30) == from_source);
    CHECK(allocations_of_fit(network, targets, 20, 8, 3) == from_source);
}

int main(void)
{
    crl_network *network = varied_network(), *windows = sequences();
    crl_workspace *workspace = NULL;
    crl_optimizer *optimizers[CRL_QUICKPROP + 1] = { NULL };
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    float t[ROWS * OUTPUTS], *parameters = NULL;
    size_t count = 0;
    double C = 0;

    fill(x, COUNT(x), 1);
    for (size_t i = 0; i < COUNT(t); ++i)
        t[i] = i % OUTPUTS == i / OUTPUTS % OUTPUTS;
    targets.values = t;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;
    OK(crl_network_parameters(network, &parameters, &count));
    CHECK(count < LARGEST);
    const long before_workspace = allocated;
    OK(crl_workspace_create(network, ROWS, CRL_PURPOSE_TRAINING, &workspace));
    CHECK(allocated > before_workspace); /* the library's allocations are counted */
    for (crl_optimizer_method method = CRL_GRADIENT_DESCENT; method <= CRL_QUICKPROP; ++method) {
        options.method = method;
        OK(crl_optimizer_create(network, &options, &optimizers[method]));
    }

    for (int round = 0; round < 5; ++round) {
        const long allocated_before = allocated, freed_before = freed;
        crl_status worst = CRL_OK, status;
        for (int method = CRL_GRADIENT_DESCENT; method <= CRL_QUICKPROP; ++method) {
            for (cost.kind = CRL_MEAN_SQUARED_ERROR; cost.kind <= CRL_CROSS_ENTROPY; ++cost.kind) {
                if ((status = crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS)) != CRL_OK)
                    worst = status;
                for (size_t i = 0; i < COUNT(y); ++i) /* probabilities, so that every cost takes them */
                    y[i] = 0.5f;
                if ((status = crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &targets, &C, dC_dy, ROWS, OUTPUTS)) != CRL_OK)
                    worst = status;
                if ((status = crl_backward(network, workspace, dC_dy, ROWS, OUTPUTS, gradients, count, 0, dC_dx, ROWS,
                                           INPUTS)) != CRL_OK)
                    worst = status;
                for (size_t end = count, first; end > 0; end = first) {
                    first = end / 2;
                    if ((status = crl_backward_until(network, workspace, end == count ? dC_dy : NULL, ROWS, OUTPUTS, first,
                                                     gradients, count, 0)) != CRL_OK)
                        worst = status;
                }
                if ((status = crl_step(optimizers[method], network, gradients, count)) != CRL_OK)
                    worst = status;
            }
        }
        for (size_t rows = 1; rows <= ROWS; ++rows)
            if ((status = crl_network_predict(network, x, rows, INPUTS, y, rows, OUTPUTS)) != CRL_OK)
                worst = status;
        CHECK(worst == CRL_OK);
        if (round > 0) { /* the first round is the warm-up */
            CHECK(allocated == allocated_before);
            CHECK(freed == freed_before);
        }
    }

    predictors(network);
    often();
    publishers();
    schedules();
    products(network, count, &targets);
    trainers(network, &targets);
    OK(crl_network_parameters(windows, &parameters, &count));
    products(windows, count, &targets);
    trainers(windows, &targets);

    for (int method = CRL_GRADIENT_DESCENT; method <= CRL_QUICKPROP; ++method)
        crl_optimizer_destroy(optimizers[method]);
    crl_workspace_destroy(workspace);
    crl_network_destroy(network);
    crl_network_destroy(windows);
    return finish();
}
