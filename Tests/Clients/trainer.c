/* Trainers: a run that is cancelled, saved and resumed equals one without a stop, bit for bit; rows from a data source;
 * validation, patience and class weights; evaluation; and threads that predict while a trainer publishes. */
#define _XOPEN_SOURCE 700
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

enum { ROWS = 50, INPUTS = 3, CLASSES = 3, HIDDEN = 8, EPOCHS = 4, BATCH = 8, HELD = 10, BATCHES = 5 };

static float x[ROWS * INPUTS];
static int32_t classes[ROWS];
static crl_targets targets = CRL_TARGETS_INIT;
static crl_cost_options cost = CRL_COST_OPTIONS_INIT;

/* What the callbacks count, and after which batch of all they cancel. */
typedef struct {
    size_t batches, epochs, stop_at;
    crl_batch batch;
    crl_epoch epoch;
} run;

static int32_t on_batch(void *user, const crl_batch *batch)
{
    run *seen = user;
    seen->batch = *batch;
    return ++seen->batches == seen->stop_at;
}

static int32_t on_epoch(void *user, const crl_epoch *epoch)
{
    run *seen = user;
    seen->epoch = *epoch;
    ++seen->epochs;
    return 0;
}

static crl_train_options options(run *seen)
{
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    train.cost = &cost;
    train.epochs = EPOCHS;
    train.batch_size = BATCH;
    train.seed = 5;
    train.on_batch = on_batch;
    train.on_epoch = on_epoch;
    train.user = seen;
    return train;
}

static crl_trainer *make_trainer(crl_network *network, const crl_train_options *train)
{
    crl_trainer *trainer = NULL;
    OK(crl_trainer_create(network, train, &trainer));
    return trainer;
}

static crl_progress progress_of(const crl_trainer *trainer)
{
    crl_progress progress = CRL_PROGRESS_INIT;
    OK(crl_trainer_progress(trainer, &progress));
    return progress;
}

static int same_parameters(crl_network *a, crl_network *b)
{
    float *of_a = NULL, *of_b = NULL;
    size_t count = 0;
    OK(crl_network_parameters(a, &of_a, &count));
    OK(crl_network_parameters(b, &of_b, &count));
    return same_bits(of_a, of_b, count);
}

/* Validation data held out, class weights, patience: everything that a run can have. */
static crl_train_options everything(run *seen)
{
    static const float class_weights[CLASSES] = { 1, 2, 0.5f };
    crl_train_options train = options(seen);
    train.validation_split = (double)HELD / ROWS;
    train.class_weights = class_weights;
    train.class_weights_count = CLASSES;
    train.patience = 2;
    train.min_delta = 1e-6;
    return train;
}

/* After any batch, save and destroy a trainer with its network; another continues. */
static void resuming(const char *path)
{
    static const size_t stops[] = { 1, BATCHES, BATCHES + 2 };
    run whole = { 0 };
    crl_train_options train = everything(&whole);
    crl_network *network = two_layers(INPUTS, HIDDEN, CRL_TANH, CLASSES, 1);
    crl_trainer *trainer = make_trainer(network, &train);

    OK(crl_trainer_fit(trainer, x, ROWS, INPUTS, &targets, NULL));
    crl_progress end = progress_of(trainer);
    CHECK(end.epochs == EPOCHS && end.rows == 0 && end.steps == EPOCHS * BATCHES);
    CHECK(end.best_epoch >= 1 && isfinite(end.best_cost));
    CHECK(whole.epochs == EPOCHS && whole.batches == EPOCHS * BATCHES && whole.epoch.epochs == EPOCHS);
    CHECK(whole.epoch.validation_cost > 0 && whole.epoch.validation_accuracy >= 0 && isnan(whole.epoch.validation_r2));
    crl_trainer_destroy(trainer);

    for (size_t i = 0; i < COUNT(stops); ++i) {
        run first = { 0 }, second = { 0 };
        crl_train_options interrupted = everything(&first), resumed = everything(&second);
        crl_network *one = two_layers(INPUTS, HIDDEN, CRL_TANH, CLASSES, 1);
        crl_network *two = two_layers(INPUTS, HIDDEN, CRL_TANH, CLASSES, 2);

        first.stop_at = stops[i];
        trainer = make_trainer(one, &interrupted);
        FAILS(CRL_CANCELLED, "stopped", crl_trainer_fit(trainer, x, ROWS, INPUTS, &targets, NULL));
        CHECK(first.batch.step == stops[i] && first.batch.rows == BATCH && first.batch.cost > 0);
        OK(crl_trainer_save(trainer, path));
        crl_trainer_destroy(trainer);

        trainer = make_trainer(two, &resumed);
        CHECK(!same_parameters(one, two));
        OK(crl_trainer_load(trainer, path));
        CHECK(same_parameters(one, two));
        CHECK(progress_of(trainer).steps == stops[i] && progress_of(trainer).epochs == (stops[i] - 1) / BATCHES);
        crl_network_destroy(one);
        OK(crl_trainer_fit(trainer, x, ROWS, INPUTS, &targets, NULL));
        CHECK(same_parameters(network, two));
        CHECK(progress_of(trainer).best_cost == end.best_cost && progress_of(trainer).best_epoch == end.best_epoch);
        CHECK(second.batches == EPOCHS * BATCHES - stops[i] && second.epoch.cost == whole.epoch.cost);
        crl_trainer_destroy(trainer);
        crl_network_destroy(two);
    }
    crl_network_destroy(network);
}

