// The same of RTNeural's models: of sizes known at compile time, or with RUN_TIME at run time. Its sources lie outside this repository.
#include <RTNeural/RTNeural.h>
#ifdef WAVENET
#include <cassert>
#include <span>

#include "wavenet/wavenet_model.hpp"
#endif

#include "streams.hpp"

using Matrix = std::vector<std::vector<float>>;

template <typename Layer> void set_cell(Layer &layer, const Recurrent &kind)
{
    const int gates = kind.isLSTM ? 4 : 3, units = kind.units;
    Matrix w(1, std::vector<float>(size_t(gates * units))), u(size_t(units), w[0]);
    std::vector<float> b(w[0]);
    Matrix both(2, w[0]);
    for (int gate = 0; gate < gates; ++gate)
        for (int unit = 0; unit < units; ++unit) {
            const size_t place = size_t(gate * units + unit);
            w[0][place] = input_weight(gate, unit, 0);
            for (int column = 0; column < units; ++column)
                u[size_t(column)][place] = state_weight(gate, unit, column);
            b[place] = both[0][place] = bias(gate, unit, 0);
            both[1][place] = gate == 2 ? state_bias(0, unit, 0) : 0;
        }
    layer.setWVals(w);
    layer.setUVals(u);
    if constexpr (requires { layer.setBVals(both); })
        layer.setBVals(both);
    else
        layer.setBVals(b);
}

template <typename Layer> void set_dense(Layer &layer, int units)
{
    Matrix weights(1, std::vector<float>(size_t(units)));
    float none = 0;
    for (int unit = 0; unit < units; ++unit)
        weights[0][size_t(unit)] = output_weight(0, 0, unit);
    layer.setWeights(weights);
    layer.setBias(&none);
}

template <typename Model> void run(Model &model, const Task &task)
{
    model.reset();
    task.measure([&](const float *x, float *y, int frames) {
        for (int i = 0; i < frames; ++i)
            y[i] = model.forward(x + i);
    });
}

template <int units> void measure(const Task &task)
{
#ifdef RUN_TIME
    RTNeural::Model<float> model(1);
    auto *dense = new RTNeural::Dense<float>(units, 1);
    if (task.recurrent.isLSTM) {
        auto *cell = new RTNeural::LSTMLayer<float>(1, units);
        set_cell(*cell, task.recurrent);
        model.addLayer(cell);
    } else {
        auto *cell = new RTNeural::GRULayer<float>(1, units);
        set_cell(*cell, task.recurrent);
        model.addLayer(cell);
    }
    set_dense(*dense, units);
    model.addLayer(dense);
    run(model, task);
#else
    auto both = [&](auto &model) {
        set_cell(model.template get<0>(), task.recurrent);
        set_dense(model.template get<1>(), units);
        run(model, task);
    };
    if (task.recurrent.isLSTM) {
        static RTNeural::ModelT<float, 1, 1, RTNeural::LSTMLayerT<float, 1, units>, RTNeural::DenseT<float, units, 1>> model;
        both(model);
    } else {
        static RTNeural::ModelT<float, 1, 1, RTNeural::GRULayerT<float, 1, units>, RTNeural::DenseT<float, units, 1>> model;
        both(model);
    }
#endif
}

int main(int count, char **arguments)
{
    const Task task(count, arguments);
#ifdef WAVENET
    using Dilations = wavenet::Dilations<1, 2, 4, 8, 16, 32, 64, 128, 256, 512>;
    using Maths = RTNeural::DefaultMathsProvider;
    static wavenet::Wavenet_Model<
        float, 1, wavenet::Layer_Array<float, 1, 1, 8, 16, 3, Dilations, false, Maths>,
        wavenet::Layer_Array<float, 16, 1, 1, 8, 3, Dilations, true, Maths>>
        model;
    std::vector<float> weights(13802);
    for (size_t i = 0; i < weights.size(); ++i)
        weights[i] = number(6, 0, int(i), 0) * 0.5f;
    model.load_weights(nlohmann::json { { "weights", weights } });
    model.prepare(task.block);
    model.prewarm();
    task.measure([&](const float *x, float *y, int frames) {
        if (frames == 1)
            y[0] = model.forward(x[0]);
        else
            model.forward(x, y, frames);
    });
#else
    switch (task.recurrent.units) {
    case 8: measure<8>(task); break;
    case 12: measure<12>(task); break;
    case 16: measure<16>(task); break;
    case 40: measure<40>(task); break;
    default: stop("8, 12, 16 or 40 units");
    }
#endif
    return 0;
}
