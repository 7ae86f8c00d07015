// A training step by hand over a matrix product, the strongest that a careful engineer would write on top of a BLAS:
//
// · each weight matrix is stored in × out, in which BLAS forward products are fastest;
// · every elementwise loop is fused and vectorised, and runs on rows that the product before left in cache;
// · gradient descent is the weight gradient's own product, W ← −η Hᵀ S + W: no gradient is ever stored;
// · Adam follows the weight gradient block by block, while the block is in cache;
// · no gradient of the network's input;
// · two threads work in one parallel region with two barriers a step: each has half the rows of the batch in the
//   passes, and half of each weight matrix in the gradients and the update. Their products are single-threaded.
//
// Product::multiply(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) is a row-major sgemm.
#pragma once
#include "worker.hpp"

#include <algorithm>
#include <cmath>
#include <omp.h>

namespace hand {

constexpr size_t LANES = 16; // outputs are padded to as many
constexpr size_t GRADIENT_BLOCK = 32768; // floats of a weight gradient that Adam then finds in cache

// Zeros, aligned to 64 bytes.
class Floats {
public:
    explicit Floats(size_t count)
        : memory(static_cast<float *>(std::aligned_alloc(64, (count * sizeof(float) + 64) / 64 * 64)), std::free),
          count(count)
    {
        zero();
    }
    void zero() { std::fill_n(memory.get(), count, 0.0f); }
    operator float *() const { return memory.get(); }

private:
    std::unique_ptr<float, void (*)(void *)> memory;
    size_t count;
};

inline size_t padded(size_t count)
{
    return (count + LANES - 1) / LANES * LANES;
}

// Part `index` of `parts` of 0 ..< count, at multiples of LANES.
struct Range {
    size_t begin, end;
    Range(size_t count, size_t index, size_t parts)
        : begin(edge(count, index, parts)), end(edge(count, index + 1, parts))
    {
    }
    size_t size() const { return end - begin; }

private:
    static size_t edge(size_t count, size_t index, size_t parts)
    {
        return std::min(count, padded(count * index / parts));
    }
};

inline void add_bias_and_rectify(float *__restrict h, const float *__restrict bias, size_t rows, size_t width)
{
    for (size_t row = 0; row < rows; ++row, h += width)
        for (size_t j = 0; j < width; ++j)
            h[j] = std::max(h[j] + bias[j], 0.0f);
}

inline void zero_where_not_active(float *__restrict s, const float *__restrict h, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        s[i] = h[i] > 0 ? s[i] : 0;
}

// s = scale (softmax(z + b) − t) and Σ −log softmax(z + b)_t. Rows are LANES apart.
inline double cross_entropy(const float *__restrict z, float *__restrict s, const float *__restrict bias,
                            const int *classes, size_t rows, size_t outputs, float scale)
{
    constexpr size_t BLOCK = 32; // rows whose exponentials are one long loop
    alignas(64) float e[BLOCK * LANES], sums[BLOCK], cost_of_row[BLOCK], cost = 0;
    for (size_t done = 0; done < rows; done += BLOCK) {
        const size_t block = std::min(BLOCK, rows - done);
        const float *__restrict zb = z + done * LANES;
        float *__restrict sb = s + done * LANES;
        for (size_t row = 0; row < block; ++row) {
            float largest = -1e30f;
            for (size_t j = 0; j < LANES; ++j)
                e[row * LANES + j] = j < outputs ? zb[row * LANES + j] + bias[j] : -1e30f;
            for (size_t j = 0; j < LANES; ++j)
                largest = std::max(largest, e[row * LANES + j]);
            for (size_t j = 0; j < LANES; ++j) // numbers whose exponentials take expf's quick path
                e[row * LANES + j] = std::max(e[row * LANES + j] - largest, -80.0f);
            cost_of_row[row] = -e[row * LANES + size_t(classes[done + row])];
        }
        for (size_t i = 0; i < block * LANES; ++i)
            e[i] = expf(e[i]);
        for (size_t row = 0; row < block; ++row) {
            float sum = 0;
            for (size_t j = 0; j < LANES; ++j)
                sum += e[row * LANES + j];
            sums[row] = sum;
            for (size_t j = 0; j < LANES; ++j)
                sb[row * LANES + j] = j < outputs ? e[row * LANES + j] * (scale / sum) : 0;
            sb[row * LANES + size_t(classes[done + row])] -= scale;
        }
        for (size_t row = 0; row < block; ++row)
            cost += cost_of_row[row] + logf(sums[row]);
    }
    return double(cost);
}

// Adam's step number `step`, from 1.
struct Adam {
    float rate, second; // η / (1 − β₁ᵗ) and 1 / (1 − β₂ᵗ)

