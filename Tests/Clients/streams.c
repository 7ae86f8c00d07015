/* Streams: the outputs of the whole sequence, in place and in blocks; states; what does not fit; threads that share a predictor. */
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include "causal.h"

enum { THREADS = 4 };

static void the_bits_of_the_whole_sequence(crl_predictor *predictor)
{
    static const size_t blocks[] = { 1, 3, 64, 65, STEPS };
    crl_stream *stream = NULL, *copy = NULL;
    float pushed[STEPS * OUTPUTS], state_y[STEPS * OUTPUTS];
    size_t size = 0, count = 0;
    uint64_t frames = 0;
    OK(crl_stream_create(predictor, &stream));
    OK(crl_stream_input_size(stream, &size));
    CHECK(size == CHANNELS);
    OK(crl_stream_output_size(stream, &size));
    CHECK(size == OUTPUTS);
    for (size_t i = 0; i < COUNT(blocks); ++i) {
        OK(crl_stream_reset(stream));
        push(stream, 0, STEPS, blocks[i], pushed);
        CHECK(memcmp(pushed, y, sizeof y) == 0);
        OK(crl_stream_frames(stream, &frames));
        CHECK(frames == STEPS);
    }
    /* In place. */
    OK(crl_stream_reset(stream));
    memcpy(pushed, x, sizeof x);
    OK(crl_stream_push(stream, pushed, STEPS, pushed));
    CHECK(memcmp(pushed, y, sizeof y) == 0);
    /* A copy and a saved state go on alike. */
    OK(crl_stream_reset(stream));
    push(stream, 0, 111, 16, pushed);
    OK(crl_stream_save(stream, NULL, 0, &count));
    unsigned char *state = malloc(count + 1);
    FAILS(CRL_ERROR_SIZE, "capacity is", crl_stream_save(stream, state, count - 1, &count));
    OK(crl_stream_save(stream, state + 1, count, &count));
    OK(crl_stream_copy(stream, &copy));
    push(copy, 111, STEPS, 7, pushed);
    CHECK(memcmp(pushed, y, sizeof y) == 0);
    OK(crl_stream_restore(copy, state + 1, count));
    memcpy(state_y, y, 111 * OUTPUTS * sizeof *y);
    push(copy, 111, STEPS, 50, state_y);
    CHECK(memcmp(state_y, y, sizeof y) == 0);
    FAILS(CRL_ERROR_FORMAT, "no stream's state", crl_stream_restore(copy, state, count));
    FAILS(CRL_ERROR_FORMAT, "these 3 bytes", crl_stream_restore(copy, state + 1, 3));
    free(state);
    crl_stream_destroy(copy);
    crl_stream_destroy(stream);
}

