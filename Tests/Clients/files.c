/* Model files: saved and loaded bit for bit; and missing, empty, truncated, altered, newer and foreign ones refused. */
#define _XOPEN_SOURCE 700
#include <stdio.h>

#include "folder.h"

enum { ROWS = 4, INPUTS = 3, OUTPUTS = 2, LARGEST = 16384 };

static char model[300], copy[300];
static unsigned char bytes[LARGEST];
static size_t length, header_length; /* of the saved model: 8 bytes of length, the JSON header, the tensors */
static float x[ROWS * INPUTS], expected[ROWS * OUTPUTS];
static crl_network *network;

static void write_bytes(const char *path, const unsigned char *content, size_t count)
{
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(content, 1, count, file) == count);
    CHECK(file != NULL && fclose(file) == 0);
}

static int predicts_the_same(const crl_network *loaded)
{
    float y[ROWS * OUTPUTS];
    return crl_network_predict(loaded, x, ROWS, INPUTS, y, ROWS, OUTPUTS) == CRL_OK
        && same_bits(y, expected, ROWS * OUTPUTS);
}

/* A network with every kind of node, so that the header holds every kind of entry. */
static crl_network *varied_network(void)
{
    crl_network *varied = NULL;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    const char *inputs[] = { "first", "second" }, *joined[] = { "sum", "input" };
    OK(crl_network_create(INPUTS, &varied));
    options.name = "first";
    OK(crl_network_add_dense(varied, 4, CRL_TANH, &options));
    options.name = "second";
    options.bias = 0;
    OK(crl_network_add_dense(varied, 4, CRL_GELU, &options));
    OK(crl_network_add_sum(varied, inputs, 2, "sum"));
    OK(crl_network_add_concatenation(varied, joined, 2, "both"));
    OK(crl_network_add_activation(varied, CRL_SILU, NULL));
    OK(crl_network_add_dense(varied, OUTPUTS, CRL_LOG_SOFTMAX, NULL));
    OK(crl_network_build(varied, 5));
    return varied;
}

static void round_trip(void)
{
    crl_network *loaded = NULL;
    float *a = NULL, *b = NULL;
    size_t a_count = 0, b_count = 0, layers = 0, tensors = 0;

    OK(crl_network_load(model, &loaded));
    OK(crl_network_parameters(network, &a, &a_count));
    OK(crl_network_parameters(loaded, &b, &b_count));
    CHECK(a_count == b_count && same_bits(a, b, a_count));
    CHECK(predicts_the_same(loaded));
    OK(crl_network_layer_count(network, &layers));
    for (size_t i = 0; i < layers; ++i) {
        crl_layer layer = CRL_LAYER_INIT, same = CRL_LAYER_INIT;
        OK(crl_network_layer(network, i, &layer));
        OK(crl_network_layer(loaded, i, &same));
        CHECK(strcmp(layer.name, same.name) == 0 && layer.kind == same.kind && layer.activation == same.activation &&
              layer.units == same.units && layer.inputs == same.inputs && layer.bias == same.bias);
    }
    OK(crl_network_tensor_count(network, &tensors));
    for (size_t i = 0; i < tensors; ++i) {
        crl_tensor tensor = CRL_TENSOR_INIT, same = CRL_TENSOR_INIT;
        OK(crl_network_tensor(network, i, &tensor));
        OK(crl_network_find_tensor(loaded, tensor.name, &same));
        CHECK(tensor.offset == same.offset && tensor.rows == same.rows && tensor.columns == same.columns);
    }

    /* What was loaded saves to the same bytes, over a file that is there already. */
    unsigned char again[LARGEST];
    write_bytes(copy, bytes, 3);
    OK(crl_network_save(loaded, copy));
    CHECK(read_file(copy, again, LARGEST) == length && memcmp(again, bytes, length) == 0);
    CHECK(files_in(folder) == 2); /* no temporary file is left */
    crl_network_destroy(loaded);
}

static void no_such_file(void)
{
    crl_network *none;
    char absent[300], deep[300];
    snprintf(absent, sizeof absent, "%.250s/absent.safetensors", folder);
    snprintf(deep, sizeof deep, "%.250s/absent/model.safetensors", folder);

    FAILS_NULLING(CRL_ERROR_FILE, "absent.safetensors", none, crl_network_load(absent, &none));
    FAILS(CRL_ERROR_FILE, "absent.safetensors", crl_network_load_parameters(network, absent));
    FAILS_NULLING(CRL_ERROR_FILE, "", none, crl_network_load("", &none));
    FAILS(CRL_ERROR_FILE, "", crl_network_save(network, ""));
    FAILS(CRL_ERROR_FILE, "absent/model", crl_network_save(network, deep));
    FAILS(CRL_ERROR_FILE, folder, crl_network_save(network, folder));
    crl_status status = crl_network_load(folder, &none);
    CHECK((status == CRL_ERROR_FILE || status == CRL_ERROR_FORMAT) && none == NULL);
    CHECK(files_in(folder) == 2);
}

