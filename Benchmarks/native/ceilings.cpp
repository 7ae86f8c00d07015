// What the machine can do, measured as a worker like any peer, so that a limit is measured in the same minute as the
// times that are compared with it. A "step" is one flop, byte or parameter:
//
//     ceiling=fma        a float32 multiply or add, in fused multiply-adds on registers
//     ceiling=bf16       the same in bfloat16 dot products
//     ceiling=int8       the same in 8-bit dot products
//     ceiling=load       a byte loaded from a block of bytes=N that is read over and over
//     ceiling=copy       a byte read or written where one half of a block of bytes=N is copied to the other over and over
//     ceiling=adam       a parameter of a fused Adam update in L2
//
// Several threads each do their own work; the step is then what all do together.
#include "worker.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <immintrin.h>
#include <omp.h>
#include <utility>

namespace {

constexpr size_t CHAINS = 12; // independent accumulators: more than latency × throughput of a multiply-add needs

// Keeps a value alive, in a register.
template <class Vector> void use(Vector &value)
{
    asm volatile("" : "+v"(value));
}

#if defined(__AVX512F__)
using Floats = __m512;
Floats multiply_add(Floats a, Floats b, Floats c)
{
    return _mm512_fmadd_ps(a, b, c);
}
Floats broadcast(float value)
{
    return _mm512_set1_ps(value);
}
using Bytes = __m512;
#else
using Floats = __m256;
Floats multiply_add(Floats a, Floats b, Floats c)
{
    return _mm256_fmadd_ps(a, b, c);
}
Floats broadcast(float value)
{
    return _mm256_set1_ps(value);
}
using Bytes = __m256;
#endif

// Runs `count` rounds of CHAINS independent operations; operate(accumulator) does one. Indices that are constants keep
// the accumulators in registers.
template <class Accumulator, class Operate, size_t... CHAIN>
void run_chains(size_t count, Accumulator start, Operate &&operate, std::index_sequence<CHAIN...>)
{
    Accumulator sums[CHAINS] = {(void(CHAIN), start)...};
    for (size_t round = 0; round < count; ++round)
        ((operate(sums[CHAIN]), use(sums[CHAIN])), ...);
}

template <class Accumulator, class Operate> void chains(size_t count, Accumulator start, Operate &&operate)
{
    run_chains(count, start, operate, std::make_index_sequence<CHAINS>());
}

double flops_of_fma(size_t count)
{
    const Floats a = broadcast(0.999f), b = broadcast(0.001f);
    chains(count, broadcast(1), [&](Floats &sum) { sum = multiply_add(sum, a, b); });
    return double(count) * CHAINS * 2 * sizeof(Floats) / sizeof(float);
}

double flops_of_bf16([[maybe_unused]] size_t count)
{
#if defined(__AVX512BF16__)
    const __m512bh a = (__m512bh)_mm512_set1_epi16(0x3f80), b = (__m512bh)_mm512_set1_epi16(0x3a80);
    chains(count, _mm512_set1_ps(1), [&](__m512 &sum) { sum = _mm512_dpbf16_ps(sum, a, b); });
    return double(count) * CHAINS * 2 * 32;
#else
    throw Unsupported("its instruction set has no bfloat16 dot products");
#endif
}

double flops_of_int8([[maybe_unused]] size_t count)
{
#if defined(__AVX512VNNI__)
    const __m512i a = _mm512_set1_epi8(1), b = _mm512_set1_epi8(2);
    chains(count, _mm512_setzero_si512(), [&](__m512i &sum) { sum = _mm512_dpbusd_epi32(sum, a, b); });
    return double(count) * CHAINS * 2 * 64;
#else
    throw Unsupported("its instruction set has no 8-bit dot products in 512 bits");
#endif
}

// Reads a block in `streams` parallel streams; the best number of them differs between caches.
class Loads {
public:
    explicit Loads(size_t bytes) : bytes(std::max<size_t>(4096, bytes / 4096 * 4096))
    {
        block = static_cast<char *>(std::aligned_alloc(4096, this->bytes));
        std::memset(block, 1, this->bytes);
    }
    ~Loads() { std::free(block); }
    Loads(const Loads &) = delete;

