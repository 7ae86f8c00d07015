// Writes what all peers of a network start from: Chainrule's initial parameters, in its order (W_1, b_1, W_2, …, each W
// out × in), rows of inputs in [0, 1), and a class for each row.
//
//     make_inputs WIDTHS ROWS FOLDER
#include "chainrule_network.hpp"

#include <fstream>
#include <iostream>
#include <random>

template <class Element> static void write(const std::string &path, const std::vector<Element> &elements)
{
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char *>(elements.data()), std::streamsize(elements.size() * sizeof(Element)));
    if (!file.flush())
        throw std::runtime_error(path + " cannot be written");
}

int main(int argc, char **argv)
try {
    if (argc != 4) {
        std::cerr << "usage: make_inputs WIDTHS ROWS FOLDER\n";
        return 2;
    }
    const Network network = parse_network(argv[1]);
    const size_t rows = std::stoul(argv[2]);
    const std::string folder = std::string(argv[3]) + "/";
    std::mt19937 generator(1);
    std::uniform_real_distribution<float> input(0, 1);
    std::uniform_int_distribution<int> output(0, int(network.outputs()) - 1);

    std::vector<float> x(rows * network.inputs());
    for (float &value : x)
        value = input(generator);
    std::vector<int> classes(rows);
    for (int &value : classes)
        value = output(generator);
    write(folder + "parameters", copy_parameters(build_network(network, 1).get()));
    write(folder + "x", x);
    write(folder + "classes", classes);
} catch (const std::exception &error) {
    std::cerr << "make_inputs: " << error.what() << "\n";
    return 1;
}
