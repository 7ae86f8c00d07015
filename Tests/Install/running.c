/* A program that uses the library while another is installed. It reports its start, predicts until the given file is gone, then
 * calls a new function and ends with 0. */
#include <chainrule.h>
#include <stdio.h>

int main(int count, char **arguments) {
    const float x[] = { 0.5f, -0.25f };
    float y[3], first[3];
    FILE *file;
    crl_network *network = NULL;

    if (count != 2) return 2;
    if (crl_network_create(2, &network) || crl_network_add_dense(network, 8, CRL_TANH, NULL) ||
        crl_network_add_dense(network, 3, CRL_IDENTITY, NULL) || crl_network_build(network, 1) ||
        crl_network_predict(network, x, 1, 2, first, 1, 3))
        return fprintf(stderr, "%s\n", crl_error_message()), 1;
    puts("running");
    fflush(stdout);
    while ((file = fopen(arguments[1], "r"))) {
        fclose(file);
        if (crl_network_predict(network, x, 1, 2, y, 1, 3) || y[0] != first[0] || y[2] != first[2]) return 1;
    }
    if (crl_network_load_parameters(network, "absent.safetensors") != CRL_ERROR_FILE) return 1;
    crl_network_destroy(network);
    return 0;
}
