// What the inference workers share: rows that rotate through a small block, as if the caller had just produced them,
// and the timing of predict(x, y) on them.
#pragma once
#include "model.hpp"
#include "worker.hpp"

struct LayerParameters {
    size_t in, out;
    const float *weights; // out × in
    const float *bias;
    bool last;
};

inline std::vector<LayerParameters> layers_of(const Network &network, const std::vector<float> &parameters)
{
    if (network.parameters() != parameters.size())
        throw std::runtime_error("the inputs are another network's");
    std::vector<LayerParameters> layers;
    const float *at = parameters.data();
    for (size_t l = 1; l <= network.layers(); ++l) {
        const size_t in = network.widths[l - 1], out = network.widths[l];
        layers.push_back({in, out, at, at + in * out, l == network.layers()});
        at += (in + 1) * out;
    }
    return layers;
}

// A peer's predictor of dense layers, made from them, with the parameters that it reads.
template <class Predictor> class OfDenseLayers {
public:
    explicit OfDenseLayers(const Cell &cell)
        : network(cell.network()), parameters(read_floats(cell.text("inputs") + "/parameters")),
          predictor(network, layers_of(network, parameters), cell.number("batch"), cell)
    {
    }

    void predict(const float *x, float *y) { predictor.predict(x, y); }

private:
    Network network;
    std::vector<float> parameters;
    Predictor predictor;
};

// Times predict(x, y) of a Predictor that is made from a cell.
template <class Predictor> class Inference : public Work {
public:
    explicit Inference(const Cell &cell)
        : batch(cell.number("batch")), inputs(sizes_of(cell).inputs), x(read_floats(cell.text("inputs") + "/x")),
          y(batch * sizes_of(cell).outputs), predictor(cell)
    {
        constexpr size_t FLOATS = 16384; // 64 KiB of inputs, but at least two batches
        batches = std::max<size_t>(2, FLOATS / (batch * inputs));
        if (x.size() < batches * batch * inputs)
            throw std::runtime_error("too few rows of data");
    }

    // The outputs of the second batch.
    std::vector<double> check() override
    {
        predict(2);
        return std::vector<double>(y.begin(), y.begin() + std::ptrdiff_t(std::min<size_t>(y.size(), 64)));
    }

    double run(double seconds) override
    {
        return time_one(seconds, [this](size_t count) { predict(count); });
    }

private:
    size_t batch, inputs, batches;
    std::vector<float> x, y;
    Predictor predictor;

    void predict(size_t count)
    {
        const size_t size = batch * inputs;
        const float *const end = &x[0] + batches * size, *at = &x[0];
        for (size_t i = 0; i < count; ++i) {
            predictor.predict(at, y.data());
            asm volatile("" : : "r"(y.data()) : "memory"); // whoever called reads y
            at += size;
            if (at == end)
                at = &x[0];
        }
    }
};

template <class Predictor> int serve_inference()
{
    return serve([](const Cell &cell) { return std::make_unique<Inference<Predictor>>(cell); });
}
