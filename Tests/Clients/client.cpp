// The C header from C++17: it compiles without warnings, links by C names, and callbacks may be lambdas.
#include <chainrule.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

int passed = 0, failed = 0;

void check(bool holds, int line, const char *what)
{
    (holds ? passed : failed)++;
    if (!holds)
        std::fprintf(stderr, "client.cpp:%d: does not hold: %s (%s)\n", line, what, crl_error_message());
}
#define CHECK(condition) check((condition), __LINE__, #condition)

struct destroy {
    void operator()(crl_network *network) const { crl_network_destroy(network); }
    void operator()(crl_workspace *workspace) const { crl_workspace_destroy(workspace); }
    void operator()(crl_optimizer *optimizer) const { crl_optimizer_destroy(optimizer); }
};
using network_handle = std::unique_ptr<crl_network, destroy>;
using workspace_handle = std::unique_ptr<crl_workspace, destroy>;
using optimizer_handle = std::unique_ptr<crl_optimizer, destroy>;

network_handle two_layers()
{
    crl_network *raw = nullptr;
    CHECK(crl_network_create(2, &raw) == CRL_OK);
    network_handle network(raw);
    crl_layer_options layer = CRL_LAYER_OPTIONS_INIT;
    const std::string name = "hidden";
    layer.name = name.c_str();
    CHECK(crl_network_add_dense(raw, 8, CRL_TANH, &layer) == CRL_OK);
    CHECK(crl_network_add_dense(raw, 1, CRL_IDENTITY, nullptr) == CRL_OK);
    CHECK(crl_network_build(raw, 1) == CRL_OK);
    return network;
}

} // namespace

int main()
{
    CHECK(crl_version() == CRL_VERSION);
    crl_network *none = nullptr;
    CHECK(crl_network_create(0, &none) == CRL_ERROR_SIZE && none == nullptr);
    CHECK(std::string(crl_error_message()).find('0') != std::string::npos);

    const network_handle network = two_layers();
    const std::vector<float> x = { -1, -1, -1, 1, 1, -1, 1, 1 }, t = { 0, 1, 1, 0 };
    std::vector<float> y(4);

    crl_targets targets = CRL_TARGETS_INIT;
    targets.values = t.data();
    targets.rows = t.size();
    targets.columns = targets.stride = 1;
    crl_optimizer_options method = CRL_OPTIMIZER_OPTIONS_INIT;
    method.learning_rate = 0.05f;
    crl_optimizer *optimizer = nullptr;
    CHECK(crl_optimizer_create(network.get(), &method, &optimizer) == CRL_OK);
    const optimizer_handle owned_optimizer(optimizer);

    double last_cost = INFINITY;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    train.optimizer = optimizer;
    train.epochs = 500;
    train.on_epoch = [](void *user, const crl_epoch *epoch) -> int32_t {
        *static_cast<double *>(user) = epoch->cost;
        return epoch->cost < 1e-3;
    };
    train.user = &last_cost;
    CHECK(crl_network_fit(network.get(), x.data(), 4, 2, &targets, NULL, &train) == CRL_CANCELLED);
    CHECK(last_cost < 1e-3);
    CHECK(crl_network_predict(network.get(), x.data(), 4, 2, y.data(), 4, 1) == CRL_OK);
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(std::fabs(y[i] - t[i]) < 0.2f);

    crl_workspace *workspace = nullptr;
    CHECK(crl_workspace_create(network.get(), 4, CRL_PURPOSE_TRAINING, &workspace) == CRL_OK);
    const workspace_handle owned_workspace(workspace);
    std::vector<float> from_thread(4);
    crl_status status = CRL_ERROR_NULL;
    std::thread([&] {
        status = crl_forward(network.get(), workspace, x.data(), 4, 2, from_thread.data(), 4, 1);
    }).join();
    CHECK(status == CRL_OK && from_thread == y);

    std::printf("%d passed, %d failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
