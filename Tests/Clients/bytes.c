/* Files in memory and through callbacks: the bytes are those of a file, and several can follow one another in a stream. */
#define _XOPEN_SOURCE 700
#include <stdlib.h>

#include "folder.h"

enum { LARGEST = 1 << 20, ROWS = 8 };

static char path[300];
static unsigned char file[LARGEST];
static float x[ROWS * 3], t[ROWS * 2];

static int32_t write_to(void *user, const void *bytes, size_t count) { return fwrite(bytes, 1, count, user) != count; }

static int32_t read_from(void *user, void *bytes, size_t capacity, size_t *count)
{
    *count = fread(bytes, 1, capacity, user);
    return ferror((FILE *)user);
}

/* Fails in the call whose number it counts down to. */
static int32_t fail_writing(void *user, const void *bytes, size_t count)
{
    int *calls = user;
    CHECK(bytes != NULL && count > 0);
    return --*calls == 0 ? 42 : 0;
}

static const float *parameters(crl_network *network, size_t *count)
{
    float *values = NULL;
    OK(crl_network_parameters(network, &values, count));
    return values;
}

static int have_same_parameters(crl_network *a, crl_network *b)
{
    size_t a_count = 0, b_count = 0;
    const float *const of_a = parameters(a, &a_count), *const of_b = parameters(b, &b_count);
    return a_count == b_count && same_bits(of_a, of_b, a_count);
}

static crl_trainer *trainer_of(crl_network *network)
{
    crl_trainer *trainer = NULL;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    options.epochs = 2, options.batch_size = 4, options.threads = 1;
    OK(crl_trainer_create(network, &options, &trainer));
    return trainer;
}

static void train(crl_trainer *trainer)
{
    crl_targets targets = CRL_TARGETS_INIT;
    targets.values = t, targets.rows = ROWS, targets.columns = targets.stride = 2;
    OK(crl_trainer_fit(trainer, x, ROWS, 3, &targets, NULL));
}

/* A buffer of just the right size, and one that is a byte too short. */
static void memory_of_a_network(crl_network *network)
{
    size_t count = 0, written = 7;
    crl_network *copy = NULL, *other = two_layers(3, 40, CRL_TANH, 2, 9);
    OK(crl_network_save_to_memory(network, NULL, 0, &count));
    unsigned char *const bytes = malloc(count), *const shorter = malloc(count - 1);
    FAILS(CRL_ERROR_SIZE, "bytes", crl_network_save_to_memory(network, shorter, count - 1, &written));
    CHECK(written == 7);
    OK(crl_network_save_to_memory(network, bytes, count, &written));
    OK(crl_network_save(network, path));
    CHECK(written == count && read_file(path, file, LARGEST) == count && memcmp(bytes, file, count) == 0);

    OK(crl_network_load_from_memory(bytes, count, 0, &copy));
    OK(crl_network_load_parameters_from_memory(other, bytes, count));
    CHECK(have_same_parameters(copy, network) && have_same_parameters(other, network));
    crl_network_destroy(copy);
    memcpy(shorter, bytes, count - 1);
    FAILS_NULLING(CRL_ERROR_FORMAT, "bytes", copy, crl_network_load_from_memory(shorter, count - 1, 0, &copy));
    FAILS_NULLING(CRL_ERROR_MEMORY, "limit of 100", copy, crl_network_load_from_memory(bytes, count, 100, &copy));
    /* In place: a network is no place for its own file. */
    size_t values_count = 0;
    const float *const values = parameters(network, &values_count);
    FAILS(CRL_ERROR_OVERLAP, "parameters", crl_network_save_to_memory(network, (void *)values, 4 * values_count, &written));
    FAILS(CRL_ERROR_OVERLAP, "bytes", crl_network_load_parameters_from_memory(network, values, 4 * values_count));
    free(bytes);
    free(shorter);
    crl_network_destroy(other);
}

