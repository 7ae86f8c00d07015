/* Recurrent layers: described, inspected, saved, trained on rows of different length; what does not fit is refused. */
#include <math.h>

#include "check.h"

enum { STEPS = 6, CHANNELS = 2, UNITS = 3, ROWS = 8, INPUTS = STEPS * CHANNELS + 1 };

static const size_t sequence[] = { STEPS, CHANNELS }, one[] = { 1 }, states[] = { 2 * UNITS };

static float noise(void)
{
    static unsigned state = 7;
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / 8388608.0f - 1.0f;
}

/* A sequence and a length. */
static crl_network *begin(void)
{
    crl_network *network = NULL;
    OK(crl_network_create(INPUTS, &network));
    OK(crl_network_add_input(network, "x", sequence, COUNT(sequence)));
    OK(crl_network_add_input(network, "steps", one, COUNT(one)));
    return network;
}

static crl_layer_options reading(const char *name, const char *input)
{
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    options.name = name;
    options.input = input;
    return options;
}

/* An LSTM with a learned first state, a GRU in both directions, and the last state of a simple layer. */
static crl_network *describe(void)
{
    crl_network *network = begin();
    crl_layer_options options = reading("first", NULL);
    crl_recurrent_options recurrent = CRL_RECURRENT_OPTIONS_INIT;
    options.weight_initializer.kind = CRL_INIT_CONSTANT;
    options.weight_initializer.a = 0.25f;
    OK(crl_network_add_parameter(network, states, COUNT(states), &options));
    options = reading("lstm", "x");
    recurrent.lengths = "steps";
    recurrent.initial_state = "first";
    recurrent.peepholes = 1;
    OK(crl_network_add_recurrent(network, CRL_CELL_LSTM, UNITS, &recurrent, &options));
    options = reading("gru", NULL);
    options.bias = 0;
    recurrent.initial_state = NULL;
    recurrent.peepholes = 0;
    recurrent.reset_first = 1;
    OK(crl_network_add_bidirectional(network, CRL_CELL_GRU, UNITS, &recurrent, &options));
    recurrent.reset_first = 0;
    recurrent.backwards = 1;
    recurrent.last = 1;
    OK(crl_network_add_recurrent(network, CRL_CELL_RELU, UNITS, &recurrent, NULL));
    OK(crl_network_add_dense(network, 1, CRL_IDENTITY, NULL));
    return network;
}

static void is(const crl_network *network, size_t index, const char *name, crl_layer_kind kind, int32_t bias)
{
    crl_layer layer = CRL_LAYER_INIT;
    OK(crl_network_layer(network, index, &layer));
    CHECK(strcmp(layer.name, name) == 0 && layer.kind == kind && layer.bias == bias);
    CHECK(layer.activation == (kind == CRL_LAYER_RNN ? CRL_RELU : CRL_IDENTITY));
}

static void inspected(const crl_network *network)
{
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    crl_recurrent_options recurrent = CRL_RECURRENT_OPTIONS_INIT;
    size_t rank = 0, extents[4] = { 0 };
    is(network, 2, "first", CRL_LAYER_PARAMETER, 0);
    is(network, 3, "lstm", CRL_LAYER_LSTM, 1);
    is(network, 4, "gru_forward", CRL_LAYER_GRU, 0);
    is(network, 5, "gru_backward", CRL_LAYER_GRU, 0);
    is(network, 6, "gru", CRL_LAYER_CONCATENATION, 0);
    is(network, 7, "7", CRL_LAYER_RNN, 1);
    OK(crl_network_layer_shape(network, 6, extents, 4, &rank));
    CHECK(rank == 2 && extents[0] == STEPS && extents[1] == 2 * UNITS);
    OK(crl_network_layer_shape(network, 7, extents, 4, &rank));
    CHECK(rank == 1 && extents[0] == UNITS);
    OK(crl_network_layer_recurrent(network, 3, &recurrent));
    CHECK(strcmp(recurrent.initial_state, "first") == 0 && strcmp(recurrent.lengths, "steps") == 0);
    CHECK(recurrent.peepholes == 1 && !recurrent.last && !recurrent.backwards && !recurrent.reset_first);
    OK(crl_network_layer_recurrent(network, 5, &recurrent));
    CHECK(recurrent.initial_state == NULL && strcmp(recurrent.lengths, "steps") == 0);
    CHECK(recurrent.peepholes == 0 && !recurrent.last && recurrent.backwards == 1 && recurrent.reset_first == 1);
    OK(crl_network_layer_recurrent(network, 7, &recurrent));
    CHECK(recurrent.last == 1 && recurrent.backwards == 1 && !recurrent.reset_first);
    FAILS(CRL_ERROR_VALUE, "'first' is not recurrent", crl_network_layer_recurrent(network, 2, &recurrent));
    FAILS(CRL_ERROR_NULL, "recurrent", crl_network_layer_recurrent(network, 3, NULL));
    OK(crl_network_layer_options(network, 5, &options));
    CHECK(options.bias == 0 && strcmp(options.name, "gru_backward") == 0 && strcmp(options.input, "lstm") == 0);
    OK(crl_network_layer_options(network, 3, &options));
    CHECK(options.bias == 1 && strcmp(options.input, "x") == 0);
    OK(crl_network_layer_options(network, 6, &options));
    CHECK(options.input == NULL);
    OK(crl_network_layer_options(network, 2, &options));
    CHECK(options.input == NULL && strcmp(options.name, "first") == 0);
}

