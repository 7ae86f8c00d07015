// crl_predictor_predict(): a network prepared for prediction, in float32, bfloat16 or int8.
#include "chainrule_model.hpp"
#include "inference.hpp"

using PredictorHandle = std::unique_ptr<crl_predictor, Destroy<crl_predictor, crl_predictor_destroy>>;

class Predictor {
public:
    explicit Predictor(const Cell &cell) : sizes(sizes_of(cell)), batch(cell.number("batch"))
    {
        const NetworkHandle network = network_of(cell);
        const crl_precision precision = cell.is("variant", "bf16")   ? CRL_PRECISION_BFLOAT16
                                        : cell.is("variant", "int8") ? CRL_PRECISION_INT8
                                                                     : CRL_PRECISION_FLOAT32;
        crl_predictor *made = nullptr;
        check(crl_predictor_create(network.get(), precision, &made));
        predictor.reset(made);
    }

    void predict(const float *x, float *y)
    {
        check(crl_predictor_predict(predictor.get(), x, batch, sizes.inputs, y, batch, sizes.outputs));
    }

private:
    PredictorHandle predictor;
    Sizes sizes;
    size_t batch;
};

int main()
{
    return serve_inference<Predictor>();
}
