// FANN (libfann): one row at a time, which is all that it offers.
#include "fann_network.hpp"

class Predictor {
public:
    Predictor(const Network &network, const std::vector<LayerParameters> &layers, size_t batch, const Cell &)
        : ann(make_fann(network, layers)), outputs(network.outputs())
    {
        if (batch != 1)
            throw Unsupported("takes one row at a time");
    }

    void predict(const float *x, float *y) { std::copy_n(fann_run(ann.get(), const_cast<float *>(x)), outputs, y); }

private:
    FannHandle ann;
    size_t outputs;
};

int main()
{
    return serve_inference<OfDenseLayers<Predictor>>();
}