/* The options that a parameter layer was added with add it to another network. */
static void added_again(void)
{
    crl_network *network = describe(), *other = begin();
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    OK(crl_network_layer_options(network, 2, &options));
    CHECK(options.weight_initializer.kind == CRL_INIT_CONSTANT && options.weight_initializer.a == 0.25f);
    OK(crl_network_add_parameter(other, states, COUNT(states), &options));
    crl_network_destroy(network);
    crl_network_destroy(other);
}

/* Numbers that only the caller changes. */
static void constants(void)
{
    const size_t shape[] = { 2 };
    const char *const both[] = { "input", "1" };
    crl_network *network = NULL;
    crl_layer layer = CRL_LAYER_INIT;
    float *state = NULL, sums[2];
    const float two[] = { 1, 2 };
    size_t count = 0;
    OK(crl_network_create(2, &network));
    OK(crl_network_add_dense(network, 1, CRL_IDENTITY, NULL));
    OK(crl_network_add_constant(network, shape, 1, NULL));
    OK(crl_network_layer(network, 1, &layer));
    CHECK(layer.kind == CRL_LAYER_CONSTANT && layer.units == 2);
    OK(crl_network_add_sum(network, both, 2, "sum"));
    OK(crl_network_add_product(network, "sum", "0", NULL));
    OK(crl_network_add_quotient(network, "3", "0", NULL));
    OK(crl_network_build(network, 1));
    OK(crl_network_state(network, &state, &count));
    CHECK(count == 2 && state[0] == 0 && state[1] == 0);
    state[0] = 10;
    state[1] = 20;
    OK(crl_network_predict(network, two, 1, 2, sums, 1, 2));
    CHECK(fabsf(sums[0] - 11) < 1e-5f && fabsf(sums[1] - 22) < 1e-5f);
    crl_network_destroy(network);
}

