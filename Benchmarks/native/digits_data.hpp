// The digits of Examples/data, split as write_inputs() in digits.py split them, for "train until 97 %".
#pragma once
#include "worker.hpp"

struct Digits {
    static constexpr size_t PIXELS = 64, CLASSES = 10;
    std::vector<float> x, held_out_x;
    std::vector<int> classes, held_out_classes;

    explicit Digits(const std::string &folder)
        : x(read_floats(folder + "/x")), held_out_x(read_floats(folder + "/held_out_x")),
          classes(read_ints(folder + "/classes")), held_out_classes(read_ints(folder + "/held_out_classes"))
    {
    }

    // Of outputs for the held-out rows.
    double accuracy(const std::vector<float> &outputs) const
    {
        size_t right = 0;
        for (size_t row = 0; row < held_out_classes.size(); ++row) {
            const float *y = &outputs[row * CLASSES];
            right += size_t(std::max_element(y, y + CLASSES) - y == held_out_classes[row]);
        }
        return double(right) / double(held_out_classes.size());
    }
};

// A run is one training from a new seed; check() tells the epochs that the last ones took.
class DigitsWork : public Work {
public:
    std::vector<double> check() override
    {
        std::vector<double> epochs;
        for (int i = 0; i < 5; ++i) {
            train(++seed);
            epochs.push_back(double(last_epochs));
        }
        return epochs;
    }
    double run(double) override { return train(++seed); }

protected:
    static constexpr double WANTED = 0.97;
    static constexpr size_t MOST_EPOCHS = 500;
    size_t last_epochs = 0;

    // Seconds of training, without the evaluation after each epoch.
    virtual double train(unsigned seed) = 0;

private:
    unsigned seed = 0;
};
