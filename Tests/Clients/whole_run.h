/* A run through the library, whatever memory it gets: a network is made, trained, saved, loaded, predicted with, and grown. What a
 * call could not do for lack of memory is CRL_ERROR_MEMORY, and the same call again, with memory, gives the same bits as if
 * nothing had been.
 *
 * Who includes this says before how often a call is tried before memory is had, ATTEMPTS, and has a function for that,
 * nothing_fails(). */
#ifndef WHOLE_RUN_H
#define WHOLE_RUN_H

#include <stdlib.h>
#include <unistd.h>

#include "check.h"

enum { ROWS = 6, INPUTS = 3, OUTPUTS = 2, LARGEST = 200 };

static char folder[64];
static float x[ROWS * INPUTS], t[ROWS * OUTPUTS];
static int layers;      /* in between, beyond those of all kinds */
static int threads = 1; /* that train */

/* Each thread runs for itself. */
static __thread char model[96], checkpoint[96];

/* What a run makes: objects, and numbers to compare. */
static __thread struct {
    crl_network *network, *loaded, *grown;
    crl_workspace *workspace;
    crl_optimizer *optimizer;
    crl_trainer *trainer;
    crl_predictor *predictor;
    crl_publisher *publisher;
    size_t parameters;
} made;
typedef struct {
    float y[ROWS * OUTPUTS], loaded_y[ROWS * OUTPUTS], repeated_y[ROWS * OUTPUTS], predicted[ROWS * OUTPUTS], published[ROWS * OUTPUTS];
    float grown_y[ROWS * OUTPUTS], gradients[LARGEST], product[LARGEST];
    double C, trained, minimized;
    size_t checked;
} numbers;
static __thread numbers found;
static numbers expected;

static crl_targets targets(void)
{
    crl_targets targets = CRL_TARGETS_INIT;
    targets.values = t, targets.rows = ROWS, targets.columns = OUTPUTS, targets.stride = OUTPUTS;
    return targets;
}

static crl_status create(void) { return crl_network_create(INPUTS, &made.network); }

static crl_status add_dense(void)
{
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    options.name = "first";
    return crl_network_add_dense(made.network, 4, CRL_TANH, &options);
}

static crl_status add_more(void) { return crl_network_add_dense(made.network, 4, CRL_SIGMOID, NULL); }

static crl_status add_sum(void)
{
    const char *const inputs[] = { "first", "1" };
    return crl_network_add_sum(made.network, inputs, 2, "sum");
}

static crl_status add_concatenation(void)
{
    const char *const inputs[] = { "sum", "input" };
    return crl_network_add_concatenation(made.network, inputs, 2, NULL);
}

static crl_status add_reshape(void)
{
    const size_t extents[] = { 1, 4 + INPUTS };
    return crl_network_add_reshape(made.network, extents, 2, NULL);
}

static crl_status add_flat(void) { return crl_network_add_reshape(made.network, NULL, 0, NULL); }

static crl_status add_dropout(void) { return crl_network_add_dropout(made.network, 0.1f, NULL); }
static crl_status add_outputs(void) { return crl_network_add_dense(made.network, OUTPUTS, CRL_IDENTITY, NULL); }
static crl_status build(void) { return crl_network_build(made.network, 1); }
static crl_status make_workspace(void) { return crl_workspace_create(made.network, ROWS, CRL_PURPOSE_TRAINING, &made.workspace); }

static crl_status make_optimizer(void)
{
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    return crl_optimizer_create(made.network, &options, &made.optimizer);
}

static crl_status pass_forward(void)
{
    return crl_forward(made.network, made.workspace, x, ROWS, INPUTS, found.y, ROWS, OUTPUTS);
}

static crl_status pass_cost(void)
{
    const crl_targets all = targets();
    return crl_cost(NULL, found.y, ROWS, OUTPUTS, OUTPUTS, &all, &found.C, found.product, ROWS, OUTPUTS);
}