static void refused(void)
{
    crl_network *network = begin();
    crl_recurrent_options recurrent = CRL_RECURRENT_OPTIONS_INIT;
    crl_layer_options options = reading(NULL, "x");
    size_t layers = 0;
    FAILS(CRL_ERROR_VALUE, "cell is 9", crl_network_add_recurrent(network, 9, UNITS, NULL, &options));
    FAILS(CRL_ERROR_SIZE, "at least 1 unit", crl_network_add_recurrent(network, CRL_CELL_GRU, 0, NULL, &options));
    FAILS(CRL_ERROR_SIZE, "units is", crl_network_add_recurrent(network, CRL_CELL_GRU, SIZE_MAX, NULL, &options));
    FAILS(CRL_ERROR_SIZE, "reads a sequence", crl_network_add_recurrent(network, CRL_CELL_GRU, UNITS, NULL, NULL));
    recurrent.peepholes = 1;
    FAILS(CRL_ERROR_VALUE, "peepholes", crl_network_add_recurrent(network, CRL_CELL_GRU, UNITS, &recurrent, &options));
    recurrent.peepholes = 0;
    recurrent.reset_first = 1;
    FAILS(CRL_ERROR_VALUE, "reset_first", crl_network_add_recurrent(network, CRL_CELL_LSTM, UNITS, &recurrent, &options));
    recurrent.reset_first = 0;
    recurrent.backwards = 1;
    FAILS(CRL_ERROR_VALUE, "both directions",
          crl_network_add_bidirectional(network, CRL_CELL_LSTM, UNITS, &recurrent, &options));
    recurrent.backwards = 0;
    recurrent.initial_state = "steps";
    FAILS(CRL_ERROR_SIZE, "[6], not [1]", crl_network_add_recurrent(network, CRL_CELL_LSTM, UNITS, &recurrent, &options));
    recurrent.initial_state = "missing";
    FAILS(CRL_ERROR_NAME, "missing", crl_network_add_recurrent(network, CRL_CELL_LSTM, UNITS, &recurrent, &options));
    recurrent.initial_state = NULL;
    recurrent.lengths = "x";
    FAILS(CRL_ERROR_SIZE, "lengths", crl_network_add_recurrent(network, CRL_CELL_LSTM, UNITS, &recurrent, &options));
    options.alpha = 0.5f;
    FAILS(CRL_ERROR_VALUE, "alpha", crl_network_add_recurrent(network, CRL_CELL_LSTM, UNITS, NULL, &options));
    options = reading(NULL, "x");
    FAILS(CRL_ERROR_VALUE, "options->input", crl_network_add_parameter(network, one, 1, &options));
    options.input = NULL;
    options.bias_initializer.kind = CRL_INIT_ZEROS;
    FAILS(CRL_ERROR_VALUE, "bias_initializer.kind is 1, but the layer has no biases", crl_network_add_parameter(network, one, 1, &options));
    FAILS(CRL_ERROR_NULL, "extents", crl_network_add_parameter(network, NULL, 0, NULL));
    FAILS(CRL_ERROR_NULL, "extents", crl_network_add_constant(network, NULL, 0, NULL));
    OK(crl_network_layer_count(network, &layers));
    CHECK(layers == 2);
    crl_network_destroy(network);
}

/* Tokens, where they lie, and the channels that are added for it. */
static void embedded(void)
{
    enum { TOKENS = 5, WIDTH = 4 };
    crl_network *network = NULL;
    crl_layer layer = CRL_LAYER_INIT;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT, back = CRL_LAYER_OPTIONS_INIT;
    float x[STEPS] = { 4, 0, 1, 3, 3, 2 }, y[STEPS * WIDTH], *w = NULL;
    size_t rank = 0, extents[4] = { 0 }, parameters = 0;
    OK(crl_network_create(STEPS, &network));
    options.weight_initializer.kind = CRL_INIT_UNIFORM;
    options.weight_initializer.a = 1;
    options.weight_initializer.b = 2;
    OK(crl_network_add_embedding(network, TOKENS, WIDTH, &options));
    FAILS(CRL_ERROR_VALUE, "weight_initializer", crl_network_add_positions(network, CRL_POSITIONS_SINUSOIDAL, &options));
    FAILS(CRL_ERROR_VALUE, "positions is 7", crl_network_add_positions(network, 7, NULL));
    FAILS(CRL_ERROR_SIZE, "tokens", crl_network_add_embedding(network, 0, WIDTH, NULL));
    FAILS(CRL_ERROR_SIZE, "width", crl_network_add_embedding(network, TOKENS, SIZE_MAX, NULL));
    options.bias_initializer.kind = CRL_INIT_ZEROS;
    FAILS(CRL_ERROR_VALUE, "bias_initializer", crl_network_add_embedding(network, TOKENS, WIDTH, &options));
    options = reading("p", NULL);
    OK(crl_network_add_positions(network, CRL_POSITIONS_SINUSOIDAL, &options));
    OK(crl_network_add_positions(network, CRL_POSITIONS_LEARNED, NULL));
    is(network, 0, "0", CRL_LAYER_EMBEDDING, 0);
    is(network, 1, "p", CRL_LAYER_POSITIONS, 0);
    is(network, 2, "3_value", CRL_LAYER_PARAMETER, 0);
    is(network, 3, "3", CRL_LAYER_SUM, 0);
    OK(crl_network_layer(network, 0, &layer));
    CHECK(layer.tokens == TOKENS && layer.units == WIDTH);
    OK(crl_network_layer_options(network, 0, &back));
    CHECK(back.weight_initializer.kind == CRL_INIT_UNIFORM && back.weight_initializer.b == 2);
    OK(crl_network_layer_shape(network, 3, extents, 4, &rank));
    CHECK(rank == 2 && extents[0] == STEPS && extents[1] == WIDTH);
    OK(crl_network_build(network, 1));
    OK(crl_network_parameters(network, &w, &parameters));
    CHECK(parameters == (TOKENS + STEPS) * WIDTH);
    OK(crl_network_predict(network, x, 1, STEPS, y, 1, STEPS * WIDTH));
    CHECK(y[0] == w[4 * WIDTH] && y[1] == w[4 * WIDTH + 1] + 1);
    CHECK(fabsf(y[WIDTH] - w[0] - 0.84147098f) < 1e-6f && fabsf(y[WIDTH + 1] - w[1] - 0.54030231f) < 1e-6f);
    x[5] = TOKENS;
    FAILS(CRL_ERROR_VALUE, "layer '0': row 0 has the token 5.0 at position 5; it must be a whole number from 0 to 4",
          crl_network_predict(network, x, 1, STEPS, y, 1, STEPS * WIDTH));
    x[5] = NAN;
    FAILS(CRL_ERROR_VALUE, "has the token nan", crl_network_predict(network, x, 1, STEPS, y, 1, STEPS * WIDTH));
    crl_network_destroy(network);
}

