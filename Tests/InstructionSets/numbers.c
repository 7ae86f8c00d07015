/* Prints the library's results for an instruction set, every bit:
 *
 *     numbers best              the library's own choice
 *     numbers process SET       SET (a crl_instructions) for the process
 *     numbers network SET       SET for the network alone; omits results without a network
 */
#include <chainrule.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 75, INPUTS = 19, CLASSES = 5 };

static float x[ROWS * INPUTS];
static int32_t classes[ROWS];

static void must(crl_status status) {
    if (status == CRL_OK) return;
    fprintf(stderr, "%s\n", crl_error_message());
    exit(1);
}

static void print(const char *name, const void *numbers, size_t bytes) {
    const unsigned char *byte = numbers;
    printf("%s", name);
    while (bytes-- > 0) printf("%02x", *byte++);
    printf("\n");
}

/* y of a network prepared for prediction. */
static void print_prepared(const crl_network *network, const char *name, crl_precision precision) {
    static float y[ROWS * CLASSES];
    crl_predictor *predictor = NULL;
    must(crl_predictor_create(network, precision, &predictor));
    must(crl_predictor_predict(predictor, x, ROWS, INPUTS, y, ROWS, CLASSES));
    print(name, y, sizeof y);
    crl_predictor_destroy(predictor);
}

int main(int count, char **arguments) {
    static float y[ROWS * CLASSES], dC_dy[ROWS * CLASSES];
    double C;
    float *parameters;
    size_t row, column, parameter_count;
    crl_network *network = NULL, *grown = NULL;
    crl_targets targets = CRL_TARGETS_INIT;
    crl_train_options training = CRL_TRAIN_OPTIONS_INIT;
    crl_minimize_options minimizing = CRL_MINIMIZE_OPTIONS_INIT;
    crl_cascade_options growing = CRL_CASCADE_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_instructions set = count == 3 ? atoi(arguments[2]) : 0;
    int of_network = count == 3 && strcmp(arguments[1], "network") == 0;

    for (row = 0; row < ROWS; row++) {
        for (column = 0; column < INPUTS; column++)
            x[row * INPUTS + column] = (float)((row * 37 + column * column * 11) % 101) / 50 - 1;
        classes[row] = (int32_t)(row * 7 % CLASSES);
    }
    targets.classes = classes, targets.classes_count = ROWS;
    cost.kind = CRL_CROSS_ENTROPY;
    training.cost = minimizing.cost = growing.cost = &cost;

    if (count == 3 && !of_network) must(crl_set_instruction_set(set));
    must(crl_network_create(INPUTS, &network));
    must(crl_network_add_dense(network, 70, CRL_GELU, NULL));
    must(crl_network_add_dropout(network, 0.25f, NULL));
    must(crl_network_add_dense(network, 40, CRL_TANH, NULL));
    must(crl_network_add_dense(network, CLASSES, CRL_IDENTITY, NULL));
    must(of_network ? crl_network_build_for(network, 3, set) : crl_network_build(network, 3));
    training.epochs = 6, training.batch_size = 16;
    must(crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &training));
    minimizing.max_iterations = 5;
    must(crl_network_minimize(network, x, ROWS, INPUTS, &targets, NULL, &minimizing, NULL));
    must(crl_network_parameters(network, &parameters, &parameter_count));
    print("parameters ", parameters, parameter_count * sizeof *parameters);
    must(crl_network_predict(network, x, ROWS, INPUTS, y, ROWS, CLASSES));
    print("y ", y, sizeof y);
    print_prepared(network, "float32 ", CRL_PRECISION_FLOAT32);
    print_prepared(network, "bfloat16 ", CRL_PRECISION_BFLOAT16);
    print_prepared(network, "int8 ", CRL_PRECISION_INT8);
    crl_network_destroy(network);
    if (of_network) return 0;

    must(crl_cost(&cost, y, ROWS, CLASSES, CLASSES, &targets, &C, dC_dy, ROWS, CLASSES));
    print("C ", &C, sizeof C);
    print("dC/dy ", dC_dy, sizeof dC_dy);
    growing.max_units = 2, growing.max_iterations = 20;
    must(crl_network_create_cascade(INPUTS, CLASSES, x, ROWS, INPUTS, &targets, NULL, &growing, &grown));
    must(crl_network_predict(grown, x, ROWS, INPUTS, y, ROWS, CLASSES));
    print("grown ", y, sizeof y);
    crl_network_destroy(grown);
    return 0;
}
