#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_AXES = 16 };

static void print_shape(const size_t *extents, size_t rank)
{
    char text[MOST_AXES * 21];
    size_t place = 0;
    for (size_t axis = 0; axis < rank && axis < MOST_AXES; ++axis)
        place += (size_t)snprintf(text + place, sizeof text - place, axis ? " x %zu" : "%zu", extents[axis]);
    printf("  %-18s", text);
}

/* The parameters of the layer with this name. */
static size_t parameters_of(const crl_network *network, const char *name)
{
    size_t tensors, sum = 0;
    check(crl_network_tensor_count(network, &tensors));
    const size_t length = strlen(name);
    for (size_t index = 0; index < tensors; ++index) {
        crl_tensor tensor = CRL_TENSOR_INIT;
        check(crl_network_tensor(network, index, &tensor));
        /* The rest of a tensor's name has no dot. */
        const char *dot = strrchr(tensor.name, '.');
        if (dot && (size_t)(dot - tensor.name) == length && !memcmp(tensor.name, name, length))
            sum += tensor.rows * tensor.columns;
    }
    return sum;
}

static void print_layer(const crl_network *network, size_t index)
{
    crl_layer layer = CRL_LAYER_INIT;
    check(crl_network_layer(network, index, &layer));
    size_t extents[MOST_AXES], rank;
    check(crl_network_layer_shape(network, index, extents, MOST_AXES, &rank));
    printf("  %-20s  %-14s", layer.name, layer_kind_names[layer.kind]);
    print_shape(extents, rank);
    printf("  %12zu ", parameters_of(network, layer.name));
    if (layer.activation != CRL_IDENTITY)
        printf(" %s", activation_names[layer.activation]);
    printf(" <-");
    for (size_t input = 0; input < layer.inputs; ++input) {
        const char *name;
        check(crl_network_layer_input(network, index, input, &name));
        if (input == 8 && layer.inputs > 9) {
            printf(" and %zu more", layer.inputs - input);
            break;
        }
        printf(" %s", name);
    }
    printf("\n");
}

static void print_tensor(const char *what, const char *name, const size_t *extents, size_t rank, int32_t batch_axis)
{
    printf("  %-7s %s: [", what, name);
    for (size_t axis = 0; axis < rank; ++axis)
        (int32_t)axis == batch_axis ? printf(axis ? ", N" : "N") : printf(axis ? ", %zu" : "%zu", extents[axis]);
    printf("]\n");
}

/* What the file holds beside the network: texts, and how it is trained. */
static void print_texts(const crl_network *network)
{
    size_t texts;
    check(crl_network_metadata_count(network, &texts));
    for (size_t index = 0; index < texts; ++index) {
        const char *key, *value;
        check(crl_network_metadata_at(network, index, &key, &value));
        fputs("  ", stdout);
        text_print(key);
        fputs(": ", stdout);
        text_print(value);
        putchar('\n');
    }
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    crl_optimizer_options optimizer = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_schedule_options schedule = CRL_SCHEDULE_OPTIONS_INIT;
    const crl_status status = crl_network_recipe(network, &train, &optimizer, &cost, &schedule, NULL, 0);
    if (status == CRL_ERROR_NAME)
        return;
    check(status);
    printf("  trained with %s, %s at the rate %g%s%s, %zu epochs in batches of %zu\n", cost_names[cost.kind],
           optimizer_names[optimizer.method], optimizer.learning_rate, train.schedule ? " and the schedule " : "",
           train.schedule ? schedule_names[schedule.kind] : "", train.epochs, train.batch_size);
}

int command_info(int count, char **arguments)
{
    if (count != 1)
        fail(2, "info takes one MODEL");
    crl_network *network = model_read(arguments[0]);
    size_t inputs, outputs, layers, parameters, state;
    float *memory;
    check(crl_network_input_size(network, &inputs));
    check(crl_network_output_size(network, &outputs));
    check(crl_network_layer_count(network, &layers));
    check(crl_network_parameters(network, &memory, &parameters));
    check(crl_network_state(network, &memory, &state));
    printf("%s: %zu inputs, %zu outputs, %zu layers, %zu parameters (%.1f KiB)\n", arguments[0], inputs, outputs, layers,
           parameters, (double)parameters * sizeof(float) / 1024);
    if (state)
        printf("%zu further numbers are state: no training step changes them\n", state);
    print_texts(network);
    size_t reads, gives;
    check(crl_network_onnx_count(network, &reads, &gives));
    for (size_t index = 0; index < reads + gives; ++index) {
        const char *name;
        size_t extents[MOST_AXES], rank;
        int32_t batch_axis;
        if (index < reads)
            check(crl_network_onnx_input(network, index, &name, extents, MOST_AXES, &rank, &batch_axis));
        else
            check(crl_network_onnx_output(network, index - reads, &name, extents, MOST_AXES, &rank, &batch_axis));
        print_tensor(index < reads ? "input" : "output", name, extents, rank, batch_axis);
    }
    size_t labels;
    check(crl_network_class_label_count(network, &labels));
    for (size_t index = 0; index < labels; ++index) {
        const char *label;
        check(crl_network_class_label(network, index, &label));
        fputs(index ? ", " : "  classes ", stdout);
        text_print(label);
    }
    if (labels)
        putchar('\n');
    printf("\n  %-20s  %-14s  %-18s  %12s\n", "layer", "kind", "shape", "parameters");
    for (size_t index = 0; index < layers; ++index)
        print_layer(network, index);
    crl_network_destroy(network);
    return EXIT_SUCCESS;
}
