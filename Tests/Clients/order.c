/* Calls that come at the wrong time, objects of another network, and handles of another kind. */
#include "check.h"

enum { ROWS = 2, INPUTS = 3, OUTPUTS = 2, PARAMETERS = 26 };

static float x[ROWS * INPUTS], y[ROWS * OUTPUTS], dC_dy[ROWS * OUTPUTS], gradients[PARAMETERS];
static const crl_cost_options cost = CRL_COST_OPTIONS_INIT;
static crl_targets targets = CRL_TARGETS_INIT;

static void before_build(void)
{
    crl_network *open = NULL;
    crl_workspace *workspace;
    crl_optimizer *optimizer;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_tensor tensor = CRL_TENSOR_INIT;
    float *parameters = NULL;
    size_t size = 0;
    double C;

    OK(crl_network_create(INPUTS, &open));
    FAILS(CRL_ERROR_SIZE, "layer", crl_network_build(open, 0));
    OK(crl_network_add_dense(open, 4, CRL_TANH, NULL));

    OK(crl_network_input_size(open, &size));
    CHECK(size == INPUTS);
    OK(crl_network_output_size(open, &size));
    CHECK(size == 4);
    OK(crl_network_layer_count(open, &size));
    CHECK(size == 1);

    FAILS(CRL_ERROR_NOT_BUILT, "buil", crl_network_parameters(open, &parameters, &size));
    FAILS(CRL_ERROR_NOT_BUILT, "buil", crl_network_tensor_count(open, &size));
    FAILS(CRL_ERROR_NOT_BUILT, "buil", crl_network_tensor(open, 0, &tensor));
    FAILS(CRL_ERROR_NOT_BUILT, "buil", crl_network_find_tensor(open, "0.weight", &tensor));
    FAILS_NULLING(CRL_ERROR_NOT_BUILT, "buil", workspace, crl_workspace_create(open, 1, CRL_PURPOSE_TRAINING, &workspace));
    FAILS_NULLING(CRL_ERROR_NOT_BUILT, "buil", optimizer, crl_optimizer_create(open, &options, &optimizer));
    FAILS(CRL_ERROR_NOT_BUILT, "buil", crl_network_predict(open, x, ROWS, INPUTS, y, ROWS, 4));
    FAILS(CRL_ERROR_NOT_BUILT, "buil", crl_network_fit(open, x, ROWS, INPUTS, &targets, NULL, NULL));
    FAILS(CRL_ERROR_NOT_BUILT, "buil",
          crl_network_value_and_gradient(open, &cost, x, ROWS, INPUTS, &targets, &C, gradients, 16));
    FAILS(CRL_ERROR_NOT_BUILT, "buil", crl_network_save(open, "never.safetensors"));
    FAILS(CRL_ERROR_NOT_BUILT, "buil", crl_network_load_parameters(open, "never.safetensors"));
    CHECK(parameters == NULL && size == 1 && tensor.name == NULL);

    OK(crl_network_add_dense(open, OUTPUTS, CRL_IDENTITY, NULL));
    OK(crl_network_build(open, 0));
    OK(crl_network_predict(open, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    crl_network_destroy(open);
}

static void after_build(crl_network *network)
{
    const char *inputs[] = { "0", "0" };
    size_t layers = 0;

    FAILS(CRL_ERROR_ALREADY_BUILT, "built", crl_network_build(network, 0));
    FAILS(CRL_ERROR_ALREADY_BUILT, "built", crl_network_add_dense(network, 4, CRL_TANH, NULL));
    FAILS(CRL_ERROR_ALREADY_BUILT, "built", crl_network_add_activation(network, CRL_TANH, NULL));
    FAILS(CRL_ERROR_ALREADY_BUILT, "built", crl_network_add_sum(network, inputs, 2, NULL));
    FAILS(CRL_ERROR_ALREADY_BUILT, "built", crl_network_add_dropout(network, 0.5f, NULL));
    FAILS(CRL_ERROR_ALREADY_BUILT, "built", crl_network_add_noise(network, 0.5f, NULL));
    FAILS(CRL_ERROR_ALREADY_BUILT, "built", crl_network_add_concatenation(network, inputs, 2, NULL));
    OK(crl_network_layer_count(network, &layers));
    CHECK(layers == 2);
}

static void backward_without_forward(crl_network *network)
{
    crl_workspace *workspace = NULL, *inference = NULL;
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    const float *values = NULL;
    size_t rows = 77, columns = 77;

    OK(crl_workspace_create(network, ROWS, CRL_PURPOSE_TRAINING, &workspace));
    OK(crl_optimizer_create(network, &options, &optimizer));

    FAILS(CRL_ERROR_NO_FORWARD, "forward",
          crl_backward(network, workspace, dC_dy, ROWS, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));
    FAILS(CRL_ERROR_NO_FORWARD, "forward", crl_workspace_values(workspace, "0", CRL_QUANTITY_Z, &values, &rows, &columns));
    CHECK(values == NULL && rows == 77 && columns == 77);

    OK(crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_NO_FORWARD, "backward", crl_workspace_values(workspace, "0", CRL_QUANTITY_DELTA, &values, &rows, &columns));
    FAILS(CRL_ERROR_NO_FORWARD, "1",
          crl_backward(network, workspace, dC_dy, 1, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));
    OK(crl_backward(network, workspace, dC_dy, ROWS, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));
    FAILS(CRL_ERROR_NO_FORWARD, "dC_dy starts one",
          crl_backward_until(network, workspace, NULL, 0, 0, 1, gradients, PARAMETERS, 0));
    OK(crl_backward_until(network, workspace, dC_dy, ROWS, OUTPUTS, 1, gradients, PARAMETERS, 0));
    OK(crl_backward_until(network, workspace, NULL, 0, 0, 0, gradients, PARAMETERS, 0));
    FAILS(CRL_ERROR_NO_FORWARD, "dC_dy starts one",
          crl_backward_until(network, workspace, NULL, 0, 0, 0, gradients, PARAMETERS, 0));
    OK(crl_step(optimizer, network, gradients, PARAMETERS));
    FAILS(CRL_ERROR_NO_FORWARD, "forward",
          crl_backward(network, workspace, dC_dy, ROWS, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));
    OK(crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    OK(crl_backward(network, workspace, dC_dy, ROWS, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));

    OK(crl_workspace_create(network, ROWS, CRL_PURPOSE_INFERENCE, &inference));
    OK(crl_forward(network, inference, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_MISMATCH, "inference",
          crl_backward(network, inference, dC_dy, ROWS, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));

    crl_optimizer_destroy(optimizer);
    crl_workspace_destroy(inference);
    crl_workspace_destroy(workspace);
}

static void of_another_network(crl_network *network)
{
    crl_network *other = two_layers(INPUTS, 4, CRL_TANH, OUTPUTS, 1);
    crl_workspace *workspace = NULL;
    crl_optimizer *optimizer = NULL;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;

    OK(crl_workspace_create(other, ROWS, CRL_PURPOSE_TRAINING, &workspace));
    OK(crl_optimizer_create(other, &options, &optimizer));
    FAILS(CRL_ERROR_MISMATCH, "network", crl_forward(network, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    OK(crl_forward(other, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_MISMATCH, "network",
          crl_backward(network, workspace, dC_dy, ROWS, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));
    FAILS(CRL_ERROR_MISMATCH, "network", crl_step(optimizer, network, gradients, PARAMETERS));
    train.optimizer = optimizer;
    FAILS(CRL_ERROR_MISMATCH, "network", crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &train));

    crl_optimizer_destroy(optimizer);
    crl_workspace_destroy(workspace);
    crl_network_destroy(other);
}

static void of_another_kind(crl_network *network)
{
    crl_workspace *workspace = NULL, *no_workspace;
    crl_optimizer *optimizer = NULL, *no_optimizer;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    size_t size = 77;
    float rate = 77;
    const float *values = NULL;

    OK(crl_workspace_create(network, ROWS, CRL_PURPOSE_TRAINING, &workspace));
    OK(crl_optimizer_create(network, &options, &optimizer));
    crl_network *const not_network = (crl_network *)(void *)workspace;
    crl_workspace *const not_workspace = (crl_workspace *)(void *)optimizer;
    crl_optimizer *const not_optimizer = (crl_optimizer *)(void *)network;

    FAILS(CRL_ERROR_HANDLE, "network", crl_network_input_size(not_network, &size));
    FAILS(CRL_ERROR_HANDLE, "network", crl_network_layer_count((crl_network *)(void *)optimizer, &size));
    FAILS(CRL_ERROR_HANDLE, "network", crl_network_add_dense(not_network, 1, CRL_TANH, NULL));
    FAILS(CRL_ERROR_HANDLE, "network", crl_network_build(not_network, 0));
    FAILS(CRL_ERROR_HANDLE, "network", crl_network_predict(not_network, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_HANDLE, "network", crl_network_fit(not_network, x, ROWS, INPUTS, &targets, NULL, NULL));
    FAILS(CRL_ERROR_HANDLE, "network", crl_network_save(not_network, "never.safetensors"));
    FAILS_NULLING(CRL_ERROR_HANDLE, "network", no_workspace,
                  crl_workspace_create(not_network, 1, CRL_PURPOSE_TRAINING, &no_workspace));
    FAILS_NULLING(CRL_ERROR_HANDLE, "network", no_optimizer, crl_optimizer_create(not_network, &options, &no_optimizer));
    FAILS(CRL_ERROR_HANDLE, "workspace", crl_forward(network, not_workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_HANDLE, "network", crl_forward(not_network, workspace, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
    FAILS(CRL_ERROR_HANDLE, "workspace",
          crl_backward(network, not_workspace, dC_dy, ROWS, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));
    FAILS(CRL_ERROR_HANDLE, "workspace", crl_workspace_values(not_workspace, "0", CRL_QUANTITY_Z, &values, &size, &size));
    FAILS(CRL_ERROR_HANDLE, "optimizer", crl_step(not_optimizer, network, gradients, PARAMETERS));
    FAILS(CRL_ERROR_HANDLE, "network", crl_step(optimizer, not_network, gradients, PARAMETERS));
    FAILS(CRL_ERROR_HANDLE, "optimizer", crl_optimizer_learning_rate(not_optimizer, &rate));
    FAILS(CRL_ERROR_HANDLE, "optimizer", crl_optimizer_set_learning_rate(not_optimizer, 0.1f));
    FAILS(CRL_ERROR_HANDLE, "optimizer", crl_optimizer_set_layer(not_optimizer, "0", NULL));
    train.optimizer = not_optimizer;
    FAILS(CRL_ERROR_HANDLE, "optimizer", crl_network_fit(network, x, ROWS, INPUTS, &targets, NULL, &train));
    CHECK(size == 77 && rate == 77 && values == NULL);

    crl_optimizer_destroy(optimizer);
    crl_workspace_destroy(workspace);
}

int main(void)
{
    crl_network *network = two_layers(INPUTS, 4, CRL_TANH, OUTPUTS, 1);
    float *parameters = NULL, before[PARAMETERS];
    size_t count = 0;

    fill(x, COUNT(x), 1);
    fill(dC_dy, COUNT(dC_dy), 2);
    targets.values = dC_dy;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;
    OK(crl_network_parameters(network, &parameters, &count));

    before_build();
    after_build(network);
    backward_without_forward(network);
    memcpy(before, parameters, sizeof before);
    of_another_network(network);
    of_another_kind(network);
    CHECK(same_bits(before, parameters, PARAMETERS));

    crl_network_destroy(network);
    return finish();
}
