#include "command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static size_t largest(const float *y, size_t count)
{
    if (count == 1)
        return y[0] > 0.5f;
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
    float *y = allocate(x.rows, outputs * sizeof *y);
    check(crl_predictor_predict(predictor, x.values, x.rows, inputs, y, x.rows, outputs));
    for (size_t row = 0; row < x.rows; ++row) {
        if (classes) {
            const size_t class = largest(y + row * outputs, outputs);
            const char *label;
            if (labels) {
                check(crl_predictor_class_label(predictor, class, &label));
                text_print(label);
                putchar('\n');
            } else {
                printf("%zu\n", class);
            }
            continue;
        }
        for (size_t i = 0; i < outputs; ++i)
            printf(i ? ",%.9g" : "%.9g", y[row * outputs + i]);
        putchar('\n');
    }
    free(y);
    free(x.values);
    crl_predictor_destroy(predictor);
    crl_network_destroy(network);
    return EXIT_SUCCESS;
}
