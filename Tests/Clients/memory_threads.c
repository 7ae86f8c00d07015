/* Memory that runs out while more threads use the library than have a reserve of their own in it: each trains with threads of its
 * own, saves, loads, predicts and grows. There is memory for some allocations, then none for as many, whoever asks. Each call
 * is done or CRL_ERROR_MEMORY, its numbers are those of a single thread, and nothing is lost. */
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <stdlib.h>

/* Changed by every thread at once. */
static long living, asked, refused;
static int starves;
/* Whether this thread gets memory all the same. */
static __thread int is_spared;

enum { ATTEMPTS = 20, WINDOW = 1000 };

static void nothing_fails(void) { is_spared = 1; }

#include "whole_run.h"

static void *take(void *user, size_t bytes)
{
    const long number = __atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED);
    void *memory = NULL;
    (void)user;
    if (!__atomic_load_n(&starves, __ATOMIC_RELAXED) || is_spared || number / WINDOW % 2 == 0)
        memory = malloc(bytes);
    else
        __atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
    if (memory != NULL)
        __atomic_fetch_add(&living, 1, __ATOMIC_RELAXED);
    return memory;
}

static void give_back(void *user, void *memory, size_t bytes)
{
    (void)user, (void)bytes;
    __atomic_fetch_sub(&living, 1, __ATOMIC_RELAXED);
    free(memory);
}

/* More than the library has reserves for. */
enum { THREADS = 72, RUNS = 4 };

static void *work(void *number)
{
    for (int each = 0; each < RUNS; ++each) {
        is_spared = 0;
        run(*(int *)number);
        CHECK(memcmp(&found, &expected, sizeof found) == 0);
        destroy();
    }
    return NULL;
}

int main(void)
{
    pthread_t running[THREADS];
    int numbers[THREADS];
    OK(crl_set_allocator(take, give_back, NULL));
    begin_runs();
    threads = 2;
    run(0);
    expected = found;
    destroy();
    CHECK(living == 0);

    starves = 1;
    for (int thread = 0; thread < THREADS; ++thread) {
        numbers[thread] = thread;
        CHECK(pthread_create(&running[thread], NULL, work, &numbers[thread]) == 0);
    }
    for (int thread = 0; thread < THREADS; ++thread)
        CHECK(pthread_join(running[thread], NULL) == 0);
    CHECK(refused > WINDOW);
    CHECK(living == 0);
    end_runs();
    return finish();
}
