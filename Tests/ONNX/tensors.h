/* Reads the files of ONNX's test cases: what a model names, and tensors. Only as much of the format as these files use. */
#ifndef TENSORS_H
#define TENSORS_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_AXES = 16, MOST_INPUTS = 16, MOST_NAME = 128 };

typedef struct bytes {
    const unsigned char *at;
    size_t count;
} bytes;

/* A field of a message: its number, and its integer or bytes. */
typedef struct field {
    unsigned number, type;
    uint64_t integer;
    bytes content;
} field;

static int next_varint(bytes *rest, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && rest->count > 0; shift += 7) {
        const unsigned char byte = *rest->at++;
        --rest->count;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return 1;
    }
    return 0;
}

/* Takes the next field of a message; 0 at its end, or where it is no message. */
static int next_field(bytes *rest, field *found)
{
    uint64_t tag, count;
    if (rest->count == 0 || !next_varint(rest, &tag))
        return 0;
    found->number = (unsigned)(tag >> 3);
    found->type = (unsigned)(tag & 7);
    found->integer = 0;
    switch (found->type) {
    case 0: return next_varint(rest, &found->integer);
    case 1: count = 8; break;
    case 2:
        if (!next_varint(rest, &count))
            return 0;
        break;
    case 5: count = 4; break;
    default: return 0;
    }
    if (count > rest->count)
        return 0;
    found->content.at = rest->at;
    found->content.count = (size_t)count;
    rest->at += count;
    rest->count -= (size_t)count;
    return 1;
}

static void copy_name(char *name, bytes text)
{
    snprintf(name, MOST_NAME, "%.*s", (int)text.count, (const char *)text.at);
}

/* A whole file; its bytes are freed by the caller. */
static int read_file(const char *path, bytes *content)
{
    FILE *file = fopen(path, "rb");
    unsigned char *memory = NULL;
    long length = -1;
    if (file && fseek(file, 0, SEEK_END) == 0)
        length = ftell(file);
    if (length >= 0 && fseek(file, 0, SEEK_SET) == 0)
        memory = malloc((size_t)length + 1);
    if (memory && fread(memory, 1, (size_t)length, file) != (size_t)length) {
        free(memory);
        memory = NULL;
    }
    if (file)
        fclose(file);
    content->at = memory;
    content->count = memory ? (size_t)length : 0;
    return memory != NULL;
}

/* A tensor's numbers as floats. */
typedef struct tensor {
    size_t dims[MOST_AXES], rank, count;
    float *values;
} tensor;

static float half(unsigned bits)
{
    const unsigned exponent = bits >> 10 & 31, fraction = bits & 1023;
    const float magnitude = exponent == 0    ? ldexpf((float)fraction, -24)
                            : exponent == 31 ? (fraction ? NAN : INFINITY)
                                             : ldexpf((float)(fraction + 1024), (int)exponent - 25);
    return bits >> 15 ? -magnitude : magnitude;
}

/* The element at a place of the bytes of an array; the size of an element of this type, 0 for one that is not read. */
static size_t element(unsigned type, bytes raw, size_t place, float *value)
{
    static const unsigned char sizes[17] = { 0, 4, 1, 1, 2, 2, 4, 8, 0, 1, 2, 8, 4, 8, 0, 0, 2 };
    const size_t size = type < 17 ? sizes[type] : 0;
    uint64_t bits = 0;
    double wide;
    float narrow;
    uint32_t lower;
    if (size == 0 || place >= raw.count / size)
        return size;
    memcpy(&bits, raw.at + place * size, size);
    lower = (uint32_t)(type == 16 ? bits << 16 : bits);
    memcpy(&wide, &bits, sizeof wide);
    memcpy(&narrow, &lower, sizeof narrow);
    switch (type) {
    case 1: case 16: *value = narrow; break;
    case 3: *value = (int8_t)bits; break;
    case 5: *value = (int16_t)bits; break;
    case 6: *value = (float)(int32_t)bits; break;
    case 7: *value = (float)(int64_t)bits; break;
    case 10: *value = half((unsigned)bits); break;
    case 11: *value = (float)wide; break;
    default: *value = (float)bits;
    }
    return size;
}

/* Reads a tensor; 0 if the bytes are none of numbers. Its values are freed by the caller.
 * `declared`: the type of its elements that the model says; the files of bfloat16 say that they are of uint16. */