/* A learning rate of 0 brings no better cost: the second epoch without one is the last. */
static void patience(void)
{
    run seen = { 0 };
    crl_train_options train = options(&seen);
    crl_optimizer_options still = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_network *network = two_layers(INPUTS, HIDDEN, CRL_TANH, CLASSES, 1);
    crl_trainer *trainer;

    still.learning_rate = 0;
    OK(crl_optimizer_create(network, &still, &train.optimizer));
    train.epochs = 100;
    train.validation_split = 0.2;
    train.patience = 2;
    trainer = make_trainer(network, &train);
    crl_optimizer_destroy(train.optimizer);
    OK(crl_trainer_fit(trainer, x, ROWS, INPUTS, &targets, NULL));
    CHECK(seen.epochs == 3 && progress_of(trainer).best_epoch == 1 && seen.epoch.is_best == 0);
    crl_trainer_destroy(trainer);
    crl_network_destroy(network);
}

/* Errors leave a trainer unchanged. Its own callbacks get BUSY. */
static int32_t busy(void *user, const crl_epoch *epoch)
{
    crl_trainer **trainer = user;
    (void)epoch;
    FAILS(CRL_ERROR_BUSY, "training", crl_trainer_fit(*trainer, x, ROWS, INPUTS, &targets, NULL));
    FAILS(CRL_ERROR_BUSY, "training", crl_trainer_partial_fit(*trainer, x, ROWS, INPUTS, &targets, NULL));
    FAILS(CRL_ERROR_BUSY, "training", crl_trainer_load(*trainer, "never"));
    return 0;
}

static void errors(const char *path)
{
    crl_network *network = two_layers(INPUTS, HIDDEN, CRL_TANH, CLASSES, 1);
    crl_network *other = two_layers(INPUTS, HIDDEN, CRL_TANH, CLASSES, 1);
    crl_network *larger = two_layers(INPUTS, HIDDEN + 1, CRL_TANH, CLASSES, 1);
    crl_trainer *trainer = NULL;
    run seen = { 0 };
    crl_train_options train = options(&seen);
    crl_data_source source = CRL_DATA_SOURCE_INIT;
    float class_weights[CLASSES] = { 1, -1, 1 };
    const crl_validation nothing = validation_of(NULL, 0, 0, &targets);

    /* Nothing is read beyond what there is: the count is wrong. */
    train.class_weights = class_weights;
    train.class_weights_count = (size_t)-1 / 16;
    FAILS_NULLING(CRL_ERROR_SIZE, "class_weights_count", trainer, crl_trainer_create(network, &train, &trainer));
    train.class_weights_count = CLASSES;
    FAILS_NULLING(CRL_ERROR_VALUE, "class 1", trainer, crl_trainer_create(network, &train, &trainer));
    train.class_weights = NULL;
    train.validation_split = 1;
    FAILS_NULLING(CRL_ERROR_VALUE, "validation_split", trainer, crl_trainer_create(network, &train, &trainer));
    train.validation_split = 0;
    train.min_delta = NAN;
    FAILS_NULLING(CRL_ERROR_VALUE, "min_delta", trainer, crl_trainer_create(network, &train, &trainer));
    train.min_delta = 0;

    trainer = make_trainer(larger, &train);
    OK(crl_trainer_save(trainer, path));
    crl_trainer_destroy(trainer);

    train.on_epoch = busy;
    train.on_batch = NULL;
    train.user = &trainer;
    trainer = make_trainer(network, &train);
    FAILS(CRL_ERROR_MISMATCH, "another network", crl_trainer_load(trainer, path));
    OK(crl_network_save(network, path));
    FAILS(CRL_ERROR_FORMAT, "no checkpoint", crl_trainer_load(trainer, path));
    FAILS(CRL_ERROR_HANDLE, "crl_trainer", crl_trainer_save((const crl_trainer *)(const void *)network, path));
    FAILS(CRL_ERROR_NULL, "function", crl_trainer_fit_source(trainer, &source, NULL));
    FAILS(CRL_ERROR_NULL, "validation", crl_trainer_fit(trainer, x, ROWS, INPUTS, &targets, &nothing));
    CHECK(same_parameters(network, other) && progress_of(trainer).epochs == 0 && progress_of(trainer).steps == 0);
    OK(crl_trainer_fit(trainer, x, ROWS, INPUTS, &targets, NULL));
    CHECK(progress_of(trainer).epochs == EPOCHS);
    crl_trainer_destroy(trainer);
    crl_network_destroy(network);
    crl_network_destroy(other);
    crl_network_destroy(larger);
}

