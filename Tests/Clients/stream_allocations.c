/* crl_stream_push() allocates nothing and takes no lock, from the first block on. This program replaces the C library's allocation
 * functions and the locks of threads with its own and counts. Tests/Realtime looks for system calls, too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "causal.h"

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **memory, size_t alignment, size_t size);
void free(void *memory);

/* What this thread did. */
__extension__ static __thread long allocated, freed, locked;

void *malloc(size_t size) { ++allocated; return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { ++allocated; return __libc_calloc(count, size); }
void *realloc(void *memory, size_t size) { ++allocated; return __libc_realloc(memory, size); }
void *aligned_alloc(size_t alignment, size_t size) { ++allocated; return __libc_memalign(alignment, size); }
int posix_memalign(void **memory, size_t alignment, size_t size)
{
    ++allocated;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}
void free(void *memory) { freed += memory != NULL; __libc_free(memory); }

/* The next function of this name, behind this program's. */
static void *behind(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        abort();
    return found;
}

#define LOCK(name, type)                                                         \
    int name(type *lock)                                                         \
    {                                                                            \
        int (*real)(type *);                                                     \
        *(void **)&real = behind(#name);                                         \
        ++locked;                                                                \
        return real(lock);                                                       \
    }
LOCK(pthread_mutex_lock, pthread_mutex_t)
LOCK(pthread_mutex_trylock, pthread_mutex_t)
LOCK(pthread_rwlock_rdlock, pthread_rwlock_t)
LOCK(pthread_rwlock_wrlock, pthread_rwlock_t)
LOCK(pthread_spin_lock, pthread_spinlock_t)
LOCK(pthread_cond_signal, pthread_cond_t)
LOCK(pthread_cond_broadcast, pthread_cond_t)

static void nothing_is_allocated_or_locked(crl_predictor *predictor)
{
    crl_stream *stream = NULL;
    float pushed[STEPS * OUTPUTS];
    OK(crl_stream_create(predictor, &stream));
    long before = allocated + freed + locked;
    push(stream, 0, STEPS, 64, pushed);
    push(stream, 0, STEPS, 1, pushed);
    OK(crl_stream_reset(stream));
    push(stream, 0, STEPS, 64, pushed);
    CHECK(allocated > 0 && freed > 0);
    CHECK(allocated + freed + locked == before);
    CHECK(memcmp(pushed, y, sizeof y) == 0);
    crl_stream_destroy(stream);
}

int main(void)
{
    static const crl_precision precisions[] = { CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16, CRL_PRECISION_INT8 };
    crl_network *network = causal_network();
    for (size_t i = 0; i < COUNT(precisions); ++i) {
        crl_predictor *predictor = NULL;
        OK(crl_predictor_create(network, precisions[i], &predictor));
        OK(crl_predictor_predict(predictor, x, 1, COUNT(x), y, 1, COUNT(y)));
        nothing_is_allocated_or_locked(predictor);
        crl_predictor_destroy(predictor);
    }
    crl_network_destroy(network);
    return finish();
}
