/* Convolution, pooling, normalization and the layers that move and combine elements. */
#include <math.h>
#include <stdint.h>

#include "check.h"

enum { SIDE = 6, CHANNELS = 2, INPUTS = SIDE * SIDE * CHANNELS, OUTPUTS = 3, ROWS = 12 };

static const size_t image[] = { SIDE, SIDE, CHANNELS };

static float x[ROWS * INPUTS];
static int32_t classes[ROWS];

static void make_data(void)
{
    fill(x, COUNT(x), 7);
    for (int i = 0; i < ROWS; ++i)
        classes[i] = i % OUTPUTS;
}

static crl_window window(size_t first, size_t second)
{
    crl_window made = CRL_WINDOW_INIT;
    made.kernel.first = first;
    made.kernel.second = second;
    return made;
}

static crl_network *images(void)
{
    crl_network *network = NULL;
    OK(crl_network_create(INPUTS, &network));
    OK(crl_network_add_reshape(network, image, COUNT(image), NULL));
    return network;
}

static void has_shape(const crl_network *network, size_t layer, size_t axes, size_t first, size_t second, size_t third)
{
    size_t extents[4] = { 0 }, rank = 0;
    OK(crl_network_layer_shape(network, layer, extents, COUNT(extents), &rank));
    CHECK(rank == axes && extents[0] == first && (axes < 2 || extents[1] == second) && (axes < 3 || extents[2] == third));
}