/* The rows in their order, from wherever they are asked for. */
static int32_t give(void *user, const crl_data_request *request, size_t *rows)
{
    const int *fails = user;
    const size_t left = ROWS - request->first_row;
    *rows = left < request->max_rows ? left : request->max_rows;
    memcpy(request->x, x + request->first_row * INPUTS, *rows * INPUTS * sizeof *x);
    memcpy(request->classes, classes + request->first_row, *rows * sizeof *classes);
    return *fails && request->epoch == 2 && request->first_row == BATCH;
}

static void sources(void)
{
    run seen = { 0 }, unseen = { 0 };
    crl_train_options train = options(&seen), ordered = options(&unseen);
    crl_data_source source = CRL_DATA_SOURCE_INIT;
    crl_network *streamed = two_layers(INPUTS, HIDDEN, CRL_TANH, CLASSES, 1);
    crl_network *whole = two_layers(INPUTS, HIDDEN, CRL_TANH, CLASSES, 1);
    const crl_validation validation = validation_of(x, ROWS, INPUTS, &targets);
    int fails = 1;
    crl_trainer *trainer = make_trainer(streamed, &train);

    source.function = give;
    source.user = &fails;
    source.classes = 1;
    FAILS(CRL_ERROR_CALLBACK, "returned 1", crl_trainer_fit_source(trainer, &source, &validation));
    CHECK(progress_of(trainer).epochs == 1 && progress_of(trainer).rows == BATCH);
    fails = 0;
    OK(crl_trainer_fit_source(trainer, &source, &validation));
    CHECK(seen.epochs == EPOCHS && seen.epoch.validation_cost > 0);
    crl_trainer_destroy(trainer);

    ordered.shuffle = 0;
    trainer = make_trainer(whole, &ordered);
    OK(crl_trainer_fit(trainer, x, ROWS, INPUTS, &targets, &validation));
    CHECK(same_parameters(streamed, whole));
    CHECK(seen.epoch.cost == unseen.epoch.cost && seen.epoch.validation_cost == unseen.epoch.validation_cost);
    crl_trainer_destroy(trainer);
    crl_network_destroy(streamed);
    crl_network_destroy(whole);
}

/* The metrics are those that one counts from the predictions. */
static void evaluation(void)
{
    crl_network *network = two_layers(INPUTS, HIDDEN, CRL_TANH, CLASSES, 1);
    crl_metrics metrics = CRL_METRICS_INIT;
    double confusion[CLASSES * CLASSES], counted[CLASSES * CLASSES] = { 0 }, C = 0, right = 0;
    float y[ROWS * CLASSES];

    OK(crl_network_evaluate(network, &cost, x, ROWS, INPUTS, &targets, CLASSES, &metrics, confusion, COUNT(confusion)));
    OK(crl_network_value_and_gradient(network, &cost, x, ROWS, INPUTS, &targets, &C, NULL, 0));
    OK(crl_network_predict(network, x, ROWS, INPUTS, y, ROWS, CLASSES));
    for (size_t r = 0; r < ROWS; ++r) {
        size_t decision = 0;
        for (size_t c = 1; c < CLASSES; ++c)
            if (y[r * CLASSES + c] > y[r * CLASSES + decision])
                decision = c;
        counted[(size_t)classes[r] * CLASSES + decision] += 1;
        right += decision == (size_t)classes[r];
    }
    CHECK(metrics.rows == ROWS && metrics.accuracy == right / ROWS && metrics.top_accuracy == 1 && isnan(metrics.r2));
    CHECK(fabs(metrics.cost - C) < 1e-12);
    CHECK(memcmp(confusion, counted, sizeof counted) == 0);
    FAILS(CRL_ERROR_SIZE, "confusion_count is 3",
          crl_network_evaluate(network, &cost, x, ROWS, INPUTS, &targets, 1, &metrics, confusion, CLASSES));
    crl_network_destroy(network);
}

