/* The assertions of the client tests, and their small networks. A program's main ends with `return finish();`. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <string.h>

#include "chainrule.h"

/* Any thread may check. */
static int passed_checks, failed_checks;

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* How many bytes each growing structure has beyond the library's: Tools/test-headers makes a header with such structures. */
#ifndef LATER_BYTES
#define LATER_BYTES 0
#endif
/* The size of a growing structure in the version that had it first. */
#define PUBLISHED(structure) (sizeof(structure) - LATER_BYTES)

/* The condition holds. */
#define CHECK(condition) check_condition((condition) != 0, __FILE__, __LINE__, #condition)
/* The call gives CRL_OK. */
#define OK(call) check_ok((call), __FILE__, __LINE__, #call)
/* The call fails with this code, and its message contains the text: the offending name or value. */
#define FAILS(code, text, call) check_fails((call), (code), (text), __FILE__, __LINE__, #call)
/* As FAILS, and where `out` (a handle) pointed before, it is NULL now. */
#define FAILS_NULLING(code, text, out, call) \
    do { \
        static unsigned char no_handle; \
        (out) = (void *)&no_handle; \
        FAILS(code, text, call); \
        CHECK((out) == NULL); \
    } while (0)

static inline int check_condition(int holds, const char *file, int line, const char *what)
{
    if (holds) {
        __atomic_fetch_add(&passed_checks, 1, __ATOMIC_RELAXED);
    } else {
        __atomic_fetch_add(&failed_checks, 1, __ATOMIC_RELAXED);
        fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    }
    return holds;
}

static inline int check_ok(crl_status status, const char *file, int line, const char *what)
{
    if (status == CRL_OK)
        return check_condition(1, file, line, what);
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, crl_status_name(status), crl_error_message());
    return check_condition(0, file, line, what);
}

static inline int check_fails(crl_status status, crl_status code, const char *text, const char *file, int line, const char *what)
{
    const char *message = crl_error_message();
    int holds = status == code && message[0] != '\0' && strstr(message, text) != NULL;
    if (!holds)
        fprintf(stderr, "%s:%d: expected %s with \"%s\", got %s: %s\n", file, line, crl_status_name(code), text,
                crl_status_name(status), message);
    return check_condition(holds, file, line, what);
}

/* Prints the counts; the program's exit code. */
static inline int finish(void)
{
    printf("%d passed, %d failed\n", passed_checks, failed_checks);
    return failed_checks != 0 || passed_checks == 0;
}

/* inputs → dense(hidden, activation) → dense(outputs), built; the caller destroys it. */
static inline crl_network *two_layers(size_t inputs, size_t hidden, crl_activation activation, size_t outputs, uint64_t seed)
{
    crl_network *network = NULL;
    OK(crl_network_create(inputs, &network));
    OK(crl_network_add_dense(network, hidden, activation, NULL));
    OK(crl_network_add_dense(network, outputs, CRL_IDENTITY, NULL));
    OK(crl_network_build(network, seed));
    return network;
}

/* Data to validate on. */
static inline crl_validation validation_of(const float *x, size_t rows, size_t stride, const crl_targets *targets)
{
    crl_validation validation = CRL_VALIDATION_INIT;
    validation.x = x;
    validation.rows = rows;
    validation.stride = stride;
    validation.targets = targets;
    return validation;
}

/* Fills values with reproducible numbers in [−1, 1). */
static inline void fill(float *values, size_t count, uint32_t seed)
{
    for (size_t i = 0; i < count; ++i) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = (float)(seed >> 8) / 8388608.0f - 1.0f;
    }
}

/* Whether two arrays are the same, bit for bit (so that NaN equals itself and 0 is not −0). */
static inline int same_bits(const float *a, const float *b, size_t count)
{
    return memcmp(a, b, count * sizeof *a) == 0;
}

#endif
