// A convolutional network of the benchmark as Chainrule has it.
#pragma once
#include "chainrule_network.hpp"
#include "model.hpp"

inline crl_window window_of(const ModelLayer &layer)
{
    const auto axes = [](const ModelLayer::Pair &pair) { return crl_axes{pair[0], pair[1], 0}; };
    crl_window window = CRL_WINDOW_INIT;
    window.kernel = axes(layer.kernel);
    window.stride = axes(layer.stride);
    window.before = axes(layer.before);
    window.after = axes(layer.after);
    window.padding = CRL_PADDING_EXPLICIT;
    return window;
}

// Adds a layer, named by its place, as those that read it know it.
inline void add_layer(crl_network *network, const ModelLayer &layer, const std::string &name)
{
    const std::string input = layer.inputs[0] == "-1" ? "x" : layer.inputs[0];
    const crl_activation activation = layer.relu ? CRL_RELU : CRL_IDENTITY;
    const crl_window window = window_of(layer);
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    options.name = name.c_str();
    options.input = input.c_str();
    if (layer.kind == "convolution") {
        options.bias = layer.bias;
        check(crl_network_add_convolution(network, layer.channels(), activation, &window, layer.groups, &options));
    } else if (layer.kind == "dense") {
        check(crl_network_add_dense(network, layer.channels(), activation, &options));
    } else if (layer.kind == "normalization") {
        check(crl_network_add_normalization(network, CRL_NORMALIZATION_BATCH, nullptr, &options));
    } else if (layer.kind == "relu") {
        check(crl_network_add_activation(network, CRL_RELU, &options));
    } else if (layer.kind == "maximum" || layer.kind == "mean") {
        const crl_pooling method = layer.kind == "mean" ? CRL_POOLING_MEAN : CRL_POOLING_MAXIMUM;
        check(crl_network_add_pooling(network, method, &window, &options));
    } else if (layer.kind == "flatten") {
        check(crl_network_add_reshape(network, nullptr, 0, &options));
    } else if (layer.kind == "sum") {
        const char *const inputs[] = {layer.inputs.at(0).c_str(), layer.inputs.at(1).c_str()};
        check(crl_network_add_sum(network, inputs, 2, options.name));
    } else {
        throw std::runtime_error("no such layer: " + layer.kind);
    }
}

// The layers, none at all too, behind the shape that the first of them reads.
inline NetworkHandle build_model(const ModelLayer::Shape &shape, const std::vector<ModelLayer> &layers)
{
    crl_network *network = nullptr;
    check(crl_network_create(count(shape), &network));
    NetworkHandle owned(network);
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    options.name = "x";
    check(crl_network_add_reshape(network, shape.data(), shape.size(), &options));
    for (size_t place = 0; place < layers.size(); ++place)
        add_layer(network, layers[place], std::to_string(place));
    check(crl_network_build(network, 1));
    return owned;
}

// The network of a cell, of either kind, with the parameters and the state that all peers start from.
inline NetworkHandle network_of(const Cell &cell)
{
    const std::vector<float> parameters = read_floats(cell.text("inputs") + "/parameters");
    if (!cell.text("widths").empty()) {
        NetworkHandle network = build_network(cell.network(), 1);
        set_parameters(network.get(), parameters.data(), parameters.size());
        return network;
    }
    const std::vector<ModelLayer> layers = read_layers(cell);
    NetworkHandle network = build_model(layers[0].shape, layers);
    set_parameters(network.get(), parameters.data(), parameters.size());
    const std::vector<float> state = read_floats(cell.text("inputs") + "/state");
    float *own = nullptr;
    size_t count = 0;
    check(crl_network_state(network.get(), &own, &count));
    if (count != state.size())
        throw std::runtime_error("the inputs are another network's");
    std::copy_n(state.data(), count, own);
    return network;
}
