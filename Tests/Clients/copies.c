/* Copies of networks and optimizers, networks described anew from what the library tells of their layers, and what publishers
 * tell of themselves. */
#include <stddef.h>

#include "check.h"

enum { ROWS = 16, INPUTS = 3, OUTPUTS = 2, LARGEST = 256 };

static float x[ROWS * INPUTS], t[ROWS * OUTPUTS];
static crl_targets targets = CRL_TARGETS_INIT;
static const float slope = 0.125f;

/* A custom σ: z for z > 0, else z times what user points to. */
static int32_t bend(void *user, const float *z, float *h, size_t rows, size_t columns)
{
    for (size_t i = 0; i < rows * columns; ++i)
        h[i] = z[i] > 0 ? z[i] : z[i] * *(const float *)user;
    return 0;
}

static int32_t bend_derivative(void *user, const float *z, const float *h, float *dh_dz, size_t rows, size_t columns)
{
    (void)h;
    for (size_t i = 0; i < rows * columns; ++i)
        dh_dz[i] = z[i] > 0 ? 1 : *(const float *)user;
    return 0;
}

static int32_t no_second_derivative(void *user, const float *z, const float *h, float *dh_dz, size_t rows, size_t columns)
{
    (void)user, (void)z, (void)h;
    memset(dh_dz, 0, rows * columns * sizeof *dh_dz);
    return 0;
}

/* Layers of every kind, a custom activation among them; not built. */
static crl_network *describe(void)
{
    static const char *const both[] = { "wide", "softened" }, *const all[] = { "sum", "input" };
    static const crl_initializer constant = { CRL_INIT_CONSTANT, 0.25f, 0.0f }, uniform = { CRL_INIT_UNIFORM, -0.5f, 0.75f };
    crl_network *network = NULL;
    crl_layer_options wide = CRL_LAYER_OPTIONS_INIT, custom = CRL_LAYER_OPTIONS_INIT, softened = CRL_LAYER_OPTIONS_INIT;
    crl_layer_options plain = CRL_LAYER_OPTIONS_INIT;
    wide.name = "wide";
    wide.alpha = 0.3f;
    wide.bias_initializer = constant;
    custom.name = "custom";
    custom.function = bend;
    custom.derivative = bend_derivative;
    custom.second_derivative = no_second_derivative;
    custom.user = (void *)&slope;
    softened.name = "softened";
    softened.input = "wide";
    plain.bias = 0;
    plain.weight_initializer = uniform;
    OK(crl_network_create(INPUTS, &network));
    OK(crl_network_add_dense(network, 5, CRL_LEAKY_RELU, &wide));
    OK(crl_network_add_activation(network, CRL_SOFTMAX, &softened));
    OK(crl_network_add_sum(network, both, COUNT(both), "sum"));
    OK(crl_network_add_concatenation(network, all, COUNT(all), NULL));
    OK(crl_network_add_noise(network, 0.0625f, NULL));
    OK(crl_network_add_dropout(network, 0.25f, NULL));
    OK(crl_network_add_dense(network, 4, CRL_CUSTOM_ACTIVATION, &custom));
    OK(crl_network_add_dense(network, OUTPUTS, CRL_IDENTITY, &plain));
    return network;
}

static const float *parameters(const crl_network *network, size_t *count)
{
    static float copies[2][LARGEST];
    static int next;
    float *values = NULL, *copy = copies[next ^= 1];
    OK(crl_network_parameters((crl_network *)network, &values, count));
    CHECK(*count > 0 && *count <= LARGEST);
    memcpy(copy, values, *count * sizeof *copy);
    return copy;
}

/* The same parameters and predictions, bit for bit. */
static void are_equal(const crl_network *a, const crl_network *b)
{
    float y_a[ROWS * OUTPUTS], y_b[ROWS * OUTPUTS];
    size_t a_count = 0, b_count = 0;
    const float *of_a = parameters(a, &a_count), *of_b = parameters(b, &b_count);
    CHECK(a_count == b_count && same_bits(of_a, of_b, a_count));
    OK(crl_network_predict(a, x, ROWS, INPUTS, y_a, ROWS, OUTPUTS));
    OK(crl_network_predict(b, x, ROWS, INPUTS, y_b, ROWS, OUTPUTS));
    CHECK(same_bits(y_a, y_b, COUNT(y_a)));
}

static void train(crl_network *network, crl_optimizer *optimizer)
{
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    options.optimizer = optimizer;
    options.epochs = 3;
    options.batch_size = 4;
    options.seed = 9;
    OK(crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &options));
}