/* Loading the copy is refused, both ways, with the network's parameters left alone. */
static void copy_refused(crl_status code, const char *text)
{
    crl_network *none;
    FAILS_NULLING(code, text, none, crl_network_load(copy, &none));
    FAILS(code, text, crl_network_load_parameters(network, copy));
    CHECK(predicts_the_same(network));
}

static void truncated(void)
{
    for (size_t kept = 0; kept < length; ++kept) {
        write_bytes(copy, bytes, kept);
        copy_refused(CRL_ERROR_FORMAT, "");
    }
    unsigned char longer[LARGEST + 1];
    memcpy(longer, bytes, length);
    longer[length] = 0;
    write_bytes(copy, longer, length + 1);
    copy_refused(CRL_ERROR_FORMAT, "");
}

/* A network that an altered header gives is still the one that was saved: the header says some things in more than one way,
 * so not every altered byte is an error. */
static void altered(void)
{
    static const unsigned char masks[] = { 0x01, 0x02, 0x04, 0x10, 0x20, 0x80, 0xff };
    size_t accepted = 0;

    for (size_t at = 0; at < 8 + header_length; ++at)
        for (size_t m = 0; m < COUNT(masks); ++m) {
            crl_network *loaded = NULL;
            bytes[at] ^= masks[m];
            write_bytes(copy, bytes, length);
            const crl_status status = crl_network_load(copy, &loaded);
            if (status == CRL_OK) {
                ++accepted;
                CHECK(predicts_the_same(loaded));
            } else {
                CHECK(loaded == NULL && crl_error_message()[0] != '\0');
                CHECK(status == CRL_ERROR_FORMAT || status == CRL_ERROR_FILE_VERSION);
            }
            crl_network_destroy(loaded);
            bytes[at] ^= masks[m];
        }
    CHECK(accepted * 10 < header_length * COUNT(masks));
}

/* Writes the model with the first `old` in its header replaced by `new`, and the header's length set right. */
static void write_replaced(const char *old, const char *new)
{
    unsigned char changed[LARGEST];
    const size_t old_length = strlen(old), new_length = strlen(new);
    size_t at = 8;
    while (at + old_length <= 8 + header_length && memcmp(bytes + at, old, old_length) != 0)
        ++at;
    if (!CHECK(at + old_length <= 8 + header_length))
        return;
    const size_t new_header = header_length - old_length + new_length;
    for (int i = 0; i < 8; ++i)
        changed[i] = (unsigned char)((uint64_t)new_header >> (8 * i));
    memcpy(changed + 8, bytes + 8, at - 8);
    memcpy(changed + at, new, new_length);
    memcpy(changed + at + new_length, bytes + at + old_length, length - at - old_length);
    write_bytes(copy, changed, length - old_length + new_length);
}

static void newer_or_foreign(void)
{
    static const char foreign[] = "\x40\0\0\0\0\0\0\0{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}          "
                                  "12345678";
    static const char picture[] = "\x89PNG\r\n\x1a\n and then some more bytes of a picture";
    static const char huge[] = "\xff\xff\xff\xff\xff\xff\xff\xff{}";
    static const char none[] = "\x02\0\0\0\0\0\0\0{}";

    write_replaced("\"format_version\":\"1\"", "\"format_version\":\"2\"");
    copy_refused(CRL_ERROR_FILE_VERSION, "2");
    write_replaced("\"format_version\":\"1\"", "\"format_version\":\"1000000\"");
    copy_refused(CRL_ERROR_FILE_VERSION, "1000000");
    write_replaced("F32", "F64");
    copy_refused(CRL_ERROR_FORMAT, "F64");
    write_bytes(copy, (const unsigned char *)foreign, sizeof foreign - 1);
    copy_refused(CRL_ERROR_FORMAT, "");
    write_bytes(copy, (const unsigned char *)picture, sizeof picture - 1);
    copy_refused(CRL_ERROR_FORMAT, "");
    write_bytes(copy, (const unsigned char *)huge, sizeof huge - 1);
    copy_refused(CRL_ERROR_FORMAT, "");
    write_bytes(copy, (const unsigned char *)none, sizeof none - 1);
    copy_refused(CRL_ERROR_FORMAT, "");
}

