// crl_network_predict(): the network itself, as it is after training.
#include "chainrule_network.hpp"
#include "inference.hpp"

class Predictor {
public:
    Predictor(const Network &description, const std::vector<LayerParameters> &layers, size_t batch, const Cell &cell)
        : network(build_network(description, 1)), inputs(description.inputs()), outputs(description.outputs()),
          batch(batch)
    {
        if (!cell.is("variant", "f32"))
            throw Unsupported("a network is float32");
        set_parameters(network.get(), layers.front().weights, description.parameters());
        // Nobody has the address of the copy's parameters, so it prepares itself for repeated predictions.
        crl_network *copy = nullptr;
        check(crl_network_copy(network.get(), &copy));
        network.reset(copy);
    }

    void predict(const float *x, float *y)
    {
        check(crl_network_predict(network.get(), x, batch, inputs, y, batch, outputs));
    }

private:
    NetworkHandle network;
    size_t inputs, outputs, batch;
};

int main()
{
    return serve_inference<Predictor>();
}
