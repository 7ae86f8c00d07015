// ONNX Runtime: one Run() on tensors that were made beforehand around the caller's x and y. The model is
// inputs/model.onnx, which python/make_onnx.py wrote.
#include "inference.hpp"
#include "onnxruntime_model.hpp"

class Predictor {
public:
    Predictor(const Network &network, const std::vector<LayerParameters> &, size_t batch, const Cell &cell)
        : inputs(network.inputs()), outputs(network.outputs()), batch(batch),
          model(std::getenv("BENCH_ONNXRUNTIME"), cell.text("inputs") + "/model.onnx", int(cell.number("threads")))
    {
    }

    void predict(const float *x, float *y)
    {
        if (!first_x) {
            first_x = x;
            y_tensor = model.tensor(y, batch, outputs);
        }
        const size_t index = size_t(x - first_x) / (batch * inputs);
        if (index >= x_tensors.size())
            x_tensors.resize(index + 1);
        if (!x_tensors[index])
            x_tensors[index] = model.tensor(x, batch, inputs);
        model.run(x_tensors[index], y_tensor);
    }

private:
    size_t inputs, outputs, batch;
    OnnxModel model;
    const float *first_x = nullptr;
    void *y_tensor = nullptr;
    std::vector<void *> x_tensors; // one for each batch
};

int main()
{
    return serve_inference<Predictor>();
}
