// Under clang's real-time sanitizer: what an audio callback calls. It may not allocate, lock or make a system call.
//
//     realtime push        a stream's block: nothing is found
//     realtime predict     a workspace's memory: the sanitizer ends the program
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "chainrule.h"

namespace {

crl_network *network;
crl_predictor *predictor;
crl_stream *stream;
float x[2000], y[2000];
crl_status status;

void need(crl_status result)
{
    if (result != CRL_OK) {
        std::fprintf(stderr, "%s\n", crl_error_message());
        std::exit(3);
    }
}

// A recurrent layer, a convolution that looks far back, and what joins them.
void prepare()
{
    const size_t shape[] = { 1000, 1 };
    const char *both[] = { "gru", "window" };
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    crl_window window = CRL_WINDOW_INIT;
    need(crl_network_create(1000, &network));
    need(crl_network_add_reshape(network, shape, 2, nullptr));
    options.name = "gru";
    need(crl_network_add_recurrent(network, CRL_CELL_GRU, 8, nullptr, &options));
    window.kernel.first = 3;
    window.dilation.first = 100;
    window.padding = CRL_PADDING_CAUSAL;
    options.name = "window";
    need(crl_network_add_convolution(network, 8, CRL_TANH, &window, 1, &options));
    need(crl_network_add_sum(network, both, 2, nullptr));
    need(crl_network_add_dense(network, 1, CRL_IDENTITY, nullptr));
    need(crl_network_build(network, 1));
    need(crl_predictor_create(network, CRL_PRECISION_FLOAT32, &predictor));
    need(crl_stream_create(predictor, &stream));
}

void push(size_t first, size_t frames) noexcept [[clang::nonblocking]]
{
    status = crl_stream_push(stream, x + first, frames, y + first);
}

void predict() noexcept [[clang::nonblocking]]
{
    status = crl_predictor_predict(predictor, x, 1, 1000, y, 1, 1000);
}

} // namespace

int main(int count, char **arguments)
{
    prepare();
    if (count == 2 && std::strcmp(arguments[1], "push") == 0) {
        const size_t blocks[] = { 1, 64, 100, 1000 };
        for (size_t frames : blocks)
            for (size_t first = 0; first + frames <= 1000; first += frames) {
                push(first, frames);
                need(status);
            }
    } else {
        predict();
        need(status);
    }
    crl_stream_destroy(stream);
    crl_predictor_destroy(predictor);
    crl_network_destroy(network);
    return 0;
}
