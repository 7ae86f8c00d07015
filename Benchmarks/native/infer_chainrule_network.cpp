// crl_network_predict(): the network itself, as it is after training.
#include "chainrule_model.hpp"
#include "inference.hpp"

class Predictor {
public:
    explicit Predictor(const Cell &cell)
        : network(network_of(cell)), sizes(sizes_of(cell)), batch(cell.number("batch"))
    {
        if (!cell.is("variant", "f32"))
            throw Unsupported("a network is float32");
        // Nobody has the address of the copy's parameters, so it prepares itself for repeated predictions.
        crl_network *copy = nullptr;
        check(crl_network_copy(network.get(), &copy));
        network.reset(copy);
    }

    void predict(const float *x, float *y)
    {
        check(crl_network_predict(network.get(), x, batch, sizes.inputs, y, batch, sizes.outputs));
    }

private:
    NetworkHandle network;
    Sizes sizes;
    size_t batch;
};

int main()
{
    return serve_inference<Predictor>();
}
