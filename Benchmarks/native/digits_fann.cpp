// FANN on the digits: it has neither Adam, nor ReLU, nor cross-entropy, so it does what it does best there: incremental
// training on the squared error, sigmoids, a shuffle before each epoch. The learning rate is the best of several.
#include "digits_data.hpp"

#include <floatfann.h>

class Training : public DigitsWork {
public:
    explicit Training(const Cell &cell) : digits(cell.text("inputs"))
    {
        const Network network = cell.network();
        widths.assign(network.widths.begin(), network.widths.end());
        const unsigned rows = unsigned(digits.classes.size());
        data = fann_create_train(rows, Digits::PIXELS, Digits::CLASSES);
        for (unsigned row = 0; row < rows; ++row) {
            std::copy_n(&digits.x[row * Digits::PIXELS], Digits::PIXELS, data->input[row]);
            for (unsigned c = 0; c < Digits::CLASSES; ++c)
                data->output[row][c] = digits.classes[row] == int(c) ? 1 : 0;
        }
    }
    ~Training() override { fann_destroy_train(data); }

private:
    Digits digits;
    std::vector<unsigned> widths;
    fann_train_data *data;

    double train(unsigned seed) override
    {
        fann *ann = fann_create_standard_array(unsigned(widths.size()), widths.data());
        std::srand(seed); // which making it has set to something random
        fann_set_activation_function_hidden(ann, FANN_SIGMOID_SYMMETRIC);
        fann_set_activation_function_output(ann, FANN_SIGMOID);
        fann_set_training_algorithm(ann, FANN_TRAIN_INCREMENTAL);
        fann_set_learning_rate(ann, RATE);
        fann_randomize_weights(ann, -0.1f, 0.1f);
        double seconds = 0, accuracy = 0;
        for (last_epochs = 0; accuracy < WANTED; ++last_epochs) {
            if (last_epochs == MOST_EPOCHS) {
                fann_destroy(ann);
                throw std::runtime_error("did not reach the accuracy");
            }
            const double start = now();
            fann_shuffle_train_data(data);
            fann_train_epoch(ann, data);
            seconds += now() - start;
            std::vector<float> outputs;
            for (size_t row = 0; row < digits.held_out_classes.size(); ++row) {
                const float *y = fann_run(ann, &digits.held_out_x[row * Digits::PIXELS]);
                outputs.insert(outputs.end(), y, y + Digits::CLASSES);
            }
            accuracy = digits.accuracy(outputs);
        }
        fann_destroy(ann);
        return seconds;
    }

    static constexpr float RATE = 0.1f;
};

int main()
{
    return serve([](const Cell &cell) { return std::make_unique<Training>(cell); });
}