    template <size_t streams> double read(size_t count) const
    {
        const size_t part = bytes / streams / 256 * 256;
        for (size_t time = 0; time < count; ++time)
            for (const char *at = block, *end = block + part; at < end; at += 256) {
#pragma GCC unroll 4
                for (size_t stream = 0; stream < streams; ++stream)
#pragma GCC unroll 8
                    for (size_t line = 0; line < 256; line += sizeof(Bytes)) {
                        Bytes value;
                        asm volatile("vmovups %1, %0"
                                     : "=v"(value)
                                     : "m"(*reinterpret_cast<const Bytes *>(at + stream * part + line)));
                    }
            }
        return double(count * part * streams);
    }

    double copy(size_t count) const
    {
        const size_t half = bytes / 2 / 256 * 256;
        for (size_t time = 0; time < count; ++time)
            for (char *at = block, *end = block + half; at < end; at += 256)
#pragma GCC unroll 8
                for (size_t line = 0; line < 256; line += sizeof(Bytes))
                    *reinterpret_cast<Bytes *>(at + half + line) = *reinterpret_cast<const Bytes *>(at + line);
        return double(count * half * 2);
    }

    const size_t bytes;

private:
    char *block;
};

double parameters_of_adam(size_t count)
{
    constexpr size_t SIZE = 16384; // four vectors of 64 KiB
    static thread_local std::vector<float> w(SIZE, 1), g(SIZE, 0.001f), m(SIZE, 0.001f), v(SIZE, 0.001f);
    for (size_t time = 0; time < count; ++time)
        for (size_t i = 0; i < SIZE; ++i) {
            m[i] = 0.9f * m[i] + 0.1f * g[i];
            v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
            w[i] -= 0.001f * m[i] / (sqrtf(v[i]) + 1e-8f);
        }
    return double(count * SIZE);
}

class Ceiling : public Work {
public:
    explicit Ceiling(const Cell &cell) : threads(cell.number("threads"))
    {
        const std::string &what = cell.text("ceiling");
        if (what == "fma")
            kinds.push_back(flops_of_fma);
        else if (what == "bf16")
            kinds.push_back(flops_of_bf16);
        else if (what == "int8")
            kinds.push_back(flops_of_int8);
        else if (what == "adam")
            kinds.push_back(parameters_of_adam);
        else if (what == "load")
            load(cell.number("bytes"));
        else if (what == "copy")
            kinds.push_back([block = std::make_shared<Loads>(cell.number("bytes"))](size_t count) {
                const double copied = block->copy(count);
                asm volatile("" : : : "memory"); // somebody reads the copy
                return copied;
            });
        else
            throw Unsupported("no such ceiling: " + what);
        kinds.front()(1);
    }

    std::vector<double> check() override { return {}; }

    // The fastest way of those that there are.
    double run(double seconds) override
    {
        double best = INFINITY;
        for (const auto &kind : kinds) {
            // Some 50 µs of work at a time: to start threads takes long when a core is busy.
            const size_t repeat = size_t(50e-6 / time_one(1e-4, kind)) + 1;
            double done = 0;
            const double time = time_one(seconds / double(kinds.size()), [&](size_t count) {
                done = 0;
#pragma omp parallel num_threads(int(threads)) reduction(+ : done) if (threads > 1)
                done += kind(count * repeat) / double(count);
            });
            best = std::min(best, time / done);
        }
        return best;
    }

private:
    size_t threads;
    std::vector<std::function<double(size_t)>> kinds;

    void load(size_t bytes)
    {
        const auto block = std::make_shared<Loads>(bytes);
        kinds.push_back([block](size_t count) { return block->read<1>(count); });
        kinds.push_back([block](size_t count) { return block->read<2>(count); });
        kinds.push_back([block](size_t count) { return block->read<4>(count); });
    }
};

} // namespace

int main()
{
    return serve([](const Cell &cell) { return std::make_unique<Ceiling>(cell); });
}
