/* Runs the calls of generate.py: each correctly, then with every pointer NULL, with every count wrong, and with every two counts
 * wrong. A forbidden page follows each array: it catches a call that reads or writes beyond the end, by any compiler. Each function
 * has its own process. */
#ifndef SWEEP_H
#define SWEEP_H

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chainrule.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* COUNT: equal to all others of its quantity. ROOM: at least `factor` times as many. STRIDE: at least as many. FREE: compared with none,
 * but SIZE_MAX is wrong. AUTOMATIC: compared with none, but 0 is wrong. ANY: never wrong. SIZE_OF: the size of the structure, or a larger
 * one with zeros beyond. */
enum count_kind { COUNT, ROOM, STRIDE, FREE, AUTOMATIC, ANY, SIZE_OF };

struct count {
    const char *name;
    size_t honest;
    enum count_kind kind;
    int quantity; /* −1: none */
    size_t factor;
    const char *owner; /* the pointer without which it is not read; or NULL */
};

struct pointer {
    const char *name;
    int is_required; /* NULL is CRL_ERROR_NULL */
};

struct function {
    const char *name, *variant;
    crl_status (*call)(void);
    void (*destroy)(void); /* what the call has made; NULL if it makes nothing */
    const struct count *counts;
    size_t counts_count;
    const struct pointer *pointers;
    size_t pointers_count;
    const char *const *arrays; /* ends with NULL */
    int is_of_a_network; /* which decides about some quantities */
};

struct quantity {
    size_t honest;
    int is_of_the_network;
};

enum { MOST = 64 };

static const struct function *now;
static const struct quantity *quantities;
/* What the call is made with. */
static size_t counts[MOST];
static int absent[MOST];
static crl_cost_kind cost_kind;

/* Shared by all processes. */
static unsigned long *calls;
static unsigned long failures;

/* Says what the call was, and what is wrong with it. */
static void complain(const char *what, const char *more)
{
    fprintf(stderr, "FAILED: %s: %s%s; with", now->variant, what, more);
    for (size_t i = 0; i < now->counts_count; ++i)
        if (counts[i] != now->counts[i].honest)
            fprintf(stderr, " %s = %zu (not %zu),", now->counts[i].name, counts[i], now->counts[i].honest);
    for (size_t i = 0; i < now->pointers_count; ++i)
        if (absent[i])
            fprintf(stderr, " %s = NULL,", now->pointers[i].name);
    fprintf(stderr, " the message: %s\n", crl_error_message());
    ++failures;
}

/* The one that is computed with, the only one that can still be set. */
static crl_instructions instruction_set(void)
{
    static const char *const names[] = { "baseline", "avx2", "avx512", "neon" };
    crl_instructions set = 0;
    while (strcmp(names[set], crl_instruction_set()) != 0) ++set;
    return set;
}

/* Arrays */

enum content {
    FLOATS, WEIGHTS, CLASSES, ACTIVATIONS, NAMES, EXTENTS, ORDER, ZEROS, ONES, FILE_CONTENT, MODEL_CONTENT, FANN_CONTENT, WRITTEN, WRITTEN_DOUBLES, WRITTEN_SIZES, WRITTEN_BYTES
};

/* A file of just so many bytes: a network or a checkpoint, with spaces at the end of its header. */
enum { FILE_BYTES = 7000, STATE_BYTES = 40, REGION_BYTES = 8192, MODEL_BYTES = 84, FANN_BYTES = 105 };

static unsigned char file_content[FILE_BYTES];

/* An ONNX model: the Relu of an input of any number of rows of three. */
static const unsigned char model_content[MODEL_BYTES] = {
    8, 8, 18, 5, 't', 'e', 's', 't', 's', ':', 'C', 10, 14, 10, 1, 'x', 18, 1, 'y', 26, 0, 34, 4, 'R', 'e', 'l', 'u',
    18, 5, 'g', 'r', 'a', 'p', 'h', 'Z', 20, 10, 1, 'x', 18, 15, 10, 13, 8, 1, 18, 9, 10, 3, 18, 1, 'N', 10, 2, 8, 3,
    'b', 20, 10, 1, 'y', 18, 15, 10, 13, 8, 1, 18, 9, 10, 3, 18, 1, 'N', 10, 2, 8, 3, 'B', 4, 10, 0, 16, 17
};

