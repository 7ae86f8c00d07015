/* Runs ONNX's test cases from their files: loads each model, predicts on its inputs, and compares with its outputs.
 *
 *   cases FOLDER LIST [--verbose]
 *
 *   FOLDER   with the cases' kinds: node, pytorch-converted, pytorch-operator, simple
 *   LIST     the names of the cases that must pass, one a line
 *
 * Prints a table by operator: how many pass, are refused, or give wrong numbers. Fails if any is wrong, or if one of the list does not
 * pass. --verbose prints each case's outcome instead of the table; `cases ... --verbose | sed -n 's/^passed //p'` makes a new list.
 *
 * A case gives everything as inputs, weights too, which are constants for Chainrule. So each case is tried as it is, and with all
 * inputs but one as constants of the graph.
 *
 * What passes is written as a model again, and read: then it gives the same numbers, unless the new model is refused. */
#define _XOPEN_SOURCE 700
#include <dirent.h>

#include "chainrule.h"
#include "tensors.h"

enum { MOST_CASES = 4000, MOST_OPERATORS = 400, MOST_MESSAGE = 512 };

enum outcome { PASSED, REFUSED, WRONG, NOT_READ };

static const char *const outcome_names[] = { "passed", "refused", "WRONG", "not-read" };

struct row {
    char operation[MOST_NAME];
    unsigned counts[4];
    char reason[MOST_MESSAGE];
};

static struct row table[MOST_OPERATORS];
static size_t rows_count;

/* The case in work: its model, inputs and expected outputs. */
static bytes model;
static outline graph;
static bytes files[MOST_INPUTS];
static tensor inputs[MOST_INPUTS], outputs[MOST_INPUTS];
static size_t inputs_count, outputs_count;

/* The model with all inputs but one as constants; its bytes are freed by the caller. A message in pieces is one message: so they go
 * behind it. */
static bytes with_constants(size_t kept)
{
    bytes whole = { NULL, 0 };
    size_t room = model.count + 64, length = 0;
    unsigned char *memory, *at;
    for (size_t i = 0; i < inputs_count; ++i)
        room += files[i].count + strlen(graph.inputs[i]) + 64;
    memory = at = malloc(room);
    if (!memory)
        return whole;
    memcpy(at, model.at, model.count);
    at += model.count;
    for (size_t i = 0; i < inputs_count; ++i) {
        unsigned char prefix[32], *end;
        const size_t name = strlen(graph.inputs[i]);
        size_t tensor_bytes;
        if (i == kept)
            continue;
        /* The tensor's name is the input's, whatever its file says. */
        end = put_varint(prefix, 8 << 3 | 2);
        end = put_varint(end, name);
        tensor_bytes = files[i].count + (size_t)(end - prefix) + name;
        unsigned char inner[32], *inner_end = put_varint(put_varint(inner, 5 << 3 | 2), tensor_bytes);
        at = put_varint(put_varint(at, 7 << 3 | 2), (uint64_t)(inner_end - inner) + tensor_bytes);
        memcpy(at, inner, (size_t)(inner_end - inner));
        at += inner_end - inner;
        memcpy(at, files[i].at, files[i].count);
        at += files[i].count;
        memcpy(at, prefix, (size_t)(end - prefix));
        at += end - prefix;
        memcpy(at, graph.inputs[i], name);
        at += name;
    }
    length = (size_t)(at - memory);
    whole.at = memory;
    whole.count = length;
    return whole;
}

/* Copies between a tensor and its part in each row: the axis of the batch has `per_row` places for each row. */
static void copy_rows(float *whole, float *rows, size_t rows_wanted, size_t stride, const size_t *extents, size_t rank, int32_t batch,
                      int to_rows)
{
    size_t outer = 1, inner = 1;
    const size_t per_row = batch >= 0 ? extents[batch] : 1;
    for (size_t axis = 0; axis < rank; ++axis)
        if ((int32_t)axis < batch)
            outer *= extents[axis];
        else if ((int32_t)axis > batch)
            inner *= extents[axis];
    for (size_t o = 0; o < outer; ++o)
        for (size_t r = 0; r < rows_wanted; ++r)
            for (size_t i = 0; i < per_row * inner; ++i) {
                float *in_whole = whole + (o * rows_wanted + r) * per_row * inner + i;
                float *in_row = rows + r * stride + o * per_row * inner + i;
                if (to_rows)
                    *in_row = *in_whole;
                else
                    *in_whole = *in_row;
            }
}

