/* A process that loads a model file, predicts once and exits. */
#include "process.h"

#include <floatfann.h>

int main(int argc, char **argv)
{
    static float x[INPUTS], y[OUTPUTS];
    struct fann *ann = argc < 2 ? NULL : fann_create_from_file(argv[1]);
    if (!ann)
        return EXIT_FAILURE;
    memcpy(y, fann_run(ann, x), sizeof y);
    return finish(argc, y[0]);
}
