/* A debugger stops in this program's callback. The frames are on_epoch(), the library's functions, and main(). */
#include <chainrule.h>
#include <stdio.h>

static int32_t on_epoch(void *user, const crl_epoch *epoch) {
    *(size_t *)user = epoch->epoch;
    return 0;
}

int main(void) {
    const float x[] = { 0, 0, 0, 1, 1, 0, 1, 1 }, t[] = { 0, 1, 1, 0 };
    size_t last = 0;
    crl_network *network = NULL;
    crl_targets targets = CRL_TARGETS_INIT;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    targets.values = t, targets.rows = 4, targets.columns = targets.stride = 1;
    options.epochs = 1, options.on_epoch = on_epoch, options.user = &last;
    if (crl_network_create(2, &network) || crl_network_add_dense(network, 8, CRL_TANH, NULL) ||
        crl_network_add_dense(network, 1, CRL_SIGMOID, NULL) || crl_network_build(network, 1) ||
        crl_network_fit(network, x, 4, 2, &targets, NULL, &options))
        return fprintf(stderr, "%s\n", crl_error_message()), 1;
    crl_network_destroy(network);
    return last == 1 ? 0 : 1;
}
