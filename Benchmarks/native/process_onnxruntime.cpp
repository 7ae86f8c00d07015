// A process that loads a model file, predicts once and exits.
#include "onnxruntime_model.hpp"
#include "process.h"

int main(int argc, char **argv)
{
    static float x[INPUTS], y[OUTPUTS];
    if (argc < 2)
        return EXIT_FAILURE;
    const OnnxModel model(std::getenv("BENCH_ONNXRUNTIME"), argv[1], 1);
    model.run(model.tensor(x, {1, INPUTS}), model.tensor(y, {1, OUTPUTS}));
    return finish(argc, y[0]);
}
