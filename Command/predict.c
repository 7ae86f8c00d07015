#include "command.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Above which a single output says the second class: a half of probabilities, 0 of scores, which a loss of logits or class labels
 * without a sigmoid tell. */
static float threshold_of(const crl_network *network, size_t labels)
{
    size_t index;
    crl_layer layer = CRL_LAYER_INIT;
    check(crl_network_layer_count(network, &index));
    do
        check(crl_network_layer(network, --index, &layer));
    while (index > 0 && layer.kind == CRL_LAYER_RESHAPE);
    if (layer.activation == CRL_SIGMOID)
        return 0.5f;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    crl_optimizer_options optimizer = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_schedule_options schedule = CRL_SCHEDULE_OPTIONS_INIT;
    const crl_status status = crl_network_recipe(network, &train, &optimizer, &cost, &schedule, NULL, 0);
    if (status == CRL_ERROR_NAME)
        return labels ? 0 : 0.5f;
    check(status);
    return cost.kind == CRL_BINARY_CROSS_ENTROPY_LOGITS ? 0 : 0.5f;
}

static size_t largest(const float *y, size_t count, float threshold)
{
    if (count == 1)
        return y[0] > threshold;
    size_t best = 0;
    for (size_t i = 1; i < count; ++i)
        if (y[i] > y[best])
            best = i;
    return best;
}

int command_predict(int count, char **arguments)
{
    static const struct option options[] = {
        { "classes", no_argument, NULL, 'c' }, { "precision", required_argument, NULL, 'p' }, { NULL, 0, NULL, 0 }
    };
    int classes = 0, precision = -1;
    for (int option; (option = getopt_long(count + 1, arguments - 1, "", options, NULL)) != -1;)
        switch (option) {
        case 'c': classes = 1; break;
        case 'p': precision = number_of(optarg, precision_names, "precision"); break;
        default: return 2;
        }
    char **rest = arguments - 1 + optind;
    const int left = count + 1 - optind;
    if (left < 1 || left > 2)
        fail(2, "predict takes a MODEL and DATA");
    crl_network *network;
    crl_predictor *predictor = predictor_read(rest[0], precision, &network);
    const table x = table_read(left == 2 ? rest[1] : "-");
    size_t inputs, outputs;
    check(crl_predictor_input_size(predictor, &inputs));
    check(crl_predictor_output_size(predictor, &outputs));
    if (x.columns != inputs)
        fail(1, "a row of x has %zu numbers; the network has %zu inputs", x.columns, inputs);
    size_t labels;
    check(crl_predictor_class_label_count(predictor, &labels));
    float threshold = 0;
    if (classes && outputs == 1) {
        if (!network)
            fail(1, "'%s' is prepared: whether its single output is a probability or a score is not known; take the MODEL", rest[0]);
        threshold = threshold_of(network, labels);
    }
    float *y = allocate(x.rows, outputs * sizeof *y);
    check(crl_predictor_predict(predictor, x.values, x.rows, inputs, y, x.rows, outputs));
    for (size_t row = 0; row < x.rows; ++row) {
        if (classes) {
            const size_t class = largest(y + row * outputs, outputs, threshold);
            const char *label;
            if (isnan(y[row * outputs + (outputs > 1 ? class : 0)])) {
                puts("nan");
            } else if (labels) {
                check(crl_predictor_class_label(predictor, class, &label));
                text_print(label);
                putchar('\n');
            } else {
                printf("%zu\n", class);
            }
            continue;
        }
        for (size_t i = 0; i < outputs; ++i)
            printf(i ? ",%.9g" : "%.9g", isnan(y[row * outputs + i]) ? NAN : y[row * outputs + i]); /* without a sign */
        putchar('\n');
    }
    free(y);
    free(x.values);
    crl_predictor_destroy(predictor);
    crl_network_destroy(network);
    return EXIT_SUCCESS;
}