static void memory_of_a_trainer(crl_trainer *trainer, crl_network *network)
{
    size_t count = 0, written = 0;
    crl_network *other = two_layers(3, 40, CRL_TANH, 2, 9);
    crl_trainer *again = trainer_of(other);
    OK(crl_trainer_save_to_memory(trainer, NULL, 0, &count));
    unsigned char *const bytes = malloc(count);
    FAILS(CRL_ERROR_SIZE, "bytes", crl_trainer_save_to_memory(trainer, bytes, count - 1, &written));
    OK(crl_trainer_save_to_memory(trainer, bytes, count, &written));
    OK(crl_trainer_save(trainer, path));
    CHECK(written == count && read_file(path, file, LARGEST) == count && memcmp(bytes, file, count) == 0);
    FAILS(CRL_ERROR_FORMAT, "", crl_trainer_load_from_memory(again, bytes, count - 1));
    OK(crl_trainer_load_from_memory(again, bytes, count));
    CHECK(have_same_parameters(other, network));
    free(bytes);
    crl_trainer_destroy(again);
    crl_network_destroy(other);
}

/* A network, a checkpoint, and a network again, one after the other in a FILE. */
static void a_stream(crl_network *network, crl_trainer *trainer)
{
    crl_network *first = NULL, *second = two_layers(3, 40, CRL_TANH, 2, 9), *last = NULL;
    crl_trainer *again = trainer_of(second);
    FILE *stream = tmpfile();
    CHECK(stream != NULL);
    OK(crl_network_save_to_callback(network, write_to, stream));
    OK(crl_trainer_save_to_callback(trainer, write_to, stream));
    OK(crl_network_save_to_callback(network, write_to, stream));
    CHECK(fputc('!', stream) == '!');
    rewind(stream);
    OK(crl_network_load_from_callback(read_from, stream, 0, &first));
    OK(crl_trainer_load_from_callback(again, read_from, stream));
    CHECK(have_same_parameters(first, network) && have_same_parameters(second, network));
    OK(crl_network_load_parameters_from_callback(first, read_from, stream));
    CHECK(have_same_parameters(first, network) && fgetc(stream) == '!');
    FAILS_NULLING(CRL_ERROR_FORMAT, "truncated", last, crl_network_load_from_callback(read_from, stream, 0, &last));
    fclose(stream);
    crl_trainer_destroy(again);
    crl_network_destroy(first);
    crl_network_destroy(second);
}

static void failing_callbacks(crl_network *network, crl_trainer *trainer)
{
    for (int call = 1; call <= 2; ++call) {
        int calls = call;
        FAILS(CRL_ERROR_CALLBACK, "42", crl_network_save_to_callback(network, fail_writing, &calls));
        calls = call;
        FAILS(CRL_ERROR_CALLBACK, "42", crl_trainer_save_to_callback(trainer, fail_writing, &calls));
    }
}

/* The lengths that the caller gives for the axes of the model's only input, which has so many bytes in `file`. */
static void shapes_of_inputs(size_t count)
{
    const size_t right[] = { CRL_AUTO_SIZE, 3 }, wrong[] = { CRL_AUTO_SIZE, 4 }, zero[] = { 0, 3 };
    const crl_onnx_shape good = { "input", right, 2 };
    crl_onnx_options options = CRL_ONNX_OPTIONS_INIT, initial;
    crl_network *network = NULL;
    OK(crl_onnx_options_init(&initial, sizeof initial));
    CHECK(initial.size == sizeof initial && !initial.memory_limit && !initial.shapes && !initial.shapes_count);
    options.shapes = &good, options.shapes_count = 1;
    OK(crl_network_load_onnx_from_memory(file, count, &options, &network));
    crl_network_destroy(network);
    OK(crl_network_load_onnx(path, &options, &network));
    crl_network_destroy(network);
#define REFUSED(code, text, ...) \
    do { \
        const crl_onnx_shape bad[] = { __VA_ARGS__ }; \
        options.shapes = bad, options.shapes_count = COUNT(bad); \
        FAILS_NULLING(code, text, network, crl_network_load_onnx_from_memory(file, count, &options, &network)); \
    } while (0)
    REFUSED(CRL_ERROR_SIZE, "axis 1 of the input 'input' has the length 3; 4 was given", { "input", wrong, 2 });
    REFUSED(CRL_ERROR_SIZE, "axis 0 of the input 'input' gets the length 0", { "input", zero, 2 });
    REFUSED(CRL_ERROR_SIZE, "has 2 axes; 1 lengths were given", { "input", right, 1 });
    REFUSED(CRL_ERROR_SIZE, "rank is", { "input", right, SIZE_MAX });
    REFUSED(CRL_ERROR_NAME, "no input 'output'", { "output", right, 2 });
    REFUSED(CRL_ERROR_NAME, "given twice", { "input", right, 2 }, { "input", right, 2 });
    REFUSED(CRL_ERROR_NULL, "input", { NULL, right, 2 });
    REFUSED(CRL_ERROR_NULL, "lengths", { "input", NULL, 2 });
#undef REFUSED
    options.shapes = &good, options.shapes_count = SIZE_MAX;
    FAILS(CRL_ERROR_SIZE, "shapes_count", crl_network_load_onnx_from_memory(file, count, &options, &network));
    options.shapes = NULL, options.memory_limit = 1;
    FAILS(CRL_ERROR_MEMORY, "limit", crl_network_load_onnx_from_memory(file, count, &options, &network));
    options.size = 3;
    FAILS(CRL_ERROR_SIZE, "options->size is 3", crl_network_load_onnx_from_memory(file, count, &options, &network));
}

