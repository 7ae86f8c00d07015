// crl_network_fit() on the digits, stopped by its callback, which evaluates with crl_network_predict(): the time is that
// of the fit less that of the callbacks.
#include "chainrule_network.hpp"
#include "digits_data.hpp"

class Training : public DigitsWork {
public:
    explicit Training(const Cell &cell)
        : digits(cell.text("inputs")), description(cell.network()), batch(cell.number("batch")),
          rate(std::stof(cell.text("rate"))), outputs(digits.held_out_classes.size() * Digits::CLASSES)
    {
    }

private:
    Digits digits;
    Network description;
    size_t batch;
    float rate;
    std::vector<float> outputs;
    NetworkHandle network;
    double evaluation = 0;

    double train(unsigned seed) override
    {
        network = build_network(description, seed);
        crl_optimizer_options method = CRL_OPTIMIZER_OPTIONS_INIT;
        method.learning_rate = rate;
        crl_optimizer *made = nullptr;
        ::check(crl_optimizer_create(network.get(), &method, &made));
        const OptimizerHandle optimizer(made);
        crl_cost_options cost = CRL_COST_OPTIONS_INIT;
        cost.kind = CRL_CROSS_ENTROPY;
        crl_targets targets = CRL_TARGETS_INIT;
        targets.classes = digits.classes.data();
        targets.classes_count = digits.classes.size();
        crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
        options.cost = &cost;
        options.optimizer = optimizer.get();
        options.epochs = MOST_EPOCHS;
        options.batch_size = batch;
        options.seed = seed;
        options.user = this;
        options.on_epoch = [](void *user, const crl_epoch *epoch) {
            return static_cast<Training *>(user)->is_good_enough(*epoch);
        };
        options.threads = 1;
        evaluation = 0;
        const double start = now();
        const crl_status status =
            crl_network_fit(network.get(), digits.x.data(), digits.classes.size(), Digits::PIXELS, &targets, NULL, &options);
        const double seconds = now() - start - evaluation;
        if (status != CRL_CANCELLED)
            throw std::runtime_error(status == CRL_OK ? "did not reach the accuracy" : crl_error_message());
        return seconds;
    }

    int32_t is_good_enough(const crl_epoch &epoch)
    {
        const double start = now();
        const size_t rows = digits.held_out_classes.size();
        ::check(crl_network_predict(network.get(), digits.held_out_x.data(), rows, Digits::PIXELS, outputs.data(), rows,
                                    Digits::CLASSES));
        last_epochs = epoch.epoch;
        const bool good = digits.accuracy(outputs) >= WANTED;
        evaluation += now() - start;
        return good;
    }
};

int main()
{
    return serve([](const Cell &cell) { return std::make_unique<Training>(cell); });
}