static size_t product(const size_t *extents, size_t rank)
{
    size_t count = 1;
    for (size_t axis = 0; axis < rank; ++axis)
        count *= extents[axis];
    return count;
}

static int is_close(float value, float wanted)
{
    if (isnan(wanted))
        return isnan(value);
    return value == wanted || fabsf(value - wanted) <= 1e-6f + 1e-4f * fabsf(wanted);
}

/* How many networks gave models that were read with the same numbers, the same bits, and not. */
static size_t written, written_same, written_refused;

/* Writes a model of a network, reads it, and compares what it makes of rows. 0 if the numbers are others. */
static int is_written(const crl_network *network, const float *x, size_t width, const float *y, size_t outs, size_t rows, char *why)
{
    size_t count = 0;
    unsigned char *content = NULL;
    float *again = calloc(rows * outs + 1, sizeof *again);
    crl_network *second = NULL;
    int is_right = 0;
    if (!again || crl_network_save_onnx_to_memory(network, NULL, 0, &count) || !(content = malloc(count))
        || crl_network_save_onnx_to_memory(network, content, count, &count)) {
        snprintf(why, MOST_MESSAGE, "%s", crl_error_message());
    } else if (crl_network_load_onnx_from_memory(content, count, NULL, &second)) {
        ++written_refused;
        is_right = 1;
    } else if (crl_network_predict(second, x, rows, width, again, rows * outs, outs)) {
        snprintf(why, MOST_MESSAGE, "written and read: %s", crl_error_message());
    } else {
        is_right = 1;
        ++written;
        written_same += memcmp(again, y, rows * outs * sizeof *y) == 0;
        for (size_t k = 0; k < rows * outs && is_right; ++k)
            is_right = is_close(again[k], y[k]);
        if (!is_right)
            snprintf(why, MOST_MESSAGE, "written and read, it gives other numbers");
    }
    crl_network_destroy(second);
    free(content);
    free(again);
    return is_right;
}

/* Predicts, and compares the outputs. */
static enum outcome compare(const crl_network *network, char *why)
{
    size_t reads = 0, gives = 0, width = 0, outs = 0, rows = 1, extents[MOST_AXES], rank, first = 0;
    int32_t batch;
    const char *name;
    float *x = NULL, *y = NULL;
    enum outcome outcome = WRONG;
    if (crl_network_onnx_count(network, &reads, &gives) || crl_network_input_size(network, &width)
        || crl_network_output_size(network, &outs))
        return WRONG;
    if (gives > outputs_count) {
        snprintf(why, MOST_MESSAGE, "%zu outputs of %zu", gives, outputs_count);
        return WRONG;
    }
    for (size_t i = 0; i < reads; ++i) {
        size_t place = 0;
        if (crl_network_onnx_input(network, i, &name, extents, MOST_AXES, &rank, &batch))
            goto end;
        while (place < inputs_count && strcmp(graph.inputs[place], name) != 0)
            ++place;
        if (place == inputs_count || inputs[place].rank != rank) {
            snprintf(why, MOST_MESSAGE, "the file of the input '%s' has not %zu axes", name, rank);
            outcome = NOT_READ;
            goto end;
        }
        if (batch >= 0)
            rows = inputs[place].dims[batch];
        if (!x && !(x = calloc(rows * width + 1, sizeof *x)))
            goto end;
        copy_rows(inputs[place].values, x + first, rows, width, extents, rank, batch, 1);
        first += product(extents, rank);
    }
    y = calloc(rows * outs + 1, sizeof *y);
    if (!y || crl_network_predict(network, x, rows, width, y, rows * outs, outs)) {
        snprintf(why, MOST_MESSAGE, "%s", crl_error_message());
        outcome = REFUSED;
        goto end;
    }
    first = 0;
    outcome = PASSED;
    for (size_t i = 0; i < gives && outcome == PASSED; ++i) {
        const tensor *wanted = &outputs[i];
        float *whole;
        if (crl_network_onnx_output(network, i, &name, extents, MOST_AXES, &rank, &batch)
            || !(whole = calloc(wanted->count + 1, sizeof *whole))) {
            outcome = WRONG;
            break;
        }
        /* What does not depend on the batch is the same in each row. */
        const size_t rows_wanted = batch >= 0 ? rows : 1, count = product(extents, rank);
        int is_same = rank == wanted->rank && count * rows_wanted == wanted->count;
        for (size_t axis = 0; is_same && axis < rank; ++axis)
            is_same = extents[axis] * ((int32_t)axis == batch ? rows_wanted : 1) == wanted->dims[axis];
        if (!is_same) {
            snprintf(why, MOST_MESSAGE, "the output '%s' has another shape, of %zu elements, not %zu", name, count * rows_wanted,
                     wanted->count);
            outcome = WRONG;
        } else {
            copy_rows(whole, y + first, rows_wanted, outs, extents, rank, batch, 0);
            for (size_t k = 0; k < wanted->count && outcome == PASSED; ++k)
                if (!is_close(whole[k], wanted->values[k])) {
                    snprintf(why, MOST_MESSAGE, "element %zu of '%s' is %g, not %g", k, name, (double)whole[k],
                             (double)wanted->values[k]);
                    outcome = WRONG;
                }
        }
        first += count;
        free(whole);
    }
    if (outcome == PASSED && !is_written(network, x, width, y, outs, rows, why))
        outcome = WRONG;
end:
    free(x);
    free(y);
    return outcome;
}

