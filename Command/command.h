/* The command `chainrule`: what its files share. */
#ifndef COMMAND_H
#define COMMAND_H

#include <chainrule.h>
#include <stddef.h>

/* Prints a message to standard error, after the command's name, and exits with this code: 1, or 2 for wrong arguments. */
_Noreturn void fail(int code, const char *format, ...);

/* Exits with the library's message if a call failed. */
void check(crl_status status);

/* Memory, or the end. */
void *allocate(size_t count, size_t size);

/* Rows of numbers. */
typedef struct table {
    float *values;
    size_t rows, columns;
} table;

/* Reads numbers from a file ("-": standard input): a row a line, separated by commas, semicolons, tabs or spaces. A first line
 * that is not of numbers is a heading. */
table table_read(const char *path);

/* Reads a network: a model file of the library, an ONNX model or a network of FANN, whichever the content is. */
crl_network *model_read(const char *path);

/* Opens a prepared file, or reads a network and prepares it. precision: -1: the file's, or float32.
 * network: receives the network; NULL: a prepared file has none. */
crl_predictor *predictor_read(const char *path, int precision, crl_network **network);

/* The names of enumerators, in order; NULL ends them. */
extern const char *const activation_names[], *const cost_names[], *const layer_kind_names[], *const optimizer_names[],
    *const precision_names[], *const schedule_names[];

/* The number of a name, or wrong arguments. */
int number_of(const char *name, const char *const *names, const char *what);

/* A whole number of an option, from least on, or wrong arguments. */
size_t count_of(const char *text, size_t least, const char *what);

/* A finite number of an option, from least on, or wrong arguments. */
double real_of(const char *text, double least, const char *what);

/* Whether a text, such as a file's name, ends with another. */
int ends_with(const char *text, const char *end);

/* Prints a text of a file, with a question mark for each control character: these could command a terminal, or forge lines. */
void text_print(const char *text);

/* The commands: the arguments without the program's name. They return the exit code. */
int command_info(int count, char **arguments);
int command_predict(int count, char **arguments);
int command_prepare(int count, char **arguments);
int command_convert(int count, char **arguments);
int command_train(int count, char **arguments);

/* The help of each, and of all. */
extern const char help[], help_info[], help_predict[], help_prepare[], help_convert[], help_train[];

#endif
