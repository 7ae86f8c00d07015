/* Layer and tensor names: taken, malformed, too long, unknown. */
#include "check.h"

static const char longest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
static const char too_long[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

static crl_status add(crl_network *network, const char *name, const char *input)
{
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    options.name = name;
    options.input = input;
    return crl_network_add_dense(network, 4, CRL_TANH, &options);
}

static void malformed(crl_network *network)
{
    static const char *const names[] = { "a.b", "a b", "a/b", "tab\t", "line\n", "\xc3\xa9", "\xff", "quote\"", "{", "%s%n" };
    const char *inputs[] = { "hidden", "hidden" };

    FAILS(CRL_ERROR_NAME, "name", add(network, "", NULL));
    for (size_t i = 0; i < COUNT(names); ++i) {
        FAILS(CRL_ERROR_NAME, "", add(network, names[i], NULL));
        FAILS(CRL_ERROR_NAME, "", crl_network_add_sum(network, inputs, 2, names[i]));
        FAILS(CRL_ERROR_NAME, "", crl_network_add_concatenation(network, inputs, 2, names[i]));
    }
    FAILS(CRL_ERROR_NAME, "a.b", add(network, "a.b", NULL));
    FAILS(CRL_ERROR_NAME, "", add(network, too_long, NULL));
    FAILS(CRL_ERROR_NAME, "input", add(network, "input", NULL));
}

static void taken(crl_network *network)
{
    const char *inputs[] = { "hidden", "hidden" };
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    options.name = "hidden";

    FAILS(CRL_ERROR_NAME, "hidden", add(network, "hidden", NULL));
    FAILS(CRL_ERROR_NAME, "hidden", crl_network_add_activation(network, CRL_TANH, &options));
    FAILS(CRL_ERROR_NAME, "hidden", crl_network_add_sum(network, inputs, 2, "hidden"));
    FAILS(CRL_ERROR_NAME, "hidden", crl_network_add_concatenation(network, inputs, 2, "hidden"));
}

static void unknown(crl_network *network)
{
    const char *inputs[] = { "hidden", "absent" };

    FAILS(CRL_ERROR_NAME, "absent", add(network, "new", "absent"));
    FAILS(CRL_ERROR_NAME, "new", add(network, "new", "new"));
    FAILS(CRL_ERROR_NAME, "", add(network, "new", ""));
    FAILS(CRL_ERROR_NAME, "absent", crl_network_add_sum(network, inputs, 2, NULL));
    FAILS(CRL_ERROR_NAME, "absent", crl_network_add_concatenation(network, inputs, 2, NULL));
}

/* A layer without a name takes its position as its name, and so can find it taken. */
static void position_taken(void)
{
    crl_network *network = NULL;
    OK(crl_network_create(3, &network));
    OK(add(network, "1", NULL));
    FAILS(CRL_ERROR_NAME, "1", add(network, NULL, NULL));
    OK(add(network, "other", NULL));
    crl_network_destroy(network);
}

static void looked_up(crl_network *network)
{
    crl_tensor tensor = CRL_TENSOR_INIT;
    crl_workspace *workspace = NULL;
    const float *values = NULL, x[3] = { 0, 0, 0 };
    size_t rows = 77, columns = 77;
    static const char *const absent[] = { "absent", "", "hidden", "hidden.", ".weight", "hidden.weight ", "hidden.Weight",
                                          "hidden.weights", "input.weight" };

    for (size_t i = 0; i < COUNT(absent); ++i)
        FAILS(CRL_ERROR_NAME, absent[i], crl_network_find_tensor(network, absent[i], &tensor));
    CHECK(tensor.name == NULL);
    OK(crl_network_find_tensor(network, "hidden.weight", &tensor));
    CHECK(strcmp(tensor.name, "hidden.weight") == 0 && tensor.offset == 0 && tensor.rows == 4 && tensor.columns == 3);
    OK(crl_network_find_tensor(network, "hidden.bias", &tensor));
    CHECK(strcmp(tensor.name, "hidden.bias") == 0 && tensor.rows == 4 && tensor.columns == 1);

    OK(crl_workspace_create(network, 1, CRL_PURPOSE_TRAINING, &workspace));
    OK(crl_forward(network, workspace, x, 1, 3, NULL, 0, 0));
    FAILS(CRL_ERROR_NAME, "absent", crl_workspace_values(workspace, "absent", CRL_QUANTITY_Z, &values, &rows, &columns));
    FAILS(CRL_ERROR_NAME, "", crl_workspace_values(workspace, "", CRL_QUANTITY_Z, &values, &rows, &columns));
    CHECK(values == NULL && rows == 77 && columns == 77);
    crl_workspace_destroy(workspace);
}

int main(void)
{
    crl_network *network = NULL;
    crl_layer layer = CRL_LAYER_INIT;
    char mine[] = "copied";
    size_t count = 0;

    OK(crl_network_create(3, &network));
    OK(add(network, "hidden", "input"));
    malformed(network);
    taken(network);
    unknown(network);

    /* What failed was not added. */
    OK(crl_network_layer_count(network, &count));
    CHECK(count == 1);

    /* A name given is copied; a name not given is the layer's position. */
    OK(add(network, mine, NULL));
    mine[0] = 'X';
    OK(add(network, NULL, NULL));
    OK(add(network, longest, "hidden"));
    OK(crl_network_layer(network, 0, &layer));
    CHECK(strcmp(layer.name, "hidden") == 0 && layer.units == 4);
    OK(crl_network_layer(network, 1, &layer));
    CHECK(strcmp(layer.name, "copied") == 0);
    OK(crl_network_layer(network, 2, &layer));
    CHECK(strcmp(layer.name, "2") == 0);
    OK(crl_network_layer(network, 3, &layer));
    CHECK(strcmp(layer.name, longest) == 0);

    /* A layer that nothing reads is a mistake, unless it is the output. */
    FAILS(CRL_ERROR_NAME, "'2'", crl_network_build(network, 0));
    const char *read[] = { "2", longest };
    OK(crl_network_add_sum(network, read, 2, NULL));
    OK(crl_network_build(network, 0));
    CHECK(strcmp(layer.name, longest) == 0);
    looked_up(network);
    position_taken();

    crl_network_destroy(network);
    return finish();
}
