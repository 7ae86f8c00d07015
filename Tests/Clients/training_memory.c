/* What training holds at most beside the network: the best parameters, and a whole gradient only if a step needs its norm. */
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <stdlib.h>

#include "check.h"

enum { WIDTH = 256, PIECE = 720, ROWS = 3 * PIECE, PARAMETERS = 3 * WIDTH * (WIDTH + 1) };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static size_t living, most;

static void *take(void *user, size_t bytes)
{
    (void)user;
    pthread_mutex_lock(&mutex);
    living += bytes;
    if (living > most)
        most = living;
    pthread_mutex_unlock(&mutex);
    return malloc(bytes);
}

static void give_back(void *user, void *memory, size_t bytes)
{
    (void)user;
    pthread_mutex_lock(&mutex);
    living -= bytes;
    pthread_mutex_unlock(&mutex);
    free(memory);
}

static float x[ROWS * WIDTH], t[ROWS * WIDTH];

/* The most memory that a fit of two epochs takes, in multiples of the parameters'. */
static double memory_of_fit(size_t rows, size_t threads, crl_optimizer_options optimizer_options)
{
    crl_network *network = NULL;
    crl_optimizer *optimizer = NULL;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;

    OK(crl_network_create(WIDTH, &network));
    OK(crl_network_add_dense(network, WIDTH, CRL_RELU, NULL));
    OK(crl_network_add_dense(network, WIDTH, CRL_RELU, NULL));
    OK(crl_network_add_dense(network, WIDTH, CRL_IDENTITY, NULL));
    OK(crl_network_build(network, 1));
    pthread_mutex_lock(&mutex);
    const size_t before = living;
    most = living;
    pthread_mutex_unlock(&mutex);
    OK(crl_optimizer_create(network, &optimizer_options, &optimizer));
    targets.values = t, targets.rows = rows, targets.columns = targets.stride = WIDTH;
    options.optimizer = optimizer, options.epochs = 2, options.batch_size = rows, options.threads = threads;
    OK(crl_network_fit(network, x, rows, WIDTH, &targets, NULL, &options));
    const double taken = (double)(most - before) / (sizeof *x * PARAMETERS);
    crl_optimizer_destroy(optimizer);
    crl_network_destroy(network);
    return taken;
}

static void holds(const char *what, double taken, double least, double limit)
{
    if (!CHECK(taken >= least && taken <= limit))
        fprintf(stderr, "%s: %.2f times the parameters\n", what, taken);
    if (getenv("MEMORY") != NULL)
        fprintf(stderr, "%-40s %.2f times the parameters\n", what, taken);
}

int main(void)
{
    crl_optimizer_options plain = CRL_OPTIMIZER_OPTIONS_INIT;
    OK(crl_set_allocator(take, give_back, NULL));
    fill(x, COUNT(x), 1);
    fill(t, COUNT(t), 2);
    plain.method = CRL_GRADIENT_DESCENT, plain.learning_rate = 0.01f;

    for (size_t threads = 1; threads <= 2; ++threads) {
        crl_optimizer_options options = plain;
        holds("gradient descent", memory_of_fit(8, threads, options), 1, 1.6);
        options.weight_decay = 0.01f;
        holds("with weight decay", memory_of_fit(8, threads, options), 1, 1.6);
        options = plain, options.l1 = 1e-3f, options.l2 = 1e-3f;
        holds("with penalties", memory_of_fit(8, threads, options), 1, 1.6 + 0.4 * (double)threads);
        options = plain, options.clip_value = 0.01f;
        holds("with clipped elements", memory_of_fit(8, threads, options), 1, 1.6 + 0.4 * (double)threads);
        options = plain, options.max_norm = 0.5f;
        holds("with limited norms", memory_of_fit(8, threads, options), 1, 1.6 + 0.4 * (double)threads);
        options = plain, options.method = CRL_MOMENTUM;
        holds("momentum", memory_of_fit(8, threads, options), 2, 2.6);
        /* Its norm needs the whole gradient. */
        options = plain, options.clip_norm = 1;
        holds("with a clipped norm", memory_of_fit(8, threads, options), 2, 2.7);
    }
    /* A batch of three pieces adds their gradients up, which takes less memory than all rows at once. */
    const double piece = memory_of_fit(PIECE, 1, plain);
    holds("three pieces", memory_of_fit(3 * PIECE, 1, plain), piece + 1, piece + 1.2);
    return finish();
}