/* Predictions while a trainer publishes: each is wholly of one publication. */
enum { THREADS = 3, PUBLICATIONS = 30, ROUNDS = 100, SERVED = 5 };

static crl_network *served;
static crl_publisher *publisher;
static float published[(PUBLICATIONS + 1) * SERVED * CLASSES];

static int32_t publish(void *user, const crl_epoch *epoch)
{
    crl_status *worst = user;
    float *y = published + epoch->epoch * SERVED * CLASSES;
    crl_status status = crl_network_predict(served, x, SERVED, INPUTS, y, SERVED, CLASSES);
    if (status == CRL_OK)
        status = crl_publisher_publish(publisher, served);
    if (status != CRL_OK)
        *worst = status;
    return 0;
}

static void *serve(void *argument)
{
    float(*y)[SERVED * CLASSES] = argument;
    for (size_t round = 0; round < ROUNDS; ++round)
        if (crl_publisher_predict(publisher, x, SERVED, INPUTS, y[round], SERVED, CLASSES) != CRL_OK)
            memset(y[round], 0, sizeof *y);
    return NULL;
}

static void publishing(void)
{
    static float y[THREADS][ROUNDS][SERVED * CLASSES];
    pthread_t threads[THREADS];
    crl_status worst = CRL_OK;
    crl_train_options train = options(NULL);
    crl_trainer *trainer;
    size_t known = 0;

    served = two_layers(INPUTS, HIDDEN, CRL_TANH, CLASSES, 1);
    OK(crl_publisher_create(served, CRL_PRECISION_FLOAT32, &publisher));
    OK(crl_network_predict(served, x, SERVED, INPUTS, published, SERVED, CLASSES));
    train.epochs = PUBLICATIONS;
    train.on_batch = NULL;
    train.on_epoch = publish;
    train.user = &worst;
    trainer = make_trainer(served, &train);
    for (size_t i = 0; i < THREADS; ++i)
        CHECK(pthread_create(&threads[i], NULL, serve, y[i]) == 0);
    OK(crl_trainer_fit(trainer, x, ROWS, INPUTS, &targets, NULL));
    for (size_t i = 0; i < THREADS; ++i)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(worst == CRL_OK);
    for (size_t i = 0; i < THREADS; ++i)
        for (size_t round = 0; round < ROUNDS; ++round)
            for (size_t p = 0; p <= PUBLICATIONS; ++p)
                if (same_bits(y[i][round], published + p * SERVED * CLASSES, SERVED * CLASSES)) {
                    ++known;
                    break;
                }
    CHECK(known == THREADS * ROUNDS);
    OK(crl_publisher_predict(publisher, x, SERVED, INPUTS, y[0][0], SERVED, CLASSES));
    CHECK(same_bits(y[0][0], published + PUBLICATIONS * SERVED * CLASSES, SERVED * CLASSES));
    crl_trainer_destroy(trainer);
    crl_network_destroy(served);
    OK(crl_publisher_predict(publisher, x, SERVED, INPUTS, y[0][0], SERVED, CLASSES));
    crl_publisher_destroy(publisher);
}

int main(void)
{
    char path[] = "/tmp/chainrule-trainer.XXXXXX";
    const int descriptor = mkstemp(path);

    CHECK(descriptor >= 0 && close(descriptor) == 0);
    fill(x, COUNT(x), 1);
    for (size_t r = 0; r < ROWS; ++r)
        classes[r] = x[r * INPUTS] > 0.3f ? 2 : x[r * INPUTS + 1] > 0;
    targets.classes = classes;
    targets.classes_count = ROWS;
    cost.kind = CRL_CROSS_ENTROPY;

    crl_trainer_destroy(NULL);
    crl_publisher_destroy(NULL);
    resuming(path);
    patience();
    errors(path);
    sources();
    evaluation();
    publishing();
    CHECK(remove(path) == 0);
    return finish();
}
