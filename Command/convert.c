#include "command.h"

#include <stdlib.h>
#include <string.h>

static int ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), count = strlen(end);
    return length >= count && !strcmp(text + length - count, end);
}

int command_convert(int count, char **arguments)
{
    if (count != 2)
        fail(2, "convert takes a MODEL and OUT");
    const int is_onnx = ends_with(arguments[1], ".onnx");
    if (!is_onnx && !ends_with(arguments[1], ".safetensors"))
        fail(2, "'%s' ends with neither .safetensors nor .onnx", arguments[1]);
    crl_network *network = model_read(arguments[0]);
    check((is_onnx ? crl_network_save_onnx : crl_network_save)(network, arguments[1]));
    crl_network_destroy(network);
    return EXIT_SUCCESS;
}
