// Inference by hand over OpenBLAS: sgemv for one row, sgemm for more, bias and activation in a fused loop. Weights are
// in × out, which is the faster layout for both.
#include "by_hand.hpp"

#include <cblas.h>

class Predictor {
public:
    Predictor(const Network &network, const std::vector<LayerParameters> &parameters, size_t batch, const Cell &)
        : layers(transposed(parameters)), is_tanh(network.tanh_hidden), batch(batch)
    {
        for (size_t l = 1; l < network.layers(); ++l)
            hidden.emplace_back(batch * network.widths[l]);
        scipy_openblas_set_num_threads(1);
    }

    void predict(const float *x, float *y)
    {
        const float *h = x;
        for (size_t l = 0; l < layers.size(); ++l) {
            const TransposedLayer &layer = layers[l];
            const bool is_last = l + 1 == layers.size();
            float *next = is_last ? y : hidden[l].data();
            const int in = int(layer.in), out = int(layer.out), rows = int(batch);
            if (batch == 1) {
                std::copy(layer.bias.begin(), layer.bias.end(), next);
                scipy_cblas_sgemv(CblasRowMajor, CblasTrans, in, out, 1, layer.weights.data(), out, h, 1, 1, next, 1);
                if (!is_last)
                    activate(next, layer.out, is_tanh);
            } else {
                scipy_cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, out, in, 1, h, in,
                                  layer.weights.data(), out, 0, next, out);
                for (size_t row = 0; row < batch; ++row)
                    add_bias(next + row * layer.out, layer.bias.data(), layer.out, is_last, is_tanh);
            }
            h = next;
        }
    }

private:
    std::vector<TransposedLayer> layers;
    std::vector<std::vector<float>> hidden;
    bool is_tanh;
    size_t batch;
};

int main()
{
    return serve_inference<OfDenseLayers<Predictor>>();
}
