/* Every long call ends when its thread's flag is set: before the call, during it from another thread, by a signal handler, and by
 * the poll. It leaves whole objects. */
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "folder.h"

enum { INPUTS = 16, OUTPUTS = 4, HIDDEN = 64, ROWS = 100000, FEW = 3000, SMALL = 24, LARGE = 3000 };

/* Calls that see the flag end within 50 ms on a quiet machine; tests run on busy ones, and emulated. */
static const double patience = 20;
/* They look every few milliseconds. */
static const double between_looks = 0.02;

static crl_cancel *cancel;
static crl_network *wide, *deep, *small, *large;
static crl_predictor *predictor;
static crl_publisher *publisher;
static float *x, *y, *t, *vector, *result;
static char saved[300], unsaved[300];
static size_t parameters, small_parameters;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static crl_targets targets(size_t rows)
{
    crl_targets of = CRL_TARGETS_INIT;
    of.values = t;
    of.rows = rows;
    of.columns = of.stride = OUTPUTS;
    return of;
}

static crl_status fit(size_t batch_size, size_t threads, crl_optimizer_method method)
{
    const crl_targets of = targets(ROWS);
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    crl_optimizer_options optimizer_options = CRL_OPTIMIZER_OPTIONS_INIT;
    optimizer_options.method = method;
    crl_optimizer *optimizer = NULL;
    OK(crl_optimizer_create(deep, &optimizer_options, &optimizer));
    options.epochs = 1000000;
    options.batch_size = batch_size;
    options.threads = threads;
    options.optimizer = optimizer;
    const crl_status status = crl_network_fit(deep, x, ROWS, INPUTS, &of, NULL, &options);
    crl_optimizer_destroy(optimizer);
    return status;
}

static crl_status minimize(crl_network *network, crl_minimizer method, size_t rows)
{
    const crl_targets of = targets(rows);
    crl_minimize_options options = CRL_MINIMIZE_OPTIONS_INIT;
    options.method = method;
    options.max_iterations = 1000000;
    options.cost_tolerance = options.gradient_tolerance = 0;
    return crl_network_minimize(network, x, rows, INPUTS, &of, NULL, &options, NULL);
}

static crl_status fit_small_batches(void) { return fit(10, 1, CRL_ADAM); }
static crl_status fit_large_batches(void) { return fit(ROWS, 1, CRL_GRADIENT_DESCENT); }
static crl_status fit_with_threads(void) { return fit(ROWS, 3, CRL_ADAM); }
static crl_status minimize_lbfgs(void) { return minimize(deep, CRL_LBFGS, ROWS); }
static crl_status minimize_bfgs(void) { return minimize(small, CRL_BFGS, ROWS); }
static crl_status minimize_newton_cg(void) { return minimize(deep, CRL_NEWTON_CG, ROWS); }
static crl_status minimize_levenberg_marquardt(void) { return minimize(small, CRL_LEVENBERG_MARQUARDT, ROWS); }

static crl_status grow(void)
{
    const crl_targets of = targets(ROWS);
    crl_cascade_options options = CRL_CASCADE_OPTIONS_INIT;
    crl_network *grown = NULL;
    options.max_units = 1000;
    const crl_status status = crl_network_create_cascade(INPUTS, OUTPUTS, x, ROWS, INPUTS, &of, NULL, &options, &grown);
    CHECK(status != CRL_CANCELLED || grown != NULL);
    CHECK(status != CRL_CANCELLED || crl_network_predict(grown, x, 1, INPUTS, y, 1, OUTPUTS) == CRL_OK);
    crl_network_destroy(grown);
    return status;
}

static crl_status predict(void) { return crl_network_predict(wide, x, ROWS, INPUTS, y, ROWS, OUTPUTS); }
static crl_status predict_prepared(void) { return crl_predictor_predict(predictor, x, ROWS, INPUTS, y, ROWS, OUTPUTS); }
static crl_status predict_published(void) { return crl_publisher_predict(publisher, x, ROWS, INPUTS, y, ROWS, OUTPUTS); }

static crl_status evaluate(void)
{
    const crl_targets of = targets(ROWS);
    crl_metrics metrics = CRL_METRICS_INIT;
    return crl_network_evaluate(wide, NULL, x, ROWS, INPUTS, &of, 1, &metrics, NULL, 0);
}

