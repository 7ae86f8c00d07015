/* Numbers beyond 32 bits, and beyond what a double counts, in files and calls: the same wherever size_t has 32 bits. */
#define _XOPEN_SOURCE 700
#include <stdint.h>

#include "folder.h"

enum { LARGEST = 1 << 16, INPUTS = 3, ROWS = 5 };

static const uint64_t seed = 0xfedcba9876543210u;
static char original[300], copy[300];
static unsigned char bytes[LARGEST];
static size_t length, header_length;
static float x[ROWS * INPUTS], values[ROWS];

static void read_original(void)
{
    FILE *file = fopen(original, "rb");
    CHECK(file != NULL);
    length = fread(bytes, 1, LARGEST, file);
    fclose(file);
    header_length = 0;
    for (int i = 7; i >= 0; --i)
        header_length = header_length << 8 | bytes[i];
    CHECK(length > 8 + header_length && length < LARGEST);
}

/* Copies the original, in whose header `name`, with all that stands before its number, is followed by another number. */
static void write_copy(const char *name, const char *number)
{
    unsigned char changed[LARGEST + 64];
    size_t at = 8, end;
    while (at + strlen(name) < 8 + header_length && memcmp(bytes + at, name, strlen(name)) != 0)
        ++at;
    at += strlen(name);
    for (end = at; bytes[end] >= '0' && bytes[end] <= '9'; ++end)
        ;
    CHECK(end > at && end < 8 + header_length);
    const size_t new_header = header_length - (end - at) + strlen(number);
    for (int i = 0; i < 8; ++i)
        changed[i] = (unsigned char)((uint64_t)new_header >> (8 * i));
    memcpy(changed + 8, bytes + 8, at - 8);
    memcpy(changed + at, number, strlen(number));
    memcpy(changed + at + strlen(number), bytes + end, length - end);
    FILE *file = fopen(copy, "wb");
    CHECK(file != NULL && fwrite(changed, 1, 8 + new_header + length - 8 - header_length, file) > 0);
    fclose(file);
}

static crl_progress progress_of(const crl_trainer *trainer)
{
    crl_progress progress = CRL_PROGRESS_INIT;
    OK(crl_trainer_progress(trainer, &progress));
    return progress;
}

static crl_targets targets(void)
{
    crl_targets targets = CRL_TARGETS_INIT;
    targets.values = values;
    targets.rows = ROWS;
    targets.columns = targets.stride = 1;
    return targets;
}

static void models(void)
{
    static const char *const sizes[] = { "2147483648", "4294967296", "4294967297", "9007199254740993", "9223372036854775807",
                                         "9223372036854775808", "18446744073709551617", "1e300" };
    static const char *const places[] = { "\\\"units\\\":", "\\\"inputs\\\":", "\"shape\":[", "\"data_offsets\":[", "\"data_offsets\":[0," };
    crl_network *network = two_layers(INPUTS, 4, CRL_TANH, 1, 1), *none;

    OK(crl_network_save(network, original));
    read_original();
    for (size_t p = 0; p < COUNT(places); ++p)
        for (size_t s = 0; s < COUNT(sizes); ++s) {
            write_copy(places[p], sizes[s]);
            FAILS_NULLING(CRL_ERROR_FORMAT, "", none, crl_network_load(copy, &none));
        }
    crl_network_destroy(network);
}

