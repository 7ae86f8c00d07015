/* Matrix products of layers, elements taken in another order, and the last c of long short-term memory. */
#include "check.h"

static crl_network *begin(void)
{
    crl_network *network = NULL;
    OK(crl_network_create(6, &network));
    OK(crl_network_add_reshape(network, (size_t[]){ 2, 3 }, 2, NULL));
    return network;
}

/* The transpose of a matrix with its columns reversed, times the matrix. */
static void products(void)
{
    const float x[] = { 1, 2, 3, 4, 5, 6 };
    float y[4] = { 0 };
    size_t indices[3] = { 0 }, count = 0, outputs = 0;
    crl_layer layer = CRL_LAYER_INIT;
    crl_network *network = begin();
    OK(crl_network_add_take(network, 1, (size_t[]){ 2, 1, 0 }, 3, NULL));
    OK(crl_network_layer(network, 1, &layer));
    CHECK(layer.kind == CRL_LAYER_TAKE && layer.axis == 1 && layer.inputs == 1);
    OK(crl_network_layer_axes(network, 1, indices, NULL, 3, &count));
    CHECK(count == 3 && indices[0] == 2 && indices[1] == 1 && indices[2] == 0);
    FAILS(CRL_ERROR_SIZE, "extents_count is 2; there are 3 numbers",
          crl_network_layer_axes(network, 1, indices, NULL, 2, &count));
    OK(crl_network_add_matrix_product(network, "1", "0", 1, "product"));
    OK(crl_network_layer(network, 2, &layer));
    CHECK(layer.kind == CRL_LAYER_MATRIX_PRODUCT && layer.method == 1 && layer.inputs == 2);
    OK(crl_network_build(network, 1));
    OK(crl_network_output_size(network, &outputs));
    CHECK(outputs == 4);
    OK(crl_network_predict(network, x, 1, 6, y, 1, 4));
    CHECK(y[0] == 10 && y[1] == 28 && y[2] == 28 && y[3] == 73);
    crl_network_destroy(network);
}

static void refused(void)
{
    crl_network *network = begin();
    FAILS(CRL_ERROR_NULL, "indices", crl_network_add_take(network, 0, NULL, 1, NULL));
    FAILS(CRL_ERROR_SIZE, "take '1' takes at least 1 element", crl_network_add_take(network, 0, (size_t[]){ 0 }, 0, NULL));
    FAILS(CRL_ERROR_SIZE, "indices_count", crl_network_add_take(network, 0, (size_t[]){ 0 }, SIZE_MAX, NULL));
    FAILS(CRL_ERROR_SIZE, "indices", crl_network_add_take(network, 0, (size_t[]){ SIZE_MAX }, 1, NULL));
    FAILS(CRL_ERROR_VALUE, "the index 2 is not among 2 along axis 0",
          crl_network_add_take(network, 0, (size_t[]){ 0, 2 }, 2, NULL));
    FAILS(CRL_ERROR_VALUE, "2 is not among the axes of [2, 3]", crl_network_add_take(network, 2, (size_t[]){ 0 }, 1, NULL));
    FAILS(CRL_ERROR_SIZE, "matrix_product '1' multiplies matrices, [..., m, k] and [..., k, n], not [2, 3] and [2, 3]",
          crl_network_add_matrix_product(network, "0", "0", 0, NULL));
    FAILS(CRL_ERROR_SIZE, "not [6] and [2, 3]", crl_network_add_matrix_product(network, "input", "0", 1, NULL));
    FAILS(CRL_ERROR_NAME, "nobody", crl_network_add_matrix_product(network, "0", "nobody", 1, NULL));
    FAILS(CRL_ERROR_NULL, "a", crl_network_add_matrix_product(network, NULL, "0", 1, NULL));
    crl_network_destroy(network);
}

/* The layer's last row is c: with h of all steps, and with that of the last one. */
static void last_cells(void)
{
    const float x[] = { 1, 2, 3, 4, 5, 6 };
    float all[6] = { 0 }, last[4] = { 0 };
    crl_recurrent_options recurrent = CRL_RECURRENT_OPTIONS_INIT, back = CRL_RECURRENT_OPTIONS_INIT;
    recurrent.cell = 1;
    for (recurrent.last = 0; recurrent.last < 2; ++recurrent.last) {
        crl_network *network = begin();
        OK(crl_network_add_recurrent(network, CRL_CELL_LSTM, 2, &recurrent, NULL));
        OK(crl_network_layer_recurrent(network, 1, &back));
        CHECK(back.cell == 1 && back.last == recurrent.last);
        FAILS(CRL_ERROR_VALUE, "recurrent->cell is not 0", crl_network_add_recurrent(network, CRL_CELL_GRU, 2, &recurrent, NULL));
        OK(crl_network_build(network, 1));
        if (recurrent.last)
            OK(crl_network_predict(network, x, 1, 6, last, 1, 4));
        else
            OK(crl_network_predict(network, x, 1, 6, all, 1, 6));
        crl_network_destroy(network);
    }
    CHECK(memcmp(all + 2, last, sizeof last) == 0 && all[4] != 0 && all[5] != 0);
}

int main(void)
{
    products();
    refused();
    last_cells();
    return finish();
}