static crl_status value_and_gradient(void)
{
    const crl_targets of = targets(ROWS);
    double C;
    return crl_network_value_and_gradient(wide, NULL, x, ROWS, INPUTS, &of, &C, result, parameters);
}

static crl_status hessian_product(void)
{
    const crl_targets of = targets(ROWS);
    return crl_network_hessian_product(wide, NULL, x, ROWS, INPUTS, &of, vector, parameters, result, parameters);
}

static crl_status gauss_newton_product(void)
{
    const crl_targets of = targets(ROWS);
    return crl_network_gauss_newton_product(wide, NULL, x, ROWS, INPUTS, &of, vector, parameters, result, parameters);
}

static crl_status jvp(void)
{
    return crl_network_jvp(wide, x, ROWS, INPUTS, NULL, 0, vector, parameters, NULL, 0, 0, y, ROWS, OUTPUTS);
}

static crl_status vjp(void)
{
    return crl_network_vjp(wide, x, ROWS, INPUTS, t, OUTPUTS, result, parameters, NULL, 0, 0);
}

static crl_status hessian(void)
{
    const crl_targets of = targets(FEW);
    return crl_network_hessian(small, NULL, x, FEW, INPUTS, &of, result, small_parameters, small_parameters);
}

static crl_status jacobian(void)
{
    return crl_network_jacobian(small, x, FEW, INPUTS, CRL_VARIABLE_PARAMETERS, result, FEW * OUTPUTS, small_parameters);
}

static crl_status check_gradient(void)
{
    const crl_targets of = targets(ROWS);
    crl_gradient_report report = CRL_GRADIENT_REPORT_INIT;
    return crl_network_check_gradient(wide, NULL, x, ROWS, INPUTS, &of, NULL, &report);
}

static crl_status build(void)
{
    crl_network *network = NULL;
    OK(crl_network_create(LARGE, &network));
    OK(crl_network_add_dense(network, LARGE, CRL_TANH, NULL));
    const crl_status status = crl_network_build(network, 1);
    crl_network_destroy(network);
    return status;
}

/* What is cancelled leaves neither the file nor a temporary one, or the folder could not be removed at the end. */
static crl_status save(void)
{
    const crl_status status = crl_network_save(large, unsaved);
    CHECK((access(unsaved, F_OK) == 0) == (status == CRL_OK));
    remove(unsaved);
    return status;
}

static crl_status load(void)
{
    crl_network *network = NULL;
    const crl_status status = crl_network_load(saved, &network);
    CHECK((network != NULL) == (status == CRL_OK));
    crl_network_destroy(network);
    return status;
}

static crl_status load_parameters(void)
{
    return crl_network_load_parameters(large, saved);
}

static crl_status prepare(void)
{
    crl_predictor *prepared = NULL;
    const crl_status status = crl_predictor_create(large, CRL_PRECISION_FLOAT32, &prepared);
    CHECK((prepared != NULL) == (status == CRL_OK));
    crl_predictor_destroy(prepared);
    return status;
}

static const struct {
    const char *name;
    crl_status (*call)(void);
} calls[] = {
    { "fit, small batches", fit_small_batches },
    { "fit, large batches", fit_large_batches },
    { "fit, with threads", fit_with_threads },
    { "lbfgs", minimize_lbfgs },
    { "bfgs", minimize_bfgs },
    { "newton_cg", minimize_newton_cg },
    { "levenberg_marquardt", minimize_levenberg_marquardt },
    { "cascade", grow },
    { "predict", predict },
    { "predictor", predict_prepared },
    { "publisher", predict_published },
    { "evaluate", evaluate },
    { "value and gradient", value_and_gradient },
    { "hessian product", hessian_product },
    { "gauss-newton product", gauss_newton_product },
    { "jvp", jvp },
    { "vjp", vjp },
    { "hessian", hessian },
    { "jacobian", jacobian },
    { "check gradient", check_gradient },
    { "build", build },
    { "save", save },
    { "load", load },
    { "load parameters", load_parameters },
    { "prepare", prepare },
};

static double set_at;

static void *set_soon(void *delay)
{
    const struct timespec pause = { 0, *(const long *)delay };
    nanosleep(&pause, NULL);
    set_at = seconds();
    crl_cancel_set(cancel);
    return NULL;
}