/* C source, and what is refused. Tests/CSource compiles it. */
static void c_source(crl_network *network)
{
    crl_c_source_options options = CRL_C_SOURCE_OPTIONS_INIT;
    size_t count = 0, written = 0;
    OK(crl_network_export_c_to_memory(network, NULL, NULL, 0, &count));
    char *text = malloc(count);
    CHECK(text != NULL);
    FAILS(CRL_ERROR_SIZE, "buffer", crl_network_export_c_to_memory(network, NULL, text, count - 1, &written));
    FAILS(CRL_ERROR_NULL, "count", crl_network_export_c_to_memory(network, NULL, text, count, NULL));
    FAILS(CRL_ERROR_NULL, "bytes", crl_network_export_c_to_memory(network, NULL, NULL, 1, &written));
    FAILS(CRL_ERROR_NULL, "network", crl_network_export_c_to_memory(NULL, NULL, text, count, &written));
    OK(crl_network_export_c_to_memory(network, NULL, text, count, &written));
    CHECK(written == count && !memcmp(text, "/* A neural network as C99", 26));
    options.name = "1st";
    FAILS(CRL_ERROR_NAME, "'1st'", crl_network_export_c_to_memory(network, &options, NULL, 0, &count));
    options.name = "first";
    options.precision = CRL_PRECISION_BFLOAT16;
    FAILS(CRL_ERROR_VALUE, "bfloat16", crl_network_export_c_to_memory(network, &options, NULL, 0, &count));
    options.precision = 99;
    FAILS(CRL_ERROR_VALUE, "99", crl_network_export_c_to_memory(network, &options, NULL, 0, &count));
    options.precision = CRL_PRECISION_FLOAT32;
    options.has_momentum = 1;
    FAILS(CRL_ERROR_VALUE, "momentum", crl_network_export_c_to_memory(network, &options, NULL, 0, &count));
    options.trains = 1;
    OK(crl_network_export_c_to_memory(network, &options, NULL, 0, &count));
    CHECK(count > written);
    options.reserved = 1;
    FAILS(CRL_ERROR_VALUE, "reserved", crl_network_export_c_to_memory(network, &options, NULL, 0, &count));
    FAILS(CRL_ERROR_NULL, "path", crl_network_export_c(network, NULL, NULL));
    FAILS(CRL_ERROR_FILE, "/no/folder", crl_network_export_c(network, "/no/folder/network.c", NULL));
    free(text);
}