/* Every kind of layer once, as a network that can be trained. */
static crl_network *every_kind(void)
{
    const size_t order[] = { 1, 0, 2 }, none[] = { 0, 0, 0 }, box[] = { 2, 4, 4 }, one[] = { 1, 0 }, twice[] = { 2, 1 };
    const char *const both[] = { "turned", "pooled" }, *const joined[] = { "kept", "kept" };
    crl_network *network = images();
    crl_layer added = CRL_LAYER_INIT;
    crl_layer_options reduced = CRL_LAYER_OPTIONS_INIT;
    size_t axes[2] = { 0 }, axes_count = 0;
    crl_window taps = window(3, 3), pool = window(2, 2), wide = window(1, 2);
    crl_normalization_options groups = CRL_NORMALIZATION_OPTIONS_INIT;
    crl_layer_options turned = CRL_LAYER_OPTIONS_INIT, pooled = CRL_LAYER_OPTIONS_INIT, kept = CRL_LAYER_OPTIONS_INIT;
    taps.padding = CRL_PADDING_SAME;
    pool.stride.first = 2;
    pool.stride.second = 3;
    wide.stride.first = 1;
    wide.stride.second = 2;
    wide.output_padding.first = 1;
    groups.groups = 2;
    turned.name = "turned";
    pooled.name = "pooled";
    kept.name = "kept";
    reduced.name = "reduced";
    OK(crl_network_add_convolution(network, 4, CRL_RELU, &taps, 2, NULL));
    OK(crl_network_add_normalization(network, CRL_NORMALIZATION_BATCH, NULL, NULL));
    OK(crl_network_add_normalization(network, CRL_NORMALIZATION_GROUP, &groups, NULL));
    OK(crl_network_add_prelu(network, NULL));
    OK(crl_network_add_transpose(network, order, 3, &turned));
    has_shape(network, 5, 3, SIDE, SIDE, 4);
    OK(crl_network_add_pooling(network, CRL_POOLING_MEAN, NULL, &pooled));
    has_shape(network, 6, 1, 4, 0, 0);
    OK(crl_network_add_mean(network, both, 2, "mean"));
    OK(crl_network_add_difference(network, "mean", "pooled", "difference"));
    OK(crl_network_add_product(network, "difference", "turned", "product"));
    OK(crl_network_add_pooling(network, CRL_POOLING_MAXIMUM, &pool, NULL));
    has_shape(network, 10, 3, 3, 2, 4);
    OK(crl_network_add_transposed_convolution(network, 4, CRL_TANH, &wide, 4, NULL));
    has_shape(network, 11, 3, 4, 4, 4);
    OK(crl_network_add_slice(network, none, box, 3, NULL));
    OK(crl_network_add_zero_padding(network, one, none, 2, NULL));
    OK(crl_network_add_upsampling(network, twice, 2, &kept));
    has_shape(network, 14, 3, 6, 4, 4);
    OK(crl_network_add_concatenation_along(network, joined, 2, 1, "joined"));
    has_shape(network, 15, 3, 6, 8, 4);
    OK(crl_network_add_softmax(network, 0, NULL));
    OK(crl_network_add_function(network, CRL_FUNCTION_CLIP, -INFINITY, 0.875f, NULL));
    OK(crl_network_layer(network, 17, &added));
    CHECK(added.kind == CRL_LAYER_FUNCTION && added.method == CRL_FUNCTION_CLIP && added.amount == -INFINITY);
    CHECK(added.more == 0.875f);
    OK(crl_network_add_maximum(network, "16", "17", NULL));
    OK(crl_network_add_minimum(network, "17", "18", NULL));
    OK(crl_network_add_function(network, CRL_FUNCTION_SQUARE, 0, 0, NULL));
    OK(crl_network_add_power(network, "18", "20", NULL));
    OK(crl_network_add_quotient(network, "20", "21", NULL));
    OK(crl_network_layer(network, 22, &added));
    CHECK(added.kind == CRL_LAYER_QUOTIENT && added.method == 0 && added.inputs == 2);
    OK(crl_network_add_reduction(network, CRL_REDUCE_MAXIMUM, one, 2, 1, &reduced));
    has_shape(network, 23, 3, 1, 1, 4);
    OK(crl_network_layer(network, 23, &added));
    CHECK(added.kind == CRL_LAYER_REDUCTION && added.method == CRL_REDUCE_MAXIMUM);
    OK(crl_network_layer_axes(network, 23, axes, NULL, 2, &axes_count));
    CHECK(axes_count == 2 && axes[0] == 1 && axes[1] == 0);
    OK(crl_network_add_difference(network, "22", "reduced", NULL));
    OK(crl_network_add_broadcast(network, (size_t[]){ 1, 6, 8, 4 }, 4, NULL));
    OK(crl_network_layer(network, 25, &added));
    CHECK(added.kind == CRL_LAYER_BROADCAST && added.inputs == 1);
    has_shape(network, 25, 4, 1, 6, 8);
    OK(crl_network_add_channel_dropout(network, 0.25f, NULL));
    OK(crl_network_add_normalization(network, CRL_NORMALIZATION_LAYER, NULL, NULL));
    OK(crl_network_add_normalization(network, CRL_NORMALIZATION_RMS, NULL, NULL));
    OK(crl_network_add_reshape(network, NULL, 0, NULL));
    OK(crl_network_add_dense(network, OUTPUTS, CRL_IDENTITY, NULL));
    OK(crl_network_build(network, 1));
    return network;
}

