// What the workers of a single convolution share: the layer, and the arrays that its three passes read.
//
//     forward    z from x                     its bias included
//     data       the gradient at x from that at z
//     weights    the gradients of the weights and of the bias from x and the gradient at z
#pragma once
#include "model.hpp"
#include "worker.hpp"

struct Convolution {
    ModelLayer layer;
    std::string pass;
    size_t batch, threads;
    std::vector<float> parameters, x, direction; // channels last; the direction is the gradient at z

    explicit Convolution(const Cell &cell)
        : layer(read_layers(cell).at(0)), pass(cell.text("variant")), batch(cell.number("batch")),
          threads(cell.number("threads")), parameters(read_floats(cell.text("inputs") + "/parameters")),
          x(read_floats(cell.text("inputs") + "/x")), direction(read_floats(cell.text("inputs") + "/direction"))
    {
        if (x.size() < batch * inputs() || direction.size() < batch * outputs())
            throw std::runtime_error("too few rows of data");
    }
    size_t inputs() const { return count(layer.shape); }
    size_t outputs() const { return count(layer.output); }
};

// Some of a result's numbers, from its beginning to its end.
inline std::vector<double> some_of(const float *numbers, size_t count)
{
    const size_t some = std::min<size_t>(count, 64);
    std::vector<double> chosen;
    for (size_t i = 0; i < some; ++i)
        chosen.push_back(numbers[i * (count - 1) / std::max<size_t>(some - 1, 1)]);
    return chosen;
}
