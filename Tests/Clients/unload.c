/* Loading the library, using it and unloading it leaks no memory, however often. The program calls the library only through
 * dlsym(), so it does not link it. It counts with its own malloc and relatives. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#include "check.h"

/* glibc's own functions, under its own second names. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
int posix_memalign(void **memory, size_t alignment, size_t size);
void free(void *memory);

static long living;

void *malloc(size_t size)
{
    ++living;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    ++living;
    return __libc_calloc(count, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    ++living;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
    living -= memory != NULL;
    __libc_free(memory);
}

static __typeof__(crl_network_create) *network_create;
static __typeof__(crl_network_add_dense) *network_add_dense;
static __typeof__(crl_network_build) *network_build;
static __typeof__(crl_network_fit) *network_fit;
static __typeof__(crl_network_predict) *network_predict;
static __typeof__(crl_network_destroy) *network_destroy;
static __typeof__(crl_predictor_create) *predictor_create;
static __typeof__(crl_predictor_predict) *predictor_predict;
static __typeof__(crl_predictor_destroy) *predictor_destroy;

/* Sets a pointer to a function of the library. */
static void find(void *library, const char *name, void *pointer)
{
    void *function = dlsym(library, name);
    CHECK(function != NULL);
    memcpy(pointer, &function, sizeof function);
}

static void find_functions(void *library)
{
    find(library, "crl_network_create", &network_create);
    find(library, "crl_network_add_dense", &network_add_dense);
    find(library, "crl_network_build", &network_build);
    find(library, "crl_network_fit", &network_fit);
    find(library, "crl_network_predict", &network_predict);
    find(library, "crl_network_destroy", &network_destroy);
    find(library, "crl_predictor_create", &predictor_create);
    find(library, "crl_predictor_predict", &predictor_predict);
    find(library, "crl_predictor_destroy", &predictor_destroy);
}

static void use(void)
{
    static const float x[] = { 0, 0, 0, 1, 1, 0, 1, 1 }, t[] = { 0, 1, 1, 0 };
    float y[4];
    crl_network *network = NULL;
    crl_predictor *predictor = NULL;
    crl_targets targets = CRL_TARGETS_INIT;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    targets.values = t, targets.rows = 4, targets.columns = 1, targets.stride = 1;
    options.epochs = 2;
    options.threads = 2;
    CHECK(network_create(2, &network) == CRL_OK);
    CHECK(network_add_dense(network, 8, CRL_TANH, NULL) == CRL_OK);
    CHECK(network_add_dense(network, 1, CRL_SIGMOID, NULL) == CRL_OK);
    CHECK(network_build(network, 1) == CRL_OK);
    CHECK(network_fit(network, x, 4, 2, &targets, NULL, &options) == CRL_OK);
    CHECK(network_predict(network, x, 4, 2, y, 4, 1) == CRL_OK);
    for (crl_precision precision = CRL_PRECISION_FLOAT32; precision <= CRL_PRECISION_INT8; ++precision) {
        CHECK(predictor_create(network, precision, &predictor) == CRL_OK);
        CHECK(predictor_predict(predictor, x, 4, 2, y, 4, 1) == CRL_OK);
        predictor_destroy(predictor);
    }
    network_destroy(network);
}

int main(void)
{
    enum { ROUNDS = 20, FIRST = 2 };
    long after_first = 0;
    for (int round = 0; round < ROUNDS; ++round) {
        void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
        if (!CHECK(library != NULL)) {
            fprintf(stderr, "%s\n", dlerror());
            break;
        }
        find_functions(library);
        use();
        CHECK(dlclose(library) == 0);
        CHECK(dlopen(LIBRARY, RTLD_NOW | RTLD_NOLOAD) == NULL);
        /* In its first rounds the C library allocates what it keeps. */
        if (round == FIRST)
            after_first = living;
    }
    CHECK(living == after_first);
    return finish();
}
