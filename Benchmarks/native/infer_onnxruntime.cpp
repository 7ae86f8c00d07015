// ONNX Runtime: one Run() on tensors that were made beforehand around the caller's x and y. The model is
// inputs/model.onnx, which python/make_onnx.py wrote. Its images have their channels first, and so have the caller's.
#include "inference.hpp"
#include "onnxruntime_model.hpp"

class Predictor {
public:
    explicit Predictor(const Cell &cell)
        : sizes(sizes_of(cell)), batch(cell.number("batch")),
          image(cell.text("widths").empty() ? read_layers(cell)[0].shape : ModelLayer::Shape{}),
          model(std::getenv("BENCH_ONNXRUNTIME"), cell.text("inputs") + "/model.onnx", int(cell.number("threads")))
    {
    }

    void predict(const float *x, float *y)
    {
        if (!first_x) {
            first_x = x;
            y_tensor = model.tensor(y, {int64_t(batch), int64_t(sizes.outputs)});
        }
        const size_t index = size_t(x - first_x) / (batch * sizes.inputs);
        if (index >= x_tensors.size())
            x_tensors.resize(index + 1);
        if (!x_tensors[index])
            x_tensors[index] = tensor_of(x);
        model.run(x_tensors[index], y_tensor);
    }

private:
    Sizes sizes;
    size_t batch;
    ModelLayer::Shape image; // empty for rows without axes
    OnnxModel model;
    const float *first_x = nullptr;
    void *y_tensor = nullptr;
    std::vector<void *> x_tensors; // one for each batch
    std::vector<std::vector<float>> images; // theirs, with the channels first

    void *tensor_of(const float *x)
    {
        if (image.empty())
            return model.tensor(x, {int64_t(batch), int64_t(sizes.inputs)});
        const size_t channels = image[2], positions = image[0] * image[1];
        std::vector<float> &made = images.emplace_back(batch * sizes.inputs);
        for (size_t row = 0; row < batch; ++row)
            for (size_t position = 0; position < positions; ++position)
                for (size_t channel = 0; channel < channels; ++channel)
                    made[(row * channels + channel) * positions + position] =
                        x[(row * positions + position) * channels + channel];
        return model.tensor(made.data(), {int64_t(batch), int64_t(channels), int64_t(image[0]), int64_t(image[1])});
    }
};

int main()
{
    return serve_inference<Predictor>();
}
