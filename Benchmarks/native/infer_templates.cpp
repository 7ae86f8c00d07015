// Networks A and B with their sizes fixed by templates at compile time: what a program gives up all generality for.
#include "by_hand.hpp"

#include <type_traits>

typedef float Floats8 __attribute__((vector_size(32)));
#if defined(__AVX512F__)
typedef float Widest __attribute__((vector_size(64)));
#else
typedef Floats8 Widest; // wider ones would live in memory
#endif

template <size_t IN, size_t OUT> struct FixedLayer {
    // Outputs are padded to whole vectors, and sums are kept in CHAINS independent sets that the compiler has in registers.
    static constexpr size_t WIDTH = OUT > 8 ? (OUT + 15) / 16 * 16 : OUT > 1 ? 8 : 1;
    using Vector = std::conditional_t<WIDTH % 16 == 0, Widest, Floats8>;
    static constexpr size_t LANES = sizeof(Vector) / sizeof(float), VECTORS = WIDTH < LANES ? 1 : WIDTH / LANES;
    static constexpr size_t CHAINS = IN < 32 ? 1 : VECTORS < 4 ? 4 : 2;
    alignas(64) float weights[IN][WIDTH] = {};
    alignas(64) float bias[WIDTH] = {};

    explicit FixedLayer(const TransposedLayer &layer)
    {
        for (size_t i = 0; i < IN; ++i)
            for (size_t o = 0; o < OUT; ++o)
                weights[i][o] = layer.weights[i * OUT + o];
        std::copy(layer.bias.begin(), layer.bias.end(), bias);
    }

    void apply(const float *__restrict x, float *__restrict z) const
    {
        if constexpr (WIDTH == 1) {
            float sum = bias[0];
            for (size_t i = 0; i < IN; ++i)
                sum += x[i] * weights[i][0];
            z[0] = sum;
        } else {
            Vector sums[CHAINS][VECTORS] = {};
            for (size_t v = 0; v < VECTORS; ++v)
                sums[0][v] = *reinterpret_cast<const Vector *>(bias + v * LANES);
#pragma GCC unroll 64
            for (size_t i = 0; i < IN; i += CHAINS)
#pragma GCC unroll 4
                for (size_t c = 0; c < CHAINS; ++c)
#pragma GCC unroll 4
                    for (size_t v = 0; v < VECTORS; ++v)
                        sums[c][v] += x[i + c] * *reinterpret_cast<const Vector *>(&weights[i + c][v * LANES]);
            for (size_t c = 1; c < CHAINS; ++c)
                for (size_t v = 0; v < VECTORS; ++v)
                    sums[0][v] += sums[c][v];
            for (size_t v = 0; v < VECTORS; ++v)
                *reinterpret_cast<Vector *>(z + v * LANES) = sums[0][v];
        }
    }
};

template <size_t IN, size_t HIDDEN, size_t OUT, bool TANH> struct FixedNetwork {
    using First = FixedLayer<IN, HIDDEN>;
    using Second = FixedLayer<HIDDEN, OUT>;
    First first;
    Second second;

    explicit FixedNetwork(const std::vector<TransposedLayer> &layers) : first(layers[0]), second(layers[1]) {}

    void predict(const float *__restrict x, float *__restrict y) const
    {
        alignas(64) float h[First::WIDTH], z[Second::WIDTH];
        first.apply(x, h);
        for (size_t j = 0; j < First::WIDTH; ++j)
            h[j] = TANH ? tanhf(h[j]) : std::max(h[j], 0.0f);
        second.apply(h, z);
        for (size_t j = 0; j < OUT; ++j)
            y[j] = z[j];
    }
};

template <class Fixed> struct Predictor {
    Fixed fixed;
    Predictor(const Network &, const std::vector<LayerParameters> &parameters, size_t batch, const Cell &)
        : fixed(transposed(parameters))
    {
        if (batch != 1)
            throw Unsupported("takes one row at a time");
    }
    void predict(const float *x, float *y) { fixed.predict(x, y); }
};

int main()
{
    return serve([](const Cell &cell) -> std::unique_ptr<Work> {
        if (cell.is("widths", "tanh:2-8-1"))
            return std::make_unique<Inference<OfDenseLayers<Predictor<FixedNetwork<2, 8, 1, true>>>>>(cell);
        if (cell.is("widths", "64-32-10"))
            return std::make_unique<Inference<OfDenseLayers<Predictor<FixedNetwork<64, 32, 10, false>>>>>(cell);
        throw Unsupported("has templates for A and B");
    });
}