static int32_t leaky(void *user, const float *z, float *h, size_t rows, size_t columns)
{
    (void)user;
    for (size_t i = 0; i < rows * columns; ++i)
        h[i] = z[i] > 0 ? z[i] : 0.3f * z[i];
    return 0;
}

static int32_t leaky_derivative(void *user, const float *z, const float *h, float *dh_dz, size_t rows, size_t columns)
{
    (void)user;
    (void)h;
    for (size_t i = 0; i < rows * columns; ++i)
        dh_dz[i] = z[i] > 0 ? 1 : 0.3f;
    return 0;
}

/* An activation's α is saved. A custom activation cannot be; such a network takes its parameters from a file, and no more. */
static void activations(void)
{
    crl_network *built_in = NULL, *custom = NULL, *none;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    float before[ROWS * 4], after[ROWS * 4];

    options.alpha = 0.3f;
    OK(crl_network_create(INPUTS, &built_in));
    OK(crl_network_add_dense(built_in, 4, CRL_LEAKY_RELU, &options));
    OK(crl_network_build(built_in, 1));
    OK(crl_network_predict(built_in, x, ROWS, INPUTS, before, ROWS, 4));
    OK(crl_network_save(built_in, copy));
    crl_network_destroy(built_in);
    OK(crl_network_load(copy, &built_in));
    OK(crl_network_predict(built_in, x, ROWS, INPUTS, after, ROWS, 4));
    CHECK(same_bits(before, after, COUNT(before)));

    options.alpha = CRL_AUTO;
    options.function = leaky;
    options.derivative = leaky_derivative;
    OK(crl_network_create(INPUTS, &custom));
    OK(crl_network_add_dense(custom, 4, CRL_CUSTOM_ACTIVATION, &options));
    OK(crl_network_build(custom, 2));
    OK(crl_network_load_parameters(custom, copy));
    OK(crl_network_predict(custom, x, ROWS, INPUTS, after, ROWS, 4));
    for (size_t i = 0; i < COUNT(before); ++i)
        CHECK(after[i] - before[i] < 1e-6f && before[i] - after[i] < 1e-6f);
    OK(crl_network_save(custom, copy));
    FAILS_NULLING(CRL_ERROR_FORMAT, "custom", none, crl_network_load(copy, &none));
    OK(crl_network_load_parameters(custom, copy));

    crl_network_destroy(built_in);
    crl_network_destroy(custom);
}

/* load_parameters() takes a file with the same tensors, and no other. */
static void parameters_alone(void)
{
    crl_network *same = varied_network(), *other = two_layers(INPUTS, 4, CRL_TANH, OUTPUTS, 9);
    float *values = NULL, before[64];
    size_t count = 0;

    OK(crl_network_parameters(same, &values, &count));
    for (size_t i = 0; i < count; ++i)
        values[i] = 0;
    CHECK(!predicts_the_same(same));
    OK(crl_network_load_parameters(same, model));
    CHECK(predicts_the_same(same));

    OK(crl_network_parameters(other, &values, &count));
    memcpy(before, values, count * sizeof *before);
    FAILS(CRL_ERROR_FORMAT, "tensor", crl_network_load_parameters(other, model));
    CHECK(same_bits(before, values, count));
    crl_network_destroy(same);
    crl_network_destroy(other);
}

int main(void)
{
    make_folder();
    snprintf(model, sizeof model, "%s/model.safetensors", folder);
    snprintf(copy, sizeof copy, "%s/copy.safetensors", folder);

    fill(x, COUNT(x), 1);
    network = varied_network();
    OK(crl_network_predict(network, x, ROWS, INPUTS, expected, ROWS, OUTPUTS));
    OK(crl_network_save(network, model));
    length = read_file(model, bytes, LARGEST);
    for (int i = 7; i >= 0; --i)
        header_length = header_length << 8 | bytes[i];
    CHECK(length > 8 && length < LARGEST && header_length < length - 8);

    round_trip();
    no_such_file();
    truncated();
    altered();
    newer_or_foreign();
    activations();
    parameters_alone();

    crl_network_destroy(network);
    CHECK(remove(model) == 0 && remove(copy) == 0 && rmdir(folder) == 0);
    return finish();
}
