/* Eight threads predict with one network at once, with the library's workspaces and with their own: the results are those of
 * one thread, bit for bit, and each thread has its own error message. */
#define _XOPEN_SOURCE 700
#include <pthread.h>

#include "check.h"

enum { THREADS = 8, ROUNDS = 50, ROWS = 37, INPUTS = 33, OUTPUTS = 10 };

static crl_network *network;
static float x[ROWS * INPUTS], expected[ROWS * OUTPUTS];

typedef struct {
    size_t number;
    int predicted, forwarded, failed_alike;
} work;

static void *predict(void *argument)
{
    work *mine = argument;
    crl_workspace *workspace = NULL;
    float y[ROWS * OUTPUTS];
    char own_size[32];

    snprintf(own_size, sizeof own_size, "%zu", 1000 + mine->number);
    if (crl_workspace_create(network, ROWS, CRL_PURPOSE_INFERENCE, &workspace) != CRL_OK)
        return NULL;
    for (int round = 0; round < ROUNDS; ++round) {
        const size_t rows = 1 + (mine->number * 5 + (size_t)round) % ROWS;
        memset(y, 0, sizeof y);
        mine->predicted += crl_network_predict(network, x, rows, INPUTS, y, rows, OUTPUTS) == CRL_OK
                        && same_bits(y, expected, rows * OUTPUTS);
        memset(y, 0, sizeof y);
        mine->forwarded += crl_forward(network, workspace, x, rows, INPUTS, y, rows, OUTPUTS) == CRL_OK
                        && same_bits(y, expected, rows * OUTPUTS);
        mine->failed_alike += crl_forward(network, workspace, x, 1000 + mine->number, INPUTS, NULL, 0, 0) == CRL_ERROR_SIZE
                           && strstr(crl_error_message(), own_size) != NULL;
    }
    crl_workspace_destroy(workspace);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    work works[THREADS];

    network = two_layers(INPUTS, 50, CRL_GELU, OUTPUTS, 1);
    fill(x, COUNT(x), 1);
    OK(crl_network_predict(network, x, ROWS, INPUTS, expected, ROWS, OUTPUTS));

    for (size_t i = 0; i < THREADS; ++i) {
        const work fresh = { i, 0, 0, 0 };
        works[i] = fresh;
        CHECK(pthread_create(&threads[i], NULL, predict, &works[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; ++i) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(works[i].predicted == ROUNDS);
        CHECK(works[i].forwarded == ROUNDS);
        CHECK(works[i].failed_alike == ROUNDS);
    }
    crl_network_destroy(network);
    return finish();
}
