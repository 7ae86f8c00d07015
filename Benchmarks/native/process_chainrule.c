/* A process that loads a model file, predicts once and exits. */
#include "process.h"

#include <chainrule.h>

int main(int argc, char **argv)
{
    static float x[INPUTS], y[OUTPUTS];
    crl_network *network = NULL;
    if (argc < 2 || crl_network_load(argv[1], &network) || crl_network_predict(network, x, 1, INPUTS, y, 1, OUTPUTS))
        return EXIT_FAILURE;
    return finish(argc, y[0]);
}
