/* Prepared files: opened, they predict bit for bit as the predictor that was saved; missing, truncated, altered and foreign ones are
 * refused. */
#define _XOPEN_SOURCE 700
#include "folder.h"

enum { ROWS = 70, LARGEST = 1 << 17 };

static char file[300], other[300];
static unsigned char bytes[LARGEST], altered[LARGEST];

static void write_bytes(const unsigned char *content, size_t count)
{
    FILE *stream = fopen(other, "wb");
    CHECK(stream != NULL && fwrite(content, 1, count, stream) == count);
    CHECK(stream != NULL && fclose(stream) == 0);
}

/* An image's network, with layers that are packed, folded, merged, and none of it. */
static crl_network *varied_network(void)
{
    static const size_t image[] = { 6, 5, 2 };
    crl_network *network = NULL;
    crl_window window = CRL_WINDOW_INIT;
    window.kernel.first = window.kernel.second = 3;
    window.padding = CRL_PADDING_SAME;
    OK(crl_network_create(60, &network));
    OK(crl_network_add_reshape(network, image, 3, NULL));
    OK(crl_network_add_convolution(network, 8, CRL_IDENTITY, &window, 1, NULL));
    OK(crl_network_add_normalization(network, CRL_NORMALIZATION_BATCH, NULL, NULL));
    OK(crl_network_add_prelu(network, NULL));
    OK(crl_network_add_convolution(network, 8, CRL_RELU, &window, 8, NULL));
    OK(crl_network_add_normalization(network, CRL_NORMALIZATION_LAYER, NULL, NULL));
    OK(crl_network_add_reshape(network, (const size_t[]){ 30, 8 }, 2, NULL));
    OK(crl_network_add_recurrent(network, CRL_CELL_GRU, 9, NULL, NULL));
    OK(crl_network_add_attention(network, NULL, NULL));
    OK(crl_network_add_reshape(network, (const size_t[]){ 270 }, 1, NULL));
    OK(crl_network_add_dense(network, 7, CRL_TANH, NULL));
    OK(crl_network_build(network, 3));
    return network;
}

/* A network that no layer of is packed. */
static crl_network *bare_network(void)
{
    crl_network *network = NULL;
    OK(crl_network_create(60, &network));
    OK(crl_network_add_prelu(network, NULL));
    OK(crl_network_build(network, 3));
    return network;
}

static void same_results(crl_network *network, crl_precision precision)
{
    static float x[ROWS * 60], y[ROWS * 60], expected[ROWS * 60];
    crl_predictor *predictor = NULL, *opened = NULL;
    crl_precision found = 99;
    size_t inputs = 0, outputs = 0;
    fill(x, COUNT(x), 7);
    OK(crl_predictor_create(network, precision, &predictor));
    OK(crl_predictor_save(predictor, file));
    OK(crl_predictor_input_size(predictor, &inputs));
    OK(crl_predictor_output_size(predictor, &outputs));
    OK(crl_predictor_predict(predictor, x, ROWS, inputs, expected, ROWS, outputs));
    for (int check_data = 0; check_data < 2; ++check_data) {
        OK(crl_predictor_open(file, check_data, &opened));
        OK(crl_predictor_precision(opened, &found));
        CHECK(found == precision);
        OK(crl_predictor_predict(opened, x, ROWS, inputs, y, ROWS, outputs));
        CHECK(same_bits(y, expected, ROWS * outputs));
        OK(crl_predictor_predict(opened, x, 1, inputs, y, 1, outputs));
        CHECK(same_bits(y, expected, outputs));
        /* An opened predictor is saved as it was. */
        OK(crl_predictor_save(opened, other));
        const size_t length = read_file(file, bytes, LARGEST);
        CHECK(length < LARGEST && read_file(other, altered, LARGEST) == length && memcmp(bytes, altered, length) == 0);
        /* Nobody needs the file's name. */
        CHECK(remove(other) == 0);
        crl_predictor_destroy(opened);
    }
    /* Replaced while it is open, it stays what it was. */
    OK(crl_predictor_open(file, 0, &opened));
    OK(crl_predictor_save(predictor, file));
    CHECK(remove(file) == 0);
    OK(crl_predictor_predict(opened, x, ROWS, inputs, y, ROWS, outputs));
    CHECK(same_bits(y, expected, ROWS * outputs));
    crl_predictor_destroy(opened);
    crl_predictor_destroy(predictor);
}

static void refused(crl_status status, const char *text, const unsigned char *content, size_t count)
{
    crl_predictor *predictor;
    write_bytes(content, count);
    FAILS_NULLING(status, text, predictor, crl_predictor_open(other, 0, &predictor));
}

