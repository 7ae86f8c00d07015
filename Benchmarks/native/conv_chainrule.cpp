// The passes of one convolution by crl_forward() and crl_backward(). Alone in a network, a convolution gets its shape from a
// reshape, which copies x, and both functions copy what they are given. Between layers of a network nothing is copied. So
// the copies are taken off, by passes of networks without the convolution:
//
//     forward    of the network, less that of a reshape of x
//     data       a backward pass without gradients of parameters, less that of a reshape of z
//     weights    a backward pass with gradients of parameters, less one without
//
// Both functions run on the caller's thread. With several threads each takes a part of the rows through a workspace of its
// own, as a user would do it. The gradients of the weights are then added.
#include "chainrule_model.hpp"
#include "conv_layer.hpp"

#include <cmath>
#include <omp.h>

using WorkspaceHandle = std::unique_ptr<crl_workspace, Destroy<crl_workspace, crl_workspace_destroy>>;

// A network with workspaces and rows for each thread.
class Passes {
public:
    Passes(const ModelLayer::Shape &shape, const std::vector<ModelLayer> &layers, const Convolution &task)
        : network(build_model(shape, layers)), inputs(count(shape)),
          outputs(layers.empty() ? inputs : task.outputs()), rows(task.batch / task.threads),
          workspaces(task.threads), gradients(task.threads)
    {
        if (!layers.empty())
            set_parameters(network.get(), task.parameters.data(), task.parameters.size());
        for (size_t thread = 0; thread < task.threads; ++thread) {
            crl_workspace *made = nullptr;
            ::check(crl_workspace_create(network.get(), rows, CRL_PURPOSE_TRAINING, &made));
            workspaces[thread].reset(made);
            gradients[thread].resize(layers.empty() ? 0 : task.parameters.size());
        }
    }

    void forward(const float *x) const
    {
        share([&](size_t thread) {
            return crl_forward(network.get(), workspaces[thread].get(), x + thread * rows * inputs, rows, inputs,
                               nullptr, 0, 0);
        });
    }

    void backward(const float *direction, bool wants_weights)
    {
        share([&](size_t thread) {
            std::vector<float> &gradient = gradients[thread];
            return crl_backward(network.get(), workspaces[thread].get(), direction + thread * rows * outputs, rows,
                                outputs, wants_weights ? gradient.data() : nullptr, gradient.size(), 0, nullptr, 0, 0);
        });
        if (wants_weights)
            for (size_t thread = 1; thread < gradients.size(); ++thread)
                for (size_t i = 0; i < gradients[0].size(); ++i)
                    gradients[0][i] += gradients[thread][i];
    }

    const std::vector<float> &weights_gradient() const { return gradients[0]; }

    std::vector<float> values(const char *layer, crl_quantity quantity) const
    {
        std::vector<float> all;
        for (const WorkspaceHandle &workspace : workspaces) {
            const float *values = nullptr;
            size_t count = 0, columns = 0;
            ::check(crl_workspace_values(workspace.get(), layer, quantity, &values, &count, &columns));
            all.insert(all.end(), values, values + count * columns);
        }
        return all;
    }

private:
    NetworkHandle network;
    size_t inputs, outputs, rows; // of each thread
    std::vector<WorkspaceHandle> workspaces;
    std::vector<std::vector<float>> gradients;

    template <class Part> void share(Part &&part) const
    {
        crl_status status = CRL_OK;
#pragma omp parallel num_threads(int(workspaces.size())) if (workspaces.size() > 1)
        if (const crl_status mine = part(size_t(omp_get_thread_num())); mine != CRL_OK)
#pragma omp critical
            status = mine;
        ::check(status);
    }
};

class Layer : public Work {
public:
    explicit Layer(const Cell &cell)
        : task(cell), network(task.layer.shape, {task.layer}, task), reads(task.layer.shape, {}, task),
          writes(task.layer.output, {}, task)
    {
        if (task.batch % task.threads != 0)
            throw Unsupported("a batch of one has no rows to share");
        network.forward(task.x.data());
        writes.forward(task.direction.data());
    }

    std::vector<double> check() override
    {
        network.backward(task.direction.data(), true);
        const std::vector<float> result = task.pass == "forward" ? network.values("0", CRL_QUANTITY_H)
                                          : task.pass == "data"  ? network.values("x", CRL_QUANTITY_DELTA)
                                                                 : network.weights_gradient();
        return some_of(result.data(), result.size());
    }

    double run(double seconds) override
    {
        const float *const x = task.x.data(), *const s = task.direction.data();
        if (task.pass == "forward")
            return difference(seconds, [&] { network.forward(x); }, [&] { reads.forward(x); });
        if (task.pass == "data")
            return difference(seconds, [&] { network.backward(s, false); }, [&] { writes.backward(s, false); });
        return difference(seconds, [&] { network.backward(s, true); }, [&] { network.backward(s, false); });
    }

private:
    Convolution task;
    Passes network, reads, writes;

    template <class Pass, class Rest> static double difference(double seconds, Pass &&pass, Rest &&rest)
    {
        const auto time = [&](auto &what) {
            return time_one(seconds / 6, [&](size_t count) {
                for (size_t i = 0; i < count; ++i)
                    what();
            });
        };
        // In turns, and the least disturbed of three.
        double whole = INFINITY, less = INFINITY;
        for (int turn = 0; turn < 3; ++turn) {
            whole = std::min(whole, time(pass));
            less = std::min(less, time(rest));
        }
        if (whole <= less)
            throw Unsupported("the machine is too busy to tell the pass from its copies");
        return whole - less;
    }
};

int main()
{
    return serve([](const Cell &cell) { return std::make_unique<Layer>(cell); });
}
