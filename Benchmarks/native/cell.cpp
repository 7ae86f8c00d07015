#include "cell.hpp"

#include <fstream>
#include <sstream>

size_t Network::weights() const
{
    size_t sum = 0;
    for (size_t l = 1; l < widths.size(); ++l)
        sum += widths[l] * widths[l - 1];
    return sum;
}

size_t Network::parameters() const
{
    size_t sum = weights();
    for (size_t l = 1; l < widths.size(); ++l)
        sum += widths[l];
    return sum;
}

Network parse_network(const std::string &text)
{
    Network network{{}, text.rfind("tanh:", 0) == 0};
    std::istringstream words(network.tanh_hidden ? text.substr(5) : text);
    for (std::string width; std::getline(words, width, '-');)
        network.widths.push_back(std::stoul(width));
    if (network.widths.size() < 2)
        throw std::invalid_argument("no network: " + text);
    return network;
}

Cell::Cell(const std::string &words)
{
    std::istringstream stream(words);
    for (std::string word; stream >> word;) {
        const size_t equals = word.find('=');
        if (equals == std::string::npos)
            throw std::invalid_argument("not key=value: " + word);
        values[word.substr(0, equals)] = word.substr(equals + 1);
    }
}

const std::string &Cell::text(const std::string &key) const
{
    const auto found = values.find(key);
    if (found == values.end())
        throw std::invalid_argument("the cell has no " + key);
    return found->second;
}

size_t Cell::number(const std::string &key) const
{
    return std::stoul(text(key));
}

template <class Element> static std::vector<Element> read_elements(const std::string &path)
{
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file)
        throw std::runtime_error(path + " cannot be read");
    std::vector<Element> elements(size_t(file.tellg()) / sizeof(Element));
    file.seekg(0);
    file.read(reinterpret_cast<char *>(elements.data()), std::streamsize(elements.size() * sizeof(Element)));
    return elements;
}

std::vector<float> read_floats(const std::string &path)
{
    return read_elements<float>(path);
}

std::vector<int> read_ints(const std::string &path)
{
    return read_elements<int>(path);
}