static enum outcome try_model(bytes content, char *why)
{
    crl_network *network = NULL;
    enum outcome outcome = REFUSED;
    const crl_status status = crl_network_load_onnx_from_memory(content.at, content.count, NULL, &network);
    if (status == CRL_OK)
        outcome = compare(network, why);
    else
        snprintf(why, MOST_MESSAGE, "%s", crl_error_message() + strlen("crl_network_load_onnx_from_memory: "));
    crl_network_destroy(network);
    return outcome;
}

/* Reads the files of a case until one is missing; 0 if one holds no tensor of numbers. */
static int read_tensors(const char *folder, const char *kind, bytes *contents, tensor *tensors, size_t *count)
{
    for (*count = 0; *count < MOST_INPUTS; ++*count) {
        char path[8192];
        bytes content;
        snprintf(path, sizeof path, "%s/test_data_set_0/%s_%zu.pb", folder, kind, *count);
        if (!read_file(path, &content))
            return 1;
        if (!read_tensor(content, (contents ? graph.input_types : graph.output_types)[*count], &tensors[*count])) {
            free((void *)content.at);
            return 0;
        }
        if (contents)
            contents[*count] = content;
        else
            free((void *)content.at);
    }
    return 1;
}

static enum outcome run(const char *folder, char *why)
{
    enum outcome outcome = NOT_READ;
    char path[8192];
    inputs_count = outputs_count = 0;
    memset(&graph, 0, sizeof graph);
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    if (!read_file(path, &model))
        return NOT_READ;
    read_outline(model, &graph);
    if (read_tensors(folder, "input", files, inputs, &inputs_count)
        && read_tensors(folder, "output", NULL, outputs, &outputs_count) && inputs_count <= graph.inputs_count && outputs_count > 0) {
        outcome = try_model(model, why);
        for (size_t kept = 0; kept < inputs_count && inputs_count > 1 && outcome != WRONG; ++kept) {
            char more[MOST_MESSAGE] = "";
            const bytes changed = with_constants(kept);
            const enum outcome other = try_model(changed, more);
            free((void *)changed.at);
            if (other == PASSED || other == WRONG)
                outcome = other;
            if (other == WRONG || (kept == 0 && outcome == REFUSED))
                snprintf(why, MOST_MESSAGE, "%s", more);
        }
    } else {
        snprintf(why, MOST_MESSAGE, "its inputs or outputs are no tensors of numbers");
    }
    for (size_t i = 0; i < inputs_count; ++i) {
        free((void *)files[i].at);
        free(inputs[i].values);
    }
    for (size_t i = 0; i < outputs_count; ++i)
        free(outputs[i].values);
    free((void *)model.at);
    return outcome;
}

