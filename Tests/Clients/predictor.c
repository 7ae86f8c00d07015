/* A network prepared for prediction: its results, its refusals, and its independence of the network;
 * and the copy that a network prepares for itself. */
#define _XOPEN_SOURCE 700
#include <math.h>
#include <pthread.h>

#include "check.h"

enum { ROWS = 37, INPUTS = 33, HIDDEN = 50, OUTPUTS = 10, GAP = 3, THREADS = 8, ROUNDS = 50 };

static crl_network *network;
static float x[ROWS * INPUTS], expected[ROWS * OUTPUTS], y[ROWS * OUTPUTS];

static const crl_precision precisions[] = { CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16, CRL_PRECISION_INT8 };
/* How far the outputs, of magnitude about 1, may be from those of the network. */
static const float tolerances[] = { 0.0f, 0.03f, 0.06f };

static crl_predictor *prepared(const crl_network *of, crl_precision precision)
{
    crl_predictor *predictor = NULL;
    OK(crl_predictor_create(of, precision, &predictor));
    return predictor;
}

static float largest_difference(const float *a, const float *b, size_t count)
{
    float largest = 0;
    for (size_t i = 0; i < count; ++i) {
        const float difference = fabsf(a[i] - b[i]);
        if (!(difference <= largest)) /* NaN too */
            largest = difference;
    }
    return largest;
}

