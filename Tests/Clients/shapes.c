/* Layers of several axes: they work along the last, at every position alike. */
#include <math.h>
#include <stdint.h>

#include "check.h"

enum { TIMES = 3, CHANNELS = 2, UNITS = 4, OUTPUTS = 5, ROWS = 9, INPUTS = TIMES * CHANNELS };

static const size_t sequence[] = { TIMES, CHANNELS };

static float noise(void)
{
    static unsigned state = 7;
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / 8388608.0f - 1.0f;
}

/* [TIMES, CHANNELS] -> [TIMES, UNITS] -> [TIMES * UNITS] -> [OUTPUTS]. */
static crl_network *describe(void)
{
    crl_network *network = NULL;
    OK(crl_network_create(INPUTS, &network));
    OK(crl_network_add_reshape(network, sequence, COUNT(sequence), NULL));
    OK(crl_network_add_dense(network, UNITS, CRL_RELU, NULL));
    OK(crl_network_add_reshape(network, NULL, 0, NULL));
    OK(crl_network_add_dense(network, OUTPUTS, CRL_IDENTITY, NULL));
    return network;
}

static void has_shape(const crl_network *network, size_t layer, size_t axes, size_t first, size_t second)
{
    size_t extents[4] = { 99, 99, 99, 99 }, rank = 99;
    OK(crl_network_layer_shape(network, layer, extents, COUNT(extents), &rank));
    CHECK(rank == axes && extents[0] == first && (axes < 2 || extents[1] == second) && extents[axes] == 99);
}

static void inspected(void)
{
    crl_network *network = describe();
    crl_layer layer = CRL_LAYER_INIT;
    size_t extents[4] = { 99, 99, 99, 99 }, rank = 0, width = 0;
    has_shape(network, 0, 2, TIMES, CHANNELS);
    has_shape(network, 1, 2, TIMES, UNITS);
    has_shape(network, 2, 1, TIMES * UNITS, 0);
    has_shape(network, 3, 1, OUTPUTS, 0);
    OK(crl_network_layer(network, 0, &layer));
    CHECK(layer.kind == CRL_LAYER_RESHAPE && layer.units == CHANNELS && layer.inputs == 1);
    OK(crl_network_layer(network, 1, &layer));
    CHECK(layer.kind == CRL_LAYER_DENSE && layer.units == UNITS);
    OK(crl_network_output_size(network, &width));
    CHECK(width == OUTPUTS);

    OK(crl_network_layer_shape(network, 1, NULL, 0, &rank));
    CHECK(rank == 2);
    FAILS(CRL_ERROR_SIZE, "extents_count is 1", crl_network_layer_shape(network, 1, extents, 1, &rank));
    CHECK(extents[0] == 99);
    FAILS(CRL_ERROR_SIZE, "4", crl_network_layer_shape(network, 4, extents, 4, &rank));
    FAILS(CRL_ERROR_NULL, "rank", crl_network_layer_shape(network, 1, extents, 4, NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_layer_shape(NULL, 1, extents, 4, &rank));
    crl_network_destroy(network);
}

static void refused(void)
{
    static const size_t wrong[] = { 2, 2 }, empty[] = { 6, 0 }, many[] = { 1, 1, 1, 1, 6 };
    static const size_t overflowing[] = { SIZE_MAX, 2 }, large[] = { 65536, 65536 };
    crl_network *network = NULL;
    size_t layers = 0;
    OK(crl_network_create(INPUTS, &network));
    FAILS(CRL_ERROR_SIZE, "[2, 2] has 4", crl_network_add_reshape(network, wrong, 2, NULL));
    FAILS(CRL_ERROR_SIZE, "axis 1", crl_network_add_reshape(network, empty, 2, NULL));
    FAILS(CRL_ERROR_SIZE, "extents_count is 5", crl_network_add_reshape(network, many, 5, NULL));
    FAILS(CRL_ERROR_SIZE, "extents_count is 0", crl_network_add_reshape(network, many, 0, NULL));
    FAILS(CRL_ERROR_SIZE, "extents", crl_network_add_reshape(network, overflowing, 2, NULL));
    FAILS(CRL_ERROR_SIZE, "2147483647", crl_network_add_reshape(network, large, 2, NULL));
    FAILS(CRL_ERROR_NULL, "extents", crl_network_add_reshape(network, NULL, 2, NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_add_reshape(NULL, sequence, 2, NULL));
    OK(crl_network_layer_count(network, &layers));
    CHECK(layers == 0);
    OK(crl_network_add_reshape(network, sequence, 2, NULL));
    OK(crl_network_build(network, 1));
    FAILS(CRL_ERROR_ALREADY_BUILT, "built", crl_network_add_reshape(network, NULL, 0, NULL));
    crl_network_destroy(network);
}

/* W h + b at every time, by hand. */
static void computed_at_every_position(void)
{
    crl_network *network = describe(), *loaded = NULL;
    crl_predictor *predictor = NULL;
    float x[ROWS * INPUTS], y[ROWS * OUTPUTS], same[ROWS * OUTPUTS], *parameters = NULL;
    size_t count = 0, size = 0;
    unsigned char file[8192];
    OK(crl_network_build(network, 5));
    OK(crl_network_parameters(network, &parameters, &count));
    CHECK(count == UNITS * CHANNELS + UNITS + OUTPUTS * TIMES * UNITS + OUTPUTS);
    for (size_t i = 0; i < COUNT(x); ++i)
        x[i] = noise();
    OK(crl_network_predict(network, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    for (size_t row = 0; row < ROWS; ++row) {
        const float *const b = parameters + UNITS * CHANNELS, *const V = b + UNITS, *const c = V + OUTPUTS * TIMES * UNITS;
        float h[TIMES * UNITS];
        for (size_t i = 0; i < TIMES * UNITS; ++i) {
            const size_t unit = i % UNITS;
            float z = b[unit];
            for (size_t k = 0; k < CHANNELS; ++k)
                z += parameters[unit * CHANNELS + k] * x[row * INPUTS + i / UNITS * CHANNELS + k];
            h[i] = z > 0 ? z : 0;
        }
        for (size_t output = 0; output < OUTPUTS; ++output) {
            float z = c[output];
            for (size_t i = 0; i < TIMES * UNITS; ++i)
                z += V[output * TIMES * UNITS + i] * h[i];
            CHECK(fabsf(y[row * OUTPUTS + output] - z) <= 1e-5f);
        }
    }

    /* A predictor and a loaded network compute the same bits. */
    OK(crl_predictor_create(network, CRL_PRECISION_FLOAT32, &predictor));
    OK(crl_predictor_predict(predictor, x, ROWS, INPUTS, same, ROWS, OUTPUTS));
    CHECK(memcmp(same, y, sizeof y) == 0);
    OK(crl_network_save_to_memory(network, file, sizeof file, &size));
    OK(crl_network_load_from_memory(file, size, 0, &loaded));
    has_shape(loaded, 0, 2, TIMES, CHANNELS);
    OK(crl_network_predict(loaded, x, ROWS, INPUTS, same, ROWS, OUTPUTS));
    CHECK(memcmp(same, y, sizeof y) == 0);
    crl_predictor_destroy(predictor);
    crl_network_destroy(network);
    crl_network_destroy(loaded);
}

int main(void)
{
    inspected();
    refused();
    computed_at_every_position();
    return finish();
}
