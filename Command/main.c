/* `chainrule`: reads, trains and converts neural networks on the command line. It is a program on the library's C interface. */
#include "command.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("chainrule: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs(code == 2 ? " (see chainrule --help)\n" : "\n", stderr);
    va_end(arguments);
    exit(code);
}

void check(crl_status status)
{
    if (status != CRL_OK)
        fail(1, "%s", crl_error_message());
}

void *allocate(size_t count, size_t size)
{
    void *memory = size && count > SIZE_MAX / size ? NULL : malloc(count * size);
    if (!memory)
        fail(1, "there is no memory for %zu times %zu bytes", count, size);
    return memory;
}

void text_print(const char *text)
{
    for (; *text; ++text)
        putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

static int written(int code)
{
    if (fflush(stdout) || ferror(stdout))
        fail(1, "standard output cannot be written");
    return code;
}

int main(int count, char **arguments)
{
    static const struct command {
        const char *name, *help;
        int (*run)(int count, char **arguments);
    } commands[] = {
        { "info", help_info, command_info },
        { "predict", help_predict, command_predict },
        { "prepare", help_prepare, command_prepare },
        { "convert", help_convert, command_convert },
        { "train", help_train, command_train },
    };
    if (count < 2 || !strcmp(arguments[1], "--help") || !strcmp(arguments[1], "help")) {
        fputs(help, count < 2 ? stderr : stdout);
        return written(count < 2 ? 2 : EXIT_SUCCESS);
    }
    if (!strcmp(arguments[1], "--version")) {
        printf("chainrule %s, %s\n", crl_version_string(), crl_instruction_set());
        return written(EXIT_SUCCESS);
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; ++i) {
        if (strcmp(arguments[1], commands[i].name))
            continue;
        for (int argument = 2; argument < count; ++argument)
            if (!strcmp(arguments[argument], "--help")) {
                fputs(commands[i].help, stdout);
                return written(EXIT_SUCCESS);
            }
        return written(commands[i].run(count - 2, arguments + 2));
    }
    fail(2, "there is no command '%s'", arguments[1]);
}
