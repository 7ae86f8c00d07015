// Chainrule from C++17: handles in unique_ptr, statuses as exceptions, a lambda for progress. It fits a sine.
#include <chainrule.h>

#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <vector>

namespace crl {

struct error : std::runtime_error {
    explicit error(crl_status code) : std::runtime_error(crl_error_message()), status(code) {}
    crl_status status;
};

inline void check(crl_status status)
{
    if (status != CRL_OK)
        throw error(status);
}

struct destroy {
    void operator()(crl_network *network) const { crl_network_destroy(network); }
    void operator()(crl_optimizer *optimizer) const { crl_optimizer_destroy(optimizer); }
};
using network = std::unique_ptr<crl_network, destroy>;
using optimizer = std::unique_ptr<crl_optimizer, destroy>;

inline network make_network(std::size_t inputs)
{
    crl_network *raw = nullptr;
    check(crl_network_create(inputs, &raw));
    return network(raw);
}

inline optimizer make_optimizer(const network &of, const crl_optimizer_options &options)
{
    crl_optimizer *raw = nullptr;
    check(crl_optimizer_create(of.get(), &options, &raw));
    return optimizer(raw);
}

} // namespace crl

int main()
try {
    std::vector<float> x, t;
    for (float value = -3; value <= 3; value += 0.05f) {
        x.push_back(value);
        t.push_back(std::sin(value));
    }

    const crl::network network = crl::make_network(1);
    crl::check(crl_network_add_dense(network.get(), 32, CRL_TANH, nullptr));
    crl::check(crl_network_add_dense(network.get(), 1, CRL_IDENTITY, nullptr));
    crl::check(crl_network_build(network.get(), 1));

    crl_optimizer_options adam = CRL_OPTIMIZER_OPTIONS_INIT;
    adam.learning_rate = 0.003f;
    const crl::optimizer optimizer = crl::make_optimizer(network, adam);

    crl_targets targets = CRL_TARGETS_INIT;
    targets.values = t.data();
    targets.rows = t.size();
    targets.columns = targets.stride = 1;

    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    options.optimizer = optimizer.get();
    options.epochs = 1000;
    // No exception may leave a callback. Catch every one, or let noexcept end the program.
    options.on_epoch = [](void *, const crl_epoch *epoch) noexcept -> int32_t {
        if (epoch->epoch % 200 == 0)
            std::printf("epoch %4zu: cost %.6f\n", epoch->epoch, epoch->cost);
        return 0;
    };
    crl::check(crl_network_fit(network.get(), x.data(), x.size(), 1, &targets, NULL, &options));

    std::vector<float> y(x.size());
    crl::check(crl_network_predict(network.get(), x.data(), x.size(), 1, y.data(), y.size(), 1));
    float worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        worst = std::fmax(worst, std::fabs(y[i] - t[i]));
    std::printf("largest distance from the sine: %.4f\n", worst);

    try {
        crl::check(crl_network_add_dense(network.get(), 1, CRL_TANH, nullptr));
        return 1;
    } catch (const crl::error &mistake) {
        std::printf("%s, as it should be: %s\n", crl_status_name(mistake.status), mistake.what());
    }
    return worst < 0.1f ? 0 : 1;
} catch (const std::exception &problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
}