/* An ONNX model, in memory and in a file, is a network with the same parameters and outputs. */
static void onnx(crl_network *network)
{
    size_t count = 0, written = 0;
    float y[ROWS * 2], again[ROWS * 2];
    crl_network *copy = NULL, *open = NULL;
    OK(crl_network_save_onnx_to_memory(network, NULL, 0, &count));
    CHECK(count > 1000 && count <= LARGEST);
    FAILS(CRL_ERROR_SIZE, "buffer", crl_network_save_onnx_to_memory(network, file, count - 1, &written));
    FAILS(CRL_ERROR_NULL, "count", crl_network_save_onnx_to_memory(network, file, count, NULL));
    FAILS(CRL_ERROR_NULL, "bytes", crl_network_save_onnx_to_memory(network, NULL, 1, &written));
    OK(crl_network_save_onnx_to_memory(network, file, count, &written));
    CHECK(written == count);
    OK(crl_network_predict(network, x, ROWS, 3, y, COUNT(y), 2));
    for (int from_file = 0; from_file < 2; ++from_file) {
        if (from_file) {
            OK(crl_network_save_onnx(network, path));
            OK(crl_network_load_onnx(path, NULL, &copy));
        } else {
            OK(crl_network_load_onnx_from_memory(file, count, NULL, &copy));
        }
        CHECK(have_same_parameters(network, copy));
        OK(crl_network_predict(copy, x, ROWS, 3, again, COUNT(again), 2));
        CHECK(memcmp(y, again, sizeof y) == 0);
        crl_network_destroy(copy);
    }
    shapes_of_inputs(count);
    FAILS(CRL_ERROR_FILE, "/no/folder", crl_network_save_onnx(network, "/no/folder/model.onnx"));
    FAILS(CRL_ERROR_NULL, "path", crl_network_save_onnx(network, NULL));
    OK(crl_network_create(3, &open));
    OK(crl_network_add_function(open, CRL_FUNCTION_STEPWISE_SIGMOID, 0, 0, NULL));
    FAILS(CRL_ERROR_NOT_BUILT, "crl_network_build", crl_network_save_onnx(open, path));
    OK(crl_network_build(open, 1));
    FAILS(CRL_ERROR_VALUE, "layer '0'", crl_network_save_onnx_to_memory(open, NULL, 0, &count));
    crl_network_destroy(open);
}

/* The names of the classes of a network with two outputs. */
static void labels(const crl_network *network)
{
    static const char *const names[] = { "no", "yes" }, *const bad[] = { "no", "\xff" }, *const missing[] = { "no", NULL };
    crl_network *labelled, *copy;
    const char *label;
    size_t count, bytes, written;
    OK(crl_network_copy(network, &labelled));
    OK(crl_network_class_label_count(labelled, &count));
    CHECK(count == 0);
    FAILS(CRL_ERROR_SIZE, "0 class labels", crl_network_class_label(labelled, 0, &label));
    OK(crl_network_set_class_labels(labelled, names, 2));
    FAILS(CRL_ERROR_VALUE, "class label 1 is no UTF-8", crl_network_set_class_labels(labelled, bad, 2));
    FAILS(CRL_ERROR_NULL, "labels[1]", crl_network_set_class_labels(labelled, missing, 2));
    FAILS(CRL_ERROR_NULL, "labels", crl_network_set_class_labels(labelled, NULL, 2));
    FAILS(CRL_ERROR_SIZE, "labels_count is 3", crl_network_set_class_labels(labelled, names, 3));
    FAILS(CRL_ERROR_SIZE, "1 class labels were given", crl_network_set_class_labels(labelled, names, 1));
    OK(crl_network_save_to_memory(labelled, NULL, 0, &bytes));
    unsigned char *file = malloc(bytes);
    CHECK(file != NULL);
    OK(crl_network_save_to_memory(labelled, file, bytes, &written));
    crl_network_destroy(labelled);
    OK(crl_network_load_from_memory(file, bytes, 0, &copy));
    free(file);
    OK(crl_network_class_label_count(copy, &count));
    CHECK(count == 2);
    OK(crl_network_class_label(copy, 1, &label));
    CHECK(strcmp(label, "yes") == 0);
    FAILS(CRL_ERROR_SIZE, "index is 2", crl_network_class_label(copy, 2, &label));
    FAILS(CRL_ERROR_NULL, "label", crl_network_class_label(copy, 1, NULL));
    OK(crl_network_set_class_labels(copy, NULL, 0));
    OK(crl_network_class_label_count(copy, &count));
    CHECK(count == 0);
    crl_network_destroy(copy);
}

int main(void)
{
    make_folder();
    snprintf(path, sizeof path, "%s/file", folder);
    fill(x, COUNT(x), 1);
    fill(t, COUNT(t), 2);
    crl_network *network = two_layers(3, 40, CRL_TANH, 2, 1);
    crl_trainer *trainer = trainer_of(network);
    train(trainer);
    memory_of_a_network(network);
    memory_of_a_trainer(trainer, network);
    a_stream(network, trainer);
    failing_callbacks(network, trainer);
    c_source(network);
    onnx(network);
    labels(network);
    crl_trainer_destroy(trainer);
    crl_network_destroy(network);
    CHECK(remove(path) == 0 && rmdir(folder) == 0);
    return finish();
}