/* Each call, with the flag set before and in its midst. With LATENCIES in the environment it tells how soon they end. */
static void every_call(void)
{
    long delay = 10000000;
    for (size_t which = 0; which < COUNT(calls); ++which) {
        pthread_t thread;
        crl_cancel_set(cancel);
        double start = seconds();
        CHECK(calls[which].call() == CRL_CANCELLED);
        CHECK(strstr(crl_error_message(), "cancelled") != NULL);
        CHECK(seconds() - start < patience);
        OK(crl_cancel_reset(cancel));

        CHECK(pthread_create(&thread, NULL, set_soon, &delay) == 0);
        const crl_status status = calls[which].call();
        const double end = seconds();
        CHECK(pthread_join(thread, NULL) == 0);
        /* What has an end may have come to it, or be as near to it as the next look is. */
        CHECK(status == CRL_CANCELLED || (status == CRL_OK && end - set_at < between_looks));
        CHECK(end - set_at < patience);
        if (getenv("LATENCIES") != NULL)
            fprintf(stderr, "%-22s %-14s %8.2f ms\n", calls[which].name, crl_status_name(status), 1e3 * (end - set_at));
        OK(crl_cancel_reset(cancel));
    }
}

static void set_in_handler(int number)
{
    (void)number;
    crl_cancel_set(cancel);
}

/* A signal's handler may set the flag. */
static void by_signal(void)
{
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = set_in_handler;
    CHECK(sigaction(SIGALRM, &action, &before) == 0);
    alarm(1);
    CHECK(fit_small_batches() == CRL_CANCELLED);
    CHECK(sigaction(SIGALRM, &before, NULL) == 0);
    OK(crl_cancel_reset(cancel));
}

typedef struct {
    int asked, until;
    pthread_t thread;
    int is_same_thread;
} poll;

static int32_t ask(void *user)
{
    poll *mine = user;
    mine->is_same_thread = pthread_equal(mine->thread, pthread_self());
    /* What it calls itself does not ask again. */
    OK(crl_network_predict(small, x, FEW, INPUTS, y, FEW, OUTPUTS));
    return ++mine->asked == mine->until;
}

static void by_poll(void)
{
    poll mine = { 0, 3, pthread_self(), 0 };
    crl_cancel *polled = NULL, *before = NULL;
    OK(crl_cancel_create(ask, &mine, &polled));
    OK(crl_cancel_watch(polled, &before));
    CHECK(before == cancel);
    double start = seconds();
    CHECK(fit_small_batches() == CRL_CANCELLED);
    CHECK(seconds() - start > 0.059); /* not more often than every 20 ms */
    CHECK(mine.asked == 3 && mine.is_same_thread);
    /* The flag is set now, and nobody asks for calls to be cancelled again. */
    CHECK(predict() == CRL_CANCELLED);
    OK(crl_cancel_reset(polled));
    mine.asked = 0;
    CHECK(fit_with_threads() == CRL_CANCELLED);
    CHECK(mine.asked == 3 && mine.is_same_thread);
    OK(crl_cancel_watch(before, NULL));
    crl_cancel_destroy(polled);
}

static int32_t stop_after_three(void *user, const crl_epoch *epoch)
{
    (void)user;
    return epoch->epoch == 3;
}

/* A trainer cancelled anywhere continues as without the cancel, bit for bit. */
static void goes_on(void)
{
    const crl_targets of = targets(ROWS / 10);
    crl_network *networks[2] = { two_layers(INPUTS, 8, CRL_TANH, OUTPUTS, 1), two_layers(INPUTS, 8, CRL_TANH, OUTPUTS, 1) };
    float *vectors[2] = { NULL, NULL };
    size_t count = 0;
    int cancelled = 0;
    for (int which = 0; which < 2; ++which) {
        crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
        crl_trainer *trainer = NULL;
        crl_status status;
        options.epochs = 4;
        options.batch_size = 7;
        options.on_epoch = stop_after_three; /* so that the end is in sight, and the fourth epoch a call of its own */
        OK(crl_trainer_create(networks[which], &options, &trainer));
        for (int ended = 0; ended < 2; ++ended)
            do {
                long delay = 1000000;
                pthread_t thread;
                if (which == 1)
                    CHECK(pthread_create(&thread, NULL, set_soon, &delay) == 0);
                status = crl_trainer_fit(trainer, x, ROWS / 10, INPUTS, &of, NULL);
                if (which == 1)
                    CHECK(pthread_join(thread, NULL) == 0);
                CHECK(status == CRL_OK || status == CRL_CANCELLED);
                OK(crl_cancel_reset(cancel));
                cancelled += status == CRL_CANCELLED && strstr(crl_error_message(), "the call was cancelled") != NULL;
            } while (status == CRL_CANCELLED && strstr(crl_error_message(), "the call was cancelled") != NULL);
        OK(crl_network_parameters(networks[which], &vectors[which], &count));
        crl_trainer_destroy(trainer);
    }
    CHECK(cancelled > 0);
    CHECK(same_bits(vectors[0], vectors[1], count));
    for (int which = 0; which < 2; ++which)
        crl_network_destroy(networks[which]);
}

