// Trains a network to read handwritten digits, with chainrule.hpp: objects, lambdas, exceptions.
//
//     digits [Examples/data/digits.csv]
#include <chainrule.hpp>

#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::size_t pixels = 64;

struct images {
    std::vector<float> x; // a row of 64 pixels for each image: 0 is paper, 1 is ink
    std::vector<std::int32_t> digits;
};

// Holds out every fourth image. A line is 64 pixels from 0 to 16 and the digit.
void read(const std::string &path, images &training, images &held_out)
{
    std::ifstream file(path);
    if (!file)
        throw std::runtime_error(path + ": cannot be opened");
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line); ++lines) {
        images &set = lines % 4 == 3 ? held_out : training;
        std::istringstream numbers(line);
        int number = 0;
        char comma = 0;
        for (std::size_t i = 0; i < pixels && numbers >> number >> comma; ++i)
            set.x.push_back(static_cast<float>(number) / 16);
        if (!(numbers >> number))
            throw std::runtime_error(path + ": line " + std::to_string(lines + 1) + " is not 64 pixels and a digit");
        set.digits.push_back(number);
    }
}

} // namespace

int main(int argc, char **argv)
try {
    images training, held_out;
    read(argc > 1 ? argv[1] : "Examples/data/digits.csv", training, held_out);

    chainrule::network network(pixels);
    network.add_dense(100, chainrule::activation::relu);
    network.add_dense(10); // logits: the cost takes their softmax
    network.build(1);

    chainrule::optimizer_options method;
    method.learning_rate = 0.003f;
    chainrule::optimizer adam(network, method);

    chainrule::train_options options;
    options.cost.kind = chainrule::cost_kind::cross_entropy;
    options.optimizer = &adam;
    options.epochs = 30;
    double accuracy = 0;
    options.on_epoch = [&](const crl_epoch &epoch) {
        accuracy = epoch.validation_accuracy;
        if (epoch.epoch % 10 == 0)
            std::printf("epoch %2zu: loss %.4f, held-out accuracy %.2f %%\n", epoch.epoch, epoch.cost, 100 * accuracy);
    };
    network.fit({ training.x, pixels }, chainrule::classes(training.digits), options,
        { { held_out.x, pixels }, chainrule::classes(held_out.digits) });

    // The weights in 8 bits, and an error that is an exception.
    const chainrule::predictor small(network, chainrule::precision::int8);
    std::vector<float> logits(10 * held_out.digits.size());
    small.predict({ held_out.x, pixels }, { logits, 10 });
    std::size_t right = 0;
    for (std::size_t i = 0; i < held_out.digits.size(); ++i) {
        std::int32_t best = 0;
        for (std::int32_t digit = 1; digit < 10; ++digit)
            if (logits[10 * i + static_cast<std::size_t>(digit)] > logits[10 * i + static_cast<std::size_t>(best)])
                best = digit;
        right += best == held_out.digits[i];
    }
    std::printf("in int8: %zu of %zu\n", right, held_out.digits.size());
    try {
        network.add_dense(1);
        return 1;
    } catch (const chainrule::error &mistake) {
        std::printf("%s, as it should be: %s\n", mistake.code().message().c_str(), mistake.what());
    }
    return accuracy < 0.96 || static_cast<double>(right) < 0.96 * static_cast<double>(held_out.digits.size());
} catch (const std::exception &problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
}