/* Attention with its dense layers, and without. */
static void attended(void)
{
    enum { WIDTH = 8 };
    crl_network *network = begin(), *loaded = NULL;
    crl_attention_options attention = CRL_ATTENTION_OPTIONS_INIT, back = CRL_ATTENTION_OPTIONS_INIT;
    crl_layer_options options = reading("self", "x");
    static unsigned char file[32768];
    float x[2 * INPUTS], y[2 * STEPS * WIDTH], same[2 * STEPS * WIDTH];
    size_t rank = 0, extents[4] = { 0 }, size = 0;
    attention.heads = 4;
    attention.width = WIDTH;
    attention.causal = 1;
    attention.lengths = "steps";
    options.bias = 0;
    OK(crl_network_add_attention(network, &attention, &options));
    is(network, 2, "self_in", CRL_LAYER_DENSE, 0);
    is(network, 3, "self_heads", CRL_LAYER_ATTENTION, 0);
    is(network, 4, "self", CRL_LAYER_DENSE, 0);
    OK(crl_network_layer_shape(network, 2, extents, 4, &rank));
    CHECK(rank == 2 && extents[0] == STEPS && extents[1] == 3 * WIDTH);
    OK(crl_network_layer_attention(network, 3, &back));
    CHECK(back.heads == 4 && back.causal == 1 && back.bare == 1 && back.key == NULL && back.value == NULL);
    CHECK(strcmp(back.lengths, "steps") == 0);
    attention.causal = 0;
    attention.lengths = NULL;
    attention.width = 0;
    attention.key = "x";
    options = reading("cross", "self");
    OK(crl_network_add_attention(network, &attention, &options));
    is(network, 5, "cross_query", CRL_LAYER_DENSE, 1);
    is(network, 6, "cross_key_value", CRL_LAYER_DENSE, 1);
    OK(crl_network_layer_attention(network, 7, &back));
    CHECK(strcmp(back.key, "cross_key_value") == 0 && back.value == NULL && back.lengths == NULL && back.causal == 0);
    attention.bare = 1;
    attention.key = attention.value = "self";
    OK(crl_network_add_attention(network, &attention, NULL));
    OK(crl_network_layer_attention(network, 9, &back));
    CHECK(strcmp(back.key, "self") == 0 && strcmp(back.value, "self") == 0 && back.heads == 4);
    FAILS(CRL_ERROR_VALUE, "'cross' is no attention", crl_network_layer_attention(network, 8, &back));
    FAILS(CRL_ERROR_NULL, "attention", crl_network_layer_attention(network, 9, NULL));
    attention.width = WIDTH;
    FAILS(CRL_ERROR_VALUE, "attention->width is 8", crl_network_add_attention(network, &attention, NULL));
    attention.width = 0;
    attention.key = NULL;
    FAILS(CRL_ERROR_VALUE, "names no layer for its keys", crl_network_add_attention(network, &attention, NULL));
    attention.value = NULL;
    FAILS(CRL_ERROR_SIZE, "a multiple of 3 channels", crl_network_add_attention(network, &attention, NULL));
    options = reading(NULL, NULL);
    options.weight_initializer.kind = CRL_INIT_ZEROS;
    FAILS(CRL_ERROR_VALUE, "weight_initializer", crl_network_add_attention(network, &attention, &options));
    attention.bare = 0;
    attention.heads = 3;
    FAILS(CRL_ERROR_SIZE, "3 heads do not divide a width of 8", crl_network_add_attention(network, &attention, NULL));
    attention.heads = SIZE_MAX;
    FAILS(CRL_ERROR_SIZE, "attention->heads is", crl_network_add_attention(network, &attention, NULL));
    attention.heads = 1;
    attention.width = SIZE_MAX / 2;
    FAILS(CRL_ERROR_SIZE, "attention '12' has a width of", crl_network_add_attention(network, &attention, NULL));
    attention.width = 0;
    attention.key = "missing";
    FAILS(CRL_ERROR_NAME, "missing", crl_network_add_attention(network, &attention, NULL));

    OK(crl_network_build(network, 3));
    for (size_t i = 0; i < 2 * INPUTS; ++i)
        x[i] = noise();
    x[INPUTS - 1] = 2;
    x[2 * INPUTS - 1] = STEPS;
    OK(crl_network_predict(network, x, 2, INPUTS, y, 2, STEPS * WIDTH));
    OK(crl_network_save_to_memory(network, file, sizeof file, &size));
    OK(crl_network_load_from_memory(file, size, 0, &loaded));
    OK(crl_network_predict(loaded, x, 2, INPUTS, same, 2, STEPS * WIDTH));
    CHECK(memcmp(same, y, sizeof y) == 0);
    x[INPUTS - 1] = 0;
    FAILS(CRL_ERROR_VALUE, "layer 'self_heads': row 0 has the length 0.0; it must be a whole number from 1 to 6",
          crl_network_predict(network, x, 2, INPUTS, y, 2, STEPS * WIDTH));
    x[INPUTS - 1] = NAN;
    FAILS(CRL_ERROR_VALUE, "has the length nan", crl_network_predict(network, x, 2, INPUTS, y, 2, STEPS * WIDTH));
    crl_network_destroy(loaded);
    crl_network_destroy(network);
}