static void *predict_unwatched(void *status)
{
    *(crl_status *)status = predict();
    return NULL;
}

/* What is wrong, and what is left alone. */
static void arguments(void)
{
    crl_cancel *other = NULL, *before = NULL;
    crl_status status = CRL_CANCELLED;
    pthread_t thread;

    FAILS(CRL_ERROR_NULL, "cancel is NULL", crl_cancel_create(NULL, NULL, NULL));
    FAILS(CRL_ERROR_NULL, "cancel is NULL", crl_cancel_reset(NULL));
    FAILS(CRL_ERROR_HANDLE, "cancel is not a crl_cancel", crl_cancel_reset((crl_cancel *)wide));
    FAILS(CRL_ERROR_HANDLE, "cancel is not a crl_cancel", crl_cancel_watch((crl_cancel *)wide, &before));
    crl_cancel_set(NULL);
    crl_cancel_set((crl_cancel *)wide);
    crl_cancel_destroy(NULL);
    crl_cancel_destroy((crl_cancel *)wide);

    /* Only threads that watch look. */
    crl_cancel_set(cancel);
    CHECK(pthread_create(&thread, NULL, predict_unwatched, &status) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(status == CRL_OK);
    OK(crl_cancel_watch(NULL, &before));
    CHECK(before == cancel);
    CHECK(predict() == CRL_OK);

    /* Destroying what the thread watches ends that. */
    OK(crl_cancel_create(NULL, NULL, &other));
    OK(crl_cancel_watch(other, NULL));
    crl_cancel_set(other);
    CHECK(predict() == CRL_CANCELLED);
    crl_cancel_destroy(other);
    CHECK(predict() == CRL_OK);
    OK(crl_cancel_watch(cancel, &before));
    CHECK(before == NULL);
    OK(crl_cancel_reset(cancel));
}

static float *numbers(size_t count, uint32_t seed)
{
    float *made = malloc(count * sizeof *made);
    CHECK(made != NULL);
    fill(made, count, seed);
    return made;
}

int main(void)
{
    wide = two_layers(INPUTS, 2000, CRL_TANH, OUTPUTS, 1);
    deep = two_layers(INPUTS, HIDDEN, CRL_TANH, OUTPUTS, 2);
    small = two_layers(INPUTS, SMALL, CRL_TANH, OUTPUTS, 3);
    large = two_layers(LARGE, LARGE, CRL_TANH, LARGE, 4);
    make_folder();
    snprintf(saved, sizeof saved, "%s/saved", folder);
    snprintf(unsaved, sizeof unsaved, "%s/unsaved", folder);
    OK(crl_network_save(large, saved));
    OK(crl_network_parameters(wide, &x, &parameters));
    OK(crl_network_parameters(small, &x, &small_parameters));
    x = numbers(ROWS * INPUTS, 1);
    y = numbers(ROWS * OUTPUTS, 2);
    t = numbers(ROWS * OUTPUTS, 3);
    vector = numbers(parameters, 4);
    result = numbers(FEW * OUTPUTS * small_parameters + small_parameters * small_parameters + parameters, 5);
    OK(crl_predictor_create(wide, CRL_PRECISION_FLOAT32, &predictor));
    OK(crl_publisher_create(wide, CRL_PRECISION_FLOAT32, &publisher));
    OK(crl_cancel_create(NULL, NULL, &cancel));
    OK(crl_cancel_watch(cancel, NULL));

    every_call();
    by_signal();
    by_poll();
    goes_on();
    arguments();

    crl_cancel_destroy(cancel);
    crl_publisher_destroy(publisher);
    crl_predictor_destroy(predictor);
    crl_network_destroy(wide);
    crl_network_destroy(deep);
    crl_network_destroy(small);
    crl_network_destroy(large);
    CHECK(remove(saved) == 0 && rmdir(folder) == 0);
    free(x);
    free(y);
    free(t);
    free(vector);
    free(result);
    return finish();
}