static void inspected(void)
{
    crl_network *network = every_kind();
    crl_window seen = CRL_WINDOW_INIT;
    crl_layer layer = CRL_LAYER_INIT;
    crl_tensor tensor = CRL_TENSOR_INIT;
    crl_normalization_options how = CRL_NORMALIZATION_OPTIONS_INIT;
    size_t extents[5] = { 0 }, ends[5] = { 0 }, rank = 0, count = 0, tensors = 0;
    float *state = NULL;
    OK(crl_network_layer_window(network, 1, &seen));
    CHECK(seen.kernel.first == 3 && seen.kernel.second == 3 && seen.kernel.third == 0 && seen.stride.first == 1);
    CHECK(seen.padding == CRL_PADDING_SAME && seen.dilation.second == 1);
    OK(crl_network_layer(network, 1, &layer));
    CHECK(layer.kind == CRL_LAYER_CONVOLUTION && layer.groups == 2 && layer.bias == 1 && layer.activation == CRL_RELU);
    OK(crl_network_layer_window(network, 6, &seen));
    CHECK(seen.kernel.first == 0);
    FAILS(CRL_ERROR_VALUE, "layer '2' has no window", crl_network_layer_window(network, 2, &seen));
    FAILS(CRL_ERROR_VALUE, "layer '2' has no numbers", crl_network_layer_axes(network, 2, extents, NULL, 5, &rank));
    FAILS(CRL_ERROR_SIZE, "extents_count is 2", crl_network_layer_axes(network, 5, extents, NULL, 2, &rank));
    OK(crl_network_layer_axes(network, 5, extents, NULL, 5, &rank));
    CHECK(rank == 3 && extents[0] == 1 && extents[1] == 0 && extents[2] == 2);
    OK(crl_network_layer_axes(network, 12, extents, ends, 5, &rank));
    CHECK(rank == 3 && extents[0] == 0 && extents[2] == 0 && ends[0] == 2 && ends[1] == 4 && ends[2] == 4);
    OK(crl_network_layer_axes(network, 13, extents, ends, 2, &rank));
    CHECK(rank == 2 && extents[0] == 1 && extents[1] == 0 && ends[0] == 0 && ends[1] == 0 && ends[2] == 4);
    OK(crl_network_layer_axes(network, 14, extents, ends, 2, &rank));
    CHECK(rank == 2 && extents[0] == 2 && extents[1] == 1 && ends[0] == 0);
    OK(crl_network_layer_axes(network, 14, NULL, NULL, 0, &rank));
    CHECK(rank == 2);
    FAILS(CRL_ERROR_NULL, "rank", crl_network_layer_axes(network, 14, extents, ends, 2, NULL));

    OK(crl_network_layer(network, 10, &layer));
    CHECK(layer.kind == CRL_LAYER_POOLING && layer.method == CRL_POOLING_MAXIMUM && layer.axis == 0);
    OK(crl_network_layer(network, 15, &layer));
    CHECK(layer.kind == CRL_LAYER_CONCATENATION && layer.axis == 1 && layer.method == 0);
    OK(crl_network_layer(network, 16, &layer));
    CHECK(layer.kind == CRL_LAYER_SOFTMAX && layer.axis == 0 && layer.more == 0);
    OK(crl_network_layer(network, 3, &layer));
    CHECK(layer.kind == CRL_LAYER_NORMALIZATION && layer.method == CRL_NORMALIZATION_GROUP);
    OK(crl_network_layer_normalization(network, 3, &how));
    CHECK(how.groups == 2 && how.epsilon == 1e-5f && how.affine == 1 && how.momentum == 0.1f);
    FAILS(CRL_ERROR_VALUE, "layer '1' is no normalization", crl_network_layer_normalization(network, 1, &how));
    OK(crl_network_layer(network, 11, &layer));
    CHECK(layer.kind == CRL_LAYER_TRANSPOSED_CONVOLUTION && layer.groups == 4);
    OK(crl_network_layer_window(network, 11, &seen));
    CHECK(seen.padding == CRL_PADDING_EXPLICIT && seen.after.first == 0 && seen.output_padding.first == 1);
    CHECK(seen.output_padding.second == 0);

    OK(crl_network_find_tensor(network, "1.weight", &tensor));
    CHECK(tensor.rank == 4 && tensor.rows == 4 && tensor.columns == 9);
    OK(crl_network_tensor_shape(network, 0, extents, COUNT(extents), &rank));
    CHECK(rank == 4 && extents[0] == 4 && extents[1] == 3 && extents[2] == 3 && extents[3] == 1);
    FAILS(CRL_ERROR_SIZE, "extents_count is 3", crl_network_tensor_shape(network, 0, extents, 3, &rank));

    OK(crl_network_state(network, &state, &count));
    CHECK(count == 8 && state != NULL && state[0] == 0 && state[7] == 1);
    OK(crl_network_state_tensor_count(network, &tensors));
    CHECK(tensors == 2);
    OK(crl_network_state_tensor(network, 1, &tensor));
    CHECK(strcmp(tensor.name, "2.running_var") == 0 && tensor.offset == 4 && tensor.rows == 4 && tensor.rank == 1);
    FAILS(CRL_ERROR_SIZE, "2 tensors", crl_network_state_tensor(network, 2, &tensor));
    OK(crl_network_state_tensor_shape(network, 1, extents, COUNT(extents), &rank));
    CHECK(rank == 1 && extents[0] == 4);
    FAILS(CRL_ERROR_SIZE, "2 tensors", crl_network_state_tensor_shape(network, 2, extents, COUNT(extents), &rank));
    crl_network_destroy(network);

    network = images();
    OK(crl_network_build(network, 1));
    OK(crl_network_state(network, &state, &count));
    CHECK(count == 0 && state == NULL);
    crl_network_destroy(network);
}

