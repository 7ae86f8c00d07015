#include "command.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole file, with a 0 behind it. */
static char *text_read(const char *path, size_t *length)
{
    FILE *file = strcmp(path, "-") ? fopen(path, "rb") : stdin;
    if (!file)
        fail(1, "'%s' cannot be opened: %s", path, strerror(errno));
    size_t capacity = 1 << 16, count = 0;
    char *text = allocate(capacity, 1);
    for (size_t some; (some = fread(text + count, 1, capacity - count - 1, file)) > 0;) {
        count += some;
        if (capacity - count > 1)
            continue;
        if (capacity > SIZE_MAX / 2 || !(text = realloc(text, capacity *= 2)))
            fail(1, "there is no memory for '%s'", path);
    }
    if (ferror(file))
        fail(1, "'%s' cannot be read: %s", path, strerror(errno));
    if (file != stdin)
        fclose(file);
    text[count] = 0;
    *length = count;
    return text;
}

static int is_separator(char c) { return c == ',' || c == ';' || c == '\t' || c == ' ' || c == '\r'; }

/* Reads a line's numbers into values, if that is not NULL.
 * Returns how many there are; -1: it is not of numbers, and *wrong is where. */
static long line_read(const char *line, const char *end, float *values, const char **wrong)
{
    long count = 0;
    while (line < end) {
        while (line < end && (*line == ' ' || *line == '\t' || *line == '\r'))
            ++line;
        if (line == end)
            break;
        char *next;
        const float value = strtof(line, &next);
        if (next == line || next > end || (next < end && !is_separator(*next))) {
            *wrong = line;
            return -1;
        }
        if (values)
            values[count] = value;
        ++count;
        line = next;
        while (line < end && (*line == ' ' || *line == '\t' || *line == '\r'))
            ++line;
        if (line < end && (*line == ',' || *line == ';')) {
            ++line;
            if (line == end) { /* nothing follows the separator */
                *wrong = line;
                return -1;
            }
        }
    }
    return count;
}

/* Whether a line that is not of numbers alone has none at all. */
static int is_heading(const char *line, const char *end)
{
    while (line < end) {
        char *next;
        (void)strtof(line, &next);
        const char *const after = next;
        while (next < end && (*next == ' ' || *next == '\r'))
            ++next;
        if (after != line && after <= end && (next >= end || *next == ',' || *next == ';' || *next == '\t'))
            return 0;
        while (line < end && *line != ',' && *line != ';' && *line != '\t')
            ++line;
        ++line;
    }
    return 1;
}

table table_read(const char *path)
{
    size_t length;
    char *text = text_read(path, &length);
    if (memchr(text, 0, length))
        fail(1, "'%s' holds a null character: it is no text", path);
    table table = { NULL, 0, 0 };
    size_t number = 0, capacity = 0;
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    for (char *line = text + (strncmp(text, byte_order_mark, 3) ? 0 : 3); line < text + length;) {
        char *end = memchr(line, '\n', (size_t)(text + length - line));
        if (!end)
            end = text + length;
        ++number;
        const char *wrong = NULL;
        const long count = line_read(line, end, NULL, &wrong);
        if (count < 0 && (number > 1 || !is_heading(line, end))) {
            int shown = 0;
            while (shown < 20 && wrong + shown < end && !strchr(",;\t\r", wrong[shown]))
                ++shown;
            fail(1, "'%s', line %zu: '%.*s' is no number", path, number, shown, wrong);
        }
        if (count > 0) {
            if (!table.rows)
                table.columns = (size_t)count;
            if ((size_t)count != table.columns)
                fail(1, "'%s', line %zu: there are %ld numbers, in the first row %zu", path, number, count, table.columns);
            if (table.rows == capacity) {
                capacity = capacity ? 2 * capacity : 256;
                if (capacity > SIZE_MAX / sizeof(float) / table.columns ||
                    !(table.values = realloc(table.values, capacity * table.columns * sizeof(float))))
                    fail(1, "there is no memory for '%s'", path);
            }
            line_read(line, end, table.values + table.rows++ * table.columns, &wrong);
        }
        line = end + 1;
    }
    free(text);
    if (!table.rows)
        fail(1, "'%s' has no rows of numbers", path);
    return table;
}