/* FANN's network of one input, a bias, and one output that is linear. */
static const char fann_content[FANN_BYTES + 1] = "FANN_FLO_2.1\nnetwork_type=1\nlayer_sizes=2 1\n"
                                                 "neurons ()=(0, 0, 0)(0, 0, 0)(1, 0, 1)\nconnections ()=(0, 2)\n";

static struct region {
    unsigned char *begin, *end; /* of pages that may be touched; behind them is one that may not */
    unsigned char *base;
    size_t bytes;
    int is_read;
    unsigned char before[REGION_BYTES]; /* a failing call leaves it unchanged */
} regions[MOST];

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static void *place(int index, size_t bytes)
{
    struct region *region = &regions[index];
    if (!region->begin) {
        size_t touched = (REGION_BYTES + page_size() - 1) / page_size() * page_size();
        region->begin = mmap(NULL, touched + page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        region->end = region->begin + touched;
        if (region->begin == MAP_FAILED || mprotect(region->end, page_size(), PROT_NONE))
            abort();
    }
    if (bytes > REGION_BYTES)
        abort();
    region->bytes = bytes;
    region->base = region->end - bytes;
    region->is_read = 1;
    return region->base;
}

/* An array of rows, as the call's counts have it. Its stride may be any number: a row is then taken to follow the one before. */
static void *array(int index, enum content content, size_t rows, size_t columns, size_t stride)
{
    static const size_t bytes[] = { sizeof(float), sizeof(float), sizeof(int32_t), sizeof(int32_t), sizeof(char *),
                                    sizeof(size_t), sizeof(size_t), sizeof(size_t), sizeof(size_t), 1, 1, 1, sizeof(float),
                                    sizeof(double), sizeof(size_t), 1 };
    if (stride > 100)
        stride = columns;
    size_t last = stride < columns ? stride : columns;
    size_t length = rows == 0 ? 0 : (rows - 1) * stride + last;
    void *base = place(index, length * bytes[content]);
    for (size_t i = 0; i < length; ++i) {
        switch (content) {
        case FLOATS: ((float *)base)[i] = 0.25f * (float)(i % 5) - 0.5f; break;
        case WEIGHTS: ((float *)base)[i] = 0.5f + (float)(i % 3); break;
        case CLASSES: ((int32_t *)base)[i] = i % 2; break;
        case ACTIVATIONS: ((crl_activation *)base)[i] = CRL_TANH; break;
        case NAMES: ((const char **)base)[i] = "0"; break;
        case EXTENTS: ((size_t *)base)[i] = i == 0 ? 2 : 1; break;
        case ORDER: ((size_t *)base)[i] = i == 0 ? 1 : 0; break;
        case ZEROS: ((size_t *)base)[i] = 0; break;
        case ONES: ((size_t *)base)[i] = 1; break;
        case FILE_CONTENT: ((unsigned char *)base)[i] = i < FILE_BYTES ? file_content[i] : 0; break;
        case MODEL_CONTENT: ((unsigned char *)base)[i] = i < MODEL_BYTES ? model_content[i] : 0; break;
        case FANN_CONTENT: ((unsigned char *)base)[i] = i < FANN_BYTES ? (unsigned char)fann_content[i] : 0; break;
        case WRITTEN: ((float *)base)[i] = 77; break;
        case WRITTEN_DOUBLES: ((double *)base)[i] = 77; break;
        case WRITTEN_SIZES: ((size_t *)base)[i] = 77; break;
        case WRITTEN_BYTES: ((unsigned char *)base)[i] = 77; break;
        }
    }
    regions[index].is_read = content < WRITTEN;
    return base;
}

static void *result(int index, size_t bytes)
{
    void *base = place(index, bytes);
    memset(base, 0, bytes);
    regions[index].is_read = 0;
    return base;
}

/* What a structure's size may be: this header's, or a later one's. */
static int is_size(size_t honest, size_t size) { return size >= honest && size <= 4096; }

/* A structure of the size that its caller gives, if that can be one; aligned, even if the size is odd. */
static void *structure(int index, size_t honest, size_t size)
{
    size_t bytes = is_size(honest, size) ? size : honest;
    unsigned char *base = result(index, bytes);
    regions[index].base -= (uintptr_t)base % sizeof(size_t);
    return memset(regions[index].base, 0, bytes);
}

static void is_read(int index) { regions[index].is_read = 1; }

/* Keeps what a call that fails must not change. */
static void keep_results(void)
{
    for (size_t i = 0; now->arrays[i]; ++i)
        memcpy(regions[i].before, regions[i].base, regions[i].bytes);
}

/* Whether nobody reads a count, because what it describes is NULL. */
static int is_void(const struct count *count)
{
    for (size_t p = 0; p < now->pointers_count; ++p) {
        const char *name = now->pointers[p].name;
        size_t length = strlen(name);
        int is_inside = strncmp(count->name, name, length) == 0 && strncmp(count->name + length, "->", 2) == 0;
        if (absent[p] && (is_inside || (count->owner && strcmp(count->owner, name) == 0)))
            return 1;
    }
    return 0;
}

/* Whether the network alone decides about a quantity. */
static int is_given(int quantity) { return now->is_of_a_network && quantities[quantity].is_of_the_network; }

/* The smallest number of a quantity that one of the call's counts claims. */
static size_t least(int quantity)
{
    size_t honest = quantities[quantity].honest;
    size_t number = is_given(quantity) ? honest : honest + 1;
    for (size_t i = 0; i < now->counts_count; ++i) {
        const struct count *count = &now->counts[i];
        if (count->quantity != quantity || count->kind == STRIDE || is_void(count))
            continue;
        if (counts[i] / count->factor < number)
            number = counts[i] / count->factor;
    }
    return number;
}

/* Whether a call with these counts cannot be right. */
static int is_wrong(void)
{
    for (size_t i = 0; i < now->counts_count; ++i) {
        const struct count *count = &now->counts[i];
        if (count->kind == SIZE_OF && !is_size(count->honest, counts[i]))
            return 1;
        if (count->kind == AUTOMATIC && counts[i] == 0)
            return 1;
        if (count->kind != ANY && count->kind != AUTOMATIC && counts[i] == SIZE_MAX && count->kind != ROOM)
            return 1;
        if (count->kind == COUNT && (counts[i] == 0 || counts[i] != least(count->quantity)))
            return 1;
        if (count->kind == STRIDE && counts[i] < least(count->quantity))
            return 1;
        /* With less room than a count says, that count is more than the least. */
        if (count->kind == ROOM && is_given(count->quantity) && counts[i] < count->factor * quantities[count->quantity].honest)
            return 1;
    }
    return 0;
}

/* Fixtures */

static crl_network *network, *open_network, *shaped_network, *normal_network, *model_network, *labelled_network;
static crl_network *standard_network;
static crl_workspace *workspace, *normal_workspace;
static crl_optimizer *optimizer;
static crl_predictor *predictor, *causal_predictor, *labelled_predictor;
static crl_stream *stream;
static crl_network *causal_network;
static crl_trainer *trainer, *carrying_trainer;
static crl_publisher *publisher;
static crl_cancel *cancel;
static void *made;
static int may_be_made;
static char path[64], model_path[64], fann_path[64], prepared_path[64];

static void need(crl_status status)
{
    if (status != CRL_OK) {
        fprintf(stderr, "%s\n", crl_error_message());
        abort();
    }
}

static int32_t give_rows(void *user, const crl_data_request *request, size_t *rows)
{
    (void)user;
    *rows = request->first_row >= 4 ? 0 : request->max_rows;
    for (size_t i = 0; i < request->max_rows; ++i) {
        for (size_t k = 0; k < 3; ++k)
            request->x[3 * i + k] = 0.5f;
        for (size_t k = 0; request->values && k < 2; ++k)
            request->values[2 * i + k] = 0.5f; /* a distribution, too */
        if (request->classes)
            request->classes[i] = 1;
        if (request->weights)
            request->weights[i] = 1;
    }
    return 0;
}

static int32_t write_bytes(void *user, const void *bytes, size_t count)
{
    (void)user;
    return bytes == NULL || count == 0;
}

static size_t bytes_read;

static int32_t read_bytes(void *user, void *bytes, size_t capacity, size_t *count)
{
    (void)user;
    *count = capacity < FILE_BYTES - bytes_read ? capacity : FILE_BYTES - bytes_read;
    memcpy(bytes, file_content + bytes_read, *count);
    bytes_read += *count;
    return 0;
}

/* What is loaded: of a trainer or a network. */
static void make_file(void)
{
    static unsigned char saved[FILE_BYTES];
    int is_trainer = strstr(now->name, "crl_trainer") != NULL;
    size_t count, header = 0;
    need(is_trainer ? crl_trainer_save(trainer, path) : crl_network_save(network, path));
    need(is_trainer ? crl_trainer_save_to_memory(trainer, saved, FILE_BYTES, &count)
                    : crl_network_save_to_memory(network, saved, FILE_BYTES, &count));
    for (size_t i = 0; i < 8; ++i)
        header |= (size_t)saved[i] << (8 * i);
    size_t padded = header + FILE_BYTES - count;
    memset(file_content, ' ', FILE_BYTES);
    for (size_t i = 0; i < 8; ++i)
        file_content[i] = (unsigned char)(padded >> (8 * i) & 0xff);
    memcpy(file_content + 8, saved + 8, header);
    memcpy(file_content + 8 + padded, saved + 8 + header, count - 8 - header);
    bytes_read = 0;
}

static crl_network *describe(void)
{
    crl_network *made_network = NULL;
    need(crl_network_create(3, &made_network));
    need(crl_network_add_dense(made_network, 4, CRL_TANH, NULL));
    need(crl_network_add_dense(made_network, 2, CRL_IDENTITY, NULL));
    return made_network;
}

/* The same with the shape 2 × 1, and pooling, a slice, a recurrent layer and attention that keep it. */
static crl_network *describe_shaped(void)
{
    static const size_t extents[] = { 2, 1 }, begin[] = { 0, 0 };
    crl_window window = CRL_WINDOW_INIT;
    crl_network *made_network = describe();
    window.kernel.first = 1;
    need(crl_network_add_reshape(made_network, extents, 2, NULL));
    need(crl_network_add_pooling(made_network, CRL_POOLING_MAXIMUM, &window, NULL));
    need(crl_network_add_slice(made_network, begin, extents, 2, NULL));
    need(crl_network_add_recurrent(made_network, CRL_CELL_TANH, 1, NULL, NULL));
    need(crl_network_add_attention(made_network, NULL, NULL));
    return made_network;
}

/* A stream of frames of three numbers, whose outputs have two. */
static void make_stream(void)
{
    static const size_t extents[] = { 1, 3 };
    size_t count;
    need(crl_network_create(3, &causal_network));
    need(crl_network_add_reshape(causal_network, extents, 2, NULL));
    need(crl_network_add_recurrent(causal_network, CRL_CELL_GRU, 4, NULL, NULL));
    need(crl_network_add_dense(causal_network, 2, CRL_IDENTITY, NULL));
    need(crl_network_build(causal_network, 1));
    need(crl_predictor_create(causal_network, CRL_PRECISION_FLOAT32, &causal_predictor));
    need(crl_stream_create(causal_predictor, &stream));
    if (strcmp(now->name, "crl_stream_restore") == 0)
        need(crl_stream_save(stream, file_content, STATE_BYTES, &count));
}

static void write_file(const char *name, const void *bytes, size_t count)
{
    FILE *file = fopen(name, "wb");
    if (!file || fwrite(bytes, 1, count, file) != count || fclose(file))
        abort();
}

/* A network from a model, and files of models. */
static void make_model(void)
{
    write_file(model_path, model_content, MODEL_BYTES);
    write_file(fann_path, fann_content, FANN_BYTES);
    need(crl_network_copy(network, &labelled_network));
    need(crl_network_set_class_labels(labelled_network, (const char *const[]){ "no", "yes" }, 2));
    need(crl_predictor_create(labelled_network, CRL_PRECISION_FLOAT32, &labelled_predictor));
    need(crl_network_load_onnx_from_memory(model_content, MODEL_BYTES, 0, &model_network));
}

static void set_up(void)
{
    static const float x[15];
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    cost.kind = strstr(now->variant, "(classes)") ? CRL_CROSS_ENTROPY : CRL_MEAN_SQUARED_ERROR;
    options.cost = &cost;
    options.epochs = 1;
    options.batch_size = 2;
    options.threads = 1;
    network = describe();
    open_network = describe();
    shaped_network = describe_shaped();
    normal_network = describe();
    need(crl_network_add_normalization(normal_network, CRL_NORMALIZATION_BATCH, NULL, NULL));
    need(crl_network_build(normal_network, 1));
    need(crl_workspace_create(normal_network, 5, CRL_PURPOSE_TRAINING, &normal_workspace));
    need(crl_workspace_use_batch_statistics(normal_workspace, 1));
    need(crl_forward(normal_network, normal_workspace, x, 5, 3, NULL, 0, 0));
    need(crl_network_create(3, &standard_network));
    need(crl_network_add_standardization(standard_network, NULL));
    need(crl_network_build(standard_network, 1));
    need(crl_network_build(network, 1));
    need(crl_workspace_create(network, 5, CRL_PURPOSE_TRAINING, &workspace));
    need(crl_forward(network, workspace, x, 5, 3, NULL, 0, 0));
    need(crl_optimizer_create(network, NULL, &optimizer));
    need(crl_predictor_create(network, CRL_PRECISION_FLOAT32, &predictor));
    if (strcmp(now->name, "crl_predictor_open") == 0)
        need(crl_predictor_save(predictor, prepared_path));
    need(crl_network_set_metadata(network, "author", "me"));
    need(crl_network_set_recipe(network, &options));
    need(crl_publisher_create(network, CRL_PRECISION_FLOAT32, &publisher));
    need(crl_cancel_create(NULL, NULL, &cancel));
    make_stream();
    make_model();
    options.shuffle = 0;
    options.carry_states = 1;
    need(crl_trainer_create(causal_network, &options, &carrying_trainer));
    options.shuffle = 1;
    options.carry_states = 0;
    options.optimizer = optimizer;
    need(crl_trainer_create(network, &options, &trainer));
    if (strstr(now->name, "_load"))
        make_file();
}

static void tear_down(void)
{
    crl_trainer_destroy(trainer);
    crl_trainer_destroy(carrying_trainer);
    crl_network_destroy(causal_network);
    crl_cancel_destroy(cancel);
    crl_stream_destroy(stream);
    crl_predictor_destroy(causal_predictor);
    crl_publisher_destroy(publisher);
    crl_predictor_destroy(predictor);
    crl_optimizer_destroy(optimizer);
    crl_workspace_destroy(workspace);
    crl_workspace_destroy(normal_workspace);
    crl_network_destroy(normal_network);
    crl_network_destroy(standard_network);
    crl_network_destroy(shaped_network);
    crl_network_destroy(open_network);
    crl_predictor_destroy(labelled_predictor);
    crl_network_destroy(labelled_network);
    crl_network_destroy(model_network);
    crl_network_destroy(network);
}

/* Calls */

enum expectation { RIGHT, WRONG, OPEN };

/* Makes the call with the present counts and absences, on fixtures of its own.
 * `required`: the argument that is NULL and must not be; or NULL. */
static void check(enum expectation expected, const char *required)
{
    static unsigned char no_handle;
    float *parameters, before[26];
    size_t parameters_count;
    set_up();
    need(crl_network_parameters(network, &parameters, &parameters_count));
    memcpy(before, parameters, sizeof before);
    made = &no_handle;
    may_be_made = 0;
    ++*calls;
    crl_status status = now->call();

    if (status == CRL_OK) {
        if (expected == WRONG || required)
            complain("succeeded", "");
        if (now->destroy)
            now->destroy();
    } else {
        const char *message = crl_error_message();
        size_t length = strlen(now->name);
        if (expected == RIGHT)
            complain("failed: ", crl_status_name(status));
        if (required && (status != CRL_ERROR_NULL || !strstr(message, required)))
            complain("gave for an argument that is NULL ", crl_status_name(status));
        if (strncmp(message, now->name, length) || strncmp(message + length, ": ", 2) || !message[length + 2])
            complain("left no message of its own", "");
        if (may_be_made && made)
            complain("left a handle", "");
    }
    if (status >= 100 && status < 300) {
        if (memcmp(before, parameters, sizeof before))
            complain("changed the parameters", "");
        for (size_t i = 0; now->arrays[i]; ++i)
            if (!regions[i].is_read && memcmp(regions[i].before, regions[i].base, regions[i].bytes))
                complain("wrote to ", now->arrays[i]);
    }
    tear_down();
}

/* Makes a count wrong in one way after the other, of `ways`; 0 when there is no other. */
static int spoil(size_t index, int way, int ways)
{
    size_t honest = now->counts[index].honest;
    const size_t numbers[] = { 0, 1, honest - 1, honest + 1, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX / 4,
                               SIZE_MAX / 8 + 1 };
    counts[index] = way < ways ? numbers[way] : honest;
    return way < ways;
}

enum { WAYS = 5, WAYS_ALONE = 10 };

static void sweep_function(void)
{
    for (size_t i = 0; i < now->counts_count; ++i)
        counts[i] = now->counts[i].honest;
    memset(absent, 0, sizeof absent);
    check(RIGHT, NULL);

    for (size_t p = 0; p < now->pointers_count; ++p) {
        absent[p] = 1;
        check(OPEN, now->pointers[p].is_required ? now->pointers[p].name : NULL);
        for (size_t i = 0; i < now->counts_count; ++i)
            for (int way = 0; spoil(i, way, WAYS); ++way)
                check(OPEN, NULL);
        absent[p] = 0;
    }
    for (size_t i = 0; i < now->counts_count; ++i)
        for (int way = 0; spoil(i, way, WAYS_ALONE); ++way) {
            check(is_wrong() ? WRONG : OPEN, NULL);
            for (size_t k = i + 1; way < WAYS && k < now->counts_count; ++k)
                for (int other = 0; spoil(k, other, WAYS); ++other)
                    check(is_wrong() ? WRONG : OPEN, NULL);
        }
}

/* Says which array a call went beyond, or what else ended it. */
static void end(int signal, siginfo_t *info, void *context)
{
    const unsigned char *address = info->si_addr;
    (void)context;
    for (size_t i = 0; now->arrays[i]; ++i)
        if (regions[i].end && address >= regions[i].end && address < regions[i].end + page_size()) {
            complain("goes beyond the end of ", now->arrays[i]);
            _exit(1);
        }
    complain("is ended by the signal ", strsignal(signal));
    _exit(1);
}

static int sweep(const struct function *functions, size_t length, const struct quantity *numbers)
{
    unsigned long passed = 0;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = end;
    action.sa_flags = SA_SIGINFO;
    quantities = numbers;
    calls = mmap(NULL, sizeof *calls, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(path, sizeof path, "/tmp/chainrule-sweep-%ld", (long)getpid());
    snprintf(model_path, sizeof model_path, "/tmp/chainrule-sweep-model-%ld", (long)getpid());
    snprintf(prepared_path, sizeof prepared_path, "/tmp/chainrule-sweep-prepared-%ld", (long)getpid());
    snprintf(fann_path, sizeof fann_path, "/tmp/chainrule-sweep-fann-%ld", (long)getpid());
    for (size_t i = 0; i < length; ++i) {
        int status = 1;
        pid_t child = fork();
        now = &functions[i];
        if (child == 0) {
            static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT };
            for (size_t k = 0; k < LENGTH(signals); ++k)
                sigaction(signals[k], &action, NULL);
            sweep_function();
            exit(failures != 0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            fprintf(stderr, "FAILED: %s\n", now->variant);
        else
            ++passed;
    }
    unlink(path);
    unlink(model_path);
    unlink(fann_path);
    unlink(prepared_path);
    fprintf(stderr, "%lu calls\n", *calls);
    printf("%lu passed, %lu failed\n", passed, (unsigned long)length - passed);
    return passed != length;
}

#endif