    Adam(float rate, size_t step)
        : rate(float(double(rate) / (1 - std::pow(0.9, double(step))))),
          second(float(1 / (1 - std::pow(0.999, double(step)))))
    {
    }

    void update(float *__restrict w, const float *__restrict g, float *__restrict m, float *__restrict v,
                size_t count) const
    {
        for (size_t i = 0; i < count; ++i) {
            m[i] = 0.9f * m[i] + 0.1f * g[i];
            v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
            w[i] -= rate * m[i] / (sqrtf(second * v[i]) + 1e-8f);
        }
    }
};

struct Layer {
    size_t in, out, stride; // the stride of its h and s, and of its weights: out, padded if it is the output layer
    Floats weights, bias, h, s, bias_gradient;
    Floats weight_m, weight_v, bias_m, bias_v;

    Layer(size_t in, size_t out, size_t batch, bool adam)
        : in(in), out(out), stride(padded(out)), weights(in * stride), bias(stride), h(batch * stride),
          s(batch * stride), bias_gradient(stride), weight_m(adam ? in * stride : 0), weight_v(adam ? in * stride : 0),
          bias_m(stride), bias_v(stride)
    {
    }
};

template <class Product> class Training : public Work {
public:
    explicit Training(const Cell &cell)
        : network(cell.network()), batch(cell.number("batch")), threads(cell.number("threads")),
          is_adam(cell.is("variant", "adam")), rate(std::stof(cell.text("rate"))),
          parameters(read_floats(cell.text("inputs") + "/parameters")), x(read_floats(cell.text("inputs") + "/x")),
          classes(read_ints(cell.text("inputs") + "/classes"))
    {
        if (network.tanh_hidden || network.outputs() > LANES)
            throw Unsupported("the step by hand has ReLU and at most 16 outputs");
        if (network.parameters() != parameters.size())
            throw std::runtime_error("the inputs are another network's");
        for (size_t l = 1; l <= network.layers(); ++l)
            layers.emplace_back(network.widths[l - 1], network.widths[l], batch, is_adam);
        for (size_t thread = 0; thread < threads; ++thread)
            gradients.emplace_back(
                is_adam ? std::max(GRADIENT_BLOCK,
                                   LANES * padded(*std::max_element(network.widths.begin(), network.widths.end())))
                        : 0);
    }

    std::vector<double> check() override
    {
        begin();
        std::vector<double> costs;
        for (size_t step = 0; step < 10; ++step) {
            steps(1);
            costs.push_back(cost / double(batch));
        }
        return costs;
    }

    double run(double seconds) override
    {
        begin();
        return time_one(seconds, [this](size_t count) { steps(count); });
    }

private:
    Network network;
    size_t batch, threads;
    bool is_adam;
    float rate;
    std::vector<float> parameters, x;
    std::vector<int> classes;
    std::vector<Layer> layers;
    std::vector<Floats> gradients; // a block for each thread
    size_t steps_done = 0;
    double cost = 0; // summed over the rows of the last call's steps

    // Chainrule's parameters, W out × in, into W in × out.
    void begin()
    {
        const float *from = parameters.data();
        for (Layer &layer : layers) {
            for (size_t o = 0; o < layer.out; ++o)
                for (size_t i = 0; i < layer.in; ++i)
                    layer.weights[i * layer.stride + o] = *from++;
            std::copy_n(from, layer.out, static_cast<float *>(layer.bias));
            from += layer.out;
            for (Floats *moment : {&layer.weight_m, &layer.weight_v, &layer.bias_m, &layer.bias_v})
                moment->zero();
        }
        steps_done = 0;
    }

    void steps(size_t count)
    {
        double sum = 0;
#pragma omp parallel num_threads(int(threads)) reduction(+ : sum) if (threads > 1)
        for (size_t step = steps_done; step < steps_done + count; ++step)
            sum += step_of_thread(size_t(omp_get_thread_num()), step);
        cost = sum;
        steps_done += count;
    }

    void wait_for_all() const
    {
        if (threads > 1) {
#pragma omp barrier
        }
    }

    double step_of_thread(size_t thread, size_t step)
    {
        const size_t first_row = step % (classes.size() / batch) * batch;
        const float *inputs = &x[first_row * network.inputs()];
        const Range rows(batch, thread, threads);
        const double rows_cost = forward(inputs, rows, &classes[first_row]);
        backward(rows);
        wait_for_all(); // every row of s is there
        for (size_t l = 0; l < layers.size(); ++l) {
            const float *h = l > 0 ? static_cast<float *>(layers[l - 1].h) : inputs;
            update_weights(layers[l], h, l > 0 ? layers[l - 1].stride : network.inputs(), thread, step);
            update_bias(layers[l], Range(layers[l].stride, thread, threads), step);
        }
        wait_for_all(); // every weight is new
        return rows_cost;
    }

    double forward(const float *inputs, Range rows, const int *targets)
    {
        const float *h = inputs;
        size_t stride = network.inputs();
        for (Layer &layer : layers) {
            float *next = layer.h + rows.begin * layer.stride;
            Product::multiply(false, false, rows.size(), layer.stride, layer.in, 1, h + rows.begin * stride, stride,
                              layer.weights, layer.stride, 0, next, layer.stride);
            if (&layer != &layers.back())
                add_bias_and_rectify(next, layer.bias, rows.size(), layer.stride);
            h = layer.h;
            stride = layer.stride;
        }
        const Layer &last = layers.back();
        const size_t begin = rows.begin * last.stride;
        return cross_entropy(last.h + begin, last.s + begin, last.bias, targets + rows.begin, rows.size(), last.out,
                             1 / float(batch));
    }

    void backward(Range rows)
    {
        for (size_t l = layers.size() - 1; l > 0; --l) {
            const Layer &above = layers[l], &layer = layers[l - 1];
            const size_t begin = rows.begin * layer.stride;
            Product::multiply(false, true, rows.size(), layer.out, above.out, 1, above.s + rows.begin * above.stride,
                              above.stride, above.weights, above.stride, 0, layer.s + begin, layer.stride);
            zero_where_not_active(layer.s + begin, layer.h + begin, rows.size() * layer.stride);
        }
    }

    void update_weights(Layer &layer, const float *h, size_t h_stride, size_t thread, size_t step)
    {
        const Range all(layer.in, thread, threads);
        const size_t rows_of_block = is_adam ? std::max<size_t>(LANES, GRADIENT_BLOCK / layer.stride) : layer.in;
        for (size_t row = all.begin; row < all.end; row += rows_of_block) {
            const size_t rows = std::min(rows_of_block, all.end - row), place = row * layer.stride;
            float *weights = layer.weights + place;
            if (is_adam) {
                float *gradient = gradients[thread];
                Product::multiply(true, false, rows, layer.stride, batch, 1, h + row, h_stride, layer.s, layer.stride,
                                  0, gradient, layer.stride);
                Adam(rate, step + 1)
                    .update(weights, gradient, layer.weight_m + place, layer.weight_v + place, rows * layer.stride);
            } else {
                Product::multiply(true, false, rows, layer.stride, batch, -rate, h + row, h_stride, layer.s,
                                  layer.stride, 1, weights, layer.stride);
            }
        }
    }

    void update_bias(Layer &layer, Range columns, size_t step)
    {
        float *__restrict gradient = layer.bias_gradient + columns.begin;
        const float *__restrict s = layer.s + columns.begin;
        std::fill_n(gradient, columns.size(), 0.0f);
        for (size_t row = 0; row < batch; ++row, s += layer.stride)
            for (size_t j = 0; j < columns.size(); ++j)
                gradient[j] += s[j];
        float *bias = layer.bias + columns.begin;
        if (is_adam)
            Adam(rate, step + 1)
                .update(bias, gradient, layer.bias_m + columns.begin, layer.bias_v + columns.begin, columns.size());
        else
            for (size_t j = 0; j < columns.size(); ++j)
                bias[j] -= rate * gradient[j];
    }
};

} // namespace hand
