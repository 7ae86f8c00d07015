// Nanoseconds for each frame of this library's streams: streams_chainrule NETWORK BLOCK ROUNDS SECONDS
#include "chainrule.h"
#include "streams.hpp"

static void need(crl_status status)
{
    if (status != CRL_OK)
        stop(crl_error_message());
}

static void fill(crl_network *network, const char *name, float (*value)(int, int, int), int units, const int *gates)
{
    float *values = nullptr;
    crl_tensor tensor = CRL_TENSOR_INIT;
    size_t count = 0;
    need(crl_network_parameters(network, &values, &count));
    size_t tensors = 0;
    need(crl_network_tensor_count(network, &tensors));
    for (size_t index = 0; index < tensors; ++index) {
        need(crl_network_tensor(network, index, &tensor));
        if (std::strcmp(tensor.name, name) != 0)
            continue;
        for (size_t row = 0; row < tensor.rows; ++row)
            for (size_t column = 0; column < tensor.columns; ++column)
                values[tensor.offset + row * tensor.columns + column] =
                    value(gates[row / units], int(row) % units, int(column));
        return;
    }
    stop(name);
}

static crl_network *recurrent(const Recurrent &kind)
{
    static const int grus[] = { 1, 0, 2 }, lstms[] = { 0, 1, 2, 3 }, one[] = { 0 };
    const size_t shape[] = { 64, 1 };
    const int *gates = kind.isLSTM ? lstms : grus;
    crl_network *network = nullptr;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    need(crl_network_create(64, &network));
    need(crl_network_add_reshape(network, shape, 2, nullptr));
    options.name = "cell";
    need(crl_network_add_recurrent(network, kind.isLSTM ? CRL_CELL_LSTM : CRL_CELL_GRU, size_t(kind.units), nullptr, &options));
    options.name = "out";
    need(crl_network_add_dense(network, 1, CRL_IDENTITY, &options));
    need(crl_network_build(network, 1));
    fill(network, "cell.weight_ih", input_weight, kind.units, gates);
    fill(network, "cell.weight_hh", state_weight, kind.units, gates);
    fill(network, "cell.bias", bias, kind.units, gates);
    if (!kind.isLSTM)
        fill(network, "cell.bias_hn", state_bias, kind.units, one);
    fill(network, "out.weight", output_weight, 1, one);
    fill(network, "out.bias", zero, 1, one);
    return network;
}

// Neural Amp Modeler's standard WaveNet.
static crl_network *wavenet()
{
    const size_t shape[] = { 64, 1 };
    const size_t widths[] = { 16, 8 };
    crl_network *network = nullptr;
    crl_window window = CRL_WINDOW_INIT, one = CRL_WINDOW_INIT;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    std::string x = "x";
    std::vector<std::string> heads;
    auto add = [&](const std::string &name, const std::string &input, size_t channels, const crl_window &shape, int bias) {
        options.name = name.c_str();
        options.input = input.c_str();
        options.bias = bias;
        need(crl_network_add_convolution(network, channels, CRL_IDENTITY, &shape, 1, &options));
    };
    auto sum = [&](const std::vector<std::string> &names, const std::string &name) {
        std::vector<const char *> pointers;
        for (const std::string &each : names)
            pointers.push_back(each.c_str());
        need(crl_network_add_sum(network, pointers.data(), pointers.size(), name.c_str()));
    };
    need(crl_network_create(64, &network));
    options.name = "x";
    need(crl_network_add_reshape(network, shape, 2, &options));
    one.kernel.first = 1;
    window.kernel.first = 3;
    window.padding = CRL_PADDING_CAUSAL;
    for (int stack = 0; stack < 2; ++stack) {
        const std::string prefix = "s" + std::to_string(stack);
        add(prefix, x, widths[stack], one, 0);
        x = prefix;
        for (int power = 0; power < 10; ++power) {
            const std::string name = prefix + "_" + std::to_string(power);
            window.dilation.first = size_t(1) << power;
            add(name, x, widths[stack], window, 1);
            add(name + "x", "x", widths[stack], one, 0);
            sum({ name, name + "x" }, name + "z");
            options.name = nullptr;
            const std::string h = name + "h", z = name + "z";
            options.name = h.c_str();
            options.input = z.c_str();
            need(crl_network_add_activation(network, CRL_TANH, &options));
            heads.push_back(h);
            if (stack == 1 && power == 9)
                break;
            add(name + "o", h, widths[stack], one, 1);
            sum({ x, name + "o" }, name + "y");
            x = name + "y";
        }
        sum(heads, prefix + "heads");
        add(prefix + "head", prefix + "heads", stack == 0 ? 8 : 1, one, stack);
        heads = { prefix + "head" };
    }
    need(crl_network_build(network, 1));
    return network;
}

int main(int count, char **arguments)
{
    const Task task(count, arguments);
    crl_network *network = task.isRecurrent ? recurrent(task.recurrent) : wavenet();
    crl_predictor *predictor = nullptr;
    crl_stream *stream = nullptr;
    need(crl_predictor_create(network, CRL_PRECISION_FLOAT32, &predictor));
    need(crl_stream_create(predictor, &stream));
    task.measure([&](const float *x, float *y, int frames) { need(crl_stream_push(stream, x, size_t(frames), y)); });
    return 0;
}
