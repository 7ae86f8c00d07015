// crl_predictor_predict(): a network prepared for prediction, in float32, bfloat16 or int8.
#include "chainrule_network.hpp"
#include "inference.hpp"

using PredictorHandle = std::unique_ptr<crl_predictor, Destroy<crl_predictor, crl_predictor_destroy>>;

class Predictor {
public:
    Predictor(const Network &description, const std::vector<LayerParameters> &layers, size_t batch, const Cell &cell)
        : inputs(description.inputs()), outputs(description.outputs()), batch(batch)
    {
        const NetworkHandle network = build_network(description, 1);
        set_parameters(network.get(), layers.front().weights, description.parameters());
        const crl_precision precision = cell.is("variant", "bf16")   ? CRL_PRECISION_BFLOAT16
                                        : cell.is("variant", "int8") ? CRL_PRECISION_INT8
                                                                     : CRL_PRECISION_FLOAT32;
        crl_predictor *made = nullptr;
        check(crl_predictor_create(network.get(), precision, &made));
        predictor.reset(made);
    }

    void predict(const float *x, float *y)
    {
        check(crl_predictor_predict(predictor.get(), x, batch, inputs, y, batch, outputs));
    }

private:
    PredictorHandle predictor;
    size_t inputs, outputs, batch;
};

int main()
{
    return serve_inference<Predictor>();
}
