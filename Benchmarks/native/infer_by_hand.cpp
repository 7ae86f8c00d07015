// A network of a few lines of C++ with its sizes known at run time, as a program carries with it that wants no library:
// one row at a time, four rows of weights in each pass over the outputs so that sums are loaded and stored less.
#include "by_hand.hpp"

static void layer_product(const TransposedLayer &layer, const float *__restrict x, float *__restrict z)
{
    const size_t in = layer.in, out = layer.out;
    const float *__restrict w = layer.weights.data();
    std::copy(layer.bias.begin(), layer.bias.end(), z);
    size_t i = 0;
    for (; i + 4 <= in; i += 4, w += 4 * out)
        for (size_t o = 0; o < out; ++o)
            z[o] += (x[i] * w[o] + x[i + 1] * w[out + o]) + (x[i + 2] * w[2 * out + o] + x[i + 3] * w[3 * out + o]);
    for (; i < in; ++i, w += out)
        for (size_t o = 0; o < out; ++o)
            z[o] += x[i] * w[o];
}

class Predictor {
public:
    Predictor(const Network &network, const std::vector<LayerParameters> &parameters, size_t batch, const Cell &)
        : layers(transposed(parameters)), is_tanh(network.tanh_hidden)
    {
        if (batch != 1)
            throw Unsupported("takes one row at a time");
        for (size_t l = 1; l < network.layers(); ++l)
            hidden.emplace_back(network.widths[l]);
    }

    void predict(const float *x, float *y)
    {
        const float *h = x;
        for (size_t l = 0; l < layers.size(); ++l) {
            float *next = l + 1 < layers.size() ? hidden[l].data() : y;
            layer_product(layers[l], h, next);
            if (next != y)
                activate(next, layers[l].out, is_tanh);
            h = next;
        }
    }

private:
    std::vector<TransposedLayer> layers;
    std::vector<std::vector<float>> hidden;
    bool is_tanh;
};

int main()
{
    return serve_inference<OfDenseLayers<Predictor>>();
}
