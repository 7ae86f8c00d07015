// chainrule.hpp without exceptions: results.
#include <chainrule.hpp>
#include <chainrule.hpp> // once

#include "../Clients/check.h"
#include "cpp.h"

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#ifdef __cpp_exceptions
#error "compile with -fno-exceptions"
#endif

namespace {

const std::vector<float> x = { 0, 0, 0, 1, 1, 0, 1, 1 }, t = { 0, 1, 1, 0 };

chainrule::result<chainrule::network> exclusive_or()
{
    auto network = chainrule::network::create(2);
    if (!network)
        return network;
    for (auto added : { network->add_dense(8, chainrule::activation::tanh).status(), network->add_dense(1).status(), network->build(1).status() })
        CHECK(added == CRL_OK);
    return network;
}

void values_and_errors()
{
    auto network = exclusive_or();
    CHECK(network && network.status() == CRL_OK && *network->input_size() == 2);
    const auto y = network->predict({ x, 2 });
    CHECK(y && y->size() == 4 && (*y)[0] == (*y)[0]);

    const auto absent = network->find_tensor("absent");
    CHECK(!absent && absent.status() == CRL_ERROR_NAME && std::strstr(absent.error().what(), "absent"));
    CHECK(absent.error().code() == chainrule::status::error_name);
    // The message is the result's own.
    const auto other = chainrule::network::create(0);
    CHECK(!other && other.status() == CRL_ERROR_SIZE && std::strstr(absent.error().what(), "absent"));
    const chainrule::result<void> built = network->build(1);
    CHECK(!built && built.status() == CRL_ERROR_ALREADY_BUILT && std::strstr(built.error().what(), "built"));
    CHECK(network->add_slice({ 0 }, { 1, 2 }).status() == CRL_ERROR_SIZE);

    const chainrule::network moved = *std::move(network);
    CHECK(moved.predict({ x, 2 })->size() == 4);
}

void objects()
{
    auto network = *exclusive_or();
    std::size_t epochs = 0;
    chainrule::train_options options;
    options.on_epoch = [&](const crl_epoch &) { ++epochs; };
    CHECK(network.fit({ x, 2 }, chainrule::values(t, 1), options) && epochs == 10);
    options.on_epoch = [](const crl_epoch &) { return true; };
    CHECK(network.fit({ x, 2 }, chainrule::values(t, 1), options).status() == CRL_CANCELLED);

    auto optimizer = chainrule::optimizer::create(network);
    auto workspace = chainrule::workspace::create(network, 4);
    std::vector<float> gradients(network.parameters()->size()), y(4);
    CHECK(optimizer && workspace && network.forward(*workspace, { x, 2 }, { y, 1 }));
    CHECK(*network.value_and_gradient({}, { x, 2 }, chainrule::values(t, 1), gradients) > 0);
    CHECK(optimizer->step(network, gradients).status() == CRL_OK);
    CHECK(workspace->values("absent").status() == CRL_ERROR_NAME);

    auto predictor = chainrule::predictor::create(network, chainrule::precision::bfloat16);
    CHECK(predictor && *predictor->precision() == chainrule::precision::bfloat16 && predictor->predict({ x, 2 }, { y, 1 }));
    CHECK(chainrule::predictor::open("absent").status() == CRL_ERROR_FILE);
    CHECK(chainrule::publisher::create(network) && chainrule::trainer::create(network));
    CHECK(chainrule::cancel::create()->reset().status() == CRL_OK);
    CHECK(chainrule::network::load_from_memory(*network.save_to_memory())->predict({ x, 2 })->size() == 4);
    CHECK(network.save_to_callback([](const void *, std::size_t) { return true; }).status() == CRL_ERROR_CALLBACK);
}

} // namespace

counts test_results()
{
    values_and_errors();
    objects();
    return { passed_checks, failed_checks };
}
