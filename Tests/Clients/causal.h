/* A network of every kind of layer that streams take, and a sequence for it. */
#ifndef CAUSAL_H
#define CAUSAL_H

#include "check.h"

enum { STEPS = 300, CHANNELS = 2, OUTPUTS = 2 };

static float x[STEPS * CHANNELS], y[STEPS * OUTPUTS];

/* Every kind of layer that streams take: convolutions of every kind, cells, sums, products, concatenations, normalization. */
static inline crl_network *causal_network(void)
{
    static const size_t shape[] = { STEPS, CHANNELS }, states[] = { 4 };
    static const char *const both[] = { "dilated", "depthwise" }, *const joined[] = { "both", "product" };
    crl_network *network = NULL;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    crl_recurrent_options recurrent = CRL_RECURRENT_OPTIONS_INIT;
    crl_window window = CRL_WINDOW_INIT;
    for (size_t i = 0; i < COUNT(x); ++i)
        x[i] = (float)(i * 2654435761u % 2000u) / 1000 - 1;
    OK(crl_network_create(STEPS * CHANNELS, &network));
    options.name = "x";
    OK(crl_network_add_reshape(network, shape, COUNT(shape), &options));
    options.name = "first";
    OK(crl_network_add_parameter(network, states, COUNT(states), &options));
    window.padding = CRL_PADDING_CAUSAL;
    window.kernel.first = 3;
    window.dilation.first = 20;
    options.name = "dilated";
    options.input = "x";
    OK(crl_network_add_convolution(network, 6, CRL_TANH, &window, 1, &options));
    window.dilation.first = 1;
    options.name = "depthwise";
    options.input = "dilated";
    OK(crl_network_add_convolution(network, 6, CRL_IDENTITY, &window, 6, &options));
    OK(crl_network_add_sum(network, both, 2, "both"));
    OK(crl_network_add_product(network, "both", "dilated", "product"));
    OK(crl_network_add_concatenation(network, joined, 2, "joined"));
    options.name = options.input = NULL;
    OK(crl_network_add_normalization(network, CRL_NORMALIZATION_LAYER, NULL, NULL));
    OK(crl_network_add_recurrent(network, CRL_CELL_LSTM, 5, NULL, NULL));
    recurrent.initial_state = "first";
    OK(crl_network_add_recurrent(network, CRL_CELL_GRU, 4, &recurrent, NULL));
    recurrent.reset_first = 1;
    OK(crl_network_add_recurrent(network, CRL_CELL_GRU, 4, &recurrent, NULL));
    OK(crl_network_add_recurrent(network, CRL_CELL_TANH, 4, NULL, NULL));
    OK(crl_network_add_prelu(network, NULL));
    OK(crl_network_add_dense(network, OUTPUTS, CRL_TANH, NULL));
    OK(crl_network_build(network, 3));
    return network;
}

/* Pushes the frames from one to before another, in blocks. */
static inline void push(crl_stream *stream, size_t first, size_t end, size_t block, float *into)
{
    while (first < end) {
        size_t frames = block < end - first ? block : end - first;
        OK(crl_stream_push(stream, x + first * CHANNELS, frames, into + first * OUTPUTS));
        first += frames;
    }
}

#endif
