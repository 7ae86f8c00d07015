/* A child of fork() has one thread, whatever its parent's threads did. It predicts, publishes and trains all the same, and waits
 * for no missing thread. */
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { THREADS = 2, FORKS = 100, PATIENCE = 60, ROWS = 40, INPUTS = 9, OUTPUTS = 4 };

static crl_network *network, *graph;
static crl_predictor *predictor;
static crl_publisher *publisher;
static float x[ROWS * INPUTS], t[ROWS * OUTPUTS], expected[ROWS * OUTPUTS], expected_of_graph[ROWS * OUTPUTS];
static volatile sig_atomic_t is_done;

/* Two dense layers and their sum, which no predictor takes for a chain. */
static crl_network *branches(void)
{
    crl_network *made = NULL;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    const char *inputs[] = { "first", "second" };
    OK(crl_network_create(INPUTS, &made));
    options.name = inputs[0];
    OK(crl_network_add_dense(made, OUTPUTS, CRL_RELU, &options));
    options.name = inputs[1];
    OK(crl_network_add_dense(made, OUTPUTS, CRL_TANH, &options));
    OK(crl_network_add_sum(made, inputs, 2, NULL));
    OK(crl_network_build(made, 1));
    return made;
}

static int predicts(void)
{
    float y[ROWS * OUTPUTS], y_of_graph[ROWS * OUTPUTS], published[ROWS * OUTPUTS];
    return crl_network_predict(network, x, ROWS, INPUTS, y, ROWS, OUTPUTS) == CRL_OK
        && crl_predictor_predict(predictor, x, ROWS, INPUTS, y_of_graph, ROWS, OUTPUTS) == CRL_OK
        && crl_publisher_predict(publisher, x, ROWS, INPUTS, published, ROWS, OUTPUTS) == CRL_OK
        && same_bits(y, expected, COUNT(y)) && same_bits(y_of_graph, expected_of_graph, COUNT(y))
        && same_bits(published, expected_of_graph, COUNT(y));
}

static void *keep_predicting(void *wrong)
{
    while (!is_done)
        *(int *)wrong += !predicts();
    return NULL;
}

static void *keep_publishing(void *wrong)
{
    while (!is_done)
        *(int *)wrong += crl_publisher_publish(publisher, graph) != CRL_OK;
    return NULL;
}

/* What a child does: 0 if all of it works. Few of them train, which takes the longest. */
static int child(int trains)
{
    crl_targets targets = CRL_TARGETS_INIT;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    float y[ROWS * OUTPUTS];
    targets.values = t;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;
    options.epochs = 2;
    options.threads = 2;
    alarm(PATIENCE); /* a child that hangs is killed */
    if (!predicts() || crl_publisher_publish(publisher, graph) != CRL_OK || !predicts())
        return 1;
    if (!trains)
        return 0;
    if (crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &options) != CRL_OK)
        return 2;
    return crl_network_predict(network, x, ROWS, INPUTS, y, ROWS, OUTPUTS) != CRL_OK || same_bits(y, expected, COUNT(y));
}

/* Whether a child ended with this exit code. */
static int ends(pid_t process, int code)
{
    int status = -1;
    return process > 0 && waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == code;
}

static int32_t fork_in_epoch(void *user, const crl_epoch *epoch)
{
    pid_t *process = user;
    if (epoch->epoch == 1) {
        *process = fork();
        if (*process == 0)
            alarm(PATIENCE);
    }
    return 0;
}

/* A callback that forks: training continues in both, each with its own threads, and gives the same result. */
static void fork_while_training(void)
{
    crl_network *trained = two_layers(INPUTS, 20, CRL_TANH, OUTPUTS, 1), *forked = two_layers(INPUTS, 20, CRL_TANH, OUTPUTS, 1);
    crl_targets targets = CRL_TARGETS_INIT;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    float *parameters = NULL, *parameters_of_forked = NULL;
    size_t count = 0;
    pid_t process = -1;
    targets.values = t;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;
    options.epochs = 5;
    options.threads = 3;
    OK(crl_network_fit(trained, x, ROWS, INPUTS, &targets, NULL, &options));
    options.on_epoch = fork_in_epoch;
    options.user = &process;
    const crl_status status = crl_network_fit(forked, x, ROWS, INPUTS, &targets, NULL, &options);
    OK(crl_network_parameters(trained, &parameters, &count));
    OK(crl_network_parameters(forked, &parameters_of_forked, &count));
    const int is_same = status == CRL_OK && same_bits(parameters, parameters_of_forked, count);
    if (process == 0)
        _exit(is_same ? 0 : 1);
    CHECK(is_same);
    CHECK(ends(process, 0));
    crl_network_destroy(trained);
    crl_network_destroy(forked);
}

int main(void)
{
    pthread_t threads[THREADS + 1];
    int wrong[THREADS + 1] = { 0 };

    fill(x, COUNT(x), 1);
    fill(t, COUNT(t), 2);
    network = two_layers(INPUTS, 20, CRL_TANH, OUTPUTS, 1);
    graph = branches();
    OK(crl_predictor_create(graph, CRL_PRECISION_FLOAT32, &predictor));
    OK(crl_publisher_create(graph, CRL_PRECISION_FLOAT32, &publisher));
    OK(crl_network_predict(network, x, ROWS, INPUTS, expected, ROWS, OUTPUTS));
    OK(crl_network_predict(graph, x, ROWS, INPUTS, expected_of_graph, ROWS, OUTPUTS));
    fork_while_training();

    for (size_t i = 0; i < COUNT(threads); ++i)
        CHECK(pthread_create(&threads[i], NULL, i < THREADS ? keep_predicting : keep_publishing, &wrong[i]) == 0);
    for (int number = 0; number < FORKS && failed_checks == 0; ++number) {
        const pid_t process = fork();
        if (process == 0)
            _exit(child(number % 10 == 0));
        CHECK(ends(process, 0));
    }
    is_done = 1;
    for (size_t i = 0; i < COUNT(threads); ++i) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(wrong[i] == 0);
    }
    crl_predictor_destroy(predictor);
    crl_publisher_destroy(publisher);
    crl_network_destroy(network);
    crl_network_destroy(graph);
    return finish();
}
