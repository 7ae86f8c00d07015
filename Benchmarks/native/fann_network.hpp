// A network of FANN's with Chainrule's parameters. FANN 2.2 has no ReLU, so only networks with tanh, its
// FANN_SIGMOID_SYMMETRIC of steepness 1.
#pragma once
#include "inference.hpp"

#include <floatfann.h>

struct DestroyFann {
    void operator()(fann *ann) const { fann_destroy(ann); }
};
using FannHandle = std::unique_ptr<fann, DestroyFann>;

inline FannHandle make_fann(const Network &network, const std::vector<LayerParameters> &layers)
{
    if (!network.tanh_hidden)
        throw Unsupported("has no ReLU");
    const std::vector<unsigned> widths(network.widths.begin(), network.widths.end());
    FannHandle ann(fann_create_standard_array(unsigned(widths.size()), widths.data()));
    fann_set_activation_function_hidden(ann.get(), FANN_SIGMOID_SYMMETRIC);
    fann_set_activation_function_output(ann.get(), FANN_LINEAR);
    fann_set_activation_steepness_hidden(ann.get(), 1);
    fann_set_activation_steepness_output(ann.get(), 1);
    // FANN numbers the neurons through all layers, with a bias neuron at the end of each.
    unsigned first = 0;
    for (const LayerParameters &layer : layers) {
        const unsigned next = first + unsigned(layer.in) + 1;
        for (unsigned o = 0; o < layer.out; ++o) {
            for (unsigned i = 0; i < layer.in; ++i)
                fann_set_weight(ann.get(), first + i, next + o, layer.weights[o * layer.in + i]);
            fann_set_weight(ann.get(), first + unsigned(layer.in), next + o, layer.bias[o]);
        }
        first = next;
    }
    return ann;
}
