#include "command.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

int ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), count = strlen(end);
    return length >= count && !strcmp(text + length - count, end);
}

int command_convert(int count, char **arguments)
{
    static const struct option long_options[] = {
        { "name", required_argument, NULL, 'n' },
        { "precision", required_argument, NULL, 'p' },
        { "train", required_argument, NULL, 't' },
        { "momentum", no_argument, NULL, 'm' },
        { NULL, 0, NULL, 0 },
    };
    crl_c_source_options options = CRL_C_SOURCE_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    int for_c = 0;
    for (int option; (option = getopt_long(count + 1, arguments - 1, "", long_options, NULL)) != -1; for_c = 1)
        switch (option) {
        case 'n': options.name = optarg; break;
        case 'p': options.precision = number_of(optarg, precision_names, "precision"); break;
        case 't':
            options.trains = 1;
            options.cost = &cost;
            cost.kind = number_of(optarg, cost_names, "cost");
            break;
        case 'm': options.has_momentum = 1; break;
        default: return 2;
        }
    char **rest = arguments - 1 + optind;
    if (count + 1 - optind != 2)
        fail(2, "convert takes a MODEL and OUT");
    const char *out = rest[1];
    const int is_c = ends_with(out, ".c"), is_onnx = ends_with(out, ".onnx");
    if (!is_c && !is_onnx && !ends_with(out, ".safetensors"))
        fail(2, "'%s' ends with none of .safetensors, .onnx and .c", out);
    if (for_c && !is_c)
        fail(2, "the options are for C; '%s' does not end with .c", out);
    if (options.has_momentum && !options.trains)
        fail(2, "--momentum is for --train");
    crl_network *network = model_read(rest[0]);
    check(is_c ? crl_network_export_c(network, out, &options)
               : (is_onnx ? crl_network_save_onnx : crl_network_save)(network, out));
    crl_network_destroy(network);
    return EXIT_SUCCESS;
}
