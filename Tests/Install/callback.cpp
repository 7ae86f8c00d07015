// callback.c in C++.
#include <chainrule.hpp>

#include <cstdio>
#include <vector>

int main()
try {
    const std::vector<float> x = { 0, 0, 0, 1, 1, 0, 1, 1 }, t = { 0, 1, 1, 0 };
    std::size_t last = 0;
    chainrule::network network(2);
    network.add_dense(8, chainrule::activation::tanh);
    network.add_dense(1, chainrule::activation::sigmoid);
    network.build(1);
    chainrule::train_options options;
    options.epochs = 1;
    options.on_epoch = [&](const crl_epoch &epoch) { last = epoch.epoch; };
    network.fit({ x, 2 }, chainrule::values(t, 1), options);
    return last == 1 ? 0 : 1;
} catch (const chainrule::error &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