static void what_does_not_fit(crl_predictor *predictor)
{
    crl_stream *stream = NULL, *none = NULL;
    crl_network *flat = NULL, *wide = NULL;
    crl_predictor *prepared = NULL;
    size_t count = 0;
    float big[8 * OUTPUTS];
    OK(crl_stream_create(predictor, &stream));
    FAILS(CRL_ERROR_SIZE, "frames is 0", crl_stream_push(stream, x, 0, big));
    FAILS(CRL_ERROR_SIZE, "more than memory", crl_stream_push(stream, x, SIZE_MAX, big));
    FAILS(CRL_ERROR_NULL, "x is NULL", crl_stream_push(stream, NULL, 1, big));
    FAILS(CRL_ERROR_NULL, "y is NULL", crl_stream_push(stream, x, 1, NULL));
    FAILS(CRL_ERROR_NULL, "stream is NULL", crl_stream_push(NULL, x, 1, big));
    FAILS(CRL_ERROR_HANDLE, "stream is not a crl_stream", crl_stream_push((crl_stream *)predictor, x, 1, big));
    FAILS(CRL_ERROR_OVERLAP, "y overlaps x", crl_stream_push(stream, big, 4, big + 1));
    FAILS(CRL_ERROR_OVERLAP, "y overlaps x", crl_stream_push(stream, big + 1, 4, big));
    FAILS(CRL_ERROR_NULL, "predictor is NULL", crl_stream_create(NULL, &none));
    FAILS(CRL_ERROR_NULL, "stream is NULL", crl_stream_create(predictor, NULL));
    FAILS(CRL_ERROR_NULL, "count is NULL", crl_stream_save(stream, big, 0, NULL));
    FAILS(CRL_ERROR_NULL, "bytes is NULL", crl_stream_save(stream, NULL, 8, &count));
    FAILS(CRL_ERROR_NULL, "bytes is NULL", crl_stream_restore(stream, NULL, 8));
    /* No sequence; and outputs longer than inputs, which cannot be in place. */
    OK(crl_network_create(4, &flat));
    OK(crl_network_add_dense(flat, 1, CRL_IDENTITY, NULL));
    OK(crl_network_build(flat, 1));
    OK(crl_predictor_create(flat, CRL_PRECISION_FLOAT32, &prepared));
    FAILS(CRL_ERROR_VALUE, "x is no sequence", crl_stream_create(prepared, &none));
    CHECK(none == NULL);
    crl_predictor_destroy(prepared);
    crl_network_destroy(flat);
    {
        static const size_t shape[] = { 4, 1 };
        OK(crl_network_create(4, &wide));
        OK(crl_network_add_reshape(wide, shape, 2, NULL));
        OK(crl_network_add_dense(wide, 2, CRL_IDENTITY, NULL));
        OK(crl_network_build(wide, 1));
        OK(crl_predictor_create(wide, CRL_PRECISION_INT8, &prepared));
        crl_network_destroy(wide);
        OK(crl_stream_create(prepared, &none));
        crl_predictor_destroy(prepared);
        FAILS(CRL_ERROR_OVERLAP, "y overlaps x", crl_stream_push(none, big, 4, big));
        OK(crl_stream_push(none, big, 1, big + 8));
        crl_stream_destroy(none);
    }
    crl_stream_destroy(NULL);
    crl_stream_destroy(stream);
}

static void the_callers_arithmetic_stays(crl_predictor *predictor)
{
#if defined(__SSE__)
    crl_stream *stream = NULL;
    float pushed[OUTPUTS];
    unsigned mode = _mm_getcsr();
    OK(crl_stream_create(predictor, &stream));
    for (unsigned rounding = 0; rounding < 4; ++rounding) {
        unsigned mine = (mode & ~0x6000u) | rounding << 13;
        _mm_setcsr(mine);
        crl_status status = crl_stream_push(stream, x, 1, pushed);
        unsigned after = _mm_getcsr();
        _mm_setcsr(mode);
        CHECK(status == CRL_OK);
        CHECK((after & ~0x3fu) == (mine & ~0x3fu));
    }
    crl_stream_destroy(stream);
#else
    (void)predictor;
#endif
}

static void *push_alone(void *predictor)
{
    long failures = 0;
    for (int i = 0; i < 20; ++i) {
        crl_stream *stream = NULL;
        float pushed[STEPS * OUTPUTS];
        failures += crl_stream_create(predictor, &stream) != CRL_OK;
        for (size_t frame = 0; frame < STEPS; frame += 5)
            failures += crl_stream_push(stream, x + frame * CHANNELS, 5, pushed + frame * OUTPUTS) != CRL_OK;
        failures += memcmp(pushed, y, sizeof y) != 0;
        crl_stream_destroy(stream);
    }
    return (void *)failures;
}

static void threads_share_a_predictor(crl_predictor *predictor)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; ++i)
        CHECK(pthread_create(&threads[i], NULL, push_alone, predictor) == 0);
    for (size_t i = 0; i < THREADS; ++i) {
        void *failures = NULL;
        CHECK(pthread_join(threads[i], &failures) == 0);
        CHECK(failures == NULL);
    }
}

int main(void)
{
    static const crl_precision precisions[] = { CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16, CRL_PRECISION_INT8 };
    crl_network *network = causal_network();
    for (size_t i = 0; i < COUNT(precisions); ++i) {
        crl_predictor *predictor = NULL;
        OK(crl_predictor_create(network, precisions[i], &predictor));
        OK(crl_predictor_predict(predictor, x, 1, COUNT(x), y, 1, COUNT(y)));
        the_bits_of_the_whole_sequence(predictor);
        the_callers_arithmetic_stays(predictor);
        threads_share_a_predictor(predictor);
        if (i == 0)
            what_does_not_fit(predictor);
        crl_predictor_destroy(predictor);
    }
    crl_network_destroy(network);
    return finish();
}