/* A row learns from its own steps alone: the sum of the first channel up to its length. */
static void trained(void)
{
    crl_network *network = describe(), *loaded = NULL;
    crl_predictor *predictor = NULL;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    crl_optimizer_options how = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    static float x[64 * INPUTS], t[64], y[64], same[64];
    static unsigned char file[32768];
    size_t size = 0;
    double before = 0, after = 0;
    for (size_t row = 0; row < 64; ++row) {
        const size_t steps = 1 + row % STEPS;
        t[row] = 0;
        for (size_t i = 0; i < STEPS * CHANNELS; ++i) {
            x[row * INPUTS + i] = noise();
            if (i % CHANNELS == 0 && i / CHANNELS < steps)
                t[row] += 0.3f * x[row * INPUTS + i];
        }
        x[row * INPUTS + INPUTS - 1] = (float)steps;
    }
    OK(crl_network_build(network, 6));
    inspected(network);
    targets.values = t;
    targets.rows = 64;
    targets.columns = targets.stride = 1;
    how.method = CRL_ADAM;
    how.learning_rate = 0.02f;
    OK(crl_optimizer_create(network, &how, &options.optimizer));
    cost.kind = CRL_MEAN_SQUARED_ERROR;
    options.cost = &cost;
    options.epochs = 300;
    options.batch_size = 16;
    OK(crl_network_predict(network, x, 64, INPUTS, y, 64, 1));
    for (size_t row = 0; row < 64; ++row)
        before += (y[row] - t[row]) * (y[row] - t[row]);
    OK(crl_network_fit(network, x, 64, INPUTS, &targets, NULL, &options));
    OK(crl_network_predict(network, x, 64, INPUTS, y, 64, 1));
    for (size_t row = 0; row < 64; ++row)
        after += (y[row] - t[row]) * (y[row] - t[row]);
    CHECK(after < 0.1 * before);

    OK(crl_network_save_to_memory(network, file, sizeof file, &size));
    OK(crl_network_load_from_memory(file, size, 0, &loaded));
    inspected(loaded);
    OK(crl_predictor_create(loaded, CRL_PRECISION_FLOAT32, &predictor));
    OK(crl_predictor_predict(predictor, x, 64, INPUTS, same, 64, 1));
    CHECK(memcmp(same, y, sizeof y) == 0);

    x[3 * INPUTS - 1] = 2.5f;
    FAILS(CRL_ERROR_VALUE, "layer 'lstm': row 2 has the length 2.5; it must be a whole number from 1 to 6",
          crl_network_predict(network, x, 64, INPUTS, y, 64, 1));
    x[3 * INPUTS - 1] = 0;
    FAILS(CRL_ERROR_VALUE, "row 2 has the length 0", crl_predictor_predict(predictor, x, 64, INPUTS, y, 64, 1));
    x[3 * INPUTS - 1] = NAN;
    FAILS(CRL_ERROR_VALUE, "row 2 has the length nan", crl_network_predict(network, x, 64, INPUTS, y, 64, 1));
    crl_predictor_destroy(predictor);
    crl_optimizer_destroy(options.optimizer);
    crl_network_destroy(loaded);
    crl_network_destroy(network);
}