/* Also a call that only looks something up may find no reserve left. */
static crl_status count_parameters(void)
{
    float *values = NULL;
    return crl_network_parameters(made.network, &values, &made.parameters);
}

static crl_status pass_backward(void)
{
    return crl_backward(made.network, made.workspace, found.product, ROWS, OUTPUTS, found.gradients, made.parameters, 0, NULL, 0,
                        0);
}

static crl_status step(void) { return crl_step(made.optimizer, made.network, found.gradients, made.parameters); }

static crl_status value_and_gradient(void)
{
    const crl_targets all = targets();
    return crl_network_value_and_gradient(made.network, NULL, x, ROWS, INPUTS, &all, &found.C, found.gradients, made.parameters);
}

static crl_status hessian_product(void)
{
    const crl_targets all = targets();
    return crl_network_hessian_product(made.network, NULL, x, ROWS, INPUTS, &all, found.gradients, made.parameters, found.product,
                                       made.parameters);
}

static crl_status check_gradient(void)
{
    const crl_targets all = targets();
    crl_gradient_check_options options = CRL_GRADIENT_CHECK_OPTIONS_INIT;
    crl_gradient_report report = CRL_GRADIENT_REPORT_INIT;
    options.max_coordinates = 2;
    const crl_status status = crl_network_check_gradient(made.network, NULL, x, ROWS, INPUTS, &all, &options, &report);
    found.checked = report.checked;
    return status;
}

static crl_status fit(void)
{
    const crl_targets all = targets();
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    options.epochs = 2, options.batch_size = 4, options.threads = threads;
    return crl_network_fit(made.network, x, ROWS, INPUTS, &all, NULL, &options);
}

static crl_status make_trainer(void)
{
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    options.epochs = 2, options.batch_size = 4, options.threads = threads;
    return crl_trainer_create(made.network, &options, &made.trainer);
}

static crl_status train(void)
{
    const crl_targets all = targets();
    const crl_validation validation = validation_of(x, ROWS, INPUTS, &all);
    return crl_trainer_fit(made.trainer, x, ROWS, INPUTS, &all, &validation);
}

static crl_status save_training(void) { return crl_trainer_save(made.trainer, checkpoint); }
static crl_status load_training(void) { return crl_trainer_load(made.trainer, checkpoint); }

static crl_status evaluate(void)
{
    const crl_targets all = targets();
    crl_metrics metrics = CRL_METRICS_INIT;
    const crl_status status = crl_network_evaluate(made.network, NULL, x, ROWS, INPUTS, &all, 1, &metrics, NULL, 0);
    found.trained = metrics.cost;
    return status;
}

static crl_status minimize(void)
{
    const crl_targets all = targets();
    crl_minimize_options options = CRL_MINIMIZE_OPTIONS_INIT;
    crl_minimum minimum = CRL_MINIMUM_INIT;
    options.max_iterations = 3, options.threads = threads, options.l2 = 1e-3;
    options.validation_split = 0.25, options.patience = 2;
    const crl_status status = crl_network_minimize(made.loaded, x, ROWS, INPUTS, &all, NULL, &options, &minimum);
    found.minimized = minimum.cost;
    return status;
}

static crl_status save(void) { return crl_network_save(made.network, model); }
static crl_status load(void) { return crl_network_load(model, &made.loaded); }
static crl_status load_parameters(void) { return crl_network_load_parameters(made.network, model); }

/* The same without files. */
static __thread unsigned char bytes[1 << 20];
static __thread size_t bytes_count, bytes_read;

static int32_t write_bytes(void *user, const void *content, size_t count)
{
    (void)user;
    if (count > sizeof bytes - bytes_count)
        return 1;
    memcpy(bytes + bytes_count, content, count);
    bytes_count += count;
    return 0;
}

