// Writes a network's parameters, which make_inputs wrote, as a model file of Chainrule's and one of FANN's.
//
//     make_models WIDTHS FOLDER
#include "chainrule_network.hpp"
#include "fann_network.hpp"

#include <iostream>

int main(int argc, char **argv)
try {
    if (argc != 3) {
        std::cerr << "usage: make_models WIDTHS FOLDER\n";
        return 2;
    }
    const Network description = parse_network(argv[1]);
    const std::string folder = std::string(argv[2]) + "/";
    const std::vector<float> parameters = read_floats(folder + "parameters");
    const FannHandle ann = make_fann(description, layers_of(description, parameters));
    const NetworkHandle network = build_network(description, 1);
    if (copy_parameters(network.get()) != parameters)
        throw std::runtime_error("the inputs are another network's");
    check(crl_network_save(network.get(), (folder + "model.safetensors").c_str()));
    if (fann_save(ann.get(), (folder + "model.net").c_str()) != 0)
        throw std::runtime_error("FANN cannot save");
} catch (const std::exception &error) {
    std::cerr << "make_models: " << error.what() << "\n";
    return 1;
}