static void trained(void)
{
    crl_network *network = every_kind(), *loaded = NULL;
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options method = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    crl_metrics before = CRL_METRICS_INIT, after = CRL_METRICS_INIT;
    unsigned char bytes[32768];
    float y[ROWS * OUTPUTS], same[ROWS * OUTPUTS], *state = NULL;
    size_t count = 0, written = 0;
    method.learning_rate = 0.01f;
    cost.kind = CRL_CROSS_ENTROPY;
    targets.classes = classes;
    targets.classes_count = ROWS;
    OK(crl_optimizer_create(network, &method, &optimizer));
    options.cost = &cost;
    options.optimizer = optimizer;
    options.epochs = 40;
    options.batch_size = 6;
    OK(crl_network_evaluate(network, &cost, x, ROWS, INPUTS, &targets, 1, &before, NULL, 0));
    OK(crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &options));
    OK(crl_network_evaluate(network, &cost, x, ROWS, INPUTS, &targets, 1, &after, NULL, 0));
    CHECK(after.cost < 0.5 * before.cost);
    OK(crl_network_predict(network, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    OK(crl_network_save_to_memory(network, bytes, sizeof bytes, &written));
    OK(crl_network_state(network, &state, &count));
    CHECK(count == 8 && state[0] != 0 && state[4] != 1);
    OK(crl_network_load_from_memory(bytes, written, 0, &loaded));
    OK(crl_network_predict(loaded, x, ROWS, INPUTS, same, ROWS, OUTPUTS));
    CHECK(memcmp(y, same, sizeof y) == 0);
    crl_optimizer_destroy(optimizer);
    crl_network_destroy(loaded);
    crl_network_destroy(network);
}

/* In every precision; with a batch normalization that predictors fold. */
static void prepared(void)
{
    const float tolerances[] = { 1e-5f, 0.02f, 0.05f };
    crl_network *network = images();
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    crl_publisher *publisher = NULL;
    crl_window taps = window(3, 3);
    float t[ROWS * OUTPUTS], y[ROWS * OUTPUTS], rounded[ROWS * OUTPUTS], again[ROWS * OUTPUTS];
    OK(crl_network_add_convolution(network, 8, CRL_IDENTITY, &taps, 1, NULL));
    OK(crl_network_add_normalization(network, CRL_NORMALIZATION_BATCH, NULL, NULL));
    OK(crl_network_add_activation(network, CRL_RELU, NULL));
    OK(crl_network_add_convolution(network, 8, CRL_TANH, &taps, 8, NULL));
    OK(crl_network_add_pooling(network, CRL_POOLING_MEAN, NULL, NULL));
    OK(crl_network_add_dense(network, OUTPUTS, CRL_IDENTITY, NULL));
    OK(crl_network_build(network, 2));
    fill(t, COUNT(t), 8);
    targets.values = t, targets.rows = ROWS, targets.columns = targets.stride = OUTPUTS;
    options.epochs = 5;
    options.batch_size = 4;
    for (crl_precision precision = CRL_PRECISION_FLOAT32; precision <= CRL_PRECISION_INT8; ++precision) {
        crl_predictor *predictor = NULL;
        OK(crl_publisher_create(network, precision, &publisher));
        OK(crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &options));
        OK(crl_network_predict(network, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
        OK(crl_predictor_create(network, precision, &predictor));
        OK(crl_predictor_predict(predictor, x, ROWS, INPUTS, rounded, ROWS, OUTPUTS));
        for (size_t i = 0; i < COUNT(y); ++i)
            CHECK(fabsf(rounded[i] - y[i]) < tolerances[precision]);
        for (size_t row = 0; row < ROWS; ++row)
            OK(crl_predictor_predict(predictor, x + row * INPUTS, 1, INPUTS, again + row * OUTPUTS, 1, OUTPUTS));
        CHECK(memcmp(again, rounded, sizeof rounded) == 0);
        OK(crl_publisher_publish(publisher, network));
        OK(crl_publisher_predict(publisher, x, ROWS, INPUTS, again, ROWS, OUTPUTS));
        CHECK(memcmp(again, rounded, sizeof rounded) == 0);
        crl_predictor_destroy(predictor);
        crl_publisher_destroy(publisher);
    }
    crl_network_destroy(network);
}

/* A split is a slice for each part. */
static void split(void)
{
    const size_t sizes[] = { 1, 2, 3 };
    const char *const swapped[] = { "part-2", "part-0", "part-1" };
    crl_network *network = images();
    crl_layer layer = CRL_LAYER_INIT;
    crl_layer_options part = CRL_LAYER_OPTIONS_INIT;
    size_t begin[3] = { 0 }, end[3] = { 0 }, rank = 0, layers = 0;
    float y[INPUTS];
    part.name = "part";
    OK(crl_network_add_split(network, 1, sizes, 3, &part));
    OK(crl_network_add_concatenation_along(network, swapped, 3, 1, "joined"));
    OK(crl_network_add_split(network, 2, NULL, 2, NULL));
    OK(crl_network_layer(network, 3, &layer));
    CHECK(strcmp(layer.name, "part-2") == 0 && layer.kind == CRL_LAYER_SLICE);
    OK(crl_network_layer_axes(network, 3, begin, end, 3, &rank));
    CHECK(rank == 3 && begin[1] == 3 && end[1] == 6 && begin[0] == 0 && end[0] == 6 && end[2] == 2);
    OK(crl_network_layer(network, 6, &layer));
    CHECK(strcmp(layer.name, "6") == 0 && layer.units == 1);
    OK(crl_network_layer_input(network, 6, 0, &layer.name));
    CHECK(strcmp(layer.name, "joined") == 0);

    OK(crl_network_layer_count(network, &layers));
    part.input = "joined";
    FAILS(CRL_ERROR_VALUE, "split 'part' cuts along axis 3; [6, 6, 2] has none",
          crl_network_add_split(network, 3, sizes, 3, &part));
    part.name = "other";
    FAILS(CRL_ERROR_SIZE, "split 'other' cuts axis 0 of [6, 6, 2] into 2 parts of 3 elements",
          crl_network_add_split(network, 0, sizes, 2, &part));
    FAILS(CRL_ERROR_SIZE, "slice 'other-2'", crl_network_add_split(network, 0, (size_t[]){ 1, 2, 4 }, 3, &part));
    FAILS(CRL_ERROR_SIZE, "slice 'other-1'", crl_network_add_split(network, 0, (size_t[]){ 6, 0 }, 2, &part));
    FAILS(CRL_ERROR_SIZE, "sizes is", crl_network_add_split(network, 0, (size_t[]){ 6, SIZE_MAX }, 2, &part));
    FAILS(CRL_ERROR_SIZE, "5 parts of 5 elements", crl_network_add_split(network, 0, NULL, 5, &part));
    FAILS(CRL_ERROR_SIZE, "0 parts", crl_network_add_split(network, 0, sizes, 0, &part));
    FAILS(CRL_ERROR_SIZE, "'other-0' takes the elements from 0 to before 0 along axis 0 of [6, 6, 2]",
          crl_network_add_split(network, 0, NULL, 7, &part));
    FAILS(CRL_ERROR_SIZE, "sizes_count", crl_network_add_split(network, 0, NULL, SIZE_MAX, &part));
    part.input = "absent";
    FAILS(CRL_ERROR_NAME, "'absent'", crl_network_add_split(network, 0, sizes, 3, &part));
    OK(crl_network_layer_count(network, &rank));
    CHECK(rank == layers);

    OK(crl_network_add_concatenation_along(network, (const char *const[]){ "5", "6" }, 2, 2, NULL));
    OK(crl_network_build(network, 1));
    OK(crl_network_predict(network, x, 1, INPUTS, y, 1, INPUTS));
    for (size_t i = 0; i < SIDE; ++i)
        CHECK(memcmp(y + i * SIDE * CHANNELS, x + (i * SIDE + 3) * CHANNELS, 3 * CHANNELS * sizeof *y) == 0);
    crl_network_destroy(network);
}

static void batch_statistics(void)
{
    crl_network *network = NULL;
    crl_workspace *workspace = NULL, *inference = NULL;
    crl_network *loaded = NULL;
    unsigned char bytes[2048];
    float y[4 * 2], *state = NULL;
    const float two[4 * 2] = { 1, 10, 2, 20, 3, 30, 4, 40 };
    size_t count = 0;
    OK(crl_network_create(2, &network));
    OK(crl_network_add_normalization(network, CRL_NORMALIZATION_BATCH, NULL, NULL));
    OK(crl_network_build(network, 1));
    OK(crl_workspace_create(network, 4, CRL_PURPOSE_TRAINING, &workspace));
    OK(crl_forward(network, workspace, two, 4, 2, y, 4, 2));
    CHECK(fabsf(y[0] - 1) < 1e-4f);
    FAILS(CRL_ERROR_NO_FORWARD, "the batch's statistics", crl_network_update_statistics(network, workspace));
    OK(crl_workspace_use_batch_statistics(workspace, 1));
    FAILS(CRL_ERROR_NO_FORWARD, "no forward pass", crl_network_update_statistics(network, workspace));
    FAILS(CRL_ERROR_SIZE, "at least 2 rows", crl_forward(network, workspace, two, 1, 2, y, 4, 2));
    OK(crl_forward(network, workspace, two, 4, 2, y, 4, 2));
    CHECK(fabsf(y[0] + y[6]) < 1e-4f && fabsf(y[0] + 1.3416f) < 1e-3f && fabsf(y[1] - y[0]) < 1e-3f);
    OK(crl_network_update_statistics(network, workspace));
    OK(crl_network_state(network, &state, &count));
    CHECK(fabsf(state[0] - 0.25f) < 1e-5f && fabsf(state[1] - 2.5f) < 1e-4f);
    OK(crl_workspace_create(network, 4, CRL_PURPOSE_INFERENCE, &inference));
    OK(crl_workspace_use_batch_statistics(inference, 1));
    FAILS(CRL_ERROR_MISMATCH, "inference", crl_forward(network, inference, two, 4, 2, y, 4, 2));
    crl_workspace_destroy(inference);
    crl_workspace_destroy(workspace);

    state[1] = NAN;
    OK(crl_network_save_to_memory(network, bytes, sizeof bytes, &count));
    FAILS(CRL_ERROR_FORMAT, "element 1 of the tensor '0.running_mean' is nan",
          crl_network_load_from_memory(bytes, count, 0, &loaded));
    CHECK(loaded == NULL);
    crl_network_destroy(network);
}

static void refused(void)
{
    crl_network *network = images();
    crl_window taps = window(3, 3);
    crl_normalization_options how = CRL_NORMALIZATION_OPTIONS_INIT;
    const size_t twice[] = { 0, 0, 2 };
    size_t layers = 0;
    FAILS(CRL_ERROR_NULL, "window", crl_network_add_convolution(network, 4, CRL_RELU, NULL, 1, NULL));
    FAILS(CRL_ERROR_SIZE, "kernel along axis 0 is 0",
          crl_network_add_convolution(network, 4, CRL_RELU, &(crl_window)CRL_WINDOW_INIT, 1, NULL));
    taps.kernel.third = 2;
    FAILS(CRL_ERROR_SIZE, "kernel holds 2 numbers", crl_network_add_convolution(network, 4, CRL_RELU, &taps, 1, NULL));
    taps = window(7, 1);
    FAILS(CRL_ERROR_SIZE, "reads [6, 6, 2]", crl_network_add_convolution(network, 4, CRL_RELU, &taps, 1, NULL));
    taps = window(3, 3);
    taps.stride.first = 1;
    FAILS(CRL_ERROR_SIZE, "stride along axis 1 is 0", crl_network_add_convolution(network, 4, CRL_RELU, &taps, 1, NULL));
    taps = window(3, 3);
    taps.padding = 9;
    FAILS(CRL_ERROR_VALUE, "padding is 9", crl_network_add_convolution(network, 4, CRL_RELU, &taps, 1, NULL));
    taps.padding = CRL_PADDING_SAME;
    taps.before.first = 1;
    FAILS(CRL_ERROR_VALUE, "CRL_PADDING_EXPLICIT", crl_network_add_convolution(network, 4, CRL_RELU, &taps, 1, NULL));
    taps.before.first = 0;
    taps.output_padding.first = 1;
    FAILS(CRL_ERROR_VALUE, "output_padding", crl_network_add_transposed_convolution(network, 4, CRL_RELU, &taps, 1, NULL));
    taps.padding = CRL_PADDING_VALID;
    FAILS(CRL_ERROR_SIZE, "padding along axis 0 is -1", crl_network_add_convolution(network, 4, CRL_RELU, &taps, 1, NULL));
    taps.output_padding.first = 0;
    taps.padding = CRL_PADDING_SAME;
    taps.reserved = 1;
    FAILS(CRL_ERROR_VALUE, "reserved", crl_network_add_convolution(network, 4, CRL_RELU, &taps, 1, NULL));
    taps.reserved = 0;
    FAILS(CRL_ERROR_SIZE, "3 groups", crl_network_add_convolution(network, 4, CRL_RELU, &taps, 3, NULL));
    FAILS(CRL_ERROR_SIZE, "channels", crl_network_add_convolution(network, SIZE_MAX, CRL_RELU, &taps, 1, NULL));
    FAILS(CRL_ERROR_SIZE, "elements",
          crl_network_add_convolution(network, (size_t)1 << 27, CRL_RELU, &taps, 1, NULL));
    FAILS(CRL_ERROR_VALUE, "crl_pooling", crl_network_add_pooling(network, 7, &taps, NULL));
    FAILS(CRL_ERROR_VALUE, "crl_normalization", crl_network_add_normalization(network, 7, NULL, NULL));
    how.epsilon = NAN;
    FAILS(CRL_ERROR_VALUE, "epsilon is", crl_network_add_normalization(network, CRL_NORMALIZATION_LAYER, &how, NULL));
    how.epsilon = 1e-5f;
    how.reserved = 1;
    FAILS(CRL_ERROR_VALUE, "reserved", crl_network_add_normalization(network, CRL_NORMALIZATION_LAYER, &how, NULL));
    FAILS(CRL_ERROR_VALUE, "twice", crl_network_add_transpose(network, twice, 3, NULL));
    FAILS(CRL_ERROR_SIZE, "0 numbers", crl_network_add_transpose(network, twice, 0, NULL));
    FAILS(CRL_ERROR_NULL, "axes", crl_network_add_transpose(network, NULL, 3, NULL));
    FAILS(CRL_ERROR_VALUE, "softmax '1' runs along axis 3; [6, 6, 2]", crl_network_add_softmax(network, 3, NULL));
    FAILS(CRL_ERROR_SIZE, "axis", crl_network_add_softmax(network, SIZE_MAX, NULL));
    FAILS(CRL_ERROR_SIZE, "slice '1' takes the elements from 0 to before 7 along axis 1 of [6, 6, 2]",
          crl_network_add_slice(network, (size_t[]){ 0, 0, 0 }, (size_t[]){ 6, 7, 2 }, 3, NULL));
    FAILS(CRL_ERROR_SIZE, "upsampling '1' reads [6, 6, 2]: a shape holds at most",
          crl_network_add_upsampling(network, (size_t[]){ 1 << 20, 1 << 20 }, 2, NULL));
    FAILS(CRL_ERROR_SIZE, "broadcast '1' reads [6, 6, 2], which does not fill [6, 2]",
          crl_network_add_broadcast(network, (size_t[]){ 6, 2 }, 2, NULL));
    FAILS(CRL_ERROR_NULL, "extents", crl_network_add_broadcast(network, NULL, 1, NULL));
    FAILS(CRL_ERROR_SIZE, "input 0 has [72], input 1 [6, 6, 2]", crl_network_add_product(network, "input", "0", NULL));
    FAILS(CRL_ERROR_SIZE, "mean '1'", crl_network_add_mean(network, (const char *const[]){ "input", "0" }, 2, NULL));
    FAILS(CRL_ERROR_SIZE, "power '1' combines", crl_network_add_power(network, "input", "0", NULL));
    FAILS(CRL_ERROR_NULL, "b", crl_network_add_quotient(network, "0", NULL, NULL));
    FAILS(CRL_ERROR_VALUE, "method is 5", crl_network_add_reduction(network, 5, twice, 1, 0, NULL));
    FAILS(CRL_ERROR_VALUE, "0 is twice among the axes of [6, 6, 2]",
          crl_network_add_reduction(network, CRL_REDUCE_SUM, twice, 2, 0, NULL));
    FAILS(CRL_ERROR_SIZE, "axes holds 0 numbers", crl_network_add_reduction(network, CRL_REDUCE_SUM, twice, 0, 0, NULL));
    FAILS(CRL_ERROR_VALUE, "function is 13", crl_network_add_function(network, 13, 0, 0, NULL));
    FAILS(CRL_ERROR_VALUE, "function is -1", crl_network_add_function(network, -1, 0, 0, NULL));
    FAILS(CRL_ERROR_VALUE, "q is 2.0, but the function 'log' takes no numbers",
          crl_network_add_function(network, CRL_FUNCTION_LOG, 0, 2, NULL));
    FAILS(CRL_ERROR_VALUE, "p is nan", crl_network_add_function(network, CRL_FUNCTION_ERF, NAN, 0, NULL));
    FAILS(CRL_ERROR_VALUE, "affine with the factor inf",
          crl_network_add_function(network, CRL_FUNCTION_AFFINE, INFINITY, 0, NULL));
    FAILS(CRL_ERROR_VALUE, "clips from 1.0 to 0.0", crl_network_add_function(network, CRL_FUNCTION_CLIP, 1, 0, NULL));
    FAILS(CRL_ERROR_VALUE, "clips from 0.0 to nan", crl_network_add_function(network, CRL_FUNCTION_CLIP, 0, NAN, NULL));
    FAILS(CRL_ERROR_VALUE, "clips from inf", crl_network_add_function(network, CRL_FUNCTION_CLIP, INFINITY, INFINITY, NULL));
    FAILS(CRL_ERROR_NAME, "absent", crl_network_add_product(network, "0", "absent", NULL));
    OK(crl_network_layer_count(network, &layers));
    CHECK(layers == 1);
    crl_network_destroy(network);
}

int main(void)
{
    make_data();
    inspected();
    trained();
    prepared();
    split();
    batch_statistics();
    refused();
    return finish();
}
