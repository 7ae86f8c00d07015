// Weights in × out and elementwise loops, for the peers that are written by hand.
#pragma once
#include "inference.hpp"

#include <cmath>

struct TransposedLayer {
    size_t in, out;
    std::vector<float> weights; // in × out
    std::vector<float> bias;
};

inline std::vector<TransposedLayer> transposed(const std::vector<LayerParameters> &layers)
{
    std::vector<TransposedLayer> result;
    for (const LayerParameters &layer : layers) {
        TransposedLayer next{
            layer.in, layer.out, std::vector<float>(layer.in * layer.out), {layer.bias, layer.bias + layer.out}};
        for (size_t i = 0; i < layer.in; ++i)
            for (size_t o = 0; o < layer.out; ++o)
                next.weights[i * layer.out + o] = layer.weights[o * layer.in + i];
        result.push_back(std::move(next));
    }
    return result;
}

inline void activate(float *__restrict h, size_t count, bool is_tanh)
{
    if (is_tanh)
        for (size_t i = 0; i < count; ++i)
            h[i] = tanhf(h[i]);
    else
        for (size_t i = 0; i < count; ++i)
            h[i] = std::max(h[i], 0.0f);
}

inline void add_bias(float *__restrict h, const float *__restrict bias, size_t count, bool is_linear, bool is_tanh)
{
    if (is_linear)
        for (size_t i = 0; i < count; ++i)
            h[i] += bias[i];
    else if (is_tanh)
        for (size_t i = 0; i < count; ++i)
            h[i] = tanhf(h[i] + bias[i]);
    else
        for (size_t i = 0; i < count; ++i)
            h[i] = std::max(h[i] + bias[i], 0.0f);
}