static int32_t read_bytes(void *user, void *content, size_t capacity, size_t *count)
{
    (void)user;
    *count = capacity < bytes_count - bytes_read ? capacity : bytes_count - bytes_read;
    memcpy(content, bytes + bytes_read, *count);
    bytes_read += *count;
    return 0;
}

static crl_status save_to_memory(void) { return crl_network_save_to_memory(made.network, bytes, sizeof bytes, &bytes_count); }

static crl_status save_to_callback(void)
{
    bytes_count = 0;
    return crl_network_save_to_callback(made.network, write_bytes, NULL);
}

static crl_status load_from_memory(void)
{
    crl_network *network = NULL;
    const crl_status status = crl_network_load_from_memory(bytes, bytes_count, 0, &network);
    crl_network_destroy(network);
    return status;
}

static crl_status load_from_callback(void)
{
    crl_network *network = NULL;
    bytes_read = 0;
    const crl_status status = crl_network_load_from_callback(read_bytes, NULL, 0, &network);
    crl_network_destroy(network);
    return status;
}

static crl_status load_parameters_from_memory(void)
{
    return crl_network_load_parameters_from_memory(made.network, bytes, bytes_count);
}

static crl_status load_parameters_from_callback(void)
{
    bytes_read = 0;
    return crl_network_load_parameters_from_callback(made.network, read_bytes, NULL);
}

static crl_status save_training_to_memory(void)
{
    return crl_trainer_save_to_memory(made.trainer, bytes, sizeof bytes, &bytes_count);
}

static crl_status save_training_to_callback(void)
{
    bytes_count = 0;
    return crl_trainer_save_to_callback(made.trainer, write_bytes, NULL);
}

static crl_status load_training_from_memory(void)
{
    return crl_trainer_load_from_memory(made.trainer, bytes, bytes_count);
}

static crl_status load_training_from_callback(void)
{
    bytes_read = 0;
    return crl_trainer_load_from_callback(made.trainer, read_bytes, NULL);
}

static crl_status predict(void) { return crl_network_predict(made.loaded, x, ROWS, INPUTS, found.loaded_y, ROWS, OUTPUTS); }

/* So often that the network prepares a copy of its parameters, or does without if there is no memory. */
static crl_status predict_often(void)
{
    crl_status status = CRL_OK;
    for (int call = 0; call < 20 && status == CRL_OK; ++call)
        status = crl_network_predict(made.loaded, x, ROWS, INPUTS, found.repeated_y, ROWS, OUTPUTS);
    return status;
}

static crl_status make_predictor(void) { return crl_predictor_create(made.network, CRL_PRECISION_FLOAT32, &made.predictor); }

static crl_status predictor_predict(void)
{
    return crl_predictor_predict(made.predictor, x, ROWS, INPUTS, found.predicted, ROWS, OUTPUTS);
}

static crl_status make_publisher(void) { return crl_publisher_create(made.network, CRL_PRECISION_INT8, &made.publisher); }
static crl_status publish(void) { return crl_publisher_publish(made.publisher, made.network); }

static crl_status publisher_predict(void)
{
    return crl_publisher_predict(made.publisher, x, ROWS, INPUTS, found.published, ROWS, OUTPUTS);
}

static crl_status grow(void)
{
    const crl_targets all = targets();
    crl_cascade_options options = CRL_CASCADE_OPTIONS_INIT;
    options.max_units = 2, options.candidates = 2, options.max_iterations = 3, options.threads = threads;
    return crl_network_create_cascade(INPUTS, OUTPUTS, x, ROWS, INPUTS, &all, NULL, &options, &made.grown);
}

static crl_status predict_grown(void)
{
    return crl_network_predict(made.grown, x, ROWS, INPUTS, found.grown_y, ROWS, OUTPUTS);
}

static crl_status refuse(void)
{
    /* An error's message is made of objects too. */
    const crl_status status = crl_network_add_sum(made.network, NULL, 0, NULL);
    return status == CRL_ERROR_NULL || status == CRL_ERROR_ALREADY_BUILT ? CRL_OK : status;
}