static void not_built(void)
{
    crl_network *original = describe(), *copy = NULL, *same = describe(), *none;
    float y[ROWS * OUTPUTS];
    size_t count = 0;
    OK(crl_network_copy(original, &copy));

    /* The two share nothing: what one gets, the other has not. */
    OK(crl_network_add_activation(original, CRL_TANH, NULL));
    OK(crl_network_layer_count(copy, &count));
    CHECK(count == 8);
    FAILS(CRL_ERROR_NOT_BUILT, "not built", crl_network_predict(copy, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    crl_network_destroy(original);

    OK(crl_network_build(copy, 5));
    OK(crl_network_build(same, 5));
    are_equal(copy, same);
    FAILS_NULLING(CRL_ERROR_NULL, "network", none, crl_network_copy(NULL, &none));
    FAILS(CRL_ERROR_NULL, "copy", crl_network_copy(copy, NULL));
    crl_network_destroy(copy);
    crl_network_destroy(same);
}

/* A trained network and its optimizer, with a layer that steps otherwise. */
static void make_trained(crl_optimizer_method method, crl_network **network, crl_optimizer **optimizer)
{
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_layer_step step = CRL_LAYER_STEP_INIT;
    options.method = method;
    options.learning_rate = 0.01f;
    options.l2 = 0.001f;
    options.clip_norm = 0.5f;
    step.learning_rate_factor = 0.5f;
    *network = describe();
    OK(crl_network_build(*network, 5));
    OK(crl_optimizer_create(*network, &options, optimizer));
    OK(crl_optimizer_set_layer(*optimizer, "custom", &step));
    train(*network, *optimizer);
    step.frozen = 1;
    OK(crl_optimizer_set_layer(*optimizer, "wide", &step));
    OK(crl_optimizer_set_learning_rate(*optimizer, 0.02f));
}

/* Training goes on in the copies as in the originals, which are gone. */
static void trained(crl_optimizer_method method)
{
    crl_network *network = NULL, *original = NULL, *copy = NULL;
    crl_optimizer *optimizer = NULL, *original_optimizer = NULL, *copied_optimizer = NULL;
    size_t count = 0, before_count = 0;
    float rate = 0, before[LARGEST];
    make_trained(method, &network, &optimizer);
    make_trained(method, &original, &original_optimizer);
    OK(crl_network_copy(original, &copy));
    OK(crl_optimizer_copy(original_optimizer, copy, &copied_optimizer));
    are_equal(original, copy);
    memcpy(before, parameters(copy, &before_count), sizeof before);

    /* To train the original changes nothing in the copy. */
    train(original, original_optimizer);
    CHECK(same_bits(before, parameters(copy, &count), before_count));
    CHECK(!same_bits(before, parameters(original, &count), before_count));
    crl_optimizer_destroy(original_optimizer);
    crl_network_destroy(original);

    OK(crl_optimizer_learning_rate(copied_optimizer, &rate));
    CHECK(rate == 0.02f);
    train(network, optimizer);
    train(copy, copied_optimizer);
    are_equal(network, copy);
    CHECK(!same_bits(before, parameters(copy, &count), before_count));
    crl_optimizer_destroy(optimizer);
    crl_optimizer_destroy(copied_optimizer);
    crl_network_destroy(network);
    crl_network_destroy(copy);
}

static void mismatches(void)
{
    crl_network *network = two_layers(INPUTS, 4, CRL_TANH, OUTPUTS, 1), *wider = two_layers(INPUTS, 5, CRL_TANH, OUTPUTS, 1);
    crl_network *open = describe(), *named = NULL;
    crl_optimizer *optimizer = NULL, *none;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    options.name = "first";
    OK(crl_network_create(INPUTS, &named));
    OK(crl_network_add_dense(named, 4, CRL_TANH, &options));
    OK(crl_network_add_dense(named, OUTPUTS, CRL_IDENTITY, NULL));
    OK(crl_network_build(named, 1));
    OK(crl_optimizer_create(network, NULL, &optimizer));
    FAILS_NULLING(CRL_ERROR_MISMATCH, "0.weight", none, crl_optimizer_copy(optimizer, wider, &none));
    FAILS_NULLING(CRL_ERROR_MISMATCH, "first.weight", none, crl_optimizer_copy(optimizer, named, &none));
    FAILS_NULLING(CRL_ERROR_NOT_BUILT, "not built", none, crl_optimizer_copy(optimizer, open, &none));
    FAILS_NULLING(CRL_ERROR_NULL, "optimizer", none, crl_optimizer_copy(NULL, network, &none));
    FAILS_NULLING(CRL_ERROR_NULL, "network", none, crl_optimizer_copy(optimizer, NULL, &none));
    FAILS(CRL_ERROR_NULL, "copy", crl_optimizer_copy(optimizer, network, NULL));
    crl_optimizer_destroy(optimizer);
    crl_network_destroy(named);
    crl_network_destroy(open);
    crl_network_destroy(wider);
    crl_network_destroy(network);
}

/* Adds a layer of another network, by what the library tells of it alone. */
static void add_same_layer(const crl_network *network, size_t index, crl_network *to)
{
    crl_layer layer = CRL_LAYER_INIT;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    const char *inputs[4] = { NULL };
    OK(crl_network_layer(network, index, &layer));
    OK(crl_network_layer_options(network, index, &options));
    CHECK(options.name != NULL && layer.name != NULL && strcmp(options.name, layer.name) == 0);
    CHECK(layer.inputs >= 1 && layer.inputs <= COUNT(inputs));
    for (size_t i = 0; i < layer.inputs && i < COUNT(inputs); ++i)
        OK(crl_network_layer_input(network, index, i, &inputs[i]));
    FAILS(CRL_ERROR_SIZE, "input", crl_network_layer_input(network, index, layer.inputs, &inputs[0]));
    if (layer.kind != CRL_LAYER_SUM && layer.kind != CRL_LAYER_CONCATENATION)
        CHECK(strcmp(options.input, inputs[0]) == 0);
    switch (layer.kind) {
    case CRL_LAYER_DENSE: OK(crl_network_add_dense(to, layer.units, layer.activation, &options)); break;
    case CRL_LAYER_ACTIVATION: OK(crl_network_add_activation(to, layer.activation, &options)); break;
    case CRL_LAYER_DROPOUT: OK(crl_network_add_dropout(to, layer.amount, &options)); break;
    case CRL_LAYER_NOISE: OK(crl_network_add_noise(to, layer.amount, &options)); break;
    case CRL_LAYER_RESHAPE: {
        size_t extents[4], rank = 0;
        OK(crl_network_layer_shape(network, index, extents, COUNT(extents), &rank));
        OK(crl_network_add_reshape(to, extents, rank, &options));
        break;
    }
    case CRL_LAYER_SUM: OK(crl_network_add_sum(to, inputs, layer.inputs, options.name)); break;
    case CRL_LAYER_CONCATENATION: OK(crl_network_add_concatenation(to, inputs, layer.inputs, options.name)); break;
    default: CHECK(!"a kind that the header has");
    }
}

static void described_anew(void)
{
    crl_network *network = describe(), *anew = NULL;
    crl_layer layer = CRL_LAYER_INIT;
    const char *name = "untouched";
    float *from = NULL, *to = NULL;
    size_t layers = 0, inputs = 0, count = 0, same_count = 0;
    OK(crl_network_layer_count(network, &layers));
    OK(crl_network_input_size(network, &inputs));
    OK(crl_network_create(inputs, &anew));
    for (size_t i = 0; i < layers; ++i)
        add_same_layer(network, i, anew);

    OK(crl_network_layer(network, 5, &layer));
    CHECK(layer.kind == CRL_LAYER_DROPOUT && layer.amount == 0.25f && layer.units == 8 && layer.inputs == 1 && !layer.bias);
    OK(crl_network_layer(network, 7, &layer));
    CHECK(layer.kind == CRL_LAYER_DENSE && !layer.bias && layer.units == OUTPUTS && strcmp(layer.name, "7") == 0);
    FAILS(CRL_ERROR_SIZE, "8", crl_network_layer(network, layers, &layer));
    FAILS(CRL_ERROR_SIZE, "8", crl_network_layer_input(network, layers, 0, &name));
    CHECK(strcmp(name, "untouched") == 0);

    /* The initializers, too: the same seed draws the same parameters. */
    OK(crl_network_build(network, 3));
    OK(crl_network_build(anew, 3));
    are_equal(network, anew);
    train(network, NULL);
    OK(crl_network_parameters(network, &from, &count));
    OK(crl_network_parameters(anew, &to, &same_count));
    CHECK(count == same_count);
    memcpy(to, from, count * sizeof *to);
    crl_network_destroy(network);
    network = NULL;
    OK(crl_network_copy(anew, &network));
    train(network, NULL);
    train(anew, NULL);
    are_equal(network, anew);
    crl_network_destroy(network);
    crl_network_destroy(anew);
}

static void publishers(void)
{
    crl_network *network = two_layers(INPUTS, 4, CRL_TANH, OUTPUTS, 1);
    for (crl_precision precision = CRL_PRECISION_FLOAT32; precision <= CRL_PRECISION_INT8; ++precision) {
        crl_publisher *publisher = NULL;
        crl_precision told = -1;
        size_t inputs = 0, outputs = 0, count = 0;
        OK(crl_publisher_create(network, precision, &publisher));
        OK(crl_publisher_input_size(publisher, &inputs));
        OK(crl_publisher_output_size(publisher, &outputs));
        OK(crl_publisher_precision(publisher, &told));
        OK(crl_publisher_count(publisher, &count));
        CHECK(inputs == INPUTS && outputs == OUTPUTS && told == precision && count == 1);
        OK(crl_publisher_publish(publisher, network));
        OK(crl_publisher_publish(publisher, network));
        OK(crl_publisher_count(publisher, &count));
        CHECK(count == 3);
        FAILS(CRL_ERROR_HANDLE, "crl_publisher", crl_publisher_count((const crl_publisher *)(const void *)network, &count));
        FAILS(CRL_ERROR_NULL, "count", crl_publisher_count(publisher, NULL));
        FAILS(CRL_ERROR_NULL, "publisher", crl_publisher_precision(NULL, &told));
        CHECK(count == 3 && told == precision);
        crl_publisher_destroy(publisher);
    }
    crl_network_destroy(network);
}

int main(void)
{
    fill(x, COUNT(x), 1);
    fill(t, COUNT(t), 2);
    targets.values = t;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;
    not_built();
    for (crl_optimizer_method method = CRL_GRADIENT_DESCENT; method <= CRL_QUICKPROP; ++method)
        trained(method);
    mismatches();
    described_anew();
    publishers();
    return finish();
}
