// ONNX Runtime through its C interface. Its wheel brings the library without the header, so the few entries of its table
// of functions that are needed are declared here by their places, which the interface promises never to change.
#pragma once
#include <cstdint>
#include <dlfcn.h>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace ort {

using Status = void *; // null for success
struct Base {
    const void *const *(*get_api)(uint32_t version);
    const char *(*get_version)();
};
enum Place {
    ERROR_MESSAGE = 2,
    CREATE_ENVIRONMENT = 3,
    CREATE_SESSION = 7,
    RUN = 9,
    CREATE_OPTIONS = 10,
    SET_OPTIMIZATION = 23,
    SET_INTRA_THREADS = 24,
    SET_INTER_THREADS = 25,
    CREATE_TENSOR = 49,
    CREATE_CPU_MEMORY = 69
};
enum { WARNING = 2, ALL_OPTIMIZATIONS = 99, FLOAT = 1, ARENA = 1, DEFAULT_MEMORY = 0 };

const void *const *api;

template <class... Parameters, class... Arguments> void call(Place place, Arguments... arguments)
{
    const auto function = reinterpret_cast<Status (*)(Parameters...)>(const_cast<void *>(api[place]));
    if (const Status status = function(arguments...))
        throw std::runtime_error(
            reinterpret_cast<const char *(*)(Status)>(const_cast<void *>(api[ERROR_MESSAGE]))(status));
}

void open(const std::string &path)
{
    void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (!library)
        throw std::runtime_error(dlerror());
    const auto get_base = reinterpret_cast<const Base *(*)()>(dlsym(library, "OrtGetApiBase"));
    if (!get_base || !(api = get_base()->get_api(1)))
        throw std::runtime_error("no C interface in " + path);
}

} // namespace ort

// A model file with one input x and one output y, optimized and ready to run.
class OnnxModel {
public:
    OnnxModel(const std::string &library, const std::string &path, int threads)
    {
        using ort::call;
        ort::open(library);
        void *environment = nullptr, *options = nullptr;
        call<int, const char *, void **>(ort::CREATE_ENVIRONMENT, ort::WARNING, "bench", &environment);
        call<void **>(ort::CREATE_OPTIONS, &options);
        call<void *, int>(ort::SET_OPTIMIZATION, options, ort::ALL_OPTIMIZATIONS);
        call<void *, int>(ort::SET_INTRA_THREADS, options, threads);
        call<void *, int>(ort::SET_INTER_THREADS, options, 1);
        call<void *, const char *, void *, void **>(ort::CREATE_SESSION, environment, path.c_str(), options, &session);
        call<int, int, void **>(ort::CREATE_CPU_MEMORY, ort::ARENA, ort::DEFAULT_MEMORY, &memory);
    }

    // A tensor around the caller's numbers.
    void *tensor(const float *values, const std::vector<int64_t> &shape) const
    {
        const int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
        void *made = nullptr;
        ort::call<void *, void *, size_t, const int64_t *, size_t, int, void **>(
            ort::CREATE_TENSOR, memory, const_cast<float *>(values), size_t(count) * sizeof(float), shape.data(),
            shape.size(), ort::FLOAT, &made);
        return made;
    }

    void run(void *x, void *y) const
    {
        const char *const x_name = "x", *const y_name = "y";
        ort::call<void *, void *, const char *const *, void *const *, size_t, const char *const *, size_t, void **>(
            ort::RUN, session, nullptr, &x_name, &x, size_t(1), &y_name, size_t(1), &y);
    }

private:
    void *session = nullptr, *memory = nullptr;
};
