// Chainrule's handles, owned, with its statuses as exceptions; and a network built as a cell describes it.
#pragma once
#include "cell.hpp"

#include <algorithm>
#include <chainrule.h>
#include <memory>

inline void check(crl_status status)
{
    if (status != CRL_OK)
        throw std::runtime_error(crl_error_message());
}

template <class Handle, void (*destroy)(Handle *)> struct Destroy {
    void operator()(Handle *handle) const { destroy(handle); }
};
using NetworkHandle = std::unique_ptr<crl_network, Destroy<crl_network, crl_network_destroy>>;
using OptimizerHandle = std::unique_ptr<crl_optimizer, Destroy<crl_optimizer, crl_optimizer_destroy>>;

inline NetworkHandle build_network(const Network &description, uint64_t seed)
{
    crl_network *network = nullptr;
    check(crl_network_create(description.inputs(), &network));
    NetworkHandle owned(network);
    for (size_t l = 1; l <= description.layers(); ++l) {
        const crl_activation hidden = description.tanh_hidden ? CRL_TANH : CRL_RELU;
        check(crl_network_add_dense(network, description.widths[l], l < description.layers() ? hidden : CRL_IDENTITY,
                                    nullptr));
    }
    check(crl_network_build(network, seed));
    return owned;
}

// Replaces the parameters by as many floats.
inline void set_parameters(crl_network *network, const float *values, size_t expected)
{
    float *parameters = nullptr;
    size_t count = 0;
    check(crl_network_parameters(network, &parameters, &count));
    if (count != expected)
        throw std::runtime_error("the inputs are another network's");
    std::copy_n(values, count, parameters);
}

inline std::vector<float> copy_parameters(const crl_network *network)
{
    float *parameters = nullptr;
    size_t count = 0;
    check(crl_network_parameters(network, &parameters, &count));
    return std::vector<float>(parameters, parameters + count);
}
