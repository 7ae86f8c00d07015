// The passes of one convolution by oneDNN's primitives. Of the arrays channels last, and of those in the layouts that
// oneDNN prefers, the faster are taken. No reorder is counted, of weights or of anything else: within a network in the
// preferred layouts there is none.
#include "conv_layer.hpp"

#include <oneapi/dnnl/dnnl.hpp>

using namespace dnnl;
using Tag = memory::format_tag;
constexpr auto F32 = memory::data_type::f32;

// A primitive of a pass with its arguments, ready to be executed again and again.
class Pass {
public:
    Pass(const engine &processor, stream &queue, const Convolution &task, bool is_any) : queue(queue), task(task)
    {
        const ModelLayer &layer = task.layer;
        const auto size = [](size_t value) { return memory::dim(value); };
        const auto image = [&](const ModelLayer::Shape &shape) {
            return memory::dims{size(task.batch), size(shape[2]), size(shape[0]), size(shape[1])};
        };
        const memory::dim groups = size(layer.groups), out = size(layer.channels()), in = size(layer.shape[2]);
        const memory::dim high = size(layer.kernel[0]), wide = size(layer.kernel[1]);
        const bool is_grouped = groups > 1;
        const memory::dims kernel = is_grouped ? memory::dims{groups, out / groups, in / groups, high, wide}
                                               : memory::dims{out, in, high, wide};
        const auto pair = [&](const ModelLayer::Pair &both) { return memory::dims{size(both[0]), size(both[1])}; };
        const memory::dims stride = pair(layer.stride), dilation = {0, 0}, before = pair(layer.before),
                           after = pair(layer.after);
        const Tag layout = is_any ? Tag::any : Tag::nhwc;
        const memory::desc x(image(layer.shape), F32, layout), z(image(layer.output), F32, layout);
        const memory::desc w(kernel, F32, Tag::any), b({out}, F32, Tag::a);
        const algorithm direct = algorithm::convolution_auto;
        const convolution_forward::primitive_desc forward(processor, prop_kind::forward_training, direct, x, w, b, z,
                                                          stride, dilation, before, after);
        const Tag ours = is_grouped ? Tag::gohwi : Tag::ohwi;
        const auto filled = [&](const memory::desc &preferred, const memory::dims &dims, Tag tag, const float *values) {
            memory given({dims, F32, tag}, processor, const_cast<float *>(values)), made(preferred, processor);
            reorder(given, made).execute(queue, given, made);
            queue.wait();
            return made;
        };
        const auto make_x = [&](const memory::desc &preferred) {
            return filled(preferred, image(layer.shape), Tag::nhwc, task.x.data());
        };
        const auto make_s = [&](const memory::desc &preferred) {
            return filled(preferred, image(layer.output), Tag::nhwc, task.direction.data());
        };
        const auto make_w = [&](const memory::desc &preferred) {
            return filled(preferred, kernel, ours, task.parameters.data());
        };
        if (task.pass == "forward") {
            memory bias(b, processor);
            std::copy_n(&task.parameters[layer.weights()], layer.channels(),
                        static_cast<float *>(bias.get_data_handle()));
            operation = convolution_forward(forward);
            result = memory(forward.dst_desc(), processor);
            arguments = {{DNNL_ARG_SRC, make_x(forward.src_desc())},
                         {DNNL_ARG_WEIGHTS, make_w(forward.weights_desc())},
                         {DNNL_ARG_BIAS, bias},
                         {DNNL_ARG_DST, result}};
            written = {image(layer.output), Tag::nhwc};
        } else if (task.pass == "data") {
            const convolution_backward_data::primitive_desc backward(processor, direct, x, w, z, stride, dilation,
                                                                     before, after, forward);
            operation = convolution_backward_data(backward);
            result = memory(backward.diff_src_desc(), processor);
            arguments = {{DNNL_ARG_DIFF_DST, make_s(backward.diff_dst_desc())},
                         {DNNL_ARG_WEIGHTS, make_w(backward.weights_desc())},
                         {DNNL_ARG_DIFF_SRC, result}};
            written = {image(layer.shape), Tag::nhwc};
        } else {
            const convolution_backward_weights::primitive_desc backward(processor, direct, x, w, b, z, stride, dilation,
                                                                        before, after, forward);
            operation = convolution_backward_weights(backward);
            result = memory(backward.diff_weights_desc(), processor);
            bias_gradient = memory(b, processor);
            arguments = {{DNNL_ARG_SRC, make_x(backward.src_desc())},
                         {DNNL_ARG_DIFF_DST, make_s(backward.diff_dst_desc())},
                         {DNNL_ARG_DIFF_WEIGHTS, result},
                         {DNNL_ARG_DIFF_BIAS, bias_gradient}};
            written = {kernel, ours};
        }
        for (const auto &[index, memory] : arguments)
            list.push_back({index, memory.get()});
    }

    void execute(size_t times) const
    {
        for (size_t time = 0; time < times; ++time)
            dnnl_primitive_execute(operation.get(), queue.get(), int(list.size()), list.data());
    }

    // In Chainrule's order: channels last, the bias behind the weights.
    std::vector<float> numbers() const
    {
        execute(1);
        const memory::desc desc(written.first, F32, written.second);
        std::vector<float> all(desc.get_size() / sizeof(float));
        memory plain(desc, result.get_engine(), all.data()), from = result;
        reorder(from, plain).execute(queue, from, plain);
        queue.wait();
        if (bias_gradient) {
            const float *bias = static_cast<const float *>(bias_gradient.get_data_handle());
            all.insert(all.end(), bias, bias + task.layer.channels());
        }
        return all;
    }

private:
    stream &queue;
    const Convolution &task;
    primitive operation;
    memory result, bias_gradient;
    std::pair<memory::dims, Tag> written; // the result's axes and their order in Chainrule
    std::vector<std::pair<int, memory>> arguments;
    std::vector<dnnl_exec_arg_t> list;
};

class Layer : public Work {
public:
    explicit Layer(const Cell &cell) : task(cell), processor(engine::kind::cpu, 0), queue(processor)
    {
        double best = 0;
        for (const bool is_any : {true, false}) {
            auto next = std::make_unique<Pass>(processor, queue, task, is_any);
            const auto repeat = [&](size_t count) { next->execute(count); };
            const double first = time_one(0.01, repeat), time = std::min(first, time_one(0.01, repeat));
            if (!pass || time < best) {
                pass = std::move(next);
                best = time;
            }
        }
    }

    std::vector<double> check() override
    {
        const std::vector<float> numbers = pass->numbers();
        return some_of(numbers.data(), numbers.size());
    }

    double run(double seconds) override
    {
        return time_one(seconds, [this](size_t count) { pass->execute(count); });
    }

private:
    Convolution task;
    engine processor;
    stream queue;
    std::unique_ptr<Pass> pass;
};

int main()
{
    return serve([](const Cell &cell) { return std::make_unique<Layer>(cell); });
}
