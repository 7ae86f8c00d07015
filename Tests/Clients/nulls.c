/* NULL for every pointer of every function: a status that names the argument, and nothing written. */
#include "check.h"

enum { ROWS = 2, INPUTS = 3, OUTPUTS = 2 };

static crl_network *network;
static crl_workspace *workspace;
static crl_optimizer *optimizer;
static float *parameters;
static size_t parameters_count;
static float x[ROWS * INPUTS], y[ROWS * OUTPUTS], dC_dy[ROWS * OUTPUTS], gradients[64];
static crl_targets targets = CRL_TARGETS_INIT;
static const crl_cost_options cost = CRL_COST_OPTIONS_INIT;

static void destroying(void)
{
    crl_network_destroy(NULL);
    crl_workspace_destroy(NULL);
    crl_optimizer_destroy(NULL);
    CHECK(crl_error_message() != NULL);
}

static void describing(void)
{
    crl_network *open = NULL;
    const char *inputs[] = { "0", NULL };
    crl_layer_options custom = CRL_LAYER_OPTIONS_INIT;

    FAILS(CRL_ERROR_NULL, "network", crl_network_create(INPUTS, NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_add_dense(NULL, 4, CRL_TANH, NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_add_activation(NULL, CRL_TANH, NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_add_sum(NULL, inputs, 1, "sum"));
    FAILS(CRL_ERROR_NULL, "network", crl_network_add_dropout(NULL, 0.5f, NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_add_noise(NULL, 0.5f, NULL));
    FAILS(CRL_ERROR_NULL, "workspace", crl_workspace_set_noise(NULL, 1, 1, 1));
    FAILS(CRL_ERROR_NULL, "schedule", crl_schedule_rate(NULL, 1, 1, &(float){ 0 }));
    FAILS(CRL_ERROR_NULL, "schedule", crl_plateau_rate(NULL, &(crl_plateau_state)CRL_PLATEAU_STATE_INIT, 1, &(float){ 0 }));
    FAILS(CRL_ERROR_NULL, "network", crl_network_add_concatenation(NULL, inputs, 1, "both"));
    FAILS(CRL_ERROR_NULL, "network", crl_network_build(NULL, 0));

    OK(crl_network_create(INPUTS, &open));
    OK(crl_network_add_dense(open, 4, CRL_TANH, NULL));
    FAILS(CRL_ERROR_NULL, "inputs", crl_network_add_sum(open, NULL, 2, "sum"));
    FAILS(CRL_ERROR_NULL, "inputs", crl_network_add_concatenation(open, NULL, 2, "both"));
    FAILS(CRL_ERROR_NULL, "inputs", crl_network_add_sum(open, inputs, 2, "sum"));
    FAILS(CRL_ERROR_NULL, "inputs", crl_network_add_concatenation(open, inputs, 2, "both"));
    FAILS(CRL_ERROR_NULL, "function", crl_network_add_dense(open, 4, CRL_CUSTOM_ACTIVATION, NULL));
    FAILS(CRL_ERROR_NULL, "function", crl_network_add_dense(open, 4, CRL_CUSTOM_ACTIVATION, &custom));
    FAILS(CRL_ERROR_NULL, "function", crl_network_add_activation(open, CRL_CUSTOM_ACTIVATION, &custom));
    crl_network_destroy(open);
}

static void looking(void)
{
    size_t size = 77;
    const char *name = "unchanged";
    float *values = x;
    crl_tensor tensor = CRL_TENSOR_INIT;
    tensor.offset = 77;

    FAILS(CRL_ERROR_NULL, "network", crl_network_input_size(NULL, &size));
    FAILS(CRL_ERROR_NULL, "inputs", crl_network_input_size(network, NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_output_size(NULL, &size));
    FAILS(CRL_ERROR_NULL, "outputs", crl_network_output_size(network, NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_layer_count(NULL, &size));
    FAILS(CRL_ERROR_NULL, "count", crl_network_layer_count(network, NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_layer(NULL, 0, &name, &size));
    FAILS(CRL_ERROR_NULL, "network", crl_network_parameters(NULL, &values, &size));
    FAILS(CRL_ERROR_NULL, "parameters", crl_network_parameters(network, NULL, &size));
    FAILS(CRL_ERROR_NULL, "count", crl_network_parameters(network, &values, NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_tensor_count(NULL, &size));
    FAILS(CRL_ERROR_NULL, "count", crl_network_tensor_count(network, NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_tensor(NULL, 0, &tensor));
    FAILS(CRL_ERROR_NULL, "tensor", crl_network_tensor(network, 0, NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_find_tensor(NULL, "0.weight", &tensor));
    FAILS(CRL_ERROR_NULL, "name", crl_network_find_tensor(network, NULL, &tensor));
    FAILS(CRL_ERROR_NULL, "tensor", crl_network_find_tensor(network, "0.weight", NULL));
    CHECK(size == 77 && strcmp(name, "unchanged") == 0 && values == x && tensor.offset == 77);
    OK(crl_network_layer(network, 0, NULL, NULL));
}

static void passes(void)
{
    crl_workspace *none;
    const float *values = x;
    size_t rows = 77, columns = 77;
    double C = 77;

    FAILS_NULLING(CRL_ERROR_NULL, "network", none, crl_workspace_create(NULL, ROWS, CRL_TRAINING, &none));
    FAILS(CRL_ERROR_NULL, "workspace", crl_workspace_create(network, ROWS, CRL_TRAINING, NULL));

    FAILS(CRL_ERROR_NULL, "network", crl_forward(NULL, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_NULL, "workspace", crl_forward(network, NULL, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_NULL, "x", crl_forward(network, workspace, NULL, ROWS, INPUTS, y, ROWS, OUTPUTS));
    OK(crl_forward(network, workspace, x, ROWS, INPUTS, NULL, 0, 0));

    FAILS(CRL_ERROR_NULL, "workspace", crl_workspace_values(NULL, "0", CRL_Z, &values, &rows, &columns));
    FAILS(CRL_ERROR_NULL, "layer", crl_workspace_values(workspace, NULL, CRL_Z, &values, &rows, &columns));
    FAILS(CRL_ERROR_NULL, "values", crl_workspace_values(workspace, "0", CRL_Z, NULL, &rows, &columns));
    FAILS(CRL_ERROR_NULL, "rows", crl_workspace_values(workspace, "0", CRL_Z, &values, NULL, &columns));
    FAILS(CRL_ERROR_NULL, "columns", crl_workspace_values(workspace, "0", CRL_Z, &values, &rows, NULL));
    CHECK(values == x && rows == 77 && columns == 77);

    FAILS(CRL_ERROR_NULL, "y", crl_cost(&cost, NULL, ROWS, OUTPUTS, OUTPUTS, &targets, &C, dC_dy, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_NULL, "targets", crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, NULL, &C, dC_dy, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_NULL, "C", crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &targets, NULL, dC_dy, ROWS, OUTPUTS));
    CHECK(C == 77);
    OK(crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &targets, &C, NULL, 0, 0));
    OK(crl_cost(NULL, y, ROWS, OUTPUTS, OUTPUTS, &targets, &C, NULL, 0, 0));

    FAILS(CRL_ERROR_NULL, "network",
          crl_backward(NULL, workspace, dC_dy, ROWS, OUTPUTS, gradients, parameters_count, 0, NULL, 0, 0));
    FAILS(CRL_ERROR_NULL, "workspace",
          crl_backward(network, NULL, dC_dy, ROWS, OUTPUTS, gradients, parameters_count, 0, NULL, 0, 0));
    FAILS(CRL_ERROR_NULL, "dC_dy",
          crl_backward(network, workspace, NULL, ROWS, OUTPUTS, gradients, parameters_count, 0, NULL, 0, 0));
    OK(crl_backward(network, workspace, dC_dy, ROWS, OUTPUTS, NULL, 0, 0, NULL, 0, 0));

    FAILS(CRL_ERROR_NULL, "network", crl_network_predict(NULL, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_NULL, "x", crl_network_predict(network, NULL, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_NULL, "y", crl_network_predict(network, x, ROWS, INPUTS, NULL, ROWS, OUTPUTS));
}

static void gradient_in_one_call(void)
{
    double C = 77;

    FAILS(CRL_ERROR_NULL, "network",
          crl_network_value_and_gradient(NULL, &cost, x, ROWS, INPUTS, &targets, &C, gradients, parameters_count));
    FAILS(CRL_ERROR_NULL, "x",
          crl_network_value_and_gradient(network, &cost, NULL, ROWS, INPUTS, &targets, &C, gradients, parameters_count));
    FAILS(CRL_ERROR_NULL, "targets",
          crl_network_value_and_gradient(network, &cost, x, ROWS, INPUTS, NULL, &C, gradients, parameters_count));
    FAILS(CRL_ERROR_NULL, "C",
          crl_network_value_and_gradient(network, &cost, x, ROWS, INPUTS, &targets, NULL, gradients, parameters_count));
    CHECK(C == 77);
    OK(crl_network_value_and_gradient(network, NULL, x, ROWS, INPUTS, &targets, &C, NULL, 0));
    CHECK(C != 77);
}

static void training(void)
{
    crl_optimizer *none;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    crl_cost_options no_function = CRL_COST_OPTIONS_INIT;
    crl_targets no_values = CRL_TARGETS_INIT;
    float learning_rate = 77;
    double C;

    FAILS_NULLING(CRL_ERROR_NULL, "network", none, crl_optimizer_create(NULL, &options, &none));
    FAILS(CRL_ERROR_NULL, "optimizer", crl_optimizer_create(network, &options, NULL));
    OK(crl_optimizer_create(network, NULL, &none));
    crl_optimizer_destroy(none);
    FAILS(CRL_ERROR_NULL, "optimizer", crl_optimizer_learning_rate(NULL, &learning_rate));
    FAILS(CRL_ERROR_NULL, "learning_rate", crl_optimizer_learning_rate(optimizer, NULL));
    FAILS(CRL_ERROR_NULL, "optimizer", crl_optimizer_set_learning_rate(NULL, 0.1f));
    FAILS(CRL_ERROR_NULL, "optimizer", crl_optimizer_set_layer(NULL, "0", NULL));
    FAILS(CRL_ERROR_NULL, "layer", crl_optimizer_set_layer(optimizer, NULL, NULL));
    FAILS(CRL_ERROR_NULL, "optimizer", crl_step(NULL, network, gradients, parameters_count));
    FAILS(CRL_ERROR_NULL, "network", crl_step(optimizer, NULL, gradients, parameters_count));
    FAILS(CRL_ERROR_NULL, "gradients", crl_step(optimizer, network, NULL, parameters_count));
    CHECK(learning_rate == 77);

    FAILS(CRL_ERROR_NULL, "network", crl_network_fit(NULL, x, ROWS, INPUTS, &targets, &train));
    FAILS(CRL_ERROR_NULL, "x", crl_network_fit(network, NULL, ROWS, INPUTS, &targets, &train));
    FAILS(CRL_ERROR_NULL, "targets", crl_network_fit(network, x, ROWS, INPUTS, NULL, &train));
    train.validation_x = x;
    train.validation_rows = ROWS;
    train.validation_stride = INPUTS;
    FAILS(CRL_ERROR_NULL, "validation_targets", crl_network_fit(network, x, ROWS, INPUTS, &targets, &train));

    no_function.kind = CRL_CUSTOM_COST;
    FAILS(CRL_ERROR_NULL, "function", crl_cost(&no_function, y, ROWS, OUTPUTS, OUTPUTS, &targets, &C, NULL, 0, 0));
    FAILS(CRL_ERROR_TARGET, "targets", crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &no_values, &C, NULL, 0, 0));
}

static void files(void)
{
    crl_network *none;
    FAILS(CRL_ERROR_NULL, "network", crl_network_save(NULL, "never.safetensors"));
    FAILS(CRL_ERROR_NULL, "path", crl_network_save(network, NULL));
    FAILS_NULLING(CRL_ERROR_NULL, "path", none, crl_network_load(NULL, &none));
    FAILS(CRL_ERROR_NULL, "network", crl_network_load("never.safetensors", NULL));
    FAILS(CRL_ERROR_NULL, "network", crl_network_load_parameters(NULL, "never.safetensors"));
    FAILS(CRL_ERROR_NULL, "path", crl_network_load_parameters(network, NULL));
}

int main(void)
{
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    float before[64], y_before[ROWS * OUTPUTS], gradients_before[64];

    network = two_layers(INPUTS, 4, CRL_TANH, OUTPUTS, 1);
    OK(crl_workspace_create(network, ROWS, CRL_TRAINING, &workspace));
    OK(crl_optimizer_create(network, &options, &optimizer));
    OK(crl_network_parameters(network, &parameters, &parameters_count));
    CHECK(parameters_count == 26);

    fill(x, COUNT(x), 1);
    fill(y, COUNT(y), 2);
    fill(gradients, COUNT(gradients), 3);
    targets.values = dC_dy;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;
    memcpy(before, parameters, parameters_count * sizeof *before);
    memcpy(y_before, y, sizeof y);
    memcpy(gradients_before, gradients, sizeof gradients);

    destroying();
    describing();
    looking();
    passes();
    gradient_in_one_call();
    training();
    files();

    CHECK(same_bits(before, parameters, parameters_count));
    CHECK(same_bits(y_before, y, COUNT(y)));
    CHECK(same_bits(gradients_before, gradients, COUNT(gradients)));

    crl_optimizer_destroy(optimizer);
    crl_workspace_destroy(workspace);
    crl_network_destroy(network);
    return finish();
}