static int read_tensor(bytes message, unsigned declared, tensor *read)
{
    bytes rest = message, raw = { NULL, 0 };
    field found;
    unsigned type = 0;
    size_t place = 0;
    float ignored;
    memset(read, 0, sizeof *read);
    read->count = 1;
    while (next_field(&rest, &found)) {
        if (found.number == 1) {
            bytes packed = found.content;
            uint64_t length = found.integer;
            while (found.type == 0 || next_varint(&packed, &length)) {
                if (read->rank == MOST_AXES)
                    return 0;
                read->dims[read->rank++] = (size_t)length;
                read->count *= (size_t)length;
                if (found.type == 0)
                    break;
            }
        } else if (found.number == 2) {
            type = found.integer == 4 && declared == 16 ? 16 : (unsigned)found.integer;
        } else if (found.number == 9) {
            raw = found.content;
        }
    }
    if (rest.count > 0 || element(type, raw, SIZE_MAX, &ignored) == 0 || read->count > 1u << 28)
        return 0;
    read->values = calloc(read->count + 1, sizeof *read->values);
    if (!read->values)
        return 0;
    if (raw.at)
        for (place = 0; place < read->count; ++place)
            element(type, raw, place, &read->values[place]);
    rest = message;
    while (!raw.at && next_field(&rest, &found)) {
        const unsigned number = found.number;
        bytes packed = found.content;
        uint64_t integer = found.integer;
        size_t index = 0;
        if (number == 4 || number == 10)
            while (place < read->count && packed.count / (number == 4 ? 4 : 8) > index)
                element(number == 4 ? 1 : 11, packed, index++, &read->values[place++]);
        if (number == 5 || number == 7 || number == 11)
            while (place < read->count && (found.type == 0 || next_varint(&packed, &integer))) {
                if (type == 16)
                    element(16, (bytes){ (const unsigned char *)&integer, 2 }, 0, &read->values[place++]);
                else
                    read->values[place++] = type == 10 ? half((unsigned)integer) : (float)(int64_t)integer;
                if (found.type == 0)
                    break;
            }
    }
    if (place == read->count)
        return 1;
    free(read->values);
    read->values = NULL;
    return 0;
}

/* What a model's graph is called by: its operators, and the names of its inputs. */
typedef struct outline {
    char operation[MOST_NAME];
    char inputs[MOST_INPUTS][MOST_NAME];
    unsigned input_types[MOST_INPUTS], output_types[MOST_INPUTS];
    size_t inputs_count, outputs_count, nodes_count;
} outline;

/* The bytes of a message's field of this number; none if it has no such field. */
static bytes part_of(bytes message, unsigned number)
{
    field found;
    const bytes none = { NULL, 0 };
    while (next_field(&message, &found))
        if (found.number == number && found.type == 2)
            return found.content;
    return none;
}

/* The type of the elements of an input or output. */
static unsigned type_of(bytes value)
{
    bytes rest = part_of(part_of(value, 2), 1);
    field found;
    while (next_field(&rest, &found))
        if (found.number == 1)
            return (unsigned)found.integer;
    return 0;
}

static void read_outline(bytes model, outline *read)
{
    field graph, found, part;
    memset(read, 0, sizeof *read);
    while (next_field(&model, &graph)) {
        bytes rest = graph.content;
        while (graph.number == 7 && next_field(&rest, &found)) {
            bytes inner = found.content;
            char name[MOST_NAME] = "";
            while (found.type == 2 && next_field(&inner, &part))
                if (part.type == 2 && part.number == (found.number == 1 ? 4u : 1u))
                    copy_name(name, part.content);
            if (found.number == 1 && strcmp(name, "Constant") != 0 && read->nodes_count++ == 0)
                snprintf(read->operation, MOST_NAME, "%s", name);
            if (found.number == 11 && read->inputs_count < MOST_INPUTS) {
                read->input_types[read->inputs_count] = type_of(found.content);
                snprintf(read->inputs[read->inputs_count++], MOST_NAME, "%s", name);
            }
            if (found.number == 12 && read->outputs_count < MOST_INPUTS)
                read->output_types[read->outputs_count++] = type_of(found.content);
        }
    }
    if (read->nodes_count != 1)
        snprintf(read->operation, MOST_NAME, "(several)");
}

/* Appends a varint and returns where the next byte goes. */
static unsigned char *put_varint(unsigned char *at, uint64_t value)
{
    for (; value > 0x7f; value >>= 7)
        *at++ = (unsigned char)(value | 0x80);
    *at++ = (unsigned char)value;
    return at;
}

#endif