/* Makes a call, which may meet failing allocations, until it has memory. */
static crl_status call(crl_status (*function)(void), const char *name)
{
    crl_status status = function();
    for (int attempt = 1; status != CRL_OK && attempt <= ATTEMPTS; ++attempt) {
        if (!CHECK(status == CRL_ERROR_MEMORY && crl_error_message()[0] != '\0'))
            fprintf(stderr, "%s: %s\n", name, crl_error_message());
        if (attempt == ATTEMPTS)
            nothing_fails();
        status = function();
    }
    if (status != CRL_OK && !CHECK(status == CRL_OK))
        fprintf(stderr, "%s, with memory: %s\n", name, crl_error_message());
    return status;
}

#define CALL(function) \
    if (call(function, #function) != CRL_OK) \
    return

static void run_calls(void)
{
    CALL(create);
    CALL(add_dense);
    CALL(add_more);
    CALL(add_sum);
    CALL(add_concatenation);
    CALL(add_reshape);
    CALL(add_flat);
    CALL(add_dropout);
    for (int layer = 0; layer < layers; ++layer)
        CALL(add_more);
    CALL(add_outputs);
    CALL(build);
    CALL(count_parameters);
    CALL(refuse);
    CALL(make_workspace);
    if (layers == 0) {
        CALL(make_optimizer);
        CALL(pass_forward);
        CALL(pass_cost);
        CALL(pass_backward);
        CALL(step);
        CALL(value_and_gradient);
        CALL(hessian_product);
        CALL(check_gradient);
        CALL(fit);
    }
    CALL(make_trainer);
    CALL(train);
    CALL(save_training);
    CALL(load_training);
    CALL(save_training_to_memory);
    CALL(load_training_from_memory);
    CALL(save_training_to_callback);
    CALL(load_training_from_callback);
    CALL(evaluate);
    CALL(save);
    CALL(load);
    CALL(load_parameters);
    CALL(save_to_memory);
    CALL(load_from_memory);
    CALL(load_parameters_from_memory);
    CALL(save_to_callback);
    CALL(load_from_callback);
    CALL(load_parameters_from_callback);
    CALL(predict);
    CALL(predict_often);
    CALL(make_predictor);
    CALL(predictor_predict);
    CALL(make_publisher);
    CALL(publish);
    CALL(publisher_predict);
    if (layers == 0) {
        CALL(minimize);
        CALL(grow);
        CALL(predict_grown);
    }
}

static void destroy(void)
{
    crl_network_destroy(made.network);
    crl_network_destroy(made.loaded);
    crl_network_destroy(made.grown);
    crl_workspace_destroy(made.workspace);
    crl_optimizer_destroy(made.optimizer);
    crl_trainer_destroy(made.trainer);
    crl_predictor_destroy(made.predictor);
    crl_publisher_destroy(made.publisher);
    memset(&made, 0, sizeof made);
}

static void begin_runs(void)
{
    /* In memory if possible: thousands of files are made durable. */
    strcpy(folder, "/dev/shm/chainrule-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        strcpy(folder, "/tmp/chainrule-XXXXXX");
        CHECK(mkdtemp(folder) != NULL);
    }
    fill(x, COUNT(x), 1);
    fill(t, COUNT(t), 2);
}

static void end_runs(void) { CHECK(rmdir(folder) == 0); }

/* A run of the thread with this number; its numbers are in `found`. */
static void run(int thread)
{
    memset(&found, 0, sizeof found);
    snprintf(model, sizeof model, "%s/%d.safetensors", folder, thread);
    snprintf(checkpoint, sizeof checkpoint, "%s/%d.checkpoint", folder, thread);
    run_calls();
    CHECK(unlink(model) == 0 && unlink(checkpoint) == 0);
}

#endif
