// What a cell measures: the networks, and the description that bench.py sends to every worker.
#pragma once
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

// A peer that cannot do a cell says why by throwing this; the table then says so too.
struct Unsupported : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Network {
    std::vector<size_t> widths; // N_0 … N_L
    bool tanh_hidden; // otherwise ReLU; the output layer is linear (logits)

    size_t layers() const { return widths.size() - 1; }
    size_t inputs() const { return widths.front(); }
    size_t outputs() const { return widths.back(); }
    size_t weights() const; // Σ N_l N_{l−1}
    size_t parameters() const; // with the biases
};

// "784-128-10", with "tanh:" before it for tanh in the hidden layers.
Network parse_network(const std::string &text);

// "key=value" words, as bench.py sends them.
class Cell {
public:
    explicit Cell(const std::string &words);
    const std::string &text(const std::string &key) const;
    size_t number(const std::string &key) const;
    bool is(const std::string &key, const std::string &value) const { return text(key) == value; }
    Network network() const { return parse_network(text("widths")); }

private:
    std::map<std::string, std::string> values;
};

// The files that make_inputs wrote, so that every peer starts from Chainrule's parameters and sees the same data.
std::vector<float> read_floats(const std::string &path);
std::vector<int> read_ints(const std::string &path);
