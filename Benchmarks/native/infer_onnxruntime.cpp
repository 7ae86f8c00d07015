// ONNX Runtime through its C interface: one Run() on tensors that were made beforehand around the caller's x and y. Its
// wheel brings the library without the header, so the few entries of its table of functions that are needed are declared
// here by their places, which the interface promises never to change.
//
// The model is inputs/model.onnx, which python/make_onnx.py wrote.
#include "inference.hpp"

#include <cstdint>
#include <dlfcn.h>

namespace ort {

using Status = void *; // null for success
struct Base {
    const void *const *(*get_api)(uint32_t version);
    const char *(*get_version)();
};
enum Place { ERROR_MESSAGE = 2, CREATE_ENVIRONMENT = 3, CREATE_SESSION = 7, RUN = 9, CREATE_OPTIONS = 10, SET_OPTIMIZATION = 23,
             SET_INTRA_THREADS = 24, SET_INTER_THREADS = 25, CREATE_TENSOR = 49, CREATE_CPU_MEMORY = 69 };
enum { WARNING = 2, ALL_OPTIMIZATIONS = 99, FLOAT = 1, ARENA = 1, DEFAULT_MEMORY = 0 };

const void *const *api;

template <class... Parameters, class... Arguments> void call(Place place, Arguments... arguments)
{
    const auto function = reinterpret_cast<Status (*)(Parameters...)>(const_cast<void *>(api[place]));
    if (const Status status = function(arguments...))
        throw std::runtime_error(reinterpret_cast<const char *(*)(Status)>(const_cast<void *>(api[ERROR_MESSAGE]))(status));
}

void open(const std::string &path)
{
    void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (!library)
        throw Unsupported(dlerror());
    const auto get_base = reinterpret_cast<const Base *(*)()>(dlsym(library, "OrtGetApiBase"));
    if (!get_base || !(api = get_base()->get_api(1)))
        throw Unsupported("no C interface in " + path);
}

} // namespace ort

class Predictor {
public:
    Predictor(const Network &network, const std::vector<LayerParameters> &, size_t batch, const Cell &cell)
        : x_size(batch * network.inputs()), y_size(batch * network.outputs()), x_shape{int64_t(batch), int64_t(network.inputs())},
          y_shape{int64_t(batch), int64_t(network.outputs())}
    {
        using ort::call;
        ort::open(std::getenv("BENCH_ONNXRUNTIME"));
        void *environment = nullptr, *options = nullptr;
        call<int, const char *, void **>(ort::CREATE_ENVIRONMENT, ort::WARNING, "bench", &environment);
        call<void **>(ort::CREATE_OPTIONS, &options);
        call<void *, int>(ort::SET_OPTIMIZATION, options, ort::ALL_OPTIMIZATIONS);
        call<void *, int>(ort::SET_INTRA_THREADS, options, int(cell.number("threads")));
        call<void *, int>(ort::SET_INTER_THREADS, options, 1);
        call<void *, const char *, void *, void **>(ort::CREATE_SESSION, environment, (cell.text("inputs") + "/model.onnx").c_str(), options,
                                                    &session);
        call<int, int, void **>(ort::CREATE_CPU_MEMORY, ort::ARENA, ort::DEFAULT_MEMORY, &memory);
    }

    void predict(const float *x, float *y)
    {
        if (y != last_y)
            y_tensor = tensor(const_cast<float *>(y), y_size, y_shape), last_y = y;
        if (!first_x)
            first_x = x;
        const size_t index = size_t(x - first_x) / x_size;
        if (index >= x_tensors.size())
            x_tensors.resize(index + 1);
        void *&x_tensor = x_tensors[index];
        if (!x_tensor)
            x_tensor = tensor(const_cast<float *>(x), x_size, x_shape);
        const char *const x_name = "x", *const y_name = "y";
        ort::call<void *, void *, const char *const *, void *const *, size_t, const char *const *, size_t, void **>(
            ort::RUN, session, nullptr, &x_name, &x_tensor, size_t(1), &y_name, size_t(1), &y_tensor);
    }

private:
    size_t x_size, y_size;
    int64_t x_shape[2], y_shape[2];
    void *session = nullptr, *memory = nullptr, *y_tensor = nullptr;
    const float *first_x = nullptr, *last_y = nullptr;
    std::vector<void *> x_tensors; // made once for each batch

    void *tensor(float *values, size_t count, const int64_t *shape)
    {
        void *made = nullptr;
        ort::call<void *, void *, size_t, const int64_t *, size_t, int, void **>(ort::CREATE_TENSOR, memory, values, count * sizeof(float), shape,
                                                                               size_t(2), ort::FLOAT, &made);
        return made;
    }
};

int main()
{
    return serve_inference<Predictor>();
}