static void predicting(void)
{
    for (size_t i = 0; i < COUNT(precisions); ++i) {
        crl_predictor *predictor = prepared(network, precisions[i]);
        float row[OUTPUTS];
        size_t inputs = 77, outputs = 77;
        crl_precision precision = 77;

        OK(crl_predictor_input_size(predictor, &inputs));
        OK(crl_predictor_output_size(predictor, &outputs));
        OK(crl_predictor_precision(predictor, &precision));
        CHECK(inputs == INPUTS && outputs == OUTPUTS && precision == precisions[i]);

        OK(crl_predictor_predict(predictor, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
        CHECK(largest_difference(y, expected, COUNT(y)) <= tolerances[i]);
        /* Alone, a row has the same bits. */
        for (size_t r = 0; r < ROWS; ++r) {
            OK(crl_predictor_predict(predictor, x + r * INPUTS, 1, INPUTS, row, 1, OUTPUTS));
            CHECK(same_bits(row, y + r * OUTPUTS, OUTPUTS));
        }
        crl_predictor_destroy(predictor);
    }
}

static void rows_apart(void)
{
    static float wide_x[ROWS * (INPUTS + GAP)], wide_y[ROWS * (OUTPUTS + GAP)];
    crl_predictor *predictor = prepared(network, CRL_PRECISION_FLOAT32);

    fill(wide_x, COUNT(wide_x), 9);
    for (size_t r = 0; r < ROWS; ++r)
        memcpy(wide_x + r * (INPUTS + GAP), x + r * INPUTS, INPUTS * sizeof *x);
    for (size_t i = 0; i < COUNT(wide_y); ++i)
        wide_y[i] = 77;
    OK(crl_predictor_predict(predictor, wide_x, ROWS, INPUTS + GAP, wide_y, ROWS, OUTPUTS + GAP));
    for (size_t r = 0; r < ROWS; ++r) {
        CHECK(same_bits(wide_y + r * (OUTPUTS + GAP), expected + r * OUTPUTS, OUTPUTS));
        for (size_t c = OUTPUTS; c < OUTPUTS + GAP; ++c)
            CHECK(wide_y[r * (OUTPUTS + GAP) + c] == 77);
    }
    crl_predictor_destroy(predictor);
}

static void independent(void)
{
    for (size_t i = 0; i < COUNT(precisions); ++i) {
        crl_network *own = two_layers(INPUTS, HIDDEN, CRL_GELU, OUTPUTS, 1);
        crl_predictor *predictor = prepared(own, precisions[i]);
        float before[ROWS * OUTPUTS], *parameters = NULL;
        size_t count = 0;

        OK(crl_predictor_predict(predictor, x, ROWS, INPUTS, before, ROWS, OUTPUTS));
        OK(crl_network_predict(own, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
        CHECK(same_bits(y, expected, COUNT(y))); /* the network is as it was */
        OK(crl_network_parameters(own, &parameters, &count));
        memset(parameters, 0, count * sizeof *parameters);
        OK(crl_predictor_predict(predictor, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
        CHECK(same_bits(y, before, COUNT(y)));
        crl_network_destroy(own);
        OK(crl_predictor_predict(predictor, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
        CHECK(same_bits(y, before, COUNT(y)));
        crl_predictor_destroy(predictor);
    }
}

static void not_finite(void)
{
    const float values[] = { NAN, INFINITY, -INFINITY };
    for (size_t i = 0; i < COUNT(precisions); ++i)
        for (size_t v = 0; v < COUNT(values); ++v) {
            crl_predictor *predictor = prepared(network, precisions[i]);
            float good[ROWS * OUTPUTS];
            const float kept = x[5 * INPUTS + 4];

            OK(crl_predictor_predict(predictor, x, ROWS, INPUTS, good, ROWS, OUTPUTS));
            x[5 * INPUTS + 4] = values[v];
            OK(crl_predictor_predict(predictor, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
            x[5 * INPUTS + 4] = kept;
            for (size_t r = 0; r < ROWS; ++r)
                if (r != 5)
                    CHECK(same_bits(y + r * OUTPUTS, good + r * OUTPUTS, OUTPUTS));
            for (size_t c = 0; c < OUTPUTS; ++c)
                CHECK(isnan(y[5 * OUTPUTS + c]) || (precisions[i] != CRL_PRECISION_INT8 && isinf(values[v])));
            crl_predictor_destroy(predictor);
        }
}

static void refused(void)
{
    crl_predictor *predictor = prepared(network, CRL_PRECISION_FLOAT32), *none;
    crl_network *open = NULL;
    size_t size = 77;
    crl_precision precision = 77;
    const size_t absurd[] = { (size_t)-1, (size_t)-1 / 2, (size_t)-1 / 4, (size_t)-1 / 4 + 1 };

    FAILS_NULLING(CRL_ERROR_NULL, "network", none, crl_predictor_create(NULL, CRL_PRECISION_FLOAT32, &none));
    FAILS(CRL_ERROR_NULL, "predictor", crl_predictor_create(network, CRL_PRECISION_FLOAT32, NULL));
    FAILS_NULLING(CRL_ERROR_VALUE, "3", none, crl_predictor_create(network, 3, &none));
    FAILS_NULLING(CRL_ERROR_VALUE, "-1", none, crl_predictor_create(network, -1, &none));
    FAILS_NULLING(CRL_ERROR_HANDLE, "network", none,
                  crl_predictor_create((crl_network *)(void *)predictor, CRL_PRECISION_FLOAT32, &none));
    OK(crl_network_create(2, &open));
    FAILS_NULLING(CRL_ERROR_NOT_BUILT, "buil", none, crl_predictor_create(open, CRL_PRECISION_INT8, &none));
    crl_network_destroy(open);

    crl_predictor *const wrong = (crl_predictor *)(void *)network;
    FAILS(CRL_ERROR_NULL, "predictor", crl_predictor_predict(NULL, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_HANDLE, "predictor", crl_predictor_predict(wrong, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_NULL, "x", crl_predictor_predict(predictor, NULL, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_NULL, "y", crl_predictor_predict(predictor, x, ROWS, INPUTS, NULL, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_SIZE, "0", crl_predictor_predict(predictor, x, 0, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_SIZE, "32", crl_predictor_predict(predictor, x, ROWS, INPUTS - 1, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_SIZE, "36", crl_predictor_predict(predictor, x, ROWS, INPUTS, y, ROWS - 1, OUTPUTS));
    FAILS(CRL_ERROR_SIZE, "9", crl_predictor_predict(predictor, x, ROWS, INPUTS, y, ROWS, OUTPUTS - 1));
    for (size_t i = 0; i < COUNT(absurd); ++i) {
        FAILS(CRL_ERROR_SIZE, "", crl_predictor_predict(predictor, x, absurd[i], INPUTS, y, absurd[i], OUTPUTS));
        FAILS(CRL_ERROR_SIZE, "", crl_predictor_predict(predictor, x, ROWS, absurd[i], y, ROWS, OUTPUTS));
        FAILS(CRL_ERROR_SIZE, "", crl_predictor_predict(predictor, x, ROWS, INPUTS, y, ROWS, absurd[i]));
    }
    FAILS(CRL_ERROR_NULL, "predictor", crl_predictor_input_size(NULL, &size));
    FAILS(CRL_ERROR_NULL, "inputs", crl_predictor_input_size(predictor, NULL));
    FAILS(CRL_ERROR_HANDLE, "predictor", crl_predictor_input_size(wrong, &size));
    FAILS(CRL_ERROR_NULL, "predictor", crl_predictor_output_size(NULL, &size));
    FAILS(CRL_ERROR_NULL, "outputs", crl_predictor_output_size(predictor, NULL));
    FAILS(CRL_ERROR_HANDLE, "predictor", crl_predictor_output_size(wrong, &size));
    FAILS(CRL_ERROR_NULL, "predictor", crl_predictor_precision(NULL, &precision));
    FAILS(CRL_ERROR_NULL, "precision", crl_predictor_precision(predictor, NULL));
    FAILS(CRL_ERROR_HANDLE, "predictor", crl_predictor_precision(wrong, &precision));
    CHECK(size == 77 && precision == 77);

    crl_predictor_destroy(NULL);
    crl_predictor_destroy(wrong);
    OK(crl_predictor_predict(predictor, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    CHECK(same_bits(y, expected, COUNT(y)));
    crl_predictor_destroy(predictor);
}

typedef struct {
    const crl_predictor *predictor;
    const float *expected;
    size_t number;
    int predicted;
} work;

static void *predict(void *argument)
{
    work *mine = argument;
    float own[ROWS * OUTPUTS];
    for (int round = 0; round < ROUNDS; ++round) {
        const size_t rows = 1 + (mine->number * 5 + (size_t)round) % ROWS;
        memset(own, 0, sizeof own);
        mine->predicted += crl_predictor_predict(mine->predictor, x, rows, INPUTS, own, rows, OUTPUTS) == CRL_OK
                        && same_bits(own, mine->expected, rows * OUTPUTS);
    }
    return NULL;
}

static void threads(void)
{
    for (size_t i = 0; i < COUNT(precisions); ++i) {
        crl_predictor *predictor = prepared(network, precisions[i]);
        pthread_t threads[THREADS];
        work works[THREADS];

        OK(crl_predictor_predict(predictor, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
        for (size_t t = 0; t < THREADS; ++t) {
            const work fresh = { predictor, y, t, 0 };
            works[t] = fresh;
            CHECK(pthread_create(&threads[t], NULL, predict, &works[t]) == 0);
        }
        for (size_t t = 0; t < THREADS; ++t) {
            CHECK(pthread_join(threads[t], NULL) == 0);
            CHECK(works[t].predicted == ROUNDS);
        }
        crl_predictor_destroy(predictor);
    }
}

/* A network that has predicted often has a prepared copy of its own, which the caller does not notice. */
static void often(void)
{
    for (size_t hidden = 20; hidden <= 400; hidden += 380) {
        crl_network *own = two_layers(INPUTS, hidden, CRL_GELU, OUTPUTS, 1), *fresh = NULL;
        crl_optimizer *optimizer = NULL;
        const crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
        static float gradients[20000], other[COUNT(y)];
        float *parameters = NULL;
        size_t count = 0;

        OK(crl_optimizer_create(own, &options, &optimizer));
        for (int change = 0; change < 4; ++change) {
            OK(crl_network_copy(own, &fresh));
            OK(crl_network_predict(fresh, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
            for (int round = 0; round < ROUNDS; ++round) {
                const size_t rows = 1 + round % ROWS;
                memset(other, 0, sizeof other);
                OK(crl_network_predict(own, x, rows, INPUTS, other, ROWS, OUTPUTS));
                CHECK(memcmp(other, y, rows * OUTPUTS * sizeof *y) == 0);
            }
            FAILS(CRL_ERROR_NULL, "x", crl_network_predict(own, NULL, 1, INPUTS, y, ROWS, OUTPUTS));
            FAILS(CRL_ERROR_NULL, "y", crl_network_predict(own, x, 1, INPUTS, NULL, ROWS, OUTPUTS));
            FAILS(CRL_ERROR_SIZE, "0", crl_network_predict(own, x, 0, INPUTS, y, ROWS, OUTPUTS));
            FAILS(CRL_ERROR_SIZE, "32", crl_network_predict(own, x, 1, INPUTS - 1, y, ROWS, OUTPUTS));
            FAILS(CRL_ERROR_SIZE, "y_rows", crl_network_predict(own, x, 1, INPUTS, y, 0, OUTPUTS));
            FAILS(CRL_ERROR_SIZE, "9", crl_network_predict(own, x, 1, INPUTS, y, ROWS, OUTPUTS - 1));
            FAILS(CRL_ERROR_OVERLAP, "y", crl_network_predict(own, x, 1, INPUTS, x + INPUTS - 1, ROWS, OUTPUTS));
            crl_network_destroy(fresh);
            if (change == 0) {
                count = hidden * (INPUTS + 1) + OUTPUTS * (hidden + 1);
                fill(gradients, count, 3);
                OK(crl_step(optimizer, own, gradients, count));
            } else { /* at any time after this call, the library unasked */
                if (change == 1)
                    OK(crl_network_parameters(own, &parameters, &count));
                parameters[3] += 1;
            }
        }
        FAILS(CRL_ERROR_OVERLAP, "parameters", crl_network_predict(own, x, 1, INPUTS, parameters, 1, OUTPUTS));
        crl_optimizer_destroy(optimizer);
        crl_network_destroy(own);
    }
}

int main(void)
{
    network = two_layers(INPUTS, HIDDEN, CRL_GELU, OUTPUTS, 1);
    fill(x, COUNT(x), 1);
    OK(crl_network_predict(network, x, ROWS, INPUTS, expected, ROWS, OUTPUTS));

    predicting();
    rows_apart();
    independent();
    not_finite();
    refused();
    threads();
    often();

    crl_network_destroy(network);
    return finish();
}
