// oneDNN's primitives: each layer one primitive with bias and activation fused into it, weights reordered beforehand to
// the layout that the primitive prefers. Inner products and matrix products are both tried, and the faster chain is taken.
#include "inference.hpp"

#include <oneapi/dnnl/dnnl.hpp>

using namespace dnnl;
using Tag = memory::format_tag;
constexpr auto F32 = memory::data_type::f32;

// One layer's primitive with its arguments, ready to be executed again and again.
struct Step {
    primitive operation;
    memory source, destination, weights, bias;
    std::unordered_map<int, memory> arguments;
};

class Chain {
public:
    Chain(const engine &processor, stream &queue, const Network &network, const std::vector<LayerParameters> &layers,
          size_t rows, bool inner)
        : queue(queue)
    {
        const auto batch = memory::dim(rows);
        for (const LayerParameters &layer : layers) {
            const auto in = memory::dim(layer.in), out = memory::dim(layer.out);
            primitive_attr attributes;
            post_ops fused;
            if (!layer.last) {
                fused.append_eltwise(network.tanh_hidden ? algorithm::eltwise_tanh : algorithm::eltwise_relu, 0, 0);
                attributes.set_post_ops(fused);
            }
            const memory::desc source({batch, in}, F32, Tag::ab), destination({batch, out}, F32, Tag::ab);
            Step step;
            memory::desc preferred;
            if (inner) {
                const inner_product_forward::primitive_desc description(
                    processor, prop_kind::forward_inference, source, memory::desc({out, in}, F32, Tag::any),
                    memory::desc({out}, F32, Tag::a), destination, attributes);
                step.operation = inner_product_forward(description);
                step.bias = memory({{out}, F32, Tag::a}, processor);
                preferred = description.weights_desc();
            } else {
                const matmul::primitive_desc description(processor, source, memory::desc({in, out}, F32, Tag::any),
                                                         memory::desc({1, out}, F32, Tag::ab), destination, attributes);
                step.operation = matmul(description);
                step.bias = memory({{1, out}, F32, Tag::ab}, processor);
                preferred = description.weights_desc();
            }
            std::copy_n(layer.bias, layer.out, static_cast<float *>(step.bias.get_data_handle()));
            memory plain =
                inner ? memory({{out, in}, F32, Tag::ab}, processor) : memory({{in, out}, F32, Tag::ba}, processor);
            std::copy_n(layer.weights, layer.in * layer.out, static_cast<float *>(plain.get_data_handle()));
            step.weights = memory(preferred, processor);
            reorder(plain, step.weights).execute(queue, plain, step.weights);
            queue.wait();
            step.source = steps.empty() ? memory(source, processor, nullptr) : steps.back().destination;
            step.destination = layer.last ? memory(destination, processor, nullptr) : memory(destination, processor);
            step.arguments = {{DNNL_ARG_SRC, step.source},
                              {DNNL_ARG_WEIGHTS, step.weights},
                              {DNNL_ARG_BIAS, step.bias},
                              {DNNL_ARG_DST, step.destination}};
            steps.push_back(std::move(step));
        }
        for (const Step &step : steps) {
            std::vector<dnnl_exec_arg_t> list;
            for (const auto &[index, memory] : step.arguments)
                list.push_back({index, memory.get()});
            arguments.push_back(std::move(list));
        }
    }

    void predict(const float *x, float *y)
    {
        dnnl_memory_set_data_handle(steps.front().source.get(), const_cast<float *>(x));
        dnnl_memory_set_data_handle(steps.back().destination.get(), y);
        for (size_t l = 0; l < steps.size(); ++l)
            dnnl_primitive_execute(steps[l].operation.get(), queue.get(), int(arguments[l].size()),
                                   arguments[l].data());
    }

private:
    stream &queue;
    std::vector<Step> steps;
    std::vector<std::vector<dnnl_exec_arg_t>> arguments; // of the C interface, which is called without building a map
};

class Predictor {
public:
    Predictor(const Network &network, const std::vector<LayerParameters> &layers, size_t batch, const Cell &)
        : processor(engine::kind::cpu, 0), queue(processor)
    {
        const std::vector<float> x(batch * network.inputs(), 0.5f);
        std::vector<float> y(batch * network.outputs());
        double best = 0;
        for (const bool inner : {true, false}) {
            auto next = std::make_unique<Chain>(processor, queue, network, layers, batch, inner);
            const double time = time_one(0.02, [&](size_t count) {
                for (size_t i = 0; i < count; ++i)
                    next->predict(x.data(), y.data());
            });
            if (!chain || time < best) {
                chain = std::move(next);
                best = time;
            }
        }
    }

    void predict(const float *x, float *y) { chain->predict(x, y); }

private:
    engine processor;
    stream queue;
    std::unique_ptr<Chain> chain;
};

int main()
{
    return serve_inference<OfDenseLayers<Predictor>>();
}