static void count(enum outcome outcome, const char *why)
{
    size_t place = 0;
    while (place < rows_count && strcmp(table[place].operation, graph.operation) != 0)
        ++place;
    if (place == MOST_OPERATORS)
        return;
    if (place == rows_count)
        snprintf(table[rows_count++].operation, MOST_NAME, "%s", graph.operation);
    ++table[place].counts[outcome];
    if (outcome == REFUSED || outcome == WRONG)
        snprintf(table[place].reason, MOST_MESSAGE, "%s", why);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
static int by_operation(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->operation, ((const struct row *)b)->operation);
}

/* Whether a name is a line of the list. */
static int is_listed(bytes list, const char *name)
{
    const size_t length = strlen(name);
    for (size_t i = 0; i + length <= list.count; ++i)
        if ((i == 0 || list.at[i - 1] == '\n') && memcmp(list.at + i, name, length) == 0
            && (i + length == list.count || list.at[i + length] == '\n'))
            return 1;
    return 0;
}

static char *names[MOST_CASES];
static size_t names_count;

static void find_cases(const char *folder, const char *kind)
{
    char path[4096];
    struct dirent *entry;
    DIR *directory;
    snprintf(path, sizeof path, "%s/%s", folder, kind);
    directory = opendir(path);
    while (directory && (entry = readdir(directory)) && names_count < MOST_CASES) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", kind, entry->d_name);
        names[names_count++] = strdup(path);
    }
    if (directory)
        closedir(directory);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = { "node", "pytorch-converted", "pytorch-operator", "simple" };
    unsigned totals[4] = { 0 }, failures = 0, missing = 0;
    const int is_verbose = argc == 4 && strcmp(argv[3], "--verbose") == 0;
    bytes list;
    if ((argc != 3 && !is_verbose) || !read_file(argv[2], &list)) {
        fprintf(stderr, "usage: cases FOLDER LIST [--verbose]\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i)
        find_cases(argv[1], kinds[i]);
    qsort(names, names_count, sizeof *names, by_name);
    for (size_t i = 0; i < names_count; ++i) {
        char path[4096], why[MOST_MESSAGE] = "";
        snprintf(path, sizeof path, "%s/%s", argv[1], names[i]);
        const enum outcome outcome = run(path, why);
        ++totals[outcome];
        count(outcome, why);
        if (is_verbose)
            printf("%s %s%s%s\n", outcome_names[outcome], names[i], *why && outcome != PASSED ? ": " : "",
                   outcome != PASSED ? why : "");
        if (outcome == WRONG || (outcome != PASSED && is_listed(list, names[i]))) {
            ++failures;
            fprintf(stderr, "FAILED: %s is %s: %s\n", names[i], outcome_names[outcome], why);
        }
        free(names[i]);
    }
    for (size_t i = 0; i < list.count; ++i)
        missing += list.at[i] == '\n';
    if (totals[PASSED] < missing) {
        ++failures;
        fprintf(stderr, "FAILED: %u cases are to pass; %u do\n", missing, totals[PASSED]);
    }
    free((void *)list.at);
    qsort(table, rows_count, sizeof *table, by_operation);
    if (!is_verbose) {
        printf("%-28s %7s %8s %6s %9s  %s\n", "operator", "passed", "refused", "wrong", "not read", "a reason");
        for (size_t i = 0; i < rows_count; ++i)
            printf("%-28s %7u %8u %6u %9u  %.110s\n", table[i].operation, table[i].counts[PASSED], table[i].counts[REFUSED],
                   table[i].counts[WRONG], table[i].counts[NOT_READ], table[i].reason);
    }
    printf("%u passed, %u refused, %u wrong, %u not read\n", totals[PASSED], totals[REFUSED], totals[WRONG], totals[NOT_READ]);
    printf("%zu were written and read with the same numbers, %zu to the last bit; %zu were refused\n", written, written_same,
           written_refused);
    return failures > 0;
}
