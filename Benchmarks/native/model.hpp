// The layers of a convolutional network, from the file that ../models.py writes: see ../python/layers.py.
#pragma once
#include "cell.hpp"

#include <array>
#include <fstream>
#include <numeric>
#include <sstream>

struct ModelLayer {
    using Shape = std::vector<size_t>; // channels last
    using Pair = std::array<size_t, 2>;

    std::string kind;
    std::vector<std::string> inputs; // places of layers, "-1" for x
    Shape shape, output;
    bool relu, bias;
    size_t groups;
    Pair kernel, stride, before, after;

    explicit ModelLayer(const std::string &line) : ModelLayer(Cell(line)) {}
    size_t channels() const { return output.back(); }
    size_t weights() const { return channels() * kernel[0] * kernel[1] * shape.back() / groups; } // of a convolution

private:
    explicit ModelLayer(const Cell &words)
        : kind(words.text("kind")), inputs(split(words.text("inputs"))), shape(numbers(words.text("shape"))),
          output(numbers(words.text("output"))), relu(words.number("relu")), bias(words.number("bias")),
          groups(words.number("groups")), kernel(pair(words.text("kernel"))), stride(pair(words.text("stride"))),
          before(pair(words.text("before"))), after(pair(words.text("after")))
    {
    }

    static std::vector<std::string> split(const std::string &text)
    {
        std::vector<std::string> parts;
        std::istringstream stream(text);
        for (std::string part; std::getline(stream, part, ',');)
            parts.push_back(part);
        return parts;
    }
    static Shape numbers(const std::string &text)
    {
        Shape result;
        for (const std::string &part : split(text))
            result.push_back(std::stoul(part));
        return result;
    }
    static Pair pair(const std::string &text)
    {
        const Shape both = numbers(text);
        return {both.at(0), both.at(1)};
    }
};

inline std::vector<ModelLayer> read_layers(const Cell &cell)
{
    const std::string path = cell.text("inputs") + "/layers";
    std::ifstream file(path);
    std::vector<ModelLayer> layers;
    for (std::string line; std::getline(file, line);)
        layers.emplace_back(line);
    if (layers.empty())
        throw std::runtime_error(path + " has no layers");
    return layers;
}

inline size_t count(const ModelLayer::Shape &shape)
{
    return std::accumulate(shape.begin(), shape.end(), size_t(1), std::multiplies<>());
}

struct Sizes {
    size_t inputs, outputs;
};

// Of a cell's network: one of dense layers alone, or one with a file of layers.
inline Sizes sizes_of(const Cell &cell)
{
    if (!cell.text("widths").empty())
        return {cell.network().inputs(), cell.network().outputs()};
    const std::vector<ModelLayer> layers = read_layers(cell);
    return {count(layers.front().shape), count(layers.back().output)};
}