/* States go from batch to batch: a fit in pieces has the bits of a whole one, if its epochs begin alike. */
static void carried(void)
{
    enum { ALL = 12, BATCH = 4, WIDTH = STEPS * CHANNELS };
    static float x[ALL * WIDTH], t[ALL * STEPS];
    crl_network *networks[3] = { NULL, NULL, NULL };
    crl_trainer *trainer = NULL;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    float *parameters[3] = { NULL, NULL, NULL };
    size_t count = 0;
    for (size_t i = 0; i < ALL * WIDTH; ++i)
        x[i] = noise();
    for (size_t i = 0; i < ALL * STEPS; ++i)
        t[i] = noise();
    for (size_t i = 0; i < 3; ++i) {
        OK(crl_network_create(WIDTH, &networks[i]));
        OK(crl_network_add_reshape(networks[i], sequence, COUNT(sequence), NULL));
        OK(crl_network_add_recurrent(networks[i], CRL_CELL_LSTM, UNITS, NULL, NULL));
        OK(crl_network_add_dense(networks[i], 1, CRL_IDENTITY, NULL));
        OK(crl_network_build(networks[i], 3));
        OK(crl_network_parameters(networks[i], &parameters[i], &count));
    }
    options.batch_size = BATCH;
    options.epochs = 2;
    options.carry_states = 1;
    targets.values = t;
    targets.rows = ALL;
    targets.columns = targets.stride = STEPS;
    FAILS_NULLING(CRL_ERROR_VALUE, "cannot be shuffled", trainer, crl_trainer_create(networks[0], &options, &trainer));
    options.shuffle = 0;
    OK(crl_network_fit(networks[0], x, ALL, WIDTH, &targets, NULL, &options));
    targets.rows = BATCH;
    for (size_t i = 1; i < 3; ++i) {
        OK(crl_trainer_create(networks[i], &options, &trainer));
        for (size_t row = 0; row < 2 * ALL; row += BATCH) {
            if (i == 1 && row == ALL)
                OK(crl_trainer_reset_states(trainer));
            targets.values = t + row % ALL * STEPS;
            OK(crl_trainer_partial_fit(trainer, x + row % ALL * WIDTH, BATCH, WIDTH, &targets, NULL));
        }
        targets.rows = BATCH - 1;
        FAILS(CRL_ERROR_SIZE, "whole batches of 4", crl_trainer_partial_fit(trainer, x, 3, WIDTH, &targets, NULL));
        targets.rows = BATCH;
        crl_trainer_destroy(trainer);
    }
    CHECK(memcmp(parameters[0], parameters[1], count * sizeof(float)) == 0);
    CHECK(memcmp(parameters[0], parameters[2], count * sizeof(float)) != 0);
    options.carry_states = 0;
    OK(crl_trainer_create(networks[0], &options, &trainer));
    FAILS(CRL_ERROR_MISMATCH, "does not carry states", crl_trainer_reset_states(trainer));
    crl_trainer_destroy(trainer);
    for (size_t i = 0; i < 3; ++i)
        crl_network_destroy(networks[i]);
}

int main(void)
{
    constants();
    refused();
    added_again();
    embedded();
    attended();
    carried();
    trained();
    return finish();
}