/* A checkpoint after more steps than 32 bits count goes on from them, dropout and all. */
static void checkpoints(void)
{
    static const struct {
        const char *text;
        uint64_t number;
    } steps[] = { { "2147483647", 2147483647u }, { "4294967295", 4294967295u }, { "2251799813685000", 2251799813685000u } };
    static const char *const too_many[] = { "2251799813685249", "4503599627370496", "9007199254740993", "18446744073709551616" };
    float *w, after[COUNT(steps)];
    size_t count;
    crl_network *network = NULL;
    crl_optimizer *optimizer = NULL;
    crl_trainer *trainer = NULL;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    const crl_targets wanted = targets();

    OK(crl_network_create(INPUTS, &network));
    OK(crl_network_add_dense(network, 4, CRL_TANH, NULL));
    OK(crl_network_add_dropout(network, 0.5f, NULL));
    OK(crl_network_add_dense(network, 1, CRL_IDENTITY, NULL));
    OK(crl_network_build(network, seed));
    OK(crl_optimizer_create(network, NULL, &optimizer));
    options.optimizer = optimizer;
    options.seed = seed;
    options.epochs = 1;
    options.batch_size = ROWS;
    OK(crl_trainer_create(network, &options, &trainer));
    OK(crl_trainer_partial_fit(trainer, x, ROWS, INPUTS, &wanted, NULL));
    OK(crl_trainer_save(trainer, original));
    read_original();
    OK(crl_network_parameters(network, &w, &count));

    for (size_t i = 0; i < COUNT(steps); ++i) {
        write_copy("\\\"steps\\\":", steps[i].text);
        OK(crl_trainer_load(trainer, copy));
        CHECK(progress_of(trainer).steps == steps[i].number);
        OK(crl_trainer_partial_fit(trainer, x, ROWS, INPUTS, &wanted, NULL));
        CHECK(progress_of(trainer).steps == steps[i].number + 1);
        after[i] = w[0];
        OK(crl_trainer_save(trainer, copy));
        OK(crl_trainer_load(trainer, original));
        CHECK(progress_of(trainer).steps == 1);
        OK(crl_trainer_load(trainer, copy));
        CHECK(progress_of(trainer).steps == steps[i].number + 1);
        CHECK(w[0] == after[i]);
    }
    for (size_t i = 0; i < COUNT(too_many); ++i) {
        write_copy("\\\"steps\\\":", too_many[i]);
        FAILS(CRL_ERROR_FORMAT, "", crl_trainer_load(trainer, copy));
    }
    /* What is counted in a size_t has its limit there. */
    write_copy("\\\"epochs\\\":", "4294967296");
    if (SIZE_MAX > UINT32_MAX) {
        OK(crl_trainer_load(trainer, copy));
        CHECK((uint64_t)progress_of(trainer).epochs == 4294967296u);
    } else {
        FAILS(CRL_ERROR_FORMAT, "4294967296", crl_trainer_load(trainer, copy));
    }
    write_copy("\\\"epochs\\\":", "2147483647");
    if (SIZE_MAX > UINT32_MAX)
        OK(crl_trainer_load(trainer, copy));
    else if (CHECK(crl_trainer_load(trainer, copy) == CRL_OK))
        FAILS(CRL_ERROR_SIZE, "2147483647", crl_trainer_partial_fit(trainer, x, ROWS, INPUTS, &wanted, NULL));
    crl_trainer_destroy(trainer);
    crl_optimizer_destroy(optimizer);
    crl_network_destroy(network);
}

/* Steps that agree in their last 32 bits have different noise. */
static void noise(void)
{
    float y[2], row[1] = { 1 };
    crl_network *network = NULL;
    crl_workspace *workspace = NULL;
    OK(crl_network_create(1, &network));
    OK(crl_network_add_noise(network, 1, NULL));
    OK(crl_network_build(network, 1));
    OK(crl_workspace_create(network, 1, CRL_PURPOSE_TRAINING, &workspace));
    for (int i = 0; i < 2; ++i) {
        OK(crl_workspace_set_noise(workspace, 1, seed, 7 + ((uint64_t)i << 49)));
        OK(crl_forward(network, workspace, row, 1, 1, y + i, 1, 1));
    }
    CHECK(y[0] != y[1]);
    FAILS(CRL_ERROR_VALUE, "1125899906842624", crl_workspace_set_noise(workspace, 1, seed, (uint64_t)1 << 50));
    crl_workspace_destroy(workspace);
    crl_network_destroy(network);
}

int main(void)
{
    make_folder();
    snprintf(original, sizeof original, "%s/original", folder);
    snprintf(copy, sizeof copy, "%s/copy", folder);
    fill(x, COUNT(x), 1);
    fill(values, COUNT(values), 2);
    models();
    checkpoints();
    noise();
    CHECK(remove(original) == 0 && remove(copy) == 0 && rmdir(folder) == 0);
    return finish();
}