/* Every byte of the header, and every length, is looked at; the weights on request. */
static void damaged(void)
{
    crl_predictor *predictor = NULL;
    crl_network *network = two_layers(4, 5, CRL_TANH, 3, 1), *loaded;
    OK(crl_predictor_create(network, CRL_PRECISION_FLOAT32, &predictor));
    OK(crl_predictor_save(predictor, file));
    crl_predictor_destroy(predictor);
    const size_t length = read_file(file, bytes, LARGEST), first = 8 + bytes[0] + 256u * bytes[1];
    CHECK(first % 64 == 0 && first < length && length < LARGEST);
    for (size_t count = 0; count < length; count += count < first + 80 ? 1 : 7)
        refused(CRL_ERROR_FORMAT, "", bytes, count);
    for (size_t place = 0; place < first + 16; ++place) {
        memcpy(altered, bytes, length);
        altered[place] ^= 1;
        write_bytes(altered, length);
        const crl_status status = crl_predictor_open(other, 0, &predictor);
        /* Two words of the checksums are those of the weights. */
        if (place >= first + 8)
            CHECK(status == CRL_OK);
        else
            CHECK((status == CRL_ERROR_FORMAT || status == CRL_ERROR_FILE_VERSION) && predictor == NULL);
        crl_predictor_destroy(predictor);
    }
    memcpy(altered, bytes, length);
    altered[length - 1] ^= 1;
    write_bytes(altered, length);
    OK(crl_predictor_open(other, 0, &predictor));
    crl_predictor_destroy(predictor);
    FAILS_NULLING(CRL_ERROR_FORMAT, "checksum", predictor, crl_predictor_open(other, 1, &predictor));
    memcpy(altered, bytes, length);
    memset(altered + length, 0, 64);
    refused(CRL_ERROR_FORMAT, "tensors take", altered, length + 64);

    /* Files of other kinds. */
    OK(crl_network_save(network, other));
    FAILS_NULLING(CRL_ERROR_FORMAT, "no prepared predictor", predictor, crl_predictor_open(other, 0, &predictor));
    FAILS_NULLING(CRL_ERROR_FORMAT, "is a prepared predictor", loaded, crl_network_load(file, &loaded));
    FAILS(CRL_ERROR_FORMAT, "is a prepared predictor", crl_network_load_parameters(network, file));
    FAILS_NULLING(CRL_ERROR_FILE, "o such file", predictor, crl_predictor_open("/nowhere/at/all", 0, &predictor));
    FAILS_NULLING(CRL_ERROR_FILE, "irectory", predictor, crl_predictor_open(folder, 0, &predictor));
    crl_network_destroy(network);
    CHECK(remove(other) == 0);
}

static int32_t my_activation(void *user, const float *z, float *h, size_t rows, size_t columns)
{
    (void)user;
    memcpy(h, z, rows * columns * sizeof *h);
    return 0;
}

static int32_t my_derivative(void *user, const float *z, const float *h, float *dh_dz, size_t rows, size_t columns)
{
    (void)user, (void)z, (void)h;
    for (size_t i = 0; i < rows * columns; ++i)
        dh_dz[i] = 1;
    return 0;
}

static void custom(void)
{
    crl_network *network = NULL;
    crl_predictor *predictor = NULL;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    options.function = my_activation;
    options.derivative = my_derivative;
    OK(crl_network_create(3, &network));
    OK(crl_network_add_dense(network, 2, CRL_CUSTOM_ACTIVATION, &options));
    OK(crl_network_build(network, 1));
    OK(crl_predictor_create(network, CRL_PRECISION_FLOAT32, &predictor));
    FAILS(CRL_ERROR_VALUE, "'0' has a custom activation", crl_predictor_save(predictor, other));
    crl_predictor_destroy(predictor);
    crl_network_destroy(network);
}

/* A stream of an opened predictor, and a predictor opened twice. */
static void streamed(void)
{
    static const size_t extents[] = { 1, 3 };
    float x[3] = { 1, -2, 0.5f }, y[2], expected[2];
    crl_network *network = NULL;
    crl_predictor *predictor = NULL, *opened[2] = { NULL, NULL };
    crl_stream *streams[3];
    OK(crl_network_create(3, &network));
    OK(crl_network_add_reshape(network, extents, 2, NULL));
    OK(crl_network_add_recurrent(network, CRL_CELL_LSTM, 4, NULL, NULL));
    OK(crl_network_add_dense(network, 2, CRL_IDENTITY, NULL));
    OK(crl_network_build(network, 1));
    OK(crl_predictor_create(network, CRL_PRECISION_FLOAT32, &predictor));
    OK(crl_predictor_save(predictor, file));
    OK(crl_stream_create(predictor, &streams[0]));
    for (int i = 0; i < 2; ++i) {
        OK(crl_predictor_open(file, 0, &opened[i]));
        OK(crl_stream_create(opened[i], &streams[i + 1]));
        crl_predictor_destroy(opened[i]);
    }
    for (int frame = 0; frame < 5; ++frame)
        for (int i = 0; i < 3; ++i) {
            OK(crl_stream_push(streams[i], x, 1, i ? y : expected));
            CHECK(i == 0 || same_bits(y, expected, 2));
        }
    for (int i = 0; i < 3; ++i)
        crl_stream_destroy(streams[i]);
    crl_predictor_destroy(predictor);
    crl_network_destroy(network);
}

int main(void)
{
    crl_network *networks[3];
    make_folder();
    snprintf(file, sizeof file, "%s/model.prepared", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    networks[0] = two_layers(60, 40, CRL_RELU, 10, 1);
    networks[1] = varied_network();
    networks[2] = bare_network();
    for (size_t i = 0; i < COUNT(networks); ++i) {
        for (crl_precision precision = 0; precision < 3; ++precision)
            same_results(networks[i], precision);
        crl_network_destroy(networks[i]);
    }
    damaged();
    custom();
    streamed();
    CHECK(remove(file) == 0 && rmdir(folder) == 0);
    return finish();
}
