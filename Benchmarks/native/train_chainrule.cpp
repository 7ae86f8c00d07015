// Training by crl_network_fit(), as a user calls it: whole fits of several epochs over all rows, the checks and the
// set-up at the start of a fit included.
#include "chainrule_model.hpp"
#include "worker.hpp"

#include <algorithm>

class Training : public Work {
public:
    explicit Training(const Cell &cell)
        : batch(cell.number("batch")), threads(cell.number("threads")), network(network_of(cell)),
          parameters(read_floats(cell.text("inputs") + "/parameters")), x(read_floats(cell.text("inputs") + "/x")),
          classes(read_ints(cell.text("inputs") + "/classes")), inputs(x.size() / classes.size())
    {
        method.method = cell.is("variant", "adam") ? CRL_ADAM : CRL_GRADIENT_DESCENT;
        method.learning_rate = std::stof(cell.text("rate"));
        cost.kind = CRL_CROSS_ENTROPY;
        if (batch > classes.size())
            throw Unsupported("there are too few rows");
    }

    std::vector<double> check() override
    {
        begin();
        std::vector<double> costs;
        for (size_t step = 0; step < 10; ++step)
            costs.push_back(fit(step % (classes.size() / batch) * batch, batch, 1));
        return costs;
    }

    double run(double seconds) override
    {
        begin();
        if (seconds_per_step == 0) {
            fit(0, batch, 1);
            const double start = now();
            fit(0, batch, 1);
            seconds_per_step = now() - start;
        }
        const size_t all = classes.size() / batch,
                     few = std::min(all, std::clamp<size_t>(size_t(LONGEST_WARM_UP / seconds_per_step), 1, 8));
        fit(0, few * batch, 1);
        // All rows, unless an epoch of them takes too long. Four epochs at least: what a fit does once is then spread over
        // fewer steps than in nearly any user's fit.
        const size_t steps = std::min(all, size_t(LONGEST_EPOCH / seconds_per_step) + few);
        const size_t epochs = std::max<size_t>(4, size_t(seconds / (seconds_per_step * double(steps))));
        begin();
        const double start = now();
        fit(0, steps * batch, epochs);
        return (now() - start) / double(epochs * steps);
    }

private:
    static constexpr double LONGEST_EPOCH = 0.5, LONGEST_WARM_UP = 0.1; // seconds

    size_t batch, threads;
    NetworkHandle network;
    OptimizerHandle optimizer;
    std::vector<float> parameters, x;
    std::vector<int> classes;
    size_t inputs;
    crl_optimizer_options method = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    double seconds_per_step = 0;

    // The initial parameters and a fresh optimizer.
    void begin()
    {
        set_parameters(network.get(), parameters.data(), parameters.size());
        crl_optimizer *made = nullptr;
        ::check(crl_optimizer_create(network.get(), &method, &made));
        optimizer.reset(made);
    }

    // The cost of the last epoch.
    double fit(size_t row, size_t rows, size_t epochs)
    {
        double last_cost = 0;
        crl_targets targets = CRL_TARGETS_INIT;
        targets.classes = &classes[row];
        targets.classes_count = rows;
        crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
        options.cost = &cost;
        options.optimizer = optimizer.get();
        options.epochs = epochs;
        options.batch_size = batch;
        options.shuffle = 0;
        options.user = &last_cost;
        options.on_epoch = [](void *user, const crl_epoch *epoch) -> int32_t {
            *static_cast<double *>(user) = epoch->cost;
            return 0;
        };
        options.threads = threads == 1 ? 1 : CRL_AUTO_SIZE; // with more than one the library decides, as it does for a user
        ::check(crl_network_fit(network.get(), &x[row * inputs], rows, inputs, &targets, NULL, &options));
        return last_cost;
    }
};

int main()
{
    return serve([](const Cell &cell) { return std::make_unique<Training>(cell); });
}
